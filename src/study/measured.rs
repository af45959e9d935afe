//! Results in the units that are asked for: every number and its bound are converted once, before any sheet is made of them.
//!
//! A number in a unit of `a` base units is `v a / b` in one of `b`; `a / b` is an exact fraction, and each of its two roundings goes
//! into the bound. What stays as it is: tonnes of a market, persons, and remarks, which name their unit themselves.

use super::{Analysis, Results, Study};
use crate::bounded::{Bounded, UNIT_ROUNDOFF, lower, up, upper};
use crate::compensation::Settlement;
use crate::decompose::Flows;
use crate::decompose::accounts::Accounts;
use crate::error::{Error, Result};
use crate::report::{Report, structural};
use crate::structural::{Effects, Structural};
use crate::units::{MASS, MONEY, Of, Scale, Unit};

/// From one unit to another.
struct Into {
    scale: Scale,
    unit: String,
}

impl Into {
    /// The way from a unit to the one that an option names.
    fn new(from: &str, to: &str, flag: &str) -> Result<Into> {
        let known = if flag == "unit" { MASS } else { MONEY };
        let wanted = Unit::read(to).map_err(|e| e.alone(format!("pass `{flag}` with one of: {known}")))?;
        let help = format!("leave `{flag}` out, or name another unit of the same thing");
        let found = Unit::read(from).map_err(|e| Error::no_effect(format!("`{flag}` has no effect: {e}"), &help))?;
        let of = match (found.of, wanted.of) {
            (Of::Mass(a), Of::Mass(b)) => (b.is_none() || a == b).then_some(Of::Mass(a)),
            (a, b) => (a == b && a != Of::Number).then_some(a),
        };
        let scale = found.scale.over(wanted.scale);
        let (Some(of), Some(scale)) = (of, scale) else {
            return Err(Error::invalid(format!("`{flag}` {to}: the numbers are in {from}, which is another thing"), help));
        };
        Ok(Into { scale, unit: Unit { of, prices: found.prices, ..wanted }.to_string() })
    }

    fn one(&self, v: Bounded) -> Bounded {
        self.scale.convert(v)
    }

    fn each<'v>(&self, all: impl IntoIterator<Item = &'v mut Bounded>) {
        all.into_iter().for_each(|v| *v = self.one(*v));
    }

    /// A size that floors are shares of: never smaller than it is.
    fn size(&self, v: f64) -> f64 {
        upper(self.one(Bounded::exact(v)))
    }
}

impl Scale {
    /// A number of these, with the roundings in its bound.
    pub fn convert(self, v: Bounded) -> Bounded {
        let exact = |n: u128| {
            let near = n as f64;
            if near as u128 == n { Bounded::exact(near) } else { Bounded::new(near, up(2.0 * UNIT_ROUNDOFF * near)) }
        };
        let (times, over) = self.parts();
        if times == over {
            return v;
        }
        let times = if times == 1 { v } else { v * exact(times) };
        let found = if over == 1 { times } else { times / exact(over) };
        // what has no bound has none in any unit
        if v.bound.is_finite() { found } else { Bounded::new(found.value, f64::INFINITY) }
    }
}

/// Converts results to the units of a study.
///
/// # Errors
/// When a unit is not understood or measures another thing than the numbers.
pub(super) fn measured(study: &Study, results: Results) -> Result<Results> {
    let (unit, money) = (study.measuring.unit.as_deref(), study.measuring.money.as_deref());
    if unit.is_none() && money.is_none() {
        return Ok(results);
    }
    Ok(match results {
        Results::Report(mut found) => {
            report(&mut found, unit, money)?;
            Results::Report(found)
        }
        Results::Accounts(mut found, mut all) => {
            let ways = flows(&mut found, unit)?;
            all.iter_mut().zip(&ways).for_each(|(a, way)| way.iter().for_each(|way| accounts(a, way)));
            found.more = all.iter().zip(&found.flows).map(|(a, f)| a.verdict(f)).collect();
            Results::Accounts(found, all)
        }
        Results::Decomposition(mut report) => {
            let d = &mut report.found;
            let way = one_of(&d.unit, &d.factor, unit, money)?;
            let both = |values: &mut ndarray::Array2<f64>, bounds: &mut ndarray::Array2<f64>| {
                for (v, b) in values.iter_mut().zip(bounds) {
                    let found = way.one(Bounded::new(*v, *b));
                    (*v, *b) = (found.value, found.bound);
                }
            };
            both(&mut d.values, &mut d.bounds);
            d.indicators.iter_mut().for_each(|i| both(&mut i.values, &mut i.bounds));
            (d.total, d.unit) = (way.size(d.total), way.unit);
            Results::Decomposition(report)
        }
        Results::Structural(mut report) => {
            changes(&mut report, unit, money)?;
            Results::Structural(report)
        }
        other => other,
    })
}

/// The way of numbers of one factor, which is money or is not; the other option would have no effect.
fn one_of(from: &str, factor: &str, unit: Option<&str>, money: Option<&str>) -> Result<Into> {
    let is_money = Unit::money(from).is_ok();
    let (flag, wanted, other) = if is_money { ("money", money, unit.map(|_| "unit")) } else { ("unit", unit, money.map(|_| "money")) };
    if let Some(other) = other {
        let help = if is_money { "leave it out, or pass `money`" } else { "leave it out, or pass `unit`" };
        return Err(Error::no_effect(format!("`{other}` has no effect: {factor} is in {from}"), help));
    }
    Into::new(from, wanted.unwrap_or(from), flag)
}

fn report(r: &mut Report, unit: Option<&str>, money: Option<&str>) -> Result<()> {
    let ways = flows(r, unit)?;
    if let Some(way) = &ways[r.stressor] {
        if let Some(routes) = &mut r.routes {
            way.each(routes.by_region.iter_mut().chain(&mut routes.by_sector));
        }
        if let Some(v) = &mut r.views {
            way.each(
                v.flow.iter_mut().chain(v.top.iter_mut().map(|t| &mut t.2)).chain(v.panels.iter_mut().flat_map(|p| p.values.iter_mut())),
            );
        }
        for a in r.accounts.iter_mut().flat_map(|(all, _)| all) {
            way.each(a.regions.iter_mut().chain([&mut a.abroad, &mut a.stock, &mut a.error]));
        }
        r.by_emitter.iter_mut().for_each(|m| way.each(&mut m.matrix));
        if let Some(s) = &mut r.compensation {
            let all = std::iter::once(&mut s.payments).chain(&mut s.comparison);
            all.for_each(|c| way.each(&mut c.duties));
            s.unbalanced.iter_mut().for_each(|u| way.each(u.gap.iter_mut().chain([&mut u.gap_residual])));
        }
    }
    let Some(money) = money else { return Ok(()) };
    for relative in r.relative.iter_mut().filter(|r| r.size.what == "GDP") {
        let Some((mass, per)) = relative.size.unit.split_once(" per ") else { continue };
        let way = Into::new(per, money, "money")?;
        // fewer of a larger unit: more emissions for each
        let back = Into { scale: Scale::ONE.over(way.scale).unwrap_or(Scale::ONE), unit: format!("{mass} per {}", way.unit) };
        let numbers = [&mut relative.production, &mut relative.consumption, &mut relative.net];
        back.each(numbers.into_iter().flat_map(|n| n.iter_mut().flatten()));
        way.each(&mut relative.divisor);
        relative.size.unit = back.unit;
    }
    r.compensation.as_mut().map_or(Ok(()), |s| payments(s, money))
}

/// Converts the flows of every stressor that is measured in the same thing; the one of the accounts must be.
fn flows(r: &mut Report, unit: Option<&str>) -> Result<Vec<Option<Into>>> {
    let Some(unit) = unit else { return Ok(r.flows.iter().map(|_| None).collect()) };
    let main = r.stressor;
    let one = |(k, f): (usize, &mut Flows)| {
        let way = match Into::new(&f.unit, unit, "unit") {
            Err(e) if k == main => return Err(e),
            way => way.ok(),
        };
        if let Some(way) = &way {
            way.each(f.flow.iter_mut().chain(&mut f.direct).chain(f.households.iter_mut().flatten()));
            (f.floor, f.unit) = (way.size(f.floor), way.unit.clone());
        }
        Ok(way)
    };
    r.flows.iter_mut().enumerate().map(one).collect()
}

fn accounts(a: &mut Accounts, way: &Into) {
    let lists =
        [&mut a.pba, &mut a.cba, &mut a.imports, &mut a.exports, &mut a.pba_reg, &mut a.cba_reg, &mut a.imports_reg, &mut a.exports_reg];
    way.each(lists.into_iter().flatten());
}

fn payments(s: &mut Settlement, money: &str) -> Result<()> {
    let way = Into::new(&s.payments.unit, money, "money")?;
    for c in std::iter::once(&mut s.payments).chain(&mut s.comparison) {
        way.each(c.payments.iter_mut().chain(&mut c.net));
        (c.worth, c.unit) = (way.size(c.worth), way.unit.clone());
    }
    if let Some(u) = &mut s.unbalanced {
        way.each(u.net.iter_mut().chain([&mut u.residual]));
        u.unit.clone_from(&way.unit);
    }
    if let Some(m) = &mut s.market {
        way.each(m.net.iter_mut().chain(&mut m.cost).chain(m.autarky.iter_mut().flatten()).chain(&mut m.saving));
        m.unit.clone_from(&way.unit);
    }
    if let Some(v) = &mut s.sensitivity {
        for set in &mut v.settings {
            way.each(set.net.iter_mut().chain([&mut set.total]));
            set.worth = way.size(set.worth);
        }
        v.unit.clone_from(&way.unit);
    }
    if let Some(Ok(c)) = &mut s.claims {
        for end in &mut c.ends {
            *end = [lower(way.one(Bounded::exact(end[0]))), upper(way.one(Bounded::exact(end[1])))];
        }
    }
    s.size.per = Unit::money(&way.unit).map_or(s.size.per, |u| u.scale.value());
    Ok(())
}

fn changes(report: &mut structural::Report, unit: Option<&str>, money: Option<&str>) -> Result<()> {
    let Structural { factor, unit: from, before, after, polar, three, five, .. } = &mut report.found;
    let way = one_of(from, factor, unit, money)?;
    way.each(before.iter_mut().chain(after).chain(polar));
    for Effects { mean, least, largest } in [three, five] {
        way.each(mean.iter_mut().chain(least).chain(largest));
    }
    *from = way.unit;
    Ok(())
}

impl Study {
    /// What `--unit` and `--money` need, where they would have no effect.
    pub(super) fn unmeasured(&self, settled: bool) -> Option<(&'static str, &'static str)> {
        let paid = settled && matches!(self.analysis, Analysis::Run | Analysis::Compensate);
        let followed = matches!(self.analysis, Analysis::Decompose(_) | Analysis::Structural(_));
        if self.measuring.unit.is_some() && self.analysis == Analysis::Linkages {
            return Some(("unit", "an analysis with emissions; linkages are ratios"));
        }
        if self.measuring.unit.is_some() && self.proving.proof.is_some() {
            return Some(("unit", "a run without `proof`, which proves flows in the unit of the table"));
        }
        if self.measuring.money.is_some() && !paid && !followed && self.viewing.gdp.is_none() {
            return Some(("money", "payments, `gdp`, or a factor in money"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converted_number_holds_the_truth_within_its_bound() {
        for (from, to, v) in [("Mt", "10^8 t", 504.08), ("10^4 yuan", "10^8 yuan", 0.1), ("t", "kg", 1e-3), ("short ton", "t", 3.0)] {
            let way = Into::new(from, to, "unit").unwrap();
            let found = way.one(Bounded::exact(v));
            // v times / over within the bound: times v - over value in 256 bits would be 0
            let (times, over) = way.scale.parts();
            let gap = (times as f64 * v - over as f64 * found.value).abs() / over as f64;
            assert!(gap <= found.bound + 4.0 * f64::EPSILON * found.value.abs(), "{from} {to}: {gap:e} {:e}", found.bound);
            assert!(found.bound <= 1e-15 * found.value.abs(), "{from}: {:e}", found.bound);
        }
        let endless = Into::new("Mt", "t", "unit").unwrap().one(Bounded::new(0.0, f64::INFINITY));
        assert!(endless.bound.is_infinite() && endless.value == 0.0);
    }

    #[test]
    fn other_things_are_refused() {
        assert!(Into::new("Mt", "yuan", "unit").is_err() && Into::new("10^8 yuan", "EUR", "money").is_err());
        assert_eq!(Into::new("Mt CO2", "亿吨", "unit").unwrap().unit, "10^8 t CO2");
    }
}
