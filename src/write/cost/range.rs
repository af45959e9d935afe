//! Ranges of prices in words, and the order of pairs of regions as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cost::{CALLED, Estimate};

/// What ranges are, and how many pairs of regions they order.
pub(super) fn text(out: &mut String, estimate: &Estimate) {
    let Some(ranges) = &estimate.ranges else { return };
    let [called, all] = ranges.called();
    let _ = writeln!(
        out,
        "range: 5th to 95th hundredth of {} draws of weights and choices (seed {}), united with the span of other choices; no confidence interval, no bound",
        ranges.drawn.draws, ranges.drawn.seed
    );
    let _ = writeln!(
        out,
        "  low and high: the prices that one set of choices leaves open, all as good; range: how far the price taken from them moves with the \
         weights and choices. Neither holds the other"
    );
    let _ = writeln!(out, "order: {called} of {all} pairs of regions have one order in at least {:.0} % of the draws", 100.0 * CALLED);
}

/// The share of draws that orders each pair; `None` where no range was drawn.
pub(super) fn json(estimate: &Estimate) -> Option<Value> {
    let ranges = estimate.ranges.as_ref()?;
    let [called, all] = ranges.called();
    let drawn = ranges.drawn;
    Some(json!({"draws": drawn.draws, "seed": drawn.seed, "above": ranges.above, "called": called, "pairs": all, "called_at": CALLED}))
}
