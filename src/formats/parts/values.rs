//! A matrix as its file gives it: every entry, or those that are not zero.

use ndarray::{Array1, Array2, Axis};

use crate::table::{Sparse, sparse};

/// A matrix of numbers.
#[derive(Debug, Clone)]
pub enum Values {
    /// Every entry.
    Dense(Array2<f64>),
    /// The entries that are not zero, by row.
    Sparse(Sparse),
}

impl Values {
    /// Number of rows and of columns.
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Values::Dense(all) => all.dim(),
            Values::Sparse(some) => some.shape(),
        }
    }

    /// The sum of each row. Those of sparse rows are summed in the order of their entries.
    pub fn row_sums(&self) -> Array1<f64> {
        match self {
            Values::Dense(all) => all.sum_axis(Axis(1)),
            Values::Sparse(some) => some.outer_iterator().map(|row| row.data().iter().sum::<f64>()).collect(),
        }
    }

    /// Row and value of the first entry that is not finite.
    pub fn first_not_finite(&self) -> Option<(usize, f64)> {
        match self {
            Values::Dense(all) => all.indexed_iter().find(|(_, v)| !v.is_finite()).map(|((i, _), v)| (i, *v)),
            Values::Sparse(some) => {
                let in_row = |(i, row): (usize, sprs::CsVecViewI<f64, u32>)| row.data().iter().find(|v| !v.is_finite()).map(|v| (i, *v));
                some.outer_iterator().enumerate().find_map(in_row)
            }
        }
    }

    /// Adds the product with `x` to `sum`.
    pub fn add_product(&self, x: &Array1<f64>, sum: &mut Array1<f64>) {
        match self {
            Values::Dense(all) => *sum += &all.dot(x),
            Values::Sparse(some) => {
                for (i, row) in some.outer_iterator().enumerate() {
                    sum[i] += row.iter().map(|(j, v)| v * x[j]).sum::<f64>();
                }
            }
        }
    }

    /// The product with `diag(x)`; exact zeros are left out.
    pub fn times_diagonal(self, x: &Array1<f64>) -> Sparse {
        let a = match self {
            Values::Dense(mut all) => {
                all *= x;
                return sparse(all.view());
            }
            Values::Sparse(some) => some,
        };
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::with_capacity(a.nnz()), Vec::with_capacity(a.nnz()));
        for row in a.outer_iterator() {
            for (j, &v) in row.iter() {
                let flow = v * x[j];
                if flow != 0.0 {
                    indices.push(u32::try_from(j).expect("columns were counted in 32 bits"));
                    data.push(flow);
                }
            }
            indptr.push(indices.len());
        }
        Sparse::new(a.shape(), indptr, indices, data)
    }

    /// The entries that are not zero, by row.
    pub fn into_sparse(self) -> Sparse {
        match self {
            Values::Dense(all) => sparse(all.view()),
            Values::Sparse(some) => some,
        }
    }

    /// Every entry.
    pub fn into_dense(self) -> Array2<f64> {
        match self {
            Values::Dense(all) => all,
            Values::Sparse(some) => some.to_dense(),
        }
    }
}
