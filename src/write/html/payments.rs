//! Who pays and who receives: net payments, the largest single ones, and every setting that was computed.

use maud::{Markup, html};
use serde_json::Value;

use super::colours::side;
use super::data::{Data, digits, largest, shown, signed};
use crate::write::words::{say, translated};

/// Single payments that are shown.
const LARGEST: usize = 12;

/// A bar to the left or the right of the middle.
pub(super) fn both_ways(data: &Data, k: usize, v: f64, most: f64, decimals: usize) -> Markup {
    let width = if most > 0.0 && v.is_finite() { 50.0 * v.abs() / most } else { 0.0 };
    let left = if v < 0.0 { 50.0 - width } else { 50.0 };
    html! {
        li data-r=(k) {
            span.nm { (data.region(k)) }
            span.ax { i class=(if v < 0.0 { "neg" } else { "pos" }) style=(format!("left:{left:.2}%;width:{width:.2}%")) {} }
            b data-v=(v) { (signed(v, decimals)) }
        }
    }
}

/// Payments, where there are any.
pub(super) fn section(data: &Data) -> Markup {
    let (net, unit) = (data.list("net"), data.at("payments_unit").and_then(Value::as_str).unwrap_or_default());
    let decimals = digits(&net);
    let most = largest(net.iter().copied());
    let mut order = data.shown.clone();
    order.sort_by(|a, b| net[*a].total_cmp(&net[*b]));
    let word = |key: &str| data.at(key).and_then(Value::as_str).map(translated);
    html! {
        section.card #pay aria-labelledby="h-pay" {
            h2 #h-pay { (say("Who pays, who receives", "谁支付，谁受偿")) }
            p.sub {
                (say("Net compensation: duty times price; positive receives. Payments add up to zero", "净补偿：责任量乘以价格，正为受偿，收支相抵为零")) ", " (crate::write::words::unit(unit)) ". "
                @if let Some(duty) = word("duty") { (say("Duty: ", "责任：")) (duty) ". " }
                @if let Some(price) = word("price_rule") { (say("Price: ", "价格：")) (price) "." }
            }
            (data.left_out())
            div.two.flat {
                ul.b.pays #pays { @for k in order { (both_ways(data, k, net[k], most, decimals)) } }
                div {
                    h3 { (say("Largest single payments", "最大单笔支付")) }
                    ul.b.ranked { (single(data)) }
                }
            }
            (settings(data))
        }
    }
}

fn single(data: &Data) -> Markup {
    let mut all: Vec<(usize, usize, f64)> = Vec::new();
    for &k in &data.shown {
        let row = data.row("payments", k);
        all.extend(data.shown.iter().filter(|&&l| l != k).filter_map(|&l| row.get(l).filter(|v| **v > 0.0).map(|v| (k, l, *v))));
    }
    all.sort_by(|a, b| b.2.total_cmp(&a.2));
    all.truncate(LARGEST);
    let numbers: Vec<f64> = all.iter().map(|p| p.2).collect();
    let decimals = digits(&numbers);
    html! { @for (k, l, v) in &all { li data-r=(k) data-q=(l) {
        span.nm { (data.region(*k)) " → " (data.region(*l)) }
        span.tr { i style=(format!("width:{:.2}%", 100.0 * v / numbers[0])) {} }
        b data-v=(v) { (shown(*v, decimals)) }
    } } }
}

/// Net payments under every setting of the sensitivity, for the regions that it follows.
fn settings(data: &Data) -> Markup {
    let Some(Value::Array(settings)) = data.at("sensitivity.settings") else { return html! {} };
    let regions = super::data::strings(data.at("regions"));
    let follow: Vec<usize> =
        super::data::strings(data.at("sensitivity.follow")).iter().filter_map(|name| regions.iter().position(|r| r == name)).collect();
    let net = |s: &Value, k: usize| s.get("net").and_then(|n| n.get(k)).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let numbers: Vec<f64> = settings.iter().flat_map(|s| follow.iter().map(move |&k| net(s, k))).collect();
    let most = largest(numbers.iter().copied());
    let decimals = digits(&numbers);
    let costs: std::collections::BTreeSet<&str> = settings.iter().filter_map(|s| s.get("cost").and_then(Value::as_str)).collect();
    // one cost source needs no column
    let axes: Vec<(&str, &str, &str)> =
        [("division", "划分", "division"), ("duty", "责任", "duty"), ("cost", "成本", "cost"), ("price", "价格", "price")]
            .into_iter()
            .filter(|a| a.2 != "cost" || costs.len() > 1)
            .collect();
    let word = |s: &Value, key: &str| translated(s.get(key).and_then(Value::as_str).unwrap_or_default());
    html! {
        details {
            summary #h-set { (settings.len()) " " (say("settings: net payment of the regions at the top", "种设定：居首地区的净补偿")) }
            (data.whole())
            div.scroll tabindex="0" role="region" aria-labelledby="h-set" { table.sort {
                thead { tr { @for (en, zh, _) in &axes { th scope="col" { button type="button" { (say(en, zh)) } } } @for &k in &follow { th scope="col" { button type="button" { (data.region(k)) } } } } }
                tbody { @for s in settings { tr {
                    th scope="row" { (word(s, "division")) } @for (_, _, key) in &axes[1..] { td { (word(s, key)) } }
                    @for &k in &follow { @let v = net(s, k); td class={ "c " (side(v, most)) } data-v=(v) { (signed(v, decimals)) } }
                } } }
            } }
        }
    }
}
