//! Targets of a balance from CSV: one line for each row, column, cell or part of a total of a table.
//!
//! ```text
//! target,region,sector,buyer_region,buyer,value,standard_error,low,high,name
//! row,north,mines,,,120,,,,
//! column,,,south,mills,80,4,,,
//! column,,,south,households,,,50,60,
//! cell,north,mines,south,mills,12,,,,
//! total,north,,south,intermediate,300,,,,trade of north to south
//! ```
//! Numbers are in the unit of the table. Lines of `total` with one name make one sum; an empty part stands for all.

use std::path::Path;

use crate::balance::{Given, Plan, Target};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::inventories::csv::SECTOR;
use crate::formats::tools::rows::{REGION, Rows};
use crate::labels::{find, key};
use crate::table::{Source, Table};

const KNOWN: [&str; 10] = ["target", "region", "sector", "buyer_region", "buyer", "value", "standard_error", "low", "high", "name"];

/// Reads targets, and the file that they are from.
///
/// # Errors
/// With the place, when a line does not say what its kind of target needs, or names what the table has not.
pub fn targets(path: &Path, encoding: Encoding, table: &Table) -> Result<(Vec<Given>, Source)> {
    let rows = Rows::read(path, encoding)?;
    let columns = Columns::of(&rows)?;
    let given = (0..rows.records.len()).map(|i| Line { rows: &rows, columns: &columns, table, i }.given()).collect::<Result<_>>()?;
    Ok((given, rows.source))
}

/// Where the columns of the file are.
struct Columns {
    target: usize,
    region: Option<usize>,
    sector: Option<usize>,
    buyer_region: Option<usize>,
    buyer: Option<usize>,
    value: Option<usize>,
    error: Option<usize>,
    low: Option<usize>,
    high: Option<usize>,
    name: Option<usize>,
}

impl Columns {
    fn of(rows: &Rows) -> Result<Self> {
        let Some(target) = rows.column(&["target", "kind"])? else {
            let text = format!("expected a column target, found {}", rows.header.join(", "));
            return Err(Error::format(&rows.place, text, format!("name the columns {}", KNOWN.join(", "))));
        };
        let found = Columns {
            target,
            region: rows.column(&REGION)?,
            sector: rows.column(&SECTOR)?,
            buyer_region: rows.column(&["buyerregion", "toregion"])?,
            buyer: rows.column(&["buyer", "buyersector", "tosector"])?,
            value: rows.column(&["value"])?,
            error: rows.column(&["standarderror", "sigma"])?,
            low: rows.column(&["low"])?,
            high: rows.column(&["high"])?,
            name: rows.column(&["name"])?,
        };
        let places = [found.region, found.sector, found.buyer_region, found.buyer];
        let numbers = [found.value, found.error, found.low, found.high, found.name];
        let used: Vec<usize> = places.into_iter().chain(numbers).flatten().chain([target]).collect();
        rows.nothing_else(&used, &KNOWN)?;
        Ok(found)
    }
}

/// One line of the file.
struct Line<'l> {
    rows: &'l Rows,
    columns: &'l Columns,
    table: &'l Table,
    i: usize,
}

impl Line<'_> {
    fn text(&self, column: Option<usize>) -> &str {
        column.map_or("", |c| self.rows.records[self.i].1[c].as_str())
    }

    fn number(&self, column: Option<usize>) -> Result<Option<f64>> {
        column.filter(|_| !self.text(column).is_empty()).map(|c| self.rows.number(self.i, c)).transpose()
    }

    fn wrong(&self, text: &str, help: &str) -> Error {
        Error::format(self.rows.line(self.i), text, help)
    }

    /// An error of a name, with the place.
    fn placed<T>(&self, found: Result<T>) -> Result<T> {
        found.map_err(|e| Error::format(self.rows.line(self.i), &e, e.help().unwrap_or_default()))
    }

    fn given(&self) -> Result<Given> {
        let Columns { target, region, sector, buyer_region, buyer, name, .. } = *self.columns;
        let kind = self.text(Some(target)).to_lowercase();
        let total = kind == "total";
        if !total && !self.text(name).is_empty() {
            return Err(self.wrong("a name stands on a line that is no total", "leave it empty: names join the parts of a total"));
        }
        let (seller, other) = ((self.text(region), self.text(sector)), (self.text(buyer_region), self.text(buyer)));
        match kind.as_str() {
            "row" if other != ("", "") => Err(self.wrong("a row has no buyer", "leave buyer_region and buyer empty")),
            "row" => Ok(Given::Row(self.one(self.sellers(seller)?, "row")?, self.target()?.unwrap_or(Target::Free))),
            "column" => {
                // a file of columns alone may call them region and sector
                let (place, rest) = if other == ("", "") { (seller, ("", "")) } else { (other, seller) };
                if rest != ("", "") {
                    return Err(self.wrong("a column has no seller", "leave region and sector empty"));
                }
                Ok(Given::Column(self.one(self.buyers(place)?, "column")?, self.target()?.unwrap_or(Target::Free)))
            }
            "cell" => {
                let value = match self.target()? {
                    None => None,
                    Some(Target::Exact(v)) => Some(v),
                    Some(_) => return Err(self.wrong("a cell is fixed at a number", "give value alone, or use a total of one cell")),
                };
                let (row, column) = (self.one(self.sellers(seller)?, "row")?, self.one(self.buyers(other)?, "column")?);
                Ok(Given::Cell(row, column, value))
            }
            "total" => {
                let own = format!("total of line {}", self.rows.records[self.i].0);
                let name = if self.text(name).is_empty() { own } else { self.text(name).to_string() };
                Ok(Given::Total(name, self.sellers(seller)?, self.buyers(other)?, self.target()?))
            }
            other => Err(Error::format(
                self.rows.at(self.i, target),
                format!("unknown kind of target \"{other}\""),
                "write row, column, cell or total",
            )),
        }
    }

    fn one(&self, found: Vec<usize>, what: &str) -> Result<usize> {
        match found[..] {
            [one] => Ok(one),
            _ => Err(self.wrong(&format!("expected one {what}, the names fit {}", found.len()), "name region and sector")),
        }
    }

    /// What the numbers of the line say.
    fn target(&self) -> Result<Option<Target>> {
        let Columns { value, error, low, high, .. } = *self.columns;
        match (self.number(value)?, self.number(error)?, self.number(low)?, self.number(high)?) {
            (None, None, None, None) => Ok(None),
            (Some(v), None, None, None) => Ok(Some(Target::Exact(v))),
            (Some(v), Some(e), None, None) if e > 0.0 => Ok(Some(Target::Estimate(v, e))),
            // a target without an error is exact
            (Some(v), Some(0.0), None, None) => Ok(Some(Target::Exact(v))),
            (None, None, low, high) => {
                let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
                if low > high {
                    return Err(self.wrong(&format!("low {low} is above high {high}"), "exchange them"));
                }
                Ok(Some(Target::Between(low, high)))
            }
            _ => Err(self.wrong(
                "the numbers contradict each other",
                "give value, or value and a standard_error not below 0, or low and high (one may be empty)",
            )),
        }
    }

    fn sellers(&self, (region, sector): (&str, &str)) -> Result<Vec<usize>> {
        let names = self.table.labels.row_names();
        match (region, sector) {
            ("", "") => Ok((0..self.table.dim()).collect()),
            ("", sector) => self.placed(names.rows_of_sector(sector)),
            (region, "") => Ok(names.rows(self.placed(names.region(region))?).collect()),
            (region, sector) => Ok(vec![self.placed(names.region(region).and_then(|r| names.row(r, sector)))?]),
        }
    }

    fn buyers(&self, (region, buyer): (&str, &str)) -> Result<Vec<usize>> {
        let (labels, n) = (&self.table.labels, self.table.dim());
        let [exports, stock] = Plan::special(self.table);
        let word = key(buyer);
        for (names, at) in [(["exports", "export"], exports), (["stockchanges", "stock"], stock)] {
            if let (true, Some(at), "") = (names.contains(&word.as_str()), at, region) {
                return Ok(vec![at]);
            }
        }
        let regions = if region.is_empty() { 0..labels.region_count() } else { self.placed(labels.region(region)).map(|r| r..r + 1)? };
        let sectors = |r: usize| labels.rows(r).collect::<Vec<_>>();
        let demand = |r: usize| labels.demand(r).map(|k| n + k).collect::<Vec<_>>();
        match word.as_str() {
            "" if region.is_empty() => return Ok((0..Plan::columns(self.table)).collect()),
            "" => return Ok(regions.flat_map(|r| [sectors(r), demand(r)].concat()).collect()),
            "intermediate" => return Ok(regions.flat_map(sectors).collect()),
            "finaldemand" => return Ok(regions.flat_map(demand).collect()),
            _ => {}
        }
        let mut found = Vec::new();
        for r in regions.clone() {
            let category = find(&labels.categories[labels.demand(r)], buyer).map(|k| n + labels.demand(r).start + k);
            match (labels.find_sector(r, buyer), category) {
                (Some(_), Some(_)) => {
                    let text = format!("\"{buyer}\" is a sector and a category of final demand");
                    return Err(self.wrong(&text, "rename one of them in the table"));
                }
                (sector, category) => found.extend(sector.or(category)),
            }
        }
        if found.is_empty() {
            let r = regions.start;
            let names = labels.sectors[labels.rows(r)].iter().chain(&labels.categories[labels.demand(r)]).map(|n| n.en.as_str());
            return self.placed(Err(Error::unknown("buyer", buyer, &names.collect::<Vec<_>>())));
        }
        Ok(found)
    }
}
