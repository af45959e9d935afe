//! Dense block kernels: `y += A x` and `y += A' x` for a row-major block on panel rows of k columns.
//!
//! Bytes per entry and panel: 8, read once for each 16 columns. Four or eight rows go together, so that the
//! multiply-adds of different rows overlap; the sum of one row (or, transposed, of one column) is a single chain in
//! stored order, one fused multiply-add per entry where the processor has it. No tiling changes a bit.
//! Goto, van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008 (register blocking).
#![allow(clippy::needless_range_loop)] // one index runs through several rows at once

use super::kernel::{Stored, entry, levels, multiply_add};

/// A dense block: `rows` x `columns`, rows `stride` apart.
#[derive(Clone, Copy)]
pub struct Block<'a, V = f64> {
    /// The numbers.
    pub data: &'a [V],
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Distance of two rows in `data`.
    pub stride: usize,
}

impl<'a, V> Block<'a, V> {
    /// A square block without gaps.
    pub fn square(data: &'a [V], n: usize) -> Self {
        Block { data, rows: n, columns: n, stride: n }
    }

    #[inline(always)]
    fn row(&self, i: usize) -> &'a [V] {
        &self.data[i * self.stride..][..self.columns]
    }
}

/// Rows of a panel: `k` columns each, `stride` apart.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The numbers.
    pub data: &'a [f64],
    /// Distance of two rows.
    pub stride: usize,
}

/// `H` rows from `i`, `W` columns from `c`.
#[inline(always)]
fn tile<const H: usize, const W: usize, const FUSED: bool, const ABS: bool, V: Stored>(
    a: Block<V>,
    i: usize,
    c: usize,
    k: usize,
    x: Rows,
    y: &mut [f64],
) {
    let rows: [&[V]; H] = std::array::from_fn(|h| a.row(i + h));
    let mut sum = [[0.0; W]; H];
    for (h, sum) in sum.iter_mut().enumerate() {
        sum.copy_from_slice(&y[(i + h) * k + c..][..W]);
    }
    for p in 0..a.columns {
        let at = p * x.stride + c;
        let from: &[f64; W] = x.data[at..at + W].try_into().expect("a slice of W");
        for h in 0..H {
            let v = entry::<ABS>(rows[h][p]);
            for w in 0..W {
                sum[h][w] = multiply_add::<FUSED>(v, from[w], sum[h][w]);
            }
        }
    }
    for (h, sum) in sum.iter().enumerate() {
        y[(i + h) * k + c..][..W].copy_from_slice(sum);
    }
}

#[inline(always)]
fn band<const H: usize, const FUSED: bool, const ABS: bool, V: Stored>(a: Block<V>, i: usize, k: usize, x: Rows, y: &mut [f64]) {
    let mut c = 0;
    while k - c >= 8 {
        tile::<H, 8, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 8;
    }
    if k - c >= 4 {
        tile::<H, 4, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 4;
    }
    while c < k {
        tile::<H, 1, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 1;
    }
}

#[inline(always)]
fn forward<const FUSED: bool, const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    let mut i = 0;
    if k == 1 {
        while a.rows - i >= 8 {
            tile::<8, 1, FUSED, ABS, V>(a, i, 0, 1, x, y);
            i += 8;
        }
    }
    while a.rows - i >= 4 {
        band::<4, FUSED, ABS, V>(a, i, k, x, y);
        i += 4;
    }
    while i < a.rows {
        band::<1, FUSED, ABS, V>(a, i, k, x, y);
        i += 1;
    }
}

/// `W` columns from `c` of the transposed product with `H` rows from `i`.
#[inline(always)]
fn turned<const H: usize, const W: usize, const FUSED: bool, const ABS: bool, V: Stored>(
    a: Block<V>,
    i: usize,
    c: usize,
    k: usize,
    x: Rows,
    y: &mut [f64],
) {
    let rows: [&[V]; H] = std::array::from_fn(|h| a.row(i + h));
    let from: [[f64; W]; H] = std::array::from_fn(|h| x.data[(i + h) * x.stride + c..][..W].try_into().expect("a slice of W"));
    for p in 0..a.columns {
        let to: &mut [f64; W] = (&mut y[p * k + c..][..W]).try_into().expect("a slice of W");
        for h in 0..H {
            let v = entry::<ABS>(rows[h][p]);
            for w in 0..W {
                to[w] = multiply_add::<FUSED>(v, from[h][w], to[w]);
            }
        }
    }
}

#[inline(always)]
fn turned_one<const H: usize, const FUSED: bool, const ABS: bool, V: Stored>(a: Block<V>, i: usize, x: Rows, y: &mut [f64]) {
    let rows: [&[V]; H] = std::array::from_fn(|h| a.row(i + h));
    let from: [f64; H] = std::array::from_fn(|h| x.data[(i + h) * x.stride]);
    let y = &mut y[..a.columns];
    for p in 0..a.columns {
        let mut sum = y[p];
        for h in 0..H {
            sum = multiply_add::<FUSED>(entry::<ABS>(rows[h][p]), from[h], sum);
        }
        y[p] = sum;
    }
}

#[inline(always)]
fn turned_band<const H: usize, const FUSED: bool, const ABS: bool, V: Stored>(a: Block<V>, i: usize, k: usize, x: Rows, y: &mut [f64]) {
    if k == 1 {
        return turned_one::<H, FUSED, ABS, V>(a, i, x, y);
    }
    let mut c = 0;
    while k - c >= 8 {
        turned::<H, 8, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 8;
    }
    if k - c >= 4 {
        turned::<H, 4, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 4;
    }
    while c < k {
        turned::<H, 1, FUSED, ABS, V>(a, i, c, k, x, y);
        c += 1;
    }
}

#[inline(always)]
fn transposed<const FUSED: bool, const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    let mut i = 0;
    while a.rows - i >= 4 {
        turned_band::<4, FUSED, ABS, V>(a, i, k, x, y);
        i += 4;
    }
    while i < a.rows {
        turned_band::<1, FUSED, ABS, V>(a, i, k, x, y);
        i += 1;
    }
}

levels! { fn forward_any / forward_avx2 / forward_avx512 = forward<ABS, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) }
levels! { fn transposed_any / transposed_avx2 / transposed_avx512 = transposed<ABS, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) }

/// `y += A x`: `x` has as many rows as A has columns, `y` (rows x k, no gaps) as many as A has rows. `ABS` takes `|A|`.
pub fn multiply<const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    forward_any::<ABS, V>(a, k, x, y);
}

/// `y += A' x`: `x` has as many rows as A, `y` (columns x k, no gaps) as many as A has columns. `ABS` takes `|A|`.
pub fn multiply_transposed<const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    transposed_any::<ABS, V>(a, k, x, y);
}
