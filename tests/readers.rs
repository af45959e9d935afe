//! The readers of pymrio folders, numpy archives and long-form folders, on small hand-made tables and on real ones.
//!
//! Real tables lie beside the repository in `../shared`; where they are absent these tests say so and pass.

use std::io::Write;
use std::path::{Path, PathBuf};

use isard::formats::Reading;

use crate::support::shared;

mod by_name;
mod long;
pub mod npz;
pub mod pymrio;

/// Reading that read the given extension rows.
fn with_factors(factors: &[&str]) -> Reading {
    Reading { factors: factors.iter().map(|f| f.to_string()).collect(), ..Reading::default() }
}

/// Writes `text` to `folder/name`, folders included.
fn put(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// All files below `folder`, as paths relative to it.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = PathBuf::from(path.file_name().unwrap());
            found.extend(files_below(&path).into_iter().map(|f| name.join(f)));
        } else {
            found.push(PathBuf::from(path.file_name().unwrap()));
        }
    }
    found.sort();
    found
}

/// A zip file of the named contents.
pub(crate) fn zip_of<'a>(members: impl IntoIterator<Item = (String, &'a [u8])>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The message of an error that must come, with its help.
fn refusal<T: std::fmt::Debug>(result: isard::Result<T>) -> String {
    let error = result.unwrap_err();
    format!("{error}\nhelp: {}", error.help().unwrap_or_default())
}

/// Relative difference.
fn apart(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE)
}
