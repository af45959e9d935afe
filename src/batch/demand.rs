//! Emissions by region of origin for any number of demands, by multipliers that were solved once: `E = M' d`.
//!
//! `|E_s - E*_s| <= scale_s w'|d| + gamma_m |M_s|'|d|`: the errors of the multipliers, `|M_is - M*_is| <= w_i scale_s`, and
//! the rounding of the product. Where nothing is negative `|M|'|d|` is the answer itself, so a demand costs one product.

use ndarray::{Array2, ArrayView2, s};

use crate::bounded::{Bounded, gamma, up};
use crate::error::{Error, Result};
use crate::leontief::{Factor, Leontief};
use crate::operator::{Bands, Direction};

/// The multipliers of every region of origin, and what they may be off by.
pub struct Footprints {
    /// Multipliers by origin, and the weight in the last row (R + 1 x n).
    signed: Bands,
    /// The same of their sizes, where any is negative or a demand is.
    sizes: Bands,
    negative: bool,
    scale: Vec<f64>,
}

impl Footprints {
    /// Solves for the multipliers, or takes those that the model has.
    ///
    /// # Errors
    /// When the system is not proven productive.
    pub fn new(model: &Leontief, stressor: usize) -> Result<Footprints> {
        let made = model.multipliers(Factor::Stressor(stressor));
        let bounds = model.entry_bounds(Direction::Transposed, made.sizes.view());
        let Some(weight) = bounds.weight else {
            return Err(Error::not_productive(
                "the system is not proven productive: no footprint has a bound",
                "`isard audit` names the sectors; mend them",
            ));
        };
        let (n, regions) = made.z.dim();
        let rows = |of: &dyn Fn(f64) -> f64| {
            Array2::from_shape_fn((regions + 1, n), |(s, i)| if s < regions { of(made.z[[i, s]]) } else { weight.w[i] })
        };
        Ok(Footprints {
            signed: Bands::new(rows(&|v| v).view()),
            sizes: Bands::new(rows(&f64::abs).view()),
            negative: made.z.iter().any(|v| *v < 0.0),
            scale: bounds.scale,
        })
    }

    /// Emissions of each region for each demand (R x k) of the columns of `demands` (n x k).
    pub fn of(&self, demands: ArrayView2<f64>) -> Array2<Bounded> {
        let regions = self.scale.len();
        let value = self.signed.product(demands);
        let signed = self.negative || demands.iter().any(|d| *d < 0.0);
        let size = if signed { self.sizes.product(demands.mapv(f64::abs).view()) } else { Array2::zeros((0, 0)) };
        let size = if signed { size.view() } else { value.view() };
        let g = up(gamma(self.signed.rounding_steps() + 4.0));
        let slack = 1.0 + 2.0 * g;
        let mut found = Array2::from_elem((regions, demands.ncols()), Bounded::ZERO);
        let weights = size.row(regions);
        for (s, mut row) in found.rows_mut().into_iter().enumerate() {
            let (value, size) = (value.slice(s![s, ..]), size.slice(s![s, ..]));
            for (k, to) in row.iter_mut().enumerate() {
                let bound = if weights[k] == 0.0 { 0.0 } else { up(up(up(self.scale[s] * weights[k]) + up(g * size[k])) * slack) };
                *to = Bounded::new(value[k], bound);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::Stopping;
    use crate::system::System;
    use crate::watch::Watch;

    /// Against every output of every demand, which other code bounds.
    #[test]
    fn footprints_are_what_the_outputs_of_the_demands_emit() {
        let table = crate::synth::table(&crate::synth::Settings { regions: 4, sectors: 5, ..Default::default() });
        let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default()).unwrap();
        let footprints = Footprints::new(&model, 0).unwrap();
        let n = model.system.dim();
        for sign in [1.0, -1.0] {
            let demands =
                Array2::from_shape_fn((n, 70), |(i, k)| ((i * 7 + k * 3) % 11) as f64 * if (i + k) % 3 == 0 { sign } else { 1.0 });
            let found = footprints.of(demands.view());
            let outputs = model.inverse().unwrap().unwrap().outputs(demands.view());
            for s in 0..4 {
                for k in 0..70 {
                    let rows = model.system.labels().rows(s);
                    let direct: Bounded = rows.map(|i| Bounded::exact(model.system.intensities[0][i]) * outputs.entry(i, k)).sum();
                    let (a, b) = (found[[s, k]], direct);
                    assert!((a.value - b.value).abs() <= a.bound + b.bound, "{s} {k}: {a:?} {b:?}");
                    assert!(a.bound <= 1e-9 * a.value.abs().max(1e-3 * demands.column(k).sum().abs()), "{s} {k}: {a:?}");
                }
            }
        }
    }
}
