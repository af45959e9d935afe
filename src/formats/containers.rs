//! Named arrays in a container: numbers, compressed matrices and texts, with no knowledge of tables.
//!
//! Each kind of container has a reader of its own; what it cannot hold as an array is listed as left out, never dropped in
//! silence. A length that a file names is compared with the bytes that are there before anything is allocated for it.

use std::path::Path;

use ndarray::ArrayD;

use crate::error::{Error, Result};
use crate::formats::tools::input::bytes;
use crate::table::Source;
use crate::watch::Watch;

pub(crate) mod compressed;
pub(crate) mod cursor;
pub(crate) mod har;
pub(crate) mod hdf5;
pub(crate) mod mat5;
pub(crate) mod mtx;
pub(crate) mod numpy;
pub(crate) mod parquet;
pub(crate) mod rdata;
pub(crate) mod unpack;

pub(crate) use compressed::Compressed;

/// Most levels of structures within structures.
pub(crate) const DEEPEST: usize = 24;

/// Most bytes that one packed byte holds (zlib).
pub(crate) const RATIO: u64 = 1_032;

/// What an array holds; indices run as in the language that the container belongs to.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Every number.
    Numbers(ArrayD<f64>),
    /// The numbers of a matrix that are not zero.
    Sparse(Compressed),
    /// Texts in the order of the file.
    Texts(Vec<String>),
}

/// An array with its name; parts of structures have names such as `IO/meta/countries`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Its name.
    pub path: String,
    /// Names of the axes, where the container keeps them; empty lists for axes without.
    pub axes: Vec<Vec<String>>,
    /// What it holds.
    pub content: Content,
}

impl Named {
    /// An array without names of its axes.
    pub(crate) fn new(path: impl Into<String>, content: Content) -> Self {
        Named { path: path.into(), axes: Vec::new(), content }
    }

    /// The last part of its name.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Lengths of its axes.
    pub(crate) fn shape(&self) -> Vec<usize> {
        match &self.content {
            Content::Numbers(all) => all.shape().to_vec(),
            Content::Sparse(some) => vec![some.rows, some.columns],
            Content::Texts(list) => vec![list.len()],
        }
    }
}

/// The arrays of a file, or of several files that belong together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Container {
    /// The arrays, in the order of the file.
    pub arrays: Vec<Named>,
    /// What is in the file and is no array of numbers or texts, with its kind.
    pub left_out: Vec<String>,
    /// The files.
    pub files: Vec<Source>,
}

impl Container {
    /// Takes the arrays of another, under names that begin with `below` where it is not empty.
    pub(crate) fn join(&mut self, other: Container, below: &str) {
        let named = |name: String| if below.is_empty() { name } else { format!("{below}/{name}") };
        self.arrays.extend(other.arrays.into_iter().map(|a| Named { path: named(a.path), ..a }));
        self.left_out.extend(other.left_out.into_iter().map(named));
        self.files.extend(other.files);
    }
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// MATLAB version 5.
    Mat5,
    /// HDF5, MATLAB 7.3 and netCDF-4 among it.
    Hdf5,
    /// A numpy array.
    Npy,
    /// A zip file, which may be a numpy archive.
    Zip,
    /// Matrix Market.
    Market,
    /// R, as `saveRDS` or `save` writes.
    R,
    /// GEMPACK's header arrays.
    Har,
}

/// The kind of a container by its first bytes, unpacked.
pub(crate) fn kind(head: &[u8]) -> Option<Kind> {
    let har = || {
        let length = head.get(..4)? == [4, 0, 0, 0] && head.get(8..12)? == [4, 0, 0, 0];
        (length && head[4..8].iter().all(|b| b.is_ascii_graphic() || *b == b' ')).then_some(Kind::Har)
    };
    let hdf5 = |at: usize| head.get(at..at + 8) == Some(b"\x89HDF\r\n\x1a\n");
    match head {
        _ if head.starts_with(b"MATLAB 5.0 MAT-file") => Some(Kind::Mat5),
        _ if head.starts_with(b"MATLAB 7.3 MAT-file") || hdf5(0) || hdf5(512) => Some(Kind::Hdf5),
        _ if head.starts_with(b"\x93NUMPY") => Some(Kind::Npy),
        _ if head.starts_with(b"PK") => Some(Kind::Zip),
        _ if head.len() >= 14 && head[..14].eq_ignore_ascii_case(b"%%MatrixMarket") => Some(Kind::Market),
        _ if [&b"X\n\0\0\0\x02"[..], b"X\n\0\0\0\x03", b"RDX2\nX\n", b"RDX3\nX\n"].iter().any(|m| head.starts_with(m)) => Some(Kind::R),
        _ => har(),
    }
}

/// The arrays of a file, whatever container it is; one array without a name gets the file's.
///
/// # Errors
/// Naming the place where the file is damaged, or what it is instead.
pub(crate) fn open(path: &Path, watch: &Watch) -> Result<Container> {
    let (raw, source) = bytes(path, watch)?;
    let raw = unpack::unpacked(raw, path, watch)?;
    let place = path.display().to_string();
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let found = match kind(&raw) {
        Some(Kind::Mat5) => mat5::read(&raw, &place, watch),
        Some(Kind::Hdf5) => hdf5::read(raw, &place, watch),
        Some(Kind::Npy) => numpy::single(raw, &stem, &place),
        Some(Kind::Zip) => numpy::archived(raw, path, &stem, watch),
        Some(Kind::Market) => mtx::read(&raw, &stem, &place, watch),
        Some(Kind::R) => rdata::read(&raw, &stem, &place, watch),
        Some(Kind::Har) => har::read(&raw, &place, watch),
        None => Err(Error::format(
            &place,
            "no container of arrays: it is none of MATLAB, HDF5, numpy, Matrix Market, R and HAR by its first bytes",
            "save the arrays again in one of them",
        )),
    };
    let mut container = found?;
    container.files.push(source);
    Ok(container)
}
