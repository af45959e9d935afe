//! `isard sparsify`: what leaving small flows out costs each footprint, and the table without them.
//!
//! A command of its own, not an option of import: the price is known only when the whole table is solved.

use clap::Args;

use super::options::SparsifyInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard sparsify table.isard --drop-below 1e-7,1e-6,1e-5                 how far each footprint moves at most\n\
\x20 isard sparsify table.isard --drop-below 1e-6 --output small.isard      the table without these flows")]
pub(super) struct Sparsify {
    #[command(flatten)]
    input: SparsifyInput,
}

impl Sparsify {
    pub(super) fn run(self) -> Result<Outcome> {
        study::with_table(self.input.options(), Analysis::Sparsify, Analysis::Sparsify)
    }
}
