//! Short runs of entries with one sum a column: what slices of columns are made of.
//!
//! A row has some ten or twenty entries in a slice, and its x lies in the third-level cache: what counts is that many
//! lines are on their way and that a run starts and ends in few instructions. So up to 32 columns are in registers at
//! once, each with one sum in the order of the entries, whatever the width: tiles never change a bit. Rows of x are
//! asked for ahead for the second cache, which waits for more of them than the first. 64 bytes of x per entry and 8
//! columns.

use super::{Columns, Lines, Number, Place, Stored, entry, fetch_far, levels};

/// Rows of x are asked for so many entries before they are needed.
const AHEAD: usize = 16;

/// `y_i += sum_p a_ip x[j_p]` for some rows and the `W` columns of the panels from `c`.
///
/// # Safety
/// Column numbers are below `bound`, `x` has so many rows, `y` as many as there are, and `c + W <= k`.
#[inline(always)]
unsafe fn runs_tile<const W: usize, const L: u8, const ABS: bool, V: Stored, I: Place, P: Place>(
    a: Lines<V, I, P>,
    k: usize,
    c: usize,
    x: &[f64],
    y: &mut [f64],
) {
    let (x, y) = (x.as_ptr().wrapping_add(c), y.as_mut_ptr().wrapping_add(c));
    for (i, w) in a.starts.windows(2).enumerate() {
        // SAFETY: as the caller says
        let (values, columns) = unsafe { a.row(w[0], w[1]) };
        // SAFETY: the row is within y, as the caller says
        let to = unsafe { &mut *y.add(i * k).cast::<[f64; W]>() };
        let mut sum = *to;
        for (p, &v) in values.iter().enumerate() {
            if W >= 8 && p + AHEAD < columns.known() {
                // SAFETY: below what is known
                let ahead = x.wrapping_add(unsafe { columns.at(p + AHEAD) } * k);
                (0..W / 8).for_each(|line| fetch_far(ahead.wrapping_add(8 * line)));
            }
            let v: f64 = entry::<ABS>(v);
            // SAFETY: the row is within x, as the caller says
            let row = unsafe { &*x.add(columns.at(p) * k).cast::<[f64; W]>() };
            for w in 0..W {
                sum[w] = v.multiply_add::<L>(row[w], sum[w]);
            }
        }
        *to = sum;
    }
}

/// `y_i += sum_p a_ip x[j_p]` for some rows.
///
/// # Safety
/// Column numbers are below `bound`, `x` has so many rows, and `y` as many as there are.
#[inline(always)]
unsafe fn runs_rows<const L: u8, const ABS: bool, V: Stored, I: Place, P: Place>(a: Lines<V, I, P>, k: usize, x: &[f64], y: &mut [f64]) {
    let mut c = 0;
    macro_rules! tiles {
        ($($width:literal),+) => {
            $(while k - c >= $width {
                // SAFETY: handed on
                unsafe { runs_tile::<$width, L, ABS, V, I, P>(a, k, c, x, y) };
                c += $width;
            })+
        };
    }
    tiles!(32, 24, 16, 8, 4, 2, 1);
}

levels! { fn runs_any / runs_avx2 / runs_avx512 = runs_rows<ABS, V: Stored, I: Place, P: Place>(a: Lines<V, I, P>, k: usize, x: &[f64], y: &mut [f64]) }

/// `y += A x` for some rows of A, one sum a column. `ABS` takes `|A|`.
///
/// # Safety
/// Column numbers must be below `a.bound`.
pub(crate) unsafe fn multiply_runs<const ABS: bool, V: Stored, I: Place, P: Place>(a: Lines<V, I, P>, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.bound * k <= x.len() && (a.starts.len() - 1) * k <= y.len(), "x has every row that is asked for");
    runs_any::<ABS, V, I, P>(a, k, x, y);
}
