//! Vectors and solved columns with bounds: `|x - x*| <= w max(size / g)` wherever `(I - |A|) w >= g > 0`.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::bounded::{Bounded, gamma, largest, up};
use crate::leontief::{Leontief, Outputs};
use crate::operator::Direction;

/// A vector over the rows, with a bound on the error of each entry.
#[derive(Clone)]
pub struct Enclosed {
    /// The numbers (n).
    pub value: Array1<f64>,
    /// Their bounds (n).
    pub error: Array1<f64>,
}

/// Solved columns with `|x_ik - x*_ik| <= w_i scale_k`.
pub struct Solved {
    /// The answers (n x K).
    pub x: Array2<f64>,
    /// What multiplies the weight (K).
    pub scale: Vec<f64>,
}

impl Enclosed {
    /// Nothing, exactly.
    pub fn zero(n: usize) -> Self {
        Enclosed { value: Array1::zeros(n), error: Array1::zeros(n) }
    }

    /// Numbers that are taken as they are.
    pub fn exact(value: Array1<f64>) -> Self {
        Enclosed { error: Array1::zeros(value.len()), value }
    }

    /// Sums over the columns, each off by what its terms may be.
    pub fn row_sums(columns: &Array2<f64>, bounds: &Array2<f64>) -> Self {
        let row = |(v, b): (ArrayView1<f64>, ArrayView1<f64>)| v.iter().zip(b).map(|(v, b)| Bounded::new(*v, *b)).sum::<Bounded>();
        let sums: Vec<Bounded> = columns.rows().into_iter().zip(bounds.rows()).map(row).collect();
        Enclosed { value: sums.iter().map(|v| v.value).collect(), error: sums.iter().map(|v| v.bound).collect() }
    }

    /// Entry i.
    pub fn at(&self, i: usize) -> Bounded {
        Bounded::new(self.value[i], self.error[i])
    }

    /// The difference.
    pub fn minus(&self, other: &Enclosed) -> Enclosed {
        let value = &self.value - &other.value;
        let error = &self.error + &other.error + &value.mapv(|v| gamma(1.0) * v.abs());
        Enclosed { value, error: error.mapv(up) }
    }
}

/// `max_i size_ik / g_i` of each column over all rows; 0 where no weight is proven.
pub fn scales(leontief: &Leontief, direction: Direction, sizes: ArrayView2<f64>) -> Vec<f64> {
    sizes.columns().into_iter().map(|c| scale(leontief, direction, 0..c.len(), c)).collect()
}

/// As [`scales`], over some rows of one column.
pub(super) fn scale(leontief: &Leontief, direction: Direction, rows: Range<usize>, sizes: ArrayView1<f64>) -> f64 {
    let weight = if direction == Direction::Forward { leontief.primal_weight() } else { leontief.dual_weight() };
    weight.map_or(0.0, |w| up(largest(rows.map(|i| sizes[i] / w.g[i]))))
}

/// `max_i size_i / g_i` over some rows of a forward system.
pub fn part_scale(leontief: &Leontief, rows: Range<usize>, sizes: ArrayView1<f64>) -> f64 {
    if rows.clone().all(|i| sizes[i] == 0.0) { 0.0 } else { scale(leontief, Direction::Forward, rows, sizes) }
}

/// Forward answers against the weight.
pub fn solved(leontief: &Leontief, found: Outputs) -> Solved {
    Solved { scale: scales(leontief, Direction::Forward, found.sizes.view()), x: found.x }
}
