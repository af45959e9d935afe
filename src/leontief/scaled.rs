//! Transposed solves where each sale passes on only a share of what it carries: `(I - (alpha o A)') z = c`.
//!
//! With `0 <= alpha <= 1` no entry of `alpha o A` is larger than that of A, so a weight that proves errors of solves
//! with A proves those of `alpha o A` too. The shares are known within bounds: their errors and the rounding of the
//! products count as residual. Berman, Plemmons, *Nonnegative Matrices in the Mathematical Sciences*, ch. 6.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::judge::Relative;
use super::{AUXILIARY, EntryBounds, Leontief, Outputs};
use crate::bounded::{Bounded, UNIT_ROUNDOFF, gamma, up};
use crate::certificate::{Cover, Weight, residual_sizes};
use crate::error::Result;
use crate::operator::{Csr, Direction, Operator};
use crate::solve::{Given, Method, Prepared, Step};
use crate::table::Sparse;
use crate::watch::{ROWS_PER_LOOK, Watch};

/// The most columns that a Krylov method is worth.
const FEW: usize = 4;

/// What is passed on of a sale of row i to column j.
type Share<'s> = dyn Fn(usize, usize) -> Bounded + Sync + 's;

impl Leontief {
    /// `(I - (alpha o A)') z = c` for the columns of `c` (n x k); `share(i, j)` is alpha for what row i sells to column j.
    ///
    /// The scaled A is kept by rows. Methods that would have to factorise or fit it for a few columns (direct, trade-share
    /// refinement) give way to Gauss-Seidel by region; the list of solves names what was used.
    ///
    /// # Errors
    /// When the method cannot work on the scaled A; when the watch is cancelled.
    pub fn scaled(&self, name: &str, share: &Share, c: ArrayView2<f64>) -> Result<Outputs> {
        self.worked(|| self.solved_scaled(name, share, c))
    }

    fn solved_scaled(&self, name: &str, share: &Share, c: ArrayView2<f64>) -> Result<Outputs> {
        let system = &self.system;
        let matrix = Csr::new(scaled(system.rows(), share, &self.watch)?);
        let given = Given { watch: self.watch.clone(), ..Given::new(matrix, &system.labels().offsets, system.table.x.as_slice()) };
        let method = match self.method {
            Method::Direct | Method::TradeShareRefinement if c.ncols() <= FEW => Method::GmresRegionGaussSeidel,
            Method::Direct | Method::TradeShareRefinement => Method::RegionGaussSeidel,
            other => other,
        };
        let prepared = Prepared::new(method, &given)?;
        let judge = Relative { tolerance: AUXILIARY, weight: self.dual_weight() };
        let watch = |step: &Step| self.watch.pass(name, step);
        let solution = prepared.solve(Direction::Transposed, c, &judge, &self.stopping, &watch);
        self.record(name, &prepared, c, &solution, false);
        self.watch.check()?;
        let mut sizes = residual_sizes(given.matrix.operator(), Direction::Transposed, c, solution.x.view(), solution.residual.view());
        let unsure = share_errors(self.system.rows(), share, &solution.x, &self.watch)?;
        let slack = 1.0 + gamma(self.system.rows().rounding_steps(Direction::Transposed) + 4.0);
        sizes.zip_mut_with(&unsure, |size, e| *size = up(*size + up(e * slack)));
        Ok(Outputs { x: solution.x, sizes })
    }

    /// Bounds (m x k) of `c' x` for the columns of `c` (n x m) and forward answers with these residual sizes (n x k): the
    /// better of a cover and of the bounds of all entries; infinite where the system is not proven productive.
    pub fn functional_bounds_forward(&self, c: ArrayView2<f64>, sizes: ArrayView2<f64>) -> Array2<f64> {
        functional(c, sizes, self.dual_weight(), &self.entry_bounds(Direction::Forward, sizes))
    }

    /// Bounds (m x k) of `b' z` for the columns of `b` (n x m) and transposed answers with these residual sizes (n x k);
    /// as [`Leontief::functional_bounds_forward`].
    pub fn functional_bounds(&self, b: ArrayView2<f64>, sizes: ArrayView2<f64>) -> Array2<f64> {
        functional(b, sizes, self.primal_weight(), &self.entry_bounds(Direction::Transposed, sizes))
    }
}

/// Bounds of functionals by a cover made of `weight`, or by the bounds of all entries where these add up to less.
fn functional(c: ArrayView2<f64>, sizes: ArrayView2<f64>, weight: Option<Arc<Weight>>, entries: &EntryBounds) -> Array2<f64> {
    let covered = match weight {
        Some(weight) => Cover::from_weight(c, weight).bounds(sizes),
        None => Array2::from_elem((c.ncols(), sizes.ncols()), f64::INFINITY),
    };
    let slack = 1.0 + gamma(c.nrows() as f64 + 4.0);
    let reach: Vec<f64> = match &entries.weight {
        Some(weight) => c.columns().into_iter().map(|c| c.iter().zip(&weight.w).map(|(c, w)| c.abs() * w).sum::<f64>()).collect(),
        None => vec![f64::INFINITY; c.ncols()],
    };
    Array2::from_shape_fn(covered.dim(), |(m, k)| {
        let summed = if reach[m] == 0.0 || entries.scale[k] == 0.0 { 0.0 } else { up(up(reach[m] * entries.scale[k]) * slack) };
        covered[[m, k]].min(summed)
    })
}

/// `alpha o A`, with the places of A.
fn scaled(a: &Csr, share: &Share, watch: &Watch) -> Result<Sparse> {
    let matrix = a.matrix();
    let mut data = Vec::with_capacity(matrix.nnz());
    for (i, row) in matrix.outer_iterator().enumerate() {
        if i % ROWS_PER_LOOK == 0 {
            watch.check()?;
        }
        data.extend(row.iter().map(|(j, &v)| v * share(i, j).value));
    }
    Ok(Sparse::new(matrix.shape(), matrix.indptr().to_owned().into_raw_storage(), matrix.indices().to_vec(), data))
}

/// `sum_i |a_ij| (bound of alpha_ij + u) |z_i|`: what unsure shares may add to the residual.
fn share_errors(a: &Csr, share: &Share, z: &Array2<f64>, watch: &Watch) -> Result<Array2<f64>> {
    let k = z.ncols();
    let z = z.mapv(f64::abs);
    let mut out = vec![0.0; z.len()];
    for i in 0..a.dim() {
        if i % ROWS_PER_LOOK == 0 {
            watch.check()?;
        }
        let (columns, values) = a.row(i);
        let row = z.row(i);
        for (&j, &v) in columns.iter().zip(values) {
            let j = j as usize;
            let part = v.abs() * (share(i, j).bound + UNIT_ROUNDOFF);
            out[j * k..(j + 1) * k].iter_mut().zip(row).for_each(|(to, z)| *to += part * z);
        }
    }
    Ok(Array2::from_shape_vec(z.dim(), out).expect("n x k"))
}
