//! `isard responsibility`: who answers for what, by every principle.

use clap::Args;

use super::options::SharesInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard responsibility table.npz --share-level bilateral --share-basis domestic --json\n\
\x20 isard responsibility table.npz --alpha 0.5 --by-emitter --group-regions north-south --output shares")]
pub(super) struct Responsibility {
    #[command(flatten)]
    input: SharesInput,
}

impl Responsibility {
    pub(super) fn run(self) -> Result<Outcome> {
        study::run(self.input.options(), Analysis::Responsibility)
    }
}
