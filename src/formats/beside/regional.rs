//! Numbers by region or by pair of regions: gross domestic product, and shares passed on from one region to another.

use std::path::Path;

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::labels::Labels;
use crate::units::{MONEY, Unit};

/// Reads the gross domestic product of every region (R) and its unit: a column of regions and a column `gdp` (in the
/// unit of the table) or `gdp_UNIT`.
///
/// # Errors
/// When the unit is not understood, a column is missing or a region is missing, unknown or twice there.
pub fn product(path: &Path, encoding: Encoding, labels: &Labels) -> Result<(Vec<f64>, Option<String>)> {
    let rows = Rows::read(path, encoding)?;
    let regions = rows.regions()?;
    let Some(column) = rows.header.iter().position(|h| h.get(..3).is_some_and(|s| s.eq_ignore_ascii_case("gdp"))) else {
        let text = format!("expected a column gdp, found {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "name the columns region and gdp, or gdp_1e8_yuan and the like"));
    };
    let unit = match rows.header[column][3..].trim_matches(['_', ' ']) {
        "" => None,
        text => Some(Unit::money_or(text, "yuan").map_err(|e| e.at(rows.heading(column), MONEY))?.to_string()),
    };
    rows.nothing_else(&[regions, column], &["region", "gdp"])?;
    let mut values = vec![f64::NAN; labels.region_count()];
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let r = labels.region(&cells[regions])?;
        if !values[r].is_nan() {
            let text = format!("region \"{}\" comes twice", cells[regions]);
            return Err(Error::format(rows.line(i), text, "keep one line for each region (one year)"));
        }
        values[r] = rows.number(i, column)?;
    }
    let missing: Vec<&str> = (0..values.len()).filter(|&r| values[r].is_nan()).map(|r| labels.regions[r].en.as_str()).collect();
    if !missing.is_empty() {
        let text = format!("{} of {} regions have no gdp: {}", missing.len(), values.len(), missing.join(", "));
        return Err(Error::format(&rows.place, text, "add a line for each"));
    }
    Ok((values, unit))
}

/// Reads the share passed on for every pair of regions (R x (R + 1), the last column abroad): columns `origin`,
/// `destination` and `alpha`; the destination `export` is abroad. Inside a region and abroad the default is 1.
///
/// # Errors
/// When a column or a pair of two regions is missing, or a pair comes twice.
pub fn passed_on(path: &Path, encoding: Encoding, labels: &Labels) -> Result<Array2<f64>> {
    let rows = Rows::read(path, encoding)?;
    let (Some(origin), Some(destination), Some(alpha)) =
        (rows.column(&["origin", "from"])?, rows.column(&["destination", "to"])?, rows.column(&["alpha", "share"])?)
    else {
        let text = format!("expected the columns origin, destination, alpha, found {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "write one line for each pair of regions"));
    };
    rows.nothing_else(&[origin, destination, alpha], &["origin", "destination", "alpha"])?;
    let count = labels.region_count();
    let mut shares = Array2::from_elem((count, count + 1), f64::NAN);
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let s = labels.region(&cells[origin])?;
        let r = if ["export", "abroad", "出口"].contains(&cells[destination].as_str()) {
            count
        } else {
            labels.region(&cells[destination])?
        };
        if !shares[[s, r]].is_nan() {
            let text = format!("the pair {} / {} comes twice", cells[origin], cells[destination]);
            return Err(Error::format(rows.line(i), text, "keep one line for each pair"));
        }
        shares[[s, r]] = rows.number(i, alpha)?;
    }
    for s in 0..count {
        for r in [s, count] {
            shares[[s, r]] = if shares[[s, r]].is_nan() { 1.0 } else { shares[[s, r]] };
        }
        if let Some(r) = (0..count).find(|&r| shares[[s, r]].is_nan()) {
            let text = format!("no share for {} / {}: {} pairs are expected", labels.regions[s], labels.regions[r], count * (count - 1));
            return Err(Error::format(&rows.place, text, "add a line for each pair of two regions"));
        }
    }
    Ok(shares)
}
