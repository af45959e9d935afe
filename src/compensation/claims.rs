//! What holds of payments for every cost between a lowest and a highest: who pays most, who receives most.
//!
//! "i pays most" is proven if the largest `net_i` and the largest `net_i - net_k` for every other k are below 0 at every cost of the
//! box ([`linear`], [`paired`]); it is probable if it holds in nine of ten draws from the box, else open. Several cost sources count
//! alike: proven in the box of each, probable over the draws of all. A source without a low and a high has one cost in every
//! draw. Draws are uniform and independent: a choice, no distribution of costs is known.

mod linear;
mod paired;

use ndarray::Array2;
use serde::Serialize;

pub use linear::{Linear, linear};

use super::{Abatement, Abatements, Compensation, CostSource, Division, Duty, Pricing, counted, settle};
use crate::bounded::{Bounded, lower, upper};
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::error::Result;

/// Draws from the box.
pub const DRAWS: usize = 1000;

/// The seed of the draws.
const SEED: u64 = 2017;

/// The share of draws from which on a claim is called probable.
pub(super) const PROBABLE: f64 = 0.9;

/// How well a claim is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It holds for every cost of the box.
    Proven,
    /// It holds in most draws.
    Probable,
    /// Neither.
    Open,
}

impl Standing {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Proven => "proven",
            Standing::Probable => "probable",
            Standing::Open => "open",
        }
    }
}

/// The region that pays or receives most in most draws, and whether that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Claim {
    /// The region; none where no cost of the box can be drawn and nothing is proven.
    pub region: Option<usize>,
    /// How it stands.
    pub standing: Standing,
    /// The share of draws in which it holds; none where nothing can be drawn.
    pub share: Option<f64>,
    /// Number of cost sources in most of whose draws it holds.
    pub sources: usize,
}

/// What holds over the box.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Who pays most.
    pub payer: Claim,
    /// Who receives most.
    pub receiver: Claim,
    /// Numbers between which the net payment of each region lies for every cost of the box (R).
    pub ends: Vec<[f64; 2]>,
    /// Number of cost sources.
    pub sources: usize,
    /// Number of them that have a low and a high.
    pub ranged: usize,
}

/// Who is at the top: the sign that turns "pays most" into "receives most".
const SIDES: [f64; 2] = [1.0, -1.0];

/// What one cost source says.
struct Ground {
    /// Who is proven to pay and to receive most.
    proven: [Option<usize>; 2],
    /// Numbers that no net payment passes (R).
    ends: Vec<[f64; 2]>,
    /// Net payments at each draw; one of the costs themselves where they have no range, none where an end is infinite.
    drawn: Vec<Vec<f64>>,
    ranged: bool,
}

/// An upper bound of `sign net_i`, and of `sign (net_i - net_k)`, over a box.
trait Over {
    fn most(&self, i: usize, sign: f64) -> f64;
    fn ahead(&self, i: usize, k: usize, sign: f64) -> f64;
    fn count(&self) -> usize;

    /// Whether `i` is at the top for every cost of the box.
    fn holds(&self, i: usize, sign: f64) -> bool {
        self.most(i, sign) < 0.0 && (0..self.count()).filter(|k| *k != i).all(|k| self.ahead(i, k, sign) < 0.0)
    }

    fn ground(&self, drawn: Vec<Vec<f64>>, ranged: bool) -> Ground {
        let proven = SIDES.map(|sign| (0..self.count()).find(|&i| self.holds(i, sign)));
        let ends = (0..self.count()).map(|k| [-self.most(k, -1.0), self.most(k, 1.0)]).collect();
        Ground { proven, ends, drawn, ranged }
    }
}

/// Net payments at one vector of costs.
struct Point<'a>(&'a [Bounded]);

impl Over for Point<'_> {
    fn most(&self, i: usize, sign: f64) -> f64 {
        if sign > 0.0 { upper(self.0[i]) } else { -lower(self.0[i]) }
    }

    fn ahead(&self, i: usize, k: usize, sign: f64) -> f64 {
        upper(Bounded::exact(sign) * (self.0[i] - self.0[k]))
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// The region at the top of each draw, and how often.
fn tops(drawn: &[Vec<f64>], sign: f64) -> Vec<usize> {
    let top = |net: &Vec<f64>| (0..net.len()).min_by(|&a, &b| (sign * net[a]).total_cmp(&(sign * net[b])));
    drawn.iter().filter_map(top).collect()
}

/// The claims of several grounds, each of them counting alike.
fn judge(grounds: &[Ground]) -> Claims {
    let count = grounds.first().map_or(0, |g| g.ends.len());
    let ranged = grounds.iter().filter(|g| g.ranged).count();
    let claim = |side: usize| {
        let all: Vec<Vec<usize>> = grounds.iter().map(|g| tops(&g.drawn, SIDES[side])).collect();
        let of = |own: &[usize], r: usize| own.iter().filter(|t| **t == r).count() as f64 / own.len() as f64;
        let drawn: Vec<&Vec<usize>> = all.iter().filter(|own| !own.is_empty()).collect();
        let share = |r: usize| drawn.iter().map(|own| of(own, r)).sum::<f64>() / drawn.len() as f64;
        let sure = grounds[0].proven[side].filter(|r| ranged > 0 && grounds.iter().all(|g| g.proven[side] == Some(*r)));
        let often = || (0..count).filter(|&r| !drawn.is_empty() && share(r) > 0.0);
        let region = sure.or_else(|| often().max_by(|&a, &b| share(a).total_cmp(&share(b)).then(b.cmp(&a))));
        let found = region.filter(|_| !drawn.is_empty()).map(share);
        let standing = match (sure, found) {
            (Some(_), _) => Standing::Proven,
            (None, Some(share)) if share >= PROBABLE => Standing::Probable,
            _ => Standing::Open,
        };
        let sources = region.map_or(0, |r| drawn.iter().filter(|own| of(own, r) > 0.5).count());
        Claim { region, standing, share: found, sources }
    };
    let end = |k: usize, from: f64, pick: fn(f64, f64) -> f64, at: usize| grounds.iter().map(|g| g.ends[k][at]).fold(from, pick);
    let ends = (0..count).map(|k| [end(k, f64::INFINITY, f64::min, 0), end(k, f64::NEG_INFINITY, f64::max, 1)]).collect();
    Claims { payer: claim(0), receiver: claim(1), ends, sources: grounds.len(), ranged }
}

/// What holds for all unit costs between `ends`, where payments are linear in them.
pub fn claims(linear: &Linear, ends: &[[Bounded; 2]]) -> Claims {
    judge(&[linear::ground(linear, ends)])
}

/// A settlement that can be made again at other costs.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The duty.
    pub duty: Duty,
    /// The division behind it.
    pub division: &'a Division,
    /// The flows.
    pub flows: &'a Flows,
    /// The rule; its curves are those of each source.
    pub pricing: Pricing<'a>,
    /// Tonnes in one unit of the inventory.
    pub tonnes: f64,
}

impl Case<'_> {
    /// What holds over the costs of all sources; why nothing can be said where that is so; `None` where there is one source without
    /// a low and a high. `first` are the payments of the first source.
    ///
    /// # Errors
    /// When payments cannot be settled at the costs of a source.
    pub fn claims(&self, sources: &[CostSource], first: &Compensation) -> Result<Option<std::result::Result<Claims, String>>> {
        if sources.len() < 2 && sources.iter().all(|s| s.costs.ends().is_none()) {
            return Ok(None);
        }
        let mut grounds = Vec::new();
        for (k, source) in sources.iter().enumerate() {
            let again = if k == 0 { None } else { Some(self.settled(&source.costs, source.whole.as_ref())?) };
            match self.ground(&source.costs, source.whole.as_ref(), again.as_ref().unwrap_or(first))? {
                Ok(ground) => grounds.push(ground),
                Err(why) if sources.len() > 1 => return Ok(Some(Err(format!("{}: {why}", source.name)))),
                Err(why) => return Ok(Some(Err(why.into()))),
            }
        }
        Ok(Some(Ok(judge(&grounds))))
    }

    /// Whether the payer and the receiver at the top are there for every cost between the ends of a source; none where it has no ends
    /// or the rule says nothing over them.
    ///
    /// # Errors
    /// As [`Case::claims`].
    pub fn held(&self, source: &CostSource, found: &Compensation, tops: [Option<usize>; 2]) -> Result<Option<[bool; 2]>> {
        let Some(ends) = source.costs.ends() else { return Ok(None) };
        let of = |over: &dyn Over| [0, 1].map(|side| tops[side].is_some_and(|r| over.holds(r, SIDES[side])));
        let pricing = Pricing { whole: source.whole.as_ref(), ..self.pricing };
        if let Some(linear) = linear(self.duty, &found.duties, self.flows, &pricing, self.scale()) {
            return Ok(Some(of(&linear::Boxed { linear: &linear, ends })));
        }
        Ok(self.paired(&source.costs, source.whole.as_ref(), ends)?.ok().map(|pair| of(&pair)))
    }

    fn scale(&self) -> Bounded {
        counted(self.tonnes) / Bounded::exact(super::MONEY)
    }

    fn settled(&self, costs: &UnitCosts, whole: Option<&Abatements>) -> Result<Compensation> {
        settle(self.duty, self.division, self.flows, costs, &Pricing { whole, ..self.pricing }, self.tonnes)
    }

    fn ground(
        &self,
        costs: &UnitCosts,
        whole: Option<&Abatements>,
        found: &Compensation,
    ) -> Result<std::result::Result<Ground, &'static str>> {
        let Some(ends) = costs.ends() else {
            return Ok(Ok(Point(&found.net).ground(vec![found.net.iter().map(|n| n.value).collect()], false)));
        };
        let pricing = Pricing { whole, ..self.pricing };
        if let Some(linear) = linear(self.duty, &found.duties, self.flows, &pricing, self.scale()) {
            return Ok(Ok(linear::ground(&linear, ends)));
        }
        let pair = match self.paired(costs, whole, ends)? {
            Ok(pair) => pair,
            Err(why) => return Ok(Err(why)),
        };
        let drawn = paired::draws(ends, &|costs| Ok(self.at(costs, whole)?.net.iter().map(|n| n.value).collect()))?;
        Ok(Ok(pair.ground(drawn, true)))
    }

    /// Payments at the lowest and the highest costs, where every payment rises with every cost.
    fn paired(
        &self,
        costs: &UnitCosts,
        whole: Option<&Abatements>,
        ends: &[[Bounded; 2]],
    ) -> Result<std::result::Result<paired::Paired, &'static str>> {
        if self.duty == Duty::GapFund {
            return Ok(Err("what a fund pays to one region falls with the costs of the others"));
        }
        if ends.iter().flatten().any(|e| e.value.is_infinite()) {
            return Ok(Err("an end of the costs is infinite, and the price is not linear in them"));
        }
        let along = Pricing { whole, ..self.pricing }.along(self.duty);
        if along.is_some_and(|w| !w.curves.iter().all(|c| matches!(c, Abatement::Share { .. }))) {
            return Ok(Err("whole duties cost what the curves say, which have no low and no high; `cost-of` marginal pays at unit costs"));
        }
        if along.is_some() && ends.iter().any(|e| e[0].value < 0.0) {
            return Ok(Err("a low cost is below 0, for which there is no share of CO2"));
        }
        let at = |k: usize| -> Result<Array2<Bounded>> {
            let value = ends.iter().map(|e| e[k]).collect();
            Ok(self.at(UnitCosts { value, money: costs.money.clone(), ..UnitCosts::default() }, whole)?.payments)
        };
        Ok(Ok(paired::Paired { low: at(0)?, high: at(1)? }))
    }

    /// The settlement at other costs, shares of CO2 moving with them.
    fn at(&self, costs: UnitCosts, whole: Option<&Abatements>) -> Result<Compensation> {
        let moved = whole.map(|w| w.with_prices(&costs.value));
        self.settled(&costs, moved.as_ref())
    }
}

impl UnitCosts {
    /// The lowest and highest unit cost of each region, where any two differ.
    pub fn ends(&self) -> Option<&[[Bounded; 2]]> {
        self.range.as_deref().filter(|all| all.iter().any(|[low, high]| low.value < high.value))
    }
}
