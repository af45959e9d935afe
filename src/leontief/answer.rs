//! Any block of right-hand sides on any operator, with a bound for every entry of the answer.
//!
//! With a weight `(I - |A|) w >= g > 0`, `|x_i - x*_i| <= w_i max_j(size_j / g_j)`, where `size` is the rigorous size of
//! the recomputed residual and of what the right-hand side itself may be off by. The weight is grown from a start `s > 0`:
//! `w_m = s + |A| w_m-1` leaves `s - |A|^(m+1) s`; gross output is a good start, as what it leaves is final demand. A column
//! that this does not prove gets the better of two further weights, from ones and from its own answer. Berman, Plemmons,
//! ch. 6.

use ndarray::{Array1, ArrayView2, Axis};

use crate::bounded::{Bounded, Sum, gamma, greater, up};
use crate::certificate::{Weight, product, residual_sizes, twofold_sizes};
use crate::operator::{Direction, Operator, positive};
use crate::solve::{Judge, Prepared, Progress, Reason, RelativeResidual, Solution, Stopping, column_norms, one_norms};
use crate::threads::prelude::*;

mod own;

use own::relative_bounds;

/// Terms after which no further weight is tried.
const TERMS: usize = 200;
/// Terms after which a weight is solved for where no entry is negative, and the residual of that solve, relative: the
/// smallest row may be far below the mean.
const FEW: usize = 40;
const ROUGH: f64 = 1e-10;
/// Residual of a further refinement, relative to what was left.
const REFINED: f64 = 1e-4;
/// What a weight made for one column takes from the common start, as a share.
const COMMON: f64 = 1e-3;
/// A weight that leaves this much of itself in every row is good: bounds do not lose more than the inverse to it. So
/// many terms are spent on a good one where the bound is the goal.
const GOOD: f64 = 0.02;
const PATIENCE: usize = 12;
/// Rows a task takes at once.
const ROWS: usize = 1_024;

/// When a column is good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The bounds of all entries add up to no more than this share of the answer.
    Bound(f64),
    /// The 1-norm of the residual is no more than this share of the right-hand side.
    Residual(f64),
}

/// Right-hand sides (n x k) and, where they are not exact, what they may be off by (n x k).
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// The columns.
    pub b: ArrayView2<'a, f64>,
    /// Bounds on their errors.
    pub unsure: Option<ArrayView2<'a, f64>>,
}

impl<'a> From<ArrayView2<'a, f64>> for Sides<'a> {
    fn from(b: ArrayView2<'a, f64>) -> Self {
        Sides { b, unsure: None }
    }
}

impl Sides<'_> {
    /// What entry `i` of column `k` may be off by.
    fn error(&self, i: usize, k: usize) -> f64 {
        self.unsure.map_or(0.0, |unsure| unsure[[i, k]])
    }
}

/// What is proven of each column: a weight, and what to multiply it with.
#[derive(Debug, Clone)]
pub struct Proof {
    weights: Vec<Vec<f64>>,
    /// The weight of each column, and its factor.
    columns: Vec<(usize, f64)>,
}

/// An answer and what is proven of it.
#[must_use]
pub struct Answer {
    /// The solution.
    pub solution: Solution,
    /// `|b - x + A x|_1 / |b|_1` of each column.
    pub residuals: Vec<f64>,
    /// `None`: nothing is proven.
    pub proof: Option<Proof>,
    relative: Vec<f64>,
}

impl Answer {
    /// The bound of entry `i` of column `k`; infinite where nothing is proven.
    pub fn bound(&self, i: usize, k: usize) -> f64 {
        self.proof.as_ref().map_or(f64::INFINITY, |proof| {
            let (weight, scale) = proof.columns[k];
            if scale == 0.0 { 0.0 } else { up(proof.weights[weight][i] * scale) }
        })
    }

    /// The sum of all bounds of column `k`, relative to the answer; infinite where nothing is proven.
    pub fn relative_bound(&self, k: usize) -> f64 {
        self.relative[k]
    }

    /// The sum of column `k`, with the bounds of all its entries and the rounding of the sum.
    pub fn sum(&self, k: usize) -> Bounded {
        let mut sum = Sum::default();
        sum.extend(self.solution.x.column(k));
        let Bounded { value, bound } = sum.bounded();
        let entries: f64 = (0..self.solution.x.nrows()).map(|i| self.bound(i, k)).sum();
        Bounded::new(value, if entries == 0.0 { bound } else { up(bound + entries * (1.0 + gamma(self.solution.x.nrows() as f64))) })
    }

    /// The sum of the sizes of the entries of column `k`.
    pub fn size(&self, k: usize) -> f64 {
        self.solution.x.column(k).iter().map(|v| v.abs()).sum()
    }
}

/// Where a weight may grow from: gross output, and a little where there is none; for A' ones.
pub fn weight_start(direction: Direction, output: &Array1<f64>) -> Vec<f64> {
    if direction == Direction::Transposed {
        return vec![1.0; output.len()];
    }
    positive(output.as_slice().expect("one vector"))
}

/// A weight from `start > 0`, grown or, where that takes long, solved for: `(I - A) w = start`, then judged like any other.
/// `None`: the system is not proven productive.
fn weight(prepared: &Prepared, direction: Direction, start: &[f64], patience: usize) -> Option<Weight> {
    let operator = prepared.operator();
    let solvable = !operator.has_negative();
    // what the method knows is of its own operator
    let known = prepared.inputs_of(direction, start);
    let found = grown(prepared, direction, start, known, patience, if solvable { FEW } else { TERMS });
    if found.is_some() || !solvable {
        return found;
    }
    let b = ArrayView2::from_shape((start.len(), 1), start).expect("one column");
    let stopping = Stopping { max_iter: 20 * TERMS, ..Stopping::default() };
    let solution = prepared.solve(direction, b, &RelativeResidual::new(ROUGH, b), &stopping, &|_| prepared.goes_on());
    let w = solution.x.into_raw_vec_and_offset().0;
    if !w.iter().all(|v| *v > 0.0 && v.is_finite()) {
        return None;
    }
    grown(prepared, direction, &w, None, 0, 1)
}

/// Grows a weight from `start > 0`, whose inputs may be known, so many terms more than needed where that makes it a good one.
fn grown(prepared: &Prepared, direction: Direction, start: &[f64], known: Option<&[f64]>, patience: usize, terms: usize) -> Option<Weight> {
    let operator = prepared.operator();
    let factor = operator.rounding_steps(direction) + 2.0;
    let mut w = start.to_vec();
    for term in (0..terms).take_while(|_| prepared.goes_on()) {
        let (inputs, factor) = match known {
            // as sums of whole rows in any order
            Some(inputs) if term == 0 => (inputs.to_vec(), factor.max(operator.dim() as f64 + 4.0)),
            _ => {
                let view = ArrayView2::from_shape((w.len(), 1), &w).expect("one column");
                (product(operator, direction, true, view).into_raw_vec_and_offset().0, factor)
            }
        };
        let g = gamma(factor);
        let left: Vec<f64> = w.par_iter().zip(&inputs).map(|(w, a)| (w - a) - up(g * (w + a))).collect();
        let least = if term < patience { GOOD } else { f64::MIN_POSITIVE };
        if left.par_iter().zip(&w).all(|(g, w)| *g >= least * w && *g > 0.0) {
            return Some(Weight { w, g: left });
        }
        if !inputs.iter().all(|v| v.is_finite()) {
            return None;
        }
        w.par_iter_mut().zip(start).zip(&inputs).for_each(|((w, s), a)| *w = s + a);
    }
    None
}

/// Bounds of all entries against the answer.
struct Total<'a> {
    weight: &'a Weight,
    sum: f64,
    tolerance: f64,
}

impl Judge for Total<'_> {
    fn measure(&self, _: &[usize], x: &[f64], r: &[f64], out: &mut [f64]) {
        let k = out.len();
        let ratios = largest_by_column(k, r.len() / k, |i, c| r[i * k + c].abs() / self.weight.g[i]);
        for ((out, ratio), size) in out.iter_mut().zip(ratios).zip(one_norms(k, x)) {
            *out = if ratio == 0.0 { 0.0 } else { ratio * self.sum / (self.tolerance * size) };
        }
    }
}

/// Solves right-hand sides (n x k) and proves what can be proven. `start > 0` (n) is where the weight grows from.
pub fn answer<'a>(
    prepared: &Prepared,
    direction: Direction,
    sides: impl Into<Sides<'a>>,
    start: &[f64],
    goal: Goal,
    stopping: &Stopping,
    progress: Progress,
) -> Answer {
    let sides = sides.into();
    let operator = prepared.operator();
    let b = sides.b;
    let patience = if matches!(goal, Goal::Bound(_)) { PATIENCE } else { 0 };
    let weight = weight(prepared, direction, start, patience);
    let mut solution = match (goal, &weight) {
        (Goal::Bound(tolerance), Some(weight)) => {
            let judge = Total { weight, sum: weight.w.iter().sum(), tolerance: 0.5 * tolerance };
            prepared.solve_kept(direction, b, &judge, stopping, progress)
        }
        (Goal::Bound(tolerance) | Goal::Residual(tolerance), _) => {
            prepared.solve_kept(direction, b, &RelativeResidual::new(tolerance, b), stopping, progress)
        }
    };
    // what was ended proves nothing, and is not looked at any further
    let weight = weight.filter(|_| prepared.goes_on());
    if weight.is_none() && !operator.has_negative() && prepared.goes_on() {
        // the series has no sum: what solves the equations is not the answer
        solution.reasons.iter_mut().filter(|r| **r == Reason::Converged).for_each(|r| *r = Reason::Diverged);
    }
    let mut answer =
        Answer { residuals: relative_residuals(b, &solution), solution, proof: None, relative: vec![f64::INFINITY; b.ncols()] };
    if let Some(weight) = weight {
        let closely = matches!(goal, Goal::Bound(_));
        let scale = scales(operator, direction, sides, &answer.solution, &weight, closely);
        answer.relative = relative_bounds(&weight, &scale, &answer.solution);
        let columns = scale.into_iter().map(|s| (0, s)).collect();
        answer.proof = Some(Proof { weights: vec![weight.w.clone()], columns });
        if let Goal::Bound(tolerance) = goal {
            answer.sharpen(prepared, direction, sides, start, tolerance, stopping.max_iter);
            answer.fit(operator, direction, sides, &weight);
        }
        // without a bound on every column nothing is proven
        answer.proof = answer.proof.filter(|proof| proof.columns.iter().all(|(_, s)| s.is_finite()));
        if answer.proof.is_none() {
            answer.relative.fill(f64::INFINITY);
        }
    }
    answer
}

/// `|r|_1 / |b|_1` of each column.
fn relative_residuals(b: ArrayView2<f64>, solution: &Solution) -> Vec<f64> {
    let sizes = column_norms(solution.residual.view()).into_iter().zip(column_norms(b));
    sizes.map(|(r, b)| if r == 0.0 { 0.0 } else { r / b.max(f64::MIN_POSITIVE) }).collect()
}

impl Answer {
    /// Other proofs of the columns that the common weight does not prove to the tolerance: it may be large where a column
    /// is small. All are refined once more first, as what the common weight let pass may be much by another.
    #[allow(clippy::too_many_arguments)]
    fn sharpen(&mut self, prepared: &Prepared, direction: Direction, sides: Sides, start: &[f64], tolerance: f64, max_iter: usize) {
        let operator = prepared.operator();
        let poor: Vec<usize> = (0..self.relative.len()).filter(|&k| beyond(self.relative[k], tolerance)).collect();
        if poor.is_empty() {
            return;
        }
        let b = sides.b.select(Axis(1), &poor);
        let unsure = sides.unsure.map(|u| u.select(Axis(1), &poor));
        let sides = Sides { b: b.view(), unsure: unsure.as_ref().map(|u| u.view()) };
        let left = self.solution.residual.select(Axis(1), &poor);
        let mut refined = Solution {
            x: self.solution.x.select(Axis(1), &poor),
            residual: left.clone(),
            reasons: poor.iter().map(|&k| self.solution.reasons[k]).collect(),
            ..self.solution.clone()
        };
        // the passes of a refinement count with those of the solve
        let stopping = Stopping { max_iter: TERMS.min(max_iter.saturating_sub(self.solution.passes)), ..Stopping::default() };
        if stopping.max_iter > 0 {
            let judge = RelativeResidual::new(REFINED, left.view());
            let step = prepared.solve(direction, left.view(), &judge, &stopping, &|_| prepared.goes_on());
            refined.x += &step.x;
            refined.residual = &b - &refined.x + product(operator, direction, false, refined.x.view());
            self.solution.passes += step.passes;
        }
        let residuals = relative_residuals(b.view(), &refined);
        let mut left_over: Vec<usize> = (0..poor.len()).collect();
        let ones = vec![1.0; start.len()];
        if start.iter().any(|s| *s != 1.0)
            && let Some(weight) = weight(prepared, direction, &ones, PATIENCE)
        {
            let scale = scales(operator, direction, sides, &refined, &weight, true);
            let relative = relative_bounds(&weight, &scale, &refined);
            let number = self.further(weight.w);
            for (c, &k) in poor.iter().enumerate() {
                self.take(k, (number, scale[c]), relative[c], tolerance, &refined, residuals[c], c);
            }
            left_over.retain(|&c| beyond(self.relative[poor[c]], tolerance));
        }
        let total: f64 = start.iter().sum();
        for c in left_over.into_iter().take_while(|_| prepared.goes_on()) {
            // what it leaves in each row is in proportion to the answer there, as rounding is
            let x = refined.x.column(c);
            let size: f64 = x.iter().map(|v| v.abs()).sum();
            if ![size, total].iter().all(|s| *s > 0.0 && s.is_finite()) {
                continue;
            }
            let own: Vec<f64> = x.iter().zip(start).map(|(x, s)| x.abs() / size + COMMON * s / total).collect();
            let Some(weight) = weight(prepared, direction, &own, PATIENCE) else { continue };
            let one = Solution {
                x: refined.x.select(Axis(1), &[c]),
                residual: refined.residual.select(Axis(1), &[c]),
                reasons: vec![refined.reasons[c]],
                history: Vec::new(),
                ..refined
            };
            let (b, unsure) = (b.select(Axis(1), &[c]), unsure.as_ref().map(|u| u.select(Axis(1), &[c])));
            let sides = Sides { b: b.view(), unsure: unsure.as_ref().map(|u| u.view()) };
            let scale = scales(operator, direction, sides, &one, &weight, true);
            let relative = relative_bounds(&weight, &scale, &one);
            let number = self.further(weight.w);
            self.take(poor[c], (number, scale[0]), relative[0], tolerance, &refined, residuals[c], c);
        }
    }

    /// Keeps a further weight; its number.
    fn further(&mut self, w: Vec<f64>) -> usize {
        let proof = self.proof.as_mut().expect("sharpened is what is proven");
        proof.weights.push(w);
        proof.weights.len() - 1
    }

    /// Takes column `c` of a refined solution and its proof for column `k`, where it is the better one.
    #[allow(clippy::too_many_arguments)]
    fn take(&mut self, k: usize, proof: (usize, f64), relative: f64, tolerance: f64, refined: &Solution, residual: f64, c: usize) {
        if relative.is_nan() || relative >= self.relative[k] {
            return;
        }
        self.solution.x.column_mut(k).assign(&refined.x.column(c));
        self.solution.residual.column_mut(k).assign(&refined.residual.column(c));
        if relative <= tolerance && self.solution.reasons[k] == Reason::Stagnated {
            self.solution.reasons[k] = Reason::Converged;
        }
        (self.residuals[k], self.relative[k]) = (residual, relative);
        self.proof.as_mut().expect("sharpened is what is proven").columns[k] = proof;
    }
}

/// Whether a bound is not proven to be within the tolerance; NaN is not.
fn beyond(relative: f64, tolerance: f64) -> bool {
    relative.is_nan() || relative > tolerance
}

/// `max_i size_i / g_i` of each column, rounded up; exactly 0 for a right-hand side and an answer of nothing. `closely`: with
/// a product for the sizes alone, which is wasted where a residual is left that is far above rounding.
fn scales(operator: &dyn Operator, direction: Direction, sides: Sides, solution: &Solution, weight: &Weight, closely: bool) -> Vec<f64> {
    let b = sides.b;
    let (n, k) = b.dim();
    let (x, r) = (&solution.x, &solution.residual);
    let close = if closely { twofold_sizes(operator, direction, b, x.view(), r.view()) } else { None };
    let found = if let Some(sizes) = close {
        largest_by_column(k, n, |i, c| up(sizes[[i, c]] + sides.error(i, c)) / weight.g[i])
    } else if !operator.has_negative() && x.iter().all(|v| *v >= 0.0) {
        // A x = x - b + r up to its own rounding: no further product
        let g = gamma(operator.rounding_steps(direction) + 2.0);
        largest_by_column(k, n, |i, c| {
            let (x, b, r) = (x[[i, c]], b[[i, c]].abs(), r[[i, c]].abs());
            let inputs = up(x + b + r) * (1.0 + 4.0 * g);
            up(r + sides.error(i, c) + up(g * up(b + x + inputs))) / weight.g[i]
        })
    } else {
        let sizes = residual_sizes(operator, direction, b, x.view(), r.view());
        largest_by_column(k, n, |i, c| up(sizes[[i, c]] + sides.error(i, c)) / weight.g[i])
    };
    let nothing = |c: usize| b.column(c).iter().chain(x.column(c)).all(|v| *v == 0.0) && (0..n).all(|i| sides.error(i, c) == 0.0);
    found.into_iter().enumerate().map(|(c, v)| if nothing(c) { 0.0 } else { up(up(v)) }).collect()
}

/// The largest value of each column; infinite where one is NaN.
fn largest_by_column(k: usize, n: usize, value: impl Fn(usize, usize) -> f64 + Sync) -> Vec<f64> {
    let chunks: Vec<Vec<f64>> = (0..n.div_ceil(ROWS))
        .into_par_iter()
        .map(|chunk| {
            let mut found = vec![0.0f64; k];
            for i in chunk * ROWS..((chunk + 1) * ROWS).min(n) {
                for (c, found) in found.iter_mut().enumerate() {
                    let v = value(i, c);
                    *found = greater(*found, v);
                }
            }
            found
        })
        .collect();
    (0..k).map(|c| chunks.iter().fold(0.0, |m, chunk| greater(m, chunk[c]))).collect()
}
