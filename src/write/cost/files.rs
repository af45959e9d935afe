//! The CSV files of an estimate, prices and curves, as a study of compensation reads them.

use super::words::flags;
use crate::bounded::Bounded;
use crate::cost::curve::Fit;
use crate::cost::{Estimate, Trust};
use crate::write::csv::line;
use crate::write::text::names;

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
