//! `isard split`: finer sectors from what is known of them, and what each footprint can be for all that is not.

use clap::Args;

use super::options::SplitInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::{Analysis, Finer};

#[derive(Args)]
#[command(
    after_help = "With output shares alone the split is proportional: an operator, never a table, and no result of the table changes; \
--output FILE.isard writes it out. With sales or inputs rows and columns of the parts are fitted, every cell of the table \
stays the sum of its parts, and imports and value added of a part are those of its sector unless --inputs names them.\n\n\
Examples:\n\
\x20 isard split table.isard --shares parts.csv                                    emissions of parts, and the range\n\
\x20 isard split table.isard --shares parts.csv --sales sales.csv --inputs inputs.csv --output fine.isard\n\
\x20 isard split table.isard --shares parts.csv --emission-shares emitted.csv --output results"
)]
pub struct Split {
    #[command(flatten)]
    input: SplitInput,
}

impl Split {
    pub fn run(self) -> Result<Outcome> {
        study::with_table(self.input.options(), Analysis::Split(Finer::Operator), Analysis::Split(Finer::Table))
    }
}
