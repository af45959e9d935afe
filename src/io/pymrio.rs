//! pymrio's saved folder or zip, which is also the layout of EXIOBASE 3.
//!
//! Read are Z (or A), x, Y, the units, and of the extensions the rows asked for; never the inverse or the accounts.
//! Where x is absent: `x = Z 1 + Y 1`. Where Z is absent: `Z = A diag(x)`. Where both are absent: `x = A x + Y 1`.
//! pymrio 0.7.0, `save_all` and `load_all`.

use std::path::Path;

use ndarray::{Array1, Array2};

use super::Options;
use super::pymrio_account::{Told, Wanted, row_names, stressors};
use super::pymrio_store::{Parameters, Store};
use super::pymrio_text::{Sheet, units};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::labels::Labels;
use crate::memory;
use crate::table::{Provenance, Sparse, Table};
use crate::watch::Watch;

/// (outer, inner) labels in the order of a file.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads a folder or zip that pymrio's `save_all` wrote, with the extension rows named in `options.factors`.
///
/// # Errors
/// Naming file, line and cell, when a file is missing, ragged, mislabelled or holds something else than numbers.
pub fn read(path: &Path, options: &Options) -> Result<Table> {
    let (mut store, parameters) = Store::open(path, &options.watch)?;
    let mut notes: Vec<String> = store.root().map(|root| format!("read from the folder \"{root}\" of the zip file")).into_iter().collect();
    let core = Core::read(&mut store, &parameters, &mut notes)?;
    let mut told = Told { notes, remarks: Vec::new() };
    let unit = money_unit(&mut store, &parameters, &mut told.remarks)?;
    let labels = Labels::from_pairs(&core.rows, &core.demand, &core.place)?;
    let wanted = Wanted { rows: &core.rows, demand: &core.demand, labels: &labels, factors: &options.factors };
    let stressors = stressors(&mut store, &wanted, &mut told)?;
    let mut table = Table::new(labels, core.z, core.y, core.x);
    table.stressors = stressors;
    table.unit = unit;
    table.provenance = Provenance { files: store.sources, notes: told.notes, ..Provenance::default() };
    table.remarks = told.remarks;
    Ok(table)
}

/// All extension rows of a folder or zip as `EXTENSION/ROW`, the way [`Options::factors`] takes them.
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

/// The system itself.
struct Core {
    z: Sparse,
    y: Array2<f64>,
    x: Array1<f64>,
    rows: Pairs,
    demand: Pairs,
    place: String,
}

/// One matrix of the system with its labels.
struct Frame {
    values: Sparse,
    rows: Pairs,
    columns: Pairs,
    place: String,
}

impl Frame {
    fn read(store: &mut Store, parameters: &Parameters, key: &str) -> Result<Option<Self>> {
        let Some(member) = parameters.member(&[key])? else { return Ok(None) };
        let (text, place) = store.text("", &member.name)?;
        let sheet = Sheet::new(&text, &place, &member)?;
        let (rows, columns) = (sheet.row_pairs()?, sheet.column_pairs()?);
        if rows.is_empty() {
            return Err(Error::format(place, "the file holds no rows of numbers", "save the system again"));
        }
        Ok(Some(Frame { values: sheet.sparse(&store.watch)?, rows, columns, place }))
    }
}

impl Core {
    fn read(store: &mut Store, parameters: &Parameters, notes: &mut Vec<String>) -> Result<Self> {
        let missing = |what: &str| {
            Error::format(
                parameters.place(),
                format!("no {what} is named, only {}", parameters.keys().join(", ")),
                "save the system with Z (or A) and Y: pymrio's save_all after calc_system",
            )
        };
        let (key, z) = match Frame::read(store, parameters, "Z")? {
            Some(z) => ("Z", z),
            None => ("A", Frame::read(store, parameters, "A")?.ok_or_else(|| missing("Z or A"))?),
        };
        same(&z.rows, &z.columns, (&z.place, "row"), (&z.place, "column"))?;
        let y = Frame::read(store, parameters, "Y")?.ok_or_else(|| missing("Y"))?;
        same(&z.rows, &y.rows, (&z.place, "row"), (&y.place, "row"))?;
        let given = output(store, parameters, &z)?;
        let demand: Array1<f64> = row_sums(&y.values);
        let (z_values, x) = match (key, given) {
            ("Z", Some(x)) => {
                let sum = row_sums(&z.values) + &demand;
                (z.values, unrounded(x, sum, notes))
            }
            ("Z", None) => {
                notes.push("x = Z 1 + Y 1: the folder holds no x".to_string());
                let x = row_sums(&z.values) + &demand;
                (z.values, x)
            }
            (_, given) => {
                let x = given.map_or_else(|| solved(&z, &demand, &y.place, notes, &store.watch), Ok)?;
                notes.push("Z = A diag(x): the folder holds no Z".to_string());
                (scaled(&z.values, &x), x)
            }
        };
        memory::require_array(&format!("{}: final demand", y.place), y.values.rows(), y.values.cols())?;
        Ok(Core { z: z_values, y: y.values.to_dense(), x, rows: z.rows, demand: y.columns, place: y.place })
    }
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

/// Output from A and Y alone, with a note of the residual reached.
fn solved(a: &Frame, demand: &Array1<f64>, y_place: &str, notes: &mut Vec<String>, watch: &Watch) -> Result<Array1<f64>> {
    let mut rows_of_a = a.values.outer_iterator().enumerate();
    let bad_a = rows_of_a.find_map(|(i, row)| row.data().iter().find(|v| !v.is_finite()).map(|v| (i, *v)));
    let bad_y = demand.iter().enumerate().find(|(_, v)| !v.is_finite()).map(|(i, v)| (i, *v));
    for (bad, place) in [(bad_a, a.place.as_str()), (bad_y, y_place)] {
        if let Some((i, value)) = bad {
            return Err(Error::format(
                place,
                format!("row \"{} / {}\" holds {value}, so output cannot be computed from A and Y", a.rows[i].0, a.rows[i].1),
                "correct the row, or save the system with x",
            ));
        }
    }
    let x = output_of(&a.values, demand, watch)?;
    notes.push(format!(
        "x = A x + Y 1, computed since the folder holds neither Z nor x: power series to a relative residual of {:.1e}",
        norm(&residual(&a.values, &x, demand)) / norm(demand).max(f64::MIN_POSITIVE)
    ));
    Ok(x)
}

/// `x = y + A y + A^2 y + ...` until the residual, relative to y in the 1-norm, stops falling.
fn output_of(a: &Sparse, y: &Array1<f64>, watch: &Watch) -> Result<Array1<f64>> {
    const PASSES: usize = 10_000;
    const PATIENCE: usize = 30;
    let scale = norm(y).max(f64::MIN_POSITIVE);
    let mut x = y.clone();
    let mut best = (f64::INFINITY, x.clone(), 0);
    let mut history: Vec<f64> = Vec::new();
    for pass in 0..PASSES {
        watch.check()?;
        let left = residual(a, &x, y);
        let size = norm(&left) / scale;
        history.push(size);
        if size < best.0 {
            best = (size, x.clone(), pass);
        }
        // Rows far smaller than the total go on settling after the norm has reached rounding level.
        if size == 0.0 || (best.0 <= 1e-10 && pass >= best.2 + PATIENCE) {
            return Ok(if size <= 10.0 * best.0 { x } else { best.1 });
        }
        if !size.is_finite() || size > 1e12 * history[0].max(1.0) {
            break;
        }
        x += &left;
    }
    let back = history.len().min(20) - 1;
    let last = history.len() - 1;
    let growth = (history[last] / history[last - back]).powf(1.0 / back.max(1) as f64);
    let verdict = if growth > 1.0 || !growth.is_finite() { "is above 1" } else { "is too close to 1" };
    Err(Error::invalid(
        format!(
            "output cannot be computed from A and Y: the spectral radius of A {verdict} (growth by {growth:.6} in the last of {} passes)",
            last + 1
        ),
        "check the columns of A: a productive system has a spectral radius below 1; or save the system with x",
    ))
}

/// `y + A x - x`.
fn residual(a: &Sparse, x: &Array1<f64>, y: &Array1<f64>) -> Array1<f64> {
    let mut left = y - x;
    for (i, row) in a.outer_iterator().enumerate() {
        left[i] += row.iter().map(|(j, v)| v * x[j]).sum::<f64>();
    }
    left
}

fn norm(v: &Array1<f64>) -> f64 {
    v.iter().map(|e| e.abs()).sum()
}

/// pymrio writes x with 12 digits. Where the sum of the row agrees with every digit written, the sum is x.
fn unrounded(x: Array1<f64>, sum: Array1<f64>, notes: &mut Vec<String>) -> Array1<f64> {
    const HALF_A_DIGIT: f64 = 5e-12;
    if x == sum || !x.iter().zip(&sum).all(|(x, s)| (x - s).abs() <= HALF_A_DIGIT * x.abs()) {
        return x;
    }
    notes.push("x = Z 1 + Y 1, which agrees with the written x in all of its 12 digits and has more".to_string());
    sum
}

fn row_sums(matrix: &Sparse) -> Array1<f64> {
    matrix.outer_iterator().map(|row| row.data().iter().sum::<f64>()).collect()
}

/// `A diag(x)`, exact zeros left out.
fn scaled(a: &Sparse, x: &Array1<f64>) -> Sparse {
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::with_capacity(a.nnz()), Vec::with_capacity(a.nnz()));
    for row in a.outer_iterator() {
        for (j, &v) in row.iter() {
            let flow = v * x[j];
            if flow != 0.0 {
                indices.push(u32::try_from(j).expect("columns were counted in 32 bits"));
                data.push(flow);
            }
        }
        indptr.push(indices.len());
    }
    Sparse::new(a.shape(), indptr, indices, data)
}

/// Refuses two sets of labels that are not the same in the same order, naming the first difference.
pub(super) fn same(one: &Pairs, other: &Pairs, (place, what): (&str, &str), (other_place, other_what): (&str, &str)) -> Result<()> {
    let help = "save the system again: rows and columns must carry the same labels in the same order";
    if let Some(k) = one.iter().zip(other).position(|(a, b)| a != b) {
        return Err(Error::format(
            other_place,
            format!(
                "{other_what} {} is \"{} / {}\", expected \"{} / {}\" as in {what} {} of {place}",
                k + 1,
                other[k].0,
                other[k].1,
                one[k].0,
                one[k].1,
                k + 1
            ),
            help,
        ));
    }
    if one.len() != other.len() {
        let message = format!("expected {} {other_what}s as there are {what}s in {place}, found {}", one.len(), other.len());
        return Err(Error::format(other_place, message, help));
    }
    Ok(())
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
