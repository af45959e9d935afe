//! `isard compensate`: who pays whom how much.

use clap::Args;

use super::Outcome;
use super::load::{Loaded, leontief, load_for, stressor, system};
use super::options::PaymentsInput;
use super::pay::settlement;
use super::room::Goal;
use super::run::{base, emit, share};
use crate::error::Result;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard compensate table.npz --emissions-unit Mt --cost cost.csv --price-rule nash --bargaining 0.5\n\
\x20 isard compensate table.npz --emissions-unit Mt --price 100 --duty gap-fund --gap-principle consumption\n\
\x20 isard compensate table.npz --emissions-unit Mt --cost cost.csv --compare --unbalanced --market\n\
\x20 isard compensate table.npz --emissions-unit Mt --sensitivity --cost a.csv,b.csv --follow Guangdong,\"Inner Mongolia\"")]
pub struct Compensate {
    #[command(flatten)]
    input: PaymentsInput,
}

impl Compensate {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, findings } = load_for(&options, Goal::Local)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        share(&options, &mut report)?;
        settlement(&options, &mut report)?;
        emit(&options, &report)
    }
}
