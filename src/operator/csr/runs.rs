//! Runs of consecutive rows: matrices made of them in parallel, work spread over them, and what rows are like.

use std::ops::Range;

use super::Csr;
use crate::table::{Sparse, SparseView};
use crate::threads::prelude::*;

/// Consecutive rows: where each ends, columns and values.
pub(in crate::operator) type OwnRows = (Vec<usize>, Vec<u32>, Vec<f64>);

/// The matrix of what `one` gives for each group of rows.
pub(in crate::operator) fn within(n: usize, groups: &[Range<usize>], one: &(dyn Fn(&Range<usize>) -> OwnRows + Sync)) -> Csr {
    let parts: Vec<OwnRows> = groups.par_iter().map(one).collect();
    let mut indptr = vec![0];
    for (ends, ..) in &parts {
        let start = indptr[indptr.len() - 1];
        indptr.extend(ends.iter().map(|end| start + end));
    }
    let total = indptr[indptr.len() - 1];
    let (mut columns, mut values) = (vec![0; total], vec![0.0; total]);
    let (mut later, mut more) = (columns.as_mut_slice(), values.as_mut_slice());
    let places: Vec<_> = parts
        .iter()
        .map(|(_, own, _)| {
            let room = "room for each entry";
            (later.split_off_mut(..own.len()).expect(room), more.split_off_mut(..own.len()).expect(room))
        })
        .collect();
    // by all threads, which write to their pages for the first time
    places.into_par_iter().zip(&parts).for_each(|((columns, values), (_, own, entries))| {
        columns.copy_from_slice(own);
        values.copy_from_slice(entries);
    });
    Csr::new(Sparse::new((n, n), indptr, columns, values))
}

/// `Z diag(1/x)` where every output and every stored flow is not zero: the same places, each flow divided.
pub(crate) fn divided(z: SparseView, x: &[f64]) -> Sparse {
    let indices: Vec<u32> = z.indices().par_iter().copied().collect();
    let data: Vec<f64> = z.data().par_iter().zip(&indices).map(|(v, &j)| v / x[j as usize]).collect();
    Sparse::new(z.shape(), z.indptr().to_owned().into_raw_storage(), indices, data)
}

/// Whether a number is negative.
pub(crate) fn any_negative(numbers: &[f64]) -> bool {
    numbers.par_chunks(1 << 16).any(|chunk| chunk.iter().any(|v| *v < 0.0))
}

/// The most entries a row has.
pub(in crate::operator) fn longest_row(matrix: SparseView) -> usize {
    matrix.indptr().into_raw_storage().windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0)
}

/// The most entries a column has.
pub(in crate::operator) fn longest_column(matrix: SparseView) -> usize {
    let n = matrix.cols();
    let chunk = matrix.nnz().div_ceil(2 * crate::threads::count()).max(1 << 16);
    let counts = matrix.indices().par_chunks(chunk).map(|columns| {
        let mut counts = vec![0u32; n];
        columns.iter().for_each(|&j| counts[j as usize] += 1);
        counts
    });
    let total = counts.reduce_with(|mut a, b| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    });
    total.and_then(|t| t.into_iter().max()).unwrap_or(0) as usize
}

/// Calls `f` with each range of rows and its part of the panel `y` (k columns).
pub(crate) fn each_range(parallel: bool, ranges: &[Range<usize>], k: usize, y: &mut [f64], f: &(dyn Fn(Range<usize>, &mut [f64]) + Sync)) {
    if !parallel {
        let mut rest = y;
        for range in ranges {
            let (out, tail) = std::mem::take(&mut rest).split_at_mut(range.len() * k);
            f(range.clone(), out);
            rest = tail;
        }
        return;
    }
    match ranges {
        [] => {}
        [range] => f(range.clone(), y),
        _ => {
            // halves in parallel: nothing is allocated
            let (left, right) = ranges.split_at(ranges.len() / 2);
            let rows: usize = left.iter().map(|r| r.len()).sum();
            let (a, b) = y.split_at_mut(rows * k);
            crate::threads::join(|| each_range(true, left, k, a, f), || each_range(true, right, k, b, f));
        }
    }
}

/// Runs of rows of about equal numbers of entries, at most `count`.
pub(in crate::operator) fn pieces(matrix: SparseView, count: usize) -> Vec<Range<usize>> {
    let (n, total) = (matrix.rows(), matrix.nnz() + matrix.rows());
    let mut pieces = Vec::with_capacity(count);
    let (mut start, mut weight) = (0, 0);
    for (i, row) in matrix.outer_iterator().enumerate() {
        weight += row.nnz() + 1;
        if weight * count >= total * (pieces.len() + 1) {
            pieces.push(start..i + 1);
            start = i + 1;
        }
    }
    if start < n {
        pieces.push(start..n);
    }
    pieces
}
