//! stub
use super::grid::Grid;
use crate::error::{Error, Result};
use crate::table::Table;
pub(crate) fn is_head(_grid: &Grid, _rows: std::ops::Range<usize>) -> bool { false }
pub(crate) fn read(grid: &Grid) -> Result<Table> { Err(Error::invalid(&grid.place, "")) }
