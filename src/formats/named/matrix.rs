//! A matrix that an array holds, full or compressed, and its sums.

use ndarray::{Array1, Array2, Axis};

use crate::error::Result;
use crate::formats::containers::{Compressed, Content};
use crate::formats::parts::Values;

/// A matrix of numbers.
#[derive(Debug, Clone)]
pub(super) enum Matrix {
    Full(Array2<f64>),
    Some(Compressed),
}

/// Rows and columns of an array of numbers: of four axes the first two and the last two are one each, of three the last two.
pub(super) fn shape(content: &Content) -> Option<(usize, usize)> {
    match content {
        Content::Sparse(m) => Some((m.rows, m.columns)),
        Content::Texts(_) => None,
        Content::Numbers(all) => match *all.shape() {
            [] => Some((1, 1)),
            [n] => Some((n, 1)),
            [r, c] => Some((r, c)),
            [k, a, b] => Some((k, a.checked_mul(b)?)),
            [a, b, c, d] => Some((a.checked_mul(b)?, c.checked_mul(d)?)),
            _ => None,
        },
    }
}

impl Matrix {
    /// The numbers of an array.
    pub(super) fn of(content: Content) -> Option<Self> {
        let shape = shape(&content)?;
        match content {
            Content::Sparse(m) => Some(Matrix::Some(m)),
            Content::Texts(_) => None,
            Content::Numbers(all) if all.ndim() == 2 => all.into_dimensionality().ok().map(Matrix::Full),
            // in the order of the axes, the last the fastest
            Content::Numbers(all) => Array2::from_shape_vec(shape, all.iter().copied().collect()).ok().map(Matrix::Full),
        }
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Matrix::Full(m) => m.nrows(),
            Matrix::Some(m) => m.rows,
        }
    }

    pub(super) fn columns(&self) -> usize {
        match self {
            Matrix::Full(m) => m.ncols(),
            Matrix::Some(m) => m.columns,
        }
    }

    pub(super) fn turned(self) -> Self {
        match self {
            Matrix::Full(m) => Matrix::Full(m.reversed_axes()),
            Matrix::Some(m) => Matrix::Some(m.turned()),
        }
    }

    /// With `n` columns: as it is where it has them, else rows as columns.
    pub(super) fn with_columns(self, n: usize) -> Self {
        if self.columns() == n { self } else { self.turned() }
    }

    /// All numbers in one list, of a matrix of one row or column.
    pub(super) fn flat(self) -> Array1<f64> {
        match self {
            Matrix::Full(m) => m.iter().copied().collect(),
            Matrix::Some(m) => {
                let mut all = Array1::zeros(m.rows * m.columns);
                let columns = m.columns;
                m.each(|i, j, v| all[i * columns + j] += v);
                all
            }
        }
    }

    /// The sum of each row.
    pub(super) fn row_sums(&self) -> Array1<f64> {
        self.times(None)
    }

    /// The sum of each column.
    pub(super) fn column_sums(&self) -> Array1<f64> {
        self.turned_times(None)
    }

    /// The product with `x`, or with ones.
    pub(super) fn times(&self, x: Option<&Array1<f64>>) -> Array1<f64> {
        match (self, x) {
            (Matrix::Full(m), Some(x)) => m.dot(x),
            (Matrix::Full(m), None) => m.sum_axis(Axis(1)),
            (Matrix::Some(m), x) => {
                let mut sums = Array1::zeros(m.rows);
                m.each(|i, j, v| sums[i] += v * x.map_or(1.0, |x| x[j]));
                sums
            }
        }
    }

    /// The product of the turned matrix with `x`, or with ones.
    pub(super) fn turned_times(&self, x: Option<&Array1<f64>>) -> Array1<f64> {
        match (self, x) {
            (Matrix::Full(m), Some(x)) => m.t().dot(x),
            (Matrix::Full(m), None) => m.sum_axis(Axis(0)),
            (Matrix::Some(m), x) => {
                let mut sums = Array1::zeros(m.columns);
                m.each(|i, j, v| sums[j] += v * x.map_or(1.0, |x| x[i]));
                sums
            }
        }
    }

    /// Its rows.
    pub(super) fn into_rows(self) -> Result<Vec<Array1<f64>>> {
        Ok(self.into_dense("rows of the table")?.rows().into_iter().map(|row| row.to_owned()).collect())
    }

    /// Every cell.
    pub(super) fn into_dense(self, place: &str) -> Result<Array2<f64>> {
        match self {
            Matrix::Full(m) => Ok(m),
            Matrix::Some(m) => m.to_dense(place),
        }
    }

    /// As a part of a table.
    pub(super) fn into_values(self) -> Values {
        match self {
            Matrix::Full(m) => Values::Dense(m),
            Matrix::Some(m) => Values::Sparse(m.into_sparse()),
        }
    }
}
