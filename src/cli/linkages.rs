//! `isard linkages`: what every sector pulls and pushes, and which sectors are key.

use clap::Args;

use super::decompose::{followed, named};
use super::load::{Loaded, leontief, load, stressor, system};
use super::options::ModelInput;
use super::{Outcome, write};
use crate::error::Result;
use crate::leontief::Factor;
use crate::linkages::linkages;
use crate::report::linkages::Report;
use crate::write::csv;

#[derive(Args)]
#[command(
    after_help = "Linkages are also weighted by a factor: --factor value-added, emissions (the chosen stressor, as without it), or the \
name of a stressor; EXTENSION/ROW reads a row of a pymrio table and weighs by it.\n\n\
Examples:\n\
\x20 isard linkages table.npz\n\
\x20 isard linkages SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --json\n\
\x20 isard linkages pymrio_folder --factor emissions/CO2 --output linkages"
)]
pub struct Linkages {
    #[command(flatten)]
    input: ModelInput,
}

impl Linkages {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let echoed = options.echo();
        let (options, word) = followed(options)?;
        let Loaded { table, findings } = load(&options)?;
        let which = match named(&options, &table, word.as_deref())? {
            None if table.stressors.is_empty() => None,
            None => Some(Factor::Stressor(stressor(&options, &table)?)),
            named => named,
        };
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let found = linkages(&leontief, which);
        let factor =
            which.map(|factor| crate::decompose::named(&leontief, factor)).map(|(name, unit)| (name, format!("{unit} per {}", table.unit)));
        let report =
            Report { leontief: &leontief, findings: &findings, options: echoed, language: options.language(), factor, linkages: &found };
        let document = report.document();
        write::document(&options, &document, &csv::files(&document))
    }
}
