//! `isard balance` on files: a table that does not add up, targets by label, and what is refused.

use std::path::Path;

use isard::snapshot::write as write_snapshot;
use isard::synth::{self, Settings};
use isard::{Table, formats};
use serde_json::Value;

use crate::support::isard;

/// A table of 3 regions and 4 sectors whose flows and demand are off by up to a fifth.
fn unbalanced() -> Table {
    let mut table = synth::table(&Settings { regions: 3, sectors: 4, ..Settings::default() });
    let off = |k: usize| 1.0 + 0.2 * ((k * 7919 % 101) as f64 / 50.0 - 1.0);
    table.z.data_mut().iter_mut().enumerate().for_each(|(k, v)| *v *= off(k));
    table.y.iter_mut().enumerate().for_each(|(k, v)| *v *= off(k + 17));
    table
}

fn read(path: &Path) -> Table {
    formats::read(path, &formats::Reading::default()).unwrap()
}

/// The largest relative gap of rows and of columns.
fn gaps(table: &Table) -> [f64; 2] {
    let (added, bought) = (table.total_value_added(), table.purchases());
    let imports = |j: usize| table.imports.as_ref().map_or(0.0, |m| m[j]);
    let row = table.row_imbalance().iter().zip(&table.x).map(|(g, x)| g.abs() / x).fold(0.0, f64::max);
    let column = |j: usize| (table.x[j] - bought[j] - added[j] - imports(j)).abs() / table.x[j];
    [row, (0..table.dim()).map(column).fold(0.0, f64::max)]
}

fn json(folder: &Path, words: &[&str]) -> (i32, Value) {
    let done = isard().current_dir(folder).arg("balance").args(words).arg("--json").output().unwrap();
    let code = done.status.code().unwrap();
    assert!(code < 2, "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    (code, serde_json::from_slice(&done.stdout).unwrap())
}

fn error(folder: &Path, words: &[&str]) -> String {
    let done = isard().current_dir(folder).arg("balance").args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{words:?}: {}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn a_table_that_does_not_add_up_is_brought_to_its_outputs_and_value_added() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let first = unbalanced();
    assert!(gaps(&first).iter().all(|g| *g > 0.01), "{:?}", gaps(&first));
    write_snapshot(&first, &path("t.isard"), false).unwrap();
    let (code, object) = json(folder.path(), &["t.isard", "--output", "b.isard"]);
    let balanced = read(&path("b.isard"));
    assert!(gaps(&balanced).iter().all(|g| *g < 1e-8), "{:?}", gaps(&balanced));
    assert_eq!((code, object["certified"].as_bool(), object["converged"].as_bool()), (0, Some(true), Some(true)));
    assert_eq!((&balanced.x, balanced.z.indices()), (&first.x, first.z.indices()));
    assert!(object["residual"].as_f64().unwrap() <= 1e-9);
    // the printed numbers are those of the two tables
    let (mut change, mut size) = (0.0, 0.0);
    for (a, b) in first.z.data().iter().zip(balanced.z.data()).chain(first.y.iter().zip(&balanced.y)) {
        change += (b - a).abs();
        size += a.abs();
    }
    for (column, other) in [(&first.exports, &balanced.exports), (&first.stock, &balanced.stock)] {
        for (a, b) in column.iter().zip(other).flat_map(|(a, b)| a.iter().zip(b)) {
            change += (b - a).abs();
            size += a.abs();
        }
    }
    let share = object["moved"]["share"].as_f64().unwrap();
    assert!((share - change / size).abs() <= 1e-10, "{share} {}", change / size);
    assert!(balanced.provenance.notes.iter().any(|n| n.starts_with("balanced by gras")), "{:?}", balanced.provenance.notes);
    assert_eq!(object["rows"].as_array().unwrap().len(), 12);
    // a long-form folder holds the same, and text says it
    let done = isard().current_dir(folder.path()).args(["balance", "t.isard", "--output", "b"]).assert().success();
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(text.contains("Balanced by gras in") && text.contains("largest scaling of a cell"), "{text}");
    assert_eq!(read(&path("b")).z, balanced.z);
    // what is balanced stays
    let (_, again) = json(folder.path(), &["b.isard"]);
    assert!(again["moved"]["share"].as_f64().unwrap() < 1e-8);
    // too few passes: not certified, and what the rows leave over is in the error column
    let (code, object) = json(folder.path(), &["t.isard", "--max-passes", "1", "--output", "e.isard"]);
    let left = read(&path("e.isard"));
    assert_eq!((code, object["certified"].as_bool()), (1, Some(false)));
    let sums = left.row_sums().0;
    for (gap, error) in sums.iter().zip(left.error.as_ref().unwrap()) {
        assert!((gap.value - error).abs() <= 1e-9 * left.x.sum());
    }
}

#[test]
fn targets_by_label_replace_those_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let first = unbalanced();
    write_snapshot(&first, &folder.path().join("t.isard"), false).unwrap();
    let (r, s) = (|k: usize| first.labels.regions[k].given.clone(), |k: usize| first.labels.sectors[k].given.clone());
    let (r1, r2, s1, s2) = (r(0), r(1), s(0), s(1));
    let category = first.labels.categories[0].given.clone();
    let domestic: f64 = (0..4).flat_map(|i| first.z.row(i)).filter(|(j, _)| *j < 4).map(|(_, v)| v).sum();
    let kept = first.z.row(0).find(|(j, _)| *j == 5).unwrap().1;
    let x = 1.05 * first.x[0];
    let low = 0.9 * first.y.column(0).sum();
    let lines = [
        "target,region,sector,buyer_region,buyer,value,standard_error,low,high,name".to_string(),
        format!("row,{r1},{s1},,,{x:e},,,,"),
        format!("cell,{r1},{s1},{r2},{s2},,,,,"),
        format!("column,,,{r1},{category},,,{low:e},,"),
        format!("total,{r1},,{r1},intermediate,{:e},,,,home", 1.02 * domestic),
    ];
    std::fs::write(folder.path().join("targets.csv"), lines.join("\n")).unwrap();
    let (code, object) = json(folder.path(), &["t.isard", "--targets", "targets.csv", "--output", "b.isard"]);
    assert_eq!(code, 0, "{}", object["uncertified_because"]);
    let balanced = read(&folder.path().join("b.isard"));
    assert!(gaps(&balanced).iter().all(|g| *g < 1e-8), "{:?}", gaps(&balanced));
    assert_eq!((balanced.x[0], balanced.x[1]), (x, first.x[1]));
    assert_eq!(balanced.z.row(0).find(|(j, _)| *j == 5).unwrap().1, kept);
    assert!(balanced.y.column(0).sum() >= low * (1.0 - 1e-9));
    let now: f64 = (0..4).flat_map(|i| balanced.z.row(i)).filter(|(j, _)| *j < 4).map(|(_, v)| v).sum();
    assert!((now / (1.02 * domestic) - 1.0).abs() < 1e-9);
    assert_eq!(object["totals"][0]["line"], "home");
    assert!(balanced.provenance.files.iter().any(|f| f.path.ends_with("targets.csv")));

    let refused = |line: &str, more: &[&str]| {
        std::fs::write(folder.path().join("wrong.csv"), format!("{}\n{line}\n", lines[0])).unwrap();
        error(folder.path(), &[&["t.isard", "--targets", "wrong.csv"], more].concat())
    };
    for (line, parts) in [
        (format!("row,{r1},nowhere,,,1,,,,"), vec!["wrong.csv:2", "nowhere"]),
        (format!("column,,,{r1},nothing,1,,,,"), vec!["wrong.csv:2", "unknown buyer \"nothing\""]),
        (format!("cells,{r1},{s1},,,1,,,,"), vec!["wrong.csv:2:1", "row, column, cell or total"]),
        (format!("row,{r1},{s1},,,1,,2,,"), vec!["wrong.csv:2", "contradict each other"]),
        (format!("row,{r1},{s1},,,1,0.1,,,"), vec!["1 targets have standard errors", "kras"]),
        (format!("row,{r1},{s1},,,1,,,,\nrow,{r1},{s1},,,2,,,,"), vec!["has two targets"]),
        (format!("total,{r1},,{r2},,,,,,"), vec!["has no value and no range"]),
        (format!("row,{r1},{s1},,,-5,,,,"), vec!["is to be -5 and has no negative cell"]),
    ] {
        let text = refused(&line, &[]);
        assert!(parts.iter().all(|p| text.contains(p)) && text.contains("help:"), "{line}: {text}");
    }
    // outputs of a region that its sales cannot reach within the ranges of all buyers
    let mut narrow: Vec<String> = (0..12).map(|j| format!("column,,,{},{},,,0,1e-3,", r(j / 4), s(j))).collect();
    for k in 0..3 {
        let categories = first.labels.demand(k);
        narrow.extend(categories.map(|c| format!("column,,,{},{},,,0,1e-3,", r(k), first.labels.categories[c].given)));
    }
    narrow.extend(first.exports.iter().map(|_| "column,,,,exports,,,0,1e-3,".to_string()));
    narrow.extend(first.stock.iter().map(|_| "column,,,,stock changes,,,0,1e-3,".to_string()));
    let text = refused(&narrow.join("\n"), &[]);
    assert!(text.contains("the targets contradict the pattern: 12 rows"), "{text}");
}

#[test]
fn kras_prints_how_far_each_target_gave_way() {
    let folder = tempfile::tempdir().unwrap();
    let first = unbalanced();
    write_snapshot(&first, &folder.path().join("t.isard"), false).unwrap();
    let (r, s) = (|k: usize| first.labels.regions[k].given.clone(), |k: usize| first.labels.sectors[k].given.clone());
    // every column has a target: purchases of two sectors are known with errors, and all demand is too high
    let mut lines = vec!["target,region,sector,value,standard_error".to_string()];
    let (mut demand, mut known) = (0.0, 0.0);
    for k in 0..3 {
        for c in first.labels.demand(k) {
            let sum = first.y.column(c).sum();
            demand += sum;
            lines.push(format!("column,{},{},{sum:e},{:e}", r(k), first.labels.categories[c].given, 0.05 * sum));
        }
    }
    for (name, column) in [("exports", &first.exports), ("stock changes", &first.stock)] {
        if let Some(column) = column {
            lines.push(format!("column,,{name},{:e},", column.sum()));
            known += column.sum();
        }
    }
    std::fs::write(folder.path().join("k.csv"), lines.join("\n")).unwrap();
    let (code, object) = json(folder.path(), &["t.isard", "--targets", "k.csv", "--method", "kras"]);
    assert_eq!(code, 0, "{}", object["uncertified_because"]);
    let needed = first.total_value_added().sum() + first.imports.as_ref().map_or(0.0, |m| m.sum()) - known;
    let gave: Vec<f64> = object["columns"].as_array().unwrap().iter().filter_map(|c| c["standard_errors"].as_f64()).collect();
    assert!(!gave.is_empty() && s(0) != r(0));
    let became: f64 = object["columns"].as_array().unwrap()[12..].iter().map(|c| c["sum"].as_f64().unwrap()).sum::<f64>() - known;
    assert!((became - needed).abs() <= 1e-6 * needed, "{demand} {became} {needed}");
    // each by about as many of its errors
    let (low, high) = gave.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    assert!(high - low < 0.25 && low * high > 0.0, "{gave:?}");
}
