//! All duties and all price rules side by side, on one division of the emissions and one set of unit costs.
//!
//! A fund sets no price, so the duty `gap-fund` stands once; a rule that lacks its number is named, not dropped.

use super::{Compensation, Division, Duty, PriceRule, Pricing, settle};
use crate::bounded::largest;
use crate::check::Check;
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::error::Result;

/// Every duty with every price rule, and what had to be left out with the reason.
///
/// `bilateral` is behind the shared duty, `gap` behind the gap duties; they may be the same.
///
/// # Errors
/// When a duty cannot be settled at unit costs; a missing market price, or a curve that ends before a whole duty, only leaves its
/// rule out.
pub fn compare(
    bilateral: &Division,
    gap: &Division,
    flows: &Flows,
    costs: &UnitCosts,
    pricing: &Pricing,
    tonnes: f64,
) -> Result<(Vec<Compensation>, Vec<String>)> {
    let (rules, mut left_out) = usable(&PriceRule::ALL, pricing);
    let mut all = Vec::new();
    for &duty in &Duty::ALL {
        let division = if duty == Duty::Shared { bilateral } else { gap };
        for &rule in rules_of(duty, &rules) {
            match settle(duty, division, flows, costs, &Pricing { rule, ..*pricing }, tonnes) {
                Ok(found) => all.push(found),
                // a whole duty may be more than the curve of one region holds
                Err(e) if pricing.whole.is_some() => left_out.push(format!("{} by price rule {}: {e}", duty.name(), rule.name())),
                Err(e) => return Err(e),
            }
        }
    }
    Ok((all, left_out))
}

/// The rules whose numbers are given, and the others with the reason.
pub(super) fn usable(rules: &[PriceRule], pricing: &Pricing) -> (Vec<PriceRule>, Vec<String>) {
    let (can, cannot): (Vec<PriceRule>, Vec<PriceRule>) = rules.iter().partition(|r| **r != PriceRule::Ets || pricing.ets.is_some());
    let left_out = cannot.iter().map(|r| format!("price rule {}: no market price given (`ets-price`)", r.name())).collect();
    (can, left_out)
}

/// The rules to go through for a duty: a fund sets no price, so the first one stands for all.
pub(super) fn rules_of(duty: Duty, rules: &[PriceRule]) -> &[PriceRule] {
    if duty == Duty::GapFund { &rules[..rules.len().min(1)] } else { rules }
}

/// One check for many compensations: payments made equal payments received in each.
pub(super) fn balanced<'a>(all: impl Iterator<Item = (f64, f64)> + 'a, count: usize) -> Check {
    let relative = all.map(|(balance, total)| balance.abs() / total.abs().max(f64::MIN_POSITIVE));
    let found = largest(relative);
    Check { name: format!("payments made equal payments received in all {count} settings"), holds: found <= 1e-12, found, limit: 1e-12 }
}

impl Compensation {
    /// The check of a whole comparison: the largest imbalance of its members.
    pub fn all_balanced(all: &[Compensation]) -> Check {
        balanced(all.iter().map(|c| (c.balance().value, c.total().value)), all.len())
    }

    /// What sets the price: the rule, or the fund, which sets none.
    pub fn price_name(&self) -> &'static str {
        price_name(self.duty, self.rule)
    }
}

/// What sets the price under a duty.
pub(super) fn price_name(duty: Duty, rule: PriceRule) -> &'static str {
    if duty == Duty::GapFund { "fund" } else { rule.name() }
}
