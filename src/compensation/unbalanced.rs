//! Gaps valued at each region's own unit cost, without closing: UNBALANCED, shown with what is left over.
//!
//! Region s pays `G_s c_s` where `G_s = account - production` is positive and is paid `-G_s c_s` where it is
//! negative. Costs differ and gaps do not add up to 0, so `sum net` does not vanish; it is the residual, and no one
//! inside pays it. The closed forms are the duties `gap-prorata` and `gap-fund`.

use super::{Division, MONEY, counted, gaps, unit_of};
use crate::bounded::Bounded;
use crate::cost::UnitCosts;
use crate::decompose::Flows;

/// Own-cost valuation of the gaps: not a compensation, since what is paid is not what is received.
#[derive(Debug, Clone)]
pub struct Unbalanced {
    /// The principle behind the gaps.
    pub division: String,
    /// Gap by region, in the inventory's unit: positive answers for more than it emits (R).
    pub gap: Vec<Bounded>,
    /// Received less paid by region, at own cost (R).
    pub net: Vec<Bounded>,
    /// Sum of `net`: what would have to come from outside (positive) or would be left over (negative).
    pub residual: Bounded,
    /// Sum of the gaps, in the inventory's unit.
    pub gap_residual: Bounded,
    /// Money unit, such as `10^8 yuan`.
    pub unit: String,
}

/// Values the gaps of a division at own cost; one unit of the inventory is `tonnes` tonnes.
pub fn unbalanced(division: &Division, flows: &Flows, costs: &UnitCosts, tonnes: f64) -> Unbalanced {
    let gap = gaps(flows, &division.account);
    let scale = counted(tonnes) / Bounded::exact(MONEY);
    let net: Vec<Bounded> = gap.iter().zip(&costs.value).map(|(g, c)| -*g * *c * scale).collect();
    Unbalanced {
        division: division.name.clone(),
        residual: net.iter().copied().sum(),
        gap_residual: gap.iter().copied().sum(),
        gap,
        net,
        unit: unit_of(&costs.money),
    }
}
