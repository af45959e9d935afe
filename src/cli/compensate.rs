//! `isard compensate`: who pays whom how much.

use clap::Args;

use super::load::{Loaded, leontief, load, stressor, system};
use super::run::{base, emit, pay, share};
use super::{Input, Outcome};
use crate::error::Result;
use crate::report::json;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard compensate table.npz --emissions-unit Mt --cost cost.csv --price-rule nash --bargaining 0.5\n\
\x20 isard compensate table.npz --emissions-unit Mt --price 100 --duty gap-fund --gap-principle consumption")]
pub struct Compensate {
    #[command(flatten)]
    input: Input,
}

impl Compensate {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, findings } = load(&options)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, &table)?;
        let leontief = leontief(&options, &system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        share(&options, &mut report)?;
        pay(&options, &mut report)?;
        emit(&options, &report, |o| {
            json::responsibility(&report, o);
            json::payments_first(&report, o);
        })
    }
}
