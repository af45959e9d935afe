//! How many of one unit another is: an exact fraction, since 44/12 and a short ton are no binary numbers.

/// `times / over` in lowest terms, both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    times: u128,
    over: u128,
}

impl Scale {
    /// One.
    pub const ONE: Scale = Scale { times: 1, over: 1 };

    /// `times / over`; both must be at least 1.
    pub const fn new(times: u128, over: u128) -> Self {
        assert!(times > 0 && over > 0, "a scale is above 0");
        let (mut a, mut b) = (times, over);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Scale { times: times / a, over: over / a }
    }

    /// A power of ten, from -27 to 27.
    pub const fn ten(exponent: i32) -> Self {
        let size = 10u128.pow(exponent.unsigned_abs());
        if exponent < 0 { Scale { times: 1, over: size } } else { Scale { times: size, over: 1 } }
    }

    /// The exponent, where this is a power of ten.
    pub fn exponent(self) -> Option<i32> {
        (-27..=27).find(|&e| Scale::ten(e) == self)
    }

    /// The product, unless it is beyond all units.
    pub fn times(self, other: Self) -> Option<Self> {
        let (left, right) = (Scale::new(self.times, other.over), Scale::new(other.times, self.over));
        Some(Scale { times: left.times.checked_mul(right.times)?, over: left.over.checked_mul(right.over)? })
    }

    /// The quotient, unless it is beyond all units.
    pub fn over(self, other: Self) -> Option<Self> {
        self.times(Scale { times: other.over, over: other.times })
    }

    /// The fraction: times, and over.
    pub fn parts(self) -> (u128, u128) {
        (self.times, self.over)
    }

    /// The nearest number.
    pub fn value(self) -> f64 {
        self.times as f64 / self.over as f64
    }

    /// A number of these, rounded as little as may be.
    pub fn of(self, number: f64) -> f64 {
        if self.over == 1 { number * self.times as f64 } else { number * self.times as f64 / self.over as f64 }
    }
}
