//! Chinese of what the command says of its work: errors, remedies, notes, warnings and the first lines of help, from
//! `messages.tsv`, of the form of `words.tsv`; options stand in it as the library names them, in backticks.
//!
//! A message is made of parts: `what is wrong: how; what to do`. What no entry has as a whole is looked up part by part, and
//! what a hole holds by itself: labels, paths and numbers are in no entry and stay as they are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use maud::{Markup, html};

use super::{Hole, Sentence, chinese, option, say, unit_in_chinese};
use crate::error::flags;
use crate::labels::Tongue;

const MESSAGES: &str = include_str!("messages.tsv");

/// What parts of a message stand between, the widest first, and its Chinese.
const BETWEEN: [(&str, &str); 3] = [("; ", "；"), (": ", "："), (", ", "，")];
/// Parts that are looked up together; more are a list.
const TOGETHER: usize = 10;
/// Holes within holes.
const DEEPEST: usize = 3;
/// A sentence of `words.tsv` that gives less than this many letters is no message.
const GIVES: usize = 12;

/// English and Chinese of every entry.
pub fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    MESSAGES.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'))
}

/// The Chinese of an entry without holes.
pub fn entry(text: &str) -> Option<&'static str> {
    entries().find(|(en, _)| *en == text).map(|(_, zh)| zh)
}

impl Tongue {
    /// A message in this language, or as it is where nothing of it is known.
    pub fn tell<'t>(self, text: &'t str) -> Cow<'t, str> {
        if self == Tongue::Zh { of(text).map_or(Cow::Borrowed(text), Cow::Owned) } else { Cow::Borrowed(text) }
    }

    /// A line of a refusal of the command line, which has a mark before it and may be indented.
    pub fn line(self, line: &str) -> Cow<'_, str> {
        let text = line.trim_start();
        let marks = [("error: ", "错误："), ("tip: ", "提示："), ("Usage: ", "用法："), ("", "")];
        match marks.iter().find_map(|(en, zh)| Some((zh, text.strip_prefix(en)?))) {
            Some((zh, rest)) if self == Tongue::Zh => format!("{}{zh}{}", &line[..line.len() - text.len()], self.tell(rest)).into(),
            _ => line.into(),
        }
    }
}

/// A message in both languages, or as it is where nothing of it is known.
pub(in crate::write) fn told(text: &str) -> Markup {
    match of(text) {
        Some(zh) => say(text, &zh),
        None => html! { (text) },
    }
}

struct Table {
    whole: HashMap<String, &'static str>,
    sentences: Vec<Sentence>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let own = entries().map(|(en, zh)| (named(en), zh));
        let (holed, whole): (Vec<_>, Vec<_>) = own.partition(|(en, _)| en.contains("{}"));
        let words = super::entries().filter(|(en, _)| en.contains('{')).map(|(en, zh)| Sentence::new(&named(en), zh));
        let mut sentences: Vec<Sentence> = holed.into_iter().map(|(en, zh)| Sentence::new(&en, zh)).collect();
        sentences.extend(words.filter(|s| s.given() >= GIVES));
        sentences.sort_by_key(|s| std::cmp::Reverse(s.given()));
        Table { whole: whole.into_iter().collect(), sentences }
    })
}

/// A text whose flags are options in backticks.
fn named(text: &str) -> String {
    let mut parts = text.split("--");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = if part.starts_with("{}") { 2 } else { part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len()) };
        if end == 0 || out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '`') {
            out += "--";
            out += part;
        } else {
            out += &format!("`{}`{}", &part[..end], &part[end..]);
        }
    }
    out
}

/// The Chinese of a message, if any of it is known.
pub fn of(text: &str) -> Option<String> {
    // what stands in columns is looked up column by column
    if let Some((left, right)) = text.split_once("  ") {
        let right = right.trim_start();
        let gap = &text[left.len()..text.len() - right.len()];
        let said = [left, right].map(of);
        let any = said.iter().any(Option::is_some);
        let [left, right] = [(&said[0], left), (&said[1], right)].map(|(zh, en)| zh.as_deref().unwrap_or(en));
        return any.then(|| format!("{left}{gap}{right}"));
    }
    let flagged = text.contains("--");
    let zh = if flagged { known(&named(text), 0, 0) } else { known(text, 0, 0) }.or_else(|| chinese(text))?;
    Some(if flagged { flags(&zh, option).into_owned() } else { zh })
}

/// The Chinese of a text, split at what stands `between` on, in a hole of this `depth`.
fn known(text: &str, between: usize, depth: usize) -> Option<String> {
    if let Some(zh) = table().whole.get(text) {
        return Some((*zh).to_string());
    }
    if depth > DEEPEST || !text.bytes().any(|b| b.is_ascii_lowercase()) {
        return None;
    }
    entire(text, depth).or_else(|| (between..BETWEEN.len()).find_map(|k| parted(text, k, depth)))
}

/// The Chinese of a text as a whole.
fn entire(text: &str, depth: usize) -> Option<String> {
    if let Some(zh) = table().whole.get(text) {
        return Some((*zh).to_string());
    }
    if !text.contains(' ') {
        return None;
    }
    if let Some(zh) = super::table().words.get(text) {
        return Some((*zh).to_string());
    }
    let sentence = || {
        table().sentences.iter().find_map(|s| {
            s.filled(text, |k, held| match s.holes[k] {
                Hole::Unit => unit_in_chinese(held),
                Hole::Word => chinese(held).or_else(|| known(held, 0, depth + 1)),
                Hole::Kept if s.names(k) => None,
                Hole::Kept => known(held, 0, depth + 1),
            })
        })
    };
    sentence()
}

/// Parts that are looked up by themselves, as many together as are known, if any is.
fn parted(text: &str, between: usize, depth: usize) -> Option<String> {
    let (by, zh) = BETWEEN[between];
    let parts: Vec<&str> = text.split(by).collect();
    if parts.len() < 2 {
        return None;
    }
    let (mut said, mut any, mut from) = (Vec::new(), false, 0);
    while from < parts.len() {
        let most = if parts.len() > TOGETHER { from + 1 } else { parts.len() };
        let found = (from + 1..=most).rev().find_map(|to| {
            let whole = parts[from..to].join(by);
            // a list of names is no message
            let message = by != ", " || whole.contains(' ');
            let zh = if to == from + 1 { known(&whole, between + 1, depth) } else { entire(&whole, depth) };
            zh.filter(|_| message && to - from < parts.len()).map(|zh| (zh, to))
        });
        let (text, to) = found.map_or_else(
            || (parts[from].to_string(), from + 1),
            |(zh, to)| {
                any = true;
                (zh, to)
            },
        );
        said.push(text);
        from = to;
    }
    any.then(|| said.join(zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entry_stands_twice_and_each_has_the_holes_of_its_english() {
        let mut seen = std::collections::HashSet::new();
        for (en, zh) in entries() {
            assert!(seen.insert(en) && !zh.is_empty(), "{en}");
            let places = zh.split('{').skip(1).enumerate().map(|(k, rest)| rest.split('}').next().unwrap().parse().unwrap_or(k + 1));
            let mut places: Vec<usize> = places.collect();
            places.sort_unstable();
            assert_eq!(places, (1..=en.matches("{}").count()).collect::<Vec<_>>(), "{en} is {zh}");
        }
        assert!(seen.len() > 2000);
    }

    #[test]
    fn messages_are_said_part_by_part_and_keep_names_paths_and_numbers() {
        for (en, zh) in [
            ("t.csv: cannot read: No such file or directory (os error 2)", "t.csv：不能读取：没有该文件或文件夹 (os error 2)"),
            ("unknown region \"Pekin\"", "未知的地区“Pekin”"),
            ("unknown column \"unit\"", "未知的列“unit”"),
            ("correct the line; leave it out", "请更正该行；请去掉"),
            ("unit costs are taken as they are given; correct the table", "单位成本按所给取用；请更正数据表"),
            ("pass `gamma` 0.5", "请加 `gamma` 0.5"),
            ("pass --gamma 0.5", "请加 --gamma 0.5"),
            ("leave --after out, or name a folder", "请去掉 --after，或指定文件夹"),
            ("expected the columns region, year, found unit, sector", "应有列 region, year，实为 unit, sector"),
        ] {
            assert_eq!(of(en).as_deref(), Some(zh), "{en}");
        }
        for same in ["Agriculture, list, sheet", "no such sentence of any kind", "t.csv", "5", ""] {
            assert_eq!(of(same), None, "{same}");
        }
    }
}
