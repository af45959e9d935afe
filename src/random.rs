//! A small random generator with the same bits on every machine.
//!
//! splitmix64: `s += 0x9e3779b97f4a7c15`, then two rounds of xor-shift and multiply (Steele, Lea, Flood 2014,
//! doi:10.1145/2660193.2660195). Only `+ - * /` follow, which IEEE 754 rounds alike everywhere; `exp` is a product.
//! [`Random::normal`] alone takes `ln` and `cos` of the platform.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream number `stream` of `seed`; streams do not depend on each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Random(mix(seed ^ mix(stream.wrapping_add(0x51ed_270b_0a1f_39c1))))
    }

    /// splitmix64 that begins at `state` itself, as other programs begin it.
    pub(crate) fn from_state(state: u64) -> Self {
        Random(state)
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// Uniform in [0, 1), 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in (0, 1): the middles of 2^53 equal parts.
    pub(crate) fn inside(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }

    /// Standard normal, by two uniforms (Box, Muller 1958, doi:10.1214/aoms/1177706645).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.inside(), self.inside());
        (-2.0 * radius.ln()).sqrt() * (2.0 * std::f64::consts::PI * angle).cos()
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.inside().ln()
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Positive, median 1, with a logarithm of standard deviation about `sigma`: a sum of four uniforms under `exp`.
    pub(crate) fn near_one(&mut self, sigma: f64) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit() - 2.0;
        exp(sigma * sum / FOUR_UNIFORMS)
    }

    /// A whole number below `n`, or 0 where there is none.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// The numbers below `n` in random order (Fisher and Yates).
    pub(crate) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// Standard deviation of a sum of four uniforms, `sqrt(4 / 12)`.
const FOUR_UNIFORMS: f64 = 0.577_350_269_189_625_8;

/// `(1 + x / 1024)^1024`: the exponential to three digits, by ten squarings and no library function.
pub(crate) fn exp(x: f64) -> f64 {
    (0..10).fold(1.0 + x / 1024.0, |p, _| p * p)
}

/// What the state of splitmix64 grows by.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// One of 2^64 words of bits: the finalizer of splitmix64.
#[inline(always)]
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
