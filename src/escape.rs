//! Text made safe for a terminal: a label from a file cannot clear the screen, turn the direction of writing, or begin a line.
//!
//! Control characters, line and paragraph separators, and the marks that change the direction of writing (Unicode
//! Bidirectional Algorithm, UAX 9) are shown as in JSON: `\u001b`. So a JSON document stays the same document.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

static FOR_SPREADSHEETS: AtomicBool = AtomicBool::new(false);

/// Whether cells of CSV files that a spreadsheet would compute get an apostrophe; without it, labels stand as they were given.
pub(crate) fn set_for_spreadsheets(on: bool) {
    FOR_SPREADSHEETS.store(on, Ordering::Relaxed);
}

/// A cell of a CSV file: as given, or with an apostrophe before `= + - @` where that is asked for and it is no number.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    guarded(text, FOR_SPREADSHEETS.load(Ordering::Relaxed))
}

fn guarded(text: &str, on: bool) -> Cow<'_, str> {
    let computed = on && text.trim_start().starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err();
    if computed { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Whether a terminal acts on a character in place of showing it.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, wrong: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&wrong) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !wrong(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))), // all of them have four digits
        }
    }
    Cow::Owned(out)
}

/// A label, a path or a message: one line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// A whole output, its own line breaks and tabs kept.
pub(crate) fn page(text: &str) -> Cow<'_, str> {
    escaped(text, |c| acts(c) && !matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_shown_and_the_rest_is_left_alone() {
        assert_eq!(line("A\nCERTIFIED\r\t\u{1b}[2J\u{9b}\u{202e}x"), "A\\nCERTIFIED\\r\\t\\u001b[2J\\u009b\\u202ex");
        assert_eq!(page("a\tb\n\u{7}c\r\n"), "a\tb\n\\u0007c\\r\n");
        assert!(matches!(line("山西 Shanxi, =1+2"), Cow::Borrowed(_)));
    }

    #[test]
    fn formulas_get_an_apostrophe_where_it_is_asked_for_and_numbers_none() {
        for formula in ["=1+2", "@x", "+A1", "-A1", " =HYPERLINK(\"a\")", "\t=1"] {
            assert_eq!(guarded(formula, true), format!("'{formula}"));
            assert_eq!(guarded(formula, false), formula);
        }
        for number in ["-1.5", "+2", "-3e-7", "-inf", "coal"] {
            assert_eq!(guarded(number, true), number);
        }
    }

    #[test]
    fn json_means_the_same_after_it_is_escaped() {
        let document = serde_json::json!({"label": "\u{7f}\u{202e}\u{9b}é\n"}).to_string();
        let shown = page(&document);
        assert!(!shown.contains(['\u{7f}', '\u{202e}', '\u{9b}']));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            serde_json::from_str::<serde_json::Value>(&document).unwrap()
        );
    }
}
