//! Trade-share refinement: `d = (I - D - T M)^-1 r` nearly, then the true residual on the true A.
//!
//! D: the domestic blocks, exact; T M: one fitted import pattern per product and buyer region (`operator/detect`).
//! With `E = I - D` and `P_s = M_s E_s^-1`, imports by use solve `u = P (r + T u)`, and `d = E^-1 (r + T u)`;
//! transposed, `z = E^-T c + P' w` with `w = T' z`. Both by one polynomial in `P T` (`polynomial`), whose degree the misfit
//! asks for, in single precision, each column by its own power of two: a column's bits depend on nothing but the column,
//! and a step gains up to six digits. R S^2 + S R^2 entries a sweep, 4 bytes each.
//! A block Jacobi preconditioner (Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed., 4.1) with a low-rank
//! coupling (cf. Woodbury); Higham, *Accuracy and Stability*, ch. 12 for refinement, also in mixed precision.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::MAX_WIDTH;
use super::inverse::inverse;
use super::panel::{divided, powers};
use super::polynomial::{Polynomial, norm};
use super::splitting::negated_plus_identity;
use crate::error::{Error, Result};
use crate::operator::detect::Segments;
use crate::operator::{Block, Direction, Fit, Operator, Pool, Rows, TradeShare, WORTH_THREADS, each_chunk, each_piece, multiply};
use crate::threads::prelude::*;

/// No more inner sweeps than this, and they must leave no more than that of an error: else other methods take over.
const MOST_SWEEPS: usize = 16;
const LEFT_OVER: f64 = 0.1;
/// What the inverse of a block may be off by.
const INVERTED: f64 = 1e-3;
/// The inner error asked for: this share of the misfit, but within the limits.
const INNER_SHARE: f64 = 2e-3;
const INNER_LEAST: f64 = 1e-6;
const INNER_MOST: f64 = 5e-4;
/// From this inner error on, the residual of the first step may be made in single precision.
const ROUGH: f64 = 1e-5;

/// The factorised system, ready to be solved again and again.
pub struct Refinement {
    offsets: Vec<usize>,
    products: usize,
    forward: Parts,
    /// The same, each block turned: made when it is first asked for.
    transposed: OnceLock<Parts>,
    /// Inner sweeps: a polynomial in `P T`.
    inner: Polynomial,
    misfit: f64,
    /// A vector and `|A|` times it, empty where there was no fit.
    weighted: (Vec<f64>, Vec<f64>),
    pool: Pool,
}

/// Blocks of the factorised system, one after the other in each list.
struct Parts {
    /// `E_s^-1`, S_s x S_s.
    inverse: Vec<f32>,
    /// `P_s = M_s E_s^-1`, S x S_s.
    used: Vec<f32>,
    /// `T_i`, R x R.
    shares: Vec<f32>,
}

impl Refinement {
    /// Fits the table, buyers weighted by their output where it is known (n), and prepares its factorised system; one
    /// pass over A.
    ///
    /// # Errors
    /// When a domestic block is singular or not productive, or the inner sweeps do not contract.
    pub fn new(a: &(impl Segments + Operator), offsets: &[usize], output: Option<&[f64]>) -> Result<Self> {
        Self::from_fit(Fit::new(a, offsets, output)?, !a.has_negative())
    }

    /// Uses a fit at hand; `nonnegative` says that no entry is negative, so that blocks can be checked to be productive.
    ///
    /// # Errors
    /// As [`Refinement::new`].
    pub fn from_fit(fit: Fit, nonnegative: bool) -> Result<Self> {
        let Fit { offsets, products: s, domestic, technology, shares, misfit, weighted } = fit;
        let technology = |q: usize| &technology[q * s * s..][..s * s];
        let block = |q: usize, n: usize| ndarray::Array2::from_shape_fn((n, n), |(i, j)| domestic[(q * s + i) * s + j]);
        let ready = Self::prepare(offsets, s, technology, block, shares, misfit, nonnegative)?;
        Ok(Refinement { weighted, ..ready })
    }

    /// The shares and technologies of a trade-share operator themselves; its correction is left to the refinement.
    ///
    /// # Errors
    /// As [`Refinement::new`].
    pub fn from_trade_share(a: &TradeShare) -> Result<Self> {
        let (regions, s) = a.shape();
        let Some(mut shares) = a.product_shares().map(Cow::into_owned) else {
            return Err(Error::unsupported(
                "trade-share refinement needs the trade shares of each product, these share kernels between too many regions",
                "use power-series or gmres",
            ));
        };
        shares.chunks_exact_mut(regions * regions).for_each(|t| t.iter_mut().step_by(regions + 1).for_each(|v| *v = 0.0));
        let misfit = if a.form().correction.is_some() { INNER_MOST } else { 0.0 };
        let block = |q: usize, n: usize| a.block(q * n..(q + 1) * n);
        Self::prepare((0..=regions).map(|r| r * s).collect(), s, |q| a.technology(q), block, shares, misfit, !a.has_negative())
    }

    fn prepare<'t>(
        offsets: Vec<usize>,
        products: usize,
        technology: impl Fn(usize) -> &'t [f64] + Sync,
        block: impl Fn(usize, usize) -> ndarray::Array2<f64> + Sync,
        shares: Vec<f64>,
        misfit: f64,
        nonnegative: bool,
    ) -> Result<Self> {
        let sizes: Vec<usize> = offsets.windows(2).map(|w| w[1] - w[0]).collect();
        let (mut inverses, mut used) = (vec![0.0; sizes.iter().map(|n| n * n).sum()], vec![0.0; products * offsets[sizes.len()]]);
        // each region writes its own part
        let mut jobs = Vec::with_capacity(sizes.len());
        let (mut rest, mut tail) = (inverses.as_mut_slice(), used.as_mut_slice());
        for (q, n) in sizes.into_iter().enumerate() {
            let (inverse, used);
            (inverse, rest) = rest.split_at_mut(n * n);
            (used, tail) = tail.split_at_mut(products * n);
            jobs.push((q, n, inverse, used));
        }
        jobs.into_par_iter().try_for_each(|(q, n, to, used)| {
            let left: Vec<f32> = negated_plus_identity(block(q, n)).as_slice().expect("rows in order").iter().map(|v| *v as f32).collect();
            to.copy_from_slice(&inverse(Block::square(&left, n)));
            if !(inverts(to, &left, n) && (!nonnegative || productive(to, n))) {
                return Err(Error::not_productive(
                    format!("the domestic inputs of region {} are not productive on their own", q + 1),
                    "run `isard audit`; use `method` region-gauss-seidel",
                ));
            }
            let technology: Vec<f32> = technology(q).iter().map(|v| *v as f32).collect();
            let technology = Block { data: &technology, rows: products, columns: n, stride: products };
            multiply::<false, _, _>(technology, n, Rows { data: to, stride: n }, used);
            Ok(())
        })?;
        let forward = Parts { inverse: inverses, used, shares: shares.par_iter().map(|&v| v as f32).collect() };
        let inner = Polynomial { coefficients: Vec::new(), left: 0.0 };
        let (transposed, weighted, pool) = (OnceLock::new(), Default::default(), Pool::default());
        let mut ready = Refinement { offsets, products, forward, transposed, inner, misfit, weighted, pool };
        ready.inner = ready.fitted(nonnegative)?;
        Ok(ready)
    }

    /// Inner sweeps of one refinement.
    pub fn sweeps(&self) -> usize {
        self.inner.coefficients.len()
    }

    /// What the inner sweeps leave of an error, measured.
    pub fn left_over(&self) -> f64 {
        self.inner.left
    }

    /// `sum |A - A_fit| / sum |A|`, sampled.
    pub fn misfit(&self) -> f64 {
        self.misfit
    }

    /// Whether a first step leaves so much that single precision can tell it.
    pub(super) fn is_rough(&self) -> bool {
        INNER_SHARE * self.misfit >= ROUGH
    }

    /// `|A| v`, where `v` is what buyers were weighted by: the fit had it on its way.
    pub fn inputs_of(&self, v: &[f64]) -> Option<&[f64]> {
        (self.weighted.0 == v).then_some(&self.weighted.1)
    }

    /// Stored numbers.
    pub fn entries(&self) -> usize {
        self.forward.inverse.len() + self.forward.used.len() + self.forward.shares.len()
    }

    /// `d = M^-1 r` (or with M') on a panel.
    pub fn step(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]) {
        let (regions, s) = (self.regions(), self.products);
        let (size, parallel) = (s * k * regions, self.worth_threads(k));
        let mut scale = [0.0; MAX_WIDTH];
        powers(k, r, &mut scale);
        let scale = &scale[..k];
        // three panels of half the bytes
        self.pool.with_any((3 * size).div_ceil(2), |buffer| {
            let (work, rest) = bytemuck::cast_slice_mut::<f64, f32>(buffer).split_at_mut(2 * size);
            // until the answer is written, its place holds what it answers, each column divided by its scale
            let given = &mut bytemuck::cast_slice_mut::<f64, f32>(d)[..r.len()];
            divided(k, given, r, scale);
            match direction {
                Direction::Forward => self.forward(k, given, work, &mut rest[..size]),
                Direction::Transposed => self.transposed(k, given, work, &mut rest[..size]),
            }
            let work: &[f32] = work;
            let copy = |q: usize, d: &mut [f64]| {
                for (d, found) in d.chunks_exact_mut(k).zip(work[2 * q * s * k..].chunks_exact(k)) {
                    d.iter_mut().zip(found).zip(scale).for_each(|((d, v), scale)| *d = f64::from(*v) * scale);
                }
            };
            each_piece(parallel, d, 0..regions, &|q| self.offsets[q] * k, &copy);
        });
    }

    fn regions(&self) -> usize {
        self.offsets.len() - 1
    }

    fn rows(&self, region: usize, k: usize) -> Range<usize> {
        self.offsets[region] * k..self.offsets[region + 1] * k
    }

    /// `work` holds (v_q, u_q) for each region, S x k each; the answer is left in v.
    fn forward(&self, k: usize, r: &[f32], work: &mut [f32], supplied: &mut [f32]) {
        let (regions, s, parallel) = (self.regions(), self.products, self.worth_threads(k));
        let width = s * k;
        supplied.fill(0.0);
        // the coefficients from the last on, and at the end E^-1 (r + T u)
        for sweep in (0..=self.sweeps()).rev() {
            let last = sweep == 0;
            let share = if last { 1.0 } else { self.inner.coefficients[sweep - 1] as f32 };
            let came: &[f32] = supplied;
            each_chunk(parallel, work, 2 * width, |q, chunk| {
                let (v, u) = chunk.split_at_mut(width);
                let given = &r[self.rows(q, k)];
                let (from, to) = if last { (u, v) } else { (v, u) };
                for ((i, to), given) in from.chunks_exact_mut(k).enumerate().zip(given.chunks_exact(k)) {
                    let came = &came[(i * regions + q) * k..][..k];
                    to.iter_mut().zip(given).zip(came).for_each(|((to, r), c)| *to = r * share + c);
                }
                let block = if last { self.inverse(&self.forward, q) } else { self.used(&self.forward, q) };
                to.fill(0.0);
                multiply::<false, _, _>(block, k, Rows { data: from, stride: k }, to);
            });
            if !last {
                self.trade(&self.forward, k, &work[width..], 2 * width, supplied);
            }
        }
    }

    /// `work` holds (z_q, E_q^-T c_q) for each region; the answer is left in z.
    fn transposed(&self, k: usize, r: &[f32], work: &mut [f32], bought: &mut [f32]) {
        let (regions, s, parallel) = (self.regions(), self.products, self.worth_threads(k));
        let (width, parts) = (s * k, self.transposed.get_or_init(|| self.turned()));
        each_chunk(parallel, work, 2 * width, |q, chunk| {
            let (z, start) = chunk.split_at_mut(width);
            start.fill(0.0);
            multiply::<false, _, _>(self.inverse(parts, q), k, Rows { data: &r[self.rows(q, k)], stride: k }, start);
            z.copy_from_slice(start);
        });
        let last = self.inner.coefficients.last().map_or(1.0, |c| *c as f32);
        each_chunk(parallel, work, 2 * width, |_, chunk| chunk[..width].iter_mut().for_each(|z| *z *= last));
        for sweep in (0..self.sweeps()).rev() {
            let share = if sweep == 0 { 1.0 } else { self.inner.coefficients[sweep - 1] as f32 };
            self.trade(parts, k, work, 2 * width, bought);
            let bought: &[f32] = bought;
            each_chunk(parallel, work, 2 * width, |q, chunk| {
                let (z, start) = chunk.split_at_mut(width);
                z.iter_mut().zip(&*start).for_each(|(z, start)| *z = share * start);
                let used = self.used(parts, q);
                let block = Block { rows: used.columns, columns: s, stride: s, data: used.data };
                multiply::<false, _, _>(block, k, Rows { data: &bought[q * k..], stride: regions * k }, z);
            });
        }
    }

    /// `T_i` times the rows of product i in `from`, whose regions are `apart`, for every product.
    fn trade(&self, parts: &Parts, k: usize, from: &[f32], apart: usize, to: &mut [f32]) {
        let regions = self.regions();
        each_chunk(self.worth_threads(k), to, regions * k, |i, to| {
            to.fill(0.0);
            let shares = Block::square(&parts.shares[i * regions * regions..][..regions * regions], regions);
            multiply::<false, _, _>(shares, k, Rows { data: &from[i * k..], stride: apart }, to);
        });
    }

    fn inverse<'a>(&self, parts: &'a Parts, region: usize) -> Block<'a, f32> {
        let size = |q: usize| self.offsets[q + 1] - self.offsets[q];
        let start: usize = (0..region).map(|q| size(q) * size(q)).sum();
        Block::square(&parts.inverse[start..][..size(region) * size(region)], size(region))
    }

    fn used<'a>(&self, parts: &'a Parts, region: usize) -> Block<'a, f32> {
        let (s, n) = (self.products, self.offsets[region + 1] - self.offsets[region]);
        Block { data: &parts.used[s * self.offsets[region]..][..s * n], rows: s, columns: n, stride: n }
    }

    fn turned(&self) -> Parts {
        let regions = 0..self.regions();
        let squares = self.forward.shares.par_chunks(self.regions().pow(2).max(1));
        Parts {
            inverse: regions.clone().into_par_iter().map(|q| turned(self.inverse(&self.forward, q))).collect::<Vec<_>>().concat(),
            used: regions.into_par_iter().map(|q| turned(self.used(&self.forward, q))).collect::<Vec<_>>().concat(),
            shares: squares.map(|t| turned(Block::square(t, self.regions()))).collect::<Vec<_>>().concat(),
        }
    }

    /// The polynomial in `P T`, from imports by use of positive numbers without a pattern.
    fn fitted(&self, nonnegative: bool) -> Result<Polynomial> {
        let (regions, s) = (self.regions(), self.products);
        let mut supplied = vec![0.0f32; regions * s];
        let used = |supplied: &[f32], u: &mut [f32]| {
            each_chunk(self.worth_threads(1), u, s, |q, u| {
                let used = self.used(&self.forward, q);
                let v: Vec<f32> = supplied.iter().skip(q).step_by(regions).take(used.columns).copied().collect();
                u.iter_mut().zip(used.data.chunks_exact(used.stride)).for_each(|(u, row)| *u = dot(row, &v));
            });
        };
        // the golden ratio's multiples fill the unit interval evenly
        let any: Vec<f32> = (0..regions * s).map(|i| (0.5 + (i as f64 * 0.618_033_988_749_894_9).fract()) as f32).collect();
        let mut single = vec![0.0f32; regions * s];
        used(&any, &mut single);
        let b: Vec<f64> = single.iter().map(|v| f64::from(*v)).collect();
        let mut product = |u: &[f64], w: &mut [f64]| {
            single.iter_mut().zip(u).for_each(|(s, u)| *s = *u as f32);
            self.trade(&self.forward, 1, &single, s, &mut supplied);
            used(&supplied, &mut single);
            w.iter_mut().zip(&single).for_each(|(w, s)| *w = f64::from(*s));
        };
        let wanted = (INNER_SHARE * self.misfit).clamp(INNER_LEAST, INNER_MOST);
        let mut inner = Polynomial::new(&b, wanted, MOST_SWEEPS, &mut product);
        // where P T >= 0 and b > 0, the answer is positive if and only if the radius of P T is below 1
        let answer = inner.apply(&b, &mut product);
        let largest = answer.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let feeds_itself = nonnegative && answer.iter().any(|v| *v < -wanted * largest);
        // what is left in single precision
        let mut image = vec![0.0; b.len()];
        product(&answer, &mut image);
        image.iter_mut().zip(&b).zip(&answer).for_each(|((i, b), u)| *i += b - u);
        inner.left = norm(&image) / norm(&b).max(f64::MIN_POSITIVE);
        let why = match inner.left {
            _ if feeds_itself => "imports feed themselves".to_string(),
            left if left <= LEFT_OVER => return Ok(inner),
            left => format!("{left:.1e} is left after {} inner sweeps", inner.coefficients.len()),
        };
        Err(Error::not_solved(
            format!("trade-share refinement does not contract here: {why}"),
            "use `method` region-gauss-seidel; `isard audit` says whether the system is productive",
        ))
    }

    fn worth_threads(&self, k: usize) -> bool {
        (self.forward.used.len() + self.forward.shares.len()) * k >= WORTH_THREADS
    }
}

/// `a' b` by sixteen sums: of any order, as no answer is made of it.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (mut a, mut b) = (a.chunks_exact(16), b.chunks_exact(16));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        sums.iter_mut().zip(a).zip(b).for_each(|((s, a), b)| *s += a * b);
    }
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// The transpose of a block, without gaps.
fn turned(a: Block<f32>) -> Vec<f32> {
    (0..a.columns).flat_map(|j| (0..a.rows).map(move |i| a.data[i * a.stride + j])).collect()
}

/// The sums of the columns.
fn column_sums(rows: &[f32], n: usize) -> Vec<f64> {
    rows.chunks_exact(n).fold(vec![0.0; n], |mut sums, row| {
        sums.iter_mut().zip(row).for_each(|(s, v)| *s += f64::from(*v));
        sums
    })
}

/// Whether `1' (I - A_ss)^-1` is positive: then, with `A_ss >= 0`, the block is productive.
fn productive(inverse: &[f32], n: usize) -> bool {
    column_sums(inverse, n).iter().all(|v| *v > 0.0 && v.is_finite())
}

/// Whether `1' X (I - A_ss)` is `1'` well enough for refinement.
fn inverts(inverse: &[f32], block: &[f32], n: usize) -> bool {
    let mut image = vec![0.0; n];
    for (by, row) in column_sums(inverse, n).iter().zip(block.chunks_exact(n)) {
        image.iter_mut().zip(row).for_each(|(s, v)| *s += by * f64::from(*v));
    }
    image.iter().all(|v| (v - 1.0).abs() <= INVERTED)
}
