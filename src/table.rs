//! A multi-regional input-output table as it was published, with everything it says and where it came from.
//!
//! Row identity `x = Z 1 + Y 1 + exports + stock + error`; column identity `x' = 1'Z + imports' + value added'`.
//! Rows supply, columns buy. All money is in [`Table::unit`].

use std::path::PathBuf;

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::Serialize;

use crate::bounded::{Bounded, gamma, up};
use crate::finding::Finding;
use crate::labels::{Labels, Name};

/// Compressed sparse rows with 32-bit column numbers.
pub type Sparse = sprs::CsMatI<f64, u32, usize>;

/// One emission account (or any other factor of production): direct emissions by row and by household.
#[derive(Debug, Clone)]
pub struct Stressor {
    /// Its name, such as `CO2`.
    pub name: String,
    /// Its unit, such as `Mt`.
    pub unit: String,
    /// Direct emissions of each row (n).
    pub direct: Array1<f64>,
    /// Direct emissions of households by region (R), where given.
    pub households: Option<Array1<f64>>,
}

/// Where a table came from, and what was done to it by named options.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// The files read, each with the SHA-256 of its bytes.
    pub files: Vec<Source>,
    /// The sheet, for workbooks.
    pub sheet: Option<String>,
    /// Every choice that changed or derived a number, in order.
    pub notes: Vec<String>,
    /// `SYNTHETIC` or `MODELLED`: printed on every output where set.
    pub stamp: Option<String>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// Its path as given.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A multi-regional input-output table. R regions, n rows, D demand columns.
#[derive(Debug, Clone)]
pub struct Table {
    /// Names and row ranges.
    pub labels: Labels,
    /// Intermediate flows (n x n).
    pub z: Sparse,
    /// Final demand by region and category (n x D), stock changes by region included.
    pub y: Array2<f64>,
    /// Gross output (n).
    pub x: Array1<f64>,
    /// Exports abroad (n).
    pub exports: Option<Array1<f64>>,
    /// One common stock change column (n), attributed to no region.
    pub stock: Option<Array1<f64>>,
    /// The published error column (n).
    pub error: Option<Array1<f64>>,
    /// Imported intermediates bought by each column (n).
    pub imports: Option<Array1<f64>>,
    /// Imported final goods by demand column (D).
    pub imports_final: Option<Array1<f64>>,
    /// Value-added rows, each with its name (n).
    pub value_added: Vec<(Name, Array1<f64>)>,
    /// Emission accounts; several are solved in one block.
    pub stressors: Vec<Stressor>,
    /// Money unit, such as `10^4 yuan`.
    pub unit: String,
    /// Where all this came from.
    pub provenance: Provenance,
    /// What the reader noticed; the audit reports it with its own findings.
    pub remarks: Vec<Finding>,
}

impl Table {
    /// A table of flows, demand and output; the rest is empty and may be set field by field.
    ///
    /// # Panics
    /// When the shapes do not fit the labels.
    pub fn new(labels: Labels, z: Sparse, y: Array2<f64>, x: Array1<f64>) -> Self {
        let n = labels.dim();
        assert_eq!(z.shape(), (n, n), "Z must be n x n");
        assert_eq!(y.dim(), (n, labels.categories.len()), "Y must be n x demand columns");
        assert_eq!(x.len(), n, "x must have n entries");
        Table {
            labels,
            z,
            y,
            x,
            exports: None,
            stock: None,
            error: None,
            imports: None,
            imports_final: None,
            value_added: Vec::new(),
            stressors: Vec::new(),
            unit: String::new(),
            provenance: Provenance::default(),
            remarks: Vec::new(),
        }
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.labels.dim()
    }

    /// Final demand summed over categories (n x R).
    pub fn demand_by_region(&self) -> Array2<f64> {
        let mut d = Array2::zeros((self.dim(), self.labels.region_count()));
        let columns: Vec<_> = (0..self.labels.region_count()).map(|r| self.labels.demand(r)).collect();
        ndarray::Zip::from(d.rows_mut()).and(self.y.rows()).par_for_each(|mut d, y| {
            for (d, columns) in d.iter_mut().zip(&columns) {
                *d = columns.clone().fold(0.0, |sum, c| sum + y[c]);
            }
        });
        d
    }

    /// Final demand, exports, stock changes and the error column together (n).
    pub fn total_demand(&self) -> Array1<f64> {
        let mut all = self.y.sum_axis(ndarray::Axis(1));
        [&self.exports, &self.stock, &self.error].into_iter().flatten().for_each(|c| all += c);
        all
    }

    /// `x - Z 1 - Y 1 - exports - stock - error`: what the row identity leaves over (n).
    /// A remainder within the rounding of its own sum is no imbalance and counts as 0.
    pub fn row_imbalance(&self) -> Array1<f64> {
        self.row_sums().0
    }

    /// [`Table::row_imbalance`], and `|Z| 1`: the flows of each row (n), summed in the order of its entries.
    pub fn row_sums(&self) -> (Array1<f64>, Vec<f64>) {
        let (left, sold): (Vec<f64>, Vec<f64>) = (0..self.dim()).into_par_iter().map(|i| self.row_sum(i)).unzip();
        (Array1::from(left), sold)
    }

    fn row_sum(&self, i: usize) -> (f64, f64) {
        let row = self.z.outer_view(i).expect("a row of the matrix");
        let (mut left, mut size, mut terms) = (self.x[i], self.x[i].abs(), row.nnz() + self.y.ncols());
        let mut take = |v: f64| {
            left -= v;
            size += v.abs();
        };
        let mut sold = 0.0;
        for v in row.data() {
            take(*v);
            sold += v.abs();
        }
        self.y.row(i).iter().for_each(|v| take(*v));
        for column in [&self.exports, &self.stock, &self.error].into_iter().flatten() {
            take(column[i]);
            terms += 1;
        }
        (if left.abs() <= gamma(terms as f64 + 1.0) * size { 0.0 } else { left }, sold)
    }

    /// Column sums of Z (n): what each column buys.
    pub fn purchases(&self) -> Array1<f64> {
        let mut sums = Array1::zeros(self.dim());
        for row in self.z.outer_iterator() {
            for (j, &v) in row.iter() {
                sums[j] += v;
            }
        }
        sums
    }

    /// Total value added of each column: the sum of the rows, or `x - 1'Z - imports` where no row is given.
    pub fn total_value_added(&self) -> Array1<f64> {
        if self.value_added.is_empty() {
            let mut left = &self.x - &self.purchases();
            if let Some(imports) = &self.imports {
                left -= imports;
            }
            left
        } else {
            let mut total = Array1::zeros(self.dim());
            for (_, row) in &self.value_added {
                total += row;
            }
            total
        }
    }

    /// [`Table::total_value_added`], each with the rounding of its sum.
    pub fn bounded_value_added(&self) -> Vec<Bounded> {
        let value = self.total_value_added();
        let derived = self.value_added.is_empty();
        let purchases = if derived { self.purchases().mapv(f64::abs) } else { Array1::zeros(self.dim()) };
        let terms = if derived { self.dim() + 3 } else { self.value_added.len() };
        let rounding = gamma(terms as f64);
        (0..self.dim())
            .map(|i| {
                let rows: f64 = self.value_added.iter().map(|(_, row)| row[i].abs()).sum();
                let left = if derived { self.x[i].abs() + purchases[i] + self.imports.as_ref().map_or(0.0, |m| m[i].abs()) } else { 0.0 };
                Bounded::new(value[i], up(rounding * up(rows + left)))
            })
            .collect()
    }
}

/// Sparse rows of a dense matrix; exact zeros are left out, everything else (NaN included) is kept.
pub fn sparse(dense: ArrayView2<f64>) -> Sparse {
    let (rows, columns) = dense.dim();
    let count = dense.iter().filter(|v| **v != 0.0).count();
    let (mut indptr, mut indices, mut data) = (Vec::with_capacity(rows + 1), Vec::with_capacity(count), Vec::with_capacity(count));
    indptr.push(0);
    for row in dense.rows() {
        for (j, &v) in row.iter().enumerate() {
            if v != 0.0 {
                indices.push(u32::try_from(j).expect("fewer than 2^32 columns"));
                data.push(v);
            }
        }
        indptr.push(indices.len());
    }
    Sparse::new((rows, columns), indptr, indices, data)
}
