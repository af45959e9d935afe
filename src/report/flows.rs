//! Flows and trade routes as sheets.

use serde_json::{Map, Value, json};

use super::Report;
use super::digits::{decimals, fixed};
use super::document::{Document, bounds, values};
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::bounded::{Bounded, largest};
use crate::decompose::{Flows, ROUTES, Routes};
use crate::system::Destination;

/// Flows in the list of the largest ones.
const SHOWN: usize = 8;

/// Adds the flows of every stressor; those that the accounts are about are the ones in the files.
pub fn add<'r>(report: &'r Report, d: &mut Document<'r>) {
    let (main, stressors) = (report.main_flows(), &report.leontief.system.table.stressors);
    d.put("stressor", stressors[report.stressor].name.clone());
    facts(report, main, d);
    let matrix = Sheet::matrix(Axis::of("region", report.regions()), Axis::of("destination", report.destinations()), &main.flow);
    d.sheets.push(matrix.file("flows", "emitted in row for final demand of column", &main.unit).lists("flow", "bound"));
    if report.flows.len() > 1 {
        let all = report.flows.iter().zip(stressors).map(|(f, s)| {
            let mut own = Document::default();
            own.put("stressor", s.name.clone());
            facts(report, f, &mut own);
            own.put("flow", f.flow.rows().into_iter().map(values).collect::<Value>());
            own.put("bound", f.flow.rows().into_iter().map(bounds).collect::<Value>());
            own.put("certified", f.certified());
            Value::Object(own.facts)
        });
        d.put("stressors", all.collect::<Value>());
    }
    for (flows, stressor) in report.flows.iter().zip(stressors) {
        d.sheets.push(by_region(report, flows, &stressor.name));
        d.sheets.extend(most(report, flows));
    }
    if let Some(routes) = &report.routes {
        add_routes(report, routes, d);
    }
}

/// What is known of the flows of a stressor beside the matrix.
fn facts(report: &Report, flows: &Flows, d: &mut Document) {
    d.put("unit", flows.unit.clone());
    d.put("sign", "rows emit for the final demand of columns");
    d.put("regions", report.regions());
    d.put("destinations", report.destinations());
    d.put("tolerance", flows.rtol);
    d.put("floor", flows.floor);
    d.list("direct", &flows.direct);
    if let Some(h) = &flows.households {
        d.list("households", h);
    }
    d.named("shares", &flows.shares().named());
    d.named("shares_of_total", &flows.shares_of_total().named());
}

/// What every region emits, and for whom.
fn by_region<'r>(report: &Report, flows: &'r Flows, stressor: &str) -> Sheet<'r> {
    type Of<'r> = Box<dyn Fn(usize) -> Bounded + 'r>;
    let mut columns: Vec<(&str, Of)> = vec![
        ("direct", Box::new(|s| flows.direct[s])),
        ("for itself", Box::new(|s| flows.flow[[s, s]])),
        ("for others", Box::new(|s| flows.out(s))),
        ("by others for it", Box::new(|s| flows.into_region(s))),
        ("net outflow", Box::new(|s| flows.net(s))),
    ];
    for (to, name) in [(Destination::Export, "export"), (Destination::Stock, "stock"), (Destination::Error, "error")] {
        if flows.column(to).is_some() {
            columns.push((name, Box::new(move |s| flows.to(s, to))));
        }
    }
    let names: Vec<String> = columns.iter().map(|(n, _)| (*n).to_string()).chain(["largest bound".into()]).collect();
    let (rows, regions) = (report.regions().into_iter().chain(["all".into()]).collect(), flows.region_count());
    let cells = move |s: usize| {
        let all = |of: &Of| (0..regions).map(|s| of(s).value).sum::<f64>();
        let mut cells: Vec<Cell> = columns.iter().map(|(_, of)| if s < regions { of(s).into() } else { all(of).into() }).collect();
        cells.push(if s < regions { format!("{:.0e}", largest(flows.flow.row(s).iter().map(|b| b.bound))).into() } else { "".into() });
        cells
    };
    let p = |v: Option<Bounded>| v.map_or("undefined".into(), |v| format!("{} %", fixed(100.0 * v.value, 2)));
    let digits = decimals(flows.direct.iter().map(|b| b.value));
    let households = flows.households.as_ref().map(|h| {
        let all = fixed(h.iter().map(|h| h.value).sum(), digits);
        format!("households emit {all} {} directly, on top of these", flows.unit)
    });
    let shares = flows.shares().named().map(|(_, v)| p(v)).join(" / ");
    let of_total = flows.shares_of_total().named().map(|(name, v)| format!("{name} {}", p(v))).join(", ");
    let shares = format!("shares of own / other regions' / foreign final demand: {shares}");
    let last = names.len() - 1;
    Sheet::new(Axis::of("region", rows), Axis::of("", names), Layout::Apart, cells)
        .sums(1)
        .page(format!("Emissions of {stressor} by origin and destination, {}", flows.unit))
        .digest(4, &[0, 3, 4, last], [shares.clone()])
        .notes(households)
        .notes([shares, format!("of all direct emissions: {of_total}")])
}

/// The largest flows between regions, where there are several.
fn most<'r>(report: &Report, flows: &'r Flows) -> Option<Sheet<'r>> {
    let (count, regions) = (flows.region_count(), report.regions());
    let mut pairs: Vec<(usize, usize)> = (0..count).flat_map(|s| (0..count).map(move |t| (s, t))).filter(|(s, t)| s != t).collect();
    pairs.sort_by(|a, b| flows.flow[[b.0, b.1]].value.total_cmp(&flows.flow[[a.0, a.1]].value));
    pairs.truncate(SHOWN);
    let names = pairs.iter().map(|&(s, t)| format!("{} for {}", regions[s], regions[t])).collect();
    let any = !pairs.is_empty();
    let cells = move |k: usize| vec![flows.flow[[pairs[k].0, pairs[k].1]].into()];
    let sheet = Sheet::new(Axis::of("flow", names), Axis::of("", vec!["emissions".into()]), Layout::Apart, cells);
    any.then(|| sheet.page(format!("Largest flows (who emits for whom), {}", flows.unit)))
}

fn add_routes<'r>(report: &'r Report, routes: &'r Routes, d: &mut Document<'r>) {
    let (unit, labels) = (&report.main_flows().unit, report.leontief.system.labels());
    d.put("routes.names", ROUTES.iter().map(|(n, _)| *n).collect::<Vec<_>>());
    d.put("routes.meaning", ROUTES.iter().map(|(_, m)| *m).collect::<Vec<_>>());
    let along = || Axis::of("route", ROUTES.iter().map(|(n, m)| format!("{n} {m}")).collect());
    let what = "emitted in row along the route";
    let sheet = Sheet::matrix(Axis::of("region", report.regions()), along(), &routes.by_region);
    d.sheets.push(sheet.file("routes", what, unit).lists("routes.by_region", "routes.bound"));
    let region = |i: usize| labels.regions[labels.region_of(i)].label(report.language);
    let rows = Axis::made(&["region", "sector"], labels.dim(), move |i| vec![region(i), labels.sectors[i].label(report.language)]);
    d.sheets.push(Sheet::matrix(rows, along(), &routes.by_sector).file("routes_by_sector", what, unit));
    let rows = Axis::of("region", report.regions().into_iter().chain(["all".into()]).collect());
    let regions = routes.by_region.nrows();
    let cells = move |s: usize| -> Vec<Cell> {
        match s < regions {
            true => routes.by_region.row(s).iter().map(|v| (*v).into()).collect(),
            false => routes.by_region.columns().into_iter().map(|c| c.iter().map(|v| v.value).sum::<f64>().into()).collect(),
        }
    };
    let main = &report.leontief.system.table.stressors[report.stressor].name;
    let names = Axis::of("", ROUTES.iter().map(|(n, _)| (*n).to_string()).collect());
    d.sheets.push(
        Sheet::new(rows, names, Layout::Apart, cells)
            .sums(1)
            .page(format!("Trade routes of {main} by region of origin, {unit}"))
            .notes(ROUTES.iter().map(|(name, meaning)| format!("{name} {meaning}"))),
    );
}

/// An object of names and numbers.
pub fn object(named: impl IntoIterator<Item = (&'static str, f64)>) -> Value {
    named.into_iter().map(|(name, v)| (name.to_string(), json!(v))).collect::<Map<_, _>>().into()
}
