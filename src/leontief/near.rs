//! Thousands of systems near a solved one: `(I - A') X = B` for dense A' that differ from A in any cell, flows with bounds.
//!
//! `X = X0 + D`, where X0 solves the table itself and D is found by Gauss-Seidel over groups of regions in single precision;
//! the residual is recomputed in double precision, and D is mended until every flow has its bound. Bounds are those of
//! [`crate::certificate`] with a weight for each column,
//!
//! `(I - |A'|) w_r >= g_r > 0  =>  |x_ir - x*_ir| <= w_ir max_j size_jr / g_jr`, `w_r = (I - A)^-1 (|x0_r| + d)`,
//!
//! so that an error is measured against the entry that it belongs to. w comes from the table itself, or from A' where that
//! proves nothing; g is recomputed for each A', in single precision, its rounding taken off. Nothing of a solve goes from one
//! system to the next: the bits do not depend on what was solved before, nor in which thread.
//! Berman, Plemmons, *Nonnegative Matrices in the Mathematical Sciences*, ch. 6; Higham, *Accuracy and Stability*, 12.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use super::Leontief;
use crate::bounded::{Bounded, gamma, greater, largest, up};
use crate::operator::{Block, Rows, multiply};
use crate::solve::inverse;

/// Rows of a group, about: its inverse is made of products and stays in the second cache.
const GROUP: usize = 168;
/// Times that D is mended.
const ROUNDS: usize = 8;
/// Passes of one mending.
const PASSES: usize = 60;
/// `n u` of single precision, with room: what a sum of n products may lose.
const SINGLE: f64 = f32::EPSILON as f64;

/// A solved system, from which others are solved.
pub struct Near {
    n: usize,
    /// Columns of demand, and those of a panel.
    columns: usize,
    wide: usize,
    offsets: Vec<usize>,
    groups: Vec<Range<usize>>,
    /// Row by row, `wide` columns each.
    x0: Vec<f64>,
    /// `|x0| + d`, against which changes are measured.
    sizes: Vec<f64>,
    /// Weights; those of the columns beyond the last are those of the first.
    w: Vec<f64>,
    w_single: Vec<f32>,
    /// What final demand of the table may be off by (n x K).
    unsure: Option<Array2<f64>>,
}

/// Room for one solve, used again by the next of the same thread.
#[derive(Default)]
pub struct Room {
    a: Vec<f32>,
    inverses: Vec<Vec<f32>>,
    x: Vec<f64>,
    r: Vec<f64>,
    single: Vec<f32>,
    d: Vec<f32>,
    own: Vec<f32>,
    left: Vec<f32>,
    /// Weights of this run, where those of the table prove nothing.
    w: Vec<f64>,
    w_single: Vec<f32>,
    regrown: bool,
}

/// How small bounds are to be.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Relative to each flow.
    pub rtol: f64,
    /// Or this, in the unit of the flows.
    pub floor: f64,
}

impl Near {
    /// From a model whose outputs are solved.
    pub fn new(model: &Leontief) -> Near {
        let outputs = model.outputs();
        let (n, columns) = outputs.x.dim();
        let wide = columns.next_multiple_of(8);
        let total: f64 = model.system.output.iter().map(|x| x.abs()).sum();
        let least = total * 1e-3 / (n as f64).max(1.0) + f64::MIN_POSITIVE;
        let share = |k: usize| 1e-6 * outputs.x.column(k).iter().map(|v| v.abs()).sum::<f64>() / total.max(f64::MIN_POSITIVE) + 1e-12;
        let shares: Vec<f64> = (0..columns).map(share).collect();
        let wanted =
            Array2::from_shape_fn((n, columns), |(i, k)| outputs.x[[i, k]].abs() + shares[k] * (model.system.output[i].abs() + least));
        let weights = model.forward("weights of systems near it", wanted.view()).x;
        let panel = |from: &Array2<f64>, beyond: bool| {
            let mut to = vec![0.0; n * wide];
            for (to, row) in to.chunks_exact_mut(wide).zip(from.rows()) {
                (0..wide).for_each(|k| {
                    to[k] = if k < columns {
                        row[k]
                    } else if beyond {
                        row[0]
                    } else {
                        0.0
                    }
                });
            }
            to
        };
        let mut w = panel(&weights, true);
        // of about 1, so that single precision holds them
        for k in 0..wide {
            let most = largest((0..n).map(|i| w[i * wide + k].abs()));
            if most > 0.0 && most.is_finite() {
                (0..n).for_each(|i| w[i * wide + k] /= most);
            }
        }
        let offsets = model.system.labels().offsets.clone();
        Near {
            groups: groups(&offsets),
            w_single: w.iter().map(|v| *v as f32).collect(),
            x0: panel(&outputs.x, false),
            sizes: panel(&wanted, true),
            n,
            columns,
            wide,
            unsure: model.system.demand_bound.clone(),
            offsets,
            w,
        }
    }

    /// Bytes of the room of one thread.
    pub fn bytes(n: usize, columns: usize) -> u64 {
        (n * n * (8 + 4 + 4) + n * columns.next_multiple_of(8) * 40) as u64
    }

    /// `sum_(i of s) c_i x_ir` for every region s and column r of the solution of `(I - A') X = B`; A' (n x n) row by row.
    /// A bound is infinite where nothing is proven.
    pub fn flows(&self, a: &[f64], b: ArrayView2<f64>, c: &[f64], wanted: Wanted, room: &mut Room) -> Array2<Bounded> {
        let (n, wide) = (self.n, self.wide);
        assert_eq!((a.len(), b.dim(), c.len()), (n * n, (n, self.columns), n), "a system like the first");
        self.prepare(a, room);
        room.regrown = false;
        let mut left = self.left(room, &self.w, &self.w_single);
        if !self.proves(&left) {
            self.regrow(room);
            let (w, single) = (std::mem::take(&mut room.w), std::mem::take(&mut room.w_single));
            left = self.left(room, &w, &single);
            (room.w, room.w_single) = (w, single);
        }
        room.x.clone_from(&self.x0);
        let mut found = Array2::from_elem((self.offsets.len() - 1, self.columns), Bounded::new(f64::NAN, f64::INFINITY));
        let mut to = 1e-7;
        for round in 0..ROUNDS {
            // A' x, then b - x + A' x
            room.r.clear();
            room.r.resize(n * wide, 0.0);
            multiply::<false, _, _>(Block::square(a, n), wide, Rows { data: &room.x, stride: wide }, &mut room.r);
            if round > 0 {
                let scale = self.scales(a, b, &left, room);
                found = self.summed(c, &scale, room);
                if found.iter().all(|f| f.is_within(wanted.rtol, wanted.floor)) || !found.iter().all(|f| f.value.is_finite()) {
                    break;
                }
            }
            for (i, (r, x)) in room.r.chunks_exact_mut(wide).zip(room.x.chunks_exact(wide)).enumerate() {
                (0..self.columns).for_each(|k| r[k] += b[[i, k]] - x[k]);
            }
            // single precision holds numbers of about 1
            let scale = largest(room.r.iter().map(|r| r.abs()));
            if scale == 0.0 || !scale.is_finite() {
                continue;
            }
            room.single.clear();
            room.single.extend(room.r.iter().map(|r| (r / scale) as f32));
            self.sweep(room, scale, to);
            room.x.iter_mut().zip(&room.d).for_each(|(x, d)| *x += f64::from(*d) * scale);
            to *= 0.03;
        }
        found
    }

    /// A' in single precision, and the inverses of the groups of `I - A'`.
    fn prepare(&self, a: &[f64], room: &mut Room) {
        let n = self.n;
        room.a.clear();
        room.a.extend(a.iter().map(|v| *v as f32));
        room.inverses.clear();
        for group in &self.groups {
            let m = group.len();
            room.own.clear();
            for i in group.clone() {
                let row = &room.a[i * n + group.start..i * n + group.end];
                room.own.extend(row.iter().enumerate().map(|(j, v)| f32::from(u8::from(j + group.start == i)) - v));
            }
            room.inverses.push(inverse(Block::square(&room.own, m)));
        }
    }

    /// `D` of `(I - A') D = R` by passes over the groups, until no entry changes by more than `to` of what it is measured by.
    fn sweep(&self, room: &mut Room, scale: f64, to: f64) {
        let (n, wide) = (self.n, self.wide);
        let Room { a, inverses, single, d, own, left, .. } = room;
        d.clear();
        d.resize(n * wide, 0.0);
        for pass in 0..PASSES {
            let mut most = 0.0f64;
            for (group, inverse) in self.groups.iter().zip(inverses.iter()) {
                let m = group.len();
                own.clear();
                own.extend_from_slice(&single[group.start * wide..group.end * wide]);
                let mut add = |columns: Range<usize>| {
                    if !columns.is_empty() {
                        let block = Block { data: &a[group.start * n + columns.start..], rows: m, columns: columns.len(), stride: n };
                        multiply::<false, _, _>(block, wide, Rows { data: &d[columns.start * wide..], stride: wide }, own);
                    }
                };
                add(0..group.start);
                if pass > 0 {
                    add(group.end..n);
                }
                left.clear();
                left.resize(m * wide, 0.0);
                multiply::<false, _, _>(Block::square(inverse, m), wide, Rows { data: own, stride: wide }, left);
                let range = group.start * wide..group.end * wide;
                for ((old, new), size) in d[range.clone()].iter_mut().zip(left.iter()).zip(&self.sizes[range]) {
                    most = most.max(f64::from((new - *old).abs()) / size);
                    *old = *new;
                }
            }
            if most.is_nan() || most * scale <= to {
                break;
            }
        }
    }

    /// Whether a weight is left over in every row of every column.
    fn proves(&self, left: &[f64]) -> bool {
        left.chunks_exact(self.wide).all(|row| row[..self.columns].iter().all(|v| *v > 0.0))
    }

    /// The weights of the run, in `room` where those of the table prove nothing.
    fn weights<'w>(&'w self, room: &'w Room) -> &'w [f64] {
        if room.regrown { &room.w } else { &self.w }
    }

    /// Weights of A' itself: `(I - A') w = |x0| + d`, to a few digits.
    fn regrow(&self, room: &mut Room) {
        let wide = self.wide;
        let scale = largest(self.sizes.iter().copied());
        room.single.clear();
        room.single.extend(self.sizes.iter().map(|v| (v / scale) as f32));
        self.sweep(room, scale, 1e-4);
        let mut most = vec![0.0f64; wide];
        room.d.chunks_exact(wide).for_each(|row| most.iter_mut().zip(row).for_each(|(most, v)| *most = greater(*most, f64::from(v.abs()))));
        let of_about_one = |row: &[f32]| row.iter().zip(&most).map(|(v, most)| f64::from(*v) / most).collect::<Vec<_>>();
        room.w = room.d.chunks_exact(wide).flat_map(of_about_one).collect();
        room.w_single = room.w.iter().map(|v| *v as f32).collect();
        room.regrown = true;
    }

    /// A lower bound of `w - |A'| w` (n x wide).
    fn left(&self, room: &mut Room, w: &[f64], single: &[f32]) -> Vec<f64> {
        let (n, wide) = (self.n, self.wide);
        room.single.clear();
        room.single.resize(n * wide, 0.0);
        let signed = room.a.iter().any(|v| *v < 0.0);
        let (a, from) = (Block::square(&room.a, n), Rows { data: single, stride: wide });
        if signed {
            multiply::<true, _, _>(a, wide, from, &mut room.single);
        } else {
            multiply::<false, _, _>(a, wide, from, &mut room.single);
        }
        // entries of A', of w and every operation are rounded; numbers that single precision does not hold at all are below
        // its least, and weights are at most 1
        let nu = (n as f64 + 8.0) * SINGLE;
        let (rounding, lost) = (up(1.0 + 2.0 * nu / (1.0 - nu)), n as f64 * 4.0 * f64::from(f32::MIN_POSITIVE));
        w.iter().zip(&room.single).map(|(w, p)| (w - up(f64::from(*p) * rounding + lost)) * (1.0 - 4.0 * f64::EPSILON)).collect()
    }

    /// What to multiply the weight of each column with; `room.r` holds `A' x`.
    fn scales(&self, a: &[f64], b: ArrayView2<f64>, left: &[f64], room: &Room) -> Vec<f64> {
        let (n, wide) = (self.n, self.wide);
        let (g, weights) = (gamma(n as f64 + 8.0), self.weights(room));
        let signed = a.iter().any(|v| *v < 0.0);
        let (mut proven, mut mixed) = (vec![true; wide], vec![signed; wide]);
        for ((left, w), x) in left.chunks_exact(wide).zip(weights.chunks_exact(wide)).zip(room.x.chunks_exact(wide)) {
            for k in 0..wide {
                proven[k] &= left[k] > 0.0 && w[k] > 0.0;
                mixed[k] |= x[k] < 0.0;
            }
        }
        // |A'||x| is A' x where nothing is negative, else within |A'| w times the largest |x| / w
        let mut beyond = vec![0.0f64; wide];
        if mixed[..self.columns].contains(&true) {
            for (w, x) in weights.chunks_exact(wide).zip(room.x.chunks_exact(wide)) {
                for k in 0..wide {
                    beyond[k] = greater(beyond[k], if x[k] == 0.0 { 0.0 } else { up(x[k].abs() / w[k]) });
                }
            }
        }
        let mut scale = vec![0.0f64; wide];
        for i in 0..n {
            for k in 0..self.columns {
                let at = i * wide + k;
                let (b, x, ax) = (b[[i, k]], room.x[at], room.r[at]);
                let inputs = if mixed[k] { up(beyond[k] * weights[at]) } else { up(ax) * (1.0 + 4.0 * g) };
                let unsure = self.unsure.as_ref().map_or(0.0, |u| u[[i, k]]);
                let size = up(up(((b - x) + ax).abs() + up(g * (b.abs() + x.abs() + inputs))) + unsure);
                scale[k] = greater(scale[k], if size.is_nan() { f64::INFINITY } else { up(size / left[at]) });
            }
        }
        (0..self.columns).map(|k| if proven[k] { scale[k] } else { f64::INFINITY }).collect()
    }

    fn summed(&self, c: &[f64], scale: &[f64], room: &Room) -> Array2<Bounded> {
        let wide = self.wide;
        let mut found = Array2::from_elem((self.offsets.len() - 1, self.columns), Bounded::ZERO);
        let (mut value, mut size, mut reach) = (vec![0.0; wide], vec![0.0; wide], vec![0.0; wide]);
        for (s, ends) in self.offsets.windows(2).enumerate() {
            [&mut value, &mut size, &mut reach].into_iter().for_each(|v| v.fill(0.0));
            for (i, c) in c.iter().enumerate().take(ends[1]).skip(ends[0]) {
                let (x, w) = (&room.x[i * wide..(i + 1) * wide], &self.weights(room)[i * wide..(i + 1) * wide]);
                for k in 0..wide {
                    let term = c * x[k];
                    value[k] += term;
                    size[k] += term.abs();
                    reach[k] += c.abs() * w[k];
                }
            }
            let g = gamma((ends[1] - ends[0]) as f64 + 4.0);
            for k in 0..self.columns {
                let missed = if reach[k] == 0.0 { 0.0 } else { up(up(reach[k] * (1.0 + 2.0 * g)) * scale[k]) };
                let rounded = if size[k] == 0.0 { 0.0 } else { up(up(size[k] * (1.0 + 2.0 * g)) * g) };
                found[[s, k]] = Bounded::new(value[k], if missed == 0.0 && rounded == 0.0 { 0.0 } else { up(missed + rounded) });
            }
        }
        found
    }
}

/// Neighbouring regions in groups of about [`GROUP`] rows.
fn groups(offsets: &[usize]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for w in offsets.windows(2) {
        match groups.last_mut() {
            Some(last) if w[1] - last.start <= GROUP => last.end = w[1],
            _ => groups.push(w[0]..w[1]),
        }
    }
    groups.retain(|g| !g.is_empty());
    groups
}
