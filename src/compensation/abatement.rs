//! What a whole duty costs: the integral of the marginal cost over all its tonnes, not the price of the next one times all.
//!
//! At emissions b and product y, for a tonnes less: with a share `eps = p b / y`, so that `y ~ b^eps`,
//! `C = y [1 - (1 - a/b)^eps]`; measures `C = sum of cost times tonnes`, cheapest first; one price `C = p a`; a concave
//! surface of planes `y(b) = min_h (level_h + slope_h b)`, `C = y(b) - y(b - a)`; rising curves as in [`super::Curve`],
//! among them the power law `c u^k`, `C = base c u^(k+1) / (k+1)`. A tonne more is worth the integral over [b, b + a],
//! which is below `p a`. What a duty needs beyond the emissions or the measures is an error, not an extrapolation.

use super::Curve;
use crate::bounded::{Bounded, UNIT_ROUNDOFF, lower, up, upper};
use crate::error::{Error, Result};

/// A measure: tonnes that are abated at one cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Tonnes that it abates.
    pub tonnes: f64,
    /// Money per tonne; measures that pay for themselves are below 0.
    pub cost: f64,
}

/// What abatement costs in one region.
#[derive(Debug, Clone, PartialEq)]
pub enum Abatement {
    /// Every tonne at one price.
    Flat(Bounded),
    /// A constant share of CO2 in the product: elasticity `p b / y`.
    Share {
        /// y, money.
        product: Bounded,
        /// b, tonnes.
        emissions: Bounded,
        /// eps, at least 0.
        elasticity: Bounded,
    },
    /// Measures, cheapest first.
    Measures(Vec<Measure>),
    /// A curve whose marginal cost rises.
    Rising(Curve),
    /// A concave surface: level and slope of each plane over emissions, money and money per tonne.
    Surface {
        /// b, tonnes.
        emissions: f64,
        /// `[level, slope]` of each plane.
        planes: Vec<[f64; 2]>,
    },
}

/// What abatement costs in each region.
#[derive(Debug, Clone, PartialEq)]
pub struct Abatements {
    /// Names of the regions (R).
    pub regions: Vec<String>,
    /// Their curves (R).
    pub curves: Vec<Abatement>,
}

impl Abatements {
    /// The same curves at other prices of the first tonne (R): shares of CO2 move with them, other curves stay.
    pub fn with_prices(&self, prices: &[Bounded]) -> Abatements {
        let curve = |(curve, price): (&Abatement, &Bounded)| match curve {
            Abatement::Share { product, emissions, .. } => {
                Abatement::Share { product: *product, emissions: *emissions, elasticity: *price * *emissions / *product }
            }
            other => other.clone(),
        };
        Abatements { regions: self.regions.clone(), curves: self.curves.iter().zip(prices).map(curve).collect() }
    }
}

impl Abatement {
    /// Measures in order of cost.
    ///
    /// # Errors
    /// Naming the measure whose tonnes or cost are not finite, or whose tonnes are below 0.
    pub fn measures(region: &str, mut all: Vec<Measure>) -> Result<Self> {
        if let Some(m) = all.iter().find(|m| !(m.tonnes >= 0.0 && m.tonnes.is_finite() && m.cost.is_finite())) {
            let text = format!("measure \"{}\" of {region} abates {} t at {} a tonne", m.name, m.tonnes, m.cost);
            return Err(Error::invalid(text, "give finite costs, and tonnes of at least 0"));
        }
        all.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        Ok(Abatement::Measures(all))
    }

    /// The most that can be abated, tonnes; infinite where no curve ends.
    pub fn capacity(&self) -> f64 {
        match self {
            Abatement::Flat(_) => f64::INFINITY,
            Abatement::Share { emissions, .. } => emissions.value,
            Abatement::Measures(all) => all.iter().map(|m| m.tonnes).sum(),
            Abatement::Rising(curve) => curve.capacity(),
            Abatement::Surface { emissions, .. } => *emissions,
        }
    }

    /// Whether the marginal cost rises strictly, so that a market has one price.
    pub fn rising(&self) -> Option<Curve> {
        if let Abatement::Rising(curve) = self { Some(*curve) } else { None }
    }

    /// What the tonne after `a` costs.
    pub fn marginal(&self, a: f64) -> Bounded {
        match self {
            Abatement::Flat(price) => *price,
            Abatement::Share { product, emissions, elasticity } => {
                // eps y / b (1 - a/b)^(eps - 1)
                let at = *elasticity * *product / *emissions;
                let left = 1.0 - a / emissions.value;
                let power = left.powf(elasticity.value - 1.0);
                let off = (emissions.bound / emissions.value + 8.0 * UNIT_ROUNDOFF) * power / left.max(f64::MIN_POSITIVE)
                    + elasticity.bound * power * left.ln().abs();
                at * Bounded::new(power, up(off))
            }
            Abatement::Measures(all) => {
                let mut done = 0.0;
                let next = all.iter().find(|m| {
                    done += m.tonnes;
                    done > a
                });
                Bounded::exact(next.or(all.last()).map_or(f64::INFINITY, |m| m.cost))
            }
            Abatement::Rising(curve) => curve.marginal(a),
            Abatement::Surface { emissions, planes } => {
                let at = emissions - a;
                let lowest = planes.iter().min_by(|p, q| (p[0] + p[1] * at).total_cmp(&(q[0] + q[1] * at)).then(q[1].total_cmp(&p[1])));
                Bounded::exact(lowest.map_or(f64::INFINITY, |p| p[1]))
            }
        }
    }

    /// What `duty` tonnes cost together; `region` names them in errors.
    ///
    /// # Errors
    /// `duty-exceeds-emissions` or `duty-exceeds-measures`, with both numbers.
    pub fn cost(&self, region: &str, duty: Bounded) -> Result<Bounded> {
        if duty == Bounded::ZERO {
            return Ok(Bounded::ZERO);
        }
        let (least, most, all) = (lower(duty).max(0.0), upper(duty), self.capacity());
        let strict = matches!(self, Abatement::Share { .. });
        if most > all || (strict && most >= all) {
            let (rule, what) = match self {
                Abatement::Measures(_) => ("duty-exceeds-measures", "all its measures abate"),
                Abatement::Rising(_) => ("duty-exceeds-emissions", "its cost curve reaches to"),
                _ => ("duty-exceeds-emissions", "its emissions are"),
            };
            let text = format!("{rule}: the duty of {region} is {:.6e} t, {what} {all:.6e} t", duty.value);
            return Err(Error::invalid(
                text,
                "pass `cost-of` marginal for one price per tonne, give a longer curve, or choose another duty",
            ));
        }
        let at = self.exactly(duty.value);
        if duty.bound == 0.0 {
            return Ok(at);
        }
        // convex: no tonne between costs more than the last one or less than the first
        let steepest = [least, most].map(|a| self.marginal(a)).map(|m| upper(m).abs().max(lower(m).abs()));
        Ok(Bounded::new(at.value, up(at.bound + up(duty.bound * steepest[0].max(steepest[1])))))
    }

    /// The mean price of a tonne of a duty.
    ///
    /// # Errors
    /// As [`Abatement::cost`].
    pub fn mean(&self, region: &str, duty: Bounded) -> Result<Bounded> {
        if duty.value <= 0.0 || duty.may_be_zero() {
            return Ok(self.marginal(0.0));
        }
        Ok(self.cost(region, duty)? / duty)
    }

    /// What `a` tonnes more are worth: the integral over [b, b + a]. None for curves that begin at the present emissions.
    pub fn credit(&self, a: f64) -> Option<Bounded> {
        match self {
            Abatement::Flat(price) => Some(*price * Bounded::exact(a)),
            Abatement::Share { product, emissions, elasticity } => Some(power(*product, -(Bounded::exact(a) / *emissions), *elasticity)),
            Abatement::Surface { emissions, planes } => {
                Some(surface(planes, Bounded::exact(*emissions) + Bounded::exact(a)) - surface(planes, Bounded::exact(*emissions)))
            }
            Abatement::Measures(_) | Abatement::Rising(_) => None,
        }
    }

    fn exactly(&self, a: f64) -> Bounded {
        match self {
            Abatement::Flat(price) => *price * Bounded::exact(a),
            Abatement::Share { product, emissions, elasticity } => power(*product, Bounded::exact(a) / *emissions, *elasticity),
            Abatement::Measures(all) => {
                let (mut left, mut cost) = (Bounded::exact(a), Bounded::ZERO);
                for m in all {
                    let part = if left.value < m.tonnes { left } else { Bounded::exact(m.tonnes) };
                    cost = cost + part * Bounded::exact(m.cost);
                    left = left - part;
                    if left.value <= 0.0 {
                        break;
                    }
                }
                cost
            }
            Abatement::Rising(curve) => curve.cost(a),
            Abatement::Surface { emissions, planes } => {
                let b = Bounded::exact(*emissions);
                surface(planes, b) - surface(planes, b - Bounded::exact(a))
            }
        }
    }
}

/// The height of a surface: that of its lowest plane.
fn surface(planes: &[[f64; 2]], b: Bounded) -> Bounded {
    planes.iter().map(|p| Bounded::exact(p[0]) + Bounded::exact(p[1]) * b).reduce(Bounded::min).unwrap_or(Bounded::ZERO)
}

/// `|y [1 - (1 - u)^eps]|`, u below 1: it rises with |u| and with eps, so that their ends enclose it.
fn power(product: Bounded, u: Bounded, elasticity: Bounded) -> Bounded {
    let of = |u: f64, eps: f64| (eps * (-u).ln_1p()).exp_m1().abs();
    let size = |sign: f64| u.value.abs() + sign * u.bound;
    let with = |size: f64| if u.value < 0.0 { -size } else { size };
    let middle = of(u.value, elasticity.value);
    let low = of(with(size(-1.0).max(0.0)), lower(elasticity).max(0.0));
    let high = of(with(size(1.0)), upper(elasticity));
    // three elementary functions, each within four units of roundoff, none of which makes a relative error larger
    let share = Bounded::new(middle, up((high - middle).max(middle - low) + 32.0 * UNIT_ROUNDOFF * high));
    product * share
}
