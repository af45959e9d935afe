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

use super::ddf_nonparametric::{B, FACE, W, X, Y, enough, frontier, height, value_of};
use super::lp::{Kind, Optimum, Program};
use super::panel::Units;
use super::price::{Found, Mark, slope};
use super::settings::{Returns, Settings};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::threads::prelude::*;

/// A slack above this part of what it is taken from counts.
const SLACK: f64 = 1e-7;

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    if settings.direction.is_some() {
        return Err(Error::no_effect("the slacks-based measure has no direction", "drop `direction`, or pass `estimator` frontier"));
    }
    let frontier = frontier(units, weights, year, settings.reference);
    enough(units, &frontier)?;
    let region = |r: usize| {
        settings.watch.check()?;
        (weights[r] > 0.0).then(|| mark(units, &frontier, units.at(r, year), settings)).transpose()
    };
    let found: Vec<Option<(Mark, f64)>> = (0..units.regions).into_par_iter().map(region).collect::<Result<_>>()?;
    let miss = found.iter().flatten().fold(0.0, |a: f64, m| a.max(m.1));
    let mut notes = vec![format!("frontier of {} observations, {} linear programmes", frontier.len(), 3 * units.regions)];
    let (only, all) = (found.iter().flatten().filter(|m| m.0.weights_only).count(), found.iter().flatten().count());
    if only > 0 {
        notes.push(format!(
            "{only} of {all} prices are GDP / (3 CO2), set by the weights of the measure whatever the inputs (weights-only): no evidence of cost"
        ));
    }
    Ok(Found {
        marks: found.into_iter().map(|m| m.map(|m| m.0)).collect(),
        checks: vec![Check { name: "the measure from the slacks themselves".into(), found: miss, limit: 1e-6, holds: miss <= 1e-6 }],
        notes,
        spans: Vec::new(),
    })
}

/// The envelope: variables t, S_y, S_b, S_x, then the weights of the frontier.
fn measure(units: &Units, frontier: &[usize], k: usize, settings: &Settings) -> Result<(Program, Optimum)> {
    let n = units.inputs();
    let weight = |j: usize| 3 + n + j;
    let near = |v: f64| units.within(v);
    let mut program = Program::new(weight(frontier.len()));
    program.way = settings.solver;
    (0..program.cost.len()).for_each(|i| program.nonnegative(i));
    program.cost[0] = 1.0;
    program.row_within(
        Kind::Equal,
        [(0, Bounded::exact(1.0)), (1, near(0.5 / units.y[k])), (2, near(0.5 / units.b[k]))],
        Bounded::exact(1.0),
    );
    let sum = |f: &dyn Fn(usize) -> f64| frontier.iter().enumerate().map(|(j, &at)| (weight(j), near(f(at)))).collect::<Vec<_>>();
    let mut balance = |slack: usize, sign: f64, f: &dyn Fn(usize) -> f64| {
        let terms = sum(f).into_iter().chain([(slack, Bounded::exact(sign)), (0, near(-f(k)))]);
        program.row_within(Kind::Equal, terms, Bounded::ZERO);
    };
    balance(1, -1.0, &|j| units.y[j]);
    balance(2, 1.0, &|j| units.b[j]);
    (0..n).for_each(|i| balance(3 + i, 1.0, &|j| units.x[[j, i]]));
    for i in 0..n {
        let cost = near(-1.0 / (n as f64 * units.x[[k, i]]));
        (program.cost[3 + i], program.cost_bound[3 + i]) = (cost.value, cost.bound);
    }
    if settings.returns == Returns::Variable {
        program.row(Kind::Equal, (0..frontier.len()).map(|j| (weight(j), 1.0)).chain([(0, -1.0)]), 0.0);
    }
    let found = program.solve(&units.names[k])?;
    Ok((program, found))
}

/// A region's prices, and how far the measure is from what its slacks say.
fn mark(units: &Units, frontier: &[usize], k: usize, settings: &Settings) -> Result<(Mark, f64)> {
    let (program, found) = measure(units, frontier, k, settings)?;
    let (who, mut unbounded) = (&units.names[k], None);
    let rho = value_of(&program, &found, who, &mut unbounded);
    let n = units.inputs();
    let slack = |i: usize| found.x[i] / found.x[0];
    let inputs: f64 = (0..n).map(|i| slack(3 + i) / units.x[[k, i]]).sum::<f64>() / n as f64;
    let direct = (1.0 - inputs) / (1.0 + 0.5 * (slack(1) / units.y[k] + slack(2) / units.b[k]));

    let tau = X + n;
    let (one, half) = (Bounded::exact(1.0), Bounded::exact(0.5));
    let mut program = Program::new(tau + 1);
    program.way = settings.solver;
    program.row(Kind::Equal, [(Y, 1.0), (B, 1.0)], 1.0);
    if settings.returns == Returns::Constant {
        program.row(Kind::Equal, [(W, 1.0)], 0.0);
    }
    program.nonnegative(tau);
    // without bounds where the measure has none: what is solved is the same
    let known = if rho.bound.is_finite() { rho } else { Bounded::exact(rho.value) };
    for (place, of) in [(Y, units.y[k]), (B, units.b[k])] {
        program.row_within(Kind::AtLeast, [(place, one), (tau, -(half * known / units.within(of)))], Bounded::ZERO);
    }
    for i in 0..n {
        let least = units.within(-1.0 / (n as f64 * units.x[[k, i]]));
        program.row_within(Kind::AtLeast, [(X + i, one), (tau, least)], Bounded::ZERO);
    }
    frontier.iter().for_each(|&j| program.row_within(Kind::AtLeast, height(units, j), Bounded::ZERO));
    program.row_within(Kind::AtMost, height(units, k).into_iter().chain([(tau, known - one)]), Bounded::exact(FACE));
    let mut proof = found.proof;
    let mut end = |sign: f64| -> Result<Bounded> {
        program.cost[B] = sign;
        let end = program.solve(who)?;
        proof = proof.and(end.proof);
        let value = value_of(&program, &end, who, &mut unbounded);
        let bound = if rho.bound.is_finite() { value.bound } else { f64::INFINITY };
        Ok(slope(Bounded::new(sign * value.value, bound), [one, one]))
    };
    let (low, high) = (end(1.0)?, end(-1.0)?);
    let (low, high) = if low.value <= high.value { (low, high) } else { (high, low) };
    let ratio = units.within(units.y[k] / units.b[k]);
    let weights_only = slack(2) > SLACK * units.b[k] && (0..n).all(|i| slack(3 + i) > SLACK * units.x[[k, i]]);
    let mark = Mark { weights_only, ..Mark::proven(rho, [low, high], ratio, proof, unbounded) };
    Ok((mark, (direct - rho.value).abs()))
}
