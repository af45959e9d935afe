//! `isard run`: the whole chain.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::error::{Error, Result};
use crate::study::{Analysis, Study};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard run\n\
\x20 isard run study.toml --output results --labels both")]
pub(super) struct Run {
    /// Study file (TOML); without one, the embedded synthetic table
    study: Option<PathBuf>,
    #[command(flatten)]
    options: Study,
}

impl Run {
    pub(super) fn run(self) -> Result<Outcome> {
        let study = match &self.study {
            Some(path) => self.options.or(Study::from_file(path)?),
            None => self.options,
        };
        if !super::write::repeated() {
            super::tongue::speak(study.tongue());
        }
        if study.keeping.checkpoint.is_some() {
            return Err(Error::no_effect("`checkpoint` has no effect: isard solve keeps checkpoints", "leave it out"));
        }
        super::study::run(study, Analysis::Run)
    }
}
