//! Who is responsible for the emissions: production, consumption, income, shared, along supply chains, by value added.
//!
//! Every account divides the same total, direct emissions plus those of households, between the regions and the
//! members outside them (`abroad`, `stock`, `error`). Household emissions stay with their region in every account.

use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::check::Check;
use crate::choice::named;
use crate::decompose::Flows;
use crate::error::{Error, Result};
use crate::finding::{self, Finding};
use crate::leontief::Leontief;
use crate::system::Destination;
use crate::verdict::{Verdict, floor};

mod income;
mod members;
mod shared;
mod supply_chain;
mod technology_adjusted;
mod value_capture;

pub use income::{income, income_by_emitter};
pub use members::Members;
pub use shared::{Basis, Level, SharingRule, Theta, theta};
pub use shared::{charged, shared};
pub use supply_chain::{Alpha, Form, PassedOn, alpha, supply_chain, supply_chain_by_emitter};
pub use technology_adjusted::technology_adjusted;
pub use value_capture::{value_capture, value_capture_by_emitter};

/// A way to divide responsibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principle {
    /// Where it is emitted.
    Production,
    /// Where the final demand is that causes it.
    Consumption,
    /// The origin keeps the share of value added it has in its outflows, the user takes the rest.
    Shared,
    /// Where the income is earned that the emitting production enables.
    Income,
    /// `gamma` production + `(1 - gamma)` consumption.
    ProductionConsumption,
    /// Half consumption, half income.
    ConsumptionIncome,
    /// Each seller keeps a share of what every sale carries.
    SupplyChain,
    /// The same, own use of a sector left out.
    SupplyChainNet,
    /// The same, on sales to other regions and abroad only.
    SupplyChainBorder,
    /// The carbon of each final product goes where the value added of its chain is earned.
    ValueCapture,
    /// Consumption, exporters held to the market's mean.
    TechnologyAdjusted,
}

named!(Principle, "principle", Production => "production", Consumption => "consumption", Shared => "shared", Income => "income",
    ProductionConsumption => "production-consumption", ConsumptionIncome => "consumption-income", SupplyChain => "supply-chain",
    SupplyChainNet => "supply-chain-net", SupplyChainBorder => "supply-chain-border", ValueCapture => "value-capture",
    TechnologyAdjusted => "technology-adjusted");

impl Principle {
    /// How many of [`Principle::ALL`], from the first, follow from the flows and a few solves.
    pub const BASE: usize = 6;
}

/// One account: the total divided between regions and the members outside them.
#[derive(Debug, Clone)]
pub struct Account {
    /// The principle.
    pub principle: Principle,
    /// What exactly was computed.
    pub note: String,
    /// Responsibility of each region, households left out (R).
    pub regions: Vec<Bounded>,
    /// What falls to the rest of the world.
    pub abroad: Bounded,
    /// What falls to the common stock change.
    pub stock: Bounded,
    /// What falls to the error column and imbalances.
    pub error: Bounded,
}

impl Account {
    /// From what falls to each region, then to abroad, stock and error (R + 3).
    fn new(principle: Principle, note: String, mut members: Vec<Bounded>) -> Self {
        let outside = members.split_off(members.len() - 3);
        Account { principle, note, regions: members, abroad: outside[0], stock: outside[1], error: outside[2] }
    }

    /// What falls to each region, households left out, then to abroad, stock and error (R + 3).
    pub fn members(&self) -> Vec<Bounded> {
        self.regions.iter().copied().chain([self.abroad, self.stock, self.error]).collect()
    }

    /// Sum over all members, households left out.
    pub fn total(&self) -> Bounded {
        self.regions.iter().copied().sum::<Bounded>() + self.abroad + self.stock + self.error
    }

    /// Responsibility of each region with its households.
    pub fn with_households(&self, households: Option<&[Bounded]>) -> Vec<Bounded> {
        match households {
            Some(h) => self.regions.iter().zip(h).map(|(a, b)| *a + *b).collect(),
            None => self.regions.clone(),
        }
    }
}

/// Where it is emitted: `1'q_s`.
pub fn production(flows: &Flows) -> Account {
    Account {
        principle: Principle::Production,
        note: "direct emissions of the region's sectors".into(),
        regions: flows.direct.clone(),
        abroad: Bounded::ZERO,
        stock: Bounded::ZERO,
        error: Bounded::ZERO,
    }
}

/// Where the final demand is: `sum_s Flow[s, r]`.
pub fn consumption(flows: &Flows) -> Account {
    let r_count = flows.region_count();
    let total = |d: Destination| (0..r_count).map(|s| flows.to(s, d)).sum();
    Account {
        principle: Principle::Consumption,
        note: "emissions anywhere for the region's final demand; imports from abroad are outside the table".into(),
        regions: (0..r_count).map(|r| total(Destination::Region(r))).collect(),
        abroad: total(Destination::Export),
        stock: total(Destination::Stock),
        error: total(Destination::Error),
    }
}

/// `share` times one account plus the rest of another.
fn mix(principle: Principle, note: String, share: f64, a: &Account, b: &Account) -> Account {
    let blend = |a: Bounded, b: Bounded| Bounded::exact(share) * a + (Bounded::exact(1.0) - Bounded::exact(share)) * b;
    Account {
        principle,
        note,
        regions: a.regions.iter().zip(&b.regions).map(|(a, b)| blend(*a, *b)).collect(),
        abroad: blend(a.abroad, b.abroad),
        stock: blend(a.stock, b.stock),
        error: blend(a.error, b.error),
    }
}

/// How every principle is to be computed.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The sharing by benefit; its exports abroad also count, or not, for the technology-adjusted account.
    pub sharing: SharingRule,
    /// The share of production in the production-consumption mix.
    pub gamma: f64,
    /// What sellers pass on along supply chains.
    pub passed: PassedOn,
    /// Leave out the principles behind [`Principle::BASE`], which need solves of their own.
    pub base_only: bool,
}

/// All accounts of a stressor by [`accounts_by`], with sellers passing on all but their value added.
///
/// # Errors
/// As [`accounts_by`].
pub fn accounts(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, gamma: f64) -> Result<(Vec<Account>, Theta)> {
    accounts_by(leontief, stressor, flows, &Rules { sharing: *rule, gamma, passed: PassedOn::default(), base_only: false })
}

/// All accounts of a stressor (or the base ones), in the order of [`Principle::ALL`], and theta behind the shared one.
///
/// # Errors
/// When a rule cannot be computed on this table, or one of its numbers is out of range.
pub fn accounts_by(leontief: &Leontief, stressor: usize, flows: &Flows, rules: &Rules) -> Result<(Vec<Account>, Theta)> {
    leontief.worked(|| all(leontief, stressor, flows, rules))
}

fn all(leontief: &Leontief, stressor: usize, flows: &Flows, rules: &Rules) -> Result<(Vec<Account>, Theta)> {
    let gamma = rules.gamma;
    if !(0.0..=1.0).contains(&gamma) {
        return Err(Error::range(format!("the mixing share must lie between 0 and 1, not {gamma}"), "pass `gamma` 0.5"));
    }
    let stage = |done: usize| leontief.watch().units("responsibility", done, Principle::ALL.len());
    stage(0)?;
    let production = production(flows);
    let consumption = consumption(flows);
    let theta = theta(leontief, &rules.sharing)?;
    stage(2)?;
    let shared = shared::shared(leontief, stressor, flows, &rules.sharing, &theta);
    stage(3)?;
    let income = income(leontief, stressor);
    let half = mix(
        Principle::ProductionConsumption,
        format!("{gamma} of production and {} of consumption (Peters 2008, doi:10.1016/j.ecolecon.2007.10.014)", 1.0 - gamma),
        gamma,
        &production,
        &consumption,
    );
    let ends = mix(
        Principle::ConsumptionIncome,
        "half consumption, half income (Rodrigues, Domingos 2006, doi:10.1016/j.ecolecon.2005.10.002)".into(),
        0.5,
        &consumption,
        &income,
    );
    if rules.base_only {
        return Ok((vec![production, consumption, shared, income, half, ends], theta));
    }
    let alpha = alpha(&leontief.system, &rules.passed)?;
    let chain = |form: Form| {
        stage(6 + form as usize)?;
        supply_chain(leontief, stressor, &rules.passed, &alpha, form)
    };
    let adjusted = technology_adjusted(leontief, stressor, &consumption, !rules.sharing.without_exports);
    let chains = [chain(Form::Gross)?, chain(Form::Net)?, chain(Form::Border)?];
    stage(9)?;
    let mut all = vec![production, consumption, shared, income, half, ends];
    all.extend(chains);
    all.extend([value_capture(leontief, stressor), adjusted]);
    Ok((all, theta))
}

/// Every account that has regions of emission behind it, by emitter: supply chains take R solves each.
///
/// # Errors
/// As [`accounts_by`].
pub fn by_emitter(leontief: &Leontief, stressor: usize, flows: &Flows, theta: &Theta, rules: &Rules) -> Result<Vec<Members>> {
    leontief.worked(|| all_by_emitter(leontief, stressor, flows, theta, rules))
}

fn all_by_emitter(leontief: &Leontief, stressor: usize, flows: &Flows, theta: &Theta, rules: &Rules) -> Result<Vec<Members>> {
    let alpha = alpha(&leontief.system, &rules.passed)?;
    let stage = |done: usize| leontief.watch().units("responsibility by emitter", done, 7);
    stage(0)?;
    let mut all = vec![
        Members::consumption(flows),
        shared::shared_by_emitter(leontief, stressor, flows, &rules.sharing, theta),
        income_by_emitter(leontief, stressor),
    ];
    for form in [Form::Gross, Form::Net, Form::Border] {
        stage(all.len())?;
        all.push(supply_chain_by_emitter(leontief, stressor, &alpha, form)?);
    }
    stage(all.len())?;
    all.push(value_capture_by_emitter(leontief, stressor));
    Ok(all)
}

/// The verdict on accounts: every number within the tolerance, or that share of all direct emissions; theta
/// is judged by what it keeps of the outflows.
pub fn verdict(accounts: &[Account], theta: &Theta, by_emitter: &[Members], flows: &Flows, regions: &[String]) -> Verdict {
    let rtol = flows.rtol;
    let floor = floor(rtol, flows.direct.iter().map(|d| d.value.abs()).sum());
    let mut verdict = Verdict::new("responsibility", rtol);
    let r_count = regions.len();
    let member = |k: usize| if k < r_count { regions[k].as_str() } else { Members::OUTSIDE[k - r_count] };
    for a in accounts {
        let name = a.principle.name();
        verdict.judge(name, floor, a.members(), |k| member(k).into());
        verdict.judge(name, floor, [a.total()], |_| "total".into());
        verdict.judge(name, floor, a.with_households(flows.households.as_deref()), |k| format!("{} with households", member(k)));
    }
    let outflow = |s: usize| flows.out(s) + flows.to(s, Destination::Export);
    let kept = (0..r_count).map(|s| theta.region[s] * outflow(s));
    verdict.judge("theta times outflows", floor, kept, |s| regions[s].clone());
    for m in by_emitter {
        let width = m.matrix.ncols();
        let name = format!("{} by emitter", m.principle.name());
        verdict.judge(&name, floor, m.matrix.iter().copied(), |i| format!("{} for {}", regions[i / width], member(i % width)));
    }
    verdict
}

/// Accounts that are surely below 0, households left out: one finding for each principle.
pub fn negative(accounts: &[Account], regions: &[String], unit: &str) -> Vec<Finding> {
    let finding = |a: &Account| {
        let below: Vec<usize> = (0..a.regions.len()).filter(|&r| a.regions[r].value < -a.regions[r].bound).collect();
        let worst = *below.iter().min_by(|&&p, &&q| a.regions[p].value.total_cmp(&a.regions[q].value))?;
        let all: Vec<String> = below.iter().map(|&r| format!("{} {:.6}", regions[r], a.regions[r].value)).collect();
        let why = match a.principle {
            Principle::TechnologyAdjusted => "its products are not alike across regions, so a common mean credits more than it consumes",
            _ => "demand, value added or emissions of these regions have negative entries",
        };
        let text = format!(
            "the {} account is below 0 ({unit}): {}; {why}: no removal of emissions is behind it",
            a.principle.name(),
            all.join(", ")
        );
        Some(Finding::new(finding::Level::Warn, "negative-account", text).region(&regions[worst]).numbers(a.regions[worst].value, 0.0))
    };
    accounts.iter().filter_map(finding).collect()
}

/// The totals of all accounts agree with direct emissions.
pub fn totals_agree(accounts: &[Account], flows: &Flows) -> Vec<Check> {
    let direct: Bounded = flows.direct.iter().copied().sum();
    accounts
        .iter()
        .map(|a| {
            let found = (a.total().value - direct.value).abs() / direct.value.abs().max(f64::MIN_POSITIVE);
            let name = format!("the {} account adds up to direct emissions", a.principle.name());
            let limit = (10.0 * flows.rtol).max(1e-8);
            Check { holds: found <= limit, name, found, limit }
        })
        .collect()
}
