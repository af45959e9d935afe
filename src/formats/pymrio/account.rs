//! Rows of pymrio extensions: F by sector, F_Y by final demand summed over the region, and the unit of each row.
//!
//! F_Y was called FY before pymrio 0.4 and F_hh in the first shipments of EXIOBASE 3. A row is named by all its
//! labels joined by `/`, or by the first alone where that is unique.

use std::collections::{HashMap, HashSet};

use ndarray::Array1;

use super::store::{Extension, Store};
use super::text::{Sheet, units};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::tools::pairs::{Pairs, same};
use crate::labels::{Labels, Name, fits};
use crate::table::Stressor;

/// How the names of the rows of value added begin in EXIOBASE.
const VALUE_ADDED: [&str; 4] = [
    "Taxes less subsidies on products purchased",
    "Other net taxes on production",
    "Compensation of employees; wages",
    "Operating surplus: ",
];

/// What is asked of the extensions of a system, and what its labels are.
pub(super) struct Wanted<'a> {
    /// (region, sector) of the rows of the system, as the files give them.
    pub(super) rows: &'a Pairs,
    /// (region, category) of the columns of final demand, as the files give them.
    pub(super) demand: &'a Pairs,
    /// The labels made of both.
    pub(super) labels: &'a Labels,
    /// The rows asked for, as `EXTENSION/ROW`.
    pub(super) factors: &'a [String],
}

/// What reading the extensions has to tell.
#[derive(Default)]
pub(super) struct Told {
    /// For the provenance.
    pub(super) notes: Vec<String>,
    /// For the audit.
    pub(super) remarks: Vec<Finding>,
}

/// The rows named in `wanted.factors`, in that order.
pub(super) fn stressors(store: &mut Store, wanted: &Wanted, told: &mut Told) -> Result<Vec<Stressor>> {
    if wanted.factors.is_empty() {
        return Ok(Vec::new());
    }
    let extensions = store.extensions()?;
    let factors = &expanded(store, &extensions, wanted.factors)?;
    if let Some((k, factor)) = factors.iter().enumerate().find(|(k, f)| factors[..*k].contains(f)) {
        return Err(Error::invalid(format!("the factor \"{factor}\" is named twice, at position {}", k + 1), "name each factor once"));
    }
    let mut owners = Vec::with_capacity(factors.len());
    for factor in factors {
        owners.push(owner(&extensions, factor)?);
    }
    let mut found: Vec<(usize, Stressor)> = Vec::new();
    for (e, extension) in extensions.iter().enumerate() {
        let mine: Vec<(usize, &str)> = owners.iter().enumerate().filter(|(_, o)| o.0 == e).map(|(k, o)| (k, o.1)).collect();
        if !mine.is_empty() {
            found.extend(rows_of(store, extension, &mine, wanted, told)?);
        }
    }
    found.sort_by_key(|(k, _)| *k);
    for k in 1..found.len() {
        if found[..k].iter().any(|(_, s)| s.name == found[k].1.name) {
            found[k].1.name = factors[found[k].0].clone();
        }
    }
    Ok(found.into_iter().map(|(_, s)| s).collect())
}

/// The factors asked for, each pattern as the rows that fit it.
fn expanded(store: &mut Store, extensions: &[Extension], factors: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::with_capacity(factors.len());
    for factor in factors {
        let (e, row) = match owner(extensions, factor) {
            Ok(found) if found.1.contains('*') => found,
            _ => {
                all.push(factor.clone());
                continue;
            }
        };
        let names = row_names(store, &extensions[e])?;
        let own = format!("{}/{row}", extensions[e].folder);
        if names.contains(&own) {
            all.push(own);
            continue;
        }
        let first = |name: &str| name.strip_prefix(extensions[e].folder.as_str()).and_then(|n| n.strip_prefix('/')).map(String::from);
        let fitting: Vec<String> = names.iter().filter(|n| fits(&own, n)).cloned().collect();
        if fitting.is_empty() {
            let text = format!("no row of the extension {} fits \"{row}\"", extensions[e].folder);
            let some: Vec<String> = names.iter().take(8).filter_map(|n| first(n)).collect();
            return Err(Error::invalid(text, format!("its rows are such as: {}", some.join("; "))));
        }
        all.extend(fitting);
    }
    Ok(all)
}

/// The rows of value added of EXIOBASE: those of the extension `factor_inputs` (3.9 and later) or the first of `satellite`, which
/// are known by their names; none of other systems.
pub(super) fn value_added(store: &mut Store, wanted: &Wanted, told: &mut Told) -> Result<Vec<(Name, Array1<f64>)>> {
    let mut found = Vec::new();
    for extension in store.extensions()?.iter().filter(|e| ["factor_inputs", "satellite"].contains(&e.folder.as_str())) {
        let Some(member) = extension.parameters.member(&["F"])? else { continue };
        let (text, place) = store.text(&extension.folder, &member.name)?;
        let sheet = Sheet::new(&text, &place, &member)?;
        let rows: Vec<usize> = (0..sheet.len()).filter(|&i| VALUE_ADDED.iter().any(|n| sheet.labels(i)[0].starts_with(n))).collect();
        if rows.is_empty() {
            continue;
        }
        same(wanted.rows, &sheet.column_pairs()?, ("the system", "row"), (&place, "column"))?;
        for &i in &rows {
            found.push((Name::plain(sheet.labels(i)[0].as_str()), Array1::from(sheet.numbers(i)?)));
        }
        told.notes.push(format!(
            "value added: {} rows of the extension {}, known by their names in EXIOBASE",
            rows.len(),
            extension.folder
        ));
    }
    Ok(found)
}

/// All rows of an extension as `EXTENSION/ROW`.
pub(super) fn row_names(store: &mut Store, extension: &Extension) -> Result<Vec<String>> {
    let Some(member) = extension.parameters.member(&["F"])? else { return Ok(Vec::new()) };
    let (text, place) = store.text(&extension.folder, &member.name)?;
    Ok(names(extension, &Sheet::new(&text, &place, &member)?))
}

fn names(extension: &Extension, sheet: &Sheet) -> Vec<String> {
    (0..sheet.len()).map(|i| format!("{}/{}", extension.folder, sheet.labels(i).join("/"))).collect()
}

/// The extension that `factor` names by folder or by display name, and the rest of `factor`.
fn owner<'f>(extensions: &[Extension], factor: &'f str) -> Result<(usize, &'f str)> {
    let names = |e: &Extension| [Some(e.folder.clone()), e.parameters.name.clone()].into_iter().flatten().collect::<Vec<_>>();
    for (k, extension) in extensions.iter().enumerate() {
        if let Some(row) = names(extension).iter().find_map(|n| factor.strip_prefix(n.as_str())?.strip_prefix('/')) {
            return Ok((k, row.trim()));
        }
    }
    if extensions.is_empty() {
        let message = format!("the factor \"{factor}\" cannot be read: the system has no extensions");
        return Err(Error::invalid(message, "attach an emission inventory instead"));
    }
    match factor.split_once('/') {
        Some((name, _)) => Err(Error::unknown("extension", name, &extensions.iter().flat_map(names).collect::<Vec<_>>())),
        None => Err(Error::invalid(
            format!("expected a factor as EXTENSION/ROW, found \"{factor}\""),
            format!("the extensions are: {}", extensions.iter().map(|e| e.folder.as_str()).collect::<Vec<_>>().join(", ")),
        )),
    }
}

/// The rows `mine` (position in the list of factors, name) of one extension.
fn rows_of(
    store: &mut Store,
    extension: &Extension,
    mine: &[(usize, &str)],
    wanted: &Wanted,
    told: &mut Told,
) -> Result<Vec<(usize, Stressor)>> {
    let folder = extension.folder.as_str();
    let Some(member) = extension.parameters.member(&["F"])? else {
        return Err(Error::format(
            extension.parameters.place(),
            format!("no F is named, only {}", extension.parameters.keys().join(", ")),
            "save the extension with its F: pymrio computes it from S in calc_system",
        ));
    };
    let (text, place) = store.text(folder, &member.name)?;
    let by_sector = Sheet::new(&text, &place, &member)?;
    same(wanted.rows, &by_sector.column_pairs()?, ("the system", "row"), (&place, "column"))?;

    let demand_member = extension.parameters.member(&["F_Y", "FY", "F_hh"])?;
    let demand_text = demand_member.as_ref().map(|m| store.text(folder, &m.name)).transpose()?;
    let by_demand = match (&demand_text, &demand_member) {
        (Some((text, place)), Some(member)) => Some(Households::new(Sheet::new(text, place, member)?, wanted)?),
        _ => None,
    };
    let units = match extension.parameters.member(&["unit"])? {
        Some(member) => store.text(folder, &member.name).and_then(|(text, place)| units(&text, &place))?,
        None => Vec::new(),
    };

    let mut found = Vec::with_capacity(mine.len());
    for &(k, row) in mine {
        let i = find(extension, &by_sector, row)?;
        let labels = by_sector.labels(i);
        let households = by_demand.as_ref().map(|h| h.of(labels)).transpose()?.flatten();
        if by_demand.is_some() && households.is_none() {
            told.notes.push(format!("{folder}/{row}: no such row in the emissions of final demand; households are not counted"));
        }
        let unit = units.iter().find(|(l, _)| l == labels).map(|(_, u)| u.clone()).unwrap_or_default();
        if unit.is_empty() {
            let message = format!("{folder}/{row}: the unit is unknown; pass `emissions-unit`");
            told.remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", message));
        }
        let alone = (0..by_sector.len()).filter(|&j| by_sector.labels(j)[0] == labels[0]).count() == 1;
        let name = if alone { labels[0].clone() } else { labels.join("/") };
        found.push((k, Stressor { name, unit, direct: Array1::from(by_sector.numbers(i)?), households }));
    }
    Ok(found)
}

/// The one row with these labels, or with this first label.
fn find(extension: &Extension, sheet: &Sheet, row: &str) -> Result<usize> {
    let full: Vec<usize> = (0..sheet.len()).filter(|&i| sheet.labels(i).join("/") == row).collect();
    let first: Vec<usize> = (0..sheet.len()).filter(|&i| sheet.labels(i)[0] == row).collect();
    match (full.as_slice(), first.as_slice()) {
        ([i], _) | ([], [i]) => Ok(*i),
        ([], []) => Err(Error::unknown("factor", &format!("{}/{row}", extension.folder), &names(extension, sheet))),
        ([], several) => {
            let choices: Vec<String> = several.iter().map(|&i| format!("{}/{}", extension.folder, sheet.labels(i).join("/"))).collect();
            Err(Error::invalid(
                format!("the factor \"{}/{row}\" stands for {} rows", extension.folder, several.len()),
                format!("name one of: {}", choices.join(", ")),
            ))
        }
        ([first, second, ..], _) => Err(Error::format(
            sheet.place_of(*second),
            format!("the row \"{row}\" comes twice: it is already at {}", sheet.place_of(*first)),
            "give each row its own label",
        )),
    }
}

/// Emissions of final demand: which region each column belongs to.
struct Households<'a> {
    sheet: Sheet<'a>,
    regions: Vec<usize>,
    count: usize,
}

impl<'a> Households<'a> {
    fn new(sheet: Sheet<'a>, wanted: &Wanted) -> Result<Self> {
        let labels = wanted.labels;
        let regions: HashMap<&str, usize> = labels.regions.iter().enumerate().map(|(r, n)| (n.given.as_str(), r)).collect();
        let known: HashSet<&(String, String)> = wanted.demand.iter().collect();
        let columns = sheet.column_pairs()?;
        let mut seen = HashSet::new();
        let mut owners = Vec::with_capacity(columns.len());
        for (k, column) in columns.iter().enumerate() {
            let region = regions.get(column.0.as_str()).copied().filter(|_| known.contains(column));
            let (Some(region), true) = (region, seen.insert(column)) else {
                let what = if region.is_some() { "comes twice" } else { "is no column of final demand Y" };
                return Err(Error::format(
                    sheet.place(),
                    format!("column {} \"{} / {}\" {what}", k + 1, column.0, column.1),
                    "save the system again: the emissions of final demand must carry the columns of Y",
                ));
            };
            owners.push(region);
        }
        if let Some(missing) = wanted.demand.iter().find(|d| !seen.contains(d)) {
            return Err(Error::format(
                sheet.place(),
                format!(
                    "expected {} columns as in Y, found {}: \"{} / {}\" is missing",
                    wanted.demand.len(),
                    columns.len(),
                    missing.0,
                    missing.1
                ),
                "save the system again: the emissions of final demand must carry the columns of Y",
            ));
        }
        Ok(Households { regions: owners, count: labels.region_count(), sheet })
    }

    /// Sums by region of the row with these labels.
    fn of(&self, labels: &[String]) -> Result<Option<Array1<f64>>> {
        let Some(i) = (0..self.sheet.len()).find(|&i| self.sheet.labels(i) == labels) else { return Ok(None) };
        let mut sums = Array1::zeros(self.count);
        for (&r, v) in self.regions.iter().zip(self.sheet.numbers(i)?) {
            sums[r] += v;
        }
        Ok(Some(sums))
    }
}
