//! Emissions by region of origin and final destination: `Flow[s, r] = f_s' (F(Y_r))_s`, each entry with its bound.
//!
//! Row = region that emits, column = region whose final demand causes it; `export`, `stock` and `error` are
//! destinations of their own, so each row adds up to the region's direct emissions. Finer splits, of any factor, are the
//! schemes of [`decompose`].

use ndarray::Array2;

use crate::bounded::{Bounded, gamma, largest, up};
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief, Outputs, by_region};
use crate::operator::Direction;
use crate::system::Destination;
use crate::verdict::Verdict;

pub mod accounts;
mod bilateral;
mod blocks;
mod borin_mancini;
pub(crate) mod content;
mod eebt;
pub mod enclosed;
pub mod extraction;
pub mod grouping;
mod kww;
pub mod relative;
mod routes;
mod scheme;
mod trade;
pub mod views;
mod wwz;

pub use content::exports_of;
pub use routes::{ROUTES, Routes, routes};
pub use scheme::{Decomposition, Indicators, Key, Partner, Scheme, Solves, Term, named};

/// Decomposes a factor by a scheme.
///
/// # Errors
/// When a domestic block is singular; when the watch of the model is cancelled.
pub fn decompose(leontief: &Leontief, scheme: Scheme, factor: Factor) -> Result<Decomposition> {
    leontief.worked(|| match scheme {
        Scheme::Routes => bilateral::bilateral(leontief, factor),
        Scheme::Kww => kww::kww(leontief, factor),
        Scheme::Wwz => wwz::wwz(leontief, factor),
        Scheme::BorinManciniSource => borin_mancini::source(leontief, factor),
        Scheme::BorinManciniSink => borin_mancini::sink(leontief, factor),
        Scheme::Eebt => eebt::eebt(leontief, factor),
        Scheme::Extraction => extraction::extraction(leontief, factor),
    })
}

/// The flow matrix of one stressor.
#[derive(Debug, Clone)]
pub struct Flows {
    /// Origin region x destination (R x K), in the stressor's unit.
    pub flow: Array2<Bounded>,
    /// The destinations (K).
    pub destinations: Vec<Destination>,
    /// Direct emissions of each region, households left out (R).
    pub direct: Vec<Bounded>,
    /// Direct household emissions by region, where given.
    pub households: Option<Vec<Bounded>>,
    /// Unit of all numbers.
    pub unit: String,
    /// The relative bound asked for.
    pub rtol: f64,
    /// The absolute floor of the bounds.
    pub floor: f64,
}

/// Own, other and export, as shares of their sum; `None` where that may be 0.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Emissions for final demand of the same region.
    pub own: Option<Bounded>,
    /// Emissions for final demand of other regions.
    pub other: Option<Bounded>,
    /// Emissions for exports abroad.
    pub export: Option<Bounded>,
}

/// Shares of all direct emissions, stock and error included; `None` where these may be 0.
#[derive(Debug, Clone, Copy)]
pub struct SharesOfTotal {
    /// For final demand of the same region.
    pub own: Option<Bounded>,
    /// For final demand of other regions.
    pub other: Option<Bounded>,
    /// For exports abroad.
    pub export: Option<Bounded>,
    /// For the common stock change.
    pub stock: Option<Bounded>,
    /// For the error column and the imbalance.
    pub error: Option<Bounded>,
}

impl Shares {
    /// The shares with their names.
    pub fn named(&self) -> [(&'static str, Option<Bounded>); 3] {
        [("own", self.own), ("other", self.other), ("export", self.export)]
    }
}

impl SharesOfTotal {
    /// The shares with their names.
    pub fn named(&self) -> [(&'static str, Option<Bounded>); 5] {
        [("own", self.own), ("other", self.other), ("export", self.export), ("stock", self.stock), ("error", self.error)]
    }
}

/// The flow matrix of a stressor, solved until certified.
pub fn flows(leontief: &Leontief, stressor: usize) -> Flows {
    let system = &leontief.system;
    let flow = emitted(leontief, stressor, &leontief.outputs());
    let account = &system.table.stressors[stressor];
    Flows {
        flow,
        destinations: system.destinations.clone(),
        direct: system.direct(stressor),
        households: account.households.as_ref().map(|_| system.households(stressor)),
        unit: account.unit.clone(),
        rtol: leontief.stopping.rtol,
        floor: leontief.floor(stressor),
    }
}

/// `f_s' x_s` of each region and column of outputs (R x K), with bounds.
pub(crate) fn emitted(leontief: &Leontief, stressor: usize, outputs: &Outputs) -> Array2<Bounded> {
    let system = &leontief.system;
    let (offsets, f) = (&system.labels().offsets, &system.intensities[stressor]);
    let bounds = leontief.cover_of(stressor).map(|c| c.bounds(outputs.sizes.view()));
    let absolute = f.mapv(f64::abs);
    // a region that emits nothing, and a destination without demand, have flows of exactly 0
    let idle: Vec<bool> = offsets.windows(2).map(|w| f.slice(ndarray::s![w[0]..w[1]]).iter().all(|f| *f == 0.0)).collect();
    let mut flow = Array2::from_elem((system.region_count(), outputs.x.ncols()), Bounded::ZERO);
    for k in 0..outputs.x.ncols() {
        let values = by_region(offsets, f, outputs.x.column(k));
        let sizes = by_region(offsets, &absolute, outputs.x.column(k).mapv(f64::abs).view());
        for s in 0..system.region_count() {
            if idle[s] || outputs.is_nothing(k) {
                continue;
            }
            let rounding = up(gamma((offsets[s + 1] - offsets[s] + 3) as f64) * up(sizes[s]));
            let bound = bounds.as_ref().map_or(f64::INFINITY, |b| b[[s, k]]);
            flow[[s, k]] = Bounded::new(values[s], up(bound + rounding));
        }
    }
    flow
}

impl Flows {
    /// Number of regions R.
    pub fn region_count(&self) -> usize {
        self.flow.nrows()
    }

    /// Whether every bound is within `max(rtol |entry|, floor)`.
    pub fn certified(&self) -> bool {
        self.flow.iter().all(|e| e.is_within(self.rtol, self.floor))
    }

    /// The column of a destination.
    pub fn column(&self, destination: Destination) -> Option<usize> {
        self.destinations.iter().position(|d| *d == destination)
    }

    /// Emissions of `s` for a destination; zero where the destination does not exist.
    pub fn to(&self, s: usize, destination: Destination) -> Bounded {
        self.column(destination).map_or(Bounded::ZERO, |k| self.flow[[s, k]])
    }

    /// Emissions of `s` for the final demand of other regions.
    pub fn out(&self, s: usize) -> Bounded {
        (0..self.region_count()).filter(|&r| r != s).map(|r| self.flow[[s, r]]).sum()
    }

    /// Emissions of other regions for the final demand of `r`.
    pub fn into_region(&self, r: usize) -> Bounded {
        (0..self.region_count()).filter(|&s| s != r).map(|s| self.flow[[s, r]]).sum()
    }

    /// Net outflow of `s`: what it emits for others less what others emit for it.
    pub fn net(&self, s: usize) -> Bounded {
        self.out(s) - self.into_region(s)
    }

    /// Sum over origins for one destination.
    pub fn total_to(&self, destination: Destination) -> Bounded {
        (0..self.region_count()).map(|s| self.to(s, destination)).sum()
    }

    /// Sums of own, other, export, stock and error.
    fn parts(&self) -> [Bounded; 5] {
        let own = (0..self.region_count()).map(|s| self.flow[[s, s]]).sum();
        let other = (0..self.region_count()).map(|s| self.out(s)).sum();
        [own, other, self.total_to(Destination::Export), self.total_to(Destination::Stock), self.total_to(Destination::Error)]
    }

    /// Own, other and export over their sum.
    pub fn shares(&self) -> Shares {
        let [own, other, export, ..] = self.parts();
        let sum = own + other + export;
        let [own, other, export] = [own, other, export].map(|v| share(v, sum));
        Shares { own, other, export }
    }

    /// All five parts over total direct emissions.
    pub fn shares_of_total(&self) -> SharesOfTotal {
        let total = self.direct.iter().copied().sum();
        let [own, other, export, stock, error] = self.parts().map(|v| share(v, total));
        SharesOfTotal { own, other, export, stock, error }
    }

    /// Judges every number that is printed of the flows: entries against `floor`, sums and differences of them against
    /// `sums`, shares against the same as a part of 1.
    pub fn verdict(&self, regions: &[String], destinations: &[String], sums: f64) -> Verdict {
        let mut verdict = Verdict::new("flows", self.rtol);
        let columns = destinations.len();
        verdict.judge("flow", self.floor, self.flow.iter().copied(), |i| {
            format!("{} for {}", regions[i / columns], destinations[i % columns])
        });
        let total = sums * self.direct.iter().map(|d| d.value.abs()).sum::<f64>();
        let all = |f: &dyn Fn(usize) -> Bounded| (0..self.region_count()).map(f).collect::<Vec<_>>();
        let named = |s: usize| regions[s].clone();
        verdict.judge("direct emissions", total, self.direct.iter().copied(), named);
        verdict.judge("for others", total, all(&|s| self.out(s)), named);
        verdict.judge("by others for it", total, all(&|s| self.into_region(s)), named);
        verdict.judge("net outflow", total, all(&|s| self.net(s)), named);
        for shares in [&self.shares().named()[..], &self.shares_of_total().named()[..]] {
            verdict.judge("share", sums, shares.iter().filter_map(|(_, s)| *s), |i| shares[i].0.into());
        }
        verdict
    }
}

/// `part / whole`; `None` where the whole may be 0.
fn share(part: Bounded, whole: Bounded) -> Option<Bounded> {
    (!whole.may_be_zero()).then(|| part / whole)
}

/// Emissions by origin sector and destination (n x K): `f # X`.
pub fn by_origin_sector(leontief: &Leontief, stressor: usize) -> Array2<f64> {
    let f = &leontief.system.intensities[stressor];
    let mut emissions = leontief.outputs().x.clone();
    for (mut row, &f) in emissions.rows_mut().into_iter().zip(f) {
        row *= f;
    }
    emissions
}

/// The identities of the base accounts, asserted on every run.
///
/// # Errors
/// Never for the data; only when a transposed check cannot be solved.
pub fn identities(leontief: &Leontief, stressor: usize, flows: &Flows) -> Result<Vec<Check>> {
    let system = &leontief.system;
    let x = &system.table.x;
    let outputs = leontief.outputs();
    let total_output: f64 = x.iter().map(|v| v.abs()).sum();
    let direct: f64 = flows.direct.iter().map(|d| d.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
    // flows solved to a looser tolerance can agree no better than that
    let limit = (10.0 * leontief.stopping.rtol).max(1e-8);
    let mut checks = Vec::new();

    let solved: f64 = outputs.x.rows().into_iter().zip(x).map(|(row, x)| (row.sum() - x).abs()).sum();
    checks.push(Check::new("outputs for all destinations add up to x", solved / total_output, limit));

    let purchased = crate::certificate::product(system.operator(), Direction::Transposed, false, Array2::ones((system.dim(), 1)).view());
    let own = purchased.mapv(|a| 1.0 - a);
    let ones = leontief.transposed("identity T(1 - A'1) = 1", own.view());
    let worst = largest(ones.x.iter().map(|v| (v - 1.0).abs()));
    checks.push(Check::new("value added and imports embodied in a unit of demand are 1", worst, 1e-8));

    let rows: f64 =
        (0..flows.region_count()).map(|s| (flows.flow.row(s).iter().map(|e| e.value).sum::<f64>() - flows.direct[s].value).abs()).sum();
    checks.push(Check::new("flows of each origin add up to its direct emissions", rows / direct, limit));

    let multipliers = leontief.multipliers(Factor::Stressor(stressor));
    let second = multipliers.z.t().dot(&system.demand);
    let gap = largest(second.iter().zip(&flows.flow).map(|(a, b)| (a - b.value).abs()));
    checks.push(Check::new("flows from transposed solves equal flows from forward solves", gap / direct, limit));
    Ok(checks)
}
