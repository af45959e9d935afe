//! Dense block kernels: `y += A x` and `y += A' x` for a row-major block on panel rows of k columns.
//!
//! Bytes per entry and panel: 8, from memory once, from the first cache for every tile of columns. A tile is 8 rows x 24
//! columns (48 in single precision) where there are 32 registers of 512 bits, else 4 x 8; the sum of one row (or,
//! transposed, of one column) is a single chain in stored order, or in runs of a fixed number of entries, one fused multiply-add per
//! entry where the processor has it. No tiling changes a bit.
//! Goto, van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008 (register blocking).
#![allow(clippy::needless_range_loop)] // one index runs through several rows at once

#[cfg(target_arch = "x86_64")]
use super::kernel::AVX512;
use super::kernel::{Number, Stored, levels};
use super::sweep::MAX_WIDTH;

#[cfg(target_arch = "x86_64")]
mod wide;
#[cfg(not(target_arch = "x86_64"))]
mod wide {
    /// Numbers that fill registers.
    pub(crate) trait Wide: super::Number + super::Stored {}
    impl Wide for f64 {}
    impl Wide for f32 {}
}
#[cfg(target_arch = "x86_64")]
use wide::Eight;
pub(super) use wide::Wide;

/// A dense block: `rows` x `columns`, rows `stride` apart.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a, V = f64> {
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
    pub(crate) fn square(data: &'a [V], n: usize) -> Self {
        Block { data, rows: n, columns: n, stride: n }
    }

    #[inline(always)]
    fn row(&self, i: usize) -> &'a [V] {
        &self.data[i * self.stride..][..self.columns]
    }
}

/// Rows of a panel: `k` columns each, `stride` apart.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T = f64> {
    /// The numbers.
    pub data: &'a [T],
    /// Distance of two rows.
    pub stride: usize,
}

/// `H` rows from `i`, `W` columns from `c`.
#[inline(always)]
fn tile<const H: usize, const W: usize, const L: u8, const ABS: bool, V: Stored, T: Number>(
    a: Block<V>,
    i: usize,
    c: usize,
    k: usize,
    x: Rows<T>,
    y: &mut [T],
) {
    let rows: [&[V]; H] = std::array::from_fn(|h| a.row(i + h));
    let mut sum = [[T::ZERO; W]; H];
    for (h, sum) in sum.iter_mut().enumerate() {
        sum.copy_from_slice(&y[(i + h) * k + c..][..W]);
    }
    for p in 0..a.columns {
        let at = p * x.stride + c;
        let from: &[T; W] = x.data[at..at + W].try_into().expect("a slice of W");
        for h in 0..H {
            let v = T::entry::<ABS>(rows[h][p]);
            for w in 0..W {
                sum[h][w] = v.multiply_add::<L>(from[w], sum[h][w]);
            }
        }
    }
    for (h, sum) in sum.iter().enumerate() {
        y[(i + h) * k + c..][..W].copy_from_slice(sum);
    }
}

/// All columns.
#[inline(always)]
fn band<const H: usize, const L: u8, const ABS: bool, V: Stored, T: Number>(a: Block<V>, i: usize, k: usize, x: Rows<T>, y: &mut [T]) {
    let mut c = 0;
    while k - c >= 8 {
        tile::<H, 8, L, ABS, V, T>(a, i, c, k, x, y);
        c += 8;
    }
    if k - c >= 4 {
        tile::<H, 4, L, ABS, V, T>(a, i, c, k, x, y);
        c += 4;
    }
    while c < k {
        tile::<H, 1, L, ABS, V, T>(a, i, c, k, x, y);
        c += 1;
    }
}

#[inline(always)]
fn forward<const L: u8, const ABS: bool, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [T]) {
    let mut i = 0;
    if k == 1 {
        while a.rows - i >= 8 {
            tile::<8, 1, L, ABS, V, T>(a, i, 0, 1, x, y);
            i += 8;
        }
    }
    #[cfg(target_arch = "x86_64")]
    if k > 1 && L == AVX512 {
        while a.rows - i >= wide::HEIGHT {
            let eight = Eight { data: &a.data[i * a.stride..], across: a.stride, along: 1, length: a.columns };
            // SAFETY: the dispatcher calls this level only after detecting AVX-512
            unsafe { T::band::<ABS, V>(eight, k, x, &mut y[i * k..]) };
            i += wide::HEIGHT;
        }
    }
    while a.rows - i >= 4 {
        band::<4, L, ABS, V, T>(a, i, k, x, y);
        i += 4;
    }
    while i < a.rows {
        band::<1, L, ABS, V, T>(a, i, k, x, y);
        i += 1;
    }
}

/// `W` columns from `c` of the transposed product with `H` rows from `i`.
#[inline(always)]
fn turned<const H: usize, const W: usize, const L: u8, const ABS: bool, V: Stored>(
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
            let v = f64::entry::<ABS>(rows[h][p]);
            for w in 0..W {
                to[w] = v.multiply_add::<L>(from[h][w], to[w]);
            }
        }
    }
}

#[inline(always)]
fn turned_one<const H: usize, const L: u8, const ABS: bool, V: Stored>(a: Block<V>, i: usize, x: Rows, y: &mut [f64]) {
    let rows: [&[V]; H] = std::array::from_fn(|h| a.row(i + h));
    let from: [f64; H] = std::array::from_fn(|h| x.data[(i + h) * x.stride]);
    let y = &mut y[..a.columns];
    for p in 0..a.columns {
        let mut sum = y[p];
        for h in 0..H {
            sum = f64::entry::<ABS>(rows[h][p]).multiply_add::<L>(from[h], sum);
        }
        y[p] = sum;
    }
}

#[inline(always)]
fn turned_band<const H: usize, const L: u8, const ABS: bool, V: Stored>(a: Block<V>, i: usize, k: usize, x: Rows, y: &mut [f64]) {
    let mut c = 0;
    if k == 1 {
        return turned_one::<H, L, ABS, V>(a, i, x, y);
    }
    while k - c >= 8 {
        turned::<H, 8, L, ABS, V>(a, i, c, k, x, y);
        c += 8;
    }
    if k - c >= 4 {
        turned::<H, 4, L, ABS, V>(a, i, c, k, x, y);
        c += 4;
    }
    while c < k {
        turned::<H, 1, L, ABS, V>(a, i, c, k, x, y);
        c += 1;
    }
}

/// Rows that a transposed product takes at a time, so that their entries are in the cache for every tile.
#[cfg(target_arch = "x86_64")]
const STRIP: usize = 128;

#[inline(always)]
fn transposed<const L: u8, const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    #[cfg(target_arch = "x86_64")]
    let done = if k > 1 && L == AVX512 { a.columns / wide::HEIGHT * wide::HEIGHT } else { 0 };
    #[cfg(target_arch = "x86_64")]
    if done > 0 {
        for start in (0..a.rows).step_by(STRIP) {
            let x = Rows { data: &x.data[start * x.stride..], stride: x.stride };
            for j in (0..done).step_by(wide::HEIGHT) {
                let eight = Eight { data: &a.data[start * a.stride + j..], across: 1, along: a.stride, length: STRIP.min(a.rows - start) };
                // SAFETY: the dispatcher calls this level only after detecting AVX-512
                unsafe { f64::band::<ABS, V>(eight, k, x, &mut y[j * k..]) };
            }
        }
    }
    if done == a.columns {
        return;
    }
    // what is left: the last columns of A
    let rest = Block { data: &a.data[done..], columns: a.columns - done, ..a };
    let y = &mut y[done * k..];
    let mut i = 0;
    while rest.rows - i >= 4 {
        turned_band::<4, L, ABS, V>(rest, i, k, x, y);
        i += 4;
    }
    while i < rest.rows {
        turned_band::<1, L, ABS, V>(rest, i, k, x, y);
        i += 1;
    }
}

/// Bytes of x that go by while A is read.
const STRIPE: usize = 128 << 10;
/// Rows that are summed up together: a tile.
const EIGHT: usize = 8;

/// Columns whose products are summed up from zero before they are added to y: what rounding loses grows with the length of
/// a sum, above all in single precision.
const RUN: usize = 512;
const SHORT_RUN: usize = 64;
/// Longest sum that is split into short runs: they narrow its bound 4 to 5 times and add one addition in 64.
const SHORT: usize = 4_096;

/// Columns of a run in sums of `columns` terms in double precision.
pub(super) fn run_length(columns: usize) -> usize {
    if columns <= SHORT { SHORT_RUN } else { RUN }
}

#[inline(always)]
fn in_runs<const L: u8, const ABS: bool, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [f64]) {
    let run = if T::LANES == f64::LANES { run_length(a.columns) } else { SHORT_RUN };
    let (mut few, mut many) = ([T::ZERO; EIGHT * MAX_WIDTH], Vec::new());
    let sums = if k <= MAX_WIDTH {
        few.as_mut_slice()
    } else {
        many.resize(EIGHT * k, T::ZERO);
        many.as_mut_slice()
    };
    let strip = (STRIPE / (size_of::<T>() * k.max(1))).max(run) / run * run;
    for start in (0..a.columns).step_by(strip) {
        for (group, y) in y[..a.rows * k].chunks_mut(EIGHT * k).enumerate() {
            let rows = y.len() / k;
            for from in (start..(start + strip).min(a.columns)).step_by(run) {
                let columns = run.min(a.columns - from);
                let sums = &mut sums[..y.len()];
                sums.fill(T::ZERO);
                let x = Rows { data: &x.data[from * x.stride..], stride: x.stride };
                let block = Block { data: &a.data[group * EIGHT * a.stride + from..], rows, columns, ..a };
                // not as a part of this one: the pointers to 8 rows need all registers there are
                forward_any::<ABS, V, T>(block, k, x, sums);
                y.iter_mut().zip(&*sums).for_each(|(y, s)| *y += s.double());
            }
        }
    }
}

levels! { fn in_runs_any / in_runs_avx2 / in_runs_avx512 = in_runs<ABS, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [f64]) }
levels! { fn forward_any / forward_avx2 / forward_avx512 = forward<ABS, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [T]) }
levels! { fn transposed_any / transposed_avx2 / transposed_avx512 = transposed<ABS, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) }

/// Whether last columns go through masked registers, so that any number of columns costs in proportion.
pub(super) fn any_width() -> bool {
    #[cfg(target_arch = "x86_64")]
    return super::kernel::level() == AVX512;
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// `y += A x`: `x` has as many rows as A has columns, `y` (rows x k, no gaps) as many as A has rows. `ABS` takes `|A|`.
pub(crate) fn multiply<const ABS: bool, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [T]) {
    forward_any::<ABS, V, T>(a, k, x, y);
}

/// `y += A' x`: `x` has as many rows as A, `y` (columns x k, no gaps) as many as A has columns. `ABS` takes `|A|`.
pub(crate) fn multiply_transposed<const ABS: bool, V: Stored>(a: Block<V>, k: usize, x: Rows, y: &mut [f64]) {
    transposed_any::<ABS, V>(a, k, x, y);
}

/// `y += A x` as [`multiply`], sums taken in runs of columns from a multiple of their length on: [`run_length`], or, where x is
/// in single precision, A and the sums are too, of 64.
pub(super) fn multiply_in_runs<const ABS: bool, V: Stored, T: Wide>(a: Block<V>, k: usize, x: Rows<T>, y: &mut [f64]) {
    in_runs_any::<ABS, V, T>(a, k, x, y);
}
