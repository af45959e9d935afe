//! From a panel to the price of a tonne in each region: one estimator, its range of prices, what must be flagged.
//!
//! A supporting line of the technology has slopes `(pi_y, pi_b)`; the price of a tonne is `p_b = p_y pi_b / pi_y`, `p_y = 1`,
//! times mean GDP over mean CO2 in their units. Where several lines support the same point, prices have a range, from which
//! [`Face`] takes one. Fare, Grosskopf, Noh, Weber 2005,
//! doi:10.1016/j.jeconom.2004.05.010.

use super::borrow::mean;
use super::lp::{LIMIT, Proof};
use super::panel::{Panel, Units};
use super::price::{Beside, Flag, Found, Mark, Price};
use super::range::Ranges;
use super::settings::{Estimator, Face, Settings};
use super::spread::spread;
use super::{borrow, by_production, ddf_nonparametric, ddf_quadratic, local_share, log_linear, meta, pooled, range, slacks};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::labels::Name;

/// Prices of all regions with what stands behind them.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// By region.
    pub prices: Vec<Price>,
    /// The choices.
    pub settings: Settings,
    /// The year of the prices.
    pub year: i32,
    /// Money unit per tonne, such as `yuan/t`.
    pub unit: String,
    /// The worst check of a linear programme, part by part.
    pub proof: Proof,
    /// Identities.
    pub checks: Vec<Check>,
    /// Rank correlation (Spearman) of price with carbon intensity and with direct emissions, and over how many regions. None
    /// where the bounds of the numbers leave an order open.
    pub pattern: Option<(Bounded, Bounded, usize)>,
    /// What must be said.
    pub notes: Vec<String>,
    /// Ranges of the prices of the panel's own regions and the order of pairs, where they were drawn.
    pub ranges: Option<Ranges>,
}

impl Estimate {
    /// Whether every programme and every identity holds its check.
    pub fn checked(&self) -> bool {
        self.proof.holds() && self.checks.iter().all(|c| c.holds)
    }

    /// The prices of groups of regions, `of` giving the group of each: means weighed by direct emissions, the flags those
    /// of all members. Members without emissions of their own do not count.
    ///
    /// # Errors
    /// When no member of a group has emissions.
    pub fn by_group(self, groups: &[Name], of: &[usize]) -> Result<Estimate> {
        let one = |(g, name): (usize, &Name)| {
            let members = || self.prices.iter().zip(of).filter(move |(_, at)| **at == g).map(|(p, _)| p);
            let weight = |p: &Price| p.emissions.unwrap_or(Bounded::ZERO);
            let all: Bounded = members().map(weight).sum();
            if all.value == 0.0 {
                let message = format!("no member of the group \"{name}\" has emissions in {}", self.year);
                return Err(Error::invalid(message, "group it with others, or use `missing` exclude"));
            }
            let mean = |of: &dyn Fn(&Price) -> Bounded| {
                let counted = members().filter(|p| weight(p).value > 0.0).map(|p| (of(p), weight(p)));
                let infinite: f64 = counted.clone().map(|(v, _)| v.value).filter(|v| v.is_infinite()).sum();
                if infinite == 0.0 { counted.map(|(v, w)| v * w).sum::<Bounded>() / all } else { mean(counted.map(|c| c.0)) }
            };
            let gdp: Bounded = members().filter_map(|p| p.intensity.filter(|i| i.value > 0.0).map(|i| weight(p) / i)).sum();
            let mut flags: Vec<Flag> = members().flat_map(|p| p.flags.iter().copied()).collect();
            flags.sort();
            flags.dedup();
            Ok(Price {
                region: name.clone(),
                price: mean(&|p| p.price),
                low: mean(&|p| p.low),
                high: mean(&|p| p.high),
                distance: None,
                intensity: (gdp.value > 0.0).then(|| all / gdp),
                emissions: Some(all),
                unbounded: members().find_map(|p| p.unbounded.clone()),
                flags,
                spread: None,
                beside: Vec::new(),
                range: None,
            })
        };
        let prices = groups.iter().enumerate().map(one).collect::<Result<Vec<_>>>()?;
        let mut notes = self.notes.clone();
        notes.push(format!("{} groups of {} regions: means of the members' prices, weighed by direct emissions", groups.len(), of.len()));
        let spread = self.prices.iter().any(|p| p.spread.is_some());
        notes.extend(spread.then(|| "spreads are those of regions and are not told for groups".to_string()));
        notes.extend(self.ranges.is_some().then(|| "ranges are those of regions and have none for groups".to_string()));
        Ok(Estimate { pattern: pattern(&prices), prices, notes, ranges: None, ..self })
    }
}

/// One estimate on a weighted sample of the regions; weight 0 leaves a region out.
pub(super) fn run(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    match settings.estimator {
        Estimator::Quadratic => ddf_quadratic::prices(units, weights, year, settings),
        Estimator::Frontier => ddf_nonparametric::prices(units, weights, year, settings),
        Estimator::Slacks => slacks::prices(units, weights, year, settings),
        Estimator::LocalShare => local_share::prices(units, weights, year, settings),
        Estimator::Convex => pooled::prices(units, weights, year, settings),
        Estimator::LogLinear => log_linear::prices(units, weights, year, settings),
        Estimator::ByProduction => by_production::prices(units, weights, year, settings),
        Estimator::Meta => meta::prices(units, weights, year, settings),
    }
}

/// Estimates the price of a tonne in each region of a panel.
///
/// # Errors
/// When a distance function has no direction, cap and floor contradict each other, the sample is too small for the parameters, or a programme has no optimum.
pub fn estimate(panel: &Panel, settings: &Settings) -> Result<Estimate> {
    settings.check()?;
    let units = Units::new(panel);
    settings.watch.units("linear programmes", 0, 1)?;
    let found = run(&units, &vec![1.0; units.regions], panel.price_year, settings)?;
    if settings.face == Face::LogMid {
        let open = |m: &&(usize, &Mark)| m.1.low.value <= 0.0 || m.1.high.value.is_infinite();
        let marks: Vec<(usize, &Mark)> = found.marks.iter().enumerate().filter_map(|(r, m)| m.as_ref().map(|m| (r, m))).collect();
        if let Some((r, m)) = marks.iter().find(open) {
            let text = format!("the range of {} is {} to {}, which has no geometric mean", panel.regions[*r], m.low.value, m.high.value);
            return Err(Error::invalid(text, "pass `face` share-mid"));
        }
    }
    let mut notes = panel.notes.clone();
    notes.extend(found.notes);
    let mut prices: Vec<Price> = found
        .marks
        .iter()
        .enumerate()
        .map(|(r, mark)| priced(panel, r, mark.as_ref().expect("every region is in the sample"), units.money_per_tonne, settings))
        .collect();
    mark_outliers(&mut prices);
    if let Some(replicates) = &settings.replicates {
        let all = spread(&units, panel.price_year, settings, replicates, &mut notes)?;
        for (price, mut spread) in prices.iter_mut().zip(all) {
            spread.scale(units.money_per_tonne);
            price.spread = Some(spread);
        }
    }
    let mut ranges = None;
    if let Some(draws) = settings.draws {
        let drawn = range::ranges(&units, &vec![1.0; units.regions], panel.price_year, &found.spans, settings, draws)?;
        let drawn = ranges.insert(drawn);
        drawn.scale(units.money_per_tonne.value);
        prices.iter_mut().zip(&drawn.of).for_each(|(price, range)| price.range = *range);
    }
    let pattern = pattern(&prices);
    let proof = found.marks.iter().flatten().fold(Proof::default(), |p, m| p.and(m.proof));
    for name in &panel.borrowed {
        prices.push(borrow::from_neighbours(name, &prices)?);
    }
    let year = panel.years[panel.price_year];
    Ok(Estimate {
        prices,
        settings: settings.clone(),
        year,
        unit: format!("{}/t", panel.money),
        proof,
        checks: found.checks,
        pattern,
        notes,
        ranges,
    })
}

/// A product; what is infinite stays so.
pub(super) fn times(v: Bounded, by: Bounded) -> Bounded {
    if v.value.is_infinite() { v } else { v * by }
}

fn priced(panel: &Panel, r: usize, mark: &Mark, unit: Bounded, settings: &Settings) -> Price {
    let (low, high, chosen) = (mark.low, mark.high, mark.price(settings.face));
    let mut flags = Vec::new();
    if chosen.value < -LIMIT {
        flags.push(Flag::Negative);
    } else if chosen.value <= LIMIT {
        flags.push(Flag::Zero);
    }
    if chosen.value == f64::INFINITY {
        flags.push(Flag::Infinite);
    } else if mark.spread() > 1e-5 {
        flags.push(Flag::Range);
        flags.extend((high.value == f64::INFINITY).then_some(Flag::NoUpperEnd));
        flags.extend((low.value == f64::NEG_INFINITY).then_some(Flag::NoLowerEnd));
    }
    if !mark.proof.holds() {
        flags.push(Flag::Uncertified);
    }
    flags.extend(mark.weights_only.then_some(Flag::WeightsOnly));
    let mut price = times(chosen, unit);
    // what may lie on this side of a limit keeps its bound
    let at = |limit: f64, price: Bounded| {
        if (price.value - limit).abs() > price.bound { Bounded::exact(limit) } else { Bounded::new(limit, price.bound) }
    };
    if let Some(cap) = settings.cap.filter(|c| price.value > *c) {
        flags.push(Flag::Capped);
        price = at(cap, price);
    }
    if let Some(floor) = settings.floor.filter(|f| price.value < *f) {
        flags.push(Flag::Floored);
        price = at(floor, price);
    }
    Price {
        region: panel.regions[r].clone(),
        price,
        low: times(low, unit),
        high: times(high, unit),
        distance: Some(mark.distance).filter(|d| !d.value.is_nan()),
        intensity: Some(panel.intensity(r, panel.price_year)),
        emissions: Some(panel.tonnes(r, panel.price_year)),
        unbounded: mark.unbounded.clone(),
        flags,
        spread: None,
        beside: mark.beside.iter().map(|b| Beside { prices: b.prices.map(|v| v * unit.value), ..b.clone() }).collect(),
        range: None,
    }
}

/// Flags finite prices above ten times the median of those that are not nought.
fn mark_outliers(prices: &mut [Price]) {
    let counts = |p: &&Price| p.price.value > 0.0 && p.price.value.is_finite() && !p.flags.contains(&Flag::Zero);
    let mut positive: Vec<f64> = prices.iter().filter(counts).map(|p| p.price.value).collect();
    positive.sort_by(f64::total_cmp);
    let Some(&median) = positive.get(positive.len() / 2) else { return };
    for p in prices.iter_mut().filter(|p| p.price.value.is_finite() && p.price.value > 10.0 * median && !p.flags.contains(&Flag::Capped)) {
        p.flags.push(Flag::Outlier);
    }
}

/// Spearman's rank correlation of price with intensity and with emissions, over the regions with a finite price.
fn pattern(prices: &[Price]) -> Option<(Bounded, Bounded, usize)> {
    let use_of = |p: &&Price| p.price.value.is_finite() && p.intensity.is_some();
    let rows: Vec<&Price> = prices.iter().filter(use_of).collect();
    let column = |f: &dyn Fn(&Price) -> Option<Bounded>| rows.iter().map(|p| f(p).unwrap_or_default()).collect::<Vec<Bounded>>();
    let price = column(&|p| Some(p.price));
    let with = |f: &dyn Fn(&Price) -> Option<Bounded>| {
        let other = column(f);
        let values = |v: &[Bounded]| v.iter().map(|b| b.value).collect::<Vec<f64>>();
        let found = spearman(&values(&price), &values(&other))?;
        // ranks are whole or half numbers, so that only their order may be wrong
        let rounding = 8.0 * price.len() as f64 * f64::EPSILON;
        (ordered(&price) && ordered(&other)).then_some(Bounded::new(found, rounding))
    };
    Some((with(&|p| p.intensity)?, with(&|p| p.emissions)?, rows.len()))
}

/// Whether the bounds leave the order of the numbers in no doubt.
fn ordered(numbers: &[Bounded]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    sorted.windows(2).all(|w| w[0].value + w[0].bound < w[1].value - w[1].bound || w.iter().all(|b| b.bound == 0.0))
}

/// Correlation of ranks, ties sharing their mean rank; `None` below three pairs or where one side does not vary.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let n = a.len() as f64;
    let middle = (n + 1.0) / 2.0;
    let sum = |f: &dyn Fn(usize) -> f64| (0..a.len()).map(f).sum::<f64>();
    let (aa, bb) = (sum(&|i| (a[i] - middle).powi(2)), sum(&|i| (b[i] - middle).powi(2)));
    if a.len() < 3 || aa == 0.0 || bb == 0.0 {
        return None;
    }
    Some(sum(&|i| (a[i] - middle) * (b[i] - middle)) / (aa * bb).sqrt())
}

pub(super) fn ranks(v: &[f64]) -> Vec<f64> {
    let below = |x: f64| v.iter().filter(|w| **w < x).count() as f64;
    let same = |x: f64| v.iter().filter(|w| **w == x).count() as f64;
    v.iter().map(|&x| below(x) + (same(x) + 1.0) / 2.0).collect()
}
