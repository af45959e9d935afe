//! The finer table: split rows and columns fitted, every other cell as it was, and its aggregate the table itself to the bit.

use ndarray::{Array1, Array2};

use super::cells::Cells;
use super::fit::{Fit, fit};
use super::knowledge::Knowledge;
use super::parts::{Parts, exactly};
use super::possible::possible;
use crate::error::{Error, Result};
use crate::labels::Name;
use crate::memory;
use crate::table::{Sparse, Stressor, Table};
use crate::watch::Watch;

/// Relative error of a row or column above which a fit is refused.
const REFUSED: f64 = 1e-6;

/// A finer table, and how it was fitted.
pub struct Made {
    /// The table.
    pub table: Table,
    /// The fit.
    pub fit: Fit,
}

/// Splits the rows and columns of a table.
///
/// # Errors
/// When parts cannot have their output with what is known, rows and columns cannot be met together, or memory does not
/// suffice; when the watch is cancelled.
pub fn split(table: &Table, parts: &Parts, known: &Knowledge, watch: &Watch) -> Result<Made> {
    let labels = &table.labels;
    let entries: u64 = (0..table.dim())
        .map(|i| parts.of(i).len() as u64 * table.z.row(i).map(|(j, _)| parts.of(j).len() as u64).sum::<u64>())
        .fold(0, u64::saturating_add);
    memory::require(
        &format!("a table of {} rows with {entries} flows, fitted", parts.dim()),
        entries.saturating_mul(60),
        "keep the split as shares: isard split without `output` FILE.isard, or with structures of fewer sectors",
    )?;
    let mut cells = Cells::new(table, parts, known);
    possible(&cells, parts, labels)?;
    let fit = fit(&mut cells, watch)?;
    if fit.residual.is_nan() || fit.residual > REFUSED {
        let (k, row) = fit.worst.unwrap_or((0, true));
        let (sign, target) = if row { ("row", cells.rows[k]) } else { ("column", cells.columns[k]) };
        let name = parts.labels.row_name(k);
        let text = format!(
            "rows, columns and cells cannot be met together: after {} passes the {sign} of {name}, which is to add up to {target}, is off by {:.1e} of it",
            fit.passes, fit.residual
        );
        return Err(Error::invalid(text, "change the sales or input structure of this part, or its output share"));
    }
    for c in 0..cells.totals.len() {
        let own = cells.of(c);
        if !exactly(cells.totals[c], &mut cells.value[own]) {
            let (i, j) = cells.coarse[c];
            let text = format!("parts of the cell in row {i}, column {j} (counted from 0) do not add up to its {}", cells.totals[c]);
            return Err(Error::invalid(text, "give shares that are no smaller than 1e-12"));
        }
    }
    Ok(Made { table: written(table, parts, known, &cells)?, fit })
}

/// Numbers by row handed out by shares, each whole exactly the sum of its parts.
fn by_shares<'a>(values: &Array1<f64>, parts: &'a Parts, shares: impl Fn(usize) -> &'a [f64]) -> Result<Array1<f64>> {
    let mut all = Vec::with_capacity(parts.dim());
    for (i, &v) in values.iter().enumerate() {
        let mut own: Vec<f64> = if parts.is_split(i) { shares(i).iter().map(|w| w * v).collect() } else { vec![v] };
        if !exactly(v, &mut own) {
            return Err(Error::invalid(format!("parts of row {i} (counted from 0) do not add up to its {v}"), "give larger shares"));
        }
        all.extend(own);
    }
    Ok(all.into())
}

fn written(table: &Table, parts: &Parts, known: &Knowledge, cells: &Cells) -> Result<Table> {
    let (n, fine, demand) = (table.dim(), parts.dim(), table.y.ncols());
    let output = |i: usize| &parts.shares[parts.of(i)];
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    let mut y = Array2::zeros((fine, demand));
    let mut beside = [&table.exports, &table.stock, &table.error].map(|v| v.as_ref().map(|_| Array1::<f64>::zeros(fine)));
    let mut whole = 0;
    for i in 0..n {
        let own = parts.of(i);
        let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::new(); own.len()];
        for (j, z) in table.z.row(i) {
            if cells.coarse.get(whole) == Some(&(i, j)) {
                for p in cells.of(whole).filter(|&p| cells.value[p] != 0.0) {
                    rows[cells.row[p] as usize - own.start].push((cells.column[p], cells.value[p]));
                }
                whole += 1;
            } else if z != 0.0 {
                rows[0].push((parts.starts[j] as u32, z));
            }
        }
        for (k, row) in own.clone().zip(rows) {
            for (j, v) in row {
                indices.push(j);
                data.push(v);
            }
            indptr.push(indices.len());
            if own.len() == 1 {
                y.row_mut(k).assign(&table.y.row(i));
                for (to, from) in beside.iter_mut().zip([&table.exports, &table.stock, &table.error]) {
                    to.iter_mut().zip(from).for_each(|(to, from)| to[k] = from[i]);
                }
            }
        }
        while cells.coarse.get(whole).is_some_and(|at| at.0 == i && at.1 >= n) {
            for p in cells.of(whole) {
                let (k, c) = (cells.row[p] as usize, cells.column[p] as usize - fine);
                if c < demand {
                    y[[k, c]] = cells.value[p];
                } else if let Some(column) = &mut beside[c - demand] {
                    column[k] = cells.value[p];
                }
            }
            whole += 1;
        }
    }
    let mut below: Vec<Option<(Name, Array1<f64>)>> = std::iter::once(table.imports.as_ref().map(|v| (Name::plain("imports"), v)))
        .chain(table.value_added.iter().map(|(name, v)| Some((name.clone(), v))))
        .map(|row| {
            row.map(|(name, v)| (name, (0..fine).map(|k| if parts.is_split(parts.parent(k)) { 0.0 } else { v[parts.parent(k)] }).collect()))
        })
        .collect();
    for c in whole..cells.totals.len() {
        for p in cells.of(c) {
            if let Some(Some((_, row))) = below.get_mut(cells.row[p] as usize - fine) {
                row[cells.column[p] as usize] = cells.value[p];
            }
        }
    }
    let imports = below.remove(0).map(|(_, v)| v);
    let [exports, stock, error] = beside;
    let mut stressors = Vec::new();
    for s in &table.stressors {
        let direct = by_shares(&s.direct, parts, |i| known.emissions(parts, i))?;
        stressors.push(Stressor { name: s.name.clone(), unit: s.unit.clone(), direct, households: s.households.clone() });
    }
    let mut provenance = table.provenance.clone();
    provenance.notes.extend(parts.notes.iter().chain(&known.notes).cloned());
    provenance.files.extend(parts.files.iter().chain(&known.files).cloned());
    Ok(Table {
        exports,
        stock,
        error,
        imports,
        imports_final: table.imports_final.clone(),
        value_added: below.into_iter().flatten().collect(),
        stressors,
        unit: table.unit.clone(),
        provenance,
        remarks: table.remarks.iter().filter(|r| r.row.is_none()).cloned().collect(),
        ..Table::new(parts.labels.clone(), Sparse::new((fine, fine), indptr, indices, data), y, by_shares(&table.x, parts, output)?)
    })
}
