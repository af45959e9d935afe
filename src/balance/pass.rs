//! One pass over the matrix: scalings of all rows, and the sums of all columns that follow from them.
//!
//! Rows are split into blocks by the pattern alone, each with column sums of its own, which are added in the order of
//! the blocks: the same bits for any number of threads, without atomics. A row is summed and, while it is in cache, handed to
//! its columns, so that a pass reads the matrix once: 12 bytes a cell, 8 where the cells of a row lie side by side.

use std::ops::Range;

use super::Sparse;
use super::aim::{Aim, sum};
use crate::threads::prelude::*;

/// Blocks at most: many times the threads of a machine.
const MOST_BLOCKS: usize = 64;
/// Cells of a block for each column: column sums then cost an eighth of the cells or less.
const CELLS_PER_COLUMN: usize = 8;
/// Columns that are added up at once.
const COLUMNS: usize = 1 << 10;

/// Blocks of rows of about as many cells each.
pub(super) fn blocks(z: &Sparse) -> Vec<Range<usize>> {
    let (m, cells) = (z.rows(), z.nnz());
    let count = (cells / (CELLS_PER_COLUMN * z.cols().max(1))).clamp(1, MOST_BLOCKS).min(m.max(1));
    let indptr = z.indptr();
    let starts = indptr.raw_storage();
    let cut = |k: usize| if k == count { m } else { starts.partition_point(|&s| s < k * cells / count).min(m) };
    (0..count).map(|k| cut(k)..cut(k + 1)).collect()
}

/// Parts of a slice, one for each of neighbouring ranges from 0.
pub(super) fn parts<'s, T>(mut slice: &'s mut [T], ranges: &[Range<usize>]) -> Vec<&'s mut [T]> {
    let mut cut = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (first, rest) = slice.split_at_mut(range.len());
        cut.push(first);
        slice = rest;
    }
    cut
}

/// Sums of columns as one block of rows leaves them: of positive cells and, where any are negative, of the sizes of those.
#[derive(Default)]
pub(super) struct Columns {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

/// The rows of one pass.
pub(super) struct Rows<'p> {
    pub z: &'p Sparse,
    /// Whether a row has negative cells (m).
    pub mixed: &'p [bool],
    /// Scalings of the columns, and one over them (n).
    pub columns: &'p [f64],
    pub inverse: &'p [f64],
    /// By how many standard errors aims give way; 0: not at all.
    pub give: f64,
}

impl Rows<'_> {
    /// Sets the scalings of a block of rows and sums its columns; the largest distance of a row before.
    pub(super) fn block(&self, range: Range<usize>, aims: &mut [Aim], scalings: &mut [f64], out: &mut Columns) -> f64 {
        let n = self.columns.len();
        out.positive.clear();
        out.positive.resize(n, 0.0);
        out.negative.clear();
        if self.mixed[range.clone()].contains(&true) {
            out.negative.resize(n, 0.0);
        }
        let mut worst = 0.0;
        for ((i, aim), scaling) in range.zip(aims).zip(scalings) {
            let cells = self.z.indptr().outer_inds_sz(i);
            let (columns, values) = (&self.z.indices()[cells.clone()], &self.z.data()[cells]);
            let (p, n) = if self.mixed[i] { self.signed(columns, values) } else { (gather(columns, values, self.columns), 0.0) };
            let (before, old) = (sum(p, n, *scaling), *scaling);
            worst = f64::max(worst, aim.distance(before));
            aim.give_way(before, self.give);
            *scaling = aim.scaling(p, n);
            worst = f64::max(worst, aim.change(old, *scaling));
            if self.mixed[i] {
                let (r, inverse) = (*scaling, 1.0 / *scaling);
                for (&j, &v) in columns.iter().zip(values) {
                    if v >= 0.0 {
                        out.positive[j as usize] += v * r;
                    } else {
                        out.negative[j as usize] -= v * inverse;
                    }
                }
            } else {
                scatter(columns, values, *scaling, &mut out.positive);
            }
        }
        worst
    }

    /// Sums of the positive cells and of the sizes of the negative ones of a row, with the scalings of the columns.
    fn signed(&self, columns: &[u32], values: &[f64]) -> (f64, f64) {
        let (mut p, mut n) = (0.0, 0.0);
        for (&j, &v) in columns.iter().zip(values) {
            if v >= 0.0 {
                p += v * self.columns[j as usize];
            } else {
                n -= v * self.inverse[j as usize];
            }
        }
        (p, n)
    }
}

/// The columns that a row has, where they lie side by side.
pub(super) fn run(columns: &[u32]) -> Option<Range<usize>> {
    let (first, last) = (*columns.first()? as usize, *columns.last()? as usize);
    (last - first + 1 == columns.len()).then_some(first..last + 1)
}

/// Sums kept apart, so that one addition does not wait for another.
pub(super) const LANES: usize = 8;

/// `sum v_j s_j` over a row.
fn gather(columns: &[u32], values: &[f64], s: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let mut rest = 0.0;
    let (chunks, last) = values.as_chunks::<LANES>();
    if let Some(range) = run(columns) {
        let (scalings, last_scalings) = s[range].as_chunks::<LANES>();
        for (v, f) in chunks.iter().zip(scalings) {
            (0..LANES).for_each(|k| sums[k] += v[k] * f[k]);
        }
        last.iter().zip(last_scalings).for_each(|(v, f)| rest += v * f);
    } else {
        let (places, last_places) = columns.as_chunks::<LANES>();
        for (v, j) in chunks.iter().zip(places) {
            (0..LANES).for_each(|k| sums[k] += v[k] * s[j[k] as usize]);
        }
        last.iter().zip(last_places).for_each(|(v, j)| rest += v * s[*j as usize]);
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// `q_j += v_j r` over a row.
fn scatter(columns: &[u32], values: &[f64], r: f64, q: &mut [f64]) {
    if let Some(range) = run(columns) {
        q[range].iter_mut().zip(values).for_each(|(q, v)| *q += v * r);
    } else {
        columns.iter().zip(values).for_each(|(&j, v)| q[j as usize] += v * r);
    }
}

/// Columns that are added up at once.
struct Stretch<'c> {
    range: Range<usize>,
    aims: &'c mut [Aim],
    scalings: &'c mut [f64],
    inverse: &'c mut [f64],
}

/// Sets the scalings of all columns from the sums of the blocks; the largest distance of a column before.
pub(super) fn columns(blocks: &[Columns], aims: &mut [Aim], scalings: &mut [f64], inverse: &mut [f64], give: f64) -> f64 {
    let whole: Vec<Range<usize>> =
        (0..scalings.len().div_ceil(COLUMNS)).map(|k| k * COLUMNS..((k + 1) * COLUMNS).min(scalings.len())).collect();
    let work: Vec<Stretch> = whole
        .iter()
        .zip(parts(aims, &whole))
        .zip(parts(scalings, &whole))
        .zip(parts(inverse, &whole))
        .map(|(((range, aims), scalings), inverse)| Stretch { range: range.clone(), aims, scalings, inverse })
        .collect();
    let part = |Stretch { range, aims, scalings, inverse }: Stretch| {
        let (mut p, mut n) = (vec![0.0; range.len()], vec![0.0; range.len()]);
        for block in blocks {
            p.iter_mut().zip(&block.positive[range.clone()]).for_each(|(p, b)| *p += b);
            if !block.negative.is_empty() {
                n.iter_mut().zip(&block.negative[range.clone()]).for_each(|(n, b)| *n += b);
            }
        }
        let mut worst = 0.0;
        for (k, aim) in aims.iter_mut().enumerate() {
            let (before, old) = (sum(p[k], n[k], scalings[k]), scalings[k]);
            worst = f64::max(worst, aim.distance(before));
            aim.give_way(before, give);
            scalings[k] = aim.scaling(p[k], n[k]);
            worst = f64::max(worst, aim.change(old, scalings[k]));
            inverse[k] = 1.0 / scalings[k];
        }
        worst
    };
    work.into_par_iter().map(part).collect::<Vec<f64>>().into_iter().fold(0.0, f64::max)
}
