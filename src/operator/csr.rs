//! Compressed sparse rows: `y_i = sum_p a_p x_{j_p}`, rows in parallel, split by non-zeros.
//!
//! Transposed products go by ranges of columns (see `ranges`).

use std::ops::Range;
use std::sync::OnceLock;

use ndarray::Array2;

use super::kernel::{Lines, Listed, Shifted, Stored, fetch, gather, multiply_columns, multiply_lines, scatter, twofold};
use super::ranges::Ranges;
use super::scratch::{WORTH_THREADS, each_chunk};
use super::{Direction, Entries, Operator};
use crate::table::Sparse;

mod runs;

pub(crate) use runs::{any_negative, divided, each_range};
pub(super) use runs::{longest_column, longest_row, pieces, within};

/// Rows are handed to threads in this many pieces of equal non-zeros.
const PIECES: usize = 64;

/// Rows that are asked for before they are looked at.
const AHEAD: usize = 8;

/// Bytes of y that a task of a transposed product writes to.
const CACHE: usize = 4 << 20;

/// Which blocks of A a product takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The diagonal blocks: what each region sells to itself.
    Domestic,
    /// Everything else: trade between regions.
    Traded,
}

/// A square matrix in compressed sparse rows with 32-bit column numbers.
pub struct Csr {
    matrix: Sparse,
    pieces: Vec<Range<usize>>,
    negative: OnceLock<bool>,
    /// Most entries of a row, and of a column.
    longest: OnceLock<[usize; 2]>,
    ranges: OnceLock<Ranges>,
}

impl Csr {
    /// Takes the matrix as it is.
    ///
    /// # Panics
    /// When it is not square or not stored by rows.
    pub fn new(matrix: Sparse) -> Self {
        assert!(matrix.is_csr() && matrix.rows() == matrix.cols(), "A must be square and stored by rows");
        let (negative, longest, ranges) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Csr { pieces: pieces(matrix.view(), PIECES), negative, longest, ranges, matrix }
    }

    /// The stored entries of row `i`: columns and values.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.matrix.indptr().outer_inds_sz(i);
        (&self.matrix.indices()[range.clone()], &self.matrix.data()[range])
    }

    /// The matrix.
    pub fn matrix(&self) -> &Sparse {
        &self.matrix
    }

    /// `A_d x` or `A_m x` (or with absolute entries) for the regions given by `offsets`; `x` is n x k.
    pub fn part(&self, part: Part, absolute: bool, offsets: &[usize], x: &Array2<f64>) -> Array2<f64> {
        let (n, k) = x.dim();
        let x = x.as_standard_layout();
        let x = x.as_slice().expect("standard layout");
        let mut y = vec![0.0; n * k];
        let regions: Vec<Range<usize>> = offsets.windows(2).map(|w| w[0]..w[1]).collect();
        each_range(true, &regions, k, &mut y, &|own, out| {
            for (i, to) in own.clone().zip(out.chunks_exact_mut(k.max(1))) {
                let (columns, values) = self.row(i);
                let p = columns.partition_point(|&j| (j as usize) < own.start);
                let q = columns.partition_point(|&j| (j as usize) < own.end);
                let mut add = |range: Range<usize>| {
                    let (values, columns) = (&values[range.clone()], self.listed(i, range));
                    if absolute {
                        gather::<true, _, _>(values, columns, k, x, to)
                    } else {
                        gather::<false, _, _>(values, columns, k, x, to)
                    }
                };
                match part {
                    Part::Domestic => add(p..q),
                    Part::Traded => {
                        add(0..p);
                        add(q..values.len());
                    }
                }
            }
        });
        Array2::from_shape_vec((n, k), y).expect("n x k")
    }

    /// Column numbers of a part of row `i`, for the kernels.
    #[inline(always)]
    pub(crate) fn listed(&self, i: usize, part: Range<usize>) -> Listed<'_> {
        let columns = &self.row(i).0[part];
        // SAFETY: they are column numbers of this matrix, and sprs checks when a matrix is made that each is below the
        // number of columns
        unsafe { Listed::below(self.matrix.cols(), columns) }
    }

    /// A product with other values in the places of this matrix.
    pub(super) fn product<const ABS: bool, V: Stored>(&self, values: &[V], direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        let n = self.dim();
        assert_eq!((x.len(), y.len()), (n * k, n * k), "panels of n x k");
        assert_eq!(values.len(), self.entries(), "a value for each place");
        let parallel = self.entries() * k >= WORTH_THREADS;
        match direction {
            Direction::Transposed => self.by_columns::<ABS, V>(values, parallel, k, x, y),
            Direction::Forward => self.by_rows::<ABS, V>(values, parallel, k, x, y),
        }
    }

    fn by_rows<const ABS: bool, V: Stored>(&self, values: &[V], parallel: bool, k: usize, x: &[f64], y: &mut [f64]) {
        each_range(parallel, &self.pieces, k, y, &|rows, out| {
            out.fill(0.0);
            // SAFETY: sprs checks the column numbers of a matrix it makes
            unsafe { multiply_lines::<ABS, _>(self.lines_of(values, rows), k, x, out) };
        });
    }

    /// `A x` (or `|A| x`) for some rows alone, as the whole product has them.
    pub(super) fn product_of<const ABS: bool>(&self, rows: Range<usize>, k: usize, x: &[f64], out: &mut [f64]) {
        assert_eq!((x.len(), out.len()), (self.dim() * k, rows.len() * k), "panels of n x k, and of the rows");
        let size = rows.len().div_ceil(PIECES).max(1);
        each_chunk(self.entries() * k >= WORTH_THREADS, out, size * k, |piece, out| {
            let start = rows.start + piece * size;
            out.fill(0.0);
            // SAFETY: sprs checks the column numbers of a matrix it makes
            unsafe { multiply_lines::<ABS, _>(self.lines(start..start + out.len() / k), k, x, out) };
        });
    }

    /// Each task owns some ranges of columns, and so of y; every sum runs over the rows in order.
    fn by_columns<const ABS: bool, V: Stored>(&self, values: &[V], parallel: bool, k: usize, x: &[f64], y: &mut [f64]) {
        if !parallel {
            y.fill(0.0);
            for (i, x) in x.chunks_exact(k).enumerate() {
                let range = self.matrix.indptr().outer_inds_sz(i);
                let part = 0..range.len();
                scatter::<ABS, _, _>(&values[range], self.listed(i, part), k, x, y);
            }
            return;
        }
        let (ranges, n) = (self.ranges(), self.dim());
        // as many ranges together as leave work for all and their part of y in the cache: longer runs of each row
        let share = ranges.count().div_ceil(2 * crate::threads::count());
        let together = (CACHE / (8 * k * ranges.width())).clamp(1, share);
        let size = together * ranges.width();
        each_chunk(true, y, size * k, |task, out| {
            out.fill(0.0);
            let cuts = ranges.cuts(task * together..((task + 1) * together).min(ranges.count()));
            let start = task * size;
            // SAFETY: the cuts of these ranges enclose the columns from `start` to the end of what `out` holds
            unsafe { multiply_columns::<ABS, V>(self.lines_of(values, 0..n), cuts, [start, (start + size).min(n)], k, x, out) };
        });
    }

    /// `A' x` added to twofold sums: each task owns some ranges of columns, and every sum runs over the rows in order.
    fn twofold_by_columns(&self, parallel: bool, k: usize, x: &[f64], sums: &mut [f64]) {
        let (ranges, n) = (self.ranges(), self.dim());
        let share = ranges.count().div_ceil(2 * crate::threads::count());
        let together = (CACHE / (16 * k * ranges.width())).clamp(1, share);
        let size = together * ranges.width();
        each_chunk(parallel, sums, size * 2 * k, |task, to| {
            let cuts = ranges.cuts(task * together..((task + 1) * together).min(ranges.count()));
            let (start, end) = (task * size, ((task + 1) * size).min(n));
            for (i, x) in x.chunks_exact(k).enumerate() {
                let (columns, values) = self.row(i);
                let (from, until) = cuts.of(i, values.len());
                // SAFETY: the cuts of these ranges enclose the columns from `start` to `end`
                let columns = unsafe { Shifted::between(start, end, &columns[from..until]) };
                twofold::scatter(&values[from..until], columns, k, x, to);
            }
        });
    }

    pub(super) fn lines(&self, rows: Range<usize>) -> Lines<'_> {
        self.lines_of(self.matrix.data(), rows)
    }

    fn lines_of<'a, V>(&'a self, values: &'a [V], rows: Range<usize>) -> Lines<'a, V> {
        let starts = &self.matrix.indptr().into_raw_storage()[rows.start..=rows.end];
        Lines { starts, columns: self.matrix.indices(), values, bound: self.matrix.cols() }
    }

    fn ranges(&self) -> &Ranges {
        self.ranges.get_or_init(|| Ranges::new(&self.matrix))
    }
}

impl Operator for Csr {
    fn dim(&self) -> usize {
        self.matrix.rows()
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<false, _>(self.matrix.data(), direction, k, x, y);
    }
    fn add_twofold(&self, direction: Direction, k: usize, x: &[f64], sums: &mut [f64]) -> bool {
        if !twofold::available() {
            return false;
        }
        assert_eq!((x.len(), sums.len()), (self.dim() * k, 2 * self.dim() * k), "panels of n x k and n x 2 k");
        if sums.is_empty() {
            return true;
        }
        let parallel = 4 * self.entries() * k >= WORTH_THREADS;
        match direction {
            Direction::Transposed => self.twofold_by_columns(parallel, k, x, sums),
            Direction::Forward => each_range(parallel, &self.pieces, 2 * k, sums, &|rows, to| {
                for (i, to) in rows.zip(to.chunks_exact_mut(2 * k)) {
                    let values = self.row(i).1;
                    twofold::gather(values, self.listed(i, 0..values.len()), k, x, to);
                }
            }),
        }
        true
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<true, _>(self.matrix.data(), direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        // one fused multiply-add (or a product and a sum) per entry, one for the making of a = z / x; four sums that come
        // together at the end make no chain longer than the row
        let longest = self.longest.get_or_init(|| [longest_row(self.matrix.view()), longest_column(self.matrix.view())]);
        (match direction {
            Direction::Forward => longest[0],
            Direction::Transposed => longest[1],
        } + 2) as f64
    }
    fn entries(&self) -> usize {
        self.matrix.nnz()
    }
    fn bytes(&self) -> usize {
        12 * self.matrix.nnz() + 8 * (self.dim() + 1)
    }
    fn has_negative(&self) -> bool {
        *self.negative.get_or_init(|| any_negative(self.matrix.data()))
    }
    fn name(&self) -> &'static str {
        "csr"
    }
    fn rows(&self) -> Option<&Csr> {
        Some(self)
    }
    fn stored(&self) -> Option<&dyn Entries> {
        Some(self)
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let mut block = Array2::zeros((range.len(), range.len()));
        for (k, i) in range.clone().enumerate() {
            let (columns, values) = self.row(i);
            for (&j, &v) in columns.iter().zip(values) {
                if range.contains(&(j as usize)) {
                    block[[k, j as usize - range.start]] = v;
                }
            }
        }
        block
    }
}

impl Entries for Csr {
    fn split(&self, count: usize) -> Vec<Range<usize>> {
        pieces(self.matrix.view(), count)
    }
    fn within(&self, groups: &[Range<usize>]) -> Csr {
        within(self.dim(), groups, &|group| {
            let (mut ends, mut own, mut entries) = (Vec::with_capacity(group.len()), Vec::new(), Vec::new());
            let near = |columns: &[u32], at: usize| columns.len() * at / self.dim().max(1);
            for i in group.clone() {
                if i + AHEAD < group.end {
                    // rows are far from each other: what is looked at next comes while this one is gone through
                    let (columns, values) = self.row(i + AHEAD);
                    fetch::<1, _>(columns, near(columns, group.start));
                    fetch::<8, _>(values, near(columns, group.start));
                }
                let (columns, values) = self.row(i);
                let p = first_from(columns, group.start, near(columns, group.start));
                let q = first_from(columns, group.end, near(columns, group.end).max(p));
                own.extend_from_slice(&columns[p..q]);
                entries.extend_from_slice(&values[p..q]);
                ends.push(own.len());
            }
            (ends, own, entries)
        })
    }
}

/// The place of the first column not below `at`, looked for around `near`: in steps that double, then by halves. Entries
/// spread evenly cost a line or two of memory, where halves of the whole row would cost one each.
fn first_from(columns: &[u32], at: usize, near: usize) -> usize {
    let before = |p: usize| (columns[p] as usize) < at;
    let (mut low, mut high) = (near.min(columns.len()), near.min(columns.len()));
    let mut step = 4;
    while high < columns.len() && before(high) {
        low = high + 1;
        high = (high + step).min(columns.len());
        step *= 2;
    }
    step = 4;
    while low > 0 && !before(low - 1) {
        high = low - 1;
        low = low.saturating_sub(step);
        step *= 2;
    }
    low + columns[low..high].partition_point(|&j| (j as usize) < at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_equal_the_double_loop(n in 1usize..40, k in 1usize..40, seed in any::<u64>()) {
            let mut draw = draws(seed);
            let mut next = || draw() - 0.3;
            let dense = Array2::from_shape_fn((n, n), |_| { let v = next(); if v < 0.0 { 0.0 } else { v - 0.2 } });
            let x: Vec<f64> = (0..n * k).map(|_| next()).collect();
            let a = Csr::new(crate::table::sparse(dense.view()));
            for direction in [Direction::Forward, Direction::Transposed] {
                for abs in [false, true] {
                    let mut y = vec![f64::NAN; n * k];
                    if abs { a.apply_abs(direction, k, &x, &mut y) } else { a.apply(direction, k, &x, &mut y) }
                    for i in 0..n { for c in 0..k {
                        let expected: f64 = (0..n).map(|j| {
                            let v = if direction == Direction::Forward { dense[[i, j]] } else { dense[[j, i]] };
                            (if abs { v.abs() } else { v }) * x[j * k + c]
                        }).sum();
                        prop_assert!((y[i * k + c] - expected).abs() <= 1e-13 * n as f64);
                    }}
                }
            }
        }

        #[test]
        fn a_column_has_the_same_bits_alone_and_in_a_panel(n in 1usize..30, k in 2usize..35, seed in any::<u64>()) {
            let mut next = draws(seed);
            let a = Csr::new(crate::table::sparse(Array2::from_shape_fn((n, n), |_| next()).view()));
            let x: Vec<f64> = (0..n * k).map(|_| next()).collect();
            for direction in [Direction::Forward, Direction::Transposed] {
                let mut y = vec![0.0; n * k];
                a.apply(direction, k, &x, &mut y);
                for c in 0..k {
                    let alone: Vec<f64> = (0..n).map(|i| x[i * k + c]).collect();
                    let mut single = vec![0.0; n];
                    a.apply(direction, 1, &alone, &mut single);
                    for i in 0..n { prop_assert_eq!(single[i].to_bits(), y[i * k + c].to_bits()); }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_column_from_a_place_is_found_from_any_start(mut columns in prop::collection::vec(0u32..60, 0..50), at in 0usize..70, near in 0usize..60) {
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(first_from(&columns, at, near), columns.iter().filter(|&&j| (j as usize) < at).count());
        }
    }
}
