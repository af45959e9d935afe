//! The largest flows between regions as ribbons; on narrow pages as ranked bars.

use maud::{Markup, html};

use super::data::{Data, digits, shown};
use crate::write::words::say;

/// Flows that are drawn.
const FLOWS: usize = 24;
const WIDTH: f64 = 900.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 730.0;
const NODE: f64 = 12.0;
const GAP: f64 = 9.0;
const HEIGHT: f64 = 470.0;

/// One side of the drawing: region, sum of its ribbons, where it begins.
struct Side {
    regions: Vec<(usize, f64, f64)>,
    scale: f64,
}

impl Side {
    fn new(of: impl Iterator<Item = (usize, f64)>) -> Self {
        let mut sums: Vec<(usize, f64)> = Vec::new();
        for (k, v) in of {
            match sums.iter_mut().find(|(other, _)| *other == k) {
                Some((_, sum)) => *sum += v,
                None => sums.push((k, v)),
            }
        }
        sums.sort_by(|a, b| b.1.total_cmp(&a.1));
        let total: f64 = sums.iter().map(|s| s.1).sum();
        let scale = (HEIGHT - GAP * (sums.len().max(1) - 1) as f64) / total;
        let mut y = 0.0;
        let place = |(k, v): (usize, f64)| {
            let at = y;
            y += v * scale + GAP;
            (k, v, at)
        };
        Side { regions: sums.into_iter().map(place).collect(), scale }
    }

    fn rank(&self, k: usize) -> usize {
        self.regions.iter().position(|r| r.0 == k).unwrap_or(0)
    }
}

/// The ribbons and the bars.
pub(super) fn section(data: &Data) -> Markup {
    let mut flows: Vec<(usize, usize, f64)> = Vec::new();
    for &k in &data.shown {
        let row = data.row("flow", k);
        flows.extend(data.shown.iter().filter(|&&l| l != k && row[l] > 0.0).map(|&l| (k, l, row[l])));
    }
    flows.sort_by(|a, b| b.2.total_cmp(&a.2));
    flows.truncate(FLOWS);
    if flows.is_empty() {
        return html! {};
    }
    let decimals = digits(&flows.iter().map(|f| f.2).collect::<Vec<_>>());
    let most = flows[0].2;
    html! {
        section.card aria-labelledby="h-sk" {
            h2 #h-sk { (say("The largest flows between regions", "最大的地区间流动")) }
            p.sub { (say("Left: where it is emitted. Right: whose final demand causes it. Beside the names: sums of the flows shown", "左：排放地；右：引起排放的最终需求所在地。名称旁为所示流量之和")) ", " (crate::write::words::unit(&data.unit)) }
            div.wide { (ribbons(data, &flows, decimals)) }
            ul.b.ranked.narrow { @for (k, l, v) in &flows { li data-r=(k) data-q=(l) {
                span.nm { (data.region(*k)) " → " (data.region(*l)) }
                span.tr { i style=(format!("width:{:.2}%", 100.0 * v / most)) {} }
                b data-v=(v) { (shown(*v, decimals)) }
            } } }
        }
    }
}

fn ribbons(data: &Data, flows: &[(usize, usize, f64)], decimals: usize) -> Markup {
    let left = Side::new(flows.iter().map(|f| (f.0, f.2)));
    let right = Side::new(flows.iter().map(|f| (f.1, f.2)));
    // both sides share the smaller scale, so that a ribbon is as wide at both ends
    let scale = left.scale.min(right.scale);
    let mut order: Vec<&(usize, usize, f64)> = flows.iter().collect();
    order.sort_by_key(|f| (left.rank(f.0), right.rank(f.1)));
    let mut taken = [vec![0.0; left.regions.len()], vec![0.0; right.regions.len()]];
    let centred = |side: &Side, k: usize| {
        let used: f64 = side.regions.iter().map(|r| r.1 * scale + GAP).sum::<f64>() - GAP;
        (HEIGHT - used) / 2.0 + side.regions[..k].iter().map(|r| r.1 * scale + GAP).sum::<f64>()
    };
    let links: Vec<(String, &(usize, usize, f64))> = order
        .into_iter()
        .map(|f| {
            let (a, b, width) = (left.rank(f.0), right.rank(f.1), f.2 * scale);
            let (y, z) = (centred(&left, a) + taken[0][a] + width / 2.0, centred(&right, b) + taken[1][b] + width / 2.0);
            taken[0][a] += width;
            taken[1][b] += width;
            let middle = (LEFT + RIGHT) / 2.0;
            (format!("M{:.1} {y:.1}C{middle:.1} {y:.1} {middle:.1} {z:.1} {:.1} {z:.1}", LEFT + NODE, RIGHT - NODE), f)
        })
        .collect();
    let node = |side: &Side, at: usize, x: f64, text: f64, class: &str| {
        let (k, v, _) = side.regions[at];
        let (y, height) = (centred(side, at), v * scale);
        html! {
            rect.node x=(x) y=(format!("{y:.1}")) width=(NODE) height=(format!("{:.1}", height.max(1.0))) data-r=(k) {}
            text class=(class) x=(text) y=(format!("{:.1}", y + height / 2.0 + 4.0)) data-r=(k) {
                tspan.w6.en { (data.label(k)) } tspan.w6.zh { (data.label_zh(k)) } tspan { " " (shown(v, decimals)) }
            }
        }
    };
    html! {
        svg.sankey viewBox=(format!("0 -10 {WIDTH} {}", HEIGHT + 20.0)) role="img" aria-label="Largest flows from origin on the left to destination on the right" data-zh-label="由排放地到最终需求地的最大流量" {
            @for (path, (k, l, v)) in &links {
                path.link d=(path) stroke-width=(format!("{:.2}", (v * scale).max(0.6))) data-r=(k) data-q=(l) {
                    title { (data.label(*k)) " → " (data.label(*l)) " " (shown(*v, decimals)) }
                }
            }
            @for at in 0..left.regions.len() { (node(&left, at, LEFT, LEFT - 8.0, "sl")) }
            @for at in 0..right.regions.len() { (node(&right, at, RIGHT - NODE, RIGHT + 8.0, "")) }
        }
    }
}
