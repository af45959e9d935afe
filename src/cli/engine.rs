//! `--engine NAME`: hands the command over to the program that has the engine, if this one has not.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::operator::elsewhere;
use crate::study::Study;
use crate::study::elsewhere::Engine;

/// Becomes the program of the engine that is named, with the same arguments; comes back where this program has it.
pub(super) fn hand_over(study: &Study) -> Result<()> {
    let Some(engine) = study.engaging.engine.filter(|e| *e != Engine::Local) else { return Ok(()) };
    if elsewhere::engine().is_some() {
        return Ok(());
    }
    let program = program(engine).ok_or_else(|| missing(engine))?;
    Err(begin(&program))
}

/// An engine whose program is not there, and the line that builds it.
fn missing(engine: Engine) -> Error {
    let name = engine.name();
    Error::unsupported(
        format!("this program has no engine {name}, and there is no isard-{name} beside it or on PATH"),
        format!("cargo build --release --manifest-path engines/{name}/Cargo.toml, then put isard-{name} beside isard"),
    )
}

/// The program of an engine: beside this one, or on PATH.
fn program(engine: Engine) -> Option<PathBuf> {
    let name = format!("isard-{}{}", engine.name(), std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|own| own.parent().map(|folder| folder.join(&name)));
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|all| std::env::split_paths(&all).collect::<Vec<_>>());
    beside.into_iter().chain(on_path.map(|folder| folder.join(&name))).find(|p| p.is_file())
}

#[cfg(unix)]
fn begin(program: &std::path::Path) -> Error {
    use std::os::unix::process::CommandExt;
    Error::io(program, "start", std::process::Command::new(program).args(std::env::args_os().skip(1)).exec())
}

#[cfg(not(unix))]
fn begin(program: &std::path::Path) -> Error {
    let text = format!("{} cannot take the place of this program on this system", program.display());
    Error::unsupported(text, "start it by itself, with the same arguments")
}
