//! The table of formats: each recognises its own files under any name, no other does, and looking at a file is cheap.

use std::cell::Cell;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use isard::Table;
use isard::formats::parts::{Intermediate, Values};
use isard::formats::probe::{probes, recognised};
use isard::formats::{FORMATS, Parts, Reading, Source, Verdict, read};
use isard::labels::{Labels, Name};
use isard::table::Stressor;
use isard::watch::Watch;

use crate::ceads_generator::{self, Codes, Layout, Numbers};
use crate::readers::{npz, pymrio, zip_of};
use crate::sic_generator;
use crate::support::{isard, shared};

/// Most bytes that are read of a file to recognise it.
const MOST: u64 = 1 << 18;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All files of a folder and its folders, by their names below it.
fn contents(folder: &Path, below: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            contents(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push((name, fs::read(entry.path()).unwrap()));
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The name of a format and a small table in it; at least one for each.
fn samples(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let at = |name: &str| folder.join(name);
    sic_generator::write(&at("sic.xlsx"), &["2007-8"], |_| {});
    let coded = Layout { regions: vec!["Beijing", "Henan", "Shaanxi"], ..Layout::default() };
    ceads_generator::write(&at("coded.xlsx"), &coded, &Numbers::new(&coded), &["2017"]);
    let worded = Layout { codes: Codes::Absent, ..Layout::default() };
    ceads_generator::write(&at("worded.xlsx"), &worded, &Numbers::new(&worded), &["2017"]);
    pymrio::small(&at("saved"));
    let mut saved = Vec::new();
    contents(&at("saved"), "saved/", &mut saved);
    fs::write(at("saved.zip"), zip_of(saved.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())))).unwrap();
    fs::write(at("t.npz"), npz::in_units("M EUR", "kt")).unwrap();
    fs::write(at("t.npz.gz"), gzip(&npz::in_units("M EUR", "kt"))).unwrap();
    fs::create_dir_all(at("matrices")).unwrap();
    for name in ["Z.mtx", "Y.mtx"] {
        fs::copy(repository("fixtures/layouts/gen_generic").join(name), at("matrices").join(name)).unwrap();
    }
    let mut all = vec![
        ("matrices", at("matrices")),
        ("sic", at("sic.xlsx")),
        ("ceads", at("coded.xlsx")),
        ("ceads", at("worded.xlsx")),
        ("pymrio", at("saved")),
        ("pymrio", at("saved.zip")),
        ("npz", at("t.npz")),
        ("npz", at("t.npz.gz")),
        ("matrices", repository("fixtures/layouts/gen_generic/Z.mtx")),
        ("matrices", repository("fixtures/layouts/gen_generic/Z_csr.npz")),
        ("matlab", repository("fixtures/layouts/gen_generic/v5_plain.mat")),
        ("matlab", repository("fixtures/layouts/gen_generic/v5_sparse_struct.mat")),
        ("emerging", repository("fixtures/layouts/gen_emerging/EMERGING_V2_2020.mat")),
        ("rex3", repository("fixtures/layouts/gen_rex3")),
        ("fabio", repository("fixtures/layouts/gen_r_files")),
        ("wiod-r", repository("fixtures/layouts/gen_r_files/WIOT2014_October16_ROW.RData")),
        ("r", repository("fixtures/layouts/gen_r_files/wiot1995.RData")),
        ("mrio-toolbox", repository("fixtures/layouts/gen_mrio_toolbox_save/demo_2020.nc")),
        ("gtap-har", repository("fixtures/layouts/gen_gtap_har/basedata.har")),
        ("useeio-api", repository("fixtures/layouts/gen_useeio/api")),
        ("long", repository("fixtures/long_small")),
        ("snapshot", repository("fixtures/snapshots/v1.isard")),
    ];
    all.extend(crate::layouts::written::all(&at("described")).into_iter().map(|w| (w.name, w.path)));
    all.extend(shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls").map(|path| ("sic", path)));
    all
}

/// Formats with a reader of their own; of the described ones only the nearest is named.
fn own() -> impl Iterator<Item = &'static isard::formats::Format> {
    FORMATS.iter().take_while(|f| f.name != "oecd-2016")
}

/// What is to be read of a sample: the real workbook has several sheets.
fn reading(path: &Path) -> Reading {
    let sheet = path.extension().is_some_and(|e| e == "xls").then(|| "2007-8".to_string());
    Reading { sheet, ..Reading::default() }
}

/// All of a table but where it is from.
fn said(table: &Table) -> String {
    let Table { labels, z, y, x, exports, stock, error, imports, imports_final, value_added, stressors, unit, .. } = table;
    format!("{labels:?}{z:?}{y:?}{x:?}{exports:?}{stock:?}{error:?}{imports:?}{imports_final:?}{value_added:?}{stressors:?}{unit}")
}

#[test]
fn each_format_has_a_sample_that_it_alone_recognises() {
    let folder = tempfile::tempdir().unwrap();
    let samples = samples(folder.path());
    for format in FORMATS {
        assert!(samples.iter().any(|(name, _)| *name == format.name), "{} has no sample", format.name);
        assert_eq!(FORMATS.iter().filter(|f| f.name == format.name).count(), 1, "{} comes twice", format.name);
        assert!(!format.long.is_empty() && format.doc.contains("recognised by") || format.doc.starts_with("recognised"), "{}", format.name);
    }
    for (name, path) in samples {
        let source = Source::open(&path).unwrap();
        assert_eq!(recognised(&source).unwrap().name, name, "{path:?}");
        // of what is packed only the first bytes are seen
        let sure = if path.extension().is_some_and(|e| e == "gz") { Verdict::Maybe } else { Verdict::Yes };
        for (format, probe) in probes(&source) {
            assert_eq!(probe.verdict, if format.name == name { sure } else { Verdict::No }, "{path:?}, {}: {}", format.name, probe.why);
            assert!(!probe.why.is_empty());
        }
    }
}

#[test]
fn a_renamed_copy_is_read_to_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    // one is refused, and a matrix by itself has the others beside it, by name
    let whole = |(name, path): &(&str, PathBuf)| *name != "gtap-har" && (*name != "matrices" || path.is_dir());
    for (k, (name, path)) in samples(folder.path()).into_iter().filter(whole).enumerate() {
        let table = said(&read(&path, &reading(&path)).unwrap());
        for new in ["table", "t.csv", "t.isard", "t.npz", "t.xlsx", "t.xlsb", "t.zip", "t.toml"] {
            let copy = folder.path().join(format!("{k}-{new}"));
            if path.is_dir() {
                let mut files = Vec::new();
                contents(&path, "", &mut files);
                for (file, bytes) in files {
                    fs::create_dir_all(copy.join(&file).parent().unwrap()).unwrap();
                    fs::write(copy.join(file), bytes).unwrap();
                }
            } else if new == "t.csv" || fs::metadata(&path).unwrap().len() < 1 << 20 {
                fs::copy(&path, &copy).unwrap();
            } else {
                continue;
            }
            let again = read(&copy, &reading(&path)).unwrap_or_else(|e| panic!("{name} as {new}: {e}"));
            assert!(said(&again) == table, "{name} as {new}");
        }
    }
}

#[test]
fn a_renamed_file_serves_the_command() {
    let folder = tempfile::tempdir().unwrap();
    isard().args(["synth", "--regions", "2", "--sectors", "3", "-o", "t.isard"]).current_dir(folder.path()).assert().success();
    fs::rename(folder.path().join("t.isard"), folder.path().join("snapshot.npz")).unwrap();
    fs::write(folder.path().join("array.isard"), npz::in_units("M EUR", "kt")).unwrap();
    for file in ["snapshot.npz", "array.isard"] {
        isard().args(["solve", file]).current_dir(folder.path()).assert().success();
        isard().args(["audit", file]).current_dir(folder.path()).assert().success();
        let run = isard().args(["run", file]).current_dir(folder.path()).assert().code(2).get_output().stderr.clone();
        assert!(String::from_utf8_lossy(&run).contains("is a table, and run takes a study file"));
    }
}

#[test]
fn a_file_cut_off_in_its_head_is_refused_with_what_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    for (name, path) in samples(folder.path()).into_iter().filter(|(_, path)| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        for length in [1, 3, 12] {
            let cut = folder.path().join("cut");
            fs::write(&cut, &bytes[..length]).unwrap();
            let error = read(&cut, &Reading::default()).unwrap_err().to_string();
            // what is left of a snapshot, or of an old workbook, is enough for its reader to say what is missing
            let listed = error.contains("byte") && own().all(|f| error.contains(&format!("{}: ", f.name)));
            let told = match name {
                "snapshot" => error.contains("at least 64"),
                "sic" => listed || error.contains("shorter than its header"),
                // the first byte of HDF5 is that of a snapshot; of other containers the first bytes are enough for their readers
                "mrio-toolbox" => listed || error.contains("at least 64") || error.contains("HDF5"),
                "matrices" | "matlab" | "emerging" | "r" | "wiod-r" | "gtap-har" => {
                    ["byte", "matrix", "record"].iter().any(|w| error.contains(w))
                }
                _ => listed,
            };
            assert!(told, "{name}, {length}: {error}");
        }
    }
    fs::write(folder.path().join("empty"), b"").unwrap();
    let error = read(&folder.path().join("empty"), &Reading::default()).unwrap_err().to_string();
    assert!(error.contains("0 bytes"), "{error}");
}

#[test]
fn an_archive_without_its_list_is_recognised_by_its_first_member_and_refused_by_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("npz", "t.npz"), ("pymrio", "saved.zip"), ("ceads", "coded.xlsx")] {
        samples(folder.path());
        let bytes = fs::read(folder.path().join(file)).unwrap();
        let cut = folder.path().join("cut");
        fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(recognised(&Source::open(&cut).unwrap()).unwrap().name, name);
        let error = read(&cut, &Reading::default()).unwrap_err().to_string();
        assert!(error.contains("not a complete"), "{error}");
    }
}

#[test]
fn two_formats_that_fit_are_both_named_until_one_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both");
    pymrio::small(&path);
    for file in ["table.toml", "sectors.csv", "flows.csv", "demand.csv", "columns.csv"] {
        fs::copy(repository("fixtures/long_small").join(file), path.join(file)).unwrap();
    }
    let error = read(&path, &Reading::default()).unwrap_err();
    let text = format!("{error} {}", error.help().unwrap());
    assert!(text.contains("2 formats fit") && text.contains("`format` pymrio or `format` long"), "{text}");
    for (name, rows) in [("pymrio", 3), ("long", read(&repository("fixtures/long_small"), &Reading::default()).unwrap().dim())] {
        let named = Reading { format: Some(name.into()), ..Reading::default() };
        assert_eq!(read(&path, &named).unwrap().dim(), rows, "{name}");
        isard().args(["import", "both", "--format", name, "--output", name]).current_dir(folder.path()).assert().success();
    }
    let error = read(&path, &Reading { format: Some("pymri".into()), ..Reading::default() }).unwrap_err();
    assert!(error.help().unwrap().contains("pymrio"), "{error}");
    let refused = isard().args(["audit", "--format", "npz"]).assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&refused).contains("--format has no effect"));
}

/// A file that counts the bytes read of it.
struct Counted<'c> {
    file: fs::File,
    count: &'c Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_file_is_recognised_by_a_small_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = samples(folder.path());
    // numbers that do not compress, in front of the names and behind them
    let mut draw = 1_u64;
    let mut noise = || {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 56) as u8
    };
    let large: Vec<u8> = (0..4 << 20).map(|_| noise()).collect();
    let of = |names: &[&str]| zip_of(names.iter().map(|name| (name.to_string(), large.as_slice())));
    for (name, file, members) in [
        ("npz", "large.npz", ["Z.npy", "Y.npy"].as_slice()),
        ("pymrio", "large.zip", &["saved/Z.txt", "saved/file_parameters.json"]),
        ("ceads", "large.xlsx", &["[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"]),
    ] {
        fs::write(folder.path().join(file), of(members)).unwrap();
        all.push((name, folder.path().join(file)));
    }
    for (name, path) in all.into_iter().filter(|(_, path)| path.is_file()) {
        let count = Cell::new(0);
        let source = Source::of(&path, Counted { file: fs::File::open(&path).unwrap(), count: &count }).unwrap();
        assert_eq!(recognised(&source).unwrap().name, name, "{path:?}");
        assert!(count.get() <= MOST, "{path:?}: {} bytes were read", count.get());
    }
}

#[test]
fn the_page_of_layouts_names_every_format() {
    let page = fs::read_to_string(repository("docs/layouts.md")).unwrap();
    let table: Vec<&str> = page.lines().filter(|l| l.starts_with("| `")).collect();
    for format in FORMATS {
        assert!(table.iter().any(|line| line.starts_with(&format!("| `{}` |", format.name))), "{}", format.name);
    }
}

#[test]
fn the_command_lists_the_formats_and_says_which_a_file_has() {
    let out = |words: &[&str], code: i32| {
        let run = isard().args(words).current_dir(repository("fixtures")).assert().code(code);
        String::from_utf8_lossy(&run.get_output().stdout).into_owned()
    };
    let json = |words: &[&str], code: i32| serde_json::from_str::<serde_json::Value>(&out(words, code)).unwrap();
    let (list, object) = (out(&["formats"], 0), json(&["formats", "--json"], 0));
    for (k, format) in FORMATS.iter().enumerate() {
        // options stand in backticks there, as flags here
        let doc: String =
            format.doc.split('`').enumerate().map(|(k, part)| if k % 2 == 1 { format!("--{part}") } else { part.into() }).collect();
        assert!(list.contains(format.name) && list.contains(format.long) && list.contains(&doc), "{doc}");
        assert_eq!(object["formats"][k]["name"], format.name);
    }
    let text = out(&["formats", "long_small"], 0);
    assert!(text.starts_with("long_small: long, ") && text.contains("holds no file_parameters.json"), "{text}");
    let object = json(&["formats", "long_small", "--json"], 0);
    assert_eq!(object["recognised"], "long");
    let verdict = |name: &str| object["formats"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap()["verdict"].clone();
    assert_eq!((verdict("long"), verdict("npz")), ("yes".into(), "no".into()));
    let object = json(&["formats", "long_small/README.md", "--json"], 2);
    assert!(object["recognised"].is_null());
    assert!(out(&["formats", "long_small/README.md"], 2).contains("no single format fits"));
    // what only its reader can tell is no yes
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file_parameters.json"), "{}").unwrap();
    let named = |folder: &std::path::Path| out(&["formats", folder.to_str().unwrap()], 0);
    assert!(named(folder.path()).contains(": pymrio, "), "{}", named(folder.path()));
    std::fs::write(folder.path().join("Z.parquet"), "PAR1").unwrap();
    let sure = if cfg!(feature = "parquet") { ": pymrio, " } else { ": maybe pymrio, " };
    assert!(named(folder.path()).contains(sure), "{}", named(folder.path()));
}

/// Two regions of one sector, `x = (10, 20)` at `Z = (1 2; 3 4)` and `Y = (7 0; 1 12)`.
fn parts(matrix: Intermediate) -> Parts {
    let pairs = |names: [(&str, &str); 2]| names.map(|(a, b)| (a.to_string(), b.to_string()));
    let labels = Labels::from_pairs(&pairs([("N", "all"), ("S", "all")]), &pairs([("N", "use"), ("S", "use")]), "here").unwrap();
    Parts::new(labels, matrix, Values::Dense(ndarray::array![[7.0, 0.0], [1.0, 12.0]]), "here")
}

#[test]
fn what_is_missing_is_derived_alike_from_all_entries_and_from_those_that_are_not_zero() {
    let z = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
    let a = ndarray::array![[0.1, 0.1], [0.3, 0.2]];
    let forms = |m: &ndarray::Array2<f64>| [Values::Dense(m.clone()), Values::Sparse(isard::table::sparse(m.view()))];
    for values in forms(&z) {
        let table = parts(Intermediate::Flows(values.clone())).table(&Watch::default()).unwrap();
        assert_eq!((table.x.to_vec(), table.z.to_dense()), (vec![10.0, 20.0], z.clone()));
        assert_eq!(table.provenance.notes, ["x = the sum of each row: the file holds no x"]);
        let abroad = Parts { exports: Some(ndarray::array![5.0, 0.5]), ..parts(Intermediate::Flows(values)) };
        assert_eq!(abroad.table(&Watch::default()).unwrap().x.to_vec(), [15.0, 20.5]);
    }
    for values in forms(&a) {
        let given = Parts { x: Some(ndarray::array![10.0, 20.0]), ..parts(Intermediate::Coefficients(values.clone())) };
        let table = given.table(&Watch::default()).unwrap();
        assert!((table.z.to_dense() - &z).iter().all(|d| d.abs() < 1e-14));
        assert_eq!(table.provenance.notes, ["Z = A diag(x): the file holds no Z"]);
        let table = parts(Intermediate::Coefficients(values)).table(&Watch::default()).unwrap();
        assert!((&table.x - &ndarray::array![10.0, 20.0]).iter().all(|d| d.abs() < 1e-13), "{}", table.x);
        assert!(table.provenance.notes[0].starts_with("x = A x + Y 1, computed since the file holds neither Z nor x"));
    }
}

#[test]
fn parts_of_another_shape_are_refused_with_both_numbers() {
    let z = || Intermediate::Flows(Values::Dense(ndarray::Array2::zeros((2, 2))));
    let stressor = |direct: usize, households: usize| Stressor {
        name: "CO2".into(),
        unit: "Mt".into(),
        direct: ndarray::Array1::zeros(direct),
        households: Some(ndarray::Array1::zeros(households)),
    };
    let three = || Some(ndarray::Array1::zeros(3));
    for (wrong, said) in [
        (
            parts(Intermediate::Flows(Values::Dense(ndarray::Array2::zeros((2, 3))))),
            "2 x 2 numbers of intermediates as the labels say, found 2 x 3",
        ),
        (Parts { y: Values::Dense(ndarray::Array2::zeros((3, 2))), ..parts(z()) }, "final demand as the labels say, found 3 x 2"),
        (Parts { x: three(), ..parts(z()) }, "2 x 1 numbers of output as the labels say, found 3 x 1"),
        (Parts { imports_final: three(), ..parts(z()) }, "imports of final demand"),
        (Parts { value_added: vec![(Name::plain("wages"), ndarray::Array1::zeros(1))], ..parts(z()) }, "value added"),
        (Parts { stressors: vec![stressor(3, 2)], ..parts(z()) }, "numbers of emissions as"),
        (Parts { stressors: vec![stressor(2, 1)], ..parts(z()) }, "emissions of households"),
    ] {
        let error = wrong.table(&Watch::default()).unwrap_err().to_string();
        assert!(error.starts_with("here: expected") && error.contains(said), "{error}");
    }
}
