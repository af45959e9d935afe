//! The `isard` command.

// threads that allocate at once do not wait for each other
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    isard::cli::main()
}
