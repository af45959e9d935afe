//! The market: who abates how much when the total duty is met at the least cost, at one price.
//!
//! `min sum C_s(a_s)` with `sum a_s = sum duty_s`, `0 <= a_s <= cap_s`. At the optimum every region inside its range has
//! marginal cost lambda, a region at 0 has none below it, a region at its cap none above it (Kuhn and Tucker); one with
//! nothing to abate stands at both ends, and no condition is put to it. lambda is found by bisection on the rising
//! `sum MAC_s^-1(lambda)`; region s receives `lambda (a_s - duty_s)`, zero in sum.
//! Montgomery, *Journal of Economic Theory* 5(3) (1972) 395-418.

use ndarray::Array2;

use super::curve::Curve;
use super::{MONEY, counted, unit_of};
use crate::bounded::{Bounded, largest, lower, up, upper};
use crate::check::Check;
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::error::{Error, Result};

/// Where a region stands at the optimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// It abates nothing: its first tonne costs at least the price.
    Nothing,
    /// Its last tonne costs the price.
    Inside,
    /// It abates all it can: its last tonne costs at most the price.
    Cap,
    /// It has nothing to abate, so no price says anything of it.
    Unable,
}

impl Corner {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Corner::Nothing => "nothing",
            Corner::Inside => "inside",
            Corner::Cap => "cap",
            Corner::Unable => "unable",
        }
    }
}

/// The optimum.
#[derive(Debug, Clone)]
pub struct Market {
    /// The price lambda, in money per tonne.
    pub price: Bounded,
    /// What each region must see to, in tonnes (R).
    pub duty: Vec<Bounded>,
    /// What each region abates, in tonnes (R).
    pub abated: Vec<Bounded>,
    /// Marginal cost there (R).
    pub marginal: Vec<Bounded>,
    /// Where each region stands (R).
    pub corner: Vec<Corner>,
    /// Received less paid, `lambda (abated - duty)`, in [`Market::unit`] (R).
    pub net: Vec<Bounded>,
    /// What the abatement costs, in [`Market::unit`] (R).
    pub cost: Vec<Bounded>,
    /// What the own duty would cost at home (R); none where the region's whole curve falls short of it.
    pub autarky: Vec<Option<Bounded>>,
    /// Autarky less optimum, in all; none where autarky cannot meet some duty.
    pub saving: Option<Bounded>,
    /// Money unit, such as `10^8 yuan`.
    pub unit: String,
    /// Where the curves come from.
    pub notes: Vec<String>,
}

/// The optimum for duties (payer x receiver, in units of `tonnes` tonnes); each region must see to all it owes.
///
/// # Errors
/// When nothing is owed, or when all curves together cannot give what is owed.
pub fn market(duties: &Array2<Bounded>, curves: &[Curve], money: &str, tonnes: f64) -> Result<Market> {
    assert_eq!(duties.nrows(), curves.len(), "one curve for each region");
    let duty: Vec<Bounded> = duties.rows().into_iter().map(|row| row.iter().copied().sum::<Bounded>() * counted(tonnes)).collect();
    let total: Bounded = duty.iter().copied().sum();
    let capacity: Bounded = curves.iter().map(Curve::bounded_capacity).sum();
    if !total.bound.is_finite() {
        let text = format!("the {:.3e} t that are owed have no proven bound, so no market price can be bounded", total.value);
        return Err(Error::invalid(text, "see why the flows are not certified, or leave `market` out"));
    }
    if total.value <= total.bound {
        let text = format!("{:.3e} t are owed, known to {:.1e} t: nothing is surely owed, so there is no market", total.value, total.bound);
        return Err(Error::invalid(text, "choose another duty, tighten `tolerance`, or leave `market` out"));
    }
    if upper(total) > lower(capacity) {
        let text = format!("{:.6e} t are owed, but all cost curves together give {:.6e} t", total.value, capacity.value);
        return Err(Error::invalid(text, "raise the largest reductions of the curves, or choose another duty"));
    }
    let (price, low, high) = price(curves, total);
    let scale = Bounded::exact(MONEY);
    let mut found = Market {
        price: Bounded::new(price, up((price - low).max(high - price))),
        abated: Vec::new(),
        marginal: Vec::new(),
        corner: Vec::new(),
        net: Vec::new(),
        cost: Vec::new(),
        autarky: Vec::new(),
        saving: None,
        unit: unit_of(money),
        notes: vec!["each region must see to all it owes; abatement is paid for at one price".into()],
        duty,
    };
    for (curve, duty) in curves.iter().zip(&found.duty) {
        let value = curve.inverse(price);
        let (least, most) = (curve.enclose(low).0, curve.enclose(high).1);
        let abated = Bounded::new(value, up((value - least).max(most - value)));
        found.corner.push(match value {
            _ if curve.capacity() == 0.0 => Corner::Unable,
            v if v >= curve.capacity() => Corner::Cap,
            v if v <= 0.0 => Corner::Nothing,
            _ => Corner::Inside,
        });
        let marginal = curve.marginal(value);
        let reach = [upper(curve.marginal(most)) - marginal.value, marginal.value - lower(curve.marginal(least))];
        found.marginal.push(Bounded::new(marginal.value, up(largest([reach[0], reach[1], marginal.bound]))));
        found.net.push(found.price * (abated - *duty) / scale);
        found.cost.push(cost(curve, abated) / scale);
        found.autarky.push((upper(*duty) <= lower(curve.bounded_capacity())).then(|| cost(curve, *duty) / scale));
        found.abated.push(abated);
    }
    let alone: Option<Bounded> = found.autarky.iter().copied().sum::<Option<Bounded>>();
    found.saving = alone.map(|alone| alone - found.cost.iter().copied().sum());
    Ok(found)
}

/// lambda, and numbers below and above which the true one cannot lie.
fn price(curves: &[Curve], total: Bounded) -> (f64, f64, f64) {
    let able = || curves.iter().filter(|c| c.capacity() > 0.0);
    let floor = able().map(|c| lower(c.marginal(0.0))).fold(f64::INFINITY, f64::min);
    let ceiling = able().map(|c| upper(c.marginal(upper(c.bounded_capacity())))).fold(f64::NEG_INFINITY, f64::max);
    let given = |price: f64| able().map(|c| c.inverse(price)).sum::<f64>();
    let (mut low, mut high) = (floor, ceiling);
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if given(middle) < total.value { low = middle } else { high = middle }
    }
    let nearer = |a: f64| (given(a) - total.value).abs();
    let price = if nearer(low) < nearer(high) { low } else { high };

    let sum = |price: f64, end: fn((f64, f64)) -> f64| able().map(|c| Bounded::exact(end(c.enclose(price)))).sum::<Bounded>();
    let step = |k: i32| f64::EPSILON * price.abs().max(f64::EPSILON * (ceiling - floor)) * f64::powi(2.0, k);
    let below = (0..110).map(|k| price - step(k)).find(|p| *p <= floor || upper(sum(*p, |e| e.1)) <= lower(total));
    let above = (0..110).map(|k| price + step(k)).find(|p| *p >= ceiling || lower(sum(*p, |e| e.0)) >= upper(total));
    (price, below.unwrap_or(floor).max(floor), above.unwrap_or(ceiling).min(ceiling))
}

/// The cost of a number of tonnes that is known up to its bound: marginal cost rises, so its ends bound it between.
fn cost(curve: &Curve, tonnes: Bounded) -> Bounded {
    let (least, most) = (lower(tonnes).max(0.0), upper(tonnes).min(upper(curve.bounded_capacity())));
    let steepest = [least, most].map(|a| upper(curve.marginal(a)).abs().max(lower(curve.marginal(a)).abs()));
    let at = curve.cost(tonnes.value);
    Bounded::new(at.value, up(at.bound + up(tonnes.bound * steepest[0].max(steepest[1]))))
}

impl Market {
    /// The conditions of the optimum: transfers add up to 0, the total is met, marginal costs equal the price inside.
    pub fn checks(&self) -> Vec<Check> {
        let check = |name: &str, found: f64, limit: f64| Check { name: name.into(), holds: found <= limit, found, limit };
        let sum = |v: &[Bounded]| v.iter().map(|b| b.value).sum::<f64>();
        let size = |v: &[Bounded]| v.iter().map(|b| b.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        let worst = self.corner.iter().zip(&self.marginal).map(|(corner, m)| {
            let beyond = match corner {
                Corner::Nothing => self.price.value - m.value,
                Corner::Inside => (self.price.value - m.value).abs(),
                Corner::Cap => m.value - self.price.value,
                Corner::Unable => 0.0,
            };
            beyond / self.price.value.abs().max(f64::MIN_POSITIVE)
        });
        let worth = self.price.value.abs() * size(&self.duty) / MONEY;
        vec![
            check("the market abates all that is owed", (sum(&self.abated) - sum(&self.duty)).abs() / size(&self.duty), 1e-9),
            check("market transfers add up to zero", sum(&self.net).abs() / worth.max(f64::MIN_POSITIVE), 1e-9),
            check("marginal costs equal the market price inside the curves", largest(worst), 1e-9),
        ]
    }

    /// What changes hands: the sum of what is received.
    pub fn turnover(&self) -> Bounded {
        self.net.iter().map(|n| n.positive_part()).sum()
    }
}

/// Named simple rule `linear-at-mean-rate`: a straight line from 0 through the unit cost at the reduction rate that all
/// regions together must reach, `total duty / total direct emissions`; at most all of a region's own emissions.
///
/// # Errors
/// Naming the region whose unit cost is 0.
pub fn linear_at_mean_rate(
    duties: &Array2<Bounded>,
    flows: &Flows,
    costs: &UnitCosts,
    names: &[String],
    tonnes: f64,
) -> Result<Vec<Curve>> {
    let owed: Bounded = duties.iter().copied().sum();
    let emitted: Bounded = flows.direct.iter().copied().sum();
    let rate = owed / emitted;
    if !(rate.value > 0.0 && rate.bound < rate.value) {
        let text = format!("no mean reduction rate: {:e} owed of {:e} {} emitted", owed.value, emitted.value, flows.unit);
        return Err(Error::invalid(text, "choose another duty, or give curves with `curves`"));
    }
    let curve = |(r, cost): (usize, &Bounded)| {
        let base = flows.direct[r].positive_part() * counted(tonnes);
        let slope = *cost / rate;
        let curve = Curve::new(&names[r], super::Shape::Linear { a: 0.0, b: slope.value }, base.value, 1.0)?;
        Ok(curve.within(base.bound, slope.bound))
    };
    costs.value.iter().enumerate().map(curve).collect()
}
