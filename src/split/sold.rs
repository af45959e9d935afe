//! Bounds of footprints over all splits, by following sales.
//!
//! `V_i`, the share of the output of row i that ends in the final demand of region r, solves `V = P V + a`, `P = diag(1/x) Z`.
//! A split of `z_ij` may lie anywhere in `[0, z_ij]`, with the sum of each finer row fixed: the largest V takes the most
//! valuable sales first, and `J = sum q_i V_i`. Rows are free of each other here and columns are not held, so the range encloses
//! every split. The operator `T` of row optima is monotone: from a bound on, every `T(V)` bounds all tables, and with
//! `w >= max P w + g`, `V + t w` does, if `t g >= T(V) - V`. Each pass is rounded outward; from below alike. An output that its
//! row exceeds by less than 1e-9 counts as the sum of the row. Bounds of Markov decision processes: Puterman, *Markov Decision
//! Processes*, 1994, ch. 6; MacQueen, *Journal of Mathematical Analysis and Applications* 14 (1966) 38-43,
//! doi:10.1016/0022-247X(66)90060-6.

use super::cells::Borders;
use super::parts::Parts;
use crate::bounded::{Sum, gamma, up, upper};
use crate::table::Table;

/// Passes at most; every one is a bound, so more only narrow it.
const PASSES: usize = 300;
/// Largest change of a pass that ends it.
const SETTLED: f64 = 1e-9;
/// Passes for a weight.
const WEIGHING: usize = 400;
/// By how much a row may exceed its output and still be taken for it.
const ROUNDED: f64 = 1e-9;

/// The chain of sales of a table whose rows are split.
pub(super) struct Sold<'a> {
    table: &'a Table,
    parts: &'a Parts,
    borders: Borders<'a>,
    /// Sums of the rows (n).
    totals: Vec<f64>,
    /// Output, or the sum of the row where that is larger by rounding (n).
    outputs: Vec<f64>,
}

/// Sales of each row to the final demand of one region and to all other final uses: amounts below 0 and above (n each).
pub(super) struct Finals {
    own: Vec<[f64; 2]>,
    other: Vec<[f64; 2]>,
    /// What a unit of the own final demand is worth.
    worth: f64,
}

/// A weight of all splits, and what one round of the best sales leaves of it.
pub(super) struct Weighed {
    w: Vec<f64>,
    g: Vec<f64>,
}

impl<'a> Sold<'a> {
    /// The chain of a table.
    ///
    /// # Errors
    /// Why there is none: negative flows, or sales without output.
    pub(super) fn new(table: &'a Table, parts: &'a Parts) -> Result<Self, String> {
        let borders = Borders::new(table);
        let (mut totals, mut outputs) = (Vec::with_capacity(table.dim()), Vec::with_capacity(table.dim()));
        for i in 0..table.dim() {
            let name = || table.labels.row_name(i);
            if let Some((j, z)) = table.z.row(i).find(|(_, z)| *z < 0.0) {
                return Err(format!("the flow of {} to {} is {z}, below 0", name(), table.labels.row_name(j)));
            }
            let mut sum = Sum::default();
            table.z.row(i).for_each(|(_, z)| sum.add(z));
            (0..borders.columns()).for_each(|c| sum.add(borders.beside(i, c)));
            let (sold, most) = (sum.bounded().value, up(upper(sum.bounded())));
            if table.x[i] < 0.0 || (table.x[i] == 0.0 && table.z.row(i).any(|(_, z)| z != 0.0)) {
                return Err(format!("{} sells with an output of {}", name(), table.x[i]));
            }
            if parts.is_split(i) && sold < 0.0 {
                return Err(format!("{} sells {sold} in all, below 0", name()));
            }
            outputs.push(if most > table.x[i] && most <= table.x[i] * (1.0 + ROUNDED) { most } else { table.x[i] });
            totals.push(sold);
        }
        Ok(Sold { table, parts, borders, totals, outputs })
    }

    /// Final uses, region `r` apart.
    pub(super) fn finals(&self, r: usize) -> Finals {
        let demand = self.table.labels.demand(r);
        let sums = |own: bool| -> Vec<[f64; 2]> {
            let row = |i: usize| {
                let mut sum = [0.0, 0.0];
                for c in (0..self.borders.columns()).filter(|c| demand.contains(c) == own) {
                    let v = self.borders.beside(i, c);
                    sum[usize::from(v > 0.0)] += v;
                }
                sum
            };
            (0..self.table.dim()).map(row).collect()
        };
        Finals { own: sums(true), other: sums(false), worth: 1.0 }
    }

    /// One round of row optima on `v` (finer rows), rounded outward.
    fn round(&self, v: &[f64], ends: &Finals, high: bool) -> Vec<f64> {
        let (n, parts) = (self.table.dim(), self.parts);
        let better = |a: f64, b: f64| if high { a.max(b) } else { a.min(b) };
        let mut best: Vec<f64> = (0..n).map(|j| v[parts.of(j)].iter().copied().reduce(better).unwrap_or(0.0)).collect();
        // the two kinds of final use stand behind the rows
        best.extend([ends.worth, 0.0]);
        let most = best.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mut order: Vec<usize> = (0..n + 2).collect();
        order.sort_by(|&a, &b| if high { best[b].total_cmp(&best[a]) } else { best[a].total_cmp(&best[b]) });
        let rounding = gamma(n as f64 + self.borders.columns() as f64 + 12.0);
        let mut next = vec![0.0; parts.dim()];
        let mut caps = vec![0.0; n + 2];
        for i in (0..n).filter(|&i| self.table.x[i] > 0.0) {
            let x = self.outputs[i];
            let finals = [ends.own[i], ends.other[i]];
            let negative: f64 = finals.iter().map(|f| f[0]).sum();
            let outward = |sum: f64, size: f64, share: f64| {
                let off = up(rounding * size * most.max(1.0));
                let value = if high { sum + off } else { sum - off } / (share * x);
                if high { value + up(4.0 * f64::EPSILON * value.abs()) } else { value - up(4.0 * f64::EPSILON * value.abs()) }
            };
            if !parts.is_split(i) {
                let mut sum = finals[0].iter().sum::<f64>() * ends.worth;
                let mut size = finals.iter().flatten().map(|v| v.abs()).sum::<f64>();
                for (j, z) in self.table.z.row(i) {
                    sum += z * best[j];
                    size += z;
                }
                next[parts.starts[i]] = outward(sum, size, 1.0);
                continue;
            }
            self.table.z.row(i).for_each(|(j, z)| caps[j] = z);
            caps[n] = finals[0][1] - finals[0][0];
            caps[n + 1] = finals[1][1] - finals[1][0];
            let size = self.totals[i].abs() + 2.0 * caps.iter().sum::<f64>();
            for k in parts.of(i) {
                let share = parts.shares[k];
                let mut left = share * self.totals[i] - negative;
                let mut sum = finals[0][0] * ends.worth;
                for &j in &order {
                    if left <= 0.0 {
                        break;
                    }
                    let take = caps[j].min(left);
                    sum += take * best[j];
                    left -= take;
                }
                next[k] = outward(sum, size, share);
            }
            self.table.z.row(i).for_each(|(j, _)| caps[j] = 0.0);
        }
        next
    }

    /// `w >= max P w + g` with `g > 0`; `None` where some split is not proven productive.
    pub(super) fn weight(&self) -> Option<Weighed> {
        let mut ends = self.finals(0);
        ends.worth = 0.0;
        let mut w = vec![1.0; self.parts.dim()];
        for _ in 0..WEIGHING {
            let next = self.round(&w, &ends, true);
            let g: Vec<f64> = w.iter().zip(&next).map(|(w, p)| w - up(*p)).collect();
            if g.iter().all(|g| *g >= 0.5) {
                return Some(Weighed { w, g });
            }
            w = next.iter().map(|p| 1.0 + p.max(0.0)).collect();
            if w.iter().any(|w| *w > 1e6) {
                return None;
            }
        }
        None
    }

    /// A vector that no split goes beyond.
    pub(super) fn bound(&self, ends: &Finals, high: bool, weight: Option<&Weighed>) -> Option<Vec<f64>> {
        let beyond = |a: f64, b: f64| if high { a > b } else { a < b };
        let first = vec![if high { 1.0 } else { 0.0 }; self.parts.dim()];
        // where nothing is negative and no row exceeds its output, shares lie in [0, 1]: a bound, and so is every round from
        // there; else the weight makes a bound of what comes out
        let plain = |f: &[f64; 2]| f[0] == 0.0;
        let within = |i: usize| self.totals[i] <= self.outputs[i] && plain(&ends.other[i]);
        let proven = ends.own.iter().all(plain) && (!high || (0..self.table.dim()).all(within));
        if !proven && weight.is_none() {
            return None;
        }
        let mut v = if proven { first } else { vec![0.0; self.parts.dim()] };
        for _ in 0..PASSES {
            let mut next = self.round(&v, ends, high);
            if proven {
                next.iter_mut().zip(&v).for_each(|(a, b)| *a = if beyond(*a, *b) { *b } else { *a });
            }
            let change = next.iter().zip(&v).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            v = next;
            if change <= SETTLED {
                break;
            }
        }
        if let (false, Some(weight)) = (proven, weight) {
            let next = self.round(&v, ends, high);
            let excess = |((a, b), g): ((&f64, &f64), &f64)| (if high { a - b } else { b - a }).max(0.0) / g;
            let t = up(next.iter().zip(&v).zip(&weight.g).map(excess).fold(0.0, f64::max));
            v.iter_mut().zip(&weight.w).for_each(|(v, w)| *v = if high { up(*v + t * w).max(*v) } else { *v - up(t * w) });
        }
        v.iter().all(|v| v.is_finite()).then_some(v)
    }
}
