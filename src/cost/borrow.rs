//! The price of a region without data: the mean of the finite prices of its land neighbours.

use super::price::{Flag, Price};
use crate::bounded::{Bounded, greater};
use crate::error::{Error, Result};
use crate::labels::{Name, records};

/// The neighbours of a province, by name; `None` for a region in no list.
fn neighbours(region: &Name) -> Option<Vec<Name>> {
    let mut rows = records(include_str!("../../fixtures/facts/neighbours.csv"));
    rows.find(|row| region.matches(&row[0])).map(|row| row[1].split(';').map(Name::region).collect())
}

/// The price of `region` from those of its neighbours.
///
/// # Errors
/// When its neighbours are not known, or none of them has a finite price.
pub(super) fn from_neighbours(region: &Name, prices: &[Price]) -> Result<Price> {
    let help = "pass `missing` exclude, and give a price of your own to compensate";
    let Some(near) = neighbours(region) else {
        return Err(Error::missing(format!("the neighbours of {region} are not known"), help));
    };
    let known: Vec<&Price> = prices
        .iter()
        .filter(|p| p.price.value.is_finite() && p.intensity.is_some() && near.iter().any(|n| p.region.matches(&n.en)))
        .collect();
    if known.is_empty() {
        return Err(Error::missing(format!("none of the {} neighbours of {region} has a finite price", near.len()), help));
    }
    let mean = |f: &dyn Fn(&Price) -> Bounded| mean(known.iter().map(|p| f(p)));
    Ok(Price {
        region: region.clone(),
        price: mean(&|p| p.price),
        low: mean(&|p| p.low),
        high: mean(&|p| p.high),
        distance: None,
        intensity: None,
        emissions: None,
        unbounded: known.iter().find_map(|p| p.unbounded.clone()),
        flags: vec![Flag::Neighbours],
        spread: None,
        beside: Vec::new(),
        range: None,
    })
}

/// The mean of some numbers; infinite where one is.
pub(super) fn mean(of: impl Iterator<Item = Bounded> + Clone) -> Bounded {
    let count = Bounded::exact(of.clone().count() as f64);
    let infinite: f64 = of.clone().map(|b| b.value).filter(|v| v.is_infinite()).sum();
    if infinite == 0.0 { of.sum::<Bounded>() / count } else { Bounded::new(infinite, of.map(|b| b.bound).fold(0.0, greater)) }
}
