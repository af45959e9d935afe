//! What the command says of its work, in Chinese: help, refusals, errors; and that no message of the sources lacks it.

use std::collections::HashSet;

use crate::structure::texts;
use crate::support::isard;
use crate::words::english;

fn run(line: &str) -> (i32, String, String) {
    let done = isard().args(line.split(' ').filter(|w| !w.is_empty())).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// Whether a line has English words left, two in a row; values of options, usage and what is quoted do not count.
pub(crate) fn left(line: &str) -> bool {
    if line.contains("[可用的值") || line.starts_with("用法：") {
        return false;
    }
    let bare: String = line.split('“').map(|part| part.rsplit('”').next().unwrap()).collect();
    let apart: String = bare.chars().map(|c| if c.is_ascii() { c.to_string() } else { " 7 ".into() }).collect();
    // a command to type
    let mut typed = false;
    let outside = |w: &&str| {
        typed = *w == "isard" || typed && *w != "7";
        !typed
    };
    let words: Vec<&str> = apart.split_whitespace().filter(outside).collect();
    let plain = |w: &str| w.len() > 2 && w.bytes().all(|b| b.is_ascii_lowercase());
    words.windows(2).any(|w| plain(w[0]) && plain(w[1]))
}

#[test]
fn help_begins_in_the_language_that_is_asked_for() {
    let (code, help, _) = run("--help --lang zh");
    assert_eq!(code, 0);
    let list: Vec<&str> = help.lines().skip_while(|l| *l != "命令:").skip(1).take_while(|l| !l.is_empty()).collect();
    assert!(list.len() > 28, "{help}");
    let about = list.iter().filter(|l| !l.starts_with("    ") && !l.contains("help "));
    for line in about {
        let name = line.split_whitespace().next().unwrap();
        assert!(!left(line.trim_start().strip_prefix(name).unwrap()) && !line.is_ascii(), "{line}");
        let (code, text, _) = run(&format!("--lang zh {name} --help"));
        let first = text.lines().next().unwrap();
        assert!(code == 0 && !first.is_ascii() && !left(first), "{name}: {first}");
        assert!(text.contains("--lang"), "{name} takes no --lang");
        assert!(run(&format!("{name} --help")).1.lines().next().unwrap().is_ascii(), "{name}");
    }
}

#[test]
fn errors_and_refusals_are_said_in_chinese() {
    for line in [
        "flows /nonexistent",
        "solve /nonexistent",
        "verify /nonexistent",
        "compare /nonexistent /nonexistent",
        "import /nonexistent --output t.isard",
        "flows --stressor nothing",
        "flows --method nothing",
        "flows --bogus",
        "flows --top 0",
        "compensate --price -1",
        "compensate --price 5 --cost a.csv",
        "run --years a b",
        "merge",
        "nothing",
        "synth --regions 2 --density 3 --output t.isard",
        "balance --targets /nonexistent",
        "cost /nonexistent",
        "decompose --scheme nothing",
        "explain certifid",
    ] {
        let (code, _, said) = run(&format!("--lang zh {line}"));
        assert_eq!(code, 2, "{line}: {said}");
        assert!(said.lines().any(|l| l.starts_with("错误：")), "{line}: {said}");
        let english: Vec<&str> = said.lines().filter(|l| left(l)).collect();
        assert!(english.is_empty(), "{line}: {english:?}");
        let (code, _, same) = run(line);
        assert!(code == 2 && same.lines().any(|l| l.starts_with("error: ")), "{line}: {same}");
    }
}

/// A literal of a source, with `{}` for its holes, and the calls that it stands in, innermost last.
struct Literal {
    text: String,
    calls: Vec<String>,
}

/// The literals of a source. Attributes are `#[`, types and paths keep their last part but for `Error::`.
fn literals(source: &str) -> Vec<Literal> {
    let letters: Vec<char> = source.chars().collect();
    let at = |k: usize| letters.get(k).copied().unwrap_or(' ');
    let (mut found, mut open, mut before, mut k) = (Vec::new(), Vec::<String>::new(), String::new(), 0);
    while k < letters.len() {
        match at(k) {
            '/' if at(k + 1) == '/' => {
                while k < letters.len() && at(k) != '\n' {
                    k += 1;
                }
            }
            // a letter in quotes is no text, and a lifetime has no second quote
            '\'' if at(k + 1) == '\\' => {
                k += 3;
                while at(k) != '\'' {
                    k += 1;
                }
            }
            '\'' if at(k + 2) == '\'' => k += 2,
            '"' => {
                let raw = before.ends_with('r');
                let (text, end) = if raw { raw_text(&letters, k) } else { text(&letters, k + 1) };
                found.push(Literal { text, calls: open.clone() });
                (k, before) = (end, String::new());
            }
            '#' if before.ends_with('r') && at(k + 1) == '"' => {
                let (text, end) = raw_text(&letters, k + 1);
                found.push(Literal { text, calls: open.clone() });
                (k, before) = (end + 1, String::new());
            }
            c @ ('(' | '[' | '{') => {
                let path = before.rsplit("::").next().unwrap_or_default().to_string();
                let error = before.ends_with(&format!("Error::{path}"));
                open.push(if error {
                    format!("Error::{path}")
                } else if c == '[' && before.ends_with('#') {
                    "#[".into()
                } else {
                    path
                });
                before.clear();
            }
            ')' | ']' | '}' => {
                open.pop();
                before.clear();
            }
            c if c.is_alphanumeric() || "_:!#".contains(c) => before.push(c),
            _ => before.clear(),
        }
        k += 1;
    }
    found
}

/// A literal from its first letter on, and where it ends.
fn text(letters: &[char], mut k: usize) -> (String, usize) {
    let (mut text, mut depth) = (String::new(), 0);
    while letters[k] != '"' {
        match (letters[k], letters[k + 1]) {
            ('\\', '\n') => {
                k += 1;
                while letters[k + 1].is_whitespace() {
                    k += 1;
                }
            }
            ('\\', other) => {
                text.push(if other == 'n' { ' ' } else { other });
                k += 1;
            }
            ('{', '{') | ('}', '}') if depth == 0 => {
                text.push(letters[k]);
                k += 1;
            }
            ('{', _) => {
                depth = 1;
                text += "{}";
            }
            ('}', _) => depth = 0,
            (c, _) if depth == 0 => text.push(c),
            _ => {}
        }
        k += 1;
    }
    (text, k)
}

fn raw_text(letters: &[char], quote: usize) -> (String, usize) {
    let end = (quote + 1..letters.len()).find(|&k| letters[k] == '"').unwrap();
    (letters[quote + 1..end].iter().collect(), end)
}

/// Calls whose texts nobody reads, or that compare with what a file says.
const UNREAD: [&str; 18] = [
    "expect",
    "expect_err",
    "assert!",
    "assert_eq!",
    "debug_assert!",
    "panic!",
    "compile_error!",
    "env!",
    "starts_with",
    "ends_with",
    "strip_prefix",
    "contains",
    "replace",
    "join",
    "#[",
    "place",
    "bool",
    "custom",
];

/// What speaks by `words.tsv` or in both languages, and files that are whole pages.
const APART: [&str; 15] = [
    "write/csv",
    "write/table/matrices",
    "write/cost",
    "write/html",
    "write/latex",
    "write/methods",
    "write/pymrio",
    "write/table/pymrio",
    "write/text",
    "write/trust",
    "write/words",
    "report",
    "terms",
    "cli/first",
    "cli/fault",
];

/// Names in data and words of options, which stay as they are; and parts of lines that are said as a whole.
const KEPT: [&str; 29] = [
    "method and sources",
    "# No layout fits {}; the nearest is {}: {}. {}",
    "linear",
    "quadratic",
    "nordhaus",
    "log-log",
    "power",
    "flat",
    "(no households given)",
    "{} sector(s) have no {}, {} of them no output either: {}{}; check that they are not missing",
    "for one of {} parts",
    "a heading year for the",
    "a heading index for the",
    "fixed capital formation",
    "change in stock",
    "changes in stock",
    "changes in inventor",
    "change in inventor",
    "taxes on production",
    "Crude, NGL and refinery feedstocks",
    "Oil shale and oil sands",
    "Taxes less subsidies on products purchased",
    "Other net taxes on production",
    "Compensation of employees; wages",
    "Gross fixed capital formation",
    "Net taxes on production",
    "consumption of fixed capital",
    "Depreciation of fixed capital",
    "kg, t, kt, Gg, Mt, Gt, 10^4 t, 吨, 万吨, short ton, long ton, each also of CO2, CO2e, C, CH4 ...",
];

/// As an entry has it: options in backticks, holes alike, nothing at its ends that joins it to others.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for (k, part) in text.replace("{w}", "{}").replace("{u}", "{}").split("--").enumerate() {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let option = k > 0 && end > 0;
        out += &if option { format!("`{}`{}", &part[..end], &part[end..]) } else { format!("{}{part}", if k > 0 { "--" } else { "" }) };
    }
    out.trim_matches([' ', ';', ',', '\n']).to_string()
}

#[test]
fn no_message_of_the_sources_lacks_its_chinese() {
    let entries = isard::write::words::messages::entries().chain(isard::write::words::entries());
    let known: HashSet<String> = entries.map(|(en, _)| plain(en)).chain(KEPT.map(plain)).collect();
    let (mut errors, mut others, mut lacking) = (0, 0, Vec::new());
    for (file, source) in texts() {
        let apart = APART.iter().any(|a| file == *a || file.starts_with(&format!("{a}/")) || file == format!("{a}.rs"));
        for literal in literals(source.split("#[cfg(test)]").next().unwrap()) {
            let unread = literal.calls.iter().any(|c| c == "#[") || literal.calls.last().is_some_and(|c| UNREAD.contains(&c.as_str()));
            let error = literal.calls.iter().any(|c| c.starts_with("Error::"));
            let words = literal.text.replace("{}", "7");
            let has_word =
                words.split(|c: char| !c.is_ascii_alphabetic()).any(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase()));
            let message = error && has_word || !apart && english(&words).is_some();
            if unread || !message || literal.text.contains("  ") {
                continue;
            }
            if error {
                errors += 1;
            } else {
                others += 1;
            }
            if !known.contains(&plain(&literal.text)) {
                lacking.push(format!("{file}: {}", literal.text));
            }
        }
    }
    assert!(errors > 900 && others > 1000, "{errors} {others}");
    assert!(lacking.is_empty(), "{} messages lack their Chinese in src/write/words/messages.tsv:\n{}", lacking.len(), lacking.join("\n"));
}
