//! A balanced panel of regions and years: inputs, GDP and CO2 with their units.
//!
//! Estimates use the data divided by their means over the panel, so that no unit and no size of a column matters; the
//! price of a tonne comes back by `mean GDP / mean CO2` and the two units.

use ndarray::{Array2, Array3, Axis};
use serde::{Deserialize, Serialize};

use super::rules::Headings;
use crate::bounded::{Bounded, gamma};
use crate::labels::{Name, key};
use crate::table::Source;

/// What the GDP of the panel is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prices {
    /// Prices of each year.
    Current,
    /// Prices of one year.
    Constant,
}

/// What to do with a region that lacks a number or a year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Refuse the panel, naming the first gap.
    #[default]
    Fail,
    /// Leave the region out of the estimate and of the answer.
    Exclude,
    /// Leave the region out of the estimate; its price is the mean of its neighbours' prices.
    NeighbourMean,
}

/// A fuel among the inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fuel {
    /// Its position among the inputs.
    pub input: usize,
    /// Tonnes of CO2 from one unit of its column.
    pub tonnes: f64,
    /// Tonnes of coal equivalent in one unit of its column, where the heading says it.
    pub coal: Option<f64>,
}

/// A balanced panel.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The R regions of the estimate.
    pub regions: Vec<Name>,
    /// The T years, rising.
    pub years: Vec<i32>,
    /// The N inputs.
    pub input_names: Vec<String>,
    /// Inputs by region, year and input (R x T x N), all positive.
    pub inputs: Array3<f64>,
    /// GDP by region and year (R x T), positive.
    pub gdp: Array2<f64>,
    /// CO2 by region and year (R x T), positive.
    pub co2: Array2<f64>,
    /// Money units in one unit of GDP: 1e8 for 10^8 yuan.
    pub money_per_gdp: f64,
    /// The money unit, such as `yuan`.
    pub money: String,
    /// Tonnes in one unit of CO2: 1e6 for Mt.
    pub tonnes_per_co2: f64,
    /// The year whose prices are wanted, as a position in `years`.
    pub price_year: usize,
    /// Regions left out of the estimate whose price is the mean of those of their neighbours.
    pub borrowed: Vec<Name>,
    /// What was read how: columns, units, price base, what is missing.
    pub notes: Vec<String>,
    /// The files.
    pub sources: Vec<Source>,
    /// What the inputs are, and in which prices money is.
    pub roles: Headings,
    /// Fuels whose CO2 is known by a factor.
    pub fuels: Vec<Fuel>,
}

/// The panel divided by its means: one row for each region and year, region by region.
#[derive(Debug, Clone)]
pub(super) struct Units {
    /// Inputs (K x N).
    pub x: Array2<f64>,
    /// GDP (K).
    pub y: Vec<f64>,
    /// CO2 (K).
    pub b: Vec<f64>,
    /// Number of regions.
    pub regions: usize,
    /// Number of years.
    pub years: usize,
    /// Names of the rows, for errors.
    pub names: Vec<String>,
    /// Money per tonne of a price 1 between normalised GDP and CO2.
    pub money_per_tonne: Bounded,
    /// What a number divided by its mean may be off by, as a part of itself: a sum of all, a count, a deflator, a quotient.
    pub off: f64,
    /// Names of the inputs (N).
    pub input_names: Vec<String>,
    /// The years (T).
    pub year_names: Vec<i32>,
    /// Which inputs are labour and energy.
    pub roles: Roles,
    /// Fuels among the inputs: position, CO2 of one mean of the input in means of CO2, coal equivalent of one mean.
    pub fuels: Vec<Burnt>,
}

/// A fuel in means of the panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Burnt {
    /// Its position among the inputs.
    pub input: usize,
    /// CO2 of one mean of it, in means of CO2.
    pub carbon: f64,
    /// Energy of one mean of it, tonnes of coal equivalent, where that is known.
    pub energy: Option<f64>,
}

/// Which inputs ratios are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roles {
    /// The input that others are divided by.
    pub labour: usize,
    /// The input that CO2 is divided by.
    pub energy: usize,
}

impl Roles {
    /// Labour and energy by their names; else energy is the last input and labour the one before it.
    pub(super) fn of(names: &[String]) -> Self {
        let named = |begins: &[&str], holds: &[&str]| {
            let known =
                |n: &String| begins.iter().any(|b| key(n).starts_with(b)) || holds.iter().any(|h| n.contains(h) || key(n).contains(h));
            names.iter().position(known)
        };
        let energy = named(&["energy"], &["能源", "tce", "sce", "energy"]).unwrap_or(names.len().saturating_sub(1));
        let labour = named(&["labour", "labor", "employ", "pop"], &["劳动", "就业", "从业", "人口"]).filter(|l| *l != energy);
        let before = if energy > 0 { energy - 1 } else { names.len().saturating_sub(1).min(1) };
        Roles { labour: labour.unwrap_or(before), energy }
    }
}

impl Units {
    pub(super) fn new(panel: &Panel) -> Self {
        let (r, t, n) = panel.inputs.dim();
        let means = panel.inputs.mean_axis(Axis(0)).and_then(|m| m.mean_axis(Axis(0))).expect("a panel has regions and years");
        let (gdp, co2) = (mean(&panel.gdp), mean(&panel.co2));
        let money = (gdp * panel.money_per_gdp) / (co2 * panel.tonnes_per_co2);
        let off = gamma((r * t) as f64 + 16.0);
        Units {
            x: Array2::from_shape_fn((r * t, n), |(k, i)| panel.inputs[[k / t, k % t, i]] / means[i]),
            y: panel.gdp.iter().map(|v| v / gdp).collect(),
            b: panel.co2.iter().map(|v| v / co2).collect(),
            regions: r,
            years: t,
            names: (0..r * t).map(|k| format!("{} {}", panel.regions[k / t], panel.years[k % t])).collect(),
            money_per_tonne: Bounded::new(money, 3.0 * off * money),
            off,
            input_names: panel.input_names.clone(),
            year_names: panel.years.clone(),
            roles: Roles::of(&panel.input_names),
            fuels: panel
                .fuels
                .iter()
                .map(|f| Burnt {
                    input: f.input,
                    carbon: f.tonnes * means[f.input] / (co2 * panel.tonnes_per_co2),
                    energy: f.coal.map(|c| c * means[f.input]),
                })
                .collect(),
        }
    }

    /// The row of a region in a year.
    pub(super) fn at(&self, region: usize, year: usize) -> usize {
        region * self.years + year
    }

    /// A product of at most three normalised numbers, with its bound.
    pub(super) fn within(&self, v: f64) -> Bounded {
        Bounded::new(v, 5.0 * self.off * v.abs())
    }

    /// Number of inputs N.
    pub(super) fn inputs(&self) -> usize {
        self.x.ncols()
    }
}

impl Panel {
    /// Carbon intensity of a region in a year, tonnes per 10^4 money units.
    pub fn intensity(&self, region: usize, year: usize) -> Bounded {
        let v = 1e4 * self.tonnes(region, year).value / (self.gdp[[region, year]] * self.money_per_gdp);
        Bounded::new(v, gamma(12.0) * v)
    }

    /// Emissions of a region in a year, tonnes.
    pub fn tonnes(&self, region: usize, year: usize) -> Bounded {
        let v = self.co2[[region, year]] * self.tonnes_per_co2;
        Bounded::new(v, gamma(4.0) * v)
    }
}

fn mean(a: &Array2<f64>) -> f64 {
    a.mean().expect("a panel has regions and years")
}
