//! How near a table is to trade shares, and the shares and technologies that fit it.
//!
//! For each product i and buyer region s one import pattern: `m_ij = sum_{r != s} a_ri,sj` and
//! `t_r = sum_j |a_ri,sj| x_j / sum_{r,j} |a_ri,sj| x_j`, shares of the flows when x is output: then `A_fit x = A x`.
//! Exact when the imports of i into s have rank one. Domestic blocks are kept as they are. One pass over A fits, a
//! second measures `|A - A_fit|` (rounded up) or collects it as a sparse correction, which makes the trade-share form
//! exact for any table. Sectors are matched by their place within the region; regions may differ in their number.
//! Both passes read A once, in order where a region's part of a row is full.

use std::sync::{Mutex, PoisonError};

use super::trade_share::{ShareForm, Shares, TradeShare};
use super::{Csr, Operator};
use crate::error::{Error, Result};
use crate::table::Sparse;
use crate::threads::prelude::*;

mod misfit;
mod recognised;
mod segments;
mod stream;

pub use misfit::{Form, Misfit, ProductMisfit};
pub use recognised::recognised;
pub use segments::{Segment, Segments};
pub use stream::{Batch, Flows, Streamed, streamed};

/// Entries that differ less than this from the fit, relative to it, count as equal: rounding of a table's making. All of it
/// is in every bound, in units of rounding 900.
pub const EQUAL: f64 = 1e-13;
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
    /// What buyers were weighted by (n), and `|A|` times it (n): the same pass.
    pub weighted: (Vec<f64>, Vec<f64>),
}

/// `x` where every entry is more than a millionth of their mean; else `|x|` and so much more: positive everywhere, and nowhere
/// far below what rounding leaves.
pub fn positive(x: &[f64]) -> Vec<f64> {
    let small = 1e-6 * x.iter().map(|v| v.abs()).sum::<f64>() / x.len() as f64 + f64::MIN_POSITIVE;
    if x.iter().all(|v| *v >= small) { x.to_vec() } else { x.iter().map(|v| v.abs() + small).collect() }
}

/// Sums over the rows of one product, by buyer.
struct Pattern {
    domestic: Vec<f64>,
    imports: Vec<f64>,
    /// All that is bought of each region's product, by weight.
    bought: Vec<f64>,
}

impl Pattern {
    fn new(regions: usize, products: usize) -> Self {
        let all = || vec![0.0; regions * products];
        Pattern { domestic: all(), imports: all(), bought: vec![0.0; regions] }
    }
}

impl Fit {
    /// Fits regions with the row ranges `offsets`, buyers weighted by their output where it is known (n); one pass
    /// over the rows.
    ///
    /// # Errors
    /// When the offsets do not cover the rows in order, or there is not one output per row.
    pub fn new(a: &(impl Segments + Operator), offsets: &[usize], output: Option<&[f64]>) -> Result<Self> {
        let sound = offsets.len() > 1 && offsets[0] == 0 && offsets.last() == Some(&a.dim()) && offsets.windows(2).all(|w| w[0] < w[1]);
        if !sound {
            return Err(Error::shape(format!("regions with row offsets {offsets:?} do not cover {} rows in order", a.dim()), ""));
        }
        if let Some(x) = output.filter(|x| x.len() != a.dim()) {
            return Err(Error::shape(format!("{} outputs for {} rows", x.len(), a.dim()), ""));
        }
        // a buyer without output must not lose its pattern
        let weight = output.map_or_else(|| vec![1.0; a.dim()], positive);
        let products = offsets.windows(2).map(|w| w[1] - w[0]).max().expect("a region");
        let mut fit = Self::from_patterns(a, offsets, weight, products, |_, _, _, _, _, _| {});
        fit.misfit = fit.sampled(a);
        Ok(fit)
    }

    /// The sums of a matrix, one pass over it; the misfit is left open. `compare` gets what [`pattern`] gives it, and the
    /// product.
    fn from_patterns<'a, A: Segments>(
        a: &'a A,
        offsets: &[usize],
        weight: Vec<f64>,
        products: usize,
        compare: impl Fn(usize, usize, usize, f64, &[f64], Segment<'a>) + Sync,
    ) -> Self {
        let (regions, size) = (offsets.len() - 1, products * products);
        let (mut domestic, mut technology) = (vec![0.0; regions * size], vec![0.0; regions * size]);
        let mut shares = vec![0.0; products * regions * regions];
        let mut bought = vec![0.0; products * regions];
        // products are summed up side by side and put in their rows, where they alone write
        let rows: Vec<_> = domestic.chunks_mut(size).zip(technology.chunks_mut(size)).map(Mutex::new).collect();
        shares.par_chunks_mut(regions * regions).zip(bought.par_chunks_mut(regions)).enumerate().for_each_init(
            || Pattern::new(regions, products),
            |sums, (i, (shares, bought))| {
                pattern(a, offsets, &weight, products, i, sums, shares, |r, q, t, m, segment| compare(i, r, q, t, m, segment));
                bought.copy_from_slice(&sums.bought);
                for ((rows, domestic), imports) in rows.iter().zip(sums.domestic.chunks(products)).zip(sums.imports.chunks(products)) {
                    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                    rows.0[i * products..][..products].copy_from_slice(domestic);
                    rows.1[i * products..][..products].copy_from_slice(imports);
                }
            },
        );
        drop(rows);
        let sectors = offsets.windows(2).enumerate().flat_map(|(r, w)| (0..w[1] - w[0]).map(move |i| (r, i)));
        let bought = sectors.map(|(r, i)| bought[i * regions + r]).collect();
        Fit { offsets: offsets.to_vec(), products, domestic, technology, shares, misfit: 0.0, weighted: (weight, bought) }
    }

    /// Number of regions R.
    pub fn regions(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The share of region `r` in the product as used in region `q`, and its use by the sectors there.
    fn share_and_inputs(&self, product: usize, r: usize, q: usize) -> (f64, &[f64]) {
        let (regions, s) = (self.regions(), self.products);
        let m = &self.technology[(q * s + product) * s..][..self.offsets[q + 1] - self.offsets[q]];
        (self.shares[(product * regions + r) * regions + q], m)
    }

    /// Calls `f` with every column outside the own region where A or the fit is not zero: column, `t m`, and
    /// `a - t m` with one rounding.
    fn differences(&self, a: &impl Segments, r: usize, product: usize, room: &mut [f64], f: &mut impl FnMut(usize, f64, f64)) {
        a.segments(self.offsets[r] + product, &self.offsets, |q, segment| self.difference((product, r, q), segment, room, f));
    }

    /// As `differences`, for the columns of region `q`.
    fn difference(&self, at: (usize, usize, usize), segment: Segment, room: &mut [f64], f: &mut impl FnMut(usize, f64, f64)) {
        let (product, r, q) = at;
        let (t, m) = self.share_and_inputs(product, r, q);
        if q == r || segment.is_empty() && t == 0.0 {
            return;
        }
        let start = self.offsets[q];
        for ((j, v), m) in segment.whole(start, &mut room[..m.len()]).iter().enumerate().zip(m) {
            if *v != 0.0 || t * m != 0.0 {
                f(start + j, t * m, (-t).mul_add(*m, *v));
            }
        }
    }

    /// The regions that have product `i`.
    fn having(&self, product: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.regions()).filter(move |&r| product < self.offsets[r + 1] - self.offsets[r])
    }

    /// `sum |A - A_fit| / sum |A|` on at most 16 products.
    fn sampled(&self, a: &impl Segments) -> f64 {
        let step = self.products.div_ceil(GROUPS);
        let sums: Vec<(f64, f64)> = (0..self.products.div_ceil(step))
            .into_par_iter()
            .map(|g| {
                let (mut apart, mut size, mut room) = (0.0, 0.0, vec![0.0; self.products]);
                for r in self.having(g * step) {
                    a.segments(self.offsets[r] + g * step, &self.offsets, |q, segment| {
                        let (t, m) = self.share_and_inputs(g * step, r, q);
                        let v = segment.whole(self.offsets[q], &mut room[..m.len()]);
                        size += v.iter().map(|v| v.abs()).sum::<f64>();
                        if q != r {
                            apart += v.iter().zip(m).map(|(v, m)| (v - t * m).abs()).sum::<f64>();
                        }
                    });
                }
                (apart, size)
            })
            .collect();
        let (apart, size) = sums.iter().fold((0.0, 0.0), |s, v| (s.0 + v.0, s.1 + v.1));
        if size == 0.0 { 0.0 } else { apart / size }
    }

    /// Trade shares and technologies of `a`, exact but for entries within `tolerance` of the fit (relative to it), which its
    /// rounding answers for.
    ///
    /// # Errors
    /// When regions have unequal numbers of sectors.
    pub fn operator(self, a: &(impl Segments + Operator), tolerance: f64) -> Result<TradeShare> {
        let products = self.products;
        if self.offsets.windows(2).any(|w| w[1] - w[0] != products) {
            return Err(Error::unsupported(
                "the trade-share operator needs the same number of sectors in every region",
                "use `operator` csr",
            ));
        }
        let correction = self.correction(a, tolerance);
        self.with(correction, tolerance)
    }

    /// Shares, technologies and their correction as an operator.
    fn with(self, correction: Sparse, tolerance: f64) -> Result<TradeShare> {
        let (regions, products) = (self.regions(), self.products);
        TradeShare::new(ShareForm {
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

    fn correction(&self, a: &(impl Segments + Operator), tolerance: f64) -> Sparse {
        let n = a.dim();
        let rows: Vec<(usize, usize)> =
            self.offsets.windows(2).enumerate().flat_map(|(r, w)| (0..w[1] - w[0]).map(move |i| (r, i))).collect();
        let parts: Vec<(Vec<u32>, Vec<f64>)> = rows
            .par_iter()
            .map_init(
                || vec![0.0; self.products],
                |room, &(r, i)| {
                    let (mut columns, mut values) = (Vec::new(), Vec::new());
                    self.differences(a, r, i, room, &mut |j, fit, d| {
                        if d.abs() > tolerance * fit.abs() || d.is_nan() {
                            columns.push(j as u32);
                            values.push(d);
                        }
                    });
                    (columns, values)
                },
            )
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

/// Domestic rows, imports and shares (R x R) of product `i`, region by region, so that what is added up stays in the first
/// cache. `compare` gets every part outside the own region with its fit while it is in the second: seller, buyer, t, m,
/// part.
#[allow(clippy::too_many_arguments)]
fn pattern<'a, A: Segments>(
    a: &'a A,
    offsets: &[usize],
    weight: &[f64],
    products: usize,
    i: usize,
    sums: &mut Pattern,
    shares: &mut [f64],
    mut compare: impl FnMut(usize, usize, f64, &[f64], Segment<'a>),
) {
    let regions = offsets.len() - 1;
    sums.domestic.fill(0.0);
    sums.imports.fill(0.0);
    sums.bought.fill(0.0);
    let (mut at, mut parts) = (vec![0; regions], Vec::with_capacity(regions));
    for (s, w) in offsets.windows(2).enumerate() {
        let (start, size) = (w[0], w[1] - w[0]);
        let weight = &weight[start..][..size];
        let (domestic, imports) = (&mut sums.domestic[s * products..][..size], &mut sums.imports[s * products..][..size]);
        for r in (0..regions).filter(|&r| i < offsets[r + 1] - offsets[r]) {
            let segment = a.part(offsets[r] + i, &mut at[r], start..start + size);
            segment.fetch_next();
            let bought = segment.add(start, weight, if s == r { &mut *domestic } else { &mut *imports });
            sums.bought[r] += bought;
            if s != r {
                shares[r * regions + s] = bought;
                parts.push((r, segment));
            }
        }
        let total: f64 = (0..regions).map(|r| shares[r * regions + s]).sum();
        (0..regions).filter(|_| total > 0.0).for_each(|r| shares[r * regions + s] /= total);
        for (r, segment) in parts.drain(..) {
            compare(r, s, shares[r * regions + s], imports, segment);
        }
    }
}
