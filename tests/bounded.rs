//! Every operation on bounded numbers against exact arithmetic, without any slack.

use std::ops::{Add, Div, Mul, Sub};

use isard::Bounded;
use isard::bounded::{gamma, sum_exact};
use proptest::prelude::*;

use self::number::{Number, exact};

#[path = "judge/number.rs"]
#[allow(dead_code)]
pub mod number;

/// A number of any size, rarely 0 or very small.
fn any_number() -> impl Strategy<Value = f64> {
    (any::<bool>(), -60..60_i32, 1.0..2.0f64, 0..20_u8).prop_map(|(minus, e, m, rare)| {
        let size = match rare {
            0 => 0.0,
            1 => m * 2f64.powi(-1060),
            2 => m * 2f64.powi(8 * e),
            _ => m * 2f64.powi(e),
        };
        if minus { -size } else { size }
    })
}

/// A bounded number and a truth within it: the bound is a part of the value, down to nothing.
fn enclosed() -> impl Strategy<Value = (Bounded, f64)> {
    (any_number(), 0..4_u8, 0.0..1.0f64, -1.0..1.0f64).prop_map(|(value, how, part, at)| {
        let bound = match how {
            0 => 0.0,
            1 => value.abs() * part * 1e-15,
            2 => value.abs() * part * 1e-3,
            _ => value.abs() * part * 2.0,
        };
        // a double next to the place asked for, or the value itself where rounding would leave the bound
        let truth = value + at * bound;
        let within = (exact(truth) - exact(value)).abs() <= exact(bound);
        (Bounded::new(value, bound), if within { truth } else { value })
    })
}

fn holds(found: Bounded, truth: Number) -> bool {
    found.bound == f64::INFINITY || found.value.is_finite() && (exact(found.value) - truth).abs() <= exact(found.bound)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_truth_stays_inside((x, tx) in enclosed(), (y, ty) in enclosed()) {
        let (a, b) = (exact(tx), exact(ty));
        let larger = if tx > ty { a } else { b };
        let smaller = if tx > ty { b } else { a };
        prop_assert!(holds(x + y, a + b), "{x:?} + {y:?} = {:?}", x + y);
        prop_assert!(holds(x - y, a - b), "{x:?} - {y:?} = {:?}", x - y);
        prop_assert!(holds(x * y, a * b), "{x:?} * {y:?} = {:?}", x * y);
        prop_assert!(holds(-x, -a));
        prop_assert!(holds(x.max(y), larger) && holds(x.min(y), smaller));
        prop_assert!(holds(x.positive_part(), a.positive()), "{x:?}: {:?}", x.positive_part());
        if !b.is_zero() {
            prop_assert!(holds(x / y, a / b), "{x:?} / {y:?} = {:?}", x / y);
        }
        if ty.abs() <= y.bound && y.value.abs() <= y.bound {
            prop_assert!((x / y).bound == f64::INFINITY, "{x:?} / {y:?}");
        }
    }

    #[test]
    fn sums_of_both_signs_are_within_their_bound(terms in prop::collection::vec(any_number(), 0..40), large in 0..3_u8) {
        let mut terms = terms;
        // what cancels: large numbers of both signs about what is left
        if large > 0 {
            terms.push(1e9);
            terms.insert(0, -1e9);
        }
        let truth: Number = terms.iter().map(|v| exact(*v)).sum();
        prop_assert!(holds(sum_exact(&terms), truth), "{:?}", sum_exact(&terms));
        let folded: Bounded = terms.iter().map(|v| Bounded::exact(*v)).sum();
        prop_assert!(holds(folded, truth), "{folded:?}");
    }

    #[test]
    fn a_factor_of_many_roundings_covers_them(m in 1..100_000_u32) {
        let (m, u) = (f64::from(m), exact(f64::EPSILON / 2.0));
        let truth = exact(m) * u / (exact(1.0) - exact(m) * u);
        prop_assert!(exact(gamma(m)) >= truth);
    }
}

#[test]
fn bounds_are_not_wide_either() {
    let x = Bounded::exact(0.1);
    for (name, found) in
        [("sum", x.add(x)), ("difference", x.sub(Bounded::exact(0.3))), ("product", x.mul(x)), ("quotient", x.div(Bounded::exact(0.3)))]
    {
        assert!(found.bound <= 2e-16 * found.value.abs(), "{name}: {found:?}");
    }
}
