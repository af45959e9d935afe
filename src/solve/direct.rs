//! Dense LU with partial pivoting, `P A = L U`, and solves of panels with A and A'.
//!
//! L and U come from faer (on one thread, so they are the same for any number); the triangular solves are the
//! row kernels of `operator/kernel`, so a column's bits do not depend on its panel.
//! Golub, Van Loan, *Matrix Computations*, 4th ed., section 3.4.

use ndarray::Array2;

use super::{MAX_WIDTH, lu};
use crate::error::Result;
use crate::operator::Direction;
use crate::operator::kernel::{From, gather_minus, scatter};
use crate::watch::Watch;

/// L and U of a dense square matrix.
pub struct DenseLu {
    n: usize,
    lu: Vec<f64>,
    /// The order of the rows as exchanges: row i with row `swaps[i] >= i`, one after the other.
    swaps: Vec<usize>,
}

impl DenseLu {
    /// As [`DenseLu::watched`], to its end.
    pub fn new(matrix: Array2<f64>) -> Option<Self> {
        Self::watched(matrix, &Watch::default()).ok().flatten()
    }

    /// Factorises `matrix`; `None` when a pivot is zero or not finite.
    ///
    /// # Errors
    /// When the watch is cancelled.
    pub fn watched(matrix: Array2<f64>, watch: &Watch) -> Result<Option<Self>> {
        watch.check()?;
        let n = matrix.nrows();
        assert_eq!(n, matrix.ncols(), "only square matrices have an LU");
        let mut lu =
            if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() }.into_raw_vec_and_offset().0;
        let swaps = lu::in_place(&mut lu, n, watch)?;
        let sound = (0..n).all(|i| lu[i * n + i] != 0.0 && lu[i * n + i].is_finite());
        Ok(sound.then_some(DenseLu { n, lu, swaps }))
    }

    /// `b <- A^-1 b` or `b <- A'^-1 b` on a row-major panel of `k` columns, at most [`MAX_WIDTH`].
    pub fn solve(&self, direction: Direction, k: usize, b: &mut [f64]) {
        assert!(b.len() == self.n * k && k <= MAX_WIDTH, "a panel of n x k, k at most {MAX_WIDTH}");
        match direction {
            Direction::Forward => self.forward(k, b),
            Direction::Transposed => self.transposed(k, b),
        }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.lu[i * self.n..(i + 1) * self.n]
    }

    fn forward(&self, k: usize, b: &mut [f64]) {
        for (i, &j) in self.swaps.iter().enumerate() {
            exchange(b, k, i, j);
        }
        for i in 1..self.n {
            let (above, here) = b.split_at_mut(i * k);
            gather_minus(&self.row(i)[..i], From(0), k, above, &mut here[..k]);
        }
        for i in (0..self.n).rev() {
            let (here, below) = b[i * k..].split_at_mut(k);
            gather_minus(&self.row(i)[i + 1..], From(0), k, below, here);
            let pivot = self.row(i)[i];
            here.iter_mut().for_each(|v| *v /= pivot);
        }
    }

    fn transposed(&self, k: usize, b: &mut [f64]) {
        let mut turned = [0.0; MAX_WIDTH];
        let turned = &mut turned[..k];
        for i in 0..self.n {
            let (here, below) = b[i * k..].split_at_mut(k);
            let pivot = self.row(i)[i];
            here.iter_mut().for_each(|v| *v /= pivot);
            turned.iter_mut().zip(&*here).for_each(|(t, h)| *t = -h);
            scatter::<false, _, _>(&self.row(i)[i + 1..], From(0), k, turned, below);
        }
        for i in (1..self.n).rev() {
            let (above, here) = b.split_at_mut(i * k);
            turned.iter_mut().zip(&here[..k]).for_each(|(t, h)| *t = -h);
            scatter::<false, _, _>(&self.row(i)[..i], From(0), k, turned, above);
        }
        for (i, &j) in self.swaps.iter().enumerate().rev() {
            exchange(b, k, i, j);
        }
    }
}

/// Exchanges two rows of a panel.
fn exchange(b: &mut [f64], k: usize, i: usize, j: usize) {
    if i < j {
        let (above, below) = b.split_at_mut(j * k);
        above[i * k..(i + 1) * k].swap_with_slice(&mut below[..k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solves_leave_no_residual(n in 1usize..50, k in 1usize..20, seed in any::<u64>()) {
            let mut draw = draws(seed);
            let mut next = || draw() - 0.5;
            let a = Array2::from_shape_fn((n, n), |(i, j)| next() + if (i + 1) % n == j { 2.0 * n as f64 } else { 0.0 });
            let b: Vec<f64> = (0..n * k).map(|_| next()).collect();
            let lu = DenseLu::new(a.clone()).unwrap();
            for direction in [Direction::Forward, Direction::Transposed] {
                let mut x = b.clone();
                lu.solve(direction, k, &mut x);
                for i in 0..n { for c in 0..k {
                    let sum: f64 = (0..n).map(|j| if direction == Direction::Forward { a[[i, j]] } else { a[[j, i]] } * x[j * k + c]).sum();
                    prop_assert!((sum - b[i * k + c]).abs() < 1e-11);
                }}
            }
        }
    }

    #[test]
    fn a_singular_matrix_has_no_lu() {
        assert!(DenseLu::new(Array2::zeros((3, 3))).is_none());
    }
}
