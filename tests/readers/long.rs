//! Long-form folders.

use std::io::Write;
use std::path::{Path, PathBuf};

use isard::Table;
use isard::formats::{Encoding, Reading};

use super::by_name::{long, npz};

use super::{files_below, put, refusal, shared};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/long_small")
}

fn read(folder: &Path) -> isard::Result<Table> {
    long::read(folder, &Reading::default())
}

/// A copy of the fixture that may be changed.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files_below(&fixture()) {
        put(folder.path(), &file.display().to_string(), std::fs::read(fixture().join(&file)).unwrap());
    }
    folder
}

fn text(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

fn same_bits<'a>(one: impl IntoIterator<Item = &'a f64>, other: impl IntoIterator<Item = &'a f64>) -> bool {
    let bits = |v: &f64| v.to_bits();
    one.into_iter().map(bits).eq(other.into_iter().map(bits))
}

/// Every number and label of two tables, to the last bit.
fn assert_same(one: &Table, other: &Table) {
    let given = |t: &Table| {
        let names = |list: &[isard::labels::Name]| list.iter().map(|n| n.given.clone()).collect::<Vec<_>>();
        let l = &t.labels;
        (names(&l.regions), names(&l.sectors), names(&l.categories), l.offsets.clone(), l.demand_offsets.clone())
    };
    assert_eq!(given(one), given(other));
    assert_eq!((one.z.indptr().raw_storage(), one.z.indices()), (other.z.indptr().raw_storage(), other.z.indices()));
    assert!(same_bits(one.z.data(), other.z.data()), "Z");
    assert!(same_bits(&one.y, &other.y), "Y");
    assert!(same_bits(&one.x, &other.x), "x");
    for (a, b) in [
        (&one.exports, &other.exports),
        (&one.stock, &other.stock),
        (&one.error, &other.error),
        (&one.imports, &other.imports),
        (&one.imports_final, &other.imports_final),
    ] {
        assert_eq!(a.is_some(), b.is_some());
        assert!(same_bits(a.iter().flatten(), b.iter().flatten()));
    }
    assert_eq!(one.value_added.len(), other.value_added.len());
    for ((name, a), (other_name, b)) in one.value_added.iter().zip(&other.value_added) {
        assert!(name.given == other_name.given && same_bits(a, b), "{name}");
    }
    assert_eq!(one.stressors.len(), other.stressors.len());
    for (a, b) in one.stressors.iter().zip(&other.stressors) {
        assert_eq!((&a.name, &a.unit, a.households.is_some()), (&b.name, &b.unit, b.households.is_some()));
        assert!(same_bits(&a.direct, &b.direct) && same_bits(a.households.iter().flatten(), b.households.iter().flatten()), "{}", a.name);
    }
    assert_eq!((&one.unit, &one.provenance.stamp), (&other.unit, &other.provenance.stamp));
}

#[test]
fn the_small_folder_gives_the_numbers_of_its_readme() {
    let table = isard::formats::read(&fixture(), &Reading::default()).unwrap();
    assert_eq!((table.labels.offsets.as_slice(), table.labels.demand_offsets.as_slice()), ([0, 2, 5].as_slice(), [0, 2, 4].as_slice()));
    assert_eq!((table.labels.regions[0].given.as_str(), table.labels.regions[0].en.as_str()), ("北京", "Beijing"));
    assert_eq!(table.x.to_vec(), [101.5, 144.5, 76.0, 178.0, 59.25]);
    assert_eq!((table.z.nnz(), table.z.data().iter().sum::<f64>(), table.y.sum()), (24, 274.0, 251.0));
    assert_eq!((table.z.get(3, 0), table.y[[2, 3]]), (Some(&25.0), -1.0));
    assert_eq!(table.row_imbalance().to_vec(), [0.0; 5]);
    assert_eq!(table.total_value_added().to_vec(), [25.5, 85.5, 49.0, 75.0, 29.0]);
    assert_eq!((&table.purchases() + &table.total_value_added() + table.imports.as_ref().unwrap()).to_vec(), table.x.to_vec());
    let [co2, ch4] = table.stressors.as_slice() else { panic!("two stressors") };
    assert_eq!((co2.unit.as_str(), co2.direct.sum(), co2.households.as_ref().unwrap().to_vec()), ("Mt", 140.5, vec![5.0, 9.5]));
    assert_eq!((ch4.unit.as_str(), ch4.direct.sum(), ch4.households.is_none()), ("kt", 12.5, true));
    assert_eq!(table.imports_final.as_ref().unwrap().to_vec(), [3.0, 0.0, 2.0, 5.0]);
    assert_eq!((table.unit.as_str(), table.provenance.stamp.as_deref()), ("10^8 yuan", Some("SYNTHETIC")));
    assert_eq!(table.provenance.notes, ["Two provinces", "invented for tests"]);
    assert_eq!(table.provenance.files.len(), 10);
    assert!(table.remarks.is_empty(), "{:?}", table.remarks);
}

#[test]
fn a_written_table_reads_back_bit_for_bit() {
    let place = tempfile::tempdir().unwrap();
    let mut table = read(&fixture()).unwrap();
    // Numbers that a careless writer loses.
    table.x[0] = 0.1 + 0.2;
    table.y[[1, 3]] = -0.0;
    table.exports.as_mut().unwrap()[1] = 5e-324;
    table.stressors[0].direct[0] = f64::MAX;
    table.stressors[1].direct.fill(-0.0);
    table.value_added[0].1[2] = 1.0 / 3.0;
    *table.z.data_mut().first_mut().unwrap() = 1e-17;
    let folder = place.path().join("new/t");
    long::write(&table, &folder).unwrap();
    let again = read(&folder).unwrap();
    assert_same(&table, &again);
    assert!(again.remarks.is_empty());
    assert!(again.provenance.notes.iter().any(|n| n.contains("columns.csv (SHA-256 ")), "{:?}", again.provenance.notes);
    assert_eq!(std::fs::read_dir(place.path().join("new")).unwrap().count(), 1, "nothing is left beside the folder");
}

#[test]
fn a_table_without_any_optional_part_reads_back_too() {
    let place = tempfile::tempdir().unwrap();
    let mut table = read(&fixture()).unwrap();
    (table.exports, table.stock, table.error, table.imports, table.imports_final) = (None, None, None, None, None);
    table.value_added.clear();
    table.stressors.clear();
    long::write(&table, &place.path().join("t")).unwrap();
    assert_same(&table, &read(&place.path().join("t")).unwrap());
}

#[test]
fn a_folder_that_exists_is_not_written_over() {
    let place = tempfile::tempdir().unwrap();
    let table = read(&fixture()).unwrap();
    let message = refusal(long::write(&table, place.path()));
    assert!(message.contains("cannot create") && message.contains("`force`"), "{message}");
    let mut table = table;
    table.labels.sectors[1] = table.labels.sectors[0].clone();
    let message = refusal(long::write(&table, &place.path().join("t")));
    assert!(message.contains("the sector \"Industry\" of Beijing is empty or comes twice"), "{message}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn compressed_files_and_files_in_gbk_are_read_alike() {
    let plain = read(&fixture()).unwrap();
    let folder = copy();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(text(folder.path(), "flows.csv").as_bytes()).unwrap();
    put(folder.path(), "flows.csv.gz", gz.finish().unwrap());
    assert!(refusal(read(folder.path())).contains("there is also flows.csv.gz"));
    std::fs::remove_file(folder.path().join("flows.csv")).unwrap();
    assert_same(&plain, &read(folder.path()).unwrap());

    for file in ["sectors.csv", "categories.csv"] {
        let chinese = text(&fixture(), file);
        let (gbk, _, lossy) = encoding_rs::GBK.encode(&chinese);
        assert!(!lossy);
        put(folder.path(), file, &gbk);
    }
    let options = Reading { encoding: Encoding::Gbk, ..Reading::default() };
    assert_same(&plain, &long::read(folder.path(), &options).unwrap());
    let message = refusal(read(folder.path()));
    assert!(message.contains("sectors.csv:2:1: byte 0xb1 is not UTF-8") && message.contains("`encoding` gbk"), "{message}");
}

#[test]
fn without_a_list_of_categories_the_demand_tells_them() {
    let folder = copy();
    std::fs::remove_file(folder.path().join("categories.csv")).unwrap();
    assert_same(&read(&fixture()).unwrap(), &read(folder.path()).unwrap());
}

#[test]
fn columns_may_stand_in_any_order_and_lines_may_be_empty() {
    let folder = copy();
    let turned: String = text(folder.path(), "flows.csv")
        .lines()
        .map(|l| l.split(',').rev().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ").replace(", ", ",") + "\r\n")
        .collect();
    put(folder.path(), "flows.csv", format!("\u{feff}{turned}\r\n"));
    assert_same(&read(&fixture()).unwrap(), &read(folder.path()).unwrap());
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_cell() {
    let cases: [(&str, &str, &str, &str); 19] = [
        ("flows.csv", "Industry,20\n", "Industry,20\r\n\r\nBeijing,Trade,Hebei,Industry,1\r\n", "flows.csv:4:2: unknown sector \"Trade\""),
        ("flows.csv", "Industry,20\n", "Industry,20\n\n\nBeijing,Trade,Hebei,Industry,1\n", "flows.csv:5:2: unknown sector \"Trade\""),
        ("flows.csv", "Industry,20\n", "Industry,n.a.\n", "flows.csv:2:5: expected a number, found \"n.a.\""),
        ("flows.csv", "Industry,20\n", "Industry,\n", "flows.csv:2:5: expected a number, found \"\""),
        ("flows.csv", "Industry,20\n", "Industry\n", "flows.csv:2: expected 5 cells as in the heading, found 4"),
        (
            "flows.csv",
            "Beijing,Services,10\n",
            "Beijing,Service,10\n",
            "flows.csv:3:4: unknown sector \"Service\"\nhelp: did you mean \"Services\"?",
        ),
        (
            "flows.csv",
            "Beijing,Services,10\n",
            "Beijng,Services,10\n",
            "flows.csv:3:3: unknown region \"Beijng\"\nhelp: did you mean \"Beijing\"?",
        ),
        (
            "flows.csv",
            "Beijing,Services,10\n",
            "Beijing,Industry,10\n",
            "flows.csv:3: the flow Beijing / Industry -> Beijing / Industry is given twice: it is already in line 2",
        ),
        ("flows.csv", "value", "vlaue", "flows.csv:1:5: unknown column \"vlaue\"\nhelp: did you mean \"value\"?"),
        ("flows.csv", "to_sector,value", "to_sector,to_sector", "the column \"to_sector\" comes twice"),
        (
            "demand.csv",
            "government,2\n",
            "goverment,2\n",
            "demand.csv:3:4: unknown category \"goverment\"\nhelp: did you mean \"government\"?",
        ),
        ("columns.csv", "Hebei,Agriculture,76", "Hebei,Services,76", "the row Hebei / Services is given twice: it is already in line 4"),
        ("columns.csv", "output", "exports ", "the column \"exports\" comes twice"),
        ("sectors.csv", "北京,Services\n", "北京,Industry\n", "sectors.csv:3:2: \"北京 / Industry\" comes twice"),
        ("sectors.csv", "北京,Services\n", "河北,Services\n", "\"河北 / Services\" comes twice"),
        ("emissions.csv", "Services,CO2,Mt", "Services,CO2,kt", "emissions.csv:3:4: the unit of CO2 is \"Mt\", here it is \"kt\""),
        (
            "households.csv",
            "Hebei,CO2,Mt",
            "Hebei,SO2,Mt",
            "households.csv:3:2: unknown stressor \"SO2\" (not in emissions.csv)\nhelp: did you mean \"CO2\"?",
        ),
        ("table.toml", "unit =", "unitt =", "table.toml:3:1: unknown field `unitt`"),
        ("table.toml", "format = 1", "format = 2", "table.toml: expected format = 1, found 2"),
    ];
    for (file, from, to, expected) in cases {
        let folder = copy();
        let old = text(folder.path(), file);
        assert!(old.contains(from), "{file} holds {from:?}");
        put(folder.path(), file, old.replacen(from, to, 1));
        let message = refusal(read(folder.path()));
        assert!(message.contains(expected), "{file}, {from:?} -> {to:?}: {message}");
    }
}

#[test]
fn files_that_are_missing_are_named() {
    for file in ["sectors", "flows", "demand", "columns"] {
        let folder = copy();
        std::fs::remove_file(folder.path().join(format!("{file}.csv"))).unwrap();
        let message = refusal(read(folder.path()));
        assert!(message.contains(&format!("the folder holds no {file}.csv or {file}.csv.gz")), "{message}");
    }
    let folder = copy();
    put(folder.path(), "columns.csv", text(folder.path(), "columns.csv").rsplit_once("\nHebei").unwrap().0);
    let message = refusal(read(folder.path()));
    assert!(message.contains("expected 5 lines, found 4: Hebei / Services is missing"), "{message}");
}

#[test]
fn emissions_that_are_not_given_are_remarked() {
    let folder = copy();
    put(folder.path(), "emissions.csv", "region,sector,stressor,value\nBeijing,Industry,CO2,30\n");
    put(folder.path(), "households.csv", "region,stressor,value\nHebei,CO2,9.5\n");
    let table = read(folder.path()).unwrap();
    let codes: Vec<_> = table.remarks.iter().map(|r| (r.code, r.found, r.expected)).collect();
    let expected = [
        ("emissions-unit-unknown", None, None),
        ("emissions-missing-sector", Some(1.0), Some(5.0)),
        ("households-missing-region", Some(1.0), Some(2.0)),
    ];
    assert_eq!(codes, expected);
    let manifest = text(folder.path(), "table.toml");
    put(folder.path(), "table.toml", format!("{manifest}emissions_unit = \"Mt\"\n"));
    assert_eq!(read(folder.path()).unwrap().stressors[0].unit, "Mt");
    put(folder.path(), "table.toml", format!("{manifest}emissions_unit = {{ CO2 = \"Mt\", SO2 = \"t\" }}\n"));
    assert!(refusal(read(folder.path())).contains("unknown stressor \"SO2\""));
}

#[test]
fn a_nan_and_a_line_of_zero_are_read_as_they_stand() {
    let folder = copy();
    let flows = text(folder.path(), "flows.csv").replacen("Industry,20\n", "Industry,NaN\n", 1) + "Beijing,Industry,Hebei,Agriculture,0\n";
    put(folder.path(), "flows.csv", flows);
    let table = read(folder.path()).unwrap();
    assert!(table.z.get(0, 0).unwrap().is_nan());
    assert_eq!((table.z.nnz(), table.z.get(0, 2)), (24, None));
}

#[test]
fn no_changed_byte_of_a_file_makes_the_reader_panic() {
    let folder = copy();
    for file in files_below(folder.path()) {
        let good = std::fs::read(folder.path().join(&file)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] = [b',', b'\n', b'"', 0xff][at % 4];
            put(folder.path(), &file.display().to_string(), &bad);
            let _ = read(folder.path());
        }
        put(folder.path(), &file.display().to_string(), &good);
    }
}

#[test]
fn a_table_of_1302_rows_survives_the_round_trip() {
    let Some(path) = shared("china/mrio_31x42_2017_modelled/mrio31x42_2017.npz") else { return };
    let place = tempfile::tempdir().unwrap();
    let table = npz::read(&path).unwrap();
    let start = std::time::Instant::now();
    long::write(&table, &place.path().join("t")).unwrap();
    let written = start.elapsed();
    let again = read(&place.path().join("t")).unwrap();
    println!("{} flows written in {written:.1?}, read in {:.1?}", table.z.nnz(), start.elapsed() - written);
    assert_same(&table, &again);
}
