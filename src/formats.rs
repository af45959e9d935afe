//! Reading tables and what lies beside them: the table of formats, and [`read`], which picks one by the content of a file.
//!
//! A reader finds its blocks by content (labels, codes), never by cell address, and says what it found and what it missed.
//! Numbers keep every digit of the file. Nothing is repaired here: what is odd becomes a remark. Each format has a folder and a
//! row in [`FORMATS`]; its probe looks at a [`Source`], its reader gives [`Parts`], and [`Parts::table`] derives the rest.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::table::Table;
use crate::watch::Watch;

pub mod beside;
pub mod ceads;
pub(crate) mod containers;
pub mod inventories;
pub mod layout;
pub mod long;
pub mod named;
pub mod npz;
pub mod parts;
pub mod probe;
pub mod provincial;
pub mod pymrio;
mod sheets;
pub mod sic;
pub mod snapshot;
pub mod source;
pub(crate) mod tools;

pub use layout::Layout;
use layout::brought::{DESCRIBED, joined};
use named::layouts::{emerging, fabio, gtap, matlab, matrices, r, rex3, toolbox, useeio, wiod_r};
pub use parts::Parts;
pub use probe::{Probe, Verdict};
pub use source::Source;
#[cfg(feature = "cli")]
pub(crate) use tools::input::read_plain;
pub(crate) use tools::input::{extension, text};

/// A layout of tables.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Its name, for `--format`.
    pub name: &'static str,
    /// What it is.
    pub long: &'static str,
    /// How it is recognised, what it needs, and which options it takes.
    pub doc: &'static str,
    /// The options of reading that it has a use for, of those that only some formats have.
    pub takes: &'static [&'static str],
    /// Whether a file is of this format, by its first bytes, members and labels.
    pub probe: fn(&Source) -> Probe,
    /// Reads a file.
    pub read: fn(&Source, &Reading) -> Result<Parts>,
}

/// Formats with a reader of their own.
const OWN: &[Format] = &[
    sic::FORMAT,
    ceads::FORMAT,
    pymrio::FORMAT,
    npz::FORMAT,
    matrices::FORMAT,
    matlab::FORMAT,
    emerging::FORMAT,
    rex3::FORMAT,
    fabio::FORMAT,
    wiod_r::FORMAT,
    r::FORMAT,
    toolbox::FORMAT,
    useeio::FORMAT,
    gtap::FORMAT,
    long::FORMAT,
    snapshot::FORMAT,
];

/// All formats of tables: those with a reader of their own, then those with a description.
pub const FORMATS: &[Format] = &joined::<{ OWN.len() + DESCRIBED.len() }>(OWN, DESCRIBED);

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
pub struct Reading {
    /// Name of the format; where absent the content of the file decides.
    pub format: Option<String>,
    /// A description of the layout of the file, in place of a format.
    pub layout: Option<PathBuf>,
    /// Sheet of a workbook, or file of an archive; needed only where several hold a table.
    pub sheet: Option<String>,
    /// Emission rows of a pymrio folder, as `EXTENSION/ROW`.
    pub factors: Vec<String>,
    /// Encoding of text files.
    pub encoding: Encoding,
    /// Whether to go on reading.
    pub watch: Watch,
}

/// Reads a table; the format is the one that is named, else the one that recognises the content.
///
/// # Errors
/// Naming the place and the remedy, when the file cannot be read or is of no known format; when the watch is cancelled.
pub fn read(path: &Path, reading: &Reading) -> Result<Table> {
    if let Some(layout) = &reading.layout {
        let layout = Layout::open(layout, reading)?;
        return layout.read(&Source::open(path)?, reading)?.table(&reading.watch);
    }
    let named = reading.format.as_deref().map(probe::named).transpose()?;
    let source = Source::open(path)?;
    let format = named.map_or_else(|| probe::recognised(&source), Ok)?;
    let other = |e| named.and_then(|format| probe::of_another(&source, format)).unwrap_or(e);
    let parts = (format.read)(&source, reading).map_err(other)?;
    parts.table(&reading.watch)
}

/// The description of the layout of a table, to be edited: that of its format, else the nearest one with the first difference.
///
/// # Errors
/// When the file cannot be opened, its format has no description, or no described layout is near it.
pub fn description(path: &Path, named: Option<&str>) -> Result<String> {
    layout::described(&Source::open(path)?, named)
}

/// The format of a table: the one that is named, else the one that recognises the content.
///
/// # Errors
/// When the file cannot be opened, or no single format fits.
pub fn format_of(path: &Path, named: Option<&str>) -> Result<&'static Format> {
    named.map_or_else(|| probe::recognised(&Source::open(path)?), probe::named)
}
