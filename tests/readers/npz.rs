//! numpy archives.

use super::by_name::npz;
use isard::Table;
use isard::finding::Level;

use super::{put, refusal, shared, zip_of};

/// A `.npy` member: version 1.0, header padded to 64 bytes.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", length.as_slice(), header.as_bytes(), data].concat()
}

fn f8(shape: &str, values: &[f64]) -> Vec<u8> {
    npy("<f8", false, shape, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

fn texts(list: &[&str]) -> Vec<u8> {
    let width = list.iter().map(|t| t.chars().count()).max().unwrap();
    let mut data = Vec::new();
    for text in list {
        let mut codes: Vec<u32> = text.chars().map(u32::from).collect();
        codes.resize(width, 0);
        data.extend(codes.into_iter().flat_map(u32::to_le_bytes));
    }
    npy(&format!("<U{width}"), false, &format!("{},", list.len()), &data)
}

type Members = Vec<(&'static str, Vec<u8>)>;

/// Two regions of two sectors; rows sum to 10, 10, 10, 10 with exports of 1 in each.
fn small() -> Members {
    let z = [1.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    vec![
        ("Z", f8("4, 4", &z)),
        ("Y", f8("4, 2", &[6.0, 0.0, 5.0, 1.0, 0.0, 5.0, 5.0, 0.0])),
        ("EX", f8("4,", &[1.0; 4])),
        ("X", f8("4,", &[10.0; 4])),
        ("CO2", f8("2, 2", &[1.0, 2.0, 3.0, 4.0])),
        ("prov", texts(&["北京", "Shannxi"])),
        ("sec", texts(&["Coal mining", "Services"])),
    ]
}

/// The small table with emissions in `emissions_unit` and money in `unit`.
pub fn in_units(unit: &str, emissions_unit: &str) -> Vec<u8> {
    let mut members = small();
    members.push(("unit", texts(&[unit])));
    members.push(("emissions_unit", texts(&[emissions_unit])));
    bytes(&members)
}

fn bytes(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    zip_of(members.iter().map(|(name, bytes)| (format!("{name}.npy"), bytes.as_slice())))
}

fn read_bytes(bytes: &[u8]) -> isard::Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "t.npz", bytes);
    npz::read(&folder.path().join("t.npz"))
}

fn with(name: &'static str, array: Vec<u8>) -> isard::Result<Table> {
    let mut members = small();
    members.retain(|(n, _)| *n != name);
    members.push((name, array));
    read_bytes(&bytes(&members))
}

fn without(names: &[&str]) -> isard::Result<Table> {
    let mut members = small();
    members.retain(|(n, _)| !names.contains(n));
    read_bytes(&bytes(&members))
}

fn codes(table: &Table) -> Vec<&str> {
    assert!(table.remarks.iter().all(|r| r.level == Level::Warn));
    table.remarks.iter().map(|r| r.code).collect()
}

#[test]
fn a_small_archive_is_read_with_names_in_both_scripts() {
    let table = read_bytes(&bytes(&small())).unwrap();
    assert_eq!(table.labels.regions[0].en, "Beijing");
    assert_eq!(table.labels.regions[1].zh, "陕西");
    assert_eq!(table.labels.row_name(3), "Shannxi / Services");
    assert_eq!((table.z.nnz(), table.z.get(1, 1)), (8, Some(&3.0)));
    assert_eq!(table.row_imbalance().to_vec(), [0.0; 4]);
    assert_eq!(table.stressors[0].direct.to_vec(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!((table.stressors[0].name.as_str(), table.stressors[0].unit.as_str(), table.unit.as_str()), ("CO2", "", ""));
    assert_eq!(codes(&table), ["labels-numbered", "emissions-unit-unknown"], "categories are numbered, the unit is not guessed");
    assert_eq!(table.labels.categories[0].given, "category 1");
    assert_eq!(table.provenance.files.len(), 1);
    assert_eq!(table.provenance.notes, Vec::<String>::new());
}

#[test]
fn fortran_order_byte_order_and_number_types_do_not_matter() {
    let plain = read_bytes(&bytes(&small())).unwrap();
    let z: [[i32; 4]; 4] = [[1, 0, 2, 0], [0, 3, 0, 0], [0, 0, 4, 0], [1, 1, 1, 1]];
    let by_column: Vec<i32> = (0..4).flat_map(|j| z.iter().map(move |row| row[j])).collect();
    let little = by_column.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let big = by_column.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let long = by_column.iter().flat_map(|&v| i64::from(v).to_le_bytes()).collect::<Vec<u8>>();
    let single = by_column.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect::<Vec<u8>>();
    for (descr, data) in [("<i4", little), (">i4", big), ("<i8", long), ("<f4", single)] {
        let table = with("Z", npy(descr, true, "4, 4", &data)).unwrap();
        assert_eq!(table.z, plain.z, "{descr}");
    }
}

#[test]
fn the_alias_whose_length_fits_is_taken() {
    let mut members = small();
    members.insert(0, ("ex", f8("2,", &[7.0, 7.0])));
    members.push(("F", f8("2, 2", &[0.0; 4])));
    let table = read_bytes(&bytes(&members)).unwrap();
    assert_eq!(table.exports.unwrap().to_vec(), [1.0; 4]);
    assert_eq!(table.provenance.notes, ["arrays not used: F, ex"]);
    let message = refusal(with("EX", f8("3,", &[1.0; 3])));
    assert!(message.contains("t.npz[EX]: expected shape 4, found 3"), "{message}");
}

#[test]
fn household_emissions_of_another_length_are_remarked_and_left_out() {
    let table = with("hh", f8("2,", &[5.0, 6.0])).unwrap();
    assert_eq!(table.stressors[0].households.as_ref().unwrap().to_vec(), [5.0, 6.0]);
    let table = with("hh", f8("1,", &[5.0])).unwrap();
    assert_eq!(table.stressors[0].households, None);
    let finding = table.remarks.iter().find(|r| r.code == "households-length").unwrap();
    assert_eq!((finding.found, finding.expected), (Some(1.0), Some(2.0)));
}

#[test]
fn emissions_come_as_one_row_as_regions_by_sectors_or_as_several_accounts() {
    let one = with("CO2", f8("4,", &[1.0, 2.0, 3.0, 4.0])).unwrap();
    assert_eq!(one.stressors[0].direct.to_vec(), [1.0, 2.0, 3.0, 4.0]);
    let mut members = small();
    members.retain(|(n, _)| *n != "CO2");
    members.push(("emissions", f8("3, 4", &(0..12).map(f64::from).collect::<Vec<_>>())));
    members.push(("emissions_unit", texts(&["Mt", "kt", "t"])));
    members.push(("households", f8("3, 2", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
    let three = read_bytes(&bytes(&members)).unwrap();
    let last = &three.stressors[2];
    assert_eq!((last.name.as_str(), last.unit.as_str(), last.direct.to_vec()), ("emissions 3", "t", vec![8.0, 9.0, 10.0, 11.0]));
    assert_eq!(last.households.as_ref().unwrap().to_vec(), [5.0, 6.0]);
    let message = refusal(with("CO2", f8("3,", &[1.0; 3])));
    assert!(message.contains("t.npz[CO2]: expected shape 4, or accounts x 4, or regions x sectors with 4 cells, found 3"), "{message}");
}

#[test]
fn labels_that_are_absent_are_numbered_with_a_remark() {
    let table = without(&["prov", "sec"]).unwrap();
    assert_eq!(table.labels.row_name(2), "region 2 / sector 01");
    assert_eq!(codes(&table), ["labels-numbered", "labels-numbered", "labels-numbered", "emissions-unit-unknown"]);
    let table = without(&["prov", "CO2"]).unwrap();
    assert_eq!(table.labels.row_name(2), "region 2 / Coal mining");
    let table = without(&["prov", "sec", "CO2"]).unwrap();
    assert_eq!((table.labels.region_count(), codes(&table)[0]), (1, "regions-unknown"));
}

#[test]
fn regions_and_sectors_may_be_given_once_per_row() {
    let mut members = small();
    members.retain(|(n, _)| !["prov", "sec", "CO2"].contains(n));
    members.push(("regions", texts(&["a", "a", "a", "b"])));
    members.push(("sectors", texts(&["x", "y", "z", "x"])));
    let table = read_bytes(&bytes(&members)).unwrap();
    assert_eq!((table.labels.offsets.as_slice(), table.labels.row_name(3)), ([0, 3, 4].as_slice(), "b / x".to_string()));
    members.pop();
    let table = read_bytes(&bytes(&members)).unwrap();
    assert_eq!(table.labels.row_name(2), "a / sector 03");
    members.push(("sectors", texts(&["x", "x", "z", "x"])));
    assert!(refusal(read_bytes(&bytes(&members))).contains("the row \"a / x\" comes twice"));
}

#[test]
fn numbers_that_do_not_go_together_are_named() {
    let message = refusal(with("prov", texts(&["a", "b", "c"])));
    assert!(message.contains("4 rows are no multiple of 3 regions"), "{message}");
    let message = refusal(with("sec", texts(&["a", "b", "c"])));
    assert!(message.contains("t.npz[sec]: expected 2 (one per sector) or 4 (one per row) names, found 3"), "{message}");
    let message = refusal(with("Y", f8("4, 3", &[0.0; 12])));
    assert!(message.contains("t.npz[Y]: 3 columns are no multiple of 2 regions"), "{message}");
    let message = refusal(with("Y", f8("3, 2", &[0.0; 6])));
    assert!(message.contains("t.npz[Y]: expected shape 4 x columns, found 3 x 2"), "{message}");
    let message = refusal(with("Z", f8("4, 3", &[0.0; 12])));
    assert!(message.contains("t.npz[Z]: expected shape n x n, found 4 x 3"), "{message}");
    let message = refusal(with("VA", f8("4, 3", &[0.0; 12])));
    assert!(message.contains("t.npz[VA]: expected shape 4, or items x 4, found 4 x 3"), "{message}");
}

#[test]
fn missing_arrays_are_derived_or_named() {
    let table = without(&["X"]).unwrap();
    assert_eq!(table.x.to_vec(), [10.0; 4]);
    assert!(table.provenance.notes[0].starts_with("x = the sum of each row"));
    let message = refusal(without(&["Z"]));
    assert!(message.contains("no array is called Z (or A, with x); there are: Y, EX, X"), "{message}");
    assert!(refusal(without(&["Y"])).contains("no array is called Y"));

    let mut members = small();
    members.retain(|(n, _)| *n != "Z");
    members.push(("A", f8("4, 4", &[0.1; 16])));
    assert_eq!(read_bytes(&bytes(&members)).unwrap().z.get(3, 0), Some(&1.0));
    members.retain(|(n, _)| *n != "X");
    assert!(refusal(read_bytes(&bytes(&members))).contains("A is given without x"));
}

#[test]
fn damaged_and_pickled_arrays_are_refused() {
    let whole = bytes(&small());
    let message = refusal(read_bytes(&whole[..whole.len() - 40]));
    assert!(message.contains("t.npz: not a complete zip file"), "{message}");
    let message = refusal(with("prov", npy("|O", false, "2,", b"\x80\x04K\x01.")));
    assert!(message.contains("t.npz[prov]: the array holds pickled Python objects") && message.contains("dtype=str"), "{message}");
    let message = refusal(with("Z", f8("4, 4", &[1.0; 15])));
    assert!(message.contains("shape 4 x 4 needs 128 bytes, found 120"), "{message}");
    let message = refusal(with("Z", f8("4, 4", &[1.0; 17])));
    assert!(message.contains("shape 4 x 4 needs 128 bytes, found 136"), "{message}");
    let message = refusal(with("Z", f8("4294967296, 4294967296, 4294967296", &[1.0; 15])));
    assert!(message.contains("needs 633825300114114700748351602688 bytes, found 120"), "{message}");
    let message = refusal(with("Z", b"not numpy".to_vec()));
    assert!(message.contains("t.npz[Z]: not a complete numpy array"), "{message}");
    let message = refusal(with("Z", texts(&["a"])));
    assert!(message.contains("expected numbers, found elements of type <U1"), "{message}");
    let message = refusal(with("sec", f8("2,", &[1.0, 2.0])));
    assert!(message.contains("expected names, found elements of type <f8"), "{message}");
}

#[test]
fn no_flipped_byte_of_an_array_makes_the_reader_panic() {
    let members = small();
    for (m, (_, array)) in members.iter().enumerate() {
        for at in 0..array.len() {
            let mut bad = members.clone();
            bad[m].1[at] ^= [0x01, 0x10, 0xff][at % 3];
            let _ = read_bytes(&bytes(&bad));
        }
    }
}

fn balanced(table: &Table) {
    // Sectors without output miss zero by the rounding of the whole table, not of their own.
    let least = 1e-12 * table.x.iter().copied().fold(0.0, f64::max);
    for (d, x) in table.row_imbalance().iter().zip(&table.x) {
        assert!(d.abs() <= 1e-9 * x.abs() + least, "{d} of {x}");
    }
    let columns = &table.purchases() + &table.total_value_added() + table.imports.as_ref().unwrap();
    for (found, x) in columns.iter().zip(&table.x) {
        assert!((found - x).abs() <= 1e-9 * x.abs() + least, "{found} {x}");
    }
}

#[test]
fn the_modelled_table_of_2007_is_read_and_balances() {
    let Some(path) = shared("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz") else { return };
    let table = npz::read(&path).unwrap();
    assert_eq!((table.dim(), table.labels.region_count(), table.y.dim()), (1260, 30, (1260, 150)));
    assert_eq!((table.value_added.len(), table.stressors.len()), (4, 1));
    assert_eq!(table.labels.regions[0].zh, "北京");
    assert_eq!(codes(&table), ["labels-numbered", "emissions-unit-unknown"]);
    assert_eq!(table.provenance.notes, Vec::<String>::new());
    balanced(&table);
}

#[test]
fn the_modelled_table_of_2017_is_read_and_its_results_are_not_taken_for_inputs() {
    let Some(path) = shared("china/mrio_31x42_2017_modelled/mrio31x42_2017.npz") else { return };
    let table = npz::read(&path).unwrap();
    assert_eq!((table.dim(), table.labels.region_count(), table.y.dim()), (1302, 31, (1302, 155)));
    assert_eq!(table.exports.as_ref().unwrap().len(), 1302);
    assert_eq!(table.imports_final.as_ref().unwrap().len(), 155);
    assert_eq!(table.provenance.notes, ["arrays not used: F, Xm, er, ex, hh"]);
    assert_eq!(table.stressors[0].households, None);
    let finding = table.remarks.iter().find(|r| r.code == "households-length").unwrap();
    assert_eq!((finding.found, finding.expected), (Some(30.0), Some(31.0)));
    assert_eq!(codes(&table), ["labels-numbered", "labels-numbered", "emissions-unit-unknown", "households-length"]);
    let tibet = table.labels.region("Tibet").unwrap();
    assert_eq!(table.stressors[0].direct.slice(ndarray::s![table.labels.rows(tibet)]).sum(), 0.0);
    balanced(&table);
}

#[test]
fn the_world_table_of_wiod_in_whole_numbers_and_fortran_order_is_read() {
    let Some(path) = shared("world/wiod13/wiot_2011.npz") else { return };
    let table = npz::read(&path).unwrap();
    assert_eq!((table.dim(), table.labels.region_count(), table.y.dim()), (1435, 41, (1435, 205)));
    assert_eq!(table.labels.regions[0].given, "AUS");
    // Whole million dollars: small sectors are rounded away, which the rows show.
    assert_eq!(table.x.sum(), 141_767_904.0);
    let left = table.row_imbalance();
    assert_eq!(left.sum(), 59_212.0);
    assert!(left.iter().all(|d| (-7.0..=108.0).contains(d)));
}
