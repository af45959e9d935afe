//! Options: a command takes those of its own groups, refuses the rest, and none is taken without an effect.

use std::collections::BTreeSet;

use crate::support;

const COMMANDS: [&str; 17] = [
    "run",
    "audit",
    "detect",
    "flows",
    "accounts",
    "decompose",
    "linkages",
    "structural",
    "responsibility",
    "compensate",
    "cost",
    "solve",
    "bench",
    "verify",
    "import",
    "synth",
    "formats",
];

fn isard(words: &[&str]) -> (i32, String, String) {
    let output = support::isard().args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The long options that a command lists.
fn listed(command: &str) -> BTreeSet<String> {
    let (code, help, _) = isard(&[command, "--help"]);
    assert_eq!(code, 0);
    let starts = help.lines().map(str::trim_start).filter(|l| l.starts_with('-'));
    let long = |line: &str| line.split([' ', ',', '=', '[']).find_map(|w| w.strip_prefix("--").map(String::from));
    starts.filter_map(long).filter(|name| !["help", "version"].contains(&name.as_str())).collect()
}

#[test]
fn every_option_on_every_command_is_listed_or_refused() {
    let all: Vec<BTreeSet<String>> = COMMANDS.iter().map(|c| listed(c)).collect();
    let every: BTreeSet<&String> = all.iter().flatten().collect();
    assert!(every.len() > 60, "{every:?}");
    for (command, own) in COMMANDS.iter().zip(&all) {
        for option in &every {
            if !own.contains(*option) {
                let (code, _, message) = isard(&[command, &format!("--{option}=1")]);
                assert_eq!(code, 2, "{command} --{option}");
                assert!(message.contains("unexpected argument"), "{command} --{option}: {message}");
            }
        }
    }
    // the audit reads a table and writes: no solves, no shares, no payments
    let audit = &all[1];
    assert!(audit.len() <= 24, "{audit:?}");
    for foreign in ["method", "views", "share-level", "price-rule", "history", "proof", "stressor"] {
        assert!(!audit.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_switch_does_not_take_the_table_for_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("t");
    let table = table.to_str().unwrap();
    assert_eq!(isard(&["synth", "--regions", "2", "--sectors", "3", "--output", table]).0, 0);
    let (code, json, message) = isard(&["audit", "--json", table]);
    assert_eq!(code, 0, "{message}");
    assert!(json.starts_with('{'), "{json}");
    let (code, text, _) = isard(&["audit", "--json=false", table]);
    assert_eq!(code, 0);
    assert!(!text.starts_with('{'));
}

#[test]
fn choices_list_their_values() {
    for (words, values) in [
        (["flows", "--method=nonsense"], ["auto", "power-series", "direct"]),
        (["compensate", "--price-rule=nonsense"], ["payer", "national", "nash"]),
        (["flows", "--views=nonsense"], ["origin-sector", "category", "net"]),
        (["audit", "--zero-output=nonsense"], ["fail", "leave-out", "spread"]),
        (["cost", "--direction=nonsense"], ["possible values", "--direction", "nonsense"]),
    ] {
        let (code, _, message) = isard(&words);
        assert_eq!(code, 2);
        assert!(values.iter().all(|v| message.contains(v)), "{words:?}: {message}");
    }
}

#[test]
fn options_that_need_another_one_are_refused_without_it() {
    for (words, option) in [
        (vec!["flows", "--group-sectors=g.csv"], "--group-sectors"),
        (vec!["flows", "--concordance=c.csv"], "--concordance"),
        (vec!["flows", "--missing-emissions=zero"], "--missing-emissions"),
        (vec!["flows", "--sheet=s"], "--sheet"),
        (vec!["compensate", "--price=100", "--ets-price=50"], "--ets-price"),
        (vec!["compensate", "--price=100", "--bargaining=0.3"], "--bargaining"),
        (vec!["compensate", "--price=100", "--gap-principle=income"], "--gap-principle"),
        (vec!["compensate", "--price=100", "--follow=Beijing"], "--follow"),
        (vec!["compensate", "--price=100", "--vary-duties=shared"], "--vary-duties"),
        (vec!["run", "--table=t.npz", "--duty=shared"], "--duty"),
        (vec!["flows", "t.npz", "--seed=3"], "--seed"),
    ] {
        let (code, _, message) = isard(&words);
        assert_eq!(code, 2, "{words:?}");
        assert!(message.contains(option) && message.contains("no effect"), "{words:?}: {message}");
    }
}

#[test]
fn a_study_file_has_tables_or_none_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        let path = folder.path().join("study.toml");
        std::fs::write(&path, text).unwrap();
        isard(&["run", path.to_str().unwrap(), "--json", "-q"])
    };
    let flat = run("seed = 5\nshare-level = \"sector\"\nprice = 100.0\nprice-rule = \"mean\"\n");
    let tables = run("[data]\nseed = 5\n[share]\nshare-level = \"sector\"\n[pay]\nprice = 100.0\nprice-rule = \"mean\"\n");
    assert_eq!(flat.0, 0, "{}", flat.2);
    assert_eq!(flat.1, tables.1);
    for (text, said) in [
        ("[pay]\nseed = 5\n", "belongs to the table [data]"),
        ("[data]\nseed = 5\nsed = 3\n", "unknown field `sed`"),
        ("seed = 4\n[data]\nseed = 5\n", "given twice"),
        ("[data]\nseed = \"five\"\n", "invalid type"),
        ("[dta]\nseed = 5\n", "unknown field `dta`"),
    ] {
        let (code, _, message) = run(text);
        assert_eq!(code, 2, "{text}");
        assert!(message.contains(said), "{text}: {message}");
    }
}
