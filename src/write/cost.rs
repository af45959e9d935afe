//! Abatement costs as text, JSON and CSV; the CSV and the JSON are what `isard compensate --cost` reads.

mod document;
mod range;
pub mod simulate;
mod verdicts;
mod words;

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use document::document;

use super::csv::line;
use super::text::{grid, names};
use super::trust;
use crate::bounded::{Bounded, greater};
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Direction, Estimate, Estimator, Flag, Panel, Price, Trust};
use crate::labels::{Language, Tongue};
use crate::verdict::{Verdict, floor};

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
pub(super) fn number(v: f64) -> String {
    // beyond this a price is nothing but digits
    if v.is_finite() && v.abs() >= 1e12 {
        return format!("{v:.6e}");
    }
    // adding zero turns a negative zero into zero
    if v.is_finite() { format!("{:.1}", (v * 10.0).round() / 10.0 + 0.0) } else { v.to_string() }
}

/// What the word certified covers here.
const SCOPE: &str =
    "arithmetic only: the bounds hold for this estimator on this panel, not for errors in its data, nor for the choice of the estimator";

/// A bound for people.
pub(super) fn within(b: Bounded) -> String {
    if b.bound.is_finite() { format!("{:.1e}", b.bound) } else { "no bound".into() }
}

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
fn mean(estimate: &Estimate) -> Bounded {
    let finite: Vec<Bounded> = estimate.prices.iter().map(|p| p.price).filter(|p| p.value.is_finite()).collect();
    finite.iter().copied().sum::<Bounded>() / Bounded::exact(finite.len().max(1) as f64)
}

/// The report for people.
pub fn text(estimate: &Estimate, panel: &Panel, fits: &[Fit], trust: &Trust, language: Language) -> String {
    let mut out = String::new();
    let source = panel.sources.first().map_or(String::new(), |s| s.path.display().to_string());
    let years = format!("{}-{}", panel.years[0], panel.years[panel.years.len() - 1]);
    let _ = writeln!(out, "{}: {} regions, {years}, {} inputs", crate::escape::line(&source), panel.regions.len(), panel.input_names.len());
    let title = if trust.gate.identified { "" } else { ": NOT IDENTIFIED by these data" };
    let _ = writeln!(out, "\nPrice of a tonne of CO2 in {}, {}{title}", estimate.year, estimate.unit);
    let _ = writeln!(out, "  {}", method(estimate));
    let _ = writeln!(out, "  assumes {}", estimate.settings.estimator.assumes());
    for note in &estimate.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    let spread = estimate.prices.iter().any(|p| p.spread.is_some());
    let known: &[&str] = if trust.is_priced() { &["price", "+-", "low", "high"] } else { &["low", "high", "+-", "if forced", "+-"] };
    let mut header = names(&[&["region"], known, &["distance", "+-", "t per 10^4", "Mt"]].concat());
    if spread {
        header.extend(names(&["median", "quartiles", "min", "max", "+-", "samples"]));
    }
    let beside: Vec<&str> = estimate.prices.first().map_or_else(Vec::new, |p| p.beside.iter().map(|b| b.name).collect());
    header.extend(names(&beside));
    let ranges = estimate.ranges.is_some();
    header.extend(ranges.then(|| "range".to_string()));
    header.push("flags".into());
    // adding zero turns a negative zero into zero
    let optional = |v: Option<Bounded>, digits: usize, over: f64| {
        v.map_or("-".into(), |v| format!("{:.digits$}", (v.value / over * 1e6).round() / 1e6 + 0.0))
    };
    let rows: Vec<Vec<String>> = estimate
        .prices
        .iter()
        .enumerate()
        .map(|(r, p)| {
            let mut row = vec![p.region.label(language)];
            row.extend(if trust.is_priced() {
                vec![number(p.price.value), within(p.price), number(p.low.value), number(p.high.value)]
            } else {
                trust::unidentified(estimate, trust, r)
            });
            row.extend([optional(p.distance, 4, 1.0), p.distance.map_or("-".into(), within)]);
            row.extend([optional(p.intensity, 3, 1.0), optional(p.emissions, 1, 1e6)]);
            if spread {
                row.extend(p.spread.map_or_else(
                    || vec!["-".to_string(); 6],
                    |s| {
                        let quartiles = format!("{} to {}", number(s.lower), number(s.upper));
                        vec![
                            number(s.median),
                            quartiles,
                            number(s.min),
                            number(s.max),
                            within(Bounded::new(s.median, s.bound)),
                            s.samples.to_string(),
                        ]
                    },
                ));
            }
            row.extend((0..beside.len()).map(|i| p.beside.get(i).map_or("-".into(), |b| number(b.prices[0]))));
            row.extend(ranges.then(|| p.range.map_or("-".into(), |r| format!("{} to {}", number(r.low), number(r.high)))));
            row.push(flags(p, " "));
            row
        })
        .collect();
    grid(&mut out, &header, &rows);
    let finite: Vec<f64> = estimate.prices.iter().map(|p| p.price.value).filter(|v| v.is_finite()).collect();
    let (low, high) = finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |a, v| (v.min(a.0), v.max(a.1)));
    let mean = mean(estimate);
    let (text, bound) = (number(mean.value), within(mean));
    let forced = if trust.is_priced() { "" } else { "if forced: " };
    let _ = writeln!(out, "{forced}mean of {} finite prices {text} +- {bound}, from {} to {}", finite.len(), number(low), number(high));
    let _ = writeln!(out, "{}", pattern(estimate));
    curves(&mut out, fits);
    meanings(&mut out, estimate);
    trust::text(&mut out, trust, language);
    for c in &estimate.checks {
        let _ = writeln!(out, "  {} {}: {:.1e}, allowed {:.0e}", if c.holds { "holds" } else { "FAILS" }, c.name, c.found, c.limit);
    }
    range::text(&mut out, estimate);
    let p = estimate.proof;
    if !estimate.settings.estimator.is_regression() {
        let _ = writeln!(
            out,
            "linear programmes checked again: rows missed by {:.1e}, duals by {:.1e}, gap {:.1e}; allowed {LIMIT:.0e}",
            p.primal, p.dual, p.gap
        );
    }
    out += &super::text::verdicts_beside(&verdicts(estimate, fits), without_bound(estimate, fits).as_deref(), Tongue::En);
    let _ = writeln!(out, "  {SCOPE}");
    out
}

fn pattern(estimate: &Estimate) -> String {
    match estimate.pattern {
        Some((intensity, emissions, n)) => format!(
            "rank correlation of price with carbon intensity {:+.3}, with direct emissions {:+.3} (Spearman, {n} regions)",
            intensity.value, emissions.value
        ),
        None => "no rank correlation: too few regions with a finite price, or prices do not differ by more than their bounds".into(),
    }
}

fn curves(out: &mut String, fits: &[Fit]) {
    for f in fits {
        let [a, b, c] = f.coefficients.map(|v| format!("{v:.6}"));
        let bound = within(Bounded::new(0.0, f.coefficients_bound.iter().copied().fold(f.r_squared_bound, greater)));
        let law = match word(&f.form).as_str() {
            "log-log" => format!("ln m = {a} + {b} ln u"),
            "semi-log" => format!("ln m = {a} + {b} u"),
            "quadratic" => format!("m = {a} + {b} u + {c} u^2"),
            _ => format!("m = {a} + {b} ln(1 - R), 1 - R = u / {:.4}", f.reference),
        };
        let left = if f.left_out > 0 { format!(", {} left out", f.left_out) } else { String::new() };
        let _ = writeln!(
            out,
            "curve {}: {law}; R2 {:.3}, {} pairs{left} (u: t per 10^4); each number +- {bound} at most",
            word(&f.form),
            f.r_squared,
            f.pairs
        );
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
        (Flag::WeightsOnly, "GDP / (3 CO2): the weights of the measure alone set it, it is no evidence of cost"),
    ];
    for (flag, meaning) in known {
        let count = estimate.prices.iter().filter(|p| p.flags.contains(&flag)).count();
        if count > 0 {
            let _ = writeln!(out, "  {} ({count}): {meaning}", word(&flag));
        }
    }
}

/// A bound as a cell: `none` where there is none.
fn bound_cell(bound: f64) -> String {
    if bound.is_finite() { format!("{bound:e}") } else { "none".into() }
}

/// The ends of a price: its supporting lines; of one that is taken although the data do not identify it, these united with the
/// prices under the placebo, so that nothing is proven that the range leaves open.
fn ends(estimate: &Estimate, trust: &Trust, r: usize) -> [Bounded; 2] {
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
    o.extend(range::json(estimate).map(|order| ("order".to_string(), order)));
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
