//! A map of tiles, one of equal size for each region, coloured by a measure of choice.

use maud::{Markup, html};

use super::colours::{side, step};
use super::data::{Data, digits, largest, shown, signed};
use super::tiles;
use crate::write::words::say;

const TILE: usize = 62;
/// Between tiles; the styles of page and files give a tile its size, 58.
const GAP: usize = 4;

/// A measure: id, both names, numbers by region, whether they go both ways.
struct Measure {
    id: &'static str,
    en: &'static str,
    zh: &'static str,
    unit: String,
    numbers: Vec<f64>,
    both: bool,
}

fn measures(data: &Data) -> Vec<Measure> {
    let account = |name: &str| data.list(&format!("responsibility_without_households.{name}"));
    let money = data.at("payments_unit").and_then(|v| v.as_str()).unwrap_or_default();
    let one = |id, en, zh, unit: &str, numbers, both| Measure { id, en, zh, unit: unit.into(), numbers, both };
    let all = vec![
        one("net", "Net outflow", "净流出", &data.unit, data.net_outflow(), true),
        one("prod", "Production", "生产", &data.unit, data.list("direct"), false),
        one("cons", "Consumption", "消费", &data.unit, account("consumption"), false),
        one("shared", "Shared", "共担", &data.unit, account("shared"), false),
        one("pay", "Net payment", "净补偿", money, data.list("net"), true),
    ];
    all.into_iter().filter(|m| m.numbers.len() == data.count()).collect()
}

/// The map; nothing where no region has a tile.
pub(super) fn section(data: &Data) -> Markup {
    let measures = measures(data);
    let placed: Vec<(usize, tiles::Tile)> = data.shown.iter().filter_map(|&k| tiles::of(data.label(k)).map(|t| (k, t))).collect();
    if placed.is_empty() || measures.is_empty() {
        return ranked(data, measures.first());
    }
    let grid = tiles::grid(placed.iter().map(|(_, t)| t));
    let without: Vec<usize> = data.shown.iter().copied().filter(|k| !placed.iter().any(|(p, _)| p == k)).collect();
    html! {
        section.card #map aria-labelledby="h-map" {
            h2 #h-map { (say("Where", "在哪里")) }
            p.sub { (say("One tile for each region, near its neighbours. Choose a region to mark it everywhere; Escape shows all.", "每个地区一格，邻近排列。选择一个地区可在全页标出，按 Esc 取消。")) }
            fieldset.seg { legend { "Measure / 指标" }
                @for (at, m) in measures.iter().enumerate() { label { input type="radio" name="m" id={ "m-" (m.id) } checked[at == 0]; span { (say(m.en, m.zh)) } } }
            }
            @for m in &measures { div class={ "layer layer-" (m.id) } { (layer(m, &placed, grid)) } }
            @if !without.is_empty() { p.sub { (say("without a tile: ", "无格位：")) @for (at, &k) in without.iter().enumerate() { @if at > 0 { ", " } (data.region(k)) } } }
        }
    }
}

fn layer(m: &Measure, placed: &[(usize, tiles::Tile)], [top, left, rows, columns]: [usize; 4]) -> Markup {
    let most = largest(placed.iter().map(|(k, _)| m.numbers[*k]));
    let decimals = digits(&m.numbers);
    let class = |v: f64| if m.both { side(v, most).to_string() } else { step(v, most) };
    let text = |v: f64| if m.both { signed(v, decimals) } else { shown(v, decimals) };
    let size = TILE - GAP;
    html! {
        svg.map viewBox=(format!("0 0 {} {}", columns * TILE, rows * TILE)) role="group" aria-label=(format!("{}, {}", m.en, m.unit)) data-zh-label=(format!("{}，{}", m.zh, crate::labels::Tongue::Zh.unit(&m.unit))) {
            @for (k, tile) in placed {
                @let v = m.numbers[*k];
                g class={ "tile " (class(v)) } data-r=(k) tabindex="0" role="button" transform=(format!("translate({} {})", (tile.column - left) * TILE, (tile.row - top) * TILE)) {
                    rect data-v=(v) {}
                    text.tn x=(size / 2) y="23" { tspan.en { (tile.short) } tspan.zh { (tile.short_zh) } }
                    text.tv x=(size / 2) y="43" { (text(v)) }
                }
            }
        }
        p.legend { (say(m.en, m.zh)) ", " (crate::write::words::unit(&m.unit)) ": " @if m.both { (signed(-most, decimals)) " – " (signed(most, decimals)) } @else { "0 – " (shown(most, decimals)) } }
    }
}

/// Where there is no map: regions by the first measure.
fn ranked(data: &Data, m: Option<&Measure>) -> Markup {
    let Some(m) = m else { return html! {} };
    let most = largest(data.shown.iter().map(|&k| m.numbers[k]));
    let decimals = digits(&m.numbers);
    let mut order = data.shown.clone();
    order.sort_by(|a, b| m.numbers[*b].total_cmp(&m.numbers[*a]));
    html! {
        section.card #map aria-labelledby="h-map" {
            h2 #h-map { (say(m.en, m.zh)) }
            p.sub { (crate::write::words::unit(&m.unit)) }
            ul.b.pays { @for k in order { (super::payments::both_ways(data, k, m.numbers[k], most, decimals)) } }
        }
    }
}
