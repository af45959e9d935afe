//! Whether rows sell or buy: decided by the balance, never by the container.
//!
//! The gap of a reading is the sum of `|x - Z 1 - Y 1|` over the sum of `|x|`, and of `|x - 1'Z - v|` where value added is given
//! and the first does not tell; without x, of `|Z 1 + Y 1 - 1'Z - v|`. The reading with the smallest gap is taken, the one of the
//! file where they are the same.

use ndarray::Array1;

use super::Matrix;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};

/// A gap below which a reading balances.
const BALANCED: f64 = 1e-4;

/// Two gaps are the same below this ratio.
const SAME: f64 = 1.000_001;

/// Where the matrices are, for messages.
pub(super) struct Places<'a> {
    pub matrix: &'a str,
    pub demand: &'a str,
}

type Vector = Array1<f64>;

/// Intermediates and final demand with rows that sell.
///
/// # Errors
/// When final demand fits neither way.
pub(super) fn decided(
    z: Matrix,
    y: Matrix,
    x: Option<&Vector>,
    added: Option<&Vector>,
    coefficients: bool,
    places: &Places,
    remarks: &mut Vec<Finding>,
) -> Result<(Matrix, Matrix)> {
    let n = z.rows();
    let ways: Vec<bool> = [false, true].into_iter().filter(|&turn| (if turn { y.columns() } else { y.rows() }) == n).collect();
    if ways.is_empty() {
        let text = format!("expected {n} x columns, found {} x {}", y.rows(), y.columns());
        return Err(Error::format(places.demand, text, "give each row of Z its final demand"));
    }
    let sales = |turn: bool| match (turn, coefficients) {
        (false, false) => z.row_sums(),
        (true, false) => z.column_sums(),
        (false, true) => z.times(x),
        (true, true) => z.turned_times(x),
    };
    let both = [sales(false), sales(true)];
    let final_sums = [y.row_sums(), y.column_sums()];
    let size = |v: &Vector| v.iter().map(|a| a.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
    // how far a reading is from the balance, and the row that is farthest
    let gap = |turn_z: bool, turn_y: bool| -> Option<(f64, usize)> {
        let sold = &both[usize::from(turn_z)] + &final_sums[usize::from(turn_y)];
        let left = match (x, added) {
            (Some(x), _) => x - &sold,
            (None, Some(v)) if !coefficients => &sold - &both[usize::from(!turn_z)] - v,
            _ => return None,
        };
        let largest = left.iter().enumerate().fold((0, 0.0f64), |best, (k, v)| if v.abs() > best.1 { (k, v.abs()) } else { best });
        Some((size(&left) / x.map_or_else(|| size(&sold), size), largest.0))
    };
    // what columns say, where rows do not tell
    let columns = |turn_z: bool| match (x, added, coefficients) {
        (Some(x), Some(v), false) => size(&(x - &both[usize::from(!turn_z)] - v)) / size(x),
        _ => 0.0,
    };
    let mut best: Option<(bool, bool, f64, usize)> = None;
    for turn_z in [false, true] {
        for &turn_y in &ways {
            let Some((gap, row)) = gap(turn_z, turn_y) else { continue };
            let better = best.is_none_or(|(z, _, least, _)| {
                let same = gap <= least * SAME && least <= gap * SAME || gap.max(least) < 1e-12;
                if same { columns(turn_z) * SAME < columns(z) } else { gap < least }
            });
            if better {
                best = Some((turn_z, turn_y, gap, row));
            }
        }
    }
    let Some((turn_z, turn_y, least, row)) = best else {
        let what = if coefficients { "x" } else { "neither x nor value added" };
        let text = format!("{}: whether rows sell or buy could not be checked, {what} being absent; rows are taken to sell", places.matrix);
        remarks.push(Finding::new(Level::Warn, "orientation-unchecked", text));
        let turned = ways[0];
        return Ok((z, if turned { y.turned() } else { y }));
    };
    let as_read = ways.contains(&turn_y).then(|| gap(!turn_z, turn_y)).flatten().map_or(f64::INFINITY, |g| g.0);
    if turn_z {
        let text = format!(
            "{} holds what is sold to a row in its columns: it was transposed, since the balance is off by {least:.1e} of output then, \
             and by {as_read:.1e} as the file has it",
            places.matrix
        );
        remarks.push(Finding::new(Level::Warn, "orientation", text).numbers(least, as_read));
    }
    if turn_y {
        let text = format!("{} has a row for each category: it was transposed", places.demand);
        remarks.push(Finding::new(Level::Warn, "orientation", text));
    }
    if least > BALANCED {
        let text = format!(
            "{}: rows do not add up to output: the gap is {least:.1e} of output, the largest in row {}; transposed it is {as_read:.1e}",
            places.matrix,
            row + 1
        );
        remarks.push(Finding::new(Level::Warn, "balance-gap", text).row(row).numbers(least, BALANCED));
    }
    Ok((if turn_z { z.turned() } else { z }, if turn_y { y.turned() } else { y }))
}
