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

use super::lp::{Kind, Optimum, Program, Proof};
use super::panel::Units;
use super::price::{Found, Mark, STEEP, slope, toward};
use super::settings::{Direction, Disposal, Reference, Returns, Settings};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::threads::prelude::*;

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
    Err(Error::too_few(
        format!("{} observations for a frontier in {needed} dimensions ({} inputs, GDP, CO2)", frontier.len(), needed - 2),
        "add regions, name fewer inputs, or pool years with `reference` pooled",
    ))
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let direction = settings.toward()?;
    let frontier = frontier(units, weights, year, settings.reference);
    enough(units, &frontier)?;
    let region = |r: usize| {
        settings.watch.check()?;
        (weights[r] > 0.0).then(|| mark(units, &frontier, units.at(r, year), direction, settings)).transpose()
    };
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
        spans: Vec::new(),
    })
}

/// Places of the multipliers: pi_y, pi_b, w, then pi_x.
pub(super) const Y: usize = 0;
pub(super) const B: usize = 1;
pub(super) const W: usize = 2;
pub(super) const X: usize = 3;

/// The lines above the frontier, normalised by the direction.
fn lines(units: &Units, frontier: &[usize], g: [Bounded; 2], settings: &Settings) -> Program {
    let mut program = Program::new(X + units.inputs());
    program.way = settings.solver;
    program.row_within(Kind::Equal, [(Y, g[0]), (B, g[1])], Bounded::exact(1.0));
    if settings.returns == Returns::Constant {
        program.row(Kind::Equal, [(W, 1.0)], 0.0);
    }
    program.nonnegative(Y);
    if settings.disposal == Disposal::OneSided {
        program.nonnegative(B);
    }
    (0..units.inputs()).for_each(|n| program.nonnegative(X + n));
    frontier.iter().for_each(|&j| program.row_within(Kind::AtLeast, height(units, j), Bounded::ZERO));
    program
}

/// How high the line stands above observation `j`: `pi_b b_j + pi_x x_j - pi_y y_j + w`.
pub(super) fn height(units: &Units, j: usize) -> Vec<(usize, Bounded)> {
    let inputs = units.x.row(j).iter().enumerate().map(|(n, v)| (X + n, units.within(*v))).collect::<Vec<_>>();
    [(Y, -units.within(units.y[j])), (B, units.within(units.b[j])), (W, Bounded::exact(1.0))].into_iter().chain(inputs).collect()
}

/// A region's prices, and how far its duals miss the normalisation.
fn mark(units: &Units, frontier: &[usize], k: usize, direction: Direction, settings: &Settings) -> Result<(Mark, f64)> {
    let g = toward(direction, [units.within(units.y[k]), units.within(units.b[k])]);
    let [gy, gb] = g.map(|g| g.value);
    let who = &units.names[k];
    let mut program = lines(units, frontier, g, settings);
    for (i, v) in height(units, k) {
        (program.cost[i], program.cost_bound[i]) = (v.value, v.bound);
    }
    let best = program.solve(who)?;
    let mut unbounded = None;
    let distance = value_of(&program, &best, who, &mut unbounded);
    // the face of optimal lines, within a box so that a vertical one is an answer and not an unbounded programme
    program.row_within(
        Kind::AtMost,
        height(units, k),
        Bounded::new(distance.value + FACE, distance.bound + 1e-15 * best.value.abs() + 1e-24),
    );
    let (moving, sign) = if gy > 0.0 { (B, 1.0) } else { (Y, -1.0) };
    let box_size = 2.0 * STEEP / gy.max(gb);
    program.row(Kind::AtMost, [(moving, 1.0)], box_size);
    program.row(Kind::AtLeast, [(moving, 1.0)], -box_size);
    program.cost.fill(0.0);
    program.cost_bound.fill(0.0);
    let mut proof = best.proof;
    let mut worst: f64 = (best.x[Y] * gy + best.x[B] * gb - 1.0).abs();
    let mut end = |sign: f64, proof: &mut Proof| -> Result<Bounded> {
        program.cost[moving] = sign;
        let found = program.solve(who)?;
        *proof = proof.and(found.proof);
        worst = worst.max((found.x[Y] * gy + found.x[B] * gb - 1.0).abs());
        let value = value_of(&program, &found, who, &mut unbounded);
        let at = if sign < 0.0 { -value } else { value };
        // a line at the side of the box where GDP alone has value is level
        let side = box_size * (1.0 - 1e-6);
        if moving == Y && at.value >= side {
            return Ok(Bounded::new(0.0, if at.value - at.bound > side { 0.0 } else { f64::INFINITY }));
        }
        Ok(slope(at, g))
    };
    let (low, high) = (end(sign, &mut proof)?, end(-sign, &mut proof)?);
    let (low, high) = if low.value <= high.value { (low, high) } else { (high, low) };
    let ratio = units.within(units.y[k] / units.b[k]);
    Ok((Mark::proven(distance, [low, high], ratio, proof, unbounded), worst))
}

/// The optimum within its bounds; without one, and the reason, where none is proven.
pub(super) fn value_of(program: &Program, found: &Optimum, who: &str, unbounded: &mut Option<String>) -> Bounded {
    program.enclose(found, who).map_or_else(
        |why| {
            unbounded.get_or_insert(why);
            Bounded::new(found.value, f64::INFINITY)
        },
        |proven| proven.value,
    )
}
