//! Effects over all orders in which determinants can change, from the values of all subsets.
//!
//! In an order, determinant k adds `V(S + k) - V(S)`, S what changed before it. Of K! orders `|S|! (K - 1 - |S|)!` have
//! this S, so mean, least and largest come from the `2^K` values alone.

use ndarray::Array2;

use crate::bounded::Bounded;

/// Mean, least and largest effect of each determinant over all orders, (regions + 1) x K.
pub struct Effects {
    /// Mean over all orders.
    pub mean: Array2<Bounded>,
    /// The least in any order.
    pub least: Array2<Bounded>,
    /// The largest in any order.
    pub largest: Array2<Bounded>,
}

impl Effects {
    /// From the values of every subset of K determinants, a bit of the argument each.
    pub fn new(count: usize, value: impl Fn(usize) -> Vec<Bounded>) -> Self {
        let values: Vec<Vec<Bounded>> = (0..1usize << count).map(value).collect();
        let shape = (values[0].len(), count);
        let at = |s: usize, k: usize| {
            let without = (0..values.len()).filter(move |set| set & (1 << k) == 0);
            without.map(|set| (set, values[set | 1 << k][s] - values[set][s])).collect::<Vec<_>>()
        };
        let mean = |s: usize, k: usize| {
            let weighted = at(s, k).into_iter().map(|(set, effect)| {
                let before = set.count_ones() as usize;
                let orders = factorial(before) * factorial(count - 1 - before);
                Bounded::exact(orders) * effect
            });
            weighted.sum::<Bounded>() / Bounded::exact(factorial(count))
        };
        let extreme = |s: usize, k: usize, pick: fn(Bounded, Bounded) -> Bounded| {
            at(s, k).into_iter().map(|(_, effect)| effect).reduce(pick).expect("the empty set is there")
        };
        Effects {
            mean: Array2::from_shape_fn(shape, |(s, k)| mean(s, k)),
            least: Array2::from_shape_fn(shape, |(s, k)| extreme(s, k, Bounded::min)),
            largest: Array2::from_shape_fn(shape, |(s, k)| extreme(s, k, Bounded::max)),
        }
    }
}

fn factorial(k: usize) -> f64 {
    (1..=k).map(|v| v as f64).product()
}

/// The subset of the five determinants that a subset of the three stands for.
pub(super) fn refine(three: usize) -> usize {
    [0b00001, 0b00110, 0b11000].iter().enumerate().filter(|(k, _)| three & (1 << k) != 0).map(|(_, bits)| bits).sum()
}

/// The mean of the order first to last and the order last to first of three determinants.
pub(super) fn polar(value: impl Fn(usize) -> Vec<Bounded>) -> Array2<Bounded> {
    let values: Vec<Vec<Bounded>> = (0..8).map(value).collect();
    let half = Bounded::exact(0.5);
    Array2::from_shape_fn((values[0].len(), 3), |(s, k)| {
        let (earlier, later) = ((1usize << k) - 1, 0b111 & !((2usize << k) - 1));
        let effect = |set: usize| values[set | 1 << k][s] - values[set][s];
        half * (effect(earlier) + effect(later))
    })
}
