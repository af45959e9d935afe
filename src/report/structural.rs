//! A structural decomposition as sheets: one record for each region and determinant.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::{Document, Head};
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::bounded::{Bounded, largest};
use crate::finding::Finding;
use crate::labels::Language;
use crate::structural::{Effects, FIVE, MEANINGS, Structural, THREE};
use crate::table::Table;

/// What is reported.
pub struct Report {
    /// The first and the second table.
    pub tables: [Arc<Table>; 2],
    /// What the audit said of each.
    pub findings: [Vec<Finding>; 2],
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Largest bound, relative to the larger total.
    pub rtol: f64,
    /// What was found.
    pub found: Structural,
}

impl Report {
    /// All there is to say; every number within the tolerance, or that share of the larger total.
    pub fn document(&self) -> Document<'_> {
        let (found, regions) = (&self.found, self.regions());
        let of = |k: usize| super::document::named(&self.tables[k], &self.options[k]);
        let head = Head {
            about: format!("{} -> {}", of(0), of(1)),
            regions: self.tables[0].labels.regions.clone(),
            stamp: self.tables.iter().find_map(|t| t.provenance.stamp.as_deref()),
            language: self.language,
            findings: self.findings.iter().map(|f| f.as_slice().into()).collect(),
            provenance: json!(self.tables.each_ref().map(|t| &t.provenance)),
            options: self.options.clone(),
            ..Head::default()
        };
        let verdicts = vec![found.verdict(self.rtol, &regions)];
        let mut d = Document { head, verdicts, solves: found.solves.clone(), ..Document::default() };
        (d.checks, d.notes) = (&found.checks, found.notes.as_slice().into());
        d.put("factor", found.factor.clone());
        d.put("unit", found.unit.clone());
        d.put("meanings", MEANINGS.iter().map(|(name, meaning)| ((*name).to_string(), json!(meaning))).collect::<Map<_, _>>());
        d.put("right_hand_sides", found.columns);
        d.sheets = vec![self.records(&regions), self.by_region(regions), self.orders()];
        d
    }

    fn regions(&self) -> Vec<String> {
        let regions = &self.tables[0].labels.regions;
        regions.iter().map(|r| r.label(self.language)).chain(["all".to_string()]).collect()
    }

    fn records(&self, regions: &[String]) -> Sheet<'static> {
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        self.found.each(regions, |_, split, determinant, measure, v| {
            columns.push([split, determinant, measure].map(String::from).to_vec());
            values.push(v);
        });
        let width = values.len() / regions.len();
        columns.truncate(width);
        let (rows, columns) = (Axis::of("region", regions.to_vec()), Axis::parts(&["split", "determinant", "measure"], columns));
        let cells = move |s: usize| values[s * width..][..width].iter().map(|v| Cell::Bounded(*v)).collect();
        let mut sheet = Sheet::new(rows, columns, Layout::Long, cells).file("structural", "", "").key(Key::Records("records".into()));
        sheet.same = vec![("unit", self.found.unit.clone())];
        sheet
    }

    fn by_region(&self, regions: Vec<String>) -> Sheet<'_> {
        let found = &self.found;
        let columns =
            Axis::of("", [&["before", "after", "change"][..], &FIVE, &["largest bound"]].concat().iter().map(|s| s.to_string()).collect());
        let cells = move |s: usize| {
            let effects = found.five.mean.row(s);
            let change = found.after[s].value - found.before[s].value;
            let mut cells: Vec<Cell> = vec![found.before[s].into(), found.after[s].into(), change.into()];
            cells.extend(effects.iter().map(|v| Cell::Bounded(*v)));
            cells.push(format!("{:.0e}", largest(effects.iter().map(|v| v.bound))).into());
            cells
        };
        let title = format!("Change of {}, {}, by five determinants: mean over all 120 orders", found.factor, found.unit);
        Sheet::new(Axis::of("region", regions), columns, Layout::Apart, cells).page(title)
    }

    /// All regions together: how far the order matters.
    fn orders(&self) -> Sheet<'_> {
        let (found, last) = (&self.found, self.found.before.len() - 1);
        let all = FIVE.iter().enumerate().map(|(k, name)| ((*name).to_string(), k, &found.five, None));
        let of_three = |k: usize| Some(found.polar[[last, k]]);
        let three = THREE.iter().enumerate().map(|(k, name)| (format!("{name} (of 3)"), k, &found.three, of_three(k)));
        let all: Vec<(String, usize, &Effects, Option<Bounded>)> = all.chain(three).collect();
        let rows = Axis::of("determinant", all.iter().map(|a| a.0.clone()).collect());
        let cells = move |r: usize| {
            let (_, k, effects, polar) = &all[r];
            let spans = [&effects.mean, &effects.least, &effects.largest].map(|m| m[[last, *k]].into());
            spans.into_iter().chain([(*polar).into()]).collect()
        };
        let columns = Axis::of("", ["mean", "least", "largest", "polar mean"].map(String::from).to_vec());
        let meanings = MEANINGS.iter().map(|(name, meaning)| format!("{name}: {meaning}"));
        Sheet::new(rows, columns, Layout::Apart, cells).page("All regions together, over all orders").notes(meanings)
    }
}
