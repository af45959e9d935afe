//! Gauss-Seidel by groups of rows: `d = M^-1 r`, M the lower triangle of each group's own block, or the whole block.
//!
//! Groups go in waves: within a wave they are solved side by side from the same values (Jacobi), across waves the
//! newest values are used (Gauss-Seidel). Groups and waves depend on the matrix alone, so the bits are the same for
//! any number of threads. A group is a run of rows (point form: its rows in order) or a region: its block `I - A_ss`
//! factorised, or several sweeps over it where it is large or sparse. In waves `N d` comes with the same pass over A;
//! side by side, and transposed, the new residual is `r - d + A d` by a product of the operator, whatever its form.
//! A regular splitting for `A >= 0`: Varga, *Matrix Iterative Analysis*, 2nd ed., ch. 3; Saad, 2nd ed., section 12.

use std::ops::Range;

use super::splitting::{SETUP, lu};
use super::{DenseLu, MAX_WIDTH};
use crate::error::{Error, Result};
use crate::operator::kernel::{Listed, Shifted, gather, scatter};
use crate::operator::sweep::{Cuts, Group, first_sweep, next_sweep};
use crate::operator::{Csr, Direction, Entries, Matrix, Operator, Pool, WORTH_THREADS, each_range};
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Rows of a group in the point form are not fewer than this, groups not more than that.
const LEAST_ROWS: usize = 64;
const MOST_GROUPS: usize = 64;
/// Groups that are solved side by side.
const WAVE: usize = 16;
/// Regions that are solved side by side.
const REGION_WAVE: usize = 8;
/// Sweeps over a region's block that is not factorised: as many as take this share of the time of a pass, but within
/// limits; a row costs a sweep as much as so many entries.
const INNER_SHARE: f64 = 0.5;
const ROW: usize = 8;
const INNER_LEAST: usize = 2;
const INNER_MOST: usize = 4;
/// Blocks are factorised up to this many rows, if their entries fill this share of them, and as long as all of them take
/// no more than this many bytes.
const LARGEST_BLOCK: usize = 1_000;
const FULL: f64 = 0.25;
const MOST_BYTES: usize = 2 << 30;

/// The order in which groups are solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Some at a time, from the newest values: fewer passes.
    Waves,
    /// All from the same values: every row is read in one go. What a Krylov method combines best.
    SideBySide,
}

/// How a group's own block is inverted.
enum Inner {
    /// Rows in order, so many times.
    Rows(usize),
    /// By its LU.
    Blocks(Vec<DenseLu>),
}

/// The rows that are swept over.
enum Rows {
    /// All there are, for groups in waves.
    All,
    /// What lies within the groups, for groups side by side.
    Within(Csr),
}

/// Gauss-Seidel made ready for one matrix.
pub struct GaussSeidel {
    matrix: Matrix,
    rows: Rows,
    groups: Vec<Range<usize>>,
    wave: usize,
    cuts: Vec<Cuts>,
    /// `1 / (1 - a_ii)`.
    inverse: Vec<f64>,
    inner: Inner,
    pool: Pool,
}

impl GaussSeidel {
    /// The point form: runs of rows of about equal numbers of entries.
    ///
    /// # Errors
    /// When A has not the entries to sweep over, or a sector buys all it makes from itself.
    pub fn by_rows(matrix: &Matrix, order: Order) -> Result<Self> {
        let operator = matrix.operator();
        let groups = entries_of(operator)?.split((operator.dim() / LEAST_ROWS).clamp(1, MOST_GROUPS));
        let ready = Self::prepare(matrix, groups, order, WAVE, Inner::Rows(1))?;
        ready.check_diagonal()?;
        Ok(ready)
    }

    /// By region: blocks factorised, or swept over where they are large or sparse.
    ///
    /// # Errors
    /// When A has not the entries to sweep over, a block is singular, or a sector of a large region buys all it makes
    /// from itself.
    pub fn by_region(matrix: &Matrix, offsets: &[usize], order: Order, watch: &Watch) -> Result<Self> {
        let operator = matrix.operator();
        let n = operator.dim();
        let mut groups: Vec<Range<usize>> = offsets.windows(2).map(|w| w[0]..w[1]).collect();
        if n > LARGEST_BLOCK && groups.iter().any(|g| 4 * g.len() > n) {
            // so few regions leave nothing to do side by side
            groups = entries_of(operator)?.split((n / LEAST_ROWS).clamp(1, MOST_GROUPS));
        }
        let mut ready = Self::prepare(matrix, groups, order, REGION_WAVE, Inner::Rows(INNER_LEAST))?;
        let sizes = || ready.groups.iter().map(|g| g.len());
        let numbers: usize = sizes().map(|s| s * s).sum();
        let own: usize = ready.cuts.iter().map(|c| (c[3] - c[1]) as usize).sum();
        let full = own as f64 >= FULL * numbers as f64 || n <= LARGEST_BLOCK;
        let small = sizes().all(|s| s <= LARGEST_BLOCK) && 8 * numbers <= MOST_BYTES;
        if full && small {
            let block = |(s, group): (usize, &Range<usize>)| {
                watch.units(SETUP, s, ready.groups.len())?;
                lu(ready.rows(), group.clone(), watch)
            };
            ready.inner = Inner::Blocks(ready.groups.iter().enumerate().map(block).collect::<Result<_>>()?);
        } else {
            let sweeps = INNER_SHARE * operator.entries() as f64 / (own + ROW * n).max(1) as f64;
            ready.inner = Inner::Rows((sweeps as usize).clamp(INNER_LEAST, INNER_MOST));
            ready.check_diagonal()?;
        }
        Ok(ready)
    }

    fn prepare(matrix: &Matrix, groups: Vec<Range<usize>>, order: Order, wave: usize, inner: Inner) -> Result<Self> {
        let operator = matrix.operator();
        let n = operator.dim();
        let (from, wave) = match order {
            Order::Waves => (Rows::All, wave),
            Order::SideBySide => (Rows::Within(entries_of(operator)?.within(&groups)), usize::MAX),
        };
        let rows = match &from {
            Rows::All => all_rows_of(operator)?,
            Rows::Within(rows) => rows,
        };
        let (mut cuts, mut inverse) = (vec![[0; 4]; n], vec![1.0; n]);
        let waves: Vec<usize> = groups.chunks(wave).flat_map(|w| std::iter::repeat_n(w[0].start, w.len())).collect();
        let (mut rest, mut tail) = (cuts.as_mut_slice(), inverse.as_mut_slice());
        let mut jobs = Vec::with_capacity(groups.len());
        for (group, &start) in groups.iter().zip(&waves) {
            let (here, pivot);
            (here, rest) = rest.split_at_mut(group.len());
            (pivot, tail) = tail.split_at_mut(group.len());
            jobs.push((group.clone(), start, here, pivot));
        }
        jobs.into_par_iter().for_each(|(group, start, cuts, pivots)| {
            for ((i, cuts), pivot) in group.clone().zip(cuts).zip(pivots) {
                let (columns, values) = rows.row(i);
                let below = |at: usize, from: usize| from + columns[from..].partition_point(|&j| (j as usize) < at);
                let a = below(start, 0);
                let b = below(group.start, a);
                let c = below(i, b);
                if columns.get(c) == Some(&(i as u32)) {
                    *pivot = 1.0 / (1.0 - values[c]);
                }
                *cuts = [a, b, c, below(group.end, c)].map(|v| v as u32);
            }
        });
        Ok(GaussSeidel { matrix: matrix.clone(), rows: from, groups, wave, cuts, inverse, inner, pool: Pool::default() })
    }

    fn rows(&self) -> &Csr {
        match &self.rows {
            Rows::All => self.matrix.operator().rows().expect("checked when it was made"),
            Rows::Within(rows) => rows,
        }
    }

    fn check_diagonal(&self) -> Result<()> {
        match self.inverse.iter().position(|v| !(*v > 0.0 && v.is_finite())) {
            None => Ok(()),
            Some(i) => Err(Error::not_productive(
                format!(
                    "sector {i} buys {} of its own product per unit of output; Gauss-Seidel needs less than 1",
                    1.0 - 1.0 / self.inverse[i]
                ),
                "such a sector is not productive: correct the table, or use `method` direct to look at it",
            )),
        }
    }

    /// `d = M^-1 r` alone on a panel of `k` columns, for groups side by side.
    ///
    /// # Panics
    /// If groups go in waves.
    pub fn inverse(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]) {
        assert!(k <= MAX_WIDTH && matches!(self.rows, Rows::Within(_)), "groups side by side, panels of at most {MAX_WIDTH} columns");
        super::panel::copy(d, r);
        let parallel = self.matrix.operator().entries() * k >= WORTH_THREADS;
        each_range(parallel, &self.groups, k, d, &|group, own| match direction {
            Direction::Forward => {
                let given = &r[group.start * k..group.end * k];
                self.solve_group(group, k, own, given);
            }
            Direction::Transposed => self.solve_transposed(group, k, own),
        });
    }

    /// `d = M^-1 r` and `r <- N d` on a panel of `k` columns.
    pub fn step(&self, direction: Direction, k: usize, r: &mut [f64], d: &mut [f64]) {
        assert!(k <= MAX_WIDTH, "panels of at most {MAX_WIDTH} columns");
        let parallel = self.matrix.operator().entries() * k >= WORTH_THREADS;
        match (direction, &self.rows) {
            (Direction::Forward, Rows::All) => {
                super::panel::copy(d, r);
                return self.forward(parallel, k, r, d);
            }
            (Direction::Transposed, Rows::All) => {
                super::panel::copy(d, r);
                each_range(parallel, &self.groups, k, d, &|group, own| self.solve_transposed(group, k, own));
            }
            (_, Rows::Within(_)) => self.inverse(direction, k, r, d),
        }
        super::panel::lessen(&self.pool, self.matrix.operator(), direction, k, r, d);
    }

    fn forward(&self, parallel: bool, k: usize, r: &mut [f64], d: &mut [f64]) {
        let mut done = 0;
        for wave in self.groups.chunks(self.wave) {
            let end = wave[wave.len() - 1].end;
            let (before, rest) = d.split_at_mut(done * k);
            let before: &[f64] = before;
            let size = (end - done) * k;
            // r takes what the wave starts from: where sweeps leave a residual in the own block, it is counted from there
            let pairs = Pairs { groups: wave, k };
            pairs.each(parallel, &mut rest[..size], &mut r[done * k..end * k], &|group, own, given| {
                self.solve_forward(group, k, before, own, given);
            });
            done = end;
        }
        let d: &[f64] = d;
        each_range(parallel, &self.groups, k, r, &|group, out| {
            for (i, to) in group.zip(out.chunks_exact_mut(k)) {
                let (columns, values) = self.rows().row(i);
                let [a, b, _, end] = self.cuts[i].map(|v| v as usize);
                let parts = match self.inner {
                    Inner::Rows(1) => [a..b, self.behind_diagonal(i, columns)..values.len()],
                    Inner::Rows(_) => [a..values.len(), 0..0],
                    Inner::Blocks(_) => [a..b, end..values.len()],
                };
                if matches!(self.inner, Inner::Rows(2..)) {
                    to.iter_mut().zip(&d[i * k..]).for_each(|(r, d)| *r -= d);
                } else {
                    to.fill(0.0);
                }
                for part in parts {
                    gather::<false, _, _>(&values[part.clone()], self.rows().listed(i, part), k, d, to);
                }
            }
        });
    }

    fn behind_diagonal(&self, i: usize, columns: &[u32]) -> usize {
        let at = self.cuts[i][2] as usize;
        at + usize::from(columns.get(at) == Some(&(i as u32)))
    }

    /// One group; `before` holds what earlier waves found, `own` comes with r and leaves with d; `given` leaves with what
    /// the group was solved for.
    fn solve_forward(&self, group: Range<usize>, k: usize, before: &[f64], own: &mut [f64], given: &mut [f64]) {
        for (i, to) in group.clone().zip(own.chunks_exact_mut(k)) {
            let (columns, values) = self.rows().row(i);
            let a = self.cuts[i][0] as usize;
            // SAFETY: the first cut is where columns reach the wave's first row, and `before` ends there
            let earlier = unsafe { Listed::below(before.len() / k, &columns[..a]) };
            gather::<false, _, _>(&values[..a], earlier, k, before, to);
        }
        if matches!(self.inner, Inner::Rows(2..)) {
            given.copy_from_slice(own);
        }
        self.solve_group(group, k, own, given);
    }

    /// One group by its own block; `own` comes with what it is solved for, as `given` does where sweeps ask for it
    /// again, and leaves with d.
    fn solve_group(&self, group: Range<usize>, k: usize, own: &mut [f64], given: &[f64]) {
        match &self.inner {
            Inner::Blocks(blocks) => blocks[self.number(&group)].solve(Direction::Forward, k, own),
            Inner::Rows(sweeps) => {
                // SAFETY: the cuts were made for these groups
                let rows = unsafe { Group::new(self.rows(), group.start, group.end, &self.cuts, &self.inverse) };
                first_sweep(rows, k, own);
                (1..*sweeps).for_each(|_| next_sweep(rows, k, given, own));
            }
        }
    }

    /// One group by itself with the transpose of its block; `own` comes with r and leaves with d.
    fn solve_transposed(&self, group: Range<usize>, k: usize, own: &mut [f64]) {
        if let Inner::Blocks(blocks) = &self.inner {
            return blocks[self.number(&group)].solve(Direction::Transposed, k, own);
        }
        for (at, i) in group.clone().enumerate().rev() {
            let (columns, values) = self.rows().row(i);
            let [_, b, c, _] = self.cuts[i].map(|v| v as usize);
            let (above, here) = own.split_at_mut(at * k);
            let here = &mut here[..k];
            here.iter_mut().for_each(|v| *v *= self.inverse[i]);
            // SAFETY: between these cuts columns lie within the group and before row i, as `above` does
            let lower = unsafe { Shifted::between(group.start, i, &columns[b..c]) };
            scatter::<false, _, _>(&values[b..c], lower, k, here, above);
        }
    }

    fn number(&self, group: &Range<usize>) -> usize {
        self.groups.partition_point(|g| g.end <= group.start)
    }
}

fn entries_of(operator: &dyn Operator) -> Result<&dyn Entries> {
    operator.stored().ok_or_else(|| {
        Error::unsupported(
            format!("Gauss-Seidel sweeps over entries, which the {} operator does not have", operator.name()),
            "use `method` gmres",
        )
    })
}

fn all_rows_of(operator: &dyn Operator) -> Result<&Csr> {
    operator.rows().ok_or_else(|| {
        Error::unsupported(
            format!("Gauss-Seidel in waves needs whole rows, which the {} operator does not have", operator.name()),
            "use `method` gmres-region-gauss-seidel or gmres, or add `operator` csr",
        )
    })
}

/// What is done with a run of rows and its part of two panels.
type Task<'a> = &'a (dyn Fn(Range<usize>, &mut [f64], &mut [f64]) + Sync);

/// Runs of rows in two panels at once.
struct Pairs<'a> {
    groups: &'a [Range<usize>],
    k: usize,
}

impl Pairs<'_> {
    fn each(&self, parallel: bool, a: &mut [f64], b: &mut [f64], f: Task) {
        match self.groups {
            [] => {}
            [group] => f(group.clone(), a, b),
            groups => {
                let (left, right) = groups.split_at(groups.len() / 2);
                let at = self.k * left.iter().map(|g| g.len()).sum::<usize>();
                let ((a, c), (b, d)) = (a.split_at_mut(at), b.split_at_mut(at));
                let (left, right) = (Pairs { groups: left, k: self.k }, Pairs { groups: right, k: self.k });
                if parallel {
                    crate::threads::join(|| left.each(true, a, b, f), || right.each(true, c, d, f));
                } else {
                    left.each(false, a, b, f);
                    right.each(false, c, d, f);
                }
            }
        }
    }
}
