//! Who pays whom how much: duties in tonnes times prices per tonne, zero in sum.
//!
//! Duty of payer r to receiver s: (i) net flow `max(Flow[s,r] - Flow[r,s], 0)`; (ii) shared
//! `max(T[r,s] - T[s,r], 0)` with `T[r,s]` the emissions of s charged to r; (iii) the gap `G = account - production`,
//! payers `G > 0`, closed pro rata or through a fund. A price for a pair is one number for both sides, so
//! `sum paid = sum received` whatever the rule.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::cost::UnitCosts;
use crate::decompose::{Check, Flows};
use crate::error::{Error, Result};
use crate::responsibility::Account;

/// What a payer owes to a receiver, in tonnes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// (i) Net embodied flow between the pair.
    NetFlow,
    /// (ii) What the sharing rule charges one to the other, net.
    #[default]
    Shared,
    /// (iii) Account less production, distributed pro rata to receivers' gaps.
    GapProrata,
    /// (iii) Account less production; payments at the payer's cost into a fund, paid out by gap times cost.
    GapFund,
}

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

macro_rules! named {
    ($type:ident, $kind:literal, $($variant:ident => $name:literal),+) => {
        impl $type {
            /// Every choice, in the order of printing.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];
            /// Its name in options and output.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }
        }
        impl std::str::FromStr for $type {
            type Err = Error;
            fn from_str(name: &str) -> Result<Self> {
                let known: Vec<&str> = Self::ALL.iter().map(|v| v.name()).collect();
                Self::ALL.iter().copied().find(|v| v.name() == name).ok_or_else(|| Error::unknown($kind, name, &known))
            }
        }
    };
}

named!(Duty, "duty", NetFlow => "net-flow", Shared => "shared", GapProrata => "gap-prorata", GapFund => "gap-fund");
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

/// Payments between regions.
#[derive(Debug, Clone)]
pub struct Compensation {
    /// Payer x receiver (R x R), in [`Compensation::unit`].
    pub payments: Array2<Bounded>,
    /// Duties behind them, payer x receiver, in the inventory's unit.
    pub duties: Array2<Bounded>,
    /// Received less paid by region: positive receives.
    pub net: Vec<Bounded>,
    /// Money unit, such as `10^8 yuan`.
    pub unit: String,
    /// The duty.
    pub duty: Duty,
    /// The price rule.
    pub rule: PriceRule,
    /// What must be said of it.
    pub notes: Vec<String>,
}

/// Payments are printed in this many money units.
const MONEY: f64 = 1e8;

/// Duties of a kind: `charged[s, r]` are emissions of s charged to r, `account` is the responsibility behind a gap.
pub fn duties(duty: Duty, flows: &Flows, charged: &Array2<Bounded>, account: &Account) -> Array2<Bounded> {
    let r_count = flows.region_count();
    let net = |matrix: &dyn Fn(usize, usize) -> Bounded| {
        Array2::from_shape_fn((r_count, r_count), |(r, s)| if r == s { Bounded::ZERO } else { (matrix(s, r) - matrix(r, s)).positive_part() })
    };
    match duty {
        Duty::NetFlow => net(&|s, r| flows.flow[[s, r]]),
        Duty::Shared => net(&|s, r| charged[[s, r]]),
        Duty::GapProrata | Duty::GapFund => {
            let gap: Vec<Bounded> = account.regions.iter().zip(&flows.direct).map(|(a, p)| *a - *p).collect();
            let receives: Vec<Bounded> = gap.iter().map(|g| (-*g).positive_part()).collect();
            let all: Bounded = receives.iter().copied().sum();
            Array2::from_shape_fn((r_count, r_count), |(r, s)| {
                let owes = gap[r].positive_part();
                if owes.value == 0.0 || receives[s].value == 0.0 { Bounded::ZERO } else { owes * (receives[s] / all) }
            })
        }
    }
}

/// Payments for duties (payer x receiver, in units of `tonnes` tonnes) at the prices of a rule.
///
/// # Errors
/// When the rule lacks a number it needs.
pub fn compensate(duty: Duty, duties: Array2<Bounded>, flows: &Flows, costs: &UnitCosts, pricing: &Pricing, tonnes: f64) -> Result<Compensation> {
    let r_count = flows.region_count();
    let scale = Bounded::exact(tonnes) / Bounded::exact(MONEY);
    let price = prices(flows, costs, pricing)?;
    let mut payments = Array2::from_shape_fn((r_count, r_count), |(r, s)| {
        if duties[[r, s]] == Bounded::ZERO { Bounded::ZERO } else { duties[[r, s]] * price(r, s) * scale }
    });
    let mut notes = costs.notes.clone();
    if duty == Duty::GapFund {
        payments = fund(&duties, costs, scale);
        notes.push("fund: payers pay their gap at their own unit cost, receivers are paid in proportion to gap times own cost; the price rule is not used".into());
    }
    if costs.is_uniform() {
        notes.push("one price for all regions: every price rule gives the same payments".into());
    }
    if duty != Duty::Shared && duty != Duty::NetFlow {
        notes.push("duties are gaps between two accounts; what falls abroad, to stock or to error has no payer inside".into());
    }
    let net = (0..r_count)
        .map(|k| {
            let received: Bounded = payments.column(k).iter().copied().sum();
            let paid: Bounded = payments.row(k).iter().copied().sum();
            received - paid
        })
        .collect();
    Ok(Compensation { payments, duties, net, unit: format!("10^8 {}", costs.money), duty, rule: pricing.rule, notes })
}

impl Compensation {
    /// Sum of all payments.
    pub fn total(&self) -> Bounded {
        self.payments.iter().copied().sum()
    }

    /// The check that payments sum to zero, relative to all payments.
    pub fn balanced(&self) -> Check {
        let found = self.balance().value.abs() / self.total().value.abs().max(f64::MIN_POSITIVE);
        Check { name: "payments made equal payments received".into(), holds: found <= 1e-12, found, limit: 1e-12 }
    }

    /// Received less paid over all regions: zero up to its bound.
    pub fn balance(&self) -> Bounded {
        self.net.iter().copied().sum()
    }
}

/// The price of a tonne for each pair (payer, receiver).
fn prices<'a>(flows: &Flows, costs: &'a UnitCosts, pricing: &Pricing) -> Result<Box<dyn Fn(usize, usize) -> Bounded + 'a>> {
    let c = move |k: usize| Bounded::exact(costs.value[k]);
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
            let sum: Bounded = flows.direct.iter().enumerate().map(|(k, q)| *q * c(k)).sum();
            let national = sum / weights;
            Box::new(move |_, _| national)
        }
        PriceRule::Ets => {
            let price = pricing.ets.ok_or_else(|| Error::invalid("the price rule ets needs a market price", "pass --ets-price NUMBER (money per tonne)"))?;
            Box::new(move |_, _| Bounded::exact(price))
        }
        PriceRule::Nash => {
            if !(0.0..=1.0).contains(&b) {
                return Err(Error::invalid(format!("the bargaining weight must lie between 0 and 1, not {b}"), "pass --bargaining 0.5"));
            }
            Box::new(move |r, s| {
                if costs.value[r] > costs.value[s] {
                    (Bounded::exact(1.0) - Bounded::exact(b)) * c(r) + Bounded::exact(b) * c(s)
                } else {
                    c(s)
                }
            })
        }
    })
}

/// Payers pay at their own cost; receivers share the fund by duty received times own cost.
fn fund(duties: &Array2<Bounded>, costs: &UnitCosts, scale: Bounded) -> Array2<Bounded> {
    let r_count = duties.nrows();
    let paid: Vec<Bounded> = (0..r_count)
        .map(|r| {
            let owed: Bounded = duties.row(r).iter().copied().sum();
            owed * Bounded::exact(costs.value[r]) * scale
        })
        .collect();
    let claim: Vec<Bounded> = (0..r_count)
        .map(|s| {
            let received: Bounded = duties.column(s).iter().copied().sum();
            received * Bounded::exact(costs.value[s])
        })
        .collect();
    let all: Bounded = claim.iter().copied().sum();
    Array2::from_shape_fn((r_count, r_count), |(r, s)| {
        if paid[r].value == 0.0 || claim[s].value == 0.0 { Bounded::ZERO } else { paid[r] * (claim[s] / all) }
    })
}
