//! Emission inventories, concordances and unit costs from files.

use std::path::Path;

use super::Encoding;
use crate::error::{Error, Result};
use crate::inventory::{Concordance, Inventory};
use crate::labels::Name;
use crate::table::Source;

/// How an inventory is to be read.
#[derive(Debug, Clone, Default)]
pub struct InventoryOptions {
    /// Unit of the numbers; where absent the suffix of the file name decides (`..._Mt.csv`).
    pub unit: Option<String>,
    /// Encoding of text files.
    pub encoding: Encoding,
}

/// Reads an inventory: CEADs workbook, wide region x sector matrix, or long form.
pub fn read(path: &Path, _options: &InventoryOptions) -> Result<Inventory> {
    Err(Error::invalid(format!("{}: not read yet", path.display()), ""))
}

/// Reads a sector concordance.
pub fn read_concordance(path: &Path, _encoding: Encoding) -> Result<Concordance> {
    Err(Error::invalid(format!("{}: not read yet", path.display()), ""))
}

/// Unit abatement costs by region, with their unit.
#[derive(Debug, Clone)]
pub struct Costs {
    /// Region and cost.
    pub rows: Vec<(Name, f64)>,
    /// Unit, such as `yuan/t`.
    pub unit: String,
    /// The file.
    pub source: Option<Source>,
}

/// Reads unit abatement costs by region.
pub fn read_costs(path: &Path, _encoding: Encoding) -> Result<Costs> {
    Err(Error::invalid(format!("{}: not read yet", path.display()), ""))
}
