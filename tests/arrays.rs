//! Tables of named arrays: each sample equals what its writer expected; damaged ones are refused, never a crash.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use isard::formats::{Reading, Source, read};
use isard::{Table, Watch};

use crate::support::shared;

mod damage;
mod made;
mod written;

/// Arrays of numbers by name, with their shapes.
pub struct Expected(BTreeMap<String, (Vec<u64>, Vec<f64>)>);

impl Expected {
    fn of(path: &Path) -> Self {
        let mut zip = zip::ZipArchive::new(Cursor::new(fs::read(path).unwrap())).unwrap();
        let names: Vec<String> = zip.file_names().map(|n| n.unwrap().to_string()).collect();
        let mut all = BTreeMap::new();
        for name in names {
            let mut bytes = Vec::new();
            zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
            let file = npyz::NpyFile::new(&bytes[..]).unwrap();
            let (shape, by_columns) = (file.shape().to_vec(), file.order() == npyz::Order::Fortran);
            if let Ok(mut numbers) = file.into_vec::<f64>() {
                if by_columns && shape.len() == 2 {
                    let (r, c) = (shape[0] as usize, shape[1] as usize);
                    numbers = (0..r * c).map(|k| numbers[k / c + k % c * r]).collect();
                }
                all.insert(name.trim_end_matches(".npy").to_string(), (shape, numbers));
            }
        }
        Expected(all)
    }

    fn get(&self, name: &str) -> &[f64] {
        &self.0[name].1
    }

    fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let (shape, numbers) = &self.0[name];
        numbers.chunks(shape[1] as usize).map(<[f64]>::to_vec).collect()
    }
}

/// Refuses numbers that differ by more than 1e-12 of the largest.
fn same(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}: how many");
    let size = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-12 * size, "{what}: number {k} is {a}, expected {b}");
    }
}

/// Sums of blocks of `each` numbers.
fn sums(numbers: &[f64], each: usize) -> Vec<f64> {
    numbers.chunks(each).map(|c| c.iter().sum()).collect()
}

/// What of a table is compared.
#[derive(Clone, Copy)]
struct Held {
    x: bool,
    v: bool,
    f: bool,
    households: bool,
}

const ALL: Held = Held { x: true, v: true, f: true, households: true };

fn compare(name: &str, table: &Table, expected: &Expected, held: Held) {
    same(&format!("{name} Z"), &table.z.to_dense().iter().copied().collect::<Vec<_>>(), expected.get("Z"));
    same(&format!("{name} Y"), &table.y.iter().copied().collect::<Vec<_>>(), expected.get("Y"));
    if held.x {
        same(&format!("{name} x"), &table.x.to_vec(), expected.get("x"));
    }
    if held.v {
        let rows = expected.rows("V");
        assert_eq!(table.value_added.len(), rows.len(), "{name}: rows of value added");
        table.value_added.iter().zip(&rows).for_each(|((_, v), e)| same(&format!("{name} V"), &v.to_vec(), e));
    }
    if held.f {
        let rows = expected.rows("F");
        assert_eq!(table.stressors.len(), rows.len(), "{name}: stressors");
        table.stressors.iter().zip(&rows).for_each(|(s, e)| same(&format!("{name} F"), &s.direct.to_vec(), e));
    }
    if held.households {
        let each = table.labels.categories.len() / table.labels.region_count();
        for (s, e) in table.stressors.iter().zip(expected.rows("FY")) {
            same(&format!("{name} FY"), &s.households.as_ref().unwrap().to_vec(), &sums(&e, each));
        }
    }
}

/// A sample, its expected arrays, what it holds, and the format that must recognise it.
fn samples(root: &Path) -> Vec<(PathBuf, &'static str, Held)> {
    let some = Held { v: false, f: false, households: false, ..ALL };
    [
        ("gen_generic/plain.npz", "npz", some),
        ("gen_generic/Z.mtx", "matrices", Held { x: false, ..some }),
        ("gen_generic/Z_csr.npz", "matrices", Held { x: false, ..some }),
        ("gen_generic/v5_plain.mat", "matlab", Held { f: true, ..some }),
        ("gen_generic/v5_compressed.mat", "matlab", Held { f: true, ..some }),
        ("gen_generic/v5_sparse_struct.mat", "matlab", Held { f: true, ..some }),
        ("gen_emerging/global_mrio_2019.mat", "emerging", Held { households: false, ..ALL }),
        ("gen_emerging/EMERGING_V2_2020.mat", "emerging", Held { f: false, households: false, ..ALL }),
        ("gen_r_files/wiot1995.RData", "r", some),
        ("gen_mrio_toolbox_save/demo_2020.nc", "mrio-toolbox", Held { x: false, ..ALL }),
        ("gen_mrio_toolbox_save/demo_folder", "mrio-toolbox", Held { x: false, ..ALL }),
    ]
    .into_iter()
    .map(|(path, format, held)| (root.join(path), format, held))
    .collect()
}

fn table(path: &Path, format: &str) -> Table {
    let found = isard::formats::format_of(path, None).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(found.name, format, "{}", path.display());
    read(path, &Reading::default()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The miniatures of the repository, or those of another run of their writers.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts");
    std::env::var_os("ISARD_LAYOUT_SAMPLES").map_or(own, PathBuf::from)
}

#[test]
fn samples_of_named_arrays_are_recognised_and_equal_what_their_writers_expect() {
    let root = root();
    for (path, format, held) in samples(&root) {
        let expected = Expected::of(&path.parent().unwrap().join("expected.npz"));
        compare(&path.display().to_string(), &table(&path, format), &expected, held);
    }
}

#[test]
fn samples_of_other_programs_are_read() {
    if let Some(folder) = shared("world/layout_samples/gen_mrio_toolbox_save") {
        let table = table(&folder.join("written_by_mrio_toolbox_1.2.7.nc"), "mrio-toolbox");
        compare("mrio_toolbox", &table, &Expected::of(&folder.join("expected.npz")), Held { x: false, ..ALL });
    }
    // real extracts of the ICIO and the WIOD, packed with bzip2: flows and final demand in one matrix with names
    for (name, regions, rows, columns) in [("iciotest_data", 10, 30, 12), ("wiodtest_data", 6, 18, 12)] {
        if let Some(path) = shared(&format!("world/layout_samples/real_rda_exvatools/{name}.rda")) {
            let table = read(&path, &Reading::default()).unwrap();
            assert_eq!((table.labels.region_count(), table.dim(), table.labels.categories.len()), (regions, rows, columns));
            assert_eq!((table.labels.row_name(0).as_str(), table.labels.categories[1].given.as_str()), ("ESP / 01T09", "INVST"));
            assert!(table.remarks.iter().any(|r| r.code == "matrix-taken-apart"));
        }
    }
    // totals alone are no table: what is there is listed
    if let Some(totals) = shared("world/layout_samples/real_mat_v5/ProIOT_Totals.mat") {
        let refusal = read(&totals, &Reading::default()).unwrap_err().to_string();
        assert!(refusal.contains("there are: total1997 (40 x 31), total2002 (42 x 31)"), "{refusal}");
    }
}

#[test]
fn rex3_has_one_column_of_demand_a_region_and_value_added_among_its_indicators() {
    let root = root();
    let expected = Expected::of(&root.join("gen_rex3/expected.npz"));
    for folder in ["gen_rex3", "gen_rex3/REX3_2020"] {
        let table = table(&root.join(folder), "rex3");
        compare(folder, &table, &expected, Held { v: false, f: false, households: false, x: true });
        let rows = expected.rows("F");
        same("emissions", &table.stressors[0].direct.to_vec(), &rows[0]);
        same("value added", &table.value_added[0].1.to_vec(), &rows[2]);
        same("households", &table.stressors[1].households.as_ref().unwrap().to_vec(), &expected.rows("FY")[1]);
        assert_eq!((table.stressors[0].name.as_str(), table.stressors[0].unit.as_str()), ("Climate change", "kg CO2eq"));
        assert!(table.labels.sectors[1].given.starts_with(char::is_alphabetic), "{}", table.labels.sectors[1].given);
    }
}

#[test]
fn fabio_is_read_by_year_and_the_year_is_told() {
    let root = root();
    let expected = Expected::of(&root.join("gen_r_files/expected.npz"));
    let folder = root.join("gen_r_files");
    let last = table(&folder, "fabio");
    compare("fabio", &last, &expected, Held { v: false, f: false, households: false, x: true });
    assert!(last.remarks.iter().any(|r| r.code == "year-chosen" && r.message.contains("2019, 2020")), "{:?}", last.remarks);
    assert!(last.remarks.iter().any(|r| r.code == "units-mixed"));
    same("land", &last.stressors[0].direct.to_vec(), &expected.rows("F")[0]);
    let half = read(&folder, &Reading { sheet: Some("2019".into()), ..Reading::default() }).unwrap();
    let halved: Vec<f64> = expected.get("Z").iter().map(|v| v / 2.0).collect();
    same("half", &half.z.to_dense().iter().copied().collect::<Vec<_>>(), &halved);
    let refusal = read(&folder, &Reading { sheet: Some("1999".into()), ..Reading::default() }).unwrap_err().to_string();
    assert!(refusal.contains("no year 1999, only 2019, 2020"), "{refusal}");
}

#[test]
fn wiod_in_r_has_value_added_below_and_totals_left_out() {
    let root = root();
    let expected = Expected::of(&root.join("gen_wiod2016/expected.npz"));
    let table = table(&root.join("gen_r_files/WIOT2014_October16_ROW.RData"), "wiod-r");
    compare("wiod", &table, &expected, Held { f: false, households: false, ..ALL });
    assert_eq!(table.labels.categories[0].given, "CONS_h");
}

#[test]
fn useeio_gives_flows_from_coefficients_and_a_vector_of_demand() {
    let root = root();
    let expected = Expected::of(&root.join("gen_useeio/expected.npz"));
    let table = table(&root.join("gen_useeio/api"), "useeio-api");
    same("Z", &table.z.to_dense().iter().copied().collect::<Vec<_>>(), expected.get("Z"));
    same("x", &table.x.to_vec(), expected.get("x"));
    let columns = expected.rows("Y")[0].len();
    same("y", &table.y.iter().copied().collect::<Vec<_>>(), &sums(expected.get("Y"), columns));
    table.stressors.iter().zip(expected.rows("F")).for_each(|(s, e)| same("F", &s.direct.to_vec(), &e));
}

#[test]
fn what_is_no_table_is_refused_by_the_name_of_its_layout() {
    let root = root();
    for (path, words) in [
        ("gen_exio3rx/EXIOBASE_3rx_aggLandUseExtensions_2010_pxp.mat", "EXIOBASE 3rx"),
        ("gen_gtap_har/basedata.har", "VDFB (3 x 3 x 2)"),
        ("gen_r_files/named_matrix.rds", "there are: named_matrix (9 x 9)"),
    ] {
        let refusal = read(&root.join(path), &Reading::default()).unwrap_err().to_string();
        assert!(refusal.contains(words), "{path}: {refusal}");
    }
}

/// Whether looking at a file and reading it ends in a table or an error.
fn ends(path: &Path) -> bool {
    let _ = Source::open(path).map(|s| isard::formats::probe::probes(&s).len());
    read(path, &Reading { watch: Watch::default(), ..Reading::default() }).is_ok()
}
