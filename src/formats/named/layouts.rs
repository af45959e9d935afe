//! The layouts of named arrays: how each is recognised, what is gathered, what its arrays are called.

use super::gather::{folder, lists, year};
use super::{GENERIC, Names, parts};
use crate::error::{Error, Result};
use crate::formats::containers::{Kind, hdf5, kind, mat5};
use crate::formats::parts::Parts;
use crate::formats::{Format, Probe, Reading, Source};

pub mod emerging;
pub mod fabio;
pub mod gtap;
pub mod matlab;
pub mod matrices;
pub mod r;
pub mod rex3;
pub mod toolbox;
pub mod useeio;
pub mod wiod_r;

/// Names of arrays, by which a MATLAB or HDF5 file is recognised; `None` where it is neither.
fn names_of(source: &Source) -> Option<Vec<String>> {
    if source.is_packed() {
        return None;
    }
    match kind(source.head())? {
        Kind::Mat5 => mat5::names(&mut std::fs::File::open(source.path()).ok()?),
        Kind::Hdf5 => hdf5::names(source.path()),
        _ => None,
    }
}

/// The last part of a name in lower case.
fn last(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_lowercase()
}

/// Whether all of `wanted` are names of arrays, at any depth.
fn has_all(names: &[String], wanted: &[&str]) -> bool {
    wanted.iter().all(|w| names.iter().any(|n| last(n) == *w))
}
