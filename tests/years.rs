//! Several tables in one study: side by side, with ranks and what moved beyond its bounds.

use serde_json::Value;

use crate::support::isard;

fn object(words: &[&str]) -> Value {
    let done = isard().args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Three tables of the same regions; the second is written twice.
fn tables(folder: &std::path::Path) -> Vec<String> {
    let made = |name: &str, seed: &str| {
        let path = folder.join(name);
        let words = ["synth", "--regions", "4", "--sectors", "5", "--seed", seed, "--output"];
        isard().args(words).arg(&path).assert().success();
        path.to_str().unwrap().to_string()
    };
    vec![made("t2007.isard", "1"), made("t2012.isard", "2"), made("t2017.isard", "2")]
}

fn record<'v>(found: &'v Value, measure: &str, region: &Value) -> &'v Value {
    found["records"].as_array().unwrap().iter().find(|r| r["measure"] == measure && r["region"] == *region).unwrap()
}

#[test]
fn several_tables_give_the_numbers_of_each_and_what_moved() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    let found = object(&["responsibility", &tables[0], &tables[1], "--json"]);
    let each = [0, 1].map(|k| object(&["responsibility", &tables[k], "--json"]));
    assert_eq!(found["years"], serde_json::json!(["t2007", "t2012"]));
    let regions = each[0]["regions"].as_array().unwrap();
    for measure in ["consumption", "shared"] {
        let numbers = [0, 1].map(|k| each[k]["responsibility_without_households"][measure].as_array().unwrap());
        for (s, region) in regions.iter().enumerate() {
            let row = record(&found, measure, region);
            for (k, name) in ["t2007", "t2012"].iter().enumerate() {
                assert_eq!(row[*name], numbers[k][s], "{measure} of {region} in {name}");
                let above = numbers[k].iter().filter(|v| v.as_f64() > numbers[k][s].as_f64()).count();
                assert_eq!(row[format!("rank {name}")], (above + 1).to_string(), "{measure} of {region} in {name}");
            }
            let change = numbers[1][s].as_f64().unwrap() - numbers[0][s].as_f64().unwrap();
            assert!((row["change"].as_f64().unwrap() - change).abs() <= row["change_bound"].as_f64().unwrap());
            assert_eq!(row["moved"], true);
        }
    }
}

#[test]
fn what_did_not_change_has_not_moved() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    let found = object(&["compensate", &tables[1], &tables[2], "--price", "100", "--json"]);
    let records = found["records"].as_array().unwrap();
    assert!(records.iter().any(|r| r["measure"] == "net payment"));
    for row in records {
        assert_eq!((row["moved"].clone(), row["rank moved"].clone()), (Value::from(false), Value::from(false)), "{row}");
        assert_eq!(row["change"], 0.0);
    }
}

#[test]
fn results_of_several_tables_are_written_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    let out = folder.path().join("out");
    let done = isard().args(["flows", &tables[0], &tables[1], "-o", out.to_str().unwrap()]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("What moved most"));
    assert!(out.join("years.csv").is_file() && out.join("shares_by_year.csv").is_file());
    let verified = isard().args(["verify", out.to_str().unwrap()]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn a_study_file_names_tables_of_several_years() {
    let folder = tempfile::tempdir().unwrap();
    tables(folder.path());
    let study = folder.path().join("study.toml");
    std::fs::write(&study, "[data]\nyears = [\"t2007.isard\", \"t2017.isard\"]\n[pay]\nprice = 50.0\n").unwrap();
    let found = object(&["run", study.to_str().unwrap(), "--json"]);
    assert_eq!(found["years"], serde_json::json!(["t2007", "t2017"]));
}

#[test]
fn what_several_tables_cannot_do_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    for more in
        [&["--views", "net"][..], &["--history", "h.csv"], &["--proof", "p"], &["--seed", "3"], &["--years", "x.isard", "--top", "3"]]
    {
        let done = isard().args(["flows", &tables[0], &tables[1]]).args(more).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{more:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("has no effect"), "{more:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let one = isard().args(["flows", "--years", &tables[0]]).output().unwrap();
    assert_eq!(one.status.code(), Some(2));
}

#[test]
fn different_emissions_and_foreign_regions_are_not_put_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    let long = folder.path().join("long");
    isard().args(["import", &tables[0], "--output"]).arg(&long).assert().success();
    for file in ["emissions.csv", "households.csv"] {
        let text = std::fs::read_to_string(long.join(file)).unwrap();
        std::fs::write(long.join(file), text.replace("CO2", "CH4")).unwrap();
    }
    let done = isard().args(["flows", &tables[0]]).arg(&long).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("t2007 has") && said.contains("CH4") && said.contains("side by side"), "{said}");
}

#[test]
fn nothing_that_moved_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path());
    let done = isard().args(["flows", &tables[1], &tables[2]]).output().unwrap();
    assert!(String::from_utf8_lossy(&done.stdout).contains("nothing moved beyond its bounds from t2012 to t2017"));
}
