//! What a region's own technology alone carries, with its residual: `l = Td(c)`, `(I - A_d') l = c`.
//!
//! `A_d` holds the diagonal blocks of A and is no larger than A, so the weights of the whole system prove the errors
//! of local answers too.

use ndarray::{Array1, Array2, Axis};

use super::{Intensities, Leontief};
use crate::bounded::{gamma, up};
use crate::error::Result;
use crate::operator::{Direction, Operator};

impl Leontief {
    /// `Td(c)` (n x 1) with rigorous sizes of its residual.
    ///
    /// # Errors
    /// When a domestic block is singular.
    pub fn local_transposed(&self, c: &Array1<f64>) -> Result<Intensities> {
        let system = &self.system;
        let (labels, operator) = (system.labels(), system.rows());
        let l = self.local(Direction::Transposed, c.view().insert_axis(Axis(1)))?;
        let g = gamma(operator.rounding_factor(Direction::Transposed) + 4.0);
        let mut inputs = Array1::<f64>::zeros(system.dim());
        let mut absolute = Array1::<f64>::zeros(system.dim());
        for s in 0..labels.region_count() {
            for i in labels.rows(s) {
                let (columns, values) = operator.row(i);
                for (&j, &a) in columns.iter().zip(values).filter(|(j, _)| labels.rows(s).contains(&(**j as usize))) {
                    inputs[j as usize] += a * l[[i, 0]];
                    absolute[j as usize] += (a * l[[i, 0]]).abs();
                }
            }
        }
        let sizes = Array2::from_shape_fn((system.dim(), 1), |(j, _)| {
            let r = c[j] - l[[j, 0]] + inputs[j];
            up(r.abs() + up(g * (c[j].abs() + l[[j, 0]].abs() + absolute[j])))
        });
        Ok(Intensities { z: l, sizes })
    }
}
