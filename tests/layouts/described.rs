//! Descriptions of the user's own: of an unknown workbook, changed from one that isard brings, and wrong ones.

use std::path::Path;

use isard::formats::{FORMATS, Layout, Reading, description, read};

use super::mini::{Col, Mini, Row};
use super::written::{self, book};
use crate::support::isard;

/// The description that the guide shows, cut out of the page.
fn of_the_guide() -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/layouts.md")).unwrap();
    let from = page.find("name = \"my-city\"").expect("the page shows a description");
    page[from..].split("```").next().unwrap().to_string()
}

/// A workbook of a statistical office: title rows, regions that stand once above their columns, codes of its own.
fn city(folder: &Path) -> (std::path::PathBuf, Mini) {
    let mini = Mini::new(&["North", "South"], &["Farms", "Trade"], &["Private", "Public"], &["Wages", "Profits"]);
    let side = |row| match row {
        Row::Sector(i) => vec![if i % 2 == 0 { mini.row(i).0 } else { "" }.to_string(), mini.row(i).1.to_string()],
        Row::Value(k) => vec![String::new(), mini.values[k].clone()],
        Row::Intermediate => vec![String::new(), "Sum of inputs".into()],
        _ => vec![String::new(), "Output".into()],
    };
    let head = |column| match column {
        Col::Sector(j) => vec![if j % 2 == 0 { mini.row(j).0 } else { "" }.to_string(), mini.row(j).1.to_string()],
        Col::Demand(d) => vec![if d % 2 == 0 { mini.demand(d).0 } else { "" }.to_string(), mini.demand(d).1.to_string()],
        _ => vec!["Total".into(), "Output".into()],
    };
    let rows = mini.rows(&[Row::Intermediate, Row::Value(0), Row::Value(1), Row::Output]);
    let mut grid = mini.grid(&rows, &mini.columns(&[Col::Output]), side, head);
    grid.insert(0, vec!["Input-output table of the city, 2020".into()]);
    (book(folder, "city.xlsx", &[("Notes", vec![vec!["Made by the office".into()]]), ("Table 2020", grid)]), mini)
}

#[test]
fn the_description_of_the_guide_reads_an_unknown_workbook() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mini) = city(folder.path());
    assert!(read(&path, &Reading::default()).is_err());
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, of_the_guide()).unwrap();
    let table = read(&path, &Reading { layout: Some(mine.clone()), ..Reading::default() }).unwrap();
    mini.check("city", &table, &[("Wages", Row::Value(0)), ("Profits", Row::Value(1))], false);
    assert_eq!(table.unit, "10^4 yuan");
    let run = |words: &[&str]| isard().args(words).current_dir(folder.path()).assert();
    run(&["import", "city.xlsx", "--layout", "mine.toml", "--output", "city.isard"]).success();
    run(&["flows", "city.xlsx", "--layout", "mine.toml", "--format", "adb"]).code(2);
}

#[test]
fn a_description_is_printed_edited_and_read() {
    let folder = tempfile::tempdir().unwrap();
    for sample in written::all(folder.path()) {
        let text = description(&sample.path, None).unwrap();
        let mine = folder.path().join("mine.toml");
        std::fs::write(&mine, &text).unwrap();
        let table = read(&sample.path, &Reading { layout: Some(mine), ..Reading::default() }).unwrap();
        sample.mini.check(sample.name, &table, &sample.values, sample.accounts);
    }
    // another edition: a category that no list names
    let all = written::all(folder.path());
    let sample = all.iter().find(|w| w.name == "oecd-2023").unwrap();
    let text = std::fs::read_to_string(&sample.path).unwrap().replace("_INVNT", "_NEWINV");
    let other = folder.path().join("other.csv");
    std::fs::write(&other, text).unwrap();
    let error = read(&other, &Reading::default()).unwrap_err().to_string();
    assert!(error.contains("the nearest is oecd-2023: no label like *_INVNT"), "{error}");
    let error = read(&other, &Reading { format: Some("oecd-2023".into()), ..Reading::default() }).unwrap_err().to_string();
    assert!(error.contains("other.csv:1:12: unknown column \"AUS / NEWINV\""), "{error}");
    let near = description(&other, None).unwrap();
    assert!(near.starts_with("# No layout fits") && near.contains("the nearest is oecd-2023"), "{near}");
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, near.replace("\"INVNT\"", "\"NEWINV\"")).unwrap();
    let table = read(&other, &Reading { layout: Some(mine), ..Reading::default() }).unwrap();
    assert_eq!(table.labels.categories[1].given, "NEWINV");
}

#[test]
fn a_transposed_table_reads_by_one_word_and_its_refusal_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let all = written::all(folder.path());
    let sample = all.iter().find(|w| w.name == "figaro").unwrap();
    let text = std::fs::read_to_string(&sample.path).unwrap();
    let grid: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    let turned: String = (0..grid[0].len()).map(|c| grid.iter().map(|r| r[c]).collect::<Vec<_>>().join(",") + "\n").collect();
    let other = folder.path().join("other.csv");
    std::fs::write(&other, turned).unwrap();
    let error = read(&other, &Reading { format: Some("figaro".into()), ..Reading::default() }).unwrap_err();
    assert!(error.to_string().contains("\"W2_D21X31\" is a code of value added and of rows, and stands in a column"), "{error}");
    assert!(error.help().unwrap().contains("`orientation`"));
    let mine = folder.path().join("mine.toml");
    let text = description(&sample.path, None).unwrap().replace("[tell]", "orientation = \"columns_sell\"\n\n[tell]");
    std::fs::write(&mine, text).unwrap();
    let table = read(&other, &Reading { layout: Some(mine), ..Reading::default() }).unwrap();
    sample.mini.check("transposed", &table, &sample.values, false);
}

#[test]
fn a_wrong_description_is_refused_with_line_and_remedy() {
    let whole = description(&city(tempfile::tempdir().unwrap().path()).0, Some("adb")).unwrap();
    assert!(Layout::parse(&whole, "adb.toml").is_ok());
    for (from, to, said) in [
        ("shape = \"grid\"", "shape = \"cube\"", "mine.toml:4: not a description of a layout: unknown variant `cube`"),
        ("shape = \"grid\"", "shapes = \"grid\"", "unknown field `shapes`"),
        ("header = [\"item\", \"region\", \"code\"]", "", "[[part]] number 1 lacks `header`"),
        ("taxes =", "tax =", "unknown variant `tax`"),
        ("[[part]]", "[part]", "not a description"),
    ] {
        let error = Layout::parse(&whole.replace(from, to), "mine.toml").unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.help().unwrap().contains("`describe`"));
    }
}

#[test]
fn formats_without_a_description_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = city(folder.path());
    for format in FORMATS {
        let found = description(&path, Some(format.name));
        let own = [
            "sic",
            "ceads",
            "pymrio",
            "npz",
            "matrices",
            "matlab",
            "emerging",
            "rex3",
            "fabio",
            "wiod-r",
            "r",
            "mrio-toolbox",
            "useeio-api",
            "gtap-har",
            "long",
            "snapshot",
        ]
        .contains(&format.name);
        assert_eq!(found.is_err(), own, "{}", format.name);
        match found {
            Ok(text) => assert_eq!(Layout::parse(&text, "here").unwrap().name, format.name),
            Err(e) => assert!(e.to_string().contains("no description"), "{e}"),
        }
    }
    let error = description(&path, None).unwrap_err();
    assert!(error.to_string().contains("no described layout is near"), "{error}");
}
