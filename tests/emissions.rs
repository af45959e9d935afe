//! Inventories, concordances and costs: what is read, what is joined, what is refused.

use std::path::{Path, PathBuf};

use isard::error::Error;
use isard::finding::Level;
use isard::formats::beside::costs::read_costs;
use isard::formats::inventories::{InventoryOptions, builtin_concordance, read, read_concordance};
use isard::formats::{Encoding, Reading, read as read_table};
use isard::inventory::{Inventory, Missing, attach};
use isard::labels::{Labels, Name, records};
use isard::table::{Table, sparse};
use ndarray::{Array1, Array2};

use crate::support::shared;

fn plain() -> InventoryOptions {
    InventoryOptions::default()
}

/// A folder with one file.
fn file(name: &str, bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn say(error: Error, path: &Path) -> String {
    format!("{error}\nhelp: {}", error.help().unwrap_or_default()).replace(&format!("{}/", path.parent().unwrap().display()), "")
}

fn inventory(name: &str, text: &str) -> Inventory {
    let (_folder, path) = file(name, text);
    read(&path, &plain()).unwrap()
}

/// The message of reading a file that must be refused.
fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let (_folder, path) = file(name, bytes);
    say(read(&path, &plain()).unwrap_err(), &path)
}

/// A table with these labels, flows of zero and the given output.
fn table(regions: &[&str], sectors: &[&str], x: &[f64]) -> Table {
    let n = regions.len() * sectors.len();
    let regions = regions.iter().map(|r| Name::region(r)).collect();
    let labels = Labels::regular(regions, isard::labels::sector_names(sectors.iter().copied()), vec![Name::plain("demand")]);
    let y = Array2::zeros((n, labels.categories.len()));
    Table::new(labels, sparse(Array2::zeros((n, n)).view()), y, Array1::from(x.to_vec()))
}

fn codes(findings: &[isard::finding::Finding]) -> Vec<(&'static str, Level)> {
    findings.iter().map(|f| (f.code, f.level)).collect()
}

#[test]
fn a_wide_matrix_is_read_with_households_apart() {
    let read = inventory("co2_2017_kt.csv", ",Agriculture,\"Clothing, leather, fur\",Urban,Rural\nHenan,1,2,3,4\nShannxi,5,6,7,8\n");
    assert_eq!((read.unit.as_str(), read.stressor.as_str()), ("kt", "CO2"));
    assert_eq!(read.values, ndarray::array![[1.0, 2.0], [5.0, 6.0]]);
    assert_eq!(read.households, Some(ndarray::array![7.0, 15.0]));
    assert_eq!((read.regions[1].en.as_str(), read.sectors[0].zh.as_str()), ("Shannxi", "农林牧渔产品和服务"));
    assert_eq!(read.source.sha256.len(), 64);
}

#[test]
fn long_form_is_read_in_either_language_encoding_and_compressed() {
    let chinese = "地区,部门,排放,单位\n河南,农林牧渔产品和服务,1.5,Mt\n河南,居民,0.25,Mt\n陕西省,农林牧渔产品和服务,2.5,Mt\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(chinese);
    let (_folder, path) = file("x.csv", &gbk);
    let read_gbk = read(&path, &InventoryOptions { encoding: Encoding::Gbk, ..plain() }).unwrap();
    assert_eq!(read_gbk.values, ndarray::array![[1.5], [2.5]]);
    assert_eq!((read_gbk.unit.as_str(), read_gbk.stressor.as_str()), ("Mt", "emissions"));
    let households = read_gbk.households.unwrap();
    assert!(households[0] == 0.25 && households[1].is_nan());
    let text = say(read(&path, &plain()).unwrap_err(), &path);
    assert!(text.starts_with("x.csv:1:1: byte 0xb5 is not UTF-8") && text.contains("`encoding` gbk"), "{text}");

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, "\u{feff}region,sector,value,stressor\nHenan,Agriculture,1,CH4\n".as_bytes()).unwrap();
    let (_folder, path) = file("ch4_t.csv.gz", packed.finish().unwrap());
    let read_gz = read(&path, &plain()).unwrap();
    assert_eq!((read_gz.unit.as_str(), read_gz.stressor.as_str(), read_gz.values[[0, 0]]), ("t", "CH4", 1.0));
}

#[test]
fn a_unit_is_named_by_the_option_or_the_file_or_asked_for() {
    let (_folder, path) = file("emissions.csv", ",a\nx,1\n");
    let text = say(read(&path, &plain()).unwrap_err(), &path);
    assert!(text.contains("the unit of the emissions is not known") && text.contains("`emissions-unit`"), "{text}");
    let named = read(&path, &InventoryOptions { unit: Some("Gg".into()), ..plain() }).unwrap();
    assert_eq!(named.unit, "Gg");
    assert_eq!(inventory("co2-2017-GG.csv", ",a\nx,1\n").unit, "Gg");
    assert!(refused("Mt.csv", ",a\nx,1\n").contains("unit"));
}

#[test]
fn cells_that_are_no_numbers_are_refused_with_their_place() {
    assert!(refused("a_Mt.csv", ",a,b\nx,1,2\ny,3,n.a.\n").starts_with("a_Mt.csv:3:3: expected a number, found \"n.a.\""));
    assert!(refused("a_Mt.csv", ",a,b\nx,1,\n").starts_with("a_Mt.csv:2:3: expected a number, found \"\""));
    assert!(refused("a_Mt.csv", ",a,b\nx,1,NaN\n").starts_with("a_Mt.csv:2:3: expected a number, found \"NaN\""));
    assert!(refused("a_Mt.csv", "region,sector,value\nx,a,-\n").starts_with("a_Mt.csv:2:3: expected a number, found \"-\""));
    assert!(refused("a_Mt.csv", ",a,b\nx,1,2\n\ny,3\n").starts_with("a_Mt.csv:4: expected 3 cells as in the heading, found 2"));
}

#[test]
fn labels_are_required_and_must_not_come_twice() {
    assert!(refused("a_Mt.csv", "# Farming,Mining\n1,2\n").contains("the first line is a comment (#)"));
    assert!(refused("a_Mt.csv", "1,2\n3,4\n").contains("the first line holds numbers"));
    assert!(refused("a_Mt.csv", "a,b\n3,4\n").contains("the first column holds numbers"));
    assert!(refused("a_Mt.csv", ",Henan,Hunan\nAgriculture,3,4\n").contains("transpose"));
    let text = refused("a_Mt.csv", ",a\nShaanxi,1\nHenan,2\nShannxi,3\n");
    assert!(text.contains("region \"Shannxi\" comes twice: line 2 and line 4"), "{text}");
    let text = refused("a_Mt.csv", ",a,b,a\nHenan,1,2,3\n");
    assert!(text.contains("sector \"a\" comes twice: column 2 and column 4"), "{text}");
    let text = refused("a_Mt.csv", "province,sector,value\nHenan,a,1\nHunan,a,2\n河南,a,3\n");
    assert!(text.contains("comes twice: line 2 and line 4"), "{text}");
    let text = refused("a_Mt.csv", "region,sector,value,stressor\nHenan,a,1,CO2\nHunan,a,2,CH4\n");
    assert!(text.starts_with("a_Mt.csv:3:4: a second stressor: \"CH4\" after \"CO2\"") && text.contains("split the file"), "{text}");
    assert!(refused("a_Mt.csv", "region,sector,tonnes\nHenan,a,1\n").contains("no column of emissions among region, sector, tonnes"));
}

#[test]
fn files_that_hold_nothing_or_something_else_are_refused() {
    assert!(refused("a_Mt.csv", "").contains("the file is empty (0 bytes)"));
    assert!(refused("a_Mt.csv", "\n\n").contains("the file has no line of text"));
    assert!(refused("a.json", "{}").contains("no inventory format has the extension \"json\""));
    assert!(refused("a.xlsx", "PK but no zip").contains("not a complete"));
}

#[test]
fn names_join_in_either_language() {
    let mut t = table(&["河南", "Shaanxi"], &["农林牧渔产品和服务", "Coal mining"], &[1.0; 4]);
    let read = inventory("co2_Mt.csv", "x,煤炭采选产品,Agriculture,households\nShannxi,1,2,3\nHenan,4,5,6\n");
    let findings = attach(&mut t, &read, None, Missing::Fail).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(t.stressors[0].direct.to_vec(), [5.0, 4.0, 2.0, 1.0]);
    assert_eq!(t.stressors[0].households.as_ref().unwrap().to_vec(), [6.0, 3.0]);
}

#[test]
fn what_the_inventory_lacks_fails_unless_it_is_to_be_zero() {
    let text = "co2,Agriculture\nHenan,1\n";
    for (policy, level) in [(Missing::Fail, Level::Fail), (Missing::Zero, Level::Warn)] {
        let mut t = table(&["Henan", "Tibet"], &["Agriculture", "Coal mining"], &[1.0; 4]);
        let findings = attach(&mut t, &inventory("co2_Mt.csv", text), None, policy).unwrap();
        assert_eq!(codes(&findings), [("emissions-missing-region", level), ("emissions-missing-sector", level)]);
        assert!(findings[0].message.contains("Tibet") && findings[0].message.contains("`missing-emissions` zero"), "{findings:?}");
        assert_eq!(t.stressors[0].direct.to_vec(), [1.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn pairs_and_households_that_a_long_file_leaves_out_are_reported() {
    let text = "region,sector,value\nHenan,Agriculture,1\nHenan,Coal mining,2\nHenan,households,3\nTibet,Coal mining,4\n";
    let mut t = table(&["Henan", "Tibet"], &["Agriculture", "Coal mining"], &[1.0; 4]);
    let read = inventory("co2_Mt.csv", text);
    assert_eq!(read.total(), 7.0);
    let findings = attach(&mut t, &read, None, Missing::Zero).unwrap();
    assert_eq!(codes(&findings), [("emissions-missing-households", Level::Warn), ("emissions-missing-sector", Level::Warn)]);
    assert_eq!(findings[1].row, Some(2));
    assert_eq!(t.stressors[0].direct.to_vec(), [1.0, 2.0, 0.0, 4.0]);
    assert_eq!(t.stressors[0].households.as_ref().unwrap().to_vec(), [3.0, 0.0]);
}

#[test]
fn what_the_table_lacks_fails_where_it_emits() {
    let text = "co2,Agriculture,Mining of asteroids,Nothing,households\nHenan,1,2,0,1\nHunann,4,0,0,1\nAtlantis,0,0,0,0\n";
    let mut t = table(&["Henan", "Hunan"], &["Agriculture"], &[1.0; 2]);
    let findings = attach(&mut t, &inventory("co2_Mt.csv", text), None, Missing::Zero).unwrap();
    let expected = [
        ("emissions-unknown-region", Level::Fail),
        ("emissions-unknown-region", Level::Warn),
        ("emissions-unknown-sector", Level::Fail),
        ("emissions-unknown-sector", Level::Warn),
        ("emissions-missing-region", Level::Warn),
    ];
    assert_eq!(codes(&findings), expected);
    assert!(findings[0].message.contains("\"Hunann\" is not in the table and emits 5 Mt; did you mean \"Hunan\"?"), "{findings:?}");
    assert_eq!(findings[2].found, Some(2.0));
}

#[test]
fn an_inventory_of_another_country_is_refused() {
    let mut t = table(&["Henan"], &["Agriculture"], &[1.0]);
    let other = attach(&mut t, &inventory("co2_Mt.csv", ",Agriculture\nBavaria,1\n"), None, Missing::Fail).unwrap_err();
    assert!(other.to_string().contains("none of its 1 regions (Bavaria ...) is a region of the table"));
    let other = attach(&mut t, &inventory("co2_Mt.csv", ",Steel\nHenan,1\n"), None, Missing::Fail).unwrap_err();
    assert!(other.to_string().contains("none of its 1 sectors (Steel ...)") && other.help().unwrap().contains("`concordance`"));
    assert!(t.stressors.is_empty());
}

#[test]
fn one_sector_with_several_targets_is_split_by_output() {
    let mut t = table(&["Henan", "Tibet"], &["a", "b", "c"], &[1.0, 3.0, 9.0, 0.0, 0.0, 5.0]);
    let (_folder, path) = file("map.csv", "source,target\nx,a;B\ny,#3\nx,b2\n");
    let map = read_concordance(&path, Encoding::Utf8).unwrap();
    assert_eq!(map.rows[0], ("x".into(), vec!["a".into(), "B".into(), "b2".into()]));
    let read = inventory("co2_Mt.csv", ",x,y\nHenan,8,1\nTibet,2,1\n");
    let findings = attach(&mut t, &read, Some(&map), Missing::Fail).unwrap();
    assert_eq!(codes(&findings), [("concordance-unknown-target", Level::Fail)]);
    assert!(findings[0].message.contains("leads \"x\" to \"b2\""), "{findings:?}");
    // without output there is nothing to split by: equal parts, which the audit of emissions without output then meets
    assert_eq!(t.stressors[0].direct.to_vec(), [2.0, 6.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(t.provenance.files.len(), 2);
    assert!(t.provenance.notes[0].contains("1 source sector(s) with several targets are split by gross output"));
}

#[test]
fn positions_beyond_the_table_are_findings() {
    let mut t = table(&["Henan"], &["a", "b"], &[1.0, 1.0]);
    let (_folder, path) = file("map.csv", "source,target\nx,1 3\ny,02\n");
    let map = read_concordance(&path, Encoding::Utf8).unwrap();
    assert_eq!(map.rows, [("x".to_string(), vec!["#1".to_string(), "#3".to_string()]), ("y".to_string(), vec!["#2".to_string()])]);
    let findings = attach(&mut t, &inventory("co2_Mt.csv", ",x,y,z\nHenan,8,1,1\n"), Some(&map), Missing::Fail).unwrap();
    assert_eq!(codes(&findings), [("emissions-unknown-sector", Level::Fail), ("concordance-unknown-target", Level::Fail)]);
    assert!(findings[1].message.contains("\"#3\", which is no sector of the table; positions go from 1 to 2"), "{findings:?}");
}

#[test]
fn concordances_name_their_columns() {
    let text = "ceads_index,ceads_sector,io42,sic17,names\n1,Farming,1,1,Agriculture\n2,Others,2 3,2,\"Trade; Health, social security\"\n";
    let (_folder, path) = file("map.csv", text);
    let column = |name: &str| PathBuf::from(format!("{}:{name}", path.display()));
    let read = |p: &Path| read_concordance(p, Encoding::Utf8).map_err(|e| say(e, &path));
    assert_eq!(read(&column("io42")).unwrap().rows[1], ("Others".into(), vec!["#2".into(), "#3".into()]));
    assert_eq!(read(&column("names")).unwrap().rows[1].1, ["Trade", "Health, social security"]);
    assert_eq!(read(&column("names")).unwrap().source.unwrap().path, path);
    let error = read(&path).unwrap_err();
    assert!(error.contains("expected columns source and target") && error.contains("for example map.csv:names"), "{error}");
    let error = read(&column("io43")).unwrap_err();
    assert!(
        error.contains("no column \"io43\" (columns: ceads_index, io42, sic17, names)") && error.contains("did you mean \"io42\"?"),
        "{error}"
    );
    assert!(read(&path.with_file_name("none.csv:io42")).unwrap_err().contains("cannot read"));
    for (text, expected) in [
        ("source,target\na,x\na,x\n", "\"a\" to \"x\" comes twice: line 2 and line 3"),
        ("source,target\na,\n", "map.csv:2:2: \"a\" leads nowhere"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn costs_are_read_with_their_unit() {
    for (text, unit) in [
        ("region,cost_yuan_per_t\nHenan,10\n陕西,0\n", "yuan/t"),
        ("地区,成本,单位\nHenan,10,元/吨\n陕西,0,元/吨\n", "元/吨"),
        ("province,Cost (USD/t)\nHenan,10\n陕西,0\n", "USD/t"),
    ] {
        let (_folder, path) = file("costs.csv", text);
        let costs = read_costs(&path, Encoding::Utf8).unwrap();
        assert_eq!(costs.unit, unit);
        assert_eq!(costs.rows.iter().map(|(n, c)| (n.en.as_str(), *c)).collect::<Vec<_>>(), [("Henan", 10.0), ("Shaanxi", 0.0)]);
        assert!(costs.source.is_some());
    }
    for (text, expected) in [
        ("region,cost_yuan_per_t\nHenan,-1\n", "costs.csv:2:2: expected a cost of at least 0, found -1"),
        ("region,cost_yuan_per_t\nHenan,1\n河南,2\n", "region \"河南\" comes twice: line 2 and line 3"),
        ("region,cost\nHenan,1\n", "the unit of column \"cost\" is not known"),
        ("region,value\nHenan,1\n", "expected one column of costs, found 0 among region, value"),
        ("region,cost,unit\nHenan,1,a\nHunan,1,b\n", "the costs have several units"),
        ("region,cost_yuan_per_t\nHenan,dear\n", "costs.csv:2:2: expected a number, found \"dear\""),
    ] {
        let (_folder, path) = file("costs.csv", text);
        let error = say(read_costs(&path, Encoding::Utf8).unwrap_err(), &path);
        assert!(error.contains(expected), "{error}");
    }
}

/// A small workbook in the layout of the CEADs inventories: two provinces, the second with underscores in its headers.
fn ceads_inventory(path: &Path, change: impl Fn(&mut rust_xlsxwriter::Worksheet, usize)) {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("NOTE").unwrap().write(0, 0, "Introduction").unwrap();
    for (k, name) in ["InnerMongolia2017", "Hunan2017"].into_iter().enumerate() {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        let headers = if k == 0 { ["Raw Coal", "Scope 1 Total"] } else { ["Raw_Coal", "Scope_1_Total"] };
        for (c, header) in headers.into_iter().enumerate() {
            sheet.write(0, 1 + c as u16, header).unwrap();
            sheet.write(1, 1 + c as u16, "Mt CO2").unwrap();
        }
        let total = if k == 0 { "Total Consumption" } else { "TotalEmissions" };
        let rows = [(total, 15.0), ("Coal Mining and Dressing      ", 1.0), ("Others   ", 2.0), ("Urban", 4.0), ("Rural", 8.0)];
        for (r, (label, value)) in rows.into_iter().enumerate() {
            sheet.write(3 + r as u32, 0, label).unwrap();
            sheet.write(3 + r as u32, 1, 100.0).unwrap();
            sheet.write(3 + r as u32, 2, value * (1.0 + k as f64)).unwrap();
        }
        change(sheet, k);
    }
    book.save(path).unwrap();
}

#[test]
fn a_ceads_inventory_workbook_is_read() {
    let (_folder, path) = file("inventory.xlsx", "");
    ceads_inventory(&path, |_, _| ());
    let read_back = read(&path, &plain()).unwrap();
    assert_eq!((read_back.unit.as_str(), read_back.stressor.as_str()), ("Mt", "CO2"));
    assert_eq!(read_back.regions.iter().map(|n| n.en.as_str()).collect::<Vec<_>>(), ["InnerMongolia", "Hunan"]);
    assert_eq!(read_back.sectors.iter().map(|n| n.given.as_str()).collect::<Vec<_>>(), ["Coal Mining and Dressing", "Others"]);
    assert_eq!(read_back.values, ndarray::array![[1.0, 2.0], [2.0, 4.0]]);
    assert_eq!(read_back.households, Some(ndarray::array![12.0, 24.0]));
    assert!(read_back.remarks.is_empty());
    assert!(read_back.notes[0].contains("2 sheets of 2017 read") && read_back.notes[0].contains("NOTE"), "{:?}", read_back.notes);
}

#[test]
fn odd_ceads_inventories_are_remarked_or_refused() {
    let (_folder, path) = file("inventory.xlsx", "");
    ceads_inventory(&path, |s, _| {
        s.write(3, 2, 15.1).unwrap();
    });
    let remarks = read(&path, &plain()).unwrap().remarks;
    assert_eq!(codes(&remarks), [("inventory-total", Level::Warn), ("inventory-total", Level::Warn)]);
    assert_eq!((remarks[0].found, remarks[0].expected, remarks[0].region.as_deref()), (Some(15.0), Some(15.1), Some("InnerMongolia")));
    let refuse = |change: &dyn Fn(&mut rust_xlsxwriter::Worksheet, usize), options: &InventoryOptions| {
        ceads_inventory(&path, change);
        say(read(&path, options).unwrap_err(), &path)
    };
    let text = refuse(
        &|s, k| {
            if k == 1 {
                s.write(5, 2, "n.a.").unwrap();
            }
        },
        &plain(),
    );
    assert!(text.starts_with("inventory.xlsx[Hunan2017]!C6: expected a number, found \"n.a.\""), "{text}");
    let text = refuse(&|_, _| (), &InventoryOptions { unit: Some("t".into()), ..plain() });
    assert!(text.contains("the file says \"Mt\", `emissions-unit` says \"t\""), "{text}");
    let text = refuse(
        &|s, k| {
            if k == 1 {
                s.set_name("Hunan2018").unwrap();
            }
        },
        &plain(),
    );
    assert!(text.contains("several years: 2017 (InnerMongolia) and 2018 (Hunan)"), "{text}");
    let text = refuse(
        &|s, k| {
            s.write(0, 2, "Scope 2").unwrap();
            assert!(k < 2);
        },
        &plain(),
    );
    assert!(text.contains("no sheet has a column \"Scope 1 Total\" (sheets: NOTE, InnerMongolia2017, Hunan2017)"), "{text}");
}

#[test]
fn the_builtin_concordance_joins_the_list_of_2017_and_refuses_that_of_2007() {
    let names: Vec<String> = records(include_str!("../fixtures/facts/sectors_42_2017.csv")).map(|r| r[2].clone()).collect();
    let mut sectors: Vec<&str> = names.iter().map(String::as_str).collect();
    let map = builtin_concordance(42, false).unwrap();
    let header: Vec<String> = map.rows.iter().map(|(s, _)| format!("\"{s}\"")).collect();
    let text = format!(",{}\nHenan{}\n", header.join(","), ",1".repeat(45));
    let mut t = table(&["Henan"], &sectors, &[2.0; 42]);
    let findings = attach(&mut t, &inventory("co2_Mt.csv", &text), Some(&map), Missing::Fail).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let direct = &t.stressors[0].direct;
    assert!((direct.sum() - 45.0).abs() < 1e-12);
    assert_eq!((direct[0], direct[27], direct[31]), (2.0, 0.5, 1.0 / 13.0));
    sectors[15] = "通用、专用设备制造业";
    let mut t = table(&["Henan"], &sectors, &[2.0; 42]);
    let findings = attach(&mut t, &inventory("co2_Mt.csv", &text), Some(&map), Missing::Fail).unwrap();
    let expected = ["emissions-unknown-sector", "concordance-unknown-target", "emissions-missing-sector"];
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), expected);
}

#[test]
fn the_real_sic_table_and_its_wide_inventory_join_completely() {
    let (Some(table), Some(emissions)) =
        (shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls"), shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv"))
    else {
        return;
    };
    let mut table = read_table(&table, &Reading { sheet: Some("2007-17".into()), ..Reading::default() }).unwrap();
    let inventory = read(&emissions, &InventoryOptions::default()).unwrap();
    assert_eq!((inventory.unit.as_str(), inventory.stressor.as_str()), ("Mt", "CO2"));
    let findings = attach(&mut table, &inventory, None, Missing::Fail).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let found = table.stressors[0].direct.sum();
    assert!((found - inventory.values.sum()).abs() < 1e-9 * found);
    assert_eq!(table.stressors[0].direct[0], 14.771041105664649);
    assert_eq!(table.provenance.files.len(), 2);
}

#[test]
fn the_real_ceads_inventory_joins_a_table_of_42_sectors() {
    let Some(path) = shared("china/ceads_co2/Emission_Inventories_for_30_Provinces_2017.xlsx") else { return };
    let inventory = read(&path, &plain()).unwrap();
    assert_eq!(inventory.values.dim(), (30, 45));
    assert_eq!((inventory.unit.as_str(), inventory.stressor.as_str()), ("Mt", "CO2"));
    assert!(inventory.remarks.is_empty());
    let regions: Vec<String> = records(include_str!("../fixtures/facts/provinces_2017.csv")).map(|r| r[0].clone()).collect();
    let sectors: Vec<String> = records(include_str!("../fixtures/facts/sectors_42_2017.csv")).map(|r| r[1].clone()).collect();
    let names = |list: &[String]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    let (regions, sectors) = (names(&regions), names(&sectors));
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let sectors: Vec<&str> = sectors.iter().map(String::as_str).collect();
    let mut t = table(&regions, &sectors, &vec![1.0; 31 * 42]);
    let findings = attach(&mut t, &inventory, builtin_concordance(42, false).as_ref(), Missing::Zero).unwrap();
    assert_eq!(codes(&findings), [("emissions-missing-region", Level::Warn)]);
    assert_eq!(findings[0].region.as_deref(), Some("Tibet"));
    let stressor = &t.stressors[0];
    assert!((stressor.direct.sum() - 9725.613962122516).abs() < 1e-8, "{}", stressor.direct.sum());
    let households = stressor.households.as_ref().unwrap().sum();
    assert!((stressor.direct.sum() + households - 10171.217716748146).abs() < 1e-8);
    let Some(map) = shared("china/concordance/ceads45_to_io42_and_sic17.csv") else { return };
    let by_position = read_concordance(&PathBuf::from(format!("{}:io42_2017", map.display())), Encoding::Utf8).unwrap();
    let mut u = table(&regions, &sectors, &vec![1.0; 31 * 42]);
    attach(&mut u, &inventory, Some(&by_position), Missing::Zero).unwrap();
    assert_eq!(u.stressors[0].direct, stressor.direct);
}

#[test]
fn real_matrices_without_region_names_are_refused() {
    let Some(path) = shared("china/ceads_co2/ceads_co2_2017_30x47_Mt.csv") else { return };
    assert!(read(&path, &plain()).unwrap_err().to_string().contains("an inventory needs the name of each region and sector"));
}

#[test]
fn every_real_year_of_inventories_is_read() {
    for (year, known) in
        [("2007", None), ("2012", None), ("2015", None), ("2016", None), ("2017", Some(9725.613962122528)), ("2018", None), ("2019", None)]
    {
        let Some(path) = shared(&format!("china/ceads_co2/Emission_Inventories_for_30_Provinces_{year}.xlsx")) else { return };
        let inventory = read(&path, &plain()).unwrap();
        assert_eq!(inventory.values.dim(), (30, 45), "{year}");
        assert!(inventory.remarks.is_empty() && inventory.households.is_some(), "{year}");
        assert!(inventory.regions.iter().all(|r| r.en != r.zh), "{year}");
        assert!(known.is_none_or(|k: f64| (inventory.total() - k).abs() < 1e-8), "{year}: {}", inventory.total());
    }
    let Some(path) = shared("china/mrio_30x42_2007_modelled/co2_2007_30x42_Mt.csv") else { return };
    let wide = read(&path, &plain()).unwrap();
    assert_eq!((wide.values.dim(), wide.unit.as_str()), ((30, 42), "Mt"));
}
