//! Trade shares: `A_rs = diag(t_rs) M_s`, with exact domestic blocks and a sparse correction where wanted.
//!
//! `u_s = M_s x_s` for every buyer region s, then `y_r += sum_s t_rs o u_s`: `R S^2 + S R^2` multiply-adds in place
//! of `R^2 S^2`. Regions may share a technology (a class), products an R x R kernel (a group): then 1.7 million rows
//! (3,142 regions x 546 products) take half a gigabyte.
//! The sum `A = D + T M + C` is exact for any table when C = A - D - T M (see `detect`).
//! Chenery, *Regional analysis*, 1953; Moses, AER 45(5), 1955; Miller, Blair, *Input-Output Analysis*, 2nd ed., 3.4.

use std::borrow::Cow;
use std::ops::Range;

use ndarray::Array2;

use super::block::{Block, any_width};
use super::scratch::Pool;
use super::{Csr, Direction, Operator};
use crate::error::{Error, Result};
use crate::threads::prelude::*;

mod product;
mod shares;

use product::Order;
use shares::signs;
pub use shares::{Kernels, Numbers, Shares, shares_from_exports};

/// Kernels are written out product by product if domestic blocks, which are then at least as large, have this many numbers.
const KERNELS: usize = 1 << 26;

/// What a [`TradeShare`] is made of. R regions with S products (= sectors) each.
#[derive(Default)]
pub struct Factors {
    /// Number of regions R.
    pub regions: usize,
    /// Number of products S.
    pub products: usize,
    /// The technology class of each region (R).
    pub class: Vec<usize>,
    /// Inputs by product and buying sector, one S x S block per class, one after the other.
    pub technology: Vec<f64>,
    /// The share of each product used in a region that comes from each region.
    pub shares: Shares,
    /// The blocks `A_ss` themselves (R x S x S); the shares `t[i][s][s]` then count as zero.
    pub domestic: Option<Vec<f64>>,
    /// What is to be added to the factored form.
    pub correction: Option<Csr>,
    /// The largest error of an entry of the factored form, relative to that entry.
    pub tolerance: f64,
}

impl Factors {
    /// Makes sure that all lengths fit together.
    ///
    /// # Errors
    /// Naming the one that does not.
    pub fn check(&self) -> Result<()> {
        let (r, s) = (self.regions, self.products);
        let classes = self.class.iter().max().map_or(0, |c| c + 1);
        let lengths = [
            ("the list of classes", self.class.len(), r),
            ("the technology", self.technology.len(), classes * s * s),
            ("the list of domestic blocks", self.domestic.as_ref().map_or(r * s * s, Vec::len), r * s * s),
            ("the correction", self.correction.as_ref().map_or(r * s, Csr::dim), r * s),
        ];
        let wrong = lengths.into_iter().find(|(_, found, expected)| found != expected);
        if let Some((what, found, expected)) = wrong.or_else(|| self.shares.misfit(r, s)) {
            return Err(Error::shape(
                format!("trade shares of {r} regions x {s} products: {what} has length {found}, expected {expected}"),
                "",
            ));
        }
        if r * s == 0 {
            return Err(Error::range("trade shares need at least one region and one product", ""));
        }
        Ok(())
    }
}

/// A by its trade shares and technologies.
pub struct TradeShare {
    factors: Factors,
    order: Order,
    negative: bool,
    pool: Pool,
    /// Buffers of one piece of work.
    local: Pool,
}

impl TradeShare {
    /// Takes the factors.
    ///
    /// # Errors
    /// When lengths do not fit together or a number is not finite.
    pub fn new(mut factors: Factors) -> Result<Self> {
        factors.check()?;
        if factors.domestic.is_some() {
            factors.shares.clear_own(factors.regions);
        }
        let not_finite = || Error::range("a trade share or a coefficient is not a finite number", "correct the factors");
        let parts = [signs(&factors.technology), factors.shares.signs(), signs(factors.domestic.as_deref().unwrap_or_default())];
        let negative = parts.into_iter().try_fold(false, |any, part| part.map(|p| any | p)).ok_or_else(not_finite)?;
        if factors.tolerance.is_nan() {
            return Err(not_finite());
        }
        let negative = negative || factors.correction.as_ref().is_some_and(Operator::has_negative);
        let order = Order::new(&factors.class);
        Ok(TradeShare { factors, order, negative, pool: Pool::default(), local: Pool::default() })
    }

    /// The factors.
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Gives the factors back; where there are domestic blocks, with the shares of the own region at zero.
    pub fn into_factors(self) -> Factors {
        self.factors
    }

    /// Number of regions R and of products S.
    pub fn shape(&self) -> (usize, usize) {
        (self.factors.regions, self.factors.products)
    }

    /// `M_s` (S x S, by rows).
    pub fn technology(&self, region: usize) -> &[f64] {
        let size = self.factors.products * self.factors.products;
        &self.factors.technology[self.factors.class[region] * size..][..size]
    }

    /// The share of each product used in a region (S x R x R): as it is kept, or made of kernels where that takes no more
    /// room than what a refinement keeps besides.
    pub fn product_shares(&self) -> Option<Cow<'_, [f64]>> {
        let (regions, s) = self.shape();
        match &self.factors.shares {
            Shares::Products(shares) => Some(Cow::Borrowed(shares)),
            Shares::Kernels(_) if !self.has_product_shares() => None,
            Shares::Kernels(kernels) => {
                let mut all = vec![0.0; s * regions * regions];
                all.par_chunks_mut(regions * regions).enumerate().for_each(|(i, shares)| kernels.shares((regions, s), i, shares));
                Some(Cow::Owned(all))
            }
        }
    }

    fn domestic(&self, region: usize) -> Option<Block<'_>> {
        let s = self.factors.products;
        self.factors.domestic.as_ref().map(|d| Block::square(&d[region * s * s..][..s * s], s))
    }

    /// Row `i` of product rows as region `q` buys from region `r`, and the share that goes with it, but for the correction.
    fn factored(&self, r: usize, i: usize, q: usize) -> (f64, &[f64]) {
        let (regions, s) = self.shape();
        match &self.factors.domestic {
            Some(blocks) if r == q => (1.0, &blocks[(r * s + i) * s..][..s]),
            _ => (self.factors.shares.get((regions, s), (i, r, q)), &self.technology(q)[i * s..][..s]),
        }
    }

    fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.dim() * k, self.dim() * k), "panels of n x k");
        match &self.factors.correction {
            None => y.fill(0.0),
            Some(c) if ABS => c.apply_abs(direction, k, x, y),
            Some(c) => c.apply(direction, k, x, y),
        }
        match direction {
            _ if k == 0 => {}
            Direction::Forward => self.forward::<ABS>(k, x, y),
            Direction::Transposed => self.transposed::<ABS>(k, x, y),
        }
    }
}

impl Operator for TradeShare {
    fn dim(&self) -> usize {
        self.factors.regions * self.factors.products
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<false>(direction, k, x, y);
    }
    /// `(|D| + |T| |M| + |C|) x`: for `x >= 0` an upper bound of `|A| x`, equal to it when nothing is negative.
    /// Certificates stay rigorous: `z' (I - N) >= |c|'` with `N >= |A|` implies the same with `|A|`.
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<true>(direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        // the chain of C, then of D, then one term that went through M (S) and T (R), with kernels through supply and
        // demand too; 8 for the sums between them and the making of t, m and c; the tolerance of the fit in units of
        // rounding
        let (regions, s) = self.shape();
        let own = if self.factors.domestic.is_some() { s } else { 0 };
        let correction = self.factors.correction.as_ref().map_or(0.0, |c| c.rounding_steps(direction));
        let weights = if self.factors.shares.products().is_none() { 2 } else { 0 };
        correction + (own + s + regions + weights + 8) as f64 + (self.factors.tolerance / (0.5 * f64::EPSILON)).ceil()
    }
    fn entries(&self) -> usize {
        let f = &self.factors;
        f.technology.len()
            + f.shares.entries()
            + f.domestic.as_ref().map_or(0, Vec::len)
            + f.correction.as_ref().map_or(0, Operator::entries)
    }
    fn takes_any_width(&self) -> bool {
        self.factors.correction.is_none() && any_width()
    }
    /// Whether any factor is, or the correction has, a negative number: A may then have one.
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn has_product_shares(&self) -> bool {
        let (regions, s) = self.shape();
        matches!(self.factors.shares, Shares::Products(_)) || regions <= s && regions.saturating_mul(s * s) <= KERNELS
    }
    fn name(&self) -> &'static str {
        if self.factors.correction.is_some() { "trade-share + correction" } else { "trade-share" }
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let (start, s) = (range.start, self.factors.products);
        let mut block = match &self.factors.correction {
            Some(c) => c.block(range.clone()),
            None => Array2::zeros((range.len(), range.len())),
        };
        for (row, mut to) in range.clone().zip(block.rows_mut()) {
            for q in start / s..range.end.div_ceil(s) {
                let columns = range.start.max(q * s)..range.end.min((q + 1) * s);
                let (share, from) = self.factored(row / s, row % s, q);
                let to = &mut to.as_slice_mut().expect("a row without gaps")[columns.start - start..];
                to.iter_mut().zip(&from[columns.start - q * s..columns.end - q * s]).for_each(|(v, m)| *v += share * m);
            }
        }
        block
    }
}
