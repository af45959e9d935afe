//! The Leontief system of a table: `x = A x + sum of destinations`, with `A = Z diag(1/x)` and intensities per unit
//! of output.
//!
//! Destinations are the columns demand is split into: one per region, then `export`, `stock` and `error` as far as
//! they exist. The error destination holds the published error column and whatever the row identity leaves over,
//! so that the destinations add up to `(I - A) x` and every identity closes in the sense of the data.

use std::sync::{Arc, OnceLock};

use ndarray::{Array1, Array2, ArrayView1};

use crate::bounded::{Bounded, sum_exact};
use crate::error::Result;
use crate::labels::Labels;
use crate::operator::detect::{EQUAL, recognised};
use crate::operator::elsewhere::Rows as Elsewhere;
use crate::operator::{Csr, Dense, Direction, Fit, Matrix, Operator, Part, Slices, Storage, divided};
use crate::solve::Given;
use crate::table::{FlowMatrix, Sparse, Table};

/// Where a product goes in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Final demand of a region.
    Region(usize),
    /// Exports abroad.
    Export,
    /// The common stock change column, attributed to no region.
    Stock,
    /// The error column and the imbalance of the rows.
    Error,
}

impl Destination {
    /// The word used in output; regions by their label in `labels`.
    pub fn label(self, labels: &Labels, language: crate::labels::Language) -> String {
        match self {
            Destination::Region(r) => labels.regions[r].label(language),
            Destination::Export => "export".into(),
            Destination::Stock => "stock".into(),
            Destination::Error => "error".into(),
        }
    }
}

/// A table as a linear system; copies share the table and A.
#[derive(Clone)]
pub struct System {
    /// The table it was made from.
    pub table: Arc<Table>,
    /// A by rows, made when first asked for.
    rows: OnceLock<Arc<Csr>>,
    /// A in another form, where one was chosen.
    chosen: Option<Matrix>,
    /// Output, or about what it is with other coefficients than the table's (n): scales solves and their bounds.
    pub output: Array1<f64>,
    /// Direct emissions per unit of output, one vector per stressor (n each; 0 where output is 0).
    pub intensities: Vec<Array1<f64>>,
    /// Value added per unit of output (n).
    pub value: Array1<f64>,
    /// Bounds on the errors of `value`, which is a sum of cells over output (n).
    pub value_bound: Array1<f64>,
    /// `|Z| 1`, which is `|A| x` (n); none with other coefficients than the table's.
    sold: Option<Vec<f64>>,
    /// The destinations, in the order of the columns of `demand`.
    pub destinations: Vec<Destination>,
    /// Demand by destination (n x K).
    pub demand: Array2<f64>,
    /// Bounds on the errors of `demand`, which is made of sums of cells (n x K); none where no sum is rounded.
    pub demand_bound: Option<Array2<f64>>,
    /// Share of output that the rows leave over, `|imbalance|_1 / |x|_1`.
    pub imbalance: f64,
}

impl System {
    /// Makes the system. Columns without output get no coefficients; the audit has spoken about them before.
    pub fn new(table: impl Into<Arc<Table>>) -> Self {
        let table = table.into();
        let value = table.bounded_value_added();
        Self::made(table.row_sums(), value, None, table)
    }

    /// The system of a table whose flows other processes keep; value added that only flows could tell is not known.
    ///
    /// # Panics
    /// If the engine did not send the sums of the rows.
    pub fn elsewhere(table: impl Into<Arc<Table>>, rows: Elsewhere) -> Self {
        let table = table.into();
        let unknown = || vec![Bounded::new(f64::NAN, f64::INFINITY); table.dim()];
        let value = if table.value_added.is_empty() { unknown() } else { table.bounded_value_added() };
        Self::made(rows.sums.expect("the sums of rows were asked for"), value, Some(rows.matrix), table)
    }

    fn made(sums: (Vec<Bounded>, Vec<f64>), value: Vec<Bounded>, chosen: Option<Matrix>, table: Arc<Table>) -> Self {
        let Demand { destinations, columns: demand, bound: demand_bound, imbalance, sold } = demand(&table, sums);
        let (value, value_bound) = per_output_bounded(&value, &table.x);
        System {
            sold: Some(sold),
            rows: OnceLock::new(),
            chosen,
            intensities: table.stressors.iter().map(|s| per_output(&s.direct, &table.x)).collect(),
            value,
            value_bound,
            output: table.x.clone(),
            table,
            destinations,
            demand,
            demand_bound,
            imbalance,
        }
    }

    /// A system of other coefficients than the table's own, for right-hand sides of one's own that need about `output`:
    /// intensities and demand stay those of the table and do not belong to these coefficients.
    pub fn with_coefficients(table: impl Into<Arc<Table>>, a: Sparse, output: Array1<f64>) -> Self {
        System { rows: OnceLock::from(Arc::new(Csr::new(a))), output, sold: None, ..System::new(table) }
    }

    /// The destinations of a table, its demand for each (n x K), and what that may be off by.
    pub fn demand_of(table: &Table) -> (Vec<Destination>, Array2<f64>, Option<Array2<f64>>) {
        let demand = demand(table, table.row_sums());
        (demand.destinations, demand.columns, demand.bound)
    }

    /// The same system with A in the form that is asked for; `None`: by the rule of [`Storage::auto`], rows `whole` or
    /// not, where a full table that is seen to consist of trade shares is kept by these, every entry compared.
    ///
    /// # Errors
    /// When the table has no such form.
    pub fn stored(mut self, storage: Option<Storage>, whole: bool) -> Result<Self> {
        let table = self.table.clone();
        // other coefficients than the table's are there already, by rows
        let made = self.rows.get().map(Arc::as_ref);
        let outputs = table.x.as_slice().expect("output is in one piece");
        let entries = made.map_or(table.z.nnz(), Csr::entries);
        let dense = || made.map_or_else(|| Dense::divided(&table.z, &table.x), Dense::from_csr);
        let slices = || made.map_or_else(|| Slices::divided(table.z.view(), outputs), Slices::from_csr);
        let known = || if made.is_some() { None } else { recognised(&table.z, &table.labels.offsets, &table.x) };
        let chosen = match storage.unwrap_or_else(|| Storage::auto(table.dim(), entries, whole)) {
            Storage::Csr => None,
            Storage::Slices => Some(slices().into()),
            Storage::Dense if storage.is_none() => Some(known().map_or_else(|| dense().into(), Matrix::from)),
            Storage::Dense => Some(dense().into()),
            Storage::TradeShare => {
                let fit = Fit::new(self.rows(), &table.labels.offsets, self.output.as_slice())?;
                Some(fit.operator(self.rows(), EQUAL)?.into())
            }
        };
        self.chosen = chosen;
        Ok(self)
    }

    /// A by rows.
    pub fn rows(&self) -> &Csr {
        self.shared_rows()
    }

    fn shared_rows(&self) -> &Arc<Csr> {
        kept(&self.rows, || Arc::new(Csr::new(coefficients(&self.table.z, &self.table.x))))
    }

    /// `A_m x` (or `|A_m| x`): what regions sell to others (n x k).
    pub fn traded(&self, absolute: bool, x: &Array2<f64>) -> Array2<f64> {
        let offsets = &self.labels().offsets;
        self.operator().traded(absolute, offsets, x).unwrap_or_else(|| self.rows().part(Part::Traded, absolute, offsets, x))
    }

    /// The block of what region `s` sells to itself.
    pub fn own_block(&self, s: usize) -> Array2<f64> {
        let rows = self.labels().rows(s);
        if self.table.z.is_elsewhere() { self.operator().block(rows) } else { self.rows().block(rows) }
    }

    /// The longest chain of roundings behind an entry of `A x` by whole rows.
    pub fn rounding_steps(&self) -> f64 {
        let operator = if self.table.z.is_elsewhere() { self.operator() } else { self.rows() };
        operator.rounding_steps(Direction::Forward)
    }

    /// A in the form it is stored in.
    pub fn matrix(&self) -> Matrix {
        self.chosen.clone().unwrap_or_else(|| Matrix::Rows(self.shared_rows().clone()))
    }

    /// A.
    pub fn operator(&self) -> &dyn Operator {
        self.chosen.as_ref().map_or_else(|| self.rows() as &dyn Operator, Matrix::operator)
    }

    /// What a method is made ready from.
    pub fn given(&self) -> Given {
        let given = Given::new(self.matrix(), &self.table.labels.offsets, self.output.as_slice());
        // summed in one chain a row, which the rounding of products by trade shares does not cover
        let inputs = if let Matrix::TradeShare(_) = given.matrix { None } else { self.sold.as_deref().map(Arc::from) };
        Given { inputs, ..given }
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.table.dim()
    }

    /// Names and row ranges.
    pub fn labels(&self) -> &Labels {
        &self.table.labels
    }

    /// Number of regions R.
    pub fn region_count(&self) -> usize {
        self.labels().region_count()
    }

    /// The column of `demand` for a destination.
    pub fn column(&self, destination: Destination) -> Option<usize> {
        self.destinations.iter().position(|d| *d == destination)
    }

    /// `v` kept on the rows of each region in turn (n x R): the right-hand sides `E_s v`.
    pub fn by_origin(&self, v: &Array1<f64>) -> Array2<f64> {
        let mut columns = Array2::zeros((self.dim(), self.region_count()));
        for s in 0..self.region_count() {
            for i in self.labels().rows(s) {
                columns[[i, s]] = v[i];
            }
        }
        columns
    }

    /// Direct emissions of each region without households.
    pub fn direct(&self, stressor: usize) -> Vec<Bounded> {
        let q = &self.table.stressors[stressor].direct;
        (0..self.region_count()).map(|s| sum_exact(self.labels().rows(s).map(|i| &q[i]))).collect()
    }

    /// Direct emissions of the households of each region; zero where the table gives none.
    pub fn households(&self, stressor: usize) -> Vec<Bounded> {
        match &self.table.stressors[stressor].households {
            Some(h) => h.iter().map(|&v| Bounded::exact(v)).collect(),
            None => vec![Bounded::ZERO; self.region_count()],
        }
    }
}

/// The content of a slot, made where there is none. It is made outside of any lock, so that a thread which takes other
/// work while it waits cannot come back to a slot that it holds; two threads may make it twice, and one of the two stays.
pub(crate) fn kept<T>(slot: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    if slot.get().is_none() {
        let _ = slot.set(make());
    }
    slot.get().expect("it was set")
}

/// `v / x` row by row; 0 where there is no output.
pub(crate) fn per_output(v: &Array1<f64>, x: &Array1<f64>) -> Array1<f64> {
    ndarray::Zip::from(v).and(x).map_collect(|&v, &x| if x == 0.0 { 0.0 } else { v / x })
}

/// [`per_output`] of numbers with bounds, and the bounds of the quotients.
pub(crate) fn per_output_bounded(v: &[Bounded], x: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
    let over = |(v, &x): (&Bounded, &f64)| if x == 0.0 { Bounded::ZERO } else { *v / Bounded::exact(x) };
    let quotients: Vec<Bounded> = v.iter().zip(x).map(over).collect();
    (quotients.iter().map(|q| q.value).collect(), quotients.iter().map(|q| q.bound).collect())
}

/// `A = Z diag(1/x)`; columns with zero output are left out.
pub fn coefficients(z: &FlowMatrix, x: &Array1<f64>) -> Sparse {
    let z = z.view();
    if x.iter().all(|v| *v != 0.0) && !z.data().contains(&0.0) {
        return divided(z, x.as_slice().expect("one vector"));
    }
    let (mut indptr, mut indices, mut data) = (Vec::with_capacity(z.rows() + 1), Vec::with_capacity(z.nnz()), Vec::with_capacity(z.nnz()));
    indptr.push(0);
    for row in z.outer_iterator() {
        for (j, &v) in row.iter() {
            if x[j] != 0.0 && v != 0.0 {
                indices.push(j as u32);
                data.push(v / x[j]);
            }
        }
        indptr.push(indices.len());
    }
    Sparse::new(z.shape(), indptr, indices, data)
}

/// Demand of a table by destination.
struct Demand {
    destinations: Vec<Destination>,
    /// n x K.
    columns: Array2<f64>,
    /// Bounds of the columns, where any sum is rounded (n x K).
    bound: Option<Array2<f64>>,
    /// Share of output that the rows leave over.
    imbalance: f64,
    /// The flows of each row.
    sold: Vec<f64>,
}

/// Splits what leaves production by destination. The row remainder goes to the error destination however small it is: that
/// destination is left out only where the rows close exactly.
fn demand(table: &Table, (left, sold): (Vec<Bounded>, Vec<f64>)) -> Demand {
    let regions = table.labels.region_count();
    let mut destinations: Vec<Destination> = (0..regions).map(Destination::Region).collect();
    let mut others: Vec<ArrayView1<f64>> = Vec::new();
    for (column, destination) in [(&table.exports, Destination::Export), (&table.stock, Destination::Stock)] {
        if let Some(column) = column {
            destinations.push(destination);
            others.push(column.view());
        }
    }
    let (left, left_bound): (Array1<f64>, Array1<f64>) = (left.iter().map(|l| l.value).collect(), left.iter().map(|l| l.bound).collect());
    let size = |v: &mut dyn Iterator<Item = f64>| v.map(f64::abs).sum::<f64>();
    let published = |i: usize| table.error.as_ref().map_or(0.0, |e| e[i]);
    let imbalance =
        size(&mut left.iter().enumerate().map(|(i, v)| v - published(i))) / size(&mut table.x.iter().copied()).max(f64::MIN_POSITIVE);
    if table.error.is_some() || left.iter().chain(&left_bound).any(|v| *v != 0.0) {
        destinations.push(Destination::Error);
        others.push(left.view());
    }
    let (by_region, by_region_bound) = table.demand_by_region();
    let with_others = |by_region: &Array2<f64>, others: &[ArrayView1<f64>]| {
        let mut columns = Array2::zeros((table.dim(), destinations.len()));
        columns.slice_mut(ndarray::s![.., ..regions]).assign(by_region);
        others.iter().enumerate().for_each(|(k, column)| columns.column_mut(regions + k).assign(column));
        columns
    };
    let unsure = destinations.contains(&Destination::Error) && left_bound.iter().any(|b| *b != 0.0);
    let bound = (by_region_bound.is_some() || unsure).then(|| {
        let exact = Array1::zeros(table.dim());
        let mut bounds = vec![exact.view(); others.len()];
        if unsure {
            *bounds.last_mut().expect("the error destination") = left_bound.view();
        }
        with_others(&by_region_bound.unwrap_or_else(|| Array2::zeros((table.dim(), regions))), &bounds)
    });
    let columns = if others.is_empty() { by_region } else { with_others(&by_region, &others) };
    Demand { columns, bound, imbalance, sold, destinations }
}
