//! The CEADs provincial CO2 inventories: one sheet for each province and year, such as `Beijing2017`.
//!
//! A header row of fuels that ends in "Scope 1 Total", a row of units, a total row, then one row for each sector;
//! "Urban" and "Rural" are households. Only the column "Scope 1 Total" is read.
//! Shan et al. 2018, doi:10.1038/sdata.2017.201.

use std::path::Path;

use ndarray::{Array1, Array2};

use super::{InventoryOptions, inventory_unit, is_household};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::tools::grid::Grid;
use crate::formats::tools::workbook::Book;
use crate::inventory::Inventory;
use crate::labels::{Name, key, region_key, written};
use crate::units::{Gas, Of, Unit};
use crate::watch::Watch;

/// What one sheet says.
struct Sheet {
    region: Name,
    year: String,
    unit: String,
    stressor: String,
    sectors: Vec<(String, f64)>,
    households: Option<f64>,
    remark: Option<Finding>,
}

/// Reads all provinces of a workbook; `None` where no sheet has this layout.
pub(crate) fn read(path: &Path, options: &InventoryOptions) -> Result<Option<Inventory>> {
    let (file, named) = crate::formats::tools::rows::sheet_of(path);
    if named.is_some() {
        return Ok(None);
    }
    let path = file.as_path();
    let mut book = Book::open(path, &Watch::default())?;
    let (mut sheets, mut others) = (Vec::new(), Vec::new());
    for name in book.names() {
        let grid = book.grid(&name)?;
        match header(&grid) {
            Some(at) => sheets.push(sheet(&grid, &name, at)?),
            None => others.push(name),
        }
    }
    let place = path.display().to_string();
    if sheets.is_empty() && others.len() == 1 {
        return Ok(None);
    }
    if sheets.is_empty() {
        return Err(Error::format(
            &place,
            format!("no sheet has a column \"Scope 1 Total\" (sheets: {})", others.join(", ")),
            format!("name the sheet of a matrix or of long form, as in {place}[{}]", others.first().map_or("SHEET", String::as_str)),
        ));
    }
    agree(&place, &sheets)?;
    let (unit, overridden) = inventory_unit(path, Some(&sheets[0].unit), options)?;
    let sectors = sector_list(&sheets);
    // a sector that a sheet does not list stays NaN: the join reports it instead of taking it for zero
    let mut values = Array2::from_elem((sheets.len(), sectors.len()), f64::NAN);
    let mut households = Array1::from_elem(sheets.len(), f64::NAN);
    for (r, sheet) in sheets.iter().enumerate() {
        for (name, value) in &sheet.sectors {
            let c = sectors.iter().position(|s| written(s) == written(name)).expect("the list holds every sector of every sheet");
            values[[r, c]] = *value;
        }
        households[r] = sheet.households.unwrap_or(f64::NAN);
    }
    let note = format!(
        "{place}: {} sheets of {} read, column \"Scope 1 Total\"; not read: {}",
        sheets.len(),
        if sheets[0].year.is_empty() { "unnamed year" } else { &sheets[0].year },
        if others.is_empty() { "none".into() } else { others.join(", ") }
    );
    Ok(Some(Inventory {
        stressor: sheets[0].stressor.clone(),
        unit,
        year: sheets[0].year.parse().ok(),
        sectors: sectors.iter().map(Name::plain).collect(),
        values,
        households: sheets.iter().any(|s| s.households.is_some()).then_some(households),
        source: book.source,
        notes: vec![note],
        remarks: sheets.iter().filter_map(|s| s.remark.clone()).chain(overridden).collect(),
        regions: sheets.into_iter().map(|s| s.region).collect(),
    }))
}

/// The cell that heads the column of totals.
fn header(grid: &Grid) -> Option<(usize, usize)> {
    let rows = 0..grid.rows().min(12);
    rows.flat_map(|r| (1..grid.columns()).map(move |c| (r, c))).find(|&(r, c)| key(&grid.text(r, c)) == "scope1total")
}

fn sheet(grid: &Grid, name: &str, (head, total): (usize, usize)) -> Result<Sheet> {
    let region = name.trim().trim_end_matches(|c: char| c.is_ascii_digit());
    let year = name.trim()[region.len()..].to_string();
    let labels = label_column(grid, head, total)?;
    let unit_row = (head + 1..grid.rows().min(head + 4)).find(|&r| !grid.is_empty(r, total) && grid.find_number(r, total).is_none());
    let Some(unit_row) = unit_row else {
        return Err(Error::format(
            grid.address(head + 1, total),
            "no unit below \"Scope 1 Total\"",
            "restore the row of units, such as \"Mt CO2\"",
        ));
    };
    let unit_text = grid.text(unit_row, total);
    let (unit, stressor) = gas_of(&unit_text);
    let (unit, stressor) = (unit.as_str(), stressor);
    let (mut sectors, mut households, mut stated) = (Vec::<(String, f64)>::new(), None, None);
    for r in unit_row + 1..grid.rows() {
        let label = grid.text(r, labels);
        if label.is_empty() {
            if !grid.is_empty(r, total) {
                return Err(Error::format(grid.address(r, labels), "no sector name beside a number", "name the sector, or delete the row"));
            }
        } else if key(&label).starts_with("total") {
            stated = Some(grid.required(r, total)?);
        } else if is_household(&label) {
            households = Some(households.unwrap_or(0.0) + grid.required(r, total)?);
        } else if sectors.iter().any(|(s, _)| written(s) == written(&label)) {
            return Err(Error::format(
                grid.address(r, labels),
                format!("sector \"{label}\" comes twice"),
                "rename or delete one of the rows",
            ));
        } else {
            sectors.push((label, grid.required(r, total)?));
        }
    }
    let sum = sectors.iter().map(|s| s.1).sum::<f64>() + households.unwrap_or(0.0);
    let remark = stated.and_then(|stated| total_remark(grid, region, unit, sum, stated));
    Ok(Sheet { region: Name::region(region), year, unit: unit.into(), stressor: stressor.into(), sectors, households, remark })
}

/// The column that holds texts beside the numbers.
fn label_column(grid: &Grid, head: usize, total: usize) -> Result<usize> {
    let texts = |c: usize| (head + 1..grid.rows()).filter(|&r| !grid.is_empty(r, c) && grid.find_number(r, c).is_none()).count();
    let best = (0..total).rev().max_by_key(|&c| texts(c)).filter(|&c| texts(c) > 1);
    best.ok_or_else(|| Error::format(&grid.place, "no column of sector names left of \"Scope 1 Total\"", "restore the published layout"))
}

fn total_remark(grid: &Grid, region: &str, unit: &str, sum: f64, stated: f64) -> Option<Finding> {
    let text = || format!("{}: the rows of {region} sum to {sum} {unit}, the total row says {stated}; the rows are used", grid.place);
    let off = (sum - stated).abs() > 1e-6 * sum.abs().max(stated.abs());
    off.then(|| Finding::new(Level::Warn, "inventory-total", text()).region(region).numbers(sum, stated))
}

/// One year, one unit, and each province once.
fn agree(place: &str, sheets: &[Sheet]) -> Result<()> {
    let first = &sheets[0];
    for (what, of) in [("years", (|s| &s.year) as fn(&Sheet) -> &String), ("units", |s| &s.unit), ("gases", |s| &s.stressor)] {
        if let Some(other) = sheets.iter().find(|s| of(s) != of(first)) {
            let text = format!("the sheets are of several {what}: {} ({}) and {} ({})", of(first), first.region, of(other), other.region);
            return Err(Error::format(place, text, "keep the sheets of one year and one unit in a workbook"));
        }
    }
    for (k, sheet) in sheets.iter().enumerate() {
        if sheets[..k].iter().any(|s| region_key(&s.region.given) == region_key(&sheet.region.given)) {
            return Err(Error::format(place, format!("region \"{}\" has two sheets", sheet.region), "keep one sheet for each region"));
        }
    }
    Ok(())
}

/// The unit of a cell without its gas, and the stressor that the gas is: `Mt CO2` is CO2 in Mt, `Mt C` is CO2 in Mt C. A text that is
/// no mass is kept whole.
fn gas_of(text: &str) -> (String, &'static str) {
    match Unit::mass(text) {
        Ok(unit) => match unit.of {
            Of::Mass(Some(gas)) if gas != Gas::Carbon && gas != Gas::CarbonEquivalent => {
                (Unit { of: Of::Mass(None), ..unit }.to_string(), gas.name())
            }
            _ => (unit.to_string(), "CO2"),
        },
        Err(_) => (text.trim().to_string(), "CO2"),
    }
}

/// Every sector of every sheet, in the order of first appearance.
fn sector_list(sheets: &[Sheet]) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for (name, _) in sheets.iter().flat_map(|s| &s.sectors) {
        if !list.iter().any(|l| written(l) == written(name)) {
            list.push(name.clone());
        }
    }
    list
}
