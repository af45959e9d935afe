//! isard's own plain folder of long-form CSV files.

use std::path::Path;

use super::Options;
use crate::error::{Error, Result};
use crate::table::Table;

/// The file that marks such a folder.
pub const MANIFEST: &str = "table.toml";

/// Reads a long-form folder.
pub fn read(path: &Path, _options: &Options) -> Result<Table> {
    Err(Error::invalid(format!("{}: not read yet", path.display()), ""))
}
/// x
pub fn write(_table: &Table, _folder: &Path) -> Result<()> { Ok(()) }
