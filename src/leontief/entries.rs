//! A bound for every entry of a solve, as an outer product: `|x_ik - x*_ik| <= w_i scale_k`.
//!
//! With `(I - |A|) w >= g > 0` and rigorous sizes of the residual, `scale_k = max_i size_ik / g_i`: the matrix
//! `w scale'` is never stored. Berman, Plemmons, *Nonnegative Matrices in the Mathematical Sciences*, ch. 6.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::bounded::{largest, up};
use crate::certificate::Weight;

/// Bounds of all entries of a block of solves.
pub struct EntryBounds {
    /// The weight; `None`: the system is not proven productive and nothing is bounded.
    pub weight: Option<Arc<Weight>>,
    /// One factor per column, infinite where nothing is proven.
    pub scale: Vec<f64>,
}

impl EntryBounds {
    /// From the rigorous sizes of the residuals (n x k).
    pub fn new(weight: Option<Arc<Weight>>, sizes: ArrayView2<f64>) -> Self {
        let scale = match &weight {
            None => vec![f64::INFINITY; sizes.ncols()],
            Some(weight) => sizes
                .columns()
                .into_iter()
                .map(|c| largest(c.iter().zip(&weight.g).map(|(s, g)| if *s == 0.0 { 0.0 } else { up(s / g) })))
                .collect(),
        };
        EntryBounds { weight, scale }
    }

    /// The bound of entry `i` of column `k`.
    pub fn bound(&self, i: usize, k: usize) -> f64 {
        self.weight.as_ref().map_or(f64::INFINITY, |weight| if self.scale[k] == 0.0 { 0.0 } else { up(weight.w[i] * self.scale[k]) })
    }

    /// All bounds written out, for blocks of few columns (n x k).
    pub fn matrix(&self, n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, self.scale.len()), |(i, k)| self.bound(i, k))
    }
}
