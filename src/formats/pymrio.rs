//! pymrio's saved folder or zip, which is also the layout of EXIOBASE 3.
//!
//! Read are Z (or A), x, Y, the units, and of the extensions the rows asked for; never the inverse or the accounts. What is
//! missing of Z and x is derived by [`Parts::table`]. pymrio 0.7.0, `save_all` and `load_all`.

use std::path::Path;

use ndarray::Array1;

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::{Digits, Holder, Intermediate, Parts, Values};
use crate::formats::probe::Probe;
use crate::formats::source::{Source, Zip};
use crate::formats::tools::pairs::{Pairs, same};
use crate::formats::{Format, Reading};
use crate::labels::Labels;
use crate::table::{Provenance, Sparse};
use crate::watch::Watch;

mod account;
mod store;
mod text;

use account::{Told, Wanted, row_names, stressors, value_added};
use store::{PARAMETERS, Parameters, Store};
use text::{Sheet, units};

/// The layout.
pub const FORMAT: Format = Format {
    name: "pymrio",
    long: "pymrio's saved system, also EXIOBASE 3: a folder, or a zip file of it",
    doc: "recognised by file_parameters.json; needs Z or A, and Y, as text, or as parquet in a build with that feature; `factor` EXTENSION/ROW reads rows of emissions",
    takes: &["factor"],
    probe,
    read,
};

/// pymrio writes x with 12 digits.
const WRITTEN: Digits = Digits { count: 12, half: 5e-12 };

fn probe(source: &Source) -> Probe {
    const PARQUET: [&str; 2] = ["Z.parquet", "A.parquet"];
    let weak = |what: &str| Probe::maybe(format!("the {what} holds {PARAMETERS}, but its arrays as parquet, which are read as text only"));
    match source.zip() {
        _ if cfg!(feature = "parquet") && source.is_folder() && source.has(PARAMETERS) => {
            Probe::yes(format!("the folder holds {PARAMETERS}"))
        }
        _ if source.is_folder() && source.has(PARAMETERS) && PARQUET.iter().any(|name| source.has(name)) => weak("folder"),
        Zip::Members(names)
            if !cfg!(feature = "parquet")
                && names.iter().any(|n| is_parameters(n))
                && names.iter().any(|n| PARQUET.iter().any(|p| n.ends_with(p))) =>
        {
            weak("zip file")
        }
        _ if source.is_folder() && source.has(PARAMETERS) => Probe::yes(format!("the folder holds {PARAMETERS}")),
        _ if source.is_folder() => Probe::no(format!("the folder holds no {PARAMETERS}")),
        Zip::Not => Probe::no("it is neither a folder nor a zip file"),
        Zip::Members(names) if names.iter().any(|n| is_parameters(n)) => Probe::yes(format!("the zip file holds {PARAMETERS}")),
        Zip::Members(_) => Probe::no(format!("the zip file holds no {PARAMETERS}")),
        Zip::Cut(first) if is_parameters(first) || [".txt", ".tsv", ".csv"].iter().any(|end| first.ends_with(end)) => {
            Probe::maybe(format!("the zip file has no list of its members; the first is {first}"))
        }
        Zip::Cut(first) => Probe::no(format!("the zip file has no list of its members, and the first, {first}, is no text")),
    }
}

fn is_parameters(member: &str) -> bool {
    member.rsplit('/').next() == Some(PARAMETERS)
}

/// Reads a folder or zip that pymrio's `save_all` wrote, with the extension rows named in `reading.factors`.
///
/// # Errors
/// Naming file, line and cell, when a file is missing, ragged, mislabelled or holds something else than numbers.
fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let (mut store, parameters) = Store::open(source.path(), &reading.watch)?;
    let notes: Vec<String> = store.root().map(|root| format!("read from the folder \"{root}\" of the zip file")).into_iter().collect();
    let (matrix, y, x) = core(&mut store, &parameters)?;
    let mut told = Told::default();
    let unit = money_unit(&mut store, &parameters, &mut told.remarks)?;
    let labels = Labels::from_pairs(&matrix.rows, &y.columns, &y.place)?;
    let wanted = Wanted { rows: &matrix.rows, demand: &y.columns, labels: &labels, factors: &reading.factors };
    let stressors = stressors(&mut store, &wanted, &mut told)?;
    let value_added = value_added(&mut store, &wanted, &mut told)?;
    let values = Values::Sparse(matrix.values);
    let intermediate = if matrix.key == "Z" { Intermediate::Flows(values) } else { Intermediate::Coefficients(values) };
    let mut parts = Parts::new(labels, intermediate, Values::Sparse(y.values), &matrix.place);
    (parts.x, parts.digits, parts.stressors, parts.unit) = (x, Some(WRITTEN), stressors, unit);
    parts.value_added = value_added;
    (parts.holder, parts.demand_place) = (Holder::Folder, y.place);
    parts.provenance = Provenance { files: store.sources, notes, ..Provenance::default() };
    (parts.left_out, parts.remarks) = (told.notes, told.remarks);
    Ok(parts)
}

/// All extension rows of a folder or zip as `EXTENSION/ROW`, the way [`Reading::factors`] takes them.
///
/// # Errors
/// When the folder, the zip or one of its extensions cannot be read.
pub fn factors(path: &Path) -> Result<Vec<String>> {
    let (mut store, _) = Store::open(path, &Watch::default())?;
    let mut all = Vec::new();
    for extension in store.extensions()? {
        all.extend(row_names(&mut store, &extension)?);
    }
    Ok(all)
}

/// One matrix of the system with its labels.
struct Frame {
    key: &'static str,
    values: Sparse,
    rows: Pairs,
    columns: Pairs,
    place: String,
}

impl Frame {
    fn read(store: &mut Store, parameters: &Parameters, key: &'static str) -> Result<Option<Self>> {
        let Some(member) = parameters.member(&[key])? else { return Ok(None) };
        let (text, place) = store.text("", &member.name)?;
        let sheet = Sheet::new(&text, &place, &member)?;
        let (rows, columns) = (sheet.row_pairs()?, sheet.column_pairs()?);
        if rows.is_empty() {
            return Err(Error::format(place, "the file holds no rows of numbers", "save the system again"));
        }
        Ok(Some(Frame { key, values: sheet.sparse(&store.watch)?, rows, columns, place }))
    }
}

/// Z or A, final demand, and output where it is given; their rows carry the same labels.
fn core(store: &mut Store, parameters: &Parameters) -> Result<(Frame, Frame, Option<Array1<f64>>)> {
    let missing = |what: &str| {
        Error::format(
            parameters.place(),
            format!("no {what} is named, only {}", parameters.keys().join(", ")),
            "save the system with Z (or A) and Y: pymrio's save_all after calc_system",
        )
    };
    let matrix = match Frame::read(store, parameters, "Z")? {
        Some(z) => z,
        None => Frame::read(store, parameters, "A")?.ok_or_else(|| missing("Z or A"))?,
    };
    same(&matrix.rows, &matrix.columns, (&matrix.place, "row"), (&matrix.place, "column"))?;
    let y = Frame::read(store, parameters, "Y")?.ok_or_else(|| missing("Y"))?;
    same(&matrix.rows, &y.rows, (&matrix.place, "row"), (&y.place, "row"))?;
    let x = output(store, parameters, &matrix)?;
    Ok((matrix, y, x))
}

/// The published output, where there is one.
fn output(store: &mut Store, parameters: &Parameters, z: &Frame) -> Result<Option<Array1<f64>>> {
    let Some(member) = parameters.member(&["x"])? else { return Ok(None) };
    let (text, place) = store.text("", &member.name)?;
    let sheet = Sheet::new(&text, &place, &member)?;
    same(&z.rows, &sheet.row_pairs()?, (&z.place, "row"), (&place, "row"))?;
    if sheet.columns.len() != 1 {
        return Err(Error::format(place, format!("expected one column of output, found {}", sheet.columns.len()), "save x as one column"));
    }
    let mut x = Array1::zeros(sheet.len());
    for i in 0..sheet.len() {
        x[i] = sheet.numbers(i)?[0];
    }
    Ok(Some(x))
}

/// The money unit where it is one for all rows.
fn money_unit(store: &mut Store, parameters: &Parameters, remarks: &mut Vec<Finding>) -> Result<String> {
    let Some(member) = parameters.member(&["unit"])? else { return Ok(String::new()) };
    let (text, place) = store.text("", &member.name)?;
    let all = units(&text, &place)?;
    let Some((_, first)) = all.first() else { return Ok(String::new()) };
    if let Some((labels, other)) = all.iter().find(|(_, unit)| unit != first) {
        let message =
            format!("{place}: the rows have several units (\"{first}\", and \"{other}\" for {}): the table has none", labels.join(" / "));
        remarks.push(Finding::new(Level::Warn, "units-mixed", message));
        return Ok(String::new());
    }
    Ok(first.clone())
}
