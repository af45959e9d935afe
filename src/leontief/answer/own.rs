//! Weights of their own for a few columns: the common one bounds every row of a column by its worst.
//!
//! `sum_m N^m size` with `N = |A|` bounds each row by what reaches it. A few of its terms, and as much of the common
//! weight as covers the next one, are a weight made for these sizes; it is judged like any other. Berman, Plemmons, ch. 6.

use ndarray::{Array2, Axis};

use super::{Answer, Sides};
use crate::bounded::{greater, largest, up};
use crate::certificate::{Weight, product, twofold_sizes, weight};
use crate::operator::{Direction, Operator};
use crate::solve::{Solution, column_norms};

/// Multiply-adds of one product up to which columns get weights of their own: each takes about as long as the solve.
const WORK: usize = 1 << 23;
/// Most terms, and the share of the common bound that the terms left out may have.
const TERMS: usize = 12;
const LEFT: f64 = 0.02;

impl Answer {
    /// Takes for each column the better of its bound and of that by a weight of its own, where columns are few.
    pub(super) fn fit(&mut self, operator: &dyn Operator, direction: Direction, sides: Sides, common: &Weight) {
        let (x, r) = (&self.solution.x, &self.solution.residual);
        if operator.entries().saturating_mul(x.ncols()) > WORK {
            return;
        }
        let Some(mut sizes) = twofold_sizes(operator, direction, sides.b, x.view(), r.view()) else { return };
        sizes.indexed_iter_mut().for_each(|((i, c), size)| *size = up(*size + sides.error(i, c)));
        let found = own(operator, direction, &sizes, common);
        let proof = self.proof.as_mut().expect("what is proven is fitted");
        for (k, found) in found.into_iter().enumerate() {
            let Some(Weight { w, g }) = found.filter(|_| proof.columns[k].1 > 0.0) else { continue };
            let scale = up(up(sizes.column(k).iter().zip(&g).fold(0.0, |most, (size, g)| greater(most, size / g))));
            let relative = relative_of(w.iter().sum(), scale, x.column(k).iter().map(|v| v.abs()).sum());
            if relative < self.relative[k] {
                self.relative[k] = relative;
                proof.columns[k] = (proof.weights.len(), scale);
                proof.weights.push(w);
            }
        }
    }
}

/// The sum of all bounds of each column, relative to the answer.
pub(super) fn relative_bounds(weight: &Weight, scale: &[f64], solution: &Solution) -> Vec<f64> {
    let sum: f64 = weight.w.iter().sum();
    scale.iter().zip(column_norms(solution.x.view())).map(|(scale, size)| relative_of(sum, *scale, size)).collect()
}

/// The sum of the bounds of a column against the size of its answer; the bound's factor alone where that is 0.
fn relative_of(sum: f64, scale: f64, size: f64) -> f64 {
    if size > 0.0 { up(sum * scale) / size } else { scale }
}

/// A weight for each column of sizes; `None` where it proves nothing.
fn own(operator: &dyn Operator, direction: Direction, sizes: &Array2<f64>, common: &Weight) -> Vec<Option<Weight>> {
    let against = |term: &Array2<f64>| -> Vec<f64> {
        term.columns().into_iter().map(|c| largest(c.iter().zip(&common.g).map(|(v, g)| v / g))).collect()
    };
    let first = against(sizes);
    let (mut sum, mut term, mut rest) = (Array2::zeros(sizes.dim()), sizes.clone(), Vec::new());
    for _ in 0..TERMS {
        sum += &term;
        term = product(operator, direction, true, term.view());
        rest = against(&term);
        if rest.iter().zip(&first).all(|(rest, first)| *rest <= LEFT * first) {
            break;
        }
    }
    let made = |(k, sum): (usize, ndarray::ArrayView1<f64>)| {
        let w: Vec<f64> = sum.iter().zip(&common.w).map(|(z, w)| z + 1.001 * rest[k] * w).collect();
        weight(operator, direction, &w)
    };
    sum.axis_iter(Axis(1)).enumerate().map(made).collect()
}
