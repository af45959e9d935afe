//! Batches, block by block: demands, scenarios and draws of a plan.

use std::path::PathBuf;

use isard::Watch;
use isard::batch::{Batch as Runs, Plan};
use pyo3::prelude::*;

use crate::error::Raised;
use crate::table::Table;
use crate::wait::{News, wait};

/// A batch that is ready to run.
#[pyclass(frozen, module = "isard_mrio._isard")]
pub struct Batch {
    runs: Runs,
    watch: Watch,
    news: News,
    progress: Option<Py<PyAny>>,
}

/// Reads a plan, and prepares its table, or the one that is given in its place.
#[pyfunction]
#[pyo3(signature = (plan, table=None, progress=None))]
pub fn batch(py: Python<'_>, plan: PathBuf, table: Option<Py<Table>>, progress: Option<Py<PyAny>>) -> PyResult<Batch> {
    let given = table.map(|t| t.get().table.clone());
    let news = News::default();
    let watch = news.watch();
    let work = || {
        let mut plan = Plan::read(&plan)?;
        plan.study.given = given;
        watch.run(|| Runs::new(plan, &watch))
    };
    let runs = wait(py, &watch, &news, progress.as_ref(), work)?.raised(py)?;
    Ok(Batch { runs, watch, news, progress })
}

#[pymethods]
impl Batch {
    /// Number of blocks.
    #[getter]
    fn blocks(&self) -> usize {
        self.runs.identity().blocks()
    }

    /// The sheets of a block: name, CSV, and whether every number is certified.
    fn block(&self, py: Python<'_>, block: usize) -> PyResult<Vec<(String, String, bool)>> {
        let found = wait(py, &self.watch, &self.news, self.progress.as_ref(), || self.runs.block(block))?.raised(py)?;
        let sheets = self.runs.identity().sheets.iter().zip(found);
        let text = |records: &[u8]| String::from_utf8_lossy(records).into_owned();
        Ok(sheets
            .map(|(sheet, (records, certified))| (sheet.name.clone(), format!("{}{}", sheet.heading, text(&records)), certified))
            .collect())
    }
}
