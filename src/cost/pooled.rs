//! Prices by one convex regression of the regions of one or several years together.
//!
//! The model is that of [`super::convex`], years with an effect each; the price is `delta / gamma`, a range over the face of
//! [`super::face`] at each region of the price year. It assumes a convex technology that moves with the years by a constant only.

use crate::threads::prelude::*;

use super::convex::{Model, Sample};
use super::face;
use super::local_share::{convexity, sample, window};
use super::panel::Units;
use super::price::{Found, Mark};
use super::settings::{Direction, Face, NO_BOUND, Settings};
use crate::error::{Error, Result};

/// The observations of several years over their means; the means of GDP, CO2.
pub(super) fn together(units: &Units, regions: &[usize], weights: &[f64], years: &[usize]) -> (Sample, [f64; 2]) {
    let rows: Vec<(usize, usize)> =
        years.iter().enumerate().flat_map(|(t, &year)| regions.iter().map(move |&r| (t, units.at(r, year)))).collect();
    let mean = |of: &dyn Fn(usize) -> f64| rows.iter().map(|r| of(r.1)).sum::<f64>() / rows.len() as f64;
    let inputs: Vec<f64> = (0..units.inputs()).map(|n| mean(&|k| units.x[[k, n]])).collect();
    let means = [mean(&|k| units.y[k]), mean(&|k| units.b[k])];
    let sample = Sample {
        x: rows.iter().map(|&(_, k)| inputs.iter().enumerate().map(|(n, m)| units.x[[k, n]] / m).collect()).collect(),
        y: rows.iter().map(|&(_, k)| units.y[k] / means[0]).collect(),
        b: Some(rows.iter().map(|&(_, k)| units.b[k] / means[1]).collect()),
        weight: rows.iter().map(|&(_, k)| weights[k / units.years]).collect(),
        year: rows.iter().map(|r| r.0).collect(),
    };
    (sample, means)
}

/// The price of a range of shares, at its ends and by a face rule, for GDP over CO2 `ratio`.
pub(super) fn by_share([low, high]: [f64; 2], ratio: f64, face: Face) -> [f64; 3] {
    let share = |p: f64| if p.is_infinite() { 1.0 } else { p / (p + ratio) };
    let middle = face.share(share(low), share(high));
    let point = match face {
        Face::Low => low,
        Face::High => high,
        _ => super::local_share::price(middle, ratio),
    };
    [point, low, high]
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let direction = match settings.toward()? {
        Direction::Both => [1.0, 1.0],
        Direction::Gdp => [1.0, 0.0],
        other => {
            let text = format!("a convex regression moves GDP: direction {} leaves GDP as it is or differs by region", other.name());
            return Err(Error::invalid(text, "pass `direction` both or `direction` gdp"));
        }
    };
    let regions = sample(units, weights)?;
    let years: Vec<usize> = window(year, settings.window()).collect();
    let (observed, means) = together(units, &regions, weights, &years);
    let model = Model { norm: settings.norm, tau: settings.tau, direction, returns: settings.returns, way: settings.solver };
    let fit = model.fit(&observed, "the distance function")?;
    let first = observed.len() - regions.len();
    let marks: Vec<Mark> = (0..regions.len())
        .into_par_iter()
        .map(|i| {
            settings.watch.check()?;
            let k = units.at(regions[i], year);
            let ends = face::range(&fit, first + i, fit.signed - 1, &units.names[k])?;
            let ends = ends.map(|delta| {
                let gamma = fit.gamma(delta);
                if delta.is_infinite() || gamma <= 1e-12 { f64::INFINITY } else { delta / gamma * means[0] / means[1] }
            });
            let found = by_share(ends, units.y[k] / units.b[k], settings.face);
            Ok(Mark::regression(fit.distance[first + i] * fit.size[first + i], found, Vec::new(), NO_BOUND))
        })
        .collect::<Result<_>>()?;
    let mut all = vec![None; units.regions];
    regions.iter().zip(marks).for_each(|(&r, mark)| all[r] = Some(mark));
    let pairs = observed.len() * (observed.len() - 1);
    let notes = vec![format!(
        "convex regression of {} observations in {} years, tau {}: {} of {pairs} rows, objective {:.6e}",
        observed.len(),
        years.len(),
        settings.tau,
        fit.rows,
        fit.objective
    )];
    Ok(Found { marks: all, checks: vec![convexity(fit.violation)], notes, spans: Vec::new() })
}
