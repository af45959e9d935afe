//! `isard responsibility`: who answers for what, by every principle.

use clap::Args;

use super::load::{Loaded, leontief, load, stressor, system};
use super::options::{SharesInput, Sharing};
use super::run::{base, emit, share};
use super::views::look;
use super::{Options, Outcome};
use crate::error::Result;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard responsibility table.npz --share-level bilateral --share-basis domestic --json\n\
\x20 isard responsibility table.npz --alpha 0.5 --by-emitter --group-regions north-south --output shares")]
pub struct Responsibility {
    #[command(flatten)]
    input: SharesInput,
}

impl Responsibility {
    pub fn run(self) -> Result<Outcome> {
        let asked = self.input.options();
        let all_principles = asked.sharing.all_principles.or(Some(true));
        let options = Options { sharing: Sharing { all_principles, ..asked.sharing.clone() }, ..asked };
        let Loaded { table, findings } = load(&options)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        share(&options, &mut report)?;
        look(&options, &mut report)?;
        emit(&options, &report)
    }
}
