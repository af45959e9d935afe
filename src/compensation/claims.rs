//! What holds of payments for every cost between a lowest and a highest: who pays most, who receives most.
//!
//! Net payments are linear in unit costs c where the price of a pair is: `net = M c + k`. Over a box the largest
//! `net_i - net_k` takes each `c_j` at its low or high end by the sign of its coefficient. "i pays most" is proven if the
//! largest `net_i` and the largest `net_i - net_k` for every other k are below 0; it is probable if it holds in nine of ten
//! draws from the box, else open. Draws are uniform and independent: a choice, no distribution of costs is known.

use ndarray::Array2;
use serde::Serialize;

use super::{Duty, PriceRule, Pricing};
use crate::bounded::{Bounded, lower, upper};
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::random::Random;

/// Draws from the box.
pub const DRAWS: usize = 1000;

/// The seed of the draws.
const SEED: u64 = 2017;

/// The share of draws from which on a claim is called probable.
pub const PROBABLE: f64 = 0.9;

/// Net payments as a linear function of unit costs.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Net payment of the row's region per unit of the column's cost (R x R), in 10^8 money for money per tonne.
    pub slope: Array2<Bounded>,
    /// Net payments that no unit cost moves (R).
    pub constant: Vec<Bounded>,
}

/// How well a claim is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It holds for every cost of the box.
    Proven,
    /// It holds in most draws.
    Probable,
    /// Neither.
    Open,
}

impl Standing {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Proven => "proven",
            Standing::Probable => "probable",
            Standing::Open => "open",
        }
    }
}

/// The region that pays or receives most in most draws, and whether that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Claim {
    /// The region; none where no cost of the box can be drawn and nothing is proven.
    pub region: Option<usize>,
    /// How it stands.
    pub standing: Standing,
    /// The share of draws in which it holds; none where nothing can be drawn.
    pub share: Option<f64>,
}

/// What holds over the box.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Who pays most.
    pub payer: Claim,
    /// Who receives most.
    pub receiver: Claim,
    /// Numbers between which the net payment of each region lies for every cost of the box (R).
    pub ends: Vec<[f64; 2]>,
}

/// The linear function of a duty and a rule; none for min, max, nash and the fund, which are not linear in costs.
pub fn linear(duty: Duty, duties: &Array2<Bounded>, flows: &Flows, pricing: &Pricing, scale: Bounded) -> Option<Linear> {
    let count = duties.nrows();
    if duty == Duty::GapFund || pricing.whole.is_some() || matches!(pricing.rule, PriceRule::Min | PriceRule::Max | PriceRule::Nash) {
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

/// What holds for all unit costs between `ends`, where the costs have some.
pub fn claims(linear: &Linear, ends: &[[Bounded; 2]]) -> Claims {
    let count = linear.constant.len();
    let largest = |slope: &dyn Fn(usize) -> Bounded, constant: Bounded| {
        let terms = (0..count).map(|j| Bounded::exact(highest(slope(j), ends[j])));
        upper(terms.sum::<Bounded>() + constant)
    };
    let most = |k: usize| largest(&|j| linear.slope[[k, j]], linear.constant[k]);
    let least = |k: usize| -largest(&|j| -linear.slope[[k, j]], -linear.constant[k]);
    // sign -1 turns "receives most" into "pays most"
    let proven = |i: usize, sign: f64| {
        let s = Bounded::exact(sign);
        let own = if sign > 0.0 { most(i) } else { -least(i) };
        let ahead =
            |k: usize| largest(&|j| s * (linear.slope[[i, j]] - linear.slope[[k, j]]), s * (linear.constant[i] - linear.constant[k])) < 0.0;
        own < 0.0 && (0..count).filter(|k| *k != i).all(ahead)
    };
    let drawn = draws(linear, ends);
    let claim = |sign: f64| {
        let top = |net: &Vec<f64>| (0..count).min_by(|&a, &b| (sign * net[a]).total_cmp(&(sign * net[b])));
        let tops: Vec<usize> = drawn.iter().filter_map(top).collect();
        let often = |r: usize| tops.iter().filter(|t| **t == r).count();
        let sure = (0..count).find(|&i| proven(i, sign));
        let region = sure.or_else(|| (0..count).filter(|&r| often(r) > 0).max_by_key(|&r| (often(r), std::cmp::Reverse(r))));
        let share = region.filter(|_| !tops.is_empty()).map(|r| often(r) as f64 / tops.len() as f64);
        let standing = match (sure, share) {
            (Some(_), _) => Standing::Proven,
            (None, Some(share)) if share >= PROBABLE => Standing::Probable,
            _ => Standing::Open,
        };
        Claim { region, standing, share }
    };
    Claims { payer: claim(1.0), receiver: claim(-1.0), ends: (0..count).map(|k| [least(k), most(k)]).collect() }
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
        let mut random = Random::new(SEED, i as u64);
        let cost: Vec<f64> = ends.iter().map(|[low, high]| random.between(low.value, high.value)).collect();
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

impl UnitCosts {
    /// The lowest and highest unit cost of each region, where any two differ.
    pub fn ends(&self) -> Option<&[[Bounded; 2]]> {
        self.range.as_deref().filter(|all| all.iter().any(|[low, high]| low.value < high.value))
    }
}
