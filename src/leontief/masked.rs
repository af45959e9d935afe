//! Solves with some sales left out: of one region to the others, or of some rows to everybody.
//!
//! The masked matrix is entrywise within |A|, so the weights of the whole system prove the masked one productive and
//! bound its answers too. One masked copy of the rows of A lives at a time (12 bytes an entry, and 8 n^2 bytes where it
//! is factorised). Los, Timmer, de Vries, *American Economic Review* 106 (2016) 1958-1966; Borin, Mancini, *Economic
//! Systems Research* (2023), doi:10.1080/09535314.2022.2153221.

use std::ops::Range;

use ndarray::ArrayView2;

use super::judge::Relative;
use super::{AUXILIARY, Leontief, Outputs};
use crate::certificate;
use crate::error::Result;
use crate::operator::{Csr, Direction};
use crate::solve::{Given, Method, Prepared};
use crate::table::Sparse;
use crate::watch::{ROWS_PER_LOOK, Watch};

/// A dense factorisation pays from one right-hand side for so many rows: fewer are cheaper by sweeps.
const ROWS_PER_COLUMN: usize = 60;

/// What is left out of A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// The rows of this region keep only their own block: it sells no intermediates to others.
    Exports(usize),
    /// These rows are empty: they sell no intermediates.
    Sales(Range<usize>),
}

impl Leontief {
    /// `F(b)` or `T(b)` with a masked A, with rigorous residual sizes; accurate to rounding. The method is that of
    /// [`Method::auto`], sweeps in place of a factorisation for few columns.
    ///
    /// # Errors
    /// When the method cannot work on the masked system; when the watch is cancelled.
    pub fn masked(&self, mask: &Mask, direction: Direction, name: &str, b: ArrayView2<f64>) -> Result<Outputs> {
        self.worked(|| self.solved_masked(mask, direction, name, b))
    }

    fn solved_masked(&self, mask: &Mask, direction: Direction, name: &str, b: ArrayView2<f64>) -> Result<Outputs> {
        let system = &self.system;
        let offsets = &system.labels().offsets;
        let matrix = Csr::new(kept(system.rows(), offsets, mask, &self.watch)?);
        let given = Given { watch: self.watch.clone(), ..Given::new(matrix, offsets, system.output.as_slice()) };
        let rows = given.matrix.operator();
        let method = match Method::auto(rows, b.ncols()) {
            Method::Direct if b.ncols() * ROWS_PER_COLUMN < system.dim() => Method::RegionGaussSeidel,
            other => other,
        };
        let prepared = Prepared::new(method, &given)?;
        let weight = match direction {
            Direction::Forward => self.primal_weight(),
            Direction::Transposed => self.dual_weight(),
        };
        let judge = Relative { tolerance: AUXILIARY, weight };
        let solution = prepared.solve(direction, b, &judge, &self.stopping, &|step| self.watch.pass(name, step));
        self.record(name, &prepared, b, &solution, false);
        self.watch.check()?;
        let sizes = certificate::residual_sizes(rows, direction, b, solution.x.view(), solution.residual.view());
        Ok(Outputs { x: solution.x, sizes })
    }
}

/// The rows of A without what the mask leaves out.
fn kept(a: &Csr, offsets: &[usize], mask: &Mask, watch: &Watch) -> Result<Sparse> {
    let n = a.matrix().rows();
    let (masked, own) = match mask {
        Mask::Exports(s) => (offsets[*s]..offsets[s + 1], offsets[*s]..offsets[s + 1]),
        Mask::Sales(rows) => (rows.clone(), 0..0),
    };
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for i in 0..n {
        if i % ROWS_PER_LOOK == 0 {
            watch.check()?;
        }
        let (columns, values) = a.row(i);
        let range = if masked.contains(&i) {
            let first = columns.partition_point(|&j| (j as usize) < own.start);
            first..first.max(columns.partition_point(|&j| (j as usize) < own.end))
        } else {
            0..columns.len()
        };
        indices.extend_from_slice(&columns[range.clone()]);
        data.extend_from_slice(&values[range]);
        indptr.push(indices.len());
    }
    Ok(Sparse::new((n, n), indptr, indices, data))
}
