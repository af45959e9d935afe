//! What a reader hands over, and the one assembler that makes a table of it.
//!
//! A reader gives what its file holds, in the order of the file, and says where it stopped. [`Parts::table`] compares the
//! shapes, derives what is missing, and notes what it derived:
//!
//! | missing | derived as |
//! |---|---|
//! | Z | `Z = A diag(x)` |
//! | x | `x = Z 1 + Y 1 + exports + stock + error`, the identity of the rows |
//! | Z and x | `x = A x + Y 1`, a power series |
//!
//! Value added that is missing stays so: [`Table::bounded_value_added`] takes `x - 1'Z - imports` with its bound. The two
//! identities of rows and columns are compared by the audit, which knows what may differ.

use ndarray::Array1;

use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::labels::{Labels, Name};
use crate::memory;
use crate::table::{Provenance, Stressor, Table};
use crate::watch::Watch;

pub mod gather;
mod output;
mod values;

pub use values::Values;

/// What stands between the rows and columns of a table.
#[derive(Debug, Clone)]
pub enum Intermediate {
    /// Z: flows, in the unit of the table. A format that holds both Z and A gives Z.
    Flows(Values),
    /// A: what a column buys for a unit of its output.
    Coefficients(Values),
}

/// What the numbers were read from, in the words of the notes on what was derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Several files; rows have no other use than Z and Y.
    Folder,
    /// Named arrays in one file.
    Archive,
    /// A sheet of a workbook, or any other file.
    File,
}

impl Holder {
    fn name(self) -> &'static str {
        match self {
            Holder::Folder => "folder",
            Holder::Archive => "archive",
            Holder::File => "file",
        }
    }

    /// What the rows add up to.
    fn row_sum(self) -> &'static str {
        match self {
            Holder::Folder => "Z 1 + Y 1",
            Holder::Archive | Holder::File => "the sum of each row",
        }
    }
}

/// How a file rounds its output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Digits {
    /// Number of significant digits.
    pub count: u32,
    /// Half a unit in the last of them, relative to the number.
    pub half: f64,
}

/// The parts of a table as a file gives them. R regions, n rows, D columns of final demand.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Names and row ranges.
    pub labels: Labels,
    /// Z or A (n x n).
    pub intermediate: Intermediate,
    /// Final demand (n x D).
    pub y: Values,
    /// Gross output (n).
    pub x: Option<Array1<f64>>,
    /// Where output is rounded in the file: a row sum that agrees with all of its digits takes its place.
    pub digits: Option<Digits>,
    /// Value-added rows with their names (n).
    pub value_added: Vec<(Name, Array1<f64>)>,
    /// Whether value added is given for a unit of output of each column.
    pub value_added_per_output: bool,
    /// Exports abroad (n).
    pub exports: Option<Array1<f64>>,
    /// A common column of stock changes (n).
    pub stock: Option<Array1<f64>>,
    /// The published error column (n).
    pub error: Option<Array1<f64>>,
    /// Imported intermediates of each column (n).
    pub imports: Option<Array1<f64>>,
    /// Imported final goods of each demand column (D).
    pub imports_final: Option<Array1<f64>>,
    /// Money unit; empty where none is named.
    pub unit: String,
    /// Emission accounts.
    pub stressors: Vec<Stressor>,
    /// Whether direct emissions are given for a unit of output of each column.
    pub stressors_per_output: bool,
    /// Files and sheet, and notes on how the parts were found.
    pub provenance: Provenance,
    /// Notes on what the file holds and the table does not.
    pub left_out: Vec<String>,
    /// What the reader noticed, for the audit.
    pub remarks: Vec<Finding>,
    /// What the numbers were read from.
    pub holder: Holder,
    /// Where the matrix of intermediates is, for messages.
    pub place: String,
    /// Where final demand is, for messages.
    pub demand_place: String,
}

impl Parts {
    /// Intermediates and final demand, read at `place`; the rest is empty and may be set field by field.
    pub fn new(labels: Labels, intermediate: Intermediate, y: Values, place: &str) -> Self {
        Parts {
            labels,
            intermediate,
            y,
            x: None,
            digits: None,
            value_added: Vec::new(),
            value_added_per_output: false,
            exports: None,
            stock: None,
            error: None,
            imports: None,
            imports_final: None,
            unit: String::new(),
            stressors: Vec::new(),
            stressors_per_output: false,
            provenance: Provenance::default(),
            left_out: Vec::new(),
            remarks: Vec::new(),
            holder: Holder::File,
            place: place.to_string(),
            demand_place: place.to_string(),
        }
    }

    /// The table.
    ///
    /// # Errors
    /// When a part has another shape than the labels say, or output is missing and cannot be derived; when the watch is cancelled.
    pub fn table(mut self, watch: &Watch) -> Result<Table> {
        self.compare_shapes()?;
        let mut derived = Vec::new();
        let x = self.output(&mut derived, watch)?;
        if self.value_added_per_output {
            self.value_added.iter_mut().for_each(|(_, row)| *row *= &x);
            derived.push("value added = v diag(x): it is given for a unit of output".into());
        }
        if self.stressors_per_output {
            self.stressors.iter_mut().for_each(|s| s.direct *= &x);
            derived.push("emissions = s diag(x): they are given for a unit of output".into());
        }
        let z = match self.intermediate {
            Intermediate::Flows(z) => z.into_sparse(),
            Intermediate::Coefficients(a) => {
                derived.push(format!("Z = A diag(x): the {} holds no Z", self.holder.name()));
                a.times_diagonal(&x)
            }
        };
        let (rows, columns) = self.y.shape();
        if let Values::Sparse(_) = self.y {
            memory::require_array(&format!("{}: final demand", self.demand_place), rows, columns)?;
        }
        let mut table = Table::new(self.labels, z, self.y.into_dense(), x);
        (table.exports, table.stock, table.error, table.imports) = (self.exports, self.stock, self.error, self.imports);
        (table.imports_final, table.value_added, table.stressors) = (self.imports_final, self.value_added, self.stressors);
        (table.unit, table.remarks, table.provenance) = (self.unit, self.remarks, self.provenance);
        table.provenance.notes.extend(derived.into_iter().chain(self.left_out));
        Ok(table)
    }

    /// Output as the file gives it, else by the identity of the rows, else from A and Y.
    fn output(&mut self, derived: &mut Vec<String>, watch: &Watch) -> Result<Array1<f64>> {
        let holder = self.holder;
        match (&self.intermediate, self.x.take()) {
            (Intermediate::Flows(z), Some(x)) => Ok(match self.digits {
                Some(digits) => output::unrounded(x, self.row_sum(z), digits, derived),
                None => x,
            }),
            (Intermediate::Flows(z), None) => {
                derived.push(format!("x = {}: the {} holds no x", holder.row_sum(), holder.name()));
                Ok(self.row_sum(z))
            }
            (Intermediate::Coefficients(_), Some(x)) => Ok(x),
            (Intermediate::Coefficients(a), None) => {
                let demand = self.demand();
                let name = |i: usize| {
                    let labels = &self.labels;
                    format!("{} / {}", labels.regions[labels.region_of(i)].given, labels.sectors[i].given)
                };
                let places = (self.place.as_str(), self.demand_place.as_str());
                let (x, residual) = output::solved(a, &demand, places, name, watch)?;
                derived.push(format!(
                    "x = A x + Y 1, computed since the {} holds neither Z nor x: power series to a relative residual of {residual:.1e}",
                    holder.name()
                ));
                Ok(x)
            }
        }
    }

    /// `Z 1 + Y 1 + exports + stock + error`.
    fn row_sum(&self, z: &Values) -> Array1<f64> {
        self.others().fold(z.row_sums() + self.y.row_sums(), |sum, column| sum + column)
    }

    /// `Y 1 + exports + stock + error`.
    fn demand(&self) -> Array1<f64> {
        self.others().fold(self.y.row_sums(), |sum, column| sum + column)
    }

    fn others(&self) -> impl Iterator<Item = &Array1<f64>> {
        [&self.exports, &self.stock, &self.error].into_iter().flatten()
    }

    /// Refuses the first part whose shape is not that of the labels.
    fn compare_shapes(&self) -> Result<()> {
        let (n, d, r) = (self.labels.dim(), self.labels.categories.len(), self.labels.region_count());
        let (Intermediate::Flows(matrix) | Intermediate::Coefficients(matrix)) = &self.intermediate;
        let length = |what: &'static str, part: &Option<Array1<f64>>, expected| part.as_ref().map(|p| (what, (p.len(), 1), (expected, 1)));
        let columns = [
            Some(("intermediates", matrix.shape(), (n, n))),
            Some(("final demand", self.y.shape(), (n, d))),
            length("output", &self.x, n),
            length("exports", &self.exports, n),
            length("stock changes", &self.stock, n),
            length("errors", &self.error, n),
            length("imports", &self.imports, n),
            length("imports of final demand", &self.imports_final, d),
        ];
        let rows = self.value_added.iter().map(|(_, row)| ("value added", (row.len(), 1), (n, 1)));
        let direct = self.stressors.iter().map(|s| ("emissions", (s.direct.len(), 1), (n, 1)));
        let households =
            self.stressors.iter().filter_map(|s| s.households.as_ref()).map(|h| ("emissions of households", (h.len(), 1), (r, 1)));
        let wrong =
            columns.into_iter().flatten().chain(rows).chain(direct).chain(households).find(|(_, found, expected)| found != expected);
        match wrong {
            None => Ok(()),
            Some((what, found, expected)) => Err(Error::format(
                &self.place,
                format!("expected {} x {} numbers of {what} as the labels say, found {} x {}", expected.0, expected.1, found.0, found.1),
                "give each row and each column of final demand its numbers",
            )),
        }
    }
}

/// The parts of a table that is whole.
impl From<Table> for Parts {
    fn from(table: Table) -> Self {
        let place = table.provenance.files.first().map_or_else(String::new, |f| f.path.display().to_string());
        let mut parts =
            Parts::new(table.labels, Intermediate::Flows(Values::Sparse(table.z.into_sparse())), Values::Dense(table.y), &place);
        parts.x = Some(table.x);
        (parts.exports, parts.stock, parts.error, parts.imports) = (table.exports, table.stock, table.error, table.imports);
        (parts.imports_final, parts.value_added, parts.stressors) = (table.imports_final, table.value_added, table.stressors);
        (parts.unit, parts.remarks, parts.provenance) = (table.unit, table.remarks, table.provenance);
        parts
    }
}
