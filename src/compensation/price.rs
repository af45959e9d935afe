//! The price of a tonne between a payer r and a receiver s: eight rules, one number for both sides.
//!
//! With unit costs c: payer `c_r`, receiver `c_s`, mean, lower, higher, national `sum c_k q_k / sum q_k`, a market
//! price, or Nash bargaining, which maximises `(c_r - p)^b (p - c_s)^(1-b)`, so `p = (1-b) c_r + b c_s` where
//! `c_r > c_s`. Because a pair has one price, payments add up to receipts under every rule.

use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
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
pub struct Pricing {
    /// The rule.
    pub rule: PriceRule,
    /// Market price for [`PriceRule::Ets`].
    pub ets: Option<f64>,
    /// The payer's bargaining weight b for [`PriceRule::Nash`].
    pub bargaining: f64,
}

/// The price of a tonne for each pair (payer, receiver).
pub(super) fn prices<'a>(flows: &Flows, costs: &'a UnitCosts, pricing: &Pricing) -> Result<Box<dyn Fn(usize, usize) -> Bounded + 'a>> {
    let c = move |k: usize| costs.value[k];
    let half = Bounded::exact(0.5);
    let b = pricing.bargaining;
    Ok(match pricing.rule {
        PriceRule::Payer => Box::new(move |r, _| c(r)),
        PriceRule::Receiver => Box::new(move |_, s| c(s)),
        PriceRule::Mean => Box::new(move |r, s| (c(r) + c(s)) * half),
        PriceRule::Min => Box::new(move |r, s| c(r).min(c(s))),
        PriceRule::Max => Box::new(move |r, s| c(r).max(c(s))),
        PriceRule::National => {
            let weights: Bounded = flows.direct.iter().copied().sum();
            if weights.value <= weights.bound {
                let text = format!("a national price is weighted by direct emissions, but they add up to {}", weights.value);
                return Err(Error::invalid(text, "use another --price-rule"));
            }
            let sum: Bounded = flows.direct.iter().enumerate().map(|(k, q)| *q * c(k)).sum();
            let national = sum / weights;
            Box::new(move |_, _| national)
        }
        PriceRule::Ets => {
            let price = pricing
                .ets
                .ok_or_else(|| Error::invalid("the price rule ets needs a market price", "pass --ets-price NUMBER (money per tonne)"))?;
            if !(price >= 0.0 && price.is_finite()) {
                let text = format!("the market price must be a finite number and not negative, not {price}");
                return Err(Error::invalid(text, "pass --ets-price NUMBER (money per tonne)"));
            }
            Box::new(move |_, _| Bounded::exact(price))
        }
        PriceRule::Nash => {
            if !(0.0..=1.0).contains(&b) {
                return Err(Error::invalid(format!("the bargaining weight must lie between 0 and 1, not {b}"), "pass --bargaining 0.5"));
            }
            Box::new(move |r, s| {
                let more = c(r) - c(s);
                if more.may_be_zero() && more != Bounded::ZERO {
                    // which of the two rules holds is open; the price is the same where they meet
                    more.positive_part() * (Bounded::exact(1.0) - Bounded::exact(b)) + c(s)
                } else if costs.value[r].value > costs.value[s].value {
                    (Bounded::exact(1.0) - Bounded::exact(b)) * c(r) + Bounded::exact(b) * c(s)
                } else {
                    c(s)
                }
            })
        }
    })
}
