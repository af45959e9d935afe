//! numpy archives (`np.savez`) with named arrays.
//!
//! | array | also called | shape |
//! |---|---|---|
//! | `Z`, or `A` with `x` | | n x n; `Z = A diag(x)` |
//! | `Y` | | n x (R categories), region by region |
//! | `x` | `X` | n; where absent, the row sum |
//! | `exports`, `stock`, `error`, `imports` | `EX` `ex`, `STK`, `ERR`, `IM` | n |
//! | `imports_final` | `IMY` | columns of Y |
//! | `value_added` | `va`, `VA` | n, or items x n |
//! | `emissions` | `CO2`, `q` | n, or R x S, or accounts x n |
//! | `households` | `hh` | R, or accounts x R |
//! | `regions`, `sectors` | `prov` `countries`, `sec` `industries` | R and S names, or n each |
//! | `categories` | | names per region, or per column of Y |
//! | `unit`, `emissions_unit` | | one text; one per account |
//! | `stressors`, `value_added_items` | | one name per account, per item |
//!
//! Of several names for one thing the first whose shape fits is taken. Arrays not used are listed in the provenance.

use ndarray::{Array1, Array2, ArrayD, Axis, Ix2};

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::{Holder, Intermediate, Values};
use crate::formats::source::Zip;
use crate::formats::tools::npy::shown;
use crate::formats::{Format, Parts, Probe, Reading, Source};
use crate::labels::{Labels, Name};
use crate::table::Stressor;
use arrays::Arrays;
use labels::labels;

mod arrays;
mod labels;

/// The layout.
pub const FORMAT: Format = Format {
    name: "npz",
    long: "numpy archive of named arrays, .npz",
    doc: "recognised by its members Z or A, and Y; needs x beside A; `emissions-unit` names a unit that no array names",
    takes: &[],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    let is_array = |name: &str| name.ends_with(".npy");
    match source.zip() {
        Zip::Not => Probe::no("it is no zip file"),
        Zip::Members(names) => {
            let has = |array: &str| names.iter().any(|n| n.strip_suffix(".npy").unwrap_or(n) == array);
            if ["format", "shape", "data"].iter().all(|array| has(array)) {
                return Probe::no("the zip file holds one sparse matrix of scipy");
            }
            match ["Z", "A"].into_iter().find(|array| has(array)) {
                Some(matrix) if has("Y") => Probe::yes(format!("the zip file holds the arrays {matrix} and Y")),
                _ if names.iter().any(|n| is_array(n)) => Probe::maybe("the zip file holds arrays, but not both of Z (or A) and Y"),
                _ => Probe::no("the zip file holds no array"),
            }
        }
        Zip::Cut(first) if is_array(first) => Probe::maybe(format!("the zip file has no list of its members; the first is {first}")),
        Zip::Cut(first) => Probe::no(format!("the zip file has no list of its members, and the first, {first}, is no array")),
    }
}

/// Reads a `.npz` of named arrays.
///
/// # Errors
/// Naming the array and both shapes, when one is missing, damaged, pickled or does not fit the others.
fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let mut arrays = Arrays::open(source.path(), &reading.watch)?;
    let mut remarks = Vec::new();
    let (coefficients, z) = square(&mut arrays)?;
    let n = z.nrows();
    let y = final_demand(&mut arrays, n)?;
    let emissions = Emissions::find(&mut arrays, n)?;
    let matrix = emissions.as_ref().and_then(Emissions::matrix);
    let labels = labels(&mut arrays, n, y.ncols(), matrix, &mut remarks)?;

    let exports = vector(&mut arrays, &["exports", "EX", "ex"], n)?;
    let stock = vector(&mut arrays, &["stock", "STK"], n)?;
    let error = vector(&mut arrays, &["error", "ERR"], n)?;
    let x = vector(&mut arrays, &["x", "X"], n)?;
    if coefficients && x.is_none() {
        return Err(Error::format(
            arrays.file(),
            "A is given without x, so flows cannot be computed",
            "add output as an array \"x\", or flows as \"Z\"",
        ));
    }
    let stressors = match emissions {
        Some(emissions) => emissions.stressors(&mut arrays, &labels, &mut remarks)?,
        None => Vec::new(),
    };
    let values = Values::Dense(z);
    let intermediate = if coefficients { Intermediate::Coefficients(values) } else { Intermediate::Flows(values) };
    let columns = y.ncols();
    let mut parts = Parts::new(labels, intermediate, Values::Dense(y), &arrays.file());
    (parts.x, parts.exports, parts.stock, parts.error, parts.stressors) = (x, exports, stock, error, stressors);
    parts.imports = vector(&mut arrays, &["imports", "IM"], n)?;
    parts.imports_final = vector(&mut arrays, &["imports_final", "IMY"], columns)?;
    parts.value_added = value_added(&mut arrays, n)?;
    parts.unit = arrays.texts(&["unit"])?.and_then(|(_, list)| list.into_iter().next()).unwrap_or_default();
    let unused = arrays.unused();
    if !unused.is_empty() {
        parts.left_out.push(format!("arrays not used: {}", unused.join(", ")));
    }
    parts.provenance.files.push(arrays.source);
    (parts.holder, parts.remarks) = (Holder::Archive, remarks);
    Ok(parts)
}

/// Whether it is A, and the square matrix itself.
fn square(arrays: &mut Arrays) -> Result<(bool, Array2<f64>)> {
    let Some(&name) = arrays.present(&["Z", "A"]).first() else {
        return Err(Error::format(
            arrays.file(),
            format!("no array is called Z (or A, with x); there are: {}", arrays.names().join(", ")),
            "save the flows under the name Z: np.savez(file, Z=..., Y=..., x=...)",
        ));
    };
    let found = arrays.numbers(name)?;
    let shape = found.shape().to_vec();
    match found.into_dimensionality::<Ix2>() {
        Ok(matrix) if matrix.nrows() == matrix.ncols() && matrix.nrows() > 0 => {
            arrays.mark(name);
            Ok((name == "A", matrix))
        }
        _ => Err(misfit(arrays, name, "n x n", &shape)),
    }
}

fn final_demand(arrays: &mut Arrays, n: usize) -> Result<Array2<f64>> {
    if arrays.present(&["Y"]).is_empty() {
        return Err(Error::format(
            arrays.file(),
            format!("no array is called Y; there are: {}", arrays.names().join(", ")),
            "save final demand under the name Y: np.savez(file, Z=..., Y=..., x=...)",
        ));
    }
    let found = arrays.numbers("Y")?;
    let shape = found.shape().to_vec();
    let matrix = if shape.len() == 1 { found.insert_axis(Axis(1)) } else { found };
    match matrix.into_dimensionality::<Ix2>() {
        Ok(matrix) if matrix.nrows() == n => {
            arrays.mark("Y");
            Ok(matrix)
        }
        _ => Err(misfit(arrays, "Y", &format!("{n} x columns"), &shape)),
    }
}

fn misfit(arrays: &Arrays, name: &str, expected: &str, shape: &[usize]) -> Error {
    Error::format(
        arrays.place(name),
        format!("expected shape {expected}, found {}", shown(shape)),
        "save the array in this shape, or under another name if it is something else",
    )
}

/// The first of `aliases` with `length` numbers in one row or column.
fn vector(arrays: &mut Arrays, aliases: &[&'static str], length: usize) -> Result<Option<Array1<f64>>> {
    let mut wrong = None;
    for name in arrays.present(aliases) {
        let found = arrays.numbers(name)?;
        if is_vector(found.shape(), length) {
            arrays.mark(name);
            return Ok(Some(found.into_iter().collect()));
        }
        wrong.get_or_insert((name, found.shape().to_vec()));
    }
    match wrong {
        Some((name, shape)) => Err(misfit(arrays, name, &length.to_string(), &shape)),
        None => Ok(None),
    }
}

fn is_vector(shape: &[usize], length: usize) -> bool {
    !shape.is_empty() && shape.iter().product::<usize>() == length && shape.iter().filter(|&&d| d != 1).count() <= 1
}

/// Rows of `found` if it is n long, or k x n; else the array again.
fn blocks(found: ArrayD<f64>, n: usize) -> std::result::Result<Vec<Array1<f64>>, ArrayD<f64>> {
    let wide = found.ndim() == 2 && found.shape()[1] == n;
    if !wide && !is_vector(found.shape(), n) {
        return Err(found);
    }
    let flat: Vec<f64> = found.into_iter().collect();
    Ok(flat.chunks(n).map(|row| row.to_vec().into()).collect())
}

fn value_added(arrays: &mut Arrays, n: usize) -> Result<Vec<(Name, Array1<f64>)>> {
    let mut wrong = None;
    for name in arrays.present(&["va", "VA", "value_added"]) {
        match blocks(arrays.numbers(name)?, n) {
            Ok(rows) => {
                arrays.mark(name);
                let many = rows.len() > 1;
                let given = given(arrays, "value_added_items", rows.len())?;
                let plain = |k: usize| if many { format!("value added {}", k + 1) } else { "value added".to_string() };
                let label = |k: usize| given.as_ref().map_or_else(|| plain(k), |names| names[k].clone());
                return Ok(rows.into_iter().enumerate().map(|(k, row)| (Name::plain(label(k)), row)).collect());
            }
            Err(found) => {
                wrong.get_or_insert((name, found.shape().to_vec()));
            }
        }
    }
    wrong.map_or(Ok(Vec::new()), |(name, shape)| Err(misfit(arrays, name, &format!("{n}, or items x {n}"), &shape)))
}

/// Emissions whose shape fits the number of rows; whether R x S fits is known with the labels.
struct Emissions {
    name: &'static str,
    values: ArrayD<f64>,
}

impl Emissions {
    fn find(arrays: &mut Arrays, n: usize) -> Result<Option<Self>> {
        let mut wrong = None;
        for name in arrays.present(&["emissions", "CO2", "q"]) {
            let values = arrays.numbers(name)?;
            let shape = values.shape();
            let fits = is_vector(shape, n) || matches!(shape, [r, s] if *s == n || r.checked_mul(*s) == Some(n));
            if fits {
                arrays.mark(name);
                return Ok(Some(Emissions { name, values }));
            }
            wrong.get_or_insert((name, shape.to_vec()));
        }
        wrong.map_or(Ok(None), |(name, shape)| {
            Err(misfit(arrays, name, &format!("{n}, or accounts x {n}, or regions x sectors with {n} cells"), &shape))
        })
    }

    /// Regions and sectors, where the shape tells them.
    fn matrix(&self) -> Option<(usize, usize)> {
        match self.values.shape() {
            [r, s] if *r > 1 && *s > 1 => Some((*r, *s)),
            _ => None,
        }
    }

    fn stressors(self, arrays: &mut Arrays, labels: &Labels, remarks: &mut Vec<Finding>) -> Result<Vec<Stressor>> {
        let n = labels.dim();
        let regions = labels.region_count();
        let rows = match blocks(self.values, n) {
            Ok(rows) => rows,
            Err(matrix) if labels.offsets.windows(2).all(|w| matrix.shape() == [regions, w[1] - w[0]]) => {
                vec![matrix.into_iter().collect()]
            }
            Err(matrix) => {
                return Err(misfit(arrays, self.name, &format!("{n}, or {regions} regions x the sectors of each"), matrix.shape()));
            }
        };
        let units = units(arrays, self.name, rows.len(), remarks)?;
        let households = households(arrays, rows.len(), regions, remarks)?;
        let base = if self.name == "CO2" { "CO2" } else { "emissions" };
        let given = given(arrays, "stressors", rows.len())?;
        let plain = |k: usize, many: bool| if many { format!("{base} {}", k + 1) } else { base.to_string() };
        let label = |k: usize, many: bool| given.as_ref().map_or_else(|| plain(k, many), |names| names[k].clone());
        let many = rows.len() > 1;
        let account = |(k, direct): (usize, Array1<f64>)| Stressor {
            name: label(k, many),
            unit: units[k].clone(),
            direct,
            households: households.as_ref().map(|h| h.row(k).to_owned()),
        };
        Ok(rows.into_iter().enumerate().map(account).collect())
    }
}

/// The names of `count` rows, where an array gives them.
fn given(arrays: &mut Arrays, name: &'static str, count: usize) -> Result<Option<Vec<String>>> {
    match arrays.texts(&[name])? {
        Some((_, list)) if list.len() == count => Ok(Some(list)),
        Some((name, list)) => Err(misfit(arrays, name, &count.to_string(), &[list.len()])),
        None => Ok(None),
    }
}

/// The unit of each account; unknown units are empty and remarked.
fn units(arrays: &mut Arrays, name: &str, accounts: usize, remarks: &mut Vec<Finding>) -> Result<Vec<String>> {
    match arrays.texts(&["emissions_unit"])? {
        Some((_, list)) if list.len() == accounts => Ok(list),
        Some((_, list)) if list.len() == 1 => Ok(vec![list[0].clone(); accounts]),
        Some((unit, list)) => Err(misfit(arrays, unit, &accounts.to_string(), &[list.len()])),
        None => {
            let message = format!("{}: the unit is unknown; pass `emissions-unit`, or add an array \"emissions_unit\"", arrays.place(name));
            remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", message));
            Ok(vec![String::new(); accounts])
        }
    }
}

/// Household emissions (accounts x R); a length that does not fit is remarked and left out.
fn households(arrays: &mut Arrays, accounts: usize, regions: usize, remarks: &mut Vec<Finding>) -> Result<Option<Array2<f64>>> {
    let mut wrong = None;
    for name in arrays.present(&["households", "hh"]) {
        let found = arrays.numbers(name)?;
        let shape = found.shape().to_vec();
        if (accounts == 1 && is_vector(&shape, regions)) || shape == [accounts, regions] {
            arrays.mark(name);
            let flat: Vec<f64> = found.into_iter().collect();
            return Ok(Some(Array2::from_shape_vec((accounts, regions), flat).expect("the shape was compared")));
        }
        wrong.get_or_insert((name, shape));
    }
    if let Some((name, shape)) = wrong {
        let expected = if accounts == 1 { regions.to_string() } else { format!("{accounts} x {regions}") };
        let message = format!(
            "{}: shape {} where {expected} is expected; households are left out: give one number for each region",
            arrays.place(name),
            shown(&shape)
        );
        let numbers = (shape.iter().product::<usize>() as f64, (accounts * regions) as f64);
        remarks.push(Finding::new(Level::Warn, "households-length", message).numbers(numbers.0, numbers.1));
    }
    Ok(None)
}
