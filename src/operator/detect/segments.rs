//! Rows of a matrix cut into regions: as they stand where a region's part is full, as lists of entries elsewhere.

use std::ops::Range;

use super::super::kernel::{fetch_far, levels};
use super::super::{Csr, Dense, Operator};
use crate::table::{FlowMatrix, Sparse};

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
    /// The part of row `i` in a region, which the entries from `at` on start with or are behind of; `at`, 0 for the first
    /// region, moves on to the next.
    fn part(&self, i: usize, at: &mut usize, region: Range<usize>) -> Segment<'_>;

    /// Columns and values of row `i`; `room` takes the columns where they are not stored.
    fn listed<'a>(&'a self, i: usize, room: &'a mut Vec<u32>) -> (&'a [u32], &'a [f64]);

    /// Number of entries.
    fn count(&self) -> usize;

    /// Calls `f` with each region (of those with the column ranges `offsets`) and its part of row `i`.
    fn segments<'a>(&'a self, i: usize, offsets: &[usize], mut f: impl FnMut(usize, Segment<'a>)) {
        let mut at = 0;
        offsets.windows(2).enumerate().for_each(|(region, w)| f(region, self.part(i, &mut at, w[0]..w[1])));
    }
}

impl Segments for Csr {
    fn part(&self, i: usize, at: &mut usize, region: Range<usize>) -> Segment<'_> {
        let (columns, values) = self.row(i);
        part(columns, values, self.dim(), at, region)
    }
    fn listed<'a>(&'a self, i: usize, _: &'a mut Vec<u32>) -> (&'a [u32], &'a [f64]) {
        self.row(i)
    }
    fn count(&self) -> usize {
        self.entries()
    }
}

impl Segments for Sparse {
    fn part(&self, i: usize, at: &mut usize, region: Range<usize>) -> Segment<'_> {
        let range = self.indptr().outer_inds_sz(i);
        part(&self.indices()[range.clone()], &self.data()[range], self.cols(), at, region)
    }
    fn listed<'a>(&'a self, i: usize, _: &'a mut Vec<u32>) -> (&'a [u32], &'a [f64]) {
        let range = self.indptr().outer_inds_sz(i);
        (&self.indices()[range.clone()], &self.data()[range])
    }
    fn count(&self) -> usize {
        self.nnz()
    }
}

impl Segments for FlowMatrix {
    fn part(&self, i: usize, at: &mut usize, region: Range<usize>) -> Segment<'_> {
        match self.entries() {
            Some(entries) => Segment::Whole(&entries[i * self.dim()..][region]),
            None => {
                let (columns, flows) = self.stored(i);
                part(columns, flows, self.dim(), at, region)
            }
        }
    }
    fn listed<'a>(&'a self, i: usize, room: &'a mut Vec<u32>) -> (&'a [u32], &'a [f64]) {
        let Some(entries) = self.entries() else { return self.stored(i) };
        let n = self.dim();
        if room.len() != n {
            *room = (0..n as u32).collect();
        }
        (room, &entries[i * n..][..n])
    }
    fn count(&self) -> usize {
        self.entries().map_or_else(|| self.view().nnz(), <[f64]>::len)
    }
}

impl Segments for Dense {
    fn part(&self, i: usize, _: &mut usize, region: Range<usize>) -> Segment<'_> {
        Segment::Whole(&self.row(i)[region])
    }
    fn listed<'a>(&'a self, i: usize, room: &'a mut Vec<u32>) -> (&'a [u32], &'a [f64]) {
        if room.len() != self.dim() {
            *room = (0..self.dim() as u32).collect();
        }
        (room, self.row(i))
    }
    fn count(&self) -> usize {
        self.entries()
    }
}

/// Calls `f` with each region and its part of a row, given by columns (rising) and values.
pub(super) fn cut<'a>(columns: &'a [u32], values: &'a [f64], offsets: &[usize], f: &mut impl FnMut(usize, Segment<'a>)) {
    let (mut at, n) = (0, offsets[offsets.len() - 1]);
    offsets.windows(2).enumerate().for_each(|(region, w)| f(region, part(columns, values, n, &mut at, w[0]..w[1])));
}

/// The part of a row of `n` columns.
fn part<'a>(columns: &'a [u32], values: &'a [f64], n: usize, at: &mut usize, region: Range<usize>) -> Segment<'a> {
    if columns.len() == n {
        return Segment::Whole(&values[region]); // no column is looked at: each would be fetched from memory
    }
    let (start, width) = (*at, region.len());
    *at += length(&columns[start..], region);
    let end = *at;
    if end - start == width { Segment::Whole(&values[start..end]) } else { Segment::Listed(&columns[start..end], &values[start..end]) }
}

/// How many of the columns, the first of which is not before the region, are in the region.
pub(super) fn length(columns: &[u32], region: Range<usize>) -> usize {
    let width = region.len();
    // columns rise: the first and the last tell that none is missing
    let whole = columns.len() >= width && columns[0] as usize == region.start && columns[width - 1] as usize == region.end - 1;
    if whole { width } else { columns.partition_point(|&j| (j as usize) < region.end) }
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

    /// Asks the memory for what follows in the row.
    pub fn fetch_next(self) {
        if let Segment::Whole(values) = self {
            (0..values.len()).step_by(8).for_each(|at| fetch_far(values.as_ptr().wrapping_add(values.len() + at)));
        }
    }

    /// Adds the entries to `to`, the columns of a region that starts at column `start`; the sum of their sizes
    /// times `weight` (one for each of these columns). 16 bytes per entry, in order.
    pub fn add(self, start: usize, weight: &[f64], to: &mut [f64]) -> f64 {
        match self {
            Segment::Whole(values) => {
                let mut sum = 0.0;
                add_any::<true>(values, weight, to, &mut sum);
                sum
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

/// `to += v`, and `sum |v| w` in lanes of the same order everywhere.
#[inline(always)]
fn add<const L: u8, const ABS: bool>(values: &[f64], weight: &[f64], to: &mut [f64], sum: &mut f64) {
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
    *sum = sums.iter().sum();
}

levels! { fn add_any / add_avx2 / add_avx512 = add<ABS>(values: &[f64], weight: &[f64], to: &mut [f64], sum: &mut f64) }
