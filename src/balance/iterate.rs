//! Scalings of rows, columns and groups in turn, until every sum is near its aim.
//!
//! A line is measured before its scaling is set: rows with the columns as the last pass left them, then columns. Where targets with standard errors
//! contradict each other, and the distance has settled, each that is missed moves towards the sum that was found, by at
//! most [`STEP`] standard errors a pass: `c <- c - sgn(c - sum) min(|c - sum|, alpha sigma)` (Lenzen, Gallego and Wood 2009).

use super::accelerate::Accelerator;
use super::aim::{Aim, Aims};
use super::aside::place;
use super::pass::{Columns, Rows, blocks, columns, parts};
use super::{How, STEP, Sparse, Targets};
use crate::error::{Error, Result};
use crate::threads::prelude::*;
use crate::watch::Step;

/// Passes before a balance may be seen to stand still, and those over which the distance must fall by [`LEAST`].
const PATIENCE: usize = 200;
const OVER: usize = 20;
const LEAST: f64 = 0.01;
/// Passes over which a distance that does not fall by [`LEAST`] has settled, so that targets give way.
const SETTLED: usize = 5;
/// Passes without a known contradiction before targets may give way.
const TRIED: usize = 20;
/// Share of the tolerance that the measured distance must be below: the rest is for rounding.
const SAFE: f64 = 0.5;

/// What was found.
pub(super) struct Found {
    pub rows: Vec<f64>,
    pub columns: Vec<f64>,
    pub groups: Vec<f64>,
    pub aims: Aims,
    pub passes: usize,
    /// Largest distance, measured in the last pass.
    pub distance: f64,
    pub converged: bool,
    pub stalled: bool,
    /// Whether targets gave way.
    pub gave_way: bool,
}

/// Finds the scalings; the values of `z` take those of groups only.
///
/// # Errors
/// When the watch is cancelled.
pub(super) fn iterate(
    z: &mut Sparse,
    mixed: &[bool],
    mut aims: Aims,
    targets: &Targets,
    how: &How,
    conflict: Option<bool>,
) -> Result<Found> {
    let ranges = blocks(z);
    let (mut r, mut s, mut inverse) = (vec![1.0; z.rows()], vec![1.0; z.cols()], vec![1.0; z.cols()]);
    let mut groups = Groups::new(z, targets);
    let mut sums: Vec<Columns> = ranges.iter().map(|_| Columns::default()).collect();
    let mut history: Vec<f64> = Vec::new();
    let (mut give, mut stalled, mut converged) = (0.0, false, false);
    let positive = !mixed.contains(&true);
    let fixed = |a: &Aim| a.low == a.high || (a.low.is_infinite() && a.high.is_infinite());
    let may_move = aims.has_estimates() && conflict != Some(false);
    // a range changes how a scaling follows from the others, a group the cells
    let smooth = groups.is_empty() && !may_move && aims.rows.iter().chain(&aims.columns).all(fixed);
    let mut accelerator = Accelerator::default();
    while history.len() < how.max_passes && !converged && !stalled {
        let used = if smooth { s.clone() } else { Vec::new() };
        let rows = Rows { z, mixed, columns: &s, inverse: &inverse, give };
        let work: Vec<Block> = ranges
            .iter()
            .zip(parts(&mut aims.rows, &ranges))
            .zip(parts(&mut r, &ranges))
            .zip(&mut sums)
            .map(|(((range, aims), scalings), out)| Block { range: range.clone(), aims, scalings, out })
            .collect();
        let block = |b: Block| rows.block(b.range, b.aims, b.scalings, b.out);
        let by_row = work.into_par_iter().map(block).collect::<Vec<f64>>().into_iter().fold(0.0, f64::max);
        let by_column = columns(&sums, &mut aims.columns, &mut s, &mut inverse, give);
        let by_group = groups.step(z, &mut aims.groups, &r, &s, give);
        // columns are measured when the rows are met: without negative cells the step that follows puts no row farther off
        // than the worst column was, as what a row gains is a mean of what its columns gain
        let alone = groups.is_empty() && give == 0.0 && positive;
        let distance = if alone { by_column } else { by_row.max(by_column).max(by_group) };
        history.push(distance);
        let pass = history.len();
        converged = distance <= SAFE * how.tolerance;
        let fell = |over: usize| pass <= over || distance < (1.0 - LEAST) * history[pass - 1 - over];
        if give == 0.0 && may_move && !converged {
            let known = conflict == Some(true);
            give = if (known || pass >= TRIED) && !fell(SETTLED) { STEP } else { 0.0 };
        } else {
            stalled = !converged && pass >= PATIENCE && give == 0.0 && !fell(OVER);
        }
        if smooth && !converged && !stalled && pass < how.max_passes {
            accelerator.next(&used, &mut s, distance);
            inverse.iter_mut().zip(&s).for_each(|(i, s)| *i = 1.0 / s);
        }
        if !how.watch.pass("balance", &Step { pass, measure: distance / how.tolerance, active: z.cols() }) {
            return Err(Error::Cancelled { stage: "balance".into() });
        }
    }
    let (passes, distance) = (history.len(), history.last().copied().unwrap_or(0.0));
    Ok(Found { rows: r, columns: s, groups: groups.scalings, aims, passes, distance, converged, stalled, gave_way: give > 0.0 })
}

/// A block of rows in a pass.
struct Block<'b> {
    range: std::ops::Range<usize>,
    aims: &'b mut [Aim],
    scalings: &'b mut [f64],
    out: &'b mut Columns,
}

/// Groups of cells: their places, and their scalings, which the stored values hold.
struct Groups {
    /// Stored cell, row, column.
    cells: Vec<Vec<(usize, u32, u32)>>,
    scalings: Vec<f64>,
}

impl Groups {
    fn new(z: &Sparse, targets: &Targets) -> Self {
        let cell = |&e: &usize| {
            let (i, j) = place(z, e);
            (e, i as u32, j as u32)
        };
        let cells: Vec<Vec<_>> = targets.groups.iter().map(|g| g.entries.iter().map(cell).collect()).collect();
        Groups { scalings: vec![1.0; cells.len()], cells }
    }

    fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Sets the scaling of each group; the largest distance before.
    fn step(&mut self, z: &mut Sparse, aims: &mut [Aim], r: &[f64], s: &[f64], give: f64) -> f64 {
        let mut worst = 0.0;
        for ((cells, scaling), aim) in self.cells.iter().zip(&mut self.scalings).zip(aims) {
            let (mut p, mut n) = (0.0, 0.0);
            for &(e, i, j) in cells {
                let (v, both) = (z.data()[e], r[i as usize] * s[j as usize]);
                if v > 0.0 {
                    p += v * both;
                } else if v < 0.0 {
                    n -= v / both;
                }
            }
            let before = p - n;
            worst = f64::max(worst, aim.distance(before));
            aim.give_way(before, give);
            let new = aim.scaling(p / *scaling, n * *scaling);
            let change = new / *scaling;
            if change != 1.0 {
                let values = z.data_mut();
                cells.iter().for_each(|&(e, ..)| values[e] = if values[e] > 0.0 { values[e] * change } else { values[e] / change });
            }
            *scaling = new;
        }
        worst
    }
}
