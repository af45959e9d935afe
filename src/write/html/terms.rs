//! What exports are made of: for each exporter the terms of a decomposition, as parts of one bar.

use maud::{Markup, html};

use super::data::{Data, digits, largest, shown};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Sheet};
use crate::write::text::titled;
use crate::write::words::{say, translated};

/// Colours of terms; further ones repeat them, lighter.
const COLOURS: usize = 8;

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Bounded(v) => Some(v.value),
        Cell::Number(v) => Some(*v),
        _ => None,
    }
}

fn class(k: usize) -> String {
    if k < COLOURS { format!("k{k}") } else { format!("k{} lighter", k % COLOURS) }
}

/// The bars of the sums by exporter.
pub(super) fn section(document: &Document, data: &Data) -> Markup {
    let names = super::data::strings(data.at("terms"));
    let meanings = super::data::strings(data.at("meanings"));
    let Some(sheet) = document.sheets.iter().find(|s| s.page && s.rows.headings == ["exporter"]) else { return html! {} };
    let rows: Vec<(usize, Vec<f64>)> = (0..sheet.rows.count - sheet.sums).map(|k| (k, parts(sheet, k, names.len()))).collect();
    let mut order: Vec<&(usize, Vec<f64>)> = rows.iter().collect();
    order.sort_by(|a, b| b.1.iter().sum::<f64>().total_cmp(&a.1.iter().sum()));
    let sums: Vec<f64> = rows.iter().map(|r| r.1.iter().sum()).collect();
    let (most, decimals) = (largest(sums.iter().copied()), digits(&sums));
    html! {
        section.card #terms aria-labelledby="h-terms" {
            // another name than the table below, for those who go from landmark to landmark
            h2 #h-terms { (say(&format!("{}: bars", titled(sheet, crate::labels::Tongue::En)), &format!("{}：条形图", titled(sheet, crate::labels::Tongue::Zh)))) }
            p.sub { (say("Each bar: the exports of a region, by term; hover for a number. Parts below 0 are left out of bars, not of tables.", "每条为一个地区的出口，按各项划分；悬停可见数值。负值不入条形，仍列于表中。")) }
            div.ctl { fieldset.seg { legend { "Scale / 尺度" }
                label { input type="radio" name="st" id="st-abs" checked; span { (say("Amounts", "数量")) } }
                label { input type="radio" name="st" id="st-pct"; span { (say("Shares", "份额")) } }
            } }
            ul.key { @for (k, (name, meaning)) in names.iter().zip(&meanings).enumerate() { li { i class=(class(k)) {} span { b { (name) } " " (translated(meaning)) } } } }
            ul.b.stacked { @for (at, values) in order { (bar(data, sheet, *at, values, &names, most, decimals)) } }
        }
    }
}

fn parts(sheet: &Sheet, k: usize, terms: usize) -> Vec<f64> {
    sheet.row(k).iter().take(terms).map(|c| number(c).unwrap_or(f64::NAN)).collect()
}

fn bar(data: &Data, sheet: &Sheet, at: usize, values: &[f64], names: &[String], most: f64, decimals: usize) -> Markup {
    let sum: f64 = values.iter().sum();
    let of = |v: f64, all: f64| if all > 0.0 { (100.0 * v / all).clamp(0.0, 100.0) } else { 0.0 };
    html! {
        li data-r=(at) {
            span.nm { (data.named(at, &sheet.rows.name(at)[0])) }
            span.tr { @for (k, v) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                i class=(class(k)) style=(format!("--a:{:.3};--s:{:.3}", of(*v, most), of(*v, sum))) title=(format!("{} {}", names[k], shown(*v, decimals))) {}
            } }
            b data-v=(sum) { (shown(sum, decimals)) }
        }
    }
}
