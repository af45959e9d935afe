//! The price of not knowing: what each footprint can be over all splits with the given output shares, emission shares, imports
//! and value added of parts.
//!
//! Two enclosures, each valid by itself: one follows sales ([`super::sold`]), one purchases ([`super::bought`]). What is printed
//! is what both leave.

use serde::{Deserialize, Serialize};

use super::bought::Bought;
use super::knowledge::Knowledge;
use super::parts::Parts;
use super::sold::Sold;
use crate::bounded::{gamma, up};
use crate::table::Table;
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Which enclosures a range is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeOf {
    /// Both: one chain of purchases, and two chains of sales for each region.
    #[default]
    Both,
    /// Purchases alone: one chain for all regions.
    Purchases,
    /// No range.
    None,
}

/// What a footprint can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// No split has less.
    pub low: f64,
    /// No split has more.
    pub high: f64,
}

/// The ranges of the footprints of all regions, without households.
///
/// # Errors
/// Why there are none, as a sentence: negative flows or outputs, or splits that are not all proven productive.
pub fn ranges(table: &Table, parts: &Parts, known: &Knowledge, stressor: usize, of: RangeOf, watch: &Watch) -> Result<Vec<Range>, String> {
    if of == RangeOf::None {
        return Err("none was asked for".into());
    }
    let bought = Bought::new(table, parts, known, stressor).and_then(|bought| bought.multipliers().map(|m| (bought, m)));
    let sold = if of == RangeOf::Both { Sold::new(table, parts) } else { Err("purchases alone were asked for".into()) };
    let weight = sold.as_ref().ok().and_then(Sold::weight);
    let q = &table.stressors[stressor].direct;
    let sales = |r: usize, high: bool| -> Option<f64> {
        let sold = sold.as_ref().ok()?;
        let ends = [sold.bound(&sold.finals(r), false, weight.as_ref())?, sold.bound(&sold.finals(r), true, weight.as_ref())?];
        let (mut sum, mut size) = (0.0, 0.0);
        for i in 0..table.dim() {
            for (k, e) in parts.of(i).zip(known.emissions(parts, i)) {
                let own = if parts.is_split(i) { e * q[i] } else { q[i] };
                let end = ends[usize::from((own >= 0.0) == high)][k];
                sum += own * end;
                size += (own * end).abs();
            }
        }
        let off = up(gamma(parts.dim() as f64 + 4.0) * size);
        Some(if high { sum + off } else { sum - off })
    };
    let one = |r: usize| -> Result<Range, String> {
        if watch.is_cancelled() {
            return Err("the run was cancelled".into());
        }
        let mut range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY };
        if let Ok((bought, m)) = &bought {
            let found = bought.footprint(m, r);
            (range.low, range.high) = (range.low.max(found.low), range.high.min(found.high));
        }
        if let Some(low) = sales(r, false) {
            range.low = range.low.max(low);
        }
        if let Some(high) = sales(r, true) {
            range.high = range.high.min(high);
        }
        if range.low.is_finite() && range.high.is_finite() {
            return Ok(range);
        }
        Err(bought.as_ref().err().or(sold.as_ref().err()).cloned().unwrap_or_else(|| "some split may not be productive".into()))
    };
    (0..table.labels.region_count()).into_par_iter().map(one).collect()
}
