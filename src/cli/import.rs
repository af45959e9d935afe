//! `isard import`: any known layout to a snapshot, or to the layout of another program.

use std::path::PathBuf;

use clap::Args;

use super::load::{Loaded, examine};
use super::{Outcome, note, print, tongue, write};
use crate::error::{Error, Result};
use crate::formats;
use crate::study::options::{Placing, Reading, Writing};
use crate::study::{Study, word};
use crate::write::table::Form;
use crate::write::text;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard import \"MRIO2017_42 CEADS.xlsx\" --emissions inventory.xlsx --missing-emissions zero --output table.isard\n\
\x20 isard import table.npz --output folder --to pymrio\n\
\x20 isard import unknown.csv --describe > mine.toml\n\
\x20 isard import unknown.csv --layout mine.toml --output folder")]
pub(super) struct Import {
    /// Table to read
    #[arg(value_name = "TABLE", id = "file")]
    file: PathBuf,
    /// Print the description of the layout of the table, to be edited and read by --layout, and write nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Data")]
    describe: Option<bool>,
    /// Layout of the output (matrices: Matrix Market); default by the name (.isard, .npz, .xlsx, else long)
    #[arg(long, value_name = "FORM", value_parser = word::<Form>(), help_heading = "Output")]
    to: Option<Form>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    writing: Writing,
}

impl Import {
    pub(super) fn run(self) -> Result<Outcome> {
        if self.describe == Some(true) {
            return self.described();
        }
        let placing = Placing { table: Some(self.file) };
        let options = Study { placing, reading: self.reading, writing: self.writing, ..Study::default() };
        let Some(target) = &options.writing.output else {
            return Err(Error::missing(
                "import needs a name to write to",
                "pass --output FILE.isard for a snapshot, FILE.npz or FILE.xlsx, or --output DIR for a folder, with --to for its layout",
            ));
        };
        let w = &options.writing;
        for (given, option) in [(w.json == Some(true), "json"), (w.labels.is_some(), "labels"), (w.csv_safe == Some(true), "csv-safe")] {
            if given {
                return Err(Error::no_effect(format!("--{option} has no effect on import, which writes a table as it is"), "leave it out"));
            }
        }
        let force = options.writing.force.unwrap_or(false);
        let form = self.to;
        // before a long read, not after it
        write::table_may_write(target, form, force)?;
        let Loaded { table, findings } = examine(&options)?;
        write::table(&table, target, form, force)?;
        note(&options, &format!("wrote {} ({} regions, {} rows)", target.display(), table.labels.region_count(), table.dim()));
        if !options.quiet() {
            print(&text::audit(&findings, false, tongue::spoken()))?;
        }
        Ok(Outcome::Certified)
    }

    /// Prints the description of the format of the table, or the nearest one where none fits.
    fn described(self) -> Result<Outcome> {
        if self.writing.output.is_some() {
            return Err(Error::no_effect("--output has no effect beside --describe, which prints", "redirect the output: > mine.toml"));
        }
        print(&formats::description(&self.file, self.reading.format.as_deref())?)?;
        Ok(Outcome::Certified)
    }
}
