//! Twofold kernels: products summed in two doubles, for residuals that are far below the rounding of a plain sum.
//!
//! Each sum starts from an anchor that is large against all its terms, so that every partial sum stays between one power
//! of two and the next: what the high part takes of a term is then exact, and the low part sums what is left of each, 2^-52
//! of the anchor or less. Four operations an entry and column. One chain a sum in stored order, whatever the tile: no
//! panel, no number of threads changes a bit. A row of a panel of sums holds `k` high parts, then `k` low ones.
//! Rump, Ogita, Oishi, *SIAM Journal on Scientific Computing* 31 (2008) 189-224 (extraction against a power of two).

use super::{BASE, Columns, FUSED_BASE, level, levels};

/// `W` columns from `c` of one row.
///
/// # Safety
/// `(columns.at(p) + 1) k <= x.len()` for every entry, and `c + W <= k`; `sums` holds 2 k.
#[inline(always)]
unsafe fn gather_tile<const W: usize, C: Columns>(a: &[f64], columns: C, k: usize, c: usize, x: &[f64], sums: &mut [f64]) {
    let (mut high, mut low) = ([0.0; W], [0.0; W]);
    high.copy_from_slice(&sums[c..c + W]);
    low.copy_from_slice(&sums[k + c..k + c + W]);
    for (p, &v) in a.iter().enumerate() {
        // SAFETY: the row is within x, as the caller says
        let row = unsafe { &*x.as_ptr().add(columns.at(p) * k + c).cast::<[f64; W]>() };
        for w in 0..W {
            let next = v.mul_add(row[w], high[w]);
            low[w] += v.mul_add(row[w], high[w] - next);
            high[w] = next;
        }
    }
    sums[c..c + W].copy_from_slice(&high);
    sums[k + c..k + c + W].copy_from_slice(&low);
}

/// `W` columns from `c` of one row of x, to the rows of `sums` that its entries belong to.
///
/// # Safety
/// `(columns.at(p) + 1) 2 k <= sums.len()` for every entry, and `c + W <= k <= x.len()`.
#[inline(always)]
unsafe fn scatter_tile<const W: usize, C: Columns>(a: &[f64], columns: C, k: usize, c: usize, x: &[f64], sums: &mut [f64]) {
    let mut from = [0.0; W];
    from.copy_from_slice(&x[c..c + W]);
    for (p, &v) in a.iter().enumerate() {
        // SAFETY: both parts of the row are within `sums`, as the caller says, and lie apart
        let (high, low) = unsafe {
            let to = sums.as_mut_ptr().add(columns.at(p) * 2 * k + c);
            (&mut *to.cast::<[f64; W]>(), &mut *to.add(k).cast::<[f64; W]>())
        };
        for w in 0..W {
            let next = v.mul_add(from[w], high[w]);
            low[w] += v.mul_add(from[w], high[w] - next);
            high[w] = next;
        }
    }
}

/// Goes through the `k` columns of a panel in tiles.
macro_rules! tiles {
    ($tile:ident($a:expr, $columns:expr, $k:ident, $x:expr, $sums:expr), $($width:literal),+) => {{
        let mut c = 0;
        $(while $k - c >= $width {
            // SAFETY: handed on
            unsafe { $tile::<$width, _>($a, $columns, $k, c, $x, $sums) };
            c += $width;
        })+
    }};
}

/// # Safety
/// As [`gather_tile`].
#[inline(always)]
unsafe fn row<const L: u8, const LAST: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) {
    // both parts of wider ones do not fit into 16 registers
    tiles!(gather_tile(a, columns, k, x, sums), 16, 8, 4, 2, 1);
}

/// # Safety
/// As [`scatter_tile`].
#[inline(always)]
unsafe fn turned<const L: u8, const LAST: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) {
    tiles!(scatter_tile(a, columns, k, x, sums), 32, 16, 8, 4, 2, 1);
}

levels! { fn row_any / row_avx2 / row_avx512 = row<LAST, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) }
levels! { fn turned_any / turned_avx2 / turned_avx512 = turned<LAST, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) }

/// Whether the processor multiplies and adds in one rounding: else each of the four operations would be many.
pub(in crate::operator) fn available() -> bool {
    level() > BASE || FUSED_BASE
}

/// Adds `sum_p a_p x[row columns(p)]` to one row of sums.
#[inline(always)]
pub(in crate::operator) fn gather<C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= x.len(), "x has every row that is asked for");
    assert!(sums.len() == 2 * k, "two numbers a column");
    row_any::<true, C>(a, columns, k, x, sums);
}

/// Adds `a_p x[..k]` to each row `columns(p)` of the sums.
#[inline(always)]
pub(in crate::operator) fn scatter<C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], sums: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * 2 * k <= sums.len(), "the sums have every row that is asked for");
    assert!(x.len() == k, "one row of x");
    turned_any::<true, C>(a, columns, k, x, sums);
}
