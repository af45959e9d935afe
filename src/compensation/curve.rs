//! Marginal abatement cost curves: what the next tonne costs, what all tonnes up to it cost, and the way back.
//!
//! With `u = a / base` (a reduction rate where `base` is the region's emissions, tonnes where `base` is 1):
//! linear `MAC = a + b u`; quadratic `a + b u + c u^2`; Nordhaus `alpha + beta ln(1 - u)`, `beta < 0`; log-log
//! `ln MAC = alpha + beta ln u`, `beta > 0`; power `c u^k`, `k > 0`. Cost `C(a) = base * integral of MAC from 0 to u`. Each must rise strictly on
//! `[0, max]`. Elementary functions of the platform are taken to be right within 4 units of roundoff.

use crate::bounded::{Bounded, UNIT_ROUNDOFF, lower, up, upper};
use crate::error::{Error, Result};

/// The form of a curve over `u`, in money per tonne.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// `a + b u`.
    Linear {
        /// Cost of the first tonne.
        a: f64,
        /// Slope, above 0.
        b: f64,
    },
    /// `a + b u + c u^2`.
    Quadratic {
        /// Cost of the first tonne.
        a: f64,
        /// Slope at 0.
        b: f64,
        /// Half the curvature.
        c: f64,
    },
    /// `alpha + beta ln(1 - u)`.
    Nordhaus {
        /// Cost of the first tonne.
        alpha: f64,
        /// Below 0.
        beta: f64,
    },
    /// `c u^k`.
    Power {
        /// Cost at `u = 1`, above 0.
        c: f64,
        /// Elasticity, above 0.
        k: f64,
    },
    /// `exp(alpha) u^beta`.
    LogLog {
        /// Logarithm of the cost at `u = 1`.
        alpha: f64,
        /// Elasticity, above 0.
        beta: f64,
    },
}

/// One region's curve over tonnes abated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Its form over `u`.
    pub shape: Shape,
    /// Tonnes in one unit of `u`.
    pub base: f64,
    /// Largest `u`.
    pub max: f64,
    /// What `base` may be off by.
    base_bound: f64,
    /// What the slope of a straight line may be off by.
    slope_bound: f64,
}

impl Curve {
    /// A curve that has been checked.
    ///
    /// # Errors
    /// Naming `region`, when a number is not finite, the curve does not rise strictly on `[0, max]`, or it is not
    /// defined up to `max`.
    pub fn new(region: &str, shape: Shape, base: f64, max: f64) -> Result<Self> {
        let curve = Curve { shape, base, max, base_bound: 0.0, slope_bound: 0.0 };
        let numbers = match shape {
            Shape::Linear { a, b } => [a, b, 0.0],
            Shape::Quadratic { a, b, c } => [a, b, c],
            Shape::Power { c, k } => [c, k, 0.0],
            Shape::Nordhaus { alpha, beta } | Shape::LogLog { alpha, beta } => [alpha, beta, 0.0],
        };
        if !numbers.iter().chain([&base, &max]).all(|v| v.is_finite()) || base < 0.0 || max < 0.0 {
            let text = format!("the cost curve of {region} has parameters {numbers:?}, base {base}, largest reduction {max}");
            return Err(Error::invalid(text, "give finite numbers, and a base and largest reduction of at least 0"));
        }
        if matches!(shape, Shape::Nordhaus { .. }) && max >= 1.0 {
            let text = format!("the cost curve of {region} (nordhaus) is not defined at its largest reduction {max}");
            return Err(Error::invalid(text, "give a largest reduction below 1"));
        }
        let rises = match shape {
            Shape::Linear { b, .. } => b > 0.0,
            Shape::Quadratic { b, c, .. } => b >= 0.0 && b + 2.0 * c * max >= 0.0 && (b > 0.0 || c > 0.0),
            Shape::Nordhaus { beta, .. } => beta < 0.0,
            Shape::LogLog { beta, .. } => beta > 0.0,
            Shape::Power { c, k } => c > 0.0 && k > 0.0,
        };
        if !rises && curve.capacity() > 0.0 {
            let text = format!(
                "the cost curve of {region} does not rise from 0 to its largest reduction {max}: {shape:?}, so no market price is unique"
            );
            return Err(Error::invalid(text, "repair the curve of this region (it must rise strictly), or lower its largest reduction"));
        }
        Ok(curve)
    }

    /// The same curve with a base, and the slope of a straight line, that are known within bounds.
    pub fn within(self, base_bound: f64, slope_bound: f64) -> Self {
        Curve { base_bound, slope_bound, ..self }
    }

    /// The most this region can abate, in tonnes.
    pub fn capacity(&self) -> f64 {
        self.base * self.max
    }

    /// [`Curve::capacity`] within its bound.
    pub fn bounded_capacity(&self) -> Bounded {
        self.whole() * Bounded::exact(self.max)
    }

    fn whole(&self) -> Bounded {
        Bounded::new(self.base, self.base_bound)
    }

    fn rate(&self, tonnes: f64) -> Bounded {
        if tonnes == 0.0 || self.base == 0.0 { Bounded::ZERO } else { Bounded::exact(tonnes) / self.whole() }
    }

    /// What the tonne after `tonnes` costs.
    pub fn marginal(&self, tonnes: f64) -> Bounded {
        let (u, e) = (self.rate(tonnes), Bounded::exact);
        match self.shape {
            Shape::Linear { a, b } => e(a) + Bounded::new(b, self.slope_bound) * u,
            Shape::Quadratic { a, b, c } => e(a) + (e(b) + e(c) * u) * u,
            Shape::Nordhaus { alpha, beta } => e(alpha) + e(beta) * log_left(u),
            Shape::LogLog { alpha, beta } => monotone(e(alpha), f64::exp) * monotone(u, |v| v.max(0.0).powf(beta)),
            Shape::Power { c, k } => e(c) * monotone(u, |v| v.max(0.0).powf(k)),
        }
    }

    /// What the first `tonnes` tonnes cost together.
    pub fn cost(&self, tonnes: f64) -> Bounded {
        let (u, e) = (self.rate(tonnes), Bounded::exact);
        let area = match self.shape {
            Shape::Linear { a, b } => (e(a) + Bounded::new(b, self.slope_bound) * u * e(0.5)) * u,
            Shape::Quadratic { a, b, c } => (e(a) + (e(b) * e(0.5) + e(c) * u / e(3.0)) * u) * u,
            Shape::Nordhaus { alpha, beta } => e(alpha) * u - e(beta) * ((e(1.0) - u) * log_left(u) + u),
            Shape::LogLog { alpha, beta } => {
                let power = monotone(u, |v| v.max(0.0).powf(beta)) * u;
                monotone(e(alpha), f64::exp) * power / (e(beta) + e(1.0))
            }
            Shape::Power { c, k } => e(c) * monotone(u, |v| v.max(0.0).powf(k)) * u / (e(k) + e(1.0)),
        };
        self.whole() * area
    }

    /// The tonnes whose last one costs `price`, within `[0, capacity]`.
    pub fn inverse(&self, price: f64) -> f64 {
        if price <= self.marginal(0.0).value {
            return 0.0;
        }
        if price >= self.marginal(self.capacity()).value {
            return self.capacity();
        }
        let u = match self.shape {
            Shape::Linear { a, b } => (price - a) / b,
            // the root in the form that does not cancel
            Shape::Quadratic { a, b, c } => 2.0 * (price - a) / (b + (b * b + 4.0 * c * (price - a)).max(0.0).sqrt()),
            Shape::Nordhaus { alpha, beta } => -((price - alpha) / beta).exp_m1(),
            Shape::LogLog { alpha, beta } => ((price.ln() - alpha) / beta).exp(),
            Shape::Power { c, k } => (price / c).powf(1.0 / k),
        };
        (u * self.base).clamp(0.0, self.capacity())
    }

    /// Tonnes between which the true inverse of `price` lies: the ends are checked on the curve itself.
    pub fn enclose(&self, price: f64) -> (f64, f64) {
        let (found, all, capacity) = (self.inverse(price), self.capacity(), self.bounded_capacity());
        let (least, most) = if capacity.bound == 0.0 { (all, all) } else { (lower(capacity).max(0.0), upper(capacity)) };
        let step = |k: i32| f64::EPSILON * found.max(f64::EPSILON * all) * f64::powi(2.0, k);
        let not_above = |a: f64| a <= 0.0 || upper(self.marginal(a)) <= price;
        let not_below = |a: f64| a >= most || lower(self.marginal(a)) >= price;
        let low = (0..110).map(|k| if k == 0 { found } else { found - step(k) }).find(|a| not_above(*a)).unwrap_or(0.0);
        let high = (0..110).map(|k| if k == 0 { found } else { found + step(k) }).find(|a| not_below(*a)).unwrap_or(most);
        (low.max(0.0).min(least), high.min(most))
    }
}

/// A monotone elementary function of a bounded number: its values at both ends enclose the truth.
fn monotone(x: Bounded, f: impl Fn(f64) -> f64) -> Bounded {
    let (middle, left, right) = (f(x.value), f(lower(x)), f(upper(x)));
    let spread = (right - middle).abs().max((middle - left).abs());
    Bounded::new(middle, up(spread + 8.0 * UNIT_ROUNDOFF * (middle.abs() + left.abs().max(right.abs()))))
}

/// `ln(1 - u)`, exact at 0.
fn log_left(u: Bounded) -> Bounded {
    if u == Bounded::ZERO { u } else { monotone(u, |v| (-v).ln_1p()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_curve() -> impl Strategy<Value = Curve> {
        let shape = prop_oneof![
            (-50.0..500.0f64, 1.0..5000.0f64).prop_map(|(a, b)| Shape::Linear { a, b }),
            (-50.0..500.0f64, 1.0..5000.0f64, 0.0..1.0f64).prop_map(|(a, b, s)| Shape::Quadratic { a, b, c: (2.0 * s - 0.6) * b / 2.0 }),
            (-50.0..500.0f64, 1.0..5000.0f64).prop_map(|(alpha, b)| Shape::Nordhaus { alpha, beta: -b }),
            (1.0..8.0f64, 0.2..3.0f64).prop_map(|(alpha, beta)| Shape::LogLog { alpha, beta }),
            (1.0..3000.0f64, 0.2..3.0f64).prop_map(|(c, k)| Shape::Power { c, k }),
        ];
        (shape, 1.0..1e9f64, 0.05..0.95f64).prop_map(|(shape, base, max)| Curve::new("r", shape, base, max).expect("rising"))
    }

    proptest! {
        #[test]
        fn the_inverse_leads_back_and_its_enclosure_is_true_and_narrow(curve in any_curve(), part in 0.001..0.999f64) {
            let tonnes = part * curve.capacity();
            let price = curve.marginal(tonnes);
            let (low, high) = curve.enclose(price.value);
            // the price is known up to its bound only, so the tonnes are up to that over the slope
            let slope = (curve.marginal(tonnes * 1.0001).value - price.value) / (tonnes * 0.0001);
            let room = 4.0 * price.bound / slope.abs().max(1e-300) + 1e-12 * curve.capacity();
            prop_assert!(low <= tonnes + room && tonnes - room <= high, "{low} {tonnes} {high}");
            prop_assert!(high - low <= 1e-6 * curve.capacity(), "{low} {high}");
        }

        #[test]
        fn the_cost_is_the_area_under_the_marginal_cost(curve in any_curve(), part in 0.01..1.0f64) {
            // Gauss-Legendre on many pieces, after a change of variable that flattens the root at 0
            let tonnes = part * curve.capacity();
            let nodes = [(-0.774_596_669_241_483_4, 5.0 / 9.0), (0.0, 8.0 / 9.0), (0.774_596_669_241_483_4, 5.0 / 9.0)];
            let (pieces, mut area) = (400, 0.0);
            for p in 0..pieces {
                for (x, w) in nodes {
                    let t = (p as f64 + 0.5 + 0.5 * x) / pieces as f64;
                    area += w * 0.5 / pieces as f64 * curve.marginal(tonnes * t * t * t).value * 3.0 * t * t * tonnes;
                }
            }
            let scale = tonnes * (curve.marginal(tonnes).value.abs() + curve.marginal(0.0).value.abs());
            prop_assert!((curve.cost(tonnes).value - area).abs() <= 1e-8 * scale, "{} {area}", curve.cost(tonnes).value);
        }
    }

    #[test]
    fn curves_that_do_not_rise_are_refused_by_name() {
        let refused = |shape, max| Curve::new("Hebei", shape, 1.0, max).expect_err("must be refused").to_string();
        for (shape, max) in [
            (Shape::Linear { a: 1.0, b: 0.0 }, 1.0),
            (Shape::Quadratic { a: 1.0, b: 2.0, c: -2.0 }, 0.6),
            (Shape::Nordhaus { alpha: 1.0, beta: 3.0 }, 0.5),
            (Shape::LogLog { alpha: 1.0, beta: -1.0 }, 0.5),
        ] {
            let text = refused(shape, max);
            assert!(text.contains("Hebei") && text.contains("does not rise"), "{text}");
        }
        assert!(refused(Shape::Nordhaus { alpha: 1.0, beta: -3.0 }, 1.0).contains("not defined"));
        assert!(refused(Shape::Linear { a: f64::NAN, b: 1.0 }, 1.0).contains("NaN"));
    }
}
