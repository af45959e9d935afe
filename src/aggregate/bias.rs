//! What aggregation before solving does to each footprint, proven and traced to the rows that cause it.
//!
//! `J - J_c = z' r` with `z = T(f)`, `r = y - x_h + A x_h` and `x_h = W X_c`, the output of the coarse model handed out by
//! output shares: exact, whatever the shares are. `z_i r_i` is the part of row i, and `|J - J_c| <= z' |r|` needs no sign.
//! One dual solve and one product of the fine table. Morimoto, *Review of Economics and Statistics* 52 (1970) 119-126,
//! doi:10.2307/1927606 (aggregation bias); Miller, Blair, *Input-Output Analysis*, 2nd ed., section 4.9.

use ndarray::{Array2, Axis};

use super::map::Map;
use crate::bounded::{Bounded, gamma, up};
use crate::certificate::product;
use crate::decompose::Flows;
use crate::leontief::Leontief;
use crate::operator::Direction;

/// The footprint of every coarse region before and after, and where the difference comes from.
#[derive(Debug, Clone)]
pub struct Bias {
    /// Of the coarse model, for the final demand of each coarse region (G).
    pub coarse: Vec<Bounded>,
    /// Fine less coarse model (G).
    pub error: Vec<Bounded>,
    /// The part of each row in the difference (n x G).
    pub parts: Array2<Bounded>,
    /// `z' |r|`: what the parts would be if none cancelled (G).
    pub sizes: Vec<f64>,
}

impl Bias {
    /// The footprint of the fine model (G).
    pub fn fine(&self, g: usize) -> Bounded {
        self.coarse[g] + self.error[g]
    }
}

/// Compares the footprints of a table with those of its aggregate; `flows` are those of the coarse model.
pub fn bias(fine: &Leontief, coarse: &Leontief, flows: &Flows, map: &Map, stressor: usize) -> Bias {
    let (system, groups) = (&fine.system, map.labels.region_count());
    let (n, f) = (system.dim(), &system.intensities[stressor]);
    let solved = coarse.outputs();
    // final demand of the coarse regions, and what it may be off by
    let (mut y, mut unsure) = (Array2::<f64>::zeros((n, groups)), Array2::<f64>::zeros((n, groups)));
    for (r, own) in map.regions.iter().enumerate() {
        for &(g, w) in own {
            for i in 0..n {
                let cell = Bounded::new(system.demand[[i, r]], system.demand_bound.as_ref().map_or(0.0, |b| b[[i, r]]));
                let sum = Bounded::new(y[[i, g]], unsure[[i, g]]) + if w == 1.0 { cell } else { cell * Bounded::exact(w) };
                (y[[i, g]], unsure[[i, g]]) = (sum.value, sum.bound);
            }
        }
    }
    let (x, coarse_x) = (&system.table.x, &coarse.system.table.x);
    let lifted = Array2::from_shape_fn((n, groups), |(i, g)| {
        let part = |&(to, w): &(usize, f64)| if coarse_x[to] == 0.0 { 0.0 } else { w * (x[i] / coarse_x[to]) * solved.x[[to, g]] };
        map.rows[i].iter().map(part).sum()
    });
    let operator = system.operator();
    let inputs = product(operator, Direction::Forward, false, lifted.view());
    let sizes = product(operator, Direction::Forward, true, lifted.mapv(f64::abs).view());
    let rounding = gamma(operator.rounding_steps(Direction::Forward) + 4.0);
    let dual = fine.transposed("emissions per unit of final demand", f.view().insert_axis(Axis(1)));
    let bounds = fine.entry_bounds(Direction::Transposed, dual.sizes.view());
    let mut found = Bias { coarse: Vec::new(), error: Vec::new(), parts: Array2::from_elem((n, groups), Bounded::ZERO), sizes: Vec::new() };
    for g in 0..groups {
        let (mut cause, mut emitted, mut size) = (0.0, 0.0, 0.0);
        let (mut off, mut absolute, mut reach) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let (z, z_off) = (dual.x[[i, 0]], bounds.bound(i, 0));
            let r = (y[[i, g]] - lifted[[i, g]]) + inputs[[i, g]];
            let r_off = up(unsure[[i, g]] + rounding * (y[[i, g]].abs() + lifted[[i, g]].abs() + sizes[[i, g]]));
            let own = if r == 0.0 && r_off == 0.0 { 0.0 } else { up((z.abs() + z_off) * r_off + z_off * r.abs()) };
            found.parts[[i, g]] = Bounded::new(z * r, up(own + gamma(1.0) * (z * r).abs()));
            cause += z * r;
            off += own;
            size += (z * r).abs();
            reach += (z.abs() + z_off) * (r.abs() + r_off);
            emitted += f[i] * lifted[[i, g]];
            absolute += (f[i] * lifted[[i, g]]).abs();
        }
        let g_n = gamma(n as f64 + 4.0);
        let cause = Bounded::new(cause, up(up(off) * (1.0 + g_n) + up(g_n * size)));
        // what the model emits with the output handed out is its footprint but for rounding, which is counted
        let emitted = Bounded::new(emitted, up(g_n * absolute));
        let own = (0..groups).map(|s| flows.flow[[s, g]]).sum::<Bounded>();
        found.error.push(cause + (emitted - own));
        found.coarse.push(own);
        found.sizes.push(up(reach * (1.0 + g_n)));
    }
    found
}

/// Flows of the fine model added up by coarse region: after solving (G x destinations, those that are no region last).
pub fn grouped(flows: &Flows, map: &Map) -> Array2<Bounded> {
    let (regions, groups) = (map.regions.len(), map.labels.region_count());
    let others = flows.destinations.len() - regions;
    let mut sums = Array2::from_elem((groups, groups + others), Bounded::ZERO);
    let alone = |k: usize| vec![(groups + k - regions, 1.0)];
    for ((s, k), v) in flows.flow.indexed_iter() {
        let to = if k < regions { map.regions[k].clone() } else { alone(k) };
        for &(g, w) in &map.regions[s] {
            for &(h, u) in &to {
                let part = if w * u == 1.0 { *v } else { *v * (Bounded::exact(w) * Bounded::exact(u)) };
                sums[[g, h]] = sums[[g, h]] + part;
            }
        }
    }
    sums
}
