//! Linkages as text, JSON and CSV: one record for each region and sector.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::csv::line;
use super::text::{checks, fixed, grid, names, solves, verdicts};
use crate::bounded::{Bounded, largest};
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::linkages::{Class, Linkages};
use crate::verdict::{SCOPE, Verdict, unproven};

/// Rows of a printed list.
const SHOWN: usize = 15;

/// What is reported.
pub struct Report<'a> {
    /// The model, with its solves.
    pub leontief: &'a Leontief,
    /// What the audit said.
    pub findings: &'a [Finding],
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Name of the factor that weighs, and its unit per unit of money.
    pub factor: Option<(String, String)>,
    /// What was found.
    pub linkages: &'a Linkages,
}

impl Report<'_> {
    /// The verdict: every measure within the tolerance, or that share of its largest value.
    pub fn verdict(&self) -> Verdict {
        let rtol = self.leontief.stopping.rtol;
        let mut verdict = self.linkages.verdict(rtol, |i| {
            let (region, sector) = self.names(i);
            format!("{region}, {sector}")
        });
        unproven(&mut verdict, self.leontief);
        verdict
    }

    /// Whether the result stands.
    pub fn certified(&self) -> bool {
        self.verdict().certified
    }

    fn names(&self, i: usize) -> (String, String) {
        let labels = self.leontief.system.labels();
        (labels.regions[labels.region_of(i)].label(self.language), labels.sectors[i].label(self.language))
    }

    fn stamp(&self) -> Option<&str> {
        self.leontief.system.table.provenance.stamp.as_deref()
    }

    fn count(&self) -> usize {
        self.linkages.class.len()
    }
}

/// The object for scripts.
pub fn json(report: &Report) -> String {
    let (measures, verdict) = (report.linkages.measures(), report.verdict());
    let records: Vec<Value> = (0..report.count())
        .map(|i| {
            let (region, sector) = report.names(i);
            let mut record = Map::new();
            record.insert("region".into(), region.into());
            record.insert("sector".into(), sector.into());
            for (name, values) in &measures {
                record.insert((*name).into(), json!(values[i].value));
                record.insert(format!("{name}_bound"), json!(values[i].bound));
            }
            record.insert("class".into(), report.linkages.class[i].name().into());
            record.insert("key".into(), (report.linkages.class[i] == Class::Key).into());
            if let Some(class) = report.linkages.weighted_class.get(i) {
                record.insert("weighted_class".into(), class.name().into());
            }
            Value::Object(record)
        })
        .collect();
    let object = json!({
        "isard": env!("CARGO_PKG_VERSION"), "stamp": report.stamp(),
        "factor": report.factor.as_ref().map(|f| &f.0), "weighted_unit": report.factor.as_ref().map(|f| &f.1),
        "records": records, "certified": verdict.certified, "certificate": SCOPE, "uncertified_because": verdict.reasons(),
        "verdicts": [&verdict], "notes": report.linkages.notes,
        "solves": report.leontief.families(), "fallback": report.leontief.fallback, "checks": report.linkages.checks,
        "audit": report.findings, "provenance": report.leontief.system.table.provenance, "options": report.options,
    });
    object.to_string() + "\n"
}

/// One line for each region and sector.
pub fn csv(report: &Report) -> String {
    let measures = report.linkages.measures();
    let mut head = vec!["region".to_string(), "sector".to_string(), "class".to_string()];
    head.extend(measures.iter().flat_map(|(name, _)| [(*name).to_string(), format!("{name}_bound")]));
    let mut out = line(head.iter().map(String::as_str));
    for i in 0..report.count() {
        let (region, sector) = report.names(i);
        let mut cells = vec![region, sector, report.linkages.class[i].name().to_string()];
        cells.extend(measures.iter().flat_map(|(_, v)| [v[i].value.to_string(), v[i].bound.to_string()]));
        out += &line(cells.iter().map(String::as_str));
    }
    out
}

/// Tables for people: the strongest rows of each measure, and how many are key.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let linkages = report.linkages;
    if let Some(stamp) = report.stamp() {
        let _ = writeln!(out, "{stamp}: these numbers come from modelled data; do not quote them as results");
    }
    list(&mut out, report, "Strongest backward linkages, T(1)", &linkages.output.backward.values, &linkages.class);
    list(&mut out, report, "Strongest forward linkages, F(x)/x", &linkages.output.forward.values, &linkages.class);
    if let (Some(pair), Some((factor, unit))) = (&linkages.weighted, &report.factor) {
        let class = &linkages.weighted_class;
        list(&mut out, report, &format!("Strongest backward linkages of {factor}, {unit}"), &pair.backward.values, class);
        list(&mut out, report, &format!("Strongest forward linkages of {factor}, {unit}"), &pair.forward.values, class);
    }
    let keys = linkages.class.iter().filter(|c| **c == Class::Key).count();
    let _ = writeln!(
        out,
        "\n{keys} of {} sectors are key: above the mean in both directions; all rows: --json or --output DIR",
        report.count()
    );
    for note in &linkages.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    out += &solves(&report.leontief.families());
    out += &checks(&linkages.checks);
    let worst = |values: &[Bounded]| largest(values.iter().map(|v| v.bound));
    for (name, values) in linkages.measures() {
        let _ = writeln!(out, "bounds of {name}: at most {:.1e}", worst(values));
    }
    out += &verdicts(&[report.verdict()]);
    out
}

fn list(out: &mut String, report: &Report, title: &str, values: &[Bounded], class: &[Class]) {
    let _ = writeln!(out, "\n{title}");
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].value.total_cmp(&values[a].value).then(a.cmp(&b)));
    let rows: Vec<Vec<String>> = order
        .iter()
        .take(SHOWN)
        .map(|&i| {
            let (region, sector) = report.names(i);
            vec![region, sector, fixed(values[i].value, 4), format!("{:.0e}", values[i].bound), class[i].name().into()]
        })
        .collect();
    grid(out, &names(&["region", "sector", "linkage", "bound", "class"]), &rows);
}
