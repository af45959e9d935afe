//! Trade routes of emissions: where a product goes first, and where it ends.
//!
//! With `x_s = L_ss (Y_ss + sum_r Y_sr + ex_s + sum_r A_sr x_r)` each emission of sector i in region s is
//! `f # Fd(c)` for one of the columns c below; the routes add up to the direct emissions of every sector.
//! Meng, Peters, Wang, Li, *Energy Economics* 73 (2018) 24-42, doi:10.1016/j.eneco.2018.05.013;
//! Wang, Wei, Yu, Zhu, NBER w23261 (2017).

use ndarray::{Array2, Axis};

use super::Flows;
use crate::bounded::{Bounded, gamma, largest, up};
use crate::error::Result;
use crate::leontief::{Factor, Leontief};
use crate::operator::Direction;
use crate::system::Destination;

/// Short name and meaning of each route, in the order of the columns.
pub const ROUTES: [(&str, &str); 9] = [
    ("r1", "local chain, local demand"),
    ("r2", "returned: intermediates leave and come back for local demand"),
    ("r3", "final goods to other regions"),
    ("r4", "intermediates, last stage in the direct importer, used there"),
    ("r5", "intermediates through complex interregional chains"),
    ("r6", "direct exports abroad"),
    ("r7", "exports abroad through other regions"),
    ("r8", "error and imbalance"),
    ("r9", "stock change"),
];

/// Emissions by trade route.
pub struct Routes {
    /// By origin region (R x 9), with bounds.
    pub by_region: Array2<Bounded>,
    /// By emitting sector (n x 9), each within the lesser of the bound of its region's route and of its own entry.
    pub by_sector: Array2<Bounded>,
}

/// Splits the flows of a stressor into routes; no global solve beyond those of the flows.
///
/// # Errors
/// When a domestic block is singular.
pub fn routes(leontief: &Leontief, stressor: usize, flows: &Flows) -> Result<Routes> {
    let system = &leontief.system;
    let (n, r_count) = (system.dim(), system.region_count());
    leontief.watch().units("routes", 0, 2)?;
    let outputs = leontief.outputs();
    let region: Vec<usize> = (0..n).map(|i| system.labels().region_of(i)).collect();

    let own = Array2::from_shape_fn((n, 1), |(i, _)| system.demand[[i, region[i]]]);
    let local_output = leontief.local(Direction::Forward, own.view())?;
    let traded = system.traded(false, &outputs.x);
    let absolute = system.traded(true, &outputs.x.mapv(f64::abs));
    let simple = system.traded(false, &local_output);

    let column = |d: Destination| system.column(d);
    let (export, stock, error) = (column(Destination::Export), column(Destination::Stock), column(Destination::Error));
    let mut c = Array2::<f64>::zeros((n, 9));
    let mut size = Array2::<f64>::zeros((n, 9));
    // what the demand itself may be off by
    let unknown = |i: usize, k: Option<usize>| system.demand_bound.as_ref().zip(k).map_or(0.0, |(b, k)| b[[i, k]]);
    let mut unsure = Array2::<f64>::zeros((n, 9));
    let own_unsure = Array2::from_shape_fn((n, 1), |(i, _)| unknown(i, Some(region[i])));
    for i in 0..n {
        let s = region[i];
        for (route, k) in [(0, Some(s)), (5, export), (7, error), (8, stock)] {
            unsure[[i, route]] = unknown(i, k);
        }
        let (mut final_goods, mut intermediates) = ((0.0, 0.0), (0.0, 0.0));
        for r in (0..r_count).filter(|&r| r != s) {
            final_goods = (final_goods.0 + system.demand[[i, r]], final_goods.1 + system.demand[[i, r]].abs());
            unsure[[i, 2]] = up(unsure[[i, 2]] + unknown(i, Some(r)));
            intermediates = (intermediates.0 + traded[[i, r]], intermediates.1 + absolute[[i, r]]);
        }
        let direct = |k: Option<usize>| k.map_or(0.0, |k| system.demand[[i, k]]);
        let through = |k: Option<usize>| k.map_or((0.0, 0.0), |k| (traded[[i, k]], absolute[[i, k]]));
        let entries = [
            (own[[i, 0]], own[[i, 0]].abs()),
            (traded[[i, s]], absolute[[i, s]]),
            final_goods,
            (simple[[i, 0]], simple[[i, 0]].abs()),
            (intermediates.0 - simple[[i, 0]], intermediates.1 + simple[[i, 0]].abs()),
            (direct(export), direct(export).abs()),
            through(export),
            (direct(error) + through(error).0, direct(error).abs() + through(error).1),
            (direct(stock) + through(stock).0, direct(stock).abs() + through(stock).1),
        ];
        for (k, (value, absolute)) in entries.into_iter().enumerate() {
            c[[i, k]] = value;
            size[[i, k]] = absolute;
        }
    }
    leontief.watch().units("routes", 1, 2)?;
    let v = leontief.local(Direction::Forward, c.view())?;
    let mut by_sector = v.clone();
    for (mut row, &f) in by_sector.rows_mut().into_iter().zip(&system.intensities[stressor]) {
        row *= f;
    }
    let mut by_region = Array2::from_elem((r_count, 9), Bounded::ZERO);
    let chain = local_sizes(leontief, &Local { b: &own, size: &own.mapv(f64::abs), unsure: &own_unsure, x: &local_output });
    let of = Local { b: &c, size: &size, unsure: &unsure, x: &v };
    let sizes = local_sizes(leontief, &of);
    let entries = entries(leontief, &chain, &sizes);
    let bounds = bounds(leontief, stressor, flows, &of, sizes, &chain);
    for s in 0..r_count {
        let sums = by_sector.slice(ndarray::s![system.labels().rows(s), ..]).sum_axis(Axis(0));
        for k in 0..9 {
            by_region[[s, k]] = Bounded::new(sums[k], bounds[[s, k]]);
        }
    }
    let by_sector = Array2::from_shape_fn(by_sector.dim(), |(i, k)| {
        let (f, value) = (system.intensities[stressor][i].abs(), by_sector[[i, k]]);
        let entry = up(up(f * entries[[i, k]]) + up(gamma(4.0) * value.abs()));
        Bounded::new(value, if f == 0.0 { 0.0 } else { bounds[[region[i], k]].min(entry) })
    });
    Ok(Routes { by_region, by_sector })
}

/// A local solve: right-hand side, the absolute values behind it, what its demand may be off by, and the answer.
struct Local<'a> {
    b: &'a Array2<f64>,
    size: &'a Array2<f64>,
    unsure: &'a Array2<f64>,
    x: &'a Array2<f64>,
}

/// Bounds by region and route. The dual `z_s` of the flows serves the local systems too, since
/// `z_ss'(I - A_ss) >= f_s'` and `z_s >= g_s + g_s A_m B`: errors of the global solves enter a route by no more
/// than the bound of the flows it is part of, errors of the local solves by `z_s'` times their residual.
fn bounds(leontief: &Leontief, stressor: usize, flows: &Flows, routes: &Local, mut sizes: Array2<f64>, chain: &Array2<f64>) -> Array2<f64> {
    let system = &leontief.system;
    let r_count = system.region_count();
    let multipliers = leontief.multipliers(Factor::Stressor(stressor));
    let Some(cover) = &multipliers.cover else {
        return Array2::from_elem((r_count, 9), f64::INFINITY);
    };
    let all = cover.bounds(chain.view());
    for i in 0..system.dim() {
        // the rounding of f # v
        for k in 0..9 {
            sizes[[i, k]] += up(gamma(system.dim() as f64 + 4.0) * routes.x[[i, k]].abs());
        }
    }
    let mut out = Array2::zeros((r_count, 9));
    for s in 0..r_count {
        // a local error of region s sits on its own rows
        let rows = system.labels().rows(s);
        let local = cover.bound_on_rows(s, rows.clone(), sizes.view());
        let to = |d: Destination| flows.to(s, d).bound;
        let others = flows.out(s).bound;
        let global = [
            0.0,
            flows.flow[[s, s]].bound,
            0.0,
            all[[s, 0]],
            up(others + all[[s, 0]]),
            0.0,
            to(Destination::Export),
            to(Destination::Error),
            to(Destination::Stock),
        ];
        let idle = rows.clone().all(|i| system.intensities[stressor][i] == 0.0);
        for k in 0..9 {
            let silent = rows.clone().all(|i| [routes.b, routes.x, routes.unsure].iter().all(|m| m[[i, k]] == 0.0));
            let bound = global[k] + if silent { 0.0 } else { local[k] };
            // what is not emitted, or not asked for, is nothing exactly
            out[[s, k]] = if idle || bound == 0.0 { 0.0 } else { up(bound) };
        }
    }
    out
}

/// Bounds of every entry of `Fd(c)` (n x 9). With `(I - |A|) w >= g` an error of a local solve of region s is at most
/// `w max (size / g)` over the rows of s, and `L_ss |A_m| w <= w`: errors of the outputs against w are none the larger
/// behind the importers.
fn entries(leontief: &Leontief, chain: &Array2<f64>, sizes: &Array2<f64>) -> Array2<f64> {
    let system = &leontief.system;
    let labels = system.labels();
    let bounds_of = |sizes: &Array2<f64>| leontief.entry_bounds(Direction::Forward, sizes.view());
    let global = bounds_of(&leontief.outputs().sizes);
    let Some(weight) = &global.weight else {
        return Array2::from_elem((system.dim(), 9), f64::INFINITY);
    };
    let chain = bounds_of(chain).scale[0];
    let to = |d: Destination| system.column(d).map_or(0.0, |k| global.scale[k]);
    let mut out = Array2::zeros((system.dim(), 9));
    for s in 0..system.region_count() {
        let others: f64 = (0..system.region_count()).filter(|&r| r != s).map(|r| global.scale[r]).sum();
        let others = up(others * (1.0 + gamma(system.region_count() as f64)));
        let [export, error, stock] = [Destination::Export, Destination::Error, Destination::Stock].map(to);
        let passed = [0.0, global.scale[s], 0.0, chain, up(others + chain), 0.0, export, error, stock];
        for (k, passed) in passed.into_iter().enumerate() {
            let own = largest(labels.rows(s).map(|i| if sizes[[i, k]] == 0.0 { 0.0 } else { up(sizes[[i, k]] / weight.g[i]) }));
            labels.rows(s).for_each(|i| out[[i, k]] = up(weight.w[i] * up(own + passed)));
        }
    }
    out
}

/// Sizes of the residuals of local solves, the making of b included.
fn local_sizes(leontief: &Leontief, solve: &Local) -> Array2<f64> {
    let system = &leontief.system;
    let g = gamma(system.rounding_steps() + system.region_count() as f64 + 8.0);
    let sizes = crate::leontief::local_sizes(system, Direction::Forward, solve.b.view(), solve.x.view());
    (sizes + &solve.size.mapv(|v| up(g * v)) + solve.unsure).mapv(up)
}
