//! All files of a document as one: a record for each cell, with the sheet it is of, each part of its row's and its column's
//! name in a column of its own, value, bound and unit; as data frames and pivot tables take it.

use std::io::{self, Write};

use super::File;
use super::csv::{MARK, Records, cell, is_marked};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Sheet, parts};

/// The name of a column of a sheet, where its parts have no headings of their own.
const COLUMN: &str = "column";

/// The one file of a document.
pub fn files<'d>(document: &'d Document) -> Vec<File<'d>> {
    vec![("tidy.csv".into(), Box::new(|out| write(document, out)))]
}

/// The headings of a sheet: those of its rows, then those of its columns, told apart where they are the same.
fn headings(sheet: &Sheet) -> Vec<String> {
    let rows = &sheet.rows.headings;
    let own = sheet.columns.headings.iter().filter(|_| named(sheet)).map(|heading| match heading.as_str() {
        "" => COLUMN.to_string(),
        same if rows.iter().any(|row| row == same) => format!("{COLUMN} {same}"),
        other => other.to_string(),
    });
    let one = (!named(sheet)).then(|| COLUMN.to_string());
    rows.iter().cloned().chain(own).chain(one).collect()
}

/// Whether columns have names in parts; else they are records, each with its heading and that of its bound.
fn named(sheet: &Sheet) -> bool {
    sheet.columns.headings != [COLUMN, "bound"]
}

fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let sheets: Vec<&Sheet> = document.sheets.iter().filter(|s| s.file).collect();
    if is_marked(&document.head, sheets.iter().copied()) {
        out.write_all(MARK)?;
    }
    let mut all: Vec<String> = Vec::new();
    for heading in sheets.iter().flat_map(|s| headings(s)) {
        if !all.contains(&heading) {
            all.push(heading);
        }
    }
    let mut records = Records::new(out, b',');
    let ends = ["value", "bound", "unit"].map(String::from);
    records.write(std::iter::once("sheet".to_string()).chain(all.iter().cloned()).chain(ends))?;
    for sheet in sheets {
        let places: Vec<usize> = headings(sheet).iter().filter_map(|h| all.iter().position(|a| a == h)).collect();
        let columns: Vec<Vec<String>> =
            (0..sheet.columns.count).map(|k| if named(sheet) { sheet.columns.name(k) } else { vec![sheet.column(k).0] }).collect();
        for k in 0..sheet.rows.count {
            let (row, cells) = (sheet.rows.name(k), sheet.row(k));
            let [values, bounds] = parts(&cells);
            for (c, (value, bound)) in values.into_iter().zip(bounds).enumerate() {
                let mut line = vec![String::new(); all.len()];
                for (place, part) in places.iter().zip(row.iter().chain(&columns[c])) {
                    line[*place].clone_from(part);
                }
                let unit = if matches!(value, Cell::Number(_)) { sheet.unit_of(k, c) } else { String::new() };
                let end = [cell(value), cell(bound), unit];
                records.write(std::iter::once(&sheet.name).chain(&line).chain(&end))?;
            }
        }
    }
    records.flush()
}
