//! What every output says beside prices: whether the data identify them, which rules were accepted, what the data lack, and
//! the prices by another inventory of CO2.

use super::Estimate;
use super::gate::Gate;
use super::rules::Rule;
use crate::bounded::Bounded;

/// The same estimate with another column of CO2.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The column.
    pub column: String,
    /// The estimate.
    pub estimate: Estimate,
    /// Whether the data identify its prices.
    pub is_identified: bool,
}

/// What is known of an estimate beside its numbers.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The test of the estimate.
    pub gate: Gate,
    /// Rules that are broken and accepted by name.
    pub accepted: Vec<Rule>,
    /// What the panel lacks for a publishable price.
    pub lacking: Vec<String>,
    /// All inventories, the first being that of the estimate; empty where there is but one.
    pub inventories: Vec<Inventory>,
}

impl Trust {
    /// Whether prices are printed as prices: the data identify them, or the user accepts that they do not.
    pub fn is_priced(&self) -> bool {
        self.gate.identified || self.accepted.contains(&Rule::UnidentifiedPrices)
    }

    /// The names of the accepted rules, for a cell.
    pub fn accepted(&self) -> String {
        self.accepted.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(";")
    }

    /// Largest over smallest price of a region over the inventories; none where one of them has no price above 0 there.
    pub fn spread(&self, region: usize) -> Option<Bounded> {
        let of = || self.inventories.iter().map(|i| i.estimate.prices.get(region).map_or(Bounded::ZERO, |p| p.price));
        let (least, most) = (of().reduce(Bounded::min)?, of().reduce(Bounded::max)?);
        (least.value > 0.0 && most.value.is_finite()).then(|| most / least)
    }
}
