//! The price of a tonne between a payer r and a receiver s: eight rules, one number for both sides.
//!
//! With unit costs c: payer `c_r`, receiver `c_s`, mean, lower, higher, national `sum c_k q_k / sum q_k`, a market
//! price, or Nash bargaining, which maximises `(c_r - p)^b (p - c_s)^(1-b)`, so `p = (1-b) c_r + b c_s` where
//! `c_r > c_s`. Because a pair has one price, payments add up to receipts under every rule.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::{Abatements, Duty};
use crate::bounded::Bounded;
use crate::choice::named;
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::error::{Error, Result};

/// Who sets the price of a tonne between payer r and receiver s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceRule {
    /// The payer's unit cost.
    Payer,
    /// The receiver's unit cost: what the abater bears.
    #[default]
    Receiver,
    /// The mean of both.
    Mean,
    /// The lower of both.
    Min,
    /// The higher of both.
    Max,
    /// One national price: unit costs weighted by direct emissions.
    National,
    /// A given market price.
    Ets,
    /// Nash bargaining: `(1 - b) c_r + b c_s` where the payer's cost is higher, else the receiver's.
    Nash,
}

named!(PriceRule, "price rule", Payer => "payer", Receiver => "receiver", Mean => "mean", Min => "min", Max => "max",
    National => "national", Ets => "ets", Nash => "nash");

/// A price rule with what it needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pricing<'a> {
    /// The rule.
    pub rule: PriceRule,
    /// Market price for [`PriceRule::Ets`].
    pub ets: Option<f64>,
    /// The payer's bargaining weight b for [`PriceRule::Nash`].
    pub bargaining: f64,
    /// What abatement costs in each region (R), where whole duties are paid for: a tonne then has the mean price of all tonnes
    /// of the duty that is priced, of the payer or of the receiver.
    pub whole: Option<&'a Abatements>,
}

impl<'a> Pricing<'a> {
    /// The curves along which whole duties are paid; none where one price holds for every pair, national or of a market.
    pub fn along(&self, duty: Duty) -> Option<&'a Abatements> {
        let one = matches!(self.rule, PriceRule::National | PriceRule::Ets) && duty != Duty::GapFund;
        self.whole.filter(|_| !one)
    }
}

/// The unit cost of each region, of all it pays for and of all it is paid for.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    /// For the duties it has to others (R).
    pub pays: Vec<Bounded>,
    /// For the duties that others have to it (R).
    pub receives: Vec<Bounded>,
}

/// Unit costs at the margin, or the mean over whole duties (payer x receiver, in units of `tonnes` tonnes).
///
/// # Errors
/// As [`super::Abatement::cost`], for a region whose cost the rule needs.
pub(super) fn sides(duty: Duty, duties: &Array2<Bounded>, costs: &UnitCosts, pricing: &Pricing, tonnes: Bounded) -> Result<Sides> {
    let Some(whole) = pricing.along(duty) else { return Ok(Sides { pays: costs.value.clone(), receives: costs.value.clone() }) };
    let (fund, rule) = (duty == Duty::GapFund, pricing.rule);
    let mean = |axis: Axis, needed: bool| -> Result<Vec<Bounded>> {
        if !needed {
            return Ok(costs.value.clone());
        }
        let owed = duties.axis_iter(axis).map(|d| d.iter().copied().sum::<Bounded>() * tonnes);
        owed.zip(&whole.curves).zip(&whole.regions).map(|((owed, curve), region)| curve.mean(region, owed)).collect()
    };
    let pays = mean(Axis(0), fund || rule != PriceRule::Receiver)?;
    Ok(Sides { pays, receives: mean(Axis(1), fund || rule != PriceRule::Payer)? })
}

/// The price of a tonne for each pair (payer, receiver).
pub(super) fn prices<'a>(
    flows: &Flows,
    costs: &UnitCosts,
    sides: &'a Sides,
    pricing: &Pricing,
) -> Result<Box<dyn Fn(usize, usize) -> Bounded + 'a>> {
    let (p, c) = (move |k: usize| sides.pays[k], move |k: usize| sides.receives[k]);
    let half = Bounded::exact(0.5);
    let b = pricing.bargaining;
    Ok(match pricing.rule {
        PriceRule::Payer => Box::new(move |r, _| p(r)),
        PriceRule::Receiver => Box::new(move |_, s| c(s)),
        PriceRule::Mean => Box::new(move |r, s| (p(r) + c(s)) * half),
        PriceRule::Min => Box::new(move |r, s| p(r).min(c(s))),
        PriceRule::Max => Box::new(move |r, s| p(r).max(c(s))),
        PriceRule::National => {
            let weights: Bounded = flows.direct.iter().copied().sum();
            if weights.value <= weights.bound {
                let text = format!("a national price is weighted by direct emissions, but they add up to {}", weights.value);
                return Err(Error::invalid(text, "use another price rule"));
            }
            let sum: Bounded = flows.direct.iter().enumerate().map(|(k, q)| *q * costs.value[k]).sum();
            let national = sum / weights;
            Box::new(move |_, _| national)
        }
        PriceRule::Ets => {
            let price = pricing
                .ets
                .ok_or_else(|| Error::missing("the price rule ets needs a market price", "pass `ets-price` NUMBER (money per tonne)"))?;
            if !(price >= 0.0 && price.is_finite()) {
                let text = format!("the market price must be a finite number and not negative, not {price}");
                return Err(Error::range(text, "pass `ets-price` NUMBER (money per tonne)"));
            }
            Box::new(move |_, _| Bounded::exact(price))
        }
        PriceRule::Nash => {
            if !(0.0..=1.0).contains(&b) {
                return Err(Error::range(format!("the bargaining weight must lie between 0 and 1, not {b}"), "pass `bargaining` 0.5"));
            }
            Box::new(move |r, s| {
                let more = p(r) - c(s);
                if more.may_be_zero() && more != Bounded::ZERO {
                    // which of the two rules holds is open; the price is the same where they meet
                    more.positive_part() * (Bounded::exact(1.0) - Bounded::exact(b)) + c(s)
                } else if p(r).value > c(s).value {
                    (Bounded::exact(1.0) - Bounded::exact(b)) * p(r) + Bounded::exact(b) * c(s)
                } else {
                    c(s)
                }
            })
        }
    })
}
