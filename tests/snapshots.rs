//! Snapshots: bit for bit there and back, refused when anything is wrong with them, written whole or not at all.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use isard::error::Error;
use isard::finding::{Finding, Level};
use isard::labels::{Labels, Name};
use isard::snapshot::{self, About, SnapshotWriter};
use isard::table::{Provenance, Source, Sparse, Stressor};
use isard::{Table, synth};
use ndarray::{Array1, Array2, ShapeBuilder, arr1, arr2};
use proptest::prelude::*;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/snapshots/v1.isard");

/// The table of the fixture: two regions of unequal size, every field set, numbers that text would spoil.
fn small() -> Table {
    let labels = Labels {
        regions: vec![Name::region("北京"), Name { given: "Elsewhere".into(), en: "Elsewhere".into(), zh: "其他".into() }],
        sectors: ["steel", "steel", "power"].map(Name::plain).into(),
        offsets: vec![0, 1, 3],
        categories: ["use", "use", "investment"].map(Name::plain).into(),
        demand_offsets: vec![0, 1, 3],
    };
    let z = Sparse::new((3, 3), vec![0, 2, 2, 5], vec![0, 2, 0, 1, 2], vec![1.5, -0.25, 0.1, 0.0, 3.0]);
    let payload = f64::from_bits(0x7ff8_0000_dead_beef);
    let mut table = Table::new(
        labels,
        z,
        arr2(&[[4.0, 0.5, -0.0], [0.0, 2.0, 1e-308], [f64::MIN_POSITIVE / 8.0, 5.0, 6.0]]),
        arr1(&[10.0, 20.0, 30.0]),
    );
    table.exports = Some(arr1(&[0.25, 0.5, 0.75]));
    table.stock = Some(arr1(&[payload, f64::INFINITY, f64::NEG_INFINITY]));
    table.error = Some(arr1(&[1e-17, -1e-17, 0.0]));
    table.imports = Some(arr1(&[1.0, 2.0, 3.0]));
    table.imports_final = Some(arr1(&[7.0, 8.0, 9.0]));
    table.value_added = vec![
        (Name::plain("wages"), arr1(&[5.0, 6.0, 7.0])),
        (Name { given: "税".into(), en: "taxes".into(), zh: "税".into() }, arr1(&[0.5, 0.5, 0.5])),
    ];
    let households = Some(arr1(&[0.125, 0.375]));
    table.stressors = vec![
        Stressor { name: "CO2".into(), unit: "Mt".into(), direct: arr1(&[1.0, 2.0, 4.0]), households },
        Stressor { name: "water".into(), unit: "m3".into(), direct: arr1(&[3.0, 0.0, 0.0]), households: None },
    ];
    table.unit = "10^4 元".into();
    table.provenance = Provenance {
        files: vec![Source { path: PathBuf::from("表/table.xlsx"), sha256: "00ff".repeat(16) }],
        sheet: Some("Sheet 1".into()),
        notes: vec!["first".into(), "second".into()],
        stamp: Some("SYNTHETIC".into()),
    };
    table.remarks = vec![
        Finding::new(Level::Warn, "empty-cells", "five cells are empty")
            .region("Beijing")
            .sector("steel")
            .row(1)
            .column(2)
            .numbers(5.0, payload),
        Finding::new(Level::Pass, "a-code-of-no-list", ""),
    ];
    table
}

fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|v| v.to_bits()).collect()
}

/// Every field as text, every number as its bits.
fn exact(table: &Table) -> Vec<String> {
    let column = |v: &Option<Array1<f64>>| format!("{:?}", v.as_ref().map(bits));
    let mut all = vec![
        format!("{:?}", table.labels),
        format!("{:?} {:?} {:?}", table.z.shape(), table.z.indptr().raw_storage(), table.z.indices()),
        format!("{:?}", bits(table.z.data())),
        format!("{:?} {:?}", table.y.dim(), bits(&table.y)),
        format!("{:?}", bits(&table.x)),
        table.unit.clone(),
        format!("{:?}", table.provenance),
    ];
    all.extend([&table.exports, &table.stock, &table.error, &table.imports, &table.imports_final].map(column));
    all.extend(table.value_added.iter().map(|(name, v)| format!("{name:?} {:?}", bits(v))));
    all.extend(table.stressors.iter().map(|s| format!("{} {} {:?} {}", s.name, s.unit, bits(&s.direct), column(&s.households))));
    for f in &table.remarks {
        let numbers = [f.found, f.expected].map(|v| v.map(f64::to_bits));
        all.push(format!("{:?} {} {:?} {:?} {:?} {:?} {numbers:?} {}", f.level, f.code, f.region, f.sector, f.row, f.column, f.message));
    }
    all
}

/// The bytes of a snapshot of the small table.
fn bytes() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    snapshot::write(&small(), &path, false).unwrap();
    std::fs::read(path).unwrap()
}

/// What reading a file of these bytes says; `table()` is asked only where opening succeeds.
fn read(bytes: &[u8]) -> isard::Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    std::fs::write(&path, bytes).unwrap();
    isard::formats::read(&path, &isard::formats::Reading::default())
}

fn refusal(bytes: &[u8]) -> (String, String) {
    let error = read(bytes).expect_err("this file is not to be accepted");
    assert!(matches!(error, Error::Format { .. }), "{error}");
    (error.to_string(), error.help().unwrap_or_default())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn a_table_comes_back_bit_for_bit() {
    assert_eq!(exact(&read(&bytes()).unwrap()), exact(&small()));
}

#[test]
fn the_embedded_table_comes_back_bit_for_bit() {
    let table = synth::provinces(2017);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provinces.isard");
    snapshot::write(&table, &path, false).unwrap();
    let snapshot = snapshot::open(&path).unwrap();
    snapshot.verify().unwrap();
    assert_eq!(exact(&snapshot.table().unwrap()), exact(&table));
    assert!(std::fs::metadata(&path).unwrap().len() > 2 << 20, "several blocks are to be tried");
}

#[test]
fn other_layouts_in_memory_are_written_as_rows() {
    let mut table = small();
    let mut y = Array2::zeros((3, 3).f());
    y.assign(&table.y);
    table.y = y;
    table.z = table.z.to_csc().into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    snapshot::write(&table, &path, false).unwrap();
    assert_eq!(exact(&snapshot::open(&path).unwrap().table().unwrap()), exact(&small()));
}

fn any_table() -> impl Strategy<Value = Table> {
    let settings = (1usize..5, 1usize..7, 0.0..1.0f64, 0usize..3, prop_oneof![Just(0.0), 0.0..0.1f64], any::<u64>());
    (settings, 0u8..128, any::<prop::sample::Index>()).prop_map(
        |((regions, sectors, density, zero_output, negative_share, seed), without, cut)| {
            let mut table = synth::table(&synth::Settings {
                regions,
                sectors,
                density,
                zero_output,
                negative_share,
                seed,
                ..synth::Settings::default()
            });
            let n = table.dim();
            if without & 1 == 1 && n > 1 {
                let cut = 1 + cut.index(n - 1);
                let d = table.labels.categories.len();
                table.labels = Labels {
                    regions: vec![Name::plain("左"), Name::plain("right")],
                    offsets: vec![0, cut, n],
                    demand_offsets: vec![0, d / 2, d],
                    ..table.labels
                };
                table.error = Some(Array1::from_elem(n, -0.0));
                table.imports_final = Some(Array1::from_elem(d, 0.1));
            }
            if without & 2 == 2 {
                table.exports = None;
            }
            if without & 4 == 4 {
                table.imports = None;
            }
            if without & 8 == 8 {
                table.value_added.clear();
            }
            if without & 16 == 16 {
                table.stressors.clear();
            }
            for s in table.stressors.iter_mut().filter(|_| without & 32 == 32) {
                s.households = None;
            }
            if without & 64 == 64 {
                let labels =
                    Labels { categories: Vec::new(), demand_offsets: vec![0; table.labels.region_count() + 1], ..table.labels.clone() };
                table = Table { y: Array2::zeros((n, 0)), labels, imports_final: None, ..table };
            }
            table
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_table_comes_back_bit_for_bit(table in any_table(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.isard");
        snapshot::write(&table, &path, false).unwrap();
        let snapshot = snapshot::open(&path).unwrap();
        prop_assert_eq!(exact(&snapshot.table().unwrap()), exact(&table));
        let n = table.dim();
        let (a, b) = (a.index(n + 1), b.index(n + 1));
        let (a, b) = (a.min(b), a.max(b));
        let rows: Vec<_> = snapshot.z_rows(a..b).unwrap().iter().collect();
        prop_assert_eq!(rows.len(), b - a);
        for (i, columns, values) in rows {
            let row = table.z.outer_view(i).unwrap();
            prop_assert_eq!(columns, row.indices());
            prop_assert_eq!(bits(values), bits(row.data()));
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = bytes();
        let k = at.index(bytes.len());
        bytes[k] ^= 1 << bit;
        let (message, help) = refusal(&bytes);
        prop_assert!(message.contains("snapshot") && !help.is_empty(), "byte {k}: {message} {help}");
    }
}

#[test]
fn no_byte_can_change_unnoticed() {
    let mut bytes = bytes();
    for k in 0..bytes.len() {
        bytes[k] ^= 1 << (k % 8);
        let (message, help) = refusal(&bytes);
        assert!(message.contains("snapshot") && !help.is_empty(), "byte {k}: {message} {help}");
        bytes[k] ^= 1 << (k % 8);
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = bytes();
    for length in (0..bytes.len()).step_by(97).chain([1, 7, 8, 63, 64, 65, bytes.len() - 1]) {
        let (message, help) = refusal(&bytes[..length]);
        assert!(message.contains("truncated") || length == 0 && message.contains("empty (0 bytes)"), "{length}: {message}");
        assert!(length == 0 || message.contains(&format!("{length} bytes")) && help.contains("copy"), "{length}: {message} {help}");
    }
}

#[test]
fn a_file_with_something_behind_it_is_refused() {
    let mut bytes = bytes();
    bytes.push(0);
    assert!(refusal(&bytes).0.contains("ends after"));
}

#[test]
fn a_foreign_file_is_refused() {
    for foreign in [b"region,sector\n".as_slice(), &[0; 4096], b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"x"] {
        let (message, help) = refusal(foreign);
        assert!(
            message.contains("not a snapshot") && message.contains("89 49 53 41 52 44 0d 0a") && help.contains("import"),
            "{message} {help}"
        );
    }
    assert!(refusal(&[0x1f, 0x8b, 8, 0]).1.contains("decompress"));
    let folder = tempfile::tempdir().unwrap();
    assert!(snapshot::open(folder.path()).unwrap_err().to_string().contains("is a folder, expected a file"));
    assert!(matches!(snapshot::open(&folder.path().join("none.isard")), Err(Error::Io { action: "read", .. })));
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let mut bytes = bytes();
    bytes[8] = 4;
    let (message, help) = refusal(&bytes);
    assert!(
        message.contains("format version 4") && message.contains("versions 1 to 3") && help.contains("newer isard"),
        "{message} {help}"
    );
}

#[test]
fn a_file_of_version_1_loads_with_its_documented_numbers() {
    let snapshot = snapshot::open(Path::new(FIXTURE)).unwrap();
    snapshot.verify().unwrap();
    assert_eq!((snapshot.dim(), snapshot.entries(), snapshot.unit()), (3, 5, "10^4 元"));
    assert_eq!(snapshot.section_f64("x").unwrap(), [10.0, 20.0, 30.0]);
    assert_eq!(snapshot.z_rows(2..3).unwrap().data, [0.1, 0.0, 3.0]);
    let table = snapshot.table().unwrap();
    assert_eq!(table.labels.regions[0].zh, "北京");
    assert_eq!(table.stock.as_ref().unwrap()[0].to_bits(), 0x7ff8_0000_dead_beef);
    assert_eq!(exact(&table), exact(&small()));
}

#[test]
fn the_fixture_of_tables_is_what_is_written_today() {
    let fixture = Path::new(FIXTURE);
    if std::env::var_os("ISARD_WRITE_FIXTURES").is_some() {
        // only for a new version: refuses to replace an old one
        snapshot::write(&small(), fixture, false).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    snapshot::write(&small(), &path, false).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), std::fs::read(fixture).unwrap());
}

#[test]
fn sections_can_be_read_alone() {
    let table = synth::provinces(2017);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    snapshot::write(&table, &path, false).unwrap();
    let snapshot = snapshot::open(&path).unwrap();
    assert_eq!(bits(snapshot.section_f64("y").unwrap()), bits(&table.y));
    assert_eq!(snapshot.z_indptr().unwrap().len(), table.dim() + 1);
    assert_eq!(snapshot.regions().count(), 31);
    assert_eq!(snapshot.regions().nth(1).unwrap().1, table.labels.rows(1));
    assert!(snapshot.sections().any(|s| s == "stressor.0.households"));
    assert!(snapshot.section_f64("z.indptr").is_err() && snapshot.section_f64("nonsense").is_err());
    assert!(snapshot.z_rows(0..table.dim() + 1).unwrap_err().to_string().contains("1303"));
    #[expect(clippy::reversed_empty_ranges)]
    let backwards = snapshot.z_rows(2..1);
    assert!(backwards.is_err());
}

#[test]
fn rows_of_a_sound_block_are_read_where_another_is_damaged() {
    let table = synth::provinces(2017);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    snapshot::write(&table, &path, false).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = table.z.data().last().unwrap().to_le_bytes();
    let at = bytes.windows(8).position(|w| w == last).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let snapshot = snapshot::open(&path).unwrap();
    assert!(snapshot.z_rows(0..10).is_ok());
    let refusal = snapshot.z_rows(table.dim() - 1..table.dim()).unwrap_err().to_string();
    assert!(refusal.contains("z.data") && refusal.contains("checksum"), "{refusal}");
    assert!(snapshot.verify().is_err() && snapshot.table().is_err());
}

#[test]
fn what_is_there_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    std::fs::write(&path, "my notes").unwrap();
    for force in [false, true] {
        assert!(snapshot::write(&small(), &path, force).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"my notes");
    }
    std::fs::remove_file(&path).unwrap();
    snapshot::write(&small(), &path, false).unwrap();
    let refusal = snapshot::write(&synth::table(&synth::Settings::default()), &path, false).unwrap_err();
    assert!(refusal.help().unwrap().contains("`force`"), "{refusal}");
    let open = snapshot::open(&path).unwrap();
    snapshot::write(&synth::table(&synth::Settings::default()), &path, true).unwrap();
    assert_eq!(exact(&open.table().unwrap()), exact(&small()), "a snapshot that is open stays what it was");
    assert_eq!(snapshot::open(&path).unwrap().dim(), 24);
    assert!(snapshot::write(&small(), folder.path(), true).is_err());
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn no_half_file_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    assert!(matches!(snapshot::write(&small(), &folder.path().join("none/t.isard"), false), Err(Error::Io { action: "create", .. })));
    let mut short = small();
    short.imports = Some(arr1(&[1.0]));
    let refusal = snapshot::write(&short, &path, false).unwrap_err().to_string();
    assert!(refusal.contains("imports") && refusal.contains("[3]"), "{refusal}");
    let table = small();
    let about = About { labels: &table.labels, unit: "", value_added: &[], stressors: &[], provenance: &table.provenance, remarks: &[] };
    let mut writer = SnapshotWriter::create(&path, &about, false).unwrap();
    writer.begin_z(1).unwrap();
    assert!(files(folder.path()).len() <= 1, "without a name, or under another one, until it is whole");
    assert!(!path.exists());
    assert!(writer.finish().unwrap_err().to_string().contains("z.indptr has 8 bytes of 32"));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn the_writer_refuses_what_no_table_has() {
    let folder = tempfile::tempdir().unwrap();
    let table = small();
    let about = About { labels: &table.labels, unit: "", value_added: &[], stressors: &[], provenance: &table.provenance, remarks: &[] };
    let mut writer = SnapshotWriter::create(&folder.path().join("t.isard"), &about, false).unwrap();
    assert!(writer.z_row(&[0], &[1.0]).is_err(), "before begin_z");
    writer.begin_z(2).unwrap();
    assert!(writer.begin_z(2).is_err());
    assert!(writer.z_row(&[1, 0], &[1.0, 1.0]).is_err(), "columns fall");
    assert!(writer.z_row(&[3], &[1.0]).is_err(), "no such column");
    assert!(writer.z_row(&[0], &[]).is_err(), "a value is missing");
    assert!(writer.z_row(&[0, 1, 2], &[1.0; 3]).unwrap_err().to_string().contains("the 2 of begin_z: 3"), "an entry too many");
    assert!(writer.append("z.data", &[1.0]).is_err() && writer.append("x", &[1.0]).is_err());
    assert!(writer.put("x", &[1.0]).is_err() && writer.put("value_added.0", &[1.0; 3]).is_err());
    writer.put("x", &[1.0; 3]).unwrap();
    assert!(writer.append("x", &[1.0]).is_err(), "it is full");
    assert!(writer.begin("x", 3).is_err());
    let labels = Labels { offsets: vec![0, 2, 1], ..table.labels.clone() };
    assert!(SnapshotWriter::create(&folder.path().join("u.isard"), &About { labels: &labels, ..about }, false).is_err());
}

#[test]
fn sections_can_be_filled_at_the_same_time() {
    let table = synth::provinces(2017);
    let folder = tempfile::tempdir().unwrap();
    let (whole, rows) = (folder.path().join("whole.isard"), folder.path().join("rows.isard"));
    let bare = Table { remarks: Vec::new(), ..Table::new(table.labels.clone(), table.z.clone(), table.y.clone(), table.x.clone()) };
    snapshot::write(&bare, &whole, false).unwrap();
    let about = About { labels: &table.labels, unit: "", value_added: &[], stressors: &[], provenance: &bare.provenance, remarks: &[] };
    let mut writer = SnapshotWriter::create(&rows, &about, false).unwrap();
    writer.begin_z(table.z.nnz()).unwrap();
    writer.begin("y", table.y.len()).unwrap();
    writer.begin("x", table.dim()).unwrap();
    for (i, row) in table.z.outer_iterator().enumerate() {
        writer.z_row(row.indices(), row.data()).unwrap();
        writer.append("y", table.y.row(i).as_slice().unwrap()).unwrap();
        writer.append("x", &[table.x[i]]).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(std::fs::read(whole).unwrap(), std::fs::read(rows).unwrap());
}

fn isard(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("isard").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

/// A table that satisfies the audit, as a snapshot.
fn stored(folder: &Path) -> Table {
    let table = synth::table(&synth::Settings { regions: 3, sectors: 5, density: 0.6, ..synth::Settings::default() });
    snapshot::write(&table, &folder.join("t.isard"), false).unwrap();
    table
}

#[test]
fn flows_of_a_snapshot_are_those_of_its_table_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let table = stored(folder.path());
    let read = isard::formats::read(&folder.path().join("t.isard"), &isard::formats::Reading::default()).unwrap();
    let answer = |table: &Table| {
        let system = isard::system::System::new(table.clone());
        let leontief = isard::leontief::Leontief::new(system.clone(), None, isard::solve::Stopping::default(), Default::default()).unwrap();
        let flows = isard::decompose::flows(&leontief, 0);
        flows.flow.iter().flat_map(|b| [b.value.to_bits(), b.bound.to_bits()]).collect::<Vec<_>>()
    };
    assert_eq!(answer(&read), answer(&table));
    assert_eq!(format!("{:?}", isard::audit::audit(&read)), format!("{:?}", isard::audit::audit(&table)));
}

#[test]
fn import_writes_a_snapshot_that_flows_reads() {
    let folder = tempfile::tempdir().unwrap();
    stored(folder.path());
    let import = isard(folder.path(), &["import", "t.isard", "--output", "copy.isard"]);
    assert_eq!(import.status.code(), Some(0), "{import:?}");
    assert_eq!(std::fs::read(folder.path().join("t.isard")).unwrap(), std::fs::read(folder.path().join("copy.isard")).unwrap());
    let [flows, again] = ["t.isard", "copy.isard"].map(|name| isard(folder.path(), &["flows", name, "--quiet"]));
    assert_eq!(flows.status.code(), Some(0), "{flows:?}");
    // the head names the file that was read
    let said = |out: &std::process::Output| String::from_utf8(out.stdout.clone()).unwrap().replace("copy.isard", "t.isard");
    assert_eq!(said(&flows), said(&again));
    let refused = isard(folder.path(), &["import", "t.isard", "--output", "copy.isard"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"), "{refused:?}");
    let replaced = isard(folder.path(), &["import", "t.isard", "--output", "copy.isard", "--force"]);
    assert_eq!(replaced.status.code(), Some(0), "{replaced:?}");
    // an input is never replaced
    let refused = isard(folder.path(), &["import", "t.isard", "--output", "t.isard", "--force"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    stored(folder.path());
    // the shell's limit on the size of files stands in for the full disk: writing stops in the middle
    let script = "trap '' XFSZ; ulimit -f 2; exec \"$0\" import t.isard --output copy.isard";
    let program = Command::cargo_bin("isard").unwrap().get_program().to_owned();
    let output = std::process::Command::new("sh").arg("-c").arg(script).arg(program).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write"), "{output:?}");
    assert_eq!(files(folder.path()).len(), 1, "only the table that was there");
}
