//! Leaving small entries out, as a choice with a name: `A_t` without the entries below a threshold, and what that loses.
//!
//! `|(A - A_t) x| <= |A - A_t| |x|`: with row sums `l_i` and column sums `c_j` of `|A - A_t|`, an entry of the
//! difference is at most `l_i max |x|`, and its 1-norm at most `sum_j c_j |x_j|`. Both are rounded up.
//! A truncated table is another table: nothing calls this unless it is asked for by name.

use super::{Csr, Operator};
use crate::bounded::{gamma, up};
use crate::table::Sparse;

/// What a truncation left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// Row sums of `|A - A_t|`, rounded up (n).
    pub rows: Vec<f64>,
    /// Column sums of `|A - A_t|`, rounded up (n).
    pub columns: Vec<f64>,
    /// Number of entries left out.
    pub entries: usize,
}

impl Lost {
    /// A bound of `|(A - A_t) x|` in the 1-norm.
    pub fn bound(&self, x: &[f64]) -> f64 {
        let sum: f64 = self.columns.iter().zip(x).map(|(c, x)| c * x.abs()).sum();
        if sum == 0.0 { 0.0 } else { up(sum * (1.0 + gamma(self.columns.len() as f64 + 2.0))) }
    }
}

/// `A` without its entries of a size below `threshold`, and what is lost with them. Entries of a size of exactly the
/// threshold stay, and so does a NaN, which nothing must hide. Zeros that are stored are left out by any positive
/// threshold and lose nothing.
pub fn truncate(a: &Csr, threshold: f64) -> (Csr, Lost) {
    let n = a.dim();
    let mut lost = Lost { rows: vec![0.0; n], columns: vec![0.0; n], entries: 0 };
    let (mut indptr, mut indices, mut data) = (Vec::with_capacity(n + 1), Vec::new(), Vec::new());
    let (mut by_row, mut by_column) = (vec![0u32; n], vec![0u32; n]);
    indptr.push(0);
    for (i, (sum, count)) in lost.rows.iter_mut().zip(&mut by_row).enumerate() {
        let (columns, values) = a.row(i);
        for (&j, &v) in columns.iter().zip(values) {
            if v.abs() < threshold {
                let j = j as usize;
                lost.entries += 1;
                *sum += v.abs();
                lost.columns[j] += v.abs();
                *count += 1;
                by_column[j] += 1;
            } else {
                indices.push(j);
                data.push(v);
            }
        }
        indptr.push(indices.len());
    }
    for (sums, counts) in [(&mut lost.rows, &by_row), (&mut lost.columns, &by_column)] {
        for (sum, &count) in sums.iter_mut().zip(counts).filter(|(sum, _)| **sum > 0.0) {
            *sum = up(*sum * (1.0 + gamma(f64::from(count))));
        }
    }
    (Csr::new(Sparse::new((n, n), indptr, indices, data)), lost)
}
