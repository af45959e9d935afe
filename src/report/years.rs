//! Several tables of one kind side by side: accounts, net outflows, payments and ranks by year, and what moved.
//!
//! A number moved if the change from the first to the last table is larger than both bounds. A rank is an interval where
//! bounds overlap: from one more than the regions that are larger for certain to one more than those that may be.

use serde_json::json;

use super::Report;
use super::document::{Document, Head};
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::bounded::{Bounded, ranks};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::leontief::SolveRecord;
use crate::units::Unit;
use crate::verdict::{Verdict, floor};

const PAYMENT: &str = "net payment";

/// Results of the same analysis, one for each table.
pub struct Years {
    /// The name of each table, and what was found.
    pub reports: Vec<(String, Report)>,
    /// Regions of any table, in the order in which they first stand.
    regions: Vec<String>,
    /// Numbers by measure, then region.
    rows: Vec<Row>,
    /// What a reader must know.
    notes: Vec<String>,
    warnings: Vec<Finding>,
    checks: Vec<Check>,
}

/// One measure of one region, by table; none where a table lacks the region.
struct Row {
    measure: String,
    region: usize,
    unit: String,
    numbers: Vec<Option<Bounded>>,
    ranks: Vec<Option<[usize; 2]>>,
}

/// A measure of one report: name, unit, numbers by region of that report.
type Measure = (String, String, Vec<Bounded>);

impl Years {
    /// Puts results side by side, in the units of the first.
    ///
    /// # Errors
    /// If two tables have different emissions, no region in common, or units that cannot be compared.
    pub fn new(reports: Vec<(String, Report)>) -> Result<Self> {
        let followed = |k: usize| {
            let report: &Report = &reports[k].1;
            &report.leontief.system.table.stressors[report.stressor].name
        };
        if let Some(k) = (1..reports.len()).find(|&k| followed(k) != followed(0)) {
            let text = format!(
                "{} has {}, {} has {}: different emissions are not put side by side",
                reports[0].0,
                followed(0),
                reports[k].0,
                followed(k)
            );
            return Err(Error::invalid(text, "name emissions that all tables have with `stressor`"));
        }
        let names: Vec<Vec<String>> = reports.iter().map(|(_, r)| r.regions()).collect();
        if let Some(k) = (1..reports.len()).find(|&k| names[k].iter().all(|name| !names[0].contains(name))) {
            let text = format!("{} and {} have no region in common", reports[0].0, reports[k].0);
            return Err(Error::invalid(text, "name tables whose regions are named alike"));
        }
        let mut regions: Vec<String> = Vec::new();
        names.iter().flatten().for_each(|name| {
            if !regions.contains(name) {
                regions.push(name.clone());
            }
        });
        let all: Vec<Vec<Measure>> = reports.iter().map(|(_, r)| measures(r)).collect();
        let mut rows = Vec::new();
        for (measure, unit, _) in &all[0] {
            // by table: the numbers in the first unit, and their ranks
            let mut columns = Vec::new();
            for (k, found) in all.iter().enumerate() {
                let Some((_, own, numbers)) = found.iter().find(|m| m.0 == *measure) else {
                    columns.push(None);
                    continue;
                };
                let ratio = same(unit, own).ok_or_else(|| {
                    let text = format!("{measure} of {} is in {unit}, that of {} in {own}", reports[0].0, reports[k].0);
                    Error::invalid(text, "read both tables in one unit")
                })?;
                let numbers: Vec<Bounded> = numbers.iter().map(|v| ratio.map_or(*v, |f| *v * f)).collect();
                // the largest first
                let ranks = ranks(&numbers.iter().map(|v| -*v).collect::<Vec<_>>());
                columns.push(Some((numbers, ranks)));
            }
            for (region, name) in regions.iter().enumerate() {
                let of = |k: usize| {
                    let at = names[k].iter().position(|n| n == name)?;
                    let (numbers, ranks) = columns[k].as_ref()?;
                    Some((numbers[at], ranks[at]))
                };
                let found: Vec<_> = (0..reports.len()).map(of).collect();
                rows.push(Row {
                    measure: measure.clone(),
                    region,
                    unit: unit.clone(),
                    numbers: found.iter().map(|f| f.map(|f| f.0)).collect(),
                    ranks: found.iter().map(|f| f.map(|f| f.1)).collect(),
                });
            }
        }
        let missing = regions.iter().filter(|name| names.iter().any(|own| !own.contains(name)));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        let notes = if missing.is_empty() { Vec::new() } else { vec![format!("not in every table: {}", missing.join(", "))] };
        let warnings = reports.iter().flat_map(|(_, r)| r.warnings.iter().cloned()).collect();
        let own = |(name, r): &(String, Report)| -> Vec<Check> {
            r.checks.iter().map(|c| Check { name: format!("{name}: {}", c.name), ..c.clone() }).collect()
        };
        let checks = reports.iter().flat_map(own).collect();
        Ok(Years { reports, regions, rows, notes, warnings, checks })
    }

    /// All there is to say.
    pub fn document(&self) -> Document<'_> {
        let first = &self.reports[0].1;
        let names: Vec<&str> = self.reports.iter().map(|(name, _)| name.as_str()).collect();
        let head = Head {
            about: format!("{} tables: {}", names.len(), names.join(", ")),
            stamp: self.reports.iter().find_map(|(_, r)| r.stamp()),
            language: first.language,
            findings: self.reports.iter().map(|(_, r)| r.findings.as_slice().into()).collect(),
            provenance: self.reports.iter().map(|(_, r)| json!(r.leontief.system.table.provenance)).collect(),
            options: first.options.clone(),
            ..Head::default()
        };
        let named = |(name, r): &(String, Report)| -> Vec<SolveRecord> {
            r.leontief.solves().into_iter().map(|f| SolveRecord { name: format!("{name}: {}", f.name), ..f }).collect()
        };
        let solves = self.reports.iter().flat_map(named).collect();
        let verdicts = vec![self.verdict()];
        let mut d = Document {
            head,
            solves,
            verdicts,
            notes: self.notes.as_slice().into(),
            warnings: self.warnings.as_slice().into(),
            checks: &self.checks,
            ..Document::default()
        };
        d.put("years", json!(names));
        d.put("regions", self.regions.clone());
        d.put("stressor", first.leontief.system.table.stressors[first.stressor].name.clone());
        let shares = self.reports.iter().map(|(name, r)| {
            let named = r.main_flows().shares();
            let object = named.named().iter().map(|(of, v)| (of.to_string(), json!(v.map(|v| [v.value, v.bound])))).collect();
            json!({"year": name, "shares": serde_json::Value::Object(object)})
        });
        d.put("shares", shares.collect::<serde_json::Value>());
        d.sheets = vec![self.shares(), self.numbers(), self.moved()];
        d
    }

    /// Shares of own, other regions' and foreign demand by table.
    fn shares(&self) -> Sheet<'_> {
        let parts: Vec<&str> = self.reports[0].1.main_flows().shares().named().iter().map(|(name, _)| *name).collect();
        let cells = |k: usize| self.reports[k].1.main_flows().shares().named().map(|(_, v)| Cell::from(v)).into();
        let rows = Axis::of("table", self.reports.iter().map(|(name, _)| name.clone()).collect());
        let columns = Axis::columns(parts.iter().map(|p| (p.to_string(), format!("bound of {p}"))));
        Sheet::new(rows, columns, Layout::Beside, cells)
            .file("shares_by_year", "share of the emissions in row's table that serve the demand of column", "")
            .asked("Emissions by whose final demand they serve")
    }

    fn named(&self, row: &Row) -> Vec<String> {
        vec![row.measure.clone(), self.regions[row.region].clone()]
    }

    /// Every measure of every region: a number and a rank for each table, the change, and whether it moved.
    fn numbers(&self) -> Sheet<'_> {
        let mut columns: Vec<(String, String)> = Vec::new();
        columns.push(("unit".into(), String::new()));
        columns.extend(self.reports.iter().map(|(name, _)| (name.clone(), format!("bound of {name}"))));
        columns.extend(self.reports.iter().map(|(name, _)| (format!("rank {name}"), String::new())));
        columns.push(("change".into(), "bound of change".into()));
        columns.extend(["moved", "rank moved"].map(|name| (name.to_string(), String::new())));
        let cells = |k: usize| {
            let row = &self.rows[k];
            let mut cells = vec![Cell::from(row.unit.as_str())];
            cells.extend(row.numbers.iter().map(|v| Cell::from(*v)));
            cells.extend(row.ranks.iter().map(|r| r.map_or(Cell::Empty, |r| ranked(r).into())));
            cells.extend([row.change().into(), row.has_moved().into(), row.rank_has_moved().into()]);
            cells
        };
        let rows = Axis::made(&["measure", "region"], self.rows.len(), |k| self.named(&self.rows[k]));
        Sheet::new(rows, Axis::columns(columns), Layout::Beside, cells)
            .file("years", "measure of region by table; change from the first to the last", "")
            .units(|k, _| self.rows[k].unit.clone())
            .key(Key::Records("records".into()))
    }

    /// For people: what moved most, by measure.
    fn moved(&self) -> Sheet<'_> {
        const SHOWN: usize = 5;
        let mut shown = Vec::new();
        let mut at = 0;
        while at < self.rows.len() {
            let end = at + self.regions.len();
            let size = |k: &usize| self.rows[*k].change().map_or(0.0, |c| c.value.abs());
            let mut order: Vec<usize> = (at..end).filter(|k| self.rows[*k].has_moved() == Some(true)).collect();
            order.sort_by(|a, b| size(b).total_cmp(&size(a)));
            shown.extend(order.into_iter().take(SHOWN));
            at = end;
        }
        let [first, last] = [0, self.reports.len() - 1].map(|k| self.reports[k].0.clone());
        let rows: Vec<Vec<String>> = shown.iter().map(|k| self.named(&self.rows[*k])).collect();
        let nothing = shown.is_empty().then(|| format!("nothing moved beyond its bounds from {first} to {last}"));
        let columns = [(first, ""), (last, ""), ("change".into(), "bound"), ("rank".into(), ""), ("unit".into(), "")];
        let cells = move |k: usize| {
            let row: &Row = &self.rows[shown[k]];
            let ends =
                |v: &[Option<[usize; 2]>]| [v.first(), v.last()].map(|r| r.copied().flatten().map_or("-".into(), ranked)).join(" to ");
            let numbers = [row.numbers.first(), row.numbers.last()].map(|v| Cell::from(v.copied().flatten()));
            let mut cells: Vec<Cell> = numbers.into();
            cells.extend([row.change().into(), ends(&row.ranks).into(), row.unit.as_str().into()]);
            cells
        };
        Sheet::new(Axis::parts(&["measure", "region"], rows), Axis::columns(columns), Layout::Beside, cells)
            .asked("What moved most beyond its bounds, the first and the last table")
            .notes(nothing)
    }

    /// Whether every table holds, and every change within the tolerance of what it is the change of.
    fn verdict(&self) -> Verdict {
        let tolerance = self.reports[0].1.leontief.stopping.rtol;
        let mut verdict = Verdict::new("years", tolerance);
        for (name, report) in &self.reports {
            let own = report.verdicts();
            verdict.numbers += own.iter().map(|v| v.numbers).sum::<usize>();
            own.iter().flat_map(Verdict::reasons).for_each(|reason| verdict.refuse(format!("{name}: {reason}")));
        }
        for row in &self.rows {
            let largest = row.numbers.iter().flatten().map(|v| v.value.abs()).fold(0.0, f64::max);
            let region = &self.regions[row.region];
            // two numbers, each within the tolerance or the floor of its section
            let floors = self.reports.iter().map(|(_, r)| floor_of(r, &row.measure)).fold(0.0, f64::max);
            verdict.judge("change, floor by what it is between", 2.0 * (tolerance * largest).max(floors), row.change(), |_| {
                format!("{} of {region}", row.measure)
            });
        }
        verdict
    }
}

impl Row {
    fn change(&self) -> Option<Bounded> {
        let (first, last) = (*self.numbers.first()?, *self.numbers.last()?);
        Some(last? - first?)
    }

    fn has_moved(&self) -> Option<bool> {
        self.change().map(|c| c.value.abs() > c.bound)
    }

    fn rank_has_moved(&self) -> Option<bool> {
        let (first, last) = ((*self.ranks.first()?)?, (*self.ranks.last()?)?);
        Some(first[1] < last[0] || last[1] < first[0])
    }
}

fn ranked([best, worst]: [usize; 2]) -> String {
    if best == worst { best.to_string() } else { format!("{best}-{worst}") }
}

/// What numbers in `other` are multiplied with to be in `unit`: nothing where both are the same; `None` if they have no
/// common measure.
fn same(unit: &str, other: &str) -> Option<Option<Bounded>> {
    if unit == other {
        return Some(None);
    }
    let (to, from) = (Unit::mass(unit).ok()?, Unit::mass(other).ok()?);
    (to.of == from.of).then(|| Some(Bounded::exact(from.scale.value()) / Bounded::exact(to.scale.value())))
}

/// The floor that the section of a measure is judged against.
fn floor_of(report: &Report, measure: &str) -> f64 {
    let rtol = report.leontief.stopping.rtol;
    match &report.compensation {
        Some(settled) if measure == PAYMENT => floor(rtol, settled.payments.worth),
        _ => floor(rtol, report.main_flows().direct.iter().map(|d| d.value.abs()).sum()),
    }
}

/// What is compared of a report.
fn measures(report: &Report) -> Vec<Measure> {
    let flows = report.main_flows();
    let count = flows.region_count();
    let each = |of: &dyn Fn(usize) -> Bounded| (0..count).map(of).collect::<Vec<_>>();
    let mut all = vec![
        ("direct".to_string(), flows.unit.clone(), flows.direct.clone()),
        ("net outflow".to_string(), flows.unit.clone(), each(&|s| flows.net(s))),
    ];
    if let Some((accounts, _)) = &report.accounts {
        all.extend(accounts.iter().map(|a| (a.principle.name().to_string(), flows.unit.clone(), a.regions.clone())));
    }
    if let Some(settled) = &report.compensation {
        all.push((PAYMENT.to_string(), settled.payments.unit.clone(), settled.payments.net.clone()));
    }
    all
}
