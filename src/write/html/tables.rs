//! Every sheet that people see on a page, as a table that can be sorted; large ones by their first rows.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::SHOWN;
use super::data::{Data, shown};
use crate::labels::{Name, Tongue};
use crate::report::digits::decimals;
use crate::report::document::Document;
use crate::report::sheet::{Cell, Layout, Sheet};
use crate::write::text::{plainly, titled};
use crate::write::words::messages::told;
use crate::write::words::{say, translated};

/// Rows of a table in the page.
const ROWS: usize = 400;
/// Columns of a table in the page.
const COLUMNS: usize = 48;

/// Names of regions by each of their forms.
type Names<'n> = BTreeMap<&'n str, &'n Name>;

/// All tables of a document.
pub(super) fn all(document: &Document, data: &Data) -> Markup {
    let mut names = Names::new();
    for name in &document.head.regions {
        for form in [&name.given, &name.en, &name.zh] {
            names.entry(form).or_insert(name);
        }
    }
    let sheets: Vec<&Sheet> = document.sheets.iter().filter(|s| s.page).collect();
    html! {
        @if !sheets.is_empty() {
            section.card #tables aria-labelledby="h-tables" {
                h2 #h-tables { (say("Tables", "数据表")) }
                p.sub { (say("Choose a heading to order by it. The bound of a number stands in its tooltip.", "点击表头排序；误差界见数字提示。")) }
                @for (at, sheet) in sheets.iter().enumerate() { (one(sheet, &names, at, data)) }
            }
        }
    }
}

/// A word of the table, a region in both languages, or the word as it is.
fn word(names: &Names, text: &str) -> Markup {
    match names.get(text) {
        Some(name) if name.en != name.zh => say(&name.en, &name.zh),
        Some(_) => html! { (text) },
        None => translated(text),
    }
}

fn value(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Bounded(v) => Some(v.value),
        Cell::Number(v) => Some(*v),
        _ => None,
    }
}

fn one(sheet: &Sheet, names: &Names, at: usize, data: &Data) -> Markup {
    let (open, id) = (at == 0, format!("t-{at}"));
    let whole = sheet.rows.count <= ROWS;
    let body = if whole { sheet.rows.count - sheet.sums } else { ROWS.min(sheet.rows.count - sheet.sums) };
    let rows: Vec<usize> = (0..body).chain(sheet.rows.count - sheet.sums..sheet.rows.count).collect();
    let cells: Vec<Vec<Cell>> = rows.iter().map(|&k| sheet.row(k)).collect();
    let columns = sheet.columns.count.min(COLUMNS);
    let each: Vec<usize> = (0..columns).map(|c| decimals(cells.iter().filter_map(|row| row.get(c).and_then(value)))).collect();
    // a matrix has one unit, and so one number of decimals
    let common = each.iter().copied().min().unwrap_or(0);
    let digits = |c: usize| if sheet.layout == Layout::Apart { common } else { each[c] };
    let line = |row: &[Cell], k: usize| {
        let label = sheet.rows.name(k);
        html! {
            @for part in &label { th scope="row" { (word(names, part)) } }
            @for (c, cell) in row.iter().take(columns).enumerate() { (drawn(cell, digits(c), names)) }
        }
    };
    html! {
        details open[open] {
            summary #(id) { (say(&titled(sheet, Tongue::En), &titled(sheet, Tongue::Zh))) }
            @if sheet.columns.count > 0 {
                div.scroll tabindex="0" role="region" aria-labelledby=(id) {
                    table.sort {
                        thead { tr {
                            @for heading in &sheet.rows.headings { th scope="col" { button type="button" { (translated(heading)) } } }
                            @for c in 0..columns { @let name = sheet.column(c).0; th scope="col" { button type="button" { (word(names, &plainly(&name))) } } }
                        } }
                        tbody { @for (row, &k) in cells.iter().zip(&rows).take(body) { tr { (line(row, k)) } } }
                        @if sheet.sums > 0 { tfoot { @for (row, &k) in cells.iter().zip(&rows).skip(body) { tr { (line(row, k)) } } } }
                    }
                }
            }
            @if !whole || columns < sheet.columns.count {
                p.sub { (say(
                    &format!("{body} of {} rows, {columns} of {} columns; the result folder has all of them.", sheet.rows.count - sheet.sums, sheet.columns.count),
                    &format!("{} 行中的 {body} 行，{} 列中的 {columns} 列；全部见结果文件夹。", sheet.rows.count - sheet.sums, sheet.columns.count),
                )) }
            }
            @for note in &sheet.notes { p.sub { (told(note)) } }
            @if data.count() > SHOWN && open { (data.left_out()) }
        }
    }
}

fn drawn(cell: &Cell, decimals: usize, names: &Names) -> Markup {
    match cell {
        Cell::Bounded(v) => html! { td data-v=(v.value) title=(format!("± {:.1e}", v.bound)) { (shown(v.value, decimals)) } },
        Cell::Number(v) => html! { td data-v=(v) { (shown(*v, decimals)) } },
        Cell::Count(n) => html! { td data-v=(n) { (n) } },
        Cell::Word(text) => html! { td.w { (word(names, text)) } },
        Cell::Flag(yes) => html! { td.w { @if *yes { (say("yes", "是")) } @else { (say("no", "否")) } } },
        Cell::Empty => html! { td.w { "–" } },
    }
}
