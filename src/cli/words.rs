//! Options in the words of the command. The library names an option as a study file does, in backticks; here it becomes a flag:
//! "leave out `market`" is told as "leave out --market". A document loses every other backtick here too, for all writers at once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use clap::CommandFactory;
use serde_json::Value;

use super::Cli;
use crate::error;
use crate::finding::Finding;
use crate::report::document::Document;

/// The long names of all options of all commands.
fn options() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let command = Cli::command();
        let all = command.get_subcommands().flat_map(|own| own.get_arguments());
        all.filter_map(|arg| arg.get_long().map(String::from)).collect()
    })
}

/// `text` with each option in backticks as its flag; other words in backticks stay.
pub(super) fn flags(text: &str) -> Cow<'_, str> {
    error::flags(text, |name| options().contains(name))
}

/// `text` of a document: each option in backticks as its flag, each other word and each command without backticks.
fn told(text: &str) -> Cow<'_, str> {
    let flagged = flags(text);
    if !flagged.contains('`') {
        return flagged;
    }
    let parts: Vec<&str> = flagged.split('`').collect();
    let is_word = |k: usize| {
        !parts[k].is_empty() && parts[k].trim() == parts[k] && parts[k].bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b' ' | b'-'))
    };
    // a part between two backticks that is a word has none on either side
    let (mut out, mut open) = (parts[0].to_string(), false);
    for k in 1..parts.len() {
        let quoted = !open && k + 1 < parts.len() && is_word(k);
        out += if quoted || open { "" } else { "`" };
        out += parts[k];
        open = quoted;
    }
    out.into()
}

fn tell(text: &mut String) {
    if text.contains('`') {
        *text = told(text).into_owned();
    }
}

fn spoken_findings(all: &mut Cow<[Finding]>) {
    if all.iter().any(|f| f.message.contains('`')) {
        all.to_mut().iter_mut().for_each(|f| tell(&mut f.message));
    }
}

fn lines(all: &mut Cow<[String]>) {
    if all.iter().any(|line| line.contains('`')) {
        all.to_mut().iter_mut().for_each(tell);
    }
}

fn value(of: &mut Value) {
    match of {
        Value::String(text) => tell(text),
        Value::Array(list) => list.iter_mut().for_each(value),
        Value::Object(object) => object.values_mut().for_each(value),
        _ => {}
    }
}

/// A document that names options as the command does, in its messages, notes, cells and keys; names of rows and columns stay.
pub(super) fn spoken(mut document: Document<'_>) -> Document<'_> {
    document.head.findings.iter_mut().chain([&mut document.warnings]).for_each(spoken_findings);
    lines(&mut document.head.notes);
    lines(&mut document.notes);
    value(&mut document.head.provenance);
    document.facts.values_mut().for_each(value);
    document.sheets = document.sheets.into_iter().map(|sheet| sheet.told(tell)).collect();
    document.verdicts.iter_mut().flat_map(|v| &mut v.because).for_each(tell);
    document.fallback.iter_mut().for_each(tell);
    document
}

#[cfg(test)]
mod tests {
    use super::{flags, told};

    #[test]
    fn options_in_backticks_become_flags_and_other_words_stay() {
        assert_eq!(flags("use `method` gmres, or `operator` csr"), "use --method gmres, or --operator csr");
        assert_eq!(flags("goes to `error`; leave `market` out"), "goes to `error`; leave --market out");
        assert_eq!(flags("run `isard audit`; use `method` direct"), "run `isard audit`; use --method direct");
        assert_eq!(flags("a ` alone, then `tolerance`"), "a ` alone, then --tolerance");
        assert_eq!(flags("no word"), "no word");
    }

    #[test]
    fn a_document_has_no_backticks_but_those_of_labels() {
        assert_eq!(told("use `method` gmres; `isard audit` names the sectors"), "use --method gmres; isard audit names the sectors");
        assert_eq!(told("goes to `error`, then `market`"), "goes to error, then --market");
        assert_eq!(told("Xi`an and Hui`nan"), "Xi`an and Hui`nan");
        assert_eq!(told("`A 1` buys of `error`"), "`A 1` buys of error");
    }
}
