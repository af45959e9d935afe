//! Solving `x = A x + b` and `z = A' z + c` for blocks of columns: one loop, several splittings.
//!
//! With a splitting `I - A = M - N` the loop is plain refinement, `d = M^-1 r`, `x <- x + d`, `r <- N d`: one pass
//! over A each time, because the new residual `r - (I - A) d` equals `N d`. A column is done when its judge says
//! so on the *recomputed* residual `b - x + A x`. Columns are solved in panels, panels in parallel; a column's
//! answer does not depend on its panel. Varga, *Matrix Iterative Analysis*, 2nd ed., ch. 3 (regular splittings).

use std::time::{Duration, Instant};

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::operator::{Direction, Operator};

mod direct;
mod refinement;
pub(crate) mod splitting;

pub use direct::DenseLu;
pub use refinement::Refinement;
pub use splitting::Splitting;

/// How a system is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `x <- b + A x`: the Neumann series, term by term.
    PowerSeries,
    /// Rows in order, newest values at once.
    GaussSeidel,
    /// Regions in order, each region's block solved exactly.
    RegionGaussSeidel,
    /// Exact domestic blocks and one fitted import pattern per product and buyer region; refined on the true A.
    TradeShareRefinement,
    /// Dense LU of I - A, with refinement. For small n, and as the judge of the others.
    Direct,
}

impl Method {
    /// Every method, for tests, benches and `--help`.
    pub const ALL: [Method; 5] =
        [Method::PowerSeries, Method::GaussSeidel, Method::RegionGaussSeidel, Method::TradeShareRefinement, Method::Direct];

    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        match self {
            Method::PowerSeries => "power-series",
            Method::GaussSeidel => "gauss-seidel",
            Method::RegionGaussSeidel => "region-gauss-seidel",
            Method::TradeShareRefinement => "trade-share-refinement",
            Method::Direct => "direct",
        }
    }

    /// The rule of `auto`: direct up to 2,500 rows that are more than 5 % full, else Gauss-Seidel by region.
    pub fn auto(operator: &dyn Operator) -> Method {
        let n = operator.dim();
        if n <= 2_500 && operator.entries() * 20 > n * n { Method::Direct } else { Method::RegionGaussSeidel }
    }
}

impl std::str::FromStr for Method {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        let known = Method::ALL.map(Method::name);
        Method::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| Error::unknown("method", name, &known))
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopping {
    /// The bound asked for, relative to each entry of the answer.
    pub rtol: f64,
    /// The absolute floor below which an entry's bound need not fall, as a share of the total.
    pub floor: f64,
    /// Passes after which a column gives up; giving up is not convergence.
    pub max_iter: usize,
    /// Wall time after which everything gives up.
    pub max_time: Option<Duration>,
}

impl Default for Stopping {
    fn default() -> Self {
        Stopping { rtol: 1e-9, floor: 1e-15, max_iter: 10_000, max_time: None }
    }
}

/// Why a column stopped. Only `Converged` is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The judge accepted the recomputed residual.
    Converged,
    /// Out of passes.
    MaxIter,
    /// Out of time.
    MaxTime,
    /// A NaN or an infinity appeared.
    NotFinite,
    /// The residual grows.
    Diverged,
    /// The recomputed residual no longer falls: rounding, or a target below it.
    Stagnated,
    /// The caller asked to stop.
    Cancelled,
}

/// Decides when a column is good enough.
pub trait Judge: Sync {
    /// The error of each column of a panel, in units of what is allowed: done at 1 or below.
    /// `columns` are the numbers of the panel's columns in the whole block; `x`, `r` are panels of that width.
    fn measure(&self, columns: &[usize], x: &[f64], r: &[f64], out: &mut [f64]);
}

/// One line of a convergence history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Pass, counted from 1.
    pub pass: usize,
    /// The worst measure among the columns still active.
    pub measure: f64,
    /// Columns still active.
    pub active: usize,
}

/// What a solve gives back, converged or not.
#[must_use]
#[derive(Debug, Clone)]
pub struct Solution {
    /// The answer (n x k).
    pub x: Array2<f64>,
    /// The recomputed residual `b - x + A x` (n x k).
    pub residual: Array2<f64>,
    /// Why each column stopped.
    pub reasons: Vec<Reason>,
    /// The worst measure after each pass.
    pub history: Vec<Step>,
    /// The most passes any column took.
    pub passes: usize,
}

impl Solution {
    /// Whether every column converged.
    pub fn converged(&self) -> bool {
        self.reasons.iter().all(|r| *r == Reason::Converged)
    }
}

/// Called after each pass of a panel; returning `false` cancels.
pub type Progress<'a> = &'a (dyn Fn(&Step) -> bool + Sync);

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
    let (n, total) = b.dim();
    assert_eq!(n, operator.dim(), "the right-hand side must have n rows");
    let width = total.div_ceil(rayon::current_num_threads()).clamp(1, 32);
    let columns: Vec<usize> = (0..total).collect();
    let context =
        Context { operator, splitting, direction, b, judge, stopping, progress, deadline: stopping.max_time.map(|t| Instant::now() + t) };
    let panels: Vec<Vec<Done>> = columns.par_chunks(width).map(|c| context.panel(c)).collect();
    let mut solution = Solution {
        x: Array2::zeros((n, total)),
        residual: Array2::zeros((n, total)),
        reasons: vec![Reason::Cancelled; total],
        history: Vec::new(),
        passes: 0,
    };
    for done in panels.into_iter().flatten() {
        for i in 0..n {
            solution.x[[i, done.column]] = done.x[i];
            solution.residual[[i, done.column]] = done.residual[i];
        }
        solution.reasons[done.column] = done.reason;
        solution.passes = solution.passes.max(done.measures.len());
        for (p, &measure) in done.measures.iter().enumerate() {
            if solution.history.len() <= p {
                solution.history.push(Step { pass: p + 1, measure: 0.0, active: 0 });
            }
            solution.history[p].measure = solution.history[p].measure.max(measure);
            solution.history[p].active += 1;
        }
    }
    solution
}

/// A column that has left its panel.
struct Done {
    column: usize,
    x: Vec<f64>,
    residual: Vec<f64>,
    reason: Reason,
    measures: Vec<f64>,
}

/// The columns of a panel that are still active, as row-major blocks.
struct Panel {
    columns: Vec<usize>,
    b: Vec<f64>,
    x: Vec<f64>,
    r: Vec<f64>,
    d: Vec<f64>,
    measures: Vec<Vec<f64>>,
    failures: Vec<u8>,
    best: Vec<f64>,
}

struct Context<'a> {
    operator: &'a dyn Operator,
    splitting: &'a Splitting<'a>,
    direction: Direction,
    b: ArrayView2<'a, f64>,
    judge: &'a dyn Judge,
    stopping: &'a Stopping,
    progress: Progress<'a>,
    deadline: Option<Instant>,
}

/// A column whose recomputed residual fails to fall by [`PROGRESS`] this many times in a row gives up.
const MAX_FAILURES: u8 = 4;
/// What a recomputed measure must fall to, relative to the last one that did.
const PROGRESS: f64 = 0.5;
/// A measure this many times the smallest one seen means divergence.
const GROWTH: f64 = 1e6;

impl Context<'_> {
    fn panel(&self, columns: &[usize]) -> Vec<Done> {
        let (n, k) = (self.operator.dim(), columns.len());
        let mut b = vec![0.0; n * k];
        for (i, row) in b.chunks_exact_mut(k).enumerate() {
            for (to, &c) in row.iter_mut().zip(columns) {
                *to = self.b[[i, c]];
            }
        }
        let mut panel = Panel {
            columns: columns.to_vec(),
            x: vec![0.0; n * k],
            r: b.clone(),
            d: vec![0.0; n * k],
            b,
            measures: vec![Vec::new(); k],
            failures: vec![0; k],
            best: vec![f64::INFINITY; k],
        };
        let (mut done, mut out) = (Vec::with_capacity(k), vec![0.0; k]);
        for pass in 1..=self.stopping.max_iter {
            let k = panel.columns.len();
            let recomputed = self.pass(&mut panel);
            self.judge.measure(&panel.columns, &panel.x, &panel.r, &mut out[..k]);
            let worst = out[..k].iter().fold(0.0, |a: f64, &v| if v.is_nan() { f64::INFINITY } else { a.max(v) });
            for (m, &v) in panel.measures.iter_mut().zip(&out) {
                m.push(v);
            }
            let leaving = self.verdicts(&mut panel, recomputed, &mut out);
            panel.leave(&leaving, &mut done, n);
            if panel.columns.is_empty() {
                return done;
            }
            let going = (self.progress)(&Step { pass, measure: worst, active: k });
            let late = self.deadline.is_some_and(|t| Instant::now() >= t);
            if !going || late {
                self.residual(&mut panel);
                let reason = if late { Reason::MaxTime } else { Reason::Cancelled };
                panel.leave(&vec![Some(reason); panel.columns.len()], &mut done, n);
                return done;
            }
        }
        self.residual(&mut panel);
        panel.leave(&vec![Some(Reason::MaxIter); panel.columns.len()], &mut done, n);
        done
    }

    /// One refinement; whether the residual in the panel is the recomputed one.
    fn pass(&self, panel: &mut Panel) -> bool {
        let k = panel.columns.len();
        let known = self.splitting.step(self.operator, self.direction, k, &mut panel.r, &mut panel.d);
        for (x, d) in panel.x.iter_mut().zip(&panel.d) {
            *x += d;
        }
        if !known {
            self.residual(panel);
        }
        !known
    }

    /// `r = b - x + A x`.
    fn residual(&self, panel: &mut Panel) {
        self.operator.apply(self.direction, panel.columns.len(), &panel.x, &mut panel.r);
        for ((r, x), b) in panel.r.iter_mut().zip(&panel.x).zip(&panel.b) {
            *r += b - x;
        }
    }

    /// Which columns leave, and why; recomputes the residuals of those that look done.
    fn verdicts(&self, panel: &mut Panel, recomputed: bool, out: &mut [f64]) -> Vec<Option<Reason>> {
        let k = panel.columns.len();
        let candidate: Vec<bool> = out[..k].iter().map(|&v| v <= 1.0).collect();
        if candidate.contains(&true) && !recomputed {
            let recurrence = panel.r.clone();
            self.residual(panel);
            self.judge.measure(&panel.columns, &panel.x, &panel.r, &mut out[..k]);
            for (p, row) in panel.r.chunks_exact_mut(k).enumerate() {
                for c in (0..k).filter(|&c| !candidate[c]) {
                    row[c] = recurrence[p * k + c]; // untouched columns go on as if nobody had looked
                }
            }
        }
        (0..k)
            .map(|c| {
                let measures = &panel.measures[c];
                let last = measures[measures.len() - 1];
                let least = measures.iter().fold(f64::INFINITY, |a: f64, &v| a.min(v));
                if !last.is_finite() {
                    Some(Reason::NotFinite)
                } else if candidate[c] || recomputed {
                    if out[c] <= 1.0 {
                        return Some(Reason::Converged);
                    }
                    let grown = last > GROWTH * least;
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

impl Panel {
    /// Takes the columns with a reason out of the panel.
    fn leave(&mut self, leaving: &[Option<Reason>], done: &mut Vec<Done>, n: usize) {
        let k = self.columns.len();
        if leaving.iter().all(Option::is_none) {
            return;
        }
        for (c, reason) in leaving.iter().enumerate() {
            if let Some(reason) = *reason {
                let column = |block: &[f64]| (0..n).map(|i| block[i * k + c]).collect();
                done.push(Done {
                    column: self.columns[c],
                    x: column(&self.x),
                    residual: column(&self.r),
                    reason,
                    measures: std::mem::take(&mut self.measures[c]),
                });
            }
        }
        let keep: Vec<usize> = (0..k).filter(|&c| leaving[c].is_none()).collect();
        for block in [&mut self.b, &mut self.x, &mut self.r] {
            for i in 0..n {
                for (to, &c) in keep.iter().enumerate() {
                    block[i * keep.len() + to] = block[i * k + c];
                }
            }
            block.truncate(n * keep.len());
        }
        self.d.truncate(n * keep.len());
        self.columns = keep.iter().map(|&c| self.columns[c]).collect();
        self.best = keep.iter().map(|&c| self.best[c]).collect();
        self.failures = keep.iter().map(|&c| self.failures[c]).collect();
        self.measures = keep.iter().map(|&c| std::mem::take(&mut self.measures[c])).collect();
    }
}
