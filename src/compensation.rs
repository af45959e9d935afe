//! Who pays whom how much: duties in tonnes times prices per tonne, zero in sum.
//!
//! Duty of payer r to receiver s: (i) net flow `max(Flow[s,r] - Flow[r,s], 0)`; (ii) shared
//! `max(T[r,s] - T[s,r], 0)` with `T[r,s]` the emissions of s charged to r; (iii) the gap `G = account - production`,
//! payers `G > 0`, closed pro rata or through a fund. A price for a pair is one number for both sides, so
//! `sum paid = sum received` whatever the rule.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, UNIT_ROUNDOFF, largest, up};
use crate::check::Check;
use crate::choice::named;
use crate::cost::UnitCosts;
use crate::decompose::Flows;
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

mod abatement;
mod anova;
mod claims;
mod comparison;
mod curve;
mod division;
mod market;
mod price;
mod sensitivity;
mod size;
mod unbalanced;
mod verdicts;

pub use abatement::{Abatement, Abatements, Measure};
pub use anova::{Component, Decomposition, decomposition};
pub use claims::{Case, Claim, Claims, DRAWS as CLAIM_DRAWS, Linear, Standing, claims, linear};
pub use comparison::compare;
pub use curve::{Curve, Shape};
pub use division::{Division, divisions};
pub use market::{Corner, Market, linear_at_mean_rate, market};
pub use price::{PriceRule, Pricing};
pub use sensitivity::{Choices, CostSource, Effect, Main, Sensitivity, Setting, sensitivity};
pub use size::{Size, gross_product};
pub use unbalanced::{Unbalanced, unbalanced};
pub use verdicts::verdicts;

/// What a tonne of a whole duty costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostOf {
    /// The mean over all its tonnes: the integral of the cost curve.
    #[default]
    Integral,
    /// The price of one tonne, for all.
    Marginal,
}

named!(Duty, "duty", NetFlow => "net-flow", Shared => "shared", GapProrata => "gap-prorata", GapFund => "gap-fund");

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
    /// What all direct emissions cost at the highest price of the rule: what floors of bounds are shares of.
    pub worth: f64,
    /// The duty.
    pub duty: Duty,
    /// The price rule.
    pub rule: PriceRule,
    /// What must be said of it.
    pub notes: Vec<String>,
}

/// All that was settled about one stressor: the payments, and what was asked for beside them.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The payments by the duty and the price rule of the study.
    pub payments: Compensation,
    /// What payments are compared with.
    pub size: Size,
    /// Every duty with every price rule, where asked for.
    pub comparison: Vec<Compensation>,
    /// Gaps valued at own cost, where asked for.
    pub unbalanced: Option<Unbalanced>,
    /// The market on abatement cost curves, where asked for.
    pub market: Option<Market>,
    /// How the net payments depend on the choices, where asked for.
    pub sensitivity: Option<Sensitivity>,
    /// What holds for all costs between a lowest and a highest and over all cost sources, where there are such, or why nothing is said.
    pub claims: Option<std::result::Result<Claims, String>>,
}

/// Payments are printed in this many money units.
pub const MONEY: f64 = 1e8;

/// What is said where whole duties are paid for.
const WHOLE: &str = "unit costs are means over whole duties (integral of the cost curve), an extrapolation beyond the cleanest region \
     observed; `cost-of` marginal takes the price of one tonne for all";

/// What is said where curves are given and one price holds for every pair.
const NATIONAL: &str = "one national price, of unit costs weighed by direct emissions: whole duties are not integrated along curves";

/// The same of the price of a market.
const MARKET: &str = "the market price for every tonne: neither unit costs nor curves bear on payments";

/// The unit of payments in a currency.
fn unit_of(money: &str) -> String {
    format!("10^8 {money}")
}

/// Tonnes in one unit of the emissions: what is no whole number, such as 1e-3 or 44/12, is rounded to the next double.
fn counted(tonnes: f64) -> Bounded {
    let whole = tonnes.fract() == 0.0 && tonnes < 1e15;
    if whole { Bounded::exact(tonnes) } else { Bounded::new(tonnes, up(2.0 * UNIT_ROUNDOFF * tonnes)) }
}

/// What each region answers for beyond what it emits: `G = account - production` (R).
pub fn gaps(flows: &Flows, account: &Account) -> Vec<Bounded> {
    account.regions.iter().zip(&flows.direct).map(|(a, p)| *a - *p).collect()
}

/// The share of a part in the sum of all parts, each of them at least 0: the truth lies in [0, 1].
fn share(part: Bounded, all: Bounded) -> Bounded {
    if part == Bounded::ZERO {
        return Bounded::ZERO;
    }
    let quotient = if all.value > 0.0 { part / all } else { Bounded::new(0.0, 1.0) };
    Bounded::new(quotient.value.clamp(0.0, 1.0), quotient.bound.min(1.0))
}

/// Duties of a kind: `charged[s, r]` are emissions of s charged to r, `account` is the responsibility behind a gap.
pub fn duties(duty: Duty, flows: &Flows, charged: &Array2<Bounded>, account: &Account) -> Array2<Bounded> {
    let r_count = flows.region_count();
    let net = |matrix: &dyn Fn(usize, usize) -> Bounded| {
        Array2::from_shape_fn(
            (r_count, r_count),
            |(r, s)| if r == s { Bounded::ZERO } else { (matrix(s, r) - matrix(r, s)).positive_part() },
        )
    };
    match duty {
        Duty::NetFlow => net(&|s, r| flows.flow[[s, r]]),
        Duty::Shared => net(&|s, r| charged[[s, r]]),
        Duty::GapProrata | Duty::GapFund => {
            let gap = gaps(flows, account);
            let receives: Vec<Bounded> = gap.iter().map(|g| (-*g).positive_part()).collect();
            let all: Bounded = receives.iter().copied().sum();
            Array2::from_shape_fn((r_count, r_count), |(r, s)| {
                // a gap that is 0 only up to its bound keeps that bound; nobody owes himself
                if r == s { Bounded::ZERO } else { gap[r].positive_part() * share(receives[s], all) }
            })
        }
    }
}

/// Payments for duties (payer x receiver, in units of `tonnes` tonnes) at the prices of a rule.
///
/// # Errors
/// When the rule lacks a number it needs, or a fund has payers but no receiver whose tonnes cost anything.
pub fn compensate(
    duty: Duty,
    duties: Array2<Bounded>,
    flows: &Flows,
    costs: &UnitCosts,
    pricing: &Pricing,
    tonnes: f64,
) -> Result<Compensation> {
    let r_count = flows.region_count();
    let scale = counted(tonnes) / Bounded::exact(MONEY);
    let sides = price::sides(duty, &duties, costs, pricing, counted(tonnes))?;
    let price = price::prices(flows, costs, &sides, pricing)?;
    let mut payments = Array2::from_shape_fn((r_count, r_count), |(r, s)| {
        if duties[[r, s]] == Bounded::ZERO { Bounded::ZERO } else { duties[[r, s]] * price(r, s) * scale }
    });
    let mut notes = costs.notes.clone();
    if duty == Duty::GapFund {
        payments = fund(&duties, &sides, &costs.money, scale)?;
        notes.push("fund: payers pay their gap at their own unit cost, receivers are paid in proportion to gap times own cost; the price rule is not used".into());
    }
    let along = pricing.along(duty);
    if along.is_some() {
        notes.push(WHOLE.into());
    } else if pricing.whole.is_some() {
        notes.push(if pricing.rule == PriceRule::Ets { MARKET } else { NATIONAL }.into());
    }
    if costs.is_uniform() && along.is_none() {
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
    let market = pricing.ets.iter().filter(|_| pricing.rule == PriceRule::Ets);
    let of_duties = sides.pays.iter().chain(&sides.receives).filter(|_| along.is_some());
    let highest = largest(costs.value.iter().chain(of_duties).map(|c| &c.value).chain(market).map(|c| c.abs()));
    let worth = flows.direct.iter().map(|d| d.value.abs()).sum::<f64>() * highest * scale.value;
    Ok(Compensation { payments, duties, net, unit: unit_of(&costs.money), worth, duty, rule: pricing.rule, notes })
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

/// Payments for a duty under one division of the emissions: duties, price, and a note on gaps that do not meet.
///
/// # Errors
/// As [`compensate`], and when the duty is charged pair by pair but the division gives totals only.
pub fn settle(duty: Duty, division: &Division, flows: &Flows, costs: &UnitCosts, pricing: &Pricing, tonnes: f64) -> Result<Compensation> {
    let none = Array2::from_elem((0, 0), Bounded::ZERO);
    let charged = match (&division.charged, duty) {
        (Some(charged), _) => charged,
        (None, Duty::Shared) => {
            let text = format!("the principle {} does not say who is charged for whose emissions", division.name);
            return Err(Error::invalid(text, "use a gap duty with this principle, or the duty shared with the principle shared"));
        }
        (None, _) => &none,
    };
    let mut found = compensate(duty, duties(duty, flows, charged, &division.account), flows, costs, pricing, tonnes)?;
    if matches!(duty, Duty::GapProrata | Duty::GapFund) {
        let gap = gaps(flows, &division.account);
        let sum = |sign: f64| gap.iter().map(|g| (Bounded::exact(sign) * *g).positive_part()).sum::<Bounded>().value;
        let (owed, due, unit) = (sum(1.0), sum(-1.0), &flows.unit);
        found.notes.push(format!(
            "gaps by the principle {}: payers answer for {owed:.6} {unit} more than they emit, receivers for {due:.6} {unit} less; \
             the {:.6} {unit} between fall to members outside the regions, and receivers share what the payers owe",
            division.name,
            due - owed
        ));
        if owed == 0.0 {
            found.notes.push("no region answers for more than it emits: nobody pays".into());
        }
    }
    Ok(found)
}

/// Payers pay at their own cost; receivers share the fund by duty received times own cost.
fn fund(duties: &Array2<Bounded>, sides: &price::Sides, money: &str, scale: Bounded) -> Result<Array2<Bounded>> {
    let paid: Vec<Bounded> =
        duties.rows().into_iter().enumerate().map(|(r, d)| d.iter().copied().sum::<Bounded>() * sides.pays[r] * scale).collect();
    let claim: Vec<Bounded> =
        duties.columns().into_iter().enumerate().map(|(s, d)| d.iter().copied().sum::<Bounded>() * sides.receives[s]).collect();
    let all: Bounded = claim.iter().copied().sum();
    let filled: Bounded = paid.iter().copied().sum();
    if filled.value > filled.bound && all.value <= 0.0 {
        return Err(Error::invalid(
            format!("the fund holds {:.6e} (10^8 {}), but every receiver's unit cost is 0, so none has a claim", filled.value, money),
            "use `duty` gap-prorata, or give the receivers a cost above 0",
        ));
    }
    Ok(Array2::from_shape_fn(duties.dim(), |(r, s)| if r == s { Bounded::ZERO } else { paid[r] * share(claim[s], all) }))
}
