//! Measures of abatement from CSV, bottom-up: `region, measure, tonnes, cost`, one line for each measure.
//!
//! The unit of tonnes stands in the heading (`tonnes_Mt`), t where it is `tonnes`; that of the cost in its heading
//! (`cost_yuan_per_t`) or a column `unit`. Measures are taken cheapest first; those that pay for themselves have costs below 0.

use crate::compensation::{Abatement, Measure};
use crate::error::{Error, Result};
use crate::formats::tools::rows::Rows;
use crate::labels::Labels;
use crate::units::{MASS, Of, Rate, Scale, Unit, in_heading};

/// What to do about a number of a measure that is not known.
const UNKNOWN: &str = "a measure whose tonnes or cost are not known has no line";

/// Whether a file lists measures.
pub(super) fn is_measures(rows: &Rows) -> Result<bool> {
    Ok(rows.column(&["measure", "措施"])?.is_some())
}

/// The measures of each region (R), a region without any having none, and the money they are in.
///
/// # Errors
/// With the place, when a column or a unit is missing, or a number is none.
pub(super) fn measures(rows: &Rows, labels: &Labels) -> Result<(Vec<Abatement>, &'static str)> {
    let found = |what: &str, column: Option<usize>| {
        column.ok_or_else(|| {
            let text = format!("expected a column {what}, found {}", rows.header.join(", "));
            Error::format(&rows.place, text, "name the columns region, measure, tonnes, cost_yuan_per_t")
        })
    };
    let begins = |word: &str| rows.header.iter().position(|h| h.to_lowercase().starts_with(word));
    let (region, measure) = (found("region", rows.column(&["region"])?)?, found("measure", rows.column(&["measure", "措施"])?)?);
    let (tonnes, cost) = (found("tonnes", begins("tonnes"))?, found("cost", begins("cost"))?);
    let unit = rows.column(&["unit", "单位"])?;
    let used: Vec<usize> = [region, measure, tonnes, cost].into_iter().chain(unit).collect();
    rows.nothing_else(&used, &["region", "measure", "tonnes", "cost", "unit"])?;
    let place = rows.heading(cost);
    let rate = match (Rate::in_heading(&rows.header[cost]), unit.and_then(|c| rows.records.first().map(|(_, cells)| (c, &cells[c])))) {
        (Some(rate), None) => rate.map_err(|e| e.at(&place, crate::cost::COST_HELP))?,
        (_, Some((c, first))) => {
            if let Some(i) = rows.records.iter().position(|(_, cells)| cells[c] != *first) {
                return Err(Error::format(rows.at(i, c), "a second unit of cost", "give all measures in one unit"));
            }
            Rate::read(first).map_err(|e| e.at(rows.at(0, c), crate::cost::COST_HELP))?
        }
        (None, None) => {
            let text = format!("the unit of column \"{}\" is not known", rows.header[cost]);
            return Err(Error::format(place, text, format!("call it cost_yuan_per_t; {}", crate::cost::COST_HELP)));
        }
    };
    let mass = match in_heading(&rows.header[tonnes], Unit::mass) {
        Some((_, unit)) => co2(&unit.map_err(|e| e.at(rows.heading(tonnes), MASS))?, &rows.heading(tonnes))?,
        None => Scale::ONE,
    };
    let each = rate.money.scale.over(co2(&rate.mass, &place)?).expect("units are within 10^24");
    let mut all: Vec<Vec<Measure>> = vec![Vec::new(); labels.region_count()];
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let r = labels.region(&cells[region])?;
        if all[r].iter().any(|m| m.name == cells[measure]) {
            let text = format!("measure \"{}\" of {} comes twice", cells[measure], cells[region]);
            return Err(Error::format(rows.line(i), text, "keep one line for each measure of a region"));
        }
        let (amount, price) = (mass.of(rows.known(i, tonnes, UNKNOWN)?), each.of(rows.known(i, cost, UNKNOWN)?));
        all[r].push(Measure { name: cells[measure].clone(), tonnes: amount, cost: price });
    }
    let curves = all.into_iter().enumerate().map(|(r, list)| Abatement::measures(&labels.regions[r].en, list));
    Ok((curves.collect::<Result<_>>()?, rate.currency()))
}

/// Tonnes of CO2 in a mass.
fn co2(mass: &Unit, place: &str) -> Result<Scale> {
    let gas = if let Of::Mass(Some(gas)) = mass.of { gas.co2(None).map_err(|e| Error::format(place, e, MASS))?.0 } else { Scale::ONE };
    Ok(mass.scale.times(gas).expect("units are within 10^24"))
}
