//! Sheets in every format: one small table by hand, and what the command writes.

use std::path::Path;

use isard::Bounded;
use isard::labels::Language;
use isard::report::document::{Document, Head};
use isard::report::sheet::{Axis, Cell, Key, Layout, Sheet};
use isard::write::{File, csv, json, text};
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
