//! Prices of the money columns of a panel: GDP deflated, capital moved to prices of one year, or their base as it is stated.
//!
//! GDP: `y P(T) / P(t)`; a stock of capital in each region's own prices of a year Y: `K P(T) / P(Y)`. An index P is a column
//! of the panel, or of a file of its own with regions and years. What is not stated is asked for or left to the rules of
//! [`crate::cost::rules`]; nothing is assumed without a note.

use std::collections::HashMap;
use std::path::Path;

use super::panel::{Columns, PanelOptions, YEAR, column, is_missing, one, positive, year_in};
use crate::cost::rules::{Headings, Money};
use crate::cost::{Panel, Prices};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::inventories::split;
use crate::formats::tools::rows::{REGION, Rows};
use crate::labels::{Name, key, region_key};
use crate::table::Source;
use crate::units::{Unit, in_heading};

/// The name of the index of `--rebase` as a deflator of GDP.
const PROXY: &str = "invest-price";

/// A price index by year, and by region where it differs.
struct Index {
    name: String,
    place: String,
    of: HashMap<(String, i32), f64>,
    regional: bool,
    source: Option<Source>,
}

impl Index {
    /// A column of the panel, or of another file: `COLUMN`, `FILE`, `FILE:COLUMN`.
    fn read(named: &str, rows: &Rows, columns: &Columns, encoding: Encoding) -> Result<Self> {
        if let Ok(c) = column(rows, named) {
            return Index::new(named.into(), rows, Some(columns.region), columns.year, c, None);
        }
        let (file, wanted) = split(Path::new(named));
        let own = Rows::read(&file, encoding)?;
        let exactly = |names: &'static [&'static str]| move |h: &str| names.contains(&key(h).as_str()) || names.contains(&h.trim());
        let year = one(&own, None, "years", "a heading year for the", exactly(&[YEAR[0], YEAR[1], YEAR[2], "yr"]))?;
        let region = (0..own.header.len()).find(|&c| key(&own.header[c]) == "prv").map_or_else(|| own.column(&REGION), |c| Ok(Some(c)))?;
        let index = match wanted {
            Some(wanted) => column(&own, &wanted)?,
            None => {
                let index = one(&own, None, "index numbers", "a heading index for the", exactly(&["index", "deflator", "指数"]))?;
                own.nothing_else(&[year, index].into_iter().chain(region).collect::<Vec<_>>(), &["year", "index", "region"])?;
                index
            }
        };
        Index::new(named.into(), &own, region, year, index, Some(own.source.clone()))
    }

    fn new(name: String, rows: &Rows, region: Option<usize>, year: usize, index: usize, source: Option<Source>) -> Result<Self> {
        let mut of = HashMap::new();
        for (i, (_, cells)) in rows.records.iter().enumerate().filter(|(_, (_, cells))| !is_missing(&cells[index])) {
            let own = region.map_or(String::new(), |c| region_key(&cells[c]));
            let value = positive(rows, i, index)?;
            if of.insert((own, year_in(rows, i, year)?), value).is_some() {
                let text = format!("the index of {} comes twice", cells[year]);
                return Err(Error::format(rows.line(i), text, "keep one line for each region and year"));
            }
        }
        Ok(Index { name, place: rows.place.clone(), of, regional: region.is_some(), source })
    }

    fn find(&self, region: &Name, year: i32) -> Option<f64> {
        let own = if self.regional { region_key(&region.given) } else { String::new() };
        self.of.get(&(own, year)).copied()
    }

    fn at(&self, region: &Name, year: i32) -> Result<f64> {
        self.find(region, year).ok_or_else(|| {
            let who = if self.regional { format!("{region} {year}") } else { year.to_string() };
            Error::format(&self.place, format!("no index for {who}"), "add the line: region, year, index")
        })
    }

    /// The index of the base year of a region. Where a region's own line begins later, the number that all other regions have
    /// there, which is a note.
    fn base(&self, region: &Name, year: i32, notes: &mut Vec<String>) -> Result<f64> {
        if let Some(found) = self.find(region, year) {
            return Ok(found);
        }
        let mut others: Vec<f64> = self.of.iter().filter(|((_, y), _)| *y == year).map(|(_, v)| *v).collect();
        others.dedup();
        match others[..] {
            [same] => {
                notes.push(format!(
                    "WARN: {} has no index of {year} for {region}: taken as {same}, which every other region has in {year}",
                    self.name
                ));
                Ok(same)
            }
            _ => self.at(region, year),
        }
    }
}

/// The base of prices in a heading. `2017p` is constant prices of that year; a year alone is only where a stock is counted in it.
fn stated(heading: &str, stock: bool) -> Money {
    let plain = key(heading);
    let of_unit = in_heading(heading, Unit::money).and_then(|(_, unit)| unit.ok()).map(|u| u.prices);
    let digits: Vec<&str> = heading.split(|c: char| !c.is_ascii_digit()).collect();
    let in_words = digits.iter().find(|d| d.len() == 4 && (d.starts_with("19") || d.starts_with("20"))).and_then(|d| d.parse().ok());
    let year = of_unit.and_then(|p| p.year.map(i32::from)).or(in_words);
    let constant =
        ["constant", "real", "可比价", "不变价"].iter().any(|w| plain.contains(w)) || of_unit.and_then(|p| p.constant) == Some(true);
    let current =
        ["current", "nominal", "当年价", "现价"].iter().any(|w| plain.contains(w)) || of_unit.and_then(|p| p.constant) == Some(false);
    let in_prices = |d: &&str| d.len() == 4 && heading.contains(&format!("{d}p")) && Some(d.parse().unwrap_or(0)) == year;
    let of_year = digits.iter().any(in_prices);
    let prices = match (current, constant || of_year || (stock && year.is_some())) {
        (true, _) => Some(Prices::Current),
        (false, true) => Some(Prices::Constant),
        (false, false) => None,
    };
    Money { prices, year: year.filter(|_| !current), index: None }
}

/// Tonnes of coal equivalent in the unit of a heading, where it names coal equivalent.
pub(super) fn coal(heading: &str) -> Option<f64> {
    let marks = [("标准煤", ""), ("标煤", ""), ("_sce", ""), (" sce", ""), ("tce", "t")];
    let (mark, rest) = marks.iter().find(|(mark, _)| heading.contains(mark))?;
    let plain = heading.replace(mark, rest);
    in_heading(&plain, Unit::mass).and_then(|(_, unit)| unit.ok()).map(|unit| unit.scale.value())
}

/// Moves GDP and capital to the prices of the price year where an index is named, and notes in which prices they are.
pub(super) fn settle(rows: &Rows, columns: &Columns, options: &PanelOptions, panel: &mut Panel) -> Result<()> {
    let mut roles = Headings::of(&panel.input_names);
    roles.coal_per_energy = roles.energy.and_then(|e| coal(&panel.input_names[e]));
    let capital = roles.capital;
    if let Some(c) = capital {
        roles.stock = stated(&panel.input_names[c], true);
    }
    if let Some(text) = &options.capital_prices {
        let named = match text.as_str() {
            "current" => Money { prices: Some(Prices::Current), ..Money::default() },
            "constant" => Money { prices: Some(Prices::Constant), year: roles.stock.year, index: None },
            year => {
                let year = year.parse::<i32>().ok().filter(|y| (1800..2200).contains(y)).ok_or_else(|| {
                    Error::invalid(
                        format!("the prices of capital are current, constant or a year, not \"{text}\""),
                        "such as `capital-prices` 1952",
                    )
                })?;
                Money { prices: Some(Prices::Constant), year: Some(year), index: None }
            }
        };
        let Some(c) = capital else {
            return Err(Error::missing(
                "no input is recognised as capital, but its prices are named",
                "call the column capital_..., or leave `capital-prices` out",
            ));
        };
        let said = &roles.stock;
        if said.prices.is_some_and(|p| Some(p) != named.prices) || said.year.is_some_and(|y| named.year.is_some_and(|n| n != y)) {
            let text = format!("`capital-prices` says {text}, the heading \"{}\" says otherwise", panel.input_names[c]);
            return Err(Error::invalid(text, "drop `capital-prices`, or correct the heading"));
        }
        roles.stock = named;
    }
    let index = rebase(rows, columns, options, &mut roles, panel)?;
    if let (Some(c), None, 1) = (roles.capital, roles.stock.prices, panel.years.len()) {
        panel.notes.push(format!(
            "{} does not say in which prices it is counted: over one year that matters only where regions have bases of their own, which the rule capital-base looks for",
            panel.input_names[c]
        ));
    }
    gdp(rows, columns, options, &mut roles, panel, index)?;
    panel.roles = roles;
    Ok(())
}

/// Capital in the prices of the price year: `K P(T) / P(Y)`.
fn rebase(rows: &Rows, columns: &Columns, options: &PanelOptions, roles: &mut Headings, panel: &mut Panel) -> Result<Option<Index>> {
    let Some(text) = &options.rebase else { return Ok(None) };
    let Some((what, named)) = text.split_once('=') else {
        return Err(Error::invalid(
            format!("`rebase` {text} names no index"),
            "write `rebase` capital=INDEX, a column of the panel or FILE:COLUMN",
        ));
    };
    let own = panel.input_names.iter().position(|h| h == what.trim() || key(h) == key(what));
    let Some(c) = own.or_else(|| roles.capital.filter(|_| key(what) == "capital")) else {
        return Err(Error::unknown("input", what, &panel.input_names));
    };
    let name = panel.input_names[c].clone();
    if roles.capital != Some(c) {
        (roles.capital, roles.stock) = (Some(c), stated(&name, true));
    }
    if roles.stock.prices == Some(Prices::Current) {
        return Err(Error::invalid(
            format!("column \"{name}\" is in prices of each year, which `rebase` cannot move"),
            "a stock is rebased from the prices of one year; name another column",
        ));
    }
    let Some(base) = roles.stock.year else {
        return Err(Error::missing(
            format!("the year whose prices \"{name}\" is in is not stated"),
            "pass `capital-prices` YEAR, such as 1952",
        ));
    };
    let index = Index::read(named.trim(), rows, columns, options.encoding)?;
    let to = panel.years[panel.price_year];
    for (r, region) in panel.regions.iter().enumerate() {
        let ratio = index.at(region, to)? / index.base(region, base, &mut panel.notes)?;
        for t in 0..panel.years.len() {
            panel.inputs[[r, t, c]] *= ratio;
        }
    }
    panel.notes.push(format!("{name} moved from each region's own prices of {base} to those of {to} by {}", index.name));
    panel.sources.extend(index.source.clone());
    roles.stock = Money { prices: Some(Prices::Constant), year: Some(to), index: Some(index.name.clone()) };
    Ok(Some(index))
}

/// Deflates where an index is named; otherwise says what GDP is counted in, and asks where that is not stated.
fn gdp(
    rows: &Rows,
    columns: &Columns,
    options: &PanelOptions,
    roles: &mut Headings,
    panel: &mut Panel,
    rebased: Option<Index>,
) -> Result<()> {
    let heading = &rows.header[columns.gdp];
    let mut found = stated(heading, false);
    if let (Some(given), Some(said)) = (options.prices, found.prices)
        && given != said
    {
        let text = format!("`prices` says {given:?}, the heading \"{heading}\" says {said:?}");
        return Err(Error::invalid(text.to_lowercase(), "drop `prices`, or name another column with `gdp`"));
    }
    found.prices = options.prices.or(found.prices);
    if let Some(named) = &options.deflator {
        if found.prices == Some(Prices::Constant) {
            return Err(Error::invalid(
                "GDP is in constant prices and a deflator is given",
                "drop `deflator`, or name GDP in current prices",
            ));
        }
        let text = named.display().to_string();
        let (index, proxy) = match rebased {
            Some(index) if text == PROXY => (index, true),
            None if text == PROXY && column(rows, &text).is_err() => {
                return Err(Error::missing(
                    "`deflator` invest-price is the index of `rebase`, which is not given",
                    "pass `rebase` capital=INDEX too",
                ));
            }
            _ => (Index::read(&text, rows, columns, options.encoding)?, false),
        };
        let to = panel.years[panel.price_year];
        for (r, name) in panel.regions.iter().enumerate() {
            let base = index.at(name, to)?;
            for (t, &year) in panel.years.iter().enumerate() {
                panel.gdp[[r, t]] *= base / index.at(name, year)?;
            }
        }
        panel.notes.push(if proxy {
            format!("GDP deflated by {}, a price index of investment and no deflator of GDP: a proxy, to prices of {to}", index.name)
        } else {
            format!("GDP deflated by {} to prices of {to}", index.name)
        });
        panel.sources.extend(index.source.filter(|s| panel.sources.iter().all(|o| o.path != s.path)));
        roles.gdp = Money { prices: Some(Prices::Constant), year: Some(to), index: Some(index.name) };
        return Ok(());
    }
    let several = panel.years.len() > 1;
    panel.notes.push(match found.prices {
        Some(Prices::Constant) => "GDP in constant prices as given; the price of a tonne is in the same".into(),
        Some(Prices::Current) if several => "GDP in current prices of each year, NOT deflated".into(),
        Some(Prices::Current) => "GDP in current prices".into(),
        None if !several => "GDP in prices of the one year".into(),
        None => {
            let text = format!("column \"{heading}\" does not say whether GDP is in current or constant prices");
            return Err(Error::format(
                rows.heading(columns.gdp),
                text,
                "pass `prices` current or `prices` constant, or `deflator` FILE (region, year, index)",
            ));
        }
    });
    roles.gdp = found;
    Ok(())
}
