//! Names for the rows and columns of a numpy archive, or numbers where it has none.
//!
//! With R regions of S sectors each, n = R S. Regions and sectors may also be given once per row, and then the
//! number of sectors may differ between regions.

use std::collections::HashSet;

use super::arrays::Arrays;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::tools::pairs::{Pairs, repeated};
use crate::labels::Labels;

const REGIONS: [&str; 3] = ["regions", "prov", "countries"];
const SECTORS: [&str; 3] = ["sectors", "sec", "industries"];

/// Labels for `n` rows and `columns` columns of final demand. `matrix` is the shape of the emissions, which tells
/// the number of regions where nothing else does.
pub(super) fn labels(
    arrays: &mut Arrays,
    n: usize,
    columns: usize,
    matrix: Option<(usize, usize)>,
    remarks: &mut Vec<Finding>,
) -> Result<Labels> {
    let regions = arrays.texts(&REGIONS)?;
    let sectors = arrays.texts(&SECTORS)?;
    let (rows, numbered) = rows(arrays, n, regions, sectors, matrix)?;
    if let Some((_, again)) = repeated(&rows) {
        let pair = &rows[again];
        let message = format!("the row \"{} / {}\" comes twice", pair.0, pair.1);
        return Err(Error::format(arrays.file(), message, "give each row its own label"));
    }
    let file = arrays.file();
    for (what, count) in numbered {
        remarks.push(unnamed(&file, what, count));
    }
    let place = arrays.file();
    let plain = Labels::from_pairs(&rows, &[], &place)?;
    let names: Vec<String> = plain.regions.iter().map(|r| r.given.clone()).collect();
    let demand = demand(arrays, &names, columns, remarks)?;
    Labels::from_pairs(&rows, &demand, &place)
}

fn unnamed(file: &str, what: &'static str, count: usize) -> Finding {
    if count == 0 {
        let message = format!(
            "nothing in {file} says how many {what} there are: all rows are read as one; add an array \"{what}\" with the name of each"
        );
        return Finding::new(Level::Warn, "regions-unknown", message);
    }
    let message = format!("{file} names no {what}: they are numbered; add an array \"{what}\" with {count} names");
    Finding::new(Level::Warn, "labels-numbered", message)
}

type Named = Option<(&'static str, Vec<String>)>;

/// One (region, sector) per row, and what had to be numbered.
fn rows(
    arrays: &Arrays,
    n: usize,
    regions: Named,
    sectors: Named,
    matrix: Option<(usize, usize)>,
) -> Result<(Pairs, Vec<(&'static str, usize)>)> {
    let mut numbered = Vec::new();
    let by_row = regions.as_ref().is_some_and(|(_, r)| {
        let distinct: HashSet<&String> = r.iter().collect();
        r.len() == n && (distinct.len() < n || sectors.as_ref().is_some_and(|(_, s)| s.len() == n))
    });
    let owners: Vec<String> = if let (true, Some((_, names))) = (by_row, &regions) {
        names.clone()
    } else {
        let names = match regions {
            Some((name, names)) => distinct(arrays, name, names)?,
            None => {
                let count = region_count(arrays, n, sectors.as_ref(), matrix)?;
                numbered.push(("regions", count.unwrap_or(0)));
                (1..=count.unwrap_or(1)).map(|k| format!("region {k}")).collect()
            }
        };
        if names.is_empty() || !n.is_multiple_of(names.len()) {
            return Err(Error::format(
                arrays.file(),
                format!("{n} rows are no multiple of {} regions", names.len()),
                "name each region once; if regions have different numbers of sectors, give regions and sectors once per row",
            ));
        }
        let each = n / names.len();
        names.iter().flat_map(|r| std::iter::repeat_n(r.clone(), each)).collect()
    };
    let sectors = match sectors {
        Some((name, list)) => spread(arrays, name, list, &owners)?,
        None => {
            let list = count_within(&owners);
            numbered.push(("sectors", n));
            list
        }
    };
    Ok((owners.into_iter().zip(sectors).collect(), numbered))
}

/// Sector names by row, from one list for all regions or one name per row.
fn spread(arrays: &Arrays, name: &str, list: Vec<String>, owners: &[String]) -> Result<Vec<String>> {
    let n = owners.len();
    if list.len() == n {
        return Ok(list);
    }
    let counts: Vec<usize> = owners.chunk_by(|a, b| a == b).map(<[String]>::len).collect();
    if counts.iter().all(|&c| c == list.len()) {
        return Ok(counts.iter().flat_map(|_| list.iter().cloned()).collect());
    }
    let each = counts.first().copied().unwrap_or(0);
    let expected = if counts.iter().all(|&c| c == each) { format!("{each} (one per sector) or {n}") } else { n.to_string() };
    Err(Error::format(
        arrays.place(name),
        format!("expected {expected} (one per row) names, found {}", list.len()),
        "give each sector one name",
    ))
}

/// "sector 01", "sector 02" ... anew in each region.
fn count_within(owners: &[String]) -> Vec<String> {
    let groups = || owners.chunk_by(|a, b| a == b);
    let width = groups().map(<[String]>::len).max().unwrap_or(0).to_string().len().max(2);
    groups().flat_map(|g| (1..=g.len()).map(move |k| format!("sector {k:0width$}"))).collect()
}

fn distinct(arrays: &Arrays, name: &str, names: Vec<String>) -> Result<Vec<String>> {
    let mut seen = HashSet::new();
    match names.iter().find(|r| !seen.insert(r.as_str())) {
        None => Ok(names),
        Some(twice) => Err(Error::format(arrays.place(name), format!("\"{twice}\" comes twice"), "name each region once, or once per row")),
    }
}

/// How many regions there are, where no array names them; `None` where nothing tells.
fn region_count(
    arrays: &Arrays,
    n: usize,
    sectors: Option<&(&'static str, Vec<String>)>,
    matrix: Option<(usize, usize)>,
) -> Result<Option<usize>> {
    if let Some((r, s)) = matrix.filter(|(r, s)| r.checked_mul(*s) == Some(n) && *s < n) {
        return if sectors.is_none_or(|(_, list)| list.len() == s || list.len() == n) {
            Ok(Some(r))
        } else {
            Err(Error::format(
                arrays.file(),
                format!("the emissions have {s} sectors, the sector names are another number"),
                "name each sector once",
            ))
        };
    }
    if let Some((name, list)) = sectors {
        if !list.is_empty() && list.len() < n {
            return if n.is_multiple_of(list.len()) {
                Ok(Some(n / list.len()))
            } else {
                let message = format!("{n} rows are no multiple of {} sectors", list.len());
                Err(Error::format(arrays.place(name), message, "name each sector once, or add an array \"regions\""))
            };
        }
        let names: HashSet<&String> = list.iter().collect();
        if names.len() == n {
            return Ok(Some(1));
        }
    }
    Ok(None)
}

/// One (region, category) per column of final demand.
fn demand(arrays: &mut Arrays, regions: &[String], columns: usize, remarks: &mut Vec<Finding>) -> Result<Pairs> {
    if !columns.is_multiple_of(regions.len()) {
        return Err(Error::format(
            arrays.place("Y"),
            format!("{columns} columns are no multiple of {} regions", regions.len()),
            "give each region the same categories, region by region; exports go into an array of their own (\"exports\")",
        ));
    }
    let each = columns / regions.len();
    let names = match arrays.texts(&["categories"])? {
        Some((_, list)) if list.len() == columns => list,
        Some((_, list)) if list.len() == each => regions.iter().flat_map(|_| list.iter().cloned()).collect(),
        Some((name, list)) => {
            let message = format!("expected {each} (one per category) or {columns} (one per column of Y) names, found {}", list.len());
            return Err(Error::format(arrays.place(name), message, "name each category once"));
        }
        None => {
            remarks.push(unnamed(&arrays.file(), "categories", each));
            (0..columns).map(|c| format!("category {}", c % each + 1)).collect()
        }
    };
    Ok(names.into_iter().enumerate().map(|(c, name)| (regions[c / each].clone(), name)).collect())
}
