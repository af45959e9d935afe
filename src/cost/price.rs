//! The price of a tonne in one region: between the extreme supporting lines, with what must be known of it.

use serde::Serialize;

use super::lp::Proof;
use super::settings::Choice;
use crate::decompose::Check;
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
}

/// Slopes above this, in means of the panel, count as vertical.
pub(super) const STEEP: f64 = 1e4;

/// Price of a region before units: angles of the extreme supporting lines, in means of the panel.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// Distance to the frontier (distance functions) or efficiency (slacks).
    pub distance: f64,
    /// Angle of the lowest price, `atan(pi_b / pi_y)`.
    pub low: f64,
    /// Angle of the highest.
    pub high: f64,
    /// The worst of the programmes behind it.
    pub proof: Proof,
}

impl Mark {
    /// The normalised price at one end or between.
    pub fn price(&self, choice: Choice) -> f64 {
        let price = |angle: f64| match angle.tan() {
            slope if slope.abs() <= STEEP => slope,
            _ => f64::INFINITY.copysign(angle),
        };
        match choice {
            Choice::Low => price(self.low),
            Choice::High => price(self.high),
            Choice::Middle if price(self.low) == f64::INFINITY => f64::INFINITY,
            // the angle itself where there is but one
            Choice::Middle if self.high - self.low < 1e-9 => price(self.low),
            Choice::Middle => price(0.5 * (self.low + self.high)),
        }
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
}

/// The price of a tonne in one region.
#[derive(Debug, Clone, Serialize)]
pub struct Price {
    /// The region.
    pub region: Name,
    /// Price of a tonne in the money of the panel; infinite or negative ones carry a flag.
    pub price: f64,
    /// Lowest price of a supporting line.
    pub low: f64,
    /// Highest price of a supporting line.
    pub high: f64,
    /// Distance to the frontier, or efficiency; none for a region priced by its neighbours.
    pub distance: Option<f64>,
    /// Carbon intensity, tonnes per 10^4 money units.
    pub intensity: Option<f64>,
    /// Direct emissions, tonnes.
    pub emissions: Option<f64>,
    /// What must be known of it.
    pub flags: Vec<Flag>,
    /// Prices in other samples.
    pub spread: Option<Spread>,
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
}
