//! Abatement costs as text, JSON and CSV; the CSV and the JSON are what `isard compensate --cost` reads.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::csv::line;
use super::text::{grid, names};
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Direction, Estimate, Estimator, Flag, Panel, Price};
use crate::labels::Language;

/// A choice as it is spelled in options.
fn word(choice: &impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
}

fn flags(price: &Price, between: &str) -> String {
    price.flags.iter().map(word).collect::<Vec<_>>().join(between)
}

/// The estimator with every choice that bears on it.
fn method(estimate: &Estimate) -> String {
    let s = &estimate.settings;
    let direction = match s.direction {
        Some(Direction::Both) => "direction both (1,-1) in means of the panel",
        Some(Direction::Gdp) => "direction gdp (1,0)",
        Some(Direction::Co2) => "direction co2 (0,-1)",
        Some(Direction::Own) => "direction own (y,-b)",
        None => "no direction",
    };
    let frontier = format!("{} returns, reference {}, price {} of the range", word(&s.returns), word(&s.reference), word(&s.choice));
    match s.estimator {
        Estimator::Quadratic => format!("quadratic distance function, {direction}, year effects {}", word(&s.effects)),
        Estimator::Frontier => format!("frontier distance function, {direction}, {} disposal, {frontier}", word(&s.disposal)),
        Estimator::Slacks => format!("slacks-based measure, {frontier}"),
    }
}

fn number(v: f64) -> String {
    // adding zero turns a negative zero into zero
    if v.is_finite() { format!("{:.1}", (v * 10.0).round() / 10.0 + 0.0) } else { v.to_string() }
}

/// What the word certified covers here.
const SCOPE: &str = "programmes are checked from the data alone; prices and distances carry no bound of their own";

fn verdict(estimate: &Estimate) -> &'static str {
    if estimate.certified() { "CERTIFIED (arithmetic)" } else { "UNCERTIFIED" }
}

/// The report for people.
pub fn text(estimate: &Estimate, panel: &Panel, fits: &[Fit], language: Language) -> String {
    let mut out = String::new();
    let source = panel.sources.first().map_or(String::new(), |s| s.path.display().to_string());
    let years = format!("{}-{}", panel.years[0], panel.years[panel.years.len() - 1]);
    let _ = writeln!(out, "{}: {} regions, {years}, {} inputs", crate::escape::line(&source), panel.regions.len(), panel.input_names.len());
    let _ = writeln!(out, "\nPrice of a tonne of CO2 in {}, {}", estimate.year, estimate.unit);
    let _ = writeln!(out, "  {}", method(estimate));
    for note in &estimate.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    let spread = estimate.prices.iter().any(|p| p.spread.is_some());
    let mut header = names(&["region", "price", "low", "high", "distance", "t per 10^4", "Mt"]);
    if spread {
        header.extend(names(&["median", "quartiles", "min", "max", "samples"]));
    }
    header.push("flags".into());
    // adding zero turns a negative zero into zero
    let optional = |v: Option<f64>, digits: usize| v.map_or("-".into(), |v| format!("{:.digits$}", (v * 1e6).round() / 1e6 + 0.0));
    let rows: Vec<Vec<String>> = estimate
        .prices
        .iter()
        .map(|p| {
            let mut row = vec![p.region.label(language), number(p.price), number(p.low), number(p.high)];
            row.extend([optional(p.distance, 4), optional(p.intensity, 3), optional(p.emissions.map(|e| e / 1e6), 1)]);
            if spread {
                row.extend(p.spread.map_or_else(
                    || vec!["-".to_string(); 5],
                    |s| {
                        let quartiles = format!("{} to {}", number(s.lower), number(s.upper));
                        vec![number(s.median), quartiles, number(s.min), number(s.max), s.samples.to_string()]
                    },
                ));
            }
            row.push(flags(p, " "));
            row
        })
        .collect();
    grid(&mut out, &header, &rows);
    let finite: Vec<f64> = estimate.prices.iter().map(|p| p.price).filter(|v| v.is_finite()).collect();
    let (sum, low, high) = finite.iter().fold((0.0, f64::INFINITY, f64::NEG_INFINITY), |a, v| (a.0 + v, v.min(a.1), v.max(a.2)));
    let mean = sum / finite.len().max(1) as f64;
    let _ = writeln!(out, "mean of {} finite prices {}, from {} to {}", finite.len(), number(mean), number(low), number(high));
    let _ = writeln!(out, "{}", pattern(estimate));
    curves(&mut out, fits);
    meanings(&mut out, estimate);
    for c in &estimate.checks {
        let _ = writeln!(out, "  {} {}: {:.1e}, allowed {:.0e}", if c.holds { "holds" } else { "FAILS" }, c.name, c.found, c.limit);
    }
    let p = estimate.proof;
    let _ = writeln!(
        out,
        "{}: linear programmes checked again: rows missed by {:.1e}, duals by {:.1e}, gap {:.1e}; allowed {LIMIT:.0e}",
        verdict(estimate),
        p.primal,
        p.dual,
        p.gap
    );
    let _ = writeln!(out, "  {SCOPE}");
    out
}

fn pattern(estimate: &Estimate) -> String {
    match estimate.pattern {
        Some((intensity, emissions, n)) => format!(
            "rank correlation of price with carbon intensity {intensity:+.3}, with direct emissions {emissions:+.3} (Spearman, {n} regions)"
        ),
        None => "no rank correlation: too few regions with a finite price, or prices do not differ".into(),
    }
}

fn curves(out: &mut String, fits: &[Fit]) {
    for f in fits {
        let [a, b, c] = f.coefficients.map(|v| format!("{v:.6}"));
        let law = match word(&f.form).as_str() {
            "log-log" => format!("ln m = {a} + {b} ln u"),
            "semi-log" => format!("ln m = {a} + {b} u"),
            "quadratic" => format!("m = {a} + {b} u + {c} u^2"),
            _ => format!("m = {a} + {b} ln(1 - R), 1 - R = u / {:.4}", f.reference),
        };
        let left = if f.left_out > 0 { format!(", {} left out", f.left_out) } else { String::new() };
        let _ = writeln!(out, "curve {}: {law}; R2 {:.3}, {} pairs{left} (u: t per 10^4)", word(&f.form), f.r_squared, f.pairs);
    }
}

fn meanings(out: &mut String, estimate: &Estimate) {
    let known = [
        (Flag::Negative, "less CO2 would come with more GDP; --floor sets a lowest price"),
        (Flag::Zero, "less CO2 costs nothing here"),
        (Flag::Infinite, "GDP has no value at the margin; --cap sets a highest price"),
        (Flag::Range, "several lines support the frontier here: any price from low to high is as good"),
        (Flag::NoUpperEnd, "the range has no upper end"),
        (Flag::NoLowerEnd, "the range has no lower end"),
        (Flag::Outlier, "more than ten times the median price: GDP has hardly any value at the margin here, do not rely on it"),
        (Flag::Capped, "set to the cap"),
        (Flag::Floored, "set to the floor"),
        (Flag::Neighbours, "no data: mean of the neighbours' prices"),
        (Flag::Uncertified, "a linear programme misses the limit of its check"),
    ];
    for (flag, meaning) in known {
        let count = estimate.prices.iter().filter(|p| p.flags.contains(&flag)).count();
        if count > 0 {
            let _ = writeln!(out, "  {} ({count}): {meaning}", word(&flag));
        }
    }
}

/// One line for each region: region, `cost_yuan_per_t`, and what is known of it.
pub fn csv(estimate: &Estimate) -> String {
    let unit = estimate.unit.replace('/', "_per_");
    let spread = estimate.prices.iter().any(|p| p.spread.is_some());
    let mut header = vec!["region".to_string(), format!("cost_{unit}"), format!("low_{unit}"), format!("high_{unit}")];
    header.extend(names(&["distance", "t_per_10k", "emissions_t", "flags"]));
    if spread {
        header.extend(["median", "lower_quartile", "upper_quartile", "min", "max"].map(|n| format!("{n}_{unit}")));
        header.push("samples".into());
    }
    let mut out = line(header.iter().map(String::as_str));
    let optional = |v: Option<f64>| v.map_or(String::new(), |v| v.to_string());
    for p in &estimate.prices {
        let mut row = vec![p.region.en.clone(), p.price.to_string(), p.low.to_string(), p.high.to_string()];
        row.extend([optional(p.distance), optional(p.intensity), optional(p.emissions), flags(p, ";")]);
        if spread {
            row.extend(p.spread.map_or_else(
                || vec![String::new(); 6],
                |s| [s.median, s.lower, s.upper, s.min, s.max].iter().map(f64::to_string).chain([s.samples.to_string()]).collect(),
            ));
        }
        out += &line(row.iter().map(String::as_str));
    }
    out
}

/// File name and a fitted curve for each region, as `compensate --curves` reads it; `None` where the form has no such kind. A region
/// without emissions of its own cannot abate.
pub fn curve_by_region(estimate: &Estimate, fit: &Fit) -> Option<(String, String)> {
    let (name, ..) = fit.over_reduction(1.0)?;
    let mut out = String::from("region,kind,a,b,c,max,of\n");
    for p in &estimate.prices {
        let (kind, [a, b, c], max) = fit.over_reduction(p.intensity.unwrap_or(1.0))?;
        let max = if p.emissions.is_some_and(|e| e > 0.0) && p.intensity.is_some() { max } else { 0.0 };
        let numbers = [a, b, c, max].map(|v| v.to_string());
        out += &line([&p.region.en, kind].into_iter().chain(numbers.iter().map(String::as_str)).chain(["rate"]));
    }
    Some((format!("curves_{name}.csv"), out))
}

/// Everything, in one object; what is infinite is null and carries its flag.
pub fn json(estimate: &Estimate, panel: &Panel, fits: &[Fit]) -> String {
    let mut o = Map::new();
    o.insert("isard".into(), env!("CARGO_PKG_VERSION").into());
    o.insert("year".into(), estimate.year.into());
    o.insert("unit".into(), estimate.unit.clone().into());
    o.insert("method".into(), method(estimate).into());
    o.insert("settings".into(), json!(estimate.settings));
    let costs: Vec<Value> = estimate
        .prices
        .iter()
        .map(|p| {
            json!({"region": p.region.en, "region_zh": p.region.zh, "cost": p.price, "low": p.low, "high": p.high,
                "distance": p.distance, "intensity_t_per_10k": p.intensity, "emissions_t": p.emissions,
                "flags": p.flags, "spread": p.spread})
        })
        .collect();
    o.insert("costs".into(), costs.into());
    let pattern = estimate.pattern.map(|(intensity, emissions, n)| json!({"intensity": intensity, "emissions": emissions, "regions": n}));
    o.insert("rank_correlation".into(), json!(pattern));
    o.insert("curves".into(), json!(fits));
    o.insert("checks".into(), json!(estimate.checks));
    o.insert(
        "programmes".into(),
        json!({"primal": estimate.proof.primal, "dual": estimate.proof.dual, "gap": estimate.proof.gap, "limit": LIMIT}),
    );
    o.insert("certified".into(), estimate.certified().into());
    o.insert("certificate".into(), SCOPE.into());
    o.insert("notes".into(), json!(estimate.notes));
    o.insert("years".into(), json!(panel.years));
    o.insert("inputs".into(), json!(panel.input_names));
    o.insert("sources".into(), json!(panel.sources));
    serde_json::to_string(&o).expect("plain values") + "\n"
}
