use pyo3::prelude::*;
#[pymodule]
fn _isard(_m: &Bound<'_, PyModule>) -> PyResult<()> { Ok(()) }
