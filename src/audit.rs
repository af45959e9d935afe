//! What is wrong with a table, before anything is solved: every check leaves at least one finding.
//!
//! A check that held is a PASS line with the number measured; else each finding names region, sector and cell, both
//! numbers and the remedy. Of many cells the five worst are listed and counted in one more finding. What may stop a
//! run is FAIL; real published tables pass with WARN at most. Limits stand at the
//! checks. Conventions of the row and column identities: Miller and Blair 2009, chapter 2.

use ndarray::Array1;

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::table::Table;
use crate::threads::prelude::*;
use crate::watch::Watch;

mod balance;
mod cells;
mod full;
mod names;
mod slips;
mod spectrum;
mod zero;

pub use full::audit_full;
pub use spectrum::{Radius, spectral_radius};
pub use zero::{ZeroOutput, treat_zero_output};

/// Every code a finding may carry, for `--accept` and for scripts.
pub const CODES: [&str; 62] = [
    "not-finite",
    "duplicate-label",
    "subtotal",
    "balance-empty",
    "negative-output",
    "zero-output-purchases",
    "zero-output-emissions",
    "zero-output-sales",
    "row-balance",
    "column-balance",
    "orientation",
    "unit-slip",
    "empty-row",
    "empty-column",
    "column-sum",
    "negative-flow",
    "negative-demand",
    "negative-value-added",
    "negative-emissions",
    "negative-exports",
    "spectral-radius",
    "emissions-total",
    "emissions-unknown-region",
    "emissions-missing-region",
    "emissions-unknown-sector",
    "emissions-missing-sector",
    "emissions-missing-households",
    "emissions-unit-unknown",
    "emissions-unit-assumed",
    "table-unit-assumed",
    "unit-overridden",
    "concordance-unknown-target",
    "concordance-by-position",
    "labels-numbered",
    "households-length",
    "empty-cells",
    "sheet-chosen",
    "inventory-total",
    "imports-outside",
    "not-read",
    "output-not-input",
    "units-mixed",
    "similar-label",
    "zero-stressor",
    "years-differ",
    "negative-account",
    "payment-above-fifth",
    "abatement-beyond-emissions",
    "households-missing-region",
    "regions-unknown",
    "labels-split",
    "file-beside",
    "value-added-absent",
    "total-left-out",
    "orientation-unchecked",
    "balance-gap",
    "matrix-taken-apart",
    "rows-reordered",
    "transposed-fits",
    "names-repeated",
    "year-chosen",
    "flows-not-audited",
];

/// Codes that no option may accept: there is no result to report.
const NEVER: [&str; 2] = ["not-finite", "spectral-radius"];

/// Cells listed one by one before the rest is only counted.
const LISTED: usize = 5;

/// A check of a table, given the sums of its flows.
type Check = fn(&Table, &Sums) -> Vec<Finding>;

/// The checks that look at no flow but a negative one.
const CHECKS: [Check; 10] = [
    balance::empty,
    cells::negative_output,
    cells::zero_output,
    balance::rows,
    balance::columns,
    balance::orientation,
    slips::units,
    cells::empty_lines,
    cells::column_sums,
    cells::negatives,
];

/// Checks a table. The table's own remarks come first, then the checks in a fixed order.
///
/// Where a number is missing or infinite (`not-finite`) the checks that compute with numbers are left out.
pub fn audit(table: &Table) -> Vec<Finding> {
    watched(table, &Watch::default()).unwrap_or_default()
}

/// As [`audit`], as long as it is to go on.
///
/// # Errors
/// When the watch is cancelled.
pub fn watched(table: &Table, watch: &Watch) -> Result<Vec<Finding>> {
    let at = |part: usize| watch.units("audit", part, 4);
    at(0)?;
    let broken = cells::not_finite(table);
    let stop = worst(&broken) == Level::Fail;
    let mut findings = opening(table, broken, !stop);
    at(1)?;
    if !stop {
        let radius = spectrum::productive(table, watch);
        at(2)?;
        findings.extend(closing(table, &Sums::of(table), radius));
    }
    at(4)?;
    Ok(findings)
}

/// What needs no sums: the table's own remarks, missing numbers, names, and rows that are totals by their names or, where it
/// may be looked for, by content.
fn opening(table: &Table, broken: Vec<Finding>, by_content: bool) -> Vec<Finding> {
    let parts = [table.remarks.clone(), broken, names::duplicates(table), names::subtotals(table, by_content)];
    parts.into_iter().flatten().collect()
}

/// What needs sums, with what is known of the spectral radius.
fn closing(table: &Table, sums: &Sums, radius: Vec<Finding>) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(table, sums)).chain(radius).chain(balance::emissions(table)).collect()
}

/// What is known of the spectral radius, with the block that it belongs to.
pub fn radius(table: &Table) -> Vec<Finding> {
    spectrum::productive(table, &Watch::default())
}

/// The gravest level among the findings; `Pass` where there is none.
pub fn worst(findings: &[Finding]) -> Level {
    findings.iter().map(|f| f.level).max().unwrap_or(Level::Pass)
}

/// Passes the findings on, those at FAIL with an accepted code as WARN.
///
/// # Errors
/// [`Error::Refused`] with the findings at FAIL that remain; an unknown code, or one that cannot be accepted.
pub fn refuse(findings: &[Finding], accept: &[String]) -> Result<Vec<Finding>> {
    let findings = accepted(findings, accept)?;
    let failed: Vec<Finding> = findings.iter().filter(|f| f.level == Level::Fail).cloned().collect();
    if failed.is_empty() { Ok(findings) } else { Err(Error::Refused { findings: failed }) }
}

/// Findings with those at FAIL that are accepted at WARN.
///
/// # Errors
/// An unknown code, or one that cannot be accepted.
pub fn accepted(findings: &[Finding], accept: &[String]) -> Result<Vec<Finding>> {
    for code in accept {
        if !CODES.contains(&code.as_str()) {
            return Err(Error::unknown("audit code", code, &CODES));
        }
        if NEVER.contains(&code.as_str()) {
            return Err(Error::invalid(
                format!("audit code \"{code}\" cannot be accepted: there would be no result to report"),
                "mend the data that the audit names",
            ));
        }
    }
    let mut findings = findings.to_vec();
    for f in findings.iter_mut().filter(|f| f.level == Level::Fail && accept.iter().any(|code| code == f.code)) {
        f.level = Level::Warn;
        f.message = format!("{} (accepted by `accept` {})", f.message, f.code);
    }
    Ok(findings)
}

/// Runs of rows that are summed up side by side.
const CHUNKS: usize = 16;

/// Sums that several checks need, made in one pass over Z.
struct Sums {
    /// Row sums of Z.
    sales: Array1<f64>,
    /// Column sums of Z.
    purchases: Array1<f64>,
    /// Number of non-zero entries in each row of Z.
    buyers: Vec<usize>,
    /// Number of non-zero entries in each column of Z.
    suppliers: Vec<usize>,
    /// Row sums of Y.
    demand: Array1<f64>,
    /// Sum of |x|.
    output: f64,
}

impl Sums {
    fn of(table: &Table) -> Self {
        let n = table.dim();
        let mut sums = Sums {
            sales: Array1::zeros(n),
            purchases: Array1::zeros(n),
            buyers: vec![0; n],
            suppliers: vec![0; n],
            demand: table.y.sum_axis(ndarray::Axis(1)),
            output: table.x.iter().map(|x| x.abs()).sum(),
        };
        let flows = table.z.view();
        let (n, chunk) = (table.dim(), table.dim().div_ceil(CHUNKS).max(1));
        // each run of rows has sums of its own for the columns, added up in order
        let sales = sums.sales.as_slice_mut().expect("one vector").par_chunks_mut(chunk);
        let parts: Vec<_> = sales
            .zip(sums.buyers.par_chunks_mut(chunk))
            .enumerate()
            .map(|(run, (sales, buyers))| {
                let (mut purchases, mut suppliers) = (vec![0.0; n], vec![0; n]);
                for (at, (sales, buyers)) in sales.iter_mut().zip(buyers).enumerate() {
                    let row = flows.outer_view(run * chunk + at).expect("a row of the matrix");
                    for (j, &v) in row.iter().filter(|(_, v)| **v != 0.0) {
                        *sales += v;
                        purchases[j] += v;
                        *buyers += 1;
                        suppliers[j] += 1;
                    }
                }
                (purchases, suppliers)
            })
            .collect();
        for (purchases, suppliers) in parts {
            sums.purchases += &Array1::from(purchases);
            sums.suppliers.iter_mut().zip(suppliers).for_each(|(s, part)| *s += part);
        }
        sums
    }
}

/// One row (or cell) that a check points at.
struct Cell {
    row: usize,
    column: Option<usize>,
    found: f64,
    expected: f64,
}

impl Cell {
    fn new(row: usize, found: f64, expected: f64) -> Self {
        Cell { row, column: None, found, expected }
    }

    fn gap(&self) -> f64 {
        (self.found - self.expected).abs()
    }
}

/// A finding at a row: region, sector and both numbers filled in.
fn at(table: &Table, level: Level, code: &'static str, cell: &Cell, message: String) -> Finding {
    let labels = &table.labels;
    let mut finding = Finding::new(level, code, message)
        .region(labels.regions[labels.region_of(cell.row)].en.clone())
        .sector(labels.sectors[cell.row].en.clone())
        .row(cell.row)
        .numbers(cell.found, cell.expected);
    finding.column = cell.column;
    finding
}

/// The five worst cells, then one finding that counts them all; or the PASS line where there is none.
fn list(
    table: &Table,
    level: Level,
    code: &'static str,
    mut cells: Vec<Cell>,
    pass: &str,
    message: impl Fn(&Cell) -> String,
    summary: impl Fn(usize, f64) -> String,
) -> Vec<Finding> {
    if cells.is_empty() {
        return vec![Finding::new(Level::Pass, code, pass)];
    }
    cells.sort_by(|a, b| b.gap().total_cmp(&a.gap()));
    let (count, total) = (cells.len(), cells.iter().map(|c| c.found).sum::<f64>());
    let mut findings: Vec<Finding> = cells.iter().take(LISTED).map(|c| at(table, level, code, c, message(c))).collect();
    if count > LISTED {
        findings.push(Finding::new(level, code, summary(count, total)).numbers(count as f64, 0.0));
    }
    findings
}

/// A number for a sentence: six digits at most.
fn figure(v: f64) -> String {
    if v == 0.0 || !v.is_finite() {
        return format!("{v}");
    }
    if !(1e-4..1e9).contains(&v.abs()) {
        return format!("{v:.3e}");
    }
    let digits = (5 - v.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{v:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// A number with its unit, where the table names one.
fn amount(v: f64, unit: &str) -> String {
    if unit.is_empty() { figure(v) } else { format!("{} {unit}", figure(v)) }
}

/// `part / whole` as a percentage for a sentence.
fn percent(part: f64, whole: f64) -> String {
    if whole == 0.0 { "no share".into() } else { format!("{} %", figure((100.0 * part / whole * 1e4).round() / 1e4)) }
}
