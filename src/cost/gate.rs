//! Whether a panel identifies a price at all: does GDP answer to CO2 at given capital, people and energy, and does the price
//! go away where carbon is made meaningless?
//!
//! Least squares of `ln(y/L)` on `ln(K/L)`, `ln(E/L)`, `ln(b/L)` and year effects. With r the residuals after all else is
//! partialled out: `eps = rb'ry / rb'rb`, `se^2 = G/(G-1) sum_g (rb_g'e_g)^2 / (rb'rb)^2` over regions g (clusters),
//! reverse `ry'ry / rb'ry`, partial `r^2 = (rb'ry)^2 / (rb'rb ry'ry)`. Errors in CO2 bias eps towards 0; [eps, reverse] is
//! the classical bound. A price is identified if `t > 1.645` over all years and over the last five, and its level lies
//! above that of the placebo ([`super::placebo`]). Frisch, Waugh 1933, doi:10.2307/1907330; Liang, Zeger 1986,
//! doi:10.1093/biomet/73.1.13. These are statistics of the data: no bound holds for them.

use serde::Serialize;

use super::panel::Panel;
use super::placebo::{Placebo, placebo};
use super::settings::Settings;
use super::{Estimate, estimate};
use crate::bounded::Bounded;
use crate::error::Result;

/// The one-sided 95 % point of the normal distribution.
pub const T: f64 = 1.645;

/// Years of the second sample.
pub const LAST: usize = 5;

/// Columns whose part that is new is below this share of themselves count as dependent.
const NEW: f64 = 1e-10;

/// One regression of GDP on CO2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// First and last year.
    pub years: [i32; 2],
    /// Whether every region has its own constant.
    pub region_effects: bool,
    /// Whether energy is held fixed.
    pub energy: bool,
    /// Regions and years.
    pub observations: usize,
    /// Elasticity of GDP with respect to CO2.
    pub elasticity: f64,
    /// Its standard error, robust to clusters of regions.
    pub error: f64,
    /// Their quotient.
    pub t: f64,
    /// The elasticity of the reverse regression; null where it is infinite.
    pub reverse: f64,
    /// Share of what is left of ln GDP that what is left of ln CO2 explains.
    pub partial: f64,
}

/// What the data say of a price.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Whether the data identify a price.
    pub identified: bool,
    /// Why, or why not.
    pub reasons: Vec<String>,
    /// The regressions.
    pub lines: Vec<Line>,
    /// The price where carbon means nothing; none where it was not asked for.
    pub placebo: Option<Placebo>,
    /// The variables, and what was left out.
    pub notes: Vec<String>,
    /// The range of each price: supporting lines united with the placebos, in the order of the estimate.
    pub ranges: Vec<[Bounded; 2]>,
    /// Whether nothing but a placebo is wanting for an identified price.
    pub only_placebo: bool,
}

/// The variables of the regressions, as positions among the inputs.
struct Variables {
    over: usize,
    energy: Option<usize>,
}

impl Variables {
    fn of(panel: &Panel, notes: &mut Vec<String>) -> Self {
        let energy = panel.roles.energy;
        let first = || (0..panel.input_names.len()).find(|c| Some(*c) != energy && Some(*c) != panel.roles.capital);
        let over = panel.roles.people().or_else(first).unwrap_or(0);
        let name = |c: usize| panel.input_names[c].as_str();
        let others: Vec<&str> = (0..panel.input_names.len()).filter(|c| *c != over).map(name).collect();
        let given = if others.is_empty() { String::new() } else { format!(", at given {}", others.join(", ")) };
        notes.push(format!("GDP on CO2, both per unit of {}{given}, with year effects, in logarithms", name(over)));
        if energy.is_none() {
            notes.push("no input is recognised as energy: nothing is held fixed for it".into());
        }
        Variables { over, energy: energy.filter(|e| *e != over) }
    }
}

/// Every regression that can be made: all years and the last five, with and without region effects and energy.
pub fn lines(panel: &Panel, notes: &mut Vec<String>) -> Vec<Line> {
    let variables = Variables::of(panel, notes);
    let count = panel.years.len();
    let starts = if count > LAST { vec![0, count - LAST] } else { vec![0] };
    if count <= LAST {
        notes.push(format!(
            "one sample: the panel has {count} year{}, the second sample is its last {LAST}",
            if count == 1 { "" } else { "s" }
        ));
    }
    let mut all = Vec::new();
    for first in starts {
        for region_effects in [false, true] {
            for energy in if variables.energy.is_some() { vec![true, false] } else { vec![false] } {
                match line(panel, &variables, first, region_effects, energy) {
                    Some(line) => all.push(line),
                    None => notes.push(format!(
                        "no regression for {}-{}{}{}: too few observations, or CO2 does not vary on its own",
                        panel.years[first],
                        panel.years[count - 1],
                        if region_effects { " with region effects" } else { "" },
                        if energy { "" } else { " without energy" }
                    )),
                }
            }
        }
    }
    all
}

fn line(panel: &Panel, variables: &Variables, first: usize, region_effects: bool, energy: bool) -> Option<Line> {
    let (regions, years) = (panel.regions.len(), panel.years.len() - first);
    let n = regions * years;
    let row = |k: usize| (k / years, first + k % years);
    let over = |k: usize| panel.inputs[[row(k).0, row(k).1, variables.over]];
    let log = |of: &dyn Fn(usize, usize) -> f64| (0..n).map(|k| (of(row(k).0, row(k).1) / over(k)).ln()).collect::<Vec<f64>>();
    let mut fixed: Vec<Vec<f64>> = vec![vec![1.0; n]];
    fixed.extend((1..years).map(|t| (0..n).map(|k| f64::from(u8::from(k % years == t))).collect()));
    if region_effects {
        fixed.extend((1..regions).map(|r| (0..n).map(|k| f64::from(u8::from(k / years == r))).collect()));
    }
    for c in (0..panel.input_names.len()).filter(|c| *c != variables.over && (energy || Some(*c) != variables.energy)) {
        fixed.push(log(&|r, t| panel.inputs[[r, t, c]]));
    }
    let basis = orthonormal(fixed);
    let (y, b) = (log(&|r, t| panel.gdp[[r, t]]), log(&|r, t| panel.co2[[r, t]]));
    let (ry, rb) = (residual(&basis, y.clone()), residual(&basis, b.clone()));
    let (yy, bb, by) = (dot(&ry, &ry), dot(&rb, &rb), dot(&rb, &ry));
    if n <= basis.len() + 1 || regions < 2 || bb <= NEW * NEW * dot(&b, &b) || yy <= NEW * NEW * dot(&y, &y) {
        return None;
    }
    let elasticity = by / bb;
    let score = |g: usize| (g * years..(g + 1) * years).map(|k| rb[k] * (ry[k] - elasticity * rb[k])).sum::<f64>();
    let scores: f64 = (0..regions).map(|g| score(g).powi(2)).sum();
    let error = (regions as f64 / (regions as f64 - 1.0) * scores).sqrt() / bb;
    Some(Line {
        years: [panel.years[first], panel.years[panel.years.len() - 1]],
        region_effects,
        energy,
        observations: n,
        elasticity,
        error,
        t: elasticity / error,
        reverse: yy / by,
        partial: by * by / (bb * yy),
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// What is left of a column after those of an orthonormal basis, twice, so that rounding leaves nothing of them.
fn residual(basis: &[Vec<f64>], mut column: Vec<f64>) -> Vec<f64> {
    for q in basis.iter().chain(basis) {
        let along = dot(q, &column);
        column.iter_mut().zip(q).for_each(|(v, q)| *v -= along * q);
    }
    column
}

/// An orthonormal basis of columns; those that depend on earlier ones are left out.
fn orthonormal(columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for column in columns {
        let before = dot(&column, &column).sqrt();
        let mut left = residual(&basis, column);
        let norm = dot(&left, &left).sqrt();
        if norm > NEW * before {
            left.iter_mut().for_each(|v| *v /= norm);
            basis.push(left);
        }
    }
    basis
}

/// Placebos that a price must lie above: by chance it would in one of 20 samples (Davison, Hinkley 1997, ch. 4).
pub const DRAWS: usize = 19;

/// Puts an estimate to the test: the regressions, and `draws` placebos of the same estimator.
///
/// # Errors
/// When the watch of the settings is cancelled.
pub fn examine(panel: &Panel, settings: &Settings, found: &Estimate, draws: usize, seed: u64) -> Result<Gate> {
    let (mut notes, mut against) = (Vec::new(), Vec::new());
    let lines = lines(panel, &mut notes);
    let last = panel.years.len().min(LAST);
    let samples = if last < panel.years.len() { vec![panel.years[0], panel.years[panel.years.len() - last]] } else { vec![panel.years[0]] };
    let mut passed = Vec::new();
    for from in samples {
        let base = lines.iter().find(|l| l.years[0] == from && !l.region_effects && l.energy == (panel.roles.energy.is_some()));
        let span = |l: &Line| format!("{}-{}", l.years[0], l.years[1]);
        match base {
            None => against.push(format!("no regression of GDP on CO2 can be made from {from} on")),
            Some(l) if l.t > T => {
                passed.push(format!("elasticity of GDP {:.3} (s.e. {:.3}, t {:.2}) in {}", l.elasticity, l.error, l.t, span(l)))
            }
            Some(l) => against.push(format!(
                "GDP does not respond to CO2 in {}: elasticity {:.3} (s.e. {:.3}), t {:.2}, more than {T} is needed",
                span(l),
                l.elasticity,
                l.error,
                l.t
            )),
        }
    }
    let mut ranges: Vec<[Bounded; 2]> = found.prices.iter().map(|p| [p.low.min(p.price), p.high.max(p.price)]).collect();
    let (mut tested, mut only_placebo) = (None, false);
    if draws > 0 {
        let again = Settings { replicates: None, draws: None, ..settings.clone() };
        let prices = |panel: &Panel| Ok(estimate(panel, &again)?.prices.into_iter().map(|p| p.price).collect::<Vec<_>>());
        let own: Vec<Bounded> = found.prices.iter().map(|p| p.price).collect();
        let shuffled = placebo(panel, &own, draws, seed, &prices)?;
        settings.watch.check()?;
        for (range, [low, high]) in ranges.iter_mut().zip(&shuffled.ranges) {
            *range = [range[0].min(*low), range[1].max(*high)];
        }
        let words = shuffled.words();
        let done = shuffled.draws - shuffled.failed;
        if shuffled.is_above() && done < DRAWS {
            against
                .push(format!("{done} placebos are too few: of {DRAWS} and the real one, one in {} would lie above by chance", DRAWS + 1));
        } else if shuffled.is_above() {
            passed.push(words)
        } else {
            against.push(words)
        }
        tested = Some(shuffled);
    } else {
        only_placebo = against.is_empty();
        against.push("no placebo was made, so nothing shows that the price needs the carbon data".into());
    }
    let identified = against.is_empty();
    Ok(Gate { identified, reasons: if identified { passed } else { against }, lines, placebo: tested, notes, ranges, only_placebo })
}

impl Gate {
    /// `yes` or `no`.
    pub fn word(&self) -> &'static str {
        if self.identified { "yes" } else { "no" }
    }

    /// The ranges of groups of regions: means of those of their members, as [`Estimate::by_group`] makes them.
    ///
    /// # Errors
    /// As [`Estimate::by_group`].
    pub fn by_group(self, found: &Estimate, groups: &[crate::labels::Name], of: &[usize]) -> Result<Gate> {
        let end = |k: usize| {
            let mut own = found.clone();
            own.prices.iter_mut().zip(&self.ranges).for_each(|(p, range)| p.price = range[k]);
            own.by_group(groups, of)
        };
        let (low, high) = (end(0)?, end(1)?);
        let ranges = low.prices.iter().zip(&high.prices).map(|(l, h)| [l.price, h.price]).collect();
        Ok(Gate { ranges, ..self })
    }
}
