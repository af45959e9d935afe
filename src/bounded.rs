//! A number with a rigorous bound on its error: `|value - truth| <= bound`.
//!
//! Every operation adds its own rounding, `u |result|` with `u = 2^-53`, and rounds the bound outward,
//! so a payment in yuan carries a bound as rigorous as the flow in tonnes it came from.
//! Moore, Kearfott, Cloud, *Introduction to Interval Analysis*, 2009, ch. 2 (midpoint-radius form).

use std::ops::{Add, Div, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Half the distance from 1 to the next f64: the largest relative error of one rounding.
pub const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// `gamma_m = m u / (1 - m u)`: the error factor of `m` roundings in a row (Higham 2002, lemma 3.1).
pub fn gamma(m: f64) -> f64 {
    let mu = m * UNIT_ROUNDOFF;
    up(mu / (1.0 - mu))
}

/// `v` moved away from zero by more than the rounding of a few operations on non-negative numbers.
pub fn up(v: f64) -> f64 {
    v * (1.0 + 4.0 * f64::EPSILON) + f64::MIN_POSITIVE
}

/// The larger of two; NaN where one is, so that a maximum over bounds never loses one that is not there.
pub fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// A value and a rigorous bound on its error, in the same unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounded {
    /// The computed number.
    pub value: f64,
    /// `|value - truth|` is at most this.
    pub bound: f64,
}

impl Bounded {
    /// Nothing, exactly.
    pub const ZERO: Bounded = Bounded { value: 0.0, bound: 0.0 };

    /// A number that is taken as it is.
    pub fn exact(value: f64) -> Self {
        Bounded { value, bound: 0.0 }
    }

    /// A computed number and its bound.
    pub fn new(value: f64, bound: f64) -> Self {
        Bounded { value, bound }
    }

    /// Adds the rounding of the operation that made `value`, and rounds the bound outward.
    /// An exact operation on exact numbers (a sum with zero, say) is still charged one rounding.
    fn rounded(value: f64, bound: f64) -> Self {
        if value == 0.0 && bound == 0.0 {
            return Bounded::ZERO;
        }
        Bounded { value, bound: up(bound + UNIT_ROUNDOFF * value.abs()) }
    }

    /// The larger of the value and zero; `max` does not stretch an error, and what is surely not above 0 leaves none.
    pub fn positive_part(self) -> Self {
        if self.value <= -self.bound {
            return Bounded::ZERO;
        }
        Bounded { value: self.value.max(0.0), bound: self.bound }
    }

    /// The smaller of two numbers.
    pub fn min(self, other: Self) -> Self {
        Bounded { value: self.value.min(other.value), bound: self.bound.max(other.bound) }
    }

    /// The larger of two numbers.
    pub fn max(self, other: Self) -> Self {
        Bounded { value: self.value.max(other.value), bound: self.bound.max(other.bound) }
    }

    /// Whether 0 lies within the bound.
    pub fn may_be_zero(self) -> bool {
        self.value.abs() <= self.bound
    }

    /// `x` moved to the nearest point of `[low, high]`, for a truth known to lie there.
    pub fn clamp(self, low: f64, high: f64) -> Self {
        Bounded { value: self.value.clamp(low, high), bound: self.bound }
    }
}

impl Add for Bounded {
    type Output = Bounded;
    fn add(self, o: Bounded) -> Bounded {
        Bounded::rounded(self.value + o.value, self.bound + o.bound)
    }
}

impl Sub for Bounded {
    type Output = Bounded;
    fn sub(self, o: Bounded) -> Bounded {
        Bounded::rounded(self.value - o.value, self.bound + o.bound)
    }
}

impl Neg for Bounded {
    type Output = Bounded;
    fn neg(self) -> Bounded {
        Bounded { value: -self.value, bound: self.bound }
    }
}

impl Mul for Bounded {
    type Output = Bounded;
    /// `|ab - AB| <= |a| dB + |b| dA + dA dB`.
    fn mul(self, o: Bounded) -> Bounded {
        Bounded::rounded(self.value * o.value, self.value.abs() * o.bound + o.value.abs() * self.bound + self.bound * o.bound)
    }
}

impl Div for Bounded {
    type Output = Bounded;
    /// `|a/b - A/B| <= (dA + |a/b| dB) / (|b| - dB)`; infinite where the divisor may be zero.
    fn div(self, o: Bounded) -> Bounded {
        let room = o.value.abs() - o.bound;
        if room <= 0.0 {
            return Bounded { value: self.value / o.value, bound: f64::INFINITY };
        }
        let value = self.value / o.value;
        Bounded::rounded(value, up(self.bound + value.abs() * o.bound) / (room * (1.0 - f64::EPSILON)))
    }
}

impl std::iter::Sum for Bounded {
    fn sum<I: Iterator<Item = Bounded>>(numbers: I) -> Bounded {
        numbers.fold(Bounded::ZERO, Add::add)
    }
}

/// The sum of exact data, with the bound of summing them in order.
pub fn sum_exact<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Bounded {
    let (mut value, mut size, mut count) = (0.0, 0.0, 0.0);
    for &v in numbers {
        value += v;
        size += v.abs();
        count += 1.0;
    }
    Bounded { value, bound: up(gamma(count) * up(size)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_truth_stays_inside(a in -1e6..1e6f64, b in -1e6..1e6f64, da in 0.0..1e-3f64, db in 0.0..1e-3f64, s in -1.0..1.0f64, t in -1.0..1.0f64) {
            let (x, y) = (Bounded::new(a, da), Bounded::new(b, db));
            let (ta, tb) = (a + s * da, b + t * db);
            let slack = 1e-9; // the truths themselves are rounded here
            prop_assert!(((x + y).value - (ta + tb)).abs() <= (x + y).bound + slack);
            prop_assert!(((x - y).value - (ta - tb)).abs() <= (x - y).bound + slack);
            prop_assert!(((x * y).value - ta * tb).abs() <= (x * y).bound + slack * 1e6);
            prop_assert!((x.max(y).value - ta.max(tb)).abs() <= x.max(y).bound + slack);
            prop_assert!((x.positive_part().value - ta.max(0.0)).abs() <= x.positive_part().bound + slack);
            if b.abs() > 1.0 {
                prop_assert!(((x / y).value - ta / tb).abs() <= (x / y).bound + slack);
            }
        }
    }

    #[test]
    fn a_divisor_that_may_be_zero_has_no_bound() {
        assert!((Bounded::exact(1.0) / Bounded::new(1e-12, 1e-11)).bound.is_infinite());
    }
}
