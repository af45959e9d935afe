//! Options: a command takes those of its own groups, refuses the rest, and none is taken without an effect.

use std::collections::BTreeSet;

use crate::support;

const COMMANDS: [&str; 24] = [
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
    "balance",
    "build",
    "aggregate",
    "split",
    "sparsify",
    "batch",
    "merge",
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
    let one_line = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = one_line.split("[alias: --").skip(1).filter_map(|rest| rest.split(']').next().map(String::from));
    starts.filter_map(long).filter(|name| !["help", "version"].contains(&name.as_str())).chain(short).collect()
}

/// Former names that are still read, and that another command has.
const FORMER: [(&str, &str); 3] = [("cost", "floor"), ("build", "spread"), ("explain", "labels")];

#[test]
fn every_option_on_every_command_is_listed_or_refused() {
    let all: Vec<BTreeSet<String>> = COMMANDS.iter().map(|c| listed(c)).collect();
    let every: BTreeSet<&String> = all.iter().flatten().collect();
    assert!(every.len() > 60, "{every:?}");
    for (command, own) in COMMANDS.iter().zip(&all) {
        for option in &every {
            if !own.contains(*option) && !FORMER.contains(&(*command, option.as_str())) {
                let (code, _, message) = isard(&[command, &format!("--{option}=1")]);
                assert_eq!(code, 2, "{command} --{option}");
                assert!(message.contains("unexpected argument"), "{command} --{option}: {message}");
            }
        }
    }
    // the audit reads a table and writes: no solves, no shares, no payments
    let audit = &all[1];
    assert!(audit.len() <= 27, "{audit:?}");
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
        (vec!["flows", "t.npz", "--tidy"], "--tidy"),
        (vec!["accounts", "t.npz", "--excel", "--output=o"], "--excel"),
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
        ("[data]\n# seed is a number\nseed = \"five\"\n", "study.toml:3: seed: invalid type"),
        ("seed = 5\nseed = 6\n", "help: keep one of the two"),
        ("price = 5\njson = \"yes\"\n", "help: write true or false"),
        ("price = \"5\"\n", "help: write a number, without quotes"),
        ("labels = \"zhh\"\n", "did you mean \"zh\"?"),
        ("views = \"net\"\n", "help: write a list"),
        ("[dta]\nseed = 5\n", "unknown field `dta`"),
    ] {
        let (code, _, message) = run(text);
        assert_eq!(code, 2, "{text}");
        assert!(message.contains(said), "{text}: {message}");
    }
}

/// A folder with the same table as text, numpy archive and snapshot.
fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    assert_eq!(isard(&["synth", "--regions", "3", "--sectors", "4", "--output", &place("text")]).0, 0);
    assert_eq!(isard(&["import", &place("text"), "--output", &place("t.isard")]).0, 0);
    folder
}

#[test]
fn options_of_reading_are_refused_by_formats_that_have_no_use_for_them() {
    let folder = tables();
    // what each format takes, against what each command does with it
    for (table, format, takes) in [("text", "long", "encoding"), ("t.isard", "snapshot", "")] {
        let table = folder.path().join(table);
        for command in ["audit", "flows", "accounts", "responsibility", "linkages"] {
            for (option, value) in [("sheet", "s"), ("factor", "emissions/CO2"), ("encoding", "utf8")] {
                if option == "factor" && command == "linkages" {
                    continue;
                }
                let (code, out, message) = isard(&[command, table.to_str().unwrap(), &format!("--{option}={value}"), "-q"]);
                if option == takes {
                    assert_eq!((code, out.as_str()), (0, ""), "{command} --{option}: {message}");
                } else {
                    assert_eq!(code, 2, "{command} --{option} on {format}");
                    assert!(message.contains(&format!("--{option} has no effect")) && message.contains(format), "{message}");
                }
            }
        }
    }
    // a file beside the table is text
    let heads = folder.path().join("heads.csv");
    std::fs::write(&heads, "region,population\nr1,1\nr2,2\nr3,3\n").unwrap();
    let table = folder.path().join("t.isard");
    let words = ["flows", table.to_str().unwrap(), "-q", "--encoding=gbk", "--population", heads.to_str().unwrap()];
    assert_eq!(isard(&words).0, 0);
}

#[test]
fn values_out_of_range_are_told_with_the_range() {
    let folder = tables();
    let table = folder.path().join("text");
    let table = table.to_str().unwrap();
    for (words, said) in [
        (&["flows", "--top", "0"][..], "--top must be at least 1, not 0"),
        (&["flows", "--max-time", "0"], "a number of seconds above 0, not 0"),
        (&["flows", "--max-time", "-3"], "a number of seconds above 0, not -3"),
        (&["flows", "--max-iter", "0"], "--max-iter must be at least 1"),
        (&["flows", "--tolerance", "-1"], "--tolerance must lie between 0 and 1, not -1"),
        (&["flows", "--floor", "-1"], "--floor must lie between 0 and 1"),
        (&["flows", "--top", "-4"], "invalid value '-4' for '--top <K>'"),
        (&["compensate", "--price", "-5"], "--price must be a number of at least 0, not -5"),
        (&["compensate", "--price", "inf"], "--price must be a number of at least 0, not inf"),
        (&["compensate", "--price", "1", "--price-rule", "nash", "--bargaining", "-1"], "must lie between 0 and 1, not -1"),
        (&["compensate", "--price", "1", "--price-rule", "ets", "--ets-price", "-1"], "-1"),
        (&["responsibility", "--gamma", "-1"], "must lie between 0 and 1, not -1"),
        (&["flows", "--seed", "3"], "draws the embedded table, and another table is named"),
    ] {
        let line: Vec<&str> = [&words[..1], &[table], &words[1..]].concat();
        let (code, _, message) = isard(&line);
        assert_eq!(code, 2, "{words:?}");
        assert!(message.contains(said) && !message.contains("'-- -"), "{words:?}: {message}");
    }
}

#[test]
fn an_output_that_cannot_be_made_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "").unwrap();
    let (inside, long) = (plain.join("a").join("b"), folder.path().join("n".repeat(300)));
    for option in ["--output", "--history"] {
        for (place, said) in [(&inside, "b: cannot create: Not a directory"), (&long, "a name of 300 bytes")] {
            // a table that is not there: its absence would be told later
            let (code, _, message) = isard(&["flows", "nothing", option, place.to_str().unwrap()]);
            assert_eq!(code, 2);
            assert!(message.contains(said), "{option} {}: {message}", place.display());
        }
    }
    let above = folder.path().join("new/deeper/result");
    let (_, _, message) = isard(&["flows", "nothing", "--output", above.to_str().unwrap()]);
    assert!(message.contains("nothing: cannot read") && !folder.path().join("new").exists(), "{message}");
}

#[test]
fn errors_name_the_file_they_are_about() {
    let folder = tables();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    std::fs::write(at("cost.csv"), "region,cost_yuan_per_t\nr1,1\n\nr2,2\nr33,3\n").unwrap();
    let said = |words: &[&str], part: &str| {
        let (code, _, message) = isard(words);
        assert!(code == 2 && message.contains(part), "{words:?}: {message}");
    };
    said(&["compensate", &at("text"), "--cost", &at("cost.csv")], "cost.csv:5");
    said(&["flows", &at("t.isard"), "--format", "long"], "not of the format long: it is no folder");
    said(&["flows", &at("text"), "--format", "pymrio"], "it is long, ");
    said(&["run", "--table", &at("text"), "--years", &at("t.isard"), "--years", &at("text")], "is named apart from the tables of years");
    said(&["run", "--years", &at("text")], "years compare two or more tables, and 1 is named");
    for file in ["emissions.csv", "households.csv"] {
        std::fs::remove_file(folder.path().join("text").join(file)).unwrap();
    }
    said(&["flows", &at("text")], "text: the table has no emissions");
}

#[test]
fn several_years_fit_one_page_unless_all_is_asked_for() {
    let folder = tables();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (code, short, message) = isard(&["compensate", &at("text"), &at("t.isard"), "--price", "100"]);
    assert_eq!(code, 0, "{message}");
    assert!(short.contains("Emissions by whose final demand they serve") && short.contains("CERTIFIED"), "{short}");
    assert!(!short.contains("Solves") && !short.contains("Verdicts"), "{short}");
    let (_, full, _) = isard(&["compensate", &at("text"), &at("t.isard"), "--price", "100", "--full"]);
    assert!(full.contains("Solves") && full.contains("Verdicts"), "{full}");
}

#[test]
fn a_quiet_command_prints_nothing_and_does_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let panel = at("panel.csv");
    let mut text = String::from("region,year,gdp_current_100M_yuan,co2_Mt,capital_current_100M_yuan,labour,energy\n");
    for i in 1..=9 {
        text += &format!("r{i},2017,{},{},{},{},{}\n", 90 + 7 * i, 3 * i + i * i % 5, 200 + 11 * i, 40 + i * i % 7, 60 + 5 * i);
    }
    std::fs::write(&panel, text).unwrap();
    let (import, synth) = (at("t.isard"), at("synth"));
    let commands: &[&[&str]] = &[
        &["synth", "--regions", "3", "--sectors", "4", "--output", &synth],
        &["import", &synth, "--output", &import],
        &["audit", &import],
        &["detect", &import],
        &["solve", &import],
        &["run", "--table", &import],
        &["flows", &import],
        &["accounts", &import],
        &["decompose", &import, "--scheme", "kww"],
        &["linkages", &import],
        &["responsibility", &import],
        &["compensate", &import, "--price", "60"],
        &["sparsify", &import, "--drop-below", "1e-9"],
        &["cost", &panel, "--estimator", "slacks"],
    ];
    for command in commands {
        let (code, said, error) = isard(&[*command, &["--quiet"][..]].concat());
        assert!(said.is_empty(), "{command:?} prints {said}");
        assert!(code < 2, "{command:?} ends with {code}: {error}");
    }
}
