//! What a balance reached: its cells, its sums with bounds, how far they are from their targets, and what moved.
//!
//! Sums are those of the stored cells, roundings included; a distance is the largest that its bound allows. What
//! moved: `sum |z - z0| / sum |z0|`, cells beyond twice or half of what they were, the largest scaling, and the entropy that was
//! minimised, `sum |z0| (t ln(t/e) + 1) / sum |z0|`.

use super::aim::Aim;
use super::aside::{Aside, place};
use super::iterate::Found;
use super::written::{Written, write};
use super::{How, Sparse, Target, Targets};
use crate::bounded::{Bounded, Sum, greater, up, upper};
use crate::error::Result;

/// Rows with the largest scalings that are named where a balance stands still, and their columns.
const NAMED: usize = 5;

/// What a sum is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Row of this number.
    Row(usize),
    /// Column of this number.
    Column(usize),
    /// Group of this number.
    Group(usize),
}

/// A target that gave way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Whose.
    pub which: Which,
    /// The target as given, after scaling.
    pub from: f64,
    /// What it became.
    pub to: f64,
    /// By how many standard errors, with its sign.
    pub errors: Bounded,
}

/// Sums of lines, and how far they are from their targets.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// The sums of the cells, fixed ones included.
    pub sums: Vec<Bounded>,
    /// Least and largest sum that was aimed at in the end.
    pub aims: Vec<(f64, f64)>,
    /// Largest relative distance that the bounds allow, and where.
    pub worst: Option<(f64, usize)>,
}

/// The cell with the largest scaling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Largest {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// Before (of a cell that took scalings: found again from after, to a few roundings) and after.
    pub cells: [f64; 2],
    /// After over before; without a bound where it became 0.
    pub scaling: Bounded,
}

/// What moved.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moved {
    /// Cells that were not 0.
    pub cells: usize,
    /// `sum |z - z0|`.
    pub change: Bounded,
    /// `sum |z0|`.
    pub size: Bounded,
    /// `sum |z|`, without a bound.
    pub size_after: f64,
    /// Cells that more than doubled, or more than halved.
    pub beyond: usize,
    /// Cells that became 0.
    pub emptied: usize,
    /// Entropy per unit of `sum |z0|`; it has no bound (logarithms of the platform).
    pub entropy: f64,
    /// The cell with the largest scaling, up or down.
    pub largest: Option<Largest>,
}

impl Moved {
    /// `sum |z - z0| / sum |z0|`.
    pub fn share(&self) -> Bounded {
        self.change / self.size
    }
}

/// What a balance reached.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Passes over the matrix.
    pub passes: usize,
    /// Whether the iteration reached its tolerance.
    pub converged: bool,
    /// Why it did not.
    pub reason: Option<String>,
    /// Scalings of the rows (m), columns (n) and groups.
    pub scalings: [Vec<f64>; 3],
    /// Sums of the rows.
    pub rows: Sums,
    /// Sums of the columns.
    pub columns: Sums,
    /// Sums of the groups.
    pub groups: Sums,
    /// What moved.
    pub moved: Moved,
    /// Targets that gave way, the one that moved most errors first.
    pub shifts: Vec<Shift>,
    /// What was done or left out that a reader must know.
    pub notes: Vec<String>,
}

impl Outcome {
    /// The largest relative distance of a sum from its target that the bounds allow.
    pub fn residual(&self) -> f64 {
        [&self.rows, &self.columns, &self.groups].iter().filter_map(|s| s.worst).fold(0.0, |a, w| greater(a, w.0))
    }

    /// Whether every sum is proven to be within the tolerance.
    pub fn is_within(&self, tolerance: f64) -> bool {
        self.residual() <= tolerance
    }
}

/// Writes the cells and proves their sums.
///
/// # Errors
/// When the watch is cancelled.
pub(super) fn finish(
    z: &mut Sparse,
    mixed: &[bool],
    aside: &Aside,
    found: Found,
    first: &Targets,
    targets: &Targets,
    how: &How,
) -> Result<Outcome> {
    how.watch.units("balance: proof", 0, 1)?;
    let Written { rows, columns: by_column, moved } = write(z, aside, &found, mixed);
    how.watch.check()?;
    let groups: Vec<Bounded> = targets
        .groups
        .iter()
        .map(|g| {
            let mut sum = Sum::default();
            g.entries.iter().for_each(|&e| sum.add(z.data()[e]));
            sum.bounded()
        })
        .collect();
    let fixed = offsets(z, targets);
    let entropy = entropy(&moved, aside, &found, [&rows, &by_column, &groups], &fixed);
    let moved = Moved { entropy, ..moved };
    let group_targets: Vec<Target> = targets.groups.iter().map(|g| g.target).collect();
    let [row_fixed, column_fixed, group_fixed] = &fixed;
    let aims = &found.aims;
    let mut shifts = Vec::new();
    let mut judged = |targets, aims, fixed, which, sums| {
        let side = Side { targets, aims, fixed, which };
        shifts.extend(found.gave_way.then(|| side.shifts()).into_iter().flatten());
        side.sums(sums, found.gave_way)
    };
    let rows = judged(&first.rows, &aims.rows, row_fixed, Which::Row, rows);
    let columns = judged(&first.columns, &aims.columns, column_fixed, Which::Column, by_column);
    let groups = judged(&group_targets, &aims.groups, group_fixed, Which::Group, groups);
    shifts.sort_by(|a, b| b.errors.value.abs().total_cmp(&a.errors.value.abs()));
    let reason = (!found.converged).then(|| reason(z, &found, how));
    let mut notes = Vec::new();
    if aside.emptied > 0 {
        notes.push(format!("{} cells became 0: they are of lines whose target is 0 and whose cells have one sign", aside.emptied));
    }
    let scalings = [found.rows, found.columns, found.groups];
    Ok(Outcome { passes: found.passes, converged: found.converged, reason, scalings, rows, columns, groups, moved, shifts, notes })
}

/// The rows, columns or groups: targets, aims in the end without fixed cells, sums of fixed cells.
struct Side<'s> {
    targets: &'s [Target],
    aims: &'s [Aim],
    fixed: &'s [f64],
    which: fn(usize) -> Which,
}

impl Side<'_> {
    /// What an estimate became, if it gave way.
    fn moved(&self, k: usize) -> Option<(f64, f64, f64)> {
        match self.targets[k] {
            // as it was before: fixed cells were taken off in the same way
            Target::Estimate(v, error) if self.aims[k].low != v - self.fixed[k] => Some((v, self.aims[k].low + self.fixed[k], error)),
            _ => None,
        }
    }

    fn shifts(&self) -> Vec<Shift> {
        let shift = |k: usize| {
            let (from, to, error) = self.moved(k)?;
            let errors = (Bounded::exact(to) - Bounded::exact(from)) / Bounded::exact(error);
            Some(Shift { which: (self.which)(k), from, to, errors })
        };
        (0..self.targets.len()).filter_map(shift).collect()
    }

    fn sums(&self, sums: Vec<Bounded>, gave_way: bool) -> Sums {
        let ends = |k: usize| match self.targets[k] {
            Target::Free => (f64::NEG_INFINITY, f64::INFINITY),
            Target::Exact(v) => (v, v),
            Target::Between(low, high) => (low, high),
            Target::Estimate(v, _) => {
                let to = self.moved(k).filter(|_| gave_way).map_or(v, |m| m.1);
                (to, to)
            }
        };
        let aims: Vec<(f64, f64)> = (0..self.targets.len()).map(ends).collect();
        let mut worst: Option<(f64, usize)> = None;
        for (k, (sum, &(low, high))) in sums.iter().zip(&aims).enumerate() {
            let below = if low.is_finite() { upper(Bounded::exact(low) - *sum) } else { f64::NEG_INFINITY };
            let above = if high.is_finite() { upper(*sum - Bounded::exact(high)) } else { f64::NEG_INFINITY };
            let distance = up(greater(greater(below, above), 0.0) / self.aims[k].unit) - f64::MIN_POSITIVE;
            if worst.is_none_or(|w| greater(w.0, distance) != w.0) {
                worst = Some((distance, k));
            }
        }
        Sums { sums, aims, worst }
    }
}

/// Sums of the fixed cells of rows, columns and groups.
fn offsets(z: &Sparse, targets: &Targets) -> [Vec<f64>; 3] {
    let mut off = [vec![0.0; z.rows()], vec![0.0; z.cols()], vec![0.0; targets.groups.len()]];
    let fixed: std::collections::HashMap<usize, f64> = targets.fixed.iter().copied().collect();
    for (&e, &v) in &fixed {
        let (i, j) = place(z, e);
        off[0][i] += v;
        off[1][j] += v;
    }
    for (off, group) in off[2].iter_mut().zip(&targets.groups) {
        *off = group.entries.iter().filter_map(|e| fixed.get(e)).sum();
    }
    off
}

/// Why it ended without having converged, with the rows that were stretched most and where their cells are.
fn reason(z: &Sparse, found: &Found, how: &How) -> String {
    let why = if found.stalled { "the distance no longer falls" } else { "the passes are used up" };
    let mut order: Vec<usize> = (0..found.rows.len()).collect();
    order.sort_by(|&a, &b| found.rows[b].ln().abs().total_cmp(&found.rows[a].ln().abs()));
    let row = |&i: &usize| {
        let cells = z.outer_view(i);
        let columns: Vec<String> =
            cells.iter().flat_map(|row| row.iter()).filter(|c| *c.1 != 0.0).map(|c| (how.column)(c.0)).take(NAMED).collect();
        format!("{} by {:.1e} (its columns: {})", (how.row)(i), found.rows[i], columns.join("; "))
    };
    let rows: Vec<String> = order.iter().take(NAMED).map(row).collect();
    format!("{why} after {} passes at {:.1e} of the targets; most stretched: {}", found.passes, found.distance, rows.join(", "))
}

/// `sum |z0| (t ln(t/e) + 1) / sum |z0|`: cells that took scalings by the logarithms of these and the sums of lines, as
/// `|z| ln t = z (ln r_i + ln s_j + ln g_k)` whatever the sign; fixed cells one by one.
fn entropy(moved: &Moved, aside: &Aside, found: &Found, sums: [&[Bounded]; 3], fixed: &[Vec<f64>; 3]) -> f64 {
    let mut all = moved.size.value - moved.size_after;
    for ((scalings, sums), fixed) in [&found.rows, &found.columns, &found.groups].into_iter().zip(sums).zip(fixed) {
        for ((scaling, sum), fixed) in scalings.iter().zip(sums).zip(fixed) {
            let own = sum.value - fixed;
            all += if own == 0.0 || !(*scaling > 0.0 && scaling.is_finite()) { 0.0 } else { own * scaling.ln() };
        }
    }
    let changed =
        aside.fixed().map(|(before, after)| if before != 0.0 && after / before > 0.0 { after.abs() * (after / before).ln() } else { 0.0 });
    all += changed.sum::<f64>();
    if moved.size.value > 0.0 { (all / moved.size.value).max(0.0) } else { 0.0 }
}
