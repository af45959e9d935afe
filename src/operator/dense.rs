//! The whole matrix, row by row: for tables more than half full.
//!
//! 8 bytes per entry and panel, in order: nothing is gathered. Rows go to threads in fixed pieces (transposed:
//! columns), within a piece in strips of columns whose share of x stays in the cache; each sum is made of runs
//! ([`run_length`]; transposed: one chain) in stored order.

use std::ops::Range;

use ndarray::{Array1, Array2, s};

use super::block::{Block, Rows, Wide, any_width, multiply_in_runs, multiply_transposed, run_length};
use super::kernel::{From, Stored, twofold};
use super::scratch::{WORTH_THREADS, each_chunk};
use super::{Csr, Direction, Operator, any_negative};
use crate::table::FlowMatrix;

/// Rows (or columns) go to threads in about this many pieces.
const PIECES: usize = 64;

/// Bytes of x that go by while rows are summed twofold.
const STRIPE: usize = 128 << 10;

/// A square matrix with every entry stored.
pub struct Dense {
    n: usize,
    data: Vec<f64>,
    negative: bool,
}

impl Dense {
    /// Takes the matrix as it is.
    ///
    /// # Panics
    /// When it is not square.
    pub fn new(matrix: Array2<f64>) -> Self {
        let n = matrix.nrows();
        assert_eq!(n, matrix.ncols(), "A must be square");
        let data = if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() }.into_raw_vec_and_offset().0;
        Self::from_entries(n, data)
    }

    /// Takes `n x n` entries as they are, row by row.
    ///
    /// # Panics
    /// When `data` does not hold n x n numbers.
    pub fn from_entries(n: usize, data: Vec<f64>) -> Self {
        assert_eq!(data.len(), n * n, "A must be square");
        Dense { n, negative: any_negative(&data), data }
    }

    /// These flows divided by the output of their buyers, in place; columns without output become zero.
    pub fn per_output(mut self, x: &Array1<f64>) -> Self {
        let x = x.as_slice().expect("one vector");
        assert_eq!(x.len(), self.n, "an output for each column");
        each_chunk(self.n * self.n >= WORTH_THREADS, &mut self.data, self.n.max(1), |_, row| {
            row.iter_mut().zip(x).for_each(|(v, x)| *v = if *x == 0.0 { 0.0 } else { *v / x });
        });
        Self::from_entries(self.n, self.data)
    }

    /// All entries of a sparse matrix, zeros too.
    pub fn from_csr(matrix: &Csr) -> Self {
        Self::filled(matrix.dim(), |i, to| {
            let (columns, values) = matrix.row(i);
            columns.iter().zip(values).for_each(|(&j, &v)| to[j as usize] = v);
        })
    }

    /// `Z diag(1/x)`, columns without output left out.
    pub fn divided(z: &FlowMatrix, x: &Array1<f64>) -> Self {
        let x = x.as_slice().expect("one vector");
        Self::filled(x.len(), |i, to| {
            for (j, v) in z.row(i).filter(|(j, _)| x[*j] != 0.0) {
                to[j] = v / x[j];
            }
        })
    }

    fn filled(n: usize, row: impl Fn(usize, &mut [f64]) + Sync) -> Self {
        let mut data = vec![0.0; n * n];
        each_chunk(n * n >= WORTH_THREADS, &mut data, n.max(1), |i, to| row(i, to));
        Self::from_entries(n, data)
    }

    /// Every entry, row by row.
    pub fn as_slice(&self) -> &[f64] {
        &self.data
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.n..][..self.n]
    }
}

/// `y = A x` or `y = A' x` for the n x n numbers of `a`.
pub(super) fn product<const ABS: bool, V: Stored>(a: &[V], n: usize, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
    match direction {
        Direction::Forward => forward::<ABS, _, _>(a, n, k, x, y),
        Direction::Transposed => transposed::<ABS, _>(a, n, k, x, y),
    }
}

/// `y = A x`; in single precision, A too, where x is.
fn forward<const ABS: bool, V: Stored, T: Wide>(a: &[V], n: usize, k: usize, x: &[T], y: &mut [f64]) {
    each_part(n, k, PIECES, x, y, |start, rows, to| {
        let block = Block { data: &a[start * n..], rows, columns: n, stride: n };
        multiply_in_runs::<ABS, _, _>(block, k, Rows { data: x, stride: k }, to);
    });
}

fn transposed<const ABS: bool, V: Stored>(a: &[V], n: usize, k: usize, x: &[f64], y: &mut [f64]) {
    // with few columns, long pieces of rows
    let pieces = if k < 4 { 2 * crate::threads::count() } else { PIECES };
    each_part(n, k, pieces, x, y, |start, columns, to| {
        let block = Block { data: &a[start..], rows: n, columns, stride: n };
        multiply_transposed::<ABS, _>(block, k, Rows { data: x, stride: k }, to);
    });
}

/// Calls `f` with the first row, the number of rows and the zeroed part of `y` of each of `pieces` pieces, cut at
/// multiples of 8 rows.
fn each_part<T>(n: usize, k: usize, pieces: usize, x: &[T], y: &mut [f64], f: impl Fn(usize, usize, &mut [f64]) + Sync + Send) {
    assert_eq!((x.len(), y.len()), (n * k, n * k), "panels of n x k");
    if n * k == 0 {
        return;
    }
    let piece = n.div_ceil(pieces).next_multiple_of(8);
    y.fill(0.0);
    each_chunk(n * n * k >= WORTH_THREADS, y, piece * k, |p, to| f(p * piece, to.len() / k, to));
}

impl Operator for Dense {
    fn dim(&self) -> usize {
        self.n
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        product::<false, _>(&self.data, self.n, direction, k, x, y);
    }
    fn apply_single(&self, direction: Direction, k: usize, x: &[f32], y: &mut [f64]) -> bool {
        let made = direction == Direction::Forward;
        if made {
            forward::<false, _, _>(&self.data, self.n, k, x, y);
        }
        made
    }
    fn add_twofold(&self, direction: Direction, k: usize, x: &[f64], sums: &mut [f64]) -> bool {
        if !twofold::available() {
            return false;
        }
        assert_eq!((x.len(), sums.len()), (self.n * k, 2 * self.n * k), "panels of n x k and n x 2 k");
        let piece = self.n.div_ceil(PIECES).next_multiple_of(8);
        each_chunk(4 * self.n * self.n * k >= WORTH_THREADS, sums, (2 * piece * k).max(1), |p, to| {
            let own = p * piece..p * piece + to.len() / (2 * k);
            match direction {
                Direction::Forward => {
                    let strip = (STRIPE / (8 * k)).max(64);
                    for start in (0..self.n).step_by(strip) {
                        let columns = start..(start + strip).min(self.n);
                        for (i, to) in own.clone().zip(to.chunks_exact_mut(2 * k)) {
                            twofold::gather(&self.row(i)[columns.clone()], From(start), k, x, to);
                        }
                    }
                }
                Direction::Transposed => {
                    for (i, x) in x.chunks_exact(k).enumerate() {
                        twofold::scatter(&self.row(i)[own.clone()], From(0), k, x, to);
                    }
                }
            }
        });
        true
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        product::<true, _>(&self.data, self.n, direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        // one multiply-add per entry of a run (or a product and a sum), one addition per run, one for the making of a = z / x
        let longest = match direction {
            Direction::Forward => self.n.min(run_length(self.n)) + self.n.div_ceil(run_length(self.n)),
            Direction::Transposed => self.n,
        };
        (longest + 2) as f64
    }
    fn entries(&self) -> usize {
        self.data.len()
    }
    fn takes_any_width(&self) -> bool {
        any_width()
    }
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn name(&self) -> &'static str {
        "dense"
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let all = ndarray::ArrayView2::from_shape((self.n, self.n), &self.data).expect("n x n");
        all.slice(s![range.clone(), range]).to_owned()
    }
}
