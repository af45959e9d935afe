//! Tables of named arrays: which array of a container is Z or A, Y, x, value added, emissions, and which hold the labels.
//!
//! | part | shape | found by |
//! |---|---|---|
//! | Z, or A | n x n | the first name that fits, as read or transposed as the balance says |
//! | Y | n x D or D x n | its shape; the balance where D = n |
//! | x | n | |
//! | value added, emissions | m x n or n x m | their shape; rows where m = n |
//! | emissions of households | m x D, or m x R | summed over the categories of each region |
//!
//! The balance is `x = Z 1 + Y 1`, or `Z 1 + Y 1 = 1'Z + value added` where x is not given. What was decided by it, and what could
//! not be, is a remark. A layout is a list of names (`Names`) and a function that gathers the container.

use std::collections::BTreeSet;

use ndarray::{Array1, Array2, Axis};

use super::containers::{Container, Content, Named};
use super::parts::{Holder, Intermediate, Parts};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name};
use crate::table::{Provenance, Stressor};
use matrix::Matrix;

pub(crate) mod gather;
mod labels;
pub mod layouts;
mod matrix;
mod orient;

/// Names of the arrays of each part, in lower case, the first that fits being taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub flows: &'static [&'static str],
    pub coefficients: &'static [&'static str],
    pub demand: &'static [&'static str],
    pub output: &'static [&'static str],
    pub value_added: &'static [&'static str],
    pub emissions: &'static [&'static str],
    pub households: &'static [&'static str],
    pub regions: &'static [&'static str],
    pub sectors: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub value_added_items: &'static [&'static str],
    pub accounts: &'static [&'static str],
    pub account_units: &'static [&'static str],
    pub unit: &'static [&'static str],
    /// Unit of the money, where the layout has one and the file names none.
    pub money: &'static str,
    /// Unit of the emissions, likewise.
    pub emissions_unit: &'static str,
    /// Accounts that are value added.
    pub added: &'static [&'static str],
}

/// What most people call their arrays.
pub(crate) const GENERIC: Names = Names {
    flows: &["z", "t", "flows", "inter", "intermediate"],
    coefficients: &["a"],
    demand: &["y", "fd", "final", "final_demand", "finaldemand", "demand"],
    output: &["x", "output", "gross_output", "q"],
    value_added: &["v", "va", "value_added", "valueadded"],
    emissions: &["f", "co2", "emissions", "e", "satellite", "q", "s_total"],
    households: &["f_y", "fy", "f_hh", "hh", "households", "qy", "q_y"],
    regions: &["regions", "countries", "country", "prov", "country_list", "areas", "io_labels/iso3c", "sectors/region"],
    sectors: &["sectors", "industries", "sec", "products", "sector_list", "io_labels/item", "sectors/sector"],
    categories: &["categories", "fd", "y_labs", "final_list", "fd_labels/fd", "categories/category", "final_demand_categories"],
    value_added_items: &["va_labs", "value_added_items", "v_items", "value_added_items/item"],
    accounts: &["q_labs", "stressors", "indicators", "accounts", "stressors/stressor", "f_rows"],
    account_units: &["stressors/unit", "emissions_unit", "f_units"],
    unit: &["unit", "units"],
    money: "",
    emissions_unit: "",
    added: &[],
};

/// The arrays of a container and which of them are in use.
pub(crate) struct Pool {
    arrays: Vec<Option<Named>>,
    names: Vec<String>,
    shapes: Vec<String>,
    used: BTreeSet<usize>,
    /// The file or folder, for messages.
    pub place: String,
}

impl Pool {
    fn new(arrays: Vec<Named>, place: &str) -> Self {
        let names = arrays.iter().map(|a| a.path.clone()).collect();
        let shapes = arrays.iter().map(|a| a.shape().iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")).collect();
        Pool { arrays: arrays.into_iter().map(Some).collect(), names, shapes, used: BTreeSet::new(), place: place.to_string() }
    }

    /// The arrays of these names, in the order of the names, that `fits`.
    fn found(&self, aliases: &[&str], fits: impl Fn(&Named) -> bool) -> Option<usize> {
        let free = || self.arrays.iter().enumerate().filter(|(k, _)| !self.used.contains(k));
        let fit = |a: &Option<Named>, alias: &str| a.as_ref().is_some_and(|a| is_called(a, alias) && fits(a));
        aliases.iter().find_map(|alias| free().find(|(_, a)| fit(a, alias)).map(|(k, _)| k))
    }

    /// Texts of the first name that has any.
    fn texts(&self, aliases: &[&str], fits: impl Fn(&[String]) -> bool) -> Option<(usize, &[String])> {
        let is = |a: &Named| matches!(&a.content, Content::Texts(list) if fits(list));
        let k = self.found(aliases, is)?;
        match &self.arrays[k] {
            Some(Named { content: Content::Texts(list), .. }) => Some((k, list)),
            _ => None,
        }
    }

    fn mark(&mut self, k: usize) {
        self.used.insert(k);
    }

    /// Takes numbers out of the pool.
    fn matrix(&mut self, k: usize) -> Option<Matrix> {
        self.mark(k);
        self.arrays[k].take().and_then(|a| Matrix::of(a.content))
    }

    fn place_of(&self, k: usize) -> String {
        format!("{}[{}]", self.place, self.names[k])
    }

    fn listed(&self) -> String {
        let shown: Vec<String> = self.names.iter().zip(&self.shapes).take(24).map(|(n, s)| format!("{n} ({s})")).collect();
        let more = self.names.len() - shown.len();
        shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
    }
}

fn is_called(array: &Named, alias: &str) -> bool {
    let path = array.path.to_lowercase();
    path == alias || path.rsplit('/').next() == Some(alias) || (alias.contains('/') && path.ends_with(&format!("/{alias}")))
}

fn sized(array: &Named) -> Option<(usize, usize)> {
    matrix::shape(&array.content)
}

/// The parts of a table out of a container.
///
/// # Errors
/// Naming the array and both shapes, where one is missing or does not fit.
pub(crate) fn parts(container: Container, names: &Names, place: &str, mut remarks: Vec<Finding>) -> Result<Parts> {
    let Container { mut arrays, left_out, files } = container;
    let square = |a: &Named| sized(a).is_some_and(|(r, c)| r == c && r > 0);
    let is_matrix = |a: &Named| square(a) && names.flows.iter().chain(names.coefficients).any(|name| is_called(a, name));
    let heads = if arrays.iter().any(is_matrix) { None } else { apart(&mut arrays, names, place, &mut remarks) };
    let mut pool = Pool::new(arrays, place);
    let (coefficients, k) = match (pool.found(names.flows, square), pool.found(names.coefficients, square)) {
        (Some(k), _) => (false, k),
        (None, Some(k)) => (true, k),
        (None, None) => {
            let text = format!("no square array is called {}; there are: {}", shown(names.flows, names.coefficients), pool.listed());
            return Err(Error::format(place, text, "save the flows as Z beside Y and x"));
        }
    };
    let matrix_place = pool.place_of(k);
    let axes = pool.arrays[k].as_ref().map(|a| a.axes.clone()).unwrap_or_default();
    let z = pool.matrix(k).ok_or_else(|| Error::format(&matrix_place, "no matrix of numbers", "save it again"))?;
    let n = z.rows();
    let long = |a: &Named| sized(a).is_some_and(|(r, c)| r == n || c == n);
    let vector = |a: &Named| sized(a).is_some_and(|(r, c)| (r == n && c == 1) || (c == n && r == 1));
    let x = pool.found(names.output, vector).and_then(|k| pool.matrix(k)).map(Matrix::flat);
    let Some(k) = pool.found(names.demand, long) else {
        let there = pool.found(names.demand, |a| sized(a).is_some()).map(|k| format!("{} is no {n} x columns; ", pool.names[k]));
        let text = format!(
            "no array of {n} rows or columns is called {}; {}there are: {}",
            shown(names.demand, &[]),
            there.unwrap_or_default(),
            pool.listed()
        );
        return Err(Error::format(place, text, "save final demand as Y beside it, with a row for each row of Z"));
    };
    let demand_place = pool.place_of(k);
    let y = pool.matrix(k).ok_or_else(|| Error::format(&demand_place, "no matrix of numbers", "save it again"))?;
    let v = pool.found(names.value_added, long).and_then(|k| pool.matrix(k)).map(|v| v.with_columns(n));
    let added = v.as_ref().map(Matrix::column_sums);
    let places = orient::Places { matrix: &matrix_place, demand: &demand_place };
    let (z, y) = orient::decided(z, y, x.as_ref(), added.as_ref(), coefficients, &places, &mut remarks)?;
    let labels = labels::of(&mut pool, names, &axes, (n, y.columns()), heads.as_deref(), &mut remarks)?;

    let mut value_added = Vec::new();
    if let Some(v) = v {
        let items = labels::rows(&mut pool, names.value_added_items, v.rows(), "value added");
        value_added.extend(items.into_iter().zip(v.into_rows()?).map(|(name, row)| (Name::plain(name), row)));
    }
    let (stressors, more) = emissions(&mut pool, names, &labels, &mut remarks)?;
    value_added.extend(more);
    let length = |pool: &mut Pool, aliases: &[&str]| {
        let k = pool.found(aliases, vector)?;
        pool.matrix(k).map(Matrix::flat)
    };
    let (exports, stock) = (length(&mut pool, &["exports", "ex"]), length(&mut pool, &["stock", "stk"]));
    let (error, imports) = (length(&mut pool, &["error", "err"]), length(&mut pool, &["imports", "im"]));
    let imports_final = pool.found(&["imports_final", "imy"], |a| sized(a).is_some_and(|(r, c)| r * c == y.columns()));
    let imports_final = imports_final.and_then(|k| pool.matrix(k)).map(Matrix::flat);
    let unit = pool.texts(names.unit, |u| u.len() == 1).map(|(k, u)| (k, u[0].clone()));
    if let Some((k, _)) = &unit {
        pool.mark(*k);
    }
    let intermediate = if coefficients { Intermediate::Coefficients(z.into_values()) } else { Intermediate::Flows(z.into_values()) };
    let mut parts = Parts::new(labels, intermediate, y.into_values(), &matrix_place);
    (parts.x, parts.value_added, parts.stressors) = (x, value_added, stressors);
    (parts.exports, parts.stock, parts.error, parts.imports, parts.imports_final) = (exports, stock, error, imports, imports_final);
    parts.unit = unit.map_or_else(|| names.money.to_string(), |(_, u)| u);
    (parts.holder, parts.demand_place, parts.remarks) = (Holder::Archive, demand_place, remarks);
    parts.provenance = Provenance { files, ..Provenance::default() };
    let unused = (0..pool.names.len()).filter(|k| !pool.used.contains(k)).map(|k| pool.names[k].clone());
    let unused: Vec<String> = unused.chain(left_out).collect();
    if !unused.is_empty() {
        parts.left_out.push(format!("arrays not used: {}", unused.join(", ")));
    }
    Ok(parts)
}

/// Takes apart a matrix whose rows have the names of its first columns: those are flows, the columns behind them final demand. Gives
/// the names of the columns of final demand.
fn apart(arrays: &mut Vec<Named>, names: &Names, place: &str, remarks: &mut Vec<Finding>) -> Option<Vec<String>> {
    let is = |a: &Named| match (&a.content, &a.axes[..]) {
        (Content::Numbers(all), [rows, columns]) => {
            all.shape() == [rows.len(), columns.len()] && rows.len() > 1 && columns.len() > rows.len() && columns.starts_with(rows)
        }
        _ => false,
    };
    let k = arrays.iter().position(is)?;
    let whole = arrays.remove(k);
    let Content::Numbers(all) = whole.content else { return None };
    let n = all.shape()[0];
    let (z, y) = all.view().split_at(Axis(1), n);
    let heads = whole.axes[1][n..].to_vec();
    let text = format!(
        "{place}[{}]: its rows are called as its first {n} columns, which are read as flows; the {} columns behind them are final demand",
        whole.path,
        heads.len()
    );
    remarks.push(Finding::new(Level::Warn, "matrix-taken-apart", text));
    let (flows, demand) = (names.flows.first()?, names.demand.first()?);
    let labels = whole.axes[0].clone();
    arrays.push(Named { path: (*flows).to_string(), axes: vec![labels.clone(), labels], content: Content::Numbers(z.to_owned()) });
    arrays.push(Named::new(*demand, Content::Numbers(y.to_owned())));
    Some(heads)
}

fn shown(one: &[&str], other: &[&str]) -> String {
    one.iter().chain(other).copied().collect::<Vec<_>>().join(", ")
}

type Added = Vec<(Name, Array1<f64>)>;

/// Accounts of emissions with their households, and those that are value added by their name.
fn emissions(pool: &mut Pool, names: &Names, labels: &Labels, remarks: &mut Vec<Finding>) -> Result<(Vec<Stressor>, Added)> {
    let (n, d, regions) = (labels.dim(), labels.categories.len(), labels.region_count());
    let mut stressors = Vec::new();
    let long = |a: &Named| sized(a).is_some_and(|(r, c)| r == n || c == n);
    let Some(k) = pool.found(names.emissions, long) else { return Ok((stressors, Vec::new())) };
    let (base, place) = (pool.names[k].rsplit('/').next().unwrap_or("emissions").to_string(), pool.place_of(k));
    let direct = pool.matrix(k).map(|f| f.with_columns(n)).ok_or_else(|| Error::format(&place, "no matrix of numbers", "save it again"))?;
    let count = direct.rows();
    let accounts = labels::rows(pool, names.accounts, count, &base);
    let units = match pool.texts(names.account_units, |u| u.len() == count || u.len() == 1) {
        Some((k, list)) => {
            let list = list.iter().cycle().take(count).cloned().collect::<Vec<_>>();
            pool.mark(k);
            list
        }
        None => vec![names.emissions_unit.to_string(); count],
    };
    let wide = |a: &Named| sized(a).is_some_and(|(r, c)| [d, regions].iter().any(|w| (r, c) == (count, *w) || (c, r) == (count, *w)));
    let households = pool.found(names.households, wide).and_then(|k| pool.matrix(k));
    let households: Option<Array2<f64>> = match households {
        Some(h) => {
            let turned = h.rows() != count;
            let h = (if turned { h.turned() } else { h }).into_dense(&place)?;
            Some(if h.ncols() == regions && d != regions {
                h
            } else {
                let mut sums = Array2::zeros((count, regions));
                for r in 0..regions {
                    for c in labels.demand(r) {
                        for k in 0..count {
                            sums[[k, r]] += h[[k, c]];
                        }
                    }
                }
                sums
            })
        }
        None => None,
    };
    let mut added = Vec::new();
    let mut unknown = 0;
    for (k, (account, row)) in accounts.into_iter().zip(direct.into_rows()?).enumerate() {
        let (name, unit) = labels::with_unit(&account);
        if names.added.iter().any(|a| name.eq_ignore_ascii_case(a)) {
            added.push((Name::plain(name), row));
            continue;
        }
        let unit = unit.unwrap_or_else(|| units[k].clone());
        unknown += usize::from(unit.is_empty());
        stressors.push(Stressor { name, unit, direct: row, households: households.as_ref().map(|h| h.row(k).to_owned()) });
    }
    if unknown > 0 {
        let message = format!("{place}: the unit of {unknown} accounts is unknown; pass `emissions-unit`");
        remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", message));
    }
    Ok((stressors, added))
}
