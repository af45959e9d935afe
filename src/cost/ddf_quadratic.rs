//! The quadratic directional output distance function, fitted by a linear programme.
//!
//! ```text
//! D(x, y, b) = a0 + sum a_n x_n + b1 y + g1 b + 1/2 sum a_nm x_n x_m + 1/2 b2 y^2 + 1/2 g2 b^2
//!              + sum d_n x_n y + sum e_n x_n b + mu y b          (N inputs: N(N+1)/2 + 3N + 6 parameters)
//! min sum_k D_k  s.t.  (i) D_k >= 0  (ii) D(x_k, y_k, 0) <= -eps  (iii) dD/dy <= 0  (iv) dD/db >= 0  (v) dD/dx_n >= 0
//!   (vi) g_y b1 - g_b g1 = -1, g_y b2 = g_b mu, g_y mu = g_b g2, g_y d_n = g_b e_n  (vii) a_nm = a_mn
//! p_b = -p_y (dD/db) / (dD/dy)
//! ```
//! so that `D(y + a g_y, b - a g_b) = D(y, b) - a`. Year effects: constants, or a trend `t, t^2, t x_n, t y, t b` with
//! `g_y (t y) = g_b (t b)` in the coefficients. Fare, Grosskopf, Noh, Weber 2005, doi:10.1016/j.jeconom.2004.05.010;
//! Fare, Grosskopf, Weber 2006, Ecological Economics 56:89-103; the programme is that of Aigner and Chu 1968.

use super::linear::dot;
use super::local_share::window;
use super::lp::{Kind, Optimum, Program};
use super::panel::Units;
use super::price::{Found, Mark, slope};
use super::settings::{Direction, Effects, Settings};
use crate::bounded::{Bounded, UNIT_ROUNDOFF, gamma};
use crate::check::Check;
use crate::error::{Error, Result};

/// How far a region without CO2 must at least be from what is possible.
const NULL_JOINT: f64 = 1e-6;

/// Which function of the parameters is meant: D or one of its derivatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Distance,
    DGdp,
    DCo2,
    DInput(usize),
}

/// A point at which D is taken.
#[derive(Debug, Clone, Copy)]
struct Point<'a> {
    x: &'a [f64],
    y: f64,
    b: f64,
    /// Year, as a position.
    year: usize,
}

/// The places of the parameters.
#[derive(Debug, Clone, Copy)]
struct Form {
    n: usize,
    years: usize,
    effects: Effects,
}

impl Form {
    fn linear(self) -> usize {
        1 + self.n
    }
    /// b1, g1, b2, g2, mu follow each other.
    fn pair(self, n: usize, m: usize) -> usize {
        let (n, m) = (n.min(m), n.max(m));
        self.linear() + 5 + m * (m + 1) / 2 + n
    }
    fn with_gdp(self, n: usize) -> usize {
        self.linear() + 5 + self.n * (self.n + 1) / 2 + n
    }
    fn with_co2(self, n: usize) -> usize {
        self.with_gdp(self.n) + n
    }
    fn effects(self) -> usize {
        self.with_co2(self.n)
    }
    fn parameters(self) -> usize {
        self.effects()
            + match self.effects {
                Effects::None => 0,
                Effects::Dummies => self.years - 1,
                Effects::Trend => self.n + 4,
            }
    }

    /// The coefficients of the parameters in a part of D.
    fn terms(self, part: Part, p: Point) -> Vec<(usize, f64)> {
        let [b1, g1, b2, g2, mu] = std::array::from_fn(|i| self.linear() + i);
        let Point { x, y, b, year } = p;
        let all = 0..self.n;
        let mut terms: Vec<(usize, f64)> = match part {
            Part::Distance => {
                let mut terms = vec![(0, 1.0), (b1, y), (g1, b), (b2, 0.5 * y * y), (g2, 0.5 * b * b), (mu, y * b)];
                for n in all {
                    terms.extend([(1 + n, x[n]), (self.with_gdp(n), x[n] * y), (self.with_co2(n), x[n] * b)]);
                    terms.extend((0..=n).map(|m| (self.pair(m, n), if m == n { 0.5 } else { 1.0 } * x[m] * x[n])));
                }
                terms
            }
            Part::DGdp => [(b1, 1.0), (b2, y), (mu, b)].into_iter().chain(all.map(|n| (self.with_gdp(n), x[n]))).collect(),
            Part::DCo2 => [(g1, 1.0), (g2, b), (mu, y)].into_iter().chain(all.map(|n| (self.with_co2(n), x[n]))).collect(),
            Part::DInput(n) => [(1 + n, 1.0), (self.with_gdp(n), y), (self.with_co2(n), b)]
                .into_iter()
                .chain(all.map(|m| (self.pair(n, m), x[m])))
                .collect(),
        };
        let first = self.effects();
        match (self.effects, part) {
            (Effects::Dummies, Part::Distance) if year > 0 => terms.push((first + year - 1, 1.0)),
            (Effects::Trend, part) => {
                let t = year as f64 / self.years as f64;
                match part {
                    Part::Distance => {
                        terms.extend([(first, t), (first + 1, t * t), (first + 2, t * y), (first + 3, t * b)]);
                        terms.extend((0..self.n).map(|n| (first + 4 + n, t * x[n])));
                    }
                    Part::DGdp => terms.push((first + 2, t)),
                    Part::DCo2 => terms.push((first + 3, t)),
                    Part::DInput(n) => terms.push((first + 4 + n, t)),
                }
            }
            _ => {}
        }
        terms
    }

    fn value(self, part: Part, p: Point, parameters: &[f64]) -> f64 {
        self.terms(part, p).iter().map(|&(i, v)| v * parameters[i]).sum()
    }

    /// Constraint (vi): D falls by a when (y, b) moves by a (g_y, -g_b).
    fn translation(self, program: &mut Program, [gy, gb]: [f64; 2]) {
        let [b1, g1, b2, g2, mu] = std::array::from_fn(|i| self.linear() + i);
        let mut equal = |terms: [(usize, f64); 2], right| program.row(Kind::Equal, terms, right);
        equal([(b1, gy), (g1, -gb)], -1.0);
        equal([(b2, gy), (mu, -gb)], 0.0);
        equal([(mu, gy), (g2, -gb)], 0.0);
        (0..self.n).for_each(|n| equal([(self.with_gdp(n), gy), (self.with_co2(n), -gb)], 0.0));
        if self.effects == Effects::Trend {
            equal([(self.effects() + 2, gy), (self.effects() + 3, -gb)], 0.0);
        }
    }
}

/// The number of parameters for `inputs` inputs and `years` years.
pub fn parameters(inputs: usize, years: usize, effects: Effects) -> usize {
    Form { n: inputs, years, effects: if years == 1 { Effects::None } else { effects } }.parameters()
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let g = match settings.toward()? {
        Direction::Both => [1.0, 1.0],
        Direction::Gdp => [1.0, 0.0],
        Direction::Co2 => [0.0, 1.0],
        Direction::Own => {
            return Err(Error::invalid(
                "the quadratic function needs one direction for all regions: its translation property fails for (y,-b)",
                "pass `direction` both, which is (mean y, -mean b), or `estimator` frontier",
            ));
        }
    };
    // without a window all years count, later ones too
    let years = if settings.window.is_some() { window(year, settings.window()) } else { 0..=units.years - 1 };
    let (first, count) = (*years.start(), years.end() - years.start() + 1);
    let effects = if count == 1 { Effects::None } else { settings.effects };
    let form = Form { n: units.inputs(), years: count, effects };
    let counts = |k: usize| weights[k / units.years] > 0.0 && years.contains(&(k % units.years));
    let sample: Vec<usize> = (0..units.names.len()).filter(|&k| counts(k)).collect();
    if sample.len() < form.parameters() {
        return Err(Error::too_few(
            format!("{} observations for {} parameters of the quadratic function", sample.len(), form.parameters()),
            "add years or regions, name fewer inputs, or use `estimator` frontier",
        ));
    }
    let x: Vec<Vec<f64>> = units.x.rows().into_iter().map(|r| r.to_vec()).collect();
    let point = |k: usize| Point { x: &x[k], y: units.y[k], b: units.b[k], year: k % units.years - first };
    let mut program = Program::new(form.parameters());
    program.way = settings.solver;
    let within = |part: Part, p: Point| form.terms(part, p).into_iter().map(|(i, v)| (i, units.within(v))).collect::<Vec<_>>();
    form.translation(&mut program, g);
    for &k in &sample {
        let weight = weights[k / units.years];
        form.terms(Part::Distance, point(k)).into_iter().for_each(|(i, v)| program.cost[i] += weight * v);
        program.row_within(Kind::AtLeast, within(Part::Distance, point(k)), Bounded::ZERO);
        program.row_within(Kind::AtMost, within(Part::Distance, Point { b: 0.0, ..point(k) }), Bounded::exact(-NULL_JOINT));
        program.row_within(Kind::AtMost, within(Part::DGdp, point(k)), Bounded::ZERO);
        program.row_within(Kind::AtLeast, within(Part::DCo2, point(k)), Bounded::ZERO);
        (0..form.n).for_each(|n| program.row_within(Kind::AtLeast, within(Part::DInput(n), point(k)), Bounded::ZERO));
    }
    // the mean distance, so that sums over many observations do not hide a gap
    let total: f64 = sample.iter().map(|k| weights[k / units.years]).sum();
    program.cost.iter_mut().for_each(|c| *c /= total);
    // sums of terms that are not negative
    let off = 5.0 * units.off + gamma(sample.len() as f64 + 8.0) + 8.0 * UNIT_ROUNDOFF;
    program.cost_bound = program.cost.iter().map(|c| off * c).collect();
    let who = "the quadratic distance function";
    let found = program.solve(who)?;
    let proven = program.enclose(&found, who).and_then(|proven| proven.x);
    let (parameters, unbounded) = match proven {
        Ok(x) => (x, None),
        Err(why) => (found.x.iter().map(|v| Bounded::new(*v, f64::INFINITY)).collect(), Some(why)),
    };
    let of = |part: Part, p: Point| dot(within(part, p).into_iter().map(|(i, v)| (v, parameters[i])));
    let marks = (0..units.regions)
        .map(|r| {
            (weights[r] > 0.0).then(|| {
                let p = point(units.at(r, year));
                // the translation property ties both derivatives together
                let moving = if g[0] > 0.0 { of(Part::DCo2, p) } else { -of(Part::DGdp, p) };
                let price = slope(moving, g.map(Bounded::exact));
                let ratio = units.within(p.y / p.b);
                Mark::proven(of(Part::Distance, p), [price, price], ratio, found.proof, unbounded.clone())
            })
        })
        .collect();
    let moved = |k: usize, a: f64| Point { y: units.y[k] + a * g[0], b: units.b[k] - a * g[1], ..point(k) };
    let miss = |k: usize, a: f64| {
        let (here, there) = (form.value(Part::Distance, point(k), &found.x), form.value(Part::Distance, moved(k, a), &found.x));
        (there - here + a).abs() / (1.0 + here.abs() + a.abs())
    };
    let worst = sample.iter().flat_map(|&k| [-0.5, 0.1, 1.0].map(|a| miss(k, a))).fold(0.0, crate::bounded::greater);
    let checks =
        vec![Check { name: "translation: D(y + a g_y, b - a g_b) = D(y, b) - a".into(), found: worst, limit: 1e-8, holds: worst <= 1e-8 }];
    let notes = vec![
        format!(
            "quadratic distance function: {} observations, {} parameters, {} rows",
            sample.len(),
            form.parameters(),
            program.row_count()
        ),
        unique(&program, &found),
    ];
    Ok(Found { marks, checks, notes, spans: Vec::new() })
}

/// Whether the rows that hold with a positive dual pin the parameters down: then no other optimum exists.
fn unique(program: &Program, found: &Optimum) -> String {
    let binding = program.all().iter().zip(&found.duals).filter(|(row, dual)| row.equal || dual.abs() > 1e-6);
    let rows: Vec<Vec<f64>> = binding.map(|(row, _)| row.dense(found.x.len())).collect();
    let (rank, all) = (rank(rows), found.x.len());
    if rank == all {
        format!("the optimum is unique: rows that bind with a positive dual have rank {rank} of {all}")
    } else {
        format!(
            "the optimum may not be unique: rows that bind with a positive dual have rank {rank} of {all}; prices are those of one optimum"
        )
    }
}

/// Rank by elimination with row pivoting, each row and column scaled to its largest entry, so that no unit counts; what is
/// left of a column is zero where it is no larger than the rounding of the steps before.
fn rank(mut rows: Vec<Vec<f64>>) -> usize {
    let columns = rows.first().map_or(0, Vec::len);
    let largest = |values: &mut dyn Iterator<Item = f64>| values.map(f64::abs).fold(0.0, f64::max);
    for c in 0..columns {
        let size = largest(&mut rows.iter().map(|row| row[c]));
        rows.iter_mut().filter(|_| size > 0.0).for_each(|row| row[c] /= size);
    }
    for row in &mut rows {
        let size = largest(&mut row.iter().copied());
        row.iter_mut().filter(|_| size > 0.0).for_each(|v| *v /= size);
    }
    let zero = 64.0 * f64::EPSILON * rows.len().max(columns) as f64;
    let mut rank = 0;
    for c in 0..columns {
        let Some(best) = (rank..rows.len()).max_by(|&a, &b| rows[a][c].abs().total_cmp(&rows[b][c].abs())) else { break };
        if rows[best][c].abs() <= zero {
            continue;
        }
        rows.swap(rank, best);
        let pivot = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let ratio = row[c] / pivot[c];
            row.iter_mut().zip(&pivot).for_each(|(v, p)| *v -= ratio * p);
        }
        rank += 1;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn the_rank_of_rows_does_not_depend_on_their_units() {
        let rows = [vec![1.0, 2.0, 3.0], vec![2.0, 4.0, 6.0], vec![0.0, 1.0, 1.0]];
        let scaled = |row: f64, column: f64| -> Vec<Vec<f64>> {
            rows.iter()
                .enumerate()
                .map(|(i, r)| r.iter().enumerate().map(|(j, v)| v * row.powi(i as i32) * column.powi(j as i32)).collect())
                .collect()
        };
        for (row, column) in [(1.0, 1.0), (1e-7, 1.0), (1.0, 1e-8), (1e9, 1e-9), (1e-12, 1e12)] {
            assert_eq!(rank(scaled(row, column)), 2, "rows by {row}, columns by {column}");
        }
        assert_eq!(rank(vec![vec![1.0, 0.0], vec![1.0, 1e-11]]), 2, "an entry is small only beside its column");
        assert_eq!((rank(vec![vec![0.0; 3]; 2]), rank(Vec::new())), (0, 0));
    }
}
