//! The numbers of a table from cells in any order: each block in its place, what comes twice, and what stands outside.

use ndarray::Array1;

use super::axes::Shape;
use super::{About, Axis, Block, Cell, Gather};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::{Holder, Intermediate, Parts, Values};
use crate::labels::Name;
use crate::table::{Provenance, Sparse, Stressor};

/// The parts of the table whose rows and columns are known.
pub(super) fn parts(mut gather: Gather, shape: &Shape, about: &About) -> Result<Parts> {
    complete(&gather, about)?;
    sort(&mut gather, about)?;
    empty(&gather, shape)?;
    let z = matrix(&gather, shape, &shape.sector, shape.labels.dim());
    let y = matrix(&gather, shape, &shape.demand, shape.labels.categories.len());
    let holder = about.holder.unwrap_or(Holder::File);
    let per = |block: Block| gather.per_output.get(&block).copied().unwrap_or(false);
    let intermediate =
        if per(Block::Intermediate) { Intermediate::Coefficients(Values::Sparse(z)) } else { Intermediate::Flows(Values::Sparse(z)) };
    let mut parts = Parts::new(shape.labels.clone(), intermediate, Values::Sparse(y), &about.place);
    parts.holder = holder;
    parts.unit.clone_from(&about.unit);
    (parts.value_added_per_output, parts.stressors_per_output) = (per(Block::ValueAdded), per(Block::Satellite));
    let column = |block| column(&gather, shape, block);
    (parts.x, parts.exports, parts.stock, parts.error) =
        (column(Block::Output), column(Block::Exports), column(Block::Stock), column(Block::Discrepancy));
    let single = |block: Block, places: &[Option<u32>], length: usize| {
        let row = gather.rows.labels.iter().position(|l| l.block == block);
        row.map(|r| dense(&gather.cells[r], places, length))
    };
    let (n, d) = (shape.labels.dim(), shape.labels.categories.len());
    parts.imports = single(Block::Imports, &shape.sector, n);
    parts.imports_final = single(Block::Imports, &shape.demand, d).filter(|row| row.iter().any(|v| *v != 0.0));
    let total = single(Block::Output, &shape.sector, n);
    let mut remarks = std::mem::take(&mut gather.remarks);
    match (&parts.x, total) {
        (Some(x), Some(row)) => remarks.extend(compared(&parts, x, &row)),
        (None, Some(row)) => {
            parts.x = Some(row);
            parts.left_out.push(format!("gross output is taken from the row of output: {} has no such column", about.place));
        }
        _ => {}
    }
    value_added(&gather, shape, &mut parts);
    stressors(&gather, shape, about, &mut parts, &mut remarks)?;
    told(&gather, &mut parts.left_out);
    remarks.extend(transposed(&parts));
    parts.provenance = Provenance { notes: gather.notes, ..Provenance::default() };
    parts.remarks = remarks;
    Ok(parts)
}

/// Refuses a block of which a cell is missing, where every cell must come.
fn complete(gather: &Gather, about: &About) -> Result<()> {
    let count = |axis: &Axis, block: Block| axis.labels.iter().filter(|l| l.block == block).count() as u64;
    for (&(row, column), &found) in &gather.counts {
        let expected = count(&gather.rows, row) * count(&gather.columns, column);
        if found < expected {
            let missing = gather.rows.labels.iter().enumerate().filter(|(_, l)| l.block == row).find_map(|(r, label)| {
                let known: std::collections::HashSet<u32> = gather.cells[r].iter().map(|c| c.column).collect();
                let lacks = |(c, l): &(usize, &super::Label)| l.block == column && !known.contains(&(*c as u32));
                let (_, other) = gather.columns.labels.iter().enumerate().find(lacks)?;
                Some(format!("{} -> {}", label.shown(), other.shown()))
            });
            let text = format!(
                "{found} of {expected} cells of {} by {} are there, and the layout writes all of them; {} is missing",
                row.name(),
                column.name(),
                missing.unwrap_or_default()
            );
            return Err(Error::format(&about.place, text, "fetch or export the file again: it was cut off, or lines were removed"));
        }
    }
    Ok(())
}

/// Puts the cells of each row in the order of the columns; those that come twice are added up or refused.
fn sort(gather: &mut Gather, about: &About) -> Result<()> {
    let sum = gather.rules.sum_cells || !gather.rules.merge.is_empty() || !gather.parts.iter().all(|p| p.counts.is_empty());
    let mut twice = 0;
    for r in 0..gather.cells.len() {
        let cells = &mut gather.cells[r];
        if !cells.is_sorted_by_key(|c| c.column) {
            cells.sort_by_key(|c| c.column);
        }
        if cells.windows(2).all(|w| w[0].column < w[1].column) {
            continue;
        }
        if let Some(w) = cells.windows(2).find(|w| w[0].column == w[1].column).filter(|_| !sum) {
            let (row, column) = (gather.rows.labels[r].shown(), gather.columns.labels[w[0].column as usize].shown());
            let text = format!("{row} -> {column} comes twice: it is already in line {}", w[0].line);
            return Err(Error::format(format!("{}:{}", about.place, w[1].line), text, "keep one of the lines"));
        }
        let mut added: Vec<Cell> = Vec::with_capacity(cells.len());
        for cell in cells.drain(..) {
            match added.last_mut().filter(|c| c.column == cell.column) {
                Some(last) => {
                    last.value += cell.value;
                    twice += 1;
                }
                None => added.push(cell),
            }
        }
        *cells = added;
    }
    if gather.rules.sum_cells && twice > 0 {
        gather.notes.push(format!("{twice} cells that come several times were added up"));
    }
    Ok(())
}

/// Refuses numbers in rows and columns that are left out as empty.
fn empty(gather: &Gather, shape: &Shape) -> Result<()> {
    let (rows, columns) = &shape.dropped;
    let held = |r: u32| gather.cells[r as usize].iter().find(|c| c.value != 0.0);
    let full_row = rows.iter().find_map(|&r| held(r).map(|c| (r, *c)));
    let full_column = || {
        let cells = |r: usize| gather.cells[r].iter().find(|c| columns.contains(&c.column) && c.value != 0.0);
        (0..gather.cells.len()).find_map(|r| cells(r).map(|c| (r as u32, *c)))
    };
    let Some((r, cell)) = full_row.or_else(full_column) else { return Ok(()) };
    let text = format!(
        "{} -> {} is {}, and the rows and columns of this region are to be left out as empty",
        gather.rows.labels[r as usize].shown(),
        gather.columns.labels[cell.column as usize].shown(),
        cell.value
    );
    Err(Error::format(&gather.rows.places[r as usize], text, "set `divided` to melted or kept in the description"))
}

/// The cells of sectors in columns of one block.
fn matrix(gather: &Gather, shape: &Shape, places: &[Option<u32>], width: usize) -> Sparse {
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    let mut own: Vec<(u32, f64)> = Vec::new();
    for &r in &shape.rows {
        own.clear();
        let cells = gather.cells[r as usize].iter().filter(|c| c.value != 0.0);
        own.extend(cells.filter_map(|c| places[c.column as usize].map(|at| (at, c.value))));
        own.sort_by_key(|(at, _)| *at);
        indices.extend(own.iter().map(|c| c.0));
        data.extend(own.iter().map(|c| c.1));
        indptr.push(indices.len());
    }
    Sparse::new((shape.rows.len(), width), indptr, indices, data)
}

fn dense(cells: &[Cell], places: &[Option<u32>], length: usize) -> Array1<f64> {
    let mut row = Array1::zeros(length);
    for cell in cells {
        if let Some(at) = places[cell.column as usize] {
            row[at as usize] = cell.value;
        }
    }
    row
}

/// The one column of a block, over the sectors.
fn column(gather: &Gather, shape: &Shape, block: Block) -> Option<Array1<f64>> {
    let c = gather.columns.labels.iter().position(|l| l.block == block)? as u32;
    let of = |r: &u32| {
        let cells = &gather.cells[*r as usize];
        cells.binary_search_by_key(&c, |cell| cell.column).map_or(0.0, |k| cells[k].value)
    };
    Some(shape.rows.iter().map(of).collect())
}

/// Output in the rows against output in the columns.
fn compared(parts: &Parts, x: &Array1<f64>, row: &Array1<f64>) -> Option<Finding> {
    let apart = |i: usize| (x[i] - row[i]).abs() / x[i].abs().max(row[i].abs()).max(f64::MIN_POSITIVE);
    let worst = (0..x.len()).max_by(|&i, &j| apart(i).total_cmp(&apart(j))).filter(|&i| apart(i) > 1e-9)?;
    let count = (0..x.len()).filter(|&i| apart(i) > 1e-9).count();
    let text = format!(
        "{}: the column and the row of output differ in {count} of {} sectors, most in {}: {} against {}; the column is used",
        parts.place,
        x.len(),
        parts.labels.row_name(worst),
        x[worst],
        row[worst]
    );
    Some(Finding::new(Level::Warn, "output-not-input", text).row(worst).numbers(x[worst], row[worst]))
}

/// Says where rows and columns balance only after the flows are transposed.
fn transposed(parts: &Parts) -> Option<Finding> {
    let Intermediate::Flows(z) = &parts.intermediate else { return None };
    if parts.value_added.is_empty() || parts.value_added_per_output {
        return None;
    }
    let sold = z.row_sums();
    let mut bought = Array1::zeros(sold.len());
    if let Values::Sparse(z) = z {
        z.iter().for_each(|(v, (_, j))| bought[j as usize] += v);
    }
    let uses: Array1<f64> = parts.others().fold(parts.y.row_sums(), |sum, column| sum + column);
    let rows = parts.value_added.iter().map(|(_, row)| row).chain(&parts.imports);
    let costs: Array1<f64> = rows.fold(Array1::zeros(sold.len()), |sum, row| sum + row);
    let gap = |rows: &Array1<f64>, columns: &Array1<f64>| -> f64 {
        (0..rows.len()).map(|i| (rows[i] + uses[i] - columns[i] - costs[i]).abs()).sum()
    };
    let (as_is, other) = (gap(&sold, &bought), gap(&bought, &sold));
    let size: f64 = (0..sold.len()).map(|i| (sold[i] + uses[i]).abs()).sum();
    let text = format!(
        "{}: rows and columns differ by {as_is:.6e} in all as the flows stand, and by {other:.6e} after they are transposed",
        parts.place
    );
    (as_is > 1e-3 * size && other < 0.1 * as_is).then(|| Finding::new(Level::Warn, "transposed-fits", text).numbers(as_is, other))
}

fn value_added(gather: &Gather, shape: &Shape, parts: &mut Parts) {
    let n = shape.labels.dim();
    for (r, label) in gather.rows.labels.iter().enumerate().filter(|(_, l)| l.block == Block::ValueAdded) {
        parts.value_added.push((Name::plain(label.item.as_str()), dense(&gather.cells[r], &shape.sector, n)));
        let demand = dense(&gather.cells[r], &shape.demand, shape.labels.categories.len());
        if demand.iter().any(|v| *v != 0.0) {
            let text = format!("{} of final demand, {} in all, has no place in the table", label.item, demand.sum());
            parts.left_out.push(text);
        }
        if let Some(regions) = gather.rows.stacked.get(&(r as u32)).filter(|s| s.len() > 1) {
            parts.left_out.push(format!("{} is the sum of the rows of {} regions", label.item, regions.len()));
        }
    }
}

fn stressors(gather: &Gather, shape: &Shape, about: &About, parts: &mut Parts, remarks: &mut Vec<Finding>) -> Result<()> {
    let labels = &shape.labels;
    let ids: Vec<usize> = (0..gather.rows.labels.len()).filter(|&r| gather.rows.labels[r].block == Block::Satellite).collect();
    let names: Vec<&str> = ids.iter().map(|&r| gather.rows.labels[r].item.as_str()).collect();
    if let Some(unknown) = about.factors.iter().find(|f| !names.contains(&f.as_str())) {
        return Err(Error::unknown("factor", unknown, &names));
    }
    let by_demand = gather.columns.labels.iter().any(|l| l.block == Block::FinalDemand);
    let mut nameless = Vec::new();
    for &r in &ids {
        let name = &gather.rows.labels[r].item;
        if !about.factors.is_empty() && !about.factors.contains(name) {
            continue;
        }
        let direct = dense(&gather.cells[r], &shape.sector, labels.dim());
        let demand = dense(&gather.cells[r], &shape.demand, labels.categories.len());
        let households = (0..labels.region_count()).map(|k| labels.demand(k).map(|c| demand[c]).sum()).collect();
        let households = (by_demand && demand.iter().any(|v| *v != 0.0)).then_some(households);
        let unit = about.units.get(name).cloned().unwrap_or_default();
        if let Some(regions) = gather.rows.stacked.get(&(r as u32)).filter(|s| s.len() > 1) {
            parts.left_out.push(format!("{name} is the sum of the rows of {} regions", regions.len()));
        }
        if unit.is_empty() {
            nameless.push(name.as_str());
        }
        parts.stressors.push(Stressor { name: name.clone(), unit, direct, households });
    }
    if let [first, ..] = nameless[..] {
        let text = format!("{}: the unit of {} account(s) is unknown, as of {first}; pass `emissions-unit`", about.place, nameless.len());
        remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", text));
    }
    Ok(())
}

/// What was merged, and what stands outside of all blocks.
fn told(gather: &Gather, notes: &mut Vec<String>) {
    for ((from, to), rows) in &gather.merged {
        notes.push(format!("region {from} ({rows} rows) was added to {to}"));
    }
    for axis in [&gather.rows, &gather.columns] {
        for (&id, names) in axis.stacked.iter().filter(|(id, names)| names.len() > 1 && axis.labels[**id as usize].block.is_added()) {
            notes.push(format!("{} are the sum of {} rows or columns", axis.labels[id as usize].block.name(), names.len()));
        }
    }
    for region in &gather.drop {
        notes.push(format!("the rows and columns of region {region} are empty and were left out; its final demand was kept"));
    }
}
