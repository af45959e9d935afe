//! Proof of the error of a solve, in the unit of the answer, from the recomputed residual alone.
//!
//! Let `N = |A|`. A vector `z >= 0` with `z'(I - N) >= |c|'` proves `|c'(x - x*)| <= z'|r|` for any x with residual
//! `r = b - (I - A) x`, because `|x - x*| <= (I - N)^-1 |r|`. Such a z is made of an approximate solution `z0 >= 0`
//! and a *weight* w with `(I - N') w >= g > 0`: `z = z0 + e w` with the smallest e that passes the check. Nothing
//! is taken from the solver: r, g and the check are recomputed, each with its rounding error,
//! `|fl(r) - r| <= gamma_m (|b| + |x| + N|x|)`. The same holds with A' and a primal cover in place of the dual.
//! Berman, Plemmons, *Nonnegative Matrices in the Mathematical Sciences*, ch. 6; Higham, *Accuracy and Stability*, ch. 3.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};

use crate::bounded::{gamma, largest, up};
use crate::operator::{Direction, Operator};
use crate::threads::prelude::*;

mod residual;

pub use residual::{residual_sizes, twofold_sizes};

/// Columns of a product that are made in one panel.
const PANEL: usize = 32;

/// `w > 0` with `(I - |A|) w >= g > 0` (or with A'): the proof that the system is productive.
pub struct Weight {
    /// The vector.
    pub w: Vec<f64>,
    /// What is left of it after one round of inputs, rounding taken off.
    pub g: Vec<f64>,
}

/// Checks a candidate for a weight; `None` when it proves nothing.
pub fn weight(operator: &dyn Operator, direction: Direction, candidate: &[f64]) -> Option<Weight> {
    if !candidate.iter().all(|v| *v > 0.0 && v.is_finite()) {
        return None;
    }
    let column = ArrayView2::from_shape((candidate.len(), 1), candidate).expect("one column");
    let left = remainder(operator, direction, column);
    let g: Vec<f64> = left.column(0).to_vec();
    g.iter().all(|v| *v > 0.0).then(|| Weight { w: candidate.to_vec(), g })
}

/// Vectors `z_k = base_k + e_k w` with `(I - |A|) z_k >= |c_k|` (or with A'), kept in two parts so that no rounding
/// spoils the inequality.
pub struct Cover {
    base: Array2<f64>,
    excess: Vec<f64>,
    weight: Arc<Weight>,
}

impl Cover {
    /// Makes covers for the columns of `c` from approximate solutions.
    pub fn new(
        operator: &dyn Operator,
        direction: Direction,
        approximate: ArrayView2<f64>,
        c: ArrayView2<f64>,
        weight: Arc<Weight>,
    ) -> Self {
        let base = approximate.mapv(|v| if v > 0.0 { v } else { 0.0 });
        let left = remainder(operator, direction, base.view());
        let excess = (0..base.ncols())
            .map(|k| {
                if c.column(k).iter().chain(base.column(k)).all(|v| *v == 0.0) {
                    return 0.0;
                }
                up(up(largest((0..base.nrows()).map(|i| (c[[i, k]].abs() - left[[i, k]]) / weight.g[i]))))
            })
            .collect();
        Cover { base, excess, weight }
    }

    /// A cover from the weight alone: `|c| <= e (I - |A|) w`. Coarse, free.
    pub fn from_weight(c: ArrayView2<f64>, weight: Arc<Weight>) -> Self {
        let excess = c
            .columns()
            .into_iter()
            .map(|column| {
                let nothing = column.iter().all(|v| *v == 0.0);
                if nothing { 0.0 } else { up(up(largest(column.iter().zip(&weight.g).map(|(c, g)| c.abs() / g)))) }
            })
            .collect();
        Cover { base: Array2::zeros(c.dim()), excess, weight }
    }

    /// Number of covers m.
    pub fn count(&self) -> usize {
        self.excess.len()
    }

    /// The weight behind the covers.
    pub fn weight(&self) -> &Weight {
        &self.weight
    }

    /// The covers in one part each (n x m), so much larger that the rounding of another check spoils no inequality.
    pub fn vectors(&self) -> Array2<f64> {
        let room = 16.0 * gamma(self.base.nrows() as f64 + 16.0);
        let parts = |i: usize, m: usize, e: f64| self.base[[i, m]] + e * self.weight.w[i];
        let mut all = Array2::zeros(self.base.dim());
        for m in (0..self.count()).filter(|&m| !self.is_nothing(m)) {
            let more = largest((0..self.base.nrows()).map(|i| parts(i, m, self.excess[m]) / self.weight.g[i]));
            (0..self.base.nrows()).for_each(|i| all[[i, m]] = up(parts(i, m, up(self.excess[m] + room * more))));
        }
        all
    }

    /// Whether functional `m` is 0 whatever the error.
    fn is_nothing(&self, m: usize) -> bool {
        self.excess[m] == 0.0 && self.base.column(m).iter().all(|v| *v == 0.0)
    }

    /// `z_k' |r|` for a panel of residuals, without rounding: for stopping. `out` is m x k.
    pub fn measure(&self, k: usize, r: &[f64], out: &mut [f64]) {
        let m = self.count();
        out.fill(0.0);
        let mut common = vec![0.0; k];
        for ((row, r), w) in self.base.rows().into_iter().zip(r.chunks_exact(k)).zip(&self.weight.w) {
            let row = row.to_slice().expect("rows are contiguous");
            for (s, z) in row.iter().enumerate() {
                for (to, r) in out[s * k..(s + 1) * k].iter_mut().zip(r) {
                    *to += z * r.abs();
                }
            }
            for (to, r) in common.iter_mut().zip(r) {
                *to += w * r.abs();
            }
        }
        for s in 0..m {
            for (to, c) in out[s * k..(s + 1) * k].iter_mut().zip(&common) {
                *to += self.excess[s] * c;
            }
        }
    }

    /// Rigorous bounds (m x k) from rigorous residual sizes (n x k).
    pub fn bounds(&self, sizes: ArrayView2<f64>) -> Array2<f64> {
        let (n, m) = self.base.dim();
        let slack = 1.0 + gamma(n as f64 + 8.0);
        let columns: Vec<Vec<f64>> = (0..sizes.ncols())
            .into_par_iter()
            .map(|k| {
                let size = sizes.column(k).to_vec();
                let mut out = vec![0.0; m];
                self.measure(1, &size, &mut out);
                let exact = size.iter().all(|v| *v == 0.0);
                out.iter().enumerate().map(|(m, v)| if exact || self.is_nothing(m) { 0.0 } else { up(v * slack) }).collect()
            })
            .collect();
        Array2::from_shape_fn((m, sizes.ncols()), |(s, k)| columns[k][s])
    }

    /// Rigorous bounds (k) of functional `m` for errors whose residual sizes (n x k) count on `rows` only.
    pub fn bound_on_rows(&self, m: usize, rows: Range<usize>, sizes: ArrayView2<f64>) -> Vec<f64> {
        let slack = 1.0 + gamma(rows.len() as f64 + 8.0);
        let dual = |i: usize| self.base[[i, m]] + self.excess[m] * self.weight.w[i];
        (0..sizes.ncols()).map(|k| up(slack * rows.clone().map(|i| dual(i) * sizes[[i, k]]).sum::<f64>())).collect()
    }
}

/// A lower bound of `(I - |A|) x` for `x >= 0` (or with A'), rounding taken off.
fn remainder(operator: &dyn Operator, direction: Direction, x: ArrayView2<f64>) -> Array2<f64> {
    let inputs = product(operator, direction, true, x);
    let g = gamma(operator.rounding_steps(direction) + 2.0);
    ndarray::Zip::from(&x).and(&inputs).map_collect(|&x, &a| (x - a) - up(g * (x + a)))
}

/// `A x`, `A' x`, or with `|A|`, for any number of columns.
pub fn product(operator: &dyn Operator, direction: Direction, absolute: bool, x: ArrayView2<f64>) -> Array2<f64> {
    let (n, total) = x.dim();
    let width = total.div_ceil(crate::threads::count()).clamp(1, PANEL);
    let mut all = Array2::zeros((n, total));
    let panels: Vec<_> = all.axis_chunks_iter_mut(Axis(1), width).zip(x.axis_chunks_iter(Axis(1), width)).collect();
    panels.into_par_iter().for_each(|(mut to, from)| {
        let k = from.ncols();
        let panel: Vec<f64> = from.iter().copied().collect();
        let mut y = vec![0.0; n * k];
        if absolute {
            operator.apply_abs(direction, k, &panel, &mut y);
        } else {
            operator.apply(direction, k, &panel, &mut y);
        }
        to.iter_mut().zip(y).for_each(|(to, y)| *to = y);
    });
    all
}
