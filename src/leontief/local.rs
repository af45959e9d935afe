//! What a region's own technology alone carries, with its residual: `l = Td(c)`, `(I - A_d') l = c`.
//!
//! `A_d` holds the diagonal blocks of A and is no larger than A, so the weights of the whole system prove the errors
//! of local answers too.

use ndarray::{Array1, Axis};

use super::{Intensities, Leontief};
use crate::decompose::content::local_sizes;
use crate::error::Result;
use crate::operator::Direction;

impl Leontief {
    /// `Td(c)` (n x 1) with rigorous sizes of its residual.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub fn local_transposed(&self, c: &Array1<f64>) -> Result<Intensities> {
        let system = &self.system;
        let c = c.view().insert_axis(Axis(1));
        let l = self.local(Direction::Transposed, c)?;
        let sizes = local_sizes(system, Direction::Transposed, c, l.view());
        Ok(Intensities { z: l, sizes })
    }
}
