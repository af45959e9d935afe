//! Buffers that outlive one product, so that a warm sweep allocates nothing.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

/// Multiply-adds below which a product is not worth a second thread.
pub const WORTH_THREADS: usize = 200_000;

/// Buffers not in use.
#[derive(Default)]
pub struct Pool(Mutex<Vec<Vec<f64>>>);

impl Pool {
    /// Calls `f` with a zeroed buffer of `length` numbers.
    pub fn with<T>(&self, length: usize, f: impl FnOnce(&mut [f64]) -> T) -> T {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        buffer.clear();
        buffer.resize(length, 0.0);
        let result = f(&mut buffer);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        result
    }
}

/// Calls `f` with the number and the content of each chunk of `data`, on several threads if it is worth it.
pub fn each_chunk(parallel: bool, data: &mut [f64], size: usize, f: impl Fn(usize, &mut [f64]) + Sync + Send) {
    if parallel {
        data.par_chunks_mut(size).enumerate().for_each(|(i, chunk)| f(i, chunk));
    } else {
        data.chunks_mut(size).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
}
