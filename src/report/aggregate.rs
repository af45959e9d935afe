//! Aggregation as sheets: footprints of the coarse model, what aggregation before solving does to each, and which rows cause it.

use std::sync::Arc;

use ndarray::Array2;
use serde_json::{Value, json};

use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet, column};
use crate::aggregate::{Bias, Map};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::decompose::Flows;
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::verdict::{Verdict, floor, unproven};

/// Rows that are listed for each region.
const SHOWN: usize = 3;

/// What was found, by when the table is added up.
pub enum Found {
    /// Before solving: flows of the coarse model, and its errors.
    Before(Flows, Bias),
    /// After solving: flows of the fine model added up.
    After(Flows, Array2<Bounded>),
}

/// What is reported.
pub struct Report {
    /// The fine model.
    pub fine: Arc<Leontief>,
    /// The coarse model.
    pub coarse: Arc<Leontief>,
    /// What the audit said of the fine table.
    pub findings: Vec<Finding>,
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Who goes where.
    pub map: Map,
    /// Name of the stressor.
    pub stressor: String,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// What was found.
    pub found: Found,
}

impl Report {
    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let (fine, map) = (&self.fine, &self.map);
        let mut d = Document::about(fine, &self.findings, &self.options, self.language);
        let labels = fine.system.labels();
        d.put("rows", json!({"fine": labels.dim(), "coarse": map.dim()}));
        d.put("regions", json!({"fine": labels.region_count(), "coarse": map.labels.region_count()}));
        d.put("stressor", json!(self.stressor));
        let mut verdict = Verdict::new("aggregation", fine.stopping.rtol);
        let groups: Vec<String> = map.labels.regions.iter().map(|n| n.label(self.language)).collect();
        match &self.found {
            Found::Before(flows, bias) => {
                d.solves.extend(self.coarse.solves());
                self.before(&mut d, &mut verdict, &groups, flows, bias);
                unproven(&mut verdict, &self.coarse);
            }
            Found::After(flows, grouped) => self.after(&mut d, &mut verdict, groups, flows, grouped),
        }
        unproven(&mut verdict, fine);
        self.checks.iter().for_each(|c| verdict.check(c));
        d.checks = &self.checks;
        d.verdicts = vec![verdict];
        d
    }

    fn before<'a>(&'a self, d: &mut Document<'a>, verdict: &mut Verdict, groups: &[String], flows: &'a Flows, bias: &'a Bias) {
        let total = floor(flows.rtol, flows.direct.iter().map(|v| v.value.abs()).sum());
        let fine: Vec<Bounded> = (0..groups.len()).map(|g| bias.fine(g)).collect();
        for (what, numbers) in [("footprint", &bias.coarse), ("aggregation error", &bias.error), ("footprint of the fine table", &fine)] {
            verdict.judge(what, total, numbers.iter().copied(), |g| groups[g].clone());
        }
        verdict.judge("part of a row", total, bias.parts.iter().copied(), |k| self.row(k / groups.len()).join(", "));
        let share = |g: usize| if fine[g].value == 0.0 { None } else { Some(100.0 * bias.error[g].value / fine[g].value) };
        let cancelled = |g: usize| (bias.error[g].value != 0.0).then(|| bias.sizes[g] / bias.error[g].value.abs());
        d.put("unit", json!(flows.unit));
        d.put("groups", json!(groups));
        d.list("footprint", &bias.coarse);
        d.list("aggregation_error", &bias.error);
        d.list("footprint_of_the_fine_table", &fine);
        d.put("aggregation_error_at_most", json!(bias.sizes));
        let columns = vec![
            column("coarse", &bias.coarse),
            column("error", &bias.error),
            column("fine", &fine),
            ("error in %".into(), String::new(), (0..groups.len()).map(|g| Cell::from(share(g).map(shown))).collect()),
            (
                "parts cancel".into(),
                String::new(),
                (0..groups.len()).map(|g| Cell::from(cancelled(g).map(|v| format!("{v:.1}-fold")))).collect(),
            ),
        ];
        let title = format!("Footprints of the aggregated table, {}, without households", self.stressor);
        let axis = || Axis::of("region", groups.to_vec());
        let reads = "error = fine less coarse, of final demand of the region";
        d.sheets.push(Sheet::of_columns(axis(), Layout::Beside, columns).file("aggregation", reads, &flows.unit).page(title));
        let rows = Axis::made(&["region", "sector"], bias.parts.nrows(), move |i| self.row(i));
        let reads = "part of the row in the aggregation error of the column";
        d.sheets.push(Sheet::matrix(rows, axis(), &bias.parts).file("aggregation_rows", reads, &flows.unit));
        let mut causes = Vec::new();
        for g in 0..groups.len() {
            let mut order: Vec<usize> = (0..bias.parts.nrows()).collect();
            order.sort_by(|&a, &b| bias.parts[[b, g]].value.abs().total_cmp(&bias.parts[[a, g]].value.abs()).then(a.cmp(&b)));
            causes.extend(order.into_iter().take(SHOWN).filter(|&i| bias.parts[[i, g]].value != 0.0).map(|i| (g, i)));
        }
        let groups = groups.to_vec();
        let named = causes.clone();
        let rows = Axis::made(&["footprint of", "region", "sector"], causes.len(), move |k| {
            let (g, i) = named[k];
            std::iter::once(groups[g].clone()).chain(self.row(i)).collect()
        });
        let cells = move |k: usize| vec![bias.parts[[causes[k].1, causes[k].0]].into()];
        let title = format!("Rows that cause it, {SHOWN} for each region, {}", flows.unit);
        d.sheets.push(Sheet::new(rows, Axis::columns([("part", "bound")]), Layout::Beside, cells).page(title));
        let worst = (0..fine.len()).filter_map(|g| share(g).map(f64::abs)).fold(0.0, f64::max);
        d.note([format!(
            "the largest error of aggregation before solving is {worst:.2} % of a footprint; `after` adds up results instead, without any"
        )]);
    }

    fn after<'a>(
        &'a self,
        d: &mut Document<'a>,
        verdict: &mut Verdict,
        groups: Vec<String>,
        flows: &'a Flows,
        grouped: &'a Array2<Bounded>,
    ) {
        let total = floor(flows.rtol, flows.direct.iter().map(|v| v.value.abs()).sum());
        let width = grouped.ncols();
        verdict.judge("flow", total, grouped.iter().copied(), |k| groups[k / width].clone());
        let regions = self.map.regions.len();
        let outside = flows.destinations[regions..].iter().map(|k| k.label(self.fine.system.labels(), self.language));
        let columns: Vec<String> = groups.iter().cloned().chain(outside).collect();
        d.put("unit", json!(flows.unit));
        d.put("groups", json!(groups));
        let title = format!("Flows of the fine table added up, {}, without households", self.stressor);
        let sheet = Sheet::matrix(Axis::of("from", groups), Axis::of("for", columns), grouped);
        d.sheets.push(
            sheet
                .file("flows", "emitted in the row for the final demand of the column", &flows.unit)
                .page(title)
                .lists("flows", "flows_bound"),
        );
        d.note(["aggregated after solving: no error of aggregation".to_string()]);
    }

    fn row(&self, i: usize) -> Vec<String> {
        let labels = self.fine.system.labels();
        vec![labels.regions[labels.region_of(i)].label(self.language), labels.sectors[i].label(self.language)]
    }
}

fn shown(v: f64) -> String {
    format!("{v:.3}")
}
