//! Row and column scalings that bring trade shares and technologies to output and to the inputs of the tables: RAS without the n x n
//! matrix.
//!
//! ```text
//! Z_sr,ij = r_si t_i^sr Z^r_ij c_rj,   Y_sr = r_si t_i^sr Y^r where positive, t_i^sr Y^r / r_si where negative (GRAS)
//! rows: output - exports;   columns: intermediate inputs of the regional table without imports;   final demand is free
//! ```
//! Scalings of rows and columns leave the form of trade shares as it is, so a pass takes `2 R S^2 + 2 S R^2` multiply-adds. A last
//! step over the columns makes them exact; what the rows then leave over is the error column of the table. Where no cell of a row
//! can take up its output, that is where it stays.

use ndarray::{Array1, Array2};

use super::margins::Margins;
use super::regional::{Imported, Regional};
use crate::error::Result;
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Passes after which it ends.
const PASSES: usize = 4000;

/// Passes between two looks at whether it gets on.
const LOOK: usize = 50;

/// What is left over in all rows, relative to their targets, at which it ends.
const ENOUGH: f64 = 1e-11;

/// A row scaling beyond which a row has no cell to take up its output.
const FAR: f64 = 1e9;

/// The scalings.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Of rows (n).
    pub rows: Vec<f64>,
    /// Of columns of Z (n).
    pub columns: Vec<f64>,
    /// Passes over rows and columns.
    pub passes: usize,
    /// What rows left over before, as a share of output.
    pub before: f64,
    /// What rows leave over in the end, as a share of output.
    pub after: f64,
    /// Imported intermediates of each column (n).
    pub imports: Array1<f64>,
    /// Those of them that the regional tables hold apart from their flows (n).
    pub apart: Vec<f64>,
}

/// Shares and tables in the order of the passes.
struct Work<'a> {
    r: usize,
    s: usize,
    shares: &'a [f64],
    regional: &'a [Regional],
    /// Positive and negative final demand by row (n).
    demand: [Vec<f64>; 2],
    /// Targets of rows and columns (n).
    targets: [Vec<f64>; 2],
}

/// Finds the scalings; all 1 unless `moved`.
pub(super) fn fit(
    regional: &[Regional],
    margins: &Margins,
    shares: &[f64],
    imported: &Array2<f64>,
    moved: bool,
    watch: &Watch,
) -> Result<Fit> {
    let (r, s) = margins.used.dim();
    let n = r * s;
    let mut imports = Array1::zeros(n);
    let (mut columns, mut outside) = (vec![0.0; n], vec![0.0; n]);
    for (q, table) in regional.iter().enumerate() {
        for j in 0..s {
            let column = table.z.column(j);
            let taken: f64 = column.iter().zip(imported.row(q)).map(|(z, m)| z * m).sum();
            let apart = if let Imported::Apart(m, _) = &table.imported { m[j] } else { 0.0 };
            imports[q * s + j] = taken + apart;
            outside[q * s + j] = apart;
            columns[q * s + j] = column.sum() - taken;
        }
    }
    let rows = (0..n).map(|k| (margins.output[[k / s, k % s]] - margins.exports[[k / s, k % s]]).max(0.0)).collect();
    let mut work = Work { r, s, shares, regional, demand: [vec![0.0; n], vec![0.0; n]], targets: [rows, columns] };
    for side in 0..2 {
        let signed = |v: &f64| if side == 0 { v.max(0.0) } else { (-v).max(0.0) };
        let wanted = |t: &Regional| t.y.rows().into_iter().map(|row| row.iter().map(signed).sum()).collect::<Vec<f64>>();
        work.demand[side] = gathered((r, s), shares, &regional.iter().map(wanted).collect::<Vec<_>>());
    }
    let mut fit = Fit { rows: vec![1.0; n], columns: vec![1.0; n], passes: 0, before: 0.0, after: 0.0, imports, apart: outside };
    let output = margins.output.sum();
    fit.before = work.left(&work.intermediate(&fit.columns), &fit.rows) / output;
    fit.after = fit.before;
    let mut last = f64::INFINITY;
    while moved && fit.passes < PASSES {
        watch.check()?;
        let bought = work.intermediate(&fit.columns);
        if fit.passes > 0 {
            fit.after = work.left(&bought, &fit.rows) / output;
            let stands = fit.passes.is_multiple_of(LOOK) && {
                let before = std::mem::replace(&mut last, fit.after);
                fit.after > 0.995 * before
            };
            if fit.after <= ENOUGH || stands {
                break;
            }
        }
        fit.rows = (0..n).map(|k| work.row_scaling(k, bought[k])).collect();
        work.column_scalings(&fit.rows, &mut fit.columns);
        fit.passes += 1;
    }
    fit.after = work.left(&work.intermediate(&fit.columns), &fit.rows) / output;
    Ok(fit)
}

impl Work<'_> {
    /// What the sectors of all regions buy of each row before its scaling (n).
    fn intermediate(&self, columns: &[f64]) -> Vec<f64> {
        let (r, s) = (self.r, self.s);
        let used: Vec<Vec<f64>> = (0..r)
            .into_par_iter()
            .map(|q| {
                let own = &columns[q * s..][..s];
                self.regional[q].z.rows().into_iter().map(|row| row.iter().zip(own).map(|(z, c)| z * c).sum()).collect()
            })
            .collect();
        gathered((r, s), self.shares, &used)
    }

    /// `r` with `r (bought + demand+) - demand- / r = target`.
    fn row_scaling(&self, k: usize, bought: f64) -> f64 {
        let (p, q, u) = (bought + self.demand[0][k], self.demand[1][k], self.targets[0][k]);
        let scaling = if p > 0.0 { (u + (u * u + 4.0 * p * q).sqrt()) / (2.0 * p) } else { 1.0 };
        if scaling.is_finite() { scaling.min(FAR) } else { 1.0 }
    }

    fn column_scalings(&self, rows: &[f64], columns: &mut [f64]) {
        let (r, s) = (self.r, self.s);
        // of each product, by buyer: sums over rows of the table of a product, as they lie
        let of = |i: usize| {
            let mut supplied = vec![0.0; r];
            for (o, shares) in self.shares[i * r * r..][..r * r].chunks_exact(r).enumerate() {
                supplied.iter_mut().zip(shares).for_each(|(sum, t)| *sum += t * rows[o * s + i]);
            }
            supplied
        };
        let supplied: Vec<Vec<f64>> = (0..s).into_par_iter().map(of).collect();
        columns.par_chunks_mut(s).enumerate().for_each(|(q, columns)| {
            let mut sums = vec![0.0; s];
            for (row, supplied) in self.regional[q].z.rows().into_iter().zip(&supplied) {
                sums.iter_mut().zip(row).for_each(|(sum, z)| *sum += z * supplied[q]);
            }
            for (j, (column, sum)) in columns.iter_mut().zip(sums).enumerate() {
                *column = if sum > 0.0 { self.targets[1][q * s + j] / sum } else { 1.0 };
            }
        });
    }

    /// What rows leave over, without signs.
    fn left(&self, bought: &[f64], rows: &[f64]) -> f64 {
        let one = |k: usize| {
            let negative = if self.demand[1][k] > 0.0 { self.demand[1][k] / rows[k] } else { 0.0 };
            (rows[k] * (bought[k] + self.demand[0][k]) - negative - self.targets[0][k]).abs()
        };
        (0..rows.len()).map(one).sum()
    }
}

/// What all regions take of each row (n), `of` being what each takes of a product from anywhere (R of S).
fn gathered((r, s): (usize, usize), shares: &[f64], of: &[Vec<f64>]) -> Vec<f64> {
    let product = |i: usize| {
        let taken: Vec<f64> = of.iter().map(|t| t[i]).collect();
        shares[i * r * r..][..r * r].chunks_exact(r).map(|t| t.iter().zip(&taken).map(|(t, u)| t * u).sum()).collect()
    };
    let by_product: Vec<Vec<f64>> = (0..s).into_par_iter().map(product).collect();
    (0..r * s).map(|k| by_product[k % s][k / s]).collect()
}
