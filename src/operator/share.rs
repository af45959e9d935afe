//! Some rows of a matrix, and their part of its products: what one of several processes keeps.
//!
//! A row is summed in stored order by the process that has it, in tiles as wide as those of the whole matrix, so no bit depends
//! on how many processes share the rows. Transposed products come from a share of the rows of A'.

use std::ops::Range;

use super::{Csr, Direction, Operator, Slices, Storage};
use crate::table::{Sparse, SparseView};
use crate::threads::prelude::*;

/// Rows of a square matrix.
pub struct Share {
    rows: Range<usize>,
    n: usize,
    lines: Lines,
}

enum Lines {
    Tiles(Slices),
    /// All rows, those of others without an entry.
    Rows(Csr),
}

impl Share {
    /// The rows `own` of a matrix with so many `entries` in all, each entry changed by `value` (entry, column).
    ///
    /// # Panics
    /// If `own` has not as many rows as the range.
    pub fn new(rows: Range<usize>, entries: usize, own: SparseView, value: impl Fn(f64, usize) -> f64 + Sync) -> Self {
        assert_eq!(own.rows(), rows.len(), "as many rows as the range has");
        let n = own.cols();
        let lines = match Storage::auto(n, entries, false) {
            Storage::Csr => {
                let (starts, columns, values) = own.into_raw_storage();
                let mut indptr = vec![0; n + 1];
                indptr[rows.start..=rows.end].copy_from_slice(starts);
                indptr[rows.end..].fill(starts[starts.len() - 1]);
                let values = values.iter().zip(columns).map(|(&v, &j)| value(v, j as usize)).collect();
                Lines::Rows(Csr::new(Sparse::new((n, n), indptr, columns.to_vec(), values)))
            }
            _ => Lines::Tiles(Slices::made(own, entries, value)),
        };
        Share { rows, n, lines }
    }

    /// Which rows.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Number of rows of the whole matrix.
    pub fn dim(&self) -> usize {
        self.n
    }

    fn lines(&self) -> &dyn Operator {
        match &self.lines {
            Lines::Tiles(tiles) => tiles,
            Lines::Rows(rows) => rows,
        }
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.lines().entries()
    }

    /// Bytes of entries that a product reads.
    pub fn bytes(&self) -> usize {
        self.lines().bytes()
    }

    /// The longest chain of roundings behind one sum, the making of the entries included.
    pub fn rounding_steps(&self) -> f64 {
        self.lines().rounding_steps(Direction::Forward)
    }

    /// Whether any entry is negative.
    pub fn has_negative(&self) -> bool {
        self.lines().has_negative()
    }

    /// The own rows of `A x` (or `|A| x`) on a panel of `k` columns: `x` has n rows, `y` has the own ones.
    pub fn product(&self, absolute: bool, k: usize, x: &[f64], y: &mut [f64]) {
        match (&self.lines, absolute) {
            (Lines::Tiles(tiles), false) => tiles.product::<false>(Direction::Forward, k, x, y),
            (Lines::Tiles(tiles), true) => tiles.product::<true>(Direction::Forward, k, x, y),
            (Lines::Rows(rows), false) => rows.product_of::<false>(self.rows(), k, x, y),
            (Lines::Rows(rows), true) => rows.product_of::<true>(self.rows(), k, x, y),
        }
    }

    /// Calls `f` with row, column and value of the entries in some of the own rows and some columns; those of a row in order.
    fn each(&self, rows: &Range<usize>, columns: &Range<usize>, mut f: impl FnMut(usize, usize, f64)) {
        match &self.lines {
            Lines::Tiles(tiles) => {
                let first = self.rows.start;
                tiles.each_within(&(rows.start - first..rows.end - first), columns, |i, j, v| f(first + i, j, v));
            }
            Lines::Rows(all) => rows.clone().for_each(|i| {
                let (places, values) = all.row(i);
                places.iter().zip(values).filter(|(j, _)| columns.contains(&(**j as usize))).for_each(|(j, v)| f(i, *j as usize, *v));
            }),
        }
    }

    /// As [`Share::product`], of what regions sell to others; `offsets` (R + 1) tell where each begins.
    pub fn traded(&self, absolute: bool, offsets: &[usize], k: usize, x: &[f64], y: &mut [f64]) {
        y.fill(0.0);
        let regions = offsets.windows(2).map(|w| w[0].max(self.rows.start)..w[1].min(self.rows.end));
        let mut jobs = Vec::new();
        let mut rest = y;
        for (own, whole) in regions.zip(offsets.windows(2)).filter(|(own, _)| own.start < own.end) {
            let here = rest.split_off_mut(..own.len() * k).expect("a row for each");
            jobs.push((own, whole[0]..whole[1], here));
        }
        jobs.into_par_iter().for_each(|(own, region, y)| {
            for columns in [0..region.start, region.end..self.n] {
                self.each(&own, &columns, |i, j, v| {
                    let (v, to) = (if absolute { v.abs() } else { v }, &mut y[(i - own.start) * k..][..k]);
                    to.iter_mut().zip(&x[j * k..]).for_each(|(y, x)| *y += v * x);
                });
            }
        });
    }

    /// The own rows of the diagonal block of a range of rows, one after the other.
    pub fn block(&self, range: &Range<usize>) -> Vec<f64> {
        let own = range.start.max(self.rows.start)..range.end.min(self.rows.end);
        if own.is_empty() {
            return Vec::new();
        }
        let mut block = vec![0.0; own.len() * range.len()];
        self.each(&own, range, |i, j, v| block[(i - own.start) * range.len() + j - range.start] = v);
        block
    }

    /// The entries within groups of the own rows, as a square matrix of the own rows.
    pub fn within(&self, groups: &[Range<usize>]) -> Csr {
        let (first, m) = (self.rows.start, self.rows.len());
        let parts = groups.par_iter().map(|group| {
            let mut starts = vec![0; group.len() + 1];
            self.each(group, group, |i, _, _| starts[i - group.start + 1] += 1);
            (0..group.len()).for_each(|i| starts[i + 1] += starts[i]);
            let (mut columns, mut values) = (vec![0; starts[group.len()]], vec![0.0; starts[group.len()]]);
            let mut at = starts.clone();
            self.each(group, group, |i, j, v| {
                let place = &mut at[i - group.start];
                (columns[*place], values[*place]) = ((j - first) as u32, v);
                *place += 1;
            });
            (starts, columns, values)
        });
        let parts: Vec<(Vec<usize>, Vec<u32>, Vec<f64>)> = parts.collect();
        let (mut indptr, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for (starts, own, entries) in parts {
            let begun = columns.len();
            indptr.extend(starts[1..].iter().map(|s| begun + s));
            columns.extend(own);
            values.extend(entries);
        }
        Csr::new(Sparse::new((m, m), indptr, columns, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use ndarray::Array2;
    use proptest::prelude::*;

    /// Rows of a matrix as a matrix of their own.
    fn rows_of(whole: &Sparse, rows: Range<usize>) -> Sparse {
        let part = whole.slice_outer(rows);
        Sparse::new(part.shape(), part.proper_indptr().to_vec(), part.indices().to_vec(), part.data().to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn shares_together_are_the_whole_bit_by_bit(seed in any::<u64>(), k in 1usize..6, cut in 0usize..2_600, large in any::<bool>()) {
            let n = if large { 2_600 } else { 40 };
            let (mut next, cut) = (draws(seed), cut.min(n));
            let density = if large { 0.02 } else { 0.3 };
            let dense = Array2::from_shape_fn((n, n), |_| { let v = next(); if v < density { v - 0.3 * density } else { 0.0 } });
            let whole = crate::table::sparse(dense.view());
            let x: Vec<f64> = (0..n * k).map(|_| next()).collect();
            let one = Share::new(0..n, whole.nnz(), whole.view(), |v, _| v);
            let offsets = [0, n / 3, n / 2, n];
            for absolute in [false, true] {
                let (mut expected, mut traded) = (vec![0.0; n * k], vec![0.0; n * k]);
                one.product(absolute, k, &x, &mut expected);
                one.traded(absolute, &offsets, k, &x, &mut traded);
                for rows in [0..cut, cut..n] {
                    let own = rows_of(&whole, rows.clone());
                    let share = Share::new(rows.clone(), whole.nnz(), own.view(), |v, _| v);
                    let mut y = vec![f64::NAN; rows.len() * k];
                    share.product(absolute, k, &x, &mut y);
                    prop_assert_eq!(&y, &expected[rows.start * k..rows.end * k]);
                    share.traded(absolute, &offsets, k, &x, &mut y);
                    prop_assert_eq!(&y, &traded[rows.start * k..rows.end * k]);
                }
                for i in (0..n).step_by(7) {
                    let region = offsets.partition_point(|o| *o <= i) - 1;
                    let term = |j: usize| { let v = dense[[i, j]]; (if absolute { v.abs() } else { v }) * x[j * k] };
                    let (all, own): (f64, f64) = ((0..n).map(term).sum(), (offsets[region]..offsets[region + 1]).map(term).sum());
                    prop_assert!((expected[i * k] - all).abs() < 1e-11 && (traded[i * k] - (all - own)).abs() < 1e-11);
                }
            }
            let range = n / 4..3 * n / 4;
            let blocks: Vec<f64> = [0..cut, cut..n].into_iter().flat_map(|rows| {
                Share::new(rows.clone(), whole.nnz(), rows_of(&whole, rows).view(), |v, _| v).block(&range)
            }).collect();
            prop_assert!(blocks.iter().eq(dense.slice(ndarray::s![range.clone(), range]).iter()));
            let share = Share::new(cut..n, whole.nnz(), rows_of(&whole, cut..n).view(), |v, _| v);
            let within = share.within(&[cut..cut + (n - cut) / 2, cut + (n - cut) / 2..n]);
            for i in cut..n {
                let mine = |j: usize| j >= cut && (i - cut < (n - cut) / 2) == (j - cut < (n - cut) / 2);
                let expected: Vec<f64> = (0..n).filter(|&j| mine(j) && dense[[i, j]] != 0.0).map(|j| dense[[i, j]]).collect();
                prop_assert_eq!(within.row(i - cut).1, &expected[..]);
            }
        }
    }
}
