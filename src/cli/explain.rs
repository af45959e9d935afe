//! `isard explain`: what a word of a result means, its formula and its source.

use clap::Args;

use super::{Outcome, print};
use crate::error::{Error, Result};
use crate::labels::Language;
use crate::study::word;
use crate::terms::{Term, all, find};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard explain theta\n\
\x20 isard explain certified --lang zh\n\
\x20 isard explain                       every word that is explained")]
pub(super) struct Explain {
    /// Word, such as theta, certified, shared, VAX, r5; without one, all words
    #[arg(value_name = "TERM")]
    term: Option<String>,
    /// Language of the definition
    #[arg(long, alias = "labels", value_parser = word::<Language>(), default_value = "en", help_heading = "Output")]
    lang: Language,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome> {
        let Some(name) = &self.term else {
            let names: Vec<&str> = all().map(|t| t.names[0]).collect();
            print(&format!("{}\n", names.join("\n")))?;
            return Ok(Outcome::Certified);
        };
        let found = find(name);
        if found.is_empty() {
            let known: Vec<&str> = all().flat_map(|t| t.names).copied().collect();
            return Err(Error::unknown("term", name, &known));
        }
        print(&found.iter().map(|t| said(t, self.lang)).collect::<Vec<_>>().join("\n"))?;
        Ok(Outcome::Certified)
    }
}

fn said(term: &Term, language: Language) -> String {
    let mut out = format!("{}\n", term.names.join(", "));
    if language != Language::Zh {
        out += &format!("  {}\n", term.en);
    }
    if language != Language::En {
        out += &format!("  {}\n", term.zh);
    }
    for (what, text) in [("formula", term.formula), ("source", term.source)] {
        if !text.is_empty() {
            out += &format!("  {what}: {text}\n");
        }
    }
    out
}
