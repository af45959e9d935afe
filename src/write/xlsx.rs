//! One workbook: a sheet for each table with its unit and how it reads, numbers as numbers, a chart where a table has an order of
//! its own, and a sheet on methods and sources. It holds no date, so that the same run writes the same bytes.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use super::methods::Methods;
use super::text::{plainly, row_name, titled};
use crate::labels::Tongue;
use crate::report::digits::decimals;
use crate::report::document::Document;
use crate::report::sheet::{Cell, Layout, Sheet};

/// Rows and columns that a sheet of a workbook holds.
const MOST: (usize, usize) = (1_048_576, 16_384);
/// The row of the headings; above it stand title, unit and stamp.
const HEAD: usize = 4;
/// Headings of rows whose names are numbers.
const COUNTED: [&str; 3] = ["setting", "pass", "year"];
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
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    let mut names = BTreeSet::new();
    for sheet in document.sheets.iter().filter(|s| (s.file || s.page) && s.columns.count > 0) {
        let name = free(&short(sheet, tongue), &mut names);
        let has_bounds = || sheet.rows.count > 0 && sheet.row(0).iter().any(|c| matches!(c, Cell::Bounded(_)));
        let bounded = sheet.layout == Layout::Apart && sheet.file && has_bounds();
        table(book.add_worksheet(), &name, document, sheet, Part::Values, &formats)?;
        if bounded {
            let name = free(&tongue.say(&format!("{} bound", sheet.name.replace('_', " "))), &mut names);
            table(book.add_worksheet(), &name, document, sheet, Part::Bounds, &formats)?;
        }
    }
    sources(book.add_worksheet(), document, line, &formats)?;
    book.save_to_buffer()
}

/// The name of a sheet: that of its file, or its title without unit, reading and what stands in brackets.
fn short(sheet: &Sheet, tongue: Tongue) -> String {
    let whole = if sheet.file { tongue.say(&sheet.name.replace('_', " ")).into_owned() } else { tongue.say(&sheet.title).into_owned() };
    let end = [", ", "，", ": ", "：", " (", "（", "; "].iter().filter_map(|by| whole.find(by)).filter(|at| *at > 0).min();
    whole[..end.unwrap_or(whole.len())].to_string()
}

/// Words that a name does not end with.
const JOINTS: [&str; 10] = ["and", "of", "by", "the", "to", "for", "with", "in", "per", "over"];

/// A name that a workbook allows and no other sheet has: 31 characters, none of `[]:*?/\`, cut between words.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = name.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    let cut = |most: usize| {
        if clean.chars().count() <= most {
            return clean.to_string();
        }
        let begun: String = clean.chars().take(most + 1).collect();
        let mut words: Vec<&str> = begun.rsplit_once(' ').map_or("", |(before, _)| before).split(' ').collect();
        while words.last().is_some_and(|w| JOINTS.contains(w)) {
            words.pop();
        }
        let whole = words.join(" ");
        if whole.is_empty() { clean.chars().take(most).collect() } else { whole }
    };
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
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    to.set_name(name)?;
    let parts = sheet.rows.headings.len();
    let columns = columns(sheet, part);
    let columns = &columns[..columns.len().min(MOST.1 - parts)];
    let rows = sheet.rows.count.min(MOST.0 - HEAD - 1);
    let title = if sheet.title.is_empty() { tongue.say(&sheet.name.replace('_', " ")).into_owned() } else { titled(sheet, tongue) };
    let what = if part == Part::Bounds { format!("{title}{}", tongue.pick(": bounds", "：误差界")) } else { title };
    to.write_with_format(0, 0, what, &formats.title)?;
    let unit = if sheet.unit.is_empty() { String::new() } else { format!("{}: {}", tongue.say("unit"), tongue.unit(&sheet.unit)) };
    let reads = tongue.say(&sheet.reads);
    to.write(1, 0, [reads.as_ref(), &unit].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; "))?;
    let left = (sheet.rows.count - rows, sheet.columns.count.saturating_sub(columns.len()));
    let left_out = (left != (0, 0)).then(|| format!("{} rows and {} columns do not fit into a sheet; `output` has them", left.0, left.1));
    let stamp = document.head.stamp.map(|s| tongue.say(s).into_owned());
    to.write(2, 0, stamp.into_iter().chain(left_out).collect::<Vec<_>>().join("; "))?;
    for (c, heading) in sheet.rows.headings.iter().enumerate() {
        to.write_with_format(HEAD as u32, c as u16, tongue.say(heading), &formats.head)?;
    }
    let of_columns = sheet.columns.headings.first().map_or("", String::as_str);
    for (c, column) in columns.iter().enumerate() {
        to.write_with_format(HEAD as u32, (parts + c) as u16, plainly(&tongue.name(of_columns, &column.name)), &formats.head)?;
    }
    let by_row = units(to, sheet, columns, parts, rows, tongue, formats)?;
    let sample: Vec<Vec<Cell>> = (0..rows.min(500)).map(|k| sheet.row(k)).collect();
    let numbers: Vec<Format> = columns.iter().map(|c| format_of(c, &sample, formats)).collect();
    let worded: Vec<bool> = columns.iter().map(|c| c.part == Part::Values && are_numbers(c.of, &sample)).collect();
    for k in 0..rows {
        let row = (HEAD + 1 + k) as u32;
        for (c, label) in row_name(sheet, k, tongue).iter().enumerate() {
            // settings and passes are counted
            match label.parse::<u32>().ok().filter(|_| COUNTED.contains(&sheet.rows.headings[c].as_str())) {
                Some(n) => drop(to.write_number(row, c as u16, f64::from(n))?),
                None => drop(to.write_string(row, c as u16, label)?),
            }
        }
        if by_row {
            to.write_string(row, (parts + columns.len()) as u16, tongue.unit(&sheet.unit_of(k, 0)))?;
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
                Cell::Word(text) => match number(&text).filter(|_| worded[c]) {
                    Some((v, format)) => drop(to.write_number_with_format(row, at, v, &formats.plain.clone().set_num_format(format))?),
                    None => drop(to.write_string(row, at, tongue.say(&text))?),
                },
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
        to.write_string((HEAD + 2 + rows + k) as u32, 0, tongue.tell(note))?;
    }
    if let (Some(digest), Part::Values) = (&sheet.digest, part) {
        chart(to, name, sheet, parts, columns, digest.by, rows)?;
    }
    Ok(())
}

/// Units of cells where not all are in that of the sheet: above the headings, or at the end of each row, which is told.
fn units(
    to: &mut Worksheet,
    sheet: &Sheet,
    columns: &[Column],
    parts: usize,
    rows: usize,
    tongue: Tongue,
    formats: &Formats,
) -> Result<bool, XlsxError> {
    if rows == 0 {
        return Ok(false);
    }
    if (1..rows.min(500)).any(|k| sheet.unit_of(k, 0) != sheet.unit_of(0, 0)) {
        to.write_with_format(HEAD as u32, (parts + columns.len()) as u16, tongue.say("unit"), &formats.head)?;
        return Ok(true);
    }
    for (c, column) in columns.iter().enumerate() {
        let unit = sheet.unit_of(0, column.of);
        if unit != sheet.unit && !unit.is_empty() {
            to.write_string((HEAD - 1) as u32, (parts + c) as u16, tongue.unit(&unit))?;
        }
    }
    Ok(false)
}

/// A number that a person reads in a form of its own, and that form: `9e-13`, `0.6170`, `3.236 %`.
fn number(text: &str) -> Option<(f64, String)> {
    let (plain, share) = text.strip_suffix(" %").map_or((text, false), |plain| (plain, true));
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    let v: f64 = plain.parse().ok().filter(|v: &f64| v.is_finite())?;
    let digits = plain.split_once('.').map_or(0, |(_, d)| d.bytes().take_while(u8::is_ascii_digit).count());
    let point = if digits == 0 { String::new() } else { format!(".{}", "0".repeat(digits)) };
    let format = if share {
        format!("0{point}%")
    } else if plain.contains(['e', 'E']) {
        format!("0{point}E+00")
    } else {
        format!("#,##0{point}")
    };
    Some((if share { v / 100.0 } else { v }, format))
}

/// Whether the words of a column are numbers, all of them that say anything.
fn are_numbers(of: usize, sample: &[Vec<Cell>]) -> bool {
    let words = || sample.iter().filter_map(|row| if let Some(Cell::Word(text)) = row.get(of) { Some(text.trim()) } else { None });
    let mut said = words().filter(|t| !["", "-", "undefined", "inf"].contains(t)).peekable();
    said.peek().is_some() && said.all(|t| number(t).is_some())
}

/// The decimals that the largest number of the column needs; bounds by their exponent.
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

/// Verdicts, methods and sources.
fn sources(to: &mut Worksheet, document: &Document, line: &str, formats: &Formats) -> Result<(), XlsxError> {
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    to.set_name(tongue.pick("method and sources", "方法与来源"))?;
    to.set_column_width(0, 24)?;
    to.set_column_width(1, 110)?;
    let methods = Methods::new(document);
    let mut lines: Vec<(String, String)> = vec![
        ("isard".into(), env!("CARGO_PKG_VERSION").into()),
        (tongue.pick("command", "命令").into(), line.into()),
        (tongue.pick("data", "数据").into(), tongue.tell(&document.head.about).into_owned()),
    ];
    lines.extend(document.head.stamp.map(|s| (tongue.pick("stamp", "标记").to_string(), s.to_string())));
    for v in &document.verdicts {
        let said = tongue.say(if v.certified { "CERTIFIED (arithmetic)" } else { "UNCERTIFIED" });
        let numbers = tongue.pick(format!("{} numbers, tolerance", v.numbers), format!("{} 个数字，容许值", v.numbers));
        lines.push((tongue.say(v.section).into(), format!("{said}: {numbers} {:e}", v.tolerance)));
    }
    lines.push((tongue.pick("method", "方法").into(), tongue.pick(methods.en, methods.zh)));
    lines.extend(methods.references.iter().map(|r| (tongue.pick("reference", "参考文献").to_string(), (*r).to_string())));
    let files = document.head.provenance.get("files").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    for file in &files {
        let text = |key: &str| file.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        lines.push((tongue.pick("input", "输入").into(), format!("{} {}", text("path"), text("sha256"))));
    }
    lines.extend(
        document
            .head
            .notes
            .iter()
            .chain(document.notes.iter())
            .map(|n| (tongue.pick("note", "说明").to_string(), tongue.say(n).into_owned())),
    );
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
