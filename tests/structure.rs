//! The shape of the project: who may mention what, file lengths, no loose ends.

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
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found.retain(|path| path.file_name().is_some_and(|n| n != "tests.rs"));
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_string();
            (path.strip_prefix(&root).unwrap().display().to_string(), code)
        })
        .collect()
}

#[test]
fn each_tool_stays_in_its_place() {
    let rules: [(&str, &[&str]); 9] = [
        ("clap::", &["cli", "study/options.rs", "study/words.rs"]),
        ("crate::cli", &["cli"]),
        ("eprintln!", &["cli"]),
        ("println!", &["cli"]),
        ("ExitCode", &["cli", "main.rs"]),
        (
            "rayon::",
            &[
                "operator",
                "solve",
                "certificate",
                "leontief",
                "decompose",
                "audit",
                "cli/process.rs",
                "study/analyses.rs",
                "formats",
                "snapshot",
                "synth",
                "cost",
                "table.rs",
            ],
        ),
        ("bincode::", &["snapshot"]),
        ("faer::", &["solve"]),
        ("clarabel::", &["cost/lp.rs"]),
    ];
    for (file, text) in texts() {
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (word, places) in rules {
            let allowed = places.iter().any(|p| file == *p || file.starts_with(&format!("{p}/")) || file == format!("{p}.rs"));
            assert!(allowed || !code.contains(word), "src/{file} mentions {word}");
        }
    }
}

#[test]
fn every_file_opens_with_its_reason_and_ends_before_500_lines() {
    for (file, _) in texts() {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&file)).unwrap();
        assert!(text.starts_with("//! "), "src/{file} does not say what it is");
        assert!(text.lines().count() <= 500, "src/{file} has {} lines", text.lines().count());
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
