//! pymrio's text layout, readable by `pymrio.load`: rows are stressors, columns stand under a line for each part of their
//! names, tabs between; no bounds.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::File;
use super::csv::{Records, cell};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Sheet, parts};

/// The files of a document, with the one that lists them.
pub fn files<'d>(document: &'d Document) -> Vec<File<'d>> {
    let (mut files, mut parameters): (Vec<File>, Map<String, Value>) = (Vec::new(), Map::new());
    for sheet in document.sheets.iter().filter(|s| s.file) {
        let lines = sheet.columns.headings.len().to_string();
        parameters.insert(sheet.name.clone(), json!({"name": format!("{}.txt", sheet.name), "nr_index_col": "1", "nr_header": lines}));
        files.push((format!("{}.txt", sheet.name), Box::new(|out| write(sheet, out))));
    }
    let list = json!({"files": parameters, "systemtype": "Extension", "name": "isard accounts"}).to_string();
    files.push(("file_parameters.json".into(), Box::new(move |out| out.write_all(list.as_bytes()))));
    files
}

fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let mut records = Records::new(out, b'\t');
    let index = &sheet.rows.headings[0];
    let columns: Vec<Vec<String>> = (0..sheet.columns.count).map(|k| sheet.columns.name(k)).collect();
    let headings = &sheet.columns.headings;
    for (part, heading) in headings.iter().enumerate() {
        let first = if headings.len() > 1 { heading } else { index };
        records.write(std::iter::once(first).chain(columns.iter().map(|c| &c[part])))?;
    }
    if headings.len() > 1 {
        records.write(std::iter::once(index.clone()).chain(columns.iter().map(|_| String::new())))?;
    }
    for k in 0..sheet.rows.count {
        let [values, _] = parts(&sheet.row(k));
        let text = |c: Cell| if let Cell::Number(v) = c { v.to_string() } else { cell(c) };
        records.write(sheet.rows.name(k).into_iter().take(1).chain(values.into_iter().map(text)))?;
    }
    Ok(())
}
