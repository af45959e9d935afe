//! Trade-share refinement: `d = (I - D - T M)^-1 r` nearly, then the true residual on the true A.
//!
//! D: the domestic blocks, exact; T M: one fitted import pattern per product and buyer region (`operator/detect`).
//! With `E = I - D` and `P_s = M_s E_s^-1`, imports by use solve `u = P (r + T u)`, and `d = E^-1 (r + T u)`;
//! transposed, `z = E^-T c + P' w` with `w = T' z`. Both run a fixed number of sweeps, chosen once from the measured
//! contraction and the misfit, so a column's bits depend on nothing but the column. R S^2 + S R^2 entries a sweep.
//! A block Jacobi preconditioner (Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed., 4.1) with a low-rank
//! coupling (cf. Woodbury); Higham, *Accuracy and Stability*, ch. 12 for refinement.

use rayon::prelude::*;

use super::DenseLu;
use super::splitting::negated_plus_identity;
use crate::error::{Error, Result};
use crate::operator::detect::Segments;
use crate::operator::{Block, Direction, Fit, Operator, Pool, Rows, TradeShare, WORTH_THREADS, each_chunk, multiply, multiply_transposed};

/// Sweeps of the power iteration that measures the contraction.
const PROBE: usize = 12;
/// No more inner sweeps than this, and they must leave no more than that of an error: else other methods take over.
const MOST_SWEEPS: i32 = 48;
const LEFT_OVER: f64 = 0.1;
/// The inner error asked for: this share of the misfit, but within the limits.
const INNER_SHARE: f64 = 2e-3;
const INNER_LEAST: f64 = 1e-7;
const INNER_MOST: f64 = 5e-4;

/// The factored system, ready to be solved again and again.
pub struct Refinement {
    offsets: Vec<usize>,
    products: usize,
    blocks: Vec<DenseLu>,
    /// `P_s = M_s E_s^-1`, S x S_s each, one after the other.
    used: Vec<f64>,
    shares: Vec<f64>,
    sweeps: usize,
    contraction: f64,
    misfit: f64,
    pool: Pool,
}

impl Refinement {
    /// Fits the table, buyers weighted by their output where it is known (n), and prepares its factored system; one
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
        let (s, misfit) = (fit.products, fit.misfit);
        let technology = |q: usize| &fit.technology[q * s * s..][..s * s];
        let block = |q: usize, n: usize| ndarray::Array2::from_shape_fn((n, n), |(i, j)| fit.domestic[(q * s + i) * s + j]);
        Self::prepare(fit.offsets.clone(), s, technology, block, fit.shares.clone(), misfit, nonnegative)
    }

    /// The factors of a trade-share operator themselves; its correction is left to the refinement.
    ///
    /// # Errors
    /// As [`Refinement::new`].
    pub fn from_trade_share(a: &TradeShare) -> Result<Self> {
        let (regions, s) = a.shape();
        let Some(mut shares) = a.factors().shares.products().map(<[f64]>::to_vec) else {
            return Err(Error::invalid(
                "trade-share refinement needs the trade shares of each product, these factors share kernels between products",
                "use power-series or gmres",
            ));
        };
        shares.chunks_exact_mut(regions * regions).for_each(|t| t.iter_mut().step_by(regions + 1).for_each(|v| *v = 0.0));
        let misfit = if a.factors().correction.is_some() { INNER_MOST } else { 0.0 };
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
        let regions = offsets.len() - 1;
        let prepared: Vec<(DenseLu, Vec<f64>)> = (0..regions)
            .into_par_iter()
            .map(|q| {
                let n = offsets[q + 1] - offsets[q];
                let lu =
                    DenseLu::new(negated_plus_identity(block(q, n))).filter(|lu| !nonnegative || productive(lu, n)).ok_or_else(|| {
                        Error::invalid(
                            format!("the domestic inputs of region {} are not productive on their own", q + 1),
                            "run `isard audit`; use --method region-gauss-seidel",
                        )
                    })?;
                let mut used: Vec<f64> = technology(q).chunks_exact(products).flat_map(|row| &row[..n]).copied().collect();
                lu.divide_rows(&mut used);
                Ok((lu, used))
            })
            .collect::<Result<_>>()?;
        let (blocks, used): (Vec<DenseLu>, Vec<Vec<f64>>) = prepared.into_iter().unzip();
        let pool = Pool::default();
        let mut ready = Refinement { offsets, products, blocks, used: used.concat(), shares, sweeps: 0, contraction: 0.0, misfit, pool };
        ready.contraction = ready.probe();
        let contracts = ready.contraction.powi(MOST_SWEEPS) <= LEFT_OVER; // not if NaN
        if !contracts {
            return Err(Error::invalid(
                format!("trade-share refinement does not contract here: {:.3} per inner sweep", ready.contraction),
                "use --method region-gauss-seidel; `isard audit` says whether the system is productive",
            ));
        }
        let wanted = (INNER_SHARE * misfit).clamp(INNER_LEAST, INNER_MOST);
        ready.sweeps = match ready.contraction {
            0.0 => 0,
            rate => (wanted.ln() / rate.ln()).ceil().min(f64::from(MOST_SWEEPS)) as usize,
        };
        Ok(ready)
    }

    /// Inner sweeps of one refinement.
    pub fn sweeps(&self) -> usize {
        self.sweeps
    }

    /// What an inner sweep leaves of an error, measured.
    pub fn contraction(&self) -> f64 {
        self.contraction
    }

    /// `sum |A - A_fit| / sum |A|`, sampled.
    pub fn misfit(&self) -> f64 {
        self.misfit
    }

    /// Stored numbers.
    pub fn entries(&self) -> usize {
        self.used.len() + self.shares.len() + self.offsets.windows(2).map(|w| (w[1] - w[0]).pow(2)).sum::<usize>()
    }

    /// `d = M^-1 r` (or with M') on a panel.
    pub fn step(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]) {
        let (regions, s) = (self.blocks.len(), self.products);
        self.pool.with((2 * s * k + s * k) * regions, |buffer| {
            let (work, supplied) = buffer.split_at_mut(2 * s * k * regions);
            match direction {
                Direction::Forward => self.forward(k, r, work, supplied),
                Direction::Transposed => self.transposed(k, r, work, supplied),
            }
            for (q, chunk) in work.chunks_exact(2 * s * k).enumerate() {
                let rows = self.rows(q, k);
                let length = rows.len();
                d[rows].copy_from_slice(&chunk[..length]);
            }
        });
    }

    fn rows(&self, region: usize, k: usize) -> std::ops::Range<usize> {
        self.offsets[region] * k..self.offsets[region + 1] * k
    }

    fn used(&self, region: usize) -> Block<'_> {
        let (s, n) = (self.products, self.offsets[region + 1] - self.offsets[region]);
        Block { data: &self.used[s * self.offsets[region]..][..s * n], rows: s, columns: n, stride: n }
    }

    fn shares(&self, product: usize) -> Block<'_> {
        let regions = self.blocks.len();
        Block::square(&self.shares[product * regions * regions..][..regions * regions], regions)
    }

    /// `work` holds (v_q, u_q) for each region, S x k each; the answer is left in v.
    fn forward(&self, k: usize, r: &[f64], work: &mut [f64], supplied: &mut [f64]) {
        let (regions, s, parallel) = (self.blocks.len(), self.products, self.worth_threads(k));
        let width = s * k;
        for sweep in 0..=self.sweeps {
            let last = sweep == self.sweeps;
            let came: &[f64] = supplied;
            each_chunk(parallel, work, 2 * width, |q, chunk| {
                let (v, u) = chunk.split_at_mut(width);
                let given = &r[self.rows(q, k)];
                for ((i, to), from) in v.chunks_exact_mut(k).enumerate().zip(given.chunks_exact(k)) {
                    let came = &came[(i * regions + q) * k..][..k];
                    to.iter_mut().zip(from).zip(came).for_each(|((to, r), c)| *to = r + c);
                }
                if last {
                    self.blocks[q].solve(Direction::Forward, k, &mut v[..given.len()]);
                } else {
                    u.fill(0.0);
                    multiply::<false, _>(self.used(q), k, Rows { data: v, stride: k }, u);
                }
            });
            if !last {
                let used: &[f64] = work;
                each_chunk(parallel, supplied, regions * k, |i, to| {
                    to.fill(0.0);
                    multiply::<false, _>(self.shares(i), k, Rows { data: &used[width + i * k..], stride: 2 * width }, to);
                });
            }
        }
    }

    /// `work` holds (z_q, E_q^-T c_q) for each region; the answer is left in z.
    fn transposed(&self, k: usize, r: &[f64], work: &mut [f64], bought: &mut [f64]) {
        let (regions, s, parallel) = (self.blocks.len(), self.products, self.worth_threads(k));
        let width = s * k;
        each_chunk(parallel, work, 2 * width, |q, chunk| {
            let (z, start) = chunk.split_at_mut(width);
            let given = &r[self.rows(q, k)];
            start[..given.len()].copy_from_slice(given);
            self.blocks[q].solve(Direction::Transposed, k, &mut start[..given.len()]);
            z.copy_from_slice(start);
        });
        for _ in 0..self.sweeps {
            let z: &[f64] = work;
            each_chunk(parallel, bought, regions * k, |i, to| {
                to.fill(0.0);
                multiply_transposed::<false, _>(self.shares(i), k, Rows { data: &z[i * k..], stride: 2 * width }, to);
            });
            let bought: &[f64] = bought;
            each_chunk(parallel, work, 2 * width, |q, chunk| {
                let (z, start) = chunk.split_at_mut(width);
                z.copy_from_slice(start);
                multiply_transposed::<false, _>(self.used(q), k, Rows { data: &bought[q * k..], stride: regions * k }, z);
            });
        }
    }

    /// The contraction of `u -> P T u`: growth of a positive vector over the last sweeps of a power iteration.
    fn probe(&self) -> f64 {
        let (regions, s) = (self.blocks.len(), self.products);
        let (mut u, mut v) = (vec![1.0; regions * s], vec![0.0; regions * s]);
        let mut supplied = vec![0.0; regions * s];
        let mut sizes = Vec::with_capacity(PROBE);
        for _ in 0..PROBE {
            supplied.fill(0.0);
            for (i, to) in supplied.chunks_exact_mut(regions).enumerate() {
                multiply::<false, _>(self.shares(i), 1, Rows { data: &u[i..], stride: s }, to);
            }
            v.iter_mut().enumerate().for_each(|(at, v)| *v = supplied[(at % s) * regions + at / s]);
            u.fill(0.0);
            for (q, to) in u.chunks_exact_mut(s).enumerate() {
                multiply::<false, _>(self.used(q), 1, Rows { data: &v[q * s..], stride: 1 }, to);
            }
            let size = u.iter().map(|v| v.abs()).sum::<f64>();
            if size == 0.0 {
                return 0.0;
            }
            sizes.push(size);
        }
        let half = PROBE / 2;
        (sizes[PROBE - 1] / sizes[PROBE - 1 - half]).powf(1.0 / half as f64)
    }

    fn worth_threads(&self, k: usize) -> bool {
        (self.used.len() + self.shares.len()) * k >= WORTH_THREADS
    }
}

/// Whether `w' (I - A_ss) = 1'` has a positive answer: then, with `A_ss >= 0`, the block is productive.
fn productive(lu: &DenseLu, n: usize) -> bool {
    let mut w = vec![1.0; n];
    lu.solve(Direction::Transposed, 1, &mut w);
    w.iter().all(|v| *v > 0.0 && v.is_finite())
}
