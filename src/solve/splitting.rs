//! The splittings `I - A = M - N` of the methods: `d = M^-1 r`, `r <- N d`.
//!
//! Power series: `M = I`. Gauss-Seidel: see `gauss_seidel`. Trade-share refinement: `M` = the fitted system.
//! Direct: `M = I - A`. GMRES combines the steps of another one.
//! Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed., sections 4.1, 4.2.

use ndarray::Array2;

use super::{DenseLu, GaussSeidel, Refinement};
use crate::error::{Error, Result};
use crate::memory;
use crate::operator::elsewhere::Sweeps;
use crate::operator::{Direction, Operator, Pool};
use crate::watch::Watch;

/// A method made ready for one operator.
pub enum Splitting<'a> {
    /// `M = I`.
    PowerSeries,
    /// `M` = the lower triangles, or the whole, of diagonal blocks and what earlier waves hold.
    GaussSeidel(&'a GaussSeidel),
    /// `M = I - A_fit`, nearly.
    TradeShareRefinement(&'a Refinement),
    /// `M = I - A`.
    Direct(&'a DenseLu),
    /// M = the regions' own blocks, nearly, swept over where their rows are.
    Elsewhere(&'a Regional),
    /// The steps of a splitting, combined; not of another of this kind.
    Gmres(&'a Splitting<'a>),
}

/// Sweeps over regions in other processes, and room for the products of this one.
pub struct Regional {
    sweeps: Box<dyn Sweeps>,
    pool: Pool,
}

impl Regional {
    pub(super) fn new(sweeps: Box<dyn Sweeps>) -> Self {
        Regional { sweeps, pool: Pool::default() }
    }
}

/// Name of the stage in which methods are made ready.
pub const SETUP: &str = "setup";

/// Factorises the diagonal blocks `I - A_ss` of all regions.
pub(crate) fn lu_blocks(operator: &dyn Operator, offsets: &[usize], watch: &Watch) -> Result<Vec<DenseLu>> {
    let bytes = offsets.windows(2).map(|w| 8 * ((w[1] - w[0]) as u64).pow(2)).fold(0, u64::saturating_add);
    let largest = offsets.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
    let what = format!("the diagonal blocks of {} regions, up to {largest} rows each", offsets.len() - 1);
    memory::require(&what, bytes, "split large regions, or use a machine with more memory")?;
    let regions = offsets.len() - 1;
    let block = |(s, w): (usize, &[usize])| {
        watch.units(SETUP, s, regions)?;
        lu(operator, w[0]..w[1], watch)
    };
    offsets.windows(2).enumerate().map(block).collect()
}

/// Factorises `I - A` on a range of rows.
pub(crate) fn lu(operator: &dyn Operator, range: std::ops::Range<usize>, watch: &Watch) -> Result<DenseLu> {
    let what = format!("the full matrix of {} rows", range.len());
    memory::require(&what, 8 * (range.len() as u64).pow(2), "choose a method that keeps A sparse, such as `method` gmres")?;
    DenseLu::watched(negated_plus_identity(operator.block(range.clone())), watch)?
        .ok_or_else(|| Error::Singular { first: range.start, last: range.end.saturating_sub(1) })
}

/// `I - A` of a block.
pub(super) fn negated_plus_identity(mut block: Array2<f64>) -> Array2<f64> {
    block.mapv_inplace(|v| -v);
    block.diag_mut().mapv_inplace(|v| v + 1.0);
    block
}

impl Splitting<'_> {
    /// Whether the residual of the first step may be made in single precision: the next one corrects more than that.
    pub(super) fn is_rough(&self) -> bool {
        matches!(self, Splitting::TradeShareRefinement(refinement) if refinement.is_rough())
    }

    /// One step on a panel: `d = M^-1 r`, and `r <- N d` where the method gives it for free.
    /// Returns whether `r` is now the residual of `x + d`.
    pub fn step(&self, operator: &dyn Operator, direction: Direction, k: usize, r: &mut [f64], d: &mut [f64]) -> bool {
        match self {
            Splitting::PowerSeries => {
                super::panel::copy(d, r);
                operator.apply(direction, k, d, r);
                true
            }
            Splitting::GaussSeidel(ready) => {
                ready.step(direction, k, r, d);
                true
            }
            Splitting::TradeShareRefinement(refinement) => {
                refinement.step(direction, k, r, d);
                false
            }
            Splitting::Direct(lu) => {
                super::panel::copy(d, r);
                lu.solve(direction, k, d);
                false
            }
            Splitting::Elsewhere(regional) => {
                regional.sweeps.solve(direction, k, r, d);
                super::panel::lessen(&regional.pool, operator, direction, k, r, d);
                true
            }
            Splitting::Gmres(inner) => inner.step(operator, direction, k, r, d),
        }
    }
}
