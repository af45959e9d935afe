//! `isard accounts`: D_pba, D_cba, D_imp, D_exp and their `_reg` forms, in pymrio's shapes.

use clap::Args;

use super::options::ModelInput;
use super::{Outcome, study};
use crate::error::Result;
use crate::study::Analysis;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard accounts pymrio_folder --factor emissions/CO2,emissions/CH4 --output accounts")]
pub(super) struct Accounts {
    #[command(flatten)]
    input: ModelInput,
}

impl Accounts {
    pub(super) fn run(self) -> Result<Outcome> {
        study::run(self.input.options(), Analysis::Accounts)
    }
}
