//! Rigorous bounds of the optimum of a linear programme, whatever the solver, for all coefficients within their bounds.
//!
//! `min c'x, A x <= b` is at most `c'x` at a point that is proven to satisfy every row, and at least `-b'z` at duals that are
//! proven to satisfy `c + A'z = 0, z >= 0`. Both points are the corner that the solver found, where equalities are solved with a
//! proof ([`super::linear`]) and a row that rounding may break is mended by a step toward a point inside. So no box around the
//! variables is assumed. At an optimum `z_i (b_i - a_i'x) <= c'x + b'z`, so that the rows of a corner with `z_i > 0` hold the
//! variables in intervals. Neumaier, Shcherbina 2004, doi:10.1007/s10107-003-0433-3; Jansson 2004, doi:10.1137/S1052623402416839.

use super::linear::{Square, dot, independent, invert};
use super::lp::{Kind, Optimum, Program, Row, Way};
use crate::bounded::{Bounded, up};

/// What is proven of an optimum.
#[derive(Debug, Clone)]
pub struct Enclosure {
    /// The optimum.
    pub value: Bounded,
    /// The variables of every optimum; or why there are no such intervals.
    pub x: Result<Vec<Bounded>, String>,
}

/// A point that satisfies every row of a programme, and the value there.
struct Point {
    x: Vec<Bounded>,
    value: Bounded,
}

/// The rows of the corner where an answer lies: equalities first, then those with the largest duals beside their slacks.
fn corner(program: &Program, x: &[f64], z: &[f64]) -> Option<Vec<usize>> {
    let rows = program.all();
    let n = program.cost.len();
    let slack = |r: &Row| (r.right.value - r.terms.iter().map(|&(j, v)| v.value * x[j]).sum::<f64>()).max(0.0);
    let rank = |i: usize| if rows[i].equal { f64::INFINITY } else { z[i].max(0.0) / (slack(&rows[i]) + 1e-13) };
    let ranks: Vec<f64> = (0..rows.len()).map(rank).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| ranks[b].total_cmp(&ranks[a]));
    let dense: Vec<Vec<f64>> = rows.iter().map(|r| r.dense(n)).collect();
    let dense: Vec<&[f64]> = dense.iter().map(Vec::as_slice).collect();
    let chosen = independent(&dense, &order);
    (chosen.len() == n).then_some(chosen)
}

/// The corner as a point and as duals, not yet proven.
fn at_corner(program: &Program, corner: &[usize]) -> Option<(Vec<f64>, Vec<f64>)> {
    let (rows, n) = (program.all(), program.cost.len());
    let dense: Vec<f64> = corner.iter().flat_map(|&i| rows[i].dense(n)).collect();
    let inverse = invert(n, dense)?;
    let x = (0..n).map(|i| (0..n).map(|k| inverse[i * n + k] * rows[corner[k]].right.value).sum()).collect();
    let mut z = vec![0.0; rows.len()];
    for (k, &i) in corner.iter().enumerate() {
        z[i] = -(0..n).map(|j| inverse[j * n + k] * program.cost[j]).sum::<f64>();
    }
    Some((x, z))
}

impl Program {
    /// The programme whose optimum is the least upper bound of the negative of this one: `min b'z, A'z = -c, z >= 0`.
    fn dual(&self) -> Program {
        let rows = self.all();
        let mut dual = Program::new(rows.len());
        let mut columns: Vec<Vec<(usize, Bounded)>> = vec![Vec::new(); self.cost.len()];
        for (i, row) in rows.iter().enumerate() {
            dual.cost[i] = row.right.value;
            dual.cost_bound[i] = row.right.bound;
            row.terms.iter().for_each(|&(j, v)| columns[j].push((i, v)));
        }
        for (j, column) in columns.into_iter().enumerate() {
            dual.row_within(Kind::Equal, column, Bounded::new(-self.cost[j], self.cost_bound[j]));
        }
        (0..rows.len()).filter(|&i| !rows[i].equal).for_each(|i| dual.nonnegative(i));
        dual
    }

    /// A point inside: every row that is no equality holds with room to spare.
    fn inside(&self, who: &str) -> Option<Vec<f64>> {
        let n = self.cost.len();
        let mut program = Program::new(n + 1);
        program.cost[n] = -1.0;
        for row in self.all() {
            let room = (!row.equal).then_some((n, Bounded::exact(1.0)));
            program.row_within(row.kind(), row.terms.iter().copied().chain(room), row.right);
        }
        program.row(Kind::AtMost, [(n, 1.0)], 1.0);
        let mut x = program.solve_by(who, Way::Scaled).ok()?.x;
        (x.pop()? > 0.0).then_some(x)
    }

    /// A point near `start` that is proven to satisfy all rows; variables with a large weight take up what equalities miss.
    fn proven(&self, start: &[f64], weight: &[f64], who: &str) -> Result<Point, String> {
        let equalities = Equalities::new(self, weight)?;
        let mut at = start.to_vec();
        let mut step: f64 = 0.0;
        let mut inside: Option<(Vec<f64>, Vec<f64>)> = None;
        for _ in 0..12 {
            let x = equalities.meet(&at);
            let excess = self.excess(&x);
            if excess.iter().all(|e| *e <= 0.0) {
                let value = dot(x.iter().enumerate().map(|(j, x)| (Bounded::new(self.cost[j], self.cost_bound[j]), *x)));
                return if value.bound.is_finite() { Ok(Point { x, value }) } else { Err("its value is beyond all numbers".into()) };
            }
            if inside.is_none() {
                let inner = self.inside(who).ok_or("no point lies inside of all its rows")?;
                let room = self.excess(&equalities.meet(&inner)).iter().map(|e| -e).collect::<Vec<f64>>();
                inside = Some((inner, room));
            }
            let (inner, room) = inside.as_ref().expect("set above");
            let due = excess.iter().zip(room).filter(|(e, _)| **e > 0.0);
            let due = due.fold(0.0, |a: f64, (e, room)| if *room > 0.0 { a.max(2.0 * e / (e + room)) } else { f64::INFINITY });
            step = (8.0 * step).max(due);
            if step.is_nan() || step >= 1e-2 {
                return Err("its point inside lies too near its rows".into());
            }
            at = start.iter().zip(inner).map(|(a, b)| a + step * (b - a)).collect();
        }
        Err("no point is proven to satisfy its rows".into())
    }

    /// By how much each row that is no equality may be broken; at most 0 where it surely holds.
    fn excess(&self, x: &[Bounded]) -> Vec<f64> {
        let of = |r: &Row| {
            // a variable that is 0 leaves a row without rounding
            let left = dot(r.terms.iter().filter(|(j, _)| x[*j] != Bounded::ZERO).map(|&(j, v)| (v, x[j])));
            let over = left - r.right;
            let most = over.value + over.bound;
            if most.is_nan() { f64::INFINITY } else { most }
        };
        let sign = |r: &Row| match r.terms[..] {
            // a bound on one variable is compared without rounding
            [(j, v)] if r.right == Bounded::ZERO && v.bound == 0.0 && v.value.abs() == 1.0 => {
                Some(if v.value > 0.0 { x[j].value + x[j].bound } else { x[j].bound - x[j].value })
            }
            _ => None,
        };
        self.all().iter().filter(|r| !r.equal).map(|r| sign(r).unwrap_or_else(|| of(r))).collect()
    }

    /// Proven intervals of the optimum and of its variables, from the answer of the solver; `who` is named by the solver.
    ///
    /// # Errors
    /// Why nothing is proven, in words.
    pub fn enclose(&self, found: &Optimum, who: &str) -> Result<Enclosure, String> {
        let corner = corner(self, &found.x, &found.multipliers);
        let guess = corner.as_ref().and_then(|c| at_corner(self, c));
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * (1.0 + b.abs()));
        let (x, z) = (found.x.clone(), found.multipliers.clone());
        let x = guess.as_ref().map(|g| &g.0).filter(|g| near(g, &x)).cloned().unwrap_or(x);
        let z = guess.map(|g| g.1).filter(|g| near(g, &z)).unwrap_or(z);
        // a dual that is nought but for rounding is nought
        let z: Vec<f64> = self.all().iter().zip(z).map(|(r, z)| if r.equal { z } else { z.max(0.0) }).collect();
        let above = self.proven(&x, &vec![1.0; x.len()], who)?;
        let dual = self.dual();
        let weight: Vec<f64> = self.all().iter().zip(&z).map(|(r, z)| if r.equal { 1e3 } else { z + 1e-12 }).collect();
        let below = dual.proven(&z, &weight, who).map_err(|e| format!("of its duals, {e}"))?;
        let (low, high) = (-up_from(below.value), up_from(above.value));
        if low.is_nan() || high.is_nan() || low > high {
            return Err(format!("the bounds {low} and {high} of its optimum do not meet"));
        }
        // the number of the solver stays, unless it is proven wrong
        let middle = found.value.clamp(low, high);
        let value = Bounded::new(middle, up((high - middle).max(middle - low) + f64::EPSILON * middle.abs()));
        let x = corner.ok_or("its rows do not pin the variables down".to_string());
        let x = x.and_then(|corner| self.pinned(&corner, &below.x, up(high - low)));
        Ok(Enclosure { value, x })
    }

    /// Intervals of the variables of every optimum, from duals and how far the bounds of the optimum lie apart.
    fn pinned(&self, corner: &[usize], z: &[Bounded], gap: f64) -> Result<Vec<Bounded>, String> {
        let (rows, n) = (self.all(), self.cost.len());
        let dense = corner.iter().flat_map(|&i| rows[i].dense_within(n)).collect();
        let square = Square::new(n, dense).ok_or("the rows that bind are not proven to pin the variables down")?;
        let mut right = Vec::with_capacity(n);
        for &i in corner {
            let slack = if rows[i].equal { 0.0 } else { up(gap / (z[i].value - z[i].bound)) };
            if !(slack >= 0.0 && slack.is_finite()) {
                return Err("the optimum is not proven to be unique".into());
            }
            right.push(rows[i].right + Bounded::new(-0.5 * slack, 0.5 * slack));
        }
        Ok(square.solve(&right))
    }
}

/// The end above of an interval, rounded outward.
fn up_from(b: Bounded) -> f64 {
    let end = b.value + b.bound;
    end + f64::EPSILON * (b.value.abs() + b.bound)
}

/// The equalities of a programme, solved for some of its variables.
struct Equalities<'p> {
    program: &'p Program,
    rows: Vec<&'p Row>,
    /// The variables that are solved for, and the place of each.
    basic: Vec<usize>,
    square: Option<Square>,
}

impl<'p> Equalities<'p> {
    fn new(program: &'p Program, weight: &[f64]) -> Result<Self, String> {
        let rows: Vec<&Row> = program.all().iter().filter(|r| r.equal).collect();
        let m = rows.len();
        let n = program.cost.len();
        if m == 0 {
            return Ok(Equalities { program, rows, basic: Vec::new(), square: None });
        }
        // columns as rows, the heavy ones first
        let dense: Vec<Vec<Bounded>> = rows.iter().map(|r| r.dense_within(n)).collect();
        let columns: Vec<Vec<f64>> = (0..n).map(|j| dense.iter().map(|r| r[j].value).collect()).collect();
        let large = |j: usize| weight[j] * columns[j].iter().fold(0.0, |a: f64, v| a.max(v.abs()));
        let mut order: Vec<usize> = (0..n).filter(|&j| large(j) > 0.0).collect();
        order.sort_by(|&a, &b| large(b).total_cmp(&large(a)));
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let basic = independent(&columns, &order);
        let singular = || "its equalities are not proven to be independent".to_string();
        if basic.len() < m {
            return Err(singular());
        }
        let entries = dense.iter().flat_map(|r| basic.iter().map(|&j| r[j])).collect();
        let square = Some(Square::new(m, entries).ok_or_else(singular)?);
        Ok(Equalities { program, rows, basic, square })
    }

    /// The point with its basic variables moved so that all equalities hold.
    fn meet(&self, at: &[f64]) -> Vec<Bounded> {
        let mut x: Vec<Bounded> = at.iter().map(|v| Bounded::exact(*v)).collect();
        let Some(square) = &self.square else { return x };
        let mut is_basic = vec![false; self.program.cost.len()];
        self.basic.iter().for_each(|&j| is_basic[j] = true);
        let rest = |r: &&Row| r.right - dot(r.terms.iter().filter(|(j, _)| !is_basic[*j] && at[*j] != 0.0).map(|&(j, v)| (v, x[j])));
        let right: Vec<Bounded> = self.rows.iter().map(rest).collect();
        for (&j, v) in self.basic.iter().zip(square.solve(&right)) {
            x[j] = v;
        }
        x
    }
}
