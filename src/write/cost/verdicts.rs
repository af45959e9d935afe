//! The verdicts on prices and on curves, and what has no bound.

use super::words::word;
use crate::bounded::Bounded;
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Estimate, Price};
use crate::verdict::{Verdict, floor};

/// How many prices have no bound, why the first has none, and which curves have none; `None` where all numbers have one.
pub fn without_bound(estimate: &Estimate, fits: &[Fit]) -> Option<String> {
    let none = estimate.prices.iter().filter(|p| !p.price.bound.is_finite()).count();
    let why = estimate.prices.iter().find_map(|p| p.unbounded.as_ref());
    let prices = why.map(|why| format!("{none} of {} prices have no bound, the first because {why}", estimate.prices.len()));
    let curves: Vec<String> = fits.iter().filter(|f| !has_bounds(f)).map(|f| word(&f.form)).collect();
    let curves = (!curves.is_empty()).then(|| format!("curves without a bound: {}", curves.join(", ")));
    let all: Vec<String> = prices.into_iter().chain(curves).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Whether the coefficients of a curve have bounds.
fn has_bounds(fit: &Fit) -> bool {
    fit.coefficients_bound.iter().chain([&fit.r_squared_bound]).all(|b| b.is_finite())
}

/// The verdicts on prices and on curves, where there are any: each number that has a bound within [`LIMIT`] of itself or the
/// floor that is named. Numbers that say they have none are in no verdict.
pub fn verdicts(estimate: &Estimate, fits: &[Fit]) -> Vec<Verdict> {
    let mut prices = Verdict::new("prices", LIMIT);
    let region = |r: usize| estimate.prices[r].region.en.clone();
    let known = |b: &Bounded| b.value.is_finite() && b.bound.is_finite();
    let mut all = |what: &str, of: &dyn Fn(&Price) -> Option<Bounded>| {
        let found: Vec<(usize, Bounded)> =
            estimate.prices.iter().enumerate().filter_map(|(r, p)| of(p).filter(known).map(|b| (r, b))).collect();
        let largest = found.iter().map(|f| f.1.value.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
        prices.judge(what, floor(LIMIT, largest), found.iter().map(|f| f.1), |i| region(found[i].0));
    };
    all("price", &|p| Some(p.price));
    all("low", &|p| Some(p.low));
    all("high", &|p| Some(p.high));
    all("intensity", &|p| p.intensity);
    all("emissions", &|p| p.emissions);
    all("median of samples", &|p| p.spread.map(|s| Bounded::new(s.median, s.bound)));
    let distances: Vec<(usize, Bounded)> =
        estimate.prices.iter().enumerate().filter_map(|(r, p)| p.distance.filter(known).map(|d| (r, d))).collect();
    prices.judge("distance, in means of the panel", LIMIT, distances.iter().map(|d| d.1), |i| region(distances[i].0));
    let all = Some(mean(estimate)).filter(known);
    prices.judge("mean of finite prices", floor(LIMIT, mean(estimate).value), all, |_| "all".into());
    estimate.checks.iter().for_each(|c| prices.check(c));
    if !estimate.proof.holds() {
        prices.refuse(format!("a linear programme misses its check by {:.1e}, allowed {LIMIT:.0e}", estimate.proof.worst()));
    }
    let mut found = vec![prices];
    if !fits.is_empty() {
        let mut curves = Verdict::new("curves", LIMIT);
        for f in fits.iter().filter(|f| has_bounds(f)) {
            let largest = f.coefficients.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
            let numbers = f.coefficients.iter().zip(&f.coefficients_bound).map(|(v, b)| Bounded::new(*v, *b));
            curves.judge(&format!("{} coefficient", word(&f.form)), floor(LIMIT, largest), numbers, |i| ["a", "b", "c"][i].into());
            curves.judge("R2", LIMIT, [Bounded::new(f.r_squared, f.r_squared_bound)], |_| word(&f.form));
        }
        found.push(curves);
    }
    found
}

/// The mean of the finite prices.
pub(super) fn mean(estimate: &Estimate) -> Bounded {
    let finite: Vec<Bounded> = estimate.prices.iter().map(|p| p.price).filter(|p| p.value.is_finite()).collect();
    finite.iter().copied().sum::<Bounded>() / Bounded::exact(finite.len().max(1) as f64)
}
