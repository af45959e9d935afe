//! Excel workbooks: the State Information Centre layout, the CEADs layout, and what is refused.

use std::path::{Path, PathBuf};

use isard::Table;
use isard::formats::{Reading, read};

use crate::ceads_generator::{self, Codes, Layout, Numbers};
use crate::sic_generator;
use crate::support::shared;

const SIC: &str = "china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls";

fn sheet(name: &str) -> Reading {
    Reading { sheet: Some(name.into()), ..Reading::default() }
}

/// The remarks of a sheet that names no money unit, which is a remark of its own.
fn beside_the_unit(table: &Table) -> Vec<&isard::finding::Finding> {
    table.remarks.iter().filter(|f| f.code != "table-unit-assumed").collect()
}

/// The largest relative violation of the column identity `1'Z + imports + value added = x`.
fn column_violation(table: &Table) -> f64 {
    let sums = table.purchases() + table.imports.as_ref().unwrap() + table.total_value_added();
    (&sums - &table.x).iter().zip(&table.x).map(|(d, x)| d.abs() / x.abs().max(1.0)).fold(0.0, f64::max)
}

fn row_violation(table: &Table) -> f64 {
    table.row_imbalance().iter().zip(&table.x).map(|(d, x)| d.abs() / x.abs().max(1.0)).fold(0.0, f64::max)
}

#[test]
fn every_sheet_of_the_real_sic_workbook_balances() {
    let Some(path) = shared(SIC) else { return };
    for (name, n, z, x) in [
        ("2002-8", 64, 1702626821.101668, 3134304346.334094),
        ("2007-8", 64, 4913189997.904512, 8188589572.472872),
        ("2002-17", 136, 1702626819.462831, 3134304337.883438),
        ("2007-17", 136, 4913189988.67705, 8188589546.874316),
    ] {
        let table = read(&path, &sheet(name)).unwrap();
        assert_eq!((table.dim(), table.labels.region_count(), table.y.ncols()), (n, 8, 32), "{name}");
        assert!(row_violation(&table) < 1e-9, "{name}: {}", row_violation(&table));
        assert!(column_violation(&table) < 1e-9, "{name}: {}", column_violation(&table));
        let found: f64 = table.z.data().iter().sum();
        assert!((found - z).abs() < 1e-12 * z && (table.x.sum() - x).abs() < 1e-12 * x, "{name}: {found} {}", table.x.sum());
        assert_eq!(table.unit, "10^4 yuan");
        assert_eq!(table.provenance.sheet.as_deref(), Some(name));
        assert_eq!(table.provenance.files[0].sha256.len(), 64);
        assert!(table.remarks.iter().all(|f| ["empty-cells", "table-unit-assumed"].contains(&f.code)), "{:?}", table.remarks);
        println!("{name}: {:?}", table.remarks);
    }
}

#[test]
fn names_of_the_real_sic_workbook_are_bilingual() {
    let Some(path) = shared(SIC) else { return };
    let table = read(&path, &sheet("2007-17")).unwrap();
    let labels = &table.labels;
    assert_eq!((labels.regions[0].en.as_str(), labels.regions[0].given.as_str()), ("Northeast", "东北区域"));
    assert_eq!(labels.regions[7].en, "Southwest");
    assert_eq!(labels.sectors[13].en, "Electricity, gas, water");
    assert_eq!(labels.sectors[13].given, "电力蒸气热水、煤气自来水生产供应业");
    assert_eq!(labels.categories[0].en, "Rural household consumption");
    assert_eq!(labels.categories[30].given, "政府消费");
    let added: Vec<&str> = table.value_added.iter().map(|(n, _)| n.en.as_str()).collect();
    assert_eq!(added, ["Depreciation of fixed capital", "Compensation of employees", "Net taxes on production", "Operating surplus"]);
    let eight = read(&path, &sheet("2002-8")).unwrap();
    assert_eq!(eight.labels.sectors[4].en, "Electricity, gas, water");
    assert_eq!(eight.labels.sectors[11].en, "Heavy industry");
    assert_eq!(eight.z.get(0, 0), Some(&4667708.0));
    assert_eq!(eight.imports_final.unwrap()[0], 226691.5625);
}

#[test]
fn every_variant_of_the_ceads_layout_is_read_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let chinese: Vec<String> = ["农林牧渔产品和服务", "煤炭采选产品", "建筑", "公共管理、社会保障和社会组织"].map(String::from).into();
    for bits in 0..64 {
        let on = |bit: u32| bits >> bit & 1 == 1;
        let layout = Layout {
            intermediate_total: on(0),
            first_row: if on(1) { 7 } else { 4 },
            chinese: on(2),
            regions: if on(2) { vec!["北京", "河南", "陕西"] } else { vec!["Beijing", "Henan", "Shannxi"] },
            sectors: if on(2) { chinese.clone() } else { Layout::default().sectors },
            merged: on(3),
            codes: if on(4) { Codes::Number } else { Codes::Text },
            province_first: on(5),
            ..Layout::default()
        };
        check(&folder.path().join(format!("{bits}.xlsx")), &layout);
    }
}

#[test]
fn ceads_sheets_without_codes_are_read_by_their_words() {
    let folder = tempfile::tempdir().unwrap();
    for (k, (merged, categories, error)) in
        [(true, 5, "Others"), (false, 5, "误差"), (true, 6, "其他"), (false, 6, "ERR")].into_iter().enumerate()
    {
        let layout = Layout { codes: Codes::Absent, merged, categories, error: Some(error), chinese: k % 2 == 1, ..Layout::default() };
        check(&folder.path().join(format!("{k}.xlsx")), &layout);
    }
}

#[test]
fn editions_with_more_columns_and_a_row_of_emissions_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let layout =
        Layout { categories: 6, value_added: 5, co2: Some("CO2 emissions (Mt)"), error: None, exports: false, ..Layout::default() };
    let table = check(&folder.path().join("2018.xlsx"), &layout);
    let numbers = Numbers::new(&layout);
    assert_eq!(table.stressors[0].direct, numbers.co2);
    assert_eq!((table.stressors[0].name.as_str(), table.stressors[0].unit.as_str()), ("CO2", "Mt"));
    assert!(table.stressors[0].households.is_none());
    assert!(table.exports.is_none() && table.error.is_none());
}

#[test]
fn emissions_beside_demand_are_those_of_households() {
    let layout = Layout { co2: Some("CO2 (kt CO2)"), ..Layout::default() };
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    ceads_generator::write_sheet(sheet, &layout, &Numbers::new(&layout));
    for (column, value) in [(16, 1.0), (17, 2.0), (26, 4.0)] {
        sheet.write(24, column, value).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.xlsx");
    book.save(&path).unwrap();
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!(table.stressors[0].unit, "kt");
    assert_eq!(table.stressors[0].households.as_ref().unwrap().to_vec(), [3.0, 0.0, 4.0]);
}

#[test]
fn output_is_taken_from_the_last_row_where_its_column_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["T"], |s| {
        s.write(2, 34, "left out").unwrap();
        s.write(3, 34, "left out").unwrap();
    });
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!(table.x, Numbers::new(&Layout::default()).x);
    assert!(table.provenance.notes[0].contains("gross output is taken from the row of total input"));
    assert_eq!(table.remarks.iter().map(|f| f.code).collect::<Vec<_>>(), ["table-unit-assumed", "not-read"]);
}

/// Writes a workbook, reads it and compares every number.
fn check(path: &Path, layout: &Layout) -> Table {
    let numbers = Numbers::new(layout);
    ceads_generator::write(path, layout, &numbers, &["Table_2017"]);
    let table = read(path, &Reading::default()).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let dense = table.z.to_dense();
    assert!(dense.iter().zip(&numbers.z).all(|(a, b)| a == b), "{path:?}: Z");
    assert_eq!(table.y, numbers.y, "{path:?}");
    assert_eq!(table.x, numbers.x, "{path:?}");
    assert_eq!(table.exports, layout.exports.then(|| numbers.exports.clone()), "{path:?}");
    assert_eq!(table.error, layout.error.map(|_| numbers.error.clone()), "{path:?}");
    assert_eq!(table.imports.as_ref(), Some(&numbers.imports), "{path:?}");
    assert_eq!(table.imports_final.as_ref(), Some(&numbers.imports_final), "{path:?}");
    assert_eq!(table.value_added.len(), layout.value_added, "{path:?}");
    for ((_, read), written) in table.value_added.iter().zip(numbers.value_added.rows()) {
        assert_eq!(read, written, "{path:?}");
    }
    let regions: Vec<&str> = table.labels.regions.iter().map(|n| n.en.as_str()).collect();
    // names stay as they are written; those in Chinese have the English name of the list
    assert_eq!(regions, ["Beijing", "Henan", if layout.regions[2] == "陕西" { "Shaanxi" } else { "Shannxi" }], "{path:?}");
    assert_eq!(table.labels.sectors[3].en, "Public administration", "{path:?}");
    assert_eq!(table.labels.sectors[0].en, "Agriculture", "{path:?}");
    assert_eq!(table.labels.categories[0].en, "Rural household consumption", "{path:?}");
    assert_eq!(table.value_added[0].0.en, "Compensation of employees");
    assert_eq!(table.unit, "10^4 yuan");
    // only the Chinese title names the unit
    let assumed: &[&str] = if layout.chinese { &[] } else { &["table-unit-assumed"] };
    assert_eq!(table.remarks.iter().map(|f| f.code).collect::<Vec<_>>(), assumed, "{path:?}: {:?}", table.remarks);
    table
}

#[test]
fn a_full_size_ceads_workbook_is_read() {
    let provinces: Vec<&'static str> =
        include_str!("../fixtures/facts/provinces_2017.csv").lines().skip(1).map(|l| l.split(',').next().unwrap()).collect();
    let sectors: Vec<String> = csv::Reader::from_reader(include_str!("../fixtures/facts/sectors_42_2017.csv").as_bytes())
        .records()
        .map(|r| r.unwrap()[2].to_string())
        .collect();
    let layout = Layout { regions: provinces, sectors, chinese: true, ..Layout::default() };
    let numbers = Numbers::new(&layout);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("MRIO2017.xlsx");
    ceads_generator::write(&path, &layout, &numbers, &["Table_2017_consistent"]);
    let start = std::time::Instant::now();
    let table = read(&path, &Reading::default()).unwrap();
    println!("read in {:?}", start.elapsed());
    assert_eq!((table.dim(), table.labels.region_count(), table.y.ncols()), (1302, 31, 155));
    assert_eq!(table.z.nnz(), 1302 * 1302);
    assert_eq!((table.z.get(1301, 700), table.y[[5, 154]]), (Some(&numbers.z[[1301, 700]]), numbers.y[[5, 154]]));
    assert_eq!(table.x, numbers.x);
    assert!(row_violation(&table) < 1e-9 && column_violation(&table) < 1e-9);
}

#[test]
fn spellings_of_the_2017_sectors_are_led_back_but_other_years_are_not() {
    let mut sectors: Vec<String> = (1..=42).map(|k| format!("Sector {k}")).collect();
    for (k, name) in [
        (17, "Manufacture of special purpose machinery"),
        (22, "Other manufacturing and waste resources"),
        (23, "Repair of metal products, machinery and equipment"),
        (24, "Production and distribution of electric power and heat power"),
        (25, "Production and distribution of gas"),
        (26, "Production and distribution of tap water"),
        (27, "Construction"),
        (28, "Wholesale and retail trades"),
        (29, "Transport, storage, and postal services"),
        (31, "Information transfer, software and information technology services"),
        (35, "Scientific research"),
        (36, "Polytechnic services"),
        (38, "Resident, repair and other services"),
        (42, "Public administration, social insurance, and social organizations"),
    ] {
        sectors[k - 1] = name.into();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.xlsx");
    let layout = Layout { sectors: sectors.clone(), ..Layout::default() };
    ceads_generator::write(&path, &layout, &Numbers::new(&layout), &["English_Version"]);
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!(
        (table.labels.sectors[23].en.as_str(), table.labels.sectors[23].zh.as_str()),
        ("Electricity and heat", "电力、热力的生产和供应")
    );
    assert_eq!(table.labels.sectors[42].given, "Sector 1");
    sectors.swap(22, 23);
    let layout = Layout { sectors, ..Layout::default() };
    ceads_generator::write(&path, &layout, &Numbers::new(&layout), &["English_Version"]);
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!(table.labels.sectors[23].en, "Repair of metal products, machinery and equipment");
}

/// A small workbook with the given sheets and one cell changed afterwards.
fn small(folder: &Path, sheets: &[&str], change: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> PathBuf {
    let layout = Layout::default();
    let numbers = Numbers::new(&layout);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Readme").unwrap().write(0, 0, "About this table of provinces").unwrap();
    for name in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        ceads_generator::write_sheet(sheet, &layout, &numbers);
        change(sheet);
    }
    let path = folder.join("small.xlsx");
    book.save(&path).unwrap();
    path
}

fn refusal(path: &Path, options: &Reading) -> String {
    let error = read(path, options).unwrap_err();
    format!("{error}\nhelp: {}", error.help().unwrap_or_default()).replace(&path.parent().unwrap().display().to_string(), "")
}

#[test]
fn the_consistent_sheet_is_chosen_aloud() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["Table_2017", "Table_2017_consistent", "English_Version"], |_| ());
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!(table.provenance.sheet.as_deref(), Some("Table_2017_consistent"));
    assert_eq!(beside_the_unit(&table).iter().map(|f| f.code).collect::<Vec<_>>(), ["sheet-chosen"]);
    assert!(table.provenance.notes[0].contains("English_Version"), "{:?}", table.provenance.notes);
    let named = read(&path, &sheet("English_Version")).unwrap();
    assert!(beside_the_unit(&named).is_empty());
}

#[test]
fn several_sheets_without_a_choice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["Table_2018", "Table_2018_English Version"], |_| ());
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("2 sheets hold a table: Table_2018, Table_2018_English Version") && text.contains("`sheet`"), "{text}");
    let Some(sic) = shared(SIC) else { return };
    let text = refusal(&sic, &Reading::default());
    assert!(text.contains("4 sheets hold a table: 2002-8, 2007-8, 2002-17, 2007-17"), "{text}");
}

#[test]
fn unknown_sheets_and_sheets_without_a_table_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["Table_2017"], |_| ());
    let text = refusal(&path, &sheet("Table_2071"));
    assert!(
        text.contains("unknown sheet \"Table_2071\"") && text.contains("did you mean \"Table_2017\"? the sheets are: Readme, Table_2017"),
        "{text}"
    );
    let text = refusal(&path, &sheet("Readme"));
    assert!(text.contains("[Readme]: the sheet holds no table") && text.contains("sheets that look right: Table_2017"), "{text}");
    let path = small(folder.path(), &[], |_| ());
    assert!(refusal(&path, &Reading::default()).contains("none of its sheets (Readme) holds a table"));
}

#[test]
fn cells_that_are_no_numbers_are_refused_with_their_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["T"], |s| {
        s.write(6, 5, "n.a.").unwrap();
    });
    assert!(refusal(&path, &Reading::default()).starts_with("/small.xlsx[T]!F7: expected a number, found \"n.a.\""));
    let path = small(folder.path(), &["T"], |s| {
        s.write(6, 5, "nan").unwrap();
    });
    assert!(refusal(&path, &Reading::default()).contains("!F7: expected a number, found \"nan\""));
    let broken = rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!");
    let path = small(folder.path(), &["T"], |s| {
        s.write(6, 20, &broken).unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("!U7: expected a number, found the Excel error #DIV/0!"), "{text}");
}

#[test]
fn empty_flows_are_zero_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["T"], |s| {
        s.write_blank(5, 4, &rust_xlsxwriter::Format::new().set_bold()).unwrap();
        s.write(6, 5, " ").unwrap();
    });
    let table = read(&path, &Reading::default()).unwrap();
    assert_eq!((table.z.get(1, 1), table.z.get(2, 2)), (None, None));
    assert_eq!(beside_the_unit(&table).iter().map(|f| (f.code, f.found)).collect::<Vec<_>>(), [("empty-cells", Some(2.0))]);
}

#[test]
fn missing_blocks_and_unequal_sides_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.xlsx");
    let layout = Layout::default();
    let numbers = Numbers::new(&layout);
    ceads_generator::write(&path, &layout, &numbers, &["T"]);
    let path = small(folder.path(), &["T"], |s| {
        s.write(3, 5, "07").unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("12 sector rows and 12 sector columns differ: number 3 is \"Beijing / Construction\""), "{text}");
    let none = Layout { categories: 0, ..Layout::default() };
    ceads_generator::write(&path, &none, &Numbers::new(&none), &["T"]);
    let text = refusal(&path, &sheet("T"));
    assert!(text.contains("holds no table that isard knows"), "{text}");
    // no column GO and no row TI
    let path = small(folder.path(), &["T"], |s| {
        for c in 0..40 {
            for (r, code) in [(2, "Total output"), (3, "GO")] {
                if c == 34 {
                    s.write(r, c, format!("{code} left out")).unwrap();
                }
            }
        }
        s.write(23, 1, "left out").unwrap();
        s.write(23, 2, "left out").unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("found 3 regions, 4 sectors, final demand: 15 columns, gross output: none"), "{text}");
    assert!(text.contains("missed gross output (column GO or row TI)"), "{text}");
}

#[test]
fn columns_of_unknown_meaning_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["T"], |s| {
        s.write(2, 40, "Check").unwrap();
        s.write(7, 40, 3.5).unwrap();
    });
    let table = read(&path, &Reading::default()).unwrap();
    let remarks = beside_the_unit(&table);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].message.contains("column AO (\"Check\")"), "{}", remarks[0].message);
}

#[test]
fn broken_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path(), &["T"], |_| ());
    let whole = std::fs::read(&path).unwrap();
    for (bytes, expected) in [(&whole[..whole.len() / 2], "not a complete"), (b"region,sector", "neither the mark"), (b"", "0 bytes")] {
        std::fs::write(&path, bytes).unwrap();
        let text = refusal(&path, &Reading::default());
        assert!(text.contains(expected), "{text}");
    }
    let Some(sic) = shared(SIC) else { return };
    let whole = std::fs::read(sic).unwrap();
    let path = folder.path().join("cut.xls");
    for part in [600, 5_000, 60_000, 400_000, 1_000_000, whole.len() - 70_000, whole.len() - 512] {
        std::fs::write(&path, &whole[..part]).unwrap();
        // a cut inside another sheet may leave the wanted one whole; what must not happen is a panic
        if let Err(error) = read(&path, &sheet("2007-17")) {
            println!("{part}: {error}");
        }
    }
}

#[test]
fn a_sic_workbook_is_read_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sic.xlsx");
    sic_generator::write(&path, &["2007-8"], |_| ());
    let table = read(&path, &Reading::default()).unwrap();
    let n = sic_generator::N;
    assert_eq!((table.dim(), table.labels.region_count(), table.y.ncols()), (n, 2, 8));
    for i in 0..n {
        for j in 0..n {
            assert_eq!(table.z.get(i, j), Some(&sic_generator::z(i, j)));
        }
        for d in 0..8 {
            assert_eq!(table.y[[i, d]], sic_generator::y(i, d));
        }
        assert_eq!(table.x[i], sic_generator::x(i));
    }
    let sums = [&table.stock, &table.exports, &table.error, &table.imports].map(|v| v.as_ref().unwrap().sum());
    assert_eq!(sums, [32.0, 48.0, -16.0, 80.0]);
    assert_eq!(table.imports_final.as_ref().unwrap().to_vec(), (0..8).map(|d| 7.0 + d as f64).collect::<Vec<_>>());
    assert!(row_violation(&table) < 1e-12 && column_violation(&table) < 1e-12);
    assert_eq!(table.labels.regions[1].en, "Beijing-Tianjin");
    assert_eq!(table.labels.sectors[12].en, "Electricity, gas, water");
    assert_eq!((table.labels.categories[2].given.as_str(), table.labels.categories[2].en.as_str()), ("政府消费", "Government consumption"));
    assert_eq!(table.value_added[3].0.en, "Operating surplus");
    assert!(beside_the_unit(&table).is_empty(), "{:?}", table.remarks);
}

#[test]
fn spoiled_sic_workbooks_are_refused_or_remarked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sic.xlsx");
    sic_generator::write(&path, &["2002-8", "2007-8"], |_| ());
    assert!(refusal(&path, &Reading::default()).contains("2 sheets hold a table: 2002-8, 2007-8"));
    sic_generator::write(&path, &["2007-8"], |s| {
        s.write(5, 3, "A003").unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("position 2 is A003 in the rows and A002 in the columns"), "{text}");
    sic_generator::write(&path, &["2007-8"], |s| {
        s.write(22, 3, "imports").unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("found 16 sector rows and 8 demand columns; missed row IM"), "{text}");
    sic_generator::write(&path, &["2007-8"], |s| {
        s.write(8, 8, "#").unwrap();
    });
    assert!(refusal(&path, &Reading::default()).starts_with("/sic.xlsx[2007-8]!I9: expected a number, found \"#\""));
    sic_generator::write(&path, &["2007-8"], |s| {
        s.write(29, 9, 1000.0).unwrap();
    });
    let table = read(&path, &Reading::default()).unwrap();
    let remark = beside_the_unit(&table)[0];
    assert_eq!((remark.code, remark.row, remark.found), ("output-not-input", Some(5), Some(table.x[5])));
    assert_eq!(remark.expected, Some(1000.0));
}

#[test]
fn stray_cells_far_from_the_table_do_not_exhaust_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let bold = rust_xlsxwriter::Format::new().set_bold();
    let path = small(folder.path(), &["T"], |s| {
        s.write_blank(1_048_575, 16_383, &bold).unwrap();
    });
    assert!(beside_the_unit(&read(&path, &Reading::default()).unwrap()).is_empty());
    let path = small(folder.path(), &["T"], |s| {
        s.write(1_048_575, 16_383, 1.0).unwrap();
    });
    let text = refusal(&path, &Reading::default());
    assert!(text.contains("[T]: the sheet cannot be read") && text.contains("clear what lies far from the table"), "{text}");
}
