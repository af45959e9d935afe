//! Lines of a file that lead from one name to another with a number: a weight, a share, an amount.

use crate::error::{Error, Result};
use crate::table::Source;

/// How far weights of one source may be from one together.
pub const WHOLE: f64 = 1e-9;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The region that it is about, or the sector where it leads from a region; none: all of them.
    pub region: Option<String>,
    /// The name that it leads from.
    pub source: String,
    /// The name that it leads to.
    pub target: String,
    /// The region of the other side, where that is named: all regions otherwise.
    pub partner: Option<String>,
    /// Weight, share or amount.
    pub number: f64,
    /// `file:line`, for messages.
    pub place: String,
}

/// The lines of a file.
#[derive(Debug, Clone)]
pub struct Records {
    /// The file, for messages.
    pub place: String,
    /// Its lines.
    pub rows: Vec<Record>,
    /// Whether numbers are amounts, which are divided by their sums, and no shares.
    pub amounts: bool,
    /// Path and SHA-256.
    pub source: Option<Source>,
}

/// Refuses shares that do not add up to one.
///
/// # Errors
/// With the place of the first of them, both numbers and the remedy.
pub fn adds_up(what: &str, place: &str, shares: &[f64]) -> Result<()> {
    if let Some(wrong) = shares.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::format(place, format!("a share of {what} is {wrong}, expected a number from 0 to 1"), "correct the line"));
    }
    let sum: f64 = shares.iter().sum();
    if (sum - 1.0).abs() <= WHOLE {
        return Ok(());
    }
    let help = "correct the numbers, or divide each by their sum";
    Err(Error::format(place, format!("the shares of {what} add up to {sum}, expected 1"), help))
}
