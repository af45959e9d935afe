//! How near a table is to trade shares, and the factors that fit it.
//!
//! For each product i and buyer region s one import pattern: `m_ij = sum_{r != s} a_ri,sj` and
//! `t_r = sum_j |a_ri,sj| x_j / sum_{r,j} |a_ri,sj| x_j`, shares of the flows when x is output: then `A_fit x = A x`.
//! Exact when the imports of i into s have rank one. Domestic blocks are kept as they are. One pass over A fits, a second measures `|A - A_fit|` (rounded up) or collects it as a
//! sparse correction, which makes the factored form exact for any table. Sectors are matched by their place within
//! the region; regions may differ in their number.

use rayon::prelude::*;
use serde::Serialize;

use super::trade_share::{Factors, Shares, TradeShare};
use super::{Csr, Operator};
use crate::bounded::{gamma, up};
use crate::error::{Error, Result};
use crate::table::Sparse;

/// Entries that differ less than this from the fit, relative to it, count as equal: rounding of a table's making.
pub const EQUAL: f64 = 1e-12;
/// Products are taken in this many groups, each with its own sums, added up in order.
const GROUPS: usize = 16;

/// Exact domestic blocks and fitted imports of a table.
pub struct Fit {
    /// Row ranges of the regions.
    pub offsets: Vec<usize>,
    /// The most sectors a region has, S; smaller regions are filled up with zeros.
    pub products: usize,
    /// `a_si,sj` (R x S x S).
    pub domestic: Vec<f64>,
    /// `m_s,ij` (R x S x S).
    pub technology: Vec<f64>,
    /// `t[i][r][s]` (S x R x R), zero on the diagonal.
    pub shares: Vec<f64>,
    /// `sum |A - A_fit| / sum |A|`.
    pub misfit: f64,
}

/// What the factored form of a table would cost and miss.
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
    /// Bytes of A in compressed rows, of the factors, and of the factors with the correction.
    pub bytes: [usize; 3],
    /// Floating-point operations of one product, in the same order.
    pub flops: [usize; 3],
}

/// The part of a fit that belongs to one product.
struct Pattern {
    domestic: Vec<f64>,
    imports: Vec<f64>,
    shares: Vec<f64>,
}

impl Fit {
    /// Fits regions with the row ranges `offsets`, buyers weighted by their output where it is known (n); one pass
    /// over the rows.
    ///
    /// # Errors
    /// When the offsets do not cover the rows in order, or there is not one output per row.
    pub fn new(a: &Csr, offsets: &[usize], output: Option<&[f64]>) -> Result<Self> {
        let sound = offsets.len() > 1 && offsets[0] == 0 && offsets.last() == Some(&a.dim()) && offsets.windows(2).all(|w| w[0] < w[1]);
        if !sound {
            return Err(Error::invalid(format!("regions with row offsets {offsets:?} do not cover {} rows in order", a.dim()), ""));
        }
        if let Some(x) = output.filter(|x| x.len() != a.dim()) {
            return Err(Error::invalid(format!("{} outputs for {} rows", x.len(), a.dim()), ""));
        }
        // a buyer without output must not lose its pattern
        let small = output.map_or(1.0, |x| 1e-9 * x.iter().map(|v| v.abs()).sum::<f64>() / a.dim() as f64 + f64::MIN_POSITIVE);
        let weight: Vec<f64> = (0..a.dim()).map(|j| output.map_or(small, |x| x[j].abs() + small)).collect();
        let regions = offsets.len() - 1;
        let products = offsets.windows(2).map(|w| w[1] - w[0]).max().expect("a region");
        let patterns: Vec<Pattern> = (0..products).into_par_iter().map(|i| pattern(a, offsets, &weight, products, i)).collect();
        let size = products * products;
        let (mut domestic, mut technology) = (vec![0.0; regions * size], vec![0.0; regions * size]);
        let mut shares = Vec::with_capacity(products * regions * regions);
        for (i, p) in patterns.iter().enumerate() {
            for s in 0..regions {
                let (to, from) = (s * size + i * products, s * products);
                domestic[to..to + products].copy_from_slice(&p.domestic[from..from + products]);
                technology[to..to + products].copy_from_slice(&p.imports[from..from + products]);
            }
            shares.extend_from_slice(&p.shares);
        }
        let mut fit = Fit { offsets: offsets.to_vec(), products, domestic, technology, shares, misfit: 0.0 };
        fit.misfit = fit.sampled(a);
        Ok(fit)
    }

    /// Number of regions R.
    pub fn regions(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Calls `f` with every column outside the own region where A or the fit is not zero: column, entry, `t m`,
    /// and `a - t m` with one rounding.
    fn differences(&self, a: &Csr, region: usize, product: usize, f: &mut impl FnMut(usize, f64, f64, f64)) {
        let (regions, s) = (self.regions(), self.products);
        let (columns, values) = a.row(self.offsets[region] + product);
        let mut at = 0;
        for (q, w) in self.offsets.windows(2).enumerate() {
            let end = at + columns[at..].partition_point(|&j| (j as usize) < w[1]);
            if q != region {
                let t = self.shares[(product * regions + region) * regions + q];
                let m = &self.technology[(q * s + product) * s..][..w[1] - w[0]];
                for (j, &m) in (w[0]..w[1]).zip(m) {
                    let here = at < end && columns[at] as usize == j;
                    let v = if here { values[at] } else { 0.0 };
                    at += usize::from(here);
                    if v != 0.0 || t * m != 0.0 {
                        f(j, v, t * m, (-t).mul_add(m, v));
                    }
                }
            }
            at = end;
        }
    }

    /// The regions that have product `i`.
    fn having(&self, product: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.regions()).filter(move |&r| product < self.offsets[r + 1] - self.offsets[r])
    }

    /// `sum |A - A_fit| / sum |A|` on at most 16 products.
    fn sampled(&self, a: &Csr) -> f64 {
        let step = self.products.div_ceil(GROUPS);
        let sums: Vec<(f64, f64)> = (0..self.products.div_ceil(step))
            .into_par_iter()
            .map(|g| {
                let (mut apart, mut size) = (0.0, 0.0);
                for r in self.having(g * step) {
                    self.differences(a, r, g * step, &mut |_, _, _, d| apart += d.abs());
                    size += a.row(self.offsets[r] + g * step).1.iter().map(|v| v.abs()).sum::<f64>();
                }
                (apart, size)
            })
            .collect();
        let (apart, size) = sums.iter().fold((0.0, 0.0), |s, v| (s.0 + v.0, s.1 + v.1));
        if size == 0.0 { 0.0 } else { apart / size }
    }

    /// Measures the fit with one more pass; entries within `tolerance` of the fit, relative to it, count as equal.
    pub fn misfit(&self, a: &Csr, tolerance: f64) -> Misfit {
        let n = a.dim();
        let step = self.products.div_ceil(GROUPS);
        let parts: Vec<(Vec<f64>, f64, usize)> = (0..self.products.div_ceil(step))
            .into_par_iter()
            .map(|g| {
                let (mut sums, mut square, mut count) = (vec![0.0; n], 0.0, 0);
                for i in g * step..((g + 1) * step).min(self.products) {
                    for r in self.having(i) {
                        self.differences(a, r, i, &mut |j, _, fit, d| {
                            sums[j] += d.abs();
                            square += d * d;
                            count += usize::from(d.abs() > tolerance * fit.abs());
                        });
                    }
                }
                (sums, square, count)
            })
            .collect();
        let column = (0..n).map(|j| parts.iter().map(|p| p.0[j]).sum::<f64>()).fold(0.0, f64::max);
        let entries = parts.iter().map(|p| p.2).sum();
        let all: f64 = a.matrix().data().iter().map(|v| v * v).sum();
        let apart: f64 = parts.iter().map(|p| p.1).sum();
        let stored = self.technology.len() + self.domestic.len() + self.shares.len();
        let (csr, factored) = (a.entries() * 12 + (n + 1) * 8, stored * 8);
        Misfit {
            column: up(column * (1.0 + gamma(n as f64 + 4.0))),
            frobenius: if all == 0.0 { 0.0 } else { (apart / all).sqrt() },
            entries,
            exact: entries == 0,
            bytes: [csr, factored, factored + if entries == 0 { 0 } else { entries * 12 + (n + 1) * 8 }],
            flops: [2 * a.entries(), 2 * stored, 2 * (stored + entries)],
        }
    }

    /// The factored form of `a`, exact but for entries within `tolerance` of the fit (relative to it), which its
    /// rounding factor answers for.
    ///
    /// # Errors
    /// When regions have unequal numbers of sectors.
    pub fn operator(self, a: &Csr, tolerance: f64) -> Result<TradeShare> {
        let (regions, products) = (self.regions(), self.products);
        if self.offsets.windows(2).any(|w| w[1] - w[0] != products) {
            return Err(Error::invalid("the trade-share operator needs the same number of sectors in every region", "use --operator csr"));
        }
        let correction = self.correction(a, tolerance);
        TradeShare::new(Factors {
            regions,
            products,
            class: (0..regions).collect(),
            technology: self.technology,
            shares: Shares::Products(self.shares),
            domestic: Some(self.domestic),
            correction: (correction.nnz() > 0).then(|| Csr::new(correction)),
            tolerance,
        })
    }

    fn correction(&self, a: &Csr, tolerance: f64) -> Sparse {
        let n = a.dim();
        let rows: Vec<(usize, usize)> =
            self.offsets.windows(2).enumerate().flat_map(|(r, w)| (0..w[1] - w[0]).map(move |i| (r, i))).collect();
        let parts: Vec<(Vec<u32>, Vec<f64>)> = rows
            .par_iter()
            .map(|&(r, i)| {
                let (mut columns, mut values) = (Vec::new(), Vec::new());
                self.differences(a, r, i, &mut |j, _, fit, d| {
                    if d.abs() > tolerance * fit.abs() {
                        columns.push(j as u32);
                        values.push(d);
                    }
                });
                (columns, values)
            })
            .collect();
        let mut indptr = vec![0];
        indptr.extend(parts.iter().scan(0, |end, p| {
            *end += p.0.len();
            Some(*end)
        }));
        let (columns, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        Sparse::new((n, n), indptr, columns.concat(), values.concat())
    }
}

/// Domestic rows, imports and shares of product `i`.
fn pattern(a: &Csr, offsets: &[usize], weight: &[f64], products: usize, i: usize) -> Pattern {
    let regions = offsets.len() - 1;
    let (mut domestic, mut imports) = (vec![0.0; regions * products], vec![0.0; regions * products]);
    let mut shares = vec![0.0; regions * regions];
    for r in (0..regions).filter(|&r| i < offsets[r + 1] - offsets[r]) {
        let (columns, values) = a.row(offsets[r] + i);
        let mut at = 0;
        for (s, w) in offsets.windows(2).enumerate() {
            let end = at + columns[at..].partition_point(|&j| (j as usize) < w[1]);
            let to = if s == r { &mut domestic } else { &mut imports };
            let to = &mut to[s * products..][..w[1] - w[0]];
            let sum = add(&columns[at..end], &values[at..end], w[0], weight, to);
            if s != r {
                shares[r * regions + s] = sum;
            }
            at = end;
        }
    }
    for s in 0..regions {
        let total: f64 = (0..regions).map(|r| shares[r * regions + s]).sum();
        (0..regions).filter(|_| total > 0.0).for_each(|r| shares[r * regions + s] /= total);
    }
    Pattern { domestic, imports, shares }
}

/// Adds the entries of one row to `to`, whose first column is `start`; the weighted sum of their sizes.
fn add(columns: &[u32], values: &[f64], start: usize, weight: &[f64], to: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for (&j, &v) in columns.iter().zip(values) {
        to[j as usize - start] += v;
        sum += v.abs() * weight[j as usize];
    }
    sum
}
