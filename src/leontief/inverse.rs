//! Thousands of demands through one model: `x = X b` with an approximate inverse `X` of `I - A`, and a bound for every entry.
//!
//! `X` comes from any method; `E = I - (I - A) X` is recomputed once, `|E|` with the rounding of that. Then
//! `X b - x* = -(I - A)^-1 E b`, so with a weight `(I - |A|) w >= g > 0`
//!
//! `|fl(X b) - x*| <= gamma_m |X||b| + w (e' |b|)`, where `e_k = max_j |E_jk| / g_j`.
//!
//! A demand costs one product with `X`; its bounds cost n additions. If nothing is negative, `|X||b|` is the answer itself.
//! Rump, *Verification methods*, Acta Numerica 19 (2010), section 10; Berman, Plemmons, ch. 6.

use std::sync::Arc;

use ndarray::Array2;

use super::{AUXILIARY, EntryBounds, Leontief, Relative, Sides};
use crate::bounded::{Bounded, gamma, greater, up};
use crate::certificate::{Weight, product};
use crate::error::Result;
use crate::memory;
use crate::operator::{Dense, Direction, Operator};
use crate::system::kept;

/// An approximate inverse of `I - A`, and what it misses.
pub struct Inverse {
    x: Dense,
    weight: Arc<Weight>,
    /// `max_j |E_jk| / g_j` (n).
    missed: Vec<f64>,
}

/// Answers to demands, and the bound of each of their entries.
#[must_use]
pub struct Demanded {
    /// Output needed for each demand (n x k), in the unit of the demand.
    pub x: Array2<f64>,
    /// `|X||b|` (n x k) if an entry of either is negative; else it is `x`.
    sizes: Option<Array2<f64>>,
    /// Bounds of what the inverse and the demands miss.
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
        Ok(kept(&self.inverse, || self.inverted().map(Arc::new)).clone())
    }

    fn inverted(&self) -> Option<Inverse> {
        let weight = self.primal_weight()?;
        let identity = Array2::eye(self.system.dim());
        let judge = Relative { tolerance: AUXILIARY, weight: Some(weight.clone()) };
        let solution = self.run("inverse", Direction::Forward, identity.view(), &judge);
        let sizes = self.sizes(Direction::Forward, identity.view(), &solution);
        Inverse::new(solution.x, &sizes, weight)
    }
}

impl Inverse {
    /// From an approximate inverse and rigorous sizes of `I - (I - A) X`; `None` if nothing is proven.
    fn new(x: Array2<f64>, sizes: &Array2<f64>, weight: Arc<Weight>) -> Option<Self> {
        let mut missed = vec![0.0; sizes.ncols()];
        for (row, g) in sizes.rows().into_iter().zip(&weight.g) {
            missed.iter_mut().zip(row).for_each(|(e, size)| *e = greater(*e, up(size / g)));
        }
        missed.iter().all(|e| e.is_finite()).then(|| Inverse { x: Dense::new(x), weight, missed })
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
        let Sides { b, unsure } = demands.into();
        assert_eq!(b.nrows(), self.dim(), "demands of n rows");
        let x = product(&self.x, Direction::Forward, false, b);
        let negative = self.x.has_negative() || b.iter().any(|v| *v < 0.0);
        let sizes = negative.then(|| product(&self.x, Direction::Forward, true, b.mapv(f64::abs).view()));
        let mut scale = vec![0.0; b.ncols()];
        for (row, e) in b.rows().into_iter().zip(&self.missed) {
            scale.iter_mut().zip(row).for_each(|(to, b)| *to += e * b.abs());
        }
        let slack = 1.0 + gamma(self.dim() as f64 + 2.0);
        scale.iter_mut().for_each(|s| *s = if *s == 0.0 { 0.0 } else { up(*s * slack) });
        let weight = Some(self.weight.clone());
        if let Some(unsure) = unsure {
            for (to, worst) in scale.iter_mut().zip(EntryBounds::new(weight.clone(), unsure).scale) {
                *to = if worst == 0.0 { *to } else { up(*to + worst) };
            }
        }
        // gamma / (1 - gamma) of the sizes as they are computed
        let rounding = up(0.5 * gamma(2.0 * (self.x.rounding_factor(Direction::Forward) + 2.0)));
        Demanded { x, sizes, missed: EntryBounds { weight, scale }, rounding }
    }
}

impl Demanded {
    /// The bound of entry `i` of demand `k`.
    pub fn bound(&self, i: usize, k: usize) -> f64 {
        let own = self.rounding * self.sizes.as_ref().unwrap_or(&self.x)[[i, k]];
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
    pub fn total(&self, c: &ndarray::Array1<f64>) -> Vec<Bounded> {
        let n = self.x.nrows();
        assert_eq!(c.len(), n, "an intensity for each row");
        let size = c.mapv(f64::abs);
        let EntryBounds { weight, scale } = &self.missed;
        let weight = weight.as_ref().map_or(&[][..], |weight| &weight.w);
        let slack = 1.0 + gamma(n as f64 + 2.0);
        let weight = up(size.iter().zip(weight).map(|(c, w)| c * w).sum::<f64>() * slack);
        let values = c.dot(&self.x);
        // the products of c with answers that are rounded themselves
        let sizes = size.dot(self.sizes.as_ref().unwrap_or(&self.x));
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
    use crate::watch::Watch;

    #[test]
    fn a_rough_inverse_has_wider_bounds_that_hold() {
        let table = crate::synth::table(&crate::synth::Settings { regions: 3, sectors: 6, ..Default::default() });
        let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default()).unwrap();
        let fine = model.inverse().unwrap().unwrap();
        let n = fine.dim();
        let identity = Array2::<f64>::eye(n);
        let x = Array2::from_shape_fn((n, n), |(i, j)| fine.x.row(i)[j] * (1.0 + 1e-6 * ((i + 2 * j) % 3) as f64));
        let operator = model.system.operator();
        let residual = &identity - &x + product(operator, Direction::Forward, false, x.view());
        let sizes = residual_sizes(operator, Direction::Forward, identity.view(), x.view(), residual.view());
        let rough = Inverse::new(x, &sizes, model.primal_weight().unwrap()).unwrap();
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
