//! `isard audit`: what is wrong with a table, before anything is solved.

use clap::Args;
use serde_json::json;

use super::load::{Loaded, examine, of_snapshot};
use super::options::TableInput;
use super::{Outcome, write};
use crate::audit::refuse;
use crate::error::Result;
use crate::report::document::{Document, Head, audit};
use crate::write::csv;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard audit \"MRIO2017_42 CEADS.xlsx\" --sheet Table_2017_consistent\n\
\x20 isard audit table.npz --json")]
pub(super) struct Audit {
    #[command(flatten)]
    input: TableInput,
}

impl Audit {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { mut table, findings } = examine(&options)?;
        of_snapshot(&options, std::sync::Arc::make_mut(&mut table))?;
        let head = Head {
            language: options.language(),
            tongue: options.wording.lang,
            findings: vec![findings.as_slice().into()],
            whole_audit: true,
            ..Head::default()
        };
        let mut document = Document { head, sheets: vec![audit(&findings)], plain: true, ..Document::default() };
        document.put("audit", json!(findings));
        document.put("provenance", json!(table.provenance));
        write::document(&options, document, csv::files)?;
        refuse(&findings, options.reading.accept.as_deref().unwrap_or_default())?;
        Ok(Outcome::Certified)
    }
}
