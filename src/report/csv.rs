//! CSV files for spreadsheets: the first header cell says unit, sign convention and stamp.

use ndarray::Array2;

use super::Report;
use crate::bounded::Bounded;
use crate::decompose::ROUTES;
use crate::escape;
use crate::finding::Finding;

/// One record; cells are quoted where their text asks for it.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    record(b',', cells)
}

fn record<'a>(delimiter: u8, cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = csv::WriterBuilder::new().delimiter(delimiter).buffer_capacity(256).from_writer(Vec::new());
    let cells = cells.into_iter().map(escape::cell);
    let written = out.write_record(cells.map(|c| c.into_owned())).ok().and_then(|()| out.into_inner().ok());
    written.and_then(|bytes| String::from_utf8(bytes).ok()).expect("memory takes every record, and its cells are text")
}

/// A number in the shortest form that reads back to the same one: with an exponent where that is shorter, 0 without a sign.
pub(crate) fn number(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let (plain, exponent) = (v.to_string(), format!("{v:e}"));
    if plain.len() <= exponent.len() + 4 { plain } else { exponent }
}

/// A labelled matrix; `corner` says what the numbers are.
pub(super) fn matrix(corner: &str, columns: &[String], rows: &[String], value: impl Fn(usize, usize) -> f64) -> String {
    let mut out = line(std::iter::once(corner).chain(columns.iter().map(String::as_str)));
    for (i, name) in rows.iter().enumerate() {
        let numbers: Vec<String> = (0..columns.len()).map(|k| number(value(i, k))).collect();
        out += &line(std::iter::once(name.as_str()).chain(numbers.iter().map(String::as_str)));
    }
    out
}

/// All files of a report, as (name, content).
pub fn files(report: &Report) -> Vec<(&'static str, String)> {
    let flows = report.main_flows();
    let stamp = report.stamp().map(|s| format!("{s}; ")).unwrap_or_default();
    let (regions, destinations) = (report.regions(), report.destinations());
    let say = |what: &str, unit: &str| format!("{stamp}{what} [{unit}]");
    let mut files = vec![
        (
            "flows.csv",
            matrix(&say("emitted in row for final demand of column", &flows.unit), &destinations, &regions, |s, k| {
                flows.flow[[s, k]].value
            }),
        ),
        (
            "flows_bound.csv",
            matrix(&say("bound on the error of flows.csv", &flows.unit), &destinations, &regions, |s, k| flows.flow[[s, k]].bound),
        ),
        ("audit.csv", audit(report.findings)),
    ];
    if let Some(routes) = &report.routes {
        let names: Vec<String> = ROUTES.iter().map(|(n, m)| format!("{n} {m}")).collect();
        let what = say("emitted in row along the route", &flows.unit);
        files.push(("routes.csv", matrix(&what, &names, &regions, |s, k| routes.by_region[[s, k]].value)));
        files.push((
            "routes_bound.csv",
            matrix(&say("bound on the error of routes.csv", &flows.unit), &names, &regions, |s, k| routes.by_region[[s, k]].bound),
        ));
        let labels = report.leontief.system.labels();
        let rows: Vec<String> =
            (0..labels.dim()).map(|i| format!("{} | {}", regions[labels.region_of(i)], labels.sectors[i].label(report.language))).collect();
        files.push(("routes_by_sector.csv", matrix(&what, &names, &rows, |i, k| routes.by_sector[[i, k]].value)));
        let what = say("bound on the error of routes_by_sector.csv", &flows.unit);
        files.push(("routes_by_sector_bound.csv", matrix(&what, &names, &rows, |i, k| routes.by_sector[[i, k]].bound)));
    }
    if let Some((accounts, factor)) = &report.accounts {
        let households = flows.households.as_deref();
        let full: Vec<Vec<Bounded>> = accounts.iter().map(|a| a.with_households(households)).collect();
        let mut names: Vec<String> = accounts.iter().map(|a| a.principle.name().to_string()).collect();
        let principles = names.len();
        names.extend(accounts.iter().map(|a| format!("{} bound", a.principle.name())));
        names.push("of which households".into());
        names.push("theta (share kept of outflows)".into());
        let mut rows = regions.clone();
        rows.extend(["abroad", "stock", "error", "total"].map(String::from));
        let r = regions.len();
        let what = say("responsibility of row, households included", &flows.unit);
        files.push((
            "responsibility.csv",
            matrix(&what, &names, &rows, |i, k| {
                let outside = |a: &crate::responsibility::Account| {
                    let own: Bounded = households.map_or(Bounded::ZERO, |h| h.iter().copied().sum());
                    [a.abroad, a.stock, a.error, a.total() + own][i - r]
                };
                match k {
                    _ if k < principles => {
                        if i < r {
                            full[k][i].value
                        } else {
                            outside(&accounts[k]).value
                        }
                    }
                    _ if k < 2 * principles => {
                        if i < r {
                            full[k - principles][i].bound
                        } else {
                            outside(&accounts[k - principles]).bound
                        }
                    }
                    _ if k == 2 * principles => households.filter(|_| i < r).map_or(0.0, |h| h[i].value),
                    _ => {
                        if i < r {
                            factor.region[i].value
                        } else {
                            0.0
                        }
                    }
                }
            }),
        ));
    }
    files.extend(super::compensation::csv(report));
    files
}

/// The convergence history of every family.
pub fn history(report: &Report) -> String {
    let mut out = line(["family", "method", "pass", "error (1 = allowed)", "active columns"]);
    for f in report.leontief.families() {
        for s in &f.history {
            let cells = [f.name.clone(), f.method.to_string(), s.pass.to_string(), s.measure.to_string(), s.active.to_string()];
            out += &line(cells.iter().map(String::as_str));
        }
    }
    out
}

/// The findings as a table.
pub fn audit(findings: &[Finding]) -> String {
    let mut out = line(["level", "code", "region", "sector", "row", "column", "found", "expected", "message"]);
    for f in findings {
        let text = |o: &Option<String>| o.clone().unwrap_or_default();
        let count = |o: Option<usize>| o.map(|v| v.to_string()).unwrap_or_default();
        let number = |o: Option<f64>| o.map(|v| v.to_string()).unwrap_or_default();
        let level = format!("{:?}", f.level).to_uppercase();
        let cells = [
            level,
            f.code.to_string(),
            text(&f.region),
            text(&f.sector),
            count(f.row),
            count(f.column),
            number(f.found),
            number(f.expected),
            f.message.clone(),
        ];
        out += &line(cells.iter().map(String::as_str));
    }
    out
}

/// The units of stressors in pymrio's text layout.
pub fn pymrio_units<'a>(stressors: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    std::iter::once(("stressor", "unit")).chain(stressors).map(|(name, unit)| record(b'\t', [name, unit])).collect()
}

/// A matrix of plain numbers in pymrio's text layout: two header lines, one or two index columns, tabs.
pub fn pymrio(header: &[(&str, Vec<String>)], index: &str, rows: &[String], values: &Array2<f64>) -> String {
    let mut out = String::new();
    let mut tabbed = |first: &str, cells: &[String]| {
        out += &record(b'\t', std::iter::once(first).chain(cells.iter().map(String::as_str)));
    };
    for (name, cells) in header {
        tabbed(if header.len() > 1 { name } else { index }, cells);
    }
    if header.len() > 1 {
        tabbed(index, &vec![String::new(); values.ncols()]);
    }
    for (name, row) in rows.iter().zip(values.rows()) {
        tabbed(name, &row.iter().map(f64::to_string).collect::<Vec<_>>());
    }
    out
}
