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
pub struct ShareForm {
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
    /// What is to be added to shares times technologies.
    pub correction: Option<Csr>,
    /// The largest error of an entry of shares times technologies, relative to that entry.
    pub tolerance: f64,
}

impl ShareForm {
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
    form: ShareForm,
    order: Order,
    negative: bool,
    pool: Pool,
    /// Buffers of one piece of work.
    local: Pool,
}

impl TradeShare {
    /// Takes the form.
    ///
    /// # Errors
    /// When lengths do not fit together or a number is not finite.
    pub fn new(mut form: ShareForm) -> Result<Self> {
        form.check()?;
        if form.domestic.is_some() {
            form.shares.clear_own(form.regions);
        }
        let not_finite = || Error::range("a trade share or a coefficient is not a finite number", "correct technologies and shares");
        let parts = [signs(&form.technology), form.shares.signs(), signs(form.domestic.as_deref().unwrap_or_default())];
        let negative = parts.into_iter().try_fold(false, |any, part| part.map(|p| any | p)).ok_or_else(not_finite)?;
        if form.tolerance.is_nan() {
            return Err(not_finite());
        }
        let negative = negative || form.correction.as_ref().is_some_and(Operator::has_negative);
        let order = Order::new(&form.class);
        Ok(TradeShare { form, order, negative, pool: Pool::default(), local: Pool::default() })
    }

    /// The form.
    pub fn form(&self) -> &ShareForm {
        &self.form
    }

    /// Gives technologies and shares back; where there are domestic blocks, with the shares of the own region at zero.
    pub fn into_form(self) -> ShareForm {
        self.form
    }

    /// Number of regions R and of products S.
    pub fn shape(&self) -> (usize, usize) {
        (self.form.regions, self.form.products)
    }

    /// `M_s` (S x S, by rows).
    pub fn technology(&self, region: usize) -> &[f64] {
        let size = self.form.products * self.form.products;
        &self.form.technology[self.form.class[region] * size..][..size]
    }

    /// The share of each product used in a region (S x R x R): as it is kept, or made of kernels where that takes no more
    /// room than what a refinement keeps besides.
    pub fn product_shares(&self) -> Option<Cow<'_, [f64]>> {
        let (regions, s) = self.shape();
        match &self.form.shares {
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
        let s = self.form.products;
        self.form.domestic.as_ref().map(|d| Block::square(&d[region * s * s..][..s * s], s))
    }

    /// Row `i` of product rows as region `q` buys from region `r`, and the share that goes with it, but for the correction.
    fn share_and_inputs(&self, r: usize, i: usize, q: usize) -> (f64, &[f64]) {
        let (regions, s) = self.shape();
        match &self.form.domestic {
            Some(blocks) if r == q => (1.0, &blocks[(r * s + i) * s..][..s]),
            _ => (self.form.shares.get((regions, s), (i, r, q)), &self.technology(q)[i * s..][..s]),
        }
    }

    /// The rows of some regions of `A x` or `A' x`, or with `|A|` as [`Operator::apply_abs`] has it, for a process that makes these
    /// alone: `x` has n rows, `y` those of the regions.
    ///
    /// # Panics
    /// If there is a correction, which is not kept by regions.
    pub fn share(&self, direction: Direction, absolute: bool, own: &Range<usize>, k: usize, x: &[f64], y: &mut [f64]) {
        assert!(self.form.correction.is_none(), "trade shares without a correction");
        assert_eq!((x.len(), y.len()), (self.dim() * k, own.len() * self.form.products * k), "panels of n x k, and of the regions");
        y.fill(0.0);
        match (direction, absolute) {
            _ if k == 0 => {}
            (Direction::Forward, false) => self.forward::<false>(own, k, x, y),
            (Direction::Forward, true) => self.forward::<true>(own, k, x, y),
            (Direction::Transposed, false) => self.transposed::<false>(own, k, x, y),
            (Direction::Transposed, true) => self.transposed::<true>(own, k, x, y),
        }
    }

    fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.dim() * k, self.dim() * k), "panels of n x k");
        let all = 0..self.form.regions;
        match &self.form.correction {
            None => y.fill(0.0),
            Some(c) if ABS => c.apply_abs(direction, k, x, y),
            Some(c) => c.apply(direction, k, x, y),
        }
        match direction {
            _ if k == 0 => {}
            Direction::Forward => self.forward::<ABS>(&all, k, x, y),
            Direction::Transposed => self.transposed::<ABS>(&all, k, x, y),
        }
    }
}

impl Operator for TradeShare {
    fn dim(&self) -> usize {
        self.form.regions * self.form.products
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
        let own = if self.form.domestic.is_some() { s } else { 0 };
        let correction = self.form.correction.as_ref().map_or(0.0, |c| c.rounding_steps(direction));
        let weights = if self.form.shares.products().is_none() { 2 } else { 0 };
        correction + (own + s + regions + weights + 8) as f64 + (self.form.tolerance / (0.5 * f64::EPSILON)).ceil()
    }
    fn entries(&self) -> usize {
        let f = &self.form;
        f.technology.len()
            + f.shares.entries()
            + f.domestic.as_ref().map_or(0, Vec::len)
            + f.correction.as_ref().map_or(0, Operator::entries)
    }
    fn takes_any_width(&self) -> bool {
        self.form.correction.is_none() && any_width()
    }
    /// Whether a technology, a share or the correction has a negative number: A may then have one.
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn has_product_shares(&self) -> bool {
        let (regions, s) = self.shape();
        matches!(self.form.shares, Shares::Products(_)) || regions <= s && regions.saturating_mul(s * s) <= KERNELS
    }
    fn name(&self) -> &'static str {
        if self.form.correction.is_some() { "trade-share + correction" } else { "trade-share" }
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let (start, s) = (range.start, self.form.products);
        let mut block = match &self.form.correction {
            Some(c) => c.block(range.clone()),
            None => Array2::zeros((range.len(), range.len())),
        };
        for (row, mut to) in range.clone().zip(block.rows_mut()) {
            for q in start / s..range.end.div_ceil(s) {
                let columns = range.start.max(q * s)..range.end.min((q + 1) * s);
                let (share, from) = self.share_and_inputs(row / s, row % s, q);
                let to = &mut to.as_slice_mut().expect("a row without gaps")[columns.start - start..];
                to.iter_mut().zip(&from[columns.start - q * s..columns.end - q * s]).for_each(|(v, m)| *v += share * m);
            }
        }
        block
    }
}
