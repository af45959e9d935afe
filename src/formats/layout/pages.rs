//! A text or a sheet, row by row: texts, numbers and the place of each cell.

use std::borrow::Cow;

use csv::StringRecord;

use crate::error::Result;
use crate::formats::tools::grid::Grid;
use crate::formats::tools::separated::Separated;

/// A text of separated values, or a sheet.
pub(super) enum Page {
    Text(Separated),
    Sheet(Grid),
}

/// One row.
pub(super) enum Row<'p> {
    Text(&'p Separated, u64, &'p StringRecord),
    Sheet(&'p Grid, usize),
}

impl Page {
    /// Where it is.
    pub(super) fn place(&self) -> &str {
        match self {
            Page::Text(text) => &text.place,
            Page::Sheet(grid) => &grid.place,
        }
    }

    /// Calls `each` with every row that holds anything.
    pub(super) fn each(&self, each: &mut dyn FnMut(&Row) -> Result<()>) -> Result<()> {
        match self {
            Page::Text(text) => text.records(&mut |line, record| each(&Row::Text(text, line, record))),
            Page::Sheet(grid) => (0..grid.rows()).try_for_each(|r| each(&Row::Sheet(grid, r))),
        }
    }
}

impl Row<'_> {
    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        match self {
            Row::Text(_, _, record) => record.len(),
            Row::Sheet(grid, _) => grid.columns(),
        }
    }

    /// Its line, counted from 1.
    pub(super) fn line(&self) -> u32 {
        match self {
            Row::Text(_, line, _) => *line as u32,
            Row::Sheet(_, r) => *r as u32 + 1,
        }
    }

    /// Whether a row has as many cells as another; those of a sheet have.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Row::Text(..))
    }

    /// The text of a cell, without outer blanks.
    pub(super) fn text(&self, c: usize) -> Cow<'_, str> {
        match self {
            Row::Text(_, _, record) => Cow::Borrowed(record.get(c).unwrap_or_default().trim()),
            Row::Sheet(grid, r) => Cow::Owned(grid.text(*r, c)),
        }
    }

    /// Whether a cell holds nothing.
    pub(super) fn is_empty(&self, c: usize) -> bool {
        match self {
            Row::Text(_, _, record) => record.get(c).unwrap_or_default().trim().is_empty(),
            Row::Sheet(grid, r) => grid.is_empty(*r, c),
        }
    }

    /// Whether a cell holds a number.
    pub(super) fn is_number(&self, c: usize) -> bool {
        match self {
            Row::Text(..) => !self.is_empty(c) && self.number(c).is_ok(),
            Row::Sheet(grid, r) => grid.find_number(*r, c).is_some(),
        }
    }

    /// The number in a cell that is not empty.
    pub(super) fn number(&self, c: usize) -> Result<f64> {
        match self {
            Row::Text(page, _, record) => match record.get(c).unwrap_or_default() {
                "0" => Ok(0.0),
                cell => page.decimal.number(cell, || self.place(c)),
            },
            Row::Sheet(grid, r) => grid.required(*r, c),
        }
    }

    /// `file:line:cell`, or `file[sheet]!C5`.
    pub(super) fn place(&self, c: usize) -> String {
        match self {
            Row::Text(page, line, _) => format!("{}:{line}:{}", page.place, c + 1),
            Row::Sheet(grid, r) => grid.address(*r, c),
        }
    }
}
