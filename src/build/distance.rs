//! Distances between regions: great circles between the capitals of the provinces.
//!
//! Coordinates are those of `fixtures/facts/provinces_2017.csv`, rounded to 0.01 degrees; a sphere of 6,371 km.

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::labels::{Name, key, records};

/// Kilometres between the capitals of provinces (R x R).
///
/// # Errors
/// Naming the regions that are no provinces.
pub fn capitals(regions: &[Name]) -> Result<Array2<f64>> {
    let known: Vec<Vec<String>> = records(include_str!("../../fixtures/facts/provinces_2017.csv")).collect();
    let place = |region: &Name| {
        let row = known.iter().find(|row| region.matches(&row[0]) || key(&region.en) == key(&row[1]))?;
        Some((row[3].parse::<f64>().ok()?.to_radians(), row[4].parse::<f64>().ok()?.to_radians()))
    };
    let places: Vec<_> = regions.iter().map(place).collect();
    let unknown: Vec<&str> = regions.iter().zip(&places).filter(|p| p.1.is_none()).map(|p| p.0.en.as_str()).collect();
    if !unknown.is_empty() {
        let text = format!("no coordinates of {}: they are no provinces", unknown.join(", "));
        return Err(Error::missing(text, "name a file of distances with `distances`, given trade with `trade`, or `beta` 0"));
    }
    let places: Vec<(f64, f64)> = places.into_iter().flatten().collect();
    Ok(Array2::from_shape_fn((places.len(), places.len()), |(a, b)| great_circle(places[a], places[b])))
}

fn great_circle(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |x: f64| (0.5 * x).sin().powi(2);
    let chord = half(a.0 - b.0) + a.0.cos() * b.0.cos() * half(a.1 - b.1);
    2.0 * 6371.0 * chord.sqrt().min(1.0).asin()
}
