//! `isard completions` and `isard man`: what a shell and `man` know of the command.

use std::path::PathBuf;

use clap::{Args, Command};

use super::{Outcome, print, write};
use crate::error::{Error, Result};
use crate::study::options::Writing;
use crate::write::made;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard completions bash > ~/.local/share/bash-completion/completions/isard\n\
\x20 isard completions zsh > ~/.zfunc/_isard")]
pub(super) struct Completions {
    /// Shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, mut command: Command) -> Result<Outcome> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "isard", &mut text);
        print(&String::from_utf8_lossy(&text))?;
        Ok(Outcome::Certified)
    }
}

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard man --output man1\n\
\x20 man ./man1/isard-flows.1")]
pub(super) struct Man {
    /// Folder for the pages: isard.1, and one a command
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Replace a folder that isard wrote before
    #[arg(long)]
    force: bool,
}

impl Man {
    pub(super) fn run(self, mut command: Command) -> Result<Outcome> {
        command.build();
        let mut pages = vec![page("isard", &command)?];
        for own in command.get_subcommands().filter(|c| c.get_name() != "help") {
            pages.push(page(&format!("isard-{}", own.get_name()), own)?);
        }
        let writing = Writing { output: Some(self.output.clone()), force: self.force.then_some(true), ..Writing::default() };
        write::results(&writing.into(), &self.output, &made(pages))?;
        Ok(Outcome::Certified)
    }
}

/// The page of one command.
fn page(name: &str, command: &Command) -> Result<(String, String)> {
    let mut text = Vec::new();
    let named = command.clone().name(name.to_string());
    clap_mangen::Man::new(named).render(&mut text).map_err(|e| Error::io(name.as_ref(), "write", e))?;
    Ok((format!("{name}.1"), String::from_utf8_lossy(&text).into_owned()))
}
