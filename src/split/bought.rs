//! Bounds of footprints over all splits, by following purchases.
//!
//! The emissions per unit of final demand solve `m = f + A' m`. The inputs of a part may lie anywhere in `[0, z_ij]` with a given
//! sum, what its column holds less its imports and value added: the largest m takes the inputs that embody most first. A buyer
//! that is not split may be served by any part. Columns are free of each other and rows are not held, so the range encloses every
//! split. With `w >= max A' w + g`, `m + t w` bounds all tables from above, if `t g >= T(m) - m`, and `m - t w` from below.
//! Source as in [`super::sold`].

use super::cells::{Borders, Cells};
use super::knowledge::Knowledge;
use super::parts::Parts;
use super::range::Range;
use crate::bounded::{gamma, up};
use crate::table::{Sparse, Table};

/// Passes at most.
const PASSES: usize = 1_000;
/// Largest relative change of a pass that ends them.
const SETTLED: f64 = 1e-13;

/// The chain of purchases of a table whose columns are split.
pub(super) struct Bought<'a> {
    table: &'a Table,
    parts: &'a Parts,
    /// Z by columns.
    columns: Sparse,
    /// Inputs of each finer column from the table, without imports and value added.
    inputs: Vec<f64>,
    /// Sum of the sizes of each column of the table, imports and value added among them: what sums of it may lose is a share of it.
    sizes: Vec<f64>,
    /// Emissions per unit of output by finer row, and what they may be off by.
    intensity: Vec<f64>,
}

impl<'a> Bought<'a> {
    /// The chain of a table.
    ///
    /// # Errors
    /// Why there is none: negative flows or outputs.
    pub(super) fn new(table: &'a Table, parts: &'a Parts, known: &Knowledge, stressor: usize) -> Result<Self, String> {
        for i in 0..table.dim() {
            if let Some((j, z)) = table.z.row(i).find(|(_, z)| *z < 0.0) {
                return Err(format!("the flow of {} to {} is {z}, below 0", table.labels.row_name(i), table.labels.row_name(j)));
            }
            if table.x[i] < 0.0 {
                return Err(format!("{} has an output of {}", table.labels.row_name(i), table.x[i]));
            }
        }
        let inputs = Cells::purchases(table, parts, known);
        let borders = Borders::new(table);
        let below = |j: usize| (0..borders.rows()).map(|e| borders.below(e, j).abs()).sum::<f64>();
        let sizes: Vec<f64> = table.purchases().iter().enumerate().map(|(j, v)| v + below(j)).collect();
        if let Some(k) = (0..parts.dim()).find(|&k| inputs[k] < -1e-9 * sizes[parts.parent(k)]) {
            return Err(format!("{} would buy {}: its imports and value added exceed its output", parts.labels.row_name(k), inputs[k]));
        }
        let q = &table.stressors[stressor].direct;
        let mut intensity = vec![0.0; parts.dim()];
        for i in (0..table.dim()).filter(|&i| table.x[i] > 0.0) {
            for (k, e) in parts.of(i).zip(known.emissions(parts, i)) {
                intensity[k] = if parts.is_split(i) { e * q[i] / (parts.shares[k] * table.x[i]) } else { q[i] / table.x[i] };
            }
        }
        let columns = table.z.sparse().transpose_view().to_csr();
        Ok(Bought { table, parts, columns, inputs, sizes, intensity })
    }

    /// One round of column optima on `m` (finer rows), rounded outward, from `f`.
    fn round(&self, m: &[f64], f: &[f64], high: bool) -> Vec<f64> {
        let (n, parts) = (self.table.dim(), self.parts);
        let better = |a: f64, b: f64| if high { a.max(b) } else { a.min(b) };
        let best: Vec<f64> = (0..n).map(|i| m[parts.of(i)].iter().copied().reduce(better).unwrap_or(0.0)).collect();
        let most = best.iter().fold(0.0f64, |a, v| a.max(v.abs()));
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| if high { best[b].total_cmp(&best[a]) } else { best[a].total_cmp(&best[b]) });
        let rounding = gamma(n as f64 + 16.0);
        let mut next = f.to_vec();
        let mut caps = vec![0.0; n];
        for (j, column) in self.columns.outer_iterator().enumerate().filter(|(j, _)| self.table.x[*j] > 0.0) {
            let outward = |f: f64, sum: f64, share: f64| {
                let x = share * self.table.x[j];
                let value = f + sum / x;
                let off = up(rounding * (f.abs() + self.sizes[j] * most / x));
                if high { value + off } else { value - off }
            };
            if !parts.is_split(j) {
                let sum = column.iter().map(|(i, z)| z * best[i]).sum();
                let k = parts.starts[j];
                next[k] = outward(f[k], sum, 1.0);
                continue;
            }
            column.iter().for_each(|(i, z)| caps[i] = *z);
            for k in parts.of(j) {
                let (mut left, mut sum) = (self.inputs[k].max(0.0), 0.0);
                for &i in order.iter().filter(|&&i| caps[i] > 0.0) {
                    let take = caps[i].min(left);
                    sum += take * best[i];
                    left -= take;
                    if left <= 0.0 {
                        break;
                    }
                }
                next[k] = outward(f[k], sum, parts.shares[k]);
            }
            column.iter().for_each(|(i, _)| caps[i] = 0.0);
        }
        next
    }

    /// Bounds of the multipliers from below and above (finer rows).
    ///
    /// # Errors
    /// Why there are none.
    pub(super) fn multipliers(&self) -> Result<[Vec<f64>; 2], String> {
        let (nothing, count) = (vec![0.0; self.parts.dim()], self.parts.dim());
        let mut w = vec![1.0; count];
        let mut g = Vec::new();
        for _ in 0..PASSES {
            let next = self.round(&w, &nothing, true);
            g = w.iter().zip(&next).map(|(w, p)| w - up(p.max(0.0))).collect();
            if g.iter().all(|g| *g >= 0.5) || w.iter().any(|w| *w > 1e9) {
                break;
            }
            w = next.iter().map(|p| 1.0 + p.max(0.0)).collect();
        }
        if !g.iter().all(|g| *g > 0.0) {
            let worst = (0..count).min_by(|&a, &b| g[a].total_cmp(&g[b])).unwrap_or(0);
            return Err(format!("some split may not be productive: inputs of {} may exceed its output", self.parts.labels.row_name(worst)));
        }
        let end = |high: bool| {
            let mut m = self.intensity.clone();
            for _ in 0..PASSES {
                let next = self.round(&m, &self.intensity, high);
                let change = next.iter().zip(&m).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                let size = next.iter().map(|v| v.abs()).fold(0.0, f64::max);
                m = next;
                if change <= SETTLED * size {
                    break;
                }
            }
            let next = self.round(&m, &self.intensity, high);
            let excess = |((a, b), g): ((&f64, &f64), &f64)| up((if high { a - b } else { b - a }).max(0.0) / g);
            let t = next.iter().zip(&m).zip(&g).map(excess).fold(0.0, f64::max);
            m.iter().zip(&w).map(|(m, w)| if high { m + up(t * w) } else { m - up(t * w) }).collect()
        };
        Ok([end(false), end(true)])
    }

    /// The footprint of the final demand of region `r`, any part serving it.
    pub(super) fn footprint(&self, [low, high]: &[Vec<f64>; 2], r: usize) -> Range {
        let borders = Borders::new(self.table);
        let (mut range, mut size) = (Range { low: 0.0, high: 0.0 }, 0.0);
        let demand = self.table.labels.demand(r);
        for i in 0..self.table.dim() {
            let least = low[self.parts.of(i)].iter().copied().fold(f64::INFINITY, f64::min);
            let most = high[self.parts.of(i)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for c in demand.clone() {
                let y = borders.beside(i, c);
                let (a, b) = if y >= 0.0 { (y * least, y * most) } else { (y * most, y * least) };
                range.low += a;
                range.high += b;
                size += a.abs() + b.abs();
            }
        }
        let off = up(gamma((self.table.dim() * demand.len().max(1)) as f64 + 4.0) * size);
        Range { low: range.low - off, high: range.high + off }
    }
}
