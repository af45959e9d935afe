//! Slices of columns: for sparse matrices of so many rows that x does not stay in the cache.
//!
//! The columns are cut into ranges, and each range is a sparse matrix of its own, n rows with 16-bit column numbers. A
//! product goes through them one after the other: the x of a range stays in the cache while the rows go by, where
//! compressed rows would fetch every row of x from memory, 8 k bytes an entry. The transposed product gives each range
//! of y to one task. Sums run through the ranges in order, so bits depend on the matrix alone.
//! Bytes: 10 per entry, 4 per row and range. Nishtala, Vuduc, Demmel, Yelick, *When cache blocking of sparse matrix
//! vector multiply works and why*, AAECC 18, 2007 (the aim).

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use super::csr::{any_negative, longest_column, pieces};
use super::kernel::runs::multiply_runs;
use super::kernel::{Lines, turn_lines};
use super::ranges::{FEWEST, Ranges};
use super::scratch::{WORTH_THREADS, each_chunk};
use super::{Csr, Direction, Entries, Operator};
use crate::table::Sparse;

/// Rows are handed to threads in this many pieces of equal non-zeros, several together.
const PIECES: usize = 256;
/// Tasks of a product for each thread.
const TASKS: usize = 2;
/// Entries that a row should have in a range on average: fewer, and the rows cost more than their entries.
const RUN: usize = 10;
/// Most columns of a range: what 16 bits can tell.
const WIDEST: usize = 1 << 16;

/// Consecutive columns of all rows.
struct Slice {
    starts: Vec<u32>,
    columns: Vec<u16>,
    values: Vec<f64>,
}

/// A square matrix in slices of columns.
pub struct Slices {
    n: usize,
    width: usize,
    slices: Vec<Slice>,
    pieces: Vec<Range<usize>>,
    entries: usize,
    negative: bool,
    longest: [usize; 2],
}

impl Slices {
    /// The rows of a matrix, cut into slices.
    pub fn from_csr(rows: &Csr) -> Self {
        Self::made(rows.matrix(), |v, _| v)
    }

    /// `Z diag(1/x)`; coefficients of columns without output are zero.
    ///
    /// # Panics
    /// When `z` is not square and stored by rows, or has not as many columns as `x` has entries.
    pub fn divided(z: &Sparse, x: &[f64]) -> Self {
        assert_eq!(z.cols(), x.len(), "an output for each column");
        Self::made(z, |v, j| if x[j] == 0.0 { 0.0 } else { v / x[j] })
    }

    fn made(z: &Sparse, value: impl Fn(f64, usize) -> f64 + Sync) -> Self {
        assert!(z.is_csr() && z.rows() == z.cols(), "A must be square and stored by rows");
        let n = z.rows();
        let width = width(n, z.nnz());
        let ranges = Ranges::of_width(z, width);
        let pieces = pieces(z, PIECES);
        let slices = filled(z, &ranges, &pieces, &value);
        let row = |i: usize| slices.iter().map(|s| (s.starts[i + 1] - s.starts[i]) as usize).sum();
        let longest_row = (0..n).into_par_iter().map(row).max().unwrap_or(0);
        Slices {
            n,
            width,
            pieces,
            entries: slices.iter().map(|s| s.values.len()).sum(),
            negative: slices.iter().any(|s| any_negative(&s.values)),
            longest: [longest_row, longest_column(z)],
            slices,
        }
    }

    /// Calls `f` with each entry of row `i` in some columns, in order.
    fn each_within(&self, i: usize, columns: &Range<usize>, f: &mut dyn FnMut(usize, f64)) {
        for (s, slice) in self.slices.iter().enumerate().take(columns.end.div_ceil(self.width)).skip(columns.start / self.width) {
            for p in slice.starts[i] as usize..slice.starts[i + 1] as usize {
                let j = s * self.width + slice.columns[p] as usize;
                if columns.contains(&j) {
                    f(j, slice.values[p]);
                }
            }
        }
    }

    fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.n * k, self.n * k), "panels of n x k");
        let parallel = self.entries * k >= WORTH_THREADS;
        match direction {
            Direction::Forward => {
                let tasks = if parallel { TASKS * rayon::current_num_threads() } else { 1 };
                self.by_rows::<ABS>(&self.pieces, tasks, k, x, y);
            }
            Direction::Transposed => each_chunk(parallel, y, self.width * k, |s, y| {
                y.fill(0.0);
                // SAFETY: column numbers of a slice are below its width, and below n in the last one
                unsafe { turn_lines::<ABS, _, _, _>(self.lines(s, 0..self.n), k, x, y) };
            }),
        }
    }

    /// Halves of the rows in parallel until there are as many tasks as wanted: nothing is allocated.
    fn by_rows<const ABS: bool>(&self, pieces: &[Range<usize>], tasks: usize, k: usize, x: &[f64], y: &mut [f64]) {
        if tasks > 1 && pieces.len() > 1 {
            let (left, right) = pieces.split_at(pieces.len() / 2);
            let (a, b) = y.split_at_mut((right[0].start - left[0].start) * k);
            let half = tasks.div_ceil(2);
            rayon::join(|| self.by_rows::<ABS>(left, half, k, x, a), || self.by_rows::<ABS>(right, half, k, x, b));
            return;
        }
        y.fill(0.0);
        if let [first, ..] = pieces {
            let rows = first.start..pieces[pieces.len() - 1].end;
            for (s, x) in x.chunks(self.width * k).enumerate() {
                // SAFETY: as above
                unsafe { multiply_runs::<ABS, _, _, _>(self.lines(s, rows.clone()), k, x, y) };
            }
        }
    }

    fn lines(&self, s: usize, rows: Range<usize>) -> Lines<'_, f64, u16, u32> {
        let slice = &self.slices[s];
        let bound = self.width.min(self.n - s * self.width);
        Lines { starts: &slice.starts[rows.start..=rows.end], columns: &slice.columns, values: &slice.values, bound }
    }
}

/// What a run of rows has in a slice, and how many entries are before it.
struct Piece<'s> {
    before: usize,
    ends: &'s mut [u32],
    columns: &'s mut [u16],
    values: &'s mut [f64],
}

/// The slices of `z`, each row read once; runs of rows in parallel.
fn filled(z: &Sparse, ranges: &Ranges, runs: &[Range<usize>], value: &(impl Fn(f64, usize) -> f64 + Sync)) -> Vec<Slice> {
    let (n, count, width) = (z.rows(), ranges.count(), ranges.width());
    let (starts, indices, data) = (z.indptr().into_raw_storage(), z.indices(), z.data());
    let within = |i: usize, s: usize| ranges.cuts(s..s + 1).of(i, starts[i + 1] - starts[i]);
    let sizes: Vec<Vec<usize>> = runs
        .par_iter()
        .map(|rows| {
            let size = |s| rows.clone().map(|i| within(i, s)).map(|(from, to)| to - from).sum();
            (0..count).map(size).collect()
        })
        .collect();
    let empty = |s: usize| {
        let entries: usize = sizes.iter().map(|sizes| sizes[s]).sum();
        assert!(u32::try_from(entries).is_ok(), "{entries} entries in {width} columns");
        Slice { starts: vec![0; n + 1], columns: vec![0; entries], values: vec![0.0; entries] }
    };
    let mut slices: Vec<Slice> = (0..count).map(empty).collect();
    let mut parts: Vec<Vec<Piece>> = runs.iter().map(|_| Vec::with_capacity(count)).collect();
    for (s, slice) in slices.iter_mut().enumerate() {
        let (mut ends, mut columns, mut values) = (&mut slice.starts[1..], slice.columns.as_mut_slice(), slice.values.as_mut_slice());
        let mut before = 0;
        for ((rows, sizes), parts) in runs.iter().zip(&sizes).zip(&mut parts) {
            let piece = Piece {
                before,
                ends: ends.split_off_mut(..rows.len()).expect("a number for each row"),
                columns: columns.split_off_mut(..sizes[s]).expect("room for each entry"),
                values: values.split_off_mut(..sizes[s]).expect("room for each entry"),
            };
            before += sizes[s];
            parts.push(piece);
        }
    }
    runs.par_iter().zip(parts).for_each(|(rows, mut pieces)| {
        let mut done = vec![0; count];
        for (at, i) in rows.clone().enumerate() {
            for (s, (piece, done)) in pieces.iter_mut().zip(&mut done).enumerate() {
                let (from, to) = within(i, s);
                let (columns, values) = (&mut piece.columns[*done..], &mut piece.values[*done..]);
                for (p, (column, v)) in (starts[i] + from..starts[i] + to).zip(columns.iter_mut().zip(values)) {
                    let j = indices[p] as usize;
                    (*column, *v) = ((j - s * width) as u16, value(data[p], j));
                }
                *done += to - from;
                piece.ends[at] = (piece.before + *done) as u32;
            }
        }
    });
    slices
}

/// Columns of a range: as many as give a row [`RUN`] entries in it, but at least [`FEWEST`] ranges; where a slice could
/// have more entries than 32 bits tell apart, its share of them if every row fills it.
fn width(n: usize, entries: usize) -> usize {
    let run = (RUN as f64 * n as f64 * n as f64 / entries.max(1) as f64) as usize;
    let told = if entries > u32::MAX as usize { u32::MAX as usize / n } else { WIDEST };
    run.min(n.div_ceil(FEWEST)).clamp(1, WIDEST).min(told.max(1))
}

impl Operator for Slices {
    fn dim(&self) -> usize {
        self.n
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<false>(direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<true>(direction, k, x, y);
    }
    fn rounding_factor(&self, direction: Direction) -> f64 {
        // one fused multiply-add (or a product and a sum) per entry, one for the making of a = z / x
        (match direction {
            Direction::Forward => self.longest[0],
            Direction::Transposed => self.longest[1],
        } + 2) as f64
    }
    fn entries(&self) -> usize {
        self.entries
    }
    fn bytes(&self) -> usize {
        10 * self.entries + 4 * self.slices.len() * (self.n + 1)
    }
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn name(&self) -> &'static str {
        "slices"
    }
    fn stored(&self) -> Option<&dyn Entries> {
        Some(self)
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let mut block = Array2::zeros((range.len(), range.len()));
        for i in range.clone() {
            self.each_within(i, &range, &mut |j, v| block[[i - range.start, j - range.start]] = v);
        }
        block
    }
}

impl Entries for Slices {
    fn split(&self, count: usize) -> Vec<Range<usize>> {
        let together = self.pieces.len().div_ceil(count.max(1)).max(1);
        self.pieces.chunks(together).map(|p| p[0].start..p[p.len() - 1].end).collect()
    }

    fn within(&self, groups: &[Range<usize>]) -> Csr {
        super::csr::within(self.n, groups, &|i, group, add| self.each_within(i, group, add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_gives_rows_so_many_entries_and_can_tell_its_own_apart() {
        assert_eq!(width(1_000_000, 300_000_000), 33_333);
        assert_eq!(width(100_000, 30_000_000), 3_333);
        assert_eq!(width(1_000_000, 10_000_000), 62_500);
        // more entries than 32 bits can tell
        let (n, entries) = (1_000_000, 5_000_000_000);
        assert!(width(n, entries) * n <= u32::MAX as usize);
        assert_eq!(width(3, 2), 1);
    }
}
