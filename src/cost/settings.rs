//! The choices behind an estimate of abatement cost, each with a name in options and output.
//!
//! Where the literature leaves a choice open it is one of these; nothing is chosen without being said in the result.

use serde::{Deserialize, Serialize};

use super::Replicates;
use super::lp::Way;
use crate::error::{Error, Result};
use crate::watch::Watch;

/// How the technology is described.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Quadratic directional distance function, fitted by a linear programme.
    #[default]
    Quadratic,
    /// Piecewise linear frontier, directional distance.
    Frontier,
    /// Piecewise linear frontier, slacks-based measure.
    Slacks,
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

/// Which price is taken where several lines support the frontier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The middle angle, in means of the panel.
    #[default]
    Middle,
    /// The lowest price.
    Low,
    /// The highest price.
    High,
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
    pub choice: Choice,
    /// Prices above this, infinite ones included, become this.
    pub cap: Option<f64>,
    /// Prices below this become this.
    pub floor: Option<f64>,
    /// Samples to estimate again.
    pub replicates: Option<Replicates>,
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
            choice: Choice::default(),
            cap: None,
            floor: None,
            replicates: None,
            solver: Way::default(),
            watch: Watch::default(),
        }
    }

    /// Refuses a cap or floor that is no number, or a cap below the floor.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [("cap", self.cap), ("floor", self.floor)] {
            if let Some(v) = value.filter(|v| !v.is_finite()) {
                return Err(Error::invalid(format!("the {name} must be a finite price, not {v}"), format!("leave --{name} out for none")));
            }
        }
        match (self.cap, self.floor) {
            (Some(cap), Some(floor)) if cap < floor => {
                Err(Error::invalid(format!("the cap {cap} lies below the floor {floor}"), "raise --cap or lower --floor"))
            }
            _ => Ok(()),
        }
    }

    /// The direction, which every distance function needs.
    pub(super) fn toward(&self) -> Result<Direction> {
        self.direction.ok_or_else(|| {
            Error::invalid(
                "a directional distance function needs a direction, and prices depend on it strongly",
                "pass --direction both (1,-1), gdp (1,0), co2 (0,-1) or own (y,-b)",
            )
        })
    }
}
