//! pymrio folders and zip files.

use std::path::Path;

use isard::formats::Reading;

use super::by_name::pymrio;

use super::{apart, files_below, put, refusal, shared, with_factors, zip_of};

const Z: &str =
    "region\t\tN\tN\tS\nsector\t\tfood\tsteel\tfood\nregion\tsector\t\t\t\nN\tfood\t1\t2\t0\nN\tsteel\t0.1\t0\t3e-3\nS\tfood\t0\t4\t5\n";
const Y: &str = "region\t\tN\tN\tS\ncategory\t\tC\tG\tC\nregion\tsector\t\t\t\nN\tfood\t6\t1\t0\nN\tsteel\t7\t0\t0.897\nS\tfood\t0\t2\t9\n";
const F: &str = "region\t\tN\tN\tS\nsector\t\tfood\tsteel\tfood\nstressor\tcompartment\t\t\t\nCO2\tair\t10\t20\t30\nN2O\tair\t1\t2\t3\nN2O\twater\t4\t5\t6\n";
const F_Y: &str =
    "region\t\tN\tN\tS\ncategory\t\tC\tG\tC\nstressor\tcompartment\t\t\t\nCO2\tair\t100\t1\t1000\nN2O\tair\t0\t0\t0\nN2O\twater\t0\t0\t0\n";

fn parameters(entries: &[(&str, &str, u8, u8)], rest: &str) -> String {
    let files: Vec<String> = entries
        .iter()
        .map(|(key, name, index, header)| format!(r#""{key}": {{"name": "{name}", "nr_index_col": "{index}", "nr_header": "{header}"}}"#))
        .collect();
    format!(r#"{{"files": {{{}}}, {rest}}}"#, files.join(", "))
}

/// Two regions, one with two sectors and one with one; `x = (10, 8, 20)`.
pub fn small(folder: &Path) {
    let files = [("Z", "Z.txt", 2, 2), ("Y", "Y.txt", 2, 2), ("x", "x.txt", 2, 1), ("unit", "unit.txt", 2, 1), ("L", "L.txt", 2, 2)];
    put(folder, "file_parameters.json", parameters(&files, r#""systemtype": "IOSystem""#));
    put(folder, "Z.txt", Z);
    put(folder, "Y.txt", Y);
    put(folder, "x.txt", "region\tsector\tindout\nN\tfood\t10\nN\tsteel\t8\nS\tfood\t20\n");
    put(folder, "unit.txt", "region\tsector\tunit\nN\tfood\tM EUR\nN\tsteel\tM EUR\nS\tfood\tM EUR\n");
    let files = [("F", "F.txt", 2, 2), ("F_Y", "F_Y.txt", 2, 2), ("unit", "unit.txt", 2, 1)];
    put(folder, "air/file_parameters.json", parameters(&files, r#""systemtype": "Extension", "name": "Air emissions""#));
    put(folder, "air/F.txt", F);
    put(folder, "air/F_Y.txt", F_Y);
    put(folder, "air/unit.txt", "stressor\tcompartment\tunit\nCO2\tair\tkt\nN2O\tair\tt\nN2O\twater\tt\n");
}

fn small_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    folder
}

fn read(folder: &Path) -> isard::Result<isard::Table> {
    pymrio::read(folder, &Reading::default())
}

#[test]
fn a_small_folder_with_unequal_sector_counts_is_read_whole() {
    let folder = small_folder();
    let table = pymrio::read(folder.path(), &with_factors(&["air/N2O/water", "Air emissions/CO2"])).unwrap();
    assert_eq!(table.labels.offsets, [0, 2, 3]);
    assert_eq!(table.labels.demand_offsets, [0, 2, 3]);
    assert_eq!(table.labels.row_name(1), "N / steel");
    assert_eq!(table.unit, "M EUR");
    assert_eq!(table.z.nnz(), 6, "exact zeros are not stored");
    assert_eq!(table.z.get(1, 2), Some(&3e-3));
    assert_eq!(table.y[[2, 2]], 9.0);
    assert!(table.row_imbalance().iter().all(|v| v.abs() < 1e-16), "what the decimals of the file leave over");
    let [n2o, co2] = table.stressors.as_slice() else { panic!("two stressors were asked for") };
    assert_eq!((n2o.name.as_str(), n2o.unit.as_str(), n2o.direct.to_vec()), ("N2O/water", "t", vec![4.0, 5.0, 6.0]));
    assert_eq!((co2.name.as_str(), co2.unit.as_str(), co2.direct.to_vec()), ("CO2", "kt", vec![10.0, 20.0, 30.0]));
    assert_eq!(co2.households.as_ref().unwrap().to_vec(), [101.0, 1000.0]);
    let read: Vec<String> =
        table.provenance.files.iter().map(|s| s.path.strip_prefix(folder.path()).unwrap().display().to_string()).collect();
    assert!(!read.contains(&"L.txt".to_string()));
    for file in ["file_parameters.json", "Z.txt", "Y.txt", "x.txt", "unit.txt", "air/F.txt", "air/F_Y.txt", "air/unit.txt"] {
        assert!(read.contains(&file.to_string()), "{file} is not in {read:?}");
    }
    assert_eq!(pymrio::factors(folder.path()).unwrap(), ["air/CO2/air", "air/N2O/air", "air/N2O/water"]);
    assert!(isard::formats::read(folder.path(), &Reading::default()).unwrap().stressors.is_empty());
}

#[test]
fn a_factor_that_is_not_there_is_answered_with_the_nearest() {
    let folder = small_folder();
    let ask = |factor: &str| refusal(pymrio::read(folder.path(), &with_factors(&[factor])));
    assert!(ask("air/CO3").contains("did you mean \"air/CO2/air\"?"), "{}", ask("air/CO3"));
    assert!(ask("airs/CO2").contains("did you mean \"air\"?"), "{}", ask("airs/CO2"));
    assert!(ask("air/N2O").contains("stands for 2 rows\nhelp: name one of: air/N2O/air, air/N2O/water"), "{}", ask("air/N2O"));
    assert!(ask("CO2").contains("expected a factor as EXTENSION/ROW"), "{}", ask("CO2"));
    let twice = refusal(pymrio::read(folder.path(), &with_factors(&["air/CO2", "air/CO2"])));
    assert!(twice.contains("named twice"), "{twice}");
}

#[test]
fn a_pattern_reads_every_row_that_fits_it_and_gases_become_one() {
    let folder = small_folder();
    let names = |factors: &[&str]| -> Vec<String> {
        pymrio::read(folder.path(), &with_factors(factors)).unwrap().stressors.iter().map(|s| s.name.clone()).collect()
    };
    assert_eq!(names(&["air/*"]), ["CO2", "N2O/air", "N2O/water"]);
    assert_eq!(names(&["air/N2O/*", "air/CO2"]), ["N2O/air", "N2O/water", "CO2"]);
    let refused = |factors: &[&str]| refusal(pymrio::read(folder.path(), &with_factors(factors)));
    assert!(refused(&["air/SF6*"]).contains("no row of the extension air fits"));
    assert!(refused(&["air/N2O/*", "air/*"]).contains("named twice"));

    let run = |words: &[&str]| {
        let output = crate::support::isard().arg("flows").arg(folder.path()).args(words).args(["--json", "-q"]).output().unwrap();
        (
            output.status.code().unwrap(),
            serde_json::from_slice::<serde_json::Value>(&output.stdout),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (_, found, _) = run(&["--factor=air/CO2", "--factor=air/N2O/air", "--characterise=gwp100-ar5"]);
    let found = found.unwrap();
    assert_eq!((&found["stressor"], &found["unit"]), (&"GWP100 AR5".into(), &"kt CO2e".into()));
    // by hand: kt of CO2 and t of N2O, 265 times, of households too
    let expected = [10.0 + 0.265 + 20.0 + 0.530, 30.0 + 0.795];
    for (r, expected) in expected.iter().enumerate() {
        assert!((found["direct"][r].as_f64().unwrap() - expected).abs() < 1e-12, "{}", found["direct"]);
    }
    assert!((found["households"][1].as_f64().unwrap() - 1000.0).abs() < 1e-9);
    assert!(
        found["provenance"]["notes"].to_string().contains("N2O/air x 265")
            || found["provenance"]["notes"].to_string().contains("N2O x 265")
    );

    put(folder.path(), "acid.csv", "stressor,factor,unit,result\nN2O*,0.7,kg,kg SO2-eq\n");
    let file = format!("--characterise={}", folder.path().join("acid.csv").display());
    let (_, found, message) = run(&["--factor=air/*", &file]);
    let found = found.unwrap_or_else(|_| panic!("{message}"));
    assert_eq!((&found["stressor"], &found["unit"]), (&"acid".into(), &"kg SO2-eq".into()));
    assert!((found["direct"][1].as_f64().unwrap() - 0.7 * 9000.0).abs() < 1e-9);
    for (words, why) in [
        (vec!["--factor=air/CO2", "--characterise=gwp100-ar7"], "gwp100-ar6"),
        (vec!["--characterise=gwp100-ar6"], "no effect"),
        (vec!["--factor=air/CO2", "--characterise=nowhere.csv"], "nowhere.csv"),
    ] {
        let (code, _, message) = run(&words);
        assert!(code == 2 && message.contains(why), "{words:?}: {message}");
    }
}

#[test]
fn old_names_of_the_emissions_of_final_demand_are_known() {
    for old in ["FY", "F_hh"] {
        let folder = small_folder();
        let files = [("F", "F.txt", 2, 2), (old, "F_Y.txt", 2, 2)];
        put(folder.path(), "air/file_parameters.json", parameters(&files, r#""systemtype": "Extension""#));
        let table = pymrio::read(folder.path(), &with_factors(&["air/CO2"])).unwrap();
        assert_eq!(table.stressors[0].households.as_ref().unwrap().to_vec(), [101.0, 1000.0], "{old}");
        assert_eq!(table.remarks[0].code, "emissions-unit-unknown");
    }
}

#[test]
fn emissions_of_final_demand_must_carry_the_columns_of_y() {
    let folder = small_folder();
    put(folder.path(), "air/F_Y.txt", F_Y.replacen("\tG\t", "\tH\t", 1));
    let message = refusal(pymrio::read(folder.path(), &with_factors(&["air/CO2"])));
    assert!(message.contains("column 2 \"N / H\" is no column of final demand Y"), "{message}");
    put(folder.path(), "air/F_Y.txt", F_Y.lines().map(|l| l.rsplit_once('\t').unwrap().0.to_string() + "\n").collect::<String>());
    let message = refusal(pymrio::read(folder.path(), &with_factors(&["air/CO2"])));
    assert!(message.contains("expected 3 columns as in Y, found 2: \"S / C\" is missing"), "{message}");
}

#[test]
fn missing_parts_are_derived_and_noted() {
    let folder = small_folder();
    let path = folder.path();
    put(path, "file_parameters.json", parameters(&[("Z", "Z.txt", 2, 2), ("Y", "Y.txt", 2, 2)], r#""systemtype": "IOSystem""#));
    let table = read(path).unwrap();
    assert_eq!(table.x.to_vec(), [10.0, 8.0, 20.0].map(|v| if v == 8.0 { 0.1 + 3e-3 + (7.0 + 0.897) } else { v }));
    assert!(table.provenance.notes[0].starts_with("x = Z 1 + Y 1"), "{:?}", table.provenance.notes);

    put(path, "A.txt", Z);
    let files = [("A", "A.txt", 2, 2), ("Y", "Y.txt", 2, 2), ("x", "x.txt", 2, 1)];
    put(path, "file_parameters.json", parameters(&files, r#""systemtype": "IOSystem""#));
    let table = read(path).unwrap();
    assert_eq!(table.z.get(0, 1), Some(&16.0));
    assert_eq!(table.z.get(1, 2), Some(&(3e-3 * 20.0)));
    assert!(table.provenance.notes[0].starts_with("Z = A diag(x)"), "{:?}", table.provenance.notes);
}

#[test]
fn output_is_computed_where_only_coefficients_and_demand_are_given() {
    let folder = small_folder();
    let path = folder.path();
    put(path, "file_parameters.json", parameters(&[("A", "A.txt", 2, 2), ("Y", "Y.txt", 2, 2)], r#""systemtype": "IOSystem""#));
    // Column by column 0.5 on the diagonal: x is twice final demand.
    let a = "region\t\tN\tN\tS\nsector\t\tfood\tsteel\tfood\nregion\tsector\t\t\t\nN\tfood\t0.5\t0\t0\nN\tsteel\t0\t0.5\t0\nS\tfood\t0\t0\t0.5\n";
    put(path, "A.txt", a);
    let table = read(path).unwrap();
    for (x, expected) in table.x.iter().zip([14.0, 2.0 * 7.897, 22.0]) {
        assert!(apart(*x, expected) < 1e-13, "{x} against {expected}");
    }
    assert!(table.provenance.notes[0].contains("relative residual"), "{:?}", table.provenance.notes);

    put(path, "A.txt", a.replace("0.5", "1.1"));
    let message = refusal(read(path));
    assert!(message.contains("the spectral radius of A is above 1 (growth by 1.1"), "{message}");
    put(path, "A.txt", a.replacen("0.5", "NaN", 1));
    let message = refusal(read(path));
    assert!(message.contains("row \"N / food\" holds NaN"), "{message}");
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_line_and_cell() {
    let cases: [(&str, &str, &str, &str); 9] = [
        ("Z.txt", "0.1", "n.a.", "Z.txt:5:3: expected a number, found \"n.a.\""),
        ("Z.txt", "\t2\t", "\t\t", "Z.txt:4:4: expected a number, found \"\""),
        ("Z.txt", "\t3e-3", "", "Z.txt:5: expected 5 cells separated by tabs, found 4"),
        ("Z.txt", "N\tsteel\t", "N\tiron\t", "column 2 is \"N / steel\", expected \"N / iron\""),
        ("Z.txt", "N\tsteel\t", "N\tfood\t", "Z.txt:5: \"N / food\" comes twice: it is already in line 4"),
        ("Y.txt", "S\tfood\t", "S\tfoods\t", "row 3 is \"S / foods\", expected \"S / food\""),
        ("x.txt", "S\tfood\t20\n", "", "expected 3 rows as there are rows in"),
        ("x.txt", "20", "twenty", "x.txt:4:3: expected a number, found \"twenty\""),
        ("file_parameters.json", "{", "[", "not a file_parameters.json"),
    ];
    for (file, from, to, expected) in cases {
        let folder = small_folder();
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(text.contains(from), "{file} holds {from:?}");
        put(folder.path(), file, text.replacen(from, to, 1));
        let message = refusal(read(folder.path()));
        assert!(message.contains(expected), "{file}, {from:?} -> {to:?}: {message}");
    }
}

#[test]
fn a_nan_is_read_as_such_for_the_audit_to_refuse() {
    let folder = small_folder();
    put(folder.path(), "Z.txt", Z.replace("0.1", "NaN"));
    assert!(read(folder.path()).unwrap().z.get(1, 0).unwrap().is_nan());
}

#[test]
fn files_that_are_missing_or_of_another_kind_are_named() {
    let folder = small_folder();
    std::fs::remove_file(folder.path().join("Y.txt")).unwrap();
    assert!(refusal(read(folder.path())).contains("Y.txt: cannot read"));
    put(folder.path(), "file_parameters.json", parameters(&[("Z", "Z.parquet", 2, 2)], r#""systemtype": "IOSystem""#));
    let message = refusal(read(folder.path()));
    let expected = if cfg!(feature = "parquet") { "Z.parquet: cannot read" } else { "Z is stored as \"Z.parquet\"" };
    assert!(message.contains(expected), "{message}");
    put(folder.path(), "file_parameters.json", parameters(&[("L", "L.txt", 2, 2)], r#""systemtype": "IOSystem""#));
    assert!(refusal(read(folder.path())).contains("no Z or A is named, only L"));
    let message = refusal(read(&folder.path().join("air")));
    assert!(message.contains("found \"Extension\"") && message.contains("the whole system"), "{message}");
    put(folder.path(), "Z.txt", b"region\t\tN\n\xc4\xcf\t\n");
    put(folder.path(), "file_parameters.json", parameters(&[("Z", "Z.txt", 2, 2)], r#""systemtype": "IOSystem""#));
    assert!(refusal(read(folder.path())).contains("Z.txt:2:1: byte 0xc4 is not UTF-8"));
}

#[test]
fn no_changed_byte_of_a_file_makes_the_reader_panic() {
    let folder = small_folder();
    for file in files_below(folder.path()) {
        let good = std::fs::read(folder.path().join(&file)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] = [b'\t', b'\n', b'9', 0xff][at % 4];
            put(folder.path(), &file.display().to_string(), &bad);
            let _ = pymrio::read(folder.path(), &with_factors(&["air/CO2"]));
        }
        put(folder.path(), &file.display().to_string(), &good);
    }
}

fn zipped(folder: &Path, prefixes: &[&str]) -> Vec<u8> {
    let files: Vec<(String, Vec<u8>)> =
        files_below(folder).into_iter().map(|f| (f.display().to_string(), std::fs::read(folder.join(f)).unwrap())).collect();
    zip_of(prefixes.iter().flat_map(|p| files.iter().map(move |(name, bytes)| (format!("{p}{name}"), bytes.as_slice()))))
}

#[test]
fn a_zip_file_is_read_at_any_depth_and_equals_the_folder() {
    let folder = small_folder();
    let options = with_factors(&["air/CO2"]);
    let plain = pymrio::read(folder.path(), &options).unwrap();
    for prefix in ["", "IOT_2011_pxp/", "a/b/c/"] {
        let place = tempfile::tempdir().unwrap();
        put(place.path(), "t.zip", zipped(folder.path(), &[prefix]));
        let table = isard::formats::read(&place.path().join("t.zip"), &options).unwrap();
        assert_eq!((&table.z, &table.y, &table.x), (&plain.z, &plain.y, &plain.x), "{prefix}");
        assert_eq!(table.labels, plain.labels);
        assert_eq!(table.stressors[0].households, plain.stressors[0].households);
        assert_eq!(table.provenance.files.len(), 1);
        assert_eq!(pymrio::factors(&place.path().join("t.zip")).unwrap().len(), 3);
    }
}

#[test]
fn zip_files_that_do_not_hold_one_system_are_refused() {
    let folder = small_folder();
    let place = tempfile::tempdir().unwrap();
    let try_bytes = |bytes: &[u8]| {
        put(place.path(), "t.zip", bytes);
        refusal(read(&place.path().join("t.zip")))
    };
    let whole = zipped(folder.path(), &["a/"]);
    let message = try_bytes(&whole[..whole.len() / 2]);
    assert!(message.contains("t.zip: not a complete zip file"), "{message}");
    let message = try_bytes(&zipped(folder.path(), &["2010/", "2011/"]));
    assert!(message.contains("holds 2 systems, at \"2010\", \"2011\""), "{message}");
    let message = try_bytes(&zipped(&folder.path().join("air"), &["a/"]));
    assert!(message.contains("no file_parameters.json with systemtype \"IOSystem\""), "{message}");
    assert!(try_bytes(b"").contains("empty"));
    std::fs::remove_file(folder.path().join("x.txt")).unwrap();
    let message = try_bytes(&zipped(folder.path(), &["a/"]));
    assert!(message.contains("has no member \"a/x.txt\""), "{message}");
    let bad = Z.replace("0.1", "oops");
    put(folder.path(), "Z.txt", bad);
    let message = try_bytes(&zipped(folder.path(), &["a/"]));
    assert!(message.contains("t.zip/a/Z.txt:5:3: expected a number"), "{message}");
}

#[test]
fn a_flipped_byte_in_a_zip_member_is_noticed() {
    let folder = small_folder();
    let place = tempfile::tempdir().unwrap();
    let mut bytes = zipped(folder.path(), &[""]);
    let at = bytes.windows(5).position(|w| w == b"Z.txt").unwrap() + 12;
    bytes[at] ^= 0xff;
    put(place.path(), "t.zip", bytes);
    let message = refusal(read(&place.path().join("t.zip")));
    assert!(message.contains("Z.txt: damaged, it cannot be read from the zip file"), "{message}");
}

#[test]
fn the_saved_test_system_of_pymrio_is_read_digit_by_digit() {
    let Some(folder) = shared("world/pymrio_saved/txt") else { return };
    let table =
        pymrio::read(&folder, &with_factors(&["emissions/emission_type1", "Emissions/emission_type2/water", "factor_inputs/Value Added"]))
            .unwrap();
    assert_eq!((table.dim(), table.labels.region_count(), table.labels.categories.len()), (48, 6, 42));
    assert_eq!(table.z.get(0, 2), Some(&106490.98));
    assert_eq!(table.z.get(0, 17), Some(&0.090042724));
    assert_eq!((table.y[[0, 0]], table.y[[0, 14]]), (58180.65, 2888.5969));
    assert_eq!(table.unit, "Mill USD");
    // The file holds 12 digits, which agree with the sum of the row.
    assert_eq!(format!("{:.6}", table.x[0]), "239154.386473");
    let first = &table.stressors[0];
    assert_eq!((first.name.as_str(), first.unit.as_str(), first.direct[0]), ("emission_type1", "kg", 1848064.8));
    let text = std::fs::read_to_string(folder.join("emissions/F.txt")).unwrap();
    let total: f64 = text.lines().nth(3).unwrap().split('\t').skip(2).map(|c| c.parse::<f64>().unwrap()).sum();
    assert!(apart(first.direct.sum(), total) < 1e-14);
    assert_eq!(first.households.as_ref().unwrap()[3], 276813420.0);
    assert_eq!(table.stressors[2].households, None);
    assert!(table.row_imbalance().iter().zip(&table.x).all(|(d, x)| d.abs() < 1e-6 * x.abs()));
    let place = tempfile::tempdir().unwrap();
    put(place.path(), "t.zip", zipped(&folder, &["deep/er/"]));
    let again = pymrio::read(&place.path().join("t.zip"), &with_factors(&["emissions/emission_type1"])).unwrap();
    assert_eq!((&again.z, &again.y, &again.x), (&table.z, &table.y, &table.x));
    let parquet = read(&folder.join("../parquet"));
    if cfg!(feature = "parquet") {
        let parquet = parquet.unwrap();
        assert!(parquet.z.to_dense().iter().zip(table.z.to_dense().iter()).all(|(a, b)| apart(*a, *b) < 1e-12));
        assert!(parquet.y.iter().zip(&table.y).all(|(a, b)| apart(*a, *b) < 1e-12));
        assert_eq!((&parquet.labels, &parquet.unit), (&table.labels, &table.unit));
    } else {
        let parquet = refusal(parquet);
        assert!(parquet.contains("save_all") && parquet.contains("feature parquet"), "{parquet}");
    }
}

#[test]
fn an_exiobase_3_archive_without_z_and_x_is_read() {
    let Some(folder) = shared("world/layout_samples/exio3_mock") else { return };
    let table = pymrio::read(&folder, &with_factors(&["satellite/emission_type1"])).unwrap();
    assert_eq!((table.dim(), table.labels.region_count()), (48, 6));
    assert_eq!(table.stressors[0].unit, "kg");
    assert_eq!(table.stressors[0].households.as_ref().unwrap()[0], 62335321.0);
    assert_eq!(table.stressors[0].direct[0], 1848064.8);
    assert_eq!(table.provenance.notes.len(), 2, "{:?}", table.provenance.notes);
    assert!(table.row_imbalance().iter().zip(&table.x).all(|(d, x)| d.abs() < 1e-12 * x.abs().max(1.0)));
    // The mock is pymrio's test system: its output is known from the saved one.
    if let Some(saved) = shared("world/pymrio_saved/txt") {
        let saved = pymrio::read(&saved, &Reading::default()).unwrap();
        for (a, b) in table.x.iter().zip(&saved.x) {
            assert!(apart(*a, *b) < 1e-6, "{a} {b}");
        }
    }
}
