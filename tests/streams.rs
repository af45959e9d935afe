//! Pipes, standard input and devices in place of files: text is read from start to end, all else is refused, and nothing hangs.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::support;

fn isard() -> Command {
    let mut command = support::isard();
    command.timeout(Duration::from_secs(60)).env_remove("ISARD_MEMORY");
    command
}

fn fifo(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Exit code 2, every word on standard error, no panic, no crash, no end by time.
fn refused(command: &mut Command, words: &[&str]) {
    let run = command.assert().code(2);
    let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(error.contains("error: ") && !error.contains("panicked"), "{error}");
    words.iter().for_each(|word| assert!(error.contains(word), "\"{word}\" is not in:\n{error}"));
}

const EMISSIONS: &str = "region,sector,value\nr1,s01,5\nr1,s02,7\nr2,s01,1\nr2,s02,3\n";
const COSTS: &str = "region,cost_yuan_per_t\nr1,100\nr2,300\n";
const PEOPLE: &str = "region,population\nr1,10\nr2,20\n";

fn table(folder: &TempDir) -> PathBuf {
    let table = folder.path().join("t");
    isard().args(["synth", "--regions", "2", "--sectors", "2", "-o"]).arg(&table).assert().success();
    table
}

/// The numbers of an object: all but what made it and which files it came from.
fn numbers(bytes: &[u8]) -> serde_json::Value {
    let mut told: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let kept = ["flow", "flows", "payments", "settings", "groups"];
    told.as_object_mut().unwrap().retain(|key, _| kept.contains(&key.as_str()));
    assert!(!told.as_object().unwrap().is_empty());
    told
}

#[test]
fn text_comes_from_a_pipe_and_from_standard_input_as_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    for (command, option, text, more) in [
        ("flows", "--emissions", EMISSIONS, &["--emissions-unit", "Mt"][..]),
        ("compensate", "--cost", COSTS, &[]),
        ("flows", "--population", PEOPLE, &[]),
    ] {
        let run = |from: &Path| {
            let mut run = isard();
            run.arg(command).arg(&table).arg(option).arg(from).args(more).args(["--json", "-q"]);
            run
        };
        let code = |output: &std::process::Output| {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(matches!(output.status.code(), Some(0 | 1)), "{command} {option}: {error}");
            numbers(&output.stdout)
        };
        let file = folder.path().join("file.csv");
        std::fs::write(&file, text).unwrap();
        let plain = code(&run(&file).output().unwrap());
        assert_eq!(code(&run(Path::new("-")).write_stdin(text).output().unwrap()), plain, "{option} -");
        let pipe = fifo(&folder, &format!("{command}{option}.csv"));
        let writer = {
            let pipe = pipe.clone();
            // in two pieces, the second late
            std::thread::spawn(move || {
                use std::io::Write;
                let mut to = std::fs::OpenOptions::new().write(true).open(pipe).unwrap();
                let (one, two) = text.split_at(text.len() / 2);
                to.write_all(one.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(50));
                to.write_all(two.as_bytes()).unwrap();
            })
        };
        assert_eq!(code(&run(&pipe).output().unwrap()), plain, "{option} from a pipe");
        writer.join().unwrap();
    }
}

#[test]
fn what_must_be_read_out_of_order_does_not_wait_for_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    for name in ["p.xlsx", "p.xls", "p.npz"] {
        let pipe = fifo(&folder, name);
        refused(isard().arg("audit").arg(&pipe), &[name, "plain file only"]);
        refused(isard().arg("structural").arg(&table).arg(&pipe), &[name, "plain file only"]);
        if name == "p.xlsx" {
            refused(isard().arg("flows").arg(&table).arg("--emissions").arg(&pipe), &[name, "plain file only"]);
            refused(isard().arg("compensate").arg(&table).arg("--cost").arg(&pipe), &[name, "plain file only"]);
        }
    }
    refused(isard().arg("solve").arg(&table).arg("--demand").arg(fifo(&folder, "d.npy")), &["d.npy", "plain file only"]);
    refused(isard().arg("verify").arg(fifo(&folder, "result.json")), &["result.json", "plain file only"]);
}

#[test]
fn a_device_is_refused_whatever_it_is_called_and_for_whatever_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    let zero = |name: &str| {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        path
    };
    for name in ["z.npz", "z.isard", "z.xlsx", "z.xls", "z.zip", "z.csv"] {
        let path = zero(name);
        for command in ["flows", "audit", "solve", "detect", "import", "verify"] {
            let mut run = isard();
            run.arg(command).arg(&path);
            if command == "import" {
                run.arg("--output").arg(folder.path().join("never"));
            }
            refused(&mut run, &[name]);
        }
    }
    let csv = folder.path().join("z.csv");
    for option in ["--emissions", "--cost", "--population", "--curves", "--concordance", "--alpha-pairs"] {
        let mut run = isard();
        run.arg("compensate").arg(&table).arg(option).arg(&csv);
        if option != "--cost" {
            run.args(["--price", "10"]);
        }
        match option {
            "--concordance" => drop(run.arg("--emissions").arg(&csv)),
            "--curves" => drop(run.arg("--market")),
            _ => {}
        }
        refused(&mut run, &["z.csv"]);
    }
    refused(isard().arg("cost").arg(&csv), &["z.csv"]);
    refused(isard().arg("solve").arg(&table).arg("--demand").arg(zero("z.npy")), &["z.npy"]);
    // in the place of a file that a folder must have
    for name in ["table.toml", "file_parameters.json"] {
        let inner = folder.path().join(format!("of {name}"));
        std::fs::create_dir(&inner).unwrap();
        std::os::unix::fs::symlink("/dev/zero", inner.join(name)).unwrap();
        refused(isard().arg("flows").arg(&inner), &[name]);
    }
    // beside what is to be replaced
    let result = folder.path().join("r");
    isard().arg("flows").arg(&table).arg("-q").arg("--output").arg(&result).assert().success();
    std::fs::remove_file(result.join("manifest.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", result.join("manifest.json")).unwrap();
    refused(isard().arg("flows").arg(&table).arg("--force").arg("--output").arg(&result), &["manifest.json"]);
    let run = isard().arg("verify").arg(&result).assert().code(1);
    assert!(String::from_utf8_lossy(&run.get_output().stdout).contains("manifest.json: missing"));
}
