//! The sensitivity of payments as text, JSON and CSV: who pays and receives most, how often, and what changes it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Report;
use super::csv::{line, number};
use super::json::{bounds, values};
use super::text::{decimals, fixed, grid, names};
use crate::compensation::{Sensitivity, Setting};

type Top = Option<(usize, bool)>;

/// The region at the top, with `?` where its lead is within the bounds.
fn top(regions: &[String], at: Top) -> String {
    at.map_or("nobody".into(), |(r, sure)| if sure { regions[r].clone() } else { format!("{} ?", regions[r]) })
}

/// The rank of a region, and those that the bounds allow where they are several.
fn rank(s: &Setting, r: usize) -> String {
    match s.ranks[r] {
        [least, most] if least == most => least.to_string(),
        [least, most] => format!("{}, {least}-{most}", s.rank[r]),
    }
}

/// The report for people.
pub fn text(report: &Report, v: &Sensitivity) -> String {
    let (mut out, regions, count) = (String::new(), report.regions(), v.settings.len());
    let d = decimals(v.settings.iter().flat_map(|s| &s.net).map(|b| &b.value));
    let main = v.main();
    let stamp = report.stamp().map(|s| format!("  [{s}]")).unwrap_or_default();
    let _ = writeln!(out, "\nSensitivity of net payments, {}: {count} settings{stamp}", v.unit);
    let (payer, receiver) = (top(&regions, main.payer), top(&regions, main.receiver));
    let _ = writeln!(out, "main setting ({}): {payer} pays most, {receiver} receives most", describe(v, main));
    let at = |s: &Setting, pick: fn(&Setting) -> Top| pick(s).map(|t| t.0);
    let both =
        v.settings.iter().filter(|s| at(s, |s| s.payer) == at(main, |s| s.payer) && at(s, |s| s.receiver) == at(main, |s| s.receiver));
    let _ = writeln!(
        out,
        "both stay so in {} of {count} settings; the settings are a list, not a sample: shares are no probabilities",
        both.count()
    );

    let _ = writeln!(out, "\nHow often at the top; rank 1 pays most, {} receives most", regions.len());
    let share = |k: usize| format!("{k} ({:.0} %)", 100.0 * k as f64 / count as f64);
    let mut listed: Vec<(usize, usize, usize)> = v.counts();
    listed.extend(v.follow.iter().filter(|r| !listed.iter().any(|c| c.0 == **r)).map(|&r| (r, 0, 0)).collect::<Vec<_>>());
    let rows: Vec<Vec<String>> = listed
        .into_iter()
        .map(|(r, pays, receives)| {
            let ([least, median, most], [first, last]) = v.range(r);
            let net = [least, median, most].map(|n| fixed(n.value, d));
            let mut row = vec![regions[r].clone(), share(pays), share(receives)];
            row.extend(net);
            row.push(format!("{first}-{last}"));
            row
        })
        .collect();
    let header = names(&["region", "pays most", "receives most", "least net", "median", "most", "rank"]);
    grid(&mut out, &header, &rows);

    what_changes(&mut out, v, &regions, d);
    one_change(&mut out, v, &regions, d);
    for note in &v.left_out {
        let _ = writeln!(out, "  left out: {}", crate::escape::line(note));
    }
    if v.settings.iter().any(|s| [s.payer, s.receiver].iter().flatten().any(|t| !t.1)) {
        let _ = writeln!(out, "  ? the bounds do not prove this region ahead of the next");
    }
    out
}

/// A setting in words.
fn describe(v: &Sensitivity, s: &Setting) -> String {
    v.axes(s).iter().map(|(axis, choice)| format!("{axis} {choice}")).collect::<Vec<_>>().join(", ")
}

fn what_changes(out: &mut String, v: &Sensitivity, regions: &[String], d: usize) {
    let _ = writeln!(out, "\nWhat changes it: settings with each choice in which the main setting's top payer and receiver stay");
    let mut header = names(&["choice", "settings", "payer stays", "mostly", "receiver stays", "mostly"]);
    header.extend(v.follow.iter().map(|&r| format!("{}, median net", regions[r])));
    let rows: Vec<Vec<String>> = v
        .effects()
        .into_iter()
        .map(|e| {
            let share = |same: usize| format!("{:.0} %", 100.0 * same as f64 / e.settings as f64);
            let mostly = |r: Option<usize>| r.map_or("nobody".into(), |r| regions[r].clone());
            let mut row = vec![format!("{} {}", e.axis, e.choice), e.settings.to_string(), share(e.payer.0), mostly(e.payer.1)];
            row.extend([share(e.receiver.0), mostly(e.receiver.1)]);
            row.extend(e.median.iter().map(|m| fixed(m.value, d)));
            row
        })
        .collect();
    grid(out, &header, &rows);
}

/// Settings with the main cost source and price, then those with the main duty and division.
fn one_change(out: &mut String, v: &Sensitivity, regions: &[String], d: usize) {
    let main = v.main();
    let mut header = names(&["setting", "pays most", "receives most"]);
    header.extend(v.follow.iter().map(|&r| format!("{}, net (rank)", regions[r])));
    header.push("all payments".into());
    let line = |s: &Setting, name: String| {
        let mut row = vec![name, top(regions, s.payer), top(regions, s.receiver)];
        row.extend(v.follow.iter().map(|&r| format!("{} ({})", fixed(s.net[r].value, d), rank(s, r))));
        row.push(fixed(s.total.value, d));
        row
    };
    let of_price = |s: &&Setting| s.cost == main.cost && (s.price == main.price || s.price == "fund" || main.price == "fund");
    let mut seen: Vec<(String, &str)> = Vec::new();
    let rows: Vec<Vec<String>> = v
        .settings
        .iter()
        .filter(of_price)
        .filter(|s| {
            let fresh = !seen.contains(&(s.division.clone(), s.duty.name()));
            seen.push((s.division.clone(), s.duty.name()));
            fresh
        })
        .map(|s| line(s, format!("{} by {}", s.duty.name(), s.division)))
        .collect();
    let _ = writeln!(out, "\nDuties by division, at cost source {}, price {}", v.costs[main.cost], main.price);
    grid(out, &header, &rows);
    let rows: Vec<Vec<String>> = v
        .settings
        .iter()
        .filter(|s| s.duty == main.duty && s.division == main.division)
        .map(|s| line(s, format!("price {}, cost {}", s.price, v.costs[s.cost])))
        .collect();
    let _ = writeln!(out, "\nPrices and cost sources, at duty {} by {}", main.duty.name(), main.division);
    grid(out, &header, &rows);
}

/// Every setting, the counts and the effects.
pub fn json(report: &Report, v: &Sensitivity) -> Value {
    let regions = report.regions();
    let name = |t: Option<usize>| t.map_or(Value::Null, |r| json!(regions[r]));
    let peak = |t: Top| t.map_or(Value::Null, |(r, sure)| json!({"region": regions[r], "proven": sure}));
    // equals within their bounds have no rank, only a range of them
    let proven = |s: &Setting| s.ranks.iter().map(|[least, most]| json!((least == most).then_some(least))).collect::<Value>();
    let settings: Vec<Value> = v
        .settings
        .iter()
        .map(|s| {
            json!({"division": s.division, "duty": s.duty.name(), "cost": v.costs[s.cost], "price": s.price, "net": values(&s.net),
                "net_bound": bounds(&s.net), "rank": proven(s), "rank_range": s.ranks, "total": s.total.value, "total_bound": s.total.bound,
                "top_payer": peak(s.payer), "top_receiver": peak(s.receiver)})
        })
        .collect();
    let counts: Vec<Value> =
        v.counts().into_iter().map(|(r, p, q)| json!({"region": regions[r], "pays_most": p, "receives_most": q})).collect();
    let effects: Vec<Value> = v
        .effects()
        .into_iter()
        .map(|e| {
            json!({"axis": e.axis, "choice": e.choice, "settings": e.settings, "same_payer": e.payer.0, "mostly_payer": name(e.payer.1),
                "same_receiver": e.receiver.0, "mostly_receiver": name(e.receiver.1), "median_net": values(&e.median), "median_net_bound": bounds(&e.median)})
        })
        .collect();
    json!({"unit": v.unit, "main": v.main, "follow": v.follow.iter().map(|&r| regions[r].clone()).collect::<Vec<_>>(), "settings": settings,
        "counts": counts, "effects": effects, "left_out": v.left_out})
}

/// One line for each setting and region, and one for each setting.
pub fn csv(report: &Report, v: &Sensitivity, stamp: &str) -> Vec<(&'static str, String)> {
    let regions = report.regions();
    let head = format!("{stamp}setting [net in {}; positive receives]", v.unit);
    let cells = |list: Vec<String>| line(list.iter().map(String::as_str));
    let mut long = line([head.as_str(), "division", "duty", "cost", "price", "region", "net", "bound", "least rank", "largest rank"]);
    let mut short = line([
        head.as_str(),
        "division",
        "duty",
        "cost",
        "price",
        "top payer",
        "payer proven",
        "top receiver",
        "receiver proven",
        "all payments",
        "bound",
    ]);
    for (k, s) in v.settings.iter().enumerate() {
        let mut choices = vec![k.to_string()];
        choices.extend(v.axes(s).map(|(_, choice)| choice));
        for (r, net) in s.net.iter().enumerate() {
            let [least, most] = s.ranks[r];
            let own = vec![regions[r].clone(), number(net.value), number(net.bound), least.to_string(), most.to_string()];
            long += &cells([choices.clone(), own].concat());
        }
        let peak = |t: Top| t.map_or([String::new(), String::new()], |(r, sure)| [regions[r].clone(), sure.to_string()]);
        let own = [peak(s.payer).to_vec(), peak(s.receiver).to_vec(), vec![number(s.total.value), number(s.total.bound)]].concat();
        short += &cells([choices, own].concat());
    }
    vec![("sensitivity.csv", long), ("settings.csv", short)]
}
