//! Chinese of what the command says of its work: errors, remedies, notes, warnings and the first lines of help, from
//! `messages.tsv`, of the form of `words.tsv`; options stand in it as the library names them, in backticks.
//!
//! A message is made of parts: `place: what is wrong; what to do`. What no entry has as a whole is looked up part by part, and
//! what a hole holds by itself: labels, paths and numbers are in no entry and stay as they are.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Sentence, chinese};
use crate::labels::Tongue;

const MESSAGES: &str = include_str!("messages.tsv");

/// English and Chinese of every entry.
pub fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    MESSAGES.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'))
}

/// The Chinese of an entry without holes.
pub fn entry(text: &str) -> Option<&'static str> {
    entries().find(|(en, _)| *en == text).map(|(_, zh)| zh)
}

/// A message in a language, or as it is where nothing of it is known.
pub fn said(tongue: Tongue, text: &str) -> String {
    let zh = if tongue == Tongue::Zh { of(text) } else { None };
    zh.unwrap_or_else(|| text.to_string())
}

/// A line of a refusal of the command line, which has a mark before it and may be indented.
pub fn line(tongue: Tongue, line: &str) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let marks = [("error: ", "错误："), ("tip: ", "提示："), ("Usage: ", "用法："), ("", "")];
    match marks.iter().find_map(|(en, zh)| Some((zh, text.strip_prefix(en)?))) {
        Some((zh, rest)) if tongue == Tongue::Zh => format!("{indent}{zh}{}", said(tongue, rest)),
        _ => line.to_string(),
    }
}

struct Table {
    whole: HashMap<&'static str, &'static str>,
    sentences: Vec<Sentence>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (holed, whole): (Vec<_>, Vec<_>) = entries().partition(|(en, _)| en.contains("{}"));
        let mut sentences: Vec<Sentence> = holed.into_iter().map(|(en, zh)| Sentence::new(en, zh)).collect();
        sentences.sort_by_key(|s| std::cmp::Reverse(s.given()));
        Table { whole: whole.into_iter().collect(), sentences }
    })
}

/// The Chinese of a message, if any of it is known.
pub fn of(text: &str) -> Option<String> {
    known(text, 0)
}

fn known(text: &str, depth: usize) -> Option<String> {
    if depth > 6 || !text.bytes().any(|b| b.is_ascii_lowercase()) {
        return None;
    }
    if let Some(zh) = table().whole.get(text) {
        return Some((*zh).to_string());
    }
    let inner = |hole: &str| known(hole, depth + 1);
    let sentence = || table().sentences.iter().find_map(|s| s.filled(text, |_, hole| inner(hole)));
    let word = || text.contains(' ').then(|| chinese(text)).flatten();
    sentence().or_else(word).or_else(|| parted(text, "; ", "；", depth)).or_else(|| parted(text, ": ", "：", depth)).or_else(|| parted(text, ", ", "，", depth))
}

/// Parts on both sides of `by`, each by itself: the first place where one of them is known.
fn parted(text: &str, by: &str, zh: &str, depth: usize) -> Option<String> {
    text.match_indices(by).find_map(|(at, _)| {
        let (left, right) = (&text[..at], &text[at + by.len()..]);
        let said = (known(left, depth + 1), known(right, depth + 1));
        let any = said.0.is_some() || said.1.is_some();
        any.then(|| format!("{}{zh}{}", said.0.unwrap_or_else(|| left.into()), said.1.unwrap_or_else(|| right.into())))
    })
}
