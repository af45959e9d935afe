//! `isard accounts`: D_pba, D_cba, D_imp, D_exp and their `_reg` forms, in pymrio's shapes.

use clap::Args;

use super::load::{Loaded, leontief, load, stressor, system};
use super::options::ModelInput;
use super::run::base;
use super::{Outcome, write};
use crate::decompose::accounts::{Accounts as Table, accounts};
use crate::error::Result;
use crate::report::accounts::document;
use crate::write::pymrio;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard accounts pymrio_folder --factor emissions/CO2,emissions/CH4 --output accounts")]
pub struct Accounts {
    #[command(flatten)]
    input: ModelInput,
}

impl Accounts {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, findings } = load(&options)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        let all: Vec<Table> = report.flows.iter().enumerate().map(|(k, f)| accounts(&leontief, k, f)).collect();
        report.more = all.iter().zip(&report.flows).map(|(a, f)| a.verdict(f)).collect();
        let document = document(&report, &all);
        write::document(&options, &document, &pymrio::files(&document))
    }
}
