//! Rows of a matrix cut into regions: as they stand where a region's part is full, as lists of entries elsewhere.

use std::ops::Range;

use super::super::{Csr, Dense};
use crate::table::Sparse;

/// The entries of one row that belong to one region.
#[derive(Debug, Clone, Copy)]
pub enum Segment<'a> {
    /// One for each column of the region.
    Whole(&'a [f64]),
    /// Columns (of the whole matrix, rising) and values.
    Listed(&'a [u32], &'a [f64]),
}

/// A matrix that shows its rows.
pub trait Segments: Sync {
    /// Calls `f` with each region (of those with the column ranges `offsets`) and its part of row `i`.
    fn segments<'a>(&'a self, i: usize, offsets: &[usize], f: impl FnMut(usize, Segment<'a>));
}

impl Segments for Csr {
    fn segments<'a>(&'a self, i: usize, offsets: &[usize], mut f: impl FnMut(usize, Segment<'a>)) {
        let (columns, values) = self.row(i);
        cut(columns, values, offsets, &mut f);
    }
}

impl Segments for Sparse {
    fn segments<'a>(&'a self, i: usize, offsets: &[usize], mut f: impl FnMut(usize, Segment<'a>)) {
        let range = self.indptr().outer_inds_sz(i);
        cut(&self.indices()[range.clone()], &self.data()[range], offsets, &mut f);
    }
}

/// Calls `f` with each region and its part of a row, given by columns (rising) and values.
pub(super) fn cut<'a>(columns: &'a [u32], values: &'a [f64], offsets: &[usize], f: &mut impl FnMut(usize, Segment<'a>)) {
    let mut at = 0;
    for (region, w) in offsets.windows(2).enumerate() {
        let end = at + length(&columns[at..], w[0]..w[1]);
        let whole = end - at == w[1] - w[0];
        f(region, if whole { Segment::Whole(&values[at..end]) } else { Segment::Listed(&columns[at..end], &values[at..end]) });
        at = end;
    }
}

/// How many of the columns, the first of which is not before the region, are in the region.
pub(super) fn length(columns: &[u32], region: Range<usize>) -> usize {
    let width = region.len();
    // columns rise: the first and the last tell that none is missing
    let whole = columns.len() >= width && columns[0] as usize == region.start && columns[width - 1] as usize == region.end - 1;
    if whole { width } else { columns.partition_point(|&j| (j as usize) < region.end) }
}

impl Segments for Dense {
    fn segments<'a>(&'a self, i: usize, offsets: &[usize], mut f: impl FnMut(usize, Segment<'a>)) {
        let row = self.row(i);
        offsets.windows(2).enumerate().for_each(|(region, w)| f(region, Segment::Whole(&row[w[0]..w[1]])));
    }
}

impl<'a> Segment<'a> {
    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.values().is_empty()
    }

    /// The entries.
    pub fn values(self) -> &'a [f64] {
        match self {
            Segment::Whole(values) | Segment::Listed(_, values) => values,
        }
    }

    /// Every column of a region that starts at column `start`; in `room`, as long as the region, where it is not so stored.
    pub fn whole<'b>(self, start: usize, room: &'b mut [f64]) -> &'b [f64]
    where
        'a: 'b,
    {
        match self {
            Segment::Whole(values) => values,
            Segment::Listed(columns, values) => {
                room.fill(0.0);
                columns.iter().zip(values).for_each(|(&j, &v)| room[j as usize - start] = v);
                room
            }
        }
    }

    /// Adds the entries to `to`, the columns of a region that starts at column `start`; the sum of their sizes
    /// times `weight` (one for each of these columns). 16 bytes per entry, in order.
    pub fn add(self, start: usize, weight: &[f64], to: &mut [f64]) -> f64 {
        match self {
            Segment::Whole(values) => {
                const LANES: usize = 8;
                let mut sums = [0.0; LANES];
                let (v, w) = (values.chunks_exact(LANES), weight.chunks_exact(LANES));
                let ends = v.remainder().iter().zip(w.remainder());
                let mut t = to.chunks_exact_mut(LANES);
                for ((v, w), t) in v.zip(w).zip(&mut t) {
                    for lane in 0..LANES {
                        t[lane] += v[lane];
                        sums[lane] += v[lane].abs() * w[lane];
                    }
                }
                for ((v, w), t) in ends.zip(t.into_remainder()) {
                    *t += v;
                    sums[0] += v.abs() * w;
                }
                sums.iter().sum()
            }
            Segment::Listed(columns, values) => {
                let mut sum = 0.0;
                for (&j, &v) in columns.iter().zip(values) {
                    to[j as usize - start] += v;
                    sum += v.abs() * weight[j as usize - start];
                }
                sum
            }
        }
    }
}
