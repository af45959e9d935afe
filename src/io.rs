//! Reading tables and inventories: [`read`] picks the format, each file in `io/` knows one layout.
//!
//! A reader finds its blocks by content (labels, codes), never by cell address, and says what it found and what
//! it missed. Numbers keep every digit of the file. Nothing is repaired here: what is odd becomes a remark.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::table::{Source, Table};

mod axis;
mod blocks;
pub mod ceads;
pub mod columns;
mod concordance;
mod curves;
pub mod emissions;
pub mod folder;
mod grid;
mod groups;
mod inventory_ceads;
mod inventory_csv;
pub mod long;
mod long_csv;
mod long_write;
pub mod npz;
mod npz_arrays;
mod npz_labels;
pub mod panel;
mod panel_units;
mod population;
pub mod pymrio;
mod pymrio_account;
mod pymrio_store;
mod pymrio_text;
pub mod regional;
pub mod sic;
pub mod workbook;

pub use curves::curves;
pub use groups::groups;
pub use population::population;

/// Text encoding of CSV files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark; anything else is an error that names the place.
    #[default]
    Utf8,
    /// GBK (GB 18030), the usual encoding of Chinese Windows programs.
    Gbk,
}

/// How a table is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Sheet of a workbook; needed only where several sheets hold a table.
    pub sheet: Option<String>,
    /// Emission rows of a pymrio folder, as `EXTENSION/ROW`.
    pub factors: Vec<String>,
    /// Encoding of text files.
    pub encoding: Encoding,
}

/// Reads a table; the format follows from the path and the content.
///
/// # Errors
/// Naming the place and the remedy, when the file cannot be read or is of no known layout.
pub fn read(path: &Path, options: &Options) -> Result<Table> {
    let meta = std::fs::metadata(path).map_err(|e| Error::io(path, "read", e))?;
    if meta.is_dir() {
        return if path.join("file_parameters.json").is_file() {
            pymrio::read(path, options)
        } else if path.join(long::MANIFEST).is_file() {
            long::read(path, options)
        } else {
            Err(Error::format(
                path.display(),
                format!("the folder holds neither file_parameters.json (pymrio) nor {} (long-form CSV)", long::MANIFEST),
                "name the folder that holds one of these files",
            ))
        };
    }
    match extension(path).as_str() {
        "zip" => pymrio::read(path, options),
        "npz" => npz::read(path),
        crate::snapshot::EXTENSION => crate::snapshot::open(path)?.table(),
        "xls" | "xlsx" | "xlsm" | "xlsb" => workbook::read_table(path, options),
        other => Err(Error::format(
            path.display(),
            format!("no table format has the extension \"{other}\""),
            "known: a folder (pymrio, long-form CSV), .zip (pymrio), .npz, .xls, .xlsx, .isard",
        )),
    }
}

/// The lower-case extension of a path, a trailing `.gz` left out.
pub(crate) fn extension(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map(|(_, e)| e.to_string()).unwrap_or_default()
}

/// All bytes of a file (decompressed where its name ends in `.gz`) and its provenance.
pub(crate) fn bytes(path: &Path) -> Result<(Vec<u8>, Source)> {
    let raw = std::fs::read(path).map_err(|e| Error::io(path, "read", e))?;
    if raw.is_empty() {
        return Err(Error::format(path.display(), "the file is empty (0 bytes)", "fetch or export it again"));
    }
    let source = source(path, &raw);
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(raw.as_slice()), &mut out)
            .map_err(|e| Error::format(path.display(), format!("not a complete gzip file: {e}"), "fetch or compress it again"))?;
        return Ok((out, source));
    }
    Ok((raw, source))
}

/// The provenance record of a file's bytes.
pub(crate) fn source(path: &Path, raw: &[u8]) -> Source {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for b in Sha256::digest(raw) {
        write!(hex, "{b:02x}").expect("writing to a string");
    }
    Source { path: path.to_path_buf(), sha256: hex }
}

/// The text of a file in the given encoding.
pub(crate) fn text(path: &Path, encoding: Encoding) -> Result<(String, Source)> {
    let (raw, source) = bytes(path)?;
    Ok((decode(raw, path, encoding)?, source))
}

/// Decodes strictly: a byte that does not belong is an error with its line.
pub(crate) fn decode(raw: Vec<u8>, path: &Path, encoding: Encoding) -> Result<String> {
    match encoding {
        Encoding::Utf8 => match String::from_utf8(raw) {
            Ok(s) => Ok(s.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(s)),
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                let before = &e.as_bytes()[..at];
                let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
                let column = at - before.iter().rposition(|&b| b == b'\n').map_or(0, |p| p + 1) + 1;
                Err(Error::format(
                    format!("{}:{line}:{column}", path.display()),
                    format!("byte 0x{:02x} is not UTF-8", e.as_bytes()[at]),
                    "pass --encoding gbk if the file comes from a Chinese Windows program, or save it as UTF-8",
                ))
            }
        },
        Encoding::Gbk => {
            let (s, _, bad) = encoding_rs::GB18030.decode(&raw);
            if bad {
                return Err(Error::format(
                    path.display(),
                    "the file is not GBK (GB 18030) text",
                    "leave --encoding out if the file is UTF-8",
                ));
            }
            Ok(s.into_owned())
        }
    }
}

/// A number, or an error naming its place. `NaN` and `inf` are read as such: the audit refuses them with the cell.
pub(crate) fn number(cell: &str, place: impl FnOnce() -> String) -> Result<f64> {
    cell.trim().parse().map_err(|_| {
        Error::format(
            place(),
            format!("expected a number, found \"{}\"", cell.trim()),
            "correct the cell; a missing value must be written as 0",
        )
    })
}

/// A zip archive in memory.
pub(crate) type Archive = zip::ZipArchive<std::io::Cursor<Vec<u8>>>;

/// Opens the bytes of a zip file; what is cut off, or names a member twice, is refused.
pub(crate) fn archive(raw: Vec<u8>, path: &Path) -> Result<Archive> {
    let zip = zip::ZipArchive::new(std::io::Cursor::new(raw))
        .map_err(|e| Error::format(path.display(), format!("not a complete zip file: {e}"), "fetch or compress the file again"))?;
    if zip.has_duplicate_names() {
        return Err(Error::format(path.display(), "the zip file holds two members of one name", "compress it again with each file once"));
    }
    Ok(zip)
}

/// The names of all files in a zip archive, in its order, with `/` between folders.
pub(crate) fn members(zip: &Archive, path: &Path) -> Result<Vec<String>> {
    zip.file_names()
        .map(|name| match name {
            Ok(name) => Ok(name.replace('\\', "/")),
            Err(e) => Err(Error::format(path.display(), format!("unreadable member name: {e}"), "compress the files again")),
        })
        .collect()
}

/// All bytes of the member at `index`, checksum verified; `place` names it in errors.
pub(crate) fn member(zip: &mut Archive, index: usize, place: &str) -> Result<Vec<u8>> {
    let damaged = |e: &dyn std::fmt::Display| {
        Error::format(
            place,
            format!("cannot be read from the zip file: {e}"),
            "fetch the file again, or compress it with the usual deflate method",
        )
    };
    let mut out = Vec::new();
    let mut file = zip.by_index(index).map_err(|e| damaged(&e))?;
    std::io::Read::read_to_end(&mut file, &mut out).map_err(|e| damaged(&e))?;
    Ok(out)
}
