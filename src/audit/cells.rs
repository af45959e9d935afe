//! Checks of single numbers: missing or infinite, negative, without output, without sales or purchases.
//!
//! `not-finite`, `negative-*`, `zero-output-*`, `empty-row`, `empty-column`, `column-sum` (`sum_i z_ij / x_j >= 1`).

use ndarray::{Array1, Array2, Axis};

use super::{Cell, Finding, LISTED, Level, Sums, amount, at, figure, list, percent};
use crate::operator::any_negative;
use crate::table::Table;
use crate::threads::prelude::*;

/// NaN and infinite numbers anywhere: FAIL with the cell.
pub(super) fn not_finite(table: &Table) -> Vec<Finding> {
    let code = "not-finite";
    let remedy = "correct the cell; a missing value must be written as 0";
    let labels = &table.labels;
    let (mut findings, mut count) = (Vec::new(), 0_usize);
    let mut add = |v: f64, place: &dyn Fn() -> Finding| {
        if !v.is_finite() {
            count += 1;
            if count <= LISTED {
                findings.push(place());
            }
        }
    };
    let fail = |message: String| Finding::new(Level::Fail, code, message);
    // looked for one by one only where there are any
    let rows = if table.z.values().par_iter().all(|v| v.is_finite()) { 0 } else { table.dim() };
    for i in 0..rows {
        for (j, v) in table.z.row(i) {
            add(v, &|| {
                let message = format!("Z is {v} in row {}, column {}; {remedy}", labels.row_name(i), labels.row_name(j));
                at(table, Level::Fail, code, &Cell { row: i, column: Some(j), found: v, expected: 0.0 }, message)
            });
        }
    }
    let entries = if all(&table.y, |v| v.is_finite()) { 0 } else { table.y.len() };
    for ((i, d), &v) in table.y.indexed_iter().take(entries) {
        add(v, &|| {
            let region = labels.demand_offsets.partition_point(|&o| o <= d) - 1;
            let column = format!("{} / {}", labels.regions[region], labels.categories[d]);
            at(
                table,
                Level::Fail,
                code,
                &Cell::new(i, v, 0.0),
                format!("final demand is {v} in row {}, column {column}; {remedy}", labels.row_name(i)),
            )
        });
    }
    for (what, vector) in vectors(table) {
        for (i, &v) in vector.iter().enumerate() {
            add(v, &|| at(table, Level::Fail, code, &Cell::new(i, v, 0.0), format!("{what} is {v} for {}; {remedy}", labels.row_name(i))));
        }
    }
    for (d, &v) in table.imports_final.iter().flatten().enumerate() {
        add(v, &|| fail(format!("imported final goods are {v} in demand column {d}, {}; {remedy}", labels.categories[d])));
    }
    for stressor in &table.stressors {
        for (r, &v) in stressor.households.iter().flatten().enumerate() {
            add(v, &|| {
                fail(format!("{} of households is {v} for {}; {remedy}", stressor.name, labels.regions[r]))
                    .region(labels.regions[r].en.clone())
            });
        }
    }
    if count > LISTED {
        findings.push(fail(format!("{count} numbers are missing or infinite; the first {LISTED} are listed")).numbers(count as f64, 0.0));
    }
    if count == 0 {
        findings.push(Finding::new(Level::Pass, code, format!("all numbers are finite ({} flows)", table.z.nnz())));
    }
    findings
}

/// Whether something holds for every number, looked at side by side.
fn all(numbers: &Array2<f64>, holds: impl Fn(f64) -> bool + Sync + Send) -> bool {
    numbers.axis_iter(Axis(0)).into_par_iter().with_min_len(1_024).all(|row| row.iter().all(|v| holds(*v)))
}

/// Every vector with one number per row, with its name.
fn vectors(table: &Table) -> Vec<(String, &Array1<f64>)> {
    let columns =
        [("exports", &table.exports), ("stock change", &table.stock), ("the error column", &table.error), ("imports", &table.imports)];
    let mut all = vec![("gross output".to_string(), &table.x)];
    all.extend(columns.into_iter().filter_map(|(name, v)| v.as_ref().map(|v| (name.to_string(), v))));
    all.extend(table.value_added.iter().map(|(name, v)| (format!("value added \"{name}\""), v)));
    all.extend(table.stressors.iter().map(|s| (format!("direct {}", s.name), &s.direct)));
    all
}

/// The rows of `vector` where `pick` holds, against zero.
fn rows(vector: &Array1<f64>, pick: impl Fn(usize, f64) -> bool) -> Vec<Cell> {
    vector.iter().enumerate().filter(|(i, v)| pick(*i, **v)).map(|(i, &v)| Cell::new(i, v, 0.0)).collect()
}

/// `x < 0`: FAIL.
pub(super) fn negative_output(table: &Table, _: &Sums) -> Vec<Finding> {
    list(
        table,
        Level::Fail,
        "negative-output",
        rows(&table.x, |_, x| x < 0.0),
        "no gross output is negative",
        |c| format!("gross output of {} is {}; it must not be negative: correct the table", table.labels.row_name(c.row), figure(c.found)),
        |n, total| format!("{n} sectors have negative gross output, {} in all", figure(total)),
    )
}

/// `x = 0` with purchases or emissions: FAIL; with sales: WARN.
pub(super) fn zero_output(table: &Table, sums: &Sums) -> Vec<Finding> {
    let remedy = "pass `zero-output` leave-out or `zero-output` spread to say where it goes";
    let idle = |i: usize| table.x[i] == 0.0;
    let name = |i: usize| table.labels.row_name(i);
    let mut findings = list(
        table,
        Level::Fail,
        "zero-output-purchases",
        rows(&sums.purchases, |i, _| idle(i) && sums.suppliers[i] > 0),
        "no sector without output buys anything",
        |c| format!("{} has no output but buys {}; {remedy}", name(c.row), amount(c.found, &table.unit)),
        |n, total| format!("{n} sectors without output buy {} in all; {remedy}", amount(total, &table.unit)),
    );
    for stressor in &table.stressors {
        let (gas, unit) = (&stressor.name, &stressor.unit);
        let all = stressor.direct.sum();
        findings.extend(list(
            table,
            Level::Fail,
            "zero-output-emissions",
            rows(&stressor.direct, |i, q| idle(i) && q != 0.0),
            &format!("no sector without output emits {gas}"),
            |c| {
                format!(
                    "{} has no output but emits {} {unit} {gas} ({} of the total), which cannot be attributed to any final demand; {remedy}",
                    name(c.row),
                    figure(c.found),
                    percent(c.found, all)
                )
            },
            |n, total| format!("{n} sectors without output emit {} {unit} {gas} in all ({}); {remedy}", figure(total), percent(total, all)),
        ));
    }
    let mut sales = &sums.sales + &sums.demand;
    if let Some(exports) = &table.exports {
        sales += exports;
    }
    let sells = |i: usize, v: f64| idle(i) && (v != 0.0 || sums.buyers[i] > 0 || table.y.row(i).iter().any(|v| *v != 0.0));
    let goes = "the difference goes to the destination `error`";
    findings.extend(list(
        table,
        Level::Warn,
        "zero-output-sales",
        rows(&sales, sells),
        "no sector without output sells anything",
        |c| format!("{} has no output but sells {}; {goes}", name(c.row), amount(c.found, &table.unit)),
        |n, total| format!("{n} sectors without output sell {} in all; {goes}", amount(total, &table.unit)),
    ));
    findings
}

/// Rows without any sale and columns without any purchase: WARN, counted.
pub(super) fn empty_lines(table: &Table, sums: &Sums) -> Vec<Finding> {
    let other = |v: &Option<Array1<f64>>, i: usize| v.as_ref().is_some_and(|v| v[i] != 0.0);
    let silent =
        |i: usize| sums.buyers[i] == 0 && table.y.row(i).iter().all(|v| *v == 0.0) && !other(&table.exports, i) && !other(&table.stock, i);
    let lines = |code: &'static str, what: &str, empty: Vec<usize>| {
        let Some(&first) = empty.first() else { return Finding::new(Level::Pass, code, format!("every sector has {what}")) };
        let idle = empty.iter().filter(|&&i| table.x[i] == 0.0).count();
        let named: Vec<String> = empty.iter().take(LISTED).map(|&i| table.labels.row_name(i)).collect();
        let more = if empty.len() > LISTED { " ..." } else { "" };
        let message = format!(
            "{} sector(s) have no {what}, {idle} of them no output either: {}{more}; check that they are not missing",
            empty.len(),
            named.join("; ")
        );
        at(table, Level::Warn, code, &Cell::new(first, empty.len() as f64, 0.0), message)
    };
    let n = table.dim();
    vec![
        lines("empty-row", "sales", (0..n).filter(|&i| silent(i)).collect()),
        lines("empty-column", "purchases", (0..n).filter(|&j| sums.suppliers[j] == 0).collect()),
    ]
}

/// Columns that buy as much as they make, or more: WARN, since the spectral radius decides.
pub(super) fn column_sums(table: &Table, sums: &Sums) -> Vec<Finding> {
    let share: Array1<f64> = sums.purchases.iter().zip(&table.x).map(|(p, x)| if *x > 0.0 { p / x } else { 0.0 }).collect();
    let largest = share.iter().copied().fold(0.0, f64::max);
    let cells = share
        .iter()
        .enumerate()
        .filter(|(_, s)| **s >= 1.0)
        .map(|(j, &s)| Cell { row: j, column: Some(j), found: s, expected: 1.0 })
        .collect();
    list(
        table,
        Level::Warn,
        "column-sum",
        cells,
        &format!("every sector buys less than it makes (largest column sum of A: {})", figure(largest)),
        |c| {
            let (p, x) = (figure(sums.purchases[c.row]), figure(table.x[c.row]));
            format!(
                "{} buys {p} for an output of {x}: column sum of A {}; allowed while the spectral radius is below 1, check the sector",
                table.labels.row_name(c.row),
                figure(c.found)
            )
        },
        |n, _| format!("{n} columns of A have sums of 1 or more, the largest {}", figure(largest)),
    )
}

/// Negative flows, demand, value added, emissions and exports: WARN.
pub(super) fn negatives(table: &Table, sums: &Sums) -> Vec<Finding> {
    let mut findings = negative_flows(table);
    findings.push(negative_demand(table));
    findings.extend(negative_value_added(table, sums));
    findings.extend(negative_emissions(table));
    if let Some(exports) = &table.exports {
        findings.extend(list(
            table,
            Level::Warn,
            "negative-exports",
            rows(exports, |_, v| v < 0.0),
            "no exports are negative",
            |c| format!("exports of {} are {}; check whether imports were subtracted", table.labels.row_name(c.row), figure(c.found)),
            |n, sum| format!("{n} sectors have negative exports, {} in all", amount(sum, &table.unit)),
        ));
    }
    findings
}

fn negative_value_added(table: &Table, sums: &Sums) -> Vec<Finding> {
    let code = "negative-value-added";
    let mut findings = list(
        table,
        Level::Warn,
        code,
        rows(&table.total_value_added(), |_, v| v < 0.0),
        "no sector's value added is negative",
        |c| {
            let (p, x) = (figure(sums.purchases[c.row]), figure(table.x[c.row]));
            format!("value added of {} is {} (purchases {p}, output {x}); check the sector", table.labels.row_name(c.row), figure(c.found))
        },
        |n, sum| format!("{n} sectors have negative value added, {} in all", amount(sum, &table.unit)),
    );
    let cells = table.value_added.iter().flat_map(|(_, row)| row).filter(|v| **v < 0.0).count();
    if cells > 0 {
        findings.retain(|f| f.level > Level::Pass);
        let message = format!("{cells} cell(s) of the value-added rows are negative; usual for taxes less subsidies and for surplus");
        findings.push(Finding::new(Level::Warn, code, message).numbers(cells as f64, 0.0));
    }
    findings
}

fn negative_emissions(table: &Table) -> Vec<Finding> {
    let code = "negative-emissions";
    let mut findings = Vec::new();
    for s in &table.stressors {
        let (gas, unit) = (&s.name, &s.unit);
        findings.extend(list(
            table,
            Level::Warn,
            code,
            rows(&s.direct, |_, v| v < 0.0),
            &format!("no direct {gas} is negative"),
            |c| format!("{} emits {} {unit} {gas}; check that removals are meant", table.labels.row_name(c.row), figure(c.found)),
            |n, sum| format!("{n} sectors emit a negative amount of {gas}, {} {unit} in all", figure(sum)),
        ));
        for (r, &v) in s.households.iter().flatten().enumerate().filter(|(_, v)| **v < 0.0) {
            let region = &table.labels.regions[r];
            let message = format!("households of {region} emit {} {unit} {gas}; check the inventory", figure(v));
            findings.push(Finding::new(Level::Warn, code, message).region(region.en.clone()).numbers(v, 0.0));
        }
    }
    findings
}

fn negative_flows(table: &Table) -> Vec<Finding> {
    let mut cells = Vec::new();
    let rows = if any_negative(table.z.values()) { table.dim() } else { 0 };
    for i in 0..rows {
        let below = table.z.row(i).filter(|(_, v)| *v < 0.0);
        cells.extend(below.map(|(j, v)| Cell { row: i, column: Some(j), found: v, expected: 0.0 }));
    }
    let all: f64 = if cells.is_empty() { 0.0 } else { table.z.values().iter().map(|v| v.abs()).sum() };
    list(
        table,
        Level::Warn,
        "negative-flow",
        cells,
        "no flow of Z is negative",
        |c| {
            format!(
                "Z is {} in row {}, column {}; bounds are then made with |A|",
                figure(c.found),
                table.labels.row_name(c.row),
                table.labels.row_name(c.column.unwrap_or(c.row))
            )
        },
        |n, sum| format!("{n} flows of Z are negative, {} in all ({} of all flows)", figure(sum), percent(-sum, all)),
    )
}

fn negative_demand(table: &Table) -> Finding {
    let (mut count, mut sum, mut least) = (0_usize, 0.0, (0, 0.0));
    if all(&table.y, |v| v >= 0.0) {
        return Finding::new(Level::Pass, "negative-demand", "no final demand is negative");
    }
    for ((i, _), &v) in table.y.indexed_iter().filter(|(_, v)| **v < 0.0) {
        count += 1;
        sum += v;
        least = if v < least.1 { (i, v) } else { least };
    }
    let all: f64 = table.y.iter().map(|v| v.abs()).sum();
    let message = format!(
        "{count} entries of final demand are negative, {} in all ({}), the least {} for {}; usual for inventory changes",
        figure(sum),
        percent(-sum, all),
        figure(least.1),
        table.labels.row_name(least.0)
    );
    Finding::new(Level::Warn, "negative-demand", message).numbers(sum, 0.0)
}
