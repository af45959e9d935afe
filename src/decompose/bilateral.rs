//! Trade routes of what each sector emits, by the region that buys its region's product first.
//!
//! The routes of `routes` with `A_sr` in place of `A_m`: `f # Fd(c)` for one column c of region s per partner and route.
//! What goes to local demand has the own region as partner, direct exports abroad, stock change and the error column have
//! partners of their own; what goes there through other regions is with the first of them. Sums over partners are the
//! routes by sector, sums over everything the direct emissions.
//! Meng, Peters, Wang, Li, *Energy Economics* 73 (2018) 24-42, doi:10.1016/j.eneco.2018.05.013.

use ndarray::{Array2, ArrayView2, Axis};

use super::content::per_unit;
use super::enclosed::scales;
use super::routes::{ROUTES, routes};
use super::scheme::{Solves, unfinished};
use super::trade::Trade;
use super::{Decomposition, Key, Partner, Scheme, Term, flows};
use crate::bounded::{gamma, largest, up};
use crate::certificate::Weight;
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief, local_residual};
use crate::operator::Direction;
use crate::solve::{DenseLu, MAX_WIDTH};
use crate::system::Destination;
use crate::threads::prelude::*;

const WIDTH: usize = ROUTES.len();

/// The routes as terms.
pub(super) const TERMS: [Term; WIDTH] = {
    let mut terms = [Term { name: "", meaning: "" }; WIDTH];
    let mut k = 0;
    while k < WIDTH {
        terms[k] = Term { name: ROUTES[k].0, meaning: ROUTES[k].1 };
        k += 1;
    }
    terms
};

/// Columns behind the purchases of partners: own demand, that of others, local output, abroad, error, stock.
const PANEL: usize = 6;

/// Splits a factor by emitting sector, partner and route; no global solve beyond those of the flows.
///
/// # Errors
/// When a domestic block is singular.
pub(super) fn bilateral(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let system = &leontief.system;
    let (n, r_count) = (system.dim(), system.region_count());
    let mut found = unfinished(leontief, Scheme::Routes, factor, &TERMS);
    let mut partners: Vec<Partner> = (0..r_count).map(Partner::Region).collect();
    let outside = [(Destination::Export, Partner::Abroad), (Destination::Error, Partner::Error), (Destination::Stock, Partner::Stock)];
    partners.extend(outside.iter().filter(|(d, _)| system.column(*d).is_some()).map(|(_, p)| *p));
    let setting = Setting::new(leontief, factor, partners)?;
    let weight = leontief.primal_weight();
    let region = |s: usize| {
        leontief.watch().units("routes", s, r_count)?;
        Ok(setting.region(s, &setting.blocks[s], weight.as_deref()))
    };
    let (values, bounds): (Vec<_>, Vec<_>) = (0..r_count).into_par_iter().map(region).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let stack = |parts: &[Array2<f64>]| {
        let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
        ndarray::concatenate(Axis(0), &views).expect("keys x routes")
    };
    (found.values, found.bounds) = (stack(&values), stack(&bounds));
    for i in 0..n {
        let exporter = system.labels().region_of(i);
        found.keys.extend(setting.partners.iter().map(|&p| Key { exporter, sector: Some(i), partner: Some(p) }));
    }
    found.checks = checks(leontief, factor, &setting, &found)?;
    let columns = found.keys.len() / n * WIDTH;
    found.solves = Solves { forward: system.destinations.len(), local: columns, ..Solves::default() };
    Ok(found)
}

/// What all regions share.
struct Setting<'a> {
    system: &'a crate::system::System,
    intensity: &'a ndarray::Array1<f64>,
    intensity_bound: ndarray::Array1<f64>,
    partners: Vec<Partner>,
    trade: Trade<'a>,
    /// Output by destination (n x K), and its errors against the weight (K).
    x: Array2<f64>,
    scale: Vec<f64>,
    /// `Fd(Y_d)` (n) and its errors against the weight by region (R).
    local: Vec<f64>,
    local_scale: Vec<f64>,
    blocks: &'a [DenseLu],
}

impl<'a> Setting<'a> {
    fn new(leontief: &'a Leontief, factor: Factor, partners: Vec<Partner>) -> Result<Self> {
        let system = &leontief.system;
        let n = system.dim();
        let weight = leontief.primal_weight();
        let (intensity, intensity_bound) = per_unit(system, factor);
        let outputs = leontief.outputs();
        let own = Array2::from_shape_fn((n, 1), |(i, _)| system.demand[[i, system.labels().region_of(i)]]);
        let local = leontief.local(Direction::Forward, own.view())?;
        let local_scale = (0..system.region_count())
            .map(|s| {
                let rows = system.labels().rows(s);
                let part = |m: &Array2<f64>| m.slice(ndarray::s![rows.clone(), ..]).to_owned();
                let mut sizes = local_residual(system, s, Direction::Forward, part(&own).view(), part(&local).view());
                if let Some(bound) = &system.demand_bound {
                    sizes += &bound.slice(ndarray::s![rows.clone(), s..=s]);
                }
                weight.as_ref().map_or(0.0, |w| up(largest(rows.clone().zip(&sizes).map(|(i, r)| r / w.g[i]))))
            })
            .collect();
        Ok(Setting {
            intensity,
            intensity_bound,
            partners,
            trade: Trade::new(system, weight.map_or(vec![1.0; n], |w| w.w.clone())),
            scale: scales(leontief, Direction::Forward, outputs.sizes.view()),
            x: outputs.x.clone(),
            local: local.column(0).to_vec(),
            local_scale,
            blocks: leontief.blocks()?,
            system,
        })
    }

    /// Values and bounds of region s: (rows x partners) x routes.
    fn region(&self, s: usize, block: &DenseLu, weight: Option<&Weight>) -> (Array2<f64>, Array2<f64>) {
        let rows = self.system.labels().rows(s);
        let (b, error) = self.columns(s);
        let (size, columns) = (rows.len(), b.ncols());
        let mut x = Array2::zeros((size, columns));
        for start in (0..columns).step_by(MAX_WIDTH) {
            let range = ndarray::s![.., start..(start + MAX_WIDTH).min(columns)];
            let mut panel: Vec<f64> = b.slice(range).iter().copied().collect();
            let k = panel.len() / size.max(1);
            block.solve(Direction::Forward, k, &mut panel);
            x.slice_mut(range).assign(&ArrayView2::from_shape((size, k), &panel).expect("rows x k"));
        }
        let sizes = local_residual(self.system, s, Direction::Forward, b.view(), x.view()) + &error;
        let scale: Vec<f64> = match weight {
            None => vec![f64::INFINITY; columns],
            Some(w) => sizes.columns().into_iter().map(|c| up(largest(c.iter().zip(&w.g[rows.clone()]).map(|(r, g)| r / g)))).collect(),
        };
        let shape = (size * self.partners.len(), WIDTH);
        let (mut values, mut bounds) = (Array2::zeros(shape), Array2::zeros(shape));
        for (k, i) in rows.enumerate() {
            let f = self.intensity[i];
            for (at, &x) in x.row(k).iter().enumerate() {
                let place = [k * self.partners.len() + at / WIDTH, at % WIDTH];
                if (f == 0.0 && self.intensity_bound[i] == 0.0) || (x == 0.0 && scale[at] == 0.0) {
                    continue;
                }
                values[place] = f * x;
                let (solved, unsure) = (up(self.trade.weight[i] * scale[at]), self.intensity_bound[i]);
                let bound = up((f.abs() + unsure) * solved) + up(unsure * x.abs()) + up(gamma(1.0) * (f * x).abs());
                bounds[place] = if bound.is_nan() { f64::INFINITY } else { up(bound * (1.0 + gamma(3.0))) };
            }
        }
        (values, bounds)
    }

    /// Right-hand sides of region s, rows x (partner, route), and their errors.
    fn columns(&self, s: usize) -> (Array2<f64>, Array2<f64>) {
        let system = self.system;
        let (rows, r_count) = (system.labels().rows(s), system.region_count());
        let (panel, errors) = self.panel(s);
        let through = self.trade.by_partner(s, PANEL, &panel);
        let mut b = Array2::zeros((rows.len(), self.partners.len() * WIDTH));
        let mut error = Array2::zeros(b.dim());
        let unsure = |i: usize, k: usize| system.demand_bound.as_ref().map_or(0.0, |b| b[[i, k]]);
        let direct = |i: usize, d: Destination| system.column(d).map_or((0.0, 0.0), |k| (system.demand[[i, k]], unsure(i, k)));
        for (k, i) in rows.enumerate() {
            for (p, &partner) in self.partners.iter().enumerate() {
                let mut put = |route: usize, v: f64, e: f64| (b[[k, p * WIDTH + route]], error[[k, p * WIDTH + route]]) = (v, e);
                match partner {
                    Partner::Region(r) if r == s => put(0, system.demand[[i, s]], unsure(i, s)),
                    Partner::Region(r) => {
                        let v = &through[(k * r_count + r) * PANEL..][..PANEL];
                        let e = |c: usize| up(self.trade.reach[[i, r]] * errors[r][c]);
                        put(1, v[0], e(0));
                        put(2, system.demand[[i, r]], unsure(i, r));
                        put(3, v[2], e(2));
                        put(4, v[1] - v[2], up(e(1) + e(2) + gamma(1.0) * (v[1] - v[2]).abs()));
                        put(6, v[3], e(3));
                        put(7, v[4], e(4));
                        put(8, v[5], e(5));
                    }
                    Partner::Abroad => {
                        let (v, e) = direct(i, Destination::Export);
                        put(5, v, e);
                    }
                    Partner::Error => {
                        let (v, e) = direct(i, Destination::Error);
                        put(7, v, e);
                    }
                    Partner::Stock => {
                        let (v, e) = direct(i, Destination::Stock);
                        put(8, v, e);
                    }
                }
            }
        }
        (b, error)
    }

    /// Columns behind the purchases of partners (n x 6), and their errors against the weight by region (R x 6).
    fn panel(&self, s: usize) -> (Vec<f64>, Vec<[f64; PANEL]>) {
        let (n, r_count) = (self.system.dim(), self.system.region_count());
        let outside = [Destination::Export, Destination::Error, Destination::Stock].map(|d| self.system.column(d));
        let mut panel = vec![0.0; n * PANEL];
        let mut absolute = vec![0.0; n];
        for (j, to) in panel.chunks_exact_mut(PANEL).enumerate() {
            let others = || (0..r_count).filter(|&k| k != s).map(|k| self.x[[j, k]]);
            let [export, error, stock] = outside.map(|k| k.map_or(0.0, |k| self.x[[j, k]]));
            to.copy_from_slice(&[self.x[[j, s]], others().sum(), self.local[j], export, error, stock]);
            absolute[j] = others().map(f64::abs).sum();
        }
        let view = ArrayView2::from_shape((n, PANEL), &panel).expect("n x 6");
        let sizes: Vec<Vec<f64>> = view.columns().into_iter().map(|c| self.trade.sizes_by_region(c)).collect();
        let summed = self.trade.sizes_by_region(ndarray::ArrayView1::from(&absolute));
        let scale = |k: Option<usize>| k.map_or(0.0, |k| self.scale[k]);
        let others: f64 = (0..r_count).filter(|&k| k != s).map(|k| self.scale[k]).sum();
        let g = gamma(r_count as f64);
        let errors = (0..r_count)
            .map(|r| {
                let scales = [
                    self.scale[s],
                    up(others * (1.0 + g)) + g * summed[r],
                    self.local_scale[r],
                    scale(outside[0]),
                    scale(outside[1]),
                    scale(outside[2]),
                ];
                std::array::from_fn(|k| up(up(scales[k]) + up(self.trade.rounding() * sizes[k][r])))
            })
            .collect();
        (panel, errors)
    }
}

/// Sums over partners and routes are the direct amounts; sums over sectors and partners the routes by region.
fn checks(leontief: &Leontief, factor: Factor, setting: &Setting, found: &Decomposition) -> Result<Vec<Check>> {
    let system = &leontief.system;
    let limit = (10.0 * leontief.stopping.rtol).max(1e-8);
    let per_row = setting.partners.len() * WIDTH;
    let rows = found.values.as_slice().expect("one piece").chunks_exact(per_row).map(|c| c.iter().sum::<f64>());
    let direct = setting.intensity.iter().zip(&system.table.x).map(|(c, x)| c * x);
    let mut checks = vec![Check::sums("routes of each sector add up to its direct amount", rows, direct).within(limit)];
    if let Factor::Stressor(k) = factor {
        let expected = routes(leontief, k, &flows(leontief, k))?;
        let mut sums = Array2::<f64>::zeros((system.region_count(), WIDTH));
        for (key, row) in found.keys.iter().zip(found.values.rows()) {
            let mut to = sums.row_mut(key.exporter);
            to += &row;
        }
        let name = "routes by sector and partner add up to the routes of each region";
        checks.push(Check::sums(name, sums, expected.by_region.iter().map(|b| b.value)));
    }
    Ok(checks)
}
