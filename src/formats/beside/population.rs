//! Persons by region: a column of regions and a column `population`, with its unit where it is not persons
//! (`population_10k`, `人口（万人）`); or one line of persons under the names of the regions, as `population.txt` of pymrio has it.

use std::path::Path;

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::labels::{Labels, key};
use crate::units::{Read, Unit, in_heading};

/// Headings, before their unit; without one the column counts persons.
const HEADINGS: [&str; 7] = ["population", "pop", "persons", "人口", "常住人口", "年末常住人口", "年末总人口"];

/// Persons in one of the numbers below a heading, where it is one of persons.
fn scale(heading: &str) -> Option<Read<f64>> {
    if HEADINGS.contains(&key(heading).as_str()) {
        return Some(Ok(1.0));
    }
    let (name, unit) = in_heading(heading, Unit::persons)?;
    HEADINGS.contains(&key(&name).as_str()).then(|| unit.map(|u| u.scale.value()))
}

/// Reads the persons of every region of a table (R); regions the table does not have are an error.
///
/// # Errors
/// When a column is missing, a region comes twice or is missing, or a number is not above 0.
pub fn population(path: &Path, encoding: Encoding, labels: &Labels) -> Result<Vec<f64>> {
    let rows = Rows::read(path, encoding)?;
    if let Some(people) = one_line(&rows, labels)? {
        return Ok(people);
    }
    let regions = rows.regions()?;
    let found: Vec<(usize, Read<f64>)> = (0..rows.header.len()).filter_map(|c| scale(&rows.header[c]).map(|scale| (c, scale))).collect();
    let Some((column, scale)) = found.first() else {
        let text = format!("expected a column population or population_10k, found {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "name the columns region and population (persons), or population_10k (10^4 persons)"));
    };
    let (column, help) = (*column, "persons, 10^4, 10k, 万人, million ...");
    let scale = scale.clone().map_err(|e| e.at(rows.heading(column), help))?;
    rows.nothing_else(&[regions, column], &["region", "population", "population_10k"])?;
    let mut people = vec![f64::NAN; labels.region_count()];
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let r = labels.region(&cells[regions])?;
        let value = rows.number(i, column)? * scale;
        let place = rows.at(i, column);
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

/// One line of persons below the names of the regions; `None` where the file is another.
fn one_line(rows: &Rows, labels: &Labels) -> Result<Option<Vec<f64>>> {
    let named: Vec<Option<usize>> = rows.header.iter().skip(1).map(|h| labels.find_region(h)).collect();
    if rows.records.len() != 1 || named.is_empty() || !named.iter().all(Option::is_some) {
        return Ok(None);
    }
    let mut people = vec![f64::NAN; labels.region_count()];
    for (c, r) in named.into_iter().enumerate().filter_map(|(c, r)| Some((c + 1, r?))) {
        let value = rows.number(0, c)?;
        if value <= 0.0 {
            return Err(Error::format(rows.at(0, c), format!("expected a number of persons above 0, found {value}"), "correct the cell"));
        }
        if !people[r].is_nan() {
            return Err(Error::format(
                rows.heading(c),
                format!("region \"{}\" comes twice", rows.header[c]),
                "keep one column for each region",
            ));
        }
        people[r] = value;
    }
    match (0..people.len()).find(|&r| people[r].is_nan()) {
        None => Ok(Some(people)),
        Some(r) => Err(Error::format(&rows.place, format!("no column for {}", labels.regions[r]), "add one for each region of the table")),
    }
}
