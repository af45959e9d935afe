//! The directional distance function on a piecewise linear frontier, and the range of its dual prices.
//!
//! ```text
//! envelope    max beta   s.t.  sum z_j y_j >= y_k + beta g_y,  sum z_j b_j = b_k - beta g_b,  sum z_j x_j <= x_k,  z >= 0
//! multipliers min pi_b b_k + pi_x x_k - pi_y y_k + w   s.t.  pi_b b_j + pi_x x_j - pi_y y_j + w >= 0 for all j,
//!             pi_y g_y + pi_b g_b = 1,  pi_x, pi_y >= 0     (w: variable returns only; pi_b >= 0 with `<=` in the b row)
//! ```
//! The multipliers are the lines that support the frontier where `k` is projected; two more programmes over the optimal
//! ones give the least and the greatest price `pi_b / pi_y`. The normalisation keeps it above `-g_y / g_b`, which is the
//! low end of many ranges. Chung, Fare, Grosskopf 1997, doi:10.1006/jema.1997.0146.

use rayon::prelude::*;

use super::lp::{Kind, Program, Proof};
use super::panel::Units;
use super::price::{Found, Mark, STEEP};
use super::settings::{Direction, Disposal, Reference, Returns, Settings};
use crate::decompose::Check;
use crate::error::{Error, Result};

/// How far a line may miss the optimum and still count as supporting.
pub(super) const FACE: f64 = 1e-9;

/// The observations behind a frontier.
pub(super) fn frontier(units: &Units, weights: &[f64], year: usize, reference: Reference) -> Vec<usize> {
    (0..units.names.len())
        .filter(|k| weights[k / units.years] > 0.0)
        .filter(|k| match reference {
            Reference::Year => k % units.years == year,
            Reference::Sequential => k % units.years <= year,
            Reference::Pooled => true,
        })
        .collect()
}

/// Refuses a frontier of fewer observations than there are inputs and outputs.
pub(super) fn enough(units: &Units, frontier: &[usize]) -> Result<()> {
    let needed = units.inputs() + 2;
    if frontier.len() >= needed {
        return Ok(());
    }
    Err(Error::invalid(
        format!("{} observations for a frontier in {needed} dimensions ({} inputs, GDP, CO2)", frontier.len(), needed - 2),
        "add regions, name fewer inputs, or pool years with --reference pooled",
    ))
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let direction = settings.toward()?;
    let frontier = frontier(units, weights, year, settings.reference);
    enough(units, &frontier)?;
    let region = |r: usize| (weights[r] > 0.0).then(|| mark(units, &frontier, units.at(r, year), direction, settings)).transpose();
    let found: Vec<Option<(Mark, f64)>> = (0..units.regions).into_par_iter().map(region).collect::<Result<_>>()?;
    let norm = found.iter().flatten().fold(0.0, |a: f64, m| a.max(m.1));
    Ok(Found {
        marks: found.into_iter().map(|m| m.map(|m| m.0)).collect(),
        checks: vec![Check {
            name: "normalisation of the duals: pi_y g_y + pi_b g_b = 1".into(),
            found: norm,
            limit: 1e-8,
            holds: norm <= 1e-8,
        }],
        notes: vec![format!("frontier of {} observations, {} linear programmes", frontier.len(), 3 * units.regions)],
    })
}

/// Places of the multipliers: pi_y, pi_b, w, then pi_x.
pub(super) const Y: usize = 0;
pub(super) const B: usize = 1;
pub(super) const W: usize = 2;
pub(super) const X: usize = 3;

/// The lines above the frontier, normalised by the direction.
fn lines(units: &Units, frontier: &[usize], g: [f64; 2], settings: &Settings) -> Program {
    let mut program = Program::new(X + units.inputs());
    program.row(Kind::Equal, [(Y, g[0]), (B, g[1])], 1.0);
    if settings.returns == Returns::Constant {
        program.row(Kind::Equal, [(W, 1.0)], 0.0);
    }
    program.nonnegative(Y);
    if settings.disposal == Disposal::OneSided {
        program.nonnegative(B);
    }
    (0..units.inputs()).for_each(|n| program.nonnegative(X + n));
    frontier.iter().for_each(|&j| program.row(Kind::AtLeast, height(units, j), 0.0));
    program
}

/// How high the line stands above observation `j`: `pi_b b_j + pi_x x_j - pi_y y_j + w`.
pub(super) fn height(units: &Units, j: usize) -> Vec<(usize, f64)> {
    let inputs = units.x.row(j).iter().enumerate().map(|(n, v)| (X + n, *v)).collect::<Vec<_>>();
    [(Y, -units.y[j]), (B, units.b[j]), (W, 1.0)].into_iter().chain(inputs).collect()
}

/// A region's prices, and how far its duals miss the normalisation.
fn mark(units: &Units, frontier: &[usize], k: usize, direction: Direction, settings: &Settings) -> Result<(Mark, f64)> {
    let g = match direction {
        Direction::Both => [1.0, 1.0],
        Direction::Gdp => [1.0, 0.0],
        Direction::Co2 => [0.0, 1.0],
        Direction::Own => [units.y[k], units.b[k]],
    };
    let mut program = lines(units, frontier, g, settings);
    for (i, v) in height(units, k) {
        program.cost[i] = v;
    }
    let best = program.solve(&units.names[k])?;
    // the face of optimal lines, within a box so that a vertical one is an answer and not an unbounded programme
    program.row(Kind::AtMost, height(units, k), best.value + FACE);
    let (moving, sign) = if g[0] > 0.0 { (B, 1.0) } else { (Y, -1.0) };
    let box_size = 2.0 * STEEP / g[0].max(g[1]);
    program.row(Kind::AtMost, [(moving, 1.0)], box_size);
    program.row(Kind::AtLeast, [(moving, 1.0)], -box_size);
    program.cost.fill(0.0);
    let mut proof = best.proof;
    let mut worst: f64 = (best.x[Y] * g[0] + best.x[B] * g[1] - 1.0).abs();
    let mut end = |sign: f64, proof: &mut Proof| -> Result<f64> {
        program.cost[moving] = sign;
        let found = program.solve(&units.names[k])?;
        *proof = proof.and(found.proof);
        worst = worst.max((found.x[Y] * g[0] + found.x[B] * g[1] - 1.0).abs());
        // a line at the side of the box where GDP alone has value is level
        let level = moving == Y && found.x[Y] >= box_size * (1.0 - 1e-6);
        Ok(if level { 0.0 } else { found.x[B].atan2(found.x[Y].max(0.0)) })
    };
    let (low, high) = (end(sign, &mut proof)?, end(-sign, &mut proof)?);
    Ok((Mark { distance: best.value, low: low.min(high), high: high.max(low), proof }, worst))
}
