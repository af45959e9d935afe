//! A spread: the same tables built by many variants of the choices, and the range of what follows.

use super::choices::Choices;
use crate::bounded::{Bounded, Sum, upper};

/// What follows from one variant.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its choices.
    pub choices: Choices,
    /// Own, other and export as shares of their sum.
    pub shares: [Bounded; 3],
    /// Emissions that the error column takes, as a share of all.
    pub error: Bounded,
    /// What rows leave over, as a share of output.
    pub left: f64,
    /// Emissions for the final demand of each region (R).
    pub footprints: Vec<Bounded>,
}

/// Least and largest of a number over variants, and which they are.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The least, and the place of its variant.
    pub least: (Bounded, usize),
    /// The largest, and the place of its variant.
    pub largest: (Bounded, usize),
}

/// The range of a number over variants, of which there is at least one.
pub fn range(variants: &[Variant], of: impl Fn(&Variant) -> Bounded) -> Range {
    let mut found = Range { least: (of(&variants[0]), 0), largest: (of(&variants[0]), 0) };
    for (k, variant) in variants.iter().enumerate().skip(1) {
        let v = of(variant);
        if v.value < found.least.0.value {
            found.least = (v, k);
        }
        if v.value > found.largest.0.value {
            found.largest = (v, k);
        }
    }
    found
}

/// Mean distance, in parts of 1, of own, other and export between the variants that differ in one choice alone: what that choice
/// does. `moved` says which pairs do, and gives the first of them first.
pub fn effect(variants: &[Variant], moved: impl Fn(&Choices, &Choices) -> bool) -> Option<[Bounded; 3]> {
    let pairs: Vec<(&Variant, &Variant)> =
        variants.iter().flat_map(|a| variants.iter().map(move |b| (a, b))).filter(|(a, b)| moved(&a.choices, &b.choices)).collect();
    let count = pairs.len() as f64;
    let mean = |k: usize| {
        let (mut sum, mut bounds) = (Sum::default(), Sum::default());
        for (a, b) in &pairs {
            let gap = b.shares[k] - a.shares[k];
            sum.add(gap.value);
            bounds.add(gap.bound);
        }
        let (sum, bounds) = (sum.bounded(), upper(bounds.bounded()));
        Bounded::new(sum.value, sum.bound + bounds) / Bounded::exact(count)
    };
    (!pairs.is_empty()).then(|| [mean(0), mean(1), mean(2)])
}
