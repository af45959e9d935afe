//! One object for scripts: every number in the shortest form that reads back to the same f64, records written as they are made.
//!
//! `docs/schema.json` says what each object holds. Documents, sheets and results are `Serialize`: any format of serde takes them.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value, json};

use crate::report::document::{Document, place};
use crate::report::sheet::{Axis, Cell, Key, Layout, Sheet, parts};
use crate::verdict::SCOPE;

/// Version of the keys of the objects that are written.
pub const FORMAT: u32 = 1;

/// The key of [`FORMAT`], the first of a document.
pub const FORMAT_KEY: &str = "format";

/// Writes the object of a document.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}

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

/// The rows of a sheet as lists: values, and bounds.
fn lists(sheet: &Sheet) -> [Value; 2] {
    let rows = (0..sheet.rows.count).map(|k| parts(&sheet.row(k)).map(|cells| cells.into_iter().map(value).collect::<Value>()));
    let (values, bounds) = rows.map(|[v, b]| (v, b)).unzip::<_, _, Vec<_>, Vec<_>>();
    [values.into(), bounds.into()]
}

/// The object of a document without its records, which may be more than fit into memory.
pub fn object(document: &Document) -> Value {
    Value::Object(head(document))
}

/// Everything of a document but its records.
fn head(document: &Document) -> Map<String, Value> {
    let head = &document.head;
    let mut o = Map::new();
    let mut put = |key: &str, value: Value| drop(o.insert(key.into(), value));
    put(FORMAT_KEY, FORMAT.into());
    put("isard", env!("CARGO_PKG_VERSION").into());
    if document.plain {
        document.facts.iter().for_each(|(key, value)| put(key, value.clone()));
    } else {
        put("stamp", json!(head.stamp));
        document.facts.iter().for_each(|(key, value)| put(key, value.clone()));
        put("certified", document.certified().into());
        put("certificate", SCOPE.into());
        put("uncertified_because", json!(document.reasons()));
        put("verdicts", json!(document.verdicts));
        put("solves", json!(document.solves));
        put("checks", json!(document.checks));
        put("warnings", json!(document.warnings));
        put("notes", json!(document.notes));
        put("audit", if let [one] = &head.findings[..] { json!(one) } else { json!(head.findings) });
        put("provenance", head.provenance.clone());
        put("options", head.options.clone());
    }
    for sheet in &document.sheets {
        if let Some(Key::Lists(key, bounds)) = &sheet.key {
            let [values, errors] = lists(sheet);
            place(&mut o, key, values);
            place(&mut o, bounds, errors);
        }
    }
    o
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        head(self).iter().try_for_each(|(key, value)| object.serialize_entry(key, value))?;
        for sheet in &self.sheets {
            if let Some(Key::Records(key)) = &sheet.key {
                object.serialize_entry(key, &Records(sheet))?;
            }
        }
        object.end()
    }
}

/// A sheet as a list of objects: the parts of names that are not empty, then each column, or each cell where it is long.
struct Records<'s>(&'s Sheet<'s>);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sheet = self.0;
        let named = |o: &mut Map<String, Value>, headings: &[String], names: Vec<String>| {
            let known = headings.iter().zip(names).filter(|(_, name)| !name.is_empty());
            known.for_each(|(heading, name)| drop(o.insert(heading.clone(), name.into())));
        };
        let mut list = serializer.serialize_seq(None)?;
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
                    list.serialize_element(&o)?;
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
            list.serialize_element(&start)?;
        }
        list.end()
    }
}

impl Serialize for Sheet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let axis = |axis: &Axis| json!({"headings": axis.headings, "names": (0..axis.count).map(|k| axis.name(k)).collect::<Vec<_>>()});
        let mut object = serializer.serialize_map(None)?;
        for (key, text) in [("name", &self.name), ("title", &self.title), ("reads", &self.reads), ("unit", &self.unit)] {
            object.serialize_entry(key, text)?;
        }
        object.serialize_entry("rows", &axis(&self.rows))?;
        object.serialize_entry("columns", &axis(&self.columns))?;
        let [values, bounds] = lists(self);
        object.serialize_entry("values", &values)?;
        object.serialize_entry("bounds", &bounds)?;
        object.serialize_entry("notes", &self.notes)?;
        object.end()
    }
}
