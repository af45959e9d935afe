//! Tables written in the layouts of other programs and read again: Z, Y, x, value added and emissions to 1e-12.

use std::fs;
use std::path::{Path, PathBuf};

use isard::formats::{Reading, read};
use isard::write::manifest::Run;
use isard::write::table::{Form, write};
use isard::{Table, synth};

use super::same;
use crate::support::isard;

/// A table with value added, two accounts and households, and labels that need quotation marks.
fn table() -> Table {
    let mut table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
    (table.exports, table.stock, table.error, table.imports, table.imports_final) = (None, None, None, None, None);
    for (k, sector) in table.labels.sectors.iter_mut().enumerate() {
        *sector = isard::labels::Name::plain(["Wheat, raw", "Meat \"fresh\"", "Steel", "煤炭"][k % 4]);
    }
    let n = table.dim();
    table.x = (0..n).map(|i| table.z.row(i).map(|(_, v)| v).sum::<f64>() + table.y.row(i).sum()).collect();
    let purchases = table.purchases();
    table.value_added = vec![
        (isard::labels::Name::plain("wages"), (&table.x - &purchases) * 0.75),
        (isard::labels::Name::plain("profits"), (&table.x - &purchases) * 0.25),
    ];
    let direct = table.x.mapv(|v| v / 3.0);
    let households = Some(ndarray::array![1.5, 0.0, 2.25]);
    let account = |name: &str, unit: &str, direct| isard::table::Stressor {
        name: name.into(),
        unit: unit.into(),
        direct,
        households: households.clone(),
    };
    table.stressors = vec![account("CO2", "kt", direct.clone()), account("CH4", "t", direct * 0.1)];
    table.unit = "million USD".into();
    table
}

fn equal(what: &str, found: &Table, table: &Table, factors: bool) {
    let flat = |m: ndarray::Array2<f64>| m.iter().copied().collect::<Vec<_>>();
    same(&format!("{what} Z"), &flat(found.z.to_dense()), &flat(table.z.to_dense()));
    same(&format!("{what} Y"), &flat(found.y.clone()), &flat(table.y.clone()));
    same(&format!("{what} x"), &found.x.to_vec(), &table.x.to_vec());
    let names = |t: &Table| {
        (0..t.dim()).map(|i| format!("{} {}", t.labels.regions[t.labels.region_of(i)].given, t.labels.sectors[i].given)).collect::<Vec<_>>()
    };
    assert_eq!(names(found), names(table), "{what}");
    assert_eq!(found.labels.categories, table.labels.categories, "{what}");
    assert_eq!(found.unit, table.unit, "{what}");
    if !factors {
        return;
    }
    assert_eq!(found.value_added.len(), 2, "{what}");
    for ((a, v), (b, w)) in found.value_added.iter().zip(&table.value_added) {
        assert_eq!(a, b, "{what}");
        same(&format!("{what} V"), &v.to_vec(), &w.to_vec());
    }
    assert_eq!(found.stressors.len(), 2, "{what}");
    for (a, b) in found.stressors.iter().zip(&table.stressors) {
        assert_eq!((&a.name, &a.unit), (&b.name, &b.unit), "{what}");
        same(&format!("{what} F"), &a.direct.to_vec(), &b.direct.to_vec());
        same(&format!("{what} F_Y"), &a.households.as_ref().unwrap().to_vec(), &b.households.as_ref().unwrap().to_vec());
    }
}

fn at(folder: &Path, form: Form) -> PathBuf {
    folder.join(match form {
        Form::Npz => "t.npz",
        Form::Workbook => "t.xlsx",
        other => other.name(),
    })
}

#[test]
fn a_table_written_in_another_layout_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let table = table();
    for form in Form::ALL {
        let path = at(folder.path(), form);
        write(&table, &path, form, false, &Run::default()).unwrap();
        // what is there stays, and goes only where it is isard's
        assert!(write(&table, &path, form, false, &Run::default()).is_err());
        write(&table, &path, form, true, &Run::default()).unwrap();
        let factors = if form == Form::Pymrio { vec!["emissions/CO2".to_string(), "emissions/CH4".into()] } else { Vec::new() };
        let found = read(&path, &Reading { factors, ..Reading::default() }).unwrap_or_else(|e| panic!("{}: {e}", form.name()));
        equal(form.name(), &found, &table, form != Form::Pymrio);
        if form == Form::Pymrio {
            same("F", &found.stressors[1].direct.to_vec(), &table.stressors[1].direct.to_vec());
            same("F_Y", &found.stressors[0].households.as_ref().unwrap().to_vec(), &[1.5, 0.0, 2.25]);
        }
    }
}

#[test]
fn what_came_to_an_inner_folder_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (table, path) = (table(), folder.path().join("p"));
    write(&table, &path, Form::Pymrio, false, &Run::default()).unwrap();
    fs::write(path.join("emissions/mine.txt"), "kept").unwrap();
    let refusal = write(&table, &path, Form::Pymrio, true, &Run::default()).unwrap_err().to_string();
    assert!(refusal.contains("emissions/mine.txt: not written by this run"), "{refusal}");
    assert_eq!(fs::read_to_string(path.join("emissions/mine.txt")).unwrap(), "kept");
}

#[test]
fn a_form_without_a_place_for_a_part_refuses_it_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = table();
    table.exports = Some(table.x.clone());
    for form in [Form::Pymrio, Form::Mario, Form::Workbook] {
        let refusal = write(&table, &at(folder.path(), form), form, false, &Run::default()).unwrap_err();
        assert!(refusal.to_string().contains("exports abroad") && refusal.help().unwrap().contains("long"), "{refusal}");
    }
    for form in [Form::Npz, Form::Matrices] {
        let path = at(folder.path(), form);
        write(&table, &path, form, false, &Run::default()).unwrap();
        same("exports", &read(&path, &Reading::default()).unwrap().exports.unwrap().to_vec(), &table.x.to_vec());
    }
}

#[test]
fn the_command_writes_the_form_that_is_named_or_that_the_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| isard().args(words).current_dir(folder.path()).assert();
    run(&["synth", "--regions", "2", "--sectors", "3", "--output", "t.isard"]).success();
    run(&["import", "t.isard", "--output", "t.npz"]).success();
    run(&["import", "t.isard", "--output", "m", "--to", "matrices"]).success();
    let tables = ["t.isard", "t.npz", "m"].map(|name| read(&folder.path().join(name), &Reading::default()).unwrap());
    for other in &tables[1..] {
        same("Z", &other.z.to_dense().iter().copied().collect::<Vec<_>>(), &tables[0].z.to_dense().iter().copied().collect::<Vec<_>>());
        same("x", &other.x.to_vec(), &tables[0].x.to_vec());
    }
    let refused = run(&["import", "t.isard", "--output", "n", "--to", "pymri"]).code(2).get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&refused).contains("pymrio"));
    run(&["import", "t.isard", "--output", "t.npz"]).code(2);
    run(&["verify", "m"]).success();
}
