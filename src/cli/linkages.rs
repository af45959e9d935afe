//! `isard linkages`: what every sector pulls and pushes, and which sectors are key.

use clap::Args;

use super::options::ModelInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(
    after_help = "Linkages are also weighted by a factor: --factor value-added, emissions (the chosen stressor, as without it), or the \
name of a stressor; EXTENSION/ROW reads a row of a pymrio table and weighs by it.\n\n\
Examples:\n\
\x20 isard linkages table.npz\n\
\x20 isard linkages SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --json\n\
\x20 isard linkages pymrio_folder --factor emissions/CO2 --output linkages"
)]
pub(super) struct Linkages {
    #[command(flatten)]
    input: ModelInput,
}

impl Linkages {
    pub(super) fn run(self) -> Result<Outcome> {
        study::run(self.input.options(), Analysis::Linkages)
    }
}
