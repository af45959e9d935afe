//! Convex quadratic programmes by the interior point of [`super::lp`], for regressions: answers without bounds.
//!
//! `min 1/2 x'P x + q'x  s.t.  rows <= right, rows = right`. What a solver's tolerance leaves is measured by who asks.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus, ZeroConeT};

use super::lp::Way;
use crate::error::{Error, Result};

/// Relative tolerances of gap and feasibility that the solver is given, the second where it gets no further with the first.
const TOLERANCES: [f64; 2] = [1e-11, 1e-9];

/// A quadratic programme whose rows are added one by one.
#[derive(Debug, Clone, Default)]
pub(super) struct Quadratic {
    /// q.
    pub cost: Vec<f64>,
    /// Entries of P on and above the diagonal: row, column, value; those of one place add up.
    pub curve: Vec<(usize, usize, f64)>,
    at_most: Vec<Line>,
    equal: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    terms: Vec<(usize, f64)>,
    right: f64,
}

impl Quadratic {
    /// No rows, no objective.
    pub(super) fn new(variables: usize) -> Self {
        Quadratic { cost: vec![0.0; variables], ..Quadratic::default() }
    }

    /// Adds `terms <= right`.
    pub(super) fn at_most(&mut self, terms: Vec<(usize, f64)>, right: f64) {
        self.at_most.push(Line { terms, right });
    }

    /// Adds `terms = right`.
    pub(super) fn equal(&mut self, terms: Vec<(usize, f64)>, right: f64) {
        self.equal.push(Line { terms, right });
    }

    /// Adds `x >= 0`.
    pub(super) fn nonnegative(&mut self, variable: usize) {
        self.at_most(vec![(variable, -1.0)], 0.0);
    }

    /// The variables at the optimum; `who` is named in errors.
    ///
    /// # Errors
    /// When the solver finds no point within a thousand times the last of [`TOLERANCES`].
    pub(super) fn solve(&self, who: &str, way: Way) -> Result<Vec<f64>> {
        self.within(TOLERANCES[0], who, way).or_else(|_| self.within(TOLERANCES[1], who, way))
    }

    /// The variables near the optimum, within a tolerance; [`Self::solve`] where that fails.
    ///
    /// # Errors
    /// As [`Self::solve`].
    pub(super) fn roughly(&self, tolerance: f64, who: &str, way: Way) -> Result<Vec<f64>> {
        self.within(tolerance, who, way).or_else(|_| self.solve(who, way))
    }

    fn within(&self, tolerance: f64, who: &str, way: Way) -> Result<Vec<f64>> {
        let n = self.cost.len();
        let (mut at_row, mut at_column, mut values, mut right) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, line) in self.equal.iter().chain(&self.at_most).enumerate() {
            for &(j, v) in line.terms.iter().filter(|t| t.1 != 0.0) {
                at_row.push(place);
                at_column.push(j);
                values.push(v);
            }
            right.push(line.right);
        }
        let a = CscMatrix::new_from_triplets(right.len(), n, at_row, at_column, values);
        let p = CscMatrix::new_from_triplets(
            n,
            n,
            self.curve.iter().map(|c| c.0.min(c.1)).collect(),
            self.curve.iter().map(|c| c.0.max(c.1)).collect(),
            self.curve.iter().map(|c| c.2).collect(),
        );
        let both = [ZeroConeT(self.equal.len()), NonnegativeConeT(self.at_most.len())];
        let cones = if self.equal.is_empty() { &both[1..] } else { &both[..] };
        let settings = DefaultSettings {
            verbose: false,
            max_threads: 1,
            equilibrate_enable: way == Way::Scaled,
            tol_gap_abs: tolerance,
            tol_gap_rel: tolerance,
            tol_feas: tolerance,
            reduced_tol_gap_abs: 1e3 * tolerance,
            reduced_tol_gap_rel: 1e3 * tolerance,
            reduced_tol_feas: 1e3 * tolerance,
            ..DefaultSettings::default()
        };
        let failed = |what: &dyn std::fmt::Display| {
            Error::not_solved(
                format!("the regression of {who} was not solved ({what})"),
                "check the data for entries of very different size",
            )
        };
        let mut solver = DefaultSolver::new(&p, &self.cost, &a, &right, cones, settings).map_err(|e| failed(&e))?;
        solver.solve();
        let solution = &solver.solution;
        match solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved if solution.x.iter().all(|v| v.is_finite()) => Ok(solution.x.clone()),
            status => Err(failed(&format!("{status:?}"))),
        }
    }
}
