//! Rows of a system by the names of their regions and sectors.

use std::ops::Range;

use super::{Name, find, unknown};
use crate::error::Result;

/// Rows by name, without a name for each row where every region has the same sectors.
#[derive(Debug, Clone, Copy)]
pub struct RowNames<'a> {
    /// The R regions.
    pub regions: &'a [Name],
    /// Row ranges of the regions (R + 1).
    pub offsets: &'a [usize],
    /// One sector name per row, or those of one region that all regions share.
    pub sectors: &'a [Name],
}

impl<'a> RowNames<'a> {
    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Rows of region `r`.
    pub fn rows(&self, r: usize) -> Range<usize> {
        self.offsets[r]..self.offsets[r + 1]
    }

    /// The region that owns row `i`.
    pub fn region_of(&self, i: usize) -> usize {
        self.offsets.partition_point(|&o| o <= i) - 1
    }

    /// The sectors of region `r`.
    pub fn sectors_of(&self, r: usize) -> &'a [Name] {
        let rows = self.rows(r);
        if self.sectors.len() == self.dim() { &self.sectors[rows] } else { &self.sectors[..rows.len()] }
    }

    /// The sector of row `i`.
    pub fn sector(&self, i: usize) -> &'a Name {
        let r = self.region_of(i);
        &self.sectors_of(r)[i - self.offsets[r]]
    }

    /// "Region / sector" of row `i`, for messages.
    pub fn row_name(&self, i: usize) -> String {
        format!("{} / {}", self.regions[self.region_of(i)], self.sector(i))
    }

    /// The region with this name or alias.
    ///
    /// # Errors
    /// Offering the nearest name.
    pub fn region(&self, name: &str) -> Result<usize> {
        find(self.regions, name).ok_or_else(|| unknown("region", name, self.regions))
    }

    /// The row of `sector` in region `r`, by any of its names.
    ///
    /// # Errors
    /// Offering the nearest name.
    pub fn row(&self, r: usize, sector: &str) -> Result<usize> {
        let sectors = self.sectors_of(r);
        find(sectors, sector).map(|at| self.offsets[r] + at).ok_or_else(|| unknown("sector", sector, sectors))
    }

    /// The rows of `sector` in all regions that have it.
    ///
    /// # Errors
    /// When none has; offering the nearest name of the first region.
    pub fn rows_of_sector(&self, sector: &str) -> Result<Vec<usize>> {
        let rows: Vec<usize> = if self.sectors.len() == self.dim() {
            (0..self.regions.len()).filter_map(|r| self.row(r, sector).ok()).collect()
        } else {
            let at = self.row(0, sector)?;
            self.offsets[..self.regions.len()].iter().map(|start| start + at).collect()
        };
        if rows.is_empty() { Err(unknown("sector", sector, self.sectors_of(0))) } else { Ok(rows) }
    }
}
