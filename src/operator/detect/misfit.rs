//! What a fit misses, and what each form of the table costs.

use serde::Serialize;

use super::super::Operator;
use super::super::kernel::levels;
use super::{Fit, GROUPS, Segments};
use crate::bounded::{gamma, up};
use crate::threads::prelude::*;

/// What the trade-share form of a table would cost and miss.
#[derive(Debug, Clone, Serialize)]
pub struct Misfit {
    /// Largest column sum of `|A - A_fit|`, rounded up: a bound of its 1-norm.
    pub column: f64,
    /// `|A - A_fit| / |A|`, Frobenius norms.
    pub frobenius: f64,
    /// Entries that differ from the fit by more than the tolerance: the size of the correction.
    pub entries: usize,
    /// Whether there is none.
    pub exact: bool,
    /// By product, in the order of the sectors.
    pub products: Vec<ProductMisfit>,
    /// The table by its non-zero entries, by all entries, by its trade shares, and by these with the correction.
    pub forms: [Form; 4],
}

/// The rows of one product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProductMisfit {
    /// `|A - A_fit| / |A|` of these rows, Frobenius norms; 0 where they are empty.
    pub frobenius: f64,
    /// Their share of the square of the misfit of all rows.
    pub share: f64,
    /// Their entries of the correction.
    pub entries: usize,
}

/// A way to store A, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Bytes.
    pub bytes: usize,
    /// Floating-point operations of a product with one column.
    pub flops: usize,
}

/// Sums over the rows of a product.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    apart: f64,
    all: f64,
    entries: usize,
    stored: usize,
}

impl Fit {
    /// Measures the fit with one more pass; entries within `tolerance` of the fit, relative to it, count as equal.
    pub fn misfit(&self, a: &(impl Segments + Operator), tolerance: f64) -> Misfit {
        let n = a.dim();
        let step = self.products.div_ceil(GROUPS);
        let parts: Vec<(Vec<f64>, Vec<Sums>)> = (0..self.products.div_ceil(step))
            .into_par_iter()
            .map(|g| {
                let (mut columns, mut room) = (vec![0.0; n], vec![0.0; self.products]);
                let products = g * step..((g + 1) * step).min(self.products);
                let sums = products.map(|i| self.product(a, i, tolerance, &mut columns, &mut room)).collect();
                (columns, sums)
            })
            .collect();
        let column = (0..n).map(|j| parts.iter().map(|p| p.0[j]).sum::<f64>()).fold(0.0, f64::max);
        let sums: Vec<Sums> = parts.into_iter().flat_map(|p| p.1).collect();
        let apart: f64 = sums.iter().map(|s| s.apart).sum();
        let all: f64 = sums.iter().map(|s| s.all).sum();
        let entries = sums.iter().map(|s| s.entries).sum();
        let root = |a: f64, b: f64| if b == 0.0 { 0.0 } else { (a / b).sqrt() };
        let product = |s: &Sums| ProductMisfit {
            frobenius: root(s.apart, s.all),
            share: if apart == 0.0 { 0.0 } else { s.apart / apart },
            entries: s.entries,
        };
        let stored = self.technology.len() + self.domestic.len() + self.shares.len();
        let rows = |entries: usize| entries * 12 + (n + 1) * 8;
        let filled = sums.iter().map(|s| s.stored).sum();
        let correction = if entries == 0 { 0 } else { rows(entries) };
        Misfit {
            column: up(column * (1.0 + gamma(n as f64 + 4.0))),
            frobenius: root(apart, all),
            entries,
            exact: entries == 0,
            products: sums.iter().map(product).collect(),
            forms: [
                Form { name: "csr", bytes: rows(filled), flops: 2 * filled },
                Form { name: "dense", bytes: n * n * 8, flops: 2 * n * n },
                Form { name: "factored", bytes: stored * 8, flops: 2 * stored },
                Form { name: "factored + correction", bytes: stored * 8 + correction, flops: 2 * (stored + entries) },
            ],
        }
    }

    fn product(&self, a: &impl Segments, i: usize, tolerance: f64, columns: &mut [f64], room: &mut [f64]) -> Sums {
        let mut sums = Sums::default();
        for r in self.having(i) {
            a.segments(self.offsets[r] + i, &self.offsets, |q, segment| {
                let (start, end) = (self.offsets[q], self.offsets[q + 1]);
                let (t, m) = self.share_and_inputs(i, r, q);
                if segment.is_empty() && t == 0.0 {
                    return;
                }
                let v = segment.whole(start, &mut room[..end - start]);
                if q == r {
                    let own = v.iter().filter(|v| **v != 0.0);
                    sums.stored += own.clone().count();
                    sums.all += own.map(|v| v * v).sum::<f64>();
                } else {
                    measure_any::<true>(t, m, v, tolerance, &mut columns[start..end], &mut sums);
                }
            });
        }
        sums
    }
}

const LANES: usize = 8;

/// Adds `|v - t m|` to the sums of its columns and to those of its rows. 24 bytes per entry, in order.
#[inline(always)]
fn measure<const L: u8, const ABS: bool>(t: f64, m: &[f64], v: &[f64], tolerance: f64, columns: &mut [f64], sums: &mut Sums) {
    let (mut apart, mut all) = ([0.0; LANES], [0.0; LANES]);
    let (mut entries, mut stored) = ([0u64; LANES], [0u64; LANES]);
    let mut one = |lane: usize, m: f64, v: f64, to: &mut f64| {
        let d = (-t).mul_add(m, v).abs();
        *to += d;
        apart[lane] += d * d;
        all[lane] += v * v;
        entries[lane] += u64::from(d > tolerance * (t * m).abs());
        stored[lane] += u64::from(v != 0.0);
    };
    let whole = v.len() / LANES * LANES;
    let (mut ms, mut vs) = (m[..whole].chunks_exact(LANES), v[..whole].chunks_exact(LANES));
    for ((m, v), to) in (&mut ms).zip(&mut vs).zip(columns[..whole].chunks_exact_mut(LANES)) {
        for lane in 0..LANES {
            one(lane, m[lane], v[lane], &mut to[lane]);
        }
    }
    for ((m, v), to) in m[whole..].iter().zip(&v[whole..]).zip(&mut columns[whole..]) {
        one(0, *m, *v, to);
    }
    sums.apart += apart.iter().sum::<f64>();
    sums.all += all.iter().sum::<f64>();
    sums.entries += entries.iter().sum::<u64>() as usize;
    sums.stored += stored.iter().sum::<u64>() as usize;
}

levels! { fn measure_any / measure_avx2 / measure_avx512 = measure<ABS>(t: f64, m: &[f64], v: &[f64], tolerance: f64, columns: &mut [f64], sums: &mut Sums) }
