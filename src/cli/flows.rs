//! `isard flows`: who emits for whom, with trade routes.

use clap::Args;

use super::options::FlowsInput;
use super::{Outcome, engine, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard flows table.npz --emissions-unit Mt\n\
\x20 isard flows SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --json\n\
\x20 isard flows pymrio_folder --factor emissions/CO2 --method region-gauss-seidel --history history.csv\n\
\x20 isard flows MRIO2017.xlsx --emissions inventory.xlsx --group-regions eight-regions --views net,origin-sector --top 20 --output views\n\
\x20 isard flows table.npz --population people.csv --gdp table\n\
\x20 isard flows T2007.isard T2012.isard T2017.isard --output years")]
pub(super) struct Flows {
    #[command(flatten)]
    input: FlowsInput,
}

impl Flows {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        engine::hand_over(&options)?;
        study::run(options, Analysis::Flows)
    }
}
