//! What a tonne less costs in each region: given by a file, one price for all, or estimated from a panel.
//!
//! [`estimate`] turns a [`Panel`] of inputs, GDP and CO2 into shadow prices by linear programmes ([`lp`]); [`curve`] fits
//! marginal cost against carbon intensity. Nothing else needs an estimate: a table of costs serves as well.

mod borrow;
mod by_production;
mod convex;
pub mod curve;
pub mod ddf_nonparametric;
pub mod ddf_quadratic;
mod enclose;
mod estimate;
mod face;
pub mod gate;
mod linear;
mod local_share;
mod log_linear;
pub mod lp;
mod meta;
mod panel;
pub mod placebo;
mod pooled;
mod price;
mod qp;
mod quantile;
mod range;
pub mod rules;
mod settings;
pub mod simulate;
pub mod slacks;
mod spread;
mod trust;

pub use curve::MacCurve;
pub use estimate::{Estimate, estimate, spearman};
pub use meta::kendall;
pub use panel::{Fuel, Missing, Panel, Prices};
pub use price::{Beside, Flag, Price, Spread};
pub use range::{CALLED, Draws, Range, Ranges};
pub use rules::Rule;
pub use settings::{Direction, Disposal, Effects, Estimator, Face, NO_BOUND, Norm, Reference, Returns, Settings};
pub use spread::Replicates;
pub use trust::{Inventory, Trust};

use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::labels::{Labels, Name};
use crate::table::Source;
use crate::units::{Gas, Gwp, MASS, Of, Rate, Scale, Unit};

/// The units that a cost may have.
pub(crate) const COST_HELP: &str = "give money per mass: yuan/t, yuan/kt, 元/吨, 万元/万吨, EUR/t, in the heading or a column unit";

/// Unit abatement costs by region as a file gives them, with their unit.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    /// Region and cost.
    pub rows: Vec<(Name, f64)>,
    /// What each may be off by, where the file says it; a cost without is taken as it is given.
    pub bounds: Vec<Option<f64>>,
    /// Unit, such as `yuan/t`.
    pub unit: String,
    /// The file.
    pub source: Option<Source>,
    /// Where each cost stands, as `file:line`; empty for costs that are in no file.
    pub places: Vec<String>,
    /// Lowest and highest cost by row, where the file has both.
    pub range: Option<Vec<[f64; 2]>>,
    /// Direct emissions, tonnes, and carbon intensity, tonnes per 10^4 money units, by row, where the file has both.
    pub carbon: Option<Vec<Option<[f64; 2]>>>,
    /// Rules of a panel that were accepted to make them.
    pub accepted: Vec<Rule>,
}

/// Unit abatement costs, one per region of a table.
#[derive(Debug, Clone, Default)]
pub struct UnitCosts {
    /// Cost per tonne (R), with what the file and the conversion of its unit leave open.
    pub value: Vec<Bounded>,
    /// Money unit, such as `yuan`.
    pub money: String,
    /// What the tonne is of, where the costs say it.
    pub gas: Option<Gas>,
    /// What must be said of them: made up, one price for all.
    pub notes: Vec<String>,
    /// Lowest and highest cost (R), where the costs have both.
    pub range: Option<Vec<[Bounded; 2]>>,
    /// Direct emissions, tonnes, and product, money (R), where the costs have both.
    pub carbon: Option<Vec<Option<[Bounded; 2]>>>,
    /// Rules of a panel that were accepted to make them.
    pub accepted: Vec<Rule>,
}

impl UnitCosts {
    /// The same price in every region.
    pub fn uniform(price: f64, money: &str, region_count: usize) -> Self {
        UnitCosts { value: vec![Bounded::exact(price); region_count], money: money.into(), gas: None, ..UnitCosts::default() }
    }

    /// Costs joined to the regions of a table; a region without a cost is an error.
    pub fn join(costs: &Costs, labels: &Labels) -> Result<Self> {
        let place = costs.source.as_ref().map_or_else(|| "costs".to_string(), |s| s.path.display().to_string());
        let mut value = vec![f64::NAN; labels.region_count()];
        let mut bound = vec![None; value.len()];
        for (i, (name, cost)) in costs.rows.iter().enumerate() {
            let r = labels.region(&name.given).map_err(|e| match costs.places.get(i) {
                Some(place) => Error::format(place, &e, e.help().unwrap_or_default()),
                None => e,
            })?;
            if !value[r].is_nan() {
                return Err(Error::format(
                    &place,
                    format!("region \"{}\" has two costs, {} and {cost}", name.given, value[r]),
                    "keep one line per region",
                ));
            }
            value[r] = *cost;
            bound[r] = costs.bounds.get(i).copied().flatten();
        }
        let missing: Vec<&str> = (0..value.len()).filter(|&r| value[r].is_nan()).map(|r| labels.regions[r].en.as_str()).collect();
        if !missing.is_empty() {
            return Err(Error::format(
                &place,
                format!("{} of {} regions have no cost: {}", missing.len(), value.len(), missing.join(", ")),
                "add a line for each, or pass `price` to use one price for all regions",
            ));
        }
        let rate = Rate::read(&costs.unit).map_err(|e| e.at(&place, COST_HELP))?;
        let mut notes: Vec<String> = rate.money.notes.iter().chain(&rate.mass.notes).cloned().collect();
        if rate.per_tonne(1.0) != Some(1.0) {
            let each = rate.per_tonne(1.0).unwrap_or(f64::NAN);
            notes.push(format!("costs in {} are converted: 1 is {each} {}/t", costs.unit, rate.currency()));
        }
        let given = bound.iter().filter(|b| b.is_none()).count();
        if given == value.len() {
            notes
                .push("unit costs are taken as they are given: payments are exact for these costs, whose own errors no bound holds".into());
        } else {
            let open = if given > 0 { format!("; {given} of {} have none and are taken as given", value.len()) } else { String::new() };
            notes.push(format!("the bounds of unit costs are those of the file{open}"));
        }
        let value: Vec<Bounded> = value.into_iter().zip(bound).map(|(v, b)| rate.within(Bounded::new(v, b.unwrap_or(0.0)))).collect();
        let gas = if let Of::Mass(gas) = rate.mass.of { gas } else { None };
        let place_of = |i: usize| labels.region(&costs.rows[i].0.given);
        let mut range = costs.range.as_ref().map(|_| vec![[Bounded::ZERO; 2]; value.len()]);
        let mut carbon = costs.carbon.as_ref().map(|_| vec![None; value.len()]);
        for i in 0..costs.rows.len() {
            let r = place_of(i)?;
            if let (Some(range), Some(own)) = (&mut range, &costs.range) {
                let end = |v: f64| if v.is_finite() { rate.within(Bounded::exact(v)) } else { Bounded::exact(v) };
                range[r] = own[i].map(end);
            }
            if let (Some(carbon), Some(own)) = (&mut carbon, &costs.carbon) {
                // both are rounded in the file by no more than their last place
                let near = |v: f64| Bounded::new(v, 2.0 * f64::EPSILON * v);
                carbon[r] = own[i].map(|[b, u]| [near(b), near(b) / near(u) * Bounded::exact(1e4)]);
            }
        }
        notes.extend(costs.accepted.iter().map(|rule| rule.words().to_string()));
        Ok(UnitCosts { value, money: rate.currency().to_string(), gas, notes, range, carbon, accepted: costs.accepted.clone() })
    }

    /// Whether every region has the same cost, so that every price rule gives the same payments.
    pub fn is_uniform(&self) -> bool {
        self.value.windows(2).all(|w| w[0] == w[1])
    }
}

/// Tonnes for which a price is paid in one unit of the emissions of a stressor, and what must be said of it. A price per tonne of
/// CO2 (`per` is it, CO2e, or not named) meets CO2 and CO2e, carbon by 44/12, and other gases by their warming potentials.
///
/// # Errors
/// When the unit is no mass, or the price does not meet the gas.
pub fn tonnes(stressor: &str, unit: &str, per: Option<Gas>, gwp: Option<Gwp>) -> Result<(f64, Vec<String>)> {
    let mass = Unit::mass(unit).map_err(|e| e.alone(format!("a price is paid for tonnes; pass `emissions-unit` with one of: {MASS}")))?;
    let stated = if let Of::Mass(gas) = mass.of { gas } else { None };
    let named = Gas::of_name(stressor);
    if let (Some(stated), Ok(Some(named))) = (stated, &named) {
        let weighed = matches!(stated, Gas::Co2e | Gas::CarbonEquivalent) || *named == Gas::Co2e;
        if !weighed && stated != *named && (stated, *named) != (Gas::Carbon, Gas::Co2) {
            let text = format!("the stressor \"{stressor}\" is in \"{unit}\": one says {}, the other {}", named.name(), stated.name());
            return Err(Error::unit(text, "name the gas that is meant with `emissions-unit` and `override-unit`"));
        }
    }
    let gas = if stated.is_some() { stated } else { named? };
    let mut notes = mass.notes;
    let conversion = match (per, gas) {
        (Some(Gas::Other(paid)), gas) => {
            if gas != per || gwp.is_some() {
                let found = gas.map_or("emissions of no named gas", Gas::name);
                let text = format!("the price is for tonnes of {paid}, which does not meet {found}");
                return Err(Error::unit(
                    text,
                    "give a price per tonne of CO2, or choose the stressor with `stressor`; `gwp` has no part in it",
                ));
            }
            Scale::ONE
        }
        (_, None) => {
            notes.push(format!("\"{stressor}\" names no gas: its tonnes are taken as CO2"));
            Gas::Co2.co2(gwp)?.0
        }
        (_, Some(gas)) => {
            let (conversion, note) = gas.co2(gwp)?;
            notes.extend(note);
            conversion
        }
    };
    let priced = match per {
        Some(Gas::Carbon | Gas::CarbonEquivalent) => {
            notes.push("the price is for tonnes of carbon: 44/12 t of CO2 each".into());
            Gas::Carbon.co2(None)?.0
        }
        _ => Scale::ONE,
    };
    let scale = mass.scale.times(conversion).and_then(|s| s.over(priced)).expect("units are within 10^24");
    Ok((scale.value(), notes))
}
