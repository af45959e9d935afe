//! When a solve is to stop, what decides that a column is good enough, and what a solve gives back.

use std::time::Duration;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::watch::Step;

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

impl Stopping {
    /// The tolerance that flows are solved to: two digits below the one asked for, as far as rounding lets them, so that
    /// differences of flows hold the tolerance too.
    pub fn rtol_of_flows(&self) -> f64 {
        (1e-2 * self.rtol).max(self.rtol.min(1e-12))
    }

    /// The floor of sums and differences of certified numbers, as a share of the total: a thousandth of the tolerance, as
    /// differences may cancel.
    pub fn floor_of_sums(&self) -> f64 {
        self.floor.max(1e-3 * self.rtol)
    }
}

impl Default for Stopping {
    fn default() -> Self {
        Stopping { rtol: 1e-9, floor: 1e-15, max_iter: 10_000, max_time: None }
    }
}

/// Why a column stopped. Only `Converged` is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Converged => "it converged",
            Reason::MaxIter => "the limit of passes (`max-iter`) was reached",
            Reason::MaxTime => "the limit of time (`max-time`) was reached",
            Reason::NotFinite => "a number was no longer finite",
            Reason::Diverged => "the residual grew",
            Reason::Stagnated => "the residual no longer fell: rounding allows no less",
            Reason::Cancelled => "it was cancelled",
        })
    }
}

/// Decides when a column is good enough.
pub trait Judge: Sync {
    /// The error of each column of a panel, in units of what is allowed: done at 1 or below. The panel is as wide as
    /// `out`; `columns` are the numbers of its first columns in the whole block, what stands behind them is zero.
    /// A column's measure must depend on nothing but the column.
    fn measure(&self, columns: &[usize], x: &[f64], r: &[f64], out: &mut [f64]);
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
    /// Zeros in place of an answer to `b`, of a solve that was ended before its first pass.
    pub(crate) fn cancelled(b: ArrayView2<f64>) -> Self {
        let reasons = vec![Reason::Cancelled; b.ncols()];
        Solution { x: Array2::zeros(b.dim()), residual: b.to_owned(), reasons, history: Vec::new(), passes: 0 }
    }

    /// Whether every column converged.
    pub fn converged(&self) -> bool {
        self.reasons.iter().all(|r| *r == Reason::Converged)
    }

    /// Whether a column came to an end without an answer before its passes and its time did.
    pub fn failed(&self) -> bool {
        self.reasons.iter().any(|r| matches!(r, Reason::Diverged | Reason::Stagnated | Reason::NotFinite))
    }
}

/// Called after each pass of a panel; returning `false` cancels.
pub type Progress<'a> = &'a (dyn Fn(&Step) -> bool + Sync);
