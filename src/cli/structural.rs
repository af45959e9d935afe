//! `isard structural`: why emissions changed between two tables.

use std::path::PathBuf;

use clap::Args;

use super::decompose::{EMISSIONS, VALUE, followed};
use super::load::{Loaded, load};
use super::options::{Choosing, Limiting, Reading, Solving, Writing};
use super::room::{self, Goal};
use super::{Options, Outcome, write};
use crate::error::Result;
use crate::report::structural::Report;
use crate::structural::{Followed, How, structural};
use crate::write::csv;

#[derive(Args)]
#[command(
    after_help = "The factor that is followed: --factor value-added, emissions (the chosen stressor, as without it), or the name of a \
stressor of both tables. Each table has its own sheet and inventory; what is named once holds for both.\n\n\
Examples:\n\
\x20 isard structural SIC.xls SIC.xls --sheet-before 2002-17 --sheet-after 2007-17 \\\n\
\x20     --emissions-before co2_2002.csv --emissions-after co2_2007.csv\n\
\x20 isard structural wiot_1995.npz wiot_2011.npz --factor value-added --json"
)]
pub struct Structural {
    /// The first table
    before: PathBuf,
    /// The second table
    after: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    solving: Solving,
    #[command(flatten)]
    limiting: Limiting,
    #[command(flatten)]
    writing: Writing,
    /// Sheet of the first workbook
    #[arg(long, value_name = "SHEET", help_heading = "Data")]
    sheet_before: Option<String>,
    /// Sheet of the second workbook
    #[arg(long, value_name = "SHEET", help_heading = "Data")]
    sheet_after: Option<String>,
    /// Emission inventory of the first table
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    emissions_before: Option<PathBuf>,
    /// Emission inventory of the second table
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    emissions_after: Option<PathBuf>,
}

impl Structural {
    pub fn run(self) -> Result<Outcome> {
        let Structural { reading, choosing, solving, limiting, writing, .. } = self;
        let (options, word) = followed(Options { reading, choosing, solving, limiting, writing, ..Options::default() })?;
        let side = |table: PathBuf, sheet: Option<String>, emissions: Option<PathBuf>, first: bool| {
            let mut own = Options::from(Reading { sheet, emissions, ..Reading::default() }).or(options.clone());
            own.placing.table = Some(table);
            // threads are set once
            own.writing.threads = own.writing.threads.filter(|_| first);
            own
        };
        let first = side(self.before, self.sheet_before, self.emissions_before, true);
        let second = side(self.after, self.sheet_after, self.emissions_after, false);
        room::both([&first, &second], Goal::Analysis)?;
        let Loaded { table: before, findings: of_before } = load(&first)?;
        let Loaded { table: after, findings: of_after } = load(&second)?;
        let followed = match word.as_deref() {
            Some(VALUE) => Followed::Value,
            Some(EMISSIONS) | None => Followed::Stressor(options.choosing.stressor.clone()),
            Some(name) => Followed::Stressor(Some(name.into())),
        };
        let how = How { method: options.method()?, storage: options.storage()?, stopping: options.stopping()? };
        let found = structural(&before, &after, &followed, &how)?;
        let report = Report {
            tables: [&before, &after],
            findings: [&of_before, &of_after],
            options: serde_json::json!([first.echo(), second.echo()]),
            language: options.language(),
            rtol: how.stopping.rtol,
            found: &found,
        };
        let document = report.document();
        write::document(&options, &document, &csv::files(&document))
    }
}
