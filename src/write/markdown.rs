//! The tables of a page as Markdown, numbers rounded as on a screen, with the paragraph on methods.

use std::fmt::Write;

use super::Manuscript;
use super::methods::Methods;
use super::text::{MODELLED, plainly, titled, whole};
use crate::labels::Tongue;
use crate::report::document::Document;
use crate::verdict::SCOPE;

/// This form.
pub const MANUSCRIPT: Manuscript = Manuscript { ending: "md", text };

/// A cell in which nothing is markup.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// All tables that people see on a page.
pub fn text(document: &Document, line: &str) -> String {
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    let mut out = format!("# {}\n", plain(&tongue.tell(if document.head.about.is_empty() { "isard" } else { &document.head.about })));
    if let Some(stamp) = document.head.stamp {
        let _ = writeln!(out, "\n**{}**: {}.", tongue.say(stamp), tongue.say(MODELLED));
    }
    if !document.verdicts.is_empty() {
        let said = tongue.say(if document.certified() { "CERTIFIED (arithmetic)" } else { "UNCERTIFIED" });
        let _ = writeln!(out, "\n**{said}**: {}.", tongue.say(SCOPE));
    }
    for sheet in document.sheets.iter().filter(|s| s.page && s.columns.count > 0) {
        let _ = writeln!(out, "\n## {}\n", plain(&titled(sheet, tongue)));
        let (head, rows) = whole(sheet, tongue);
        let parts = sheet.rows.headings.len();
        let cells = |row: &[String]| row.iter().map(|c| plain(&plainly(c))).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(out, "| {} |", cells(&head));
        let align: Vec<&str> = (0..head.len()).map(|c| if c < parts { "---" } else { "---:" }).collect();
        let _ = writeln!(out, "| {} |", align.join(" | "));
        for row in &rows {
            let _ = writeln!(out, "| {} |", cells(row));
        }
        for note in &sheet.notes {
            let _ = writeln!(out, "\n{}", plain(&tongue.tell(note)));
        }
    }
    let methods = Methods::new(document);
    let (heading, text) = tongue.pick(("Methods", &methods.en), ("方法", &methods.zh));
    let _ = writeln!(out, "\n## {heading}\n\n{}\n\n`{}`\n", plain(text), line.replace('`', "'"));
    for r in &methods.references {
        let _ = writeln!(out, "* {}", plain(r));
    }
    out
}
