//! The compiled part of the Python package `isard_mrio`: tables, models and studies of the library, one file each.
//!
//! Long work is done in [`wait`], so that other threads of Python go on and Ctrl-C ends it. Errors are the classes of
//! `isard_mrio.errors`. Options come as JSON under the names of a study file; what Python users see is made in `isard_mrio/`.

use pyo3::prelude::*;

mod balance;
mod batch;
mod error;
mod lend;
mod model;
mod outcome;
mod table;
mod wait;

#[pymodule(gil_used = true)]
fn _isard(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<table::Table>()?;
    m.add_class::<model::Model>()?;
    m.add_class::<outcome::Outcome>()?;
    m.add_class::<batch::Batch>()?;
    m.add_function(wrap_pyfunction!(batch::batch, m)?)?;
    m.add_function(wrap_pyfunction!(table::read, m)?)?;
    m.add_function(wrap_pyfunction!(table::from_arrays, m)?)?;
    m.add_function(wrap_pyfunction!(model::model, m)?)?;
    m.add_function(wrap_pyfunction!(outcome::run, m)?)?;
    m.add_function(wrap_pyfunction!(balance::balance, m)?)?;
    m.add("__version__", env!("CARGO_PKG_VERSION"))
}
