//! Do rows and columns add up, is Z the right way round, is there anything at all?
//!
//! Rows `x = Z 1 + Y 1 + exports + stock + error`, columns `x' = 1'Z + imports' + value added'` (method 1.1). The gap is
//! summed over all sectors: above 1e-6 of output WARN, above 1e-2 FAIL. One sector alone is named where its gap exceeds
//! both 1e-6 of its own output and 1e-9 of all output: tiny sectors of published tables are often 80 % off.

use ndarray::Array1;

use super::{Cell, Finding, LISTED, Level, Sums, amount, at, figure, percent};
use crate::table::Table;

/// Gap over output from which the reader should know.
const NOTED: f64 = 1e-6;

/// Gap over output from which a result would be wrong.
const WRONG: f64 = 1e-2;

/// No output or no final demand at all: FAIL.
pub(super) fn empty(table: &Table, sums: &Sums) -> Vec<Finding> {
    let code = "balance-empty";
    let columns = [&table.exports, &table.stock].into_iter().flatten().all(|v| v.iter().all(|v| *v == 0.0));
    let demand = table.y.iter().all(|v| *v == 0.0) && columns;
    vec![if sums.output == 0.0 {
        Finding::new(Level::Fail, code, "gross output is zero everywhere; check that the right columns were read").numbers(0.0, 1.0)
    } else if demand {
        Finding::new(Level::Fail, code, "final demand is zero everywhere; check that Y was read").numbers(0.0, 1.0)
    } else {
        let message =
            format!("gross output {} and final demand {}", amount(table.x.sum(), &table.unit), amount(table.y.sum(), &table.unit));
        Finding::new(Level::Pass, code, message)
    }]
}

/// The row identity.
pub(super) fn rows(table: &Table, sums: &Sums) -> Vec<Finding> {
    let left = row_gap(table, sums, &sums.sales);
    let mut carried = String::new();
    for s in &table.stressors {
        let (mut part, all) = (0.0, s.direct.sum());
        for ((q, x), gap) in s.direct.iter().zip(&table.x).zip(&left) {
            part += if *x > 0.0 { (q / x * gap).abs() } else { 0.0 };
        }
        carried += &format!(", {} of {}", percent(part, all), s.name);
    }
    identity(table, sums, "row-balance", &left, &carried, "sales and final uses", "the difference goes to the destination `error`")
}

/// The column identity, where value added is given.
pub(super) fn columns(table: &Table, sums: &Sums) -> Vec<Finding> {
    if table.value_added.is_empty() {
        let message = "no value-added row is given: value added is what each column leaves";
        return vec![Finding::new(Level::Pass, "column-balance", message)];
    }
    let left = column_gap(table, &sums.purchases);
    identity(table, sums, "column-balance", &left, "", "purchases, imports and value added", "check value added and imports")
}

/// Row gap with the given row sums in place of Z 1.
fn row_gap(table: &Table, sums: &Sums, sales: &Array1<f64>) -> Array1<f64> {
    let mut left = &table.x - sales - &sums.demand;
    for column in [&table.exports, &table.stock, &table.error].into_iter().flatten() {
        left -= column;
    }
    left
}

/// Column gap with the given column sums in place of 1'Z.
fn column_gap(table: &Table, purchases: &Array1<f64>) -> Array1<f64> {
    let mut left = &table.x - purchases;
    for (_, row) in &table.value_added {
        left -= row;
    }
    if let Some(imports) = &table.imports {
        left -= imports;
    }
    left
}

fn size(v: &Array1<f64>) -> f64 {
    v.iter().map(|v| v.abs()).sum()
}

fn identity(table: &Table, sums: &Sums, code: &'static str, left: &Array1<f64>, carried: &str, parts: &str, remedy: &str) -> Vec<Finding> {
    if sums.output == 0.0 {
        return vec![Finding::new(Level::Pass, code, "there is no output to balance")];
    }
    let gap = size(left);
    let share = gap / sums.output;
    let mut off: Vec<Cell> = (0..table.dim())
        .filter(|&i| left[i].abs() > (1e-6 * table.x[i].abs()).max(1e-9 * sums.output))
        .map(|i| Cell::new(i, table.x[i] - left[i], table.x[i]))
        .collect();
    let level = match share {
        s if s > WRONG => Level::Fail,
        s if s > NOTED || !off.is_empty() => Level::Warn,
        _ => Level::Pass,
    };
    let message = if level == Level::Pass {
        format!("output equals {parts} to {share:.1e} of output")
    } else {
        let fail = format!("; the limit is {}: correct the table, or continue with `accept` {code}", percent(WRONG, 1.0));
        format!(
            "output and {parts} differ by {} in all, {} of output{carried}; {} sector(s) stand out; {remedy}{}",
            amount(gap, &table.unit),
            percent(gap, sums.output),
            off.len(),
            if level == Level::Fail { &fail } else { "" }
        )
    };
    let mut findings = vec![Finding::new(level, code, message).numbers(share, if level == Level::Fail { WRONG } else { NOTED })];
    off.sort_by(|a, b| b.gap().total_cmp(&a.gap()));
    findings.extend(off.iter().take(LISTED).map(|c| {
        let name = table.labels.row_name(c.row);
        let (gap, own) = (c.expected - c.found, percent(c.gap(), c.expected.abs()));
        at(
            table,
            level,
            code,
            c,
            format!("{name}: output {}, {parts} {}; difference {} ({own} of its output)", figure(c.expected), figure(c.found), figure(gap)),
        )
    }));
    findings
}

/// Is Z transposed? It is where the identities hold with rows and columns of Z exchanged, and not as given.
pub(super) fn orientation(table: &Table, sums: &Sums) -> Vec<Finding> {
    let code = "orientation";
    let mut tests = vec![("row", size(&row_gap(table, sums, &sums.sales)), size(&row_gap(table, sums, &sums.purchases)))];
    if !table.value_added.is_empty() {
        tests.push(("column", size(&column_gap(table, &sums.purchases)), size(&column_gap(table, &sums.sales))));
    }
    // Exactly balanced tables differ by many orders; published ones with gaps of their own still tenfold.
    let fits = |given: f64, turned: f64| {
        (given > NOTED * sums.output && turned < 1e-3 * given) || (given > WRONG * sums.output && turned < 0.1 * given)
    };
    let turned = tests.iter().find(|(_, given, turned)| fits(*given, *turned));
    vec![match turned.filter(|_| tests[0].1 > NOTED * sums.output) {
        Some((what, given, turned)) => {
            let (a, b) = (percent(*given, sums.output), percent(*turned, sums.output));
            let message = format!(
                "Z looks transposed: the {what} identity is off by {a} of output as given and by {b} with rows and columns exchanged; rows must supply and columns buy"
            );
            Finding::new(Level::Fail, code, message).numbers(given / sums.output, turned / sums.output)
        }
        None => Finding::new(Level::Pass, code, "rows of Z supply and columns buy"),
    }]
}

/// The total of every stressor, for the reader to recognise.
pub(super) fn emissions(table: &Table) -> Vec<Finding> {
    let line = |s: &crate::table::Stressor| {
        let (direct, households) = (s.direct.sum(), s.households.as_ref().map(|h| h.sum()));
        let apart = households.map_or(" (no households given)".to_string(), |h| format!(" and {} {} of households", figure(h), s.unit));
        let message = format!("{}: {} {} of sectors{apart}", s.name, figure(direct), s.unit);
        let mut finding = Finding::new(Level::Pass, "emissions-total", message);
        finding.found = Some(direct + households.unwrap_or(0.0));
        finding
    };
    let none = |s: &&crate::table::Stressor| s.direct.iter().all(|v| *v == 0.0);
    let zero = |s: &crate::table::Stressor| {
        let message = format!("{} is zero in every sector: all its flows are 0; check that this row holds what is wanted", s.name);
        Finding::new(Level::Warn, "zero-stressor", message).numbers(0.0, 0.0)
    };
    table.stressors.iter().map(line).chain(table.stressors.iter().filter(none).map(zero)).collect()
}
