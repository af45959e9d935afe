//! A number with a rigorous bound on its error: `|value - truth| <= bound`.
//!
//! Every operation adds its own rounding, `u |result|` with `u = 2^-53`, and rounds the bound outward,
//! so a payment in yuan carries a bound as rigorous as the flow in tonnes it came from.
//! Moore, Kearfott, Cloud, *Introduction to Interval Analysis*, 2009, ch. 2 (midpoint-radius form).

use std::ops::{Add, Div, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Half the distance from 1 to the next f64: the largest relative error of one rounding.
pub const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// `gamma_m = m u / (1 - m u)`: the error constant of `m` roundings in a row (Higham 2002, lemma 3.1).
pub fn gamma(m: f64) -> f64 {
    let mu = m * UNIT_ROUNDOFF;
    up(mu / (1.0 - mu))
}

/// `v` moved away from zero by more than the rounding of a few operations on non-negative numbers.
pub fn up(v: f64) -> f64 {
    v * (1.0 + 4.0 * f64::EPSILON) + f64::MIN_POSITIVE
}

/// The larger of two bounds; infinite where one is NaN, so that a bound that is not there is never lost.
pub fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::INFINITY } else { a.max(b) }
}

/// The largest of numbers that are not negative, 0 without any; infinite where one is NaN.
pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, greater)
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

    /// `value`, off by at most `bound` and the rounding of the operation that made it; the bound is rounded outward.
    fn rounded(value: f64, bound: f64) -> Self {
        if !value.is_finite() {
            return Bounded { value, bound: f64::INFINITY };
        }
        Bounded { value, bound: up(bound + UNIT_ROUNDOFF * value.abs()) }
    }

    /// Whether this is 0 and nothing else.
    fn is_nothing(self) -> bool {
        self.value == 0.0 && self.bound == 0.0
    }

    /// Whether the bound is within `max(rtol |value|, floor)`; never where value or floor is not finite.
    pub fn is_within(self, rtol: f64, floor: f64) -> bool {
        self.value.is_finite() && floor.is_finite() && self.bound <= (rtol * self.value.abs()).max(floor)
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
    /// The rounding is that of this very sum, so a sum without rounding of exact numbers is exact.
    fn add(self, o: Bounded) -> Bounded {
        let (value, error) = two_sum(self.value, o.value);
        if !value.is_finite() {
            return Bounded { value, bound: f64::INFINITY };
        }
        let bound = self.bound + o.bound + error.abs();
        Bounded { value, bound: if bound == 0.0 { 0.0 } else { up(bound) } }
    }
}

impl Sub for Bounded {
    type Output = Bounded;
    fn sub(self, o: Bounded) -> Bounded {
        self + -o
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
        if self.is_nothing() || o.is_nothing() {
            return Bounded::ZERO;
        }
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
        if self.is_nothing() {
            return Bounded::ZERO;
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

/// The largest number the truth can be.
pub fn upper(b: Bounded) -> f64 {
    (b.value + b.bound) + f64::EPSILON * (b.value.abs() + b.bound)
}

/// The smallest number the truth can be.
pub fn lower(b: Bounded) -> f64 {
    -upper(-b)
}

/// The ranks that bounds allow, the smallest number first: 1 and those surely below, up to those that may be below.
pub fn ranks(numbers: &[Bounded]) -> Vec<[usize; 2]> {
    let ends: Vec<[f64; 2]> = numbers.iter().map(|b| [lower(*b), upper(*b)]).collect();
    let count = |below: &dyn Fn(&[f64; 2]) -> bool| ends.iter().filter(|e| below(e)).count();
    // a number itself is among those that may be below
    ends.iter()
        .map(|own| [1 + count(&|e| e[1] < own[0]), count(&|e| e[0].partial_cmp(&own[1]).is_none_or(std::cmp::Ordering::is_le)).max(1)])
        .collect()
}

/// `a + b` rounded, and what the rounding took (Knuth, *The Art of Computer Programming* 2, theorem 4.2.2 B).
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// A compensated sum of exact terms, with a rigorous bound on its error.
///
/// Each addition's rounding is kept and added apart: `|s - sum t| <= u |s| + gamma_m sum |rounding|`, which is at most
/// `u |s| + gamma_m^2 sum |t|`, and 0 where nothing was rounded. Ogita, Rump, Oishi, *SIAM Journal on Scientific
/// Computing* 26 (2005) 1955-1988, doi:10.1137/030601818.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
    size: f64,
    roundings: f64,
}

impl Sum {
    /// Adds a term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let (sum, error) = two_sum(self.sum, term);
        self.sum = sum;
        self.lost += error;
        self.size += error.abs();
        self.roundings += f64::from(u8::from(error != 0.0));
    }

    /// The sum and its bound; infinite where a term or the sum is not finite.
    pub fn bounded(self) -> Bounded {
        let (value, error) = two_sum(self.sum, self.lost);
        if !(value.is_finite() && error.is_finite()) {
            return Bounded { value: self.sum, bound: f64::INFINITY };
        }
        // one rounding alone is kept as it is
        let of_lost = if self.roundings > 1.0 { gamma(self.roundings) * up(self.size) } else { 0.0 };
        let bound = error.abs() + of_lost;
        Bounded { value, bound: if bound == 0.0 { 0.0 } else { up(bound * (1.0 + gamma(self.roundings + 2.0))) } }
    }
}

impl<'a> Extend<&'a f64> for Sum {
    fn extend<I: IntoIterator<Item = &'a f64>>(&mut self, terms: I) {
        terms.into_iter().for_each(|t| self.add(*t));
    }
}

/// The sum of exact terms ([`Sum`]).
pub fn sum_exact<'a>(terms: impl IntoIterator<Item = &'a f64>) -> Bounded {
    let mut sum = Sum::default();
    sum.extend(terms);
    sum.bounded()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_divisor_that_may_be_zero_has_no_bound() {
        assert!((Bounded::exact(1.0) / Bounded::new(1e-12, 1e-11)).bound.is_infinite());
    }
}
