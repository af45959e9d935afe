//! Linear programmes with their duals, each answer checked again from the data alone.
//!
//! `min c'x  s.t.  A x = b or A x <= b`, dual `max -b'z  s.t.  c + A'z = 0, z >= 0` on the rows `<=`. Weak duality makes
//! the three numbers of [`Proof`] a check whatever found `x` and `z`: Boyd, Vandenberghe, *Convex Optimization*, 2004, 5.5.1.
//! Rigorous bounds come from [`Program::enclose`].
//!
//! The solver is clarabel (Apache-2.0, pure Rust, one thread, the same bits in every run; Goulart, Chen 2024,
//! arXiv:2405.12762) with the one feature without which 0.11.1 does not compile, serde. Simplex codes in pure Rust (microlp) give no duals, and HiGHS needs a C++
//! compiler; an interior point also lands inside an optimal face rather than on an arbitrary corner of it. Last release
//! November 2025; it adds 14 crates, alone a cold release build of 25 s of one core.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus, ZeroConeT};
use serde::{Deserialize, Serialize};

pub use super::enclose::Enclosure;
use crate::bounded::{Bounded, greater};
use crate::error::{Error, Result};

/// What each number of a [`Proof`] may be; beyond it an answer is UNCERTIFIED.
pub const LIMIT: f64 = 1e-7;

/// How a row binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `a'x = b`.
    Equal,
    /// `a'x <= b`.
    AtMost,
    /// `a'x >= b`.
    AtLeast,
}

/// How the solver goes about a programme; bounds hold for either, and both are what `isard verify` compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Rows and columns scaled.
    #[default]
    Scaled,
    /// As they are, the rows in the opposite order.
    Plain,
}

/// One row of a programme, its numbers with what they may be off by.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub equal: bool,
    /// -1 where the row was given as `>=` and is kept as `<=`.
    sign: f64,
    pub terms: Vec<(usize, Bounded)>,
    pub right: Bounded,
}

impl Row {
    /// How it is kept.
    pub(super) fn kind(&self) -> Kind {
        if self.equal { Kind::Equal } else { Kind::AtMost }
    }

    /// Its coefficients of all variables.
    pub(super) fn dense_within(&self, n: usize) -> Vec<Bounded> {
        let mut all = vec![Bounded::ZERO; n];
        self.terms.iter().for_each(|&(j, v)| all[j] = all[j] + v);
        all
    }

    /// The same without bounds.
    pub(super) fn dense(&self, n: usize) -> Vec<f64> {
        self.dense_within(n).iter().map(|b| b.value).collect()
    }
}

/// A linear programme; variables are free unless a row says otherwise.
#[derive(Debug, Clone)]
pub struct Program {
    /// The costs c of the variables.
    pub cost: Vec<f64>,
    /// What the costs may be off by.
    pub cost_bound: Vec<f64>,
    /// How it is solved first.
    pub way: Way,
    rows: Vec<Row>,
}

/// How far an answer misses what an optimum must be, each part relative to one plus the size of what it is compared with.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Proof {
    /// Largest violation of a row.
    pub primal: f64,
    /// Largest violation of `c + A'z = 0` or `z >= 0`.
    pub dual: f64,
    /// Distance between the two objectives.
    pub gap: f64,
}

impl Proof {
    /// The worst of the three.
    pub fn worst(&self) -> f64 {
        greater(greater(self.primal, self.dual), self.gap)
    }

    /// Whether every part is within [`LIMIT`].
    pub fn holds(&self) -> bool {
        self.worst() <= LIMIT
    }

    /// The worst of both, part by part.
    pub fn and(self, other: Proof) -> Proof {
        Proof { primal: greater(self.primal, other.primal), dual: greater(self.dual, other.dual), gap: greater(self.gap, other.gap) }
    }
}

/// An optimum.
#[derive(Debug, Clone)]
pub struct Optimum {
    /// `c'x`.
    pub value: f64,
    /// The variables.
    pub x: Vec<f64>,
    /// For each row in the order given, how much the value changes with its right-hand side.
    pub duals: Vec<f64>,
    /// The z of each row as it is kept, `a'x = b` or `a'x <= b`.
    pub(super) multipliers: Vec<f64>,
    /// The check of this answer.
    pub proof: Proof,
}

impl Program {
    /// A programme without rows, all costs zero.
    pub fn new(variables: usize) -> Self {
        Program { cost: vec![0.0; variables], cost_bound: vec![0.0; variables], way: Way::default(), rows: Vec::new() }
    }

    /// Adds a row; a variable may be named several times.
    pub fn row(&mut self, kind: Kind, terms: impl IntoIterator<Item = (usize, f64)>, right: f64) {
        self.row_within(kind, terms.into_iter().map(|(i, v)| (i, Bounded::exact(v))), Bounded::exact(right));
    }

    /// Adds a row whose numbers are known within their bounds.
    pub fn row_within(&mut self, kind: Kind, terms: impl IntoIterator<Item = (usize, Bounded)>, right: Bounded) {
        let turn = |v: Bounded| if kind == Kind::AtLeast { -v } else { v };
        let terms = terms.into_iter().filter(|t| t.1 != Bounded::ZERO).map(|(i, v)| (i, turn(v))).collect();
        let sign = if kind == Kind::AtLeast { -1.0 } else { 1.0 };
        self.rows.push(Row { equal: kind == Kind::Equal, sign, terms, right: turn(right) });
    }

    /// The variable is at least 0.
    pub fn nonnegative(&mut self, variable: usize) {
        self.row(Kind::AtLeast, [(variable, 1.0)], 0.0);
    }

    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The rows, as `a'x = b` or `a'x <= b`.
    pub(super) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// The optimum; `who` is named in errors.
    ///
    /// # Errors
    /// When no point satisfies all rows, when the value falls without end, or when the solver gives no finite answer.
    pub fn solve(&self, who: &str) -> Result<Optimum> {
        self.solve_by(who, self.way)
    }

    /// The same, in one way first.
    pub(super) fn solve_by(&self, who: &str, way: Way) -> Result<Optimum> {
        let mut order = self.order();
        if way == Way::Plain {
            let equal = self.rows.iter().filter(|r| r.equal).count();
            order[..equal].reverse();
            order[equal..].reverse();
        }
        let (mut x, mut z, mut status) = self.interior_point(&order, who, way == Way::Scaled)?;
        let missed = |x: &[f64], z: &[f64]| Some(self.prove(x, z).worst()).filter(|w| w.is_finite()).unwrap_or(f64::INFINITY);
        // an answer that fails its check is sought once more the other way; the better one stays
        if !is_refusal(status) && missed(&x, &z) > LIMIT {
            let again = self.interior_point(&order, who, way != Way::Scaled)?;
            if !is_refusal(again.2) && missed(&again.0, &again.1) < missed(&x, &z) {
                (x, z, status) = again;
            }
        }
        let refuse = |what: &str, help: &str| Err(Error::not_solved(format!("the linear programme of {who} {what}"), help));
        match status {
            SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => {
                return refuse("has no feasible point", "check the data of this unit, or choose another direction or disposability");
            }
            SolverStatus::DualInfeasible | SolverStatus::AlmostDualInfeasible => {
                return refuse("is unbounded", "check the data of this unit, or choose another direction or disposability");
            }
            _ if x.iter().chain(&z).any(|v| !v.is_finite()) => {
                return refuse(&format!("was not solved ({status:?})"), "check the data for entries of very different size");
            }
            _ => {}
        }
        let proof = self.prove(&x, &z);
        let value = dot(&self.cost, &x);
        // the value changes by -z with the right-hand side of a row <=
        let duals = self.rows.iter().zip(&z).map(|(r, z)| -r.sign * z).collect();
        Ok(Optimum { value, x, duals, multipliers: z, proof })
    }

    /// Rows as the solver wants them: equalities first.
    fn order(&self) -> Vec<usize> {
        let (mut order, rest): (Vec<usize>, Vec<usize>) = (0..self.rows.len()).partition(|&i| self.rows[i].equal);
        order.extend(rest);
        order
    }

    /// x, z (by row as given) and how the solver ended.
    fn interior_point(&self, order: &[usize], who: &str, scaled: bool) -> Result<(Vec<f64>, Vec<f64>, SolverStatus)> {
        let (m, n) = (order.len(), self.cost.len());
        let (mut at_row, mut at_column, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (place, &i) in order.iter().enumerate() {
            for &(j, v) in &self.rows[i].terms {
                at_row.push(place);
                at_column.push(j);
                values.push(v.value);
            }
        }
        let a = CscMatrix::new_from_triplets(m, n, at_row, at_column, values);
        let b: Vec<f64> = order.iter().map(|&i| self.rows[i].right.value).collect();
        let equal = self.rows.iter().filter(|r| r.equal).count();
        let cones = [ZeroConeT(equal), NonnegativeConeT(m - equal)];
        let settings = DefaultSettings {
            verbose: false,
            max_threads: 1,
            equilibrate_enable: scaled,
            tol_gap_abs: 1e-11,
            tol_gap_rel: 1e-11,
            tol_feas: 1e-11,
            ..DefaultSettings::default()
        };
        let failed =
            |e: &dyn std::fmt::Display| Error::not_solved(format!("the linear programme of {who}: {e}"), "check the data of this unit");
        let mut solver = DefaultSolver::new(&CscMatrix::zeros((n, n)), &self.cost, &a, &b, &cones, settings).map_err(|e| failed(&e))?;
        solver.solve();
        let mut z = vec![0.0; m];
        for (place, &i) in order.iter().enumerate() {
            z[i] = solver.solution.z[place];
        }
        Ok((solver.solution.x.clone(), z, solver.solution.status))
    }

    /// Feasibility of both sides and the gap, from the rows alone.
    fn prove(&self, x: &[f64], z: &[f64]) -> Proof {
        let mut proof = Proof::default();
        let mut reduced = self.cost.clone();
        let mut other = 0.0;
        for (row, &z) in self.rows.iter().zip(z) {
            let right = row.right.value;
            let left: f64 = row.terms.iter().map(|&(j, v)| v.value * x[j]).sum();
            let size: f64 = row.terms.iter().map(|&(j, v)| (v.value * x[j]).abs()).fold(right.abs(), greater);
            let miss = if row.equal { (left - right).abs() } else { greater(left - right, 0.0) };
            proof.primal = greater(proof.primal, miss / (1.0 + size));
            if !row.equal {
                proof.dual = greater(proof.dual, -z);
            }
            row.terms.iter().for_each(|&(j, v)| reduced[j] += v.value * z);
            other -= right * z;
        }
        let size = 1.0 + self.cost.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
        proof.dual = reduced.iter().fold(proof.dual, |a, v| greater(a, v.abs() / size));
        let value = dot(&self.cost, x);
        proof.gap = (value - other).abs() / (1.0 + value.abs());
        proof
    }
}

/// Whether the solver says that there is no optimum.
fn is_refusal(status: SolverStatus) -> bool {
    use SolverStatus::{AlmostDualInfeasible, AlmostPrimalInfeasible, DualInfeasible, PrimalInfeasible};
    matches!(status, PrimalInfeasible | AlmostPrimalInfeasible | DualInfeasible | AlmostDualInfeasible)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
