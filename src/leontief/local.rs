//! What a region's own technology alone carries, with its residual: `l = Td(c)`, `(I - A_d') l = c`.
//!
//! `A_d` holds the diagonal blocks of A and is no larger than A, so the weights of the whole system prove the errors
//! of local answers too.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{Leontief, Outputs};
use crate::certificate::{product, residual_sizes};
use crate::error::Result;
use crate::operator::{Dense, Direction};
use crate::solve::DenseLu;
use crate::solve::splitting::lu_blocks;
use crate::system::{System, kept};

impl Leontief {
    /// `(I - A_d)^-1 b` or with `A_d'`: each region by itself.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub fn local(&self, direction: Direction, b: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.watch.run(|| self.each_by_itself(direction, b))
    }

    fn each_by_itself(&self, direction: Direction, b: ArrayView2<f64>) -> Result<Array2<f64>> {
        let k = b.ncols();
        let mut x: Vec<f64> = b.iter().copied().collect();
        for (s, block) in self.blocks()?.iter().enumerate() {
            self.watch.check()?;
            let rows = self.system.labels().rows(s);
            block.solve(direction, k, &mut x[rows.start * k..rows.end * k]);
        }
        Ok(Array2::from_shape_vec(b.dim(), x).expect("same shape"))
    }

    /// LU of `I - A_ss` of every region.
    pub(crate) fn blocks(&self) -> Result<&[DenseLu]> {
        if let Some(blocks) = self.blocks.get() {
            return Ok(blocks);
        }
        let blocks = lu_blocks(self.system.operator(), &self.system.labels().offsets, &self.watch)?;
        Ok(kept(&self.blocks, || blocks).as_slice())
    }

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
    let block = Dense::new(system.own_block(s));
    let r = &b - &(&x - &product(&block, direction, false, x));
    residual_sizes(&block, direction, b, x, r.view())
}
