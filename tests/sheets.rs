//! Sheets in every format: one small table by hand, and what the command writes.

use std::path::Path;

use isard::Bounded;
use isard::labels::Language;
use isard::report::document::{Document, Head};
use isard::report::sheet::{Axis, Cell, Key, Layout, Sheet};
use isard::write::{File, csv, json, text, tidy};
use serde_json::{Value, json};

use crate::support::isard;

fn written(files: &[File]) -> Vec<(String, String)> {
    let content = |f: &File| {
        let mut out = Vec::new();
        (f.1)(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    files.iter().map(|f| (f.0.clone(), content(f))).collect()
}

fn two(layout: Layout, columns: Axis<'static>) -> Sheet<'static> {
    let rows = Axis::parts(&["region", "sector"], vec![vec!["a".into(), "x, y".into()], vec!["b".into(), "z".into()]]);
    let cells = [vec![Bounded::new(1.5, 1e-20).into(), Cell::Word("w".into())], vec![Cell::Empty, Cell::Number(f64::NAN)]];
    Sheet::new(rows, columns, layout, move |k| cells[k].clone()).file("t", "emitted in row", "Mt")
}

fn of(sheets: Vec<Sheet<'static>>) -> Document<'static> {
    Document { head: Head { stamp: Some("SYNTHETIC"), ..Head::default() }, sheets, ..Document::default() }
}

#[test]
fn each_layout_has_its_records_and_what_is_undefined_is_empty() {
    let names = || Axis::columns([("p", "bound of p"), ("q", "")]);
    let head = "SYNTHETIC; emitted in row [Mt]";
    let matrix = written(&csv::files(&of(vec![two(Layout::Apart, Axis::of("", vec!["p".into(), "q".into()]))])));
    assert_eq!(matrix[0].1, format!("{head},sector,p,q\na,\"x, y\",1.5,w\nb,z,,\n"));
    let bounds = "SYNTHETIC; bound on the error of t.csv [Mt],sector,p,q\na,\"x, y\",1e-20,\nb,z,,\n";
    assert_eq!(matrix[1], ("t_bound.csv".into(), bounds.into()));
    let beside = written(&csv::files(&of(vec![two(Layout::Beside, names())])));
    assert_eq!(beside, [("t.csv".into(), format!("{head},sector,p,bound of p,q\na,\"x, y\",1.5,1e-20,w\nb,z,,,\n"))]);
    let long = written(&csv::files(&of(vec![two(Layout::Long, Axis::of("term", vec!["p".into(), "q".into()]))])));
    assert_eq!(long[0].1.lines().nth(2), Some("a,\"x, y\",q,w,"));
}

#[test]
fn bounds_behind_stand_before_columns_that_have_none() {
    let columns = Axis::columns([("p", "p bound"), ("r", "r bound"), ("q", "")]);
    let cells = |_| vec![Bounded::new(1.0, 0.1).into(), Bounded::new(2.0, 0.2).into(), Cell::Count(3)];
    let sheet = Sheet::new(Axis::of("region", vec!["a".into()]), columns, Layout::Behind, cells).file("t", "", "");
    assert_eq!(written(&csv::files(&of(vec![sheet])))[0].1, "region,p,r,p bound,r bound,q\na,1,2,0.1,0.2,3\n");
}

#[test]
fn an_object_has_lists_at_paths_and_records_at_its_end() {
    let mut document = of(vec![
        two(Layout::Beside, Axis::columns([("p", "bound of p"), ("q", "")])).key(Key::Records("records".into())),
        two(Layout::Apart, Axis::of("", vec!["p".into(), "q".into()])).lists("views.t.value", "views.t.bound"),
    ]);
    document.number("sum", Bounded::new(1.0, 0.5));
    document.number("share", None);
    let mut out = Vec::new();
    json::write(&document, &mut out).unwrap();
    let o: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(o["records"][0], json!({"region": "a", "sector": "x, y", "p": 1.5, "p_bound": 1e-20, "q": "w"}));
    assert_eq!(o["records"][1]["p"], Value::Null);
    assert_eq!(
        (&o["views"]["t"]["value"], &o["views"]["t"]["bound"]),
        (&json!([[1.5, "w"], [null, null]]), &json!([[1e-20, null], [null, null]]))
    );
    assert_eq!((&o["sum"], &o["sum_bound"], &o["share"], &o["share_bound"]), (&json!(1.0), &json!(0.5), &Value::Null, &Value::Null));
}

#[test]
fn a_page_has_the_title_with_unit_and_stamp_and_no_false_zero() {
    let page = text::page(&of(vec![two(Layout::Beside, Axis::columns([("p", "bound"), ("q", "")])).page("Emissions")]));
    assert!(page.contains("\nEmissions, Mt: emitted in row  [SYNTHETIC]\n  region   sector        p   bound     q\n"), "{page}");
    assert!(page.contains("  b             z        -           NaN\n"), "{page}");
}

#[test]
fn chinese_labels_come_behind_a_byte_order_mark_and_others_do_not() {
    let sheet = || two(Layout::Long, Axis::of("term", vec!["p".into(), "q".into()]));
    for (language, mark) in [(Language::En, false), (Language::Zh, true), (Language::Both, true)] {
        assert_eq!(csv::text(&Head { language, ..Head::default() }, &sheet()).starts_with('\u{feff}'), mark);
    }
    // labels as the table gives them, whatever the language that was asked for
    let zh = |part: &str| Axis::of("term", vec![part.into(), "q".into()]);
    for (columns, mark) in [(zh("北京"), true), (zh("Île-de-France"), false)] {
        let files = written(&csv::files(&of(vec![two(Layout::Apart, columns)])));
        assert!(files.iter().all(|f| f.1.starts_with('\u{feff}') == mark));
    }
}

#[test]
fn the_accounts_in_a_file_say_nothing_of_what_is_not_defined() {
    let dir = tempfile::tempdir().unwrap();
    let (table, out) = (dir.path().join("table"), dir.path().join("out"));
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--output"]).arg(&table).assert().success();
    isard().arg("responsibility").arg(&table).arg("--output").arg(&out).assert().success();
    let result: Value = serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap();
    assert_eq!(result["format"], 1);
    let records = |path: &Path| -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect()
    };
    let all = records(&out.join("responsibility.csv"));
    let [own, theta] = ["of which households", "theta (share kept of outflows)"].map(|h| all[0].iter().position(|c| c == h).unwrap());
    let sum: f64 = result["households"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).sum();
    for row in &all[1..] {
        match row[0].as_str() {
            "total" => assert!((row[own].parse::<f64>().unwrap() - sum).abs() <= 1e-12 * sum && row[theta].is_empty()),
            "abroad" | "stock" | "error" => assert!(row[own].is_empty() && row[theta].is_empty(), "{row:?}"),
            _ => assert!(row[own].parse::<f64>().is_ok() && row[theta].parse::<f64>().is_ok(), "{row:?}"),
        }
    }
    isard().arg("verify").arg(&out).assert().success();
    let out = dir.path().join("flows");
    isard().arg("flows").arg(&table).arg("--output").arg(&out).assert().success();
    let routes = records(&out.join("routes_by_sector.csv"));
    assert_eq!((routes[0][1].as_str(), &routes[1][..2]), ("sector", &["r1".to_string(), "s01".to_string()][..]));
}

/// A CSV file in memory: its headings and its records.
fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut all: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect();
    (all.remove(0), all)
}

#[test]
fn a_tidy_file_has_a_record_for_each_cell_and_each_part_of_a_name_apart() {
    let matrix = two(Layout::Apart, Axis::parts(&["region", "use"], vec![vec!["c".into(), "u".into()], vec!["d".into()]]));
    let beside = two(Layout::Beside, Axis::columns([("p", "bound of p"), ("q", "")]));
    let beside = beside.units(|row, column| format!("unit {row}{column}"));
    let files = written(&tidy::files(&of(vec![matrix, beside])));
    assert_eq!(files.len(), 1);
    let lines: Vec<&str> = files[0].1.lines().collect();
    assert_eq!((files[0].0.as_str(), lines[0]), ("tidy.csv", "sheet,region,sector,column region,use,column,value,bound,unit"));
    let expected = [
        "t,a,\"x, y\",c,u,,1.5,1e-20,Mt",
        "t,a,\"x, y\",d,,,w,,",
        "t,b,z,c,u,,,,",
        "t,b,z,d,,,,,Mt",
        "t,a,\"x, y\",,,p,1.5,1e-20,unit 00",
        "t,a,\"x, y\",,,q,w,,",
        "t,b,z,,,p,,,",
        "t,b,z,,,q,,,unit 11",
    ];
    assert_eq!(lines[1..], expected);
}

#[test]
fn the_tidy_file_of_the_chain_has_the_numbers_of_its_other_files() {
    let dir = tempfile::tempdir().unwrap();
    let out = |name: &str| dir.path().join(name);
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--output"]).arg(out("table")).assert().success();
    std::fs::write(out("cost.csv"), "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n").unwrap();
    let chain = |name: &str, more: &[&str]| {
        let words =
            ["run", "--table", "table", "--cost", "cost.csv", "--compare", "--views", "category,origin-sector", "-q", "--output", name];
        isard().current_dir(dir.path()).args(words).args(more).assert().success();
    };
    chain("wide", &[]);
    chain("tidy", &["--tidy"]);
    let names = |folder: &str| {
        let mut all: Vec<String> = std::fs::read_dir(out(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    assert_eq!(names("tidy"), ["manifest.json", "result.json", "tidy.csv"]);
    let (heads, records) = table(&std::fs::read_to_string(out("tidy").join("tidy.csv")).unwrap());
    let at = |name: &str| heads.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name} in {heads:?}"));
    let [sheet, region, destination, value, bound, unit] = ["sheet", "region", "destination", "value", "bound", "unit"].map(at);
    let of = |name: &str| records.iter().filter(|r| r[sheet] == name).collect::<Vec<_>>();
    for (file, column) in [("flows.csv", value), ("flows_bound.csv", bound)] {
        let (wide_heads, wide) = table(&std::fs::read_to_string(out("wide").join(file)).unwrap());
        let expected = wide.iter().flat_map(|row| (1..row.len()).map(|c| (row[0].clone(), wide_heads[c].clone(), row[c].clone())));
        let found = of("flows").into_iter().map(|r| (r[region].clone(), r[destination].clone(), r[column].clone()));
        assert!(expected.eq(found), "{file}");
    }
    assert!(of("flows").iter().all(|r| !r[unit].is_empty()) && of("net").iter().any(|r| r[unit] == "yuan"));
    let theta: Vec<_> = of("responsibility").into_iter().filter(|r| r[at("column")].starts_with("theta")).collect();
    assert!(!theta.is_empty() && theta.iter().all(|r| r[unit].is_empty()));
    // every sheet that is a file is in it
    let sheets: std::collections::BTreeSet<String> = records.iter().map(|r| r[sheet].clone()).collect();
    let files: std::collections::BTreeSet<String> =
        names("wide").iter().filter_map(|n| n.strip_suffix(".csv")).filter(|n| !n.ends_with("_bound")).map(String::from).collect();
    assert_eq!(sheets, files);
    isard().arg("verify").arg(out("tidy")).assert().success();
}

#[test]
fn excel_marks_every_file_and_our_readers_take_the_mark() {
    let dir = tempfile::tempdir().unwrap();
    let (table, out) = (dir.path().join("table"), dir.path().join("out"));
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--output"]).arg(&table).assert().success();
    isard().arg("flows").arg(&table).args(["--excel", "--output"]).arg(&out).assert().success();
    let marked = |path: &Path| std::fs::read(path).unwrap().starts_with("\u{feff}".as_bytes());
    let mut files = 0;
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(marked(&path), path.extension().is_some_and(|e| e == "csv"), "{}", path.display());
        files += 1;
    }
    assert!(files > 4);
    isard().arg("verify").arg(&out).assert().success();
    // a table and a side file saved by a spreadsheet
    for file in ["sectors.csv", "flows.csv", "demand.csv", "columns.csv", "emissions.csv"] {
        let path = table.join(file);
        std::fs::write(&path, ["\u{feff}".as_bytes(), &std::fs::read(&path).unwrap()].concat()).unwrap();
    }
    let heads = dir.path().join("heads.csv");
    std::fs::write(&heads, "\u{feff}region,population\nr1,1\nr2,2\nr3,3\n").unwrap();
    let again = dir.path().join("again");
    isard().arg("flows").arg(&table).arg("--population").arg(&heads).args(["--excel", "--output"]).arg(&again).assert().success();
    let text = |folder: &Path| std::fs::read_to_string(folder.join("flows.csv")).unwrap();
    assert_eq!(text(&out), text(&again));
    for words in [&["--excel"][..], &["--tidy"], &["--tidy=true", "--json"]] {
        let refused = isard().arg("flows").arg(&table).args(words).output().unwrap();
        let error = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && error.contains("no effect: it needs --output DIR"), "{words:?}: {error}");
    }
    let refused = isard().arg("accounts").arg(&table).args(["--excel", "--output"]).arg(dir.path().join("no")).output().unwrap();
    assert!(refused.status.code() == Some(2) && String::from_utf8_lossy(&refused.stderr).contains("--tidy"));
    isard().arg("accounts").arg(&table).args(["--excel", "--tidy", "--output"]).arg(dir.path().join("yes")).assert().success();
    assert!(marked(&dir.path().join("yes").join("tidy.csv")));
}
