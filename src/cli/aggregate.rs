//! `isard aggregate`: fewer regions and sectors by concordance, and what that does to every footprint.

use clap::Args;

use super::options::AggregateInput;
use super::{Outcome, study};
use crate::error::{Error, Result};
use crate::snapshot;
use crate::study::{Analysis, When};

#[derive(Args)]
#[command(
    after_help = "A concordance has the columns source and target, and weight where a source goes to several targets; the weights of a \
source add up to 1, and every region or sector of the table has a line.\n\n\
Examples:\n\
\x20 isard aggregate table.isard --to-sectors sectors.csv                         the error of every footprint, and its rows\n\
\x20 isard aggregate table.isard --to-regions regions.csv --after                 solved first, then added up: no error\n\
\x20 isard aggregate table.isard --to-sectors sectors.csv --output coarse.isard   the aggregated table"
)]
pub(super) struct Aggregate {
    #[command(flatten)]
    input: AggregateInput,
    /// Solve first, then add up the flows
    #[arg(long, help_heading = "Data")]
    after: bool,
}

impl Aggregate {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let before = Analysis::Aggregate(When::Before);
        if !self.after {
            return study::with_table(options, before.clone(), before);
        }
        if let Some(target) = options.writing.output.as_deref().filter(|t| snapshot::is_named(t)) {
            let text = format!("{}: --after adds up results and makes no table", target.display());
            return Err(Error::invalid(text, "leave --after out, or name a folder"));
        }
        study::run(options, Analysis::Aggregate(When::After))
    }
}
