//! Arrays of numpy that the library reads where they lie.

use std::sync::Arc;

use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An array that is kept alive as long as its numbers are read.
struct Held<T> {
    _owner: Py<PyAny>,
    start: *const T,
    length: usize,
}

// the numbers are read alone, and the owner is let go of with the lock of Python held or later
unsafe impl<T: Sync> Send for Held<T> {}
unsafe impl<T: Sync> Sync for Held<T> {}

impl<T> AsRef<[T]> for Held<T> {
    fn as_ref(&self) -> &[T] {
        // SAFETY: the owner keeps the memory, and numpy moves no array
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

/// Numbers that stay where they are: those of `array`, a vector in one piece.
pub fn lent<T: Element + Sync>(array: &Bound<'_, PyArray1<T>>) -> PyResult<Arc<dyn AsRef<[T]> + Send + Sync>>
where
    T: Send + 'static,
{
    if !array.is_contiguous() {
        return Err(PyValueError::new_err("the array is not in one piece"));
    }
    Ok(Arc::new(Held { start: array.data().cast_const(), length: array.len(), _owner: array.clone().into_any().unbind() }))
}

/// Indices of scipy, which are never negative, as the library counts columns.
pub fn columns(array: &Bound<'_, PyArray1<i32>>) -> PyResult<Arc<dyn AsRef<[u32]> + Send + Sync>> {
    let numbers: PyReadonlyArray1<'_, i32> = array.readonly();
    if numbers.as_slice()?.iter().any(|i| *i < 0) {
        return Err(PyValueError::new_err("a column number is negative"));
    }
    // equal in size and alignment, and every bit pattern is a number
    Ok(Arc::new(Held { start: array.data().cast_const().cast::<u32>(), length: array.len(), _owner: array.clone().into_any().unbind() }))
}
