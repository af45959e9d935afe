//! The range of prices that fit a regression equally well at a unit: the face of its distance function.
//!
//! With every `D_h` as fitted: `low, high = min, max slope  s.t.  phi(z_i) = D_i,  phi(z_h) >= D_h for all h`, with the signs and the
//! direction of [`super::convex`]; two programmes of N + 2 variables. The share `m = delta b / (gamma y + delta b)` of CO2 in the
//! value of GDP and CO2 needs no unit, and is 1 where the price is infinite.

use super::convex::{Fit, VIOLATION};
use super::lp::{Kind, Program};
use super::price::STEEP;
use crate::error::Result;

/// The least and the greatest value of one slope at a unit.
///
/// # Errors
/// When a programme is not solved.
pub(super) fn range(fit: &Fit, unit: usize, slope: usize, who: &str) -> Result<[f64; 2]> {
    let mut program = Program::new(fit.regressors[0].len());
    for (h, regressors) in fit.regressors.iter().enumerate() {
        let terms = regressors.iter().copied().enumerate();
        let right = fit.distance[h] + fit.level[h];
        if h == unit { program.row(Kind::Equal, terms, right) } else { program.row(Kind::AtLeast, terms, right - VIOLATION) }
    }
    (0..fit.signed).for_each(|j| program.nonnegative(j));
    if let Some(most) = fit.most {
        program.row(Kind::AtMost, [(fit.signed - 1, 1.0)], most);
    }
    // within a box, so that a slope without end is an answer and not an unbounded programme
    program.row(Kind::AtMost, [(slope, 1.0)], STEEP);
    let mut end = |sign: f64| -> Result<f64> {
        program.cost[slope] = sign;
        let found = program.solve(who)?.x[slope];
        Ok(if found >= STEEP * (1.0 - 1e-6) { f64::INFINITY } else { found.max(0.0) })
    };
    let (low, high) = (end(1.0)?, end(-1.0)?);
    Ok([low, high.max(low)])
}

/// The share of CO2 in the value of GDP and CO2 together, from delta and gamma.
pub(super) fn share(delta: f64, gamma: f64, y: f64, b: f64) -> f64 {
    if delta.is_infinite() {
        return 1.0;
    }
    let (bad, good) = (delta.max(0.0) * b, gamma.max(0.0) * y);
    if bad + good > 0.0 { bad / (bad + good) } else { 0.0 }
}
