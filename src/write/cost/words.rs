//! Choices, numbers and bounds of abatement costs as words.

use serde::Serialize;

use crate::bounded::Bounded;
use crate::cost::{Direction, Estimate, Estimator, Price};

/// A choice as it is spelled in options.
pub(super) fn word(choice: &impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
}

pub(super) fn flags(price: &Price, between: &str) -> String {
    price.flags.iter().map(word).collect::<Vec<_>>().join(between)
}

/// The estimator with every choice that bears on it.
pub(super) fn method(estimate: &Estimate) -> String {
    let s = &estimate.settings;
    let direction = match s.direction {
        Some(Direction::Both) => "direction both (1,-1) in means of the panel",
        Some(Direction::Gdp) => "direction gdp (1,0)",
        Some(Direction::Co2) => "direction co2 (0,-1)",
        Some(Direction::Own) => "direction own (y,-b)",
        None => "no direction",
    };
    let frontier = format!("{} returns, reference {}, price {} of the range", word(&s.returns), word(&s.reference), word(&s.face));
    let years = s.window.map_or(String::new(), |w| format!(", last {w} years"));
    let convex = format!("{} {}, {} returns{years}, price {} of the range", word(&s.norm), s.tau, word(&s.returns), word(&s.face));
    match s.estimator {
        Estimator::Quadratic => format!("quadratic distance function, {direction}, year effects {}{years}", word(&s.effects)),
        Estimator::Frontier => format!("frontier distance function, {direction}, {} disposal, {frontier}", word(&s.disposal)),
        Estimator::Slacks => format!("slacks-based measure, {frontier}"),
        Estimator::LocalShare => {
            format!("shares of CO2 by convex expectile regressions{years}, share {} of the range, bandwidth {}", word(&s.face), s.bandwidth)
        }
        Estimator::Convex => format!("convex regression, {direction}, {convex}"),
        Estimator::LogLinear => format!("constant elasticities, least squares{years}"),
        Estimator::ByProduction => format!("by-production, convex regression of GDP, {convex}"),
        Estimator::Meta => "median share of all estimators with their standard choices".into(),
    }
}

/// A price for people.
pub(in crate::write) fn number(v: f64) -> String {
    // beyond this a price is nothing but digits
    if v.is_finite() && v.abs() >= 1e12 {
        return format!("{v:.6e}");
    }
    // adding zero turns a negative zero into zero
    if v.is_finite() { format!("{:.1}", (v * 10.0).round() / 10.0 + 0.0) } else { v.to_string() }
}

/// What the word certified covers here.
pub(super) const SCOPE: &str =
    "arithmetic only: the bounds hold for this estimator on this panel, not for errors in its data, nor for the choice of the estimator";

/// A bound for people.
pub(in crate::write) fn within(b: Bounded) -> String {
    if b.bound.is_finite() { format!("{:.1e}", b.bound) } else { "no bound".into() }
}
