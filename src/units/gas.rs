//! Gases, and the tonnes of CO2 that a tonne of each counts as.
//!
//! A tonne of carbon is 44/12 t of CO2, by molar mass. Other gases count by their warming potential over 100 years,
//! which differs between reports of the IPCC and so has no default. Table and sources: `fixtures/facts/gwp.csv`.

use serde::{Deserialize, Serialize};

use super::Scale;
use crate::error::{Error, Result};

const TABLE: &str = include_str!("../../fixtures/facts/gwp.csv");

/// The report that warming potentials are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gwp {
    /// Fourth assessment report, 2007.
    Ar4,
    /// Fifth assessment report, 2013, without feedbacks of climate on carbon.
    Ar5,
    /// Sixth assessment report, 2021.
    Ar6,
}

impl Gwp {
    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        ["ar4", "ar5", "ar6"][self as usize]
    }
}

/// What a mass is a mass of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gas {
    /// Carbon dioxide.
    Co2,
    /// Gases weighed by their warming potentials.
    Co2e,
    /// The carbon in carbon dioxide: 12/44 of its mass.
    Carbon,
    /// The carbon in the carbon dioxide that gases weighed by their warming potentials count as.
    CarbonEquivalent,
    /// Any other, by its name.
    Other(&'static str),
}

/// Carbon dioxide by mass of its carbon.
const CARBON: Scale = Scale::new(44, 12);

/// Substances without a warming potential of their own.
const POLLUTANTS: [&str; 14] = ["SO2", "SOx", "NOx", "NO2", "NH3", "PM2.5", "PM10", "PM", "CO", "NMVOC", "VOC", "BC", "OC", "Hg"];

impl Gas {
    /// Its name in units.
    pub fn name(self) -> &'static str {
        match self {
            Gas::Co2 => "CO2",
            Gas::Co2e => "CO2e",
            Gas::Carbon => "C",
            Gas::CarbonEquivalent => "C-eq",
            Gas::Other(name) => name,
        }
    }

    /// Names of all other gases, in the order of the table.
    pub(super) fn others() -> impl Iterator<Item = &'static str> {
        rows().map(|row| row[0]).chain(POLLUTANTS)
    }

    /// Tonnes of CO2 (or its equivalent) in a tonne, and what must be said of it.
    ///
    /// # Errors
    /// When the gas needs a warming potential and none is named, or has none.
    pub fn co2(self, gwp: Option<Gwp>) -> Result<(Scale, Option<String>)> {
        let needless = |gas: &str| match gwp {
            Some(gwp) => Err(Error::no_effect(format!("`gwp` {} has no effect: the emissions are {gas}", gwp.name()), "leave `gwp` out")),
            None => Ok(()),
        };
        match self {
            Gas::Co2 | Gas::Co2e => needless(self.name()).map(|()| (Scale::ONE, None)),
            Gas::Carbon | Gas::CarbonEquivalent => {
                needless("carbon")?;
                Ok((CARBON, Some("emissions are tonnes of carbon: each is 44/12 t of CO2".into())))
            }
            Gas::Other(name) => {
                let Some(row) = rows().find(|row| row[0] == name) else {
                    let text =
                        format!("the emissions are {name}, which has no warming potential: a price per tonne of CO2 does not meet it");
                    return Err(Error::unit(text, "name a greenhouse gas with `stressor`, or give a price per tonne of this substance"));
                };
                let Some(gwp) = gwp else {
                    let text = format!("the emissions are {name}: a price per tonne of CO2 meets only tonnes of CO2 or CO2e");
                    let help = "name the warming potentials with `gwp` ar4, `gwp` ar5 or `gwp` ar6, or give a price per tonne of this gas";
                    return Err(Error::unit(text, help));
                };
                let Some(potential) = decimal(row[1 + gwp as usize]) else {
                    let text = format!("{} gives no warming potential for {name}", gwp.name());
                    return Err(Error::unit(text, "name another report with `gwp`"));
                };
                let note = format!("emissions of {name} count {} times as CO2: 100 years, {}", row[1 + gwp as usize], gwp.name());
                Ok((potential, Some(note)))
            }
        }
    }

    /// The gas that a name such as `CO2`, `GHG` or `CH4 - combustion - air` speaks of, where it is one; none where it speaks of
    /// emissions without a gas.
    ///
    /// # Errors
    /// When the name speaks of several gases, or of something that is no emission.
    pub fn of_name(name: &str) -> Result<Option<Gas>> {
        let low = name.to_lowercase();
        if let Some(gas) = super::Unit::gas(name).filter(|g| !matches!(g, Gas::Carbon | Gas::CarbonEquivalent)) {
            return Ok(Some(gas));
        }
        let words = || name.split(|c: char| !(c.is_alphanumeric() || c == '.')).filter(|w| w.len() > 1);
        let mut found: Vec<Gas> =
            words().filter_map(super::Unit::gas).filter(|g| !matches!(g, Gas::Carbon | Gas::CarbonEquivalent)).collect();
        if ["ghg", "greenhouse", "温室气体", "global warming", "gwp"].iter().any(|w| low.contains(w)) {
            found = vec![Gas::Co2e];
        }
        found.dedup();
        match found[..] {
            [gas] => Ok(Some(gas)),
            [] if ["emission", "carbon", "排放", "碳"].iter().any(|w| low.contains(w)) => Ok(None),
            _ => Err(Error::unit(
                format!(
                    "the stressor \"{name}\" names {}: a price per tonne of CO2 does not meet it",
                    if found.is_empty() { "no gas" } else { "several gases" }
                ),
                "choose another with `stressor`, or name the gas in its unit, such as `emissions-unit` \"kt CO2\"",
            )),
        }
    }
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE.lines().skip(1).map(|line| line.split(',').collect())
}

/// `27.9` as 279/10.
fn decimal(text: &str) -> Option<Scale> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: u128 = format!("{whole}{part}").parse().ok()?;
    Some(Scale::new(digits, 10u128.pow(u32::try_from(part.len()).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_methane_needs_a_report() {
        assert!(rows().all(|row| row.len() == 4 && row[1..].iter().all(|v| v.is_empty() || decimal(v).is_some())));
        let ch4 = Gas::of_name("CH4").expect("known").expect("a gas");
        assert!(ch4.co2(None).is_err_and(|e| e.to_string().contains("CO2e")));
        let of = |gwp| ch4.co2(Some(gwp)).expect("in every report").0.value();
        assert_eq!([of(Gwp::Ar4), of(Gwp::Ar5), of(Gwp::Ar6)], [25.0, 28.0, 27.9]);
        assert!(Gas::Other("CH4 fossil").co2(Some(Gwp::Ar4)).is_err());
        assert!(Gas::Co2.co2(Some(Gwp::Ar6)).is_err_and(|e| e.to_string().contains("no effect")));
        assert_eq!(Gas::Carbon.co2(None).expect("by molar mass").0, Scale::new(11, 3));
        assert!(Gas::of_name("SO2").expect("known").expect("a gas").co2(Some(Gwp::Ar6)).is_err());
        assert_eq!(Gas::of_name("CH4 - combustion - air").expect("one"), Some(Gas::Other("CH4")));
        assert_eq!(Gas::of_name("GHG emissions (CO2, CH4)").expect("weighed"), Some(Gas::Co2e));
        assert_eq!(Gas::of_name("emissions").expect("emissions"), None);
        assert!(Gas::of_name("CO2 and CH4").is_err() && Gas::of_name("Land use").is_err());
    }
}
