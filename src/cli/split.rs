//! `isard split`: finer sectors from what is known of them, and what each footprint can be for all that is not.

use clap::Args;

use super::options::SplitInput;
use super::{Outcome, study};
use crate::error::{Error, Result};
use crate::snapshot;
use crate::study::{Analysis, Finer};

#[derive(Args)]
#[command(
    after_help = "With output shares alone the split is proportional: an operator, never a table, and no result of the table changes; \
--output FILE.isard keeps the table and the shares, which every command reads. With sales or inputs rows and columns of the parts are fitted, every cell of the table \
stays the sum of its parts, and imports and value added of a part are those of its sector unless --inputs names them.\n\n\
Examples:\n\
\x20 isard split table.isard --shares parts.csv                                    emissions of parts, and the range\n\
\x20 isard split table.isard --shares parts.csv --sales sales.csv --inputs inputs.csv --output fine.isard\n\
\x20 isard split table.isard --shares parts.csv --emission-shares emitted.csv --output results"
)]
pub(super) struct Split {
    #[command(flatten)]
    input: SplitInput,
    /// With --output FILE.isard: write a proportional split out as a table, every flow of the parts
    #[arg(long, help_heading = "Output")]
    as_table: bool,
}

impl Split {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        if self.as_table && !options.writing.output.as_deref().is_some_and(snapshot::is_named) {
            return Err(Error::no_effect("--as-table has no effect: it needs --output FILE.isard", "leave it out, or name a snapshot"));
        }
        let form = if self.as_table { Finer::Table } else { Finer::Operator };
        study::with_table(options, Analysis::Split(Finer::Operator), Analysis::Split(form))
    }
}
