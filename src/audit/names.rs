//! Labels that would join the wrong rows: names that come twice, and rows that are totals of others.
//!
//! Names are equal if they are written alike (see [`crate::labels::written`]), and similar if their keys are equal.

use std::collections::HashMap;

use super::{Cell, Finding, Level, at};
use crate::labels::{Name, key, region_key, written};
use crate::table::Table;
use crate::threads::prelude::*;

/// Two regions, or two rows of one region, with one name: FAIL. Two that differ in signs, case or language only: WARN.
pub(super) fn duplicates(table: &Table) -> Vec<Finding> {
    let (code, labels) = ("duplicate-label", &table.labels);
    let mut findings = Vec::new();
    let places: Vec<&Name> = labels.regions.iter().collect();
    for (a, b, same) in pairs(&places, |name| region_key(&name.given)) {
        let (message, level) = said("regions", a, b, &labels.regions[a], &labels.regions[b], same);
        let found = Finding::new(level, if same { code } else { "similar-label" }, message);
        findings.push(found.region(labels.regions[b].en.clone()).numbers(2.0, 1.0));
    }
    for r in 0..labels.region_count() {
        let start = labels.rows(r).start;
        let sectors: Vec<&Name> = labels.sectors[labels.rows(r)].iter().collect();
        for (a, b, same) in pairs(&sectors, |name| key(&name.given)) {
            let (message, level) = said("rows", start + a, start + b, sectors[a], sectors[b], same);
            let message = format!("{}: {message}", labels.regions[r]);
            findings.push(at(table, level, if same { code } else { "similar-label" }, &Cell::new(start + b, 2.0, 1.0), message));
        }
    }
    or_pass(findings, code, "no region and no sector of a region comes twice")
}

/// Pairs of names that are equal as written (true) or loosely (false), each with the one before it.
fn pairs(names: &[&Name], loose: impl Fn(&Name) -> String) -> Vec<(usize, usize, bool)> {
    let (mut exact, mut similar) = (HashMap::new(), HashMap::new());
    let mut found = Vec::new();
    for (k, name) in names.iter().enumerate() {
        let before = similar.insert(loose(name), k).filter(|_| !loose(name).is_empty());
        match (exact.insert(written(&name.given), k), before) {
            (Some(first), _) => found.push((first, k, true)),
            (None, Some(first)) => found.push((first, k, false)),
            (None, None) => {}
        }
    }
    found
}

fn said(what: &str, a: usize, b: usize, first: &Name, second: &Name, same: bool) -> (String, Level) {
    let (first, second) = (&first.given, &second.given);
    if same {
        (format!("{what} {a} and {b} (counted from 0) are both \"{second}\"; rename one of them"), Level::Fail)
    } else {
        let text = format!(
            "{what} {a} and {b} (counted from 0) differ little, \"{first}\" and \"{second}\": they are taken as two; other files must name them as written"
        );
        (text, Level::Warn)
    }
}

/// Words that make a label a total; the Chinese ones anywhere in it, the English ones as its first word.
const TOTAL_ZH: [&str; 7] = ["合计", "小计", "总计", "总产出", "总投入", "中间投入", "中间使用"];
const TOTAL_EN: [&str; 5] = ["total", "totals", "subtotal", "sum", "sub-total"];
const TOTAL_KEYS: [&str; 6] =
    ["intermediateinput", "intermediateinputs", "intermediateuse", "intermediatedemand", "grossoutput", "alltotal"];

fn says_total(name: &Name) -> bool {
    [&name.given, &name.en, &name.zh].into_iter().any(|text| {
        let first = text.split(|c: char| !c.is_alphanumeric() && c != '-').find(|w| !w.is_empty()).unwrap_or("").to_lowercase();
        TOTAL_EN.contains(&first.as_str()) || TOTAL_KEYS.contains(&key(text).as_str()) || TOTAL_ZH.iter().any(|w| text.contains(w))
    })
}

/// Rows that are totals, by name or (where numbers may be used) by content: FAIL, since they count everything twice.
pub(super) fn subtotals(table: &Table, numbers: bool) -> Vec<Finding> {
    let (code, labels) = ("subtotal", &table.labels);
    let mut findings = Vec::new();
    for name in labels.regions.iter().filter(|n| says_total(n)) {
        let message = format!("region \"{name}\" is a total by its name; leave its rows and columns out");
        findings.push(Finding::new(Level::Fail, code, message).region(name.en.clone()));
    }
    for i in (0..labels.dim()).filter(|&i| says_total(&labels.sectors[i])) {
        let message = format!("{} is a total by its name; leave its row and column out", labels.row_name(i));
        findings.push(at(table, Level::Fail, code, &Cell::new(i, table.x[i], 0.0), message));
    }
    if numbers {
        findings.extend(by_content(table));
    }
    or_pass(findings, code, "no row is the total of its region")
}

/// Rows of Z that equal the sum of the other rows of their region in every column, to 1e-9.
fn by_content(table: &Table) -> Vec<Finding> {
    (0..table.labels.region_count()).into_par_iter().flat_map_iter(|r| totals_in(table, r)).collect()
}

/// Whether twice a row is as much as all rows together.
pub(super) fn close(twice: f64, whole: f64) -> bool {
    (twice - whole).abs() <= 1e-9 * whole.abs()
}

fn totals_in(table: &Table, region: usize) -> Vec<Finding> {
    let flows = table.z.view();
    let row = |i: usize| flows.outer_view(i).expect("a row of the matrix");
    let rows = table.labels.rows(region);
    if rows.clone().filter(|&i| row(i).nnz() > 0).count() < 3 {
        return Vec::new();
    }
    let (mut findings, mut sums) = (Vec::new(), vec![0.0; table.dim()]);
    rows.clone().for_each(|i| row(i).iter().for_each(|(j, v)| sums[j] += v));
    let all: f64 = sums.iter().sum();
    for i in rows {
        let own: f64 = row(i).data().iter().sum();
        if own == 0.0 || !close(2.0 * own, all) {
            continue;
        }
        let mut rest = sums.clone();
        row(i).iter().for_each(|(j, v)| rest[j] -= 2.0 * v);
        if rest.iter().zip(&sums).all(|(left, whole)| left.abs() <= 1e-9 * whole.abs()) {
            let message = format!(
                "the row of {} equals the sum of the other rows of its region: a total; leave its row and column out",
                table.labels.row_name(i)
            );
            findings.push(at(table, Level::Fail, "subtotal", &Cell::new(i, own, all - own), message));
        }
    }
    findings
}

fn or_pass(findings: Vec<Finding>, code: &'static str, message: &str) -> Vec<Finding> {
    if findings.is_empty() { vec![Finding::new(Level::Pass, code, message)] } else { findings }
}
