//! Matrices in files of their own: Matrix Market, `.npy`, scipy's sparse `.npz`; one of them named, or their folder.
//!
//! Beside `Z` (or `A` or `T`) lie `Y`, and where there are any `x`, `V`, `F`, `F_Y` in any of these containers, and the lists of
//! labels `sectors.csv` (region, sector), `categories.csv` (region, category), `stressors.csv` (stressor, unit),
//! `value_added_items.csv` (item).

use std::path::{Path, PathBuf};

use super::{Error, Format, GENERIC, Parts, Probe, Reading, Result, Source, lists, parts};
use crate::finding::{Finding, Level};
use crate::formats::containers::{Container, Kind, kind};
use crate::formats::named::gather::{files, is_array, one, stem};
use crate::formats::source::Zip;

/// The layout.
pub const FORMAT: Format = Format {
    name: "matrices",
    long: "matrices in files of their own: Matrix Market .mtx, .npy, scipy's .npz; a file, or a folder of them",
    doc: "recognised by its first bytes, or a folder by Z or A beside Y; labels in sectors.csv and categories.csv beside them",
    takes: &["encoding"],
    probe,
    read,
};

/// Names of files of flows, and of what may lie beside them.
const MATRICES: [&str; 3] = ["z", "t", "a"];
const BESIDE: [&str; 18] = [
    "y",
    "fd",
    "x",
    "v",
    "va",
    "f",
    "q",
    "f_y",
    "fy",
    "qy",
    "f_hh",
    "exports",
    "stock",
    "error",
    "imports",
    "imports_final",
    "unit",
    "emissions",
];

/// The name of a file up to the first mark that is no letter of a role: `Z_csr` is Z.
fn role(stem: &str) -> String {
    let lower = stem.to_lowercase();
    let first = lower.split(['_', '-', '.']).next().unwrap_or_default();
    if BESIDE.contains(&lower.as_str()) || !MATRICES.contains(&first) { lower } else { first.to_string() }
}

/// The files of flows in a folder.
fn flows(folder: &Path) -> Vec<PathBuf> {
    let is = |p: &PathBuf| is_array(p) && MATRICES.contains(&role(&stem(p)).as_str());
    files(folder).unwrap_or_default().into_iter().filter(is).collect()
}

fn is_own(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["mtx", "npy", "npz"].iter().any(|own| e.eq_ignore_ascii_case(own)))
}

fn probe(source: &Source) -> Probe {
    if source.is_folder() {
        let found = flows(source.path());
        let demand = files(source.path()).unwrap_or_default().iter().any(|p| is_own(p) && role(&stem(p)) == "y");
        return match found.iter().find(|p| is_own(p)) {
            Some(_) if source.has("labels.yaml") => Probe::no("the folder holds labels.yaml, which belongs to another layout"),
            Some(first) if demand => Probe::yes(format!("the folder holds {} and Y", first.file_name().unwrap_or_default().display())),
            _ => Probe::no("the folder lacks Z (or A) or Y as .mtx, .npy or .npz"),
        };
    }
    match (kind(source.head()), source.zip()) {
        (Some(Kind::Market), _) => Probe::yes("it begins with %%MatrixMarket"),
        (Some(Kind::Npy), _) => Probe::yes("it begins as an array of numpy"),
        (_, Zip::Members(names)) if ["format", "shape", "data"].iter().all(|m| names.iter().any(|n| *n == format!("{m}.npy"))) => {
            Probe::yes("the zip file holds format, shape and data, as scipy saves a sparse matrix")
        }
        _ => Probe::no("it is neither Matrix Market nor an array of numpy, nor a sparse matrix of scipy"),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let mut remarks = Vec::new();
    let (folder, matrix) = if source.is_folder() {
        let found = flows(source.path());
        let own: Vec<PathBuf> = found.into_iter().filter(|p| is_own(p)).collect();
        let z: Vec<&PathBuf> = own.iter().filter(|p| role(&stem(p)) != "a").collect();
        match (&z[..], &own[..]) {
            (&[one], _) | (&[], [one]) => (source.path().to_path_buf(), one.clone()),
            (_, all) => {
                let names: Vec<String> = all.iter().map(|p| p.display().to_string()).collect();
                let text = format!("{} files of flows: {}", names.len(), names.join(", "));
                return Err(Error::format(&place, text, "name the file that is to be read"));
            }
        }
    } else {
        let above = source.path().parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        (above.to_path_buf(), source.path().to_path_buf())
    };
    let mut all = one(&matrix, reading)?;
    let name = role(&stem(&matrix));
    rename(&mut all, if MATRICES.contains(&name.as_str()) { &name } else { "z" });
    let mut taken: Vec<String> = Vec::new();
    let ending = matrix.extension().map(|e| e.to_ascii_lowercase());
    let mut beside: Vec<PathBuf> =
        files(&folder)?.into_iter().filter(|p| is_own(p) && *p != matrix && BESIDE.contains(&role(&stem(p)).as_str())).collect();
    // of one name the file of the same kind goes first
    beside.sort_by_key(|p| (role(&stem(p)), p.extension().map(|e| e.to_ascii_lowercase()) != ending));
    for path in beside {
        let name = role(&stem(&path));
        if taken.contains(&name) {
            continue;
        }
        let mut more = one(&path, reading)?;
        rename(&mut more, &name);
        all.join(more, "");
        taken.push(name);
    }
    lists(&folder, reading, &mut all)?;
    if !source.is_folder() && !taken.is_empty() {
        let text = format!("{place}: {} are read from files of these names beside it", taken.join(", "));
        remarks.push(Finding::new(Level::Warn, "file-beside", text));
    }
    parts(all, &GENERIC, &folder.display().to_string(), remarks)
}

/// Calls the one array of a file `name`.
fn rename(container: &mut Container, name: &str) {
    if let [one] = container.arrays.as_mut_slice() {
        one.path = name.to_string();
    }
}
