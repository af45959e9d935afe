//! What several test files share: the real data, and the command.

pub mod draw;
pub mod shared;

pub use shared::shared;

/// The command as it is built for these tests.
pub fn isard() -> assert_cmd::Command {
    assert_cmd::Command::cargo_bin("isard").unwrap()
}
