//! Ways to divide the emissions between regions: each principle, and the sharing rule with one choice changed.
//!
//! A division gives the account `Resp_s` behind the gap duties, and, where it says who is charged for whose emissions,
//! `T[s, r]` behind the shared duty: `T[s, r] = Flow[s, r] - kept[s, r]`.

use ndarray::Array2;

use crate::bounded::Bounded;
use crate::decompose::Flows;
use crate::error::Result;
use crate::leontief::Leontief;
use crate::responsibility::{Account, Basis, Level, Principle, SharingRule, Theta, charged, shared, theta};

/// One way to divide the emissions.
#[derive(Debug, Clone)]
pub struct Division {
    /// Its name, such as `consumption` or `shared/sector`.
    pub name: String,
    /// Responsibility of each region.
    pub account: Account,
    /// Emissions of the row's region charged to the column's (R x R), where the division says so.
    pub charged: Option<Array2<Bounded>>,
}

impl Division {
    /// The division of a principle, with the sharing rule and its theta where the principle is the shared one.
    pub fn of(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, theta: &Theta, account: &Account) -> Self {
        let bilateral = account.principle == Principle::Shared;
        Division {
            name: account.principle.name().into(),
            account: account.clone(),
            charged: bilateral.then(|| charged(leontief, stressor, flows, rule, theta)),
        }
    }
}

/// The divisions of `principles`, and, with the shared one among them, each rule that differs in one choice.
///
/// # Errors
/// When a sharing rule cannot be computed on this table.
pub fn divisions(
    leontief: &Leontief,
    stressor: usize,
    flows: &Flows,
    rule: &SharingRule,
    known: &(Vec<Account>, Theta),
    principles: &[Principle],
) -> Result<Vec<Division>> {
    let mut all = Vec::new();
    for account in known.0.iter().filter(|a| principles.contains(&a.principle)) {
        leontief.watch().check()?;
        all.push(Division::of(leontief, stressor, flows, rule, &known.1, account));
    }
    if principles.contains(&Principle::Shared) {
        for (choice, other) in variants(rule) {
            leontief.watch().check()?;
            let theta = theta(leontief, &other)?;
            let account = shared(leontief, stressor, flows, &other, &theta);
            let division = Division::of(leontief, stressor, flows, &other, &theta, &account);
            all.push(Division { name: format!("{}/{choice}", division.name), ..division });
        }
    }
    Ok(all)
}

/// The sharing rules that differ from `rule` in one choice, by the name of that choice.
fn variants(rule: &SharingRule) -> Vec<(&'static str, SharingRule)> {
    let levels = [(Level::Region, "region"), (Level::Sector, "sector"), (Level::Bilateral, "bilateral")];
    let bases = [(Basis::Own, "own"), (Basis::Domestic, "domestic")];
    let mut all = Vec::new();
    all.extend(levels.into_iter().filter(|(l, _)| *l != rule.level).map(|(level, n)| (n, SharingRule { level, ..*rule })));
    all.extend(bases.into_iter().filter(|(b, _)| *b != rule.basis).map(|(basis, n)| (n, SharingRule { basis, ..*rule })));
    let exports = if rule.without_exports { "with-exports" } else { "without-exports" };
    all.push((exports, SharingRule { without_exports: !rule.without_exports, ..*rule }));
    let home = if rule.export_home { "export-abroad" } else { "export-home" };
    all.push((home, SharingRule { export_home: !rule.export_home, ..*rule }));
    all
}
