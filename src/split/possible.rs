//! Whether parts can have their output at all, with the buyers and inputs that are known: sets of parts that cannot are named.
//!
//! A set of parts sells at most what the cells hold that any of them has a share in: `sum_A u_k <= sum of wholes with a part in
//! A`, for every set A; cells below 0 only take from that (Gale, *Pacific Journal of Mathematics* 7 (1957) 1073-1082). The same holds for columns.

use std::collections::BTreeMap;

use super::cells::Cells;
use super::parts::Parts;
use crate::error::{Error, Result};
use crate::labels::Labels;

/// Parts up to which every set of them is tested; beyond, single parts and all but one.
const SETS: usize = 12;
/// How far sums may be apart by rounding, and by shares that add up to nearly one.
const SLACK: f64 = 1e-8;

/// Refuses cells that no fit can satisfy.
///
/// # Errors
/// Naming the parts, what they sell or buy and what they can.
pub(super) fn possible(cells: &Cells, parts: &Parts, coarse: &Labels) -> Result<()> {
    let n = coarse.dim();
    for c in 0..cells.totals.len() {
        if cells.value[cells.of(c)].iter().all(|v| *v == 0.0) {
            let (i, j) = cells.coarse[c];
            let name = |k: usize, side: &str| if k < n { coarse.row_name(k) } else { format!("{side} {}", k - n + 1) };
            let (from, to) = (name(i, "the row below the flows"), name(j, "the column beside the flows"));
            let text = format!("no part has a share in the flow of {} from {from} to {to}", cells.totals[c]);
            return Err(Error::invalid(text, "give one of the parts a share above 0 in the sales or input structure"));
        }
    }
    for rows in [true, false] {
        // masses by parent and set of parts that have a share
        let mut masses: BTreeMap<usize, BTreeMap<u64, f64>> = BTreeMap::new();
        for c in 0..cells.free {
            let (i, j) = cells.coarse[c];
            let parent = if rows { i } else { j };
            if parent >= n || !parts.is_split(parent) || parts.of(parent).len() > 63 {
                continue;
            }
            let line = if rows { &cells.row } else { &cells.column };
            let set =
                cells.of(c).filter(|&p| cells.value[p] != 0.0).fold(0u64, |set, p| set | 1 << (line[p] as usize - parts.starts[parent]));
            *masses.entry(parent).or_default().entry(set).or_default() += cells.totals[c].max(0.0);
        }
        let targets = if rows { &cells.rows } else { &cells.columns };
        for (parent, masses) in &masses {
            let own = parts.of(*parent);
            test(&targets[own.clone()], masses, rows, &coarse.row_name(*parent), |k| parts.labels.sectors[own.start + k].en.clone())?;
        }
    }
    Ok(())
}

fn test(targets: &[f64], masses: &BTreeMap<u64, f64>, rows: bool, parent: &str, name: impl Fn(usize) -> String) -> Result<()> {
    let count = targets.len();
    let all = (1u64 << count) - 1;
    let sets: Vec<u64> = if count <= SETS { (1..all).collect() } else { (0..count).flat_map(|k| [1 << k, all ^ (1 << k)]).collect() };
    let total: f64 = masses.values().map(|v| v.abs()).sum();
    for set in sets {
        let members = || (0..count).filter(move |k| set & (1 << k) != 0);
        let need: f64 = members().map(|k| targets[k]).sum();
        let can: f64 = masses.iter().filter(|(m, _)| **m & set != 0).map(|(_, v)| v).sum();
        if need > can + SLACK * total {
            let names = members().map(name).collect::<Vec<_>>().join(", ");
            let (what, how, structure) = if rows {
                ("sell", "buyers with a share in them take", "sales")
            } else {
                ("buy", "inputs with a share for them hold", "input")
            };
            let text = format!("{parent}: {names} must {what} {need} by their output shares, and {how} at most {can}");
            return Err(Error::invalid(
                text,
                format!("lower their output shares, or give them shares in more of the {structure} structure"),
            ));
        }
        if targets.iter().any(|t| *t < -SLACK * total) {
            let k = targets.iter().position(|t| *t < 0.0).unwrap_or(0);
            let text =
                format!("{parent}: {} is left with {} to buy after what is known of its value added and imports", name(k), targets[k]);
            return Err(Error::invalid(text, "correct the shares of value added or imports, or its output share"));
        }
    }
    Ok(())
}
