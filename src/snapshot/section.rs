//! The arrays of a snapshot: their names, kinds and shapes, and where they stand in the file.
//!
//! `z.indptr` (n + 1), `z.indices`, `z.data` (one per entry), `y` (n x D), `x`, `exports`, `stock`, `error`, `imports`
//! (n), `imports_final` (D), `value_added.K` (n), `stressor.K.direct` (n), `stressor.K.households` (R), and
//! `labels.sectors` (n), `labels.categories` (D), which number the names of the header.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::header::Header;
use super::prelude::{LENGTH, damaged};
use super::{BLOCK, aligned};
use crate::error::Result;

/// What an array is made of, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// 64-bit floating point.
    F64,
    /// 32-bit whole numbers.
    U32,
    /// 64-bit whole numbers.
    U64,
    /// 32-bit floating point.
    F32,
}

impl Kind {
    /// Bytes of one element.
    pub(super) fn size(self) -> u64 {
        match self {
            Kind::F64 | Kind::U64 => 8,
            Kind::U32 | Kind::F32 => 4,
        }
    }
}

/// One array in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Section {
    /// Its name, such as `z.data`.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// Its extents, the last one contiguous.
    pub shape: Vec<u64>,
    /// Where it starts in the file.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// CRC-32 of each [`BLOCK`] of it.
    pub checksums: Vec<u32>,
}

impl Section {
    /// Number of elements; `None` where no file can hold that many.
    pub(super) fn length(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent))
    }

    /// Number of blocks with a checksum of their own.
    pub(super) fn blocks(&self) -> u64 {
        self.bytes.div_ceil(BLOCK as u64)
    }
}

/// What a section is made of and its extents, `None` for any extent.
pub(super) type Form = (Kind, Vec<Option<u64>>);

/// Kind and shape that a section of this name must have in a table; `None` for unknown names.
pub(super) fn form(header: &Header, name: &str) -> Option<Form> {
    let (n, d) = (Some(header.rows()), Some(header.columns()));
    let mut parts = name.splitn(3, '.');
    let numbered = (parts.next(), parts.next().and_then(|k| k.parse::<usize>().ok()), parts.next());
    Some(match name {
        "z.indptr" => (Kind::U64, vec![n.map(|n| n + 1)]),
        "z.indices" => (Kind::U32, vec![None]),
        "z.data" => (Kind::F64, vec![None]),
        "y" => (Kind::F64, vec![n, d]),
        "x" | "exports" | "stock" | "error" | "imports" => (Kind::F64, vec![n]),
        "imports_final" => (Kind::F64, vec![d]),
        "labels.sectors" => (Kind::U32, vec![n]),
        "labels.categories" => (Kind::U32, vec![d]),
        _ => match numbered {
            (Some("value_added"), Some(k), None) if k < header.value_added.len() => (Kind::F64, vec![n]),
            (Some("stressor"), Some(k), Some("direct")) if k < header.stressors.len() => (Kind::F64, vec![n]),
            (Some("stressor"), Some(k), Some("households")) if k < header.stressors.len() => (Kind::F64, vec![None]),
            _ => return None,
        },
    })
}

/// The sections that every snapshot of a table must have.
pub(super) fn required(header: &Header) -> impl Iterator<Item = String> {
    let fixed = ["z.indptr", "z.indices", "z.data", "y", "x", "labels.sectors", "labels.categories"];
    let value_added = (0..header.value_added.len()).map(|k| format!("value_added.{k}"));
    let stressors = (0..header.stressors.len()).map(|k| format!("stressor.{k}.direct"));
    fixed.map(String::from).into_iter().chain(value_added).chain(stressors)
}

/// Checks the sections of a table.
///
/// # Errors
/// At the first section that does not fit.
pub(super) fn check(header: &Header, header_at: u64, path: &Path) -> Result<()> {
    check_all(&header.sections, |name| form(header, name), required(header), header_at, path)?;
    let shape = |name: &str| header.sections.iter().find(|s| s.name == name).map(|s| s.shape.as_slice()).unwrap_or_default();
    if shape("z.indices") != shape("z.data") {
        let message = format!("z.indices has shape {:?}, z.data {:?}", shape("z.indices"), shape("z.data"));
        return Err(damaged(path.display(), message));
    }
    Ok(())
}

/// Checks a list of sections: known names once each, right kinds and shapes, back to back up to the header.
///
/// # Errors
/// At the first section that does not fit.
pub(super) fn check_all(
    sections: &[Section],
    form: impl Fn(&str) -> Option<Form>,
    mut required: impl Iterator<Item = String>,
    header_at: u64,
    path: &Path,
) -> Result<()> {
    let wrong = |message: String| damaged(path.display(), message);
    let mut seen = HashSet::new();
    let mut end = LENGTH as u64;
    for section in sections {
        let place = |message| damaged(format!("{}[{}]", path.display(), section.name), message);
        if !seen.insert(section.name.as_str()) {
            return Err(place("the section comes twice".to_string()));
        }
        end = fits(form(&section.name), section, end).map_err(place)?;
    }
    if aligned(end) != Some(header_at) {
        return Err(wrong(format!("the sections end at byte {end}, the header starts at {header_at}")));
    }
    match required.find(|name| !seen.contains(name.as_str())) {
        Some(missing) => Err(wrong(format!("the section {missing} is missing"))),
        None => Ok(()),
    }
}

/// Where a section ends that follows one ending at byte `end`, or what is wrong with it.
fn fits(form: Option<Form>, section: &Section, end: u64) -> std::result::Result<u64, String> {
    let Section { kind, shape, offset, bytes, checksums, .. } = section;
    let (wanted, extents) = form.ok_or("no section has this name")?;
    let same = shape.len() == extents.len() && shape.iter().zip(&extents).all(|(&has, wants)| wants.is_none_or(|w| w == has));
    if *kind != wanted || !same {
        return Err(format!("it holds {kind:?} {shape:?}, expected {wanted:?} {extents:?}"));
    }
    if section.length().and_then(|l| l.checked_mul(kind.size())) != Some(*bytes) || checksums.len() as u64 != section.blocks() {
        return Err(format!("{bytes} bytes with {} checksums do not fit the shape {shape:?}", checksums.len()));
    }
    if aligned(end) != Some(*offset) {
        return Err(format!("it starts at byte {offset}, but what is before it ends at {end}"));
    }
    offset.checked_add(*bytes).ok_or_else(|| "it ends past every file".to_string())
}
