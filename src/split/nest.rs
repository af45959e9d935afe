//! A table nested in a larger one: a region in place of which the regions of another table stand, whose flows say who buys of whom.
//!
//! Each cell of the region starts as its amount times the share of the pair of parts in the same cell of the nested table; what the region
//! buys from others and sells to them by imports and exports of the parts; where the nested table has nothing, by output. Then rows
//! of parts are brought to their share of the row, columns to their share of the column less value added and imports, and cells to
//! the cells of the table ([`super::fit`]): `w_pi = x_pi / sum_p x_pi` of the nested table. Its numbers count as shares alone, so unit and
//! year may differ, and the larger table stays as it is. Wang, Geschke, Lenzen, *Economic Systems Research* 29 (2017), on
//! nested tables; Junius, Oosterhaven 2003, doi:10.1080/0953531022000056954.

use ndarray::{Array1, Array2};

use super::cells::{Borders, Cells};
use super::fit::{Fit, fit};
use super::parts::exactly;
use super::regional::{by_column, by_row, stressors};
use super::regions::Regions;
use crate::bounded::Sum;
use crate::error::{Error, Result};
use crate::memory;
use crate::table::{Source, Sparse, Table};
use crate::watch::Watch;

/// Relative error of a row or column above which a fit is refused.
const REFUSED: f64 = 1e-6;
/// Bytes of a part of a cell while it is fitted.
const BYTES: u64 = 60;

/// A nested table, how it was fitted, and its parts.
pub struct Nested {
    /// The table.
    pub table: Table,
    /// The fit.
    pub fit: Fit,
    /// Shares of the parts.
    pub parts: Regions,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// What the nested table says of its regions, by sector of the region that they stand for.
struct Inner {
    /// Rows by part and sector of the region (P of S); none where the part lacks the sector.
    rows: Vec<Vec<Option<usize>>>,
    /// Its flows, and its final demand by region.
    z: Array2<f64>,
    demand: Array2<f64>,
    /// Shares of parts in exports by sector, in imports of columns, in imports of final demand; output where it has none.
    exports: Vec<Vec<f64>>,
    imports: Vec<Vec<f64>>,
    bought: Vec<f64>,
    /// In value added by column.
    value: Vec<Vec<f64>>,
}

/// Puts the regions of `inner` in place of region `r` of a table.
///
/// # Errors
/// When a sector of the region is made by no region of the nested table, or of a region of it no sector is known; when rows, columns
/// and cells cannot be met together, or memory does not suffice; when the watch is cancelled.
pub fn nest(table: &Table, r: usize, inner: &Table, source: Source, watch: &Watch) -> Result<Nested> {
    let (parts, inside) = shares(table, r, inner, &source)?;
    let (s, count) = (table.labels.rows(r).len() as u64, parts.of(r).len() as u64);
    let entries = s * s * count * count + 2 * s * count * table.dim() as u64;
    memory::require(
        &format!("{} regions in place of {}, up to {entries} flows, fitted", count, table.labels.regions[r]),
        entries.saturating_mul(BYTES),
        "aggregate either table first: isard aggregate",
    )?;
    let (mut cells, by_output) = start(table, r, &parts, &inside);
    let fit = fit(&mut cells, watch)?;
    if fit.residual.is_nan() || fit.residual > REFUSED {
        let (k, row) = fit.worst.unwrap_or((0, true));
        let (sign, target) = if row { ("row", cells.rows[k]) } else { ("column", cells.columns[k]) };
        let text = format!(
            "the nested table does not fit: after {} passes the {sign} of {}, which is to add up to {target}, is off by {:.1e} of it",
            fit.passes,
            parts.labels.row_name(k),
            fit.residual
        );
        return Err(Error::invalid(text, "check output, value added and imports of this sector in the nested table, or aggregate it"));
    }
    for c in 0..cells.totals.len() {
        let own = cells.of(c);
        if !exactly(cells.totals[c], &mut cells.value[own]) {
            let (i, j) = cells.coarse[c];
            let text = format!("parts of the cell in row {i}, column {j} (counted from 0) do not add up to its {}", cells.totals[c]);
            return Err(Error::invalid(text, "aggregate the nested table: some of its shares are below 1e-12"));
        }
    }
    let mut notes = vec![format!(
        "{} regions of {} nested in {}: fitted in {} passes, rows and columns within {:.1e}, every cell the sum of its parts; {:.2} % of what was split moved",
        parts.of(r).len(),
        source.path.display(),
        table.labels.regions[r],
        fit.passes,
        fit.residual,
        100.0 * fit.moved
    )];
    if let Some(first) = by_output.first() {
        let why = "by the nested table a part would have less than nothing left to buy";
        notes.push(format!("value added and imports of {} sectors follow output, the first {first}: {why}", by_output.len()));
    }
    let mut made = written(table, r, &parts, &cells)?;
    made.provenance.notes.extend(parts.notes.iter().chain(&notes).cloned());
    made.provenance.files.push(source);
    Ok(Nested { table: made, fit, parts, notes })
}

/// Shares of numbers of the parts; `None` where they are not all positive or 0, or all 0.
fn of(numbers: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = numbers.iter().sum();
    (sum > 0.0 && numbers.iter().all(|v| *v >= 0.0)).then(|| numbers.iter().map(|v| v / sum).collect())
}

fn shares(table: &Table, r: usize, inner: &Table, source: &Source) -> Result<(Regions, Inner)> {
    let (coarse, labels) = (&table.labels, &inner.labels);
    let (place, count) = (source.path.display().to_string(), labels.region_count());
    let sectors = &coarse.sectors[coarse.rows(r)];
    let mut rows = Vec::with_capacity(count);
    for q in 0..count {
        let own: Vec<Option<usize>> =
            sectors.iter().map(|name| labels.find_sector(q, &name.given).or_else(|| labels.find_sector(q, &name.en))).collect();
        let strange = labels.rows(q).find(|i| !own.contains(&Some(*i)));
        if let Some(i) = strange {
            let text = format!("{} is no sector of {} in the larger table", labels.row_name(i), coarse.regions[r]);
            return Err(Error::format(&place, text, "bring both tables to one list of sectors first: isard aggregate"));
        }
        rows.push(own);
    }
    let numbers = |v: &Array1<f64>, i: usize| rows.iter().map(|own| own[i].map_or(0.0, |k| v[k])).collect::<Vec<f64>>();
    let mut output = Vec::with_capacity(sectors.len());
    for (i, name) in sectors.iter().enumerate() {
        let own = of(&numbers(&inner.x, i));
        if own.is_none() && table.x[coarse.offsets[r] + i] != 0.0 {
            let text = format!("no region makes {name}, of which {} makes {}", coarse.regions[r], table.x[coarse.offsets[r] + i]);
            return Err(Error::format(&place, text, "aggregate this sector with another one in both tables: isard aggregate"));
        }
        output.push(own.unwrap_or_else(|| vec![1.0 / count as f64; count]));
    }
    let (demand, _) = inner.demand_by_region();
    let bought: Vec<f64> = demand.columns().into_iter().map(|c| c.sum()).collect();
    let usual = of(&bought).unwrap_or_else(|| vec![1.0 / count as f64; count]);
    let by_sector = |v: Option<&Array1<f64>>| -> Vec<Vec<f64>> {
        (0..sectors.len()).map(|i| v.and_then(|v| of(&numbers(v, i))).unwrap_or_else(|| output[i].clone())).collect()
    };
    let final_imports = inner.imports_final.as_ref().and_then(|m| {
        let sums: Vec<f64> = (0..count).map(|q| labels.demand(q).map(|d| m[d]).sum()).collect();
        of(&sums)
    });
    let value = (!inner.value_added.is_empty()).then(|| inner.total_value_added().to_owned());
    let mut notes = vec![format!(
        "shares of {count} parts of {} are those of {place}: output by sector, trade between parts, value added, exports and imports where it has them",
        coarse.regions[r]
    )];
    // emissions by the stressor of the same name, where all have one
    let own = |name: &str| inner.stressors.iter().find(|s| s.name.eq_ignore_ascii_case(name));
    let known = (table.stressors.len() == 1).then(|| own(&table.stressors[0].name)).flatten();
    notes.push(match known {
        Some(s) => format!("emissions of parts are shared out by {} of the nested table", s.name),
        None => "emissions of parts follow their output: the nested table has no stressor of the same name".into(),
    });
    let emissions = by_sector(known.map(|s| &s.direct));
    let homes = known.and_then(|s| s.households.as_ref()).and_then(|h| of(h.as_slice().unwrap_or_default()));
    let parts = Regions::of_shares(coarse, r, &labels.regions, [&output, &emissions], &usual, homes.as_deref().unwrap_or(&usual), notes)
        .map_err(|e| Error::format(&place, e, "rename the region in one of the tables"))?;
    parts.emit(table).map_err(|e| Error::format(&place, e, "correct its output or its emissions in the nested table"))?;
    let inner = Inner {
        z: inner.z.to_dense(),
        exports: by_sector(inner.exports.as_ref()),
        imports: by_sector(inner.imports.as_ref()),
        value: by_sector(value.as_ref()),
        bought: final_imports.unwrap_or(usual),
        rows,
        demand,
    };
    Ok((parts, inner))
}

/// The cells of region `r` at the start, what rows and columns must add up to, and the sectors whose value added and imports follow
/// output, because by the nested table a part would have less than nothing left to buy.
fn start(table: &Table, r: usize, parts: &Regions, inner: &Inner) -> (Cells, Vec<String>) {
    let (coarse, borders, fine) = (&table.labels, Borders::new(table), parts.labels.dim());
    let (n, members) = (table.dim(), parts.of(r));
    let count = members.len();
    let mut cells = Cells { ends: vec![0], rows: vec![f64::NAN; fine], columns: vec![f64::NAN; fine], ..Cells::default() };
    let is_own = |i: usize| coarse.rows(r).contains(&i);
    let w = |i: usize, p: usize| parts.output[parts.row((r, i), members.start + p)];
    let local = |i: usize| i - coarse.offsets[r];
    let mut bought = vec![Sum::default(); n];
    for i in 0..n {
        let s = coarse.region_of(i);
        let row = |p: usize| parts.row((s, i), parts.of(s).start + p);
        let mut sold = Sum::default();
        for (j, z) in table.z.row(i) {
            sold.add(z);
            bought[j].add(z);
            if z == 0.0 || !(is_own(i) || is_own(j)) {
                continue;
            }
            let t = coarse.region_of(j);
            let column = |q: usize| parts.row((t, j), parts.of(t).start + q);
            match (is_own(i), is_own(j)) {
                (true, true) => {
                    let pair = |p: usize, q: usize| match (inner.rows[p][local(i)], inner.rows[q][local(j)]) {
                        (Some(a), Some(b)) => inner.z[[a, b]],
                        _ => 0.0,
                    };
                    let all: Vec<f64> = (0..count).flat_map(|p| (0..count).map(move |q| (p, q))).map(|(p, q)| pair(p, q)).collect();
                    let shares = of(&all).unwrap_or_else(|| (0..count * count).map(|k| w(i, k / count) * w(j, k % count)).collect());
                    shares.iter().enumerate().for_each(|(k, v)| cells.push(row(k / count), column(k % count), z * v));
                }
                (true, false) => (0..count).for_each(|p| cells.push(row(p), column(0), z * inner.exports[local(i)][p])),
                (false, _) => (0..count).for_each(|q| cells.push(row(0), column(q), z * inner.imports[local(j)][q])),
            }
            cells.close(z, (i, j));
        }
        for c in 0..borders.columns() {
            let v = borders.beside(i, c);
            sold.add(v);
            let of_region = (c < table.y.ncols()).then(|| coarse.demand_offsets.partition_point(|&s| s <= c) - 1);
            let within = of_region == Some(r);
            if v == 0.0 || !(is_own(i) || within) {
                continue;
            }
            let demand = |q: usize| fine + of_region.map_or(0, |t| parts.column((t, c), parts.of(t).start + q));
            let beside = fine + parts.labels.categories.len() + c.saturating_sub(table.y.ncols());
            if is_own(i) && within {
                let pair = |p: usize, q: usize| inner.rows[p][local(i)].map_or(0.0, |a| inner.demand[[a, q]]);
                let all: Vec<f64> = (0..count).flat_map(|p| (0..count).map(move |q| (p, q))).map(|(p, q)| pair(p, q)).collect();
                let usual = |k: usize| w(i, k / count) * parts.demand[parts.column((r, c), members.start + k % count)];
                let shares = of(&all).unwrap_or_else(|| (0..count * count).map(usual).collect());
                shares.iter().enumerate().for_each(|(k, s)| cells.push(row(k / count), demand(k % count), v * s));
            } else if within {
                (0..count).for_each(|q| cells.push(row(0), demand(q), v * inner.bought[q]));
            } else {
                // exports abroad and to other regions alike; stocks and errors by output
                let foreign = of_region.is_some() || c == table.y.ncols();
                let share = |p: usize| if foreign { inner.exports[local(i)][p] } else { w(i, p) };
                let to = if of_region.is_some() { demand(0) } else { beside };
                (0..count).for_each(|p| cells.push(row(p), to, v * share(p)));
            }
            cells.close(v, (i, n + c));
        }
        if is_own(i) {
            let total = sold.bounded().value;
            (0..count).for_each(|p| cells.rows[row(p)] = w(i, p) * total);
        }
    }
    for j in coarse.rows(r) {
        (0..borders.rows()).for_each(|e| bought[j].add(borders.below(e, j)));
        let total = bought[j].bounded().value;
        (0..count).for_each(|q| cells.columns[parts.row((r, j), members.start + q)] = w(j, q) * total);
    }
    cells.free = cells.totals.len();
    let mut by_output = Vec::new();
    for j in coarse.rows(r) {
        let below: Vec<(usize, f64)> = (0..borders.rows()).map(|e| (e, borders.below(e, j))).filter(|(_, v)| *v != 0.0).collect();
        let known = |e: usize, q: usize| if e == 0 { inner.imports[local(j)][q] } else { inner.value[local(j)][q] };
        let column = |q: usize| parts.row((r, j), members.start + q);
        let left = |q: usize| cells.columns[column(q)] - below.iter().map(|(e, v)| v * known(*e, q)).sum::<f64>();
        let follows = (0..count).any(|q| left(q) < 0.0);
        if follows {
            by_output.push(coarse.row_name(j));
        }
        for (e, v) in below {
            for q in 0..count {
                let part = v * if follows { w(j, q) } else { known(e, q) };
                cells.push(fine + e, column(q), part);
                cells.columns[column(q)] -= part;
            }
            cells.close(v, (n + e, j));
        }
    }
    (cells, by_output)
}

fn written(table: &Table, r: usize, parts: &Regions, cells: &Cells) -> Result<Table> {
    let (coarse, fine, demand) = (&table.labels, parts.labels.dim(), parts.labels.categories.len());
    let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::new(); fine];
    let mut y = Array2::zeros((fine, demand));
    let mut beside = [&table.exports, &table.stock, &table.error].map(|v| v.as_ref().map(|_| Array1::<f64>::zeros(fine)));
    for i in (0..table.dim()).filter(|i| !coarse.rows(r).contains(i)) {
        let s = coarse.region_of(i);
        let k = parts.row((s, i), parts.of(s).start);
        for (j, z) in table.z.row(i).filter(|(j, _)| !coarse.rows(r).contains(j)) {
            let t = coarse.region_of(j);
            rows[k].push((parts.row((t, j), parts.of(t).start) as u32, z));
        }
        for t in (0..coarse.region_count()).filter(|t| *t != r) {
            coarse.demand(t).for_each(|d| y[[k, parts.column((t, d), parts.of(t).start)]] = table.y[[i, d]]);
        }
        for (to, from) in beside.iter_mut().zip([&table.exports, &table.stock, &table.error]) {
            to.iter_mut().zip(from).for_each(|(to, from)| to[k] = from[i]);
        }
    }
    let mut below: Vec<Array1<f64>> = Vec::new();
    let given: Vec<&Array1<f64>> = table.imports.iter().chain(table.value_added.iter().map(|(_, v)| v)).collect();
    for v in &given {
        below.push(by_row(v, parts, &parts.output)?);
    }
    let first = usize::from(table.imports.is_none());
    for c in 0..cells.totals.len() {
        for p in cells.of(c).filter(|&p| cells.value[p] != 0.0 || c >= cells.free) {
            let (row, column, v) = (cells.row[p] as usize, cells.column[p] as usize, cells.value[p]);
            if row >= fine {
                // without a row of value added what stands in for it is no row of the table
                if let Some(to) = (row - fine).checked_sub(first).and_then(|e| below.get_mut(e)) {
                    to[column] = v;
                }
            } else if column < fine {
                rows[row].push((column as u32, v));
            } else if column - fine < demand {
                y[[row, column - fine]] = v;
            } else if let Some(to) = &mut beside[column - fine - demand] {
                to[row] = v;
            }
        }
    }
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for mut row in rows {
        row.sort_unstable_by_key(|(j, _)| *j);
        columns.extend(row.iter().map(|(j, _)| *j));
        values.extend(row.iter().map(|(_, v)| *v));
        starts.push(columns.len());
    }
    let [exports, stock, error] = beside;
    let mut below = below.into_iter();
    Ok(Table {
        exports,
        stock,
        error,
        imports: table.imports.as_ref().and_then(|_| below.next()),
        imports_final: table.imports_final.as_ref().map(|v| by_column(v, parts)).transpose()?,
        value_added: table.value_added.iter().map(|(name, _)| name.clone()).zip(below).collect(),
        stressors: stressors(table, parts)?,
        unit: table.unit.clone(),
        provenance: table.provenance.clone(),
        remarks: table.remarks.iter().filter(|f| f.row.is_none()).cloned().collect(),
        ..Table::new(parts.labels.clone(), Sparse::new((fine, fine), starts, columns, values), y, by_row(&table.x, parts, &parts.output)?)
    })
}
