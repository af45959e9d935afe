//! Prices of burning less: the GDP of a unit of energy over the CO2 that comes with it.
//!
//! `T1: y <= f(x)` a convex regression of [`super::convex`] without CO2, `T2: b = kappa_i E, kappa_i = b_i / E_i`; price `f_E / kappa_i`,
//! a range over the face. It assumes that CO2 falls only with energy, which nothing replaces: fuel switching and capture are
//! no part of it. With fuels j among the inputs and factors kappa_j, `T2: b = sum_j kappa_j E_j`; price `min_j f_j / kappa_j`, since GDP is
//! net of what fuels cost (`q_j = 0`), and beside it that of switching from the fuel with the most to that with the least CO2 at equal
//! energy, `(f_j - f_l) / (kappa_j - kappa_l)`. The high end is the least of the high ends: not lower than the truth. Murty, Russell, Levkoff 2012, doi:10.1016/j.jeem.2012.02.005.

use crate::threads::prelude::*;

use super::convex::Model;
use super::face;
use super::local_share::{convexity, sample, window};
use super::panel::{Burnt, Units};
use super::pooled::{by_share, together};
use super::price::{Beside, Found, Mark};
use super::settings::{NO_BOUND, Settings};
use crate::error::Result;

/// The price of burning less of the cheapest fuel at the ends of the slopes, and that of switching at equal energy from the fuel with the
/// most CO2 to the one with the least, by the middle of each range; none where the energy of a fuel is not known.
fn burnt(fuels: &[Burnt], slopes: &[[f64; 2]]) -> ([f64; 2], Vec<Beside>) {
    let least = |e: usize| fuels.iter().zip(slopes).map(|(fuel, s)| s[e] / fuel.carbon).fold(f64::INFINITY, f64::min);
    // CO2 and GDP of a tonne of coal equivalent
    let of_energy = |(fuel, s): (&Burnt, &[f64; 2])| fuel.energy.map(|e| (fuel.carbon / e, 0.5 * (s[0] + s[1]) / e));
    let known: Option<Vec<(f64, f64)>> = fuels.iter().zip(slopes).map(of_energy).collect();
    let switching = known.and_then(|all| {
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.0.total_cmp(&b.0);
        let (from, to) = (all.iter().max_by(by)?, all.iter().min_by(by)?);
        (from.0 > to.0).then(|| (from.1 - to.1) / (from.0 - to.0))
    });
    ([least(0), least(1)], switching.map(|p| Beside { name: "switching", prices: [p; 3] }).into_iter().collect())
}

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
            let slope = |n: usize| -> Result<[f64; 2]> {
                let scale = means[0] * observed.x[first + i][n] / units.x[[k, n]];
                Ok(face::range(&fit, first + i, n, &units.names[k])?.map(|slope| slope * scale))
            };
            let ratio = units.y[k] / units.b[k];
            let (ends, beside) = if units.fuels.is_empty() {
                (slope(energy)?.map(|s| s * units.x[[k, energy]] / units.b[k]), Vec::new())
            } else {
                let slopes = units.fuels.iter().map(|f| slope(f.input)).collect::<Result<Vec<_>>>()?;
                burnt(&units.fuels, &slopes)
            };
            let found = by_share(ends, ratio, settings.face);
            Ok(Mark::regression(fit.distance[first + i] * fit.size[first + i], found, beside, NO_BOUND))
        })
        .collect::<Result<_>>()?;
    let mut all = vec![None; units.regions];
    regions.iter().zip(marks).for_each(|(&r, mark)| all[r] = Some(mark));
    let means_of_less = if units.fuels.is_empty() {
        format!(
            "energy is {}, CO2 per unit of it that of each region: burning less, energy not replaced; fuels and their CO2 factors, \
             such as `fuel` coal_10kt_sce=2.66, would tell switching from saving",
            units.input_names[energy]
        )
    } else {
        let names: Vec<&str> = units.fuels.iter().map(|f| units.input_names[f.input].as_str()).collect();
        format!(
            "the cheapest of burning less {}, not replaced; GDP is net of what fuels cost, so their prices count as 0",
            names.join(", ")
        )
    };
    let notes = vec![format!("GDP by {} observations, tau {}, {} rows; {means_of_less}", observed.len(), settings.tau, fit.rows)];
    Ok(Found { marks: all, checks: vec![convexity(fit.violation)], notes, spans: Vec::new() })
}
