//! What a region's own technology alone carries, with its residual: `l = Td(c)`, `(I - A_d') l = c`.
//!
//! `A_d` holds the diagonal blocks of A and is no larger than A, so the weights of the whole system prove the errors
//! of local answers too.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{Leontief, Outputs};
use crate::certificate::{product, residual_sizes};
use crate::error::Result;
use crate::operator::{Dense, Direction, Operator};
use crate::system::System;

impl Leontief {
    /// `Td(c)` (n x 1) with rigorous sizes of its residual.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub fn local_transposed(&self, c: &Array1<f64>) -> Result<Outputs> {
        let system = &self.system;
        let c = c.view().insert_axis(Axis(1));
        let l = self.local(Direction::Transposed, c)?;
        let sizes = local_sizes(system, Direction::Transposed, c, l.view());
        Ok(Outputs { x: l, sizes })
    }
}

/// Sizes of the residual `b - (I - A_d) x` of local solves (or with A_d'), rounding included.
pub(crate) fn local_sizes(system: &System, direction: Direction, b: ArrayView2<f64>, x: ArrayView2<f64>) -> Array2<f64> {
    let mut sizes = Array2::zeros(b.dim());
    for s in 0..system.region_count() {
        let rows = ndarray::s![system.labels().rows(s), ..];
        sizes.slice_mut(rows).assign(&local_residual(system, s, direction, b.slice(rows), x.slice(rows)));
    }
    sizes
}

/// As [`local_sizes`], for the rows of region s alone.
pub(crate) fn local_residual(system: &System, s: usize, direction: Direction, b: ArrayView2<f64>, x: ArrayView2<f64>) -> Array2<f64> {
    let block = Dense::new(system.rows().block(system.labels().rows(s)));
    let r = &b - &(&x - &product(&block, direction, false, x));
    residual_sizes(&block, direction, b, x, r.view())
}
