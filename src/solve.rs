//! Solving `x = A x + b` and `z = A' z + c` for blocks of columns: one loop, several splittings.
//!
//! With a splitting `I - A = M - N` the loop is plain refinement, `d = M^-1 r`, `x <- x + d`, `r <- N d`: one pass
//! over A each time, because the new residual `r - (I - A) d` equals `N d`. A column is done when its judge says
//! so on the *recomputed* residual `b - x + A x`. Columns are solved in panels, panels in parallel; a column's
//! answer does not depend on its panel. Varga, *Matrix Iterative Analysis*, 2nd ed., ch. 3 (regular splittings).

use std::mem::take;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Instant;

use ndarray::{Array2, ArrayView2};

use crate::bounded::largest;
use crate::operator::{Direction, Operator, Pool};
use crate::threads::prelude::*;

mod checkpoint;
mod direct;
mod gauss_seidel;
mod gmres;
mod inverse;
mod lu;
mod method;
mod panel;
mod polynomial;
mod prepared;
mod refinement;
mod relative_residual;
mod solution;
pub(crate) mod splitting;

pub use checkpoint::{About, Checkpoint};
pub use direct::DenseLu;
pub use gauss_seidel::{GaussSeidel, Order};
pub(crate) use inverse::inverse;
pub use method::Method;
pub use prepared::{Given, Prepared};
pub use refinement::Refinement;
pub use relative_residual::{RelativeResidual, column_norms, one_norms};
pub use solution::{Judge, Progress, Reason, Solution, Stopping};
pub use splitting::{SETUP, Splitting};

use checkpoint::State;
use panel::{Done, Panel};

pub use crate::operator::MAX_WIDTH;
pub use crate::watch::Step;

/// Most columns of a panel on many rows, where the panel itself takes the memory.
const MAX_WIDTH_LARGE: usize = 16;
/// Rows that count as many.
const LARGE: usize = 50_000;
/// Entries of an operator that does not stay in the cache: its panels are solved one after the other, each by all
/// threads, so that an entry is read for as many columns as possible.
const STREAMED: usize = 1 << 21;

/// Threads that solves run on.
pub fn threads() -> usize {
    crate::threads::count()
}

/// Solves `(I - A) x = b` (or with A') column by column of `b` (n x k).
///
/// # Panics
/// When `b` has not n rows.
pub fn solve(
    operator: &dyn Operator,
    splitting: &Splitting,
    direction: Direction,
    b: ArrayView2<f64>,
    judge: &dyn Judge,
    stopping: &Stopping,
    progress: Progress,
) -> Solution {
    solve_kept(operator, splitting, direction, b, judge, stopping, progress, None)
}

/// As [`solve`], with checkpoints, from the one that there is.
#[allow(clippy::too_many_arguments)]
fn solve_kept(
    operator: &dyn Operator,
    splitting: &Splitting,
    direction: Direction,
    b: ArrayView2<f64>,
    judge: &dyn Judge,
    stopping: &Stopping,
    progress: Progress,
    checkpoint: Option<&Checkpoint>,
) -> Solution {
    let (n, total) = b.dim();
    assert_eq!(n, operator.dim(), "the right-hand side must have n rows");
    let (splitting, krylov) = match splitting {
        Splitting::Gmres(inner) => (*inner, true),
        plain => (plain, false),
    };
    let context = Context {
        operator,
        splitting,
        krylov,
        direction,
        b,
        judge,
        stopping,
        progress,
        deadline: stopping.max_time.map(|t| Instant::now() + t),
        stop: AtomicU8::new(0),
        scratch: Pool::default(),
        checkpoint,
    };
    let columns: Vec<usize> = (0..total).collect();
    let width = panel_width(operator, total);
    let panels: Vec<Vec<Done>> = if let Some(checkpoint) = checkpoint {
        vec![context.resumed(checkpoint, columns, width)]
    } else if operator.entries() > STREAMED {
        let mut work = gmres::Workspace::default();
        columns.chunks(width).map(|c| context.panel(c, &mut work)).collect()
    } else {
        columns.par_chunks(width).map(|c| context.panel(c, &mut gmres::Workspace::default())).collect()
    };
    gathered(n, total, panels.into_iter().flatten().collect())
}

/// How many of `total` right-hand sides are solved in one panel.
pub fn panel_width(operator: &dyn Operator, total: usize) -> usize {
    if operator.entries() <= STREAMED {
        return total.div_ceil(crate::threads::count()).clamp(1, MAX_WIDTH_LARGE);
    }
    let most = if operator.dim() > LARGE { MAX_WIDTH_LARGE } else { MAX_WIDTH };
    total.div_ceil(total.div_ceil(most).max(1)).max(1)
}

/// The columns of all panels, put together.
fn gathered(n: usize, total: usize, mut all: Vec<Done>) -> Solution {
    let (x, residual) = match all.as_mut_slice() {
        // they left together, in order: their memory is the answer's
        [whole] if whole.columns.len() == total => (take(&mut whole.x), take(&mut whole.residual)),
        _ => (together(n, total, &all, |d| &d.x), together(n, total, &all, |d| &d.residual)),
    };
    let mut solution = Solution {
        x: Array2::from_shape_vec((n, total), x).expect("n x total"),
        residual: Array2::from_shape_vec((n, total), residual).expect("n x total"),
        reasons: vec![Reason::Cancelled; total],
        history: Vec::new(),
        passes: 0,
    };
    for done in &all {
        for ((&column, &reason), measures) in done.columns.iter().zip(&done.reasons).zip(&done.measures) {
            solution.reasons[column] = reason;
            solution.passes = solution.passes.max(measures.len());
            for (p, &measure) in measures.iter().enumerate() {
                if solution.history.len() <= p {
                    solution.history.push(Step { pass: p + 1, measure: 0.0, active: 0 });
                }
                solution.history[p].measure = solution.history[p].measure.max(measure);
                solution.history[p].active += 1;
            }
        }
    }
    solution
}

/// One block (n x `total`) of what all columns left with.
fn together(n: usize, total: usize, all: &[Done], of: impl Fn(&Done) -> &Vec<f64> + Sync) -> Vec<f64> {
    let mut block = vec![0.0; n * total];
    block.par_chunks_mut(total.max(1)).enumerate().for_each(|(i, to)| {
        for done in all {
            let k = done.columns.len();
            done.columns.iter().zip(&of(done)[i * k..]).for_each(|(&c, &v)| to[c] = v);
        }
    });
    block
}

struct Context<'a> {
    operator: &'a dyn Operator,
    splitting: &'a Splitting<'a>,
    krylov: bool,
    direction: Direction,
    b: ArrayView2<'a, f64>,
    judge: &'a dyn Judge,
    stopping: &'a Stopping,
    progress: Progress<'a>,
    deadline: Option<Instant>,
    /// 1: the caller asked to stop; 2: out of time.
    stop: AtomicU8,
    scratch: Pool,
    checkpoint: Option<&'a Checkpoint>,
}

/// A column whose recomputed residual fails to fall by [`PROGRESS`] this many times in a row gives up.
const MAX_FAILURES: u8 = 4;
/// What a recomputed measure must fall to, relative to the last one that did.
const PROGRESS: f64 = 0.5;
/// A measure this many times the smallest one seen means divergence.
const GROWTH: f64 = 1e6;
/// Passes within which the smallest measure must fall to [`SLOW`] of itself; slower, it would take more passes than
/// anybody waits for.
const PATIENCE: usize = 400;
const SLOW: f64 = 0.9;

impl Context<'_> {
    /// Panel after panel, from what a checkpoint holds.
    fn resumed(&self, checkpoint: &Checkpoint, mut columns: Vec<usize>, width: usize) -> Vec<Done> {
        let (mut work, any_width) = (gmres::Workspace::default(), self.operator.takes_any_width());
        let State { mut done, active } = checkpoint.state();
        columns.retain(|c| !done.iter().any(|d| d.columns.contains(c)) && active.as_ref().is_none_or(|a| !a.columns.contains(c)));
        if let Some(active) = active {
            let (panel, pass) = Panel::resumed(active, any_width, self.b);
            let found = self.passes(panel, pass, &done, &mut work);
            done.extend(found);
        }
        for columns in columns.chunks(width) {
            if self.stopped() {
                break;
            }
            let found = self.passes(Panel::new(columns, any_width, self.b), 0, &done, &mut work);
            done.extend(found);
        }
        done
    }

    fn panel(&self, columns: &[usize], work: &mut gmres::Workspace) -> Vec<Done> {
        self.passes(Panel::new(columns, self.operator.takes_any_width(), self.b), 0, &[], work)
    }

    /// The passes of a panel after so many; `before` has left before.
    fn passes(&self, mut panel: Panel, mut pass: usize, before: &[Done], work: &mut gmres::Workspace) -> Vec<Done> {
        let (mut done, mut out) = (Vec::new(), [0.0; MAX_WIDTH]);
        out.iter_mut().zip(&panel.measures).for_each(|(out, m)| *out = m.last().copied().unwrap_or(0.0));
        while pass < self.stopping.max_iter {
            let k = panel.columns.len();
            let recomputed = if self.krylov {
                if pass == 0 {
                    // the right-hand side stands in for an answer to measure by
                    self.judge.measure(&panel.columns, &panel.b, &panel.r, &mut out[..panel.width]);
                }
                self.cycle(&mut panel, &out[..k], work, &mut pass);
                true
            } else {
                pass += 1;
                self.pass(&mut panel, pass == 1)
            };
            self.judge.measure(&panel.columns, &panel.x, &panel.r, &mut out[..panel.width]);
            let worst = largest(out[..k].iter().copied());
            for (m, &v) in panel.measures.iter_mut().zip(&out) {
                match m.last_mut() {
                    // the last estimate of a cycle gives way to what was measured
                    Some(last) if self.krylov => *last = v,
                    _ => m.push(v),
                }
            }
            let leaving = self.verdicts(&mut panel, recomputed, &mut out);
            let measures: Vec<f64> = (0..k).filter(|&c| leaving[c].is_none()).map(|c| out[c]).collect();
            done.extend(panel.leave(&leaving));
            if panel.columns.is_empty() {
                return done;
            }
            out[..measures.len()].copy_from_slice(&measures);
            let going = self.going(&Step { pass, measure: worst, active: k }) && !self.stopped();
            if let Some(checkpoint) = self.checkpoint.filter(|c| !going || c.is_due()) {
                checkpoint.keep(before.iter().chain(&done), &panel, pass);
            }
            if !going {
                break;
            }
        }
        self.residual(&mut panel);
        let reason = match self.stop.load(Relaxed) {
            0 => Reason::MaxIter,
            1 => Reason::Cancelled,
            _ => Reason::MaxTime,
        };
        done.extend(panel.leave(&vec![Some(reason); panel.columns.len()]));
        done
    }

    /// Tells the caller, and asks whether to go on.
    fn going(&self, step: &Step) -> bool {
        if !(self.progress)(step) {
            self.stop.store(1, Relaxed);
        } else if self.deadline.is_some_and(|t| Instant::now() >= t) {
            self.stop.store(2, Relaxed);
        }
        !self.stopped()
    }

    fn stopped(&self) -> bool {
        self.stop.load(Relaxed) != 0
    }

    /// One refinement; whether the residual in the panel is the recomputed one.
    fn pass(&self, panel: &mut Panel, first: bool) -> bool {
        let k = panel.width;
        let known = self.splitting.step(self.operator, self.direction, k, &mut panel.r, &mut panel.d);
        panel::each(&mut panel.x, [&panel.d], |x, [d]| x.iter_mut().zip(d).for_each(|(x, d)| *x += d));
        if known {
            return false;
        }
        let rough = first && self.splitting.is_rough();
        if rough && panel::lessen_roughly(&self.scratch, self.operator, self.direction, k, &mut panel.r, &panel.d) {
            return false;
        }
        self.residual(panel);
        true
    }

    /// `r = b - x + A x`.
    fn residual(&self, panel: &mut Panel) {
        self.operator.apply(self.direction, panel.width, &panel.x, &mut panel.r);
        panel::each(&mut panel.r, [&panel.x, &panel.b], |r, [x, b]| {
            r.iter_mut().zip(x).zip(b).for_each(|((r, x), b)| *r += b - x);
        });
    }

    /// Which columns leave, and why; recomputes the residuals of those that look done.
    fn verdicts(&self, panel: &mut Panel, recomputed: bool, out: &mut [f64]) -> Vec<Option<Reason>> {
        let (k, width) = (panel.columns.len(), panel.width);
        let mut candidate = [false; MAX_WIDTH];
        (0..k).for_each(|c| candidate[c] = out[c] <= 1.0);
        if candidate.contains(&true) && !recomputed {
            // the step is spent: its panel keeps the residuals of the recurrence
            panel::copy(&mut panel.d, &panel.r);
            self.residual(panel);
            self.judge.measure(&panel.columns, &panel.x, &panel.r, &mut out[..width]);
            panel::rows(width, &mut panel.r, &panel.d, |row, recurrence| {
                for c in (0..k).filter(|&c| !candidate[c]) {
                    row[c] = recurrence[c]; // untouched columns go on as if nobody had looked
                }
            });
        }
        (0..k)
            .map(|c| {
                let measures = &panel.measures[c];
                let last = measures[measures.len() - 1];
                let smallest = |of: &[f64]| of.iter().fold(f64::INFINITY, |a: f64, &v| a.min(v));
                let least = smallest(measures);
                let earlier = smallest(&measures[..measures.len().saturating_sub(PATIENCE)]);
                if !last.is_finite() {
                    Some(Reason::NotFinite)
                } else if out[c] > 1.0 && least > SLOW * earlier && earlier.is_finite() {
                    Some(if last > measures[0] { Reason::Diverged } else { Reason::Stagnated })
                } else if candidate[c] || recomputed {
                    if out[c] <= 1.0 {
                        return Some(Reason::Converged);
                    }
                    let grown = last > GROWTH * least && !self.krylov;
                    if out[c] <= PROGRESS * panel.best[c] {
                        (panel.best[c], panel.failures[c]) = (out[c], 0);
                    } else {
                        panel.failures[c] += 1;
                    }
                    // no better than at first: not a matter of rounding
                    let worse = recomputed && out[c] > panel.best[c] && out[c] >= measures[0];
                    let given_up = panel.failures[c] >= MAX_FAILURES;
                    (grown || given_up).then_some(if grown || worse { Reason::Diverged } else { Reason::Stagnated })
                } else {
                    (last > GROWTH * least).then_some(Reason::Diverged)
                }
            })
            .collect()
    }
}
