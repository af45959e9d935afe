//! Convex regression of a directional distance function, of expectiles or quantiles, without a functional form.
//!
//! ```text
//! phi_i(z) = alpha_i + beta_i'x + delta_i b - gamma_i y,   beta_i, delta_i, gamma_i >= 0,   g_y gamma_i + g_b delta_i = 1
//! min sum_i w_i [tau (r+_i)^2 + (1 - tau) (r-_i)^2]   (quantile: first powers)
//!   s.t. phi_i(z_i) + lambda_t(i) + r+_i - r-_i = 0,   phi_i(z_i) <= phi_h(z_i) for all h
//! ```
//! Variable returns leave alpha free; with constant returns alpha = 0 and each unit is divided by its size
//! `(prod_n x_n y b)^(1/(N+2))`, a weighting. GDP leaves through the direction, `gamma = (1 - g_b delta) / g_y`, so that a unit has
//! N + 1 slopes. Rows `phi_i <= phi_h` enter when they are violated, until none of all pairs is by more than [`VIOLATION`].
//! It assumes that the technology is convex, and that noise and inefficiency together have the tau as expectile.
//! The fit D is unique for expectiles; slopes are unique for neither, see [`super::face`]. A constant added to D, as stochastic
//! nonparametric envelopment (StoNED) adds one, leaves every price as it is. Kuosmanen, Zhou 2021, doi:10.1016/j.ejor.2020.10.003;
//! Lee, Johnson, Moreno-Centeno, Kuosmanen 2013 (rows by need), doi:10.1016/j.ejor.2012.11.054.

use super::lp::Way;
use super::qp::Quadratic;
use super::quantile;
use super::settings::{Norm, Returns};
use crate::bounded::greater;
use crate::error::Result;

/// Largest violation of a row that counts as none, in means of the cross-section.
pub(super) const VIOLATION: f64 = 1e-6;

/// Rows that a unit begins with, each way: its nearest neighbours.
const NEIGHBOURS: usize = 6;

/// Rounds after which a regression gives up adding rows; 4 to 7 are usual.
const ROUNDS: usize = 40;

/// While rows are only looked for: the least violation that adds a row, and the largest that ends the search.
const WORTH: f64 = 1e-4;
const NEAR: f64 = 5e-2;

/// The same for quantiles: violations near [`VIOLATION`] move an objective by more than 1e-8.
const STRICT: f64 = 1e-8;

/// How a cross-section, or several years together, is fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub norm: Norm,
    /// Near 1: a frontier.
    pub tau: f64,
    /// `(g_y, g_b)` in means of the cross-section; `g_y > 0`.
    pub direction: [f64; 2],
    pub returns: Returns,
    pub way: Way,
}

/// Observations divided by their means.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Inputs by unit (K x N).
    pub x: Vec<Vec<f64>>,
    /// GDP (K).
    pub y: Vec<f64>,
    /// CO2 (K); `None`: a technology of inputs and GDP alone.
    pub b: Option<Vec<f64>>,
    /// Weights (K), not negative.
    pub weight: Vec<f64>,
    /// Year of each unit, counted from 0 (K); each but the last has an effect.
    pub year: Vec<usize>,
}

/// A fitted distance function.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// `(x, b + g_b/g_y y, 1)` of each unit over its size; what slopes multiply.
    pub regressors: Vec<Vec<f64>>,
    /// `y / g_y` of each unit over its size.
    pub level: Vec<f64>,
    /// Sizes of units: 1 with variable returns.
    pub size: Vec<f64>,
    /// `D_i` over the size of the unit (K).
    pub distance: Vec<f64>,
    /// Slopes of each unit: inputs, delta, alpha.
    pub slopes: Vec<Vec<f64>>,
    /// `sum w [tau (r+)^2 + (1 - tau) (r-)^2]`, or of first powers.
    pub objective: f64,
    /// Largest violation over all pairs.
    pub violation: f64,
    /// Rows `phi_i <= phi_h` at the end.
    pub rows: usize,
    /// The direction.
    pub direction: [f64; 2],
    /// Number of slopes that are not negative: all but alpha; the last of them is delta.
    pub signed: usize,
    /// The greatest delta that the direction allows.
    pub most: Option<f64>,
}

impl Fit {
    /// The slope in GDP that the direction leaves.
    pub(super) fn gamma(&self, delta: f64) -> f64 {
        (1.0 - self.direction[1] * delta) / self.direction[0]
    }

    /// Delta of a unit.
    pub(super) fn delta(&self, i: usize) -> f64 {
        self.slopes[i][self.signed - 1]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Sample {
    /// Number of observations K.
    pub(super) fn len(&self) -> usize {
        self.y.len()
    }

    /// Geometric mean of inputs, GDP and CO2 of a unit.
    fn size(&self, i: usize) -> f64 {
        let all = self.x[i].iter().chain([&self.y[i]]).chain(self.b.iter().map(|b| &b[i]));
        let (sum, count) = all.fold((0.0, 0.0), |(s, c), v| (s + v.ln(), c + 1.0));
        (sum / count).exp()
    }
}

impl Model {
    /// Fits the function.
    ///
    /// # Errors
    /// When a programme is not solved.
    pub(super) fn fit(&self, sample: &Sample, who: &str) -> Result<Fit> {
        let k = sample.len();
        let [gy, gb] = self.direction;
        let size: Vec<f64> = (0..k).map(|i| if self.returns == Returns::Constant { sample.size(i) } else { 1.0 }).collect();
        let regressors: Vec<Vec<f64>> = (0..k)
            .map(|i| {
                let bad = sample.b.as_ref().map(|b| (b[i] + gb / gy * sample.y[i]) / size[i]);
                let one = (self.returns == Returns::Variable).then_some(1.0);
                sample.x[i].iter().map(|v| v / size[i]).chain(bad).chain(one).collect()
            })
            .collect();
        let level: Vec<f64> = (0..k).map(|i| sample.y[i] / gy / size[i]).collect();
        let mut pairs = Pairs::near(sample, &size);
        let mut round = 0;
        // a quantile looks for its rows roughly at first
        let mut rough = self.norm == Norm::Quantile;
        loop {
            let (slopes, effects) = match self.norm {
                Norm::Expectile => self.squares(sample, &regressors, &level, &pairs, who)?,
                Norm::Quantile => quantile::solve(self, sample, (&regressors, &level), &pairs, rough, who)?,
            };
            round += 1;
            let least = match self.norm {
                Norm::Quantile if rough => WORTH,
                Norm::Quantile => STRICT,
                Norm::Expectile => VIOLATION,
            };
            let violation = pairs.grow(&regressors, &slopes, least, round >= ROUNDS);
            if rough {
                rough = violation > NEAR && round + 1 < ROUNDS;
                continue;
            }
            // none is worth a row, or those there are hold as well as the solver can
            let done = violation <= least || violation <= VIOLATION && pairs.count() == pairs.solved;
            if done || round >= ROUNDS {
                let distance: Vec<f64> = (0..k).map(|i| dot(&slopes[i], &regressors[i]) - level[i]).collect();
                let effect = |i: usize| effects.get(sample.year[i]).copied().unwrap_or(0.0);
                let objective = (0..k).map(|i| sample.weight[i] * self.loss(-(distance[i] + effect(i)))).sum();
                let rows = pairs.solved;
                let signed = regressors[0].len() - usize::from(self.returns == Returns::Variable);
                let (direction, most) = (self.direction, self.most(sample));
                return Ok(Fit { regressors, level, size, distance, slopes, objective, violation, rows, direction, signed, most });
            }
        }
    }

    /// The greatest delta, where GDP has no value.
    pub(super) fn most(&self, sample: &Sample) -> Option<f64> {
        (sample.b.is_some() && self.direction[1] > 0.0).then(|| 1.0 / self.direction[1])
    }

    /// Of a residual, positive above the function.
    fn loss(&self, residual: f64) -> f64 {
        let weight = if residual > 0.0 { self.tau } else { 1.0 - self.tau };
        weight * if self.norm == Norm::Expectile { residual * residual } else { residual.abs() }
    }

    /// Slopes by unit and effects of years of an expectile, with the rows there are.
    fn squares(
        &self,
        sample: &Sample,
        regressors: &[Vec<f64>],
        level: &[f64],
        pairs: &Pairs,
        who: &str,
    ) -> Result<(Vec<Vec<f64>>, Vec<f64>)> {
        let (k, width) = (sample.len(), regressors[0].len());
        let effects = sample.year.iter().max().copied().unwrap_or(0);
        let (effect, above) = (|t: usize| k * width + t, |i: usize| k * width + effects + i);
        let mut program = Quadratic::new(k * width + effects + k);
        let free = usize::from(self.returns == Returns::Variable);
        // the mean loss, so that a tolerance means the same for any number of units
        let total: f64 = sample.weight.iter().sum();
        for i in 0..k {
            // what is below: r- = phi_i + lambda + r+
            let below: Vec<(usize, f64)> = regressors[i]
                .iter()
                .enumerate()
                .map(|(j, v)| (i * width + j, *v))
                .chain((sample.year[i] < effects).then(|| (effect(sample.year[i]), 1.0)))
                .chain([(above(i), 1.0)])
                .collect();
            let weight = sample.weight[i] / total * k as f64;
            let (up, down) = (weight * self.tau, weight * (1.0 - self.tau));
            program.curve.push((above(i), above(i), 2.0 * up));
            for (p, &(j, a)) in below.iter().enumerate() {
                program.curve.extend(below[p..].iter().map(|&(h, b)| (j, h, 2.0 * down * a * b)));
                program.cost[j] -= 2.0 * down * a * level[i];
            }
            program.nonnegative(above(i));
            program.at_most(below.iter().map(|&(j, a)| (j, -a)).collect(), -level[i]);
            (0..width - free).for_each(|j| program.nonnegative(i * width + j));
            if let Some(most) = self.most(sample) {
                program.at_most(vec![(i * width + width - 1 - free, 1.0)], most);
            }
            for &h in &pairs.of[i] {
                let own = regressors[i].iter().enumerate().map(|(j, v)| (i * width + j, *v));
                let other = regressors[i].iter().enumerate().map(|(j, v)| (h * width + j, -*v));
                program.at_most(own.chain(other).collect(), 0.0);
            }
        }
        let x = program.solve(who, self.way)?;
        Ok(((0..k).map(|i| x[i * width..(i + 1) * width].to_vec()).collect(), x[k * width..k * width + effects].to_vec()))
    }
}

/// The rows `phi_i(z_i) <= phi_h(z_i)` that a programme has.
pub(super) struct Pairs {
    /// The h of each i.
    pub of: Vec<Vec<usize>>,
    /// Rows of the last programme.
    solved: usize,
}

impl Pairs {
    /// The nearest neighbours in standardised inputs, GDP and CO2, both ways.
    fn near(sample: &Sample, size: &[f64]) -> Self {
        let k = sample.len();
        let row = |i: usize| -> Vec<f64> {
            sample.x[i].iter().chain([&sample.y[i]]).chain(sample.b.iter().map(|b| &b[i])).map(|v| v / size[i]).collect()
        };
        let rows = standardised((0..k).map(row).collect());
        let mut pairs = Pairs { of: vec![Vec::new(); k], solved: 0 };
        for i in 0..k {
            let mut others: Vec<(f64, usize)> = (0..k).filter(|h| *h != i).map(|h| (distance(&rows[i], &rows[h]), h)).collect();
            others.sort_by(|a, b| a.0.total_cmp(&b.0));
            for &(_, h) in others.iter().take(NEIGHBOURS) {
                pairs.add(i, h);
                pairs.add(h, i);
            }
        }
        pairs
    }

    fn count(&self) -> usize {
        self.of.iter().map(Vec::len).sum()
    }

    fn add(&mut self, i: usize, h: usize) {
        if !self.of[i].contains(&h) {
            self.of[i].push(h);
        }
    }

    /// Adds the three most violated rows of each unit and the most violated one against it, by more than `least`; the largest
    /// violation of all.
    fn grow(&mut self, regressors: &[Vec<f64>], slopes: &[Vec<f64>], least: f64, last: bool) -> f64 {
        let k = slopes.len();
        self.solved = self.count();
        let mut worst: f64 = 0.0;
        let mut against: Vec<(f64, usize)> = vec![(least, usize::MAX); k];
        let mut new = Vec::new();
        for i in 0..k {
            let own = dot(&slopes[i], &regressors[i]);
            let mut missed: Vec<(f64, usize)> = Vec::new();
            for h in (0..k).filter(|h| *h != i) {
                let violation = own - dot(&slopes[h], &regressors[i]);
                worst = greater(worst, violation);
                if violation > least {
                    missed.push((violation, h));
                }
                if violation > against[h].0 {
                    against[h] = (violation, i);
                }
            }
            missed.sort_by(|a, b| b.0.total_cmp(&a.0));
            new.extend(missed.iter().take(3).map(|m| (i, m.1)));
        }
        new.extend(against.iter().enumerate().filter(|(_, a)| a.1 < k).map(|(h, a)| (a.1, h)));
        if !last {
            new.into_iter().for_each(|(i, h)| self.add(i, h));
        }
        worst
    }
}

/// Columns with mean 0 and standard deviation 1; a column that does not vary becomes 0.
pub(super) fn standardised(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let (count, width) = (rows.len() as f64, rows.first().map_or(0, Vec::len));
    for j in 0..width {
        let mean = rows.iter().map(|r| r[j]).sum::<f64>() / count;
        let deviation = (rows.iter().map(|r| (r[j] - mean).powi(2)).sum::<f64>() / count).sqrt();
        // rounding alone is no variation
        let by = if deviation > 1e-12 * (1.0 + mean.abs()) { 1.0 / deviation } else { 0.0 };
        rows.iter_mut().for_each(|r| r[j] = (r[j] - mean) * by);
    }
    rows
}

/// Squared Euclidean distance.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::local_share::cross_section;
    use super::super::panel::Units;
    use super::super::simulate::Design;
    use super::*;

    fn noisy() -> Sample {
        let panel = Design::named("D2").expect("a design").panel(1).panel;
        cross_section(&Units::new(&panel), &(0..30).collect::<Vec<_>>(), &[1.0; 30], 0).0
    }

    fn model(norm: Norm, tau: f64, direction: [f64; 2], returns: Returns) -> Model {
        Model { norm, tau, direction, returns, way: Way::Scaled }
    }

    #[test]
    fn rows_by_need_give_the_fit_of_all_rows() {
        let sample = noisy();
        let k = sample.len();
        for (norm, tau, direction, returns) in [
            (Norm::Expectile, 0.5, [1.0, 1.0], Returns::Constant),
            (Norm::Expectile, 0.9, [1.0, 0.0], Returns::Variable),
            (Norm::Quantile, 0.5, [1.0, 1.0], Returns::Variable),
        ] {
            let model = model(norm, tau, direction, returns);
            let fit = model.fit(&sample, "a test").expect("a fit");
            assert!(fit.violation <= VIOLATION && fit.rows < k * (k - 1), "{} of {} rows, {}", fit.rows, k * (k - 1), fit.violation);
            let all = Pairs { of: (0..k).map(|i| (0..k).filter(|h| *h != i).collect()).collect(), solved: 0 };
            let (slopes, _) = match norm {
                Norm::Expectile => model.squares(&sample, &fit.regressors, &fit.level, &all, "all rows"),
                Norm::Quantile => quantile::solve(&model, &sample, (&fit.regressors, &fit.level), &all, false, "all rows"),
            }
            .expect("a fit");
            let distance: Vec<f64> = (0..k).map(|i| dot(&slopes[i], &fit.regressors[i]) - fit.level[i]).collect();
            let objective: f64 = distance.iter().map(|d| model.loss(-d)).sum();
            assert!((objective - fit.objective).abs() < 1e-8, "{objective} {}", fit.objective);
            let apart = distance.iter().zip(&fit.distance).fold(0.0, |a: f64, (d, e)| a.max((d - e).abs()));
            assert!(norm == Norm::Quantile || apart < 1e-6, "{apart}");
        }
    }

    #[test]
    fn quantiles_have_the_objective_that_pystoned_finds() {
        // pystoned 0.7.5 with highspy 1.16: CQRDDF, variable returns, gy = gb = 1, gx = 0, data over their means
        let sample = noisy();
        for (tau, expected) in [(0.5, 0.270_386_052_582_267), (0.9, 0.057_965_014_693_661)] {
            let fit = model(Norm::Quantile, tau, [1.0, 1.0], Returns::Variable).fit(&sample, "a test").expect("a fit");
            assert!((fit.objective - expected).abs() < 1e-8, "{tau}: {} {expected}", fit.objective);
        }
    }
}
