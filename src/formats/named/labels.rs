//! Labels of rows and of columns of final demand, from the arrays of texts of a container.
//!
//! Regions and sectors are one list each (n = R S), or one name a row; else the names of the axes of the matrix, else numbers.

use std::collections::HashSet;

use super::{Names, Pool};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::tools::pairs::{Pairs, repeated};
use crate::labels::{Labels, Name};
use crate::units::Unit;

/// Labels for `n` rows and `columns` columns of final demand, whose names may be given as `REGION_CATEGORY`.
pub(super) fn of(
    pool: &mut Pool,
    names: &Names,
    axes: &[Vec<String>],
    (n, columns): (usize, usize),
    heads: Option<&[String]>,
    remarks: &mut Vec<Finding>,
) -> Result<Labels> {
    let place = pool.place.clone();
    let rows = rows_of(pool, names, axes, n, remarks)?;
    if let Some((first, again)) = repeated(&rows) {
        let (region, sector) = &rows[again];
        let text = format!("rows {} and {} are both \"{region} / {sector}\"", first + 1, again + 1);
        return Err(Error::format(&place, text, "give each row its own label"));
    }
    let mut regions: Vec<String> = rows.iter().map(|r| r.0.clone()).collect();
    regions.dedup();
    if let Some(heads) = heads {
        return headed(&rows, &regions, heads, &place);
    }
    let (owners, categories) = demand(pool, names, &regions, columns, remarks)?;
    let pairs: Pairs = owners.into_iter().zip(categories).collect();
    Labels::from_pairs(&rows, &pairs, &place)
}

/// Labels with names of columns that begin with a region; one may have none.
fn headed(rows: &Pairs, regions: &[String], heads: &[String], place: &str) -> Result<Labels> {
    let mut labels = Labels::from_pairs(rows, &[], place)?;
    let mut owners = Vec::new();
    for head in heads {
        let is_of = |region: &&String| head.strip_prefix(region.as_str()).is_some_and(|rest| rest.starts_with(['_', '|', '/', '.', ':']));
        let Some(region) = regions.iter().find(is_of) else {
            let text = format!("the column \"{head}\" is of none of the regions {}", regions.join(", "));
            return Err(Error::format(place, text, "call the columns of final demand REGION_CATEGORY"));
        };
        owners.push((regions.iter().position(|r| r == region).unwrap_or(0), head[region.len() + 1..].to_string()));
    }
    if let Some(k) = owners.windows(2).position(|w| w[0].0 > w[1].0) {
        let text = format!("the column \"{}\" is of a region before that of \"{}\"", heads[k + 1], heads[k]);
        return Err(Error::format(place, text, "give final demand in the order of the regions of the rows"));
    }
    labels.demand_offsets = (0..=regions.len()).map(|r| owners.iter().filter(|(owner, _)| *owner < r).count()).collect();
    labels.categories = owners.into_iter().map(|(_, category)| Name::plain(category)).collect();
    Ok(labels)
}

fn distinct(list: &[String]) -> usize {
    list.iter().collect::<HashSet<_>>().len()
}

fn rows_of(pool: &mut Pool, names: &Names, axes: &[Vec<String>], n: usize, remarks: &mut Vec<Finding>) -> Result<Pairs> {
    let fits = |list: &[String]| !list.is_empty() && (list.len() == n || n.is_multiple_of(list.len()));
    let regions = pool.texts(names.regions, fits).map(|(k, l)| (k, unquoted(l)));
    let sectors = pool.texts(names.sectors, fits).map(|(k, l)| (k, unquoted(l)));
    for (k, _) in regions.iter().chain(&sectors) {
        pool.mark(*k);
    }
    let place = &pool.place;
    let mut numbered = |what: &str, count: usize| {
        let text = format!("{place} names no {what}: {count} are numbered; give a list of their names");
        remarks.push(Finding::new(Level::Warn, "labels-numbered", text));
    };
    let digits = |count: usize| count.to_string().len().max(2);
    let pairs: Pairs = match (regions.map(|r| r.1), sectors.map(|s| s.1)) {
        (Some(r), Some(s)) if r.len() == n && s.len() == n && (distinct(&r) < n || n == 1) => r.into_iter().zip(s).collect(),
        (Some(r), Some(s)) if r.len() * s.len() == n => r.iter().flat_map(|r| s.iter().map(|s| (r.clone(), s.clone()))).collect(),
        (Some(r), Some(s)) if s.len() == n && distinct(&r) == r.len() => {
            let each = n / r.len();
            s.into_iter().enumerate().map(|(k, s)| (r[k / each].clone(), s)).collect()
        }
        (Some(r), Some(s)) => {
            let text = format!("{} regions and {} sectors do not make {n} rows", r.len(), s.len());
            return Err(Error::format(place, text, "name each region and each sector once, or once a row"));
        }
        (None, None) if axes.iter().any(|a| a.len() == n) => {
            let list = axes.iter().find(|a| a.len() == n).map(|a| unquoted(a)).unwrap_or_default();
            split(&list, place, remarks)
        }
        (None, None) => {
            numbered("rows", n);
            let text = format!(
                "{place}: nothing says how many regions the {n} rows belong to: they are read as one region; give a list of regions"
            );
            remarks.push(Finding::new(Level::Warn, "regions-unknown", text));
            (1..=n).map(|k| ("region 1".to_string(), format!("sector {k:0w$}", w = digits(n)))).collect()
        }
        (Some(r), None) => {
            let each = n / r.len();
            numbered("sectors", each);
            (0..n).map(|k| (r[k / each].clone(), format!("sector {:0w$}", k % each + 1, w = digits(each)))).collect()
        }
        (None, Some(s)) => {
            let each = s.len();
            numbered("regions", n / each);
            (0..n).map(|k| (format!("region {}", k / each + 1), s[k % each].clone())).collect()
        }
    };
    Ok(pairs)
}

/// Names such as `AFG_1` as region and sector, where all have a separator and each region stands once; else sectors of one region.
fn split(list: &[String], place: &str, remarks: &mut Vec<Finding>) -> Pairs {
    for mark in ["|", "/", "_", ".", ":"] {
        let pairs: Option<Pairs> =
            list.iter().map(|name| name.split_once(mark).map(|(a, b)| (a.trim().to_string(), b.trim().to_string()))).collect();
        let Some(pairs) = pairs else { continue };
        let mut regions: Vec<String> = pairs.iter().map(|p| p.0.clone()).collect();
        regions.dedup();
        if regions.len() < list.len() && distinct(&regions) == regions.len() {
            let text = format!("{place}: names of rows are taken apart at the first \"{mark}\": {} regions", regions.len());
            remarks.push(Finding::new(Level::Warn, "labels-split", text));
            return pairs;
        }
    }
    list.iter().map(|name| ("region 1".to_string(), name.clone())).collect()
}

/// Region and category of each column of final demand.
fn demand(
    pool: &mut Pool,
    names: &Names,
    regions: &[String],
    columns: usize,
    remarks: &mut Vec<Finding>,
) -> Result<(Vec<String>, Vec<String>)> {
    let found = pool.texts(names.categories, |l| !l.is_empty() && (l.len() == columns || l.len() * regions.len() == columns));
    let found = found.map(|(k, l)| (k, unquoted(l)));
    if let Some((k, _)) = &found {
        pool.mark(*k);
    }
    if !columns.is_multiple_of(regions.len()) {
        let text = format!("{columns} columns of final demand are no multiple of {} regions", regions.len());
        return Err(Error::format(&pool.place, text, "give each region the same categories, region by region"));
    }
    let each = columns / regions.len();
    let categories = match found.map(|f| f.1) {
        Some(list) => list.into_iter().cycle().take(columns).collect(),
        None if each == 1 => vec!["final demand".to_string(); columns],
        None => {
            let text = format!("{} names no categories: {each} are numbered; give a list of their names", pool.place);
            remarks.push(Finding::new(Level::Warn, "labels-numbered", text));
            (0..columns).map(|c| format!("category {}", c % each + 1)).collect()
        }
    };
    Ok(((0..columns).map(|c| regions[c / each].clone()).collect(), categories))
}

/// Names without the quotation marks that some programs leave around them.
fn unquoted(list: &[String]) -> Vec<String> {
    let bare = |t: &String| t.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(t).trim().to_string();
    list.iter().map(bare).collect()
}

/// Names of `count` rows: a list of that length, else `base` and a number.
pub(super) fn rows(pool: &mut Pool, aliases: &[&str], count: usize, base: &str) -> Vec<String> {
    let found = pool.texts(aliases, |l| l.len() == count).map(|(k, l)| (k, unquoted(l)));
    match found {
        Some((k, list)) => {
            pool.mark(k);
            list
        }
        None if count == 1 => vec![base.to_string()],
        None => (1..=count).map(|k| format!("{base} {k}")).collect(),
    }
}

/// The name and unit of `Climate change [kg CO2eq]` and `CO2 - kg`.
pub(super) fn with_unit(name: &str) -> (String, Option<String>) {
    let bracket = name.strip_suffix(']').and_then(|n| n.rsplit_once('['));
    let dash = || name.rsplit_once(" - ").filter(|(_, unit)| Unit::mass(unit.trim()).is_ok());
    match bracket.or_else(dash) {
        Some((name, unit)) if !name.trim().is_empty() && !unit.trim().is_empty() => {
            (name.trim().to_string(), Some(unit.trim().to_string()))
        }
        _ => (name.to_string(), None),
    }
}
