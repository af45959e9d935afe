//! FABIO: a folder of R files, `Z_mass.rds` or `Z_value.rds` and `Y.rds` (lists by year of sparse matrices), `X.rds` (items by years),
//! `E.rds` (lists by year of data frames), and the lists `io_labels.csv` and `fd_labels.csv`. Physical units, by item.

use ndarray::{Array2, Axis};

use super::{Format, GENERIC, Names, Parts, Probe, Reading, Result, Source, folder, parts, year};
use crate::finding::{Finding, Level};
use crate::formats::containers::{Container, Content, Named};

/// The layout.
pub const FORMAT: Format = Format {
    name: "fabio",
    long: "FABIO: a folder of R files by year",
    doc: "recognised by Z_mass.rds or Z_value.rds beside io_labels.csv; `sheet` names the year, else the last is read",
    takes: &["sheet", "encoding"],
    probe,
    read,
};

const NAMES: Names = Names {
    flows: &["z_mass", "z_value"],
    coefficients: &[],
    demand: &["y"],
    output: &["x"],
    value_added: &[],
    emissions: &["extensions"],
    households: &[],
    regions: &["io_labels/iso3c"],
    sectors: &["io_labels/item"],
    categories: &["fd_labels/fd"],
    accounts: &["extension_names"],
    account_units: &[],
    unit: &[],
    ..GENERIC
};

fn probe(source: &Source) -> Probe {
    match ["Z_mass.rds", "Z_value.rds"].into_iter().find(|z| source.has(z)) {
        Some(z) if source.has("io_labels.csv") => Probe::yes(format!("the folder holds {z} and io_labels.csv")),
        _ => Probe::no("it is no folder with Z_mass.rds (or Z_value.rds) and io_labels.csv"),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let mut remarks = Vec::new();
    let flows = if source.has("Z_mass.rds") { "Z_mass" } else { "Z_value" };
    let mut all = folder(source.path(), reading, |stem| [flows, "Y", "X", "E"].contains(&stem))?;
    year(&mut all, reading, &place, &mut remarks)?;
    extensions(&mut all);
    let units = all.arrays.iter().find(|a| a.path == "io_labels/unit").and_then(|a| match &a.content {
        Content::Texts(list) => Some(list.clone()),
        _ => None,
    });
    let mut parts = parts(all, &NAMES, &place, remarks)?;
    if let Some(units) = units
        && let Some(first) = units.first()
    {
        match units.iter().find(|u| *u != first) {
            None => parts.unit = first.clone(),
            Some(other) => {
                let text = format!("{place}: the rows have several units (\"{first}\" and \"{other}\" among them): the table has none");
                parts.remarks.push(Finding::new(Level::Warn, "units-mixed", text));
            }
        }
    }
    Ok(parts)
}

/// The columns of numbers of the data frame E as one array and a list of their names; codes are no accounts.
fn extensions(all: &mut Container) {
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    all.arrays.retain(|a| match (&a.content, a.path.strip_prefix("E/")) {
        (Content::Numbers(numbers), Some(name)) if numbers.ndim() == 1 && !name.ends_with("_code") && name != "year" => {
            names.push(name.to_string());
            rows.push(numbers.iter().copied().collect::<Vec<f64>>());
            false
        }
        _ => true,
    });
    let n = rows.first().map_or(0, Vec::len);
    if n == 0 || rows.iter().any(|r| r.len() != n) {
        return;
    }
    let mut matrix = Array2::zeros((rows.len(), n));
    for (to, row) in matrix.axis_iter_mut(Axis(0)).zip(&rows) {
        to.into_iter().zip(row).for_each(|(cell, v)| *cell = *v);
    }
    all.arrays.push(Named::new("extensions", Content::Numbers(matrix.into_dyn())));
    all.arrays.push(Named::new("extension_names", Content::Texts(names)));
}
