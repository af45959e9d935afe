//! The Leontief system of a table: `x = A x + sum of destinations`, with `A = Z diag(1/x)` and intensities per unit
//! of output.
//!
//! Destinations are the columns demand is split into: one per region, then `export`, `stock` and `error` as far as
//! they exist. The error destination holds the published error column and whatever the row identity leaves over,
//! so that the destinations add up to `(I - A) x` and every identity closes in the sense of the data.

use std::sync::OnceLock;

use ndarray::{Array1, Array2};

use crate::bounded::{Bounded, sum_exact};
use crate::error::Result;
use crate::labels::Labels;
use crate::operator::detect::{EQUAL, recognised};
use crate::operator::{Csr, Dense, Fit, Operator, Slices, Storage, TradeShare, divided};
use crate::solve::{Form, Given};
use crate::table::{Sparse, Table};

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

/// Relative size of the row imbalance up to which a table without an error column has no error destination.
const BALANCED: f64 = 1e-12;

/// A in another form than by rows.
enum Chosen {
    Slices(Slices),
    Dense(Dense),
    TradeShare(Box<TradeShare>),
}

/// A table as a linear system.
pub struct System<'t> {
    /// The table it was made from.
    pub table: &'t Table,
    /// A by rows, made when first asked for.
    rows: OnceLock<Csr>,
    /// A in another form, where one was chosen.
    chosen: Option<Chosen>,
    /// Output, or about what it is with other coefficients than the table's (n): scales solves and their bounds.
    pub output: Array1<f64>,
    /// Direct emissions per unit of output, one vector per stressor (n each; 0 where output is 0).
    pub intensities: Vec<Array1<f64>>,
    /// Value added per unit of output (n).
    pub value: Array1<f64>,
    /// `|Z| 1`, which is `|A| x` (n); none with other coefficients than the table's.
    sold: Option<Vec<f64>>,
    /// The destinations, in the order of the columns of `demand`.
    pub destinations: Vec<Destination>,
    /// Demand by destination (n x K).
    pub demand: Array2<f64>,
    /// Share of output that the rows leave over, `|imbalance|_1 / |x|_1`.
    pub imbalance: f64,
}

impl<'t> System<'t> {
    /// Makes the system. Columns without output get no coefficients; the audit has spoken about them before.
    pub fn new(table: &'t Table) -> Self {
        let (destinations, demand, imbalance, sold) = demand(table);
        System {
            sold: Some(sold),
            rows: OnceLock::new(),
            chosen: None,
            intensities: table.stressors.iter().map(|s| per_output(&s.direct, &table.x)).collect(),
            value: per_output(&table.total_value_added(), &table.x),
            output: table.x.clone(),
            table,
            destinations,
            demand,
            imbalance,
        }
    }

    /// A system of other coefficients than the table's own, for right-hand sides of one's own that need about `output`:
    /// intensities and demand stay those of the table and do not belong to these coefficients.
    pub fn with_coefficients(table: &'t Table, a: Sparse, output: Array1<f64>) -> Self {
        System { rows: OnceLock::from(Csr::new(a)), output, sold: None, ..System::new(table) }
    }

    /// The destinations of a table and its demand for each (n x K).
    pub fn demand_of(table: &Table) -> (Vec<Destination>, Array2<f64>) {
        let (destinations, columns, ..) = demand(table);
        (destinations, columns)
    }

    /// The same system with A in the form that is asked for; `None`: by the rule of [`Storage::auto`], rows `whole` or
    /// not, where a full table that is seen to consist of trade shares is kept by its factors, every entry compared.
    ///
    /// # Errors
    /// When the table has no such form.
    pub fn stored(mut self, storage: Option<Storage>, whole: bool) -> Result<Self> {
        let table = self.table;
        // other coefficients than the table's are there already, by rows
        let made = self.rows.get();
        let outputs = table.x.as_slice().expect("output is in one piece");
        let entries = made.map_or(table.z.nnz(), Csr::entries);
        let dense = || made.map_or_else(|| Dense::divided(&table.z, &table.x), Dense::from_csr);
        let slices = || made.map_or_else(|| Slices::divided(&table.z, outputs), Slices::from_csr);
        let known = || if made.is_some() { None } else { recognised(&table.z, &table.labels.offsets, &table.x) };
        let chosen = match storage.unwrap_or_else(|| Storage::auto(table.dim(), entries, whole)) {
            Storage::Csr => None,
            Storage::Slices => Some(Chosen::Slices(slices())),
            Storage::Dense if storage.is_none() => {
                Some(known().map_or_else(|| Chosen::Dense(dense()), |factors| Chosen::TradeShare(Box::new(factors))))
            }
            Storage::Dense => Some(Chosen::Dense(dense())),
            Storage::TradeShare => {
                let fit = Fit::new(self.rows(), &table.labels.offsets, self.output.as_slice())?;
                Some(Chosen::TradeShare(Box::new(fit.operator(self.rows(), EQUAL)?)))
            }
        };
        self.chosen = chosen;
        Ok(self)
    }

    /// A by rows.
    pub fn rows(&self) -> &Csr {
        self.rows.get_or_init(|| Csr::new(coefficients(&self.table.z, &self.table.x)))
    }

    /// A.
    pub fn operator(&self) -> &dyn Operator {
        match &self.chosen {
            None => self.rows(),
            Some(Chosen::Slices(slices)) => slices,
            Some(Chosen::Dense(dense)) => dense,
            Some(Chosen::TradeShare(factors)) => factors.as_ref(),
        }
    }

    /// What a method is made ready from.
    pub fn given(&self) -> Given<'_> {
        let form = match &self.chosen {
            None => Form::Rows(self.rows()),
            Some(Chosen::Slices(_)) => Form::Products,
            Some(Chosen::Dense(dense)) => Form::Dense(dense),
            Some(Chosen::TradeShare(factors)) => Form::TradeShare(factors),
        };
        let offsets = self.table.labels.offsets.as_slice();
        // summed in one chain a row, which the rounding of products by factors does not cover
        let inputs = if let Form::TradeShare(_) = form { None } else { self.sold.as_deref() };
        Given { operator: self.operator(), offsets, output: self.output.as_slice(), inputs, form }
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

/// `v / x` row by row; 0 where there is no output.
pub(crate) fn per_output(v: &Array1<f64>, x: &Array1<f64>) -> Array1<f64> {
    ndarray::Zip::from(v).and(x).map_collect(|&v, &x| if x == 0.0 { 0.0 } else { v / x })
}

/// `A = Z diag(1/x)`; columns with zero output are left out.
pub fn coefficients(z: &Sparse, x: &Array1<f64>) -> Sparse {
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

/// Destinations, demand for each (n x K), the imbalance of the rows, and their flows.
fn demand(table: &Table) -> (Vec<Destination>, Array2<f64>, f64, Vec<f64>) {
    let regions = table.labels.region_count();
    let mut destinations: Vec<Destination> = (0..regions).map(Destination::Region).collect();
    let mut others = Vec::new();
    for (column, destination) in [(&table.exports, Destination::Export), (&table.stock, Destination::Stock)] {
        if let Some(column) = column {
            destinations.push(destination);
            others.push(column.clone());
        }
    }
    let (left, sold) = table.row_sums();
    let size = |v: &Array1<f64>| v.iter().map(|v| v.abs()).sum::<f64>();
    let imbalance = size(&left) / size(&table.x).max(f64::MIN_POSITIVE);
    if table.error.is_some() || imbalance > BALANCED {
        destinations.push(Destination::Error);
        others.push(table.error.as_ref().map_or_else(|| left.clone(), |e| e + &left));
    }
    let by_region = table.demand_by_region();
    if others.is_empty() {
        return (destinations, by_region, imbalance, sold);
    }
    let mut demand = Array2::zeros((table.dim(), destinations.len()));
    demand.slice_mut(ndarray::s![.., ..regions]).assign(&by_region);
    others.iter().enumerate().for_each(|(k, column)| demand.column_mut(regions + k).assign(column));
    (destinations, demand, imbalance, sold)
}
