//! One object for scripts: every number in the shortest form that reads back to the same f64, records written as they are made.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::report::document::{Document, place};
use crate::report::sheet::{Cell, Key, Layout, Sheet, parts};
use crate::verdict::SCOPE;

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Bounded(v) => json!(v.value),
        Cell::Number(v) => json!(v),
        Cell::Count(n) => n.into(),
        Cell::Word(word) => word.into(),
        Cell::Flag(yes) => yes.into(),
        Cell::Empty => Value::Null,
    }
}

/// The object of a document, without records, which may be more than fit into memory.
pub fn object(document: &Document) -> Value {
    Value::Object(parts_of(document).0)
}

/// The object, and the sheets that follow it as records.
fn parts_of<'d>(document: &'d Document) -> (Map<String, Value>, Vec<(&'d String, &'d Sheet<'d>)>) {
    let head = &document.head;
    let mut o = Map::new();
    let mut put = |key: &str, value: Value| o.insert(key.into(), value);
    put("isard", env!("CARGO_PKG_VERSION").into());
    put("stamp", json!(head.stamp));
    document.facts.iter().for_each(|(key, value)| drop(put(key, value.clone())));
    put("certified", document.certified().into());
    put("certificate", SCOPE.into());
    put("uncertified_because", json!(document.reasons()));
    put("verdicts", json!(document.verdicts));
    put("solves", json!(document.solves));
    put("checks", json!(document.checks));
    put("warnings", json!(document.warnings));
    put("notes", json!(document.notes));
    put("audit", if let [one] = head.findings[..] { json!(one) } else { json!(head.findings) });
    put("provenance", head.provenance.clone());
    put("options", head.options.clone());
    let mut records = Vec::new();
    for sheet in &document.sheets {
        match &sheet.key {
            None => {}
            Some(Key::Records(key)) => records.push((key, sheet)),
            Some(Key::Lists(key, bounds)) => {
                let rows: Vec<[Value; 2]> =
                    (0..sheet.rows.count).map(|k| parts(&sheet.row(k)).map(|cells| cells.into_iter().map(value).collect())).collect();
                let (values, errors) = rows.into_iter().map(|[v, b]| (v, b)).unzip::<_, _, Vec<_>, Vec<_>>();
                place(&mut o, key, values.into());
                place(&mut o, bounds, errors.into());
            }
        }
    }
    (o, records)
}

/// Writes the object of a document.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let (object, records) = parts_of(document);
    let object = Value::Object(object).to_string();
    write!(out, "{}", object.strip_suffix('}').expect("an object"))?;
    for (key, sheet) in records {
        write!(out, ",{}:[", json!(key))?;
        write_records(sheet, out)?;
        out.write_all(b"]")?;
    }
    out.write_all(b"}\n")
}

/// A sheet as a list of objects: the parts of names that are not empty, then each column, or each cell where it is long.
fn write_records(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let named = |o: &mut Map<String, Value>, headings: &[String], names: Vec<String>| {
        let known = headings.iter().zip(names).filter(|(_, name)| !name.is_empty());
        known.for_each(|(heading, name)| drop(o.insert(heading.clone(), name.into())));
    };
    let mut comma = "";
    for k in 0..sheet.rows.count {
        let mut start = Map::new();
        named(&mut start, &sheet.rows.headings, sheet.rows.name(k));
        let cells = sheet.row(k);
        if sheet.layout == Layout::Long {
            for (c, (number, bound)) in cells.iter().map(Cell::split).enumerate() {
                let mut o = start.clone();
                // an empty part of a column is a name like others
                sheet.columns.headings.iter().zip(sheet.columns.name(c)).for_each(|(h, n)| drop(o.insert(h.clone(), n.into())));
                o.insert("value".into(), value(number));
                o.insert("bound".into(), value(bound));
                write!(out, "{comma}{}", Value::Object(o))?;
                comma = ",";
            }
            continue;
        }
        for (c, own) in cells.into_iter().enumerate() {
            let name = sheet.column(c).0;
            if let Cell::Bounded(v) = &own {
                start.insert(format!("{name}_bound"), json!(v.bound));
            }
            start.insert(name, value(own));
        }
        write!(out, "{comma}{}", Value::Object(start))?;
        comma = ",";
    }
    Ok(())
}
