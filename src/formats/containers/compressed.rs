//! A matrix by its entries that are not zero, along rows or along columns.
//!
//! | held | means |
//! |---|---|
//! | `starts[k] .. starts[k + 1]` | the entries of row (or column) k |
//! | `others` | the column (or row) of each entry |

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::memory;
use crate::table::Sparse;

/// A compressed matrix; its lengths agree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compressed {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    by_rows: bool,
    starts: Vec<usize>,
    others: Vec<u32>,
    values: Vec<f64>,
}

impl Compressed {
    /// Of its three lists; `place` names it in errors.
    ///
    /// # Errors
    /// When the lists do not fit each other and the shape.
    pub(crate) fn new(
        (rows, columns): (usize, usize),
        by_rows: bool,
        starts: Vec<usize>,
        others: Vec<u32>,
        values: Vec<f64>,
        place: &str,
    ) -> Result<Self> {
        let (along, across) = if by_rows { (rows, columns) } else { (columns, rows) };
        let wrong = |text: String| Error::format(place, format!("no sparse matrix: {text}"), "save the matrix again");
        if starts.len() != along + 1 {
            return Err(wrong(format!("expected {} starts for {along} of them, found {}", along + 1, starts.len())));
        }
        if others.len() != values.len() {
            return Err(wrong(format!("it has {} positions and {} values", others.len(), values.len())));
        }
        if starts[0] != 0 || starts[along] != values.len() || starts.windows(2).any(|w| w[0] > w[1]) {
            return Err(wrong(format!("its starts do not run from 0 to {}", values.len())));
        }
        if let Some(&odd) = others.iter().find(|&&o| o as usize >= across) {
            return Err(wrong(format!("the position {odd} is not below {across}")));
        }
        Ok(Compressed { rows, columns, by_rows, starts, others, values })
    }

    /// Of (row, column, value); entries of one cell are added where `adds`, else refused.
    ///
    /// # Errors
    /// When a cell is outside the shape or comes twice, or the shape is beyond what `bytes` bytes of a file can hold.
    pub(crate) fn from_entries(
        (rows, columns): (usize, usize),
        entries: &[(u32, u32, f64)],
        adds: bool,
        bytes: usize,
        place: &str,
    ) -> Result<Self> {
        let wrong = |text: String| Error::format(place, format!("no sparse matrix: {text}"), "save the matrix again");
        if rows > bytes.max(1 << 16) || columns > u32::MAX as usize {
            return Err(wrong(format!("{rows} x {columns} cells are said, the file has {bytes} bytes")));
        }
        let mut starts = vec![0; rows + 1];
        for (i, j, _) in entries {
            if *i as usize >= rows || *j as usize >= columns {
                return Err(wrong(format!("row {}, column {} is outside of {rows} x {columns}", i + 1, j + 1)));
            }
            starts[*i as usize + 1] += 1;
        }
        (0..rows).for_each(|k| starts[k + 1] += starts[k]);
        let (mut others, mut values, mut next) = (vec![0; entries.len()], vec![0.0; entries.len()], starts.clone());
        for (i, j, v) in entries {
            let at = &mut next[*i as usize];
            (others[*at], values[*at]) = (*j, *v);
            *at += 1;
        }
        let made = Compressed { rows, columns, by_rows: true, starts, others, values };
        if !adds && let Some((i, j)) = made.twice() {
            return Err(wrong(format!("row {}, column {} comes twice", i + 1, j + 1)));
        }
        Ok(made)
    }

    /// The first cell that has two entries.
    fn twice(&self) -> Option<(usize, u32)> {
        (0..self.starts.len() - 1).find_map(|k| {
            let mut line = self.others[self.starts[k]..self.starts[k + 1]].to_vec();
            line.sort_unstable();
            line.windows(2).find(|w| w[0] == w[1]).map(|w| (k, w[0]))
        })
    }

    /// Rows as columns.
    pub(crate) fn turned(self) -> Self {
        Compressed { rows: self.columns, columns: self.rows, by_rows: !self.by_rows, ..self }
    }

    /// Each entry once: row, column, value.
    pub(crate) fn each(&self, mut each: impl FnMut(usize, usize, f64)) {
        for k in 0..self.starts.len() - 1 {
            for e in self.starts[k]..self.starts[k + 1] {
                let o = self.others[e] as usize;
                let (i, j) = if self.by_rows { (k, o) } else { (o, k) };
                each(i, j, self.values[e]);
            }
        }
    }

    /// Rows of entries in the order of columns; entries of one cell are added, zeros are left out.
    pub(crate) fn into_sparse(self) -> Sparse {
        let mut lines = vec![0usize; self.rows + 1];
        self.each(|i, _, _| lines[i + 1] += 1);
        (0..self.rows).for_each(|k| lines[k + 1] += lines[k]);
        let (mut next, mut cells) = (lines.clone(), vec![(0u32, 0.0f64); self.values.len()]);
        self.each(|i, j, v| {
            cells[next[i]] = (j as u32, v);
            next[i] += 1;
        });
        let (mut starts, mut others, mut values) = (vec![0], Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
        for i in 0..self.rows {
            let line = &mut cells[lines[i]..lines[i + 1]];
            line.sort_by_key(|c| c.0);
            for same in line.chunk_by(|a, b| a.0 == b.0) {
                let sum: f64 = same.iter().map(|c| c.1).sum();
                if sum != 0.0 {
                    others.push(same[0].0);
                    values.push(sum);
                }
            }
            starts.push(others.len());
        }
        Sparse::new((self.rows, self.columns), starts, others, values)
    }

    /// Every cell.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(crate) fn to_dense(&self, place: &str) -> Result<Array2<f64>> {
        memory::require_array(place, self.rows, self.columns)?;
        let mut all = Array2::zeros((self.rows, self.columns));
        self.each(|i, j, v| all[[i, j]] += v);
        Ok(all)
    }
}
