//! The shape of the project: who may mention what, file lengths, no loose ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its path below `src/` and its text without the tests at its end.
pub(crate) fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found.retain(|path| path.file_name().is_some_and(|n| n != "tests.rs"));
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_string();
            (path.strip_prefix(&root).unwrap().display().to_string(), code)
        })
        .collect()
}

#[test]
fn each_tool_stays_in_its_place() {
    let rules: [(&str, &[&str]); 11] = [
        ("clap::", &["cli", "study/groups.rs", "study/options.rs", "study/words.rs"]),
        ("crate::cli", &["cli"]),
        ("eprintln!", &["cli"]),
        ("println!", &["cli"]),
        ("ExitCode", &["cli", "main.rs"]),
        ("rayon::", &["threads"]),
        ("bincode::", &["snapshot"]),
        ("faer::", &["solve"]),
        ("maud::", &["write"]),
        ("rust_xlsxwriter::", &["write/xlsx.rs", "write/table/workbook.rs"]),
        ("clarabel::", &["cost/lp.rs", "cost/qp.rs"]),
    ];
    for (file, text) in texts() {
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (word, places) in rules {
            let allowed = places.iter().any(|p| file == *p || file.starts_with(&format!("{p}/")) || file == format!("{p}.rs"));
            assert!(allowed || !code.contains(word), "src/{file} mentions {word}");
        }
    }
}

/// A library is used from other programs too: it names an option in backticks, and `cli/words.rs` makes a flag of it.
#[test]
fn the_library_names_options_and_the_command_flags() {
    for (file, text) in
        texts().iter().filter(|(f, _)| f != "cli.rs" && !f.starts_with("cli/") && !f.starts_with("write/html") && f != "study/recorded.rs")
    {
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            let flag = line.split("--").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '{'));
            assert!(!flag, "src/{file} names a flag: {line}");
        }
    }
}

#[test]
fn every_file_opens_with_its_reason_and_ends_before_400_lines() {
    for (file, _) in texts() {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&file)).unwrap();
        assert!(text.starts_with("//! "), "src/{file} does not say what it is");
        assert!(text.lines().count() <= 400, "src/{file} has {} lines", text.lines().count());
    }
}

#[test]
fn nothing_is_left_open() {
    for (file, text) in texts() {
        for word in [".unwrap()", "todo!(", "unimplemented!(", "dbg!("] {
            let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).any(|l| l.contains(word));
            assert!(!code, "src/{file} has {word}");
        }
    }
}

/// The storeys of ARCHITECTURE.md, lowest first: a room imports its own storey and lower ones.
const STOREYS: [(&str, &[&str]); 8] = [
    (
        "ground",
        &[
            "bounded", "check", "choice", "error", "escape", "finding", "guard", "inputs", "memory", "part", "plain", "random", "threads",
            "units", "watch",
        ],
    ),
    ("model", &["inventory", "labels", "table"]),
    ("engine", &["certificate", "leontief", "operator", "plan", "share_table", "solve", "system"]),
    (
        "meaning",
        &[
            "aggregate",
            "audit",
            "balance",
            "build",
            "compensation",
            "cost",
            "decompose",
            "linkages",
            "responsibility",
            "sparsify",
            "split",
            "structural",
            "synth",
            "terms",
            "verdict",
        ],
    ),
    ("in and out", &["formats", "report", "snapshot", "write"]),
    ("study", &["study"]),
    ("batch", &["batch"]),
    ("command", &["cli"]),
];

/// What each room imports of others: names that follow `crate::` in code.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::<String, BTreeSet<String>>::new();
    for (file, text) in texts() {
        let room = file.split(['/', '.']).next().unwrap().to_string();
        if ["lib", "main", "draws", "guide"].contains(&room.as_str()) {
            continue;
        }
        let code: String = text.lines().map(|l| l.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
        let own = all.entry(room.clone()).or_default();
        for rest in code.split("crate::").skip(1) {
            // one path, or a list in braces
            let list = rest.strip_prefix('{').map_or(rest, |inner| inner.split('}').next().unwrap());
            let first = |path: &str| path.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_string();
            let names: Vec<String> = if rest.starts_with('{') { list.split(',').map(first).collect() } else { vec![first(list)] };
            own.extend(names.into_iter().filter(|n| *n != room && n.starts_with(|c: char| c.is_lowercase())));
        }
    }
    all
}

#[test]
fn rooms_import_no_storey_above_their_own_and_stand_in_no_circle() {
    let imports = imports();
    let storey = |room: &str| {
        let found = STOREYS.iter().position(|(_, rooms)| rooms.contains(&room));
        found.unwrap_or_else(|| panic!("src/{room} stands in no storey"))
    };
    for (room, used) in &imports {
        for other in used.iter().filter(|o| imports.contains_key(*o)) {
            let (own, above) = (storey(room), storey(other));
            assert!(above <= own, "src/{room} ({}) imports {other} ({})", STOREYS[own].0, STOREYS[above].0);
        }
    }
    // rooms that nothing left imports are taken away until only circles are left
    let mut left: BTreeSet<&String> = imports.keys().collect();
    while let Some(free) = left.iter().copied().find(|room| !left.iter().any(|other| other != room && imports[*other].contains(*room))) {
        left.remove(free);
    }
    assert!(left.is_empty(), "these rooms import each other in a circle: {left:?}");
}
