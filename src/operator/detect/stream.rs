//! ShareForm of a table whose flows are read in two passes, from a file (never held: memory for the shares alone) or from
//! memory.
//!
//! The first pass adds up `sum_r z_ri,sj` and the shares of the flows. They are the same shares as those of
//! `A = Z diag(1/x)` weighed by output, because `|z| (1 + e/x) = |a| (x + e)`; technologies and domestic blocks are
//! then divided by output, column by column. The second pass compares `z / x` with them entry by entry, as a fit in
//! memory does, and collects the differences as a correction. Sums run in the order of the rows: same bits for any batches.

use super::super::kernel::levels;
use super::segments::{Segment, cut, length};
use super::{Fit, TradeShare, positive};
use crate::error::{Error, Result};
use crate::table::Sparse;
use crate::threads::prelude::*;
use crate::threads::{IndexedParallelIterator, Par};

/// The largest correction that is worth its memory, as a share of the entries of Z.
const MOST: f64 = 0.3;

/// Rows that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The first of them.
    pub first: usize,
    /// Where each starts, and where the last ends, by any count that grows with the entries.
    pub limits: &'a [u64],
    /// Columns of their entries, rising in each row.
    pub columns: &'a [u32],
    /// Values of their entries.
    pub values: &'a [f64],
}

/// The flows Z (n x n), a few rows at a time.
pub trait Flows: Sync {
    /// Number of rows n.
    fn dim(&self) -> usize;

    /// Number of stored entries.
    fn entries(&self) -> usize;

    /// Calls `f` with batches of rows: all of them, in order.
    ///
    /// # Errors
    /// The first of `f`, or when the flows cannot be read.
    fn batches(&self, f: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()>;
}

impl Flows for Sparse {
    fn dim(&self) -> usize {
        self.rows()
    }
    fn entries(&self) -> usize {
        self.nnz()
    }
    fn batches(&self, f: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()> {
        let limits: Vec<u64> = self.indptr().raw_storage().iter().map(|&v| v as u64).collect();
        f(Batch { first: 0, limits: &limits, columns: self.indices(), values: self.data() })
    }
}

/// What two passes gave.
pub struct Streamed {
    /// A by its trade shares, exact with the correction but for entries within the tolerance.
    pub operator: TradeShare,
    /// `sum |A - A_fit| / sum |A|`.
    pub misfit: f64,
}

impl<'a> Batch<'a> {
    /// Columns and values of the rows, in order.
    fn rows(self) -> Par<impl IndexedParallelIterator<Item = (&'a [u32], &'a [f64])>> {
        let Batch { limits, columns, values, .. } = self;
        limits.par_windows(2).map(move |w| {
            let range = (w[0] - limits[0]) as usize..(w[1] - limits[0]) as usize;
            (&columns[range.clone()], &values[range])
        })
    }
}

/// Fits trade shares to `flows` of regions with the row ranges `offsets` and the output `x`; entries within
/// `tolerance` of the fit, relative to it, count as equal.
///
/// # Errors
/// When regions have unequal numbers of sectors, a sector without output buys, the correction is not worth its memory,
/// a number is not finite, or the flows cannot be read.
pub fn streamed(flows: &(impl Flows + ?Sized), offsets: &[usize], x: &[f64], tolerance: f64) -> Result<Streamed> {
    let n = flows.dim();
    let products = offsets.get(1).copied().unwrap_or(0);
    let regular = products > 0 && offsets.iter().enumerate().all(|(r, &o)| o == r * products) && offsets.last() == Some(&n);
    if !regular || x.len() != n {
        let message = format!("the trade-share operator needs the same number of sectors in every region, and an output for {n} rows");
        return Err(Error::unsupported(message, "use `operator` csr"));
    }
    let mut fit = first_pass(flows, offsets, x)?;
    let correction = second_pass(flows, &mut fit, x, tolerance)?;
    let misfit = fit.misfit;
    Ok(Streamed { operator: fit.with(correction, tolerance)?, misfit })
}

fn first_pass(flows: &(impl Flows + ?Sized), offsets: &[usize], x: &[f64]) -> Result<Fit> {
    let (regions, s) = (offsets.len() - 1, offsets[1]);
    let weight = weights(x);
    let (mut domestic, mut technology) = (vec![0.0; regions * s * s], vec![0.0; regions * s * s]);
    let mut shares = vec![0.0; s * regions * regions];
    flows.batches(&mut |batch| {
        let cuts: Vec<Vec<usize>> = batch.rows().map(|(columns, _)| cuts(columns, offsets)).collect();
        let start = batch.limits[0];
        let blocks = domestic.par_chunks_mut(s * s).zip(technology.par_chunks_mut(s * s)).enumerate();
        // each buyer region adds up its part of the rows, in their order
        let sums: Vec<Vec<f64>> = blocks
            .map(|(q, (domestic, technology))| {
                let one = |(k, cuts): (usize, &Vec<usize>)| {
                    let row = batch.first + k;
                    let at = (batch.limits[k] - start) as usize;
                    let part = at + cuts[q]..at + cuts[q + 1];
                    let to = if row / s == q { &mut *domestic } else { &mut *technology };
                    let (columns, values) = (&batch.columns[part.clone()], &batch.values[part]);
                    let segment = if values.len() == s { Segment::Whole(values) } else { Segment::Listed(columns, values) };
                    segment.add(q * s, &weight[q * s..][..s], &mut to[row % s * s..][..s])
                };
                cuts.iter().enumerate().map(one).collect()
            })
            .collect();
        for (q, sums) in sums.iter().enumerate() {
            for (row, sum) in (batch.first..).zip(sums).filter(|(row, _)| row / s != q) {
                shares[(row % s * regions + row / s) * regions + q] = *sum;
            }
        }
        Ok(())
    })?;
    shares.par_chunks_mut(regions * regions).for_each(|shares| {
        for q in 0..regions {
            let total: f64 = (0..regions).map(|r| shares[r * regions + q]).sum();
            (0..regions).filter(|_| total > 0.0).for_each(|r| shares[r * regions + q] /= total);
        }
    });
    let mut fit = Fit { offsets: offsets.to_vec(), products: s, domestic, technology, shares, misfit: 0.0, weighted: Default::default() };
    fit.divide(x);
    Ok(fit)
}

/// As a fit in memory weighs buyers, times what the division by output takes away.
pub(super) fn weights(x: &[f64]) -> Vec<f64> {
    positive(x).into_iter().zip(x).map(|(weight, x)| if *x == 0.0 { 0.0 } else { weight / x.abs() }).collect()
}

impl Fit {
    /// From flows to coefficients, column by column; what was weighted is not kept.
    pub(super) fn divide(&mut self, x: &[f64]) {
        self.weighted = Default::default();
        let s = self.products;
        for blocks in [&mut self.domestic, &mut self.technology] {
            let rows = |(block, x): (&mut [f64], &[f64])| block.chunks_exact_mut(s).for_each(|row| per_output(row, x));
            blocks.par_chunks_mut(s * s).zip(x.par_chunks(s)).for_each(rows);
        }
    }
}

fn per_output(row: &mut [f64], x: &[f64]) {
    row.iter_mut().zip(x).for_each(|(v, x)| *v = if *x == 0.0 { 0.0 } else { *v / x });
}

/// Where each region's part of a row starts, and where the last ends.
fn cuts(columns: &[u32], offsets: &[usize]) -> Vec<usize> {
    let ends = offsets.windows(2).scan(0, |at, w| {
        *at += length(&columns[*at..], w[0]..w[1]);
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}

/// Entries of one row that differ from the fit: its part of the correction.
#[derive(Default)]
pub(super) struct Left {
    pub columns: Vec<u32>,
    pub values: Vec<f64>,
    apart: f64,
    size: f64,
    /// A column that buys and has no output.
    pub idle: Option<u32>,
}

fn second_pass(flows: &(impl Flows + ?Sized), fit: &mut Fit, x: &[f64], tolerance: f64) -> Result<Sparse> {
    let (n, s) = (flows.dim(), fit.products);
    let most = (MOST * flows.entries() as f64) as usize;
    let (mut indptr, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    let (mut apart, mut size) = (0.0, 0.0);
    let fitted = &*fit;
    flows.batches(&mut |batch| {
        let parts: Vec<Left> = batch
            .rows()
            .enumerate()
            .map_init(
                || (vec![0.0; s], Vec::new()),
                |(room, scaled), (k, row)| left(fitted, batch.first + k, row, x, tolerance, room, scaled),
            )
            .collect();
        for part in parts {
            if let Some(j) = part.idle {
                let message = format!("row {} of the table buys inputs and has no output", j + 1);
                return Err(Error::not_productive(message, "run isard audit; `operator` csr with `zero-output` treats such sectors"));
            }
            columns.extend(part.columns);
            values.extend(part.values);
            indptr.push(columns.len());
            apart += part.apart;
            size += part.size;
        }
        if columns.len() > most {
            let message = format!(
                "trade shares do not fit this table: after {} of {n} rows the correction has {} entries, Z has {} in all",
                indptr.len() - 1,
                columns.len(),
                flows.entries()
            );
            return Err(Error::memory(message, "use `operator` csr, or `operator` dense for a full table"));
        }
        Ok(())
    })?;
    fit.misfit = if size == 0.0 { 0.0 } else { apart / size };
    Ok(Sparse::new((n, n), indptr, columns, values))
}

/// Compares one row of `z / x` with the fit.
pub(super) fn left(
    fit: &Fit,
    row: usize,
    (columns, z): (&[u32], &[f64]),
    x: &[f64],
    tolerance: f64,
    room: &mut [f64],
    a: &mut Vec<f64>,
) -> Left {
    let mut left = Left::default();
    let (r, product) = (row / fit.products, row % fit.products);
    let mut at = 0;
    cut(columns, z, &fit.offsets, &mut |q, flows| {
        let (t, m) = fit.share_and_inputs(product, r, q);
        let start = fit.offsets[q];
        let values = flows.values();
        let places = &columns[at..at + values.len()];
        at += values.len();
        if let (Segment::Whole(z), true) = (flows, q != r) {
            let mut found = Apart::default();
            apart_any::<true>(t, m, z, &x[start..start + z.len()], tolerance, &mut found);
            if found.entries == 0 {
                left.apart += found.sum;
                left.size += found.size;
                return;
            }
        }
        a.clear();
        a.extend(places.iter().zip(values).map(|(&j, &z)| match x[j as usize] {
            0.0 => {
                if z != 0.0 {
                    left.idle = Some(j);
                }
                0.0
            }
            x => z / x,
        }));
        left.size += a.iter().map(|v| v.abs()).sum::<f64>();
        let segment = if let Segment::Whole(_) = flows { Segment::Whole(a) } else { Segment::Listed(places, a) };
        fit.difference((product, r, q), segment, room, &mut |j, fitted, d| {
            left.apart += d.abs();
            if differs(d.abs(), tolerance * fitted.abs()) {
                left.columns.push(j as u32);
                left.values.push(d);
            }
        });
    });
    left
}

/// How far a segment is from the fit, how many of its entries are by more than the tolerance, and its size.
#[derive(Default)]
struct Apart {
    sum: f64,
    size: f64,
    entries: u64,
}

/// A NaN is no fit.
#[inline(always)]
pub(super) fn differs(d: f64, limit: f64) -> bool {
    d > limit || d.is_nan()
}

const LANES: usize = 8;

/// `|z / x - t m|`, summed and compared; a column without output counts as apart. 24 bytes per entry, in order.
#[inline(always)]
fn apart<const L: u8, const ABS: bool>(t: f64, m: &[f64], z: &[f64], x: &[f64], tolerance: f64, found: &mut Apart) {
    let (mut sums, mut sizes, mut counts) = ([0.0; LANES], [0.0; LANES], [0u64; LANES]);
    let mut one = |lane: usize, m: f64, z: f64, x: f64| {
        let a = z / x;
        let d = (-t).mul_add(m, a).abs();
        sums[lane] += d;
        sizes[lane] += a.abs();
        counts[lane] += u64::from(differs(d, tolerance * (t * m).abs()));
    };
    let (mut ms, mut zs, mut xs) = (m.chunks_exact(LANES), z.chunks_exact(LANES), x.chunks_exact(LANES));
    for ((m, z), x) in (&mut ms).zip(&mut zs).zip(&mut xs) {
        for lane in 0..LANES {
            one(lane, m[lane], z[lane], x[lane]);
        }
    }
    ms.remainder().iter().zip(zs.remainder()).zip(xs.remainder()).for_each(|((m, z), x)| one(0, *m, *z, *x));
    found.sum = sums.iter().sum();
    found.size = sizes.iter().sum();
    found.entries = counts.iter().sum();
}

levels! { fn apart_any / apart_avx2 / apart_avx512 = apart<ABS>(t: f64, m: &[f64], z: &[f64], x: &[f64], tolerance: f64, found: &mut Apart) }
