//! `isard linkages`: what every sector pulls and pushes, and which sectors are key.

use clap::Args;

use super::load::{Loaded, leontief, load, stressor, system};
use super::{Input, Outcome, note, print};
use crate::error::Result;
use crate::leontief::Factor;
use crate::linkages::linkages;
use crate::report::linkages::{Report, csv, json, text};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard linkages table.npz\n\
\x20 isard linkages SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --json\n\
\x20 isard linkages pymrio_folder --factor emissions/CO2 --output linkages")]
pub struct Linkages {
    #[command(flatten)]
    input: Input,
}

impl Linkages {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, findings } = load(&options)?;
        let which = if table.stressors.is_empty() && options.stressor.is_none() { None } else { Some(stressor(&options, &table)?) };
        let system = system(&options, &table)?;
        let leontief = leontief(&options, &system)?;
        let found = linkages(&leontief, which.map(Factor::Stressor));
        let unit = |k: usize| format!("{} per {}", table.stressors[k].unit, table.unit);
        let report = Report {
            leontief: &leontief,
            findings: &findings,
            options: serde_json::to_value(&options).expect("options are plain data"),
            language: options.language(),
            factor: which.map(|k| (table.stressors[k].name.clone(), unit(k))),
            linkages: &found,
        };
        if let Some(folder) = &options.output {
            let files = [("linkages.csv".to_string(), csv(&report)), (crate::io::folder::MARK.to_string(), json(&report))];
            crate::io::folder::write(folder, &files, options.force.unwrap_or(false))?;
            note(&options, &format!("wrote {} files to {}", files.len(), folder.display()));
        }
        print(&if options.json() { json(&report) } else { text(&report) })?;
        Ok(report.certified().into())
    }
}
