//! Where each row of a sparse matrix enters each range of columns: for products by ranges of columns.
//!
//! A transposed product gives each task a range of columns and so of y: no two tasks write the same number, none needs
//! a buffer or a second copy of A, and every sum runs over the rows in order, whatever the ranges. 4 bytes per row and
//! range, beside 12 per entry.
//! Buluc et al., *Parallel sparse matrix-vector and matrix-transpose-vector multiplication*, SPAA 2009 (the aim).

use std::ops::Range;

use super::kernel::Cuts;
use crate::table::Sparse;
use crate::threads::prelude::*;

/// Fewest ranges, so that several threads have work.
const FEWEST: usize = 16;
/// Columns of a range: with 32 right-hand sides 4 MB of x.
const WIDTH: usize = 16_384;

/// Entry points of rows into ranges of columns.
pub(super) struct Ranges {
    width: usize,
    count: usize,
    /// `starts[i * count + p]`: how many entries of row i lie before range p.
    starts: Vec<u32>,
}

impl Ranges {
    pub(super) fn new(matrix: &Sparse) -> Self {
        let n = matrix.cols();
        let width = n.div_ceil(FEWEST).clamp(1, WIDTH);
        let count = n.div_ceil(width).max(1);
        let mut starts = vec![0; matrix.rows() * count];
        starts.par_chunks_mut(count * 256).enumerate().for_each(|(chunk, starts)| {
            for (i, starts) in starts.chunks_exact_mut(count).enumerate() {
                let columns = &matrix.indices()[matrix.indptr().outer_inds_sz(chunk * 256 + i)];
                if columns.len() < 8 * count {
                    let mut at = 0;
                    for (p, start) in starts.iter_mut().enumerate() {
                        while at < columns.len() && (columns[at] as usize) < p * width {
                            at += 1;
                        }
                        *start = at as u32;
                    }
                } else {
                    let mut at = 0;
                    for (p, start) in starts.iter_mut().enumerate() {
                        at += columns[at..].partition_point(|&j| (j as usize) < p * width);
                        *start = at as u32;
                    }
                }
            }
        });
        Ranges { width, count, starts }
    }

    /// Number of ranges.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Columns of a range.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Where some consecutive ranges start and end in each row.
    pub(super) fn cuts(&self, ranges: Range<usize>) -> Cuts<'_> {
        Cuts { starts: &self.starts, step: self.count, first: ranges.start, end: ranges.end }
    }
}
