//! Purchases between pairs of regions: `A_sr x_r` for every pair and several columns, in one pass over the rows of A.
//!
//! With a weight `(I - |A|) w >= g > 0` and `|x - x*| <= e_r w` on the rows of region r, `|A_sr (x - x*)| <= e_r reach_r`,
//! where `reach_r = |A_sr| w_r` is made once.

use std::ops::Range;

use ndarray::{Array2, ArrayView1};

use crate::bounded::{gamma, largest, up};
use crate::operator::{Direction, Operator, kernel};
use crate::system::System;

/// A by pairs of regions.
pub(crate) struct Trade<'a> {
    system: &'a System,
    /// The weight of forward solves (n).
    pub weight: Vec<f64>,
    /// `|A_sr| w_r` for each row of s and each region r (n x R), rounded up; nothing for the own region.
    pub reach: Array2<f64>,
}

impl<'a> Trade<'a> {
    /// Prepares the bounds of products.
    pub(crate) fn new(system: &'a System, weight: Vec<f64>) -> Self {
        let mut trade = Trade { system, weight, reach: Array2::zeros((system.dim(), system.region_count())) };
        let slack = 1.0 + gamma(system.dim() as f64 + 8.0);
        for s in 0..system.region_count() {
            let rows = system.labels().rows(s);
            let found = trade.gathered::<true>(s, 1, &trade.weight);
            let mut to = trade.reach.slice_mut(ndarray::s![rows, ..]);
            to.iter_mut().zip(found).for_each(|(to, v)| *to = up(v * slack));
        }
        trade
    }

    /// `A_sr x_r` for the rows of region s, every region r and the k columns of x (n x k): rows x R x k, nothing for
    /// r = s.
    pub(crate) fn by_partner(&self, s: usize, k: usize, x: &[f64]) -> Vec<f64> {
        self.gathered::<false>(s, k, x)
    }

    fn gathered<const ABS: bool>(&self, s: usize, k: usize, x: &[f64]) -> Vec<f64> {
        let (offsets, operator) = (&self.system.labels().offsets, self.system.rows());
        let (rows, r_count) = (self.system.labels().rows(s), offsets.len() - 1);
        let mut out = vec![0.0; rows.len() * r_count * k];
        for (i, out) in rows.zip(out.chunks_exact_mut(r_count * k)) {
            let (columns, values) = operator.row(i);
            let mut start = 0;
            for (r, to) in out.chunks_exact_mut(k).enumerate() {
                let end = start + columns[start..].partition_point(|&j| (j as usize) < offsets[r + 1]);
                if r != s {
                    kernel::gather::<ABS, _, _>(&values[start..end], operator.listed(i, start..end), k, x, to);
                }
                start = end;
            }
        }
        out
    }

    /// Rounding of one sum over a row of A.
    pub(crate) fn rounding(&self) -> f64 {
        gamma(self.system.rows().rounding_steps(Direction::Forward) + 3.0)
    }

    /// `max |x_j| / w_j` over the rows of each region (R), rounded up: the size of a column against the weight.
    pub(crate) fn sizes_by_region(&self, x: ArrayView1<f64>) -> Vec<f64> {
        let most = |rows: Range<usize>| largest(rows.map(|j| x[j].abs() / self.weight[j]));
        (0..self.system.region_count()).map(|r| up(most(self.system.labels().rows(r)))).collect()
    }
}
