//! WIOD 2016 as RData: a data frame `wiot` with a row for each country and industry, then those of the area TOT, and columns
//! `AUS1 .. AUS61` and `TOT`.
//!
//! Rows and columns are the same by country and number; columns of a country that no row has are its final demand.

use std::collections::HashMap;

use ndarray::{Array1, Array2};

use super::{Error, Format, Parts, Probe, Reading, Result, Source};
use crate::finding::{Finding, Level};
use crate::formats::containers::{Container, Content, Kind, kind, open};
use crate::formats::parts::{Holder, Intermediate, Values};
use crate::formats::tools::pairs::Pairs;
use crate::labels::{Labels, Name};

/// The layout.
pub const FORMAT: Format = Format {
    name: "wiod-r",
    long: "WIOD 2016 as RData: the data frame wiot",
    doc: "recognised by the name wiot; rows of the area TOT are totals and value added by their codes",
    takes: &[],
    probe,
    read,
};

/// Final demand by number.
const DEMAND: [(&str, &str); 5] = [("57", "CONS_h"), ("58", "CONS_np"), ("59", "CONS_g"), ("60", "GFCF"), ("61", "INVEN")];

/// Rows of the area TOT that are sums.
const SUMS: [&str; 2] = ["II_fob", "GO"];

/// Whether the first bytes of a file name the data frame.
pub(super) fn is_it(head: &[u8]) -> bool {
    kind(head) == Some(Kind::R) && head.windows(8).take(256).any(|w| w == b"\0\0\0\x04wiot")
}

fn probe(source: &Source) -> Probe {
    if is_it(source.head()) {
        Probe::yes("it is of R and holds the object wiot")
    } else {
        Probe::no("it is not of R with the object wiot in its first bytes")
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    from_frame(open(source.path(), &reading.watch)?, &source.path().display().to_string(), Vec::new())
}

/// Whether the arrays are the columns of the data frame.
pub(super) fn is_frame(all: &Container) -> bool {
    ["IndustryCode", "Country", "RNr"].iter().all(|name| all.arrays.iter().any(|a| a.name() == *name))
}

/// A column of texts or of whole numbers as texts.
fn texts(all: &Container, name: &str, place: &str) -> Result<Vec<String>> {
    match all.arrays.iter().find(|a| a.name() == name).map(|a| &a.content) {
        Some(Content::Texts(list)) => Ok(list.iter().map(|t| t.trim().to_string()).collect()),
        Some(Content::Numbers(list)) => Ok(list.iter().map(f64::to_string).collect()),
        _ => Err(Error::format(place, format!("the data frame has no column {name}"), "fetch the file again")),
    }
}

/// The parts of a table out of the data frame.
pub(super) fn from_frame(all: Container, place: &str, mut remarks: Vec<Finding>) -> Result<Parts> {
    let wrong = |text: String| Error::format(place, text, "fetch the file again");
    let (codes, countries, numbers) = (texts(&all, "IndustryCode", place)?, texts(&all, "Country", place)?, texts(&all, "RNr", place)?);
    let count = codes.len();
    if countries.len() != count || numbers.len() != count {
        return Err(wrong(format!("columns of {count}, {} and {} rows", countries.len(), numbers.len())));
    }
    let rows: Vec<usize> = (0..count).filter(|&k| countries[k] != "TOT").collect();
    let n = rows.len();
    let mut at = HashMap::new();
    for (k, &row) in rows.iter().enumerate() {
        if at.insert(format!("{}{}", countries[row], numbers[row]), k).is_some() {
            return Err(wrong(format!("row {} is {} {} again", row + 1, countries[row], numbers[row])));
        }
    }
    let columns = all.arrays.iter().filter_map(|a| match &a.content {
        Content::Numbers(v) if v.ndim() == 1 && !["RNr", "Year"].contains(&a.name()) => Some((a.name().to_string(), v)),
        _ => None,
    });
    let (mut z, mut seen, mut y, mut pairs, mut x) = (Array2::zeros((n, n)), vec![false; n], Vec::new(), Pairs::new(), None);
    let extra: Vec<usize> = (0..count).filter(|&k| countries[k] == "TOT").collect();
    let mut below = Array2::<f64>::zeros((extra.len(), n));
    for (name, column) in columns {
        if column.len() != count {
            return Err(wrong(format!("column {name} has {} rows, the frame {count}", column.len())));
        }
        let own = || rows.iter().map(|&r| column[r]);
        if let Some(&j) = at.get(&name) {
            own().enumerate().for_each(|(i, v)| z[[i, j]] = v);
            extra.iter().enumerate().for_each(|(k, &r)| below[[k, j]] = column[r]);
            seen[j] = true;
        } else if name == "TOT" {
            x = Some(own().collect::<Array1<f64>>());
        } else {
            let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let (country, number) = name.split_at(name.len() - digits);
            if !countries.iter().any(|c| c == country) || digits == 0 {
                return Err(wrong(format!("the column {name} is of no country of the rows")));
            }
            let category = DEMAND.iter().find(|(d, _)| *d == number).map_or(number, |(_, c)| c);
            pairs.push((country.to_string(), category.to_string()));
            y.push(own().collect::<Array1<f64>>());
        }
    }
    if let Some(j) = seen.iter().position(|s| !s) {
        return Err(wrong(format!("no column is called as row {}, {}{}", rows[j] + 1, countries[rows[j]], numbers[rows[j]])));
    }
    let mut demand = Array2::zeros((n, y.len()));
    y.iter().enumerate().for_each(|(c, column)| demand.column_mut(c).assign(column));
    let labels = rows.iter().map(|&r| (countries[r].clone(), codes[r].clone())).collect::<Pairs>();
    let labels = Labels::from_pairs(&labels, &pairs, place)?;
    let mut parts = Parts::new(labels, Intermediate::Flows(Values::Dense(z)), Values::Dense(demand), place);
    for (k, &row) in extra.iter().enumerate() {
        if SUMS.contains(&codes[row].as_str()) {
            remarks.push(Finding::new(
                Level::Warn,
                "total-left-out",
                format!("{place}: row {}, {}, is a sum and left out", row + 1, codes[row]),
            ));
        } else {
            parts.value_added.push((Name::plain(codes[row].as_str()), below.row(k).to_owned()));
        }
    }
    (parts.x, parts.unit, parts.holder, parts.remarks) = (x, "million USD".into(), Holder::File, remarks);
    parts.provenance.files = all.files;
    Ok(parts)
}
