//! A method made ready for one operator: its factors, fits and cuts.

use ndarray::ArrayView2;

use super::splitting::factor;
use super::{DenseLu, GaussSeidel, Judge, Method, Order, Progress, Refinement, Solution, Splitting, Stages, Stopping, staged};
use crate::error::{Error, Result};
use crate::operator::{Csr, Dense, Direction, Operator, Single, TradeShare};

/// What a method is made ready from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// A.
    pub operator: &'a dyn Operator,
    /// Row ranges of the regions.
    pub offsets: &'a [usize],
    /// Gross output (n), where it is known: weighs the buyers of a fit.
    pub output: Option<&'a [f64]>,
    /// `|A|` times output (n), where it is known, as sums over whole rows: a weight that grows from output needs no product.
    pub inputs: Option<&'a [f64]>,
    /// What a refinement by trade shares is made of.
    pub form: Form<'a>,
}

/// A in the form it is stored in.
#[derive(Clone, Copy)]
pub enum Form<'a> {
    /// Known by its products alone.
    Products,
    /// By rows.
    Rows(&'a Csr),
    /// With every entry.
    Dense(&'a Dense),
    /// By its factors.
    TradeShare(&'a TradeShare),
}

enum Parts<'a> {
    PowerSeries,
    GaussSeidel(GaussSeidel<'a>),
    Refinement(Refinement),
    Direct(DenseLu),
}

/// A method, ready to solve.
pub struct Prepared<'a> {
    method: Method,
    operator: &'a dyn Operator,
    single: Option<Single<'a>>,
    parts: Parts<'a>,
    /// Output and its inputs.
    known: Option<(&'a [f64], &'a [f64])>,
}

impl<'a> Prepared<'a> {
    /// Makes a method ready.
    ///
    /// # Errors
    /// When the method cannot work on this operator: no rows, a singular block, a sector that eats its whole output,
    /// a fit that does not contract.
    pub fn new(method: Method, given: Given<'a>) -> Result<Self> {
        let operator = given.operator;
        let order = if method.steps() == method { Order::Waves } else { Order::SideBySide };
        let parts = match method.steps() {
            Method::GaussSeidel => Parts::GaussSeidel(GaussSeidel::by_rows(operator, order)?),
            Method::RegionGaussSeidel => Parts::GaussSeidel(GaussSeidel::by_region(operator, given.offsets, order)?),
            Method::TradeShareRefinement => Parts::Refinement(match given.form {
                Form::Rows(rows) => Refinement::new(rows, given.offsets, given.output)?,
                Form::Dense(dense) => Refinement::new(dense, given.offsets, given.output)?,
                Form::TradeShare(factors) => Refinement::from_trade_share(factors)?,
                Form::Products => {
                    let message = format!("{} needs rows or factors, which the {} operator does not have", method.name(), operator.name());
                    return Err(Error::invalid(message, "use --method gmres"));
                }
            }),
            Method::Direct => Parts::Direct(factor(operator, 0..operator.dim())?),
            _ => Parts::PowerSeries,
        };
        Ok(Prepared { method, operator, single: None, parts, known: given.output.zip(given.inputs) })
    }

    /// The same with passes over entries in single precision; the residual that decides is that of A.
    ///
    /// # Errors
    /// When the method works on the rows of A themselves, or A is neither stored by rows nor by every entry.
    pub fn in_single_precision(mut self, form: Form<'a>) -> Result<Self> {
        self.single = Some(match (&self.parts, form) {
            (Parts::GaussSeidel(_), _) => {
                return Err(Error::invalid(
                    format!("{} works on the rows of A in double precision", self.method.name()),
                    "use --precision double, or one of power-series, gmres, trade-share-refinement, direct",
                ));
            }
            (_, Form::Rows(rows)) => Single::rows(rows),
            (_, Form::Dense(dense)) => Single::dense(dense),
            _ => {
                return Err(Error::invalid(
                    format!("the {} operator has no single precision", self.operator.name()),
                    "use --operator csr or --operator dense, or --precision double",
                ));
            }
        });
        Ok(self)
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether passes are made in single precision.
    pub fn is_single(&self) -> bool {
        self.single.is_some()
    }

    /// A.
    pub fn operator(&self) -> &'a dyn Operator {
        self.operator
    }

    /// `|A| v` (or with A'), where it is known already: sums over whole rows, in any order.
    pub fn inputs_of(&self, direction: Direction, v: &[f64]) -> Option<&[f64]> {
        if direction == Direction::Transposed {
            return None;
        }
        let by_table = self.known.filter(|(output, _)| *output == v).map(|(_, inputs)| inputs);
        by_table.or_else(|| if let Parts::Refinement(ready) = &self.parts { ready.inputs_of(v) } else { None })
    }

    /// Solves `(I - A) x = b` (or with A') column by column of `b` (n x k).
    pub fn solve(&self, direction: Direction, b: ArrayView2<f64>, judge: &dyn Judge, stopping: &Stopping, progress: Progress) -> Solution {
        let steps = match &self.parts {
            Parts::PowerSeries => Splitting::PowerSeries,
            Parts::GaussSeidel(ready) => Splitting::GaussSeidel(ready),
            Parts::Refinement(ready) => Splitting::TradeShareRefinement(ready),
            Parts::Direct(lu) => Splitting::Direct(lu),
        };
        let stages = Stages { exact: self.operator, inner: self.single.as_ref().map(|a| a as &dyn Operator) };
        if self.method.steps() == self.method {
            staged(stages, &steps, direction, b, judge, stopping, progress)
        } else {
            staged(stages, &Splitting::Gmres(&steps), direction, b, judge, stopping, progress)
        }
    }
}
