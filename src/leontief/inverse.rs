//! Thousands of demands through one model: `x = X b` with an approximate inverse `X` of `I - A`, and a bound for every entry.
//!
//! `X` comes from any method; `E = I - (I - A) X` is recomputed once, `|E|` with the rounding of that. Then
//! `X b - x* = -(I - A)^-1 E b`, so with a weight `(I - |A|) w >= g > 0`
//!
//! `|fl(X b) - x*| <= gamma_m |X||b| + w max_j (|E||b|)_j / g_j`.
//!
//! A demand costs one product with `X`; its bounds cost 2 n operations, as no other matrix is multiplied:
//!
//! * `|X||b| <= X b + 2 w s`, where `s = sum_j q_j b-_j + p_j b+_j`, `q_j = max_i X+_ij / w_i` and `p_j = max_i X-_ij / w_i`: the
//!   answer itself, and what negative entries of either take from it;
//! * `|E| <= rho |X| + C` with a `rho` of the rounding of `A X`, so `max_j (|E||b|)_j / g_j` is at most
//!   `rho max_j (|X||b|)_j / g_j + c' |b|`, where `c_k = max_j C_jk / g_j` is far below the rounding.
//!
//! Rump, *Verification methods*, Acta Numerica 19 (2010), section 10; Berman, Plemmons, ch. 6.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{AUXILIARY, EntryBounds, Leontief, Relative, Sides};
use crate::bounded::{Bounded, gamma, greater, up};
use crate::certificate::Weight;
use crate::error::Result;
use crate::memory;
use crate::operator::{Bands, Direction};
use crate::system::kept;
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Columns whose bounds are made together.
const PANEL: usize = 64;

/// An approximate inverse of `I - A`, and what it misses.
pub struct Inverse {
    x: Bands,
    weight: Arc<Weight>,
    /// `c` (n).
    missed: Vec<f64>,
    /// `p` and `q`: what a unit of demand above and below 0 adds to `s` (n).
    signed: [Vec<f64>; 2],
    /// `1 / g` (n), and `max_j w_j / g_j`.
    per_left: Vec<f64>,
    widest: f64,
    rho: f64,
    rounding: f64,
    watch: Watch,
}

/// Answers to demands, and the bound of each of their entries.
#[must_use]
pub struct Demanded {
    /// Output needed for each demand (n x k), in the unit of the demand.
    pub x: Array2<f64>,
    /// Bounds of all but the rounding of the answer itself.
    missed: EntryBounds,
    rounding: f64,
}

impl Leontief {
    /// The approximate inverse, made when first asked for; `None`: the system is not proven productive, and no answer would
    /// have a bound.
    ///
    /// # Errors
    /// If its n x n numbers do not fit into memory.
    pub fn inverse(&self) -> Result<Option<Arc<Inverse>>> {
        if let Some(made) = self.inverse.get() {
            return Ok(made.clone());
        }
        let n = self.system.dim();
        // the inverse, the identity, residuals and their sizes
        let bytes = 4 * 8 * (n as u64).saturating_mul(n as u64);
        memory::require(&format!("the inverse of {n} rows"), bytes, "solve demands in blocks of a few hundred columns instead")?;
        Ok(kept(&self.inverse, || self.watch.run(|| self.inverted()).map(Arc::new)).clone())
    }

    fn inverted(&self) -> Option<Inverse> {
        let weight = self.primal_weight()?;
        let identity = Array2::eye(self.system.dim());
        let judge = Relative { tolerance: AUXILIARY, weight: Some(weight.clone()) };
        let solution = self.run("inverse", Direction::Forward, identity.view(), &judge);
        let sizes = self.sizes(Direction::Forward, identity.view(), &solution);
        // of what is nowhere negative, sizes of residuals hold twice the answer's rounding
        let rho = up(2.0 * gamma(self.system.operator().rounding_steps(Direction::Forward) + 2.0));
        Inverse::new(&solution.x, &sizes, weight, rho).map(|made| Inverse { watch: self.watch.clone(), ..made })
    }
}

impl Inverse {
    /// From an approximate inverse, rigorous sizes of `I - (I - A) X`, and how much of those is in proportion to `X`; `None` if
    /// nothing is proven.
    fn new(x: &Array2<f64>, sizes: &Array2<f64>, weight: Arc<Weight>, rho: f64) -> Option<Self> {
        let n = sizes.ncols();
        let (mut missed, mut signed) = (vec![0.0; n], [vec![0.0; n], vec![0.0; n]]);
        let rows = x.rows().into_iter().zip(sizes.rows()).zip(weight.w.iter().zip(&weight.g));
        for ((row, sizes), (w, g)) in rows {
            for (j, (x, size)) in row.iter().zip(sizes).enumerate() {
                let rest = size - rho * x.abs();
                // the difference is off by its rounding and that of the product
                let rest = if rest <= 0.0 { 0.0 } else { up(rest + f64::EPSILON * size) };
                // what is no number is of no size
                missed[j] = greater(missed[j], if size.is_nan() || x.is_nan() { f64::INFINITY } else { up(rest / g) });
                let sign = usize::from(*x >= 0.0);
                signed[sign][j] = greater(signed[sign][j], up(x.abs() / w));
            }
        }
        let per_left: Vec<f64> = weight.g.iter().map(|g| up(1.0 / g)).collect();
        let widest = weight.w.iter().zip(&per_left).fold(0.0, |most, (w, over)| greater(most, up(w * over)));
        let x = Bands::new(x.view());
        // gamma / (1 - gamma) of the sizes as they are computed
        let rounding = up(0.5 * gamma(2.0 * (x.rounding_steps() + 2.0)));
        let proven = missed.iter().chain(signed.iter().flatten()).chain(&per_left).chain([&widest, &rounding]).all(|e| e.is_finite());
        proven.then_some(Inverse { x, weight, missed, signed, per_left, widest, rho, rounding, watch: Watch::default() })
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.x.dim()
    }

    /// Output for each demand (n x k), with the bound of every entry. One product; threads may share the inverse.
    ///
    /// # Panics
    /// If the demands do not have n rows.
    pub fn outputs<'b>(&self, demands: impl Into<Sides<'b>>) -> Demanded {
        let sides = demands.into();
        self.watch.run(|| self.outputs_of(sides))
    }

    fn outputs_of(&self, Sides { b, unsure }: Sides) -> Demanded {
        assert_eq!(b.nrows(), self.dim(), "demands of n rows");
        let x = self.x.product(b);
        let mut scale = vec![0.0; b.ncols()];
        let panels = scale.par_chunks_mut(PANEL).zip(b.axis_chunks_iter(Axis(1), PANEL)).zip(x.axis_chunks_iter(Axis(1), PANEL));
        panels.for_each(|((scale, b), x)| self.scales(b, x, scale));
        let weight = Some(self.weight.clone());
        if let Some(unsure) = unsure {
            for (to, worst) in scale.iter_mut().zip(EntryBounds::new(weight.clone(), unsure).scale) {
                *to = if worst == 0.0 { *to } else { up(*to + worst) };
            }
        }
        Demanded { x, missed: EntryBounds { weight, scale }, rounding: self.rounding }
    }

    /// What to multiply the weight with, for each column of a panel.
    fn scales(&self, b: ArrayView2<f64>, x: ArrayView2<f64>, scale: &mut [f64]) {
        let k = scale.len();
        let (mut least, mut most) = (vec![0.0; k], vec![0.0; k]);
        let [above, below] = &self.signed;
        for (j, (b, x)) in b.rows().into_iter().zip(x.rows()).enumerate() {
            let sums = scale.iter_mut().zip(&mut least).zip(&mut most);
            for (((missed, least), most), (b, x)) in sums.zip(b.iter().zip(x)) {
                *missed += self.missed[j] * b.abs();
                *least += if *b < 0.0 { below[j] * b.abs() } else { above[j] * b.abs() };
                *most = greater(*most, x.abs() * self.per_left[j]);
            }
        }
        let slack = 1.0 + gamma(self.dim() as f64 + 8.0);
        for ((scale, least), most) in scale.iter_mut().zip(least).zip(most) {
            if *scale == 0.0 && least == 0.0 && most == 0.0 {
                continue;
            }
            // sizes of |X||b| are those of the answer and of what signs take from it, and the rounding of the answer
            let taken = up(2.0 * least * slack);
            let sizes = up(most + taken * self.widest) * (1.0 + self.rounding);
            *scale = up(up(*scale * slack) + up(self.rounding * taken) + up(self.rho * sizes));
        }
    }
}

impl Demanded {
    /// The bound of entry `i` of demand `k`.
    pub fn bound(&self, i: usize, k: usize) -> f64 {
        let own = self.rounding * self.x[[i, k]].abs();
        let missed = self.missed.bound(i, k);
        match (own == 0.0, missed == 0.0) {
            (true, _) => missed,
            (false, true) => up(own),
            (false, false) => up(up(own) + missed),
        }
    }

    /// Entry `i` of the output for demand `k`.
    pub fn entry(&self, i: usize, k: usize) -> Bounded {
        Bounded::new(self.x[[i, k]], self.bound(i, k))
    }

    /// `c' x` of each demand (k), such as its emissions for the intensities `c` (n).
    ///
    /// # Panics
    /// If `c` does not have n entries.
    pub fn total(&self, c: &Array1<f64>) -> Vec<Bounded> {
        let n = self.x.nrows();
        assert_eq!(c.len(), n, "an intensity for each row");
        let EntryBounds { weight, scale } = &self.missed;
        let weight = weight.as_ref().map_or(&[][..], |weight| &weight.w);
        let slack = 1.0 + gamma(n as f64 + 2.0);
        let weight = up(c.iter().zip(weight).map(|(c, w)| c.abs() * w).sum::<f64>() * slack);
        let (mut values, mut sizes) = (vec![0.0; self.x.ncols()], vec![0.0; self.x.ncols()]);
        for (row, c) in self.x.rows().into_iter().zip(c) {
            for ((value, size), x) in values.iter_mut().zip(&mut sizes).zip(row) {
                *value += c * x;
                *size += (c * x).abs();
            }
        }
        // the products of c with answers that are rounded themselves
        let rounding = up(self.rounding + gamma(n as f64 + 2.0)) * slack;
        let bound = |k: usize| if sizes[k] == 0.0 && scale[k] == 0.0 { 0.0 } else { up(up(rounding * sizes[k]) + up(weight * scale[k])) };
        values.iter().enumerate().map(|(k, v)| Bounded::new(*v, bound(k))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{product, residual_sizes};
    use crate::solve::Stopping;
    use crate::system::System;

    #[test]
    fn a_rough_inverse_has_wider_bounds_that_hold() {
        let table = crate::synth::table(&crate::synth::Settings { regions: 3, sectors: 6, ..Default::default() });
        let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default()).unwrap();
        let fine = model.inverse().unwrap().unwrap();
        let n = fine.dim();
        let identity = Array2::<f64>::eye(n);
        let whole = fine.x.product(identity.view());
        let x = Array2::from_shape_fn((n, n), |(i, j)| whole[[i, j]] * (1.0 + 1e-6 * ((i + 2 * j) % 3) as f64));
        let operator = model.system.operator();
        let residual = &identity - &x + product(operator, Direction::Forward, false, x.view());
        let sizes = residual_sizes(operator, Direction::Forward, identity.view(), x.view(), residual.view());
        let rough = Inverse::new(&x, &sizes, model.primal_weight().unwrap(), 1e-14).unwrap();
        let b = Array2::from_shape_fn((n, 3), |(i, k)| 1.0 + ((i * 5 + k * 3) % 7) as f64);
        let (near, far) = (fine.outputs(b.view()), rough.outputs(b.view()));
        for k in 0..3 {
            for i in 0..n {
                let (true_one, found) = (near.entry(i, k), far.entry(i, k));
                let distance = (true_one.value - found.value).abs();
                assert!(distance > 1e-9 * found.value, "[{i}, {k}] is not rough");
                assert!(distance <= found.bound + true_one.bound, "[{i}, {k}]: {distance:e} above {:e}", found.bound);
                assert!(found.bound < 1e-3 * found.value, "[{i}, {k}]: bound {:e}", found.bound);
            }
        }
    }
}
