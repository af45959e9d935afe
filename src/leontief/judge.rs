//! When a column is good enough: on the bound of the answer, or on the residual against a weight.

use std::sync::Arc;

use ndarray::Array1;

use crate::certificate::{Cover, Weight};
use crate::solve::Judge;

/// Part of the allowed bound that the residual may use up; the rest is left to rounding.
const SHARE: f64 = 0.5;

/// `max_i |r_i| / g_i` against `tolerance * max_i |x_i| / w_i`; without a weight `w = g = 1`.
pub(super) struct Relative {
    /// Relative tolerance.
    pub tolerance: f64,
    /// The weight that scales rows.
    pub weight: Option<Arc<Weight>>,
}

impl Judge for Relative {
    fn measure(&self, _: &[usize], x: &[f64], r: &[f64], out: &mut [f64]) {
        let k = out.len();
        let mut size = vec![0.0f64; k];
        out.fill(0.0);
        for (i, (x, r)) in x.chunks_exact(k).zip(r.chunks_exact(k)).enumerate() {
            let (w, g) = self.weight.as_ref().map_or((1.0, 1.0), |v| (v.w[i], v.g[i]));
            for c in 0..k {
                let (residual, here) = (r[c].abs() / g, x[c].abs() / w);
                // a NaN must not vanish in a maximum
                out[c] = if residual.is_nan() || out[c].is_nan() { f64::NAN } else { out[c].max(residual) };
                size[c] = size[c].max(here);
            }
        }
        for (o, s) in out.iter_mut().zip(size) {
            *o /= (self.tolerance * s).max(f64::MIN_POSITIVE);
        }
    }
}

/// The bound of every entry `f_s' x` against what is allowed for it: `max(rtol |entry|, floor)`.
pub(super) struct Entries<'a> {
    /// Certified duals, one cover per factor, one dual per region in each.
    pub covers: Vec<&'a Cover>,
    /// The factors' intensities (n each).
    pub factors: Vec<&'a Array1<f64>>,
    /// Row ranges of the regions.
    pub offsets: &'a [usize],
    /// Relative tolerance.
    pub rtol: f64,
    /// Absolute floor of each factor.
    pub floors: Vec<f64>,
}

impl Judge for Entries<'_> {
    fn measure(&self, _: &[usize], x: &[f64], r: &[f64], out: &mut [f64]) {
        let k = out.len();
        out.fill(0.0);
        let mut bounds = vec![0.0; (self.offsets.len() - 1) * k];
        let mut entry = vec![0.0; k];
        for ((cover, factor), floor) in self.covers.iter().zip(&self.factors).zip(&self.floors) {
            cover.measure(k, r, &mut bounds);
            for (s, range) in self.offsets.windows(2).enumerate() {
                entry.fill(0.0);
                for i in range[0]..range[1] {
                    for (to, x) in entry.iter_mut().zip(&x[i * k..(i + 1) * k]) {
                        *to += factor[i] * x;
                    }
                }
                for c in 0..k {
                    let allowed = SHARE * (self.rtol * entry[c].abs()).max(*floor);
                    let ratio = bounds[s * k + c] / allowed.max(f64::MIN_POSITIVE);
                    out[c] = if ratio.is_nan() || out[c].is_nan() { f64::NAN } else { out[c].max(ratio) };
                }
            }
        }
    }
}
