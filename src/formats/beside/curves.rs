//! Marginal abatement cost curves by region from CSV: `region, kind, a, b, c, max, of`.
//!
//! `kind` is linear, quadratic, nordhaus, log-log, power (`a u^b`) or flat (a, one price without end); a, b, c are its parameters in
//! order (alpha, beta for nordhaus and log-log),
//! in yuan per tonne of CO2, or in the money per mass that a column `unit` names; `max` is the largest reduction. `of` says what the reduction is measured in: `rate` (share of the
//! region's direct emissions) or a mass such as t, kt, Mt, 万吨; it has no default.

use std::path::Path;

use super::measures::{is_measures, measures};
use crate::bounded::{Bounded, upper};
use crate::compensation::{Abatement, Curve, Shape};
use crate::cost::Rule;
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::labels::Labels;
use crate::units::{MASS, Of, Rate, Scale, Unit};

/// What to do about a parameter that is not known.
const UNKNOWN: &str = "a curve needs every parameter of its kind; a region that cannot abate has max 0";

/// Curves of abatement as a file gives them.
pub struct Given {
    /// One for each region (R).
    pub curves: Vec<Abatement>,
    /// The money they are in.
    pub money: &'static str,
    /// Rules of a panel that were accepted to make them.
    pub accepted: Vec<Rule>,
    /// Regions whose curves hold more tonnes than they emit, one line for each.
    pub beyond: Vec<String>,
}

/// The regions whose curves abate more than they emit.
fn beyond(curves: &[Abatement], labels: &Labels, direct: &[Bounded]) -> Vec<String> {
    let more = |(r, curve): (usize, &Abatement)| {
        let (most, emitted) = (curve.capacity(), direct[r]);
        let (what, sum) = match curve {
            Abatement::Measures(_) => ("measures", " in sum"),
            _ => ("curve", ""),
        };
        // rates of the emissions themselves are exact
        (most.is_finite() && most > upper(emitted) * (1.0 + 1e-12)).then(|| {
            let name = &labels.regions[r].en;
            let found = format!("the {what} of {name} abate{} {most:.4e} t{sum}", if what == "curve" { "s" } else { "" });
            format!(
                "{found}, more than the {:.4e} t that it emits: check the unit of tonnes, and measures that exclude each other",
                emitted.value
            )
        })
    };
    curves.iter().enumerate().filter_map(more).collect()
}

/// Reads what abatement costs in each region (R), as curves or as measures; `direct` holds direct emissions in tonnes, the
/// base of rates.
///
/// # Errors
/// With the place, when a column, a region or a parameter is missing, a region comes twice, or a curve does not rise.
pub fn curves(path: &Path, encoding: Encoding, labels: &Labels, direct: &[Bounded]) -> Result<Given> {
    let rows = Rows::read(path, encoding)?;
    if is_measures(&rows)? {
        let (curves, money) = measures(&rows, labels)?;
        let beyond = beyond(&curves, labels, direct);
        return Ok(Given { curves, money, accepted: Vec::new(), beyond });
    }
    let column = |name: &str| {
        rows.column(&[name])?.ok_or_else(|| {
            let text = format!("expected a column {name}, found {}", rows.header.join(", "));
            Error::format(&rows.place, text, "name the columns region, kind, a, b, c, max, of")
        })
    };
    let (region, kind, max, of) = (column("region")?, column("kind")?, column("max")?, column("of")?);
    let parameters = ["a", "b", "c"].map(|name| rows.column(&[name]));
    let unit = rows.column(&["unit", "单位"])?;
    let said = rows.column(&["accepted"])?;
    let mut used = vec![region, kind, max, of];
    used.extend(unit);
    used.extend(said);
    for found in parameters {
        used.extend(found?);
    }
    rows.nothing_else(&used, &["region", "kind", "a", "b", "c", "max", "of", "unit"])?;
    let rate = unit.map(|c| rate(&rows, c)).transpose()?.flatten();
    let (times, money) = rate.as_ref().map_or((Scale::ONE, "yuan"), |(scale, rate)| (*scale, rate.currency()));
    let mut all: Vec<Option<Abatement>> = vec![None; labels.region_count()];
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let place = rows.line(i);
        let r = labels.region(&cells[region])?;
        if all[r].is_some() {
            let text = format!("region \"{}\" comes twice", cells[region]);
            return Err(Error::format(place, text, "keep one curve for each region"));
        }
        let parameter = |name: &str| rows.known(i, column(name)?, UNKNOWN).map(|v| times.of(v));
        if cells[kind].eq_ignore_ascii_case("flat") {
            all[r] = Some(Abatement::Flat(Bounded::exact(parameter("a")?)));
            continue;
        }
        let shape = match cells[kind].to_lowercase().as_str() {
            "linear" => Shape::Linear { a: parameter("a")?, b: parameter("b")? },
            "quadratic" => Shape::Quadratic { a: parameter("a")?, b: parameter("b")?, c: parameter("c")? },
            "nordhaus" | "log" => Shape::Nordhaus { alpha: parameter("a")?, beta: parameter("b")? },
            "log-log" | "loglog" if times != Scale::ONE => {
                let text = "parameters of a log-log curve are logarithms, which are not converted";
                return Err(Error::format(place, text, "give them for money per tonne: yuan/t, EUR/t ..."));
            }
            "log-log" | "loglog" => Shape::LogLog { alpha: parameter("a")?, beta: parameter("b")? },
            // an exponent has no unit
            "power" => Shape::Power { c: parameter("a")?, k: rows.known(i, column("b")?, UNKNOWN)? },
            other => {
                return Err(Error::unknown("kind of cost curve", other, &["linear", "quadratic", "nordhaus", "log-log", "power", "flat"]));
            }
        };
        let largest = rows.known(i, max, "a region that cannot abate has max 0")?;
        let base = if cells[of] == "rate" { direct[r].value } else { tonnes(&place, &cells[of])? };
        if cells[of] == "rate" && largest > 1.0 {
            let text = format!("the largest reduction of \"{}\" is {largest} of its emissions, expected at most 1", cells[region]);
            return Err(Error::format(place, text, "give a share, 0.4 for 40 %, or name t, kt or Mt in the column of"));
        }
        let curve = Curve::new(&cells[region], shape, base, largest)?;
        // curves over rates stand on direct emissions, which are sums
        all[r] = Some(Abatement::Rising(if cells[of] == "rate" { curve.within(direct[r].bound, 0.0) } else { curve }));
    }
    let missing: Vec<&str> = (0..all.len()).filter(|&r| all[r].is_none()).map(|r| labels.regions[r].en.as_str()).collect();
    if !missing.is_empty() {
        let text = format!("{} of {} regions have no cost curve: {}", missing.len(), all.len(), missing.join(", "));
        return Err(Error::format(&rows.place, text, "add a line for each; a region that cannot abate has max 0"));
    }
    let words = said.and_then(|c| rows.records.first().map(|(_, cells)| cells[c].split(';').filter_map(Rule::of_name).collect()));
    let curves: Vec<Abatement> = all.into_iter().flatten().collect();
    let beyond = beyond(&curves, labels, direct);
    Ok(Given { curves, money, accepted: words.unwrap_or_default(), beyond })
}

/// The one unit of a column, and what its numbers are multiplied by for money per tonne of CO2.
fn rate(rows: &Rows, column: usize) -> Result<Option<(Scale, Rate)>> {
    let Some(first) = rows.records.first().map(|(_, cells)| &cells[column]) else { return Ok(None) };
    if let Some(i) = rows.records.iter().position(|(_, cells)| cells[column] != *first) {
        let text = format!("a second unit: \"{}\" after \"{first}\"", rows.records[i].1[column]);
        return Err(Error::format(rows.at(i, column), text, "give all curves in one unit"));
    }
    let place = rows.at(0, column);
    let rate = Rate::read(first).map_err(|e| e.at(&place, crate::cost::COST_HELP))?;
    let tonnes = co2(&place, &rate.mass)?;
    let scale = rate.money.scale.over(tonnes).expect("units are within 10^24");
    Ok(Some((scale, rate)))
}

/// Tonnes of CO2 in a mass.
fn co2(place: &str, mass: &Unit) -> Result<Scale> {
    let gas = if let Of::Mass(Some(gas)) = mass.of { gas.co2(None).map_err(|e| Error::format(place, e, MASS))?.0 } else { Scale::ONE };
    Ok(mass.scale.times(gas).expect("units are within 10^24"))
}

fn tonnes(place: &str, found: &str) -> Result<f64> {
    let mass =
        Unit::mass(found).map_err(|e| e.at(place, "say in the column of what the reduction is measured in: rate, t, kt, Mt, 万吨 ..."))?;
    Ok(co2(place, &mass)?.value())
}
