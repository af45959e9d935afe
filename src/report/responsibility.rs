//! Responsibility by every principle as sheets.

use super::Report;
use super::document::Document;
use super::flows::object;
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::bounded::Bounded;
use crate::responsibility::{Account, Principle, Theta};

/// Principles that stand side by side in one table for people.
const ABREAST: usize = 6;

type Member = (&'static str, fn(&Account) -> Bounded);
const OUTSIDE: [Member; 4] = [("abroad", |a| a.abroad), ("stock", |a| a.stock), ("error", |a| a.error), ("total", Account::total)];

/// Adds the accounts, if any.
pub fn add<'r>(report: &'r Report, d: &mut Document<'r>) {
    let Some((accounts, theta)) = &report.accounts else { return };
    let households = report.main_flows().households.as_deref();
    for a in accounts {
        let name = a.principle.name();
        let outside =
            |of: fn(Bounded) -> f64| object(OUTSIDE.map(|(n, m)| (if n == "total" { "total_without_households" } else { n }, of(m(a)))));
        d.put(&format!("outside.{name}"), outside(|b| b.value));
        d.put(&format!("outside_bound.{name}"), outside(|b| b.bound));
        d.put(&format!("notes_on_principles.{name}"), a.note.clone());
    }
    d.list("theta", &theta.region);
    d.lists("responsibility", accounts.iter().map(|a| (a.principle.name(), a.with_households(households))));
    d.lists("responsibility_without_households", accounts.iter().map(|a| (a.principle.name(), a.regions.clone())));
    let full: Vec<Vec<Bounded>> = accounts.iter().map(|a| a.with_households(households)).collect();
    d.sheets.push(file(report, accounts, theta, full));
    for (at, some) in accounts.chunks(ABREAST).enumerate() {
        d.sheets.push(page(report, some, (at == 0).then_some(theta)));
    }
    d.note(accounts.iter().map(|a| format!("{}: {}", a.principle.name(), a.note)));
}

/// All principles, households included; what has no households and no theta says nothing of them.
fn file<'r>(report: &'r Report, accounts: &'r [Account], theta: &'r Theta, full: Vec<Vec<Bounded>>) -> Sheet<'r> {
    let flows = report.main_flows();
    let households = flows.households.as_deref();
    let mut columns: Vec<(String, String)> =
        accounts.iter().map(|a| (a.principle.name().to_string(), format!("{} bound", a.principle.name()))).collect();
    columns.extend(["of which households", "theta (share kept of outflows)"].map(|c| (c.to_string(), String::new())));
    let regions = flows.region_count();
    let rows = report.regions().into_iter().chain(OUTSIDE.map(|(name, _)| name.to_string())).collect();
    let cells = move |r: usize| {
        let own: Option<Bounded> = households.map(|h| h.iter().copied().sum());
        let (mut row, of_households): (Vec<Cell>, Option<f64>) = match r.checked_sub(regions).map(|k| OUTSIDE[k]) {
            None => (full.iter().map(|of| of[r].into()).collect(), households.map(|h| h[r].value)),
            Some(("total", total)) => {
                (accounts.iter().map(|a| (total(a) + own.unwrap_or(Bounded::ZERO)).into()).collect(), own.map(|h| h.value))
            }
            Some((_, member)) => (accounts.iter().map(|a| member(a).into()).collect(), None),
        };
        row.push(of_households.into());
        row.push(theta.region.get(r).map(|t| t.value).into());
        row
    };
    let theta = columns.len() - 1;
    Sheet::new(Axis::of("region", rows), Axis::columns(columns), Layout::Behind, cells)
        .file("responsibility", "responsibility of row, households included", &flows.unit)
        .units(move |_, column| if column == theta { String::new() } else { flows.unit.clone() })
}

/// Some principles without households; theta and the households stand in the first table.
fn page<'r>(report: &'r Report, accounts: &'r [Account], theta: Option<&'r Theta>) -> Sheet<'r> {
    let flows = report.main_flows();
    let households = flows.households.as_deref().filter(|_| theta.is_some());
    let mut names: Vec<String> = accounts.iter().map(|a| a.principle.name().to_string()).collect();
    names.extend(theta.map(|_| "theta".to_string()));
    names.extend(households.map(|_| "households".to_string()));
    let said = |(name, member): &Member| *name == "total" || accounts.iter().any(|a| member(a).value != 0.0);
    let members: Vec<Member> = OUTSIDE.into_iter().filter(said).collect();
    let (regions, sums) = (flows.region_count(), members.len());
    let rows = report.regions().into_iter().chain(members.iter().map(|(name, _)| (*name).to_string())).collect();
    let cells = move |r: usize| {
        let outside = r.checked_sub(regions).map(|k| members[k]);
        let mut row: Vec<Cell> = accounts.iter().map(|a| outside.map_or_else(|| a.regions[r], |(_, member)| member(a)).into()).collect();
        row.extend(theta.map(|f| f.region.get(r).map_or("".into(), |t| format!("{:.4}", t.value).into())));
        let sum = |h: &[Bounded]| h.iter().map(|b| b.value).sum::<f64>();
        row.extend(households.map(|h| match outside {
            None => h[r].into(),
            Some(("total", _)) => sum(h).into(),
            Some(_) => "".into(),
        }));
        row
    };
    let at = |principle: Principle| accounts.iter().position(|a| a.principle == principle);
    let short: Vec<usize> = [Principle::Production, Principle::Consumption, Principle::Shared].into_iter().filter_map(at).collect();
    let mut sheet = Sheet::new(Axis::of("region", rows), Axis::of("", names), Layout::Apart, cells)
        .sums(sums)
        .page(format!("Responsibility, {} (households left out)", flows.unit));
    // further principles are asked for
    sheet.asked = theta.is_none();
    match at(Principle::Shared) {
        Some(shared) => sheet.digest(shared, &short, None),
        None => sheet,
    }
}
