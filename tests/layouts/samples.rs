//! The samples beside the repository against the arrays that their writers expect; names in brackets are options.

use std::fs::File;
use std::path::Path;

use isard::formats::{Reading, read};
use isard::{Table, formats};
use ndarray::Array2;

use super::{apart, table, written};
use crate::support::shared;

/// An array of `expected.npz`, as a matrix.
fn expected(folder: &Path, name: &str) -> Option<Array2<f64>> {
    let mut archive = zip::ZipArchive::new(File::open(folder.join("expected.npz")).unwrap()).unwrap();
    let file = npyz::NpyFile::new(archive.by_name(&format!("{name}.npy")).ok()?).unwrap();
    let by_columns = file.order() == npyz::Order::Fortran;
    let shape: Vec<usize> = file.shape().iter().map(|s| *s as usize).collect();
    let numbers: Vec<f64> = file.into_vec().unwrap();
    let (rows, columns) = (shape[0], shape.get(1).copied().unwrap_or(1));
    let shape = ndarray::ShapeBuilder::set_f((rows, columns), by_columns);
    Some(Array2::from_shape_vec(shape, numbers).unwrap())
}

/// Z, Y, x; V where it has as many rows, else their sum; F and FY by region, of the accounts that were read.
fn compare(name: &str, table: &Table, folder: &Path) {
    let of = |key: &str| expected(folder, key);
    assert!(apart(&table.z.to_dense(), &of("Z").unwrap()) < 1e-12, "{name}: Z");
    if let Some(y) = of("Y").filter(|y| y.dim() == table.y.dim()) {
        assert!(apart(&table.y, &y) < 1e-12, "{name}: Y");
    }
    assert!(apart(&table.x, &of("x").unwrap()) < 1e-12, "{name}: x");
    if let Some(v) = of("V").filter(|_| !table.value_added.is_empty()) {
        let sums: Vec<f64> = v.columns().into_iter().map(|c| c.sum()).collect();
        if v.nrows() == table.value_added.len() {
            for (k, (_, row)) in table.value_added.iter().enumerate() {
                assert!(apart(row, v.row(k)) < 1e-12, "{name}: V");
            }
        } else {
            assert!(apart(&table.total_value_added(), &sums) < 1e-12, "{name}: V");
        }
    }
    let (f, fy) = (of("F"), of("FY"));
    for (k, stressor) in table.stressors.iter().enumerate() {
        if let Some(f) = &f {
            assert!(apart(&stressor.direct, f.row(k)) < 1e-12, "{name}: F");
        }
        if let (Some(fy), Some(households)) = (&fy, &stressor.households) {
            let c = fy.ncols() / households.len();
            let sums: Vec<f64> = (0..households.len()).map(|r| fy.row(k).iter().skip(r * c).take(c).sum()).collect();
            assert!(apart(households, &sums) < 1e-12, "{name}: FY");
        }
    }
}

#[test]
fn every_miniature_is_recognised_and_reads_to_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for sample in written::all(folder.path()) {
        let format = formats::format_of(&sample.path, None).unwrap_or_else(|e| panic!("{}: {e}", sample.name));
        assert_eq!(format.name, sample.name);
        sample.mini.check(sample.name, &table(&sample.path), &sample.values, sample.accounts);
    }
}

#[test]
fn samples_read_to_the_arrays_of_their_writers() {
    const AIR: [&str; 3] =
        ["air_emissions/CO2 - combustion - air", "air_emissions/CH4 - combustion - air", "employment/Employment hours: Low-skilled male"];
    const OLD: [&str; 3] =
        ["satellite/CO2 - combustion - air", "satellite/CH4 - combustion - air", "satellite/Employment hours: Low-skilled male"];
    for (name, file, factors) in [
        ("oecd-2023", "gen_oecd_icio/2016-2022_SML.zip", &[][..]),
        ("oecd-2023", "gen_oecd_icio/2020.csv", &[]),
        ("oecd-2021", "gen_oecd_icio/ICIO2021_2018.csv", &[]),
        ("figaro", "gen_figaro/matrix_eu-ic-io_ind-by-ind_25ed_2022.csv", &[]),
        ("figaro-flat", "gen_figaro/flatfile_eu-ic-io_ind-by-ind_25ed_2022.csv", &[]),
        ("wiod-2016", "gen_wiod2016/WIOT2014_Nov16_ROW.xlsb", &[]),
        ("adb", "gen_adb_mrio/ADB-MRIO62-2022_August 2024.xlsx", &[]),
        ("eora-full", "gen_eora_full", &[]),
        ("gloria", "gen_gloria", &[]),
        ("useeio", "gen_useeio/USEEIOv2.5-demo-20.xlsx", &[]),
        ("pymrio", "gen_exiobase3_new/IOT_2020_ixi.zip", &AIR),
        ("pymrio", "gen_exiobase3_new/IOT_2019_ixi.zip", &OLD),
    ] {
        let Some(path) = shared(&format!("world/layout_samples/{file}")) else { continue };
        assert_eq!(formats::format_of(&path, None).unwrap().name, name, "{file}");
        let reading = Reading { factors: factors.iter().map(|f| f.to_string()).collect(), ..Reading::default() };
        let table = read(&path, &reading).unwrap_or_else(|e| panic!("{file}: {e}"));
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap() };
        compare(file, &table, folder);
    }
}

#[test]
fn the_ceads_workbook_of_2018_reads_in_both_languages() {
    let Some(path) = shared("world/layout_samples/gen_ceads_2018/MRIO 2018.xlsx") else { return };
    for sheet in ["Table_2018", "Table_2018_English Version"] {
        let table = read(&path, &Reading { sheet: Some(sheet.into()), ..Reading::default() }).unwrap();
        compare(sheet, &table, path.parent().unwrap());
        let of = |key: &str| expected(path.parent().unwrap(), key).unwrap();
        assert!(apart(table.exports.as_ref().unwrap(), &of("EX")) < 1e-12 && apart(table.error.as_ref().unwrap(), &of("ERR")) < 1e-12);
        assert!(apart(table.imports.as_ref().unwrap(), &of("IM")) < 1e-12, "{sheet}");
    }
}

#[test]
fn the_parts_of_china_and_mexico_stay_apart_by_one_word_of_the_description() {
    let Some(path) = shared("world/layout_samples/gen_oecd_icio/2020.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.toml");
    let text = formats::description(&path, None).unwrap();
    assert!(text.contains("divided = \"melted\""));
    std::fs::write(&mine, text.replace("divided = \"melted\"", "divided = \"split\"")).unwrap();
    let table = read(&path, &Reading { layout: Some(mine), ..Reading::default() }).unwrap();
    let of = |key: &str| expected(path.parent().unwrap(), key).unwrap();
    assert!(apart(&table.z.to_dense(), &of("split_Z")) < 1e-12 && apart(&table.y, &of("split_Y")) < 1e-12);
    assert!(table.provenance.notes.iter().any(|n| n.contains("region CHN are empty and were left out")));
    // demand of China belongs to a region of no rows
    let labels = &table.labels;
    let china = labels.regions.iter().position(|n| n.given == "CHN").unwrap();
    assert_eq!((labels.rows(china).len(), labels.demand(china).len()), (0, 6));
}

/// Supply and use of one folder in both forms, and of EXIOBASE: products sell what `U` and `Yu` hold, industries what `S` holds.
#[test]
fn supply_and_use_tables_are_one_system_of_industries_and_products() {
    for (name, folder, file, regions) in [
        ("figaro-sut", "gen_figaro", "", 5),
        ("figaro-sut-flat", "gen_figaro", "", 5),
        ("exiobase-sut", "gen_exiobase3_new", "MRSUT_2011.zip", 3),
    ] {
        let Some(folder) = shared(&format!("world/layout_samples/{folder}")) else { continue };
        let table = read(&folder.join(file), &Reading { format: Some(name.into()), ..Reading::default() }).unwrap();
        let of = |key: &str| expected(&folder, key);
        let (uses, demand) = (of("U").or_else(|| of("Z")).unwrap(), of("Yu").or_else(|| of("Y")).unwrap());
        let z = table.z.to_dense();
        // each region has its four industries and then its four products
        let at = |k: usize, product: bool| k / 4 * 8 + k % 4 + if product { 4 } else { 0 };
        let n = 4 * regions;
        let block = |rows: bool, columns: bool| Array2::from_shape_fn((n, n), |(i, j)| z[[at(i, rows), at(j, columns)]]);
        assert!(apart(&block(true, false), &uses) < 1e-12, "{name}: U");
        let supply = of("S").unwrap_or_else(|| Array2::from_diag(&ndarray::Array1::from_iter(of("x").unwrap().iter().copied())));
        assert!(apart(block(false, true).t(), &supply) < 1e-12, "{name}: S");
        assert!(block(true, true).iter().chain(&block(false, false)).all(|v| *v == 0.0), "{name}");
        let y = Array2::from_shape_fn(demand.dim(), |(i, d)| table.y[[at(i, true), d]]);
        assert!(apart(&y, &demand) < 1e-12, "{name}: Y");
    }
}

/// What third parties' mocks hold is read by their own parsers elsewhere; here, that every one is recognised and whole.
#[test]
fn mocks_of_other_tools_read() {
    for (name, file, rows, columns, values, stressors) in [
        ("oecd-2016", "oecd_mock/ICIO2016_2003.csv", 32, 24, 1, 0),
        ("oecd-2018", "oecd_mock/ICIO2018_2010.CSV", 40, 25, 2, 0),
        ("oecd-2018", "oecd_mock/ICIO2018_2010.zip", 40, 25, 2, 0),
        ("wiod-2013", "wiod_mock/wiot09_row_sep12.xlsx", 48, 30, 6, 0),
        ("eora26", "eora26_mock", 48, 42, 1, 2),
        ("exiobase-2", "exio1_mock", 48, 42, 1, 2),
        ("exiobase-2", "exio2_mock/mrIOT_PxP_ita_coefficient_version2.2.2.zip", 48, 42, 1, 7),
        ("mario-csv", "mario_saved/iot_export_csv/flows", 6, 2, 3, 2),
        ("mario-data", "mario_saved/iot_export_csv/coefficients", 6, 2, 3, 2),
        ("mario-data", "mario_saved/iot_export_csv/coefficients/data.csv", 6, 2, 3, 2),
        ("mario-xlsx", "mario_saved/iot_export.xlsx", 6, 2, 3, 2),
        ("mario-xlsx", "mario_workbooks/test_IOT_standard.xlsx", 6, 2, 3, 2),
        ("mario-sut", "mario_workbooks/test_SUT_standard.xlsx", 8, 2, 3, 2),
        ("mario-table", "mario_workbooks/test_IOT_special.xlsx", 6, 2, 3, 2),
        ("mario-table", "mario_workbooks/custom_iot_filled.xlsx", 4, 2, 2, 1),
    ] {
        let Some(path) = shared(&format!("world/layout_samples/{file}")) else { continue };
        let format = formats::format_of(&path, None).unwrap_or_else(|e| panic!("{file}: {e}"));
        let found = table(&path);
        let shape = (found.dim(), found.y.ncols(), found.value_added.len(), found.stressors.len());
        assert_eq!((format.name, shape), (name, (rows, columns, values, stressors)), "{file}");
    }
}

/// One table saved by MARIO in five ways.
#[test]
fn one_table_that_mario_saved_is_the_same_in_every_form() {
    let at = |file: &str| shared(&format!("world/layout_samples/{file}"));
    let Some(first) = at("mario_saved/iot_export_csv/flows") else { return };
    let first = table(&first);
    for file in ["mario_saved/iot_export_csv/coefficients", "mario_saved/iot_export.xlsx"] {
        let other = table(&at(file).unwrap());
        assert_eq!(first.labels, other.labels, "{file}");
        assert!(apart(&first.z.to_dense(), &other.z.to_dense()) < 1e-12 && apart(&first.y, &other.y) < 1e-12, "{file}");
        assert!(apart(&first.x, &other.x) < 1e-12, "{file}");
        for k in 0..3 {
            assert!(apart(&first.value_added[k].1, &other.value_added[k].1) < 1e-12, "{file}");
        }
        for k in 0..2 {
            assert!(apart(&first.stressors[k].direct, &other.stressors[k].direct) < 1e-12, "{file}");
            assert_eq!((&first.stressors[k].name, &first.stressors[k].unit), (&other.stressors[k].name, &other.stressors[k].unit));
        }
        let households = |t: &isard::Table| t.stressors[1].households.clone().unwrap().to_vec();
        assert!(apart(&households(&first), &households(&other)) < 1e-12, "{file}");
    }
}
