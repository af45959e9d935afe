//! Payments that rise with every unit cost without being linear in them: the rules min, max and nash, whole duties along shares of CO2.
//!
//! For every cost of the box a payment lies between those at all lowest and at all highest costs, so that
//! `net_i - net_k = sum of coefficient times payment` is at most the sum with each payment at the end that makes it largest. The true
//! maximum may be smaller, since one cost sets several payments: what is proven holds, what is not proven may hold all the same.

use ndarray::Array2;

use super::linear::cost;
use super::{DRAWS, Over};
use crate::bounded::{Bounded, lower, upper};
use crate::cost::UnitCosts;
use crate::error::Result;
use crate::threads::prelude::*;

/// Payments (payer x receiver) at the lowest and at the highest costs.
pub(super) struct Paired {
    pub low: Array2<Bounded>,
    pub high: Array2<Bounded>,
}

impl Paired {
    /// The largest that a payment adds with a coefficient.
    fn largest(&self, payer: usize, receiver: usize, coefficient: f64) -> f64 {
        let end = if coefficient > 0.0 { upper(self.high[[payer, receiver]]) } else { lower(self.low[[payer, receiver]]) };
        if coefficient == 0.0 { 0.0 } else { coefficient * end }
    }

    /// An upper bound of `sum_i weight_i net_i`, weights of -1, 0, 1 on `i` and perhaps `k`.
    fn over(&self, weights: &[(usize, f64)]) -> f64 {
        let of = |r: usize| weights.iter().find(|w| w.0 == r).map_or(0.0, |w| w.1);
        let mut terms = Vec::new();
        for &(i, weight) in weights {
            for j in 0..self.count() {
                // each pair once: those among the weighted by their receiver
                terms.push(self.largest(j, i, weight - of(j)));
                terms.extend((of(j) == 0.0).then(|| self.largest(i, j, -weight)));
            }
        }
        upper(terms.into_iter().map(Bounded::exact).sum::<Bounded>())
    }
}

impl Over for Paired {
    fn most(&self, i: usize, sign: f64) -> f64 {
        self.over(&[(i, sign)])
    }

    fn ahead(&self, i: usize, k: usize, sign: f64) -> f64 {
        self.over(&[(i, sign), (k, -sign)])
    }

    fn count(&self) -> usize {
        self.low.nrows()
    }
}

/// Net payments at costs drawn from the box.
///
/// # Errors
/// As `net`.
pub(super) fn draws(ends: &[[Bounded; 2]], net: &(dyn Fn(UnitCosts) -> Result<Vec<f64>> + Sync)) -> Result<Vec<Vec<f64>>> {
    let one = |i: usize| net(UnitCosts { value: cost(ends, i).into_iter().map(Bounded::exact).collect(), ..UnitCosts::default() });
    (0..DRAWS).into_par_iter().map(one).collect()
}
