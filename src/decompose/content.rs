//! What the decompositions of exports share: who takes what, what is embodied in it, each part with a rigorous error.
//!
//! For a factor c per unit of output: `M_s = T(E_s c)`; `own` = the block of M_s in s; `local = Td(c)`; `foreign` = the
//! blocks of all M_t, t != s, in s. For value added, `T(imports per output)` is content from abroad and part of
//! `foreign`, and `T(1 - A'1 - imports - value added)` is what the columns leave unexplained.
//! Exports abroad are final goods for a partner without production. Stock change and the error column are no exports:
//! what a region delivers there counts as final use at home, so that `x = Fd(home + exports)` on any table.
//! Errors: with `(I - |A|) w >= g > 0` every solved column has `|x - x*| <= w max(size / g)`, locally too, since the
//! domestic blocks are part of A. Koopman, Wang, Wei, *American Economic Review* 104 (2014) 459-494.

use ndarray::{Array1, Array2, Axis};

use super::enclosed::{Enclosed, Solved, scale, scales};
use super::trade::Trade;
use super::{Key, Partner, Solves};
use crate::bounded::{Bounded, Sum, UNIT_ROUNDOFF, gamma, up};
use crate::certificate::product;
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief, local_sizes};
use crate::operator::{Direction, Part};
use crate::system::{Destination, System, per_output};
use crate::watch::Watch;

/// A share of exports whose content nothing explains, up to which it is taken for rounding.
const EXPLAINED: f64 = 1e-11;

/// Exports by partner and what is embodied in them.
pub(crate) struct Content<'a> {
    /// The system.
    pub system: &'a System,
    /// Whether to go on.
    pub watch: &'a Watch,
    /// The factor per unit of output (n).
    pub intensity: &'a Array1<f64>,
    /// What it may be off by (n).
    pub intensity_bound: Array1<f64>,
    /// Region of each row (n).
    pub region: Vec<usize>,
    /// The regions, and `Abroad` where the table has exports.
    pub partners: Vec<Partner>,
    /// Whether the weights are proven; without, no bound is.
    pub proven: bool,
    /// Weight of transposed solves (n).
    pub dual: Vec<f64>,
    /// Final use in the own region, stock and error included (n).
    pub home: Enclosed,
    /// Final goods by partner, nothing for the own region (n x P).
    pub finals: Array2<f64>,
    /// What `finals` may be off by (n x P).
    pub finals_bound: Array2<f64>,
    /// All final goods for others (n).
    pub final_sum: Enclosed,
    /// Gross exports by partner, nothing for the own region (n x P).
    pub exports: Array2<f64>,
    /// What `exports` may be off by (n x P).
    pub exports_bound: Array2<f64>,
    /// All gross exports (n).
    pub export_sum: Enclosed,
    /// `M` (n x R).
    pub origin: Solved,
    /// Content from the own region (n).
    pub own: Enclosed,
    /// Content from the own region by local chains alone (n).
    pub local: Enclosed,
    /// Content from everywhere else (n).
    pub foreign: Enclosed,
    /// Content from abroad (n); for value added in a table with imports.
    pub abroad: Option<Enclosed>,
    /// Content that neither value added nor imports explain (n), where there is any.
    pub unexplained: Option<Enclosed>,
    /// All content, by a solve of its own; for value added 1 (n).
    pub total: Array1<f64>,
    /// `Fd(home)` (n).
    pub home_output: Enclosed,
    /// `Fd(exports)` (n).
    pub export_output: Enclosed,
    /// Right-hand sides so far.
    pub solves: Solves,
    /// Purchases between pairs of regions.
    pub trade: Trade<'a>,
}

/// What each row delivers to other regions, and in all.
pub struct Outflows {
    /// By destination region (n x R): `A_sr x_r + Y_sr` from the table's own flows; nothing on the own region.
    pub by_region: Array2<f64>,
    /// What the sums may be off by (n x R).
    pub bound: Array2<f64>,
    /// The same summed over regions, with exports abroad on request (n).
    pub total: Vec<Bounded>,
}

/// Outflows of each row, summed from the cells of the table.
pub fn exports_of(system: &System, with_exports: bool) -> Outflows {
    let (table, labels) = (&system.table, system.labels());
    let (n, r_count) = (system.dim(), labels.region_count());
    let region: Vec<usize> = (0..n).map(|i| labels.region_of(i)).collect();
    let (mut by_region, mut bound, mut total) = (Array2::<f64>::zeros((n, r_count)), Array2::<f64>::zeros((n, r_count)), Vec::new());
    for (i, row) in table.z.view().outer_iterator().enumerate() {
        let (mut sums, mut all) = (vec![Sum::default(); r_count], Sum::default());
        let mut take = |r: usize, v: f64| {
            sums[r].add(v);
            all.add(v);
        };
        row.iter().filter(|(j, _)| region[*j] != region[i]).for_each(|(j, &v)| take(region[j], v));
        for r in (0..r_count).filter(|&r| r != region[i]) {
            labels.demand(r).for_each(|c| take(r, table.y[[i, c]]));
        }
        for (r, sum) in sums.iter().enumerate() {
            Bounded { value: by_region[[i, r]], bound: bound[[i, r]] } = sum.bounded();
        }
        table.exports.iter().filter(|_| with_exports).for_each(|e| all.add(e[i]));
        total.push(all.bounded());
    }
    Outflows { by_region, bound, total }
}

/// A factor per unit of output, and what it may be off by: one division, and of value added the sum of its cells.
pub(crate) fn per_unit(system: &System, factor: Factor) -> (&Array1<f64>, Array1<f64>) {
    match factor {
        Factor::Stressor(k) => (&system.intensities[k], system.intensities[k].mapv(quotient_bound)),
        Factor::Value => (&system.value, system.value_bound.clone()),
    }
}

/// What one division may put into its result; nothing into 0.
pub(crate) fn quotient_bound(v: f64) -> f64 {
    if v == 0.0 { 0.0 } else { up(UNIT_ROUNDOFF * v.abs()) }
}

/// Final use in the own region (n), final goods by partner (n x P), and what these may be off by (n x P).
fn final_use(system: &System, region: &[usize], partners: usize) -> (Enclosed, Array2<f64>, Array2<f64>) {
    let (n, r_count) = (system.dim(), system.region_count());
    let mut home = vec![Bounded::ZERO; n];
    let (mut finals, mut unsure) = (Array2::zeros((n, partners)), Array2::zeros((n, partners)));
    for (i, row) in system.demand.rows().into_iter().enumerate() {
        for (k, &d) in system.destinations.iter().enumerate() {
            let v = Bounded::new(row[k], system.demand_bound.as_ref().map_or(0.0, |b| b[[i, k]]));
            match d {
                Destination::Region(r) if r != region[i] => (finals[[i, r]], unsure[[i, r]]) = (v.value, v.bound),
                Destination::Export => (finals[[i, r_count]], unsure[[i, r_count]]) = (v.value, v.bound),
                Destination::Region(_) | Destination::Stock | Destination::Error => home[i] = home[i] + v,
            }
        }
    }
    let home = Enclosed { value: home.iter().map(|v| v.value).collect(), error: home.iter().map(|v| v.bound).collect() };
    (home, finals, unsure)
}

impl<'a> Content<'a> {
    /// Solves what all schemes need: R transposed right-hand sides, one or two more for the totals, three local ones.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub(crate) fn new(leontief: &'a Leontief, factor: Factor) -> Result<Self> {
        let system = &leontief.system;
        let (n, r_count) = (system.dim(), system.region_count());
        let region: Vec<usize> = (0..n).map(|i| system.labels().region_of(i)).collect();
        let mut partners: Vec<Partner> = (0..r_count).map(Partner::Region).collect();
        partners.extend(system.column(Destination::Export).map(|_| Partner::Abroad));
        let (home, finals, finals_bound) = final_use(system, &region, partners.len());
        let Outflows { by_region: mut exports, bound: mut exports_bound, total } = exports_of(system, true);
        if partners.len() > r_count {
            exports.push_column(finals.column(r_count)).expect("n rows");
            exports_bound.push_column(finals_bound.column(r_count)).expect("n rows");
        }
        let export_sum = Enclosed { value: total.iter().map(|v| v.value).collect(), error: total.iter().map(|v| v.bound).collect() };
        let (primal, dual) = (leontief.primal_weight(), leontief.dual_weight());
        let weight = |w: &Option<std::sync::Arc<crate::certificate::Weight>>| w.as_ref().map_or(vec![1.0; n], |w| w.w.clone());
        let (intensity, intensity_bound) = per_unit(system, factor);
        let mut content = Content {
            proven: primal.is_some() && dual.is_some(),
            dual: weight(&dual),
            origin: Solved { x: Array2::zeros((0, 0)), scale: Vec::new() },
            own: Enclosed::zero(n),
            local: Enclosed::zero(n),
            foreign: Enclosed::zero(n),
            abroad: None,
            unexplained: None,
            total: Array1::ones(n),
            home_output: Enclosed::zero(n),
            export_output: Enclosed::zero(n),
            solves: Solves { forward: 0, transposed: r_count, masked: 0, local: 3 },
            trade: Trade::new(system, weight(&primal)),
            system,
            watch: leontief.watch(),
            intensity,
            intensity_bound,
            region,
            partners,
            home,
            final_sum: Enclosed::row_sums(&finals, &finals_bound),
            finals,
            finals_bound,
            exports,
            exports_bound,
            export_sum,
        };
        content.watch.check()?;
        content.set_contents(leontief, factor);
        content.solve_locally(leontief)?;
        Ok(content)
    }

    /// `M`, and own, foreign, abroad, unexplained and total content.
    fn set_contents(&mut self, leontief: &Leontief, factor: Factor) {
        let multipliers = leontief.multipliers(factor);
        self.origin = Solved { x: multipliers.z.clone(), scale: scales(leontief, Direction::Transposed, multipliers.sizes.view()) };
        match factor {
            Factor::Stressor(_) => {
                let c = self.intensity.view().insert_axis(Axis(1));
                self.total = leontief.transposed("multipliers of all origins", c).x.column(0).to_owned();
                self.solves.transposed += 1;
            }
            Factor::Value => self.set_unexplained(leontief),
        }
        let rounding = gamma(self.origin.scale.len() as f64);
        let all: f64 = self.origin.scale.iter().sum();
        for (i, row) in self.origin.x.rows().into_iter().enumerate() {
            let s = self.region[i];
            (self.own.value[i], self.own.error[i]) = (row[s], up(self.dual[i] * self.origin.scale[s]));
            let others = || row.iter().enumerate().filter(|(t, _)| *t != s);
            let size: f64 = others().map(|(_, m)| m.abs()).sum();
            self.foreign.value[i] = others().map(|(_, m)| m).sum();
            self.foreign.error[i] = up(up(self.dual[i] * all) + rounding * size);
        }
        if let Some(abroad) = &self.abroad {
            self.foreign.value += &abroad.value;
            self.foreign.error.zip_mut_with(&abroad.error, |e, a| *e = up(*e + a));
            let rounding = self.foreign.value.mapv(|v| gamma(1.0) * v.abs());
            self.foreign.error += &rounding;
        }
    }

    /// Content from abroad, and what neither value added nor imports explain.
    fn set_unexplained(&mut self, leontief: &Leontief) {
        let table = &self.system.table;
        let imports = table.imports.as_ref().map(|m| per_output(m, &table.x));
        let n = self.system.dim();
        let product = |absolute| {
            let ones = Array2::ones((n, 1));
            product(self.system.operator(), Direction::Transposed, absolute, ones.view()).column(0).to_owned()
        };
        let (bought, size) = (product(false), product(true));
        let m = imports.clone().unwrap_or_else(|| Array1::zeros(n));
        let mut b = Array2::zeros((n, 2));
        for j in 0..n {
            b[[j, 0]] = m[j];
            b[[j, 1]] = 1.0 - bought[j] - m[j] - self.intensity[j];
        }
        let mut found = leontief.transposed("content from abroad, and unexplained", b.view());
        self.solves.transposed += 2;
        let rounding = gamma(self.system.operator().rounding_steps(Direction::Transposed) + 6.0);
        for j in 0..n {
            // the remainder is itself a difference
            found.sizes[[j, 0]] = up(found.sizes[[j, 0]] + quotient_bound(m[j]));
            let made = up(rounding * (1.0 + size[j] + m[j].abs() + self.intensity[j].abs()));
            found.sizes[[j, 1]] = up(found.sizes[[j, 1]] + made + self.intensity_bound[j]);
        }
        let scale = scales(leontief, Direction::Transposed, found.sizes.view());
        let column =
            |k: usize| Enclosed { value: found.x.column(k).to_owned(), error: self.dual.iter().map(|w| up(w * scale[k])).collect() };
        let (abroad, unexplained) = (imports.is_some().then(|| column(0)), column(1));
        let gross = self.exports.map_axis(Axis(1), |e| e.iter().map(|v| v.abs()).sum::<f64>());
        let left: f64 = unexplained.value.iter().zip(&gross).map(|(u, e)| u.abs() * e).sum();
        self.abroad = abroad;
        self.unexplained = (left > EXPLAINED * gross.sum()).then_some(unexplained);
    }

    /// `Td(c)`, `Fd(home)` and `Fd(exports)`.
    fn solve_locally(&mut self, leontief: &Leontief) -> Result<()> {
        let c = Enclosed { value: self.intensity.clone(), error: self.intensity_bound.clone() };
        self.local = self.local_solve(leontief, Direction::Transposed, &c)?;
        self.home_output = self.local_solve(leontief, Direction::Forward, &self.home)?;
        self.export_output = self.local_solve(leontief, Direction::Forward, &self.export_sum)?;
        Ok(())
    }

    /// A local solve of one column.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub(crate) fn local_solve(&self, leontief: &Leontief, direction: Direction, b: &Enclosed) -> Result<Enclosed> {
        let column = b.value.view().insert_axis(Axis(1));
        let x = leontief.local(direction, column)?;
        let sizes = local_sizes(self.system, direction, column, x.view()).column(0).to_owned() + &b.error;
        let weight = if direction == Direction::Forward { &self.trade.weight } else { &self.dual };
        let mut error = Array1::zeros(self.system.dim());
        for s in 0..self.system.region_count() {
            self.watch.check()?;
            let rows = self.system.labels().rows(s);
            let scale = up(scale(leontief, direction, rows.clone(), sizes.view()));
            rows.for_each(|i| error[i] = up(weight[i] * scale));
        }
        Ok(Enclosed { value: x.column(0).to_owned(), error })
    }

    /// `A_m x`.
    pub(crate) fn traded(&self, x: &Enclosed) -> Enclosed {
        let (rows, offsets) = (self.system.rows(), &self.system.labels().offsets);
        let columns = |a: &Array1<f64>| a.view().insert_axis(Axis(1)).to_owned();
        let value = rows.part(Part::Traded, false, offsets, &columns(&x.value));
        let reach = &x.error + &(x.value.mapv(f64::abs) * self.trade.rounding());
        let error = rows.part(Part::Traded, true, offsets, &columns(&reach));
        let slack = 1.0 + self.trade.rounding() + gamma(4.0);
        Enclosed { value: value.column(0).to_owned(), error: error.column(0).mapv(|e| up(e * slack)) }
    }

    /// One column of M, `T(E_s c)`.
    pub(crate) fn origin_column(&self, s: usize) -> Enclosed {
        let scale = self.origin.scale[s];
        Enclosed { value: self.origin.x.column(s).to_owned(), error: self.dual.iter().map(|w| up(w * scale)).collect() }
    }

    /// A check on every table: `Fd(home) + Fd(exports) = x`.
    pub(crate) fn local_outputs(&self) -> Check {
        let found = &self.home_output.value + &self.export_output.value;
        Check::sums("local outputs for final use at home and for exports add up to x", found, self.system.table.x.iter().copied())
    }

    /// Everybody but region s, with the column of the partner.
    pub(crate) fn partners_of(&self, s: usize) -> impl Iterator<Item = (usize, Partner)> + '_ {
        self.partners.iter().copied().enumerate().filter(move |(_, p)| *p != Partner::Region(s))
    }

    /// Every exporting row with every partner, in the order of rows.
    pub(crate) fn pairs(&self) -> Vec<Key> {
        let of = |i: usize| self.partners_of(self.region[i]).map(move |(_, p)| (i, p));
        let key = |(i, p): (usize, Partner)| Key { exporter: self.region[i], sector: Some(i), partner: Some(p) };
        (0..self.system.dim()).flat_map(of).map(key).collect()
    }

    /// What row i delivers to the partner of column p.
    pub(crate) fn export(&self, i: usize, p: usize) -> Bounded {
        Bounded::new(self.exports[[i, p]], self.exports_bound[[i, p]])
    }

    /// The final goods of row i for the partner of column p.
    pub(crate) fn goods(&self, i: usize, p: usize) -> Bounded {
        Bounded::new(self.finals[[i, p]], self.finals_bound[[i, p]])
    }

    /// The final goods of every row for the partner of column p.
    pub(crate) fn goods_for(&self, p: usize) -> Enclosed {
        Enclosed { value: self.finals.column(p).to_owned(), error: self.finals_bound.column(p).to_owned() }
    }

    /// Bounds as they may be told: infinite where nothing is proven.
    pub(crate) fn mask_unproven(&self, mut bounds: Array2<f64>) -> Array2<f64> {
        let proven = self.proven;
        bounds.mapv_inplace(|b| if proven && !b.is_nan() { b } else { f64::INFINITY });
        bounds
    }

    /// What a reader must know about the table's treatment.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let have = |d| self.system.column(d).is_some();
        let outside: Vec<&str> = [(Destination::Stock, "stock change"), (Destination::Error, "error and imbalance")]
            .into_iter()
            .filter(|(d, _)| have(*d))
            .map(|(_, n)| n)
            .collect();
        if !outside.is_empty() {
            notes.push(format!("{}: counted as final use in the region that delivers, not as exports", outside.join(", ")));
        }
        if self.abroad.is_some() {
            notes.push("imports are content from abroad, of the partner abroad".into());
        } else if self.system.table.imports.is_some() {
            notes.push("what is embodied in imports from abroad is left out".into());
        }
        if self.unexplained.is_some() {
            notes.push("value added and imports do not complete the columns: the remainder is the term UNEXPLAINED".into());
        }
        notes
    }
}
