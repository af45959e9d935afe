//! A proportional split of sectors, never stored: `A_fine = W A C`.
//!
//! Sector i becomes parts k with output shares `w_k`, summing to one: `a_kl = w_k a_i(k),i(l)`. C adds the parts of a
//! sector up, W hands its value out by share. Then `C (I - A_fine)^-1 b = (I - A)^-1 C b`: an exact test at any size.
//! Miller, Blair, *Input-Output Analysis*, 2nd ed., section 4.9 (aggregation).

use std::ops::Range;

use ndarray::Array2;

use super::scratch::Pool;
use super::{Direction, Operator};
use crate::error::{Error, Result};

/// How far the shares of a sector may be from one.
const WHOLE: f64 = 1e-12;

/// An operator with every sector in parts.
pub struct Split<'a> {
    coarse: &'a dyn Operator,
    /// The parts of coarse sector i are `parts[i]..parts[i + 1]`.
    parts: Vec<usize>,
    shares: Vec<f64>,
    most: usize,
    pool: Pool,
}

impl<'a> Split<'a> {
    /// Splits each sector of `coarse` into parts with the given shares of its output.
    ///
    /// # Errors
    /// When there is not one list of parts per sector, a share is not positive, or shares do not add up to one.
    pub fn new(coarse: &'a dyn Operator, shares: &[Vec<f64>]) -> Result<Self> {
        if shares.len() != coarse.dim() {
            return Err(Error::shape(format!("the split names {} sectors, the table has {}", shares.len(), coarse.dim()), ""));
        }
        if let Some(i) = shares.iter().position(|w| !w.iter().all(|v| *v > 0.0) || (w.iter().sum::<f64>() - 1.0).abs() > WHOLE) {
            return Err(Error::range(
                format!("the shares of sector {i} must be positive and add up to 1, they are {:?}", shares[i]),
                "give output shares of the parts",
            ));
        }
        let mut parts = vec![0];
        parts.extend(shares.iter().scan(0, |end, w| {
            *end += w.len();
            Some(*end)
        }));
        let most = shares.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Split { coarse, parts, shares: shares.concat(), most, pool: Pool::default() })
    }

    /// Row ranges of the regions after the split.
    pub fn offsets(&self, coarse: &[usize]) -> Vec<usize> {
        coarse.iter().map(|&o| self.parts[o]).collect()
    }

    /// The sums over the parts of each sector (coarse n x k).
    pub fn aggregate(&self, k: usize, fine: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.coarse.dim() * k];
        self.gather(k, fine, &mut out, |_| 1.0);
        out
    }

    fn gather(&self, k: usize, fine: &[f64], out: &mut [f64], weight: impl Fn(usize) -> f64) {
        for (to, part) in out.chunks_exact_mut(k).zip(self.parts.windows(2)) {
            to.fill(0.0);
            for l in part[0]..part[1] {
                to.iter_mut().zip(&fine[l * k..]).for_each(|(to, x)| *to += weight(l) * x);
            }
        }
    }

    fn hand_out(&self, k: usize, coarse: &[f64], fine: &mut [f64], weight: impl Fn(usize) -> f64) {
        for (from, part) in coarse.chunks_exact(k).zip(self.parts.windows(2)) {
            for l in part[0]..part[1] {
                fine[l * k..][..k].iter_mut().zip(from).for_each(|(to, y)| *to = weight(l) * y);
            }
        }
    }

    fn product(&self, absolute: bool, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.dim() * k, self.dim() * k), "panels of n x k");
        let size = self.coarse.dim() * k;
        self.pool.with(2 * size, |buffer| {
            let (sums, out) = buffer.split_at_mut(size);
            match direction {
                Direction::Forward => self.gather(k, x, sums, |_| 1.0),
                Direction::Transposed => self.gather(k, x, sums, |l| self.shares[l]),
            }
            if absolute {
                self.coarse.apply_abs(direction, k, sums, out);
            } else {
                self.coarse.apply(direction, k, sums, out);
            }
            match direction {
                Direction::Forward => self.hand_out(k, out, y, |l| self.shares[l]),
                Direction::Transposed => self.hand_out(k, out, y, |_| 1.0),
            }
        });
    }

    fn sector(&self, part: usize) -> usize {
        self.parts.partition_point(|&p| p <= part) - 1
    }
}

impl Operator for Split<'_> {
    fn dim(&self) -> usize {
        self.shares.len()
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product(false, direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product(true, direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        // a sum over the parts, the coarse product, one multiplication by a share
        self.coarse.rounding_steps(direction) + (2 * self.most + 2) as f64
    }
    fn entries(&self) -> usize {
        self.coarse.entries() + self.shares.len()
    }
    fn has_negative(&self) -> bool {
        self.coarse.has_negative()
    }
    fn name(&self) -> &'static str {
        "split"
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        if range.is_empty() {
            return Array2::zeros((0, 0));
        }
        let first = self.sector(range.start);
        let coarse = self.coarse.block(first..self.sector(range.end - 1) + 1);
        let sectors: Vec<usize> = range.clone().map(|l| self.sector(l) - first).collect();
        Array2::from_shape_fn((range.len(), range.len()), |(k, l)| self.shares[range.start + k] * coarse[[sectors[k], sectors[l]]])
    }
}
