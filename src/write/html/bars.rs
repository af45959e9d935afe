//! Lists of bars: key figures, shares, destinations, principles side by side, from production to consumption. Bars are HTML, so
//! that their text keeps its size on a telephone.

use maud::{Markup, html};

use super::data::{Data, digits, largest, shown, signed};
use crate::write::words::{say, translated};

fn end(numbers: &[f64], most: bool) -> Option<usize> {
    let known = (0..numbers.len()).filter(|&k| numbers[k].is_finite());
    if most { known.max_by(|a, b| numbers[*a].total_cmp(&numbers[*b])) } else { known.min_by(|a, b| numbers[*a].total_cmp(&numbers[*b])) }
}

/// Totals and both ends of net outflow and of payments.
pub(super) fn key_figures(data: &Data) -> Markup {
    let (direct, net) = (data.list("direct"), data.net_outflow());
    let total: f64 = direct.iter().sum();
    let money = data.at("payments_unit").and_then(|v| v.as_str()).unwrap_or_default();
    let one = |en: &str, zh: &str, region: Option<usize>, v: f64, decimals: usize, unit: &str, sign: bool| {
        let number = if sign { signed(v, decimals) } else { shown(v, decimals) };
        html! {
            div.kpi {
                p { (say(en, zh)) }
                @if let Some(k) = region { p.v { (data.region(k)) } p { (number) " " (crate::write::words::unit(unit)) } }
                @else { p.v { (number) " " small { (crate::write::words::unit(unit)) } } }
            }
        }
    };
    let at_end = |numbers: &[f64], most: bool, en: &str, zh: &str, unit: &str| {
        end(numbers, most).map(|k| one(en, zh, Some(k), numbers[k], digits(numbers), unit, true))
    };
    html! {
        section.kpis aria-label="Key figures" data-zh-label="主要数字" {
            (one("Direct emissions", "直接排放", None, total, digits(&[total]), &data.unit, false))
            @if data.count() > 1 {
                @if let Some(card) = at_end(&net, true, "Largest net source for others", "最大净流出", &data.unit) { (card) }
                @if let Some(card) = at_end(&net, false, "Largest net cause elsewhere", "最大净流入", &data.unit) { (card) }
                @if data.has_payments() {
                    @let paid = data.list("net");
                    @if let Some(card) = at_end(&paid, false, "Pays most, at these costs", "净支付最多（按所列成本）", money) { (card) }
                    @if let Some(card) = at_end(&paid, true, "Receives most, at these costs", "净受偿最多（按所列成本）", money) { (card) }
                }
            }
        }
    }
}

/// Shares of own, other regions' and foreign final demand.
pub(super) fn shares(data: &Data) -> Markup {
    let parts = [
        ("own", "own final demand", "本地区最终需求", "c-own"),
        ("other", "other regions' final demand", "其他地区最终需求", "c-oth"),
        ("export", "exports abroad", "出口", "c-exp"),
    ];
    let shares: Vec<_> =
        parts.iter().filter_map(|(key, en, zh, class)| data.number(&format!("shares.{key}")).map(|v| (v, *en, *zh, *class))).collect();
    let per_cent = |v: f64| shown(100.0 * v, 2);
    let read: Vec<String> = shares.iter().map(|(v, en, ..)| format!("{en} {} %", per_cent(*v))).collect();
    let read_zh: Vec<String> = shares.iter().map(|(v, _, zh, _)| format!("{zh} {} %", per_cent(*v))).collect();
    html! {
        @if let [(own, ..), (other, ..), ..] = shares[..] {
            section.card aria-labelledby="h-split" {
                h2 #h-split {
                    (say(
                        &format!("{} % of emissions serve demand in the same region, {} % demand in another one", shown(100.0 * own, 1), shown(100.0 * other, 1)),
                        &format!("{} % 的排放服务本地区需求，{} % 服务其他地区需求", shown(100.0 * own, 1), shown(100.0 * other, 1)),
                    ))
                }
                div.split role="img" aria-label=(read.join(", ")) data-zh-label=(read_zh.join("，")) {
                    @for (v, _, _, class) in &shares { i class=(class) style=(format!("width:{:.3}%", 100.0 * v.clamp(0.0, 1.0))) {} }
                }
                ul.key { @for (v, en, zh, class) in &shares { li { i class=(class) {} span { (say(en, zh)) " " b data-v=(v) { (per_cent(*v)) " %" } } } } }
            }
        }
    }
}

/// Direct emissions of each region by destination.
pub(super) fn destinations(data: &Data) -> Markup {
    let direct = data.list("direct");
    let most = largest(data.shown.iter().map(|&k| direct[k]));
    let decimals = digits(&direct);
    let mut order = data.shown.clone();
    order.sort_by(|a, b| direct[*b].total_cmp(&direct[*a]));
    let row = |k: usize| {
        let flows = data.row("flow", k);
        let own = flows[k];
        let others: f64 = (0..data.count()).filter(|&l| l != k).map(|l| flows[l]).sum();
        let outside: f64 = flows[data.count()..].iter().sum();
        let all = own + others + outside;
        let part = |v: f64, of: f64| if of > 0.0 { (100.0 * v / of).clamp(0.0, 100.0) } else { 0.0 };
        let parts = [("c-own", own), ("c-oth", others), ("c-exp", outside)];
        let per_cent = parts.map(|(_, v)| shown(part(v, all), 0)).join(" / ");
        html! {
            li data-r=(k) {
                span.nm { (data.region(k)) }
                span.tr { @for (class, v) in parts { i class=(class) style=(format!("--a:{:.3};--s:{:.3}", part(v, most), part(v, all))) {} } }
                b { span.abs data-v=(direct[k]) { (shown(direct[k], decimals)) } span.pct { (per_cent) } }
            }
        }
    };
    html! {
        section.card aria-labelledby="h-st" {
            h2 #h-st { (say("For whom each region emits", "各地区为谁排放")) }
            p.sub { (say("Direct emissions by destination", "直接排放按去向")) ", " (crate::write::words::unit(&data.unit)) "; " (say("as shares: own / other regions / exports, %", "份额：本地区 / 其他地区 / 出口，%")) }
            (data.left_out())
            div.ctl { fieldset.seg { legend { "Scale / 尺度" }
                label { input type="radio" name="st" id="st-abs" checked; span { (crate::write::words::unit(&data.unit)) } }
                label { input type="radio" name="st" id="st-pct"; span { (say("Shares", "份额")) } }
            } }
            ul.b.stacked { @for k in order { (row(k)) } }
        }
    }
}

const MARKS: [(&str, &str); 4] = [("production", "sq"), ("consumption", "ci"), ("shared", "di"), ("income", "tr")];

/// Where each region stands by the main principles.
pub(super) fn principles(data: &Data) -> Markup {
    let accounts: Vec<(&str, &str, Vec<f64>)> = MARKS
        .iter()
        .map(|(name, mark)| (*name, *mark, data.list(&format!("responsibility_without_households.{name}"))))
        .filter(|(_, _, list)| list.len() == data.count())
        .collect();
    let of = |k: usize| accounts.iter().map(move |a| a.2[k]);
    let most = largest(data.shown.iter().flat_map(|&k| of(k)));
    let low = data.shown.iter().flat_map(|&k| of(k)).filter(|v| v.is_finite()).fold(0.0, f64::min);
    let place = |v: f64| if most > low { 100.0 * (v - low) / (most - low) } else { 0.0 };
    let main = accounts.iter().find(|a| a.0 == "shared").or(accounts.first());
    let mut order = data.shown.clone();
    if let Some(main) = main {
        order.sort_by(|a, b| main.2[*b].total_cmp(&main.2[*a]));
    }
    let decimals = main.map_or(1, |m| digits(&m.2));
    let row = |k: usize| {
        let (left, right) = of(k).filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        html! {
            li data-r=(k) {
                span.nm { (data.region(k)) }
                span.trk {
                    i style=(format!("left:{:.2}%;width:{:.2}%", place(left), place(right) - place(left))) {}
                    @for (name, mark, list) in &accounts {
                        @if list[k].is_finite() {
                            svg class={ "mk " (mark) } viewBox="-6 -6 12 12" style=(format!("left:{:.2}%", place(list[k]))) data-v=(list[k]) {
                                title { (format!("{name} {}", shown(list[k], decimals))) }
                                use href={ "#" (mark) } {}
                            }
                        }
                    }
                }
                b { @if let Some(main) = main { (shown(main.2[k], decimals)) } }
            }
        }
    };
    html! {
        section.card aria-labelledby="h-dot" {
            h2 #h-dot { (say("Principles side by side, one total", "不同原则，同一总量")) }
            p.sub { (say("Responsibility of each region without households; the number is that of ", "各地区责任，不含居民直接排放；数字为")) @if let Some(m) = main { (translated(m.0)) } ", " (crate::write::words::unit(&data.unit)) }
            (data.left_out())
            svg width="0" height="0" style="position:absolute" aria-hidden="true" { defs {
                rect id="sq" x="-4.2" y="-4.2" width="8.4" height="8.4" {}
                circle id="ci" r="4.4" {}
                path id="di" d="M0-5.4 5.4 0 0 5.4-5.4 0Z" {}
                path id="tr" d="M0-4.8 4.8 4-4.8 4Z" {}
            } }
            ul.key { @for (name, mark, _) in &accounts { li {
                svg class=(mark) viewBox="-6 -6 12 12" aria-hidden="true" { use href={ "#" (mark) } {} }
                (translated(name))
            } } }
            ul.b { @for k in order { (row(k)) } }
        }
    }
}

/// From production to consumption for one region; the script shows another.
pub(super) fn waterfall(data: &Data) -> Markup {
    let direct = data.list("direct");
    let first = end(&direct, true).unwrap_or(0);
    html! {
        section.card aria-labelledby="h-wa" {
            h2 #h-wa { (say("From production to consumption: ", "从生产到消费：")) span.focus { (data.region(first)) } }
            p.sub { (crate::write::words::unit(&data.unit)) ". " (say("Take away what is emitted for others, add what is caused elsewhere.", "减去为其他地区的排放，加上在其他地区引起的排放。")) }
            div.ctl.js-only { label { (say("Region", "地区")) " " select #region { @for &k in &data.shown {
                option value=(k) data-en=(data.label(k)) data-zh=(data.label_zh(k)) selected[k == first] { (data.label(k)) }
            } } } }
            ul.b.water #water { @for bar in steps(data, first) { (bar) } }
            h3.js-only #h-pa { (say("Largest partners: left for them, right for it", "主要往来地区：左为其排放，右由其引起")) }
            ul.b.pays.js-only #partners {}
        }
    }
}

fn steps(data: &Data, k: usize) -> Vec<Markup> {
    let flows = data.row("flow", k);
    let n = data.count();
    let made: f64 = flows.iter().sum();
    let others: f64 = (0..n).filter(|&l| l != k).map(|l| flows[l]).sum();
    let outside: f64 = flows[n..].iter().sum();
    let caused: f64 = (0..n).filter(|&l| l != k).map(|l| data.entry("flow", l, k)).sum();
    let used = flows[k] + caused;
    let most = largest([made, used, flows[k] + others].into_iter());
    let part = |v: f64| if most > 0.0 { 100.0 * v / most } else { 0.0 };
    let decimals = digits(&[made, used]);
    let bar = |class: &str, en: &str, zh: &str, from: f64, to: f64, v: f64, sign: bool| {
        let (left, width) = (part(from.min(to)).max(0.0), part((to - from).abs()));
        html! { li class=(class) { span.nm { (say(en, zh)) } span.tr { i style=(format!("left:{left:.2}%;width:{width:.2}%")) {} } b data-v=(v) { (if sign { signed(v, decimals) } else { shown(v, decimals) }) } } }
    };
    vec![
        bar("t", "Production: direct emissions", "生产：直接排放", 0.0, made, made, false),
        bar("m", "for other regions' demand", "为其他地区需求", made, made - others, -others, true),
        bar("m", "for exports and the rest", "为出口及其他", made - others, made - others - outside, -outside, true),
        bar("p", "caused in other regions", "在其他地区引起", flows[k], used, caused, true),
        bar("t", "Consumption", "消费", 0.0, used, used, false),
    ]
}
