//! Errors, one for each kind of trouble that a user of the first version met: units and labels, usage, damaged files.

use std::fs;
use std::path::Path;

use super::{pinned, place, run};
use crate::readers::zip_of;

/// What a case changes in the folder before its line runs.
enum Change {
    /// Nothing.
    None,
    /// A file of this name and text.
    Put(&'static str, &'static str),
    /// In this file, the first such text becomes another.
    Edit(&'static str, &'static str, &'static str),
}

use Change::{Edit, None as Nothing, Put};

/// Runs each case in a folder of its own and pins all of a group in one snapshot.
fn group(name: &str, cases: &[(&str, Change, &[&str])]) {
    let (mut text, mut english) = (String::new(), Vec::new());
    for (about, change, line) in cases {
        let folder = place();
        apply(folder.path(), change);
        let (code, out, error) = run(folder.path(), line);
        assert_eq!(code, 2, "{about}: {line:?} gives\n{out}{error}");
        assert!(out.is_empty() && !error.contains("panicked"), "{about}: {line:?} gives\n{out}{error}");
        text += &format!("## {about}\n$ isard {}\n{error}\n", line.join(" "));
        let (code, _, said) = run(folder.path(), &[&["--lang", "zh"], *line].concat());
        assert!(code == 2 && said.lines().any(|l| l.starts_with("错误：")), "{about}: {said}");
        english.extend(said.lines().filter(|l| crate::messages::left(l)).map(|l| format!("{about}: {l}")));
    }
    assert!(english.is_empty(), "left in English:\n{}", english.join("\n"));
    pinned(&format!("errors-{name}"), &text);
}

fn apply(folder: &Path, change: &Change) {
    match change {
        Nothing => {}
        Put(file, text) => {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Edit(file, from, to) => {
            let path = folder.join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file}: {text}");
            fs::write(path, text.replacen(from, to, 1)).unwrap();
        }
    }
}

#[test]
fn errors_of_units_columns_and_labels_are_pinned() {
    let cost: &[&str] = &["compensate", "table", "--cost", "cost.csv"];
    let heads: &[&str] = &["flows", "table", "--population", "heads.csv"];
    let map: &[&str] = &["flows", "table", "--emissions", "co2.csv", "--concordance", "map.csv"];
    group(
        "units-and-labels",
        &[
            ("a cost in no unit", Put("cost.csv", "region,cost_yuan_per_fathom\nr1,1\nr2,2\nr3,3\n"), cost),
            ("a money unit that is one only in part", Edit("table/table.toml", "10^4 yuan", "10^4 yuan or so"), &["flows", "table"]),
            ("a unit against that of the file", Nothing, &["flows", "table", "--emissions-unit", "kt"]),
            ("a blank first line, then a column that nothing reads", Put("heads.csv", "\nregion,people\nr1,1\nr2,2\nr3,3\n"), heads),
            ("two columns of exports", Edit("table/columns.csv", "exports,imports", "exports,exports"), &["flows", "table"]),
            ("an empty cell", Edit("table/columns.csv", "r1,s01,1767.3015011311793", "r1,s01,"), &["flows", "table"]),
            ("a concordance with weights", Put("map.csv", "source,target,weight\na,s01,0.5\n"), map),
            ("a name with a comma that no stressor has", Nothing, &["decompose", "table", "--scheme", "kww", "--factor", "Korea, Rep."]),
            ("a cost for an unknown region", Put("cost.csv", "region,cost_yuan_per_t\nr1,1\nr2,2\nr33,3\n"), cost),
            ("a cost that is missing", Put("cost.csv", "region,cost_yuan_per_t\nr1,1\nr3,3\n"), cost),
            ("a region that comes twice", Put("cost.csv", "region,cost_yuan_per_t\nr1,1\nr1,2\nr3,3\n"), cost),
            ("a row of another length", Put("cost.csv", "region;cost_yuan_per_t\nr1;1\nr2;2;7\nr3;3\n"), cost),
            ("a sector that feeds itself", Edit("table/flows.csv", "r1,s01,r1,s01,539.34", "r1,s01,r1,s01,9539.34"), &["flows", "table"]),
            (
                "a number that is none",
                Edit("table/demand.csv", "r1,s01,r1,consumption,386", "r1,s01,r1,consumption,x386"),
                &["flows", "table"],
            ),
            ("tables in two units", Edit("later/table.toml", "10^4 yuan", "million USD"), &["structural", "table", "later"]),
            ("the nation among its provinces", Put("panel.csv", PANEL), &["cost", "panel.csv"]),
        ],
    );
}

const PANEL: &str = "region,year,capital,labour,energy,gdp,co2\nBeijing,2015,1,2,3,4,5\nHebei,2015,2,3,4,5,6\nChina,2015,3,5,7,9,11\n";

#[test]
fn errors_of_usage_are_pinned() {
    group(
        "usage",
        &[
            ("a folder with files of others", Put("mine/notes.txt", "my own"), &["flows", "table", "--output", "mine", "--force"]),
            ("an option that the command does not use", Nothing, &["flows", "table", "--price", "100"]),
            ("a value for a switch", Nothing, &["flows", "--json=perhaps", "table"]),
            ("an unknown stressor", Nothing, &["flows", "table", "--stressor", "CH4"]),
            ("two kinds of page", Nothing, &["run", "--full", "--quiet"]),
            ("a number of passes in words", Nothing, &["flows", "table", "--max-iter", "ten"]),
            ("a solution in place of its input", Nothing, &["solve", "table", "--solution", "table/columns.csv"]),
            ("a format that nothing writes", Nothing, &["solve", "table", "--solution", "x.parquet"]),
            ("a result of a table that moved", Put("gone/result.json", "{}"), &["verify", "gone"]),
            ("a table where a study file is due", Nothing, &["run", "table"]),
            ("an unknown key of a study file", Put("study.toml", "tabel = \"table\"\n"), &["run", "study.toml"]),
            ("an unknown value", Nothing, &["compensate", "table", "--price", "1", "--price-rule", "nsah"]),
            ("an unknown scheme", Nothing, &["decompose", "table", "--scheme", "kwz"]),
            ("a mixing share above 1", Nothing, &["responsibility", "table", "--gamma", "1.3"]),
            ("an unknown format", Nothing, &["flows", "table", "--format", "lang"]),
            ("no price and no costs", Nothing, &["compensate", "table"]),
        ],
    );
}

#[test]
fn errors_of_damage_and_limits_are_pinned() {
    let folder = place();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("cut.npz"), b"PK\x03\x04 and no more").unwrap();
    let nested = format!("{{'descr': {}, 'fortran_order': False, 'shape': (1,), }}\n", "[".repeat(40));
    let array = [b"\x93NUMPY\x01\x00", (nested.len() as u16).to_le_bytes().as_slice(), nested.as_bytes()].concat();
    fs::write(at("nested.npz"), zip_of([("Z.npy".to_string(), array.as_slice())])).unwrap();
    assert_eq!(run(folder.path(), &["import", "table", "--output", "whole.isard"]).0, 0);
    let whole = fs::read(at("whole.isard")).unwrap();
    fs::write(at("short.isard"), &whole[..whole.len() / 2]).unwrap();
    let mut altered = whole.clone();
    altered[4_200] ^= 1;
    fs::write(at("altered.isard"), altered).unwrap();
    assert_eq!(run(folder.path(), &["flows", "table", "--output", "result", "-q"]).0, 0);
    fs::create_dir(at("odd")).unwrap();
    for file in fs::read_dir(at("table")).unwrap() {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        fs::write(at("odd").join(file.file_name()), text.replace("s01", "\"s01\nCERTIFIED\u{1b}[31m\"")).unwrap();
    }
    let cases: [(&str, &[&str]); 13] = [
        ("an archive that ends early", &["flows", "cut.npz", "--format", "npz"]),
        ("a header of nested brackets", &["flows", "nested.npz"]),
        ("a snapshot that ends early", &["flows", "short.isard"]),
        ("a snapshot with another bit", &["flows", "altered.isard"]),
        ("a file above the limit", &["flows", "table", "--max-size", "1KB"]),
        ("a limit that is no size", &["flows", "table", "--max-size", "lots"]),
        ("a result that is there", &["flows", "table", "--output", "result"]),
        ("a history in place of its input", &["flows", "table", "--history", "table/columns.csv"]),
        ("an unknown region beside labels with control characters", &["solve", "odd", "--demand", "region:r9"]),
        ("a negative market price", &["compensate", "table", "--price", "1", "--price-rule", "ets", "--ets-price=-5"]),
        ("too many threads", &["flows", "table", "--threads", "5000"]),
        ("a floor without end", &["flows", "table", "--floor", "inf"]),
        ("a tolerance of nothing", &["flows", "table", "--tolerance", "0"]),
    ];
    let mut text = String::new();
    for (about, line) in cases {
        let (code, out, error) = run(folder.path(), line);
        assert_eq!(code, 2, "{about}: {line:?} gives\n{out}{error}");
        assert!(out.is_empty() && !error.contains("panicked"), "{about}: {line:?} gives\n{out}{error}");
        text += &format!("## {about}\n$ isard {}\n{}\n", line.join(" "), super::mask::machine(&error));
    }
    pinned("errors-damage-and-limits", &text);
}
