//! Panels of regions and years as CSV: inputs, GDP and CO2 for estimates of abatement cost.
//!
//! One line for each region and year. Columns are named by options or recognised by their headings; units stand in the
//! headings or in options. Nothing is deflated, dropped or filled in unless a named option says so, and all that is noted.

mod fuels;
mod headings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3};

use headings::units;
pub(super) use headings::{Columns, YEAR, column, one};

use super::prices;
use crate::cost::rules::Headings;
use crate::cost::{Missing, Panel, Prices};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::labels::{Name, is_total, region_key};
use crate::memory;

/// How a panel is to be read; what is `None` is recognised from the headings.
#[derive(Debug, Clone, Default)]
pub struct PanelOptions {
    /// Column of regions.
    pub region: Option<String>,
    /// Column of years.
    pub year: Option<String>,
    /// Column of GDP.
    pub gdp: Option<String>,
    /// Column of CO2.
    pub co2: Option<String>,
    /// Columns of inputs.
    pub inputs: Vec<String>,
    /// Unit of GDP, such as `10^8 yuan`.
    pub gdp_unit: Option<String>,
    /// Unit of CO2, such as `Mt`.
    pub co2_unit: Option<String>,
    /// Whether these units take the place of others that the headings say.
    pub override_unit: bool,
    /// First and last year.
    pub years: Option<(i32, i32)>,
    /// The year whose prices are wanted; the last one if `None`.
    pub price_year: Option<i32>,
    /// What to do with gaps.
    pub missing: Missing,
    /// Whether GDP is in current or constant prices.
    pub prices: Option<Prices>,
    /// A price index of GDP: a file (columns year, index, and region where it differs by region), `FILE:COLUMN`, a column of
    /// the panel, or `invest-price` for the index of `rebase`.
    pub deflator: Option<PathBuf>,
    /// The stock of capital and the price index that makes it comparable between regions: `capital=INDEX`, an index as above.
    pub rebase: Option<String>,
    /// In which prices the stock of capital is: `current`, `constant`, or the year.
    pub capital_prices: Option<String>,
    /// Fuels among the inputs: `COLUMN=FACTOR`, tonnes of CO2 per tonne of the column's unit, of coal equivalent or of the fuel.
    pub fuels: Vec<String>,
    /// Encoding of the files.
    pub encoding: Encoding,
}

/// Reads a panel.
///
/// # Errors
/// With file, line and column: a column or unit that is not known, text in place of a number, numbers that are not
/// positive, a region and year twice, gaps under [`Missing::Fail`], fewer than two regions.
pub fn read(path: &Path, options: &PanelOptions) -> Result<Panel> {
    let rows = Rows::read(path, options.encoding)?;
    let columns = Columns::find(&rows, options)?;
    let lines = Lines::sort(&rows, &columns)?;
    no_totals(&rows, &columns, &lines)?;
    let years = wanted(&rows, &lines, options)?;
    let price_year = price_year(&years, options)?;
    let mut notes = vec![columns.said(&rows)];
    let (gdp_unit, tonnes) = units(&rows, &columns, options, &mut notes)?;
    let (kept, out) = complete(&rows, &columns, &lines, &years, options.missing, &mut notes)?;
    if kept.len() < 2 {
        let text = format!("{} region(s) with every number for {}, need at least 2", kept.len(), span(&years));
        return Err(Error::format(&rows.place, text, "add regions, or choose `years` in which they are complete"));
    }
    let (r, t) = (kept.len(), years.len());
    memory::require_array(&format!("{}: a panel", rows.place), r * (2 + columns.inputs.len()), t)?;
    let mut panel = Panel {
        regions: kept.iter().map(|&k| lines.regions[k].clone()).collect(),
        input_names: columns.inputs.iter().map(|&c| rows.header[c].clone()).collect(),
        inputs: Array3::zeros((r, t, columns.inputs.len())),
        gdp: Array2::zeros((r, t)),
        co2: Array2::zeros((r, t)),
        money_per_gdp: gdp_unit.scale.value(),
        money: gdp_unit.currency().unwrap_or("yuan").to_string(),
        tonnes_per_co2: tonnes,
        price_year,
        borrowed: out.into_iter().map(|k| lines.regions[k].clone()).collect(),
        notes,
        sources: vec![rows.source.clone()],
        roles: Headings::default(),
        fuels: Vec::new(),
        years,
    };
    if options.missing == Missing::Exclude {
        panel.borrowed.clear();
    }
    for (i, &region) in kept.iter().enumerate() {
        for (j, &year) in panel.years.iter().enumerate() {
            let line = lines.of[&(region, year)];
            panel.gdp[[i, j]] = positive(&rows, line, columns.gdp)?;
            panel.co2[[i, j]] = positive(&rows, line, columns.co2)?;
            for (n, &c) in columns.inputs.iter().enumerate() {
                panel.inputs[[i, j, n]] = positive(&rows, line, c)?;
            }
        }
    }
    fuels::settle(&rows, options, &mut panel)?;
    prices::settle(&rows, &columns, options, &mut panel)?;
    Ok(panel)
}

/// The year in a cell.
pub(super) fn year_in(rows: &Rows, i: usize, c: usize) -> Result<i32> {
    let cell = &rows.records[i].1[c];
    cell.trim_end_matches('年')
        .trim_end_matches(".0")
        .parse::<i32>()
        .map_err(|_| Error::format(rows.at(i, c), format!("expected a year, found \"{cell}\""), "write years as 2017"))
}

/// The records by region and year.
struct Lines {
    regions: Vec<Name>,
    of: HashMap<(usize, i32), usize>,
    years: BTreeSet<i32>,
}

impl Lines {
    fn sort(rows: &Rows, columns: &Columns) -> Result<Self> {
        let mut lines = Lines { regions: Vec::new(), of: HashMap::new(), years: BTreeSet::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (i, (line, cells)) in rows.records.iter().enumerate() {
            let place = |c: usize| rows.at(i, c);
            let given = &cells[columns.region];
            if given.is_empty() {
                return Err(Error::format(place(columns.region), "the region is missing", "name it, or delete the line"));
            }
            let year = year_in(rows, i, columns.year)?;
            let name = Name::region(given);
            let region = *known.entry(region_key(given)).or_insert_with(|| {
                lines.regions.push(name);
                lines.regions.len() - 1
            });
            lines.years.insert(year);
            if let Some(before) = lines.of.insert((region, year), i) {
                let text = format!("{given} {year} comes twice: line {} and line {line}", rows.records[before].0);
                return Err(Error::format(place(columns.region), text, "keep one line for each region and year"));
            }
        }
        Ok(lines)
    }
}

/// Refuses a region that is the sum of the others, by its name or by every number.
fn no_totals(rows: &Rows, columns: &Columns, lines: &Lines) -> Result<()> {
    let help = "leave its lines out: a total is no observation of its own";
    let refuse = |region: usize, why: &str| {
        let mut at: Vec<u64> = lines.of.iter().filter(|(k, _)| k.0 == region).map(|(_, &i)| rows.records[i].0).collect();
        at.sort_unstable();
        let at: Vec<String> = at.iter().map(u64::to_string).collect();
        let text = format!("\"{}\" is a total {why} (lines {})", lines.regions[region].given, at.join(", "));
        Err(Error::format(&rows.place, text, help))
    };
    let count = lines.regions.len();
    if let Some(region) = (0..count).find(|&r| count > 1 && is_total(&lines.regions[r].given)) {
        return refuse(region, "by its name");
    }
    let number = |r: usize, year: i32, c: usize| lines.of.get(&(r, year)).and_then(|&i| rows.number(i, c).ok());
    let mut totals: Vec<bool> = vec![count > 3; count];
    for &year in &lines.years {
        for c in columns.numbers() {
            let of: Vec<Option<f64>> = (0..count).map(|r| number(r, year, c)).collect();
            let sum: f64 = of.iter().flatten().sum();
            // sums of rounded numbers are rounded
            totals.iter_mut().zip(&of).for_each(|(is, v)| *is &= v.is_some_and(|v| (2.0 * v - sum).abs() <= 1e-5 * sum.abs()));
        }
    }
    match totals.iter().position(|t| *t) {
        Some(region) => refuse(region, "by its numbers: each is the sum of those of the other regions"),
        None => Ok(()),
    }
}

/// The years to use; each must occur in the file.
fn wanted(rows: &Rows, lines: &Lines, options: &PanelOptions) -> Result<Vec<i32>> {
    let all: Vec<i32> = lines.years.iter().copied().collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return Err(Error::format(&rows.place, "the panel has no line of numbers", "add one line for each region and year"));
    };
    let (from, to) = options.years.unwrap_or((*first, *last));
    if from > to {
        return Err(Error::range(format!("`years` {from}-{to} ends before it begins"), "write `years` 2000-2017"));
    }
    if i64::from(to) - i64::from(from) > 1000 {
        return Err(Error::format(&rows.place, format!("{from} to {to} are more than 1000 years"), "correct the years, or pass `years`"));
    }
    let absent: Vec<String> = (from..=to).filter(|y| !lines.years.contains(y)).map(|y| y.to_string()).collect();
    if !absent.is_empty() {
        let text = format!("no line for {} of the {} years {from}-{to}: {}", absent.len(), to - from + 1, absent.join(", "));
        let span = if first == last { first.to_string() } else { format!("{first}-{last}") };
        return Err(Error::format(&rows.place, text, format!("the file has {span}; choose years without a gap with `years`")));
    }
    Ok((from..=to).collect())
}

fn price_year(years: &[i32], options: &PanelOptions) -> Result<usize> {
    match options.price_year {
        None => Ok(years.len() - 1),
        Some(y) => years
            .iter()
            .position(|v| *v == y)
            .ok_or_else(|| Error::range(format!("`price-year` {y} is not among the years {}", span(years)), "choose a year of the panel")),
    }
}

fn span(years: &[i32]) -> String {
    match years {
        [one] => one.to_string(),
        _ => format!("{}-{}", years[0], years[years.len() - 1]),
    }
}

pub(super) fn is_missing(cell: &str) -> bool {
    ["", "na", "n/a", "n.a.", "nan", "null", "-", "--", "..", "…"].contains(&cell.trim().to_lowercase().as_str())
}

/// Regions with every number, and those without; gaps are refused or listed.
fn complete(
    rows: &Rows,
    columns: &Columns,
    lines: &Lines,
    years: &[i32],
    missing: Missing,
    notes: &mut Vec<String>,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let (mut kept, mut out, mut first) = (Vec::new(), Vec::new(), None);
    for region in 0..lines.regions.len() {
        let mut gaps: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for &year in years {
            let Some(&i) = lines.of.get(&(region, year)) else {
                gaps.entry("the whole line").or_default().push(year);
                first.get_or_insert((rows.place.clone(), format!("{} has no line for {year}", lines.regions[region])));
                continue;
            };
            for c in columns.numbers().filter(|&c| is_missing(&rows.records[i].1[c])) {
                gaps.entry(&rows.header[c]).or_default().push(year);
                let place = rows.at(i, c);
                first.get_or_insert((place, format!("{} of {} {year} is missing", rows.header[c], lines.regions[region])));
            }
        }
        if gaps.is_empty() {
            kept.push(region);
            continue;
        }
        let list: Vec<String> = gaps.iter().map(|(what, at)| format!("{what} ({} of {} years)", at.len(), years.len())).collect();
        let fate = match missing {
            Missing::NeighbourMean => "left out of the estimate, priced by its neighbours",
            _ => "left out",
        };
        notes.push(format!("{} lacks {}: {fate}", lines.regions[region], list.join(", ")));
        out.push(region);
    }
    match first {
        Some((place, text)) if missing == Missing::Fail => {
            let names: Vec<&str> = out.iter().map(|&k| lines.regions[k].en.as_str()).collect();
            let text = format!("{text}; {} of {} regions have gaps: {}", out.len(), lines.regions.len(), names.join(", "));
            Err(Error::format(place, text, "complete the data, or pass `missing` exclude or `missing` neighbour-mean, or other `years`"))
        }
        _ => Ok((kept, out)),
    }
}

pub(super) fn positive(rows: &Rows, i: usize, c: usize) -> Result<f64> {
    let remedy = "leave it empty and pass `missing` exclude if the number is not known";
    let value = rows.known(i, c, remedy)?;
    if value > 0.0 {
        return Ok(value);
    }
    let place = rows.at(i, c);
    let text = format!("{} must be positive, found {value}", rows.header[c]);
    Err(Error::format(place, text, format!("correct the cell; {remedy}")))
}
