//! Linkages as sheets: one record for each region and sector, and the strongest rows of each measure.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::Document;
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::bounded::{Bounded, largest};
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::linkages::{Class, Linkages};
use crate::verdict::unproven;

/// Rows of a printed list.
const SHOWN: usize = 15;

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
    /// Name of the factor that weighs, and its unit per unit of money.
    pub factor: Option<(String, String)>,
    /// What was found.
    pub linkages: Linkages,
}

impl Report {
    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let (linkages, rtol) = (&self.linkages, self.leontief.stopping.rtol);
        let mut d = Document::about(&self.leontief, &self.findings, &self.options, self.language);
        let mut verdict = linkages.verdict(rtol, |i| self.names(i).join(", "));
        unproven(&mut verdict, &self.leontief);
        (d.verdicts, d.checks, d.notes) = (vec![verdict], &linkages.checks, linkages.notes.as_slice().into());
        d.put("factor", json!(self.factor.as_ref().map(|f| &f.0)));
        d.put("weighted_unit", json!(self.factor.as_ref().map(|f| &f.1)));
        d.sheets.push(self.sheet(false).file("linkages", "", ""));
        d.sheets.push(self.sheet(true).key(Key::Records("records".into())));
        d.sheets.push(self.strongest("Strongest backward linkages, T(1)", &linkages.output.backward.values, &linkages.class));
        d.sheets.push(self.strongest("Strongest forward linkages, F(x)/x", &linkages.output.forward.values, &linkages.class));
        if let (Some(pair), Some((factor, unit))) = (&linkages.weighted, &self.factor) {
            for (name, measure) in [("backward", &pair.backward), ("forward", &pair.forward)] {
                let title = format!("Strongest {name} linkages of {factor}, {unit}");
                d.sheets.push(self.strongest(&title, &measure.values, &linkages.weighted_class));
            }
        }
        let (keys, all) = (linkages.class.iter().filter(|c| **c == Class::Key).count(), linkages.class.len());
        d.note([format!("{keys} of {all} sectors are key: above the mean in both directions; all rows: `json` or `output` DIR")]);
        d.note(linkages.measures().iter().map(|(n, v)| format!("bounds of {n}: at most {:.1e}", largest(v.iter().map(|v| v.bound)))));
        d
    }

    fn names(&self, i: usize) -> Vec<String> {
        let labels = self.leontief.system.labels();
        vec![labels.regions[labels.region_of(i)].label(self.language), labels.sectors[i].label(self.language)]
    }

    fn rows(&self, order: Vec<usize>) -> Axis<'_> {
        Axis::made(&["region", "sector"], order.len(), move |k| self.names(order[k]))
    }

    /// Every measure of every row; for scripts also what follows from the classes.
    fn sheet(&self, classes: bool) -> Sheet<'_> {
        let (linkages, measures) = (&self.linkages, self.linkages.measures());
        let weighted = classes && !linkages.weighted_class.is_empty();
        let mut columns = vec![("class".to_string(), String::new())];
        columns.extend(measures.iter().map(|(name, _)| ((*name).to_string(), format!("{name}_bound"))));
        columns.extend(classes.then(|| ("key".into(), String::new())));
        columns.extend(weighted.then(|| ("weighted_class".into(), String::new())));
        let cells = move |i: usize| {
            let mut cells: Vec<Cell> = vec![linkages.class[i].name().into()];
            cells.extend(measures.iter().map(|(_, values)| values[i].into()));
            cells.extend(classes.then(|| (linkages.class[i] == Class::Key).into()));
            cells.extend(weighted.then(|| linkages.weighted_class[i].name().into()));
            cells
        };
        Sheet::new(self.rows((0..linkages.class.len()).collect()), Axis::columns(columns), Layout::Beside, cells)
    }

    fn strongest<'s>(&'s self, title: &str, values: &'s [Bounded], class: &'s [Class]) -> Sheet<'s> {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].value.total_cmp(&values[a].value).then(a.cmp(&b)));
        order.truncate(SHOWN);
        let rows = self.rows(order.clone());
        let cells = move |k: usize| vec![values[order[k]].into(), class[order[k]].name().into()];
        Sheet::new(rows, Axis::columns([("linkage", "bound"), ("class", "")]), Layout::Beside, cells).page(title)
    }
}
