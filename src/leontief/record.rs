//! How solves went: passes, residuals, and why they ended, family by family.

use ndarray::ArrayView2;
use serde::Serialize;

use crate::operator::Operator;
use crate::solve::{Method, Reason, Solution, Step, column_norms};

/// How one family of solves went; printed with every result.
#[derive(Debug, Clone, Serialize)]
pub struct SolveRecord {
    /// What was solved.
    pub name: String,
    /// How.
    pub method: &'static str,
    /// On which operator.
    pub operator: &'static str,
    /// Right-hand sides.
    pub columns: usize,
    /// The most passes over A any column took.
    pub passes: usize,
    /// The largest relative 1-norm of a recomputed residual.
    pub residual: f64,
    /// Whether every column converged.
    pub converged: bool,
    /// The worst reason for stopping.
    pub reason: Reason,
    /// Whether another method took over, in the family after this one.
    pub superseded: bool,
    /// The worst error measure after each pass, in units of what is allowed.
    #[serde(skip)]
    pub history: Vec<Step>,
}

impl SolveRecord {
    /// How the solve of a block of right-hand sides went.
    pub(super) fn new(name: &str, (method, operator): (Method, &dyn Operator), b: ArrayView2<f64>, solution: &Solution) -> Self {
        let residual = column_norms(solution.residual.view())
            .into_iter()
            .zip(column_norms(b))
            .map(|(r, b)| r / b.max(f64::MIN_POSITIVE))
            .filter(|v| v.is_finite() || solution.converged())
            .fold(0.0, f64::max);
        SolveRecord {
            name: name.into(),
            method: method.name(),
            operator: operator.name(),
            columns: b.ncols(),
            passes: solution.passes,
            residual,
            converged: solution.converged(),
            reason: solution.reasons.iter().copied().find(|r| *r != Reason::Converged).unwrap_or(Reason::Converged),
            superseded: false,
            history: solution.history.clone(),
        }
    }

    /// Adds the family to others; blocks that follow each other under one name are one family.
    pub(super) fn add_to(self, solves: &mut Vec<SolveRecord>) {
        match solves.last_mut() {
            Some(last) if last.name == self.name && last.method == self.method => last.join(self),
            _ => solves.push(self),
        }
    }

    /// Takes in a further block of right-hand sides.
    fn join(&mut self, other: SolveRecord) {
        self.columns += other.columns;
        self.passes = self.passes.max(other.passes);
        self.residual = self.residual.max(other.residual);
        if !other.converged {
            (self.converged, self.reason) = (false, other.reason);
        }
        for (p, step) in other.history.into_iter().enumerate() {
            match self.history.get_mut(p) {
                Some(own) => (own.measure, own.active) = (own.measure.max(step.measure), own.active + step.active),
                None => self.history.push(step),
            }
        }
    }
}
