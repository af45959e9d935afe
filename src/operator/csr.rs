//! Compressed sparse rows: `y_i = sum_p a_p x_{j_p}`, rows in parallel, split by non-zeros.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use super::kernel::{Listed, gather, scatter};
use super::{Direction, Operator};
use crate::table::Sparse;

/// Rows are handed to threads in this many pieces of equal non-zeros.
const PIECES: usize = 64;
/// Below this many multiply-adds a product is not worth a second thread.
const WORTH_THREADS: usize = 200_000;

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
    negative: bool,
    longest: [usize; 2],
}

impl Csr {
    /// Takes the matrix as it is.
    ///
    /// # Panics
    /// When it is not square or not stored by rows.
    pub fn new(matrix: Sparse) -> Self {
        assert!(matrix.is_csr() && matrix.rows() == matrix.cols(), "A must be square and stored by rows");
        let mut by_column = vec![0usize; matrix.cols()];
        for &j in matrix.indices() {
            by_column[j as usize] += 1;
        }
        let longest_row = matrix.outer_iterator().map(|r| r.nnz()).max().unwrap_or(0);
        let longest = [longest_row, by_column.into_iter().max().unwrap_or(0)];
        let negative = matrix.data().iter().any(|v| *v < 0.0);
        Csr { pieces: pieces(&matrix), negative, longest, matrix }
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
        let regions: Vec<(Range<usize>, &mut [f64])> = {
            let mut rest = y.as_mut_slice();
            offsets
                .windows(2)
                .map(|w| {
                    let (here, tail) = std::mem::take(&mut rest).split_at_mut((w[1] - w[0]) * k);
                    rest = tail;
                    (w[0]..w[1], here)
                })
                .collect()
        };
        regions.into_par_iter().for_each(|(own, out)| {
            for (i, to) in own.clone().zip(out.chunks_exact_mut(k.max(1))) {
                let (columns, values) = self.row(i);
                let p = columns.partition_point(|&j| (j as usize) < own.start);
                let q = columns.partition_point(|&j| (j as usize) < own.end);
                let mut add = |range: Range<usize>| {
                    let (values, columns) = (&values[range.clone()], Listed(&columns[range]));
                    if absolute { gather::<true, _>(values, columns, k, x, to) } else { gather::<false, _>(values, columns, k, x, to) }
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

    fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        debug_assert_eq!((x.len(), y.len()), (self.dim() * k, self.dim() * k));
        match direction {
            Direction::Forward => self.by_rows::<ABS>(k, x, y),
            Direction::Transposed => {
                y.fill(0.0);
                for i in 0..self.dim() {
                    let (columns, values) = self.row(i);
                    scatter::<ABS, _>(values, Listed(columns), k, &x[i * k..(i + 1) * k], y);
                }
            }
        }
    }

    fn by_rows<const ABS: bool>(&self, k: usize, x: &[f64], y: &mut [f64]) {
        let rows = |range: Range<usize>, out: &mut [f64]| {
            for (i, to) in range.zip(out.chunks_exact_mut(k)) {
                let (columns, values) = self.row(i);
                to.fill(0.0);
                gather::<ABS, _>(values, Listed(columns), k, x, to);
            }
        };
        if self.entries() * k < WORTH_THREADS {
            return rows(0..self.dim(), y);
        }
        let mut rest = y;
        let mut jobs = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let (out, tail) = rest.split_at_mut(piece.len() * k);
            jobs.push((piece.clone(), out));
            rest = tail;
        }
        jobs.into_par_iter().for_each(|(range, out)| rows(range, out));
    }
}

impl Operator for Csr {
    fn dim(&self) -> usize {
        self.matrix.rows()
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
        self.matrix.nnz()
    }
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn name(&self) -> &'static str {
        "csr"
    }
    fn rows(&self) -> Option<&Csr> {
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

fn pieces(matrix: &Sparse) -> Vec<Range<usize>> {
    let (n, total) = (matrix.rows(), matrix.nnz() + matrix.rows());
    let mut pieces = Vec::with_capacity(PIECES);
    let (mut start, mut weight) = (0, 0);
    for (i, row) in matrix.outer_iterator().enumerate() {
        weight += row.nnz() + 1;
        if weight * PIECES >= total * (pieces.len() + 1) {
            pieces.push(start..i + 1);
            start = i + 1;
        }
    }
    if start < n {
        pieces.push(start..n);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_equal_the_double_loop(n in 1usize..40, k in 1usize..40, seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state >> 11) as f64 / (1u64 << 53) as f64 - 0.3 };
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
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state >> 11) as f64 / (1u64 << 53) as f64 };
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
}
