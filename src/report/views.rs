//! The views of the flows as sheets: detail, groups, net flows, numbers per head and per GDP, emitters.

use serde_json::{Map, Value, json};

use super::Report;
use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet, cells, column};
use crate::bounded::{Bounded, largest};
use crate::decompose::grouping::Grouping;
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

/// Adds the views, numbers per head and per GDP, accounts by group and by emitter, if they were requested.
pub fn add<'r>(report: &'r Report, d: &mut Document<'r>) {
    let unit = &report.main_flows().unit;
    if !report.by_emitter.is_empty() {
        emitters(report, unit, d);
    }
    let Some(views) = &report.views else { return };
    let groups = report.names(&views.regions.groups);
    let rows = || Axis::of("region", groups.clone());
    let destinations = report.names(&views.destinations);
    d.put("views.groups", groups.clone());
    let of = report.regions().into_iter().zip(&views.regions.of).map(|(r, g)| (r, json!(g)));
    d.put("views.group_of_region", of.collect::<Map<_, _>>());
    d.put("views.destinations", destinations.clone());
    let mut flows = Sheet::matrix(rows(), Axis::of("destination", destinations), &views.flow).lists("views.flow", "views.bound");
    if views.grouped {
        flows = flows.file("flows_by_group", "emitted in row for final demand of column", unit).asked("Emissions by group of regions");
    }
    d.sheets.push(flows);
    if let (Some(grouping), Some((accounts, _))) = (grouped(report), &report.accounts) {
        let households = report.main_flows().households.as_deref();
        let names = accounts.iter().map(|a| a.principle.name().to_string()).collect();
        let sums: Vec<Vec<Bounded>> = accounts.iter().map(|a| grouping.sum(&a.with_households(households))).collect();
        d.lists("responsibility_by_group", accounts.iter().map(|a| a.principle.name()).zip(sums.iter().cloned()));
        let sheet = Sheet::new(rows(), Axis::of("principle", names), Layout::Apart, move |g| sums.iter().map(|s| s[g].into()).collect());
        d.sheets.push(sheet.file("responsibility_by_group", "responsibility of row, households included", unit));
    }
    d.put("views.top", top(&groups, views).1);
    if !views.top.is_empty() {
        let sheet = top(&groups, views).0;
        d.sheets.push(sheet.clone().file("flows_top", "origin of the largest flows", unit));
        d.sheets.push(sheet.asked(format!("The {} largest flows (who emits for whom), {unit}", views.top.len())));
    }
    views.panels.iter().for_each(|panel| add_panel(report, panel, unit, d));
    for relative in &report.relative {
        let (what, of) = (&relative.size.what, format!("per_{}", relative.size.what.to_lowercase()));
        d.put(&format!("{of}.unit"), relative.size.unit.clone());
        d.list(&format!("{of}.divisor"), &relative.divisor);
        for (name, numbers) in [("production", &relative.production), ("consumption", &relative.consumption), ("net", &relative.net)] {
            d.list(&format!("{of}.{name}"), numbers);
        }
        let columns = [("production", &relative.production), ("consumption", &relative.consumption), ("net outflow", &relative.net)];
        let sheet = Sheet::of_columns(rows(), Layout::Behind, columns.map(|(name, numbers)| column(name, numbers)).to_vec());
        let reads = format!("emissions of row per {what}, households included");
        d.sheets.push(sheet.file(&format!("flows_{of}"), reads, &relative.size.unit).asked(format!("Emissions per {what}")));
    }
}

fn grouped(report: &Report) -> Option<&Grouping> {
    report.views.as_ref().filter(|v| v.grouped).map(|v| &v.regions)
}

/// The largest flows, and the same for scripts.
fn top<'r>(groups: &[String], views: &'r Views) -> (Sheet<'r>, Value) {
    let object =
        |(s, r, v): &(usize, usize, Bounded)| json!({"origin": groups[*s], "destination": groups[*r], "value": v.value, "bound": v.bound});
    let names = views.top.iter().map(|(s, r, _)| vec![groups[*s].clone(), groups[*r].clone()]).collect();
    let rows = Axis::parts(&["origin", "destination"], names);
    let cells = |k: usize| vec![Cell::Bounded(views.top[k].2)];
    let sheet = Sheet::new(rows, Axis::columns([("emissions", "bound")]), Layout::Beside, cells);
    (sheet, views.top.iter().map(object).collect())
}

fn emitters<'r>(report: &'r Report, unit: &str, d: &mut Document<'r>) {
    let members: Vec<String> = report.regions().into_iter().chain(Members::OUTSIDE.map(String::from)).collect();
    d.put("by_emitter.sign", "rows: region that emits; columns: member that answers for it; households left out");
    d.put("by_emitter.members", members.clone());
    for m in &report.by_emitter {
        let name = m.principle.name();
        let sheet = Sheet::matrix(Axis::of("region", report.regions()), Axis::of("member", members.clone()), &m.matrix);
        let file = format!("{}_by_emitter", name.replace('-', "_"));
        let sheet = sheet.file(&file, format!("emitted in row, {name} by column"), unit);
        d.sheets.push(sheet.lists(&format!("by_emitter.{name}.value"), &format!("by_emitter.{name}.bound")));
    }
}

/// One view: for people in full where it is small, else its largest rows.
fn add_panel<'r>(report: &'r Report, panel: &'r Panel, unit: &str, d: &mut Document<'r>) {
    let (key, view) = (panel.view.key(), format!("views.{}", panel.view.key()));
    d.put(&format!("{view}.meaning"), panel.view.meaning());
    d.put(&format!("{view}.row_parts"), panel.heads.clone());
    d.put(&format!("{view}.rows"), panel.rows.iter().map(|r| json!(report.names(r))).collect::<Value>());
    d.put(&format!("{view}.columns"), panel.columns.iter().map(|c| json!(joined(report, c))).collect::<Value>());
    let rows = Axis::made(&panel.heads, panel.rows.len(), |k| report.names(&panel.rows[k]));
    let parts: &[&str] = if panel.view == View::Category { &["destination", "category"] } else { &["destination"] };
    let columns = Axis::made(parts, panel.columns.len(), |k| report.names(&panel.columns[k]));
    let name = if panel.view == View::Net { "flows_net".into() } else { format!("flows_by_{key}") };
    let mut sheet = Sheet::matrix(rows, columns, &panel.values).file(&name, panel.view.meaning(), unit);
    sheet = sheet.lists(&format!("{view}.value"), &format!("{view}.bound"));
    let title = format!("View {key}");
    if panel.columns.len() <= WIDE + 3 && panel.rows.len() <= 3 * WIDE {
        d.sheets.push(sheet.asked(title));
        return;
    }
    d.sheets.push(sheet);
    let label = |k: usize| joined(report, &panel.rows[k]);
    let mut sums: Vec<(String, f64)> = if panel.view == View::Net {
        let pairs = panel.values.indexed_iter().filter(|(_, v)| v.value > 0.0);
        pairs.map(|((s, r), v)| (format!("{} for {}", label(s), label(r)), v.value)).collect()
    } else {
        panel.values.rows().into_iter().enumerate().map(|(k, row)| (label(k), row.iter().map(|b| b.value).sum())).collect()
    };
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums.truncate(ROWS);
    let (names, sums): (Vec<String>, Vec<f64>) = sums.into_iter().unzip();
    let largest =
        Sheet::of_columns(Axis::of("the largest", names), Layout::Beside, vec![("emissions".into(), String::new(), cells(&sums))]);
    let all = format!("all {} rows x {} columns: `json` or `output` DIR", panel.rows.len(), panel.columns.len());
    d.sheets.push(largest.asked(format!("{title}, {unit}: {}", panel.view.meaning())).notes([all]));
}
