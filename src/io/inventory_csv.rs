//! Emission inventories as CSV: a wide matrix (regions down, sectors across) or long form (one number a line).

use std::collections::HashMap;
use std::path::Path;

use ndarray::{Array1, Array2};

use super::Encoding;
use super::emissions::{InventoryOptions, file_unit, is_household, stem_stressor};
use super::grid::clean;
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::labels::{Name, key, sector_names};
use crate::table::Source;

/// The records of a CSV file with their line numbers; blank lines are left out, and every record is as long as the first.
pub(crate) struct Rows {
    /// The path, for messages.
    pub place: String,
    /// Path and SHA-256.
    pub source: Source,
    /// The first record.
    pub header: Vec<String>,
    /// Line and cells of each further record.
    pub records: Vec<(u64, Vec<String>)>,
}

impl Rows {
    /// Reads a file of separated values; the first line decides between comma, tab and semicolon.
    pub fn read(path: &Path, encoding: Encoding) -> Result<Self> {
        let (text, source) = super::text(path, encoding)?;
        let place = path.display().to_string();
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
        let delimiter =
            [b',', b'\t', b';'].into_iter().max_by_key(|&d| (first.bytes().filter(|&b| b == d).count(), d == b',')).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        let mut records: Vec<(u64, Vec<String>)> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| Error::format(&place, format!("not readable as CSV: {e}"), "save the file as CSV again"))?;
            let line = record.position().map_or(0, |p| {
                // the reader's line is that of the blank lines it skipped
                let skipped = text.as_bytes()[p.byte() as usize..].iter().take_while(|b| b"\r\n".contains(b));
                p.line() + skipped.filter(|b| **b == b'\n').count() as u64
            });
            if record.iter().any(|c| !c.trim().is_empty()) {
                records.push((line, record.iter().map(clean).collect()));
            }
        }
        if records.is_empty() {
            return Err(Error::format(&place, "the file has no line of text", "export it again"));
        }
        let header = records.remove(0).1;
        if let Some((line, cells)) = records.iter().find(|(_, c)| c.len() != header.len()) {
            let text = format!("expected {} cells as in the first line, found {}", header.len(), cells.len());
            return Err(Error::format(format!("{place}:{line}"), text, "complete the line; quote names that contain a comma"));
        }
        Ok(Rows { place, source, header, records })
    }

    /// The column whose heading is one of `names`, compared by letters and digits.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|h| names.contains(&key(h).as_str()))
    }

    /// The finite number of record `i` in column `c`.
    pub fn number(&self, i: usize, c: usize) -> Result<f64> {
        let (line, cells) = &self.records[i];
        let place = || format!("{}:{line}:{}", self.place, c + 1);
        let value = super::number(&cells[c], place)?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::format(
            place(),
            format!("expected a number, found \"{}\"", cells[c]),
            "correct the cell; a missing value must be written as 0",
        ))
    }
}

const REGION: [&str; 8] = ["region", "regions", "province", "area", "地区", "省份", "区域", "省"];
const SECTOR: [&str; 6] = ["sector", "sectors", "industry", "部门", "行业", "产业"];
const VALUE: [&str; 9] = ["value", "values", "emission", "emissions", "amount", "排放", "排放量", "数值", "co2"];
const STRESSOR: [&str; 6] = ["stressor", "gas", "pollutant", "排放物", "污染物", "气体"];
const UNIT: [&str; 2] = ["unit", "单位"];

/// Reads either form; the headings decide.
pub(crate) fn read(path: &Path, options: &InventoryOptions) -> Result<Inventory> {
    let rows = Rows::read(path, options.encoding)?;
    match (rows.column(&REGION), rows.column(&SECTOR)) {
        (Some(region), Some(sector)) => long(path, &rows, region, sector, options),
        _ => wide(path, rows, options),
    }
}

fn need_labels(rows: &Rows, found: &str) -> Error {
    Error::format(
        &rows.place,
        format!("{found}; an inventory needs the name of each region and sector"),
        "put sector names in the first line and the region's name first in each other line, or use columns region, sector, value",
    )
}

fn check_labels(rows: &Rows) -> Result<()> {
    let is_number = |t: &String| t.parse::<f64>().is_ok();
    if rows.header[0].starts_with('#') {
        return Err(need_labels(rows, "the first line is a comment (#)"));
    }
    if rows.header.len() > 1 && rows.header[1..].iter().all(is_number) {
        return Err(need_labels(rows, "the first line holds numbers, not sector names"));
    }
    if rows.records.iter().all(|(_, c)| is_number(&c[0])) {
        return Err(need_labels(rows, "the first column holds numbers, not region names"));
    }
    let known = |t: &str| Name::region(t).en != Name::region(t).zh;
    if rows.header[1..].iter().any(|h| known(h)) && !rows.records.iter().any(|(_, c)| known(&c[0])) {
        return Err(Error::format(
            &rows.place,
            "regions stand in the first line and sectors in the first column",
            "transpose the file: one line for each region",
        ));
    }
    Ok(())
}

fn wide(path: &Path, rows: Rows, options: &InventoryOptions) -> Result<Inventory> {
    check_labels(&rows)?;
    once(rows.header.iter().enumerate().skip(1).map(|(c, h)| (key(h), h.as_str(), format!("column {}", c + 1))), &rows.place, "sector")?;
    once(
        rows.records.iter().map(|(line, c)| (key(&Name::region(&c[0]).en), c[0].as_str(), format!("line {line}"))),
        &rows.place,
        "region",
    )?;
    let (at_home, sectors): (Vec<usize>, Vec<usize>) = (1..rows.header.len()).partition(|&c| is_household(&rows.header[c]));
    let mut values = Array2::zeros((rows.records.len(), sectors.len()));
    let mut households = Array1::zeros(rows.records.len());
    for i in 0..rows.records.len() {
        for (j, &c) in sectors.iter().enumerate() {
            values[[i, j]] = rows.number(i, c)?;
        }
        for &c in &at_home {
            households[i] += rows.number(i, c)?;
        }
    }
    Ok(Inventory {
        stressor: stem_stressor(path),
        unit: file_unit(path, options)?,
        regions: rows.records.iter().map(|(_, c)| Name::region(&c[0])).collect(),
        sectors: sector_names(sectors.iter().map(|&c| rows.header[c].as_str())),
        values,
        households: (!at_home.is_empty()).then_some(households),
        source: rows.source,
        notes: Vec::new(),
        remarks: Vec::new(),
    })
}

/// Refuses a label that comes twice, naming both places.
fn once<'a>(labels: impl Iterator<Item = (String, &'a str, String)>, place: &str, what: &str) -> Result<()> {
    let mut seen: HashMap<String, String> = HashMap::new();
    for (key, label, at) in labels {
        if let Some(before) = seen.insert(key, at.clone()) {
            return Err(Error::format(
                place,
                format!("{what} \"{label}\" comes twice: {before} and {at}"),
                "add the two up, or rename one",
            ));
        }
    }
    Ok(())
}

fn long(path: &Path, rows: &Rows, region: usize, sector: usize, options: &InventoryOptions) -> Result<Inventory> {
    let Some(value) = rows.column(&VALUE) else {
        let text = format!("no column of emissions among {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "call the column of numbers \"value\""));
    };
    let stressor = single(rows, &STRESSOR, "stressor")?;
    let unit = match (&options.unit, single(rows, &UNIT, "unit")?) {
        (None, Some(unit)) => unit,
        _ => file_unit(path, options)?,
    };
    once(
        rows.records.iter().map(|(line, c)| {
            (format!("{}|{}", key(&Name::region(&c[region]).en), key(&c[sector])), c[sector].as_str(), format!("line {line}"))
        }),
        &rows.place,
        "a region with sector",
    )?;
    let (mut regions, mut sectors) = (Order::default(), Order::default());
    let (mut cells, mut home) = (Vec::new(), Vec::new());
    for (i, (_, c)) in rows.records.iter().enumerate() {
        let r = regions.position(&key(&Name::region(&c[region]).en), &c[region]);
        if is_household(&c[sector]) {
            home.push((r, rows.number(i, value)?));
        } else {
            cells.push((r, sectors.position(&key(&c[sector]), &c[sector]), rows.number(i, value)?));
        }
    }
    // what is not listed stays NaN: the join reports it instead of taking it for zero
    let mut values = Array2::from_elem((regions.names.len(), sectors.names.len()), f64::NAN);
    for (r, s, v) in cells {
        values[[r, s]] = v;
    }
    let mut households = Array1::from_elem(regions.names.len(), f64::NAN);
    for (r, v) in home {
        households[r] = if households[r].is_nan() { v } else { households[r] + v };
    }
    Ok(Inventory {
        stressor: stressor.unwrap_or_else(|| stem_stressor(path)),
        unit,
        regions: regions.names.iter().map(|n| Name::region(n)).collect(),
        sectors: sector_names(sectors.names.iter().map(String::as_str)),
        values,
        households: households.iter().any(|v| !v.is_nan()).then_some(households),
        source: rows.source.clone(),
        notes: Vec::new(),
        remarks: Vec::new(),
    })
}

/// The one value of a column that must not vary, such as the unit.
fn single(rows: &Rows, names: &[&str], what: &str) -> Result<Option<String>> {
    let Some(c) = rows.column(names) else { return Ok(None) };
    let Some((_, first)) = rows.records.first() else { return Ok(None) };
    if let Some((line, other)) = rows.records.iter().find(|(_, cells)| cells[c] != first[c]) {
        let text = format!("a second {what}: \"{}\" after \"{}\"", other[c], first[c]);
        return Err(Error::format(format!("{}:{line}:{}", rows.place, c + 1), text, format!("split the file: one {what} a file")));
    }
    Ok((!first[c].is_empty()).then(|| first[c].clone()))
}

/// Labels in the order of their first appearance.
#[derive(Default)]
struct Order {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Order {
    fn position(&mut self, key: &str, name: &str) -> usize {
        if let Some(&at) = self.positions.get(key) {
            return at;
        }
        self.positions.insert(key.to_string(), self.names.len());
        self.names.push(name.to_string());
        self.names.len() - 1
    }
}
