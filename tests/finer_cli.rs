//! `aggregate`, `split` and `sparsify` as commands: snapshots, study files, what scripts read, and what is refused.

use std::path::Path;

use serde_json::Value;

use crate::support::isard;

fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("table");
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--seed", "5", "-o"]).arg(table).assert().success();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("coarse.csv", "source,target,weight\ns01,a,1\ns02,a,0.25\ns02,b,0.75\ns03,b,1\ns04,b,1\n");
    put("regions.csv", "source,target\nr1,north\nr2,north\nr3,south\n");
    put("parts.csv", "parent,part,share\ns01,c,0.25\ns01,d,0.75\ns03,e,0.5\ns03,f,0.5\n");
    put("emitted.csv", "parent,part,share\ns01,c,0.9\ns01,d,0.1\n");
    put("sales.csv", "part,buyer,value\nc,s02,3\nd,s02,1\nc,final demand,1\nd,final demand,9\n");
    dir
}

fn out(dir: &Path, line: &str) -> Value {
    let done = isard().current_dir(dir).args(line.split(' ')).arg("--json").assert().success();
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

fn refused(dir: &Path, line: &str, words: &[&str]) {
    let done = isard().current_dir(dir).args(line.split(' ')).assert().code(2);
    let text = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(words.iter().all(|w| text.contains(w)), "{line}: {text}");
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap_or_else(|| panic!("{v}")).iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Footprints from the flows that `isard flows` prints.
fn footprints(dir: &Path, line: &str) -> Vec<f64> {
    let flow: Vec<Vec<f64>> = out(dir, line)["flow"].as_array().unwrap().iter().map(numbers).collect();
    (0..flow.len()).map(|r| flow.iter().map(|row| row[r]).sum()).collect()
}

fn near(a: &[f64], b: &[f64]) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs()), "{a:?} {b:?}");
}

#[test]
fn an_aggregated_snapshot_has_the_coarse_footprints_and_a_study_file_aggregates_alike() {
    let dir = place();
    let dir = dir.path();
    let found = out(dir, "aggregate table --to-regions regions.csv --to-sectors coarse.csv --output coarse.isard");
    let coarse = numbers(&found["footprint"]);
    near(&footprints(dir, "flows coarse.isard"), &coarse);
    let fine = footprints(dir, "flows table");
    near(&numbers(&found["footprint_of_the_fine_table"]), &[fine[0] + fine[1], fine[2]]);
    std::fs::write(
        dir.join("study.toml"),
        "[data]\ntable = \"table\"\naggregate-regions = \"regions.csv\"\naggregate-sectors = \"coarse.csv\"\n",
    )
    .unwrap();
    near(&footprints(dir, "run study.toml"), &coarse);
    let after = out(dir, "aggregate table --to-regions regions.csv --to-sectors coarse.csv --after");
    let flows: Vec<Vec<f64>> = after["flows"].as_array().unwrap().iter().map(numbers).collect();
    near(&[flows[0][0] + flows[1][0], flows[0][1] + flows[1][1]], &[fine[0] + fine[1], fine[2]]);
    // a result is repeated by verify, with another method
    isard().current_dir(dir).args(["aggregate", "table", "--to-sectors", "coarse.csv", "--output", "result", "-q"]).assert().success();
    isard().current_dir(dir).args(["verify", "result", "table"]).assert().success();
    refused(dir, "aggregate table", &["nothing says how to aggregate", "--aggregate-sectors FILE"]);
    refused(dir, "aggregate table --to-sectors coarse.csv --after --output x.isard", &["--after adds up results"]);
    refused(dir, "run --table table --drop-below 0.1", &["--drop-below has no effect", "isard sparsify"]);
}

#[test]
fn a_proportional_split_is_kept_as_shares_that_every_command_reads_and_can_be_written_out() {
    let dir = place();
    let dir = dir.path();
    let known = "--shares parts.csv --emission-shares emitted.csv";
    let found = out(dir, &format!("split table {known} --output parts.isard"));
    let before = footprints(dir, "flows table");
    near(&numbers(&found["footprint"]), &before);
    assert_eq!(found["fit"], Value::Null);
    near(&footprints(dir, "flows parts.isard"), &before);
    let again = out(dir, "split parts.isard --range none");
    assert_eq!(again["rows"], serde_json::json!({"table": 12, "finer": 18}));
    isard().current_dir(dir).args(["split", "parts.isard", "--range", "none", "-q", "-o", "kept"]).assert().success();
    isard().current_dir(dir).args(format!("split table {known} --range none -q -o given").split(' ')).assert().success();
    let parts = |folder: &str| {
        let text = std::fs::read_to_string(dir.join(folder).join("parts.csv")).unwrap();
        text.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(parts("kept"), parts("given"));
    assert_eq!(parts("kept").len(), 12);
    isard().current_dir(dir).args(["run", "--table", "parts.isard", "-q", "-o", "whole"]).assert().success();
    assert_eq!(parts("whole"), parts("given"));
    // the same as a table: its rows emit what the parts do
    isard().current_dir(dir).args(format!("split table {known} --as-table -q -o written.isard").split(' ')).assert().success();
    near(&footprints(dir, "flows written.isard"), &before);
    isard().current_dir(dir).args(["flows", "written.isard", "--views", "origin-sector", "-q", "-o", "rows"]).assert().success();
    let rows = std::fs::read_to_string(dir.join("rows/flows_by_origin_sector.csv")).unwrap();
    for line in parts("given") {
        let cells: Vec<&str> = line.split(',').collect();
        let row = rows.lines().find(|l| l.starts_with(&format!("{},{},", cells[0], cells[1]))).unwrap();
        let values = |cells: &[&str]| cells.iter().take(4).map(|c| c.parse::<f64>().unwrap()).collect::<Vec<_>>();
        near(&values(&cells[3..]), &values(&row.split(',').skip(2).collect::<Vec<_>>()));
    }
    refused(dir, "split parts.isard --shares parts.csv", &["holds parts already"]);
    refused(dir, "split table --shares parts.csv --as-table", &["--as-table has no effect"]);
    refused(dir, "split table --sales sales.csv", &["has no effect: it needs --split-shares FILE"]);
    refused(dir, "flows table --split-shares parts.csv", &["unexpected argument"]);
}

#[test]
fn a_fitted_split_goes_to_a_snapshot_and_adds_up_to_its_table() {
    let dir = place();
    let dir = dir.path();
    let known = "--shares parts.csv --sales sales.csv --emission-shares emitted.csv";
    let found = out(dir, &format!("split table {known} --output fine.isard"));
    let (low, high, after) = (numbers(&found["range_low"]), numbers(&found["range_high"]), numbers(&found["footprint"]));
    assert!(after.iter().zip(&low).zip(&high).all(|((v, low), high)| low < v && v < high), "{found}");
    assert!(after.iter().zip(footprints(dir, "flows table")).any(|(a, b)| (a - b).abs() > 1e-4 * b), "{after:?}");
    near(&footprints(dir, "flows fine.isard"), &after);
    std::fs::write(dir.join("back.csv"), "source,target\nc,s01\nd,s01\ne,s03\nf,s03\ns02,s02\ns04,s04\n").unwrap();
    isard().current_dir(dir).args(["aggregate", "fine.isard", "--to-sectors", "back.csv", "-q", "-o", "back.isard"]).assert().success();
    let table = isard::snapshot::open(&dir.join("back.isard")).unwrap().table().unwrap();
    let first = isard::formats::read(&dir.join("table"), &Default::default()).unwrap();
    assert!(table.z == first.z && table.y == first.y && table.x == first.x && table.value_added == first.value_added);
    assert_eq!(table.stressors[0].direct, first.stressors[0].direct);
    std::fs::write(
        dir.join("study.toml"),
        "table = \"table\"\nsplit-shares = \"parts.csv\"\nsplit-sales = \"sales.csv\"\nsplit-emissions = \"emitted.csv\"\n",
    )
    .unwrap();
    near(&footprints(dir, "run study.toml"), &after);
    isard().current_dir(dir).args(format!("split table {known} -q -o result").split(' ')).assert().success();
    isard().current_dir(dir).args(["verify", "result", "table"]).assert().success();
}

#[test]
fn thresholds_are_compared_and_one_makes_a_table() {
    let dir = place();
    let dir = dir.path();
    let found = out(dir, "sparsify table --drop-below 1e-3,1e-2");
    let effect: Vec<Vec<f64>> = found["effect"].as_array().unwrap().iter().map(numbers).collect();
    assert!(effect[0].iter().zip(&effect[1]).all(|(a, b)| a < b));
    isard().current_dir(dir).args(["sparsify", "table", "--drop-below", "1e-2", "-q", "-o", "small.isard"]).assert().success();
    let (before, after) = (footprints(dir, "flows table"), footprints(dir, "flows small.isard --accept column-balance"));
    for ((a, b), most) in before.iter().zip(&after).zip(&effect[1]) {
        assert!((a - b).abs() <= *most && (a - b).abs() > 0.3 * most, "{a} {b} {most}");
    }
    isard().current_dir(dir).args(["sparsify", "table", "--drop-below", "1e-3,1e-2", "-q", "-o", "result"]).assert().success();
    isard().current_dir(dir).args(["verify", "result", "table"]).assert().success();
    refused(dir, "sparsify table --drop-below 1e-3,1e-2 --output two.isard", &["no single table", "name one threshold"]);
    refused(dir, "sparsify table --drop-below 2", &["a threshold is 2", "above 0 and below 1"]);
    refused(dir, "sparsify table", &["no threshold is named"]);
}

#[test]
fn the_snapshot_of_version_3_loads_with_its_parts() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshots/v3-parts.isard");
    assert_eq!(isard::snapshot::content(&file).unwrap(), isard::snapshot::Content::Split);
    let snapshot = isard::snapshot::open(&file).unwrap();
    snapshot.verify().unwrap();
    let parts = snapshot.parts();
    let told: Vec<(usize, &str, f64, f64)> = parts.iter().map(|p| (p.row, p.name.en.as_str(), p.share, p.emissions)).collect();
    assert_eq!(told, [(0, "c", 0.25, 0.9), (0, "d", 0.75, 0.1), (2, "c", 0.25, 0.9), (2, "d", 0.75, 0.1)]);
    let table = snapshot.table().unwrap();
    assert_eq!((table.dim(), table.labels.region_count()), (4, 2));
    assert!(table.remarks.iter().any(|r| r.code == "parts" && r.message.contains("4 parts")));
}
