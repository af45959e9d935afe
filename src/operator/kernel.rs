//! Row kernels: `y += sum_p a_p x[j_p]` (gather) and `y[j_p] += a_p x` (scatter) on panel rows of k columns.
//!
//! Bytes per entry and panel: 8 + 4 (value, column) read once, 8 k of x from cache. Panel widths are tiled by
//! 32, 16, 8, 4, 2 and 1 columns with the sums in registers; each column is summed in one order, every fourth entry
//! apart, with one fused multiply-add per entry where the processor has it, whatever the tile and the width of its
//! registers, so tiling never changes a bit.

mod columns;
mod dispatch;
mod numbers;
#[cfg(target_arch = "x86_64")]
mod single;
pub(super) mod tiles;
pub(super) mod twofold;

pub use columns::{Columns, From, Listed, Shifted};
#[cfg(target_arch = "x86_64")]
pub(super) use dispatch::{AVX2, AVX512};
pub(super) use dispatch::{BASE, FUSED_BASE, level, levels};
pub use numbers::{Number, Stored};

/// Entry transform: as stored, or its absolute value.
#[inline(always)]
pub(super) fn entry<const ABS: bool>(a: impl Stored) -> f64 {
    f64::entry::<ABS>(a)
}

/// Entries of a row from which one column is gathered eight numbers at a time: the numbers of a shorter row are there
/// before the first eight are.
#[cfg(target_arch = "x86_64")]
const SHORT: usize = 20;

/// Rows of x are prefetched this many entries ahead.
const AHEAD: usize = 16;

/// Asks the memory for `W` numbers of 8 bytes from `at`, which may lie behind the end, for the first cache.
#[inline(always)]
pub(super) fn fetch<const W: usize, T>(x: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..W.div_ceil(8) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch never faults, and the address is computed without leaving the allocation's arithmetic
        unsafe { _mm_prefetch::<_MM_HINT_T0>(x.as_ptr().wrapping_add(at).cast::<[f64; 8]>().wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (x, at);
}

/// Asks the memory for what is at a place, which may lie outside of everything, for the second cache: more can be on its
/// way than the first one waits for.
#[inline(always)]
pub(super) fn fetch_far<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: as above
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Sums of a row: entry p belongs to sum p mod 4, so that four multiply-adds are in flight; the first starts from y.
const SUMS: usize = 4;

/// # Safety
/// `(columns.at(p) + 1) k <= x.len()` for every entry, and `c + W <= k`.
#[inline(always)]
unsafe fn gather_tile<const W: usize, const L: u8, const ABS: bool, C: Columns, V: Stored>(
    a: &[V],
    columns: C,
    k: usize,
    c: usize,
    x: &[f64],
    y: &mut [f64],
) {
    let mut sums = [[0.0; W]; SUMS];
    sums[0].copy_from_slice(&y[c..c + W]);
    let add = |sum: &mut [f64; W], p: usize| {
        // SAFETY: p is below a.len(); the row is within x, as the caller says
        let (v, row) = unsafe { (entry::<ABS>(*a.get_unchecked(p)), &*x.as_ptr().add(columns.at(p) * k + c).cast::<[f64; W]>()) };
        for w in 0..W {
            sum[w] = v.multiply_add::<L>(row[w], sum[w]);
        }
    };
    let mut p = 0;
    while p + SUMS <= a.len() {
        if W >= 8 && p + SUMS + AHEAD <= columns.known() {
            for q in p + AHEAD..p + AHEAD + SUMS {
                // SAFETY: q is below what is known
                fetch::<W, _>(x, unsafe { columns.at(q) } * k + c);
            }
        }
        for (s, sum) in sums.iter_mut().enumerate() {
            add(sum, p + s);
        }
        p += SUMS;
    }
    for (s, sum) in sums.iter_mut().enumerate() {
        // a loop over the rest alone would take the sums out of their registers
        if p + s < a.len() {
            if W >= 8 && p + s + AHEAD < columns.known() {
                // SAFETY: the same
                fetch::<W, _>(x, unsafe { columns.at(p + s + AHEAD) } * k + c);
            }
            add(sum, p + s);
        }
    }
    for w in 0..W {
        y[c + w] = (sums[0][w] + sums[1][w]) + (sums[2][w] + sums[3][w]);
    }
}

/// Goes through the `k` columns of a panel in tiles of these widths.
macro_rules! tiles {
    ($tile:ident($a:ident, $columns:ident, $k:ident, $x:ident, $y:ident), $($width:literal),+) => {{
        let mut c = 0;
        $(while $k - c >= $width {
            // SAFETY: handed on
            unsafe { $tile::<$width, L, ABS, C, V>($a, $columns, $k, c, $x, $y) };
            c += $width;
        })+
    }};
}

/// # Safety
/// As [`gather_tile`].
#[inline(always)]
pub(super) unsafe fn gather_rows<const L: u8, const ABS: bool, C: Columns, V: Stored>(
    a: &[V],
    columns: C,
    k: usize,
    x: &[f64],
    y: &mut [f64],
) {
    if k == 1 {
        #[cfg(target_arch = "x86_64")]
        if L == AVX512 && a.len() >= SHORT && x.len() <= i32::MAX as usize {
            // SAFETY: handed on; the dispatcher calls this level only after detecting AVX-512
            return unsafe { single::gather_one::<ABS, C, V>(a, columns, x, &mut y[0]) };
        }
        // SAFETY: handed on
        return unsafe { gather_tile::<1, L, ABS, C, V>(a, columns, 1, 0, x, y) };
    }
    tiles!(gather_tile(a, columns, k, x, y), 16, 8, 4, 2, 1);
}

/// # Safety
/// `(columns.at(p) + 1) k <= y.len()` for every entry, and `c + W <= k <= x.len()`.
#[inline(always)]
unsafe fn scatter_tile<const W: usize, const L: u8, const ABS: bool, C: Columns, V: Stored>(
    a: &[V],
    columns: C,
    k: usize,
    c: usize,
    x: &[f64],
    y: &mut [f64],
) {
    let mut from = [0.0; W];
    from.copy_from_slice(&x[c..c + W]);
    for (p, &v) in a.iter().enumerate() {
        let v = entry::<ABS>(v);
        if W >= 8 && p + AHEAD < columns.known() {
            // SAFETY: below what is known
            fetch::<W, _>(y, unsafe { columns.at(p + AHEAD) } * k + c);
        }
        // SAFETY: the row is within y, as the caller says
        let to = unsafe { &mut *y.as_mut_ptr().add(columns.at(p) * k + c).cast::<[f64; W]>() };
        for w in 0..W {
            to[w] = v.multiply_add::<L>(from[w], to[w]);
        }
    }
}

/// # Safety
/// As [`scatter_tile`].
#[inline(always)]
unsafe fn scatter_rows<const L: u8, const ABS: bool, C: Columns, V: Stored>(a: &[V], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    if k == 1 {
        // SAFETY: handed on
        return unsafe { scatter_tile::<1, L, ABS, C, V>(a, columns, 1, 0, x, y) };
    }
    tiles!(scatter_tile(a, columns, k, x, y), 32, 16, 8, 4, 2, 1);
}

/// Consecutive rows of a sparse matrix.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a, V = f64> {
    /// Where each row starts in the whole matrix, and where the last one ends.
    pub starts: &'a [usize],
    /// Column numbers of the whole matrix, all below `bound`.
    pub columns: &'a [u32],
    /// Entries of the whole matrix.
    pub values: &'a [V],
    /// Number of columns.
    pub bound: usize,
}

impl<'a, V: Stored> Lines<'a, V> {
    /// The entries from one row start to another, and their columns with those of the rows behind.
    ///
    /// # Safety
    /// Column numbers are below `bound`.
    #[inline(always)]
    unsafe fn row(self, start: usize, end: usize) -> (&'a [V], Listed<'a>) {
        // SAFETY: as the caller says
        (&self.values[start..end], unsafe { Listed::below(self.bound, &self.columns[start..]) })
    }
}

/// `y_i += sum_p a_ip x[j_p]` for some rows.
///
/// # Safety
/// Column numbers are below `bound`, and `x` has at least `bound` rows.
#[inline(always)]
unsafe fn lines_rows<const L: u8, const ABS: bool, V: Stored>(a: Lines<V>, k: usize, x: &[f64], y: &mut [f64]) {
    for (w, to) in a.starts.windows(2).zip(y.chunks_exact_mut(k)) {
        // SAFETY: as the caller says
        unsafe {
            let (values, columns) = a.row(w[0], w[1]);
            gather_rows::<L, ABS, _, _>(values, columns, k, x, to);
        }
    }
}

/// `y_j += sum_i a_ij x_i` over all rows, for the columns from `own[0]` to `own[1]`, whose entries in row i stand from
/// `cuts[i * step]` to `cuts[i * step + 1]` (or to the row's end where `last`).
///
/// # Safety
/// The entries between the cuts lie in those columns, and `y` holds just these.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn columns_rows<const L: u8, const ABS: bool, V: Stored>(
    a: Lines<V>,
    cuts: Cuts,
    own: [usize; 2],
    k: usize,
    x: &[f64],
    y: &mut [f64],
) {
    for (i, (w, x)) in a.starts.windows(2).zip(x.chunks_exact(k)).enumerate() {
        let (from, to) = cuts.of(i, w[1] - w[0]);
        // SAFETY: as the caller says
        let columns = unsafe { Shifted::between(own[0], own[1], &a.columns[w[0] + from..w[0] + to]) };
        // SAFETY: as the caller says
        unsafe { scatter_rows::<L, ABS, _, _>(&a.values[w[0] + from..w[0] + to], columns, k, x, y) };
    }
}

/// Where a range of columns starts and ends in each row: entries `first` and `end` of `step` numbers a row.
#[derive(Clone, Copy)]
pub(super) struct Cuts<'a> {
    pub starts: &'a [u32],
    pub step: usize,
    pub first: usize,
    pub end: usize,
}

impl Cuts<'_> {
    #[inline(always)]
    pub(super) fn of(self, i: usize, length: usize) -> (usize, usize) {
        let row = &self.starts[i * self.step..(i + 1) * self.step];
        (row[self.first] as usize, if self.end == self.step { length } else { row[self.end] as usize })
    }
}

levels! { fn gather_any / gather_avx2 / gather_avx512 = gather_rows<ABS, C: Columns, V: Stored>(a: &[V], columns: C, k: usize, x: &[f64], y: &mut [f64]) }
levels! { fn lines_any / lines_avx2 / lines_avx512 = lines_rows<ABS, V: Stored>(a: Lines<V>, k: usize, x: &[f64], y: &mut [f64]) }
levels! { fn columns_any / columns_avx2 / columns_avx512 = columns_rows<ABS, V: Stored>(a: Lines<V>, cuts: Cuts, own: [usize; 2], k: usize, x: &[f64], y: &mut [f64]) }
levels! { fn scatter_any / scatter_avx2 / scatter_avx512 = scatter_rows<ABS, C: Columns, V: Stored>(a: &[V], columns: C, k: usize, x: &[f64], y: &mut [f64]) }

/// `y += A x` for some rows of A. `ABS` takes `|A|`.
///
/// # Safety
/// Column numbers must be below `a.bound`.
pub(super) unsafe fn multiply_lines<const ABS: bool, V: Stored>(a: Lines<V>, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.bound * k <= x.len() && (a.starts.len() - 1) * k <= y.len(), "x has every row that is asked for");
    lines_any::<ABS, V>(a, k, x, y);
}

/// `y += A' x` for the columns from `own[0]` to `own[1]` of A. `ABS` takes `|A|`.
///
/// # Safety
/// Entries between the cuts must lie in these columns.
pub(super) unsafe fn multiply_columns<const ABS: bool, V: Stored>(
    a: Lines<V>,
    cuts: Cuts,
    own: [usize; 2],
    k: usize,
    x: &[f64],
    y: &mut [f64],
) {
    assert!((own[1] - own[0]) * k <= y.len() && (a.starts.len() - 1) * k <= x.len(), "y has every row that is asked for");
    columns_any::<ABS, V>(a, cuts, own, k, x, y);
}

/// `y[..k] += sum_p a_p x[row columns(p)]`: one row of a product. `ABS` takes `|a_p|`.
#[inline(always)]
pub fn gather<const ABS: bool, C: Columns, V: Stored>(a: &[V], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= x.len(), "x has every row that is asked for");
    gather_any::<ABS, C, V>(a, columns, k, x, y);
}

/// `y[row columns(p)] += a_p x[..k]`: one row of a transposed product. `ABS` takes `|a_p|`.
#[inline(always)]
pub fn scatter<const ABS: bool, C: Columns, V: Stored>(a: &[V], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= y.len(), "y has every row that is asked for");
    scatter_any::<ABS, C, V>(a, columns, k, x, y);
}

/// `y[..k] -= ` form used by triangular solves: gathers into `y` with the sign of `a` turned.
pub fn gather_minus<C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    y[..k].iter_mut().for_each(|v| *v = -*v);
    gather::<false, C, _>(a, columns, k, x, y);
    y[..k].iter_mut().for_each(|v| *v = -*v);
}
