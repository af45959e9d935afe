//! Every program of `examples/` ends well and prints what it promises.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The folder of the examples that this build made: beside the folder of this test binary.
fn folder() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(|deps| deps.parent()).unwrap().join("examples")
}

fn run(name: &str, words: &[&str]) -> Output {
    let program = folder().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing: cargo test without --test builds it, or cargo build --examples", program.display());
    Command::new(program).args(words).output().unwrap()
}

#[test]
fn every_example_runs_without_arguments_and_prints_what_it_promises() {
    let promised = [
        ("flows", "certified: true"),
        ("responsibility", "theta of "),
        ("payments", "certified: true"),
        ("structural", "checks hold: true"),
        ("threads", "cancelled in stage "),
    ];
    for (name, words) in promised {
        prints(name, &[], words);
    }
}

#[test]
fn the_example_of_demands_takes_a_table_because_its_own_needs_an_optimised_build() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.isard");
    isard::snapshot::write(&isard::synth::table(&isard::synth::Settings::default()), &table, false).unwrap();
    prints("demands", &[table.to_str().unwrap(), "100"], "first demand: ");
}

fn prints(name: &str, arguments: &[&str], words: &str) {
    let done = run(name, arguments);
    let text = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    assert!(text.lines().any(|line| line.contains(words)), "{name} does not print \"{words}\":\n{text}");
}

#[test]
fn no_example_is_left_out_of_the_test_and_each_names_its_command() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let own = include_str!("examples.rs");
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(own.contains(&format!("(\"{name}\", ")), "{name} is not run");
        assert!(text.starts_with("//! ") && text.contains(&format!("--example {name}")), "{name} does not name its command");
    }
}
