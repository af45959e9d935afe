//! Decompositions as text, JSON and CSV: one record for each key and term, written as it is made.

use std::fmt::Write as _;
use std::io::{self, Write};

use ndarray::Array2;
use serde_json::{Value, json};

use super::csv::line;
use super::text::{checks, decimals, fixed, grid, solves, verdicts};
use crate::bounded::{Bounded, largest, up};
use crate::decompose::{Decomposition, Key, Term};
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::verdict::{SCOPE, Verdict, floor, unproven};

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
    /// What was found.
    pub found: &'a Decomposition,
}

/// One key with its labels.
struct Place {
    exporter: String,
    sector: Option<String>,
    partner: Option<String>,
}

impl Report<'_> {
    /// The verdict: every term and indicator within the tolerance, or that share of all there is of the factor.
    pub fn verdict(&self) -> Verdict {
        let (found, rtol) = (self.found, self.leontief.stopping.rtol);
        let named = |key: &Key, term: &str| {
            let at = self.place(key);
            let parts = [Some(at.exporter), at.sector, at.partner].into_iter().flatten();
            parts.chain([term.to_string()]).collect::<Vec<_>>().join(", ")
        };
        let mut verdict = found.verdict(rtol, named);
        let (width, floor) = (found.terms.len(), floor(rtol, found.total));
        let bounded = |values: &Array2<f64>, bounds: &Array2<f64>| -> Vec<Bounded> {
            values.iter().zip(bounds).map(|(v, b)| Bounded::new(*v, *b)).collect()
        };
        let (values, bounds) = self.totals();
        verdict.judge("sum by exporter", floor, bounded(&values, &bounds), |i| {
            let exporter = Key { exporter: i / width, sector: None, partner: None };
            named(&exporter, found.terms[i % width].name)
        });
        unproven(&mut verdict, self.leontief);
        verdict
    }

    /// Whether the result stands.
    pub fn certified(&self) -> bool {
        self.verdict().certified
    }

    /// Why the result is not certified; empty when it is.
    pub fn reasons(&self) -> Vec<String> {
        self.verdict().reasons()
    }

    fn stamp(&self) -> Option<&str> {
        self.leontief.system.table.provenance.stamp.as_deref()
    }

    fn place(&self, key: &Key) -> Place {
        let labels = self.leontief.system.labels();
        Place {
            exporter: labels.regions[key.exporter].label(self.language),
            sector: key.sector.map(|i| labels.sectors[i].label(self.language)),
            partner: key.partner.map(|p| p.label(labels, self.language)),
        }
    }

    /// Every indicator: where, what, value and bound.
    fn each_indicator(&self) -> impl Iterator<Item = (Place, &Term, f64, f64)> {
        self.found.indicators.iter().flat_map(move |more| {
            let one = move |k: usize, t: usize| (self.place(&more.keys[k]), &more.names[t], more.values[[k, t]], more.bounds[[k, t]]);
            (0..more.keys.len()).flat_map(move |k| (0..more.names.len()).map(move |t| one(k, t)))
        })
    }

    /// Sums by exporter and term, and their bounds (R x terms).
    fn totals(&self) -> (Array2<f64>, Array2<f64>) {
        let shape = (self.leontief.system.region_count(), self.found.terms.len());
        let (mut values, mut bounds) = (Array2::zeros(shape), Array2::zeros(shape));
        for (k, key) in self.found.keys.iter().enumerate() {
            for t in 0..shape.1 {
                let at = [key.exporter, t];
                values[at] += self.found.values[[k, t]];
                bounds[at] = up(bounds[at] + self.found.bounds[[k, t]] + f64::EPSILON * f64::abs(values[at]));
            }
        }
        (values, bounds)
    }
}

/// The object for scripts.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (found, verdict) = (report.found, report.verdict());
    let head = json!({
        "isard": env!("CARGO_PKG_VERSION"), "stamp": report.stamp(), "scheme": found.scheme.name(), "factor": found.factor,
        "unit": found.unit, "terms": found.terms.iter().map(|t| t.name).collect::<Vec<_>>(),
        "meanings": found.terms.iter().map(|t| t.meaning).collect::<Vec<_>>(), "notes": found.notes,
        "certified": verdict.certified, "certificate": SCOPE, "uncertified_because": verdict.reasons(), "verdicts": [&verdict],
        "tolerance": verdict.tolerance, "floor": floor(verdict.tolerance, found.total),
        "right_hand_sides": found.solves,
        "solves": report.leontief.families(), "fallback": report.leontief.fallback, "checks": found.checks,
        "audit": report.findings, "provenance": report.leontief.system.table.provenance, "options": report.options,
    });
    let head = head.to_string();
    write!(out, "{},", head.strip_suffix('}').expect("an object"))?;
    if let Some(more) = found.indicators.first() {
        let meanings: serde_json::Map<String, Value> = more.names.iter().map(|t| (t.name.to_string(), t.meaning.into())).collect();
        write!(out, "\"indicator_meanings\":{},\"indicators\":[", Value::from(meanings))?;
        for (k, (at, term, value, bound)) in report.each_indicator().enumerate() {
            let mut o = json!({"exporter": at.exporter});
            at.sector.iter().for_each(|v| o["sector"] = json!(v));
            at.partner.iter().for_each(|v| o["partner"] = json!(v));
            (o["term"], o["value"], o["bound"]) = (json!(term.name), json!(value), json!(bound));
            write!(out, "{}{o}", if k == 0 { "" } else { "," })?;
        }
        out.write_all(b"],")?;
    }
    out.write_all(b"\"records\":[")?;
    let mut first = true;
    for k in 0..found.keys.len() {
        let place = report.place(&found.keys[k]);
        let mut start = format!("{{\"exporter\":{}", json!(place.exporter));
        for (name, label) in [("sector", place.sector), ("partner", place.partner)] {
            if let Some(label) = label {
                let _ = write!(start, ",\"{name}\":{}", json!(label));
            }
        }
        for (t, term) in found.terms.iter().enumerate() {
            let comma = if first { "" } else { "," };
            write!(out, "{comma}{start},\"term\":\"{}\",\"value\":", term.name)?;
            serde_json::to_writer(&mut *out, &found.values[[k, t]])?;
            out.write_all(b",\"bound\":")?;
            serde_json::to_writer(&mut *out, &found.bounds[[k, t]])?;
            out.write_all(b"}")?;
            first = false;
        }
    }
    out.write_all(b"]}\n")
}

/// One line for each key and term; unit and stamp in every line.
///
/// # Errors
/// When `out` cannot be written.
pub fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let found = report.found;
    let key = found.keys.first();
    let (by_sector, by_partner) = (key.is_some_and(|k| k.sector.is_some()), key.is_some_and(|k| k.partner.is_some()));
    let mut head = vec!["exporter"];
    head.extend(by_sector.then_some("sector"));
    head.extend(by_partner.then_some("partner"));
    head.extend(["term", "value", "bound", "unit"]);
    head.extend(report.stamp().map(|_| "stamp"));
    out.write_all(line(head).as_bytes())?;
    let end = line(std::iter::once(found.unit.as_str()).chain(report.stamp()));
    for k in 0..found.keys.len() {
        let place = report.place(&found.keys[k]);
        let start = line(std::iter::once(place.exporter.as_str()).chain(place.sector.as_deref()).chain(place.partner.as_deref()));
        let start = start.trim_end_matches('\n');
        for (t, term) in found.terms.iter().enumerate() {
            write!(out, "{start},{},{},{:e},{end}", term.name, found.values[[k, t]], found.bounds[[k, t]])?;
        }
    }
    Ok(())
}

/// One line for each indicator, where the scheme has any; all sectors and partners together where they are empty.
///
/// # Errors
/// When `out` cannot be written.
pub fn indicators(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(line(["exporter", "sector", "partner", "term", "value", "bound", "unit"]).as_bytes())?;
    for (at, term, value, bound) in report.each_indicator() {
        let (value, bound) = (value.to_string(), format!("{bound:e}"));
        let (sector, partner) = (at.sector.unwrap_or_default(), at.partner.unwrap_or_default());
        out.write_all(line([&at.exporter, &sector, &partner, term.name, &value, &bound, &report.found.unit]).as_bytes())?;
    }
    Ok(())
}

/// Sums by exporter and term for people.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let (found, labels) = (report.found, report.leontief.system.labels());
    if let Some(stamp) = report.stamp() {
        let _ = writeln!(out, "{stamp}: these numbers come from modelled data; do not quote them as results");
    }
    let unit = if found.unit.is_empty() { "in the unit of the table" } else { &found.unit };
    let _ = writeln!(out, "Decomposition {} of {}, {unit}: sums by exporter", found.scheme.name(), found.factor);
    let (values, bounds) = report.totals();
    let d = decimals(values.iter());
    let header: Vec<String> =
        ["exporter"].into_iter().chain(found.terms.iter().map(|t| t.name)).chain(["sum", "bound"]).map(String::from).collect();
    let mut rows: Vec<Vec<String>> = (0..values.nrows())
        .map(|s| {
            let mut row = vec![labels.regions[s].label(report.language)];
            row.extend(values.row(s).iter().chain([&values.row(s).sum()]).map(|v| fixed(*v, d)));
            row.push(format!("{:.0e}", largest(bounds.row(s).iter().copied())));
            row
        })
        .collect();
    let mut all = vec!["all".to_string()];
    all.extend(values.columns().into_iter().map(|c| c.sum()).chain([values.sum()]).map(|v| fixed(v, d)));
    all.push(String::new());
    rows.push(all);
    grid(&mut out, &header, &rows);
    for term in found.terms {
        let _ = writeln!(out, "  {} {}", term.name, term.meaning);
    }
    if let Some(more) = found.indicators.first() {
        let d = decimals(more.values.iter());
        let header: Vec<String> = ["exporter"].into_iter().chain(more.names.iter().map(|t| t.name)).map(String::from).collect();
        let label = |k: usize| labels.regions[more.keys[k].exporter].label(report.language);
        let row = |k: usize| std::iter::once(label(k)).chain(more.values.row(k).iter().map(|v| fixed(*v, d))).collect();
        grid(&mut out, &header, &(0..more.keys.len()).map(row).collect::<Vec<Vec<String>>>());
        for term in more.names {
            let _ = writeln!(out, "  {} {}", term.name, term.meaning);
        }
    }
    let keys = found.keys.len();
    let _ = writeln!(out, "{keys} records of {} terms: --json or --output DIR", found.terms.len());
    for note in &found.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    out += &solves(&report.leontief.families());
    out += &checks(&found.checks);
    let size = |m: &Array2<f64>| largest(m.iter().map(|v| v.abs()));
    let _ =
        writeln!(out, "bounds: at most {:.1e} on single terms, the largest of which is {:.4e}", size(&found.bounds), size(&found.values));
    out += &verdicts(&[report.verdict()]);
    out
}
