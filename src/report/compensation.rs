//! Payments as sheets: the settlement, its comparison, the unbalanced valuation, the market.

use serde_json::{Value, json};

use super::digits::{decimals, fixed};
use super::document::{Document, bounds, values};
use super::sheet::{Axis, Cell, Layout, Sheet, cells, column};
use super::{Report, claims, sensitivity};
use crate::bounded::Bounded;
use crate::compensation::{Compensation, Duty, Market, Settlement, Unbalanced};

/// The sum of some payments.
fn sum<'a>(payments: impl IntoIterator<Item = &'a Bounded>) -> Bounded {
    payments.into_iter().copied().sum()
}

/// A share in per cent, or a dash.
fn percent(share: Option<Bounded>) -> String {
    share.map_or("-".into(), |s| format!("{} %", fixed(100.0 * s.value, 3)))
}

/// Adds the payments, if any, in `payments_unit`; `unit` stays that of the flows.
pub fn add<'r>(report: &'r Report, d: &mut Document<'r>) {
    let Some(s) = &report.compensation else { return };
    facts(report, s, d);
    let regions = || Axis::of("region", report.regions());
    let unit = &s.payments.unit;
    let payments = Sheet::matrix(regions(), Axis::of("receiver", report.regions()), &s.payments.payments);
    d.sheets.push(payments.file("payments", "row pays column", unit).lists("payments", "payments_bound"));
    d.sheets.push(Sheet::matrix(regions(), regions(), &s.payments.duties).lists("duties", "duties_bound"));
    d.sheets.push(net(s, regions()));
    d.sheets.push(payments_page(report, s));
    if let Some(c) = &s.claims {
        claims::add(report, c, unit, d);
    }
    if !s.comparison.is_empty() {
        comparison(report, &s.comparison, d);
    }
    if let Some(u) = &s.unbalanced {
        unbalanced(report, u, d);
    }
    if let Some(m) = &s.market {
        market(report, m, d);
    }
    if let Some(v) = &s.sensitivity {
        sensitivity::add(report, v, d);
    }
}

fn facts(report: &Report, s: &Settlement, d: &mut Document) {
    let (c, size) = (&s.payments, &s.size);
    d.put("emissions_unit", report.main_flows().unit.clone());
    d.put("payments_unit", c.unit.clone());
    d.list("net", &c.net);
    d.put("price_rule", c.rule.name());
    d.put("duty", c.duty.name());
    d.number("balance", c.balance());
    d.put("compensation_notes", c.notes.iter().chain(&size.notes).cloned().collect::<Vec<_>>());
    d.put("payment_sign", "payments[payer][receiver]; net > 0 receives, net < 0 pays");
    d.put("money_factor", size.per);
    let each = |f: &dyn Fn(usize) -> Option<Bounded>| (0..c.net.len()).map(|r| pair(f(r))).collect::<Vec<_>>();
    if let Some(product) = &size.product {
        d.list("gdp", product);
        d.put("net_per_gdp", each(&|r| size.per_product(r, c.net[r])));
    }
    if let Some(population) = &size.population {
        d.put("population", population.clone());
        d.put("net_per_head", each(&|r| size.per_head(r, c.net[r])));
    }
}

/// A number with the decimals of others.
fn short(others: &[Bounded], v: Bounded) -> String {
    fixed(v.value, decimals(others.iter().map(|b| b.value)))
}

fn pair(v: Option<Bounded>) -> Value {
    v.map_or(Value::Null, |b| json!({"value": b.value, "bound": b.bound}))
}

/// The money of one person, where payments are in a multiple of it.
fn money(unit: &str) -> &str {
    if unit.starts_with("10^") { unit.split_once(' ').map_or(unit, |(_, money)| money) } else { unit }
}

fn net<'r>(s: &'r Settlement, regions: Axis<'r>) -> Sheet<'r> {
    let (c, size, money) = (&s.payments, &s.size, money(&s.payments.unit));
    let each = |f: &dyn Fn(usize) -> Cell| (0..c.net.len()).map(f).collect::<Vec<Cell>>();
    let plain = |name: &str, f: &dyn Fn(usize) -> Cell| (name.to_string(), String::new(), each(f));
    let bounded = |name: &str, f: &dyn Fn(usize) -> Option<Bounded>| (name.to_string(), format!("bound of {name}"), each(&|r| f(r).into()));
    let mut columns = vec![
        plain("pays", &|r| sum(c.payments.row(r)).value.into()),
        plain("receives", &|r| sum(c.payments.column(r)).value.into()),
        ("net (positive receives)".into(), "bound of net".into(), cells(&c.net)),
        bounded(&format!("net ({money})"), &|r| Some(c.net[r] * Bounded::exact(size.per))),
    ];
    columns.extend(size.product.as_ref().map(|_| bounded("net per GDP", &|r| size.per_product(r, c.net[r]))));
    columns.extend(size.population.as_ref().map(|_| bounded(&format!("net per head ({money})"), &|r| size.per_head(r, c.net[r]))));
    let mut units = vec![c.unit.as_str(), &c.unit, &c.unit, money];
    units.extend(size.product.as_ref().map(|_| ""));
    units.extend(size.population.as_ref().map(|_| money));
    Sheet::of_columns(regions, Layout::Beside, columns).file("net", "payments of row", &c.unit).units(move |_, column| units[column].into())
}

/// Those that pay most first.
fn payments_page(report: &Report, s: &Settlement) -> Sheet<'static> {
    let (c, size, regions, money) = (&s.payments, &s.size, report.regions(), money(&s.payments.unit));
    let mut order: Vec<usize> = (0..regions.len()).collect();
    order.sort_by(|&a, &b| c.net[a].value.total_cmp(&c.net[b].value));
    let each = |name: &str, f: &dyn Fn(usize) -> Cell| (name.to_string(), String::new(), order.iter().map(|&k| f(k)).collect::<Vec<_>>());
    let mut columns = vec![
        each("pays", &|k| sum(c.payments.row(k)).into()),
        each("receives", &|k| sum(c.payments.column(k)).into()),
        each("net", &|k| c.net[k].into()),
    ];
    columns[2].1 = "bound".into();
    columns.extend(size.product.as_ref().map(|_| each("net / GDP", &|k| percent(size.per_product(k, c.net[k])).into())));
    columns.extend(size.population.as_ref().map(|_| each(&format!("net per head, {money}"), &|k| size.per_head(k, c.net[k]).into())));
    let (balance, total) = (c.balance(), c.total());
    let all = format!(
        "all payments: {} {} = {} {money} (bound {:.0e})",
        short(&c.net, total),
        c.unit,
        fixed(total.value * size.per, 0),
        total.bound * size.per
    );
    let title = format!("Compensation, {}; duty {}, price {} (net > 0 receives, net < 0 pays)", c.unit, c.duty.name(), c.price_name());
    let shown: Vec<usize> = (0..columns.len()).collect();
    Sheet::of_columns(Axis::of("region", order.iter().map(|&k| regions[k].clone()).collect()), Layout::Beside, columns)
        .page(title)
        .digest(2, &shown, std::iter::once(all.clone()).chain(claims::lines(&regions, s.claims.as_ref())))
        .notes([format!("{all}; balance {:.1e} (bound {:.1e})", balance.value, balance.bound)])
        .notes(c.notes.iter().chain(&size.notes).map(|note| format!("note: {note}")))
}

fn comparison<'r>(report: &Report, all: &'r [Compensation], d: &mut Document<'r>) {
    let object = |c: &Compensation| {
        json!({"duty": c.duty.name(), "price": c.price_name(), "net": values(&c.net), "net_bound": bounds(&c.net), "total": c.total().value,
            "total_bound": c.total().bound, "balance": c.balance().value, "balance_bound": c.balance().bound})
    };
    d.put("comparison", all.iter().map(object).collect::<Vec<_>>());
    let columns = all.iter().map(|c| column(format!("{} / {}", c.duty.name(), c.price_name()), &c.net)).collect();
    let reads = "net payment of row by duty and price rule; positive receives";
    let sheet = Sheet::of_columns(Axis::of("region", report.regions()), Layout::Beside, columns);
    d.sheets.push(sheet.file("comparison", reads, &all[0].unit));
    for &duty in &Duty::ALL {
        let group: Vec<&Compensation> = all.iter().filter(|c| c.duty == duty).collect();
        let rows = report.regions().into_iter().chain(["all payments".into()]).collect();
        let columns = Axis::of("", group.iter().map(|c| c.price_name().to_string()).collect());
        let cells = move |r: usize| group.iter().map(|c| c.net.get(r).copied().unwrap_or_else(|| c.total()).into()).collect();
        let title = format!("Net payments by duty and price rule, {}: {}", all[0].unit, duty.name());
        d.sheets.push(Sheet::new(Axis::of("region", rows), columns, Layout::Apart, cells).sums(1).asked(title));
    }
}

fn unbalanced<'r>(report: &Report, u: &Unbalanced, d: &mut Document<'r>) {
    let object = json!({"flag": "UNBALANCED", "principle": u.division, "gap": values(&u.gap), "gap_bound": bounds(&u.gap),
        "net": values(&u.net), "net_bound": bounds(&u.net), "residual": u.residual.value, "residual_bound": u.residual.bound,
        "gap_residual": u.gap_residual.value, "gap_residual_bound": u.gap_residual.bound, "unit": u.unit});
    d.put("unbalanced", object);
    let what = format!("UNBALANCED gaps at own cost; residual {} of net", u.residual.value);
    let columns = vec![column("gap", &u.gap), column("net", &u.net)];
    let sheet = Sheet::of_columns(Axis::of("region", report.regions()), Layout::Beside, columns);
    let units = [report.main_flows().unit.clone(), u.unit.clone()];
    d.sheets.push(sheet.file("unbalanced", what, &u.unit).units(move |_, column| units[column].clone()));
    let with = |list: &[Bounded], last: Bounded| [list, &[last]].concat();
    let gap = (format!("gap, {}", report.main_flows().unit), String::new(), cells(&with(&u.gap, u.gap_residual)));
    let net = ("net".into(), "bound".into(), cells(&with(&u.net, u.residual)));
    let rows = Axis::of("region", report.regions().into_iter().chain(["residual".into()]).collect());
    let sheet = Sheet::of_columns(rows, Layout::Beside, vec![gap, net]);
    d.sheets.push(sheet.asked(format!("UNBALANCED: gaps by {} at each region's own unit cost, {}", u.division, u.unit)).notes([format!(
        "UNBALANCED: {} {} more is received than is paid; no region pays it",
        short(&u.net, u.residual),
        u.unit
    )]));
}

fn market<'r>(report: &Report, m: &Market, d: &mut Document<'r>) {
    for (name, list) in [("duty", &m.duty), ("abated", &m.abated), ("marginal", &m.marginal), ("net", &m.net), ("cost", &m.cost)] {
        d.list(&format!("market.{name}"), list);
    }
    d.number("market.price", m.price);
    d.number("market.saving", m.saving);
    d.put("market.tonnes", "t");
    d.put("market.stands", m.corner.iter().map(|c| c.name()).collect::<Vec<_>>());
    d.put("market.cost_at_home", m.autarky.iter().map(|a| pair(*a)).collect::<Vec<_>>());
    d.put("market.unit", m.unit.clone());
    d.put("market.notes", json!(m.notes));
    let money = money(&m.unit);
    let regions = || Axis::of("region", report.regions());
    let columns = vec![
        column("duty (t)", &m.duty),
        column("abated (t)", &m.abated),
        column("marginal cost", &m.marginal),
        column("net (positive receives)", &m.net),
        column("cost", &m.cost),
    ];
    let what = format!("market at {} {money}/t", m.price.value);
    let units = ["t".to_string(), "t".into(), format!("{money}/t"), m.unit.clone(), m.unit.clone()];
    let sheet = Sheet::of_columns(regions(), Layout::Beside, columns).file("market", what, &m.unit);
    d.sheets.push(sheet.units(move |_, column| units[column].clone()));
    let plain = |name: &str, cells: Vec<Cell>| (name.to_string(), String::new(), cells);
    let columns = vec![
        plain("duty, t", cells(&m.duty)),
        plain("abates, t", cells(&m.abated)),
        plain("marginal cost", cells(&m.marginal)),
        plain("stands", m.corner.iter().map(|c| c.name().into()).collect()),
        (format!("net, {}", m.unit), "bound".into(), cells(&m.net)),
        plain("cost", cells(&m.cost)),
        plain("cost at home", m.autarky.iter().map(|a| a.map_or("cannot".into(), Cell::Bounded)).collect()),
    ];
    let unable: Vec<String> = report.regions().into_iter().zip(&m.autarky).filter(|(_, a)| a.is_none()).map(|(r, _)| r).collect();
    let saving = match m.saving {
        Some(s) => format!("saved against each region abating its own duty: {} {} (bound {:.1e})", short(&m.net, s), m.unit, s.bound),
        None => format!("no saving to state, for at home these cannot meet their duty: {}", unable.join(", ")),
    };
    let title = format!("Market optimum: price {:.4} {money}/t (bound {:.1e})", m.price.value, m.price.bound);
    let sheet = Sheet::of_columns(regions(), Layout::Beside, columns).asked(title).notes([saving]);
    d.sheets.push(sheet.notes(m.notes.iter().map(|note| format!("note: {note}"))));
}
