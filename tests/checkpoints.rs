//! Checkpoints of `isard solve`: the bits of a run without a break, and what is said of files that are not right.

use std::fs;
use std::path::Path;

use crate::support::isard;

fn solve(at: &Path, arguments: &[&str]) -> std::process::Output {
    isard().current_dir(at).arg("solve").arg("table.isard").args(["--demand", "regions", "--quiet"]).args(arguments).output().unwrap()
}

fn table(at: &Path) {
    isard().current_dir(at).args(["synth", "--regions", "6", "--sectors", "20", "-q", "-o", "table.isard"]).assert().success();
}

/// Ends after so many passes, goes on in other threads, and has the bits of a run in one go.
#[test]
fn a_restart_has_the_bits_of_a_run_without_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    table(at);
    for method in ["power-series", "region-gauss-seidel"] {
        let whole = format!("{method}-whole.npy");
        assert!(solve(at, &["--method", method, "--solution", &whole]).status.success());
        for passes in ["1", "3"] {
            let kept = ["--method", method, "--checkpoint", "run.ck", "--checkpoint-every", "0", "--resume"];
            let broken = solve(at, &[&kept[..], &["--max-iter", passes, "--threads", "1"]].concat());
            assert_eq!(broken.status.code(), Some(1), "{}", String::from_utf8_lossy(&broken.stderr));
            assert!(at.join("run.ck").exists(), "{method}: no checkpoint after {passes} passes");
            let resumed = solve(at, &[&kept[..], &["--solution", "resumed.npy", "--force", "--threads", "2"]].concat());
            assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
            assert_eq!(fs::read(at.join("resumed.npy")).unwrap(), fs::read(at.join(&whole)).unwrap(), "{method} after {passes}");
            assert!(!at.join("run.ck").exists(), "the checkpoint of a solve that is done goes");
        }
    }
}

/// A damaged, a foreign and an unasked checkpoint each end with exit 2 and are named; none is overwritten.
#[test]
fn a_checkpoint_that_is_not_right_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    table(at);
    let kept = ["--method", "power-series", "--checkpoint", "run.ck", "--checkpoint-every", "0"];
    assert_eq!(solve(at, &[&kept[..], &["--max-iter", "5"]].concat()).status.code(), Some(1));
    let good = fs::read(at.join("run.ck")).unwrap();
    let refused = |bytes: &[u8], arguments: &[&str], words: &[&str]| {
        fs::write(at.join("run.ck"), bytes).unwrap();
        let found = solve(at, arguments);
        let said = String::from_utf8_lossy(&found.stderr).into_owned();
        assert_eq!(found.status.code(), Some(2), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert_eq!(fs::read(at.join("run.ck")).unwrap(), bytes, "it stays as it was");
    };
    let resume = [&kept[..], &["--resume"]].concat();
    refused(&good, &kept, &["run.ck", "already", "--resume"]);
    let mut changed = good.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 4;
    refused(&changed, &resume, &["run.ck", "damaged", "checksum"]);
    refused(&good[..good.len() / 2], &resume, &["run.ck", "damaged"]);
    refused(b"", &resume, &["run.ck", "0 bytes"]);
    let other: Vec<&str> = resume.iter().map(|a| if *a == "power-series" { "gmres" } else { *a }).collect();
    refused(&good, &other, &["another solve", "method is power-series", "gmres"]);
    refused(&good, &[&resume[..], &["--tolerance", "1e-6"]].concat(), &["another solve", "goal"]);
    let found = solve(at, &["--resume"]);
    assert_eq!(found.status.code(), Some(2));
}
