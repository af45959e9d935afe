//! Net payments that are linear in unit costs, `net = M c + k`, over a box of costs.
//!
//! The largest `net_i - net_k` takes each `c_j` at its low or high end by the sign of its coefficient: no other corner of the box is
//! larger.

use ndarray::Array2;

use super::{DRAWS, Ground, Over, SEED};
use crate::bounded::{Bounded, lower, upper};
use crate::compensation::{Duty, PriceRule, Pricing};
use crate::decompose::Flows;
use crate::random::Random;

/// Net payments as a linear function of unit costs.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Net payment of the row's region per unit of the column's cost (R x R), in 10^8 money for money per tonne.
    pub slope: Array2<Bounded>,
    /// Net payments that no unit cost moves (R).
    pub constant: Vec<Bounded>,
}

/// The linear function of a duty and a rule; none for min, max, nash and the fund, and along curves, which are not linear in costs.
pub fn linear(duty: Duty, duties: &Array2<Bounded>, flows: &Flows, pricing: &Pricing, scale: Bounded) -> Option<Linear> {
    let count = duties.nrows();
    if duty == Duty::GapFund || pricing.along(duty).is_some() || matches!(pricing.rule, PriceRule::Min | PriceRule::Max | PriceRule::Nash) {
        return None;
    }
    let mut slope = Array2::from_elem((count, count), Bounded::ZERO);
    let mut constant = vec![Bounded::ZERO; count];
    let (mut owed, mut due) = (vec![Bounded::ZERO; count], vec![Bounded::ZERO; count]);
    let half = Bounded::exact(0.5);
    for ((r, s), duty) in duties.indexed_iter().filter(|(_, d)| **d != Bounded::ZERO) {
        let tonnes = *duty * scale;
        let mut moves = |j: usize, t: Bounded| {
            slope[[s, j]] = slope[[s, j]] + t;
            slope[[r, j]] = slope[[r, j]] - t;
        };
        match pricing.rule {
            PriceRule::Payer => moves(r, tonnes),
            PriceRule::Receiver => moves(s, tonnes),
            PriceRule::Mean => {
                moves(r, tonnes * half);
                moves(s, tonnes * half);
            }
            _ => (owed[r], due[s]) = (owed[r] + tonnes, due[s] + tonnes),
        }
    }
    match pricing.rule {
        PriceRule::Ets => {
            let price = Bounded::exact(pricing.ets?);
            (0..count).for_each(|k| constant[k] = (due[k] - owed[k]) * price);
        }
        PriceRule::National => {
            let all: Bounded = flows.direct.iter().copied().sum();
            for ((k, j), entry) in slope.indexed_iter_mut() {
                *entry = (due[k] - owed[k]) * flows.direct[j] / all;
            }
        }
        _ => {}
    }
    Some(Linear { slope, constant })
}

/// A linear function over a box.
pub(super) struct Boxed<'a> {
    pub linear: &'a Linear,
    pub ends: &'a [[Bounded; 2]],
}

impl Boxed<'_> {
    fn largest(&self, slope: impl Fn(usize) -> Bounded, constant: Bounded) -> f64 {
        let terms = (0..self.count()).map(|j| Bounded::exact(highest(slope(j), self.ends[j])));
        upper(terms.sum::<Bounded>() + constant)
    }
}

impl Over for Boxed<'_> {
    fn most(&self, i: usize, sign: f64) -> f64 {
        let s = Bounded::exact(sign);
        self.largest(|j| s * self.linear.slope[[i, j]], s * self.linear.constant[i])
    }

    fn ahead(&self, i: usize, k: usize, sign: f64) -> f64 {
        let (s, l) = (Bounded::exact(sign), self.linear);
        self.largest(|j| s * (l.slope[[i, j]] - l.slope[[k, j]]), s * (l.constant[i] - l.constant[k]))
    }

    fn count(&self) -> usize {
        self.linear.constant.len()
    }
}

/// What a box says of a linear function.
pub(super) fn ground(linear: &Linear, ends: &[[Bounded; 2]]) -> Ground {
    Boxed { linear, ends }.ground(draws(linear, ends), true)
}

/// A number that `slope c` does not pass for any c between the ends.
fn highest(slope: Bounded, [low, high]: [Bounded; 2]) -> f64 {
    if slope == Bounded::ZERO {
        return 0.0;
    }
    let at = |end: Bounded, outward: f64| match end.value.is_infinite() {
        false => upper(slope * end),
        // towards an end without limit the product grows, falls, or may do either
        true if outward * lower(slope) > 0.0 || outward * upper(slope) > 0.0 => f64::INFINITY,
        true => f64::NEG_INFINITY,
    };
    at(low, -1.0).max(at(high, 1.0))
}

/// Net payments at costs drawn from the box; none where an end is infinite.
fn draws(linear: &Linear, ends: &[[Bounded; 2]]) -> Vec<Vec<f64>> {
    if ends.iter().flatten().any(|e| e.value.is_infinite()) {
        return Vec::new();
    }
    let one = |i: usize| {
        let cost = cost(ends, i);
        linear
            .slope
            .rows()
            .into_iter()
            .zip(&linear.constant)
            .map(|(row, k)| row.iter().zip(&cost).map(|(m, c)| m.value * c).sum::<f64>() + k.value)
            .collect()
    };
    (0..DRAWS).map(one).collect()
}

/// The costs of draw `i`, uniform and independent between the ends.
pub(super) fn cost(ends: &[[Bounded; 2]], i: usize) -> Vec<f64> {
    let mut random = Random::new(SEED, i as u64);
    ends.iter().map(|[low, high]| random.between(low.value, high.value)).collect()
}
