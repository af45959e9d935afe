//! How near estimators come to true prices: rank correlation and median absolute error, means over seeds.
//!
//! Spearman's correlation of price with truth; `median |price / truth - 1|`.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::threads::prelude::*;
use serde::Serialize;

use super::{Design, Simulated};
use crate::cost::estimate::{estimate, spearman};
use crate::cost::gate::examine;
use crate::cost::price::Price;
use crate::cost::settings::{Direction, Disposal, Effects, Estimator, Settings};
use crate::error::Result;
use crate::watch::Watch;

/// An estimator that is measured.
#[derive(Debug, Clone)]
pub struct Entrant {
    /// Its name in the table.
    pub name: String,
    /// How it is run; `None` for `GDP / (3 CO2)`, which is no estimate.
    pub settings: Option<Settings>,
}

/// How near prices are to the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Rank correlation with the truth; `None` where one side does not vary.
    pub rank: Option<f64>,
    /// Median absolute error, percent; `None` where the truth is 0.
    pub error: Option<f64>,
}

/// One estimator on one design.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// The design.
    pub design: &'static str,
    /// The estimator.
    pub estimator: String,
    /// Means over the seeds that have a result.
    #[serde(flatten)]
    pub score: Score,
    /// Number of seeds that have a result.
    pub seeds: usize,
    /// Why the first of the others has none.
    pub failed: Option<String>,
    /// Number of these seeds whose panel identifies the price, where that was tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identified: Option<usize>,
}

/// Placebos of each panel, and their seed.
#[derive(Debug, Clone, Copy)]
pub struct Gating {
    /// Number of placebos.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
}

/// The estimators that are measured where none is named.
pub fn entrants() -> Vec<Entrant> {
    let with = |name: &str, estimator, direction, change: &dyn Fn(&mut Settings)| {
        let mut settings = Settings::new(estimator, direction);
        change(&mut settings);
        Entrant { name: name.into(), settings: Some(settings) }
    };
    let one = |name: &str, estimator, direction| with(name, estimator, direction, &|_| ());
    let both = Some(Direction::Both);
    vec![
        one("slacks", Estimator::Slacks, None),
        with("frontier", Estimator::Frontier, Some(Direction::Own), &|s| s.disposal = Disposal::OneSided),
        one("quadratic", Estimator::Quadratic, both),
        with("quadratic, trend", Estimator::Quadratic, both, &|s| s.effects = Effects::Trend),
        one("by-production", Estimator::ByProduction, None),
        one("log-linear", Estimator::LogLinear, None),
        one("convex, both", Estimator::Convex, both),
        one("convex, gdp", Estimator::Convex, Some(Direction::Gdp)),
        one("local-share", Estimator::LocalShare, None),
        Entrant { name: "GDP/(3 CO2), no estimate".into(), settings: None },
    ]
}

/// How near prices are to the truth.
pub fn score(prices: &[f64], truth: &[f64]) -> Score {
    let mut errors: Vec<f64> = prices.iter().zip(truth).filter(|(_, t)| **t > 0.0).map(|(p, t)| 100.0 * (p / t - 1.0).abs()).collect();
    errors.sort_by(f64::total_cmp);
    let middle = errors.len() / 2;
    let error = match errors.len() {
        0 => None,
        n if n % 2 == 1 => Some(errors[middle]),
        _ => Some((errors[middle - 1] + errors[middle]) / 2.0),
    };
    Score { rank: spearman(prices, truth), error }
}

/// Scores with the names of their rows, and whether the gate passes, where it was asked.
struct Scores {
    named: Vec<(String, Score)>,
    identified: Option<bool>,
}

/// The scores of one entrant, and of other choices that its prices carry beside.
fn scores(entrant: &Entrant, made: &Simulated, gating: Option<Gating>, watch: &Watch) -> Result<Scores> {
    let panel = &made.panel;
    let scored = |prices: &[f64]| score(prices, &made.truth);
    let Some(settings) = &entrant.settings else {
        let at = |r: usize| panel.gdp[[r, panel.price_year]] / (3.0 * panel.co2[[r, panel.price_year]]);
        let prices: Vec<f64> = (0..panel.regions.len()).map(at).collect();
        return Ok(Scores { named: vec![(entrant.name.clone(), scored(&prices))], identified: None });
    };
    // the watch counts panels, not the programmes of one
    watch.check()?;
    let estimated = estimate(panel, settings)?;
    let gate = |g: Gating| examine(panel, settings, &estimated, g.draws, g.seed).map(|found| found.identified);
    let identified = gating.map(gate).transpose()?;
    let prices = &estimated.prices;
    let column = |of: &dyn Fn(&Price) -> f64| prices.iter().map(of).collect::<Vec<f64>>();
    let mut found = vec![(entrant.name.clone(), scored(&column(&|p| p.price.value)))];
    for (i, beside) in prices.first().map_or(&[][..], |p| &p.beside).iter().enumerate() {
        found.push((format!("{}, {}", entrant.name, beside.name), scored(&column(&|p| p.beside[i].prices[0]))));
    }
    Ok(Scores { named: found, identified })
}

/// Every entrant on every design, design by design; with `gating` each price is put to the test of [`crate::cost::gate`] as well.
///
/// # Errors
/// When the watch is cancelled.
pub fn run(designs: &[Design], entrants: &[Entrant], seeds: &[u64], gating: Option<Gating>, watch: &Watch) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    let (done, all) = (AtomicUsize::new(0), designs.len() * seeds.len());
    for design in designs {
        let panels: Vec<Simulated> = seeds.iter().map(|&seed| design.panel(seed)).collect();
        let found: Vec<Vec<Result<Scores>>> = panels
            .par_iter()
            .map(|made| {
                watch.units("panels", done.fetch_add(1, Relaxed), all)?;
                Ok(entrants.iter().map(|entrant| scores(entrant, made, gating, watch)).collect())
            })
            .collect::<Result<_>>()?;
        watch.check()?;
        for (e, entrant) in entrants.iter().enumerate() {
            let failed = found.iter().find_map(|f| f[e].as_ref().err()).map(ToString::to_string);
            let good: Vec<&Scores> = found.iter().filter_map(|f| f[e].as_ref().ok()).collect();
            let names = good.first().map_or_else(|| vec![entrant.name.clone()], |g| g.named.iter().map(|s| s.0.clone()).collect());
            let identified = gating.map(|_| good.iter().filter(|g| g.identified == Some(true)).count());
            for (row, estimator) in names.into_iter().enumerate() {
                let mean = |of: &dyn Fn(&Score) -> Option<f64>| {
                    let all: Vec<f64> = good.iter().filter_map(|g| of(&g.named[row].1)).collect();
                    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
                };
                let score = Score { rank: mean(&|s| s.rank), error: mean(&|s| s.error) };
                cells.push(Cell { design: design.name, estimator, score, seeds: good.len(), failed: failed.clone(), identified });
            }
        }
    }
    Ok(cells)
}
