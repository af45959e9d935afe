//! `isard audit`: what is wrong with a table, before anything is solved.

use clap::Args;

use super::load::{Loaded, examine, of_snapshot};
use super::options::TableInput;
use super::{Outcome, print, write};
use crate::audit::refuse;
use crate::error::Result;
use crate::report::document::{Head, audit};
use crate::write::{csv, text};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard audit \"MRIO2017_42 CEADS.xlsx\" --sheet Table_2017_consistent\n\
\x20 isard audit table.npz --json")]
pub struct Audit {
    #[command(flatten)]
    input: TableInput,
}

impl Audit {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { mut table, findings } = examine(&options)?;
        of_snapshot(&options, std::sync::Arc::make_mut(&mut table))?;
        let json =
            serde_json::json!({"isard": env!("CARGO_PKG_VERSION"), "audit": findings, "provenance": table.provenance}).to_string() + "\n";
        if let Some(folder) = &options.writing.output {
            let files = [
                ("audit.csv".to_string(), csv::text(&Head { language: options.language(), ..Head::default() }, &audit(&findings))),
                (crate::write::folder::MARK.to_string(), json.clone()),
            ];
            write::results(&options, folder, &files)?;
        }
        if options.json() { write::json(&json) } else { print(&text::audit(&findings, true)) }?;
        refuse(&findings, options.reading.accept.as_deref().unwrap_or_default())?;
        Ok(Outcome::Certified)
    }
}
