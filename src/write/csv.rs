//! CSV for spreadsheets: one file for each sheet, its bounds beside it; the first heading says unit, reading and stamp.

use std::io::{self, Write};

use super::File;
use crate::escape;
use crate::labels::Language;
use crate::report::document::{Document, Head};
use crate::report::sheet::{Axis, Cell, Layout, Sheet, parts};

/// One record; cells are quoted where their text asks for it.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = Vec::new();
    let written = Records::new(&mut out, b',').write(cells);
    written.ok().and_then(|()| String::from_utf8(out).ok()).expect("memory takes every record, and its cells are text")
}

/// A number in the shortest form that reads back to the same one: with an exponent where that is shorter, 0 without a sign.
pub(crate) fn number(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let (plain, exponent) = (v.to_string(), format!("{v:e}"));
    if plain.len() <= exponent.len() + 4 { plain } else { exponent }
}

/// What stands in the file; nothing for what is not defined.
pub(super) fn cell(cell: Cell) -> String {
    match cell {
        Cell::Number(v) if v.is_nan() => String::new(),
        Cell::Number(v) => number(v),
        Cell::Bounded(v) => number(v.value),
        Cell::Count(n) => n.to_string(),
        Cell::Word(word) => word,
        Cell::Flag(yes) => yes.to_string(),
        Cell::Empty => String::new(),
    }
}

/// Records on their way to a file.
pub(super) struct Records<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Records<W> {
    pub(super) fn new(out: W, delimiter: u8) -> Self {
        Records { out: csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(out) }
    }

    pub(super) fn write<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) -> io::Result<()> {
        for text in cells {
            self.out.write_field(escape::cell(text.as_ref()).as_bytes())?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The files of a document.
pub fn files<'d>(document: &'d Document) -> Vec<File<'d>> {
    let mut files: Vec<File> = Vec::new();
    let (head, mark) = (&document.head, is_marked(&document.head, document.sheets.iter().filter(|s| s.file)));
    for sheet in document.sheets.iter().filter(|s| s.file) {
        files.push((format!("{}.csv", sheet.name), Box::new(move |out| write(head, sheet, false, mark, out))));
        if sheet.layout == Layout::Apart {
            files.push((format!("{}_bound.csv", sheet.name), Box::new(move |out| write(head, sheet, true, mark, out))));
        }
    }
    files
}

/// One sheet in memory.
pub fn text(head: &Head, sheet: &Sheet) -> String {
    let mut out = Vec::new();
    let written = write(head, sheet, false, is_marked(head, [sheet]), &mut out);
    written.ok().and_then(|()| String::from_utf8(out).ok()).expect("memory takes every record, and its cells are text")
}

/// What a file begins with from which spreadsheets see that it is UTF-8.
pub(super) const MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether files of some sheets begin with [`MARK`]: where it is asked for, and where labels are Chinese.
pub(super) fn is_marked<'s>(head: &Head, sheets: impl IntoIterator<Item = &'s Sheet<'s>>) -> bool {
    let chinese = |axis: &Axis| (0..axis.count).any(|k| axis.name(k).iter().any(|part| is_chinese(part)));
    head.mark || head.language != Language::En || sheets.into_iter().any(|s| chinese(&s.rows) || chinese(&s.columns))
}

/// Whether a text has a character of the blocks of Chinese characters in the basic plane.
fn is_chinese(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'))
}

/// Values, or the bounds of a matrix.
fn write(head: &Head, sheet: &Sheet, bounds: bool, mark: bool, out: &mut dyn Write) -> io::Result<()> {
    if mark {
        out.write_all(MARK)?;
    }
    let mut records = Records::new(out, b',');
    let mut headings = sheet.rows.headings.clone();
    if !sheet.reads.is_empty() {
        let stamp = head.stamp.map(|s| format!("{s}; ")).unwrap_or_default();
        let reads = if bounds { format!("bound on the error of {}.csv", sheet.name) } else { sheet.reads.clone() };
        headings[0] = format!("{stamp}{reads} [{}]", sheet.unit);
    }
    let columns: Vec<(String, Option<String>)> = (0..sheet.columns.count).map(|k| sheet.column(k)).collect();
    let long: Vec<Vec<String>> = match sheet.layout {
        Layout::Long => (0..sheet.columns.count).map(|k| sheet.columns.name(k)).collect(),
        _ => Vec::new(),
    };
    match sheet.layout {
        Layout::Long => {
            headings.extend(sheet.columns.headings.iter().cloned());
            headings.extend(["value", "bound"].map(String::from));
        }
        _ => headings.extend(laid(sheet, &columns, columns.iter().map(|c| c.0.clone()), columns.iter().map(|c| c.1.clone()))),
    }
    headings.extend(sheet.same.iter().map(|(heading, _)| (*heading).to_string()));
    records.write(&headings)?;
    let end = || sheet.same.iter().map(|(_, word)| word.clone());
    for k in 0..sheet.rows.count {
        let mut line = sheet.rows.name(k);
        let [values, errors] = parts(&sheet.row(k));
        match sheet.layout {
            Layout::Apart => line.extend(if bounds { errors } else { values }.into_iter().map(cell)),
            Layout::Long => {
                for ((name, value), bound) in long.iter().zip(values).zip(errors) {
                    let own = [cell(value), cell(bound)];
                    records.write(line.iter().chain(name).cloned().chain(own).chain(end()))?;
                }
                continue;
            }
            _ => line.extend(laid(sheet, &columns, values.into_iter().map(cell), errors.into_iter().map(|b| Some(cell(b))))),
        }
        records.write(line.into_iter().chain(end()))?;
    }
    records.flush()
}

/// Values and the bounds of the columns that have them, side by side or one behind the other before those that have none.
fn laid(
    sheet: &Sheet,
    columns: &[(String, Option<String>)],
    values: impl Iterator<Item = String>,
    bounds: impl Iterator<Item = Option<String>>,
) -> Vec<String> {
    let (mut line, mut behind) = (Vec::with_capacity(2 * columns.len()), Vec::new());
    for ((value, bound), column) in values.zip(bounds).zip(columns) {
        if column.1.is_none() {
            line.append(&mut behind);
        }
        line.push(value);
        let own = bound.filter(|_| column.1.is_some());
        if sheet.layout == Layout::Behind { behind.extend(own) } else { line.extend(own) }
    }
    line.extend(behind);
    line
}
