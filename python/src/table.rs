//! Tables: read from files, or made of arrays that stay where they are.

use std::path::PathBuf;
use std::sync::Arc;

use isard::labels::{Labels, Name};
use isard::table::{FlowMatrix, Stressor};
use isard::{Error, Study, study};
use ndarray::{ArrayView1, ArrayView2};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Raised;
use crate::lend::{columns, lent};
use crate::wait::{News, wait};

/// A table; nothing changes it.
#[pyclass(frozen, module = "isard_mrio._isard")]
pub struct Table {
    pub table: Arc<isard::Table>,
    findings: Vec<isard::finding::Finding>,
}

impl Table {
    /// A table of the library.
    pub fn new(table: Arc<isard::Table>) -> Self {
        Table { table, findings: Vec::new() }
    }
}

/// The options of a study, from JSON.
pub fn options(text: &str) -> isard::Result<Study> {
    let values = serde_json::from_str(text).map_err(|e| Error::format("study", e, "give options that JSON can say"))?;
    Study::from_values(&values)
}

/// A table of a file, with the options of reading; without a file the embedded one.
#[pyfunction]
pub fn read(py: Python<'_>, options_json: &str, progress: Option<Py<PyAny>>) -> PyResult<Table> {
    let study = options(options_json).raised(py)?;
    let news = News::default();
    let watch = news.watch();
    let found = wait(py, &watch, &news, progress.as_ref(), || study::load::examine(&study, &watch))?.raised(py)?;
    Ok(Table { table: found.table, findings: found.findings })
}

type Words = Vec<(String, String)>;
type Flow<'py> = Bound<'py, PyArray1<f64>>;
type Row<'py> = PyReadonlyArray1<'py, f64>;

/// A table of arrays: `z` every entry of Z, row by row, or `rows` where each of its sparse rows begins, their columns and flows.
#[pyfunction]
#[pyo3(signature = (labels, demand, y, x, *, z=None, rows=None, stressors=Vec::new(), value_added=Vec::new(), exports=None, imports=None, unit=String::new(), stamp=None))]
#[allow(clippy::too_many_arguments)]
pub fn from_arrays<'py>(
    py: Python<'py>,
    labels: Words,
    demand: Words,
    y: PyReadonlyArray2<'py, f64>,
    x: Row<'py>,
    z: Option<Flow<'py>>,
    rows: Option<(Vec<usize>, Bound<'py, PyArray1<i32>>, Flow<'py>)>,
    stressors: Vec<(String, String, Row<'py>, Option<Row<'py>>)>,
    value_added: Vec<(String, Row<'py>)>,
    exports: Option<Row<'py>>,
    imports: Option<Row<'py>>,
    unit: String,
    stamp: Option<String>,
) -> PyResult<Table> {
    let labels = Labels::from_pairs(&labels, &demand, "labels").raised(py)?;
    let n = labels.dim();
    let shape = |what: &str, found: &[usize], wanted: &[usize]| {
        let text = || format!("{what} has the shape {found:?}, and the labels are for {wanted:?}");
        if found == wanted { Ok(()) } else { Err(Error::format("arrays", text(), "give one label for each row and each column of demand")) }
    };
    let y = y.as_array();
    shape("Y", y.shape(), &[n, labels.categories.len()]).raised(py)?;
    let vectors = [Some(&x), exports.as_ref(), imports.as_ref()].into_iter().flatten().map(|v| ("x, exports or imports", v));
    let of_stressors = stressors.iter().map(|s| ("a row of F", &s.2));
    for (what, v) in vectors.chain(of_stressors).chain(value_added.iter().map(|v| ("a row of value added", &v.1))) {
        shape(what, v.as_array().shape(), &[n]).raised(py)?;
    }
    for (.., households) in &stressors {
        households.as_ref().map_or(Ok(()), |h| shape("a row of F_Y", h.as_array().shape(), &[labels.region_count()])).raised(py)?;
    }
    let flows = match (z, rows) {
        (Some(z), None) => {
            let entries = lent(&z)?;
            shape("Z", &[(*entries).as_ref().len()], &[n * n]).raised(py)?;
            py.detach(|| FlowMatrix::from_entries(n, entries))
        }
        (None, Some((starts, numbers, flows))) => {
            let (numbers, flows) = (columns(&numbers)?, lent(&flows)?);
            py.detach(|| FlowMatrix::from_rows(n, starts, numbers, flows)).raised(py)?
        }
        _ => return Err(pyo3::exceptions::PyTypeError::new_err("give either z or rows")),
    };
    let mut table = isard::Table::new(labels, flows, y.to_owned(), x.as_array().to_owned());
    table.stressors = stressors
        .iter()
        .map(|(name, unit, direct, households)| Stressor {
            name: name.clone(),
            unit: unit.clone(),
            direct: direct.as_array().to_owned(),
            households: households.as_ref().map(|h| h.as_array().to_owned()),
        })
        .collect();
    table.value_added = value_added.iter().map(|(name, v)| (Name::plain(name.as_str()), v.as_array().to_owned())).collect();
    (table.exports, table.imports) = (exports.map(|v| v.as_array().to_owned()), imports.map(|v| v.as_array().to_owned()));
    (table.unit, table.provenance.stamp) = (unit, stamp);
    Ok(Table::new(Arc::new(table)))
}

/// An array of numpy over numbers of a table, which it keeps alive; nobody may write to it.
fn borrowed<'py, T: numpy::Element>(owner: &Bound<'py, Table>, numbers: &[T]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the table keeps the numbers, and never changes them
    let array = unsafe { PyArray1::borrow_from_array(&ArrayView1::from(numbers), owner.clone().into_any()) };
    let array = array.into_any();
    array.getattr("flags")?.setattr("writeable", false)?;
    Ok(array)
}

#[pymethods]
impl Table {
    /// Number of rows.
    #[getter]
    fn n(&self) -> usize {
        self.table.dim()
    }

    /// Number of flows.
    #[getter]
    fn nnz(&self) -> usize {
        self.table.z.nnz()
    }

    #[getter]
    fn regions(&self) -> Vec<&str> {
        self.table.labels.regions.iter().map(|n| n.given.as_str()).collect()
    }

    /// Region and sector of each row.
    #[getter]
    fn rows(&self) -> Vec<(&str, &str)> {
        let labels = &self.table.labels;
        (0..labels.dim()).map(|i| (labels.regions[labels.region_of(i)].given.as_str(), labels.sectors[i].given.as_str())).collect()
    }

    /// Region and category of each column of final demand.
    #[getter]
    fn demand(&self) -> Vec<(&str, &str)> {
        let labels = &self.table.labels;
        let of = |r: usize| labels.demand(r).map(move |c| (labels.regions[r].given.as_str(), labels.categories[c].given.as_str()));
        (0..labels.region_count()).flat_map(of).collect()
    }

    /// Name and unit of each stressor.
    #[getter]
    fn stressors(&self) -> Vec<(&str, &str)> {
        self.table.stressors.iter().map(|s| (s.name.as_str(), s.unit.as_str())).collect()
    }

    #[getter]
    fn unit(&self) -> &str {
        &self.table.unit
    }

    #[getter]
    fn stamp(&self) -> Option<&str> {
        self.table.provenance.stamp.as_deref()
    }

    #[getter]
    fn provenance(&self) -> String {
        serde_json::to_string(&self.table.provenance).unwrap_or_default()
    }

    /// Z where it lies: every entry (n x n), or where rows begin, columns and flows.
    fn z<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let own = slf.get();
        let found = PyDict::new(slf.py());
        match own.table.z.entries() {
            Some(entries) => found.set_item("entries", borrowed(slf, entries)?)?,
            None => {
                let (starts, columns, flows) = own.table.z.view().into_raw_storage();
                let starts: Vec<i64> = starts.iter().map(|s| *s as i64).collect();
                found.set_item("indptr", PyArray1::from_vec(slf.py(), starts))?;
                found.set_item("indices", borrowed(slf, columns)?)?;
                found.set_item("data", borrowed(slf, flows)?)?;
            }
        }
        Ok(found)
    }

    fn y<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        PyArray2::from_array(py, &self.table.y)
    }

    fn x<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_array(py, &self.table.x)
    }

    /// Direct emissions (stressors x n).
    fn direct<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let all: Vec<f64> = self.table.stressors.iter().flat_map(|s| s.direct.iter().copied()).collect();
        let shape = (self.table.stressors.len(), self.table.dim());
        let view = ArrayView2::from_shape(shape, &all).map_err(|e| pyo3::exceptions::PyRuntimeError::new_err(e.to_string()))?;
        Ok(PyArray2::from_array(py, &view))
    }

    /// What the audit says, as JSON.
    fn audit(&self, py: Python<'_>) -> PyResult<String> {
        let (news, table) = (News::default(), &self.table);
        let watch = news.watch();
        let findings = if self.findings.is_empty() {
            wait(py, &watch, &news, None, || study::load::audited(table, &watch))?.raised(py)?
        } else {
            self.findings.clone()
        };
        Ok(serde_json::to_string(&findings).unwrap_or_default())
    }

    /// Writes a snapshot (FILE.isard) or a folder of CSV files.
    fn save(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<()> {
        let table = &self.table;
        let write = || match isard::snapshot::is_named(&path) {
            true => isard::snapshot::write(table, &path, force),
            false => isard::write::long::write(table, &path),
        };
        py.detach(write).raised(py)
    }
}
