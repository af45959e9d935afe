//! Verify: a sound result of every command is verified, and no alteration of a number, a label or a file is, with the
//! hashes of its manifest as they are and made right again.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

fn isard() -> Command {
    Command::cargo_bin("isard").unwrap()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A small table, a panel, and a result folder of every command that verify takes.
fn results() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let done = isard().current_dir(dir.path()).args(args).arg("-q").assert();
        let code = done.get_output().status.code().unwrap();
        assert!(code < 2, "{args:?}: {}", String::from_utf8_lossy(&done.get_output().stderr));
    };
    isard().current_dir(dir.path()).args(["synth", "--regions", "3", "--sectors", "4", "--output", "t"]).assert().success();
    let mut panel = "region,year,gdp_100M,co2_Mt,k,l\n".to_string();
    for (k, region) in ["A", "B", "C", "D", "E", "F"].iter().enumerate() {
        for year in 2015..=2017 {
            let v = |m: usize| 10 + (k * 7 + year as usize % 100 * 3 + m * 5) % 13;
            panel += &format!("{region},{year},{},{},{},{}\n", v(1), v(2), v(3), v(4));
        }
    }
    fs::write(dir.path().join("panel.csv"), panel).unwrap();
    fs::write(dir.path().join("study.toml"), "table = \"t\"\nprice = 100\nhistory = \"h.csv\"\n").unwrap();
    let all: &[&[&str]] = &[
        &["flows", "t", "--views", "net,product", "--top", "3"],
        &["run", "study.toml"],
        &["responsibility", "t", "--by-emitter"],
        &["compensate", "t", "--price", "100", "--compare"],
        &["accounts", "t"],
        &["audit", "t"],
        &["decompose", "t", "--scheme", "kww"],
        &["linkages", "t"],
        &["structural", "t", "t"],
        &["import", "t"],
        &[
            "cost",
            "panel.csv",
            "--inputs",
            "k,l",
            "--gdp-unit",
            "10^8 yuan",
            "--estimator",
            "quadratic",
            "--direction",
            "both",
            "--prices",
            "current",
        ],
    ];
    let mut folders = Vec::new();
    for args in all {
        let name = format!("r-{}", args[0]);
        run(&[args, &["--output", &name][..]].concat());
        folders.push(dir.path().join(name));
    }
    (dir, folders)
}

/// Exit code and everything that verify says of a result.
fn verify(result: &Path) -> (i32, String) {
    let done = isard().arg("verify").arg(result).assert();
    let output = done.get_output();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

/// A seeded stream of numbers.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

/// The paths of all leaves of an object, but for those that `not` names.
fn leaves(value: &Value, at: String, not: &[&str], all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(k, v)| leaves(v, format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")), not, all))
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(k, v)| leaves(v, format!("{at}/{k}"), not, all)),
        _ if not.iter().any(|n| at.starts_with(n)) => {}
        _ => all.push(at),
    }
}

/// Another value of the same kind.
fn other(value: &Value, draws: &mut Draws) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => {
            let v = n.as_f64().unwrap();
            let near = f64::from_bits(v.to_bits() + 1);
            [json!(near), json!(-v - 1.0), json!(v * 1.5 + 1e-300), json!(v + 1e-3)][draws.below(4)].clone()
        }
        Value::Number(n) => json!(n.as_u64().unwrap_or(0) + 1),
        Value::Bool(b) => json!(!b),
        Value::String(s) => json!(format!("{s}x")),
        _ => json!(1.0),
    }
}

/// Alters one thing of one file of a result; what was altered. `None`: there was nothing to alter.
fn alter(folder: &Path, mended: bool, draws: &mut Draws) -> Option<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let name = names[draws.below(names.len())].clone();
    let path = folder.join(&name);
    let manifest = name == "manifest.json";
    if !manifest && draws.below(12) == 0 {
        if draws.below(2) == 0 {
            fs::remove_file(&path).unwrap();
            return Some(format!("{name} removed"));
        }
        fs::copy(&path, folder.join("more.csv")).unwrap();
        return Some("more.csv came to it".into());
    }
    if name.ends_with(".json") {
        let mut object: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut all = Vec::new();
        // when it was is known to nobody, once the hash is made right; what is said of files is made right as well
        let not: &[&str] = if manifest && mended { &["/date", "/sha256", "/files"] } else { &[] };
        leaves(&object, String::new(), not, &mut all);
        let at = all[draws.below(all.len())].clone();
        let value = object.pointer_mut(&at).unwrap();
        let new = other(value, draws);
        let said = format!("{name}{at}: {value} to {new}");
        *value = new;
        fs::write(&path, object.to_string()).unwrap();
        return Some(said);
    }
    let text = fs::read_to_string(&path).ok()?;
    let mut lines: Vec<Vec<String>> = text.lines().map(|l| l.split(',').map(String::from).collect()).collect();
    let (i, k) = (draws.below(lines.len()), 0);
    let k = k + draws.below(lines[i].len());
    let cell = &mut lines[i][k];
    let new = match cell.parse::<f64>() {
        Ok(v) => [format!("{}", v + 1.0), format!("-{cell}"), format!("{cell}1")][draws.below(3)].clone(),
        Err(_) => format!("{cell}x"),
    };
    let said = format!("{name}:{i}:{k}: {cell} to {new}");
    *cell = new;
    fs::write(&path, lines.iter().map(|l| l.join(",") + "\n").collect::<String>()).unwrap();
    Some(said)
}

/// Makes the hashes of a manifest right again.
fn mend(folder: &Path) {
    let place = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&place).unwrap()).unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        if name != "manifest.json" {
            files.push(json!({"name": name, "bytes": bytes.len(), "sha256": hash(&bytes)}));
        }
    }
    let listed = manifest["files"].as_array().map_or(0, Vec::len) == files.len();
    if !listed || files.iter().any(|f| !manifest["files"].as_array().unwrap().contains(f)) {
        manifest["files"] = files.into();
    }
    manifest["sha256"] = "".into();
    manifest["sha256"] = hash(manifest.to_string().as_bytes()).into();
    fs::write(place, manifest.to_string()).unwrap();
}

fn copied(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn alterations(count: usize, seed: u64) {
    let (dir, folders) = results();
    let work = dir.path().join("altered");
    let mut draws = Draws(seed);
    for k in 0..count {
        let folder = &folders[k % folders.len()];
        for mended in [false, true] {
            copied(folder, &work);
            let Some(said) = alter(&work, mended, &mut draws) else { continue };
            if mended {
                mend(&work);
            }
            let (code, text) = verify(&work);
            assert!(code != 0 && !text.lines().any(|l| l == "VERIFIED"), "{}, mended {mended}: {said}\n{text}", folder.display());
            assert!(!text.contains("panicked"), "{text}");
        }
    }
}

#[test]
fn results_of_every_command_are_verified_from_any_folder() {
    let (dir, folders) = results();
    for folder in &folders {
        let (code, text) = verify(folder);
        let stands = text.lines().any(|l| l == "VERIFIED");
        let uncertified = text.contains("the result itself is not certified");
        assert!(stands && code == 0 || uncertified, "{}: {text}", folder.display());
        // and where they were mended without having been altered
        mend(folder);
        assert_eq!(verify(folder).0, code, "{}", folder.display());
    }
    // the data were moved
    let moved = dir.path().join("moved");
    fs::create_dir(&moved).unwrap();
    fs::rename(dir.path().join("t"), moved.join("t")).unwrap();
    let (code, text) = verify(&folders[0]);
    assert!(code == 2 && text.contains("--data"), "{text}");
    isard().arg("verify").arg(&folders[0]).arg("--data").arg(&moved).assert().success();
    isard().arg("verify").arg(&folders[0]).arg(moved.join("t")).assert().success();
    // the data were changed
    let table = moved.join("t/flows.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.trim_end().to_string() + "1\n").unwrap();
    let done = isard().arg("verify").arg(&folders[0]).arg("--data").arg(&moved).assert().code(1);
    assert!(String::from_utf8_lossy(&done.get_output().stdout).contains("t/flows.csv: changed since"), "{done}");
}

#[test]
fn files_and_objects_are_verified_too() {
    let (dir, _) = results();
    let run = |args: &[&str]| isard().current_dir(dir.path()).args(args).assert();
    run(&["solve", "t", "--demand", "regions", "--solution", "x.csv", "--history", "hist.csv", "-q"]).success();
    run(&["solve", "t", "--solution", "x.npy", "-q"]).success();
    run(&["import", "t", "--output", "s.isard", "-q"]).success();
    for file in ["x.csv", "hist.csv", "x.npy", "s.isard"] {
        run(&["verify", file]).success();
    }
    for args in [&["flows", "t"][..], &["accounts", "t"], &["audit", "t"], &["solve", "t"], &["run", "--seed", "7"], &["flows", "s.isard"]]
    {
        let done = run(&[args, &["--json", "-q"]].concat()).success();
        fs::write(dir.path().join("o.json"), &done.get_output().stdout).unwrap();
        run(&["verify", "o.json"]).success();
        let text =
            String::from_utf8_lossy(&done.get_output().stdout).replace("\"region\"", "\"regoin\"").replace("\"entries\"", "\"netries\"");
        fs::write(dir.path().join("o.json"), text.replacen("\"r2\"", "\"r3\"", 1).replace("Beijing", "Peking")).unwrap();
        run(&["verify", "o.json"]).code(1);
    }
    for file in ["x.csv", "x.npy", "s.isard"] {
        let mut bytes = fs::read(dir.path().join(file)).unwrap();
        let at = bytes.len() - 3;
        bytes[at] ^= 1;
        fs::write(dir.path().join(file), bytes).unwrap();
        let code = run(&["verify", file]).get_output().status.code();
        assert_ne!(code, Some(0), "{file}");
    }
}

#[test]
fn altered_results_are_refused() {
    alterations(33, 1);
}

/// For 1,000: `cargo test --test main thousand -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_thousand_altered_results_are_refused() {
    alterations(500, 2);
}
