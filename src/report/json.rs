//! Results for scripts: one object, every number in the shortest form that reads back to the same f64.

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::Report;
use crate::bounded::Bounded;
use crate::decompose::{Flows, ROUTES};

pub(super) fn values(row: &[Bounded]) -> Value {
    row.iter().map(|b| json!(b.value)).collect()
}

pub(super) fn bounds(row: &[Bounded]) -> Value {
    row.iter().map(|b| json!(b.bound)).collect()
}

pub(super) fn matrix(m: &Array2<Bounded>, part: fn(&[Bounded]) -> Value) -> Value {
    m.rows().into_iter().map(|r| part(&r.to_vec())).collect()
}

pub(super) fn insert(object: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    object.insert(key.into(), value.into());
}

/// The object of `isard flows`; other subcommands add keys to it.
pub fn flows(report: &Report) -> Map<String, Value> {
    let flows = report.main_flows();
    let table = &report.leontief.system.table;
    let mut o = Map::new();
    insert(&mut o, "isard", env!("CARGO_PKG_VERSION"));
    insert(&mut o, "stamp", json!(report.stamp()));
    insert(&mut o, "stressor", table.stressors[report.stressor].name.clone());
    one_stressor(&mut o, report, flows);
    insert(&mut o, "certified", report.certified());
    insert(&mut o, "certificate", crate::verdict::SCOPE);
    insert(&mut o, "uncertified_because", report.reasons());
    insert(&mut o, "verdicts", json!(report.verdicts()));
    insert(&mut o, "solves", json!(report.leontief.families()));
    insert(&mut o, "fallback", json!(report.leontief.fallback));
    insert(&mut o, "checks", json!(report.checks));
    insert(&mut o, "audit", json!(report.findings));
    insert(&mut o, "warnings", json!(report.warnings));
    insert(&mut o, "provenance", json!(table.provenance));
    insert(&mut o, "options", report.options.clone());
    if report.flows.len() > 1 {
        let all: Vec<Value> = report
            .flows
            .iter()
            .zip(&table.stressors)
            .map(|(f, s)| {
                let mut o = Map::new();
                insert(&mut o, "stressor", s.name.clone());
                one_stressor(&mut o, report, f);
                insert(&mut o, "certified", f.certified());
                Value::Object(o)
            })
            .collect();
        insert(&mut o, "stressors", all);
    }
    if let Some(routes) = &report.routes {
        let mut r = Map::new();
        insert(&mut r, "names", ROUTES.iter().map(|(n, _)| *n).collect::<Vec<_>>());
        insert(&mut r, "meaning", ROUTES.iter().map(|(_, m)| *m).collect::<Vec<_>>());
        insert(&mut r, "by_region", matrix(&routes.by_region, values));
        insert(&mut r, "bound", matrix(&routes.by_region, bounds));
        insert(&mut o, "routes", r);
    }
    o
}

fn one_stressor(o: &mut Map<String, Value>, report: &Report, flows: &Flows) {
    insert(o, "unit", flows.unit.clone());
    insert(o, "sign", "rows emit for the final demand of columns");
    insert(o, "regions", report.regions());
    insert(o, "destinations", report.destinations());
    insert(o, "flow", matrix(&flows.flow, values));
    insert(o, "bound", matrix(&flows.flow, bounds));
    insert(o, "tolerance", flows.rtol);
    insert(o, "floor", flows.floor);
    insert(o, "direct", values(&flows.direct));
    insert(o, "direct_bound", bounds(&flows.direct));
    if let Some(h) = &flows.households {
        insert(o, "households", values(h));
        insert(o, "households_bound", bounds(h));
    }
    for (key, shares) in [("shares", &flows.shares().named()[..]), ("shares_of_total", &flows.shares_of_total().named()[..])] {
        let part = |f: fn(Bounded) -> f64| shares.iter().map(|(n, s)| ((*n).to_string(), json!(s.map(f)))).collect::<Map<_, _>>();
        insert(o, key, part(|s| s.value));
        insert(o, &format!("{key}_bound"), part(|s| s.bound));
    }
}

/// Adds the accounts, if any.
pub fn responsibility(report: &Report, o: &mut Map<String, Value>) {
    let Some((accounts, factor)) = &report.accounts else { return };
    let households = report.main_flows().households.as_deref();
    let [mut with, mut bound, mut without, mut without_bound, mut members, mut members_bound, mut notes] =
        std::array::from_fn(|_| Map::new());
    for a in accounts {
        let name = a.principle.name();
        let full = a.with_households(households);
        insert(&mut with, name, values(&full));
        insert(&mut bound, name, bounds(&full));
        insert(&mut without, name, values(&a.regions));
        insert(&mut without_bound, name, bounds(&a.regions));
        let outside = |of: fn(Bounded) -> f64| {
            let total = a.total();
            json!({"abroad": of(a.abroad), "stock": of(a.stock), "error": of(a.error), "total_without_households": of(total)})
        };
        insert(&mut members, name, outside(|b| b.value));
        insert(&mut members_bound, name, outside(|b| b.bound));
        insert(&mut notes, name, a.note.clone());
    }
    insert(o, "responsibility", with);
    insert(o, "responsibility_bound", bound);
    insert(o, "responsibility_without_households", without);
    insert(o, "responsibility_without_households_bound", without_bound);
    insert(o, "outside", members);
    insert(o, "outside_bound", members_bound);
    insert(o, "theta", values(&factor.region));
    insert(o, "theta_bound", bounds(&factor.region));
    insert(o, "notes_on_principles", notes);
}
