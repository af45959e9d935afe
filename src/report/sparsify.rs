//! Flows left out as sheets: what each threshold takes away, and how far it moves each footprint at most.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::Document;
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::finding::Finding;
use crate::labels::Language;
use crate::leontief::Leontief;
use crate::sparsify::Dropped;
use crate::table::Table;
use crate::verdict::{Verdict, floor, unproven};

/// What is reported.
pub struct Report {
    /// The model of the whole table.
    pub leontief: Arc<Leontief>,
    /// What the audit said.
    pub findings: Vec<Finding>,
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Number of the stressor.
    pub stressor: usize,
    /// Footprints of the whole table by region.
    pub footprints: Vec<Bounded>,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// What each threshold does.
    pub dropped: Vec<Dropped>,
    /// The table without its small flows, where one threshold is named.
    pub table: Option<Arc<Table>>,
}

impl Report {
    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let table = &self.leontief.system.table;
        let account = &table.stressors[self.stressor];
        let regions: Vec<String> = table.labels.regions.iter().map(|n| n.label(self.language)).collect();
        let mut d = Document::about(&self.leontief, &self.findings, &self.options, self.language);
        let mut verdict = Verdict::new("flows left out", self.leontief.stopping.rtol);
        let direct: f64 = account.direct.iter().map(|v| v.abs()).sum();
        verdict.judge("footprint", floor(self.leontief.stopping.rtol, direct), self.footprints.iter().copied(), |r| regions[r].clone());
        if self.dropped.iter().any(|k| k.effect[self.stressor].iter().any(|v| !v.is_finite())) {
            verdict.refuse("how far footprints move is not proven".into());
        }
        unproven(&mut verdict, &self.leontief);
        self.checks.iter().for_each(|c| verdict.check(c));
        d.checks = &self.checks;
        d.verdicts = vec![verdict];
        d.put("stressor", json!(account.name));
        d.put("unit", json!(account.unit));
        d.put("flows", json!(table.z.nnz()));
        d.put("regions", json!(regions));
        d.list("footprint", &self.footprints);
        let effect = |k: &Dropped| k.effect[self.stressor].clone();
        d.put("effect", json!(self.dropped.iter().map(effect).collect::<Vec<_>>()));
        let thresholds: Vec<String> = self.dropped.iter().map(|k| format!("{:e}", k.threshold)).collect();
        let columns = ["flows left out", "in %", "sum of flows", "sum in %", "largest effect", "largest in %", "of"];
        let cells = {
            let regions = regions.clone();
            move |k: usize| -> Vec<Cell> {
                let own = &self.dropped[k];
                let effect = &own.effect[self.stressor];
                let percent = |r: usize| if effect[r] == 0.0 { 0.0 } else { 100.0 * effect[r] / self.footprints[r].value.abs() };
                let worst = (0..effect.len()).max_by(|&a, &b| percent(a).total_cmp(&percent(b)));
                let count = 100.0 * own.entries as f64 / table.z.nnz().max(1) as f64;
                vec![
                    own.entries.into(),
                    count.into(),
                    own.mass.into(),
                    (100.0 * own.share).into(),
                    effect.iter().copied().fold(0.0, f64::max).into(),
                    worst.map(percent).into(),
                    worst.map(|r| regions[r].clone()).into(),
                ]
            }
        };
        let title = "Flows below a share of their buyer's output, and the most that a footprint moves";
        let axis = || Axis::of("threshold", thresholds.clone());
        d.sheets.push(
            Sheet::new(axis(), Axis::plain(&columns), Layout::Beside, cells)
                .file("thresholds", "what each threshold leaves out", &account.unit)
                .key(Key::Records("thresholds".into()))
                .page(title),
        );
        let names: Vec<(String, String)> = std::iter::once(("footprint".to_string(), "bound".to_string()))
            .chain(thresholds.iter().map(|t| (format!("moves at most, {t}"), String::new())))
            .collect();
        let cells = move |r: usize| -> Vec<Cell> {
            let all = self.dropped.iter().map(|k| Cell::from(k.effect[self.stressor][r]));
            std::iter::once(self.footprints[r].into()).chain(all).collect()
        };
        let title = format!("Footprints of the whole table, {}, without households", account.name);
        let sheet = Sheet::new(Axis::of("region", regions), Axis::columns(names), Layout::Beside, cells);
        d.sheets.push(sheet.file("effects", "how far each footprint moves at most", &account.unit).page(title));
        d.note([
            "output stays: what a row no longer sells goes to its error column, and what a column no longer buys is left over".to_string()
        ]);
        d
    }
}
