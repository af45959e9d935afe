//! A multi-regional input-output table as it was published, with everything it says and where it came from.
//!
//! Row identity `x = Z 1 + Y 1 + exports + stock + error`; column identity `x' = 1'Z + imports' + value added'`.
//! Rows supply, columns buy. All money is in [`Table::unit`].

use std::path::PathBuf;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::Serialize;

use crate::bounded::{Bounded, Sum};
use crate::finding::Finding;
use crate::labels::{Labels, Name};
use crate::threads::prelude::*;

mod flows;

pub use flows::{Entries, FlowMatrix, Shared};

/// Compressed sparse rows with 32-bit column numbers.
pub type Sparse = sprs::CsMatI<f64, u32, usize>;

/// [`Sparse`] rows, whoever owns them.
pub type SparseView<'a> = sprs::CsMatViewI<'a, f64, u32, usize>;

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
    pub z: FlowMatrix,
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
    pub fn new(labels: Labels, z: impl Into<FlowMatrix>, y: Array2<f64>, x: Array1<f64>) -> Self {
        let (n, z) = (labels.dim(), z.into());
        assert!(if z.entries().is_some() || z.is_elsewhere() { z.dim() == n } else { z.view().shape() == (n, n) }, "Z must be n x n");
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

    /// As [`Table::new`], with every entry of Z (n x n), row by row, used where it lies.
    ///
    /// ```
    /// use std::sync::Arc;
    /// # use isard::{Table, labels::Labels};
    /// # use ndarray::array;
    /// # let small = isard::synth::table(&isard::synth::Settings { regions: 2, sectors: 2, ..Default::default() });
    /// # let (labels, y, x, entries) = (small.labels.clone(), small.y.clone(), small.x.clone(), small.z.to_dense());
    /// let entries: Arc<Vec<f64>> = Arc::new(entries.iter().copied().collect());
    /// let table = Table::from_dense(labels, entries.clone(), y, x);
    /// assert_eq!(table.z.entries().unwrap().as_ptr(), entries.as_ptr()); // no copy
    /// # assert_eq!(table.z, small.z);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit the labels.
    pub fn from_dense(labels: Labels, z: Entries, y: Array2<f64>, x: Array1<f64>) -> Self {
        let n = labels.dim();
        Self::new(labels, FlowMatrix::from_entries(n, z), y, x)
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.labels.dim()
    }

    /// Final demand summed over categories (n x R), and the bounds of the sums where any is rounded.
    pub fn demand_by_region(&self) -> (Array2<f64>, Option<Array2<f64>>) {
        let columns: Vec<_> = (0..self.labels.region_count()).map(|r| self.labels.demand(r)).collect();
        let mut demand = Array2::zeros((self.dim(), columns.len()));
        if columns.iter().all(|c| c.len() <= 1) {
            columns.iter().enumerate().for_each(|(r, c)| c.clone().for_each(|c| demand.column_mut(r).assign(&self.y.column(c))));
            return (demand, None);
        }
        let mut bound = Array2::zeros(demand.dim());
        let rows = demand.axis_iter_mut(Axis(0)).into_par_iter().zip(bound.axis_iter_mut(Axis(0))).zip(self.y.axis_iter(Axis(0)));
        rows.for_each(|((mut demand, mut bound), y)| {
            for ((demand, bound), columns) in demand.iter_mut().zip(&mut bound).zip(&columns) {
                let sum = columns.clone().fold(Sum::default(), |mut sum, c| {
                    sum.add(y[c]);
                    sum
                });
                Bounded { value: *demand, bound: *bound } = sum.bounded();
            }
        });
        let rounded = bound.iter().any(|b| *b != 0.0);
        (demand, rounded.then_some(bound))
    }

    /// Final demand, exports, stock changes and the error column together (n).
    pub fn total_demand(&self) -> Vec<Bounded> {
        let others = [&self.exports, &self.stock, &self.error];
        let row = |i: usize| {
            let mut sum = Sum::default();
            sum.extend(self.y.row(i));
            others.iter().filter_map(|c| c.as_ref()).for_each(|c| sum.add(c[i]));
            sum.bounded()
        };
        (0..self.dim()).into_par_iter().map(row).collect()
    }

    /// `x - Z 1 - Y 1 - exports - stock - error`: what the row identity leaves over (n).
    pub fn row_imbalance(&self) -> Array1<f64> {
        let error = |i: usize| self.error.as_ref().map_or(0.0, |e| e[i]);
        self.row_sums().0.iter().enumerate().map(|(i, left)| left.value - error(i)).collect()
    }

    /// `x - Z 1 - Y 1 - exports - stock`, the error column and the imbalance together (n), and `|Z| 1` (n), the flows of each
    /// row summed in the order of its entries.
    pub fn row_sums(&self) -> (Vec<Bounded>, Vec<f64>) {
        (0..self.dim()).into_par_iter().map(|i| self.row_sum(i, self.z.row(i).map(|(_, v)| v))).unzip()
    }

    /// As [`Table::row_sums`], of one row with these flows.
    pub fn row_sum(&self, i: usize, flows: impl Iterator<Item = f64>) -> (Bounded, f64) {
        let (mut left, mut sold) = (Sum::default(), 0.0);
        left.add(self.x[i]);
        for v in flows {
            left.add(-v);
            sold += v.abs();
        }
        self.y.row(i).iter().for_each(|v| left.add(-v));
        for column in [&self.exports, &self.stock].into_iter().flatten() {
            left.add(-column[i]);
        }
        (left.bounded(), sold)
    }

    /// Column sums of Z (n): what each column buys.
    pub fn purchases(&self) -> Array1<f64> {
        let mut sums = Array1::zeros(self.dim());
        for i in 0..self.dim() {
            self.z.row(i).for_each(|(j, v)| sums[j] += v);
        }
        sums
    }

    /// Total value added of each column: the sum of the rows, or `x - 1'Z - imports` where no row is given.
    pub fn bounded_value_added(&self) -> Vec<Bounded> {
        let mut sums = vec![Sum::default(); self.dim()];
        let mut take = |column: &Array1<f64>, sign: f64| sums.iter_mut().zip(column).for_each(|(sum, v)| sum.add(sign * v));
        if self.value_added.is_empty() {
            take(&self.x, 1.0);
            self.imports.iter().for_each(|m| take(m, -1.0));
            for i in 0..self.dim() {
                self.z.row(i).for_each(|(j, v)| sums[j].add(-v));
            }
        } else {
            self.value_added.iter().for_each(|(_, row)| take(row, 1.0));
        }
        sums.into_iter().map(Sum::bounded).collect()
    }

    /// [`Table::bounded_value_added`] without the bounds.
    pub fn total_value_added(&self) -> Array1<f64> {
        self.bounded_value_added().into_iter().map(|v| v.value).collect()
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
