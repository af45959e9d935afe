//! One table of words for both languages, of text, pages, workbooks and tables: `words/words.tsv`, English and Chinese.
//!
//! An entry is a word or a sentence. `{}` stands for what is kept as it is (a number, a label), `{w}` for what is looked up
//! itself, `{u}` for a unit; the Chinese takes them in their order, or by their place: `{2}`. Analyses speak English alone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use maud::{Markup, PreEscaped, html};

use crate::error::flags;
use crate::labels::{Language, Tongue};
use crate::units::{Of, Unit};

pub mod messages;

const WORDS: &str = include_str!("words/words.tsv");

impl Tongue {
    /// The language of files for readers: the one that is asked for, or that of the labels.
    pub fn for_readers(asked: Option<Tongue>, labels: Language) -> Self {
        asked.unwrap_or(if labels == Language::Zh { Tongue::Zh } else { Tongue::En })
    }

    /// A word or a sentence of the program in this language, or as it is where the table lacks it.
    pub fn say<'t>(self, text: &'t str) -> Cow<'t, str> {
        if self == Tongue::Zh { chinese(text).map_or(Cow::Borrowed(text), Cow::Owned) } else { Cow::Borrowed(text) }
    }

    /// One of two texts.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        if self == Tongue::Zh { zh } else { en }
    }

    /// A unit in this language.
    pub fn unit(self, unit: &str) -> Cow<'_, str> {
        if self == Tongue::Zh { unit_in_chinese(unit).map_or(Cow::Borrowed(unit), Cow::Owned) } else { Cow::Borrowed(unit) }
    }

    /// The name of a row or column under a heading: labels as they are, words of the program in this language.
    pub fn name<'t>(self, heading: &str, name: &'t str) -> Cow<'t, str> {
        if self == Tongue::En || LABELS.contains(&heading) {
            return Cow::Borrowed(name);
        }
        let under = if heading.is_empty() { None } else { matched(&format!("{heading}: {name}")) };
        under.map_or_else(|| self.say(name), Cow::Owned)
    }
}

/// Headings whose names are labels of the data.
const LABELS: [&str; 13] =
    ["region", "sector", "product", "exporter", "receiver", "partner", "origin", "destination", "stressor", "group", "part", "of", "line"];

/// The same in both languages; the page shows one of them.
pub fn say(en: &str, zh: &str) -> Markup {
    // thousands of these are in a page: no quotes
    html! { (PreEscaped("<span class=en lang=en>")) (en) (PreEscaped("</span><span class=zh lang=zh>")) (zh) (PreEscaped("</span>")) }
}

/// A word or a sentence of the program in both languages, or as it is where the table lacks it.
pub fn translated(text: &str) -> Markup {
    match chinese(text) {
        Some(zh) => say(text, &zh),
        None => html! { (text) },
    }
}

/// A unit in both languages.
pub fn unit(unit: &str) -> Markup {
    match unit_in_chinese(unit) {
        Some(zh) if zh != unit => say(unit, &zh),
        _ => html! { (unit) },
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Hole {
    Kept,
    Word,
    Unit,
}

/// A sentence with holes: what stands before, between and behind them.
struct Sentence {
    parts: Vec<String>,
    holes: Vec<Hole>,
    zh: &'static str,
}

impl Sentence {
    fn new(en: &str, zh: &'static str) -> Self {
        let (mut parts, mut holes, mut rest) = (Vec::new(), Vec::new(), en);
        while let Some(at) = rest.find('{') {
            let (hole, length) = match &rest[at..] {
                r if r.starts_with("{w}") => (Hole::Word, 3),
                r if r.starts_with("{u}") => (Hole::Unit, 3),
                _ => (Hole::Kept, 2),
            };
            parts.push(rest[..at].to_string());
            holes.push(hole);
            rest = &rest[at + length..];
        }
        parts.push(rest.to_string());
        Sentence { parts, holes, zh }
    }

    /// How much of it is given: what gives more is meant rather.
    fn given(&self) -> usize {
        self.parts.iter().map(|p| p.len()).sum()
    }

    /// The Chinese of a text of this form.
    fn of(&self, text: &str) -> Option<String> {
        self.filled(text, |k, found| match self.holes[k] {
            Hole::Kept => None,
            Hole::Word => chinese(found),
            Hole::Unit => unit_in_chinese(found),
        })
    }

    /// Whether a hole holds a name: in quotes, or of a column.
    fn names(&self, k: usize) -> bool {
        let before = &self.parts[k];
        before.ends_with(['"', '\'', '`', '[']) || ["column ", "columns ", "found ", "called "].iter().any(|w| before.ends_with(w))
    }

    /// Whether a hole may hold nothing: in quotes, beside another hole, or at the end of a word.
    fn may_be_empty(&self, k: usize) -> bool {
        let (before, behind) = (&self.parts[k], &self.parts[k + 1]);
        let first = k == 0 && before.is_empty() && behind.starts_with(|c: char| c.is_ascii_alphabetic());
        first || !before.is_empty() && !before.ends_with(' ') || k > 0 && before.is_empty() || behind.is_empty() && k + 2 < self.parts.len()
    }

    /// As `of`, where `said` says what a hole holds, or that it stays.
    fn filled(&self, text: &str, said: impl Fn(usize, &str) -> Option<String>) -> Option<String> {
        let mut rest = text.strip_prefix(self.parts[0].as_str())?;
        let mut found = Vec::with_capacity(self.holes.len());
        for (k, part) in self.parts.iter().enumerate().skip(1) {
            let at = if k + 1 == self.parts.len() { rest.strip_suffix(part.as_str())?.len() } else { rest.find(part.as_str())? };
            if at == 0 && !self.may_be_empty(k - 1) {
                return None;
            }
            // what is quoted has no quotes in it
            if self.parts[k - 1].ends_with('"') && rest[..at].contains('"') {
                return None;
            }
            found.push(&rest[..at]);
            rest = &rest[at + part.len()..];
        }
        let (mut out, mut rest, mut next) = (String::new(), self.zh, 0);
        while let Some((before, behind)) = rest.split_once('{') {
            let (place, after) = behind.split_once('}')?;
            let k = if place.is_empty() { next } else { place.parse::<usize>().ok()?.checked_sub(1)? };
            next += 1;
            out.push_str(before);
            let held = found.get(k)?;
            out.push_str(&said(k, held).unwrap_or_else(|| held.to_string()));
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

struct Table {
    words: HashMap<&'static str, &'static str>,
    sentences: Vec<Sentence>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (holed, words): (Vec<_>, Vec<_>) = entries().partition(|(en, _)| en.contains('{'));
        let mut sentences: Vec<Sentence> = holed.into_iter().map(|(en, zh)| Sentence::new(en, zh)).collect();
        // what is said behind another sentence is taken off first
        let behind = |s: &Sentence| {
            s.parts.iter().any(|p| p == " -> ") || s.holes.len() <= 2 && s.parts[0].is_empty() && s.holes[0] == Hole::Word && s.given() > 20
        };
        sentences.sort_by_key(|s| (!behind(s), std::cmp::Reverse(s.given())));
        Table { words: words.into_iter().collect(), sentences }
    })
}

/// English and Chinese of every entry.
pub fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    WORDS.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'))
}

fn matched(text: &str) -> Option<String> {
    table().sentences.iter().find_map(|s| s.of(text))
}

/// Whether a word in backticks is an option, and not the destination of what does not balance.
fn option(word: &str) -> bool {
    word != "error" && !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The text with its flags as options in backticks; `None` where it has none.
fn without_flags(text: &str) -> Option<String> {
    let (mut out, mut rest, mut found) = (String::new(), text, false);
    while let Some(at) = rest.find("--") {
        let (before, behind) = (&rest[..at], &rest[at + 2..]);
        let end = behind.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')).unwrap_or(behind.len());
        let is_flag =
            end > 0 && behind.starts_with(|c: char| c.is_ascii_lowercase()) && !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        out += before;
        let mark = if is_flag { ["`", "`"] } else { ["--", ""] };
        out.extend([mark[0], &behind[..end], mark[1]]);
        (rest, found) = (&behind[end..], found || is_flag);
    }
    found.then(|| out + rest)
}

/// The Chinese of a word or a sentence; of sentences joined by `;`, of a word before `:`, and of lists, part by part.
pub fn chinese(text: &str) -> Option<String> {
    if !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    if let Some(zh) = table().words.get(text) {
        return Some((*zh).to_string());
    }
    // the table has options in backticks; where the text has them as flags, so has the answer
    if let Some(plain) = without_flags(text) {
        return chinese(&plain).map(|zh| flags(&zh, option).into_owned());
    }
    let after = |whole: bool| {
        let (left, right) = text.split_once(": ")?;
        let zh = table().words.get(left).map(|zh| (*zh).to_string()).or_else(|| matched(left))?;
        let said = chinese(right);
        (said.is_some() || !whole).then(|| format!("{zh}：{}", said.unwrap_or_else(|| right.into())))
    };
    // a code and what it means: `DVA_FIN own content of final goods`, `r1 local chain, local demand`
    let coded = || {
        let (code, meaning) = text.split_once(' ')?;
        let is_code = code.starts_with(|c: char| c.is_ascii_uppercase()) || code.len() == 2 && code.starts_with('r');
        (is_code && !code.ends_with(':')).then(|| Some(format!("{code} {}", table().words.get(meaning)?)))?
    };
    let list = || {
        let parts: Option<Vec<&str>> = text.split(", ").map(|p| table().words.get(p).copied()).collect();
        parts.filter(|p| p.len() > 1).map(|p| p.join("、"))
    };
    matched(text).or_else(|| after(true)).or_else(|| joined(text, "; ", "；")).or_else(|| after(false)).or_else(coded).or_else(list)
}

/// Parts that are looked up by themselves, if any of them is known.
fn joined(text: &str, by: &str, zh: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(by).collect();
    let said: Vec<Option<String>> = parts.iter().filter(|_| parts.len() > 1).map(|p| chinese(p)).collect();
    let any = said.iter().any(Option::is_some);
    any.then(|| said.into_iter().zip(parts).map(|(s, p)| s.unwrap_or_else(|| p.into())).collect::<Vec<_>>().join(zh))
}

/// A unit in Chinese: `10^8 yuan` is 亿元, `10^4 t` 万吨, `t per 10^4 yuan` 吨/万元; nothing where it is no money and no mass.
pub fn unit_in_chinese(text: &str) -> Option<String> {
    for by in [" per ", "/"] {
        if let Some((above, below)) = text.split_once(by) {
            return Some(format!("{}/{}", unit_in_chinese(above)?, unit_in_chinese(below)?));
        }
    }
    if ["person", "head"].contains(&text) {
        return Some("人".into());
    }
    let unit = Unit::read(text).ok()?;
    let times = match unit.scale.exponent()? {
        0 => "",
        2 => "百",
        3 => "千",
        4 => "万",
        6 => "百万",
        7 => "千万",
        8 => "亿",
        9 => "十亿",
        12 => "万亿",
        _ => return None,
    };
    let prices = if unit.prices == crate::units::Prices::default() { String::new() } else { return None };
    match unit.of {
        Of::Money(name) => {
            let money = match name {
                "yuan" => "元",
                "EUR" => "欧元",
                "USD" => "美元",
                "JPY" => "日元",
                "GBP" => "英镑",
                other => other,
            };
            Some(format!("{times}{money}{prices}"))
        }
        Of::Mass(gas) => {
            let gas = gas.map(|g| format!(" {}", g.name())).unwrap_or_default();
            Some(format!("{times}吨{gas}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responsibility::Principle;

    #[test]
    fn every_principle_and_every_route_has_its_chinese() {
        for principle in Principle::ALL {
            assert!(chinese(principle.name()).is_some(), "{}", principle.name());
        }
        for (route, meaning) in crate::decompose::ROUTES {
            // a region may be called r1
            assert!(chinese(route).is_none() && chinese(meaning).is_some(), "{route}");
        }
    }

    #[test]
    fn no_entry_stands_twice_and_each_has_the_holes_of_its_english() {
        let mut seen = std::collections::HashSet::new();
        for (en, zh) in entries() {
            assert!(seen.insert(en) && !zh.is_empty(), "{en}");
            let sentence = Sentence::new(en, zh);
            let count = zh.matches('{').count();
            assert_eq!(count, sentence.holes.len(), "{en} is {zh}");
        }
        assert!(seen.len() > 400);
    }

    #[test]
    fn sentences_keep_their_labels_and_numbers() {
        assert_eq!(chinese("Responsibility, Mt (households left out)").unwrap(), "责任（不含居民直接排放），百万吨");
        assert_eq!(chinese("households emit 504.08 Mt directly, on top of these").unwrap(), "另有居民直接排放 504.08 百万吨");
        assert_eq!(Tongue::Zh.name("flow", "Hebei for Beijing"), "Hebei 为 Beijing");
        assert_eq!(Tongue::Zh.name("region", "error"), "error");
        assert_eq!(chinese("net outflow: Anhui").unwrap(), "净流出：Anhui");
        assert_eq!(chinese("no such sentence of any kind"), None);
    }

    #[test]
    fn options_are_spelled_as_the_sentence_spells_them() {
        assert_eq!(
            chinese("`output` DIR: tables with all bounds as CSV and JSON").unwrap(),
            "`output` DIR：以 CSV 与 JSON 写出带全部误差界的表格"
        );
        assert_eq!(
            chinese("--output DIR: tables with all bounds as CSV and JSON").unwrap(),
            "--output DIR：以 CSV 与 JSON 写出带全部误差界的表格"
        );
        assert!(entries().all(|(en, zh)| !en.contains("--") && !zh.contains("--")));
    }

    #[test]
    fn units_are_read_as_units() {
        for (en, zh) in [
            ("10^8 yuan", "亿元"),
            ("10^4 t", "万吨"),
            ("Mt CO2", "百万吨 CO2"),
            ("t per 10^4 yuan", "吨/万元"),
            ("yuan/t", "元/吨"),
            ("t/person", "吨/人"),
            ("million EUR", "百万欧元"),
        ] {
            assert_eq!(unit_in_chinese(en).as_deref(), Some(zh), "{en}");
        }
        assert_eq!(unit_in_chinese("TJ"), None);
    }
}
