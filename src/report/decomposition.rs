//! Decompositions as sheets: one record for each key and term, made as it is written.

use std::sync::Arc;

use ndarray::Array2;
use serde_json::{Map, Value};

use super::document::Document;
use super::sheet::{Axis, Cell, Key as Place, Layout, Sheet};
use crate::bounded::{Bounded, largest, up};
use crate::decompose::{Decomposition, Key, Term};
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::verdict::{Verdict, floor, unproven};

/// What is reported.
pub struct Report {
    /// The model, with its solves.
    pub leontief: Arc<Leontief>,
    /// What the audit said.
    pub findings: Vec<Finding>,
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// What was found.
    pub found: Decomposition,
}

impl Report {
    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let found = &self.found;
        let mut d = Document::about(&self.leontief, &self.findings, &self.options, self.language);
        let totals = self.totals();
        let verdict = self.verdict(&totals);
        d.put("scheme", found.scheme.name());
        d.put("factor", found.factor.clone());
        d.put("unit", found.unit.clone());
        d.put("terms", found.terms.iter().map(|t| t.name).collect::<Vec<_>>());
        d.put("meanings", found.terms.iter().map(|t| t.meaning).collect::<Vec<_>>());
        d.put("tolerance", verdict.tolerance);
        d.put("floor", floor(verdict.tolerance, found.total));
        d.put("right_hand_sides", serde_json::json!(found.solves));
        if let Some(more) = found.indicators.first() {
            d.put("indicator_meanings", more.names.iter().map(|t| (t.name.to_string(), t.meaning.into())).collect::<Map<_, _>>());
        }
        (d.verdicts, d.checks, d.notes) = (vec![verdict], &found.checks, found.notes.as_slice().into());
        let stamp = d.head.stamp.map(|s| ("stamp", s.to_string()));
        let key = found.keys.first();
        let parts = [Some("exporter"), key.and_then(|k| k.sector).map(|_| "sector"), key.and_then(|k| k.partner).map(|_| "partner")];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let mut records = self.long(&parts, &found.keys, found.terms, &found.values, &found.bounds).key(Place::Records("records".into()));
        (records.name, records.file) = ("decomposition".into(), true);
        records.same.extend(stamp);
        d.sheets.push(records);
        if !found.indicators.is_empty() {
            d.sheets.push(self.indicators());
        }
        d.sheets.push(self.page(totals));
        d.sheets.extend(found.indicators.first().map(|more| {
            let names = more.keys.iter().map(|k| self.place(k).swap_remove(0)).collect();
            Sheet::new(Axis::of("exporter", names), terms(more.names), Layout::Apart, |k| {
                more.values.row(k).iter().map(|v| (*v).into()).collect()
            })
            .page("Indicators")
            .notes(more.names.iter().map(|t| format!("{} {}", t.name, t.meaning)))
        }));
        let size = |m: &Array2<f64>| largest(m.iter().map(|v| v.abs()));
        let (bound, most) = (size(&found.bounds), size(&found.values));
        d.note([
            format!("{} records of {} terms: `json` or `output` DIR", found.keys.len(), found.terms.len()),
            format!("bounds: at most {bound:.1e} on single terms, the largest of which is {most:.4e}"),
        ]);
        d
    }

    /// The verdict: every term and indicator within the tolerance, or that share of all there is of the factor.
    fn verdict(&self, totals: &Array2<Bounded>) -> Verdict {
        let (found, rtol) = (&self.found, self.leontief.stopping.rtol);
        let named = |key: &Key, term: &str| {
            let parts = self.place(key).into_iter().filter(|p| !p.is_empty());
            parts.chain([term.to_string()]).collect::<Vec<_>>().join(", ")
        };
        let mut verdict = found.verdict(rtol, named);
        let width = found.terms.len();
        verdict.judge("sum by exporter", floor(rtol, found.total), totals.iter().copied(), |i| {
            let exporter = Key { exporter: i / width, sector: None, partner: None };
            named(&exporter, found.terms[i % width].name)
        });
        unproven(&mut verdict, &self.leontief);
        verdict
    }

    /// Exporter, sector and partner; empty where all of them are meant.
    fn place(&self, key: &Key) -> Vec<String> {
        let labels = self.leontief.system.labels();
        let sector = key.sector.map(|i| labels.sectors[i].label(self.language));
        let partner = key.partner.map(|p| p.label(labels, self.language));
        vec![labels.regions[key.exporter].label(self.language), sector.unwrap_or_default(), partner.unwrap_or_default()]
    }

    /// A record for each key and term, under those parts of a key that are told.
    fn long<'s>(&'s self, parts: &[&str], keys: &'s [Key], names: &[Term], values: &'s Array2<f64>, bounds: &'s Array2<f64>) -> Sheet<'s> {
        let told = ["exporter", "sector", "partner"].map(|p| parts.contains(&p));
        let rows =
            Axis::made(parts, keys.len(), move |k| self.place(&keys[k]).into_iter().zip(told).filter(|p| p.1).map(|p| p.0).collect());
        let cells = move |k: usize| values.row(k).iter().zip(bounds.row(k)).map(|(v, b)| Bounded::new(*v, *b).into()).collect();
        let mut sheet = Sheet::new(rows, terms(names), Layout::Long, cells);
        sheet.same = vec![("unit", self.found.unit.clone())];
        sheet
    }

    /// All indicators one behind the other; all sectors and partners together where they are empty.
    fn indicators(&self) -> Sheet<'_> {
        let all = &self.found.indicators;
        let order: Vec<(usize, usize, usize)> = (0..all.len())
            .flat_map(|m| (0..all[m].keys.len()).flat_map(move |k| (0..all[m].names.len()).map(move |t| (m, k, t))))
            .collect();
        let count = order.len();
        let at = std::rc::Rc::new(order);
        let own = at.clone();
        let rows = Axis::made(&["exporter", "sector", "partner", "term"], count, move |r| {
            let (m, k, t) = own[r];
            let mut parts = self.place(&all[m].keys[k]);
            parts.push(all[m].names[t].name.into());
            parts
        });
        let cells = move |r: usize| {
            let (m, k, t) = at[r];
            vec![Bounded::new(all[m].values[[k, t]], all[m].bounds[[k, t]]).into()]
        };
        let mut sheet = Sheet::new(rows, Axis::parts(&[], vec![Vec::new()]), Layout::Long, cells).key(Place::Records("indicators".into()));
        (sheet.name, sheet.file, sheet.same) = ("indicators".into(), true, vec![("unit", self.found.unit.clone())]);
        sheet
    }

    /// Sums by exporter and term (R x terms).
    fn totals(&self) -> Array2<Bounded> {
        let mut sums = Array2::from_elem((self.leontief.system.region_count(), self.found.terms.len()), Bounded::ZERO);
        for ((k, t), v) in self.found.values.indexed_iter() {
            let sum = &mut sums[[self.found.keys[k].exporter, t]];
            sum.value += v;
            sum.bound = up(sum.bound + self.found.bounds[[k, t]] + f64::EPSILON * f64::abs(sum.value));
        }
        sums
    }

    fn page(&self, totals: Array2<Bounded>) -> Sheet<'static> {
        let (found, regions) = (&self.found, &self.leontief.system.labels().regions);
        let unit = if found.unit.is_empty() { "in the unit of the table" } else { &found.unit };
        let mut names: Vec<String> = found.terms.iter().map(|t| t.name.to_string()).collect();
        names.extend(["sum", "bound"].map(String::from));
        let rows = regions.iter().map(|r| r.label(self.language)).chain(["all".into()]).collect();
        let cells = move |s: usize| {
            let all = s == totals.nrows();
            let values: Vec<f64> = match all {
                true => totals.columns().into_iter().map(|c| c.iter().map(|v| v.value).sum()).collect(),
                false => totals.row(s).iter().map(|v| v.value).collect(),
            };
            let mut cells: Vec<Cell> = values.iter().chain([&values.iter().sum()]).map(|v| (*v).into()).collect();
            let worst = || largest(totals.row(s).iter().map(|v| v.bound));
            cells.push(if all { "".into() } else { format!("{:.0e}", worst()).into() });
            cells
        };
        Sheet::new(Axis::of("exporter", rows), Axis::of("", names), Layout::Apart, cells)
            .sums(1)
            .page(format!("Decomposition {} of {}, {unit}: sums by exporter", found.scheme.name(), found.factor))
            .notes(found.terms.iter().map(|t| format!("{} {}", t.name, t.meaning)))
    }
}

fn terms(names: &[Term]) -> Axis<'static> {
    Axis::of("term", names.iter().map(|t| t.name.to_string()).collect())
}
