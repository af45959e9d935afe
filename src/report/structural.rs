//! A structural decomposition as text, JSON and CSV: one record for each region and determinant.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::csv::line;
use super::text::{checks, decimals, fixed, grid, names, solves, verdicts};
use crate::bounded::{Bounded, largest};
use crate::finding::Finding;
use crate::labels::Language;
use crate::structural::{FIVE, MEANINGS, Structural, THREE};
use crate::table::Table;
use crate::verdict::{SCOPE, Verdict};

/// What is reported.
pub struct Report<'a> {
    /// The first and the second table.
    pub tables: [&'a Table; 2],
    /// What the audit said of each.
    pub findings: [&'a [Finding]; 2],
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Largest bound, relative to the larger total.
    pub rtol: f64,
    /// What was found.
    pub found: &'a Structural,
}

impl Report<'_> {
    /// The verdict: every number within the tolerance, or that share of the larger total.
    pub fn verdict(&self) -> Verdict {
        let regions = self.regions();
        self.found.verdict(self.rtol, &regions)
    }

    /// Whether the result stands.
    pub fn certified(&self) -> bool {
        self.verdict().certified
    }

    fn regions(&self) -> Vec<String> {
        let regions = &self.tables[0].labels.regions;
        regions.iter().map(|r| r.label(self.language)).chain(["all".to_string()]).collect()
    }

    fn stamp(&self) -> Option<&str> {
        self.tables.iter().find_map(|t| t.provenance.stamp.as_deref())
    }
}

/// The object for scripts.
pub fn json(report: &Report) -> String {
    let (found, verdict) = (report.found, report.verdict());
    let mut records = Vec::new();
    found.each(&report.regions(), |region, split, determinant, measure, v| {
        records.push(
            json!({"region": region, "split": split, "determinant": determinant, "measure": measure, "value": v.value, "bound": v.bound}),
        );
    });
    let meanings: Map<String, Value> = MEANINGS.iter().map(|(name, meaning)| ((*name).to_string(), json!(meaning))).collect();
    let object = json!({
        "isard": env!("CARGO_PKG_VERSION"), "stamp": report.stamp(), "factor": found.factor, "unit": found.unit,
        "meanings": meanings, "records": records, "certified": verdict.certified, "certificate": SCOPE, "uncertified_because": verdict.reasons(),
        "verdicts": [&verdict], "notes": found.notes,
        "right_hand_sides": found.solves, "solves": found.families, "checks": found.checks,
        "audit": report.findings, "provenance": report.tables.map(|t| &t.provenance), "options": report.options,
    });
    object.to_string() + "\n"
}

/// One line for each region, determinant and measure.
pub fn csv(report: &Report) -> String {
    let mut out = line(["region", "split", "determinant", "measure", "value", "bound", "unit"]);
    report.found.each(&report.regions(), |region, split, determinant, measure, v| {
        out += &line([region, split, determinant, measure, &v.value.to_string(), &v.bound.to_string(), &report.found.unit]);
    });
    out
}

/// Tables for people.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let found = report.found;
    if let Some(stamp) = report.stamp() {
        let _ = writeln!(out, "{stamp}: these numbers come from modelled data; do not quote them as results");
    }
    let d = decimals(found.after.iter().chain(&found.before).map(|b| &b.value));
    let _ = writeln!(out, "Change of {}, {}, by five determinants: mean over all 120 orders", found.factor, found.unit);
    let rows: Vec<Vec<String>> = report
        .regions()
        .into_iter()
        .enumerate()
        .map(|(s, region)| {
            let change = found.after[s].value - found.before[s].value;
            let worst = largest(found.five.mean.row(s).iter().map(|v| v.bound));
            let mut row = vec![region, fixed(found.before[s].value, d), fixed(found.after[s].value, d), fixed(change, d)];
            row.extend(found.five.mean.row(s).iter().map(|v| fixed(v.value, d)));
            row.push(format!("{worst:.0e}"));
            row
        })
        .collect();
    grid(&mut out, &names(&[&["region", "before", "after", "change"][..], &FIVE, &["largest bound"]].concat()), &rows);
    let last = found.before.len() - 1;
    let _ = writeln!(out, "\nAll regions together, over all orders");
    let span = |name: &str, k: usize, effects: &crate::structural::Effects, polar: Option<Bounded>| {
        let mut row = vec![name.to_string()];
        row.extend([&effects.mean, &effects.least, &effects.largest].map(|m| fixed(m[[last, k]].value, d)));
        row.push(polar.map_or(String::new(), |v| fixed(v.value, d)));
        row
    };
    let mut rows: Vec<Vec<String>> = FIVE.iter().enumerate().map(|(k, name)| span(name, k, &found.five, None)).collect();
    rows.extend(THREE.iter().enumerate().map(|(k, name)| span(&format!("{name} (of 3)"), k, &found.three, Some(found.polar[[last, k]]))));
    grid(&mut out, &names(&["determinant", "mean", "least", "largest", "polar mean"]), &rows);
    for (name, meaning) in MEANINGS {
        let _ = writeln!(out, "  {name}: {meaning}");
    }
    for note in &found.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    out += &solves(&found.families);
    out += &checks(&found.checks);
    out += &verdicts(&[report.verdict()]);
    out
}
