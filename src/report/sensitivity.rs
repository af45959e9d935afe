//! The sensitivity of payments as sheets: who pays and receives most, how often, and what changes it.

use serde_json::{Value, json};

use super::Report;
use super::document::{Document, bounds, values};
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::compensation::{Sensitivity, Setting, decomposition};

type Top = Option<(usize, bool)>;

/// The region at the top, with `?` where its lead is within the bounds.
fn top(regions: &[String], at: Top) -> Cell {
    at.map_or("nobody".into(), |(r, sure)| if sure { regions[r].as_str().into() } else { format!("{} ?", regions[r]).into() })
}

/// The rank of a region, and those that the bounds allow where they are several.
fn rank(s: &Setting, r: usize) -> String {
    match s.ranks[r] {
        [least, most] if least == most => least.to_string(),
        [least, most] => format!("{}, {least}-{most}", s.rank[r]),
    }
}

/// Adds the sensitivity to a document.
pub(super) fn add<'r>(report: &'r Report, v: &'r Sensitivity, d: &mut Document<'r>) {
    d.put("sensitivity", json(report, v));
    let regions = report.regions();
    d.sheets.extend(files(&regions, v));
    d.sheets.push(summary(&regions, v));
    d.sheets.push(at_the_top(&regions, v));
    d.sheets.push(effects(&regions, v));
    d.sheets.extend(variance(v));
    let main = v.main();
    let of_price = |s: &&Setting| s.cost == main.cost && (s.price == main.price || s.price == "fund" || main.price == "fund");
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let fresh = |s: &&'r Setting| {
        let fresh = !seen.contains(&(&s.division, s.duty.name()));
        seen.push((&s.division, s.duty.name()));
        fresh
    };
    let duties = v.settings.iter().filter(of_price).filter(fresh).map(|s| (format!("{} by {}", s.duty.name(), s.division), s)).collect();
    let title = format!("Duties by division, at cost source {}, price {}", v.costs[main.cost], main.price);
    d.sheets.push(one_change(&regions, v, duties).asked(title));
    let same = v.settings.iter().filter(|s| s.duty == main.duty && s.division == main.division);
    let prices = same.map(|s| (format!("price {}, cost {}", s.price, v.costs[s.cost]), s)).collect();
    let unproven = v.settings.iter().any(|s| [s.payer, s.receiver].iter().flatten().any(|t| !t.1));
    d.sheets.push(
        one_change(&regions, v, prices)
            .asked(format!("Prices and cost sources, at duty {} by {}", main.duty.name(), main.division))
            .notes(v.left_out.iter().map(|note| format!("left out: {note}")))
            .notes(unproven.then(|| "? the bounds do not prove this region ahead of the next".to_string())),
    );
}

fn summary(regions: &[String], v: &Sensitivity) -> Sheet<'static> {
    let (main, count) = (v.main(), v.settings.len());
    let described = v.axes(main).iter().map(|(axis, choice)| format!("{axis} {choice}")).collect::<Vec<_>>().join(", ");
    let name = |t: Top| if let Cell::Word(name) = top(regions, t) { name } else { String::new() };
    let at = |s: &Setting| [s.payer, s.receiver].map(|t| t.map(|t| t.0));
    let both = v.settings.iter().filter(|s| at(s) == at(main)).count();
    let held: Vec<[bool; 2]> = v.settings.iter().filter_map(|s| s.held).collect();
    let stays = |side: usize| held.iter().filter(|h| h[side]).count();
    let over = (!held.is_empty()).then(|| {
        let ranged = v.settings.iter().filter(|s| v.ranged[s.cost]).count();
        format!(
            "over low and high of the costs, at any cost between them: the payer at the top stays in {} and the receiver in {} of {} settings; \
             {ranged} settings have costs with low and high, and the fund says nothing over them",
            stays(0),
            stays(1),
            held.len()
        )
    });
    Sheet::of_columns(Axis::of("", Vec::new()), Layout::Beside, Vec::new())
        .asked(format!("Sensitivity of net payments, {}: {count} settings", v.unit))
        .notes([
            format!("main setting ({described}): {} pays most, {} receives most", name(main.payer), name(main.receiver)),
            format!("both stay so in {both} of {count} settings; the settings are a list, not a sample: shares are no probabilities"),
        ])
        .notes(over)
}

fn at_the_top(regions: &[String], v: &Sensitivity) -> Sheet<'static> {
    let share = |k: usize| Cell::Word(format!("{k} ({:.0} %)", 100.0 * k as f64 / v.settings.len() as f64));
    let mut listed: Vec<(usize, usize, usize)> = v.counts();
    listed.extend(v.follow.iter().filter(|r| !listed.iter().any(|c| c.0 == **r)).map(|&r| (r, 0, 0)).collect::<Vec<_>>());
    let rows: Vec<Vec<Cell>> = listed
        .iter()
        .map(|&(r, pays, receives)| {
            let (net, [first, last]) = v.range(r);
            let net = net.map(|n| Cell::Number(n.value));
            [share(pays), share(receives)].into_iter().chain(net).chain([format!("{first}-{last}").into()]).collect()
        })
        .collect();
    let columns = Axis::plain(&["pays most", "receives most", "least net", "median", "most", "rank"]);
    let names = listed.iter().map(|l| regions[l.0].clone()).collect();
    Sheet::new(Axis::of("region", names), columns, Layout::Apart, move |k| rows[k].clone())
        .asked(format!("How often at the top; rank 1 pays most, {} receives most", regions.len()))
}

fn effects(regions: &[String], v: &Sensitivity) -> Sheet<'static> {
    let mut columns = ["settings", "payer stays", "mostly", "receiver stays", "mostly"].map(String::from).to_vec();
    columns.extend(v.follow.iter().map(|&r| format!("{}, median net", regions[r])));
    let all = v.effects();
    let names = all.iter().map(|e| format!("{} {}", e.axis, e.choice)).collect();
    let mostly = |r: Option<usize>| Cell::Word(r.map_or("nobody".into(), |r| regions[r].clone()));
    let rows: Vec<Vec<Cell>> = all
        .iter()
        .map(|e| {
            let share = |same: usize| Cell::Word(format!("{:.0} %", 100.0 * same as f64 / e.settings as f64));
            let stay = [share(e.payer.0), mostly(e.payer.1), share(e.receiver.0), mostly(e.receiver.1)];
            [e.settings.into()].into_iter().chain(stay).chain(e.median.iter().map(|m| Cell::Bounded(*m))).collect()
        })
        .collect();
    Sheet::new(Axis::of("choice", names), Axis::of("", columns), Layout::Apart, move |k| rows[k].clone())
        .asked("What changes it: settings with each choice in which the main setting's top payer and receiver stay")
}

/// What each choice has of the variance of ranks.
fn variance(v: &Sensitivity) -> Option<Sheet<'static>> {
    let found = decomposition(v)?;
    let percent = |share: f64| Cell::Word(format!("{:.1} %", 100.0 * share + 0.0));
    let rows: Vec<Vec<Cell>> = found.components.iter().map(|c| vec![c.levels.into(), percent(c.alone), percent(c.total)]).collect();
    let names = found.components.iter().map(|c| c.axis.to_string()).collect();
    let title = format!("Variance of ranks by choice, over a full grid of {} settings (shares, rounded; no bound)", found.cells);
    let sheet =
        Sheet::new(Axis::of("choice", names), Axis::plain(&["levels", "alone", "with others"]), Layout::Apart, move |k| rows[k].clone());
    let left = (!found.left_out.is_empty()).then(|| format!("not in the grid: {}", found.left_out.join(", ")));
    let together = format!("choices together, beyond what each makes alone: {:.1} %", 100.0 * found.together + 0.0);
    Some(sheet.asked(title).notes([together]).notes(left))
}

/// Settings that differ from the main one in one respect.
fn one_change<'r>(regions: &[String], v: &'r Sensitivity, settings: Vec<(String, &'r Setting)>) -> Sheet<'r> {
    let mut columns = ["pays most", "receives most"].map(String::from).to_vec();
    columns.extend(v.follow.iter().flat_map(|&r| [format!("{}, net", regions[r]), "rank".into()]));
    columns.push("all payments".into());
    let (names, settings): (Vec<String>, Vec<&Setting>) = settings.into_iter().unzip();
    let regions = regions.to_vec();
    let cells = move |k: usize| {
        let s = settings[k];
        let mut row = vec![top(&regions, s.payer), top(&regions, s.receiver)];
        row.extend(v.follow.iter().flat_map(|&r| [s.net[r].into(), rank(s, r).into()]));
        row.push(s.total.into());
        row
    };
    Sheet::new(Axis::of("setting", names), Axis::of("", columns), Layout::Apart, cells)
}

/// Every setting, the counts and the effects.
fn json(report: &Report, v: &Sensitivity) -> Value {
    let regions = report.regions();
    let name = |t: Option<usize>| t.map_or(Value::Null, |r| json!(regions[r]));
    let peak = |t: Top| t.map_or(Value::Null, |(r, sure)| json!({"region": regions[r], "proven": sure}));
    // equals within their bounds have no rank, only a range of them
    let proven = |s: &Setting| s.ranks.iter().map(|[least, most]| json!((least == most).then_some(least))).collect::<Value>();
    let setting = |s: &Setting| {
        let mut own = json!({"division": s.division, "duty": s.duty.name(), "cost": v.costs[s.cost], "price": s.price, "net": values(&s.net),
            "net_bound": bounds(&s.net), "rank": proven(s), "rank_range": s.ranks, "total": s.total.value, "total_bound": s.total.bound,
            "top_payer": peak(s.payer), "top_receiver": peak(s.receiver)});
        if let Some([payer, receiver]) = s.held {
            own["over_low_and_high"] = json!({"payer_stays": payer, "receiver_stays": receiver});
        }
        own
    };
    let settings: Vec<Value> = v.settings.iter().map(setting).collect();
    let counts: Vec<Value> =
        v.counts().into_iter().map(|(r, p, q)| json!({"region": regions[r], "pays_most": p, "receives_most": q})).collect();
    let effect = |e: crate::compensation::Effect| {
        json!({"axis": e.axis, "choice": e.choice, "settings": e.settings, "same_payer": e.payer.0, "mostly_payer": name(e.payer.1),
            "same_receiver": e.receiver.0, "mostly_receiver": name(e.receiver.1), "median_net": values(&e.median), "median_net_bound": bounds(&e.median)})
    };
    let effects: Vec<Value> = v.effects().into_iter().map(effect).collect();
    json!({"unit": v.unit, "main": v.main, "follow": v.follow.iter().map(|&r| regions[r].clone()).collect::<Vec<_>>(), "settings": settings,
        "counts": counts, "effects": effects, "variance_of_ranks": variance_json(v), "left_out": v.left_out})
}

fn variance_json(v: &Sensitivity) -> Value {
    let object = |d: crate::compensation::Decomposition| {
        let axes: Vec<Value> =
            d.components.iter().map(|c| json!({"axis": c.axis, "levels": c.levels, "alone": c.alone, "with_others": c.total})).collect();
        json!({"axes": axes, "together": d.together, "settings": d.cells, "not_in_the_grid": d.left_out})
    };
    decomposition(v).map_or(Value::Null, object)
}

/// One line for each setting and region, and one for each setting.
fn files<'r>(regions: &[String], v: &'r Sensitivity) -> [Sheet<'r>; 2] {
    let unit = format!("net in {}; positive receives", v.unit);
    let axes = ["setting", "division", "duty", "cost", "price"];
    let choices = |k: usize| std::iter::once(k.to_string()).chain(v.axes(&v.settings[k]).map(|(_, choice)| choice)).collect::<Vec<_>>();
    let (own, width) = (regions.to_vec(), regions.len());
    let named = [&axes[..], &["region"]].concat();
    let rows = Axis::made(&named, v.settings.len() * width, move |k| [choices(k / width), vec![own[k % width].clone()]].concat());
    let cells = move |k: usize| {
        let (s, r) = (&v.settings[k / width], k % width);
        vec![s.net[r].into(), s.ranks[r][0].into(), s.ranks[r][1].into()]
    };
    let columns = Axis::columns([("net", "bound"), ("least rank", ""), ("largest rank", "")]);
    let long = Sheet::new(rows, columns, Layout::Beside, cells).file("sensitivity", "setting", &unit).units(|_, _| v.unit.clone());
    let own = regions.to_vec();
    let ranged = v.ranged.contains(&true);
    let cells = move |k: usize| {
        let peak = |t: Top| [t.map(|t| own[t.0].as_str()).into(), t.map(|t| t.1).into()];
        let s = &v.settings[k];
        let held = if ranged { [0, 1].map(|side| s.held.map(|h| h[side]).into()).to_vec() } else { Vec::new() };
        [peak(s.payer).to_vec(), peak(s.receiver).to_vec(), vec![s.total.into()], held].concat()
    };
    let columns = ["top payer", "payer proven", "top receiver", "receiver proven"].map(|c| (c, ""));
    let over = ["payer stays over low and high", "receiver stays over low and high"].map(|c| (c, ""));
    let columns = Axis::columns(columns.into_iter().chain([("all payments", "bound")]).chain(over.into_iter().filter(|_| ranged)));
    let short = Sheet::new(Axis::made(&axes, v.settings.len(), choices), columns, Layout::Beside, cells);
    [long, short.file("settings", "setting", &unit).units(|_, _| v.unit.clone())]
}
