//! The price where carbon means nothing: CO2 per energy is permuted over regions, and the price estimated again.
//!
//! With `c = b / E`, one permutation s of the regions for all years of a draw: `b'(r,t) = c(s(r),t) E(r,t)`. A level or an
//! order of prices that survives this comes from the estimator, not from the carbon data. The level is the median over
//! regions of `p b / y`, free of units. Draw i has a random stream of its own: the same seed gives the same bits for any
//! number of threads.

use super::estimate::spearman;
use super::panel::Panel;
use super::settings::Estimator;
use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::random::Random;
use crate::threads::prelude::*;

/// Draws where the user names none, of estimators that take well below a second for 30 regions and 18 years.
const DRAWS: usize = 20;

impl Estimator {
    /// Draws where the user names none: 20 for what is quick, none for what solves convex regressions.
    pub fn placebos(self) -> usize {
        match self {
            Estimator::Quadratic | Estimator::Frontier | Estimator::Slacks | Estimator::LogLinear => DRAWS,
            Estimator::LocalShare | Estimator::Convex | Estimator::ByProduction | Estimator::Meta => 0,
        }
    }
}

/// The stream of the placebo apart from that of the bootstrap.
const STREAM: u64 = 0x706c_6163_6562_6f00;

/// Rounding beyond which a level counts as another one.
const SAME: f64 = 1e-9;

/// Prices with permuted carbon.
#[derive(Debug, Clone)]
pub struct Placebo {
    /// Draws that were asked for.
    pub draws: usize,
    /// Draws without an estimate.
    pub failed: usize,
    /// The seed.
    pub seed: u64,
    /// The input that carbon is counted per.
    pub per: String,
    /// Median of `p b / y` of the real data.
    pub level: f64,
    /// The same of each draw, rising.
    pub levels: Vec<f64>,
    /// Median price of the real data, money per tonne.
    pub price: f64,
    /// The same of each draw, rising.
    pub prices: Vec<f64>,
    /// Median over draws of the rank correlation (Spearman) with the real prices; none where they do not vary.
    pub ranks: Option<f64>,
    /// Least and largest price of each region over the draws.
    pub ranges: Vec<[Bounded; 2]>,
}

/// The panel with CO2 per unit of an input permuted over regions: region r has that of `order[r]`.
pub fn permuted(panel: &Panel, per: usize, order: &[usize]) -> Panel {
    let mut other = panel.clone();
    for ((r, t), b) in other.co2.indexed_iter_mut() {
        *b = panel.co2[[order[r], t]] / panel.inputs[[order[r], t, per]] * panel.inputs[[r, t, per]];
    }
    other
}

/// Estimates again on permuted panels. `real` are the prices of the panel itself, `prices` those of any other one, in the
/// same order; the first are those of the regions of the panel.
///
/// # Errors
/// When no draw has an estimate.
pub fn placebo(
    panel: &Panel,
    real: &[Bounded],
    draws: usize,
    seed: u64,
    prices: &(dyn Fn(&Panel) -> Result<Vec<Bounded>> + Sync),
) -> Result<Placebo> {
    let per = panel.roles.energy.unwrap_or(0);
    let made: Vec<Result<(Panel, Vec<Bounded>)>> = (0..draws)
        .into_par_iter()
        .map(|i| {
            let other = permuted(panel, per, &Random::new(seed ^ STREAM, i as u64).order(panel.regions.len()));
            let found = prices(&other)?;
            Ok((other, found))
        })
        .collect();
    let failed = made.iter().filter(|m| m.is_err()).count();
    if failed == draws {
        let why = made.into_iter().find_map(Result::err).map_or(String::new(), |e| e.to_string());
        return Err(Error::not_solved(
            format!("none of {draws} placebos has an estimate, the first because: {why}"),
            "pass `placebo` 0 to go without",
        ));
    }
    let found: Vec<(Panel, Vec<Bounded>)> = made.into_iter().flatten().collect();
    let mut ranks: Vec<f64> = found.iter().filter_map(|(_, p)| correlation(real, p)).collect();
    let range = |k: usize| {
        let of = || found.iter().filter_map(|(_, p)| p.get(k).copied());
        [of().reduce(Bounded::min), of().reduce(Bounded::max)].map(|end| end.unwrap_or(Bounded::ZERO))
    };
    Ok(Placebo {
        draws,
        failed,
        seed,
        per: panel.input_names[per].clone(),
        level: level(panel, real),
        levels: rising(found.iter().map(|(other, p)| level(other, p)).collect()),
        price: median(real.iter().map(|p| p.value).collect()),
        prices: rising(found.iter().map(|(_, p)| median(p.iter().map(|p| p.value).collect())).collect()),
        ranks: (!ranks.is_empty()).then(|| median(std::mem::take(&mut ranks))),
        ranges: (0..real.len()).map(range).collect(),
    })
}

/// The median over regions of `p b / y` in the price year.
fn level(panel: &Panel, prices: &[Bounded]) -> f64 {
    let t = panel.price_year;
    let share = |r: usize| prices[r].value * panel.co2[[r, t]] * panel.tonnes_per_co2 / (panel.gdp[[r, t]] * panel.money_per_gdp);
    median((0..panel.regions.len()).map(share).collect())
}

fn rising(mut v: Vec<f64>) -> Vec<f64> {
    v.sort_by(f64::total_cmp);
    v
}

/// The middle of the finite numbers, or the mean of the two middle ones.
fn median(v: Vec<f64>) -> f64 {
    let v = rising(v.into_iter().filter(|v| v.is_finite()).collect());
    match v.len() {
        0 => f64::NAN,
        k if k % 2 == 1 => v[k / 2],
        k => (v[k / 2 - 1] + v[k / 2]) / 2.0,
    }
}

fn correlation(a: &[Bounded], b: &[Bounded]) -> Option<f64> {
    let both: Vec<(f64, f64)> = a.iter().zip(b).map(|(a, b)| (a.value, b.value)).filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
    spearman(&a, &b)
}

impl Placebo {
    /// Whether the real level lies above that of every draw.
    pub fn is_above(&self) -> bool {
        self.levels.last().is_some_and(|most| self.level > most + SAME * most.abs())
    }

    /// The real level beside that of the draws.
    pub fn words(&self) -> String {
        let middle = median(self.levels.clone());
        let (least, most) = (self.levels.first().copied().unwrap_or(f64::NAN), self.levels.last().copied().unwrap_or(f64::NAN));
        let order = self.ranks.map_or(String::new(), |r| format!(", rank correlation with the real prices {r:.2}"));
        let done = self.draws - self.failed;
        let how = if self.is_above() { "lies above" } else { "does not lie above" };
        format!(
            "the level of the price {how} that of {done} placebos: {:.4} of GDP / CO2 against {middle:.4} ({least:.4} to {most:.4}){order}",
            self.level
        )
    }
}
