//! Columns of numbers by row of a table: right-hand sides read from CSV or `.npy`, answers written to either.
//!
//! A CSV file names `region` and `sector` in its first two columns, rows that are left out are zero. A `.npy` array has
//! n or n x k numbers in the order of the table.

use std::path::Path;

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Result};
use crate::escape;
use crate::formats::Encoding;
use crate::formats::inventories::csv::SECTOR;
use crate::formats::tools::input::{bytes, extension};
use crate::formats::tools::npy::{Npy, shown};
use crate::formats::tools::rows::{REGION, Rows};
use crate::labels::{RowNames, key};
use crate::memory;
use crate::watch::Watch;

/// Reads the columns (n x k) and their names.
///
/// # Errors
/// With the place, when the file does not fit the table.
pub fn read(path: &Path, rows: RowNames, encoding: Encoding) -> Result<(Vec<String>, Array2<f64>)> {
    let (names, columns) = if extension(path) == "npy" { npy(path, rows.dim())? } else { csv(path, rows, encoding)? };
    if let Some(((i, k), v)) = columns.indexed_iter().find(|(_, v)| !v.is_finite()) {
        let place = format!("{}: {}, column {}", path.display(), rows.row_name(i), names[k]);
        return Err(Error::format(place, format!("expected a finite number, found {v}"), "correct the entry"));
    }
    Ok((names, columns))
}

fn npy(path: &Path, n: usize) -> Result<(Vec<String>, Array2<f64>)> {
    let place = path.display().to_string();
    let array = Npy::new(bytes(path, &Watch::default())?.0, &place)?.numbers()?;
    let shape = array.shape().to_vec();
    // whatever order the file keeps them in, the numbers are taken row by row
    let numbers: Vec<f64> = array.iter().copied().collect();
    let columns = match shape[..] {
        [rows] if rows == n => Array2::from_shape_vec((n, 1), numbers),
        [rows, k] if rows == n => Array2::from_shape_vec((n, k), numbers),
        _ => {
            return Err(Error::format(
                place,
                format!("expected {n} rows, found an array of {}", shown(&shape)),
                "give one row per row of the table",
            ));
        }
    };
    let columns = columns.expect("the shape was compared");
    Ok(((1..=columns.ncols()).map(|k| k.to_string()).collect(), columns))
}

fn csv(path: &Path, rows: RowNames, encoding: Encoding) -> Result<(Vec<String>, Array2<f64>)> {
    let read = Rows::read(path, encoding)?;
    let header = &read.header;
    let named = |c: usize, names: &[&str]| header.get(c).is_some_and(|h| names.contains(&key(h).as_str()));
    if header.len() < 3 || !named(0, &REGION) || !named(1, &SECTOR) {
        return Err(Error::format(
            &read.place,
            format!("expected the columns region, sector and at least one of numbers, found {}", header.join(", ")),
            "name the first two columns region and sector",
        ));
    }
    memory::require_array(&format!("{}: columns of numbers", read.place), rows.dim(), header.len() - 2)?;
    let mut columns = Array2::zeros((rows.dim(), header.len() - 2));
    let mut seen = vec![false; rows.dim()];
    for (at, (_, cells)) in read.records.iter().enumerate() {
        let i = rows.row(rows.region(&cells[0])?, &cells[1])?;
        if std::mem::replace(&mut seen[i], true) {
            return Err(Error::format(read.line(at), format!("{} comes twice", rows.row_name(i)), "keep one line of each sector"));
        }
        for k in 0..columns.ncols() {
            columns[[i, k]] = read.number(at, k + 2)?;
        }
    }
    Ok((header[2..].to_vec(), columns))
}

/// `.npy` of an n x k block, C order.
pub fn to_npy(columns: ArrayView2<f64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + 8 * columns.len());
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", columns.nrows(), columns.ncols());
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    out.extend_from_slice(b"\x93NUMPY\x01\x00");
    out.extend_from_slice(&(length as u16).to_le_bytes());
    out.extend_from_slice(format!("{text:<width$}\n", width = length - 1).as_bytes());
    columns.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
    out
}

/// CSV of an n x k block and its bounds: region, sector, then each column with its bound.
pub fn to_csv(rows: RowNames, names: &[String], columns: ArrayView2<f64>, bound: impl Fn(usize, usize) -> f64) -> String {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    let head = ["region".to_string(), "sector".into()].into_iter();
    let head = head.chain(names.iter().flat_map(|n| [n.clone(), format!("{n} bound")]));
    out.write_record(head.map(|h| escape::cell(&h).into_owned())).expect("memory takes every record");
    for (i, row) in columns.axis_iter(Axis(0)).enumerate() {
        let place = [&rows.regions[rows.region_of(i)].en, &rows.sector(i).en].map(|name| escape::cell(name).into_owned()).into_iter();
        let numbers = row.iter().enumerate().flat_map(|(k, v)| [format!("{v:e}"), format!("{:e}", bound(i, k))]);
        out.write_record(place.chain(numbers.collect::<Vec<_>>())).expect("memory takes every record");
    }
    String::from_utf8(out.into_inner().expect("memory takes every record")).expect("the parts are text")
}
