//! The language that the command speaks in: `--lang` wherever it stands, known before anything else is understood, so that help
//! and refusals have it too.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Arg, ArgAction, Command};

use crate::labels::Tongue;
use crate::study::word;
use crate::write::words::messages;

const LANG: &str = "lang";

static CHINESE: AtomicBool = AtomicBool::new(false);

/// From now on errors are told in this language.
pub(super) fn speak(tongue: Tongue) {
    CHINESE.store(tongue == Tongue::Zh, Ordering::Relaxed);
}

/// The language that errors are told in.
pub(super) fn spoken() -> Tongue {
    if CHINESE.load(Ordering::Relaxed) { Tongue::Zh } else { Tongue::En }
}

/// Chinese where it was asked for: the language of a document whose command has no choice of its own.
pub(super) fn asked_for() -> Option<Tongue> {
    (spoken() == Tongue::Zh).then_some(Tongue::Zh)
}

/// A page of sentences, each on its line, in the language that was asked for.
pub(super) fn told(page: &str) -> String {
    let tongue = spoken();
    let line = |line: &str| {
        let text = line.trim();
        let at = line.find(text).unwrap_or_default();
        format!("{}{}{}", &line[..at], tongue.tell(text), &line[at + text.len()..])
    };
    if tongue == Tongue::Zh { page.split_inclusive('\n').map(line).collect() } else { page.to_string() }
}

/// Headings of a grid.
pub(super) fn heads(all: &[&str]) -> Vec<String> {
    all.iter().map(|head| spoken().tell(head).into_owned()).collect()
}

/// The words of the command line, and the language that they ask for. `--lang` before a command counts as behind it.
pub(super) fn understood(words: impl Iterator<Item = OsString>) -> (Vec<OsString>, Tongue) {
    let mut words: Vec<OsString> = words.collect();
    let tongue = asked(&words);
    let first = |at: usize| words.get(at).and_then(|w| w.to_str());
    let length = match first(1) {
        Some("--lang") => 2,
        Some(one) if one.starts_with("--lang=") => 1,
        _ => 0,
    };
    if length > 0 && words.len() > 1 + length {
        let taken: Vec<OsString> = words.drain(1..=length).collect();
        let command = words[1].to_str().is_some_and(|w| !w.starts_with('-') && w != "help");
        if command {
            words.splice(2..2, taken);
        }
    }
    (words, tongue)
}

/// The language that is named last, before `--`.
fn asked(words: &[OsString]) -> Tongue {
    let words: Vec<&str> = words.iter().map(|w| w.to_str().unwrap_or_default()).take_while(|w| *w != "--").collect();
    let after = |k: usize, w: &str| match w.strip_prefix("--lang") {
        Some("") => words.get(k + 1).copied(),
        Some(rest) if rest.starts_with('=') => words[k].get("--lang=".len()..),
        _ => None,
    };
    let named = words.iter().enumerate().filter_map(|(k, w)| after(k, w)).next_back();
    if named == Some("zh") { Tongue::Zh } else { Tongue::En }
}

/// The command line with a choice of language on every command, and its first lines of help in `tongue`.
pub(super) fn of_help(all: Command, tongue: Tongue) -> Command {
    let all = all.mut_subcommands(|own| {
        let has = own.get_arguments().any(|a| a.get_long() == Some(LANG) || a.get_all_aliases().is_some_and(|names| names.contains(&LANG)));
        if has { own } else { own.arg(lang()) }
    });
    if tongue == Tongue::En {
        return all;
    }
    let about = |own: Command| match own.get_about().and_then(|text| messages::entry(&text.to_string())) {
        Some(zh) => own.about(zh),
        None => own,
    };
    about(all).mut_subcommands(about).subcommand_help_heading("命令")
}

fn lang() -> Arg {
    Arg::new(LANG)
        .long(LANG)
        .value_name("LANG")
        .action(ArgAction::Set)
        .value_parser(word::<Tongue>())
        .help_heading("Output")
        .help("Language of the first line of this help and of messages; default en")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> (String, Tongue) {
        let (words, tongue) = understood(line.split(' ').map(OsString::from));
        (words.iter().map(|w| w.to_str().unwrap()).collect::<Vec<_>>().join(" "), tongue)
    }

    #[test]
    fn the_language_is_found_wherever_it_stands_and_before_a_command_counts_as_behind_it() {
        for (line, same, tongue) in [
            ("isard flows t --lang zh", "isard flows t --lang zh", Tongue::Zh),
            ("isard flows --lang=zh --help", "isard flows --lang=zh --help", Tongue::Zh),
            ("isard --lang zh flows t", "isard flows --lang zh t", Tongue::Zh),
            ("isard --lang=zh --help", "isard --help", Tongue::Zh),
            ("isard --lang zh help flows", "isard help flows", Tongue::Zh),
            ("isard --lang zh", "isard --lang zh", Tongue::Zh),
            ("isard flows --lang zh --lang en", "isard flows --lang zh --lang en", Tongue::En),
            ("isard flows -- --lang zh", "isard flows -- --lang zh", Tongue::En),
            ("isard flows --language zh", "isard flows --language zh", Tongue::En),
        ] {
            assert_eq!(told(line), (same.to_string(), tongue), "{line}");
        }
    }
}
