//! How far prices move when other regions make up the sample: leave one out, or a bootstrap over regions.
//!
//! A sample keeps or drops a region with all its years. Sample `i` draws from a random stream of its own, so the same
//! seed gives the same bits for any number of threads. Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde::Serialize;

use super::estimate::{run, times};
use super::panel::Units;
use super::price::Spread;
use super::settings::Settings;
use crate::bounded::{Bounded, greater, up};
use crate::error::Result;
use crate::random::Random;
use crate::threads::prelude::*;

/// Which samples are estimated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replicates {
    /// All regions but one, each in turn.
    LeaveOneOut,
    /// As many regions as there are, drawn with replacement.
    Bootstrap {
        /// How many samples.
        draws: usize,
        /// Of the random streams.
        seed: u64,
    },
}

impl Spread {
    /// Sorting moves no number by more than the largest bound.
    fn of(found: &[Bounded]) -> Self {
        let mut prices: Vec<f64> = found.iter().map(|p| p.value).collect();
        let bound = found.iter().map(|p| p.bound).fold(0.0, greater);
        prices.sort_by(f64::total_cmp);
        let at = |q: f64| {
            let Some(last) = prices.len().checked_sub(1) else { return f64::NAN };
            let place = q * last as f64;
            let (low, part) = (place.floor() as usize, place.fract());
            // no `0 * inf` between equal or infinite neighbours
            if part == 0.0 { prices[low] } else { prices[low] + part * (prices[low + 1] - prices[low]).max(0.0) }
        };
        Spread { samples: prices.len(), min: at(0.0), lower: at(0.25), median: at(0.5), upper: at(0.75), max: at(1.0), bound }
    }

    pub(super) fn scale(&mut self, by: Bounded) {
        let mut all = 0.0;
        for v in [&mut self.min, &mut self.lower, &mut self.median, &mut self.upper, &mut self.max] {
            // an end of a quartile is interpolated
            let known = Bounded::new(*v, up(self.bound + 4.0 * f64::EPSILON * v.abs()));
            let scaled = times(known, by);
            (*v, all) = (scaled.value, greater(all, if v.is_infinite() { self.bound } else { scaled.bound }));
        }
        self.bound = all;
    }
}

/// The spread of each region's price, in means of the panel.
///
/// # Errors
/// When the watch is cancelled.
pub(super) fn spread(units: &Units, year: usize, settings: &Settings, which: &Replicates, notes: &mut Vec<String>) -> Result<Vec<Spread>> {
    let samples = samples(units.regions, which);
    let done = AtomicUsize::new(0);
    let found: Vec<_> = samples
        .par_iter()
        .map(|weights| {
            settings.watch.units("samples", done.fetch_add(1, Relaxed), samples.len())?;
            run(units, weights, year, settings)
        })
        .collect();
    settings.watch.check()?;
    let failed = found.iter().filter(|f| f.is_err()).count();
    let poor = found.iter().flatten().filter(|f| f.marks.iter().flatten().any(|m| !m.proof.holds())).count();
    notes.push(match which {
        Replicates::LeaveOneOut => format!("spread over {} samples, each without one region", samples.len()),
        Replicates::Bootstrap { seed, .. } => format!("spread over {} bootstrap samples of regions, seed {seed}", samples.len()),
    });
    if failed > 0 {
        let why = found.iter().find_map(|f| f.as_ref().err()).map_or(String::new(), ToString::to_string);
        notes.push(format!("{failed} samples have no optimum and are left out, the first because: {why}"));
    }
    if poor > 0 {
        notes.push(format!("UNCERTIFIED: in {poor} samples a programme misses the limit of its check"));
    }
    let spreads = (0..units.regions)
        .map(|r| {
            let marks = found.iter().flatten().filter_map(|f| f.marks[r].as_ref());
            Spread::of(&marks.map(|m| m.price(settings.face)).collect::<Vec<_>>())
        })
        .collect();
    Ok(spreads)
}

/// How often each region stands in each sample.
fn samples(regions: usize, which: &Replicates) -> Vec<Vec<f64>> {
    match *which {
        Replicates::LeaveOneOut => (0..regions).map(|out| (0..regions).map(|r| f64::from(r != out)).collect()).collect(),
        Replicates::Bootstrap { draws, seed } => (0..draws)
            .map(|i| {
                let (mut random, mut weights) = (Random::new(seed, i as u64), vec![0.0; regions]);
                (0..regions).for_each(|_| weights[random.below(regions)] += 1.0);
                weights
            })
            .collect(),
    }
}
