//! `isard formats`: the formats of tables that are read, and which of them a file is.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::words::flags;
use super::{Outcome, print, tongue, words, write};
use crate::error::{Error, Result};
use crate::escape;
use crate::formats::probe::{probes, recognised};
use crate::formats::{FORMATS, Format, Probe, Source, Verdict};
use crate::report::document::Document;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard formats\n\
\x20 isard formats table.zip\n\
\x20 isard formats table.zip --json")]
pub(super) struct Formats {
    /// File or folder to look at: its first bytes, members and labels, never the whole of it
    #[arg(value_name = "TABLE", id = "file")]
    file: Option<PathBuf>,
    /// One JSON object on standard output
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
    json: Option<bool>,
}

/// A format, and what it thinks of a file.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    long: &'static str,
    doc: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Row {
    fn new(format: &Format, probe: Option<Probe>) -> Self {
        let (verdict, why) = probe.map(|p| (p.verdict, flags(&p.why).into_owned())).unzip();
        Row { name: format.name, long: format.long, doc: flags(format.doc), verdict, why }
    }
}

impl Formats {
    pub(super) fn run(self) -> Result<Outcome> {
        let Some(path) = &self.file else {
            let rows: Vec<Row> = FORMATS.iter().map(|format| Row::new(format, None)).collect();
            self.shown(&[("formats", json!(rows))], &listed(&rows))?;
            return Ok(Outcome::Certified);
        };
        let source = Source::open(path)?;
        let rows: Vec<Row> = probes(&source).into_iter().map(|(format, probe)| Row::new(format, Some(probe))).collect();
        let found = recognised(&source);
        let format = found.as_ref().ok().copied();
        let keys = [("file", json!(path)), ("recognised", json!(format.map(|f| f.name))), ("formats", json!(rows))];
        self.shown(&keys, &judged(path, format, &rows))?;
        // the list has the reasons
        let short = |e: Error| Error::format(path.display(), "no single format fits", e.help().unwrap_or_default());
        found.map(|_| Outcome::Certified).map_err(short)
    }

    fn shown(&self, keys: &[(&str, Value)], text: &str) -> Result<()> {
        let mut document = Document { plain: true, ..Document::default() };
        keys.iter().for_each(|(key, value)| document.put(key, value.clone()));
        if self.json == Some(true) { write::object(&words::spoken(document)) } else { print(text) }
    }
}

fn width(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.name.len()).max().unwrap_or(0)
}

/// The table of formats.
fn listed(rows: &[Row]) -> String {
    let (width, tongue) = (width(rows), tongue::spoken());
    let line = |row: &Row| format!("{:width$}  {}\n{:width$}  {}\n", row.name, tongue.tell(row.long), "", tongue.tell(&row.doc));
    rows.iter().map(line).collect()
}

/// The verdict of each format on a file, those that say yes first.
fn judged(path: &Path, found: Option<&Format>, rows: &[Row]) -> String {
    let tongue = tongue::spoken();
    // what nothing but its reader can tell is no yes
    let sure = |format: &Format| rows.iter().any(|row| row.name == format.name && row.verdict == Some(Verdict::Yes));
    let head = found.map_or_else(
        || tongue.tell("no single format fits").into_owned(),
        |format| {
            format!("{}{}, {}", if sure(format) { "" } else { tongue.pick("maybe ", "可能是 ") }, format.name, tongue.tell(format.long))
        },
    );
    let width = width(rows);
    let mut order: Vec<&Row> = rows.iter().collect();
    order.sort_by_key(|row| row.verdict.map(|v| v as u8));
    let line = |row: &Row| {
        let (verdict, why) = (row.verdict.map_or("", Verdict::name), row.why.as_deref().unwrap_or_default());
        format!("  {verdict:5}  {:width$}  {}\n", row.name, escape::line(&tongue.tell(why)))
    };
    format!("{}: {head}\n", escape::line(&path.display().to_string())) + &order.into_iter().map(line).collect::<String>()
}
