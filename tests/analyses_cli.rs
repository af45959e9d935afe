//! Linkages, structural decomposition and the schemes with masked solves as commands: what scripts read, and what is refused.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::isard;

/// A random table of 3 regions x 4 sectors with emissions.
fn table(dir: &TempDir, seed: &str) -> PathBuf {
    let path = dir.path().join(seed);
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--seed", seed, "-o"]).arg(&path).assert().success();
    path
}

fn json(command: &mut Command) -> Value {
    let run = command.assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn error(command: &mut Command) -> String {
    let run = command.assert().code(2);
    assert!(run.get_output().stdout.is_empty());
    String::from_utf8_lossy(&run.get_output().stderr).into_owned()
}

#[test]
fn linkages_print_one_record_for_each_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = table(&dir, "1");
    let out = json(isard().arg("linkages").arg(&path).arg("--json"));
    assert_eq!(out["certified"], true);
    let records = out["records"].as_array().unwrap();
    assert_eq!(records.len(), 12);
    for record in records {
        for name in ["backward", "forward", "backward_normalised", "forward_normalised", "upstreamness", "downstreamness"]
            .into_iter()
            .chain(["weighted_backward", "weighted_forward", "weighted_backward_normalised", "weighted_forward_normalised"])
        {
            let (value, bound) = (record[name].as_f64().unwrap(), record[format!("{name}_bound")].as_f64().unwrap());
            assert!(value >= 0.0 && bound > 0.0 && bound < 1e-9, "{name}: {value} {bound}");
        }
        assert_eq!(record["key"].as_bool().unwrap(), record["class"] == "key");
        assert!(record["region"].is_string() && record["sector"].is_string());
    }
    let value = json(isard().arg("linkages").arg(&path).args(["--factor", "value-added", "--json"]));
    assert_eq!(value["factor"], "value-added");
    let text = isard().arg("linkages").arg(&path).assert().success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(text.contains("sectors are key") && text.contains("\nCERTIFIED (arithmetic)"), "{text}");
    let folder = dir.path().join("result");
    isard().arg("linkages").arg(&path).arg("-o").arg(&folder).assert().success();
    assert_eq!(std::fs::read_to_string(folder.join("linkages.csv")).unwrap().lines().count(), 13);
    assert!(error(isard().arg("linkages").arg(&path).args(["--factor", "C02"])).contains("unknown factor \"C02\""));
}

#[test]
fn a_structural_decomposition_adds_up_to_the_change() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (table(&dir, "1"), table(&dir, "2"));
    let out = json(isard().arg("structural").args([&before, &after]).args(["--json", "--threads", "1"]));
    assert_eq!((&out["certified"], &out["right_hand_sides"]), (&Value::from(true), &Value::from(16)));
    let records = out["records"].as_array().unwrap();
    let sum = |region: &str, split: &str, measure: &str| -> f64 {
        let chosen = records.iter().filter(|r| r["region"] == region && r["split"] == split && r["measure"] == measure);
        chosen.map(|r| r["value"].as_f64().unwrap()).sum()
    };
    for region in records.iter().map(|r| r["region"].as_str().unwrap()).collect::<std::collections::BTreeSet<_>>() {
        let change = sum(region, "total", "after") - sum(region, "total", "before");
        for (split, measure) in [("five", "mean"), ("three", "mean"), ("three", "polar")] {
            let gap = (sum(region, split, measure) - change).abs();
            assert!(gap <= 1e-10 * sum("all", "total", "after"), "{region} {split}: {gap:e}");
        }
    }
    assert!(out["notes"][0].as_str().unwrap().contains("current prices"));
    let text = isard().arg("structural").args([&before, &after]).args(["--factor", "value-added"]).assert().success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(text.contains("Change of value-added") && text.contains("\nCERTIFIED (arithmetic)"), "{text}");
    let other = dir.path().join("other");
    isard().args(["synth", "--regions", "3", "--sectors", "5", "-o"]).arg(&other).assert().success();
    let refused = error(isard().arg("structural").args([&before, &other]));
    assert!(refused.contains("the tables differ in sector 5 of region"), "{refused}");
    let missing = error(isard().arg("structural").args([&before, Path::new("nowhere.npz")]));
    assert!(missing.contains("nowhere.npz"), "{missing}");
}

#[test]
fn schemes_with_masked_solves_print_records_and_indicators() {
    let dir = tempfile::tempdir().unwrap();
    let path = table(&dir, "3");
    for (scheme, terms) in [("borin-mancini-source", 5), ("borin-mancini-sink", 12), ("eebt", 1), ("extraction", 3)] {
        let out = json(isard().arg("decompose").arg(&path).args(["--scheme", scheme, "--factor", "emissions", "--json"]));
        assert_eq!(out["certified"], true, "{scheme}");
        assert_eq!(out["terms"].as_array().unwrap().len(), terms);
        let keys = if scheme == "extraction" { 3 } else { 12 * 3 };
        assert_eq!(out["records"].as_array().unwrap().len(), keys * terms, "{scheme}");
        assert_eq!(out["indicators"].is_array(), scheme == "borin-mancini-source");
    }
    let folder = dir.path().join("result");
    isard().arg("decompose").arg(&path).args(["--scheme", "borin-mancini-source", "-o"]).arg(&folder).assert().success();
    let text = std::fs::read_to_string(folder.join("indicators.csv")).unwrap();
    assert_eq!(text.lines().count(), 1 + 3 * 9 + 12 * 3 * 5);
}
