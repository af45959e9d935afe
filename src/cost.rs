//! What a tonne less costs in each region: given by a file, one price for all, or estimated from a panel.
//!
//! [`estimate`] turns a [`Panel`] of inputs, GDP and CO2 into shadow prices by linear programmes ([`lp`]); [`curve`] fits
//! marginal cost against carbon intensity. Nothing else needs an estimate: a table of costs serves as well.

mod borrow;
pub mod curve;
pub mod ddf_nonparametric;
pub mod ddf_quadratic;
mod estimate;
pub mod lp;
mod panel;
mod price;
mod settings;
pub mod slacks;
mod spread;

pub use curve::MacCurve;
pub use estimate::{Estimate, estimate, spearman};
pub use panel::{Missing, Panel, Prices};
pub use price::{Flag, Price, Spread};
pub use settings::{Choice, Direction, Disposal, Effects, Estimator, Reference, Returns, Settings};
pub use spread::Replicates;

use crate::error::{Error, Result};
use crate::labels::{Labels, Name};
use crate::table::Source;

/// Unit abatement costs by region as a file gives them, with their unit.
#[derive(Debug, Clone)]
pub struct Costs {
    /// Region and cost.
    pub rows: Vec<(Name, f64)>,
    /// Unit, such as `yuan/t`.
    pub unit: String,
    /// The file.
    pub source: Option<Source>,
}

/// Unit abatement costs, one per region of a table.
#[derive(Debug, Clone)]
pub struct UnitCosts {
    /// Cost per tonne (R).
    pub value: Vec<f64>,
    /// Money unit, such as `yuan`.
    pub money: String,
    /// What must be said of them: made up, one price for all.
    pub notes: Vec<String>,
}

impl UnitCosts {
    /// The same price in every region.
    pub fn uniform(price: f64, money: &str, region_count: usize) -> Self {
        UnitCosts { value: vec![price; region_count], money: money.into(), notes: Vec::new() }
    }

    /// Costs joined to the regions of a table; a region without a cost is an error.
    pub fn join(costs: &Costs, labels: &Labels) -> Result<Self> {
        let place = costs.source.as_ref().map_or_else(|| "costs".to_string(), |s| s.path.display().to_string());
        let mut value = vec![f64::NAN; labels.region_count()];
        for (name, cost) in &costs.rows {
            let r = labels.region(&name.given)?;
            if !value[r].is_nan() {
                return Err(Error::format(
                    &place,
                    format!("region \"{}\" has two costs, {} and {cost}", name.given, value[r]),
                    "keep one line per region",
                ));
            }
            value[r] = *cost;
        }
        let missing: Vec<&str> = (0..value.len()).filter(|&r| value[r].is_nan()).map(|r| labels.regions[r].en.as_str()).collect();
        if !missing.is_empty() {
            return Err(Error::format(
                &place,
                format!("{} of {} regions have no cost: {}", missing.len(), value.len(), missing.join(", ")),
                "add a line for each, or pass --price to use one price for all regions",
            ));
        }
        let money = costs.unit.split('/').next().unwrap_or("yuan").trim().to_string();
        Ok(UnitCosts { value, money, notes: Vec::new() })
    }

    /// Whether every region has the same cost, so that every price rule gives the same payments.
    pub fn is_uniform(&self) -> bool {
        self.value.windows(2).all(|w| w[0] == w[1])
    }
}

/// Tonnes in one unit of an inventory.
pub fn tonnes_per(unit: &str) -> Result<f64> {
    let mass = unit.split_whitespace().next().unwrap_or("");
    match mass {
        "t" | "tonne" | "tonnes" | "Mg" => Ok(1.0),
        "kg" => Ok(1e-3),
        "kt" | "Gg" => Ok(1e3),
        "Mt" | "Tg" => Ok(1e6),
        "Gt" | "Pg" => Ok(1e9),
        _ => Err(Error::invalid(
            format!("cannot turn emissions in \"{unit}\" into tonnes for a price per tonne"),
            "pass --emissions-unit with one of kg, t, kt, Gg, Mt, Gt",
        )),
    }
}
