//! The named arrays of a numpy archive: a zip file of `.npy` members.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use crate::error::Result;
use crate::formats::tools::archive::{Archive, archive, member, members};
use crate::formats::tools::input::bytes;
use crate::formats::tools::npy::Npy;
use crate::table::Source;
use crate::watch::Watch;

/// An open archive that remembers which of its arrays were used.
pub(super) struct Arrays {
    path: PathBuf,
    zip: Archive,
    names: Vec<String>,
    used: BTreeSet<String>,
    /// The archive itself.
    pub(super) source: Source,
    watch: Watch,
}

impl Arrays {
    /// Opens the archive at `path`.
    pub(super) fn open(path: &Path, watch: &Watch) -> Result<Self> {
        let (raw, source) = bytes(path, watch)?;
        let zip = archive(raw, path)?;
        let names = members(&zip, path)?.into_iter().map(|n| n.strip_suffix(".npy").map(str::to_string).unwrap_or(n)).collect();
        Ok(Arrays { path: path.to_path_buf(), zip, names, used: BTreeSet::new(), source, watch: watch.clone() })
    }

    /// `file[array]`, for errors.
    pub(super) fn place(&self, name: &str) -> String {
        format!("{}[{name}]", self.path.display())
    }

    /// The archive's path, for errors.
    pub(super) fn file(&self) -> String {
        self.path.display().to_string()
    }

    /// The names of all arrays, in the order of the file.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Those of `aliases` that the archive holds, in the order of `aliases`.
    pub(super) fn present(&self, aliases: &[&'static str]) -> Vec<&'static str> {
        aliases.iter().copied().filter(|a| self.names.iter().any(|n| n == a)).collect()
    }

    /// Records that the array became part of the table.
    pub(super) fn mark(&mut self, name: &str) {
        self.used.insert(name.to_string());
    }

    /// The arrays that were not marked, sorted.
    pub(super) fn unused(&self) -> Vec<&str> {
        let mut rest: Vec<&str> = self.names.iter().filter(|n| !self.used.contains(*n)).map(String::as_str).collect();
        rest.sort_unstable();
        rest
    }

    /// The array `name`, which must be present, as numbers.
    pub(super) fn numbers(&mut self, name: &str) -> Result<ArrayD<f64>> {
        self.npy(name)?.numbers()
    }

    /// The first of `aliases` that is present as a flat list of texts; whole numbers serve as texts.
    pub(super) fn texts(&mut self, aliases: &[&'static str]) -> Result<Option<(&'static str, Vec<String>)>> {
        let Some(&name) = self.present(aliases).first() else { return Ok(None) };
        let list = self.npy(name)?.texts()?;
        self.mark(name);
        Ok(Some((name, list)))
    }

    fn npy(&mut self, name: &str) -> Result<Npy> {
        let place = self.place(name);
        let index = self.names.iter().position(|n| n == name).expect("callers ask for arrays that are present");
        Npy::new(member(&mut self.zip, index, &place, &self.watch)?, &place)
    }
}
