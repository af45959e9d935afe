//! What scripts read of an estimate, by key: the prices with their bounds, whether the data identify them, curves and verdicts.

use serde_json::{Map, Value, json};

use super::files::ends;
use super::verdicts::without_bound;
use super::words::{SCOPE, method};
use super::{range, trust};
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Estimate, Panel, Price, Trust};
use crate::report::document::Document;

/// Adds every key to a document that has its verdicts; what is infinite is null and carries its flag.
pub(super) fn add(document: &mut Document, estimate: &Estimate, panel: &Panel, fits: &[Fit], trust: &Trust) {
    document.put("year", estimate.year);
    document.put("unit", estimate.unit.as_str());
    document.put("method", method(estimate));
    document.put("assumes", estimate.settings.estimator.assumes());
    document.put("settings", json!(estimate.settings));
    document.put("costs", estimate.prices.iter().enumerate().map(|(r, p)| cost(estimate, trust, r, p)).collect::<Value>());
    trust::json(&mut document.facts, trust);
    let pattern = estimate.pattern.map(|(intensity, emissions, n)| {
        json!({"intensity": intensity.value, "intensity_bound": intensity.bound, "emissions": emissions.value,
        "emissions_bound": emissions.bound, "regions": n})
    });
    document.put("rank_correlation", json!(pattern));
    if let Some(order) = range::json(estimate) {
        document.put("order", order);
    }
    document.put("curves", json!(fits));
    document.put("checks", json!(estimate.checks));
    let proof = &estimate.proof;
    document.put("programmes", json!({"primal": proof.primal, "dual": proof.dual, "gap": proof.gap, "limit": LIMIT}));
    let none = without_bound(estimate, fits);
    document.put("certified", none.is_none() && document.certified());
    document.put("certificate", SCOPE);
    document.put("uncertified_because", document.reasons().into_iter().chain(none).collect::<Vec<_>>());
    document.put("verdicts", json!(document.verdicts));
    document.put("notes", json!(estimate.notes));
    document.put("years", json!(panel.years));
    document.put("inputs", json!(panel.input_names));
    document.put("sources", json!(panel.sources));
}

/// The price of a region with what it comes from.
fn cost(estimate: &Estimate, trust: &Trust, r: usize, p: &Price) -> Value {
    let mut entry = Map::new();
    entry.insert("region".into(), p.region.en.clone().into());
    entry.insert("region_zh".into(), json!(p.region.zh));
    let own = if trust.is_priced() { "cost" } else { "if_forced" };
    if !trust.is_priced() {
        for (key, end) in ["unidentified_low", "unidentified_high"].into_iter().zip(trust.gate.ranges[r]) {
            trust::bounded(&mut entry, key, Some(end));
        }
    }
    let [low, high] = ends(estimate, trust, r);
    let numbers = [Some(p.price), Some(low), Some(high), p.distance, p.intensity, p.emissions];
    for (key, number) in [own, "low", "high", "distance", "intensity_t_per_10k", "emissions_t"].into_iter().zip(numbers) {
        trust::bounded(&mut entry, key, number);
    }
    if !p.price.bound.is_finite() {
        entry.insert("no_bound".into(), p.unbounded.as_deref().unwrap_or("infinite within its bounds").into());
    }
    entry.insert("flags".into(), json!(p.flags));
    let mut spread = json!(p.spread);
    if let (Some(s), Some(object)) = (p.spread, spread.as_object_mut()) {
        object.insert("all_bound".into(), json!(s.bound.is_finite().then_some(s.bound)));
    }
    entry.insert("spread".into(), spread);
    if !p.beside.is_empty() {
        entry.insert("beside".into(), json!(p.beside));
    }
    if estimate.ranges.is_some() {
        entry.insert("range".into(), json!(p.range));
    }
    entry.into()
}
