//! The columns of a solve that are still active, side by side in one row-major block, and the sums over it.
//!
//! The block is as wide as the operator likes it: as it comes, or 1, 2, 4 or a multiple of 8 columns; columns beyond the
//! active ones are zero and stay so. Every operation works on each column alone, in an order that depends on the number of
//! rows only.

use super::checkpoint::Resumed;
use super::{MAX_WIDTH, Reason};
use crate::operator::{Direction, Operator, Pool};
use crate::threads::prelude::*;

/// Numbers a task takes at once.
const CHUNK: usize = 1 << 14;
/// Rows under one partial sum.
const ROWS: usize = 1_024;

/// Active columns: `b`, `x`, `r`, `d` are n x `width`.
pub(super) struct Panel {
    pub columns: Vec<usize>,
    pub width: usize,
    any_width: bool,
    pub b: Vec<f64>,
    pub x: Vec<f64>,
    pub r: Vec<f64>,
    pub d: Vec<f64>,
    pub measures: Vec<Vec<f64>>,
    pub failures: Vec<u8>,
    pub best: Vec<f64>,
}

/// Columns that have left a panel together.
pub(super) struct Done {
    pub columns: Vec<usize>,
    /// n x number of columns.
    pub x: Vec<f64>,
    pub residual: Vec<f64>,
    pub reasons: Vec<Reason>,
    pub measures: Vec<Vec<f64>>,
}

/// The width of a panel for `k` columns.
pub(super) fn width(k: usize, any: bool) -> usize {
    match k {
        _ if any => k,
        0..=2 => k,
        3..=4 => 4,
        _ => k.next_multiple_of(8),
    }
}

impl Panel {
    pub(super) fn new(columns: &[usize], any_width: bool, b: ndarray::ArrayView2<f64>) -> Self {
        let (n, k) = (b.nrows(), columns.len());
        let width = width(k, any_width);
        let mut own = vec![0.0; n * width];
        own.par_chunks_mut(width * ROWS).enumerate().for_each(|(chunk, rows)| {
            for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                row.iter_mut().zip(columns).for_each(|(to, &c)| *to = b[[chunk * ROWS + i, c]]);
            }
        });
        let mut r = vec![0.0; n * width];
        copy(&mut r, &own);
        Panel {
            columns: columns.to_vec(),
            width,
            any_width,
            x: vec![0.0; n * width],
            r,
            d: vec![0.0; n * width],
            b: own,
            measures: vec![Vec::new(); k],
            failures: vec![0; k],
            best: vec![f64::INFINITY; k],
        }
    }

    /// The panel of a checkpoint.
    pub(super) fn resumed(from: Resumed, any_width: bool, b: ndarray::ArrayView2<f64>) -> (Self, usize) {
        let Resumed { columns, pass, x, r, best, failures, measures } = from;
        (Panel { x, r, best, failures, measures, ..Panel::new(&columns, any_width, b) }, pass)
    }

    /// Takes the columns with a reason out of the panel.
    pub(super) fn leave(&mut self, leaving: &[Option<Reason>]) -> Option<Done> {
        let k = self.columns.len();
        let gone: Vec<usize> = (0..k).filter(|&c| leaving[c].is_some()).collect();
        if gone.is_empty() {
            return None;
        }
        let taken = |block: &mut Vec<f64>| {
            if gone.len() == k { narrowed(std::mem::take(block), self.width, k) } else { pick(block, self.width, &gone, gone.len()) }
        };
        let done = Done {
            columns: gone.iter().map(|&c| self.columns[c]).collect(),
            x: taken(&mut self.x),
            residual: taken(&mut self.r),
            reasons: leaving.iter().copied().flatten().collect(),
            measures: gone.iter().map(|&c| std::mem::take(&mut self.measures[c])).collect(),
        };
        let keep: Vec<usize> = (0..k).filter(|&c| leaving[c].is_none()).collect();
        let narrow = width(keep.len(), self.any_width);
        if !keep.is_empty() {
            for block in [&mut self.b, &mut self.x, &mut self.r] {
                *block = pick(block, self.width, &keep, narrow);
            }
            self.d.truncate(self.b.len());
        }
        self.width = narrow;
        self.columns = keep.iter().map(|&c| self.columns[c]).collect();
        self.best = keep.iter().map(|&c| self.best[c]).collect();
        self.failures = keep.iter().map(|&c| self.failures[c]).collect();
        self.measures = keep.iter().map(|&c| std::mem::take(&mut self.measures[c])).collect();
        Some(done)
    }
}

/// The first columns of a block, in its own memory.
fn narrowed(mut block: Vec<f64>, from: usize, to: usize) -> Vec<f64> {
    let n = block.len() / from;
    if to < from {
        (1..n).for_each(|i| block.copy_within(i * from..i * from + to, i * to));
        block.truncate(n * to);
    }
    block
}

/// Some columns of a block, in a block of width `to`.
fn pick(block: &[f64], from: usize, columns: &[usize], to: usize) -> Vec<f64> {
    let mut picked = vec![0.0; block.len() / from * to];
    picked.par_chunks_mut(to * ROWS).zip(block.par_chunks(from * ROWS)).for_each(|(picked, block)| {
        for (picked, row) in picked.chunks_exact_mut(to).zip(block.chunks_exact(from)) {
            picked.iter_mut().zip(columns).for_each(|(to, &c)| *to = row[c]);
        }
    });
    picked
}

/// Calls `f` with the same piece of `y` and of each of `given`, piece by piece, in parallel where it is worth it.
pub(super) fn each<const M: usize>(y: &mut [f64], given: [&[f64]; M], f: impl Fn(&mut [f64], [&[f64]; M]) + Sync + Send) {
    let part = |at: usize, length: usize| given.map(|g| &g[at * CHUNK..][..length]);
    if y.len() <= 4 * CHUNK {
        return f(y, given);
    }
    y.par_chunks_mut(CHUNK).enumerate().for_each(|(at, y)| {
        let length = y.len();
        f(y, part(at, length));
    });
}

/// `to <- from`.
pub(super) fn copy(to: &mut [f64], from: &[f64]) {
    each(to, [from], |to, [from]| to.copy_from_slice(from));
}

/// `r <- r - (I - A) d` (or with A'); the product goes through a buffer of `pool`.
pub(super) fn lessen(pool: &Pool, operator: &dyn Operator, direction: Direction, k: usize, r: &mut [f64], d: &[f64]) {
    pool.with_any(r.len(), |inputs| {
        operator.apply(direction, k, d, inputs);
        each(r, [d, inputs], |r, [d, a]| r.iter_mut().zip(d).zip(a).for_each(|((r, d), a)| *r = (*r - d) + a));
    });
}

/// As [`lessen`], the product in single precision, each column by its own power of two; `false` where A has none.
pub(super) fn lessen_roughly(pool: &Pool, operator: &dyn Operator, direction: Direction, k: usize, r: &mut [f64], d: &[f64]) -> bool {
    let mut scale = [0.0; MAX_WIDTH];
    powers(k, d, &mut scale);
    let scale = &scale[..k];
    let size = d.len();
    pool.with_any(size + size.div_ceil(2), |buffer| {
        let (inputs, small) = buffer.split_at_mut(size);
        let small = &mut bytemuck::cast_slice_mut::<f64, f32>(small)[..size];
        divided(k, small, d, scale);
        let made = operator.apply_single(direction, k, small, inputs);
        if made {
            each(r, [d], |r, [d]| r.iter_mut().zip(d).for_each(|(r, d)| *r -= d));
            rows(k, r, inputs, |r, a| r.iter_mut().zip(a).zip(scale).for_each(|((r, a), scale)| *r += a * scale));
        }
        made
    })
}

/// `to = from / scale`, column by column.
pub(super) fn divided(k: usize, to: &mut [f32], from: &[f64], scale: &[f64]) {
    rows(k, to, from, |to, from| to.iter_mut().zip(from).zip(scale).for_each(|((to, v), scale)| *to = (v / scale) as f32));
}

/// For each column the power of two next below its largest entry, so that single precision can hold it; 1 for none.
pub(super) fn powers(k: usize, r: &[f64], scale: &mut [f64]) {
    let largest = |rows: &[f64]| {
        let mut largest = [0.0f64; MAX_WIDTH];
        rows.chunks_exact(k).for_each(|row| largest.iter_mut().zip(row).for_each(|(l, v)| *l = l.max(v.abs())));
        largest
    };
    let size = ROWS * k;
    let all = if r.len() < 1 << 16 {
        largest(r)
    } else {
        let join = |mut a: [f64; MAX_WIDTH], b: [f64; MAX_WIDTH]| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a = a.max(b));
            a
        };
        r.par_chunks(size).map(largest).reduce(|| [0.0; MAX_WIDTH], join)
    };
    for (scale, largest) in scale.iter_mut().zip(all) {
        let sound = largest > 0.0 && largest.is_finite();
        *scale = if sound { largest.log2().floor().exp2().max(f64::MIN_POSITIVE) } else { 1.0 };
    }
}

/// The scalar products of each column of `w` with the same column of each of `v`: `out[j][c]`, `v.len()` x `k`.
/// `partial` is scratch.
pub(super) fn products(k: usize, v: &[Vec<f64>], w: &[f64], partial: &mut Vec<f64>, out: &mut [f64]) {
    let (size, chunks) = (v.len() * k, w.len().div_ceil(ROWS * k));
    partial.clear();
    partial.resize(chunks * size, 0.0);
    let one = |(chunk, partial): (usize, &mut [f64])| {
        let (start, end) = (chunk * ROWS * k, ((chunk + 1) * ROWS * k).min(w.len()));
        let mut sums = [0.0; 4 * MAX_WIDTH];
        for (v, out) in v.iter().zip(partial.chunks_exact_mut(k)) {
            // four rows at a time: four sums for each column, whatever the width
            let sums = &mut sums[..4 * k];
            sums.fill(0.0);
            let (mut a, mut b) = (v[start..end].chunks_exact(4 * k), w[start..end].chunks_exact(4 * k));
            for (a, b) in a.by_ref().zip(b.by_ref()) {
                sums.iter_mut().zip(a).zip(b).for_each(|((s, a), b)| *s += a * b);
            }
            sums.iter_mut().zip(a.remainder()).zip(b.remainder()).for_each(|((s, a), b)| *s += a * b);
            for (c, out) in out.iter_mut().enumerate() {
                *out = (sums[c] + sums[k + c]) + (sums[2 * k + c] + sums[3 * k + c]);
            }
        }
    };
    if w.len() * v.len() < 4 * CHUNK {
        partial.chunks_exact_mut(size).enumerate().for_each(one);
    } else {
        partial.par_chunks_exact_mut(size).enumerate().for_each(one);
    }
    out.fill(0.0);
    for partial in partial.chunks_exact(size) {
        out.iter_mut().zip(partial).for_each(|(out, p)| *out += p);
    }
}

/// Calls `f` with each row of `y` and the same row of `given`.
pub(super) fn rows<T: Send>(width: usize, y: &mut [T], given: &[f64], f: impl Fn(&mut [T], &[f64]) + Sync + Send) {
    y.par_chunks_mut(width * ROWS).zip(given.par_chunks(width * ROWS)).for_each(|(y, given)| {
        y.chunks_exact_mut(width).zip(given.chunks_exact(width)).for_each(|(y, given)| f(y, given));
    });
}
