//! The named arrays of a numpy archive: a zip file of `.npy` members.
//!
//! Read are floats of 4 and 8 bytes, integers of 1 to 8 bytes, unicode and byte strings, in C and Fortran order and
//! either byte order. Pickled objects are refused: they run code when read.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};

use crate::error::{Error, Result};
use crate::io::{Archive, archive, bytes, member, members};
use crate::table::Source;

/// An open archive that remembers which of its arrays were used.
pub(super) struct Arrays {
    path: PathBuf,
    zip: Archive,
    names: Vec<String>,
    used: BTreeSet<String>,
    /// The archive itself.
    pub(super) source: Source,
}

impl Arrays {
    /// Opens the archive at `path`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (raw, source) = bytes(path)?;
        let zip = archive(raw, path)?;
        let names = members(&zip, path)?.into_iter().map(|n| n.strip_suffix(".npy").map(str::to_string).unwrap_or(n)).collect();
        Ok(Arrays { path: path.to_path_buf(), zip, names, used: BTreeSet::new(), source })
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
        let npy = self.npy(name)?;
        as_numbers(npy, &self.place(name))
    }

    /// The first of `aliases` that is present as a flat list of texts; whole numbers serve as texts.
    pub(super) fn texts(&mut self, aliases: &[&'static str]) -> Result<Option<(&'static str, Vec<String>)>> {
        let Some(&name) = self.present(aliases).first() else { return Ok(None) };
        let npy = self.npy(name)?;
        let place = self.place(name);
        let list: Vec<String> = match kind(&npy.dtype()).0 {
            Some(TypeChar::UnicodeStr | TypeChar::ByteStr) => {
                values::<String, _>(npy, &place, |v| v.trim().to_string())?.into_iter().collect()
            }
            Some(TypeChar::Int | TypeChar::Uint) => self.numbers(name)?.into_iter().map(|v| format!("{v}")).collect(),
            _ => {
                return Err(Error::format(
                    place,
                    format!("expected names, found elements of type {}", npy.dtype().descr()),
                    "save the array as text: np.asarray(names, dtype=str)",
                ));
            }
        };
        self.mark(name);
        Ok(Some((name, list)))
    }

    fn npy(&mut self, name: &str) -> Result<NpyFile<Cursor<Vec<u8>>>> {
        let place = self.place(name);
        let index = self.names.iter().position(|n| n == name).expect("callers ask for arrays that are present");
        let raw = member(&mut self.zip, index, &place)?;
        open_npy(raw, &place)
    }
}

/// One array in numpy's own form.
pub(super) fn open_npy(raw: Vec<u8>, place: &str) -> Result<NpyFile<Cursor<Vec<u8>>>> {
    let damaged = |why: String| Error::format(place, format!("not a complete numpy array: {why}"), "save the archive again with np.savez");
    check_shape(&raw).map_err(damaged)?;
    let mut cursor = Cursor::new(raw);
    let header = NpyHeader::from_reader(cursor.by_ref()).map_err(|e| damaged(e.to_string()))?;
    if header.uses_pickled_array() {
        return Err(Error::format(
            place,
            "the array holds pickled Python objects, which are not read",
            "save it as plain text or numbers: np.asarray(a, dtype=str) or np.asarray(a, dtype=float)",
        ));
    }
    let left = cursor.get_ref().len() as u128 - u128::from(cursor.position());
    let size = header.dtype().num_bytes().unwrap_or(0);
    let expected = header.shape().iter().fold(size as u128, |a, &b| a.saturating_mul(u128::from(b)));
    if left != expected {
        return Err(damaged(format!("shape {} needs {expected} bytes, found {left}", shown(header.shape()))));
    }
    Ok(NpyFile::with_header(header, cursor))
}

/// The numbers of one array.
pub(super) fn as_numbers(npy: NpyFile<Cursor<Vec<u8>>>, place: &str) -> Result<ArrayD<f64>> {
    match kind(&npy.dtype()) {
        (Some(TypeChar::Float), 8) => values::<f64, _>(npy, place, |v| v),
        (Some(TypeChar::Float), 4) => values::<f32, _>(npy, place, f64::from),
        (Some(TypeChar::Int), 8) => values::<i64, _>(npy, place, |v| v as f64),
        (Some(TypeChar::Int), 4) => values::<i32, _>(npy, place, f64::from),
        (Some(TypeChar::Int), 2) => values::<i16, _>(npy, place, f64::from),
        (Some(TypeChar::Int), 1) => values::<i8, _>(npy, place, f64::from),
        (Some(TypeChar::Uint), 8) => values::<u64, _>(npy, place, |v| v as f64),
        (Some(TypeChar::Uint), 4) => values::<u32, _>(npy, place, f64::from),
        (Some(TypeChar::Uint), 2) => values::<u16, _>(npy, place, f64::from),
        (Some(TypeChar::Uint), 1) => values::<u8, _>(npy, place, f64::from),
        _ => Err(Error::format(
            place,
            format!("expected numbers, found elements of type {}", npy.dtype().descr()),
            "save the array as float64, or under another name if it is not part of the table",
        )),
    }
}

/// A shape as people write it: `31 x 42`.
pub(super) fn shown<T: ToString>(shape: &[T]) -> String {
    if shape.is_empty() {
        return "of a single number".to_string();
    }
    shape.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}

fn kind(dtype: &DType) -> (Option<TypeChar>, u64) {
    match dtype {
        DType::Plain(t) => (Some(t.type_char()), t.size_field()),
        _ => (None, 0),
    }
}

fn values<T: Deserialize, U>(npy: NpyFile<Cursor<Vec<u8>>>, place: &str, convert: impl Fn(T) -> U) -> Result<ArrayD<U>> {
    let bad = |e: String| Error::format(place, format!("not a readable numpy array: {e}"), "save the archive again with np.savez");
    let shape: Vec<usize> =
        npy.shape().iter().map(|&d| usize::try_from(d)).collect::<std::result::Result<_, _>>().map_err(|e| bad(e.to_string()))?;
    let fortran = npy.order() == Order::Fortran;
    let flat: Vec<T> = npy.into_vec().map_err(|e| bad(e.to_string()))?;
    let flat: Vec<U> = flat.into_iter().map(convert).collect();
    ArrayD::from_shape_vec(IxDyn(&shape).set_f(fortran), flat).map_err(|e| bad(e.to_string()))
}

/// Refuses a header whose shape multiplies to more elements than the member has bytes, before it is multiplied out.
fn check_shape(raw: &[u8]) -> std::result::Result<(), String> {
    let text = raw.get(12..).unwrap_or_default();
    let head = String::from_utf8_lossy(text.split(|&b| b == b'\n').next().unwrap_or_default());
    let Some(shape) = head.rsplit_once("shape").and_then(|(_, rest)| rest.split_once('(')).and_then(|(_, rest)| rest.split_once(')'))
    else {
        return Ok(());
    };
    let mut count: u64 = 1;
    for part in shape.0.split(',').map(|p| p.trim().trim_end_matches('L')).filter(|p| !p.is_empty()) {
        let length: u64 = part.parse().map_err(|_| format!("its shape ({}) is not a list of lengths", shape.0))?;
        count =
            count.checked_mul(length).filter(|&c| c < u64::MAX / 1024).ok_or_else(|| format!("its shape ({}) is too large", shape.0))?;
    }
    Ok(())
}
