//! `isard decompose`: exports, or emissions, by where they come from, how they travel and where they are used.

use clap::Args;

use super::options::ModelInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "The factor that is followed: --factor value-added, emissions (the chosen stressor), or the name of a stressor; \
EXTENSION/ROW reads a row of a pymrio table and follows it. Without it: emissions for routes and eebt where the table has any, value added otherwise.\n\n\
Examples:\n\
\x20 isard decompose wiot_2011.npz --scheme wwz --output wwz\n\
\x20 isard decompose SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --scheme routes --json\n\
\x20 isard decompose SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --scheme kww --factor emissions\n\
\x20 isard decompose pymrio_folder --scheme kww --factor emissions/CO2")]
pub(super) struct Decompose {
    #[command(flatten)]
    input: ModelInput,
    /// routes, kww, wwz, borin-mancini-source, borin-mancini-sink, eebt, extraction
    #[arg(long, value_name = "SCHEME", help_heading = "Accounting")]
    scheme: String,
}

impl Decompose {
    pub(super) fn run(self) -> Result<Outcome> {
        let analysis = Analysis::Decompose(self.scheme.parse()?);
        study::run(self.input.options(), analysis)
    }
}
