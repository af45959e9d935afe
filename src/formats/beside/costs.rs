//! Unit costs of abatement by region: a column of costs with its unit, or what `isard cost` wrote.

use std::path::Path;

use crate::cost::{COST_HELP, Costs, Rule};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::inventories::split;
use crate::formats::tools::input;
use crate::formats::tools::rows::Rows;
use crate::labels::{Name, region_key};
use crate::units::Rate;
use crate::watch::Watch;

/// Reads unit abatement costs by region: a column of regions and a column `cost_yuan_per_t`, or `cost` beside `unit`.
/// Where a file has several columns of costs, one is named behind its path: `file.csv:cost_yuan_per_t`.
///
/// # Errors
/// When a column or the unit is missing, a region comes twice, or a cost is negative or infinite.
pub fn read_costs(path: &Path, encoding: Encoding) -> Result<Costs> {
    let mut all = read_cost_columns(path, encoding)?;
    if all.len() > 1 {
        let names: Vec<&str> = all.iter().map(|(n, _)| n.as_str()).collect();
        let text = format!("expected one column of costs, found {}: {}", all.len(), names.join(", "));
        let help = format!("name one, as in {}:{}, or pass `sensitivity` to compare them", path.display(), names[0]);
        return Err(Error::format(path.display(), text, help));
    }
    Ok(all.remove(0).1)
}

/// Reads every column of unit abatement costs in a file, at least one, with its heading.
///
/// # Errors
/// As [`read_costs`], but several columns are welcome.
pub fn read_cost_columns(path: &Path, encoding: Encoding) -> Result<Vec<(String, Costs)>> {
    if input::extension(path) == "json" {
        return Ok(vec![("cost".into(), costs_json(path, encoding)?)]);
    }
    let (file, wanted) = split(path);
    let rows = Rows::read(&file, encoding)?;
    let regions = rows.regions()?;
    let unit_column = rows.column(&["unit", "单位"])?;
    let accepted = identified(&rows)?;
    let is_cost = |h: &str| ["cost", "price", "成本", "价格"].iter().any(|w| h.to_lowercase().contains(w));
    let mut candidates: Vec<usize> =
        (0..rows.header.len()).filter(|&c| c != regions && Some(c) != unit_column && is_cost(&rows.header[c])).collect();
    let named = wanted.is_some();
    if let Some(wanted) = wanted {
        let found = (0..rows.header.len()).find(|&c| rows.header[c] == wanted);
        let known: Vec<&str> = candidates.iter().map(|&c| rows.header[c].as_str()).collect();
        candidates = vec![found.ok_or_else(|| Error::unknown("column of costs", &wanted, &known))?];
    }
    if candidates.is_empty() {
        let text = format!("expected one column of costs, found 0 among {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "name the columns region and cost_yuan_per_t"));
    }
    if !named {
        let used: Vec<usize> = candidates.iter().copied().chain([regions]).chain(unit_column).chain(beside_costs(&rows)).collect();
        rows.nothing_else(&used, &["region", "cost_yuan_per_t", "unit"])?;
    }
    candidates.into_iter().map(|c| Ok((rows.header[c].clone(), cost_column(&rows, regions, c, unit_column, &accepted)?))).collect()
}

/// The columns that `isard cost` writes beside the costs.
fn beside_costs(rows: &Rows) -> impl Iterator<Item = usize> + '_ {
    const BESIDE: [&str; 13] = [
        "low_bound_",
        "high_bound_",
        "bound_",
        "spread_bound_",
        "low_",
        "high_",
        "range_low_",
        "range_high_",
        "median_",
        "lower_quartile_",
        "upper_quartile_",
        "min_",
        "max_",
    ];
    const ALONE: [&str; 10] = [
        "identified",
        "accepted",
        "distance",
        "distance_bound",
        "t_per_10k",
        "t_per_10k_bound",
        "emissions_t",
        "emissions_t_bound",
        "flags",
        "samples",
    ];
    let written = |h: &String| ALONE.contains(&h.as_str()) || (BESIDE.iter().any(|p| h.starts_with(p)) && h.contains("_per_"));
    (0..rows.header.len()).filter(move |&c| written(&rows.header[c]))
}

/// Refuses prices that their data do not identify, unless that was accepted where they were made: the rules accepted there.
fn identified(rows: &Rows) -> Result<Vec<Rule>> {
    let at = |name: &str| rows.header.iter().position(|h| h == name);
    let words: Vec<&str> =
        at("accepted").and_then(|c| rows.records.first().map(|(_, cells)| cells[c].split(';').collect())).unwrap_or_default();
    let accepted = words.into_iter().filter(|w| !w.is_empty()).map(|w| rule(&rows.place, w)).collect::<Result<Vec<Rule>>>()?;
    let no = at("identified").and_then(|c| rows.records.iter().position(|(_, cells)| cells[c] == "no").map(|i| rows.at(i, c)));
    match no {
        Some(place) if !accepted.contains(&Rule::UnidentifiedPrices) => Err(unidentified(place)),
        _ => Ok(accepted),
    }
}

fn rule(place: &str, name: &str) -> Result<Rule> {
    Rule::of_name(name)
        .ok_or_else(|| Error::format(place, format!("no rule is called \"{name}\""), "leave the column accepted as isard cost wrote it"))
}

fn unidentified(place: String) -> Error {
    let help = "use costs from elsewhere (docs/costs.md), or make the file again with isard cost `accept` unidentified-prices, which every later output repeats";
    Error::format(place, "the data behind these prices do not identify them: they are ranges, no unit costs", help)
}

/// What to do about a cost that is not known: 0 would say that a tonne less costs nothing.
const UNKNOWN: &str = "a cost that is not known is not 0: give an estimate with low and high, or one price for all with `price`";

fn cost_column(rows: &Rows, regions: usize, cost: usize, unit_column: Option<usize>, accepted: &[Rule]) -> Result<Costs> {
    let mut seen: Vec<(Name, u64)> = Vec::new();
    let (mut costs, mut known) = (Vec::new(), Vec::new());
    // as isard cost writes it
    let own = rows.header[cost].strip_prefix("cost_").map(|unit| format!("bound_{unit}"));
    let bounds = own.and_then(|own| rows.header.iter().position(|h| *h == own));
    let beside = |name: &str| {
        let own = rows.header[cost].strip_prefix("cost").map(|unit| format!("{name}{unit}"));
        own.and_then(|own| rows.header.iter().position(|h| *h == own))
    };
    let ends = beside("low").zip(beside("high"));
    let named = |name: &str| rows.header.iter().position(|h| h == name);
    let emitted = named("emissions_t").zip(named("t_per_10k"));
    let (mut range, mut carbon) = (Vec::new(), Vec::new());
    for (i, (line, cells)) in rows.records.iter().enumerate() {
        let name = Name::region(&cells[regions]);
        if let Some((_, before)) = seen.iter().find(|(n, _)| region_key(&n.given) == region_key(&name.given)) {
            let text = format!("region \"{}\" comes twice: line {before} and line {line}", name.given);
            return Err(Error::format(&rows.place, text, "keep one cost for each region"));
        }
        let place = || rows.at(i, cost);
        if cells[cost] == "inf" {
            return Err(infinite(place(), &name));
        }
        let value = rows.known(i, cost, UNKNOWN)?;
        if value < 0.0 {
            let text = format!("expected a cost of at least 0, found {value}");
            return Err(Error::format(place(), text, "correct the cell, or pass `price-floor` 0 to isard cost"));
        }
        let bound = match bounds.map(|c| (c, cells[c].as_str())) {
            None | Some((_, "none" | "")) => None,
            Some((c, _)) => Some(rows.known(i, c, "write none where there is no bound")?),
        };
        if let Some(bound) = bound.filter(|b| !(*b >= 0.0 && b.is_finite())) {
            let text = format!("expected a bound of at least 0, found {bound}");
            return Err(Error::format(rows.at(i, bounds.unwrap_or(cost)), text, "write none where there is no bound"));
        }
        if let Some((low, high)) = ends {
            let end = |c: usize| match cells[c].as_str() {
                "inf" => Ok(f64::INFINITY),
                "-inf" => Ok(f64::NEG_INFINITY),
                _ => rows.known(i, c, "give both low and high; a cost without a range has both equal to it"),
            };
            let (low, high) = (end(low)?, end(high)?);
            if low > high {
                let text = format!("the lowest cost {low} lies above the highest {high}");
                return Err(Error::format(rows.line(i), text, "give low and high in this order"));
            }
            // prices that isard estimates may be capped
            let own = rows.header.iter().any(|h| h == "identified");
            let within = low <= value && value <= high;
            if !own && !within {
                let text = format!("the cost {value} lies outside its range, {low} to {high}");
                return Err(Error::format(rows.line(i), text, "give a cost between low and high"));
            }
            range.push([low, high]);
        }
        if let Some((tonnes, intensity)) = emitted {
            let both = !cells[tonnes].is_empty() && !cells[intensity].is_empty();
            let both = if both { Some([rows.number(i, tonnes)?, rows.number(i, intensity)?]) } else { None };
            carbon.push(both.filter(|[b, u]| *b > 0.0 && *u > 0.0));
        }
        seen.push((name.clone(), *line));
        known.push(bound);
        costs.push((name, value));
    }
    let unit = cost_unit(rows, cost, unit_column)?;
    let places = (0..costs.len()).map(|i| rows.at(i, regions)).collect();
    Ok(Costs {
        rows: costs,
        bounds: known,
        unit,
        source: Some(rows.source.clone()),
        places,
        range: ends.map(|_| range),
        carbon: emitted.map(|_| carbon),
        accepted: accepted.to_vec(),
    })
}

fn infinite(place: String, name: &Name) -> Error {
    let help = "pass `price-cap` PRICE to isard cost, or give a cost of your own";
    Error::format(place, format!("the cost of {name} is infinite: GDP has no value at the margin there"), help)
}

/// Costs as `isard cost` writes them in JSON.
fn costs_json(path: &Path, encoding: Encoding) -> Result<Costs> {
    let (text, source) = input::text(path, encoding, &Watch::default())?;
    let place = path.display().to_string();
    let object: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| Error::format(format!("{place}:{}:{}", e.line(), e.column()), e, "write it again"))?;
    let lacks = |what: &str| Error::format(&place, format!("no {what} in the object"), "name a file that isard cost wrote, or a CSV");
    let unit = object["unit"].as_str().ok_or_else(|| lacks("unit"))?.to_string();
    Rate::read(&unit).map_err(|e| e.at(format!("{place}: unit"), COST_HELP))?;
    let words = object["accepted"].as_array().into_iter().flatten().filter_map(|w| w.as_str());
    let accepted = words.map(|w| rule(&place, w)).collect::<Result<Vec<Rule>>>()?;
    if object["identified"] == "no" && !accepted.contains(&Rule::UnidentifiedPrices) {
        return Err(unidentified(format!("{place}: identified")));
    }
    let (mut rows, mut bounds): (Vec<(Name, f64)>, Vec<Option<f64>>) = (Vec::new(), Vec::new());
    let (mut range, mut carbon) = (Vec::new(), Vec::new());
    let ranged = object["costs"].as_array().into_iter().flatten().all(|e| e.get("low").is_some() && e.get("high").is_some());
    for (i, entry) in object["costs"].as_array().ok_or_else(|| lacks("list of costs"))?.iter().enumerate() {
        let place = format!("{place}: costs[{i}]");
        let name = Name::region(entry["region"].as_str().ok_or_else(|| lacks(&format!("region of costs[{i}]")))?);
        if rows.iter().any(|(n, _)| region_key(&n.given) == region_key(&name.given)) {
            return Err(Error::format(place, format!("region \"{name}\" comes twice"), "keep one cost for each region"));
        }
        let cost = match entry["cost"].as_f64() {
            Some(cost) if cost >= 0.0 => cost,
            Some(cost) => {
                let text = format!("expected a cost of at least 0 for {name}, found {cost}");
                return Err(Error::format(place, text, "pass `price-floor` 0 to isard cost"));
            }
            None => return Err(infinite(place, &name)),
        };
        // what is infinite is null
        let end = |key: &str, none: f64| entry[key].as_f64().unwrap_or(none);
        range.push([end("low", f64::NEG_INFINITY), end("high", f64::INFINITY)]);
        carbon.push(
            entry["emissions_t"]
                .as_f64()
                .zip(entry["intensity_t_per_10k"].as_f64())
                .map(|(b, u)| [b, u])
                .filter(|[b, u]| *b > 0.0 && *u > 0.0),
        );
        rows.push((name, cost));
        bounds.push(entry["cost_bound"].as_f64().filter(|b| *b >= 0.0));
    }
    let places = (0..rows.len()).map(|i| format!("{place}: costs[{i}]")).collect();
    let range = ranged.then_some(range);
    Ok(Costs { rows, bounds, unit, source: Some(source), places, range, carbon: Some(carbon), accepted })
}

fn cost_unit(rows: &Rows, cost: usize, unit: Option<usize>) -> Result<String> {
    let units: Vec<&str> = unit.map(|c| rows.records.iter().map(|(_, cells)| cells[c].as_str()).collect()).unwrap_or_default();
    match units.first() {
        Some(first) if !first.is_empty() && units.iter().all(|u| u == first) => {
            let place = rows.at(0, unit.unwrap_or(0));
            return Rate::read(first).map(|_| (*first).to_string()).map_err(|e| e.at(place, COST_HELP));
        }
        Some(_) => return Err(Error::format(&rows.place, "the costs have several units, or none", "convert them to one unit")),
        None => {}
    }
    let header = &rows.header[cost];
    let place = rows.heading(cost);
    match Rate::in_heading(header) {
        Some(rate) => rate.map(|r| format!("{}/{}", r.money, r.mass)).map_err(|e| e.at(place, COST_HELP)),
        None => Err(Error::format(
            place,
            format!("the unit of column \"{header}\" is not known"),
            format!("call it cost_yuan_per_t; {COST_HELP}"),
        )),
    }
}
