//! pymrio's saved folder or zip.

use std::path::Path;

use super::Options;
use crate::error::{Error, Result};
use crate::table::Table;

/// Reads a folder or zip that pymrio's `save_all` wrote.
pub fn read(path: &Path, _options: &Options) -> Result<Table> {
    Err(Error::invalid(format!("{}: not read yet", path.display()), ""))
}
/// x
pub fn factors(_path: &Path) -> Result<Vec<String>> { Ok(vec![]) }
