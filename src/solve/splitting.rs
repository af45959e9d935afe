//! The splittings `I - A = M - N` of the methods: `d = M^-1 r`, `r <- N d`.
//!
//! Power series: `M = I`. Gauss-Seidel: `M = I - D - L` (rows in order). By region: `M` holds the diagonal blocks
//! and everything below them. Trade-share refinement: `M` = the fitted system. Transposed systems run through the
//! same rows backwards, scattering. Direct: `M = I - A`.
//! Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed., sections 4.1, 4.2.

use ndarray::Array2;

use super::{DenseLu, Method, Refinement};
use crate::error::{Error, Result};
use crate::operator::kernel::{Listed, gather, scatter};
use crate::operator::{Csr, Direction, Operator};

/// A method made ready for one operator.
pub enum Splitting<'a> {
    /// `M = I`.
    PowerSeries,
    /// `M = I - D - L`.
    GaussSeidel(&'a Csr),
    /// `M` = diagonal blocks and what is below them; offsets of the regions and the factored blocks `I - A_ss`.
    RegionGaussSeidel(&'a Csr, &'a [usize], &'a [DenseLu]),
    /// `M = I - A_fit`, nearly.
    TradeShareRefinement(&'a Refinement),
    /// `M = I - A`.
    Direct(&'a DenseLu),
}

/// Factors the diagonal blocks `I - A_ss` of all regions.
pub fn factor_blocks(operator: &dyn Operator, offsets: &[usize]) -> Result<Vec<DenseLu>> {
    offsets.windows(2).map(|w| factor(operator, w[0]..w[1])).collect()
}

/// Factors `I - A` on a range of rows.
pub fn factor(operator: &dyn Operator, range: std::ops::Range<usize>) -> Result<DenseLu> {
    DenseLu::new(negated_plus_identity(operator.block(range.clone()))).ok_or_else(|| {
        Error::invalid(
            format!("I - A is singular on rows {} to {}", range.start, range.end.saturating_sub(1)),
            "the system has no unique answer there: run `isard audit` to find the sectors that are not productive",
        )
    })
}

/// `I - A` of a block.
pub(super) fn negated_plus_identity(mut block: Array2<f64>) -> Array2<f64> {
    block.mapv_inplace(|v| -v);
    block.diag_mut().mapv_inplace(|v| v + 1.0);
    block
}

/// Rows for a method that sweeps over them.
pub fn rows_of(operator: &dyn Operator, method: Method) -> Result<&Csr> {
    operator.rows().ok_or_else(|| {
        Error::invalid(
            format!("{} needs the rows of A, which the {} operator does not have", method.name(), operator.name()),
            "use --method power-series",
        )
    })
}

/// Gauss-Seidel divides by `1 - a_ii`.
pub fn check_diagonal(rows: &Csr) -> Result<()> {
    match (0..rows.dim()).find(|&i| diagonal(rows, i) >= 1.0) {
        None => Ok(()),
        Some(i) => Err(Error::invalid(
            format!("sector {i} buys {} of its own product per unit of output; Gauss-Seidel needs less than 1", diagonal(rows, i)),
            "such a sector is not productive: correct the table, or use --method direct to look at it",
        )),
    }
}

fn diagonal(rows: &Csr, i: usize) -> f64 {
    let (columns, values) = rows.row(i);
    columns.binary_search(&(i as u32)).map_or(0.0, |p| values[p])
}

impl Splitting<'_> {
    /// One step on a panel: `d = M^-1 r`, and `r <- N d` where the method gives it for free.
    /// Returns whether `r` is now the residual of `x + d`.
    pub fn step(&self, operator: &dyn Operator, direction: Direction, k: usize, r: &mut [f64], d: &mut [f64]) -> bool {
        d.copy_from_slice(r);
        match self {
            Splitting::PowerSeries => operator.apply(direction, k, d, r),
            Splitting::GaussSeidel(rows) => {
                let n = rows.dim();
                sweep(
                    rows,
                    direction,
                    k,
                    r,
                    d,
                    n,
                    |i| (i, i + 1),
                    |i, d| {
                        let pivot = 1.0 - diagonal(rows, i);
                        d.iter_mut().for_each(|v| *v /= pivot);
                    },
                );
            }
            Splitting::RegionGaussSeidel(rows, offsets, blocks) => {
                sweep(rows, direction, k, r, d, blocks.len(), |s| (offsets[s], offsets[s + 1]), |s, d| blocks[s].solve(direction, k, d));
            }
            Splitting::TradeShareRefinement(refinement) => {
                refinement.step(direction, k, r, d);
                return false;
            }
            Splitting::Direct(lu) => {
                lu.solve(direction, k, d);
                return false;
            }
        }
        true
    }
}

/// One Gauss-Seidel sweep over consecutive groups of rows; `solve` inverts the diagonal of one group in place.
#[allow(clippy::too_many_arguments)]
fn sweep(
    rows: &Csr,
    direction: Direction,
    k: usize,
    r: &mut [f64],
    d: &mut [f64],
    groups: usize,
    range: impl Fn(usize) -> (usize, usize),
    solve: impl Fn(usize, &mut [f64]),
) {
    let split = |columns: &[u32], at: usize| columns.partition_point(|&j| (j as usize) < at);
    match direction {
        Direction::Forward => {
            for g in 0..groups {
                let (start, end) = range(g);
                let (before, rest) = d.split_at_mut(start * k);
                let here = &mut rest[..(end - start) * k];
                for (i, to) in (start..end).zip(here.chunks_exact_mut(k)) {
                    let (columns, values) = rows.row(i);
                    let p = split(columns, start);
                    gather::<false, _>(&values[..p], Listed(&columns[..p]), k, before, to);
                }
                solve(g, here);
            }
            for g in 0..groups {
                let (start, end) = range(g);
                for i in start..end {
                    let (columns, values) = rows.row(i);
                    let p = split(columns, end);
                    let to = &mut r[i * k..(i + 1) * k];
                    to.fill(0.0);
                    gather::<false, _>(&values[p..], Listed(&columns[p..]), k, d, to);
                }
            }
        }
        Direction::Transposed => {
            r.fill(0.0);
            for g in (0..groups).rev() {
                let (start, end) = range(g);
                let (before, rest) = d.split_at_mut(start * k);
                let here = &mut rest[..(end - start) * k];
                solve(g, here);
                for (i, from) in (start..end).zip(here.chunks_exact(k)) {
                    let (columns, values) = rows.row(i);
                    let (p, q) = (split(columns, start), split(columns, end));
                    scatter::<false, _>(&values[..p], Listed(&columns[..p]), k, from, before);
                    scatter::<false, _>(&values[q..], Listed(&columns[q..]), k, from, r);
                }
            }
        }
    }
}
