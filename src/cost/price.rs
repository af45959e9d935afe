//! The price of a tonne in one region: between the extreme supporting lines, with what must be known of it.

use serde::Serialize;

use super::lp::Proof;
use super::range::Range;
use super::settings::{Direction, Face};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::labels::Name;

/// What must be known before a price is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Less CO2 would come with more GDP.
    Negative,
    /// Less CO2 would cost nothing.
    Zero,
    /// GDP has no value at the margin: no amount of it makes up for a tonne.
    Infinite,
    /// Several supporting lines, so a range of prices.
    Range,
    /// The range has no upper end.
    NoUpperEnd,
    /// The range has no lower end.
    NoLowerEnd,
    /// More than ten times the median price.
    Outlier,
    /// Set to the cap.
    Capped,
    /// Set to the floor.
    Floored,
    /// The mean of the neighbours' prices.
    Neighbours,
    /// A programme behind it misses the limit of its check.
    Uncertified,
    /// GDP / (3 CO2), which the weights of the slacks-based measure set whatever the inputs.
    WeightsOnly,
}

/// Slopes above this, in means of the panel, count as vertical.
pub(super) const STEEP: f64 = 1e4;

/// Price of a region before units: slopes of the extreme supporting lines, in means of the panel.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// Distance to the frontier (distance functions) or efficiency (slacks).
    pub distance: Bounded,
    /// The lowest price `pi_b / pi_y`; infinite where the line counts as vertical.
    pub low: Bounded,
    /// The highest.
    pub high: Bounded,
    /// The worst of the programmes behind it.
    pub proof: Proof,
    /// Why it has no bound.
    pub unbounded: Option<String>,
    /// GDP over CO2 of the region.
    pub ratio: Bounded,
    /// The price, where it is not chosen between the ends.
    pub point: Option<Bounded>,
    /// Prices by other choices of the same estimator.
    pub beside: Vec<Beside>,
    /// Whether weights of the measure alone set the price.
    pub weights_only: bool,
}

/// A price by another choice of the same estimator, with its ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// The choice: raw, one-share.
    pub name: &'static str,
    /// Price, low end, high end; no bound.
    pub prices: [f64; 3],
}

/// The price of a line with `g_y pi_y + g_b pi_b = 1` from its `pi_b`, or from its `pi_y` where GDP has no part in the direction.
pub(super) fn slope(moving: Bounded, [y, b]: [Bounded; 2]) -> Bounded {
    let one = Bounded::exact(1.0);
    let (of_y, of_b) = if y == Bounded::ZERO { (moving, one / b) } else { ((one - b * moving) / y, moving) };
    steep(of_b, of_y)
}

/// The quotient, infinite where it counts as vertical; without a bound where it may and may not.
pub(super) fn steep(b: Bounded, y: Bounded) -> Bounded {
    let level = y.value.max(0.0);
    let vertical = b.value.abs() > STEEP * level;
    if !vertical {
        let found = b / y;
        let sure = found.value.abs() + found.bound <= STEEP;
        return if sure { found } else { Bounded::new(b.value / level, f64::INFINITY) };
    }
    let sure = (b.value.abs() - b.bound) * (1.0 - 1e-15) > STEEP * (level + y.bound) * (1.0 + 1e-15);
    Bounded::new(f64::INFINITY.copysign(b.value), if sure { 0.0 } else { f64::INFINITY })
}

/// The price at the middle of two shares `m = q / (1 + |q|)`, `q = p b / y`, for `y / b = ratio`: it rises with both.
fn between(low: f64, high: f64, ratio: Bounded) -> Bounded {
    let one = Bounded::exact(1.0);
    // the share and what is left of one, of its size
    let of = |p: f64| {
        if p.is_infinite() {
            return (Bounded::exact(1f64.copysign(p)), Bounded::ZERO);
        }
        let q = Bounded::exact(p) / ratio;
        let size = if q.value < 0.0 { -q } else { q };
        let left = one / (one + size);
        (q * left, left)
    };
    let ((a, left_a), (b, left_b)) = (of(low), of(high));
    let sum = a + b;
    // twice what the middle leaves of one: no difference of near numbers
    let left = match (a.value < 0.0, b.value < 0.0) {
        (false, false) | (true, true) => left_a + left_b,
        _ if sum.value >= 0.0 => one - left_a + one + left_b,
        _ => one - left_b + one + left_a,
    };
    if sum == Bounded::ZERO { Bounded::ZERO } else { sum / left * ratio }
}

/// The middle of two prices that are known within bounds.
fn middle(low: Bounded, high: Bounded, ratio: Bounded) -> Bounded {
    let ends = |sign: f64| [low, high].map(|p| if p.value.is_infinite() { p.value } else { p.value + sign * p.bound * (1.0 + 1e-15) });
    let value = between(low.value, high.value, ratio).value;
    if low.bound.is_infinite() || high.bound.is_infinite() {
        return Bounded::new(value, f64::INFINITY);
    }
    let ([a, b], [c, d]) = (ends(-1.0), ends(1.0));
    let (least, most) = (between(a, b, ratio), between(c, d, ratio));
    let below = value - (least.value - least.bound);
    let above = most.value + most.bound - value;
    Bounded::new(value, below.max(above).max(0.0) * (1.0 + 1e-15) + f64::EPSILON * value.abs())
}

/// The geometric mean of two positive prices.
fn geometric(low: Bounded, high: Bounded) -> Bounded {
    if high.value.is_infinite() || low.value.is_infinite() {
        return high;
    }
    let square = low * high;
    let root = square.value.max(0.0).sqrt();
    let bound = if root > 0.0 { square.bound / root + 2.0 * f64::EPSILON * root } else { f64::INFINITY };
    Bounded::new(root, bound)
}

/// The direction of a distance function in normalised GDP and CO2; `own` gives that of a region itself.
pub(super) fn toward(direction: Direction, own: [Bounded; 2]) -> [Bounded; 2] {
    let one = Bounded::exact(1.0);
    match direction {
        Direction::Both => [one, one],
        Direction::Gdp => [one, Bounded::ZERO],
        Direction::Co2 => [Bounded::ZERO, one],
        Direction::Own => own,
    }
}

impl Mark {
    /// A price between two ends with a proof.
    pub(super) fn proven(distance: Bounded, [low, high]: [Bounded; 2], ratio: Bounded, proof: Proof, unbounded: Option<String>) -> Self {
        Mark { distance, low, high, proof, unbounded, ratio, point: None, beside: Vec::new(), weights_only: false }
    }

    /// A price with its ends by a regression: no number has a bound, for the reason `why`.
    pub(super) fn regression(distance: f64, [point, low, high]: [f64; 3], beside: Vec<Beside>, why: &str) -> Self {
        let [distance, point, low, high] = [distance, point, low, high].map(|v| Bounded::new(v, f64::INFINITY));
        let (ratio, unbounded) = (Bounded::new(f64::NAN, f64::INFINITY), Some(why.to_string()));
        Mark { distance, low, high, proof: Proof::default(), unbounded, ratio, point: Some(point), beside, weights_only: false }
    }

    /// The normalised price at one end or between.
    pub(super) fn price(&self, face: Face) -> Bounded {
        if let Some(point) = self.point {
            return point;
        }
        match face {
            Face::Low => self.low,
            Face::High => self.high,
            _ if self.low.value == f64::INFINITY => self.low,
            // the price itself where there is but one
            _ if self.spread() < 1e-9 => {
                let high = (self.high.value - self.low.value).abs() + self.high.bound;
                let bound = if self.high.value.is_infinite() { f64::INFINITY } else { self.low.bound.max(high * (1.0 + 1e-15)) };
                Bounded::new(self.low.value, bound)
            }
            Face::LogMid => geometric(self.low, self.high),
            Face::ShareMid => {
                let found = middle(self.low, self.high, self.ratio);
                // beyond this a line counts as vertical
                steep(found, Bounded::exact(1.0))
            }
        }
    }

    /// The angle between the extreme lines.
    pub(super) fn spread(&self) -> f64 {
        self.high.value.atan() - self.low.value.atan()
    }
}

/// What an estimator found for the regions of one year.
pub(super) struct Found {
    /// One for each region of the sample.
    pub marks: Vec<Option<Mark>>,
    /// Identities of the estimator.
    pub checks: Vec<Check>,
    /// What must be said.
    pub notes: Vec<String>,
    /// Prices of each region by other choices; none where no range is drawn.
    pub spans: Vec<Vec<f64>>,
}

/// The price of a tonne in one region.
#[derive(Debug, Clone, Serialize)]
pub struct Price {
    /// The region.
    pub region: Name,
    /// Price of a tonne in the money of the panel; infinite or negative ones carry a flag. A bound that is infinite: none.
    pub price: Bounded,
    /// Lowest price of a supporting line.
    pub low: Bounded,
    /// Highest price of a supporting line.
    pub high: Bounded,
    /// Distance to the frontier, or efficiency; none for a region priced by its neighbours.
    pub distance: Option<Bounded>,
    /// Carbon intensity, tonnes per 10^4 money units.
    pub intensity: Option<Bounded>,
    /// Direct emissions, tonnes.
    pub emissions: Option<Bounded>,
    /// Why a number has no bound.
    pub unbounded: Option<String>,
    /// What must be known of it.
    pub flags: Vec<Flag>,
    /// Prices in other samples.
    pub spread: Option<Spread>,
    /// Prices by other choices of the same estimator.
    pub beside: Vec<Beside>,
    /// The range over draws and other choices.
    pub range: Option<Range>,
}

/// Prices of one region in the samples that hold it; infinite ones count as the largest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Samples that hold the region and have an optimum.
    pub samples: usize,
    /// Smallest.
    pub min: f64,
    /// First quartile.
    pub lower: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub upper: f64,
    /// Largest.
    pub max: f64,
    /// What each of the five may be off by; infinite where a sample has no bound.
    #[serde(skip)]
    pub bound: f64,
}
