//! The slacks-based measure with an undesirable output, as a linear programme.
//!
//! ```text
//! rho = min (1 - 1/N sum s_n / x_kn) / (1 + 1/2 (s_y / y_k + s_b / b_k))
//!   s.t. x_k = X z + s_x,  y_k = Y z - s_y,  b_k = B z + s_b,  all >= 0        (variable returns: sum z = 1)
//! Charnes-Cooper, t = 1 / denominator:  min t - 1/N sum S_n / x_kn  s.t.  t + 1/2 (S_y / y_k + S_b / b_k) = 1, ...
//! ```
//! Its dual weights are lines above the frontier with `u_n >= 1/(N x_kn)`, `u_y >= rho/(2 y_k)`, `u_b >= rho/(2 b_k)`; the
//! price is `u_b / u_y`, and the range over all optimal weights comes from two programmes in `(u, tau)` scaled so that
//! `u_y + u_b = 1`; an end may be a limit that no finite weights reach (`tau = 0`). Tone 2001, doi:10.1016/S0377-2217(99)00407-5; Tone 2004 (undesirable outputs).

use rayon::prelude::*;

use super::ddf_nonparametric::{B, FACE, W, X, Y, enough, frontier, height};
use super::lp::{Kind, Optimum, Program};
use super::panel::Units;
use super::price::{Found, Mark};
use super::settings::{Returns, Settings};
use crate::decompose::Check;
use crate::error::{Error, Result};

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    if settings.direction.is_some() {
        return Err(Error::invalid("the slacks-based measure has no direction", "drop --direction, or pass --estimator frontier"));
    }
    let frontier = frontier(units, weights, year, settings.reference);
    enough(units, &frontier)?;
    let region = |r: usize| (weights[r] > 0.0).then(|| mark(units, &frontier, units.at(r, year), settings.returns)).transpose();
    let found: Vec<Option<(Mark, f64)>> = (0..units.regions).into_par_iter().map(region).collect::<Result<_>>()?;
    let miss = found.iter().flatten().fold(0.0, |a: f64, m| a.max(m.1));
    Ok(Found {
        marks: found.into_iter().map(|m| m.map(|m| m.0)).collect(),
        checks: vec![Check { name: "the measure from the slacks themselves".into(), found: miss, limit: 1e-6, holds: miss <= 1e-6 }],
        notes: vec![format!("frontier of {} observations, {} linear programmes", frontier.len(), 3 * units.regions)],
    })
}

/// The envelope: variables t, S_y, S_b, S_x, then the weights of the frontier.
fn measure(units: &Units, frontier: &[usize], k: usize, returns: Returns) -> Result<Optimum> {
    let n = units.inputs();
    let weight = |j: usize| 3 + n + j;
    let mut program = Program::new(weight(frontier.len()));
    (0..program.cost.len()).for_each(|i| program.nonnegative(i));
    program.cost[0] = 1.0;
    program.row(Kind::Equal, [(0, 1.0), (1, 0.5 / units.y[k]), (2, 0.5 / units.b[k])], 1.0);
    let sum = |f: &dyn Fn(usize) -> f64| frontier.iter().enumerate().map(|(j, &at)| (weight(j), f(at))).collect::<Vec<_>>();
    let mut balance = |slack: usize, sign: f64, f: &dyn Fn(usize) -> f64| {
        program.row(Kind::Equal, sum(f).into_iter().chain([(slack, sign), (0, -f(k))]), 0.0);
    };
    balance(1, -1.0, &|j| units.y[j]);
    balance(2, 1.0, &|j| units.b[j]);
    (0..n).for_each(|i| balance(3 + i, 1.0, &|j| units.x[[j, i]]));
    (0..n).for_each(|i| program.cost[3 + i] = -1.0 / (n as f64 * units.x[[k, i]]));
    if returns == Returns::Variable {
        program.row(Kind::Equal, sum(&|_| 1.0).into_iter().chain([(0, -1.0)]), 0.0);
    }
    program.solve(&units.names[k])
}

/// A region's prices, and how far the measure is from what its slacks say.
fn mark(units: &Units, frontier: &[usize], k: usize, returns: Returns) -> Result<(Mark, f64)> {
    let found = measure(units, frontier, k, returns)?;
    let (n, rho) = (units.inputs(), found.value);
    let slack = |i: usize| found.x[i] / found.x[0];
    let inputs: f64 = (0..n).map(|i| slack(3 + i) / units.x[[k, i]]).sum::<f64>() / n as f64;
    let direct = (1.0 - inputs) / (1.0 + 0.5 * (slack(1) / units.y[k] + slack(2) / units.b[k]));

    let tau = X + n;
    let mut program = Program::new(tau + 1);
    program.row(Kind::Equal, [(Y, 1.0), (B, 1.0)], 1.0);
    if returns == Returns::Constant {
        program.row(Kind::Equal, [(W, 1.0)], 0.0);
    }
    program.nonnegative(tau);
    program.row(Kind::AtLeast, [(Y, 1.0), (tau, -0.5 * rho / units.y[k])], 0.0);
    program.row(Kind::AtLeast, [(B, 1.0), (tau, -0.5 * rho / units.b[k])], 0.0);
    (0..n).for_each(|i| program.row(Kind::AtLeast, [(X + i, 1.0), (tau, -1.0 / (n as f64 * units.x[[k, i]]))], 0.0));
    frontier.iter().for_each(|&j| program.row(Kind::AtLeast, height(units, j), 0.0));
    program.row(Kind::AtMost, height(units, k).into_iter().chain([(tau, rho - 1.0)]), FACE);
    let mut proof = found.proof;
    let mut end = |sign: f64| -> Result<f64> {
        program.cost[B] = sign;
        let end = program.solve(&units.names[k])?;
        proof = proof.and(end.proof);
        Ok(end.x[B].max(0.0).atan2(end.x[Y].max(0.0)))
    };
    let (low, high) = (end(1.0)?, end(-1.0)?);
    Ok((Mark { distance: rho, low: low.min(high), high: high.max(low), proof }, (direct - rho).abs()))
}
