//! Regions in parts as sheets: the footprint of each part, and of each region of the table before and as the sum of its parts.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet, column};
use crate::bounded::{Bounded, sum_exact};
use crate::check::Check;
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::leontief::footprints::Footprints;
use crate::share_table::ShareTable;
use crate::solve::Reason;
use crate::split::{Fit, Regions};
use crate::table::Table;
use crate::verdict::{Verdict, floor, unproven};

/// Footprints of the parts.
pub enum Found {
    /// By the model of the finer table.
    Table(Arc<Leontief>, Vec<Bounded>),
    /// By the factors of the finer table.
    Factors(Footprints),
}

/// What is reported.
pub struct Report {
    /// The model of the table.
    pub coarse: Arc<Leontief>,
    /// What the audit said of the table.
    pub findings: Vec<Finding>,
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Name of the stressor, and its place in the table.
    pub stressor: String,
    /// Its place among the stressors of the table.
    pub emissions: usize,
    /// Unit of emissions.
    pub unit: String,
    /// All direct emissions.
    pub direct: f64,
    /// Footprints of the table by region.
    pub before: Vec<Bounded>,
    /// The parts.
    pub parts: Regions,
    /// How a nested table was fitted.
    pub fit: Option<Fit>,
    /// Largest distance of a sum of the parts from what it is to be, relative to it.
    pub residual: f64,
    /// What a reader must know of trade between the parts.
    pub notes: Vec<String>,
    /// Footprints of the parts.
    pub found: Found,
    /// The finer table, where it is written out.
    pub table: Option<Arc<Table>>,
    /// Its factors.
    pub factors: Option<ShareTable>,
    /// Totals that must agree.
    pub checks: Vec<Check>,
}

impl Report {
    fn footprints(&self) -> &[Bounded] {
        match &self.found {
            Found::Table(_, all) => all,
            Found::Factors(found) => &found.values[..self.parts.count()],
        }
    }

    /// Direct emissions of each part, without households.
    fn emitted(&self) -> Vec<Bounded> {
        let (parts, direct) = (&self.parts, &self.coarse.system.table.stressors[self.emissions].direct);
        let own = |p: usize| {
            let r = parts.parent(p);
            let one = |i: usize| {
                let share = parts.emissions[parts.row((r, i), p)];
                if parts.is_split(r) { (Bounded::exact(share) * Bounded::exact(direct[i])).value } else { direct[i] }
            };
            let terms: Vec<f64> = parts.coarse.rows(r).map(one).collect();
            let sum = sum_exact(&terms);
            // a share of a number is rounded once, and moved by its last bit where parts are to add up
            let off = terms.iter().map(|v| 4.0 * f64::EPSILON * v.abs()).sum::<f64>();
            Bounded::new(sum.value, if parts.is_split(r) { sum.bound + off } else { sum.bound })
        };
        (0..parts.count()).map(own).collect()
    }

    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let (parts, labels) = (&self.parts, self.coarse.system.labels());
        let mut d = Document::about(&self.coarse, &self.findings, &self.options, self.language);
        let rtol = self.coarse.stopping.rtol;
        let total = floor(rtol, self.direct);
        let regions: Vec<String> = labels.regions.iter().map(|n| n.label(self.language)).collect();
        let names: Vec<String> = parts.labels.regions.iter().map(|n| n.label(self.language)).collect();
        let own = self.footprints();
        let after: Vec<Bounded> = (0..regions.len()).map(|r| own[parts.of(r)].iter().copied().sum()).collect();
        let mut verdict = Verdict::new("split", rtol);
        verdict.judge("footprint of the table", total, self.before.iter().copied(), |r| regions[r].clone());
        verdict.judge("footprint of a part", total, own.iter().copied(), |p| names[p].clone());
        unproven(&mut verdict, &self.coarse);
        match &self.found {
            Found::Table(fine, _) => {
                d.solves.extend(fine.solves());
                unproven(&mut verdict, fine);
            }
            Found::Factors(found) if found.reason != Reason::Converged => {
                verdict.refuse(format!("the passes ended: {}", found.reason));
            }
            Found::Factors(_) => {}
        }
        self.checks.iter().for_each(|c| verdict.check(c));
        d.checks = &self.checks;
        d.verdicts = vec![verdict];
        d.put("rows", json!({"table": labels.dim(), "finer": parts.labels.dim()}));
        d.put("stressor", json!(self.stressor));
        d.put("unit", json!(self.unit));
        d.put("regions", json!(regions));
        d.list("footprint_before", &self.before);
        d.list("footprint", &after);
        d.put("range_low", Value::Null);
        d.put("range_high", Value::Null);
        d.put("no_range_because", json!("ranges are made of parts of sectors, not of regions"));
        let fit = self.fit.as_ref();
        d.put(
            "fit",
            json!(fit.map(|f| json!({"passes": f.passes, "residual": f.residual, "moved": f.moved, "largest_factor": f.largest}))),
        );
        let parents: Vec<String> = (0..names.len()).map(|p| regions[parts.parent(p)].clone()).collect();
        let emitted = self.emitted();
        d.put("parts", json!(names));
        d.put("parents", json!(parents));
        d.list("footprint_of_part", own);
        d.list("emissions_of_part", &emitted);
        d.put("trade_residual", json!(self.residual));
        let shown: Vec<usize> = (0..names.len()).filter(|&p| parts.is_split(parts.parent(p))).collect();
        let chosen = |all: &[Bounded]| shown.iter().map(|&p| all[p]).collect::<Vec<_>>();
        let (ours, theirs) = (chosen(own), chosen(&emitted));
        let axis: Vec<Vec<String>> = shown.iter().map(|&p| vec![names[p].clone(), parents[p].clone()]).collect();
        let columns = vec![column("footprint", &ours), column("direct emissions", &theirs)];
        let title = format!("Footprints of parts, {}, without households", self.stressor);
        let rows = Axis::made(&["part", "of"], axis.len(), move |k| axis[k].clone());
        d.sheets.push(
            Sheet::of_columns(rows, Layout::Beside, columns)
                .file("parts", "final demand of the part, and what it emits", &self.unit)
                .page(title),
        );
        let difference: Vec<Bounded> = after.iter().zip(&self.before).map(|(a, b)| *a - *b).collect();
        let count = (0..regions.len()).map(|r| Cell::from(parts.of(r).len() as f64)).collect();
        let columns = vec![
            ("parts".into(), String::new(), count),
            column("before", &self.before),
            column("after", &after),
            column("difference", &difference),
        ];
        let title = format!("Footprints before and after the split, {}, without households", self.stressor);
        let sheet = Sheet::of_columns(Axis::of("region", regions), Layout::Beside, columns);
        d.sheets.push(sheet.file("footprints", "final demand of the region, its parts together", &self.unit).page(title));
        let note = match self.fit {
            Some(_) => "the larger table stays as it is: footprints change where parts differ in inputs, sales or emissions",
            None => "output of the regions that are split does not change; footprints do where emissions of parts do not follow output",
        };
        d.note(parts.notes.iter().chain(&self.notes).cloned().chain([note.to_string()]));
        d
    }
}
