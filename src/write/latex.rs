//! The tables of a page as LaTeX (booktabs, longtable), numbers rounded as on a screen, with the paragraph on methods.

use std::fmt::Write;

use super::Manuscript;
use super::methods::Methods;
use super::text::{MODELLED, plainly, titled, whole};
use crate::labels::{Language, Tongue};
use crate::report::document::Document;
use crate::verdict::SCOPE;

/// This form.
pub const MANUSCRIPT: Manuscript = Manuscript { ending: "tex", text };

/// Text in which nothing is a command.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A document to be compiled: by pdfLaTeX, or by XeLaTeX where labels are Chinese.
pub fn text(document: &Document, line: &str) -> String {
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    let chinese =
        if tongue == Tongue::Zh || document.head.language != Language::En { "\\usepackage{ctex} % compile with xelatex\n" } else { "" };
    let mut out = format!(
        "% {}\n\\documentclass[a4paper]{{article}}\n\\usepackage{{booktabs,longtable,pdflscape}}\n{chinese}\\begin{{document}}\n\\begin{{landscape}}\n\\footnotesize\n",
        line.replace(['\n', '\r'], " ")
    );
    if let Some(stamp) = document.head.stamp {
        let _ = writeln!(out, "\\textbf{{{}}}: {}.\n", plain(&tongue.say(stamp)), plain(&tongue.say(MODELLED)));
    }
    if !document.verdicts.is_empty() {
        let said = tongue.say(if document.certified() { "CERTIFIED (arithmetic)" } else { "UNCERTIFIED" });
        let _ = writeln!(out, "\\textbf{{{said}}}: {}.\n", plain(&tongue.say(SCOPE)));
    }
    for sheet in document.sheets.iter().filter(|s| s.page && s.columns.count > 0) {
        let (head, rows) = whole(sheet, tongue);
        let parts = sheet.rows.headings.len();
        let align: String = (0..head.len()).map(|c| if c < parts { 'l' } else { 'r' }).collect();
        let cells = |row: &[String]| row.iter().map(|c| plain(&plainly(c))).collect::<Vec<_>>().join(" & ");
        let _ = writeln!(out, "\\begin{{longtable}}{{{align}}}\n\\caption{{{}}}\\\\\n\\toprule", plain(&titled(sheet, tongue)));
        let _ = writeln!(out, "{} \\\\\n\\midrule\n\\endfirsthead\n\\toprule\n{0} \\\\\n\\midrule\n\\endhead", cells(&head));
        for (k, row) in rows.iter().enumerate() {
            if sheet.sums > 0 && k + sheet.sums == rows.len() {
                out.push_str("\\midrule\n");
            }
            let _ = writeln!(out, "{} \\\\", cells(row));
        }
        out.push_str("\\bottomrule\n\\end{longtable}\n");
        for note in &sheet.notes {
            let _ = writeln!(out, "{}\n", plain(&tongue.tell(note)));
        }
    }
    let methods = Methods::new(document);
    let (heading, text) = tongue.pick(("Methods", &methods.en), ("方法", &methods.zh));
    let _ = writeln!(out, "\\section*{{{heading}}}\n{}\n\n\\begin{{itemize}}", plain(text));
    for r in &methods.references {
        let _ = writeln!(out, "\\item {}", plain(r));
    }
    out.push_str("\\end{itemize}\n\\end{landscape}\n\\end{document}\n");
    out
}
