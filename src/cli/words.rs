//! Options in the words of the command. The library names an option as a study file does, in backticks; here it becomes a flag:
//! "leave out `market`" is told as "leave out --market".

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

/// Findings whose messages name options as the command does.
pub(super) fn findings(all: &[Finding]) -> Cow<'_, [Finding]> {
    if all.iter().all(|f| flags(&f.message) == f.message) {
        return all.into();
    }
    all.iter().map(|f| Finding { message: flags(&f.message).into_owned(), ..f.clone() }).collect::<Vec<_>>().into()
}

fn spoken_findings(all: &mut Cow<[Finding]>) {
    *all = findings(all).into_owned().into();
}

fn lines(all: &mut Cow<[String]>) {
    if all.iter().any(|line| line.contains('`')) {
        all.to_mut().iter_mut().for_each(|line| *line = flags(line).into_owned());
    }
}

fn value(of: &mut Value) {
    match of {
        Value::String(text) if text.contains('`') => *text = flags(text).into_owned(),
        Value::Array(list) => list.iter_mut().for_each(value),
        Value::Object(object) => object.values_mut().for_each(value),
        _ => {}
    }
}

/// A document whose messages and notes name options as the command does; labels and numbers stay.
pub(super) fn spoken(mut document: Document<'_>) -> Document<'_> {
    document.head.findings.iter_mut().chain([&mut document.warnings]).for_each(spoken_findings);
    lines(&mut document.head.notes);
    lines(&mut document.notes);
    value(&mut document.head.provenance);
    document.facts.get_mut("provenance").map(value);
    for sheet in &mut document.sheets {
        sheet.notes.iter_mut().for_each(|line| *line = flags(line).into_owned());
    }
    document.verdicts.iter_mut().flat_map(|v| &mut v.because).for_each(|line| *line = flags(line).into_owned());
    if let Some(fallback) = &mut document.fallback {
        *fallback = flags(fallback).into_owned();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn options_in_backticks_become_flags_and_other_words_stay() {
        assert_eq!(flags("use `method` gmres, or `operator` csr"), "use --method gmres, or --operator csr");
        assert_eq!(flags("goes to `error`; leave `market` out"), "goes to `error`; leave --market out");
        assert_eq!(flags("run `isard audit`; use `method` direct"), "run `isard audit`; use --method direct");
        assert_eq!(flags("a ` alone, then `tolerance`"), "a ` alone, then --tolerance");
        assert_eq!(flags("no word"), "no word");
    }
}
