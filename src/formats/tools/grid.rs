//! The cells of one sheet by absolute position: texts, numbers, and the address of each for messages.

use std::collections::HashSet;

use calamine::{Data, Range};
use ndarray::{Array1, Array2};

use super::input::refuse_controls;
use crate::error::{Error, Result};

/// One sheet of a workbook, or its first rows.
pub(crate) struct Grid {
    /// `file.xlsx[sheet]`.
    pub place: String,
    cells: Range<Data>,
    /// Cells that hold a formula and no result of it.
    formulas: HashSet<(u32, u32)>,
}

impl Grid {
    /// The cells of the sheet called `place` in messages.
    ///
    /// # Errors
    /// At the first text that holds a control character.
    pub(crate) fn new(place: String, cells: Range<Data>, formulas: HashSet<(u32, u32)>) -> Result<Self> {
        let grid = Grid { place, cells, formulas };
        let start = grid.cells.start().unwrap_or_default();
        for (row, column, value) in grid.cells.used_cells() {
            if let Data::String(text) = value {
                refuse_controls(text, |_| grid.address(start.0 as usize + row, start.1 as usize + column))?;
            }
        }
        Ok(grid)
    }

    /// Refuses a sheet in which any formula has no stored result.
    pub(crate) fn no_formula_without_result(&self) -> Result<()> {
        match self.formulas.iter().min() {
            Some(&(row, column)) => Err(self.not_a_number(row as usize, column as usize)),
            None => Ok(()),
        }
    }

    fn is_formula(&self, row: usize, column: usize) -> bool {
        !self.formulas.is_empty() && self.formulas.contains(&(row as u32, column as u32))
    }

    /// One more than the last row that holds anything.
    pub(crate) fn rows(&self) -> usize {
        self.cells.end().map_or(0, |e| e.0 as usize + 1)
    }

    /// One more than the last column that holds anything.
    pub(crate) fn columns(&self) -> usize {
        self.cells.end().map_or(0, |e| e.1 as usize + 1)
    }

    fn cell(&self, row: usize, column: usize) -> &Data {
        let at = (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX));
        // calamine subtracts the start of the range without a check
        let inside = self.cells.start().is_some_and(|s| s.0 <= at.0 && s.1 <= at.1);
        if inside { self.cells.get_value(at).unwrap_or(&Data::Empty) } else { &Data::Empty }
    }

    /// The text of a cell in one line, without outer blanks and without blanks between Chinese characters; empty for an empty cell.
    pub(crate) fn text(&self, row: usize, column: usize) -> String {
        match self.cell(row, column) {
            Data::Empty => String::new(),
            Data::String(s) => clean(s),
            other => clean(&other.to_string()),
        }
    }

    /// Whether a cell holds nothing, or blanks only; a formula without a stored result is something.
    pub(crate) fn is_empty(&self, row: usize, column: usize) -> bool {
        match self.cell(row, column) {
            Data::Empty => !self.is_formula(row, column),
            Data::String(s) => s.trim().is_empty(),
            _ => false,
        }
    }

    /// The number in a cell, where it is one.
    pub(crate) fn find_number(&self, row: usize, column: usize) -> Option<f64> {
        match self.cell(row, column) {
            Data::Int(v) => Some(*v as f64),
            Data::Float(v) => Some(*v),
            // a number stored as text; words such as "nan" or "inf", which also parse, are not numbers of a table
            Data::String(s) => s.trim().parse().ok().filter(|v: &f64| v.is_finite()),
            _ => None,
        }
    }

    /// The number in a cell; nothing is zero.
    pub(crate) fn number(&self, row: usize, column: usize) -> Result<f64> {
        match self.find_number(row, column) {
            Some(v) => Ok(v),
            None if self.is_empty(row, column) => Ok(0.0),
            None => Err(self.not_a_number(row, column)),
        }
    }

    /// The number in a cell that must not be empty.
    pub(crate) fn required(&self, row: usize, column: usize) -> Result<f64> {
        self.find_number(row, column).ok_or_else(|| self.not_a_number(row, column))
    }

    fn not_a_number(&self, row: usize, column: usize) -> Error {
        if self.is_formula(row, column) {
            return Error::format(
                self.address(row, column),
                "the cell holds a formula and no stored result of it",
                "open the workbook in Excel or LibreOffice and save it, or paste values in place of formulas",
            );
        }
        let found = match self.cell(row, column) {
            Data::Empty => "an empty cell".to_string(),
            Data::String(s) => format!("\"{}\"", clean(s)),
            Data::Error(e) => format!("the Excel error {e}"),
            Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => "a date".to_string(),
            other => format!("\"{other}\""),
        };
        Error::format(
            self.address(row, column),
            format!("expected a number, found {found}"),
            "correct the cell in the workbook; a missing value must be written as 0",
        )
    }

    /// The numbers where `rows` meet `columns`, and how many of these cells are empty.
    pub(crate) fn block(&self, rows: &[usize], columns: &[usize]) -> Result<(Array2<f64>, usize)> {
        let mut values = Array2::zeros((rows.len(), columns.len()));
        let mut empty = 0;
        for (i, &r) in rows.iter().enumerate() {
            for (j, &c) in columns.iter().enumerate() {
                match self.find_number(r, c) {
                    Some(v) => values[[i, j]] = v,
                    None if self.is_empty(r, c) => empty += 1,
                    None => return Err(self.not_a_number(r, c)),
                }
            }
        }
        Ok((values, empty))
    }

    /// The numbers of one row.
    pub(crate) fn row(&self, row: usize, columns: &[usize]) -> Result<Array1<f64>> {
        columns.iter().map(|&c| self.number(row, c)).collect()
    }

    /// `file.xlsx[sheet]!C212`.
    pub(crate) fn address(&self, row: usize, column: usize) -> String {
        format!("{}!{}{}", self.place, letters(column), row + 1)
    }
}

/// Excel's letters of a column counted from 0: A, B, ... Z, AA.
pub(crate) fn letters(column: usize) -> String {
    let (mut rest, mut out) = (column + 1, Vec::new());
    while rest > 0 {
        out.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    out.iter().rev().collect()
}

/// One line without outer blanks; blanks beside Chinese characters are layout, not spelling.
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(if text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_in_excel() {
        for (column, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (1305, "AXF")] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn blanks_inside_chinese_words_are_dropped() {
        assert_eq!(clean(" 政府     消费 "), "政府消费");
        assert_eq!(clean(" Coal  Mining\n"), "Coal Mining");
    }
}
