//! Persons by region: a CSV file with a column of regions and a column `population`, or `population_10k` in 10^4 persons.

use std::path::Path;

use super::Encoding;
use super::inventory_csv::Rows;
use crate::error::{Error, Result};
use crate::labels::Labels;

/// Headings and the persons in one unit of each.
const HEADINGS: [(&str, f64); 9] = [
    ("population", 1.0),
    ("pop", 1.0),
    ("persons", 1.0),
    ("人口", 1.0),
    ("population10k", 1e4),
    ("pop10k", 1e4),
    ("人口万人", 1e4),
    ("年末常住人口万人", 1e4),
    ("常住人口万人", 1e4),
];

/// Reads the persons of every region of a table (R); regions the table does not have are an error.
///
/// # Errors
/// When a column is missing, a region comes twice or is missing, or a number is not above 0.
pub fn population(path: &Path, encoding: Encoding, labels: &Labels) -> Result<Vec<f64>> {
    let rows = Rows::read(path, encoding)?;
    let regions = rows.column(&["region", "regions", "province", "prov", "地区", "省份", "区域", "省"]).unwrap_or(0);
    let known = HEADINGS.iter().find_map(|(name, factor)| rows.column(&[name]).map(|c| (c, *factor)));
    let Some((column, factor)) = known else {
        let text = format!("expected a column population or population_10k, found {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "name the columns region and population (persons), or population_10k (10^4 persons)"));
    };
    let mut people = vec![f64::NAN; labels.region_count()];
    for (i, (line, cells)) in rows.records.iter().enumerate() {
        let r = labels.region(&cells[regions])?;
        let value = rows.number(i, column)? * factor;
        let place = format!("{}:{line}:{}", rows.place, column + 1);
        if !people[r].is_nan() {
            let text = format!("region \"{}\" comes twice, with {} and {value} persons", cells[regions], people[r]);
            return Err(Error::format(place, text, "keep one line for each region (one year)"));
        }
        if value <= 0.0 {
            return Err(Error::format(place, format!("expected a number of persons above 0, found {value}"), "correct the cell"));
        }
        people[r] = value;
    }
    let missing: Vec<&str> = (0..people.len()).filter(|&r| people[r].is_nan()).map(|r| labels.regions[r].en.as_str()).collect();
    if !missing.is_empty() {
        let text = format!("{} of {} regions have no population: {}", missing.len(), people.len(), missing.join(", "));
        return Err(Error::format(&rows.place, text, "add a line for each"));
    }
    Ok(people)
}
