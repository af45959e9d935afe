//! The finer table of regions that are split: every cell of the table the sum of its parts, to the last bit.
//!
//! `z_pi,qj = tau_i^pq w_qj z_ri,sj` for parts p of r and q of s, and so for final demand with `e_qd` in place of `w_qj`; cells below
//! 0, and what leaves the table, by output shares; imports and value added of a column by its output share.

use ndarray::{Array1, Array2};

use super::mix::Mix;
use super::parts::exactly;
use super::regions::Regions;
use crate::error::{Error, Result};
use crate::memory;
use crate::table::{Provenance, Sparse, Stressor, Table};
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Bytes of a flow while the table is made: its column and value, twice.
const BYTES: u64 = 24;

/// Columns and values of a finer row.
type Row = (Vec<u32>, Vec<f64>);

/// Splits the regions of a table.
///
/// # Errors
/// When memory does not suffice, or shares are too small for the parts of a cell to add up to it; when the watch is cancelled.
pub fn split_regions(table: &Table, parts: &Regions, mix: &Mix, watch: &Watch) -> Result<Table> {
    let coarse = &parts.coarse;
    let width = |r: usize| parts.of(r).len() as u64;
    let entries: u64 = (0..coarse.region_count())
        .flat_map(|r| coarse.rows(r).map(move |i| (r, i)))
        .map(|(r, i)| width(r) * table.z.row(i).map(|(j, _)| width(coarse.region_of(j))).sum::<u64>())
        .fold(0, u64::saturating_add);
    memory::require(
        &format!("a table of {} rows with {entries} flows", parts.labels.dim()),
        entries.saturating_mul(BYTES),
        "keep it by its factors with `factors` FILE.isard in place of `output`",
    )?;
    let at: Vec<(usize, usize)> = (0..coarse.region_count()).flat_map(|r| coarse.rows(r).map(move |i| (r, i))).collect();
    let flows: Vec<Result<Vec<Row>>> = at
        .par_iter()
        .map(|&at| {
            watch.check()?;
            flows(table, parts, mix, at)
        })
        .collect();
    // parts of a row go to the rows of different regions
    let mut rows: Vec<Row> = vec![Row::default(); parts.labels.dim()];
    for (&(r, i), made) in at.iter().zip(flows) {
        for (p, row) in parts.of(r).zip(made?) {
            rows[parts.row((r, i), p)] = row;
        }
    }
    let (mut starts, mut columns, mut values) = (vec![0], Vec::with_capacity(entries as usize), Vec::with_capacity(entries as usize));
    for (own, flows) in rows {
        columns.extend(own);
        values.extend(flows);
        starts.push(columns.len());
    }
    let z = Sparse::new((parts.labels.dim(), parts.labels.dim()), starts, columns, values);
    let (y, x) = (demand(table, parts, mix)?, by_row(&table.x, parts, &parts.output)?);
    let some = |v: &Option<Array1<f64>>| v.as_ref().map(|v| by_row(v, parts, &parts.output)).transpose();
    let value = |(name, v): &(crate::labels::Name, Array1<f64>)| Ok((name.clone(), by_row(v, parts, &parts.output)?));
    Ok(Table {
        exports: some(&table.exports)?,
        stock: some(&table.stock)?,
        error: some(&table.error)?,
        imports: some(&table.imports)?,
        imports_final: table.imports_final.as_ref().map(|v| by_column(v, parts)).transpose()?,
        value_added: table.value_added.iter().map(value).collect::<Result<_>>()?,
        stressors: stressors(table, parts)?,
        unit: table.unit.clone(),
        provenance: provenance(table, parts, mix),
        remarks: table.remarks.iter().filter(|r| r.row.is_none()).cloned().collect(),
        ..Table::new(parts.labels.clone(), z, y, x)
    })
}

/// Emissions of the parts.
pub(super) fn stressors(table: &Table, parts: &Regions) -> Result<Vec<Stressor>> {
    let one = |s: &Stressor| {
        let households = s.households.as_ref().map(|h| of_regions(h, parts)).transpose()?;
        Ok(Stressor { name: s.name.clone(), unit: s.unit.clone(), direct: by_row(&s.direct, parts, &parts.emissions)?, households })
    };
    table.stressors.iter().map(one).collect()
}

/// Where the table came from, and what was done to it.
pub(super) fn provenance(table: &Table, parts: &Regions, mix: &Mix) -> Provenance {
    let mut provenance = table.provenance.clone();
    provenance.notes.extend(parts.notes.iter().chain(&mix.notes).cloned());
    provenance.files.extend(parts.files.iter().chain(&mix.files).cloned());
    provenance
}

/// Moves parts by their last bits so that they add up to the whole.
fn whole(total: f64, own: &mut [f64], name: impl Fn() -> String) -> Result<()> {
    if exactly(total, own) {
        return Ok(());
    }
    let text = format!("parts of {} do not add up to its {total}", name());
    Err(Error::invalid(text, "give shares that are no smaller than 1e-12"))
}

/// Parts of a cell of row `i` of region `r` that region `s` takes, part by part, with the shares of its own parts.
pub(super) fn cell(
    mix: &Mix,
    parts: &Regions,
    at: (usize, usize),
    total: f64,
    (s, of): (usize, &dyn Fn(usize) -> f64),
    own: &mut Vec<f64>,
) {
    own.clear();
    for p in parts.of(at.0) {
        let plain = parts.output[parts.row(at, p)];
        own.extend(parts.of(s).map(|q| {
            let share = if total < 0.0 { plain } else { mix.share(parts, at, p, q) };
            share * of(q) * total
        }));
    }
}

/// The flows of the parts of row `i` of region `r`.
fn flows(table: &Table, parts: &Regions, mix: &Mix, at: (usize, usize)) -> Result<Vec<Row>> {
    let coarse = &parts.coarse;
    let all: Vec<(usize, f64)> = table.z.row(at.1).collect();
    let mut rows = vec![Row::default(); parts.of(at.0).len()];
    let (mut from, mut own) = (0, Vec::new());
    for s in 0..coarse.region_count() {
        let to = from + all[from..].partition_point(|(j, _)| *j < coarse.offsets[s + 1]);
        let count = parts.of(s).len();
        // part by part, each with the columns of the region in order
        let mut block = vec![0.0; rows.len() * count * (to - from)];
        for (k, &(j, z)) in all[from..to].iter().enumerate() {
            cell(mix, parts, at, z, (s, &|q| parts.output[parts.row((s, j), q)]), &mut own);
            whole(z, &mut own, || format!("the flow of {} to {}", coarse.row_name(at.1), coarse.row_name(j)))?;
            own.iter().enumerate().for_each(|(c, v)| block[c * (to - from) + k] = *v);
        }
        for (p, row) in rows.iter_mut().enumerate() {
            for (c, q) in parts.of(s).enumerate() {
                let own = &block[(p * count + c) * (to - from)..][..to - from];
                for (v, (j, _)) in own.iter().zip(&all[from..to]).filter(|(v, _)| **v != 0.0) {
                    row.0.push(parts.row((s, *j), q) as u32);
                    row.1.push(*v);
                }
            }
        }
        from = to;
    }
    Ok(rows)
}

fn demand(table: &Table, parts: &Regions, mix: &Mix) -> Result<Array2<f64>> {
    let coarse = &parts.coarse;
    let mut y = Array2::zeros((parts.labels.dim(), parts.labels.categories.len()));
    let mut own = Vec::new();
    for r in 0..coarse.region_count() {
        for i in coarse.rows(r) {
            for s in 0..coarse.region_count() {
                for d in coarse.demand(s).filter(|&d| table.y[[i, d]] != 0.0) {
                    let v = table.y[[i, d]];
                    cell(mix, parts, (r, i), v, (s, &|q| parts.demand[parts.column((s, d), q)]), &mut own);
                    whole(v, &mut own, || {
                        format!("the sales of {} to {} of {}", coarse.row_name(i), coarse.categories[d], coarse.regions[s])
                    })?;
                    let pairs = parts.of(r).flat_map(|p| parts.of(s).map(move |q| (p, q)));
                    pairs.zip(&own).for_each(|((p, q), v)| y[[parts.row((r, i), p), parts.column((s, d), q)]] = *v);
                }
            }
        }
    }
    Ok(y)
}

/// Numbers by row handed out by shares.
pub(super) fn by_row(values: &Array1<f64>, parts: &Regions, shares: &[f64]) -> Result<Array1<f64>> {
    let coarse = &parts.coarse;
    let mut all = Array1::zeros(parts.labels.dim());
    for r in 0..coarse.region_count() {
        for i in coarse.rows(r) {
            let places: Vec<usize> = parts.of(r).map(|p| parts.row((r, i), p)).collect();
            hand_out(values[i], shares, &places, &mut all, || coarse.row_name(i))?;
        }
    }
    Ok(all)
}

/// Numbers by demand column.
pub(super) fn by_column(values: &Array1<f64>, parts: &Regions) -> Result<Array1<f64>> {
    let coarse = &parts.coarse;
    let mut all = Array1::zeros(parts.labels.categories.len());
    for r in 0..coarse.region_count() {
        for d in coarse.demand(r) {
            let places: Vec<usize> = parts.of(r).map(|p| parts.column((r, d), p)).collect();
            hand_out(values[d], &parts.demand, &places, &mut all, || format!("imports of {}", coarse.categories[d]))?;
        }
    }
    Ok(all)
}

/// Numbers by region: emissions of households.
fn of_regions(values: &Array1<f64>, parts: &Regions) -> Result<Array1<f64>> {
    let mut all = Array1::zeros(parts.count());
    for r in 0..parts.coarse.region_count() {
        let places: Vec<usize> = parts.of(r).collect();
        hand_out(values[r], &parts.households, &places, &mut all, || format!("households of {}", parts.coarse.regions[r]))?;
    }
    Ok(all)
}

fn hand_out(total: f64, shares: &[f64], places: &[usize], all: &mut Array1<f64>, name: impl Fn() -> String) -> Result<()> {
    let mut own: Vec<f64> = places.iter().map(|&k| if places.len() > 1 { shares[k] * total } else { total }).collect();
    whole(total, &mut own, name)?;
    places.iter().zip(own).for_each(|(&k, v)| all[k] = v);
    Ok(())
}
