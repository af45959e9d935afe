//! Sparse rows filled, changed and summed in parallel, held once.
//!
//! Room for all rows is made from their lengths; threads then write rows in place. 12 bytes an entry.

use std::ops::Range;

use crate::table::Sparse;
use crate::threads::prelude::*;

/// Column sums are taken over this many groups of rows, each with sums of its own, added up in order.
pub(super) const GROUPS: usize = 16;

/// A square matrix by rows.
pub(super) struct Rows {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Rows {
    /// Zeros in rows of these lengths.
    pub(super) fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        starts.extend(lengths.scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let entries = *starts.last().expect("a start");
        Rows { starts, columns: vec![0; entries], values: vec![0.0; entries] }
    }

    /// Number of rows.
    pub(super) fn dim(&self) -> usize {
        self.starts.len() - 1
    }

    /// Columns and values of every row, to be changed side by side.
    pub(super) fn all(&mut self) -> Vec<(&mut [u32], &mut [f64])> {
        let (mut columns, mut values) = (self.columns.as_mut_slice(), self.values.as_mut_slice());
        let lengths = self.starts.windows(2).map(|w| w[1] - w[0]);
        lengths
            .map(|length| {
                let here = columns.split_off_mut(..length).zip(values.split_off_mut(..length));
                here.expect("lengths add up to the entries")
            })
            .collect()
    }

    /// The row number `i`.
    fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.columns[range.clone()].iter().zip(&self.values[range]).map(|(&j, &v)| (j as usize, v))
    }

    /// `sum_i |a_ij|` or `sum_i a_ij` for every column, apart where j is outside the range `home(i)` and inside it.
    pub(super) fn column_sums(&self, home: impl Fn(usize) -> Range<usize> + Sync, absolute: bool) -> Vec<[f64; 2]> {
        let sums = |rows: Range<usize>| {
            let mut sums = vec![[0.0; 2]; self.dim()];
            for i in rows {
                let home = home(i);
                self.row(i).for_each(|(j, v)| sums[j][usize::from(home.contains(&j))] += if absolute { v.abs() } else { v });
            }
            sums
        };
        let mut parts = groups(&self.starts).into_par_iter().map(sums).collect::<Vec<_>>().into_iter();
        let mut total = parts.next().expect("a group");
        for part in parts {
            total.iter_mut().zip(part).for_each(|(t, p)| *t = [t[0] + p[0], t[1] + p[1]]);
        }
        total
    }

    /// `|A| x`.
    pub(super) fn absolute_product(&self, x: &[f64]) -> Vec<f64> {
        (0..self.dim()).into_par_iter().map(|i| self.row(i).map(|(j, v)| v.abs() * x[j]).sum()).collect()
    }

    /// As a matrix of a table.
    pub(super) fn into_sparse(self) -> Sparse {
        let n = self.dim();
        Sparse::new((n, n), self.starts, self.columns, self.values)
    }
}

/// Ranges of rows with about the same number of entries; the same for any number of threads.
fn groups(starts: &[usize]) -> Vec<Range<usize>> {
    let entries = starts.last().expect("a start");
    let cut = |g: usize| if g == GROUPS { starts.len() - 1 } else { starts.partition_point(|s| s * GROUPS < g * entries) };
    let cuts: Vec<usize> = (0..=GROUPS).map(cut).collect();
    cuts.windows(2).map(|w| w[0]..w[1]).collect()
}
