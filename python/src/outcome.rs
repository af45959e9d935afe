//! What a study found: its sheets as plain arrays, its object, its page, and the table that it made.

use std::path::PathBuf;
use std::sync::Arc;

use isard::report::document::Document;
use isard::report::sheet::{Cell, Sheet};
use isard::study::{Analysis, Results, Side};
use isard::write::{html, json, latex, markdown, text, xlsx};
use isard::{Error, Study, study};
use numpy::{IntoPyArray, PyArray2};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::balance::Balanced;
use crate::error::Raised;
use crate::table::{Table, options};
use crate::wait::{News, wait};

/// What may have been found.
pub enum Found {
    /// By an analysis of a study.
    Study(Results),
    /// By balancing.
    Balanced(Box<Balanced>),
}

impl Found {
    fn read<T>(&self, read: impl FnOnce(&Document) -> T) -> T {
        match self {
            Found::Study(results) => read(&results.document()),
            Found::Balanced(balanced) => balanced.read(read),
        }
    }
}

/// The results of a study.
#[pyclass(frozen, module = "isard_mrio._isard")]
pub struct Outcome {
    pub found: Found,
    pub command: String,
    /// The call that made it, for people.
    pub line: String,
    pub notes: Vec<String>,
}

/// Does an analysis of one table (`tables` of one, or none: the one that the options name), or of two for `structural`.
#[pyfunction]
#[pyo3(signature = (analysis, options_json, tables, *, scheme="", after=false, line="", progress=None))]
#[allow(clippy::too_many_arguments)]
pub fn run(
    py: Python<'_>,
    analysis: &str,
    options_json: &str,
    tables: Vec<Py<Table>>,
    scheme: &str,
    after: bool,
    line: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<Outcome> {
    let mut given = tables.iter().map(|t| t.get().table.clone());
    let study = options(options_json).raised(py)?;
    let study = match analysis {
        "structural" => match [given.next(), given.next(), given.next()] {
            [Some(before), Some(after), None] => {
                let sides = [before, after].map(|table| Side { given: Some(table), ..Side::default() });
                Study { analysis: Analysis::Structural(Box::new(sides)), ..study }
            }
            _ => return Err(pyo3::exceptions::PyTypeError::new_err("structural compares two tables: tables=(before, after)")),
        },
        _ => Study { analysis: Analysis::of_command(analysis, scheme, after).raised(py)?, given: given.next(), ..study },
    };
    let news = News::default();
    let watch = news.watch();
    let results = wait(py, &watch, &news, progress.as_ref(), || study::run(&study, &watch))?.raised(py)?;
    Ok(Outcome { found: Found::Study(results), command: analysis.into(), line: line.into(), notes: news.notes() })
}

/// A column of a sheet.
enum Column {
    Numbers(Vec<f64>, Option<Vec<f64>>),
    Counts(Vec<i64>),
    Flags(Vec<bool>),
    Cells(Vec<Cell>),
}

impl Column {
    fn new(cells: Vec<Cell>) -> Self {
        let all = |fits: fn(&Cell) -> bool| cells.iter().all(fits);
        if !cells.is_empty() && all(|c| matches!(c, Cell::Count(_))) {
            return Column::Counts(cells.iter().map(|c| if let Cell::Count(n) = c { *n as i64 } else { 0 }).collect());
        }
        if !cells.is_empty() && all(|c| matches!(c, Cell::Flag(_))) {
            return Column::Flags(cells.iter().map(|c| matches!(c, Cell::Flag(true))).collect());
        }
        let number = |c: &Cell| matches!(c, Cell::Bounded(_) | Cell::Number(_) | Cell::Empty);
        if !cells.iter().all(number) || (!cells.is_empty() && all(|c| matches!(c, Cell::Empty))) {
            return Column::Cells(cells);
        }
        let proven = cells.iter().any(|c| matches!(c, Cell::Bounded(_)));
        let pair = |c: Cell| match c {
            Cell::Bounded(b) => (b.value, b.bound),
            Cell::Number(v) => (v, f64::NAN),
            _ => (f64::NAN, f64::NAN),
        };
        let (values, bounds) = cells.into_iter().map(pair).unzip();
        Column::Numbers(values, proven.then_some(bounds))
    }
}

/// A sheet without what makes it.
struct Plain {
    words: [(&'static str, String); 4],
    notes: Vec<String>,
    flags: [(&'static str, bool); 2],
    sums: usize,
    headings: [Vec<String>; 2],
    /// By heading: the parts of all names.
    names: [Vec<Vec<String>>; 2],
    bound_names: Vec<Option<String>>,
    units: [Vec<String>; 2],
    columns: Vec<Column>,
}

impl Plain {
    fn new(sheet: &Sheet) -> Self {
        let (rows, wide) = (sheet.rows.count, sheet.columns.count);
        let mut cells: Vec<Vec<Cell>> = (0..wide).map(|_| Vec::with_capacity(rows)).collect();
        for k in 0..rows {
            sheet.row(k).into_iter().zip(&mut cells).for_each(|(cell, column)| column.push(cell));
        }
        let matrix = sheet.columns.headings.len() != 2 || sheet.columns.headings[1] != "bound";
        let by_part = |names: Vec<Vec<String>>, parts: usize| {
            (0..parts).map(|p| names.iter().map(|n| n.get(p).cloned().unwrap_or_default()).collect()).collect()
        };
        let names = (0..rows).map(|k| sheet.rows.name(k)).collect();
        let own = |c: usize| if matrix { sheet.columns.name(c) } else { vec![sheet.column(c).0] };
        let headings = if matrix { sheet.columns.headings.clone() } else { vec![sheet.columns.headings[0].clone()] };
        Plain {
            words: [
                ("name", sheet.name.clone()),
                ("title", sheet.title.clone()),
                ("reads", sheet.reads.clone()),
                ("unit", if rows > 0 && wide > 0 { sheet.unit_of(0, 0) } else { sheet.unit.clone() }),
            ],
            notes: sheet.notes.clone(),
            flags: [("file", sheet.file), ("page", sheet.page)],
            sums: sheet.sums,
            names: [by_part(names, sheet.rows.headings.len()), by_part((0..wide).map(own).collect(), headings.len())],
            headings: [sheet.rows.headings.clone(), headings],
            bound_names: (0..wide).map(|c| if matrix { None } else { sheet.column(c).1 }).collect(),
            units: [
                (0..if wide > 0 { rows } else { 0 }).map(|r| sheet.unit_of(r, 0)).collect(),
                (0..if rows > 0 { wide } else { 0 }).map(|c| sheet.unit_of(0, c)).collect(),
            ],
            columns: cells.into_iter().map(Column::new).collect(),
        }
    }

    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let found = PyDict::new(py);
        self.words.into_iter().try_for_each(|(key, word)| found.set_item(key, word))?;
        self.flags.into_iter().try_for_each(|(key, yes)| found.set_item(key, yes))?;
        found.set_item("notes", self.notes)?;
        found.set_item("sums", self.sums)?;
        let [row_units, column_units] = self.units;
        found.set_item("row_units", row_units)?;
        found.set_item("column_units", column_units)?;
        let [row_headings, column_headings] = self.headings;
        found.set_item("row_headings", row_headings)?;
        found.set_item("column_headings", column_headings)?;
        let [row_names, column_names] = self.names;
        found.set_item("row_names", row_names)?;
        found.set_item("column_names", column_names)?;
        found.set_item("bound_names", self.bound_names)?;
        // a matrix in one piece, where every column is of numbers
        if self.columns.iter().all(|c| matches!(c, Column::Numbers(..))) && !self.columns.is_empty() {
            let parts: Vec<_> =
                self.columns.into_iter().filter_map(|c| if let Column::Numbers(v, b) = c { Some((v, b)) } else { None }).collect();
            let rows = parts.first().map_or(0, |p| p.0.len());
            let proven = parts.iter().any(|p| p.1.is_some());
            let fill = |pick: &dyn Fn(usize, usize) -> f64| {
                PyArray2::from_owned_array(py, ndarray::Array2::from_shape_fn((rows, parts.len()), |(r, c)| pick(r, c)))
            };
            found.set_item("values", fill(&|r, c| parts[c].0[r]))?;
            let bounds = proven.then(|| fill(&|r, c| parts[c].1.as_ref().map_or(f64::NAN, |b| b[r])));
            found.set_item("bounds", bounds)?;
            return Ok(found);
        }
        let columns = PyList::empty(py);
        for column in self.columns {
            let (values, bounds): (Bound<'_, PyAny>, Option<Bound<'_, PyAny>>) = match column {
                Column::Numbers(values, bounds) => (values.into_pyarray(py).into_any(), bounds.map(|b| b.into_pyarray(py).into_any())),
                Column::Counts(counts) => (counts.into_pyarray(py).into_any(), None),
                Column::Flags(flags) => (flags.into_pyarray(py).into_any(), None),
                Column::Cells(cells) => {
                    (PyList::new(py, cells.into_iter().map(|c| object(py, c)).collect::<PyResult<Vec<_>>>()?)?.into_any(), None)
                }
            };
            columns.append((values, bounds))?;
        }
        found.set_item("columns", columns)?;
        Ok(found)
    }
}

fn object(py: Python<'_>, cell: Cell) -> PyResult<Bound<'_, PyAny>> {
    match cell {
        Cell::Bounded(b) => b.value.into_bound_py_any(py),
        Cell::Number(v) => v.into_bound_py_any(py),
        Cell::Count(n) => n.into_bound_py_any(py),
        Cell::Word(word) => word.into_bound_py_any(py),
        Cell::Flag(yes) => yes.into_bound_py_any(py),
        Cell::Empty => py.None().into_bound_py_any(py),
    }
}

#[pymethods]
impl Outcome {
    #[getter]
    fn command(&self) -> &str {
        &self.command
    }

    #[getter]
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    #[getter]
    fn certified(&self, py: Python<'_>) -> bool {
        py.detach(|| self.found.read(|document| document.certified()))
    }

    #[getter]
    fn because(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.found.read(|document| document.reasons()))
    }

    /// All sheets as arrays.
    fn sheets<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let plain: Vec<Plain> = py.detach(|| self.found.read(|document| document.sheets.iter().map(Plain::new).collect()));
        plain.into_iter().map(|sheet| sheet.into_python(py)).collect()
    }

    /// The object of `json`, as text.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = Vec::new();
        py.detach(|| self.found.read(|document| json::write(document, &mut text)))?;
        String::from_utf8(text).map_err(|e| pyo3::exceptions::PyRuntimeError::new_err(e.to_string()))
    }

    /// The text that the command prints, in full.
    fn text(&self, py: Python<'_>) -> String {
        py.detach(|| self.found.read(|document| text::page(document)))
    }

    /// A file for readers, by the ending of `path`: html, xlsx, md, tex or json.
    fn file<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let made = py.detach(|| self.found.read(|document| self.bytes(document, &path, &ending)));
        Ok(PyBytes::new(py, &made.raised(py)?))
    }

    /// The table that the analysis made, if any.
    fn table(&self) -> Option<Table> {
        let table = match &self.found {
            Found::Study(results) => results.snapshot().map(|(table, _)| table.clone()),
            Found::Balanced(balanced) => Some(balanced.table().clone()),
        };
        table.map(|table| Table::new(Arc::new(table)))
    }
}

impl Outcome {
    fn bytes(&self, document: &Document, path: &std::path::Path, ending: &str) -> isard::Result<Vec<u8>> {
        let failed = |e| Error::io(path, "write", e);
        let mut bytes = Vec::new();
        match ending {
            "html" => {
                let beside = html::is_part(document).then(|| path.with_extension("json"));
                let page = html::Page {
                    command: &self.command,
                    line: self.line.clone(),
                    date: isard::write::manifest::date(),
                    platform: isard::operator::platform(),
                    threads: isard::Watch::default().thread_count(),
                    beside: beside.and_then(|b| b.file_name().map(|n| n.to_string_lossy().into_owned())),
                };
                html::write(document, &page, &mut bytes).map_err(failed)?;
            }
            "json" => json::write(document, &mut bytes).map_err(failed)?,
            "xlsx" => bytes = xlsx::bytes(document, &self.line).map_err(|e| failed(std::io::Error::other(e)))?,
            "md" => bytes = markdown::text(document, &self.line).into_bytes(),
            "tex" => bytes = latex::text(document, &self.line).into_bytes(),
            _ => {
                let text = "a result is written as .html, .xlsx, .md, .tex or .json";
                return Err(Error::format(path.display(), text, "name a file with one of these endings"));
            }
        }
        Ok(bytes)
    }
}
