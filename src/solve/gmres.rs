//! GMRES on any splitting, all columns of a panel at once, each with its own Krylov space.
//!
//! Right preconditioning: `(I - A) M^-1 v = v - N M^-1 v`, both parts from one step of the splitting, so one pass over A
//! an iteration. The steps `M^-1 v` are kept (flexible form), the answer is a sum of them. A cycle ends when the
//! estimated residual of every column has fallen as far as its judge asks for; then the residual is recomputed, and
//! what is left over gets another cycle.
//! Saad, Schultz, *GMRES*, SIAM J. Sci. Stat. Comput. 7(3), 1986; Saad, *A flexible inner-outer preconditioned GMRES
//! algorithm*, SIAM J. Sci. Comput. 14(2), 1993.

use super::panel::{Panel, copy, each, products};
use super::{Context, MAX_WIDTH, Step};

/// Longest cycle, and the bytes of its vectors for one column.
const LONGEST: usize = 50;
const BYTES: usize = 1 << 30;
/// The estimated residual is asked to be this much smaller than what would do.
const MARGIN: f64 = 0.7;

/// What a column's small least-squares problem has come to.
#[derive(Clone, Default)]
pub(super) struct Column {
    /// Rotated columns of the Hessenberg matrix, one after the other.
    upper: Vec<Vec<f64>>,
    rotations: Vec<(f64, f64)>,
    right: Vec<f64>,
    target: f64,
    active: bool,
}

impl Column {
    /// From a residual of that size.
    pub(super) fn new(size: f64) -> Self {
        Column { right: vec![size], ..Column::default() }
    }

    /// Takes a further column of the Hessenberg matrix; the estimated residual.
    pub(super) fn take(&mut self, mut h: Vec<f64>) -> f64 {
        let j = h.len() - 2;
        for (i, &(c, s)) in self.rotations.iter().enumerate() {
            (h[i], h[i + 1]) = (c * h[i] + s * h[i + 1], c * h[i + 1] - s * h[i]);
        }
        let size = h[j].hypot(h[j + 1]);
        let (c, s) = if size == 0.0 { (1.0, 0.0) } else { (h[j] / size, h[j + 1] / size) };
        h[j] = size;
        h.truncate(j + 1);
        self.upper.push(h);
        self.rotations.push((c, s));
        let last = self.right[j];
        self.right[j] = c * last;
        self.right.push(-s * last);
        (s * last).abs()
    }

    /// What each step contributes.
    pub(super) fn weights(&self) -> Vec<f64> {
        let m = self.upper.len();
        let mut y = self.right[..m].to_vec();
        for j in (0..m).rev() {
            let pivot = self.upper[j][j];
            y[j] = if pivot == 0.0 { 0.0 } else { y[j] / pivot };
            for i in 0..j {
                y[i] -= self.upper[j][i] * y[j];
            }
        }
        y
    }
}

/// Vectors of a cycle, kept from one to the next.
#[derive(Default)]
pub(super) struct Workspace {
    basis: Vec<Vec<f64>>,
    steps: Vec<Vec<f64>>,
    partial: Vec<f64>,
}

impl Context<'_> {
    /// One cycle from the residual in the panel, whose measures are `measures`; the residual is recomputed at its end.
    /// `false`: the caller asked to stop.
    pub(super) fn cycle(&self, panel: &mut Panel, measures: &[f64], work: &mut Workspace, pass: &mut usize) -> bool {
        let k = panel.width;
        let left = self.stopping.max_iter.saturating_sub(*pass).max(1);
        let longest = (BYTES / (16 * self.operator.dim().max(1))).clamp(8, LONGEST).min(left);
        let mut squares = [0.0; MAX_WIDTH];
        room(&mut work.basis, 0, panel.r.len());
        copy(&mut work.basis[0], &panel.r);
        products(k, &work.basis[..1], &panel.r, &mut work.partial, &mut squares[..k]);
        let mut columns: Vec<Column> = (0..k)
            .map(|c| {
                let size = squares[c].sqrt();
                let wanted = measures.get(c).copied().unwrap_or(0.0);
                let target = if wanted > 1.0 && wanted.is_finite() { MARGIN * size / wanted } else { MARGIN * size };
                Column { target, active: size > 0.0 && c < panel.columns.len(), ..Column::new(size) }
            })
            .collect();
        scale(k, &mut work.basis[0], |c| columns[c].right[0]);
        let mut h = Vec::new();
        for j in 0..longest {
            room(&mut work.basis, j + 1, panel.r.len());
            room(&mut work.steps, j, panel.r.len());
            let (basis, after) = work.basis.split_at_mut(j + 1);
            let (v, w, d) = (basis[j].as_slice(), after[0].as_mut_slice(), work.steps[j].as_mut_slice());
            copy(w, v);
            if !self.splitting.step(self.operator, self.direction, k, w, d) {
                // (I - A) d by itself; v less that is then what a step would have left
                self.operator.apply(self.direction, k, d, w);
                each(w, [v, d], |w, [v, d]| w.iter_mut().zip(v).zip(d).for_each(|((w, v), d)| *w += v - d));
            }
            each(w, [v], |w, [v]| w.iter_mut().zip(v).for_each(|(w, v)| *w = v - *w));
            h.clear();
            h.resize((j + 1) * k, 0.0);
            products(k, basis, w, &mut work.partial, &mut h);
            subtract(k, basis, &h, w);
            products(k, &work.basis[j + 1..j + 2], &work.basis[j + 1], &mut work.partial, &mut squares[..k]);
            let mut worst = 0.0f64;
            for (c, column) in columns.iter_mut().enumerate().filter(|(_, column)| column.active) {
                let size = squares[c].sqrt();
                let own: Vec<f64> = h.iter().skip(c).step_by(k).copied().chain([size]).collect();
                let left = column.take(own);
                column.active = left > column.target && size > 0.0 && left.is_finite();
                worst = worst.max(MARGIN * left / column.target);
                panel.measures[c].push(MARGIN * left / column.target);
            }
            scale(k, &mut work.basis[j + 1], |c| squares[c].sqrt());
            *pass += 1;
            let active = columns.iter().filter(|c| c.active).count();
            if active == 0 || !self.going(&Step { pass: *pass, measure: worst, active: active.max(1) }) {
                break;
            }
        }
        let weights: Vec<Vec<f64>> = columns.iter().map(Column::weights).collect();
        let count = weights.iter().map(Vec::len).max().unwrap_or(0);
        let mut table = vec![0.0; count * k];
        for (c, weights) in weights.iter().enumerate() {
            weights.iter().enumerate().for_each(|(j, y)| table[j * k + c] = -y);
        }
        subtract(k, &work.steps[..count], &table, &mut panel.x);
        self.residual(panel);
        !self.stopped()
    }
}

/// A vector of that length at place `at`, whatever it holds; new ones are first written to by those who fill them.
fn room(vectors: &mut Vec<Vec<f64>>, at: usize, length: usize) {
    if vectors.len() <= at {
        vectors.push(vec![0.0; length]);
    }
    vectors[at].resize(length, 0.0);
}

/// Divides each column by its size; a column of size 0 becomes 0.
fn scale(k: usize, v: &mut [f64], size: impl Fn(usize) -> f64 + Sync) {
    let mut scales = [0.0; MAX_WIDTH];
    (0..k).for_each(|c| scales[c] = if size(c) > 0.0 { 1.0 / size(c) } else { 0.0 });
    let scales = &scales[..k];
    rows(k, v, |v| v.chunks_exact_mut(k).for_each(|row| row.iter_mut().zip(scales).for_each(|(v, f)| *v *= f)));
}

/// `w -= sum_j v_j h_j`, column by column.
fn subtract(k: usize, v: &[Vec<f64>], h: &[f64], w: &mut [f64]) {
    use crate::threads::prelude::*;
    let size = (1usize << 12).div_ceil(k) * k;
    let one = |(at, w): (usize, &mut [f64])| {
        for (v, h) in v.iter().zip(h.chunks_exact(k)) {
            let v = &v[at * size..][..w.len()];
            if k == 1 {
                w.iter_mut().zip(v).for_each(|(w, v)| *w -= h[0] * v);
            } else {
                for (w, v) in w.chunks_exact_mut(k).zip(v.chunks_exact(k)) {
                    w.iter_mut().zip(v).zip(h).for_each(|((w, v), h)| *w -= h * v);
                }
            }
        }
    };
    if w.len() * v.len() < 1 << 16 {
        w.chunks_mut(size).enumerate().for_each(one)
    } else {
        w.par_chunks_mut(size).enumerate().for_each(one)
    }
}

/// Calls `f` with whole rows, some at a time.
fn rows(k: usize, v: &mut [f64], f: impl Fn(&mut [f64]) + Sync + Send) {
    use crate::threads::prelude::*;
    if v.len() < 1 << 16 { f(v) } else { v.par_chunks_mut((1usize << 14).div_ceil(k) * k).for_each(f) }
}
