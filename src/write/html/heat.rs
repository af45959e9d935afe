//! The matrix of flows as a field of colours, and as a table.

use maud::{Markup, PreEscaped, html};

use super::colours::{side, step};
use super::data::{Data, digits, largest, shown, signed};
use crate::write::words::say;

const CELL: usize = 20;
const LEFT: usize = 118;
const TOP: usize = 96;
/// Room for the bars of net outflow.
const RIGHT: usize = 110;

/// A name that fits beside the field.
fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most { name.to_string() } else { name.chars().take(most - 1).chain(['…']).collect() }
}

/// The field, with what flows out less what flows in beside each row.
pub(super) fn section(data: &Data) -> Markup {
    if data.count() < 2 {
        return html! {};
    }
    html! {
        section.card #flows aria-labelledby="h-heat" {
            h2 #h-heat { (say("Rows emit, columns cause", "行排放，列引起")) }
            p.sub { (say("Emissions in the row's region for final demand of the column's; bars: what flows out less what flows in", "行地区为列地区最终需求的排放；条形：流出减流入")) ", " (crate::write::words::unit(&data.unit)) }
            (data.left_out())
            div.ctl.js-only {
                label { (say("Order", "排序")) " " select #order {
                    option value="given" data-en="as given" data-zh="原顺序" { "as given" }
                    option value="net" data-en="by net outflow" data-zh="按净流出" { "by net outflow" }
                    option value="size" data-en="by direct emissions" data-zh="按直接排放" { "by direct emissions" }
                } }
                button.btn #clear type="button" { (say("Show all regions", "显示全部地区")) }
            }
            div.scroll tabindex="0" role="region" aria-label="Heat map, scrolls sideways" data-zh-label="热图，可横向滚动" { (field(data)) }
            (super::image::section(data))
            details { summary { (say("The same as a table", "以表格查看")) } div.scroll tabindex="0" role="region" aria-label="Flow table, scrolls sideways" data-zh-label="流量表，可横向滚动" { (table(data)) } }
        }
    }
}

fn field(data: &Data) -> Markup {
    let shown_regions = &data.shown;
    let n = shown_regions.len();
    let net = data.net_outflow();
    let most_net = largest(shown_regions.iter().map(|&k| net[k]));
    let rows: Vec<Vec<f64>> = shown_regions.iter().map(|&k| data.row("flow", k)).collect();
    let off = |i: usize, j: usize| rows[i][shown_regions[j]];
    let most = (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j))).map(|(i, j)| off(i, j)).fold(0.0, f64::max);
    let all: Vec<f64> = rows.iter().flatten().copied().collect();
    let decimals = digits(&all);
    let (width, height) = (LEFT + n * CELL + RIGHT, TOP + n * CELL + 26);
    let axis = LEFT + n * CELL + RIGHT / 2;
    let mut cells = String::new();
    for (i, shown) in shown_regions.iter().enumerate() {
        cells += &format!("<g class=hr data-i={shown} transform=\"translate(0 {})\">", TOP + i * CELL);
        for j in 0..n {
            let class = if i == j { "own".into() } else { step(off(i, j), most) };
            cells += &format!("<rect class={class} x={} />", LEFT + j * CELL);
        }
        cells += "</g>";
    }
    let bar = |k: usize| {
        let length = if most_net > 0.0 { net[k] / most_net * (RIGHT as f64 / 2.0 - 6.0) } else { 0.0 };
        (if length < 0.0 { axis as f64 + length } else { axis as f64 }, length.abs())
    };
    html! {
        svg.heat viewBox=(format!("0 0 {width} {height}")) role="img" aria-label="Flows between regions by colour; the table below has the numbers" data-zh-label="以颜色表示的地区间流量；数字见下表" data-left=(LEFT) data-top=(TOP) data-cell=(CELL) {
            @for (i, &k) in shown_regions.iter().enumerate() {
                @let y = TOP + i * CELL + 14;
                g.rl-g data-r=(k) {
                    text.rl.en data-r=(k) x=(LEFT - 6) y=(y) { (short(data.label(k), 16)) }
                    text.rl.zh data-r=(k) x=(LEFT - 6) y=(y) { (short(data.label_zh(k), 9)) }
                    @let (x, w) = bar(k);
                    rect.(if net[k] < 0.0 { "neg" } else { "pos" }) x=(format!("{x:.1}")) y=(TOP + i * CELL + 4) width=(format!("{w:.1}")) height="11" { title { (data.label(k)) " " (signed(net[k], decimals)) } }
                }
                @let x = LEFT + i * CELL + 13;
                g data-c=(k) transform=(format!("translate({x} {}) rotate(-60)", TOP - 6)) {
                    text.cl.en data-r=(k) { (short(data.label(k), 15)) }
                    text.cl.zh data-r=(k) { (short(data.label_zh(k), 8)) }
                }
            }
            (PreEscaped(cells))
            line.axis x1=(axis) y1=(TOP) x2=(axis) y2=(TOP + n * CELL) {}
            @for s in 0..9 { rect class=(format!("q{s}")) x=(LEFT + s * 24) y=(TOP + n * CELL + 10) width="24" height="10" {} }
            text.ls x=(LEFT + 9 * 24 + 8) y=(TOP + n * CELL + 19) { "0 – " (shown(most, decimals)) " " tspan.en { (data.unit) } tspan.zh { (crate::labels::Tongue::Zh.unit(&data.unit)) } }
        }
    }
}

fn table(data: &Data) -> Markup {
    let net = data.net_outflow();
    let rows: Vec<Vec<f64>> = data.shown.iter().map(|&k| data.row("flow", k)).collect();
    let all: Vec<f64> = rows.iter().flatten().copied().collect();
    let decimals = digits(&all);
    let most = largest(net.iter().copied());
    html! {
        table.mx {
            thead { tr { th scope="col" { (say("emitted in", "排放地")) } @for &l in &data.shown { th scope="col" { (data.region(l)) } } th scope="col" { (say("net outflow", "净流出")) } } }
            tbody { @for (&k, row) in data.shown.iter().zip(&rows) { tr data-r=(k) {
                th scope="row" { (data.region(k)) }
                @for &l in &data.shown { td { (shown(row[l], decimals)) } }
                td class={ "c " (side(net[k], most)) } data-v=(net[k]) { (signed(net[k], decimals)) }
            } } }
        }
    }
}
