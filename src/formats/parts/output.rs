//! Gross output where a file lacks it or rounds it: `x = y + A y + A^2 y + ...`, or the row sum that agrees with every digit.

use ndarray::Array1;

use super::{Digits, Values};
use crate::error::{Error, Result};
use crate::watch::Watch;

/// Output from A and demand alone, and the residual reached, relative to demand in the 1-norm. `places` are those of A and of
/// demand, `name` is the name of a row.
///
/// # Errors
/// When a number is not finite, or the series does not converge.
pub(super) fn solved(
    a: &Values,
    demand: &Array1<f64>,
    places: (&str, &str),
    name: impl Fn(usize) -> String,
    watch: &Watch,
) -> Result<(Array1<f64>, f64)> {
    let bad_demand = demand.iter().enumerate().find(|(_, v)| !v.is_finite()).map(|(i, v)| (i, *v));
    for (bad, place) in [(a.first_not_finite(), places.0), (bad_demand, places.1)] {
        if let Some((i, value)) = bad {
            return Err(Error::format(
                place,
                format!("row \"{}\" holds {value}, so output cannot be computed from A and Y", name(i)),
                "correct the row, or save the system with x",
            ));
        }
    }
    let x = series(a, demand, watch)?;
    let reached = norm(&residual(a, &x, demand)) / norm(demand).max(f64::MIN_POSITIVE);
    Ok((x, reached))
}

/// `x = y + A y + A^2 y + ...` until the residual, relative to y in the 1-norm, stops falling.
fn series(a: &Values, y: &Array1<f64>, watch: &Watch) -> Result<Array1<f64>> {
    const PASSES: usize = 10_000;
    const PATIENCE: usize = 30;
    let scale = norm(y).max(f64::MIN_POSITIVE);
    let mut x = y.clone();
    let mut best = (f64::INFINITY, x.clone(), 0);
    let mut history: Vec<f64> = Vec::new();
    for pass in 0..PASSES {
        watch.check()?;
        let left = residual(a, &x, y);
        let size = norm(&left) / scale;
        history.push(size);
        if size < best.0 {
            best = (size, x.clone(), pass);
        }
        // Rows far smaller than the total go on settling after the norm has reached rounding level.
        if size == 0.0 || (best.0 <= 1e-10 && pass >= best.2 + PATIENCE) {
            return Ok(if size <= 10.0 * best.0 { x } else { best.1 });
        }
        if !size.is_finite() || size > 1e12 * history[0].max(1.0) {
            break;
        }
        x += &left;
    }
    let back = history.len().min(20) - 1;
    let last = history.len() - 1;
    let growth = (history[last] / history[last - back]).powf(1.0 / back.max(1) as f64);
    let verdict = if growth > 1.0 || !growth.is_finite() { "is above 1" } else { "is too close to 1" };
    Err(Error::not_productive(
        format!(
            "output cannot be computed from A and Y: the spectral radius of A {verdict} (growth by {growth:.6} in the last of {} passes)",
            last + 1
        ),
        "check the columns of A: a productive system has a spectral radius below 1; or save the system with x",
    ))
}

/// `y + A x - x`.
fn residual(a: &Values, x: &Array1<f64>, y: &Array1<f64>) -> Array1<f64> {
    let mut left = y - x;
    a.add_product(x, &mut left);
    left
}

fn norm(v: &Array1<f64>) -> f64 {
    v.iter().map(|e| e.abs()).sum()
}

/// The sum of each row where it agrees with every digit that the file writes of output: then the sum has more digits.
pub(super) fn unrounded(x: Array1<f64>, sum: Array1<f64>, digits: Digits, notes: &mut Vec<String>) -> Array1<f64> {
    if x == sum || !x.iter().zip(&sum).all(|(x, s)| (x - s).abs() <= digits.half * x.abs()) {
        return x;
    }
    notes.push(format!("x = Z 1 + Y 1, which agrees with the written x in all of its {} digits and has more", digits.count));
    sum
}
