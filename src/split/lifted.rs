//! A proportional split as an operator: answers of the finer system from those of the table, no finer flow ever made.
//!
//! `A_fine = W A C`: C adds parts up, W hands out by output shares. `x_fine = b + W (x - C b)` with `x = (I - A)^-1 C b`, exactly;
//! so an entry is off by its share of what the entry of the table is off by. Miller, Blair, *Input-Output Analysis*, 2nd ed.,
//! section 4.9.

use ndarray::{Array2, ArrayView2, Zip};

use super::knowledge::Knowledge;
use super::parts::Parts;
use crate::bounded::{Bounded, UNIT_ROUNDOFF, gamma, up};
use crate::certificate::{product, residual_sizes};
use crate::decompose::Flows;
use crate::error::Result;
use crate::leontief::Leontief;
use crate::operator::{Direction, Split};

/// The finer system of a model and its parts.
pub struct Lifted<'a> {
    leontief: &'a Leontief,
    parts: &'a Parts,
}

/// Answers and bounds on their errors.
pub struct Answers {
    /// By finer row and column.
    pub x: Array2<f64>,
    /// `|x - x*|` is at most this.
    pub bound: Array2<f64>,
}

impl<'a> Lifted<'a> {
    /// Of a model and the parts of its rows.
    pub fn new(leontief: &'a Leontief, parts: &'a Parts) -> Self {
        Lifted { leontief, parts }
    }

    /// A of the finer system, for products.
    ///
    /// # Errors
    /// If shares do not fit the table.
    pub fn operator(&self) -> Result<Split<'a>> {
        let sums = |shares: Vec<f64>| {
            // what rounding leaves of one goes to the largest part
            let gap = 1.0 - shares.iter().sum::<f64>();
            let most = (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).unwrap_or(0);
            shares.into_iter().enumerate().map(|(k, w)| if k == most { w + gap } else { w }).collect()
        };
        Split::new(self.leontief.system.operator(), &self.parts.by_row().into_iter().map(sums).collect::<Vec<_>>())
    }

    /// Solves `(I - W A C) x = b` for columns by finer row.
    pub fn solve(&self, name: &str, b: ArrayView2<f64>) -> Answers {
        let (n, k) = (self.leontief.system.dim(), b.ncols());
        let mut sums = Array2::<f64>::zeros((n, k));
        let mut sizes = Array2::<f64>::zeros((n, k));
        for (i, (mut sum, mut size)) in sums.rows_mut().into_iter().zip(sizes.rows_mut()).enumerate() {
            for l in self.parts.of(i) {
                Zip::from(&mut sum).and(&mut size).and(b.row(l)).for_each(|sum, size, b| {
                    *sum += b;
                    *size += b.abs();
                });
            }
        }
        let mut found = self.leontief.forward(name, sums.view());
        // the sums themselves are rounded
        let most = (0..n).map(|i| self.parts.of(i).len()).max().unwrap_or(1);
        let rounded = if most > 1 { gamma(most as f64) } else { 0.0 };
        found.sizes.zip_mut_with(&sizes, |s, b| *s = if rounded == 0.0 { *s } else { up(*s + rounded * b) });
        let bounds = self.leontief.entry_bounds(Direction::Forward, found.sizes.view());
        let mut answers = Answers { x: Array2::zeros(b.dim()), bound: Array2::zeros(b.dim()) };
        for i in 0..n {
            // what all parts of a row share: the entry less what is demanded of it, its bound, its sizes
            let entry = |c: usize| {
                let (x, size) = (found.x[[i, c]], sizes[[i, c]]);
                [x - sums[[i, c]], bounds.bound(i, c), x.abs() + size, size]
            };
            let row: Vec<[f64; 4]> = (0..k).map(entry).collect();
            for l in self.parts.of(i) {
                let w = self.parts.shares[l];
                Zip::from(answers.x.row_mut(l)).and(answers.bound.row_mut(l)).and(b.row(l)).and(&row).for_each(
                    |to, bound, own, [more, of_row, around, size]| {
                        *to = own + w * more;
                        let rounding = 4.0 * UNIT_ROUNDOFF * (own.abs() + w * around) + w * rounded * size;
                        *bound = up(up(w * of_row) + up(rounding));
                    },
                );
            }
        }
        answers
    }

    /// Rigorous sizes of the residual of answers, by products with the finer operator: nothing is taken from the solve.
    ///
    /// # Errors
    /// If shares do not fit the table.
    pub fn residual(&self, b: ArrayView2<f64>, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let operator = self.operator()?;
        let inputs = product(&operator, Direction::Forward, false, x);
        let r = &b - &x + &inputs;
        Ok(residual_sizes(&operator, Direction::Forward, b, x, r.view()))
    }

    /// Emissions of every finer row for each destination: the share of the part in what its sector emits.
    pub fn emissions(&self, known: &Knowledge, stressor: usize, flows: &Flows) -> Array2<Bounded> {
        let system = &self.leontief.system;
        let (outputs, f) = (self.leontief.outputs(), &system.intensities[stressor]);
        let bounds = self.leontief.entry_bounds(Direction::Forward, outputs.sizes.view());
        let mut all = Array2::from_elem((self.parts.dim(), outputs.x.ncols()), Bounded::ZERO);
        // to see that a column is nothing takes all of it
        let columns: Vec<usize> = (0..outputs.x.ncols()).filter(|&k| !outputs.is_nothing(k)).collect();
        for i in (0..system.dim()).filter(|&i| f[i] != 0.0) {
            let region = system.labels().region_of(i);
            let shares = known.emissions(self.parts, i);
            for &k in &columns {
                let value = f[i] * outputs.x[[i, k]];
                let off = up(f[i].abs() * bounds.bound(i, k)).min(flows.flow[[region, k]].bound);
                let whole = Bounded::new(value, up(off + 3.0 * UNIT_ROUNDOFF * value.abs()));
                for (l, e) in self.parts.of(i).zip(shares) {
                    all[[l, k]] = if *e == 1.0 { whole } else { whole * Bounded::exact(*e) };
                }
            }
        }
        all
    }
}
