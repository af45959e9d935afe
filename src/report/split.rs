//! Splits as sheets: emissions by part, footprints before and after, and what they can be for all that is not known.

use std::sync::Arc;

use ndarray::Array2;
use serde_json::{Value, json};

use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet, column};
use crate::bounded::{Bounded, gamma};
use crate::check::Check;
use crate::finding::Finding;
use crate::labels::{Labels, Language};
use crate::leontief::Leontief;
use crate::split::{Fit, Parts, Range};
use crate::table::Table;
use crate::verdict::{Verdict, floor, unproven};

/// Parts that are listed on a page.
const SHOWN: usize = 20;

/// Emissions of the parts of split sectors by destination.
pub struct Parted {
    /// The parts.
    pub parts: Parts,
    /// Share of each finer row in the emissions of its parent.
    pub shares: Vec<f64>,
    /// Names of the table that was split.
    pub coarse: Labels,
    /// Names of the destinations.
    pub destinations: Vec<String>,
    /// By finer row and destination.
    pub emissions: Array2<Bounded>,
    /// Unit of emissions.
    pub unit: String,
    /// Language of labels.
    pub language: Language,
}

impl Parted {
    /// The finer rows that are parts.
    fn rows(&self) -> Vec<usize> {
        (0..self.parts.dim()).filter(|&k| self.parts.is_split(self.parts.parent(k))).collect()
    }

    fn name(&self, k: usize) -> Vec<String> {
        let (labels, i) = (&self.parts.labels, self.parts.parent(k));
        let region = labels.regions[labels.region_of(k)].label(self.language);
        vec![region, labels.sectors[k].label(self.language), self.coarse.sectors[i].label(self.language)]
    }

    /// All of them, as a file.
    pub fn sheet(&self) -> Sheet<'_> {
        let rows = self.rows();
        let names = rows.clone();
        let axis = Axis::made(&["region", "part", "of"], rows.len(), move |k| self.name(names[k]));
        let columns = Axis::of("for", self.destinations.clone());
        let cells = move |k: usize| self.emissions.row(rows[k]).iter().map(|v| Cell::Bounded(*v)).collect();
        Sheet::new(axis, columns, Layout::Apart, cells).file("parts", "emitted by the part for the column", &self.unit)
    }

    /// The largest, on a page.
    pub fn page(&self) -> Sheet<'_> {
        let sum = |k: usize| self.emissions.row(k).iter().copied().sum::<Bounded>();
        let mut rows = self.rows();
        rows.sort_by(|&a, &b| sum(b).value.total_cmp(&sum(a).value).then(a.cmp(&b)));
        let all = rows.len();
        rows.truncate(SHOWN);
        let names = rows.clone();
        let axis = Axis::made(&["region", "part", "of"], rows.len(), move |k| self.name(names[k]));
        let cells = move |k: usize| {
            let (row, region) = (self.emissions.row(rows[k]), self.parts.labels.region_of(rows[k]));
            vec![self.parts.shares[rows[k]].into(), sum(rows[k]).into(), row[region].into(), (sum(rows[k]) - row[region]).into()]
        };
        let columns =
            Axis::columns([("output share", ""), ("emissions", "bound"), ("for the own region", "bound"), ("for others", "bound")]);
        let title = format!("Emissions of parts, {} of {all}, {}", SHOWN.min(all), self.unit);
        Sheet::new(axis, columns, Layout::Beside, cells).page(title)
    }
}

/// What is reported.
pub struct Report {
    /// The model of the table.
    pub coarse: Arc<Leontief>,
    /// That of the finer table, where structures are known.
    pub fine: Option<Arc<Leontief>>,
    /// The finer table, where it was asked for or is needed.
    pub table: Option<Arc<Table>>,
    /// What the audit said of the table.
    pub findings: Vec<Finding>,
    /// The choices, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Name of the stressor.
    pub stressor: String,
    /// Footprints of the table by region.
    pub before: Vec<Bounded>,
    /// Footprints of the finer table; the same where the split is proportional.
    pub after: Vec<Bounded>,
    /// How the finer table was fitted.
    pub fit: Option<Fit>,
    /// What footprints can be, or why that is not known.
    pub ranges: Result<Vec<Range>, String>,
    /// Emissions by part.
    pub parted: Parted,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// All direct emissions.
    pub direct: f64,
}

impl Report {
    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let model = self.fine.as_ref().unwrap_or(&self.coarse);
        let mut d = Document::about(model, &self.findings, &self.options, self.language);
        if self.fine.is_some() {
            d.solves.extend(self.coarse.solves());
        }
        let (parts, labels) = (&self.parted.parts, self.coarse.system.labels());
        let regions: Vec<String> = labels.regions.iter().map(|n| n.label(self.language)).collect();
        let rtol = model.stopping.rtol;
        let total = floor(rtol, self.direct);
        let mut verdict = Verdict::new("split", rtol);
        verdict.judge("footprint of the table", total, self.before.iter().copied(), |r| regions[r].clone());
        verdict.judge("footprint of the finer table", total, self.after.iter().copied(), |r| regions[r].clone());
        let width = self.parted.emissions.ncols().max(1);
        verdict.judge("emissions of a part", total, self.parted.emissions.iter().copied(), |k| parts.labels.row_name(k / width));
        unproven(&mut verdict, &self.coarse);
        if let Some(fine) = &self.fine {
            unproven(&mut verdict, fine);
        }
        if let Ok(ranges) = &self.ranges {
            // what fitting leaves of a row or column is no longer in the family of the range
            let room = self.fit.as_ref().map_or(0.0, |f| f.residual) * self.direct.abs() + total + gamma(16.0) * self.direct.abs();
            for (r, (range, v)) in ranges.iter().zip(&self.after).enumerate() {
                if v.value < range.low - room || v.value > range.high + room {
                    verdict
                        .refuse(format!("the footprint {} of {} is not in its range {} to {}", v.value, regions[r], range.low, range.high));
                }
            }
        }
        self.checks.iter().for_each(|c| verdict.check(c));
        d.checks = &self.checks;
        d.verdicts = vec![verdict];
        d.put("rows", json!({"table": labels.dim(), "finer": parts.dim()}));
        d.put("stressor", json!(self.stressor));
        d.put("unit", json!(self.parted.unit));
        d.put("regions", json!(regions));
        d.list("footprint_before", &self.before);
        d.list("footprint", &self.after);
        d.put("range_low", json!(self.ranges.as_ref().ok().map(|all| all.iter().map(|r| r.low).collect::<Vec<_>>())));
        d.put("range_high", json!(self.ranges.as_ref().ok().map(|all| all.iter().map(|r| r.high).collect::<Vec<_>>())));
        d.put("no_range_because", json!(self.ranges.as_ref().err()));
        d.put(
            "fit",
            json!(
                self.fit
                    .as_ref()
                    .map(|f| json!({"passes": f.passes, "residual": f.residual, "moved": f.moved, "largest_factor": f.largest}))
            ),
        );
        let difference: Vec<Bounded> = self.after.iter().zip(&self.before).map(|(a, b)| *a - *b).collect();
        let mut columns = vec![column("before", &self.before), column("after", &self.after)];
        if self.fine.is_some() {
            columns.push(column("difference", &difference));
        }
        if let Ok(ranges) = &self.ranges {
            for (name, end) in
                [("lowest", ranges.iter().map(|r| r.low).collect::<Vec<_>>()), ("highest", ranges.iter().map(|r| r.high).collect())]
            {
                columns.push((name.into(), String::new(), end.into_iter().map(Cell::from).collect()));
            }
        }
        let title = format!("Footprints before and after the split, {}, without households", self.stressor);
        d.sheets.push(
            Sheet::of_columns(Axis::of("region", regions), Layout::Beside, columns)
                .file("footprints", "final demand of the region", &self.parted.unit)
                .page(title),
        );
        d.note(self.notes());
        d.sheets.push(self.parted.page());
        d.sheets.push(self.parted.sheet());
        d
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.parted.parts.notes.clone();
        match &self.fit {
            Some(fit) if self.fine.is_some() => notes.push(format!(
                "fitted in {} passes: rows and columns within {:.1e}, every cell of the table the sum of its parts; {:.2} % of what was split moved, by a factor of up to {:.3}",
                fit.passes,
                fit.residual,
                100.0 * fit.moved,
                fit.largest
            )),
            _ => notes.push("proportional: the finer system is an operator, and no result of the table changes, whoever emits".into()),
        }
        notes.push(match &self.ranges {
            Ok(_) => "lowest and highest: proven for all splits with these output shares, emission shares, imports and value added; the price of not knowing sales and inputs".into(),
            Err(why) => format!("no range of all splits: {why}"),
        });
        notes
    }
}
