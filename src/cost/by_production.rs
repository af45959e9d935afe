//! Prices of burning less: the GDP of a unit of energy over the CO2 that comes with it.
//!
//! `T1: y <= f(x)` a convex regression of [`super::convex`] without CO2, `T2: b = kappa_i E, kappa_i = b_i / E_i`; price `f_E / kappa_i`,
//! a range over the face. It assumes that CO2 falls only with energy, which nothing replaces: fuel switching and capture are
//! no part of it. Murty, Russell, Levkoff 2012, doi:10.1016/j.jeem.2012.02.005.

use crate::threads::prelude::*;

use super::convex::Model;
use super::face;
use super::local_share::{convexity, sample, window};
use super::panel::Units;
use super::pooled::{by_share, together};
use super::price::{Found, Mark};
use super::settings::{NO_BOUND, Settings};
use crate::error::Result;

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let regions = sample(units, weights)?;
    let years: Vec<usize> = window(year, settings.window()).collect();
    let (mut observed, means) = together(units, &regions, weights, &years);
    observed.b = None;
    let model = Model { norm: settings.norm, tau: settings.tau, direction: [1.0, 0.0], returns: settings.returns, way: settings.solver };
    let fit = model.fit(&observed, "GDP by inputs")?;
    let (first, energy) = (observed.len() - regions.len(), units.roles.energy);
    let marks: Vec<Mark> = (0..regions.len())
        .into_par_iter()
        .map(|i| {
            settings.watch.check()?;
            let k = units.at(regions[i], year);
            // slopes are in means of the sample
            let scale = means[0] * observed.x[first + i][energy] / units.b[k];
            let ends = face::range(&fit, first + i, energy, &units.names[k])?.map(|slope| slope * scale);
            let found = by_share(ends, units.y[k] / units.b[k], settings.face);
            Ok(Mark::regression(fit.distance[first + i] * fit.size[first + i], found, Vec::new(), NO_BOUND))
        })
        .collect::<Result<_>>()?;
    let mut all = vec![None; units.regions];
    regions.iter().zip(marks).for_each(|(&r, mark)| all[r] = Some(mark));
    let notes = vec![format!(
        "GDP by {} observations, tau {}, {} rows; energy is {}, CO2 per unit of it that of each region: burning less, energy not replaced",
        observed.len(),
        settings.tau,
        fit.rows,
        units.input_names[energy]
    )];
    Ok(Found { marks: all, checks: vec![convexity(fit.violation)], notes, spans: Vec::new() })
}
