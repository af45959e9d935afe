//! How the net payments depend on the choices: division of emissions x cost source x duty x price rule.
//!
//! Every setting is settled in full; a region's rank runs from 1 (pays most) to R (receives most). Settings are not a
//! sample of anything: the counts say how often, never how likely. Nothing is solved here, so all settings stand on the
//! same certified flows.

use super::comparison::{balanced, price_name, rules_of, usable};
use super::{Abatements, Case, Compensation, Division, Duty, PriceRule, Pricing, gaps, settle, unit_of};
use crate::bounded::{Bounded, largest, ranks};
use crate::check::Check;
use crate::cost::UnitCosts;
use crate::decompose::Flows;
use crate::error::{Error, Result};
use crate::watch::Watch;

/// Unit costs with the name of the file or column they come from.
#[derive(Debug, Clone)]
pub struct CostSource {
    /// Its name.
    pub name: String,
    /// The costs.
    pub costs: UnitCosts,
    /// Curves of abatement, where whole duties are paid for.
    pub whole: Option<Abatements>,
}

/// What is varied.
pub struct Choices<'a> {
    /// Ways to divide the emissions.
    pub divisions: &'a [Division],
    /// Cost sources.
    pub costs: &'a [CostSource],
    /// Duties.
    pub duties: &'a [Duty],
    /// Price rules.
    pub rules: &'a [PriceRule],
    /// Market price and bargaining weight.
    pub pricing: Pricing<'a>,
    /// Tonnes in one unit of the inventory.
    pub tonnes: f64,
    /// Whether to go on.
    pub watch: &'a Watch,
}

/// The setting that the others are compared with; its cost source is the first.
#[derive(Debug, Clone)]
pub struct Main {
    /// The division, where its duty has one.
    pub division: String,
    /// The duty.
    pub duty: Duty,
    /// The price rule.
    pub rule: PriceRule,
}

/// One combination of choices and what follows from it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The division, `none` for the net flow.
    pub division: String,
    /// The duty.
    pub duty: Duty,
    /// The cost source, by number.
    pub cost: usize,
    /// What sets the price.
    pub price: &'static str,
    /// Received less paid (R).
    pub net: Vec<Bounded>,
    /// Sum of all payments.
    pub total: Bounded,
    /// 1 pays most, R receives most (R).
    pub rank: Vec<usize>,
    /// The least and the largest rank that the bounds allow (R); equals share theirs.
    pub ranks: Vec<[usize; 2]>,
    /// What all direct emissions cost at the highest price: what floors of bounds are shares of.
    pub worth: f64,
    /// Who pays most, and whether the bounds prove it; none if no region pays.
    pub payer: Option<(usize, bool)>,
    /// Who receives most, and whether the bounds prove it.
    pub receiver: Option<(usize, bool)>,
    /// Whether the payer and the receiver at the top are there for every cost between the low and the high of the cost source; none
    /// where it has none, or the rule says nothing over them.
    pub held: Option<[bool; 2]>,
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Sensitivity {
    /// Names of the cost sources.
    pub costs: Vec<String>,
    /// Which of them have a low and a high.
    pub ranged: Vec<bool>,
    /// The settings.
    pub settings: Vec<Setting>,
    /// The main one, by number.
    pub main: usize,
    /// Regions to follow.
    pub follow: Vec<usize>,
    /// Choices that were left out, with the reason.
    pub left_out: Vec<String>,
    /// The check that each setting adds up to zero.
    pub check: Check,
    /// Money unit.
    pub unit: String,
}

/// Settles every combination; `follow` names the regions to follow, by default the top payer and receiver of `main`.
///
/// # Errors
/// When the currencies of the sources differ, or the main setting is not among the choices; when the watch is cancelled.
pub fn sensitivity(flows: &Flows, choices: &Choices, main: &Main, follow: &[usize]) -> Result<Sensitivity> {
    let first = choices.costs.first().ok_or_else(|| Error::missing("no cost source to vary", "pass `cost` FILE"))?;
    if let Some(other) = choices.costs.iter().find(|c| c.costs.money != first.costs.money) {
        let text = format!("{} is in {}, {} in {}", first.name, first.costs.money, other.name, other.costs.money);
        return Err(Error::unit(text, "convert the costs to one currency"));
    }
    let (rules, mut left_out) = usable(choices.rules, &choices.pricing);
    let mut settings: Vec<Setting> = Vec::new();
    for (duty, division) in bases(flows, choices, &mut left_out) {
        for (cost, source) in choices.costs.iter().enumerate() {
            for &rule in rules_of(duty, &rules) {
                choices.watch.check()?;
                match settle(
                    duty,
                    division,
                    flows,
                    &source.costs,
                    &Pricing { rule, whole: source.whole.as_ref(), ..choices.pricing },
                    choices.tonnes,
                ) {
                    Ok(found) => {
                        let pricing = Pricing { rule, ..choices.pricing };
                        let case = Case { duty, division, flows, pricing, tonnes: choices.tonnes };
                        let mut setting = Setting::new(duty, &division.name, cost, price_name(duty, rule), &found);
                        setting.held = case.held(source, &found, [setting.payer, setting.receiver].map(|t| t.map(|t| t.0)))?;
                        settings.push(setting);
                    }
                    Err(e) => left_out.push(format!("{} by {}, {}: {e}", duty.name(), division.name, source.name)),
                }
            }
        }
    }
    let (division, price) = (named(main.duty, &main.division), price_name(main.duty, main.rule));
    let is_main = |s: &Setting| s.cost == 0 && s.duty == main.duty && s.division == division && s.price == price;
    let at = settings.iter().position(is_main).ok_or_else(|| {
        let why = if left_out.is_empty() { String::new() } else { format!("; left out: {}", left_out.join("; ")) };
        let text = format!("the main setting ({} by {division}, price {price}) is not among those varied{why}", main.duty.name());
        Error::invalid(text, "let `vary-principles`, `vary-duties` and `vary-rules` include `duty`, `price-rule` and its principle")
    })?;
    let follow = if follow.is_empty() {
        [settings[at].payer, settings[at].receiver].into_iter().flatten().map(|(r, _)| r).collect()
    } else {
        follow.to_vec()
    };
    let sums = settings.iter().map(|s| (s.net.iter().copied().sum::<Bounded>().value, s.total.value));
    let check = balanced(sums, settings.len());
    let costs = choices.costs.iter().map(|c| c.name.clone()).collect();
    let ranged = choices.costs.iter().map(|c| c.costs.ends().is_some()).collect();
    Ok(Sensitivity { costs, ranged, main: at, follow, left_out, check, unit: unit_of(&first.costs.money), settings })
}

/// The name of a division under a duty: the net flow has none.
fn named(duty: Duty, division: &str) -> &str {
    if duty == Duty::NetFlow { "none" } else { division }
}

/// Duties with the divisions that can be behind them.
fn bases<'a>(flows: &Flows, choices: &Choices<'a>, left_out: &mut Vec<String>) -> Vec<(Duty, &'a Division)> {
    let mut all = Vec::new();
    for &duty in choices.duties {
        match duty {
            Duty::NetFlow => all.extend(choices.divisions.first().map(|d| (duty, d))),
            Duty::Shared => {
                let mut taken: Vec<&Division> = Vec::new();
                for division in choices.divisions.iter().filter(|d| d.charged.is_some()) {
                    match taken.iter().find(|t| t.charged == division.charged) {
                        Some(same) => left_out.push(format!("shared by {}: charges as {}", division.name, same.name)),
                        None => taken.push(division),
                    }
                }
                all.extend(taken.into_iter().map(|d| (duty, d)));
            }
            Duty::GapProrata | Duty::GapFund => {
                // without a proven bound nothing is known to be 0
                let owes = |g: &Bounded| g.value > 0.0 && (g.value > g.bound || !g.bound.is_finite());
                let (some, none): (Vec<&Division>, Vec<&Division>) =
                    choices.divisions.iter().partition(|d| gaps(flows, &d.account).iter().any(owes));
                if !none.is_empty() {
                    let names: Vec<&str> = none.iter().map(|d| d.name.as_str()).collect();
                    left_out.push(format!("{}: no region answers for more than it emits by {}", duty.name(), names.join(", ")));
                }
                all.extend(some.into_iter().map(|d| (duty, d)));
            }
        }
    }
    all
}

impl Setting {
    fn new(duty: Duty, division: &str, cost: usize, price: &'static str, found: &Compensation) -> Self {
        let (total, worth, net) = (found.total(), found.worth, found.net.clone());
        let mut order: Vec<usize> = (0..net.len()).collect();
        order.sort_by(|&a, &b| net[a].value.total_cmp(&net[b].value).then(a.cmp(&b)));
        let mut rank = vec![0; net.len()];
        order.iter().enumerate().for_each(|(k, &r)| rank[r] = k + 1);
        // the first is proven where it lies clear of the second and of nothing
        let top = |first: Option<&usize>, second: Option<&usize>, sign: f64| {
            let first = *first?;
            let paid = |r: usize| sign * net[r].value;
            let clear = second.is_none_or(|&s| paid(first) - net[first].bound > paid(s) + net[s].bound);
            (paid(first) > 0.0).then(|| (first, clear && paid(first) > net[first].bound))
        };
        let (payer, receiver) = (top(order.first(), order.get(1), -1.0), top(order.last(), order.iter().rev().nth(1), 1.0));
        let ranks = ranks(&net);
        Setting { division: named(duty, division).into(), duty, cost, price, net, total, rank, ranks, worth, payer, receiver, held: None }
    }
}

/// One choice on one axis, over all settings that have it.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The axis: `division`, `cost`, `duty`, `price`.
    pub axis: &'static str,
    /// The choice.
    pub choice: String,
    /// How many settings have it.
    pub settings: usize,
    /// In how many of them the top payer is that of the main setting, and who it mostly is.
    pub payer: (usize, Option<usize>),
    /// The same of the top receiver.
    pub receiver: (usize, Option<usize>),
    /// Median net payment of each followed region.
    pub median: Vec<Bounded>,
}

impl Sensitivity {
    /// The main setting.
    pub fn main(&self) -> &Setting {
        &self.settings[self.main]
    }

    /// What sets a setting apart on each axis: division, cost, duty, price.
    pub fn axes(&self, s: &Setting) -> [(&'static str, String); 4] {
        [("division", s.division.clone()), ("duty", s.duty.name().into()), ("cost", self.costs[s.cost].clone()), ("price", s.price.into())]
    }

    /// How often each region pays most and receives most, most often first; regions that never do are left out.
    pub fn counts(&self) -> Vec<(usize, usize, usize)> {
        let top = |pick: fn(&Setting) -> Option<(usize, bool)>, r| self.settings.iter().filter(|s| pick(s).map(|t| t.0) == Some(r)).count();
        let mut all: Vec<(usize, usize, usize)> =
            (0..self.main().net.len()).map(|r| (r, top(|s| s.payer, r), top(|s| s.receiver, r))).filter(|c| c.1 + c.2 > 0).collect();
        all.sort_by_key(|&(r, pays, receives)| (std::cmp::Reverse(pays.max(receives)), r));
        all
    }

    /// Every choice that has an alternative, with what it changes.
    pub fn effects(&self) -> Vec<Effect> {
        let mut all: Vec<Effect> = Vec::new();
        for axis in 0..4 {
            let mut choices: Vec<String> = Vec::new();
            for s in &self.settings {
                let choice = &self.axes(s)[axis].1;
                if !choices.contains(choice) {
                    choices.push(choice.clone());
                }
            }
            if choices.len() > 1 {
                all.extend(choices.into_iter().map(|c| self.effect(axis, c)));
            }
        }
        all
    }

    fn effect(&self, axis: usize, choice: String) -> Effect {
        let having: Vec<&Setting> = self.settings.iter().filter(|s| self.axes(s)[axis].1 == choice).collect();
        let top = |pick: fn(&Setting) -> Option<(usize, bool)>| {
            let found: Vec<Option<usize>> = having.iter().map(|s| pick(s).map(|t| t.0)).collect();
            let same = found.iter().filter(|f| **f == pick(self.main()).map(|t| t.0)).count();
            let often = |r: usize| found.iter().filter(|f| **f == Some(r)).count();
            let mostly = (0..self.main().net.len()).filter(|&r| often(r) > 0).max_by_key(|&r| (often(r), std::cmp::Reverse(r)));
            (same, mostly)
        };
        let median = self.follow.iter().map(|&r| median(having.iter().map(|s| s.net[r]).collect())).collect();
        Effect {
            axis: self.axes(having[0])[axis].0,
            settings: having.len(),
            payer: top(|s| s.payer),
            receiver: top(|s| s.receiver),
            median,
            choice,
        }
    }

    /// Least, median and largest net payment of a region over all settings, and its least and largest rank.
    pub fn range(&self, r: usize) -> ([Bounded; 3], [usize; 2]) {
        let net: Vec<Bounded> = self.settings.iter().map(|s| s.net[r]).collect();
        let least = net.iter().copied().reduce(Bounded::min).unwrap_or(Bounded::ZERO);
        let most = net.iter().copied().reduce(Bounded::max).unwrap_or(Bounded::ZERO);
        let ranks = || self.settings.iter().map(|s| s.rank[r]);
        ([least, median(net), most], [ranks().min().unwrap_or(0), ranks().max().unwrap_or(0)])
    }
}

/// The middle number, or the mean of the two middle ones: off by no more than the widest bound, since a number moves in
/// order no further than it moves.
fn median(mut numbers: Vec<Bounded>) -> Bounded {
    numbers.sort_by(|a, b| a.value.total_cmp(&b.value));
    let k = numbers.len();
    let wide = largest(numbers.iter().map(|n| n.bound));
    let at = |i: usize| Bounded::new(numbers[i].value, wide);
    match k {
        0 => Bounded::new(f64::NAN, f64::INFINITY),
        _ if k % 2 == 1 => at(k / 2),
        _ => (at(k / 2 - 1) + at(k / 2)) * Bounded::exact(0.5),
    }
}
