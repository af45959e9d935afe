//! A balance as sheets: what was reached, what moved, which targets gave way, and every row and column with its scaling.

use serde_json::{Value, json};

use super::document::{Document, Head};
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::balance::{Method, Outcome, Plan, Sums, Which};
use crate::check::Check;
use crate::finding::Finding;
use crate::labels::Language;
use crate::table::Table;
use crate::verdict::{Verdict, floor};

/// Rows of a printed list.
const SHOWN: usize = 10;

/// Floor of the bounds of sums, as a share of all cells.
const FLOOR: f64 = 1e-12;

/// What is reported.
pub struct Report<'a> {
    /// The table as it was.
    pub table: &'a Table,
    /// The table as it is.
    pub balanced: &'a Table,
    /// What was to be balanced.
    pub plan: &'a Plan,
    /// How.
    pub method: Method,
    /// To which relative distance.
    pub tolerance: f64,
    /// What the audit said of the table as it was.
    pub findings: &'a [Finding],
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// What was reached.
    pub outcome: &'a Outcome,
    /// The proven distance of the sums.
    pub checks: Vec<Check>,
}

impl<'a> Report<'a> {
    /// All there is to say.
    pub fn document(&'a self) -> Document<'a> {
        let (outcome, table) = (self.outcome, self.table);
        let source = self.options["table"].as_str().unwrap_or("embedded table");
        let rows = table.dim();
        let about = format!("{source}: {} regions, {rows} rows, {} cells", table.labels.region_count(), outcome.moved.cells);
        let head = Head {
            about,
            stamp: self.balanced.provenance.stamp.as_deref(),
            language: self.language,
            regions: table.labels.regions.clone(),
            findings: vec![self.findings.into()],
            provenance: json!(self.balanced.provenance),
            options: self.options.clone(),
            ..Head::default()
        };
        let mut d = Document { head, checks: &self.checks, notes: outcome.notes.as_slice().into(), ..Document::default() };
        let mut verdict = Verdict::new("balance", self.tolerance);
        self.checks.iter().for_each(|check| verdict.check(check));
        let floor = floor(FLOOR, outcome.moved.size.value);
        for (sums, which) in
            [(&outcome.rows, Which::Row as fn(usize) -> Which), (&outcome.columns, Which::Column), (&outcome.groups, Which::Group)]
        {
            verdict.judge("sum", floor, sums.sums.iter().copied(), |k| self.name(which(k)));
        }
        verdict.judge("what moved", floor, [outcome.moved.change, outcome.moved.size], |_| "cells".into());
        outcome.reason.iter().for_each(|why| verdict.refuse(why.clone()));
        d.verdicts = vec![verdict];
        self.facts(&mut d);
        d.sheets.push(self.reached());
        d.sheets.extend(self.shifts());
        d.sheets.push(self.stretched());
        d.sheets.push(self.lines(&outcome.rows, Which::Row).key(Key::Records("rows".into())));
        d.sheets.push(self.lines(&outcome.columns, Which::Column).key(Key::Records("columns".into())));
        d.sheets.push(self.lines(&outcome.groups, Which::Group).key(Key::Records("totals".into())));
        d
    }

    fn facts(&self, d: &mut Document) {
        let (outcome, moved) = (self.outcome, &self.outcome.moved);
        d.put("method", self.method.name());
        d.put("tolerance", self.tolerance);
        d.put("passes", outcome.passes);
        d.put("converged", outcome.converged);
        d.put("residual", outcome.residual());
        d.put("moved.cells", moved.cells);
        d.number("moved.change", moved.change);
        d.number("moved.size", moved.size);
        d.number("moved.share", moved.share());
        d.put("moved.beyond_two", moved.beyond);
        d.put("moved.emptied", moved.emptied);
        d.put("moved.entropy", moved.entropy);
        let largest = moved.largest.map(|l| {
            json!({"row": self.name(Which::Row(l.row)), "column": self.name(Which::Column(l.column)), "before": l.cells[0],
                "after": l.cells[1], "factor": l.scaling.value, "factor_bound": l.scaling.bound})
        });
        d.put("moved.largest", json!(largest));
    }

    fn name(&self, which: Which) -> String {
        match which {
            Which::Row(i) => self.table.labels.row_name(i),
            Which::Column(j) => self.plan.column_name(self.table, j),
            Which::Group(g) => self.plan.targets.groups[g].name.clone(),
        }
    }

    fn reached(&self) -> Sheet<'_> {
        let (outcome, moved) = (self.outcome, &self.outcome.moved);
        let share = moved.share();
        let of = |count: usize| format!("{count} of {} ({:.2} %)", moved.cells, 100.0 * count as f64 / moved.cells.max(1) as f64);
        let mut lines = vec![
            ("largest distance of a sum", format!("{:.1e} of its target, proven", outcome.residual())),
            ("sum |z - z0| / sum |z0|", format!("{:.6} +- {:.0e}", share.value, share.bound)),
            ("cells beyond twice or half", of(moved.beyond)),
            ("cells that became 0", of(moved.emptied)),
            ("entropy / sum |z0|", format!("{:.3e} (no bound)", moved.entropy)),
        ];
        if let Some(l) = moved.largest {
            let (row, column) = (self.name(Which::Row(l.row)), self.name(Which::Column(l.column)));
            let cells = format!("{:.6} +- {:.0e}: {:e} to {:e}", l.scaling.value, l.scaling.bound, l.cells[0], l.cells[1]);
            lines.push(("largest scaling of a cell", format!("{cells}, {row} to {column}")));
        }
        let ended = if outcome.converged { "" } else { ", NOT CONVERGED" };
        let title = format!("Balanced by {} in {} passes{ended}", self.method.name(), outcome.passes);
        Sheet::words(title).notes(lines.into_iter().map(|(what, value)| format!("{what:<28}   {value}")))
    }

    /// Targets that gave way.
    fn shifts(&self) -> Option<Sheet<'_>> {
        let shifts = &self.outcome.shifts;
        let rows = Axis::made(&["line"], shifts.len().min(SHOWN), |k| vec![self.name(shifts[k].which)]);
        let columns = Axis::columns([("target", ""), ("became", ""), ("standard errors", "bound")]);
        let cells = |k: usize| vec![shifts[k].from.into(), shifts[k].to.into(), shifts[k].errors.into()];
        let title = format!("{} targets gave way, the one that moved most standard errors first", shifts.len());
        (!shifts.is_empty()).then(|| Sheet::new(rows, columns, Layout::Beside, cells).page(title))
    }

    /// The rows and columns whose scalings are farthest from 1.
    fn stretched(&self) -> Sheet<'_> {
        let [rows, columns, groups] = &self.outcome.scalings;
        let all = (0..rows.len()).map(Which::Row).chain((0..columns.len()).map(Which::Column)).chain((0..groups.len()).map(Which::Group));
        let far = |w: Which| self.scaling(w).map_or(0.0, |f| f.ln().abs());
        let mut order: Vec<Which> = all.filter(|w| far(*w) > 0.0).collect();
        order.sort_by(|a, b| far(*b).total_cmp(&far(*a)));
        order.truncate(SHOWN);
        let names: Vec<Vec<String>> = order.iter().map(|w| vec![kind(*w).into(), self.name(*w)]).collect();
        let cells = move |k: usize| vec![format!("{:.6}", self.scaling(order[k]).unwrap_or(1.0)).into()];
        Sheet::new(Axis::parts(&["kind", "line"], names), Axis::plain(&["factor (no bound)"]), Layout::Beside, cells)
            .page("Lines with the largest scalings")
    }

    fn scaling(&self, which: Which) -> Option<f64> {
        let [rows, columns, groups] = &self.outcome.scalings;
        let scaling = match which {
            Which::Row(i) => rows[i],
            Which::Column(j) => columns[j],
            Which::Group(g) => groups[g],
        };
        (scaling > 0.0 && scaling.is_finite()).then_some(scaling)
    }

    /// Every line of a kind: what was aimed at, what its cells add to, its scaling, standard errors by which it gave way.
    fn lines(&'a self, sums: &'a Sums, which: fn(usize) -> Which) -> Sheet<'a> {
        let rows = Axis::made(&["line"], sums.sums.len(), move |k| vec![self.name(which(k))]);
        let columns = Axis::columns([("low", ""), ("high", ""), ("sum", "sum_bound"), ("factor", ""), ("standard_errors", "")]);
        let finite = |v: f64| -> Cell { v.is_finite().then_some(v).into() };
        let gave: std::collections::HashMap<usize, f64> =
            self.outcome.shifts.iter().filter_map(|s| Some((index(s.which, which(0))?, s.errors.value))).collect();
        let cells = move |k: usize| {
            let (low, high) = sums.aims[k];
            vec![finite(low), finite(high), sums.sums[k].into(), self.scaling(which(k)).into(), gave.get(&k).copied().into()]
        };
        Sheet::new(rows, columns, Layout::Beside, cells)
    }
}

fn kind(which: Which) -> &'static str {
    match which {
        Which::Row(_) => "row",
        Which::Column(_) => "column",
        Which::Group(_) => "total",
    }
}

/// The number of a line, if it is of the kind of another.
fn index(which: Which, like: Which) -> Option<usize> {
    match (which, like) {
        (Which::Row(k), Which::Row(_)) | (Which::Column(k), Which::Column(_)) | (Which::Group(k), Which::Group(_)) => Some(k),
        _ => None,
    }
}
