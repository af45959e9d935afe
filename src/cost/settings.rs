//! The choices behind an estimate of abatement cost, each with a name in options and output.
//!
//! Where the literature leaves a choice open it is one of these; nothing is chosen without being said in the result.

use serde::{Deserialize, Serialize};

use super::lp::Way;
use super::{Draws, Replicates};
use crate::error::{Error, Result};
use crate::watch::Watch;

/// How the technology is described.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Quadratic directional distance function, fitted by a linear programme.
    Quadratic,
    /// Piecewise linear frontier, directional distance.
    Frontier,
    /// Piecewise linear frontier, slacks-based measure.
    Slacks,
    /// Shares of CO2 by convex regressions, averaged over years, expectiles and directions, smoothed over like regions.
    #[default]
    LocalShare,
    /// Convex regression of a distance function.
    Convex,
    /// Constant elasticities.
    LogLinear,
    /// The GDP of a unit of energy over its CO2.
    ByProduction,
    /// All of them: the median of their shares, and their span.
    Meta,
}

/// What the estimators that are regressions say of their numbers.
pub const NO_BOUND: &str =
    "a regression has no bound on the arithmetic beyond its solver's tolerance, 1e-11, or 1e-9 where it gets no further";

impl Estimator {
    /// Its name in options.
    pub fn name(self) -> &'static str {
        match self {
            Estimator::Quadratic => "quadratic",
            Estimator::Frontier => "frontier",
            Estimator::Slacks => "slacks",
            Estimator::LocalShare => "local-share",
            Estimator::Convex => "convex",
            Estimator::LogLinear => "log-linear",
            Estimator::ByProduction => "by-production",
            Estimator::Meta => "meta",
        }
    }

    /// What its prices take for granted, as one sentence.
    pub fn assumes(self) -> &'static str {
        match self {
            Estimator::Quadratic => {
                "a quadratic frontier without noise, additive in levels: it fails where regions differ twentyfold in size"
            }
            Estimator::Frontier => "a frontier through observed regions without noise: every distance is inefficiency",
            Estimator::Slacks => {
                "a frontier without noise, and weights 1/(2 y) and 1/(2 b) that set the price wherever all inputs and CO2 have slack"
            }
            Estimator::LocalShare => {
                "a convex technology with constant returns, a share of CO2 that varies slowly with the ratios of inputs, noise in GDP and CO2"
            }
            Estimator::Convex => "a convex technology that moves with the years by a constant only, and one expectile or quantile",
            Estimator::LogLinear => "one elasticity of GDP to CO2 for all regions and years: the order of prices is that of GDP over CO2",
            Estimator::ByProduction => "CO2 that falls only with energy, which nothing replaces: no switching of fuels, no capture",
            Estimator::Meta => "no estimator more than another: the price is that of the median share",
        }
    }

    /// Whether it takes both directions, or none; the slacks-based measure says so itself.
    fn has_own_directions(self) -> bool {
        matches!(self, Estimator::LocalShare | Estimator::LogLinear | Estimator::ByProduction | Estimator::Meta)
    }

    /// Whether its prices come from a regression, which has no bound.
    pub fn is_regression(self) -> bool {
        matches!(self, Estimator::LocalShare | Estimator::Convex | Estimator::LogLinear | Estimator::ByProduction | Estimator::Meta)
    }
}

/// The direction `(g_y, -g_b)` in which a region could move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// `(1, -1)`, in means of the panel.
    Both,
    /// `(1, 0)`: more GDP.
    Gdp,
    /// `(0, -1)`: less CO2.
    Co2,
    /// `(y, -b)`: in proportion to the region's own GDP and CO2.
    Own,
}

impl Direction {
    /// Its name in options.
    pub(super) fn name(self) -> &'static str {
        match self {
            Direction::Both => "both",
            Direction::Gdp => "gdp",
            Direction::Co2 => "co2",
            Direction::Own => "own",
        }
    }
}

/// Returns to scale of a piecewise linear frontier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Returns {
    /// Any multiple of an observed region is possible.
    #[default]
    Constant,
    /// Only mixtures are: the weights sum to one.
    Variable,
}

/// Whether CO2 can be got rid of without loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposal {
    /// `sum z b = b - beta g_b`: prices may come out negative, and are flagged.
    #[default]
    Weak,
    /// `sum z b <= b - beta g_b`: prices are never negative.
    OneSided,
}

/// What differs between years in the quadratic function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effects {
    /// A constant for each year but the first.
    #[default]
    Dummies,
    /// `t, t^2, t x_n, t y, t b`.
    Trend,
    /// Nothing.
    None,
}

/// Which observations make up a piecewise linear frontier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// Those of the price year.
    #[default]
    Year,
    /// Those up to the price year.
    Sequential,
    /// All.
    Pooled,
}

/// Which price is taken where several lines support the technology, all as good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Face {
    /// The middle of the shares `p b / (y + p b)` of the ends: free of every unit, finite where the high end is not.
    #[default]
    ShareMid,
    /// The geometric mean of the ends.
    LogMid,
    /// The lowest price.
    Low,
    /// The highest price.
    High,
}

impl Face {
    /// The share between two, for shares that are not negative.
    pub(super) fn share(self, low: f64, high: f64) -> f64 {
        match self {
            Face::ShareMid => 0.5 * (low + high),
            Face::Low => low,
            Face::High => high,
            Face::LogMid if high >= 1.0 => 1.0,
            Face::LogMid => {
                let odds = (low / (1.0 - low) * high / (1.0 - high)).sqrt();
                odds / (1.0 + odds)
            }
        }
    }
}

/// What a convex regression leaves least of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Squares of residuals, those above weighted tau, those below 1 - tau.
    #[default]
    Expectile,
    /// Their absolute values.
    Quantile,
}

/// Every choice of an estimate.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// The estimator.
    pub estimator: Estimator,
    /// The direction; the slacks-based measure has none.
    pub direction: Option<Direction>,
    /// Year effects of the quadratic function.
    pub effects: Effects,
    /// Returns to scale of a frontier.
    pub returns: Returns,
    /// Disposal of CO2 on a frontier.
    pub disposal: Disposal,
    /// Observations behind a frontier.
    pub reference: Reference,
    /// The price taken from a range.
    pub face: Face,
    /// Years that count, ending with the price year; `None`: 5 for shares, 3 for a convex regression and for by-production, else all.
    pub window: Option<usize>,
    /// Expectile or quantile of a convex regression.
    pub tau: f64,
    /// What a convex regression leaves least of.
    pub norm: Norm,
    /// Bandwidth h of smoothing shares, in standard deviations of the ratios: 0 for none, infinite for one share.
    pub bandwidth: f64,
    /// Prices above this, infinite ones included, become this.
    pub cap: Option<f64>,
    /// Prices below this become this.
    pub floor: Option<f64>,
    /// Samples to estimate again.
    pub replicates: Option<Replicates>,
    /// Draws behind the ranges of prices by shares.
    pub draws: Option<Draws>,
    /// How programmes are solved.
    pub solver: Way,
    /// Whether to go on.
    #[serde(skip)]
    pub watch: Watch,
}

impl Settings {
    /// The estimator with the defaults of everything else.
    pub fn new(estimator: Estimator, direction: Option<Direction>) -> Self {
        Settings {
            estimator,
            direction,
            effects: Effects::default(),
            returns: Returns::default(),
            disposal: Disposal::default(),
            reference: Reference::default(),
            face: Face::default(),
            window: None,
            tau: 0.5,
            norm: Norm::default(),
            bandwidth: 1.0,
            cap: None,
            floor: None,
            replicates: None,
            draws: None,
            solver: Way::default(),
            watch: Watch::default(),
        }
    }

    /// Refuses a cap or floor that is no number, or a cap below the floor.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [("cap", self.cap), ("floor", self.floor)] {
            if let Some(v) = value.filter(|v| !v.is_finite()) {
                return Err(Error::range(
                    format!("the {name} must be a finite price, not {v}"),
                    format!("leave `price-{name}` out for none"),
                ));
            }
        }
        if !(self.tau > 0.0 && self.tau < 1.0) {
            return Err(Error::range(format!("tau must lie between 0 and 1, not {}", self.tau), "pass `tau` 0.5"));
        }
        if self.bandwidth.is_nan() || self.bandwidth < 0.0 {
            let text = format!("the bandwidth must not be negative, found {}", self.bandwidth);
            return Err(Error::range(text, "pass `bandwidth` 1, 0 for no smoothing, inf for one share"));
        }
        if self.window == Some(0) {
            return Err(Error::range("a window of 0 years holds no observation", "pass `window` 1 or more"));
        }
        if self.draws.is_some_and(|d| d.draws < 20) {
            return Err(Error::range("fewer than 20 draws have no 5th hundredth", "pass `draws` 200"));
        }
        if self.draws.is_some() && self.estimator != Estimator::LocalShare {
            return Err(Error::invalid("ranges are drawn for prices by shares", "pass `estimator` local-share, or drop `draws`"));
        }
        if self.direction.is_some() && self.estimator.has_own_directions() {
            let text = format!("estimator {} takes no direction", self.estimator.name());
            return Err(Error::no_effect(text, "drop `direction`, or pass `estimator` quadratic, frontier or convex"));
        }
        match (self.cap, self.floor) {
            (Some(cap), Some(floor)) if cap < floor => {
                Err(Error::range(format!("the cap {cap} lies below the floor {floor}"), "raise `price-cap` or lower `price-floor`"))
            }
            _ => Ok(()),
        }
    }

    /// Number of years that count.
    pub(super) fn window(&self) -> usize {
        self.window.unwrap_or(match self.estimator {
            Estimator::LocalShare => 5,
            Estimator::Convex | Estimator::ByProduction => 3,
            _ => usize::MAX,
        })
    }

    /// The direction, which every distance function needs.
    pub(super) fn toward(&self) -> Result<Direction> {
        self.direction.ok_or_else(|| {
            Error::missing(
                "a directional distance function needs a direction, and prices depend on it strongly",
                "pass `direction` both (1,-1), gdp (1,0), co2 (0,-1) or own (y,-b)",
            )
        })
    }
}
