//! `isard-mpi`: the commands of isard on a system whose rows processes under MPI share.
//!
//! Rank 0 leads: it runs the command, every method and every proof with the code of one process, in a thread beside the main one.
//! What it asks of A goes through the main thread, the only one that calls MPI, to all ranks ([`serve`]): the panel is spread, each
//! rank multiplies its rows, and the rows are collected. A row is summed by one rank in stored order, so no bit depends on how many
//! ranks there are. Whatever ends a rank ends the job: a panic aborts it, and a killed rank is seen by mpirun or srun.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;

use isard::operator::elsewhere;
use mpi::Threading;

mod ask;
mod export;
mod fault;
mod lead;
mod predict;
mod serve;
mod state;
mod wire;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = predict::asked().or_else(export::asked) {
        return code;
    }
    heed_slurm();
    let Some((universe, granted)) = mpi::initialize_with_threading(Threading::Funneled) else {
        eprintln!("error: MPI is initialised already\nhelp: start isard-mpi by mpirun or srun");
        return ExitCode::from(2);
    };
    if granted < Threading::Funneled {
        eprintln!("error: this MPI grants threads {granted:?}, Funneled is needed\nhelp: use an MPI built with threads");
        return ExitCode::from(2);
    }
    let wire = wire::Wire::new(&universe);
    let (asks, asked) = mpsc::channel();
    let leader = (wire.rank() == 0).then(|| {
        elsewhere::register(Box::new(lead::Engine::new(asks.clone(), wire.size())));
        std::thread::Builder::new().name("leader".into()).stack_size(64 << 20).spawn(move || {
            let code = catch_unwind(isard::cli::main);
            let _ = asks.send(ask::Ask::Stop);
            code
        })
    });
    let served = catch_unwind(AssertUnwindSafe(|| serve::serve(&wire, &asked)));
    let code = match (served, leader) {
        (Err(_), _) | (_, Some(Err(_))) => None,
        (Ok(()), None) => Some(ExitCode::SUCCESS),
        (Ok(()), Some(Ok(leader))) => leader.join().ok().and_then(Result::ok),
    };
    let Some(code) = code else {
        // unwinding further would finish MPI, which waits for ranks that wait for this one
        eprintln!("error: rank {} of {} failed; the job ends", wire.rank(), wire.size());
        wire.abort(101);
    };
    wire.tell();
    code
}

/// Threads of a rank: as many as Slurm gives a task, unless the user says otherwise.
fn heed_slurm() {
    if std::env::var_os("RAYON_NUM_THREADS").is_none()
        && let Some(count) = std::env::var_os("SLURM_CPUS_PER_TASK")
    {
        // SAFETY: no other thread has been started
        unsafe { std::env::set_var("RAYON_NUM_THREADS", count) };
    }
}
