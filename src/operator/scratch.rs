//! Buffers that outlive one product, so that a warm sweep allocates nothing.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::threads::prelude::*;

/// Multiply-adds below which a product is not worth a second thread.
pub(crate) const WORTH_THREADS: usize = 200_000;

/// Buffers not in use.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Vec<f64>>>);

impl Pool {
    /// Calls `f` with a zeroed buffer of `length` numbers.
    pub(crate) fn with<T>(&self, length: usize, f: impl FnOnce(&mut [f64]) -> T) -> T {
        self.with_any(length, |buffer| {
            buffer.fill(0.0);
            f(buffer)
        })
    }

    /// Calls `f` with a buffer of `length` numbers, whatever they are.
    pub(crate) fn with_any<T>(&self, length: usize, f: impl FnOnce(&mut [f64]) -> T) -> T {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        if buffer.len() < length {
            buffer = vec![0.0; length]; // pages of zeros as the system gives them: first written to by those who fill them
        }
        let result = f(&mut buffer[..length]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        result
    }
}

/// Calls `f` with the number and the content of each chunk of `data`, on several threads if it is worth it.
pub(crate) fn each_chunk<T: Send>(parallel: bool, data: &mut [T], size: usize, f: impl Fn(usize, &mut [T]) + Sync + Send) {
    if parallel {
        data.par_chunks_mut(size).enumerate().for_each(|(i, chunk)| f(i, chunk));
    } else {
        data.chunks_mut(size).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
}

/// Calls `f` with the number and the content of each of the pieces that `data` is made of, halves of them on several
/// threads if it is worth it; piece p starts `start(p) - start(pieces.start)` after the first one.
pub(crate) fn each_piece(
    parallel: bool,
    data: &mut [f64],
    pieces: Range<usize>,
    start: &(impl Fn(usize) -> usize + Sync),
    f: &(impl Fn(usize, &mut [f64]) + Sync),
) {
    match pieces.len() {
        0 => {}
        1 => f(pieces.start, data),
        count => {
            let middle = pieces.start + count / 2;
            let (left, right) = data.split_at_mut(start(middle) - start(pieces.start));
            let (first, second) = (pieces.start..middle, middle..pieces.end);
            if parallel {
                crate::threads::join(|| each_piece(true, left, first, start, f), || each_piece(true, right, second, start, f));
            } else {
                each_piece(false, left, first, start, f);
                each_piece(false, right, second, start, f);
            }
        }
    }
}

/// `a = b + s c` in parallel: what a benchmark measures memory by.
#[cfg(feature = "cli")]
pub(crate) fn triad(a: &mut [f64], b: &[f64], c: &[f64], s: f64) {
    let size = 1 << 16;
    a.par_chunks_mut(size).zip(b.par_chunks(size)).zip(c.par_chunks(size)).for_each(|((a, b), c)| {
        a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = b + s * c);
    });
}
