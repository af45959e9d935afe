//! Excel workbooks: the State Information Centre layout, the CEADs layout, and what is refused.

use std::path::{Path, PathBuf};

use isard::Table;
use isard::io::{Options, read};

/// A file of the shared data, where present; says that the test skips it where not.
pub fn shared(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    if !path.exists() {
        println!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

const SIC: &str = "china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls";

fn sheet(name: &str) -> Options {
    Options { sheet: Some(name.into()), ..Options::default() }
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
        assert!(table.remarks.iter().all(|f| f.code == "empty-cells"), "{:?}", table.remarks);
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
