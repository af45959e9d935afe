//! Payments as text, JSON and CSV: the settlement, its comparison, the unbalanced valuation, the market.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::csv::matrix as csv_matrix;
use super::json::{bounds, insert, matrix, values};
use super::text::{decimals, fixed, grid, names};
use super::{Report, sensitivity};
use crate::bounded::{Bounded, largest};
use crate::compensation::{Compensation, Duty, MONEY, Market, Settlement, Unbalanced};
use crate::verdict::{Verdict, floor};

/// The sum of some payments.
fn sum<'a>(payments: impl IntoIterator<Item = &'a Bounded>) -> Bounded {
    payments.into_iter().copied().sum()
}

/// A share in per cent, or a dash.
fn percent(share: Option<Bounded>) -> String {
    share.map_or("-".into(), |s| format!("{:.3} %", 100.0 * s.value))
}

/// The verdicts on payments, the market and the sensitivity, as far as there are any. Floors are the tolerance as a share: of
/// all direct emissions, of what these cost at the highest price, of what the market abates and turns over.
pub fn verdicts(report: &Report) -> Vec<Verdict> {
    let Some(s) = &report.compensation else { return Vec::new() };
    let (flows, regions) = (report.main_flows(), report.regions());
    let (rtol, width) = (flows.rtol, regions.len());
    let emitted = floor(rtol, flows.direct.iter().map(|d| d.value.abs()).sum());
    let money = |c: &Compensation| floor(rtol, c.worth);
    let own = |r: usize| regions[r].clone();
    let pair = |i: usize| format!("{} to {}", regions[i / width], regions[i % width]);
    let c = &s.payments;
    let mut payments = Verdict::new("payments", rtol);
    payments.judge("duty", emitted, c.duties.iter().copied(), pair);
    payments.judge("payment", money(c), c.payments.iter().copied(), pair);
    payments.judge("net", money(c), c.net.iter().copied(), own);
    payments.judge("all payments", money(c), [c.total(), c.balance()], |i| ["sum", "balance"][i].into());
    let share = |verdict: &mut Verdict, name: &str, of: &dyn Fn(usize) -> Option<Bounded>| {
        let known: Vec<(usize, Bounded)> = (0..width).filter_map(|r| of(r).map(|v| (r, v))).collect();
        let most = largest(known.iter().map(|(_, v)| v.value.abs()));
        verdict.judge(name, floor(rtol, most), known.iter().map(|k| k.1), |i| regions[known[i].0].clone());
    };
    share(&mut payments, "net per GDP", &|r| s.size.per_product(r, c.net[r]));
    share(&mut payments, "net per head", &|r| s.size.per_head(r, c.net[r]));
    share(&mut payments, "GDP", &|r| s.size.product.as_ref().map(|p| p[r]));
    for c in &s.comparison {
        payments.judge(&format!("{} / {}", c.duty.name(), c.price_name()), money(c), c.net.iter().copied().chain([c.total()]), |r| {
            regions.get(r).cloned().unwrap_or("all".into())
        });
    }
    if let Some(u) = &s.unbalanced {
        payments.judge("gap", emitted, u.gap.iter().copied().chain([u.gap_residual]), |r| regions.get(r).cloned().unwrap_or("all".into()));
        payments.judge("gap at own cost", money(c), u.net.iter().copied().chain([u.residual]), |r| {
            regions.get(r).cloned().unwrap_or("all".into())
        });
    }
    let mut all = vec![payments];
    if let Some(m) = &s.market {
        let mut market = Verdict::new("market", rtol);
        let duty = m.duty.iter().map(|d| d.value.abs()).sum::<f64>();
        let worth = floor(rtol, duty * m.price.value / MONEY);
        market.judge("price", floor(rtol, 0.0), [m.price], |_| "lambda".into());
        market.judge("duty", floor(rtol, duty), m.duty.iter().copied(), own);
        market.judge("abated", floor(rtol, duty), m.abated.iter().copied(), own);
        market.judge("marginal cost", floor(rtol, m.price.value), m.marginal.iter().copied(), own);
        market.judge("net", worth, m.net.iter().copied(), own);
        market.judge("cost", worth, m.cost.iter().copied(), own);
        share(&mut market, "cost at home", &|r| m.autarky[r]);
        market.judge("saving", worth, m.saving, |_| "all".into());
        all.push(market);
    }
    if let Some(v) = &s.sensitivity {
        let mut sensitivity = Verdict::new("sensitivity", rtol);
        for set in &v.settings {
            let name = v.axes(set).map(|(_, choice)| choice).join(" / ");
            sensitivity.judge(&name, floor(rtol, set.worth), set.net.iter().copied().chain([set.total]), |r| {
                regions.get(r).cloned().unwrap_or("all".into())
            });
        }
        // hundreds of settings with floors of their own: the largest says enough
        let most = largest(sensitivity.floors.iter().map(|f| f.1));
        sensitivity.floors = vec![("net, at most".into(), most)];
        all.push(sensitivity);
    }
    all
}

/// Everything about payments for people; empty where there are none.
pub fn text(report: &Report) -> String {
    let Some(s) = &report.compensation else { return String::new() };
    let mut out = payments(report, s);
    if !s.comparison.is_empty() {
        comparison(&mut out, report, &s.comparison);
    }
    if let Some(u) = &s.unbalanced {
        unbalanced(&mut out, report, u);
    }
    if let Some(m) = &s.market {
        market(&mut out, report, m);
    }
    if let Some(v) = &s.sensitivity {
        out += &sensitivity::text(report, v);
    }
    out
}

fn stamp(report: &Report) -> String {
    report.stamp().map(|s| format!("  [{s}]")).unwrap_or_default()
}

fn payments(report: &Report, settled: &Settlement) -> String {
    let (mut out, c, size) = (String::new(), &settled.payments, &settled.size);
    let regions = report.regions();
    let _ = writeln!(out, "\nCompensation, {}; duty {}, price {}{}", c.unit, c.duty.name(), c.price_name(), stamp(report));
    let _ = writeln!(out, "(net > 0 receives, net < 0 pays)");
    let d = decimals(c.net.iter().map(|b| &b.value));
    let mut header = names(&["region", "pays", "receives", "net", "bound"]);
    header.extend(size.product.as_ref().map(|_| "net / GDP".into()));
    header.extend(size.population.as_ref().map(|_| format!("net per head, {}", c.unit.trim_start_matches("10^8 "))));
    let mut order: Vec<usize> = (0..regions.len()).collect();
    order.sort_by(|&a, &b| c.net[a].value.total_cmp(&c.net[b].value));
    let line = |&k: &usize| {
        let (pays, receives) = (sum(c.payments.row(k)).value, sum(c.payments.column(k)).value);
        let mut row =
            vec![regions[k].clone(), fixed(pays, d), fixed(receives, d), fixed(c.net[k].value, d), format!("{:.0e}", c.net[k].bound)];
        row.extend(size.product.as_ref().map(|_| percent(size.per_product(k, c.net[k]))));
        row.extend(size.population.as_ref().map(|_| size.per_head(k, c.net[k]).map_or("-".into(), |v| fixed(v.value, 2))));
        row
    };
    grid(&mut out, &header, &order.iter().map(line).collect::<Vec<_>>());
    let (balance, total) = (c.balance(), c.total());
    let money = c.unit.trim_start_matches("10^8 ");
    let all = format!("{} {} = {:.0} {money} (bound {:.0e})", fixed(total.value, d), c.unit, total.value * MONEY, total.bound * MONEY);
    let _ = writeln!(out, "all payments: {all}; balance {:.1e} (bound {:.1e})", balance.value, balance.bound);
    for note in c.notes.iter().chain(&size.notes) {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    out
}

fn comparison(out: &mut String, report: &Report, all: &[Compensation]) {
    let _ = writeln!(out, "\nNet payments by duty and price rule, {}{}", all[0].unit, stamp(report));
    let d = decimals(all.iter().flat_map(|c| &c.net).map(|b| &b.value));
    for &duty in Duty::ALL {
        let group: Vec<&Compensation> = all.iter().filter(|c| c.duty == duty).collect();
        let mut header = vec![duty.name().to_string()];
        header.extend(group.iter().map(|c| c.price_name().to_string()));
        let mut rows: Vec<Vec<String>> = report
            .regions()
            .into_iter()
            .enumerate()
            .map(|(r, name)| std::iter::once(name).chain(group.iter().map(|c| fixed(c.net[r].value, d))).collect())
            .collect();
        rows.push(std::iter::once("all payments".to_string()).chain(group.iter().map(|c| fixed(c.total().value, d))).collect());
        grid(out, &header, &rows);
    }
}

fn unbalanced(out: &mut String, report: &Report, u: &Unbalanced) {
    let flows = report.main_flows();
    let _ = writeln!(out, "\nUNBALANCED: gaps by {} at each region's own unit cost, {}{}", u.division, u.unit, stamp(report));
    let (g, d) = (decimals(u.gap.iter().map(|b| &b.value)), decimals(u.net.iter().map(|b| &b.value)));
    let mut rows: Vec<Vec<String>> = report
        .regions()
        .into_iter()
        .enumerate()
        .map(|(r, name)| vec![name, fixed(u.gap[r].value, g), fixed(u.net[r].value, d), format!("{:.0e}", u.net[r].bound)])
        .collect();
    rows.push(vec!["residual".into(), fixed(u.gap_residual.value, g), fixed(u.residual.value, d), format!("{:.0e}", u.residual.bound)]);
    grid(out, &[names(&["region"]), vec![format!("gap, {}", flows.unit)], names(&["net", "bound"])].concat(), &rows);
    let _ = writeln!(out, "UNBALANCED: {} {} more is received than is paid; no region pays it", fixed(u.residual.value, d), u.unit);
}

fn market(out: &mut String, report: &Report, m: &Market) {
    let money = m.unit.trim_start_matches("10^8 ");
    let _ = writeln!(out, "\nMarket optimum: price {:.4} {money}/t (bound {:.1e}){}", m.price.value, m.price.bound, stamp(report));
    let tonnes = decimals(m.duty.iter().chain(&m.abated).map(|b| &b.value));
    let d = decimals(m.net.iter().chain(&m.cost).map(|b| &b.value));
    let header =
        ["region", "duty, t", "abates, t", "marginal cost", "stands", &format!("net, {}", m.unit), "bound", "cost", "cost at home"]
            .map(String::from);
    let rows: Vec<Vec<String>> = report
        .regions()
        .into_iter()
        .enumerate()
        .map(|(r, name)| {
            vec![
                name,
                fixed(m.duty[r].value, tonnes),
                fixed(m.abated[r].value, tonnes),
                fixed(m.marginal[r].value, 2),
                m.corner[r].name().into(),
                fixed(m.net[r].value, d),
                format!("{:.0e}", m.net[r].bound),
                fixed(m.cost[r].value, d),
                m.autarky[r].map_or("cannot".into(), |a| fixed(a.value, d)),
            ]
        })
        .collect();
    grid(out, &header, &rows);
    let unable: Vec<String> = report.regions().into_iter().zip(&m.autarky).filter(|(_, a)| a.is_none()).map(|(r, _)| r).collect();
    let _ = match m.saving {
        Some(s) => {
            writeln!(out, "saved against each region abating its own duty: {} {} (bound {:.1e})", fixed(s.value, d), m.unit, s.bound)
        }
        None => writeln!(out, "no saving to state, for at home these cannot meet their duty: {}", crate::escape::line(&unable.join(", "))),
    };
    for note in &m.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
}

/// Adds the payments, if any, in `payments_unit`; `unit` stays that of the flows.
pub fn json(report: &Report, o: &mut Map<String, Value>) {
    let Some(settled) = &report.compensation else { return };
    let (c, size) = (&settled.payments, &settled.size);
    insert(o, "emissions_unit", report.main_flows().unit.clone());
    insert(o, "payments_unit", c.unit.clone());
    insert(o, "payments", matrix(&c.payments, values));
    insert(o, "payments_bound", matrix(&c.payments, bounds));
    insert(o, "net", values(&c.net));
    insert(o, "net_bound", bounds(&c.net));
    insert(o, "price_rule", c.rule.name());
    insert(o, "duty", c.duty.name());
    insert(o, "duties", matrix(&c.duties, values));
    insert(o, "duties_bound", matrix(&c.duties, bounds));
    insert(o, "balance", c.balance().value);
    insert(o, "balance_bound", c.balance().bound);
    insert(o, "compensation_notes", c.notes.iter().chain(&size.notes).cloned().collect::<Vec<_>>());
    insert(o, "payment_sign", "payments[payer][receiver]; net > 0 receives, net < 0 pays");
    insert(o, "money_factor", MONEY);
    let each = |f: &dyn Fn(usize) -> Option<Bounded>| -> Vec<Value> {
        (0..c.net.len()).map(|r| f(r).map_or(Value::Null, |b| json!({"value": b.value, "bound": b.bound}))).collect()
    };
    if let Some(product) = &size.product {
        insert(o, "gdp", values(product));
        insert(o, "gdp_bound", bounds(product));
        insert(o, "net_per_gdp", each(&|r| size.per_product(r, c.net[r])));
    }
    if let Some(population) = &size.population {
        insert(o, "population", population.clone());
        insert(o, "net_per_head", each(&|r| size.per_head(r, c.net[r])));
    }
    if !settled.comparison.is_empty() {
        insert(o, "comparison", settled.comparison.iter().map(compared).collect::<Vec<_>>());
    }
    if let Some(u) = &settled.unbalanced {
        let object = json!({"flag": "UNBALANCED", "principle": u.division, "gap": values(&u.gap), "gap_bound": bounds(&u.gap),
            "net": values(&u.net), "net_bound": bounds(&u.net), "residual": u.residual.value, "residual_bound": u.residual.bound,
            "gap_residual": u.gap_residual.value, "gap_residual_bound": u.gap_residual.bound, "unit": u.unit});
        insert(o, "unbalanced", object);
    }
    if let Some(m) = &settled.market {
        insert(o, "market", optimum(m));
    }
    if let Some(v) = &settled.sensitivity {
        insert(o, "sensitivity", sensitivity::json(report, v));
    }
}

fn compared(c: &Compensation) -> Value {
    json!({"duty": c.duty.name(), "price": c.price_name(), "net": values(&c.net), "net_bound": bounds(&c.net), "total": c.total().value,
        "total_bound": c.total().bound, "balance": c.balance().value, "balance_bound": c.balance().bound})
}

fn optimum(m: &Market) -> Value {
    let autarky: Vec<Value> = m.autarky.iter().map(|a| a.map_or(Value::Null, |a| json!({"value": a.value, "bound": a.bound}))).collect();
    json!({"price": m.price.value, "price_bound": m.price.bound, "duty": values(&m.duty), "duty_bound": bounds(&m.duty),
        "abated": values(&m.abated), "abated_bound": bounds(&m.abated), "tonnes": "t", "marginal": values(&m.marginal),
        "marginal_bound": bounds(&m.marginal), "stands": m.corner.iter().map(|c| c.name()).collect::<Vec<_>>(), "net": values(&m.net),
        "net_bound": bounds(&m.net), "cost": values(&m.cost), "cost_bound": bounds(&m.cost), "cost_at_home": autarky,
        "saving": m.saving.map(|s| s.value), "saving_bound": m.saving.map(|s| s.bound), "unit": m.unit, "notes": m.notes})
}

/// The files of the payments, as (name, content).
pub fn csv(report: &Report) -> Vec<(&'static str, String)> {
    let Some(settled) = &report.compensation else { return Vec::new() };
    let (c, size, regions) = (&settled.payments, &settled.size, report.regions());
    let stamp = report.stamp().map(|s| format!("{s}; ")).unwrap_or_default();
    let say = |what: &str, unit: &str| format!("{stamp}{what} [{unit}]");
    let money = c.unit.trim_start_matches("10^8 ").to_string();
    let mut files = vec![
        ("payments.csv", csv_matrix(&say("row pays column", &c.unit), &regions, &regions, |r, s| c.payments[[r, s]].value)),
        (
            "payments_bound.csv",
            csv_matrix(&say("bound on the error of payments.csv", &c.unit), &regions, &regions, |r, s| c.payments[[r, s]].bound),
        ),
    ];
    let scaled = Bounded::exact(MONEY);
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    let mut add = |name: &str, f: &dyn Fn(usize) -> f64| columns.push((name.into(), (0..regions.len()).map(f).collect()));
    add("pays", &|r| sum(c.payments.row(r)).value);
    add("receives", &|r| sum(c.payments.column(r)).value);
    add("net (positive receives)", &|r| c.net[r].value);
    add("bound of net", &|r| c.net[r].bound);
    add(&format!("net ({money})"), &|r| (c.net[r] * scaled).value);
    add(&format!("bound of net ({money})"), &|r| (c.net[r] * scaled).bound);
    if size.product.is_some() {
        add("net per GDP", &|r| size.per_product(r, c.net[r]).map_or(f64::NAN, |b| b.value));
        add("bound of net per GDP", &|r| size.per_product(r, c.net[r]).map_or(f64::NAN, |b| b.bound));
    }
    if size.population.is_some() {
        add(&format!("net per head ({money})"), &|r| size.per_head(r, c.net[r]).map_or(f64::NAN, |b| b.value));
        add(&format!("bound of net per head ({money})"), &|r| size.per_head(r, c.net[r]).map_or(f64::NAN, |b| b.bound));
    }
    let table = |what: &str, unit: &str, columns: &[(String, Vec<f64>)]| {
        let heads: Vec<String> = columns.iter().map(|(n, _)| n.clone()).collect();
        csv_matrix(&say(what, unit), &heads, &regions, |r, k| columns[k].1[r])
    };
    files.push(("net.csv", table("payments of row", &c.unit, &columns)));
    let pick = |list: &[Bounded], part: fn(&Bounded) -> f64| list.iter().map(part).collect::<Vec<f64>>();
    if !settled.comparison.is_empty() {
        let columns: Vec<(String, Vec<f64>)> = settled
            .comparison
            .iter()
            .flat_map(|c| {
                let name = format!("{} / {}", c.duty.name(), c.price_name());
                [(name.clone(), pick(&c.net, |b| b.value)), (format!("bound of {name}"), pick(&c.net, |b| b.bound))]
            })
            .collect();
        files.push(("comparison.csv", table("net payment of row by duty and price rule; positive receives", &c.unit, &columns)));
    }
    if let Some(u) = &settled.unbalanced {
        let columns = [("gap", &u.gap), ("net", &u.net)]
            .into_iter()
            .flat_map(|(n, list)| [(n.to_string(), pick(list, |b| b.value)), (format!("bound of {n}"), pick(list, |b| b.bound))])
            .collect::<Vec<_>>();
        let what = format!("UNBALANCED gaps at own cost; residual {} of net", u.residual.value);
        files.push(("unbalanced.csv", table(&what, &u.unit, &columns)));
    }
    if let Some(m) = &settled.market {
        let parts = [
            ("duty (t)", &m.duty),
            ("abated (t)", &m.abated),
            ("marginal cost", &m.marginal),
            ("net (positive receives)", &m.net),
            ("cost", &m.cost),
        ];
        let columns = parts
            .into_iter()
            .flat_map(|(n, list)| [(n.to_string(), pick(list, |b| b.value)), (format!("bound of {n}"), pick(list, |b| b.bound))])
            .collect::<Vec<_>>();
        files.push(("market.csv", table(&format!("market at {} {money}/t", m.price.value), &m.unit, &columns)));
    }
    if let Some(v) = &settled.sensitivity {
        files.extend(sensitivity::csv(report, v, &stamp));
    }
    files
}
