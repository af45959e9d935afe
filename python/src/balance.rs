//! A table brought to its sums.

use isard::balance::{How, Method, Outcome as Balancing, Plan, Scale};
use isard::check::Check;
use isard::finding::Finding;
use isard::formats::beside::targets;
use isard::report::balance::Report;
use isard::report::document::Document;
use isard::study::load;
use isard::{Error, Study};
use pyo3::prelude::*;
use std::path::PathBuf;

use crate::error::Raised;
use crate::outcome::{Found, Outcome};
use crate::table::{Table, options};
use crate::wait::{News, wait};

/// A table before and after, and how it came there.
pub struct Balanced {
    table: isard::Table,
    balanced: isard::Table,
    plan: Plan,
    method: Method,
    tolerance: f64,
    findings: Vec<Finding>,
    options: serde_json::Value,
    study: Study,
    outcome: Balancing,
    checks: Vec<Check>,
}

impl Balanced {
    /// The balanced table.
    pub fn table(&self) -> &isard::Table {
        &self.balanced
    }

    /// Reads the report.
    pub fn read<T>(&self, read: impl FnOnce(&Document) -> T) -> T {
        let report = Report {
            table: &self.table,
            balanced: &self.balanced,
            plan: &self.plan,
            method: self.method,
            tolerance: self.tolerance,
            findings: &self.findings,
            options: self.options.clone(),
            language: self.study.language(),
            outcome: &self.outcome,
            checks: self.checks.clone(),
        };
        read(&report.document())
    }
}

fn word<T: serde::de::DeserializeOwned>(what: &str, name: &str) -> isard::Result<T> {
    serde_json::from_value(name.into()).map_err(|e| Error::format(what, e, "name one of these"))
}

/// Balances a table, as `isard balance` does.
#[pyfunction]
#[pyo3(signature = (table, options_json, *, targets_file=None, method="gras", tolerance=1e-9, max_passes=10_000, scale=None, keep_error=false, line="", progress=None))]
#[allow(clippy::too_many_arguments)]
pub fn balance(
    py: Python<'_>,
    table: &Table,
    options_json: &str,
    targets_file: Option<PathBuf>,
    method: &str,
    tolerance: f64,
    max_passes: usize,
    scale: Option<&str>,
    keep_error: bool,
    line: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<Outcome> {
    let study = Study { given: Some(table.table.clone()), ..options(options_json).raised(py)? };
    let method: Method = word("method", method).raised(py)?;
    let scale: Option<Scale> = scale.map(|s| word("scale", s)).transpose().raised(py)?;
    let news = News::default();
    let watch = news.watch();
    let work = || -> isard::Result<Balanced> {
        let loaded = load::examine(&study, &watch)?;
        let table = isard::Table::clone(&loaded.table);
        let encoding = study.reading.encoding.unwrap_or_default();
        let (given, source) = match &targets_file {
            None => (Vec::new(), None),
            Some(path) => targets(path, encoding, &table).map(|(given, source)| (given, Some(source)))?,
        };
        let plan = Plan::new(&table, &given, keep_error)?;
        let how = How { method, tolerance, max_passes, scale, watch: watch.clone(), ..How::default() };
        let done = watch.run(|| plan.clone().balance(&table, how))?;
        let mut balanced = done.table;
        balanced.provenance.files.extend(source);
        let checks = vec![Check::new("sums against their targets", done.outcome.residual(), tolerance)];
        let options = serde_json::json!({"targets": targets_file, "method": method, "tolerance": tolerance, "max-passes": max_passes,
            "scale": scale, "keep-error": keep_error});
        let (outcome, findings) = (done.outcome, loaded.findings);
        Ok(Balanced { table, balanced, plan, method, tolerance, findings, options, study: study.clone(), outcome, checks })
    };
    let found = wait(py, &watch, &news, progress.as_ref(), work)?.raised(py)?;
    Ok(Outcome { found: Found::Balanced(Box::new(found)), command: "balance".into(), line: line.into(), notes: news.notes() })
}
