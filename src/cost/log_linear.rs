//! Prices by constant elasticities of GDP, those of inputs and of CO2 not negative.
//!
//! `ln y = a_t + sum_n e_n ln x_n + eps ln b`, least squares with `e_n, eps >= 0`; price `eps y^ / b`, `y^` as fitted. It assumes
//! that the elasticity is the same in every region and year, that CO2 is measured without error, and that inputs at given energy
//! leave CO2 free: the order of prices is that of GDP over CO2.

use super::local_share::{sample, window};
use super::panel::Units;
use super::price::{Found, Mark};
use super::qp::Quadratic;
use super::settings::{NO_BOUND, Settings};
use crate::error::Result;

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let regions = sample(units, weights)?;
    let years: Vec<usize> = if settings.window.is_some() { window(year, settings.window()).collect() } else { (0..units.years).collect() };
    let n = units.inputs();
    // inputs, CO2, then years
    let width = n + 1 + years.len();
    let logs = |k: usize| -> Vec<f64> { units.x.row(k).iter().map(|v| v.ln()).chain([units.b[k].ln()]).collect() };
    let mut program = Quadratic::new(width);
    let mut normal = vec![0.0; width * width];
    let total: f64 = regions.iter().map(|&r| weights[r]).sum::<f64>() * years.len() as f64;
    for (t, &at) in years.iter().enumerate() {
        for &r in &regions {
            let (k, weight) = (units.at(r, at), weights[r] / total);
            let mut row = logs(k);
            row.resize(width, 0.0);
            row[n + 1 + t] = 1.0;
            for a in 0..width {
                program.cost[a] -= weight * row[a] * units.y[k].ln();
                (a..width).for_each(|b| normal[a * width + b] += weight * row[a] * row[b]);
            }
        }
    }
    let entries = (0..width).flat_map(|a| (a..width).map(move |b| (a, b)));
    program.curve = entries.map(|(a, b)| (a, b, normal[a * width + b])).filter(|e| e.2 != 0.0).collect();
    (0..=n).for_each(|j| program.nonnegative(j));
    let found = program.solve("constant elasticities", settings.solver)?;
    let elasticity = found[n].max(0.0);
    let place = years.iter().position(|t| *t == year).unwrap_or(years.len() - 1);
    let mut marks = vec![None; units.regions];
    for &r in &regions {
        let k = units.at(r, year);
        let fitted = logs(k).iter().zip(&found).map(|(a, b)| a * b).sum::<f64>() + found[n + 1 + place];
        let price = elasticity * fitted.exp() / units.b[k];
        marks[r] = Some(Mark::regression(fitted - units.y[k].ln(), [price; 3], Vec::new(), NO_BOUND));
    }
    let of_inputs: Vec<String> = units.input_names.iter().zip(&found).map(|(name, e)| format!("{name} {:.3}", e.max(0.0))).collect();
    let notes =
        vec![format!("elasticities of GDP: CO2 {elasticity:.4}, {}; the distance is ln of fitted over observed GDP", of_inputs.join(", "))];
    Ok(Found { marks, checks: Vec::new(), notes, spans: Vec::new() })
}
