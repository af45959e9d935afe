//! A method made ready for one operator: its LU, fits and cuts.

use std::sync::Arc;

use ndarray::ArrayView2;

use super::splitting::{Regional, lu};
use super::{Checkpoint, DenseLu, GaussSeidel, Judge, Method, Order, Progress, Refinement, Solution, Splitting, Stopping};
use crate::error::{Error, Result};
use crate::operator::{Direction, Matrix, Operator};
use crate::watch::Watch;

/// What a method is made ready from.
#[derive(Debug, Clone)]
pub struct Given {
    /// A.
    pub matrix: Matrix,
    /// Row ranges of the regions.
    pub offsets: Arc<[usize]>,
    /// Gross output (n), where it is known: weighs the buyers of a fit.
    pub output: Option<Arc<[f64]>>,
    /// `|A|` times output (n), where it is known, as sums over whole rows: a weight that grows from output needs no product.
    pub inputs: Option<Arc<[f64]>>,
    /// Whether making ready, and what comes beside the passes of a solve, is to go on.
    pub watch: Watch,
    /// Where the state of a solve is written while it goes on.
    pub checkpoint: Option<Arc<Checkpoint>>,
}

impl Given {
    /// A, the row ranges of the regions, and gross output where it is known.
    pub fn new(matrix: impl Into<Matrix>, offsets: &[usize], output: Option<&[f64]>) -> Self {
        let (matrix, offsets, output) = (matrix.into(), offsets.into(), output.map(Arc::from));
        Given { matrix, offsets, output, inputs: None, watch: Watch::default(), checkpoint: None }
    }
}

enum Parts {
    PowerSeries,
    GaussSeidel(GaussSeidel),
    Refinement(Refinement),
    Direct(DenseLu),
    Elsewhere(Regional),
}

/// A method, ready to solve; it keeps the matrix that it was made for, and may be shared by threads.
pub struct Prepared {
    method: Method,
    matrix: Matrix,
    parts: Parts,
    /// Output and its inputs.
    known: Option<[Arc<[f64]>; 2]>,
    watch: Watch,
    checkpoint: Option<Arc<Checkpoint>>,
}

impl Prepared {
    /// Makes a method ready.
    ///
    /// # Errors
    /// When the method cannot work on this operator: no rows, a singular block, a sector that eats its whole output,
    /// a fit that does not contract; when the watch is cancelled.
    pub fn new(method: Method, given: &Given) -> Result<Self> {
        let Given { matrix, offsets, output, inputs, watch, checkpoint } = given;
        watch.check()?;
        let operator = matrix.operator();
        let order = if method.steps() == method { Order::Waves } else { Order::SideBySide };
        let regional = method.steps() == Method::RegionGaussSeidel;
        let elsewhere = if regional { operator.sweeps(offsets).transpose()? } else { None };
        let parts = match method.steps() {
            Method::RegionGaussSeidel if let Some(sweeps) = elsewhere => Parts::Elsewhere(Regional::new(sweeps)),
            Method::GaussSeidel => Parts::GaussSeidel(GaussSeidel::by_rows(matrix, order)?),
            Method::RegionGaussSeidel => Parts::GaussSeidel(GaussSeidel::by_region(matrix, offsets, order, watch)?),
            Method::TradeShareRefinement => Parts::Refinement(match matrix {
                Matrix::Rows(rows) => Refinement::new(rows.as_ref(), offsets, output.as_deref())?,
                Matrix::Dense(dense) => Refinement::new(dense.as_ref(), offsets, output.as_deref())?,
                Matrix::TradeShare(shares) => Refinement::from_trade_share(shares)?,
                Matrix::Products(_) => {
                    let message =
                        format!("{} needs rows or trade shares, which the {} operator does not have", method.name(), operator.name());
                    return Err(Error::unsupported(message, "use `method` gmres"));
                }
            }),
            Method::Direct => Parts::Direct(lu(operator, 0..operator.dim(), watch)?),
            _ => Parts::PowerSeries,
        };
        let known = output.clone().zip(inputs.clone()).map(<[_; 2]>::from);
        Ok(Prepared { method, matrix: matrix.clone(), parts, known, watch: watch.clone(), checkpoint: checkpoint.clone() })
    }

    /// Whether solves are to go on, as far as the watch knows that it was made with.
    pub fn goes_on(&self) -> bool {
        !self.watch.is_cancelled()
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// A.
    pub fn operator(&self) -> &dyn Operator {
        self.matrix.operator()
    }

    /// `|A| v` (or with A'), where it is known already: sums over whole rows, in any order.
    pub fn inputs_of(&self, direction: Direction, v: &[f64]) -> Option<&[f64]> {
        if direction == Direction::Transposed {
            return None;
        }
        let by_table = self.known.as_ref().filter(|[output, _]| **output == *v).map(|[_, inputs]| inputs.as_ref());
        by_table.or_else(|| if let Parts::Refinement(ready) = &self.parts { ready.inputs_of(v) } else { None })
    }

    /// Solves `(I - A) x = b` (or with A') column by column of `b` (n x k).
    pub fn solve(&self, direction: Direction, b: ArrayView2<f64>, judge: &dyn Judge, stopping: &Stopping, progress: Progress) -> Solution {
        self.solved(direction, b, judge, stopping, progress, None)
    }

    /// As [`Prepared::solve`], with the checkpoints that it was made with: for the one solve that they belong to.
    pub(crate) fn solve_kept(
        &self,
        direction: Direction,
        b: ArrayView2<f64>,
        judge: &dyn Judge,
        stopping: &Stopping,
        progress: Progress,
    ) -> Solution {
        self.solved(direction, b, judge, stopping, progress, self.checkpoint.as_deref())
    }

    fn solved(
        &self,
        direction: Direction,
        b: ArrayView2<f64>,
        judge: &dyn Judge,
        stopping: &Stopping,
        progress: Progress,
        checkpoint: Option<&Checkpoint>,
    ) -> Solution {
        let steps = match &self.parts {
            Parts::PowerSeries => Splitting::PowerSeries,
            Parts::GaussSeidel(ready) => Splitting::GaussSeidel(ready),
            Parts::Refinement(ready) => Splitting::TradeShareRefinement(ready),
            Parts::Direct(lu) => Splitting::Direct(lu),
            Parts::Elsewhere(regional) => Splitting::Elsewhere(regional),
        };
        let combined = Splitting::Gmres(&steps);
        let splitting = if self.method.steps() == self.method { &steps } else { &combined };
        super::solve_kept(self.operator(), splitting, direction, b, judge, stopping, progress, checkpoint)
    }
}
