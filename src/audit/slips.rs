//! Numbers in another unit than their neighbours: one region's emissions in kt among Mt, one column in yuan among 10^4 yuan.
//!
//! A region's emissions per output against the median region (10^2.5 either way), a column's purchases against its
//! output (100 times), a region's final demand against its value added (10^3 either way): WARN, as each may be true.

use super::{Cell, Finding, Level, Sums, at, figure};
use crate::table::Table;

/// Intensity ratio that looks like a slip: half way, in logarithms, between 100 and 1,000.
const INTENSITY: f64 = 316.227_766_016_837_9;

/// Purchases over output that look like a slip.
const PURCHASES: f64 = 100.0;

/// Final demand over value added that looks like a slip.
const DEMAND: f64 = 1e3;

/// The check `unit-slip`.
pub(super) fn units(table: &Table, sums: &Sums) -> Vec<Finding> {
    let code = "unit-slip";
    let labels = &table.labels;
    let mut findings = intensities(table);
    for j in (0..table.dim()).filter(|&j| table.x[j] > 0.0 && sums.purchases[j] >= PURCHASES * table.x[j]) {
        let (p, x) = (sums.purchases[j], table.x[j]);
        let message = format!(
            "{} buys {} for an output of {}, about 10^{} times as much; check the unit of this column",
            labels.row_name(j),
            figure(p),
            figure(x),
            power(p / x)
        );
        findings.push(at(table, Level::Warn, code, &Cell { row: j, column: Some(j), found: p, expected: x }, message));
    }
    let earned = table.total_value_added();
    for r in 0..labels.region_count() {
        let wanted: f64 = labels.demand(r).map(|c| table.y.column(c).sum()).sum();
        let value: f64 = labels.rows(r).map(|i| earned[i]).sum();
        let ratio = wanted / value;
        if value > 0.0 && wanted > 0.0 && !(1.0 / DEMAND..=DEMAND).contains(&ratio) {
            let name = &labels.regions[r];
            let message = format!(
                "final demand of {name} is {} against a value added of {}, about 10^{} times as much; check the units of Y and Z",
                figure(wanted),
                figure(value),
                power(ratio)
            );
            findings.push(Finding::new(Level::Warn, code, message).region(name.en.clone()).numbers(wanted, value));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::new(Level::Pass, code, "no region or column looks like another unit"));
    }
    findings
}

/// Emissions per output of each region against the median of three regions or more.
fn intensities(table: &Table) -> Vec<Finding> {
    let labels = &table.labels;
    let mut findings = Vec::new();
    for s in &table.stressors {
        let sum = |v: &ndarray::Array1<f64>, r: usize| labels.rows(r).map(|i| v[i]).sum::<f64>();
        let per_output: Vec<f64> = (0..labels.region_count()).map(|r| sum(&s.direct, r) / sum(&table.x, r)).collect();
        let mut known: Vec<f64> = per_output.iter().copied().filter(|v| v.is_finite() && *v > 0.0).collect();
        if known.len() < 3 {
            continue;
        }
        known.sort_by(f64::total_cmp);
        let median = known[known.len() / 2];
        for (r, &v) in per_output.iter().enumerate().filter(|(_, v)| v.is_finite() && **v > 0.0) {
            if !(1.0 / INTENSITY..=INTENSITY).contains(&(v / median)) {
                let name = &labels.regions[r];
                let message = format!(
                    "{name} emits {} {} {} per {} of output, the median region {}: about 10^{} times as much; check the unit of its emissions and of its output",
                    figure(v),
                    s.unit,
                    s.name,
                    if table.unit.is_empty() { "unit" } else { &table.unit },
                    figure(median),
                    power(v / median)
                );
                findings.push(Finding::new(Level::Warn, "unit-slip", message).region(name.en.clone()).numbers(v, median));
            }
        }
    }
    findings
}

/// The nearest whole power of ten.
fn power(ratio: f64) -> i32 {
    ratio.log10().round() as i32
}
