//! The report of an estimate for people.

use std::fmt::Write;

use super::verdicts::{mean, verdicts, without_bound};
use super::words::{SCOPE, flags, method, number, within, word};
use crate::bounded::{Bounded, greater};
use crate::cost::curve::Fit;
use crate::cost::lp::LIMIT;
use crate::cost::{Estimate, Flag, Panel, Trust};
use crate::labels::{Language, Tongue};
use crate::write::text::{grid, names, verdicts_beside};
use crate::write::trust;

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
    super::range::text(&mut out, estimate);
    let p = estimate.proof;
    if !estimate.settings.estimator.is_regression() {
        let _ = writeln!(
            out,
            "linear programmes checked again: rows missed by {:.1e}, duals by {:.1e}, gap {:.1e}; allowed {LIMIT:.0e}",
            p.primal, p.dual, p.gap
        );
    }
    out += &verdicts_beside(&verdicts(estimate, fits), without_bound(estimate, fits).as_deref(), Tongue::En);
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
        (Flag::Negative, "less CO2 would come with more GDP; `price-floor` sets a lowest price"),
        (Flag::Zero, "less CO2 costs nothing here"),
        (Flag::Infinite, "GDP has no value at the margin; `price-cap` sets a highest price"),
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
