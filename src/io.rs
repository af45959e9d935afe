//! Reading tables and inventories: [`read`] picks the format, each file in `io/` knows one layout.
//!
//! A reader finds its blocks by content (labels, codes), never by cell address, and says what it found and what
//! it missed. Numbers keep every digit of the file. Nothing is repaired here: what is odd becomes a remark.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::table::Table;
use crate::watch::Watch;

mod archive;
mod axis;
mod blocks;
pub mod ceads;
pub mod columns;
mod compound;
mod concordance;
mod curves;
pub mod emissions;
pub mod folder;
mod grid;
mod groups;
mod input;
mod inventory_ceads;
mod inventory_csv;
pub mod long;
mod long_csv;
mod long_write;
pub mod manifest;
mod npy;
pub mod npz;
mod npz_arrays;
mod npz_labels;
pub mod panel;
mod population;
pub mod pymrio;
mod pymrio_account;
mod pymrio_store;
mod pymrio_text;
pub mod regional;
mod rows;
mod separated;
mod sheet_unit;
pub mod sic;
pub mod workbook;

pub(crate) use input::{bytes, open_plain, read_plain, text};

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
    /// Whether to go on reading.
    pub watch: Watch,
}

/// Reads a table; the format follows from the path and the content.
///
/// # Errors
/// Naming the place and the remedy, when the file cannot be read or is of no known layout; when the watch is cancelled.
pub fn read(path: &Path, options: &Options) -> Result<Table> {
    if path.as_os_str() == input::STANDARD_INPUT {
        return Err(Error::invalid(
            "a table cannot be read from standard input: no format of tables is read from start to end",
            "name a file or a folder",
        ));
    }
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
        "npz" => npz::read_watched(path, &options.watch),
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
