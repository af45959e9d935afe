//! A with its entries in single precision: half the bytes of a dense pass, two thirds of a sparse one.
//!
//! `|a_32 - a| <= 2^-24 |a|` (below 1e-38 it may be all of a); sums run in double precision. For the inner passes of a solve whose residual is recomputed
//! with A itself: nothing is certified with this operator. Carson, Higham, *Accelerating the solution of linear systems
//! by iterative refinement in three precisions*, SIAM J. Sci. Comput. 40(2), 2018 (why the residual decides).

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use super::{Csr, Dense, Direction, Operator, dense};

/// The places of the entries.
enum Places<'a> {
    /// Those of a sparse matrix.
    Rows(&'a Csr),
    /// All.
    All(&'a Dense),
}

/// Entries in single precision, in the places of another matrix.
pub struct Single<'a> {
    places: Places<'a>,
    values: Vec<f32>,
}

impl<'a> Single<'a> {
    /// The entries of compressed rows.
    pub fn rows(a: &'a Csr) -> Self {
        Single { places: Places::Rows(a), values: rounded(a.matrix().data()) }
    }

    /// The entries of a full matrix.
    pub fn dense(a: &'a Dense) -> Self {
        Single { places: Places::All(a), values: rounded(a.data()) }
    }

    fn of(&self) -> &dyn Operator {
        match self.places {
            Places::Rows(a) => a,
            Places::All(a) => a,
        }
    }

    fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        match self.places {
            Places::Rows(a) => a.product::<ABS, _>(&self.values, direction, k, x, y),
            Places::All(a) => dense::product::<ABS, _>(&self.values, a.dim(), direction, k, x, y),
        }
    }
}

fn rounded(values: &[f64]) -> Vec<f32> {
    values.par_iter().map(|&v| v as f32).collect()
}

impl Operator for Single<'_> {
    fn dim(&self) -> usize {
        self.of().dim()
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<false>(direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<true>(direction, k, x, y);
    }
    fn rounding_factor(&self, direction: Direction) -> f64 {
        // 2^-24 of every entry, in units of 2^-53
        self.of().rounding_factor(direction) + (1u64 << 29) as f64
    }
    fn entries(&self) -> usize {
        self.values.len()
    }
    fn bytes(&self) -> usize {
        self.of().bytes() - 4 * self.values.len()
    }
    fn has_negative(&self) -> bool {
        self.of().has_negative()
    }
    fn name(&self) -> &'static str {
        match self.places {
            Places::Rows(_) => "csr, single precision",
            Places::All(_) => "dense, single precision",
        }
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        self.of().block(range).mapv(|v| f64::from(v as f32))
    }
}
