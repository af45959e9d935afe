//! The plainest judge: `|b - x + A x|_1 <= tolerance |b|_1`, column by column.

use ndarray::ArrayView2;

use super::Judge;
use crate::threads::prelude::*;

/// Rows under one partial sum.
const ROWS: usize = 4_096;

/// Asks for a relative 1-norm of the residual.
pub struct RelativeResidual {
    tolerance: f64,
    sizes: Vec<f64>,
}

impl RelativeResidual {
    /// For the columns of `b`.
    pub fn new(tolerance: f64, b: ArrayView2<f64>) -> Self {
        RelativeResidual { tolerance, sizes: column_norms(b) }
    }
}

impl Judge for RelativeResidual {
    fn measure(&self, columns: &[usize], _: &[f64], r: &[f64], out: &mut [f64]) {
        let found = one_norms(out.len(), r);
        for ((out, found), &column) in out.iter_mut().zip(found).zip(columns) {
            let allowed = self.tolerance * self.sizes[column];
            // without demand there is nothing to find: only a residual of exactly 0 will do
            *out = if found == 0.0 { 0.0 } else { found / allowed };
        }
    }
}

/// The 1-norm of each column of `v`.
pub fn column_norms(v: ArrayView2<f64>) -> Vec<f64> {
    match v.as_slice() {
        Some(block) if v.ncols() > 0 => one_norms(v.ncols(), block),
        _ => v.columns().into_iter().map(|c| c.iter().map(|v| v.abs()).sum()).collect(),
    }
}

/// The 1-norm of each column of a row-major block of `k` columns, summed in fixed runs of rows.
pub fn one_norms(k: usize, block: &[f64]) -> Vec<f64> {
    let partial: Vec<Vec<f64>> = block
        .par_chunks(ROWS * k)
        .map(|rows| {
            let mut sums = vec![0.0; k];
            rows.chunks_exact(k).for_each(|row| sums.iter_mut().zip(row).for_each(|(s, v)| *s += v.abs()));
            sums
        })
        .collect();
    let mut sums = vec![0.0; k];
    partial.iter().for_each(|p| sums.iter_mut().zip(p).for_each(|(s, p)| *s += p));
    sums
}
