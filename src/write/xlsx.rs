//! One workbook: a sheet for each table with its unit and how it reads, numbers as numbers, a chart where a table has an order of
//! its own, and a sheet on methods and sources. It holds no date, so that the same run writes the same bytes.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use super::methods::Methods;
use super::words::worded;
use crate::labels::Language;
use crate::report::digits::decimals;
use crate::report::document::Document;
use crate::report::sheet::{Cell, Layout, Sheet};

/// Rows and columns that a sheet of a workbook holds.
const MOST: (usize, usize) = (1_048_576, 16_384);
/// The row of the headings; above it stand title, unit and stamp.
const HEAD: usize = 4;
/// Rows of a chart.
const CHARTED: usize = 60;

struct Formats {
    title: Format,
    head: Format,
    plain: Format,
    bound: Format,
    note: Format,
}

/// The workbook of a document, as bytes.
///
/// # Errors
/// When it cannot be made.
pub fn bytes(document: &Document, line: &str) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title("isard").set_comment(line).set_creation_datetime(&made));
    let formats = Formats {
        title: Format::new().set_bold().set_font_size(13),
        head: Format::new().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Thin),
        plain: Format::new(),
        bound: Format::new().set_num_format("0.0E+00"),
        note: Format::new().set_text_wrap(),
    };
    let mut names = BTreeSet::new();
    for sheet in document.sheets.iter().filter(|s| (s.file || s.page) && s.columns.count > 0) {
        let name = if sheet.file { sheet.name.replace('_', " ") } else { sheet.title.clone() };
        let name = free(&name, &mut names);
        let bounded = sheet.layout == Layout::Apart && sheet.file;
        table(book.add_worksheet(), &name, document, sheet, Part::Values, &formats)?;
        if bounded {
            let name = free(&format!("{name} bound"), &mut names);
            table(book.add_worksheet(), &name, document, sheet, Part::Bounds, &formats)?;
        }
    }
    sources(book.add_worksheet(), document, line, &formats)?;
    book.save_to_buffer()
}

/// A name that a workbook allows and no other sheet has: 31 characters, none of `[]:*?/\`.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = name.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    let cut = |most: usize| clean.chars().take(most).collect::<String>().trim_end().to_string();
    let mut name = if clean.is_empty() { "table".into() } else { cut(31) };
    let mut k = 1;
    while !taken.insert(name.to_lowercase()) {
        k += 1;
        name = format!("{} {k}", cut(27));
    }
    name
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Values,
    Bounds,
}

/// What a column of a sheet becomes.
struct Column {
    name: String,
    of: usize,
    part: Part,
}

fn columns(sheet: &Sheet, part: Part) -> Vec<Column> {
    let value = |of: usize| Column { name: sheet.column(of).0, of, part };
    let bound = |of: usize| sheet.column(of).1.map(|name| Column { name, of, part: Part::Bounds });
    match sheet.layout {
        Layout::Beside => (0..sheet.columns.count).flat_map(|k| [Some(value(k)), bound(k)].into_iter().flatten()).collect(),
        Layout::Behind => (0..sheet.columns.count).map(value).chain((0..sheet.columns.count).filter_map(bound)).collect(),
        Layout::Apart | Layout::Long => (0..sheet.columns.count).map(value).collect(),
    }
}

fn table(to: &mut Worksheet, name: &str, document: &Document, sheet: &Sheet, part: Part, formats: &Formats) -> Result<(), XlsxError> {
    let language = document.head.language;
    to.set_name(name)?;
    let parts = sheet.rows.headings.len();
    let columns = columns(sheet, part);
    let columns = &columns[..columns.len().min(MOST.1 - parts)];
    let rows = sheet.rows.count.min(MOST.0 - HEAD - 1);
    let title = if sheet.title.is_empty() { sheet.name.replace('_', " ") } else { sheet.title.clone() };
    let what = if part == Part::Bounds { format!("{title}: bounds") } else { title };
    to.write_with_format(0, 0, what, &formats.title)?;
    let unit = if sheet.unit.is_empty() { String::new() } else { format!("{}: {}", word("unit", "单位", language), sheet.unit) };
    let reads = worded(&sheet.reads, language);
    to.write(1, 0, [reads, &unit].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; "))?;
    let left = (sheet.rows.count - rows, sheet.columns.count.saturating_sub(columns.len()));
    let left_out = (left != (0, 0)).then(|| format!("{} rows and {} columns do not fit into a sheet; `output` has them", left.0, left.1));
    let said = document.head.stamp.map(String::from).into_iter().chain(left_out).collect::<Vec<_>>().join("; ");
    to.write(2, 0, said)?;
    for (c, heading) in sheet.rows.headings.iter().enumerate() {
        to.write_with_format(HEAD as u32, c as u16, worded(heading, language), &formats.head)?;
    }
    for (c, column) in columns.iter().enumerate() {
        to.write_with_format(HEAD as u32, (parts + c) as u16, worded(&column.name, language), &formats.head)?;
    }
    let sample: Vec<Vec<Cell>> = (0..rows.min(500)).map(|k| sheet.row(k)).collect();
    let numbers: Vec<Format> = columns.iter().map(|c| format_of(c, &sample, formats)).collect();
    for k in 0..rows {
        let row = (HEAD + 1 + k) as u32;
        for (c, label) in sheet.rows.name(k).iter().enumerate() {
            to.write_string(row, c as u16, label)?;
        }
        let cells = sheet.row(k);
        for (c, (column, format)) in columns.iter().zip(&numbers).enumerate() {
            let at = (parts + c) as u16;
            let Some(cell) = cells.get(column.of) else { continue };
            let (value, bound) = cell.split();
            match if column.part == Part::Bounds { bound } else { value } {
                Cell::Number(v) if v.is_finite() => drop(to.write_number_with_format(row, at, v, format)?),
                Cell::Number(v) => drop(to.write_string(row, at, v.to_string())?),
                Cell::Count(n) => drop(to.write_number(row, at, n as f64)?),
                Cell::Word(text) => drop(to.write_string(row, at, &text)?),
                Cell::Flag(yes) => drop(to.write_boolean(row, at, yes)?),
                Cell::Empty | Cell::Bounded(_) => {}
            }
        }
    }
    to.set_freeze_panes(HEAD as u32 + 1, parts as u16)?;
    for c in 0..parts {
        to.set_column_width(c as u16, 22)?;
    }
    for (k, note) in sheet.notes.iter().enumerate() {
        to.write_string((HEAD + 2 + rows + k) as u32, 0, note)?;
    }
    if let (Some(digest), Part::Values) = (&sheet.digest, part) {
        chart(to, name, sheet, parts, columns, digest.by, rows)?;
    }
    Ok(())
}

/// So many decimals as the largest number of the column needs; bounds by their exponent.
fn format_of(column: &Column, sample: &[Vec<Cell>], formats: &Formats) -> Format {
    if column.part == Part::Bounds {
        return formats.bound.clone();
    }
    let value = |row: &Vec<Cell>| match row.get(column.of)?.split().0 {
        Cell::Number(v) => Some(v),
        _ => None,
    };
    let digits = decimals(sample.iter().filter_map(value));
    match digits {
        0 => formats.plain.clone().set_num_format("#,##0"),
        d if d > 6 => formats.plain.clone().set_num_format("0.0000E+00"),
        d => formats.plain.clone().set_num_format(format!("#,##0.{}", "0".repeat(d))),
    }
}

/// A chart of the column that orders a table.
fn chart(to: &mut Worksheet, name: &str, sheet: &Sheet, parts: usize, columns: &[Column], by: usize, rows: usize) -> Result<(), XlsxError> {
    let Some(at) = columns.iter().position(|c| c.of == by && c.part == Part::Values) else { return Ok(()) };
    let count = (rows - sheet.sums).min(CHARTED);
    if count == 0 {
        return Ok(());
    }
    let (first, last, column) = (HEAD as u32 + 1, (HEAD + count) as u32, (parts + at) as u16);
    let mut chart = Chart::new(ChartType::Bar);
    chart
        .add_series()
        .set_categories((name, first, 0, last, 0))
        .set_values((name, first, column, last, column))
        .set_name(&columns[at].name);
    chart.title().set_name(&columns[at].name);
    chart.legend().set_hidden();
    chart.y_axis().set_reverse();
    chart.set_width(560).set_height(120 + 18 * count as u32);
    to.insert_chart(HEAD as u32, (parts + columns.len() + 1) as u16, &chart)?;
    Ok(())
}

fn word<'w>(en: &'w str, zh: &'w str, language: Language) -> &'w str {
    if language == Language::Zh { zh } else { en }
}

/// Verdicts, methods and sources.
fn sources(to: &mut Worksheet, document: &Document, line: &str, formats: &Formats) -> Result<(), XlsxError> {
    let language = document.head.language;
    to.set_name(word("method and sources", "方法与来源", language))?;
    to.set_column_width(0, 24)?;
    to.set_column_width(1, 110)?;
    let methods = Methods::new(document);
    let mut lines: Vec<(String, String)> = vec![
        ("isard".into(), env!("CARGO_PKG_VERSION").into()),
        (word("command", "命令", language).into(), line.into()),
        (word("data", "数据", language).into(), document.head.about.clone()),
    ];
    lines.extend(document.head.stamp.map(|s| (word("stamp", "标记", language).to_string(), s.to_string())));
    for v in &document.verdicts {
        let said = if v.certified { "CERTIFIED (arithmetic)" } else { "UNCERTIFIED" };
        lines.push((worded(v.section, language).into(), format!("{said}: {} numbers, tolerance {:e}", v.numbers, v.tolerance)));
    }
    lines.push((word("method", "方法", language).into(), if language == Language::Zh { methods.zh } else { methods.en }));
    lines.extend(methods.references.iter().map(|r| (word("reference", "参考文献", language).to_string(), (*r).to_string())));
    let files = document.head.provenance.get("files").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    for file in &files {
        let text = |key: &str| file.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        lines.push((word("input", "输入", language).into(), format!("{} {}", text("path"), text("sha256"))));
    }
    lines.extend(document.head.notes.iter().chain(document.notes.iter()).map(|n| (word("note", "说明", language).to_string(), n.clone())));
    for (k, (what, text)) in lines.iter().enumerate() {
        to.write_string(k as u32, 0, what)?;
        to.write_string_with_format(k as u32, 1, text, &formats.note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_fit_and_differ() {
        let mut taken = BTreeSet::new();
        let long = "a very long title of a table that nobody could keep";
        let names = [free(long, &mut taken), free(long, &mut taken), free("a/b:c*[d]", &mut taken), free("", &mut taken)];
        assert!(names.iter().all(|n| n.chars().count() <= 31 && !n.contains(['/', ':', '*', '['])));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 4);
    }
}
