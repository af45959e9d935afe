//! `isard import`: any known layout to a long-form CSV folder.

use std::path::PathBuf;

use clap::Args;

use super::load::{Loaded, examine};
use super::{Options, Outcome, note, print};
use crate::error::{Error, Result};
use crate::report::text;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard import \"MRIO2017_42 CEADS.xlsx\" --emissions inventory.xlsx --missing-emissions zero --output table")]
pub struct Import {
    /// Table to read
    #[arg(value_name = "TABLE", id = "file")]
    file: PathBuf,
    #[command(flatten)]
    options: Options,
}

impl Import {
    pub fn run(self) -> Result<Outcome> {
        let options = Options { table: Some(self.file), ..Options::default() }.or(self.options);
        let Some(folder) = &options.output else {
            return Err(Error::invalid("import needs a folder to write to", "pass --output DIR"));
        };
        let Loaded { table, findings } = examine(&options)?;
        crate::io::long::write(&table, folder)?;
        note(&options, &format!("wrote {} ({} regions, {} rows)", folder.display(), table.labels.region_count(), table.dim()));
        print(&text::audit(&findings, false))?;
        Ok(Outcome::Certified)
    }
}
