//! What changed between two tables: from before to after, by determinant, for all regions and for each.

use maud::{Markup, html};

use super::data::{Data, digits, largest, shown, signed};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Sheet};
use crate::write::words::{say, translated, unit};

/// Columns of the sheet before the determinants, and the number of these.
const FIRST: usize = 3;
const COUNT: usize = 5;

fn numbers(sheet: &Sheet, k: usize) -> Vec<f64> {
    let one = |c: &Cell| match c {
        Cell::Bounded(v) => v.value,
        Cell::Number(v) => *v,
        _ => f64::NAN,
    };
    sheet.row(k).iter().map(one).collect()
}

/// The steps from before to after, and the largest effect of each region.
pub(super) fn section(document: &Document, data: &Data) -> Markup {
    let Some(sheet) = document.sheets.iter().find(|s| s.page && s.columns.count >= FIRST + COUNT && s.column(0).0 == "before") else {
        return html! {};
    };
    let last = sheet.rows.count - 1;
    let all = numbers(sheet, last);
    let (before, after) = (all[0], all[1]);
    let mut at = before;
    let steps: Vec<(String, f64, f64, f64)> = (0..COUNT)
        .map(|k| {
            let (from, v) = (at, all[FIRST + k]);
            at += v;
            (sheet.column(FIRST + k).0, from, at, v)
        })
        .collect();
    let most = largest([before, after].into_iter().chain(steps.iter().flat_map(|s| [s.1, s.2])));
    let decimals = digits(&[before, after]);
    // effects that are small beside the level are drawn on an axis that begins near it
    let least = [before, after].into_iter().chain(steps.iter().flat_map(|s| [s.1, s.2])).fold(f64::INFINITY, f64::min);
    let low = if least > 0.8 * most { least - (most - least) / 2.0 } else { 0.0 };
    let part = |v: f64| if most > low { 100.0 * (v.max(low) - low) / (most - low) } else { 0.0 };
    let bar = |class: &str, name: &str, from: f64, to: f64, v: f64, sign: bool| {
        let (left, width) = (part(from.min(to)).max(0.0), part((to - from).abs()));
        html! { li class=(class) { span.nm { (translated(name)) } span.tr { i style=(format!("left:{left:.2}%;width:{width:.2}%")) {} } b data-v=(v) { (if sign { signed(v, decimals) } else { shown(v, decimals) }) } } }
    };
    html! {
        div.two.even {
            section.card #changes aria-labelledby="h-ch" {
                h2 #h-ch { (say("What changed, and why: all regions", "变化及其原因：全部地区")) }
                p.sub { (unit(&data.unit)) ". " (say("Means over all orders of the determinants.", "各因素所有次序的平均。")) @if low > 0.0 { " " (say(&format!("The axis begins at {}.", shown(low, decimals)), &format!("坐标轴始于 {}。", shown(low, decimals)))) } }
                ul.b.water {
                    (bar("t", "before", 0.0, before, before, false))
                    @for (name, from, to, v) in &steps { (bar(if *v < 0.0 { "m" } else { "p" }, name, *from, *to, *v, true)) }
                    (bar("t", "after", 0.0, after, after, false))
                }
            }
            (by_region(sheet, data))
        }
    }
}

fn by_region(sheet: &Sheet, data: &Data) -> Markup {
    let regions = sheet.rows.count - 1;
    let rows: Vec<Vec<f64>> = (0..regions).map(|k| numbers(sheet, k)).collect();
    let change: Vec<f64> = rows.iter().map(|r| r[2]).collect();
    let (most, decimals) = (largest(change.iter().copied()), digits(&change));
    let mut order: Vec<usize> = (0..regions).collect();
    order.sort_by(|a, b| change[*b].total_cmp(&change[*a]));
    let main = |k: usize| {
        let effects = (0..COUNT).map(|c| (sheet.column(FIRST + c).0, rows[k][FIRST + c]));
        effects
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
            .map(|(name, v)| html! { " (" (translated(&name)) " " (signed(v, decimals)) ")" })
    };
    html! {
        section.card aria-labelledby="h-chr" {
            h2 #h-chr { (say("Change by region, with its largest cause", "各地区的变化及其最大原因")) }
            p.sub { (unit(&data.unit)) }
            ul.b.pays.causes { @for k in order {
                @let (v, width) = (change[k], if most > 0.0 { 50.0 * change[k].abs() / most } else { 0.0 });
                li data-r=(k) {
                    span.nm { (data.named(k, &sheet.rows.name(k)[0])) @if let Some(main) = main(k) { small { (main) } } }
                    span.ax { i class=(if v < 0.0 { "neg" } else { "pos" }) style=(format!("left:{:.2}%;width:{width:.2}%", if v < 0.0 { 50.0 - width } else { 50.0 })) {} }
                    b data-v=(v) { (signed(v, decimals)) }
                }
            } }
        }
    }
}
