//! Emission inventories as CSV: a wide matrix (regions down, sectors across) or long form (one number a line).

use std::collections::HashMap;
use std::path::Path;

use ndarray::{Array1, Array2};

use super::{InventoryOptions, inventory_unit, is_household, stem_stressor};
use crate::error::{Error, Result};
use crate::formats::tools::rows::{REGION, Rows};
use crate::inventory::Inventory;
use crate::labels::{Name, key, region_key, sector_names, written};

pub(crate) const SECTOR: [&str; 6] = ["sector", "sectors", "industry", "部门", "行业", "产业"];
const VALUE: [&str; 9] = ["value", "values", "emission", "emissions", "amount", "排放", "排放量", "数值", "co2"];
const STRESSOR: [&str; 6] = ["stressor", "gas", "pollutant", "排放物", "污染物", "气体"];
const UNIT: [&str; 2] = ["unit", "单位"];

/// Reads either form. It is long form where there are columns of regions, sectors and emissions; sectors of a matrix may have
/// any name, so a column that is called a sector and holds numbers is one of the matrix.
pub(crate) fn read(path: &Path, options: &InventoryOptions) -> Result<Inventory> {
    let rows = Rows::read(path, options.encoding)?;
    let first = |names: &[&str]| rows.header.iter().position(|h| names.contains(&key(h).as_str()));
    let numbers = |c: usize| (0..rows.records.len()).all(|i| rows.number(i, c).is_ok());
    match (first(&REGION), first(&SECTOR), first(&VALUE)) {
        (Some(region), Some(sector), Some(value)) => long(path, &rows, Columns { region, sector, value }, options),
        (Some(region), Some(sector), None) if region != 0 || !numbers(sector) => {
            let text = format!("no column of emissions among {}", rows.header.join(", "));
            Err(Error::format(&rows.place, text, "call the column of numbers \"value\""))
        }
        _ => wide(path, rows, options),
    }
}

/// Where long form has what.
struct Columns {
    region: usize,
    sector: usize,
    value: usize,
}

fn need_labels(rows: &Rows, found: &str) -> Error {
    Error::format(
        &rows.place,
        format!("{found}; an inventory needs the name of each region and sector"),
        "put sector names in the first line and the region's name first in each other line, or use columns region, sector, value",
    )
}

fn check_labels(rows: &Rows, names: &[String]) -> Result<()> {
    // numbers that are names of the table are names
    let is_number = |t: &String| t.parse::<f64>().is_ok() && !names.contains(t);
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
    check_labels(&rows, &options.names)?;
    once(
        rows.header.iter().enumerate().skip(1).map(|(c, h)| (written(h), h.as_str(), format!("column {}", c + 1))),
        &rows.place,
        "sector",
    )?;
    once(rows.records.iter().map(|(line, c)| (region_key(&c[0]), c[0].as_str(), format!("line {line}"))), &rows.place, "region")?;
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
    let (unit, remarks) = inventory_unit(path, None, options)?;
    Ok(Inventory {
        stressor: stem_stressor(path),
        unit,
        year: rows.year().or_else(|| file_year(path)),
        regions: rows.records.iter().map(|(_, c)| Name::region(&c[0])).collect(),
        sectors: sector_names(sectors.iter().map(|&c| rows.header[c].as_str())),
        values,
        households: (!at_home.is_empty()).then_some(households),
        notes: rows.titles_note(),
        source: rows.source,
        remarks,
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

fn long(path: &Path, rows: &Rows, columns: Columns, options: &InventoryOptions) -> Result<Inventory> {
    let Columns { region, sector, value } = columns;
    for names in [&REGION[..], &SECTOR, &VALUE] {
        rows.column(names)?;
    }
    let others = [rows.column(&STRESSOR)?, rows.column(&UNIT)?].into_iter().flatten();
    let used: Vec<usize> = [region, sector, value].into_iter().chain(others).collect();
    rows.nothing_else(&used, &["region", "sector", "value", "stressor", "unit", "year"])?;
    let stressor = single(rows, &STRESSOR, "stressor")?;
    let (unit, remarks) = inventory_unit(path, single(rows, &UNIT, "unit")?.as_deref(), options)?;
    once(
        rows.records
            .iter()
            .map(|(line, c)| (format!("{}|{}", region_key(&c[region]), written(&c[sector])), c[sector].as_str(), format!("line {line}"))),
        &rows.place,
        "a region with sector",
    )?;
    let (mut regions, mut sectors) = (Order::default(), Order::default());
    let (mut cells, mut home) = (Vec::new(), Vec::new());
    for (i, (_, c)) in rows.records.iter().enumerate() {
        let r = regions.position(&region_key(&c[region]), &c[region]);
        if is_household(&c[sector]) {
            home.push((r, rows.number(i, value)?));
        } else {
            cells.push((r, sectors.position(&written(&c[sector]), &c[sector]), rows.number(i, value)?));
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
        year: rows.year().or_else(|| file_year(path)),
        regions: regions.names.iter().map(|n| Name::region(n)).collect(),
        sectors: sector_names(sectors.names.iter().map(String::as_str)),
        values,
        households: households.iter().any(|v| !v.is_nan()).then_some(households),
        source: rows.source.clone(),
        notes: rows.titles_note(),
        remarks,
    })
}

/// The year in the name of a file.
fn file_year(path: &Path) -> Option<i32> {
    path.file_stem().and_then(|s| crate::inventory::year_in(&s.to_string_lossy()))
}

/// The one value of a column that must not vary, such as the unit.
fn single(rows: &Rows, names: &[&str], what: &str) -> Result<Option<String>> {
    let Some(c) = rows.column(names)? else { return Ok(None) };
    let Some((_, first)) = rows.records.first() else { return Ok(None) };
    if let Some((line, other)) = rows.records.iter().find(|(_, cells)| cells[c] != first[c]) {
        let text = format!("a second {what}: \"{}\" after \"{}\"", other[c], first[c]);
        let i = rows.records.iter().position(|r| r.0 == *line).unwrap_or(0);
        return Err(Error::format(rows.at(i, c), text, format!("split the file: one {what} a file")));
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
