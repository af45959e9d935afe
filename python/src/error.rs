//! Errors of the library as Python exceptions: one class for each cause, with place and remedy.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use isard::Error;

/// The exception of an error; `isard_mrio.errors` has a class for each cause.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    made(py, error).unwrap_or_else(|e| e)
}

fn made(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let known = PyDict::new(py);
    known.set_item("help", error.help())?;
    match error {
        Error::Io { path, source, .. } => {
            known.set_item("place", path.display().to_string())?;
            known.set_item("errno", source.raw_os_error())?;
        }
        Error::Format { place, .. } => known.set_item("place", place)?,
        Error::Refused { findings } => known.set_item("findings", serde_json::to_string(findings).unwrap_or_default())?,
        _ => (),
    }
    let cause = format!("{:?}", error.cause());
    let exception = py.import("isard_mrio.errors")?.getattr("of_cause")?.call((cause, error.to_string()), Some(&known))?;
    Ok(PyErr::from_value(exception))
}

/// What may fail, with its error as an exception.
pub trait Raised<T> {
    /// The value, or the exception.
    fn raised(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> Raised<T> for isard::Result<T> {
    fn raised(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|e| raise(py, &e))
    }
}
