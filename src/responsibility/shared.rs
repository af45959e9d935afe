//! Shared responsibility by benefit: the origin keeps the share of value added it has in its own outflows.
//!
//! `theta_s = (value added of s in its outflows) / (outflows of s)`;
//! `SH_s = Flow[s,s] + theta_s (Out_s + Fex_s) + sum_{r != s} (1 - theta_r) Flow[r,s]`, abroad takes
//! `(1 - theta_s) Fex_s`. Value added in outflows is `own_s' e_s` with `own_s` = block s of `T(E_s v)`, or the
//! domestic form `l_s' e_s` with `l = Td(v)`. Theta is that of Wang Yubao, He Yupeng, *China Population,
//! Resources and Environment* 31(1) (2021); which theta the 2023 study of provincial compensation used is not
//! known, so each choice is a named option.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::{Account, Members, Principle};
use crate::bounded::{Bounded, gamma, largest, up};
use crate::decompose::{Flows, by_origin_sector, exports_of};
use crate::error::Result;
use crate::leontief::{Factor, Leontief, charge};
use crate::system::Destination;

/// What theta is computed for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Theta per region.
    #[default]
    Region,
    /// Theta per region and emitting sector.
    Sector,
    /// Theta per pair of regions.
    Bilateral,
}

/// Which value added counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// All of the region's value added in its outflows, also what returned through others (B_ss).
    #[default]
    Own,
    /// The domestic value added only (L_ss).
    Domestic,
}

/// How responsibility is shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharingRule {
    /// Per region, per sector or per pair.
    pub level: Level,
    /// Which value added counts.
    pub basis: Basis,
    /// Leave exports abroad out of the outflows that theta is computed on.
    pub without_exports: bool,
    /// Exports abroad stay wholly at home: no part of them goes to the rest of the world.
    pub export_home: bool,
}

/// Theta.
#[derive(Debug, Clone)]
pub struct Theta {
    /// Per region (R): printed, and used by [`Level::Region`].
    pub region: Vec<Bounded>,
    /// Per row (n), for [`Level::Sector`].
    pub sector: Vec<Bounded>,
    /// Per origin and destination region (R x R), for [`Level::Bilateral`].
    pub bilateral: Array2<Bounded>,
}

/// Computes theta for a rule.
///
/// # Errors
/// When a domestic block is singular.
pub fn theta(leontief: &Leontief, rule: &SharingRule) -> Result<Theta> {
    let system = &leontief.system;
    let (labels, r_count) = (system.labels(), system.region_count());
    let out = exports_of(system, !rule.without_exports);
    // covers every part of the outflows, whatever their signs
    let mut reach = (out.by_region.mapv(f64::abs) + &out.bound).sum_axis(Axis(1));
    if let Some(exports) = &system.table.exports {
        reach += &exports.mapv(f64::abs);
    }
    let (own, errors) = own_content(leontief, rule.basis, &reach)?;
    let kept_share = |s: usize, outflow: &dyn Fn(usize) -> Bounded| {
        let all: Bounded = labels.rows(s).map(outflow).sum();
        // without outflows there is nothing to share: the region keeps what it emits
        if all == Bounded::ZERO {
            return Bounded::exact(1.0);
        }
        if all.may_be_zero() {
            return Bounded::new(1.0, if out_of_nothing(labels.rows(s).map(outflow), &own, labels.rows(s)) { 1.0 } else { f64::INFINITY });
        }
        // the errors of the own content hold for all outflows of the region together
        let (mut value, mut size, mut error) = (0.0, 0.0, 0.0);
        for i in labels.rows(s) {
            let e = outflow(i);
            value += own[i] * e.value;
            size += (own[i] * e.value).abs();
            error += own[i].abs() * e.bound;
        }
        let rounding = gamma(labels.rows(s).len() as f64 + 4.0);
        Bounded::new(value, up(errors.by_region[s] + up(rounding * up(size)) + up(error * (1.0 + rounding)))) / all
    };
    let region = (0..r_count).map(|s| kept_share(s, &|i| out.total[i])).collect();
    let sector = (0..system.dim()).map(|i| Bounded::new(own[i], errors.by_row[i])).collect();
    let bilateral =
        Array2::from_shape_fn((r_count, r_count), |(s, r)| kept_share(s, &|i| Bounded::new(out.by_region[[i, r]], out.bound[[i, r]])));
    Ok(Theta { region, sector, bilateral })
}

/// Whether a share of outflows that may add up to 0 lies between 0 and 1 in truth: nothing flows back, and the content of
/// a unit is a share.
fn out_of_nothing(outflows: impl Iterator<Item = Bounded>, own: &Array1<f64>, rows: std::ops::Range<usize>) -> bool {
    outflows.zip(rows).all(|(e, i)| e.value >= 0.0 && own[i] >= 0.0)
}

/// Errors of the own value-added content: of the total outflows of each region, and of each row's theta.
struct ContentErrors {
    by_region: Vec<f64>,
    by_row: Vec<f64>,
}

/// Value added of its own region in one unit of each row's product (n), with bounds.
fn own_content(leontief: &Leontief, basis: Basis, reach: &Array1<f64>) -> Result<(Array1<f64>, ContentErrors)> {
    let system = &leontief.system;
    let (labels, n) = (system.labels(), system.dim());
    let none = |v: f64| ContentErrors { by_region: vec![v; labels.region_count()], by_row: vec![v; n] };
    if basis == Basis::Domestic {
        let mut l = leontief.local_transposed(&system.value)?;
        charge(&mut l.sizes, system.value_bound.view().insert_axis(Axis(1)));
        let errors = domestic_errors(leontief, &l.sizes, reach).unwrap_or_else(|| none(f64::INFINITY));
        return Ok((l.x.column(0).to_owned(), errors));
    }
    let multipliers = leontief.multipliers(Factor::Value);
    let own = Array1::from_shape_fn(n, |i| multipliers.z[[i, labels.region_of(i)]]);
    // |(z - z*)' e| <= |r|' F(|e|); a single row's theta needs F of a unit vector, covered by F(1)
    let e = reach.clone().insert_axis(Axis(1));
    let ones = Array2::ones((n, 1));
    let mut b = e.clone();
    b.push_column(ones.column(0)).expect("n rows");
    let approximate = leontief.forward("covers for value added", b.view());
    let Some(cover) = leontief.primal_cover(b.view(), &approximate.x) else {
        return Ok((own, none(f64::INFINITY)));
    };
    let bounds = cover.bounds(multipliers.sizes.view());
    let by_row = (0..n).map(|i| bounds[[1, labels.region_of(i)]]).collect();
    Ok((own, ContentErrors { by_region: bounds.row(0).to_vec(), by_row }))
}

/// Errors of `l = Td(v)` with these residual sizes: the primal weight of the whole system serves the local ones.
fn domestic_errors(leontief: &Leontief, sizes: &Array2<f64>, outflows: &Array1<f64>) -> Option<ContentErrors> {
    let labels = leontief.system.labels();
    let weight = leontief.primal_weight()?;
    let errors = |scale: &dyn Fn(usize) -> f64, s: usize| {
        let most = largest(labels.rows(s).map(|i| scale(i) / weight.g[i]));
        up(most * labels.rows(s).map(|j| sizes[[j, 0]] * weight.w[j]).sum::<f64>() * (1.0 + 1e-12))
    };
    let by_region: Vec<f64> = (0..labels.region_count()).map(|s| errors(&|i| outflows[i], s)).collect();
    let rows: Vec<f64> = (0..labels.region_count()).map(|s| errors(&|_| 1.0, s)).collect();
    Some(ContentErrors { by_region, by_row: (0..leontief.system.dim()).map(|i| rows[labels.region_of(i)]).collect() })
}

/// What the origin keeps of each flow (R x K), as the rule says.
pub(super) fn kept(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, theta: &Theta) -> Array2<Bounded> {
    let r_count = flows.region_count();
    let labels = leontief.system.labels();
    let by_sector = (rule.level == Level::Sector).then(|| by_origin_sector(leontief, stressor));
    Array2::from_shape_fn(flows.flow.dim(), |(s, k)| {
        let flow = flows.flow[[s, k]];
        let destination = flows.destinations[k];
        let outside = matches!(destination, Destination::Stock | Destination::Error);
        if destination == Destination::Region(s) || (destination == Destination::Export && rule.export_home) {
            return flow;
        }
        if outside {
            return Bounded::ZERO;
        }
        match (&by_sector, rule.level) {
            (Some(emissions), _) => {
                // each sector's part has at most the bound of the whole entry, and so has a weighted sum of parts
                let parts: Bounded = labels.rows(s).map(|i| theta.sector[i] * Bounded::exact(emissions[[i, k]])).sum();
                let reach = largest(labels.rows(s).map(|i| theta.sector[i].value.abs() + theta.sector[i].bound)).max(1.0);
                Bounded::new(parts.value, up(parts.bound + reach * flow.bound))
            }
            (None, Level::Bilateral) if k < r_count => theta.bilateral[[s, k]] * flow,
            _ => theta.region[s] * flow,
        }
    })
}

/// The shared account by region of emission: the origin answers for what it keeps, the destination for the rest.
pub(super) fn shared_by_emitter(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, theta: &Theta) -> Members {
    let r_count = flows.region_count();
    let kept = kept(leontief, stressor, flows, rule, theta);
    let mut matrix = Array2::from_elem((r_count, r_count + 3), Bounded::ZERO);
    for s in 0..r_count {
        for (k, &d) in flows.destinations.iter().enumerate() {
            matrix[[s, s]] = matrix[[s, s]] + kept[[s, k]];
            if d != Destination::Region(s) {
                let column = Members::column(d, r_count);
                matrix[[s, column]] = matrix[[s, column]] + (flows.flow[[s, k]] - kept[[s, k]]);
            }
        }
    }
    Members { principle: Principle::Shared, matrix }
}

/// The shared account.
pub fn shared(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, theta: &Theta) -> Account {
    let members = shared_by_emitter(leontief, stressor, flows, rule, theta).totals();
    let mut note = format!(
        "the origin keeps its {} value-added share of outflows, per {}",
        match rule.basis {
            Basis::Own => "own",
            Basis::Domestic => "domestic",
        },
        match rule.level {
            Level::Region => "region",
            Level::Sector => "emitting sector",
            Level::Bilateral => "pair of regions",
        }
    );
    if rule.without_exports {
        note += ", exports abroad left out of the share";
    }
    if rule.export_home {
        note += ", emissions of exports abroad stay at home";
    }
    Account::new(Principle::Shared, note, members)
}

/// What region r owes to region s for emissions charged to it: `T[s, r]`, the part of `Flow[s, r]` passed on (R x R).
pub fn charged(leontief: &Leontief, stressor: usize, flows: &Flows, rule: &SharingRule, theta: &Theta) -> Array2<Bounded> {
    let kept = kept(leontief, stressor, flows, rule, theta);
    let r_count = flows.region_count();
    Array2::from_shape_fn((r_count, r_count), |(s, r)| if s == r { Bounded::ZERO } else { flows.flow[[s, r]] - kept[[s, r]] })
}
