//! `isard compensate`: who pays whom how much.

use clap::Args;

use super::options::PaymentsInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard compensate table.npz --emissions-unit Mt --cost cost.csv --price-rule nash --bargaining 0.5\n\
\x20 isard compensate table.npz --emissions-unit Mt --price 100 --duty gap-fund --gap-principle consumption\n\
\x20 isard compensate table.npz --emissions-unit Mt --cost cost.csv --compare --unbalanced --market\n\
\x20 isard compensate table.npz --emissions-unit Mt --sensitivity --cost a.csv,b.csv --follow Guangdong,\"Inner Mongolia\"")]
pub(super) struct Compensate {
    #[command(flatten)]
    input: PaymentsInput,
}

impl Compensate {
    pub(super) fn run(self) -> Result<Outcome> {
        study::run(self.input.options(), Analysis::Compensate)
    }
}
