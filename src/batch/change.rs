//! Scenarios: cells of technology, import shares, intensities and final demand, scaled or set; lists of numbers are grids.
//!
//! ```text
//! technology     a_ij := s a_ij, or := v                      for what rows sell to columns; final demand stays
//! import-share   m := s m, or := v, where m = bought from other regions / bought from all, of each product and buyer of a region;
//!                what it buys of a product in all stays, for use and for final demand
//! intensity      f_i := s f_i, or := v
//! demand         y_ir := s y_ir, or := v
//! ```
//! Changes of a scenario are made one after the other.

use ndarray::Array2;
use serde::Deserialize;

use super::plan::rows;
use crate::error::{Error, Result};
use crate::system::{Destination, System};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Technology,
    ImportShare,
    Intensity,
    Demand,
}

/// A number, or the numbers of a grid.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    Many(Vec<f64>),
}

impl Numbers {
    fn all(&self) -> &[f64] {
        match self {
            Numbers::One(v) => std::slice::from_ref(v),
            Numbers::Many(all) => all,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Change {
    what: What,
    region: Option<String>,
    sector: Option<String>,
    buyer_region: Option<String>,
    buyer_sector: Option<String>,
    scale: Option<Numbers>,
    set: Option<Numbers>,
}

/// A scenario of a plan: as many runs as its lists have combinations.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Scenario {
    pub name: String,
    #[serde(default)]
    change: Vec<Change>,
}

/// How a number becomes another.
#[derive(Debug, Clone, Copy)]
enum To {
    Times(f64),
    Number(f64),
}

impl To {
    fn of(self, v: f64) -> f64 {
        match self {
            To::Times(s) => v * s,
            To::Number(new) => new,
        }
    }
}

/// Coefficients (n x n, row by row), final demand by destination (n x K) and intensities of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changed {
    pub a: Vec<f64>,
    pub b: Array2<f64>,
    pub c: Vec<f64>,
}

impl Changed {
    /// Those of the table.
    pub(super) fn none(system: &System, stressor: usize) -> Changed {
        let (n, x) = (system.dim(), &system.table.x);
        let mut a = vec![0.0; n * n];
        for (i, to) in a.chunks_exact_mut(n).enumerate() {
            system.table.z.row(i).filter(|(j, _)| x[*j] != 0.0).for_each(|(j, v)| to[j] = v / x[j]);
        }
        Changed { a, b: system.demand.clone(), c: system.intensities[stressor].to_vec() }
    }
}

impl Change {
    fn numbers(&self) -> (&[f64], bool) {
        match (&self.scale, &self.set) {
            (Some(scale), _) => (scale.all(), true),
            (None, Some(set)) => (set.all(), false),
            (None, None) => (&[], true),
        }
    }

    fn sound(&self) -> std::result::Result<(), (String, &'static str)> {
        let (numbers, scaled) = self.numbers();
        let key = if scaled { "scale" } else { "set" };
        if self.scale.is_some() == self.set.is_some() {
            return Err(("neither or both of scale and set are given".into(), "give one: scale = 0.9, or set = 0.1; a list is a grid"));
        }
        if numbers.is_empty() {
            return Err((format!("{key} = [] has no number"), "list at least one"));
        }
        if let Some(v) = numbers.iter().find(|v| !v.is_finite() || **v < 0.0 && self.what != What::Demand) {
            return Err((format!("{key} = {v} is negative or no number"), "give a finite number of at least 0"));
        }
        let buyers = self.buyer_region.is_some() || self.buyer_sector.is_some();
        match self.what {
            What::Intensity if buyers => Err(("an intensity has no buyer".into(), "leave buyer-region and buyer-sector out")),
            What::Demand if self.buyer_sector.is_some() => Err(("final demand has no buying sector".into(), "leave buyer-sector out")),
            What::ImportShare if self.region.is_some() => {
                Err(("an import share is that of a buyer".into(), "name buyer-region in place of region"))
            }
            What::ImportShare if self.buyer_region.is_none() => Err(("whose import share is not said".into(), "name buyer-region")),
            What::ImportShare if !scaled && numbers.iter().any(|v| *v > 1.0) => {
                Err(("an import share above 1".into(), "give numbers from 0 to 1"))
            }
            _ => Ok(()),
        }
    }

    /// Makes the change; how many purchases cannot take it, as nothing is bought abroad or made at home.
    fn make(&self, system: &System, number: f64, to: &mut Changed) -> Result<usize> {
        let table = &system.table;
        let to_be = if self.scale.is_some() { To::Times(number) } else { To::Number(number) };
        let sellers = rows(table, self.region.as_deref(), self.sector.as_deref())?;
        let n = table.dim();
        match self.what {
            What::Intensity => {
                sellers.iter().for_each(|&i| to.c[i] = to_be.of(to.c[i]));
                Ok(0)
            }
            What::Demand => {
                let buyer = self.buyer_region.as_deref().map(|r| table.labels.region(r)).transpose()?;
                for (k, destination) in system.destinations.iter().enumerate() {
                    let wanted = match (buyer, destination) {
                        (Some(r), Destination::Region(own)) => r == *own,
                        (None, Destination::Region(_)) => true,
                        _ => false,
                    };
                    if wanted {
                        sellers.iter().for_each(|&i| to.b[[i, k]] = to_be.of(to.b[[i, k]]));
                    }
                }
                Ok(0)
            }
            What::Technology => {
                let buyers = rows(table, self.buyer_region.as_deref(), self.buyer_sector.as_deref())?;
                for i in sellers {
                    buyers.iter().for_each(|&j| to.a[i * n + j] = to_be.of(to.a[i * n + j]));
                }
                Ok(0)
            }
            What::ImportShare => {
                let region = table.labels.region(self.buyer_region.as_deref().unwrap_or_default())?;
                let buyers = rows(table, self.buyer_region.as_deref(), self.buyer_sector.as_deref())?;
                let (product_of, products) = table.labels.products();
                let mut sources = vec![Vec::new(); products.len()];
                sellers.iter().for_each(|&i| sources[product_of[i]].push(i));
                let own = table.labels.rows(region);
                let mut stay = 0;
                for source in sources.iter().filter(|s| !s.is_empty()) {
                    let home: Vec<bool> = source.iter().map(|i| own.contains(i)).collect();
                    for &j in &buyers {
                        let mut cells: Vec<f64> = source.iter().map(|i| to.a[i * n + j]).collect();
                        stay += usize::from(!shifted(&home, to_be, &mut cells)?);
                        source.iter().zip(cells).for_each(|(i, v)| to.a[i * n + j] = v);
                    }
                    // purchases of one sector alone leave final demand as it is
                    if let Some(k) = system.column(Destination::Region(region)).filter(|_| self.buyer_sector.is_none()) {
                        let mut cells: Vec<f64> = source.iter().map(|i| to.b[[*i, k]]).collect();
                        stay += usize::from(!shifted(&home, to_be, &mut cells)?);
                        source.iter().zip(cells).for_each(|(i, v)| to.b[[*i, k]] = v);
                    }
                }
                Ok(stay)
            }
        }
    }
}

/// Shifts what is bought of a product between abroad and home; whether it can be.
fn shifted(home: &[bool], to: To, cells: &mut [f64]) -> Result<bool> {
    let sum = |own: bool| cells.iter().zip(home).filter(|(_, h)| **h == own).map(|(v, _)| v).sum::<f64>();
    let (own, abroad) = (sum(true), sum(false));
    let all = own + abroad;
    if all == 0.0 {
        return Ok(true);
    }
    let old = abroad / all;
    let new = to.of(old);
    if new == old {
        return Ok(true);
    }
    if new > 1.0 {
        let text = format!("an import share of {old} becomes {new}, above 1");
        return Err(Error::range(text, "scale it by less, or set it to a number from 0 to 1"));
    }
    if old <= 0.0 || old >= 1.0 {
        return Ok(false);
    }
    for (v, home) in cells.iter_mut().zip(home) {
        *v *= if *home { (1.0 - new) / (1.0 - old) } else { new / old };
    }
    Ok(true)
}

impl Scenario {
    /// What is wrong with it, and the remedy.
    pub(super) fn sound(&self) -> std::result::Result<(), (String, &'static str)> {
        if self.change.is_empty() {
            return Err(("changes nothing".into(), "add a [[scenario.change]]"));
        }
        self.change.iter().try_for_each(Change::sound)
    }

    /// Number of runs.
    pub(super) fn count(&self) -> usize {
        self.change.iter().map(|c| c.numbers().0.len()).product()
    }

    /// The numbers of a run, those of the last change fastest.
    fn numbers(&self, mut run: usize) -> Vec<f64> {
        let mut chosen: Vec<f64> = Vec::new();
        for change in self.change.iter().rev() {
            let all = change.numbers().0;
            chosen.push(all[run % all.len()]);
            run /= all.len();
        }
        chosen.reverse();
        chosen
    }

    /// What a run is called: the numbers of its grid behind the name.
    pub(super) fn name(&self, run: usize) -> String {
        let of = self.change.iter().zip(self.numbers(run)).filter(|(c, _)| c.numbers().0.len() > 1);
        let numbers: Vec<String> = of.map(|(_, v)| v.to_string()).collect();
        if numbers.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, numbers.join(", ")) }
    }

    /// The system of a run, and how many purchases could not take an import share.
    pub(super) fn make(&self, system: &System, base: &Changed, run: usize) -> Result<(Changed, usize)> {
        let mut made = base.clone();
        let mut stay = 0;
        for (change, number) in self.change.iter().zip(self.numbers(run)) {
            let told = |e: Error| match e {
                Error::Invalid { cause, message, help } => {
                    Error::Invalid { cause, message: format!("scenario {}: {message}", self.name(run)), help }
                }
                other => other,
            };
            stay += change.make(system, number, &mut made).map_err(told)?;
        }
        Ok((made, stay))
    }
}
