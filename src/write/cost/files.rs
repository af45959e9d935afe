//! The files of an estimate, CSV and JSON, as `isard compensate --cost` and `--curves` read them.

use serde_json::{Map, Value, json};

use super::verdicts::{verdicts, without_bound};
use super::words::{SCOPE, flags, method};
use crate::bounded::Bounded;
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Estimate, Panel, Trust};
use crate::verdict::Verdict;
use crate::write::csv::line;
use crate::write::text::names;
use crate::write::trust;

/// A bound as a cell: `none` where there is none.
fn bound_cell(bound: f64) -> String {
    if bound.is_finite() { format!("{bound:e}") } else { "none".into() }
}

/// The ends of a price: its supporting lines; of one that is taken although the data do not identify it, these united with the
/// prices under the placebo, so that nothing is proven that the range leaves open.
pub(super) fn ends(estimate: &Estimate, trust: &Trust, r: usize) -> [Bounded; 2] {
    let p = &estimate.prices[r];
    if trust.is_priced() && !trust.gate.identified { trust.gate.ranges[r] } else { [p.low, p.high] }
}

/// One line for each region: region, `cost_yuan_per_t`, its bound, and what is known of it.
///
/// A price that the data do not identify has no `cost`: its range in `unidentified_low` and `unidentified_high`, the point in `if_forced`.
pub fn csv(estimate: &Estimate, trust: &Trust) -> String {
    let unit = estimate.unit.replace('/', "_per_");
    let spread = estimate.prices.iter().any(|p| p.spread.is_some());
    let mut header = vec!["region".to_string(), "identified".into()];
    header.extend((!trust.accepted.is_empty()).then(|| "accepted".to_string()));
    let of_price: &[&str] = if trust.is_priced() {
        &["cost", "bound"]
    } else {
        &["unidentified_low", "unidentified_low_bound", "unidentified_high", "unidentified_high_bound", "if_forced", "if_forced_bound"]
    };
    header.extend(of_price.iter().chain(&["low", "low_bound", "high", "high_bound"]).map(|n| format!("{n}_{unit}")));
    header.extend(names(&["distance", "distance_bound", "t_per_10k", "t_per_10k_bound", "emissions_t", "emissions_t_bound", "flags"]));
    let ranges = estimate.ranges.is_some();
    if ranges {
        header.extend(["range_low", "range_high"].map(|n| format!("{n}_{unit}")));
    }
    if spread {
        header.extend(["median", "lower_quartile", "upper_quartile", "min", "max", "spread_bound"].map(|n| format!("{n}_{unit}")));
        header.push("samples".into());
    }
    let mut out = line(header.iter().map(String::as_str));
    let optional = |v: Option<Bounded>| v.map_or([String::new(), String::new()], |v| [v.value.to_string(), bound_cell(v.bound)]);
    for (r, p) in estimate.prices.iter().enumerate() {
        let mut row = vec![p.region.en.clone(), trust.gate.word().into()];
        row.extend((!trust.accepted.is_empty()).then(|| trust.accepted()));
        if !trust.is_priced() {
            row.extend(trust.gate.ranges[r].iter().flat_map(|end| optional(Some(*end))));
        }
        let [low, high] = ends(estimate, trust, r);
        for v in [Some(p.price), Some(low), Some(high), p.distance, p.intensity, p.emissions] {
            row.extend(optional(v));
        }
        row.push(flags(p, ";"));
        if ranges {
            row.extend(p.range.map_or([String::new(), String::new()], |r| [r.low.to_string(), r.high.to_string()]));
        }
        if spread {
            row.extend(p.spread.map_or_else(
                || vec![String::new(); 7],
                |s| {
                    let numbers = [s.median, s.lower, s.upper, s.min, s.max];
                    numbers.iter().map(f64::to_string).chain([bound_cell(s.bound), s.samples.to_string()]).collect()
                },
            ));
        }
        out += &line(row.iter().map(String::as_str));
    }
    out
}

/// File name and a fitted curve for each region, as `compensate --curves` reads it; `None` where the form has no such kind. A region
/// without emissions of its own cannot abate.
pub fn curve_by_region(estimate: &Estimate, fit: &Fit, trust: &Trust) -> Option<(String, String)> {
    let (name, ..) = fit.over_reduction(1.0)?;
    let said = (!trust.accepted.is_empty()).then(|| trust.accepted());
    let mut out = String::from(if said.is_some() { "region,kind,a,b,c,max,of,unit,accepted\n" } else { "region,kind,a,b,c,max,of,unit\n" });
    for p in &estimate.prices {
        let (kind, [a, b, c], max) = fit.over_reduction(p.intensity.map_or(1.0, |u| u.value))?;
        let max = if p.emissions.is_some_and(|e| e.value > 0.0) && p.intensity.is_some() { max } else { 0.0 };
        let numbers = [a, b, c, max].map(|v| v.to_string());
        let cells = [&p.region.en, kind].into_iter().chain(numbers.iter().map(String::as_str));
        out += &line(cells.chain(["rate", &estimate.unit]).chain(said.as_deref()));
    }
    Some((format!("curves_{name}.csv"), out))
}

/// Everything, in one object; what is infinite is null and carries its flag.
pub fn json(estimate: &Estimate, panel: &Panel, fits: &[Fit], trust: &Trust) -> String {
    let mut o = Map::new();
    o.insert("isard".into(), env!("CARGO_PKG_VERSION").into());
    o.insert("year".into(), estimate.year.into());
    o.insert("unit".into(), estimate.unit.clone().into());
    o.insert("method".into(), method(estimate).into());
    o.insert("assumes".into(), estimate.settings.estimator.assumes().into());
    o.insert("settings".into(), json!(estimate.settings));
    let costs: Vec<Value> = estimate
        .prices
        .iter()
        .enumerate()
        .map(|(r, p)| {
            let mut entry = Map::new();
            entry.insert("region".into(), p.region.en.clone().into());
            entry.insert("region_zh".into(), json!(p.region.zh));
            let [low, high] = ends(estimate, trust, r);
            let numbers = [Some(p.price), Some(low), Some(high), p.distance, p.intensity, p.emissions];
            let own = if trust.is_priced() { "cost" } else { "if_forced" };
            if !trust.is_priced() {
                for (key, end) in ["unidentified_low", "unidentified_high"].into_iter().zip(trust.gate.ranges[r]) {
                    trust::bounded(&mut entry, key, end);
                }
            }
            for (key, number) in [own, "low", "high", "distance", "intensity_t_per_10k", "emissions_t"].into_iter().zip(numbers) {
                entry.insert(key.into(), json!(number.map(|n| n.value)));
                if let Some(bound) = number.map(|n| n.bound).filter(|b| b.is_finite()) {
                    entry.insert(format!("{key}_bound"), bound.into());
                }
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
            Value::Object(entry)
        })
        .collect();
    o.insert("costs".into(), costs.into());
    trust::json(&mut o, trust);
    let pattern = estimate.pattern.map(|(intensity, emissions, n)| {
        json!({"intensity": intensity.value, "intensity_bound": intensity.bound, "emissions": emissions.value,
        "emissions_bound": emissions.bound, "regions": n})
    });
    o.insert("rank_correlation".into(), json!(pattern));
    o.extend(super::range::json(estimate).map(|order| ("order".to_string(), order)));
    o.insert("curves".into(), json!(fits));
    o.insert("checks".into(), json!(estimate.checks));
    o.insert(
        "programmes".into(),
        json!({"primal": estimate.proof.primal, "dual": estimate.proof.dual, "gap": estimate.proof.gap, "limit": LIMIT}),
    );
    let all = verdicts(estimate, fits);
    let none = without_bound(estimate, fits);
    o.insert("certified".into(), (none.is_none() && all.iter().all(|v| v.certified)).into());
    o.insert("certificate".into(), SCOPE.into());
    o.insert("uncertified_because".into(), json!(all.iter().flat_map(Verdict::reasons).chain(none).collect::<Vec<_>>()));
    o.insert("verdicts".into(), json!(all));
    o.insert("notes".into(), json!(estimate.notes));
    o.insert("years".into(), json!(panel.years));
    o.insert("inputs".into(), json!(panel.input_names));
    o.insert("sources".into(), json!(panel.sources));
    serde_json::to_string(&o).expect("plain values") + "\n"
}
