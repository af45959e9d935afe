//! A folder of Matrix Market files with lists of labels beside them, as [`crate::formats::named`] reads it.
//!
//! Z is a list of coordinates; Y, x, value added, emissions and further columns are full, by columns.

use std::io::Write;

use super::{columns, has_households, line, rows};
use crate::error::Result;
use crate::table::Table;
use crate::write::folder::Folder;

const COMMA: u8 = b',';

/// Writes all files.
pub(super) fn fill(table: &Table, folder: &mut Folder) -> Result<()> {
    let n = table.dim();
    folder.add("Z.mtx", &|out| {
        let count = (0..n).map(|i| table.z.row(i).filter(|(_, v)| *v != 0.0).count()).sum::<usize>();
        writeln!(out, "%%MatrixMarket matrix coordinate real general\n%flows\n{n} {n} {count}")?;
        for i in 0..n {
            table.z.row(i).filter(|(_, v)| *v != 0.0).try_for_each(|(j, v)| writeln!(out, "{} {} {v}", i + 1, j + 1))?;
        }
        Ok(())
    })?;
    let d = table.labels.categories.len();
    full(folder, "Y.mtx", (n, d), |i, c| table.y[[i, c]])?;
    full(folder, "x.mtx", (n, 1), |i, _| table.x[i])?;
    let further =
        [("exports.mtx", &table.exports), ("stock.mtx", &table.stock), ("error.mtx", &table.error), ("imports.mtx", &table.imports)];
    for (name, column) in further {
        if let Some(column) = column {
            full(folder, name, (n, 1), |i, _| column[i])?;
        }
    }
    if let Some(imports) = &table.imports_final {
        full(folder, "imports_final.mtx", (imports.len(), 1), |c, _| imports[c])?;
    }
    let list = |folder: &mut Folder, name: &str, heading: &[&str], lines: &[Vec<&str>]| {
        folder.add(name, &|out| {
            line(out, COMMA, heading)?;
            lines.iter().try_for_each(|l| line(out, COMMA, l))
        })
    };
    let (by_row, by_column) = (rows(&table.labels), columns(&table.labels));
    list(folder, "sectors.csv", &["region", "sector"], &by_row.iter().map(|l| l.to_vec()).collect::<Vec<_>>())?;
    list(folder, "categories.csv", &["region", "category"], &by_column.iter().map(|l| l.to_vec()).collect::<Vec<_>>())?;
    if !table.unit.is_empty() {
        list(folder, "unit.csv", &["unit"], &[vec![&table.unit]])?;
    }
    if !table.value_added.is_empty() {
        let added = &table.value_added;
        full(folder, "V.mtx", (added.len(), n), |k, i| added[k].1[i])?;
        let names: Vec<Vec<&str>> = added.iter().map(|(name, _)| vec![name.given.as_str()]).collect();
        list(folder, "value_added_items.csv", &["item"], &names)?;
    }
    if !table.stressors.is_empty() {
        let stressors = &table.stressors;
        full(folder, "F.mtx", (stressors.len(), n), |k, i| stressors[k].direct[i])?;
        let names: Vec<Vec<&str>> = stressors.iter().map(|s| vec![s.name.as_str(), s.unit.as_str()]).collect();
        list(folder, "stressors.csv", &["stressor", "unit"], &names)?;
        if has_households(table) {
            let of = |k: usize, r: usize| stressors[k].households.as_ref().map_or(0.0, |h| h[r]);
            full(folder, "F_Y.mtx", (stressors.len(), table.labels.region_count()), of)?;
        }
    }
    Ok(())
}

/// A full matrix, by columns.
fn full(folder: &mut Folder, name: &str, (rows, columns): (usize, usize), at: impl Fn(usize, usize) -> f64) -> Result<()> {
    folder.add(name, &|out: &mut dyn Write| {
        writeln!(out, "%%MatrixMarket matrix array real general\n%\n{rows} {columns}")?;
        (0..columns).try_for_each(|c| (0..rows).try_for_each(|r| writeln!(out, "{}", at(r, c))))
    })
}
