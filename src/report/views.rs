//! The views of the flows as text, JSON and CSV: detail, groups, net flows, numbers per head and per GDP, emitters.

use std::fmt::Write;

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::Report;
use super::csv::{line, matrix as labelled};
use super::json::{bounds, insert, matrix, values};
use super::text::{decimals, fixed, grid, names};
use crate::bounded::{Bounded, largest};
use crate::decompose::grouping::Grouping;
use crate::decompose::relative::Relative;
use crate::decompose::views::{Panel, View, Views};
use crate::responsibility::Members;
use crate::verdict::{Verdict, floor};

/// Groups up to which a matrix is printed for people, and rows of a longer panel.
const WIDE: usize = 12;
const ROWS: usize = 10;

impl View {
    /// Its key in JSON, and the end of its file name.
    fn key(self) -> &'static str {
        match self {
            View::OriginSector => "origin_sector",
            View::Product => "product",
            View::ProductOrigin => "product_origin",
            View::Category => "category",
            View::Net => "net",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            View::OriginSector => "emitted by the sector in row for final demand of column",
            View::Product => "emitted anywhere for the product in row used finally in column",
            View::ProductOrigin => "emitted in the origin for the product in row used finally in column",
            View::Category => "emitted in row for the category of final demand in column",
            View::Net => "net: emitted by row for column less emitted by column for row; positive: row emits for column",
        }
    }
}

fn joined(report: &Report, parts: &[crate::labels::Name]) -> String {
    report.names(parts).join(" | ")
}

fn labels(report: &Report, rows: &[Vec<crate::labels::Name>]) -> Vec<String> {
    rows.iter().map(|r| joined(report, r)).collect()
}

/// The verdict on views and on numbers per head and per GDP, where there are any: each within the tolerance, or that share
/// of all direct emissions, or of the largest number per head or GDP.
pub fn verdict(report: &Report) -> Option<Verdict> {
    if report.views.is_none() && report.relative.is_empty() {
        return None;
    }
    let flows = report.main_flows();
    let rtol = flows.rtol;
    let all = floor(rtol, flows.direct.iter().map(|d| d.value.abs()).sum());
    let mut verdict = Verdict::new("views", rtol);
    if let Some(views) = &report.views {
        let (groups, columns) = (report.names(&views.regions.groups), report.names(&views.destinations));
        let width = columns.len();
        verdict.judge("group", all, views.flow.iter().copied(), |i| format!("{} for {}", groups[i / width], columns[i % width]));
        for panel in &views.panels {
            let width = panel.columns.len();
            verdict.judge(panel.view.key(), all, panel.values.iter().copied(), |i| {
                format!("{} for {}", joined(report, &panel.rows[i / width]), joined(report, &panel.columns[i % width]))
            });
        }
        if let (Some(grouping), Some((accounts, _))) = (grouped(report), &report.accounts) {
            for a in accounts {
                let sums = grouping.sum(&a.with_households(flows.households.as_deref()));
                verdict.judge(&format!("{} by group", a.principle.name()), all, sums, |g| groups[g].clone());
            }
        }
    }
    let groups = report.views.as_ref().map_or_else(|| report.regions(), |v| report.names(&v.regions.groups));
    for relative in &report.relative {
        for (what, numbers) in [("production", &relative.production), ("consumption", &relative.consumption), ("net", &relative.net)] {
            let known = || numbers.iter().enumerate().filter_map(|(g, v)| v.map(|v| (g, v)));
            let most = largest(known().map(|(_, v)| v.value.abs()));
            let at: Vec<usize> = known().map(|(g, _)| g).collect();
            let name = format!("{what} per {}", relative.size.what);
            verdict.judge(&name, floor(rtol, most), known().map(|(_, v)| v), |i| groups[at[i]].clone());
        }
    }
    Some(verdict)
}

/// The views for people: what is small in full, the largest rows of what is long.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let unit = &report.main_flows().unit;
    let Some(views) = &report.views else { return out };
    let groups = report.names(&views.regions.groups);
    if views.grouped {
        let _ = writeln!(out, "\nEmissions by group of regions, {unit} (row emits for the final demand of column)");
        square(&mut out, &groups, &report.names(&views.destinations), &views.flow);
    }
    if !views.top.is_empty() {
        let d = decimals(views.top.iter().map(|t| &t.2.value));
        let _ = writeln!(out, "\nThe {} largest flows (who emits for whom), {unit}", views.top.len());
        let rows: Vec<Vec<String>> = views
            .top
            .iter()
            .map(|(s, r, v)| vec![format!("{} for {}", groups[*s], groups[*r]), fixed(v.value, d), format!("{:.0e}", v.bound)])
            .collect();
        grid(&mut out, &names(&["flow", "emissions", "bound"]), &rows);
    }
    for panel in &views.panels {
        let _ = writeln!(out, "\nView {}, {unit}: {}", panel.view.key(), panel.view.meaning());
        if panel.columns.len() <= WIDE + 3 && panel.rows.len() <= 3 * WIDE {
            square(&mut out, &labels(report, &panel.rows), &labels(report, &panel.columns), &panel.values);
        } else {
            longest(&mut out, report, panel);
        }
    }
    for relative in &report.relative {
        per(&mut out, &groups, relative);
    }
    out
}

fn square(out: &mut String, rows: &[String], columns: &[String], values: &Array2<Bounded>) {
    let d = decimals(values.iter().map(|b| &b.value));
    let lines: Vec<Vec<String>> = rows
        .iter()
        .zip(values.rows())
        .map(|(name, row)| std::iter::once(name.clone()).chain(row.iter().map(|b| fixed(b.value, d))).collect())
        .collect();
    let header: Vec<String> = std::iter::once(String::new()).chain(columns.iter().cloned()).collect();
    grid(out, &header, &lines);
}

/// The rows with the largest sums; of net flows the largest pairs.
fn longest(out: &mut String, report: &Report, panel: &Panel) {
    let rows = labels(report, &panel.rows);
    let mut sums: Vec<(String, f64)> = if panel.view == View::Net {
        let pairs = panel.values.indexed_iter().filter(|(_, v)| v.value > 0.0);
        pairs.map(|((s, r), v)| (format!("{} for {}", rows[s], rows[r]), v.value)).collect()
    } else {
        rows.into_iter().zip(panel.values.rows()).map(|(name, row)| (name, row.iter().map(|b| b.value).sum())).collect()
    };
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums.truncate(ROWS);
    let d = decimals(sums.iter().map(|(_, v)| v));
    let lines: Vec<Vec<String>> = sums.into_iter().map(|(name, v)| vec![name, fixed(v, d)]).collect();
    grid(out, &names(&["the largest", "emissions"]), &lines);
    let _ = writeln!(out, "  all {} rows x {} columns: --json or --output DIR", panel.rows.len(), panel.columns.len());
}

fn per(out: &mut String, groups: &[String], relative: &Relative) {
    let _ = writeln!(out, "\nEmissions per {}, {} (households included)", relative.size.what, relative.size.unit);
    let columns = [&relative.production, &relative.consumption, &relative.net];
    let d = decimals(columns.iter().flat_map(|c| c.iter().flatten()).map(|b| &b.value));
    let cell = |v: &Option<Bounded>| v.map_or("-".into(), |b| fixed(b.value, d));
    let lines: Vec<Vec<String>> = groups
        .iter()
        .enumerate()
        .map(|(g, name)| std::iter::once(name.clone()).chain(columns.iter().map(|c| cell(&c[g]))).collect())
        .collect();
    grid(out, &names(&["region", "production", "consumption", "net outflow"]), &lines);
}

/// Adds `views`, `per_head`, `per_gdp`, `responsibility_by_group` and `by_emitter`, as far as they were asked for.
pub fn json(report: &Report, o: &mut Map<String, Value>) {
    if let Some(views) = &report.views {
        insert(o, "views", object(report, views));
    }
    for relative in &report.relative {
        let mut r = Map::new();
        insert(&mut r, "unit", relative.size.unit.clone());
        insert(&mut r, "divisor", values(&relative.divisor));
        insert(&mut r, "divisor_bound", bounds(&relative.divisor));
        for (name, numbers) in [("production", &relative.production), ("consumption", &relative.consumption), ("net", &relative.net)] {
            insert(&mut r, name, numbers.iter().map(|v| json!(v.map(|b| b.value))).collect::<Value>());
            insert(&mut r, &format!("{name}_bound"), numbers.iter().map(|v| json!(v.map(|b| b.bound))).collect::<Value>());
        }
        insert(o, &format!("per_{}", relative.size.what.to_lowercase()), r);
    }
    if let (Some(grouping), Some((accounts, _))) = (grouped(report), &report.accounts) {
        let households = report.main_flows().households.as_deref();
        let (mut value, mut bound) = (Map::new(), Map::new());
        for a in accounts {
            let sums = grouping.sum(&a.with_households(households));
            insert(&mut value, a.principle.name(), values(&sums));
            insert(&mut bound, a.principle.name(), bounds(&sums));
        }
        insert(o, "responsibility_by_group", value);
        insert(o, "responsibility_by_group_bound", bound);
    }
    if !report.by_emitter.is_empty() {
        let mut all = Map::new();
        insert(&mut all, "sign", "rows: region that emits; columns: member that answers for it; households left out");
        insert(&mut all, "members", members(report));
        for m in &report.by_emitter {
            insert(&mut all, m.principle.name(), json!({"value": matrix(&m.matrix, values), "bound": matrix(&m.matrix, bounds)}));
        }
        insert(o, "by_emitter", all);
    }
}

fn grouped<'a>(report: &'a Report) -> Option<&'a Grouping> {
    report.views.as_ref().filter(|v| v.grouped).map(|v| &v.regions)
}

fn members(report: &Report) -> Vec<String> {
    report.regions().into_iter().chain(Members::OUTSIDE.map(String::from)).collect()
}

fn object(report: &Report, views: &Views) -> Value {
    let mut o = Map::new();
    let regions = report.regions();
    insert(&mut o, "groups", report.names(&views.regions.groups));
    insert(&mut o, "group_of_region", regions.into_iter().zip(&views.regions.of).map(|(r, g)| (r, json!(g))).collect::<Map<_, _>>());
    insert(&mut o, "destinations", report.names(&views.destinations));
    insert(&mut o, "flow", matrix(&views.flow, values));
    insert(&mut o, "bound", matrix(&views.flow, bounds));
    let groups = report.names(&views.regions.groups);
    let top =
        views.top.iter().map(|(s, r, v)| json!({"origin": groups[*s], "destination": groups[*r], "value": v.value, "bound": v.bound}));
    insert(&mut o, "top", top.collect::<Value>());
    for panel in &views.panels {
        let rows: Value = panel.rows.iter().map(|r| json!(report.names(r))).collect();
        let columns: Value = panel.columns.iter().map(|c| json!(joined(report, c))).collect();
        let p = json!({
            "meaning": panel.view.meaning(), "row_parts": panel.heads, "rows": rows, "columns": columns,
            "value": matrix(&panel.values, values), "bound": matrix(&panel.values, bounds),
        });
        insert(&mut o, panel.view.key(), p);
    }
    Value::Object(o)
}

/// The files of the views, as (name, content).
pub fn csv(report: &Report) -> Vec<(String, String)> {
    let unit = &report.main_flows().unit;
    let stamp = report.stamp().map(|s| format!("{s}; ")).unwrap_or_default();
    let mut files = Vec::new();
    let mut both = |name: &str, what: &str, columns: &[String], rows: &[String], m: &Array2<Bounded>| {
        let corner = format!("{stamp}{what} [{unit}]");
        files.push((format!("{name}.csv"), labelled(&corner, columns, rows, |i, k| m[[i, k]].value)));
        let corner = format!("{stamp}bound on the error of {name}.csv [{unit}]");
        files.push((format!("{name}_bound.csv"), labelled(&corner, columns, rows, |i, k| m[[i, k]].bound)));
    };
    for m in &report.by_emitter {
        let what = format!("emitted in row, {} by column", m.principle.name());
        both(&format!("{}_by_emitter", m.principle.name().replace('-', "_")), &what, &members(report), &report.regions(), &m.matrix);
    }
    let Some(views) = &report.views else { return files };
    let groups = report.names(&views.regions.groups);
    if let Some(grouping) = grouped(report) {
        both("flows_by_group", "emitted in row for final demand of column", &report.names(&views.destinations), &groups, &views.flow);
        if let Some((accounts, _)) = &report.accounts {
            let households = report.main_flows().households.as_deref();
            let sums: Vec<Vec<Bounded>> = accounts.iter().map(|a| grouping.sum(&a.with_households(households))).collect();
            let m = Array2::from_shape_fn((groups.len(), sums.len()), |(g, k)| sums[k][g]);
            let principles: Vec<String> = accounts.iter().map(|a| a.principle.name().to_string()).collect();
            both("responsibility_by_group", "responsibility of row, households included", &principles, &groups, &m);
        }
    }
    for panel in &views.panels {
        let name = if panel.view == View::Net { "flows_net".into() } else { format!("flows_by_{}", panel.view.key()) };
        both(&name, panel.view.meaning(), &labels(report, &panel.columns), &labels(report, &panel.rows), &panel.values);
    }
    if !views.top.is_empty() {
        let head = format!("{stamp}origin of the largest flows [{unit}]");
        let mut out = line([head.as_str(), "destination", "emissions", "bound"]);
        for (s, r, v) in &views.top {
            out += &line([groups[*s].as_str(), groups[*r].as_str(), &v.value.to_string(), &v.bound.to_string()]);
        }
        files.push(("flows_top.csv".into(), out));
    }
    for relative in &report.relative {
        files.push(sized(&stamp, &groups, relative));
    }
    files
}

fn sized(stamp: &str, groups: &[String], relative: &Relative) -> (String, String) {
    let head = format!("{stamp}emissions of row per {}, households included [{}]", relative.size.what, relative.size.unit);
    let columns = ["production", "consumption", "net outflow"];
    let header = [head.as_str()].into_iter().chain(columns).chain(["bound of production", "bound of consumption", "bound of net outflow"]);
    let mut out = line(header);
    for (g, name) in groups.iter().enumerate() {
        let cells = [&relative.production[g], &relative.consumption[g], &relative.net[g]];
        let number = |part: fn(&Bounded) -> f64| cells.map(|v| v.as_ref().map_or(String::new(), |b| part(b).to_string()));
        let (v, b) = (number(|b| b.value), number(|b| b.bound));
        out += &line(std::iter::once(name.as_str()).chain(v.iter().map(String::as_str)).chain(b.iter().map(String::as_str)));
    }
    (format!("flows_per_{}.csv", relative.size.what.to_lowercase()), out)
}
