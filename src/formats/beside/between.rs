//! What lies between regions: distances by pair, and trade by product and pair.

use std::collections::HashMap;
use std::path::Path;

use ndarray::Array2;

use crate::build::{Prior, Regional};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::labels::{Name, find};
use crate::table::Source;

const ORIGIN: [&str; 3] = ["origin", "from", "outflowregion"];
const DESTINATION: [&str; 3] = ["destination", "to", "inflowregion"];

/// What a file says of pairs of regions.
pub struct Pairs<T> {
    /// The numbers.
    pub numbers: T,
    /// Where they are from, for messages.
    pub place: String,
    /// Path and SHA-256.
    pub source: Source,
}

/// The distances of a file (R x R): columns `origin`, `destination` and `distance`, a line for each pair in either order; NaN
/// where it has none.
///
/// # Errors
/// When a column is missing, a region is unknown, or two lines of a pair differ.
pub fn distances_of(path: &Path, encoding: Encoding, names: &[Name]) -> Result<Pairs<Array2<f64>>> {
    let rows = Rows::read(path, encoding)?;
    let [origin, destination, distance] = columns(&rows, ["origin", "destination", "distance"])?;
    rows.nothing_else(&[origin, destination, distance], &["origin", "destination", "distance"])?;
    let mut found = Array2::from_elem((names.len(), names.len()), f64::NAN);
    let mut known = Known::new(names);
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let pair = (known.at(&cells[origin])?, known.at(&cells[destination])?);
        let value = rows.number(i, distance)?;
        for at in [[pair.0, pair.1], [pair.1, pair.0]] {
            if !found[at].is_nan() && found[at] != value {
                let text = format!("{} and {} are {} apart before, and {value} here", names[at[0]], names[at[1]], found[at]);
                return Err(Error::format(rows.line(i), text, "keep one distance of a pair"));
            }
            found[at] = value;
        }
    }
    Ok(Pairs { numbers: found, place: rows.place, source: rows.source })
}

/// Gravity by the distances of a file: columns `origin`, `destination` and `distance`, a line for each pair in either order.
///
/// # Errors
/// When a column or a pair is missing, a region is unknown, or both directions of a pair differ.
pub fn distances(path: &Path, encoding: Encoding, all: &[Regional]) -> Result<(Prior, Source)> {
    let names: Vec<Name> = all.iter().map(|t| t.region.clone()).collect();
    let Pairs { numbers, place, source } = distances_of(path, encoding, &names)?;
    if let Some(((s, r), _)) = numbers.indexed_iter().find(|((s, r), v)| s != r && v.is_nan()) {
        let count = names.len();
        let text = format!("no distance of {} and {}: {} pairs are expected", names[s], names[r], count * (count - 1) / 2);
        return Err(Error::format(&place, text, "add a line for each pair of two regions"));
    }
    Ok((Prior::Gravity(Some(numbers), place), source))
}

/// The trade of a file by product (R x R each): columns `product`, `origin`, `destination` and `value`, pairs without a line are 0.
///
/// # Errors
/// When a column is missing, a region or product is unknown, or a line comes twice.
pub fn trade_of(path: &Path, encoding: Encoding, names: &[Name], products: &[Name]) -> Result<Pairs<Vec<Array2<f64>>>> {
    let rows = Rows::read(path, encoding)?;
    let [origin, destination, product, value] = columns(&rows, ["origin", "destination", "product", "value"])?;
    rows.nothing_else(&[origin, destination, product, value], &["product", "origin", "destination", "value"])?;
    let mut found = vec![Array2::from_elem((names.len(), names.len()), f64::NAN); products.len()];
    let (mut known, mut goods) = (Known::new(names), Known { kind: "product", ..Known::new(products) });
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let pair = [known.at(&cells[origin])?, known.at(&cells[destination])?];
        let k = goods.at(&cells[product])?;
        let to = &mut found[k][pair];
        if !to.is_nan() {
            let text = format!("{} from {} to {} comes twice", cells[product], cells[origin], cells[destination]);
            return Err(Error::format(rows.line(i), text, "keep one line of each product and pair"));
        }
        *to = rows.number(i, value)?;
    }
    found.iter_mut().for_each(|f| f.mapv_inplace(|v| if v.is_nan() { 0.0 } else { v }));
    Ok(Pairs { numbers: found, place: rows.place, source: rows.source })
}

/// Given trade: columns `product`, `origin`, `destination` and `value`, pairs without a line are 0.
///
/// # Errors
/// When a column is missing, a region or product is unknown, or a line comes twice.
pub fn trade(path: &Path, encoding: Encoding, all: &[Regional]) -> Result<(Prior, Source)> {
    let names: Vec<Name> = all.iter().map(|t| t.region.clone()).collect();
    let found = trade_of(path, encoding, &names, &all[0].products)?;
    Ok((Prior::Given(found.numbers, found.place), found.source))
}

fn columns<const N: usize>(rows: &Rows, names: [&str; N]) -> Result<[usize; N]> {
    let mut found = [0; N];
    for (at, name) in found.iter_mut().zip(names) {
        let known: &[&str] = match name {
            "origin" => &ORIGIN,
            "destination" => &DESTINATION,
            "product" => &["product", "sector"],
            "distance" => &["distance", "km", "distancekm"],
            _ => &["value", "flow"],
        };
        *at = rows.column(known)?.ok_or_else(|| {
            let text = format!("expected the columns {}, found {}", names.join(", "), rows.header.join(", "));
            Error::format(&rows.place, text, format!("name the column {name}"))
        })?;
    }
    Ok(found)
}

/// Names that come again and again in a file, each looked for once.
struct Known<'a> {
    kind: &'static str,
    names: &'a [Name],
    found: HashMap<String, usize>,
}

impl<'a> Known<'a> {
    /// Of regions.
    fn new(names: &'a [Name]) -> Self {
        Known { kind: "region", names, found: HashMap::new() }
    }

    fn at(&mut self, text: &str) -> Result<usize> {
        if let Some(&at) = self.found.get(text) {
            return Ok(at);
        }
        let unknown = || Error::unknown(self.kind, text, &self.names.iter().map(|n| n.en.as_str()).collect::<Vec<_>>());
        let at = find(self.names, text).ok_or_else(unknown)?;
        self.found.insert(text.to_string(), at);
        Ok(at)
    }
}
