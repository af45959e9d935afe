//! Three-way fitting: rows, columns and wholes in turn, each by the nearest table that satisfies it, signs and zeros kept.
//!
//! The nearest table in `sum |z0| (t ln(t / e) + 1)`, `t = z / z0`, with a given sum u multiplies positive cells by r and
//! divides negative ones by it: `r = (u + sqrt(u^2 + 4 p n)) / (2 p)`, p and -n the sums of either sign. Junius, Oosterhaven,
//! *Economic Systems Research* 15 (2003) 87-96, doi:10.1080/0953531022000056954; Deming, Stephan, *Annals of Mathematical
//! Statistics* 11 (1940) 427-444, doi:10.1214/aoms/1177731829 (several margins in turn).

use super::cells::Cells;
use crate::error::Result;
use crate::watch::Watch;

/// Relative error of rows and columns at which fitting ends.
const CLOSE: f64 = 1e-11;
/// Passes after which it ends all the same.
const MOST: usize = 5_000;
/// Passes over which the error must fall, else it ends.
const PATIENCE: usize = 200;

/// How a fit went.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    /// Passes over all cells.
    pub passes: usize,
    /// Largest relative error of a row or column that is left.
    pub residual: f64,
    /// The finer row or column that has it, and whether it is a row.
    pub worst: Option<(usize, bool)>,
    /// Sum of what moved, as a share of all.
    pub moved: f64,
    /// The largest scaling by which a cell grew or shrank.
    pub largest: f64,
}

/// Fits cells to their rows, columns and wholes.
///
/// # Errors
/// If the watch is cancelled.
pub(super) fn fit(cells: &mut Cells, watch: &Watch) -> Result<Fit> {
    let moving = cells.moving();
    let start = cells.value[..moving].to_vec();
    let mut fit = Fit::default();
    let (mut best, mut since) = (f64::INFINITY, 0);
    for pass in 0..MOST {
        watch.check()?;
        fit.passes = pass + 1;
        let rows = scale(&cells.row[..moving], &mut cells.value[..moving], &cells.rows);
        let columns = scale(&cells.column[..moving], &mut cells.value[..moving], &cells.columns);
        let (error, worst) = if rows.0 >= columns.0 { (rows.0, (rows.1, true)) } else { (columns.0, (columns.1, false)) };
        for c in 0..cells.free {
            let own = cells.ends[c]..cells.ends[c + 1];
            let sum: f64 = cells.value[own.clone()].iter().sum();
            if sum != 0.0 {
                let scaling = cells.totals[c] / sum;
                cells.value[own].iter_mut().for_each(|v| *v *= scaling);
            }
        }
        (fit.residual, fit.worst) = (error, Some(worst));
        if error < 0.99 * best {
            (best, since) = (error, 0);
        } else {
            since += 1;
        }
        if error <= CLOSE || since > PATIENCE {
            break;
        }
    }
    let size: f64 = start.iter().map(|v| v.abs()).sum();
    let moved: f64 = start.iter().zip(&cells.value).map(|(a, b)| (a - b).abs()).sum();
    fit.moved = if size > 0.0 { moved / size } else { 0.0 };
    let scaling = |(a, b): (&f64, &f64)| if *a == 0.0 || *b == 0.0 { 1.0 } else { (a / b).max(b / a) };
    fit.largest = start.iter().zip(&cells.value).map(scaling).fold(1.0, f64::max);
    Ok(fit)
}

/// Scales the cells of each line to its target; the largest relative error before, and whose it is.
fn scale(line: &[u32], value: &mut [f64], targets: &[f64]) -> (f64, usize) {
    let (mut positive, mut negative) = (vec![0.0; targets.len()], vec![0.0; targets.len()]);
    for (&k, &v) in line.iter().zip(value.iter()) {
        let k = k as usize;
        if k < targets.len() {
            if v >= 0.0 { positive[k] += v } else { negative[k] -= v }
        }
    }
    let size: f64 = targets.iter().filter(|t| !t.is_nan()).map(|t| t.abs()).sum();
    let mut worst = (0.0, 0);
    let scalings: Vec<f64> = (0..targets.len())
        .map(|k| {
            let (u, p, n) = (targets[k], positive[k], negative[k]);
            if u.is_nan() || (p == 0.0 && n == 0.0) {
                // an empty line has a target of 0, or is refused beforehand
                return 1.0;
            }
            let error = (p - n - u).abs() / u.abs().max(1e-12 * size).max(f64::MIN_POSITIVE);
            if error > worst.0 {
                worst = (error, k);
            }
            scaling(u, p, n)
        })
        .collect();
    for (&k, v) in line.iter().zip(value.iter_mut()) {
        if let Some(r) = scalings.get(k as usize) {
            *v = if *v >= 0.0 { *v * r } else { *v / r };
        }
    }
    worst
}

fn scaling(u: f64, p: f64, n: f64) -> f64 {
    let r = if n == 0.0 {
        u / p
    } else if p == 0.0 {
        -n / u
    } else {
        let root = (u * u + 4.0 * p * n).sqrt();
        // without cancellation for either sign
        if u >= 0.0 { (u + root) / (2.0 * p) } else { 2.0 * n / (root - u) }
    };
    if r > 0.0 && r.is_finite() { r } else { 1.0 }
}
