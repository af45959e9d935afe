//! Small square systems with a proof: intervals that hold the solution for every matrix and right-hand side within their bounds.
//!
//! With an approximate inverse `R`, `C = I - R E` and `r = b - E x~`: `x - x~ = R r + C (x - x~)`, so that `|x - x~|` is at most
//! `|R r| / (1 - |C|)` in the largest norm, and then row by row. Rump 2010, *Acta Numerica* 19, section 10.

use crate::bounded::{Bounded, UNIT_ROUNDOFF, greater, up};

/// A square matrix with bounds, and an approximate inverse that is proven to be near the true ones.
pub(super) struct Square {
    n: usize,
    /// By rows.
    entries: Vec<Bounded>,
    inverse: Vec<f64>,
    /// Row sums of `|I - R E|`.
    off: Vec<f64>,
}

/// A sum of products with one bound for all roundings.
pub(super) fn dot(pairs: impl Iterator<Item = (Bounded, Bounded)>) -> Bounded {
    let (mut value, mut size, mut unsure, mut count) = (0.0, 0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let product = a.value * b.value;
        value += product;
        size += product.abs();
        unsure += a.value.abs() * b.bound + a.bound * (b.value.abs() + b.bound);
        count += 1.0;
    }
    if count == 0.0 {
        return Bounded::ZERO;
    }
    // each of the sums of `count` terms that are not negative is low by at most (count + 2) u of itself
    let rounding = (count + 2.0) * 2.0 * UNIT_ROUNDOFF;
    let bound = up((unsure + rounding * size) * (1.0 + 2.0 * rounding) + count * f64::MIN_POSITIVE);
    Bounded::new(value, if value.is_finite() && !bound.is_nan() { bound } else { f64::INFINITY })
}

/// The largest that a number may be in size.
pub(super) fn size(b: Bounded) -> f64 {
    up(b.value.abs() + b.bound)
}

impl Square {
    /// `None` where the matrix is not proven to be regular.
    pub(super) fn new(n: usize, entries: Vec<Bounded>) -> Option<Self> {
        let inverse = invert(n, entries.iter().map(|b| b.value).collect())?;
        let row = |i: usize| {
            let entry = |j: usize| {
                let product = dot((0..n).map(|k| (Bounded::exact(inverse[i * n + k]), entries[k * n + j])));
                size(Bounded::exact(f64::from(u8::from(i == j))) - product)
            };
            (0..n).fold(0.0, |sum: f64, j| up(sum + entry(j)))
        };
        let off: Vec<f64> = (0..n).map(row).collect();
        let all = off.iter().copied().fold(0.0, greater);
        (all < 0.5).then_some(Square { n, entries, inverse, off })
    }

    /// The solution for a right-hand side.
    pub(super) fn solve(&self, right: &[Bounded]) -> Vec<Bounded> {
        let n = self.n;
        let by_inverse = |r: &[Bounded], i: usize| dot((0..n).map(|k| (Bounded::exact(self.inverse[i * n + k]), r[k])));
        let left = |x: &[f64]| -> Vec<Bounded> {
            let row = |i: usize| right[i] - dot((0..n).map(|k| (self.entries[i * n + k], Bounded::exact(x[k]))));
            (0..n).map(row).collect()
        };
        let mut x: Vec<f64> = (0..n).map(|i| by_inverse(right, i).value).collect();
        for _ in 0..2 {
            let rest = left(&x);
            let step: Vec<f64> = (0..n).map(|i| by_inverse(&rest, i).value).collect();
            x.iter_mut().zip(step).for_each(|(x, s)| *x += s);
        }
        let rest = left(&x);
        let first: Vec<f64> = (0..n).map(|i| size(by_inverse(&rest, i))).collect();
        let (worst, all) = (first.iter().copied().fold(0.0, greater), self.off.iter().copied().fold(0.0, greater));
        let most = up(worst / (1.0 - up(all)));
        (0..n).map(|i| Bounded::new(x[i], up(first[i] + up(self.off[i] * most)))).collect()
    }
}

/// An approximate inverse by Gauss-Jordan steps with row pivoting.
pub(super) fn invert(n: usize, mut a: Vec<f64>) -> Option<Vec<f64>> {
    let mut inverse = vec![0.0; n * n];
    (0..n).for_each(|i| inverse[i * n + i] = 1.0);
    for c in 0..n {
        let p = (c..n).max_by(|&i, &j| a[i * n + c].abs().total_cmp(&a[j * n + c].abs()))?;
        let pivot = a[p * n + c];
        if pivot == 0.0 || !pivot.is_finite() {
            return None;
        }
        for k in 0..n {
            a.swap(c * n + k, p * n + k);
            inverse.swap(c * n + k, p * n + k);
        }
        for k in 0..n {
            a[c * n + k] /= pivot;
            inverse[c * n + k] /= pivot;
        }
        for i in (0..n).filter(|&i| i != c) {
            let ratio = a[i * n + c];
            if ratio != 0.0 {
                for k in 0..n {
                    a[i * n + k] -= ratio * a[c * n + k];
                    inverse[i * n + k] -= ratio * inverse[c * n + k];
                }
            }
        }
    }
    Some(inverse)
}

/// Places of rows that do not depend on those before them, in the order of the list, at most as many as there are columns.
pub(super) fn independent(rows: &[&[f64]], order: &[usize]) -> Vec<usize> {
    let columns = rows.first().map_or(0, |r| r.len());
    let (mut kept, mut chosen): (Vec<(usize, Vec<f64>)>, Vec<usize>) = (Vec::new(), Vec::new());
    for &i in order {
        if chosen.len() == columns {
            break;
        }
        let mut row = rows[i].to_vec();
        let before = row.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
        for (c, earlier) in &kept {
            let ratio = row[*c];
            if ratio != 0.0 {
                row.iter_mut().zip(earlier).for_each(|(v, e)| *v -= ratio * e);
            }
        }
        let Some(c) = (0..columns).max_by(|&a, &b| row[a].abs().total_cmp(&row[b].abs())) else { break };
        let pivot = row[c];
        if pivot.abs() <= 1e-9 * before {
            continue;
        }
        row.iter_mut().for_each(|v| *v /= pivot);
        kept.push((c, row));
        chosen.push(i);
    }
    chosen
}
