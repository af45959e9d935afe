//! The audit of a full table whose flows are kept apart from it.
//!
//! One pass over the flows tells that all are positive numbers, that no row is a total of its region, and what the
//! checks of the rest need: row and column sums. Every column buying less than it makes bounds the spectral radius, which
//! lies between the least and the largest column sum of a positive matrix (Berman and Plemmons 1994, theorem 2.1.11).
//! 8 bytes an entry, in order.

use ndarray::{Array1, Axis};

use super::{Finding, Level, Sums, cells, closing, figure, names, opening, worst};
use crate::table::Table;
use crate::threads::prelude::*;

/// What a region's rows add up to.
struct Part {
    sales: Vec<f64>,
    purchases: Array1<f64>,
}

/// What [`super::audit`] finds in a table with these flows (n x n, row by row), its own or kept apart; `None` where flows need to be looked at
/// one by one: a zero, a negative or missing one, a total among the rows, a sector without output, columns that buy all they
/// make, or value added that is what the flows leave.
pub fn audit_full(table: &Table, flows: &[f64]) -> Option<Vec<Finding>> {
    let n = table.dim();
    if table.value_added.is_empty() && table.z.nnz() == 0 || table.x.iter().any(|x| !(*x > 0.0 && x.is_finite())) {
        return None;
    }
    let parts: Option<Vec<Part>> = (0..table.labels.region_count()).into_par_iter().map(|r| part(table, flows, r)).collect();
    let parts = parts?;
    let mut purchases = Array1::zeros(n);
    parts.iter().for_each(|part| purchases += &part.purchases);
    let shares = || purchases.iter().zip(&table.x).map(|(p, x)| p / x);
    let slack = (n + 4) as f64 * f64::EPSILON;
    let (least, largest) = (shares().fold(f64::INFINITY, f64::min) * (1.0 - slack), shares().fold(0.0, f64::max) * (1.0 + slack));
    if largest >= 1.0 {
        return None;
    }
    let broken = cells::not_finite(table);
    if worst(&broken) == Level::Fail {
        return None;
    }
    let sums = Sums {
        sales: parts.into_iter().flat_map(|part| part.sales).collect(),
        purchases,
        buyers: vec![n; n],
        suppliers: vec![n; n],
        demand: table.y.sum_axis(Axis(1)),
        output: table.x.iter().map(|x| x.abs()).sum(),
    };
    let message = format!("spectral radius of A is {} to {}, below 1", figure(least), figure(largest));
    let radius = Finding::new(Level::Pass, "spectral-radius", message).numbers(largest, 1.0);
    let mut findings = opening(table, broken, false);
    findings.extend(closing(table, &sums, vec![radius]));
    Some(findings)
}

/// The sums of a region; `None` at a flow that is not a positive number, or a row that may be the total of the others.
fn part(table: &Table, flows: &[f64], region: usize) -> Option<Part> {
    let rows = table.labels.rows(region);
    let (mut sales, mut purchases) = (Vec::with_capacity(rows.len()), Array1::zeros(table.dim()));
    for i in rows.clone() {
        let row = &flows[i * table.dim()..][..table.dim()];
        if !row.iter().fold(true, |sound, v| sound & (*v > 0.0)) {
            return None;
        }
        purchases.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        let mut sums = [0.0; 8];
        let (chunks, rest) = row.as_chunks::<8>();
        chunks.iter().for_each(|chunk| sums.iter_mut().zip(chunk).for_each(|(sum, v)| *sum += v));
        sales.push(sums.iter().sum::<f64>() + rest.iter().sum::<f64>());
    }
    let all: f64 = purchases.iter().sum();
    let total = |own: &f64| names::close(2.0 * own, all);
    // an infinite flow makes its row infinite
    let sound = all.is_finite() && !(rows.len() > 2 && sales.iter().any(total));
    sound.then_some(Part { sales, purchases })
}
