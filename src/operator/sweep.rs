//! Gauss-Seidel sweeps over one group of rows, the group's own entries only.
//!
//! `d_i <- (g_i + sum of a_ij d_j over the group's other rows) / (1 - a_ii)`, rows in order, newest values at once; a
//! first sweep takes the earlier rows only. 12 bytes per own entry, from cache after the first sweep.

use super::Csr;
use super::kernel::{Lines, Shifted, gather_rows, levels};

/// Most columns of a panel.
pub const MAX_WIDTH: usize = 64;

/// Where the entries of a row reach the wave's first column, the group's first, the diagonal, the group's end.
pub(crate) type Cuts = [u32; 4];

/// A run of rows, the cuts of their entries and `1 / (1 - a_ii)`.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    lines: Lines<'a>,
    start: usize,
    cuts: &'a [Cuts],
    inverse: &'a [f64],
}

impl<'a> Group<'a> {
    /// Rows `start..end` of `a`; `cuts` and `inverse` are those of all rows.
    ///
    /// # Safety
    /// The cuts must be as [`Cuts`] says: the entries from the second to the last lie in the group's own columns.
    pub(crate) unsafe fn new(a: &'a Csr, start: usize, end: usize, cuts: &'a [Cuts], inverse: &'a [f64]) -> Self {
        Group { lines: a.lines(start..end), start, cuts: &cuts[start..end], inverse: &inverse[start..end] }
    }
}

/// # Safety
/// The cuts enclose columns of the group.
#[inline(always)]
unsafe fn rows<const L: u8, const NEXT: bool>(group: Group, k: usize, given: &[f64], own: &mut [f64]) {
    let count = group.cuts.len();
    let mut sum = [0.0; MAX_WIDTH];
    for (at, w) in group.lines.starts.windows(2).enumerate() {
        let (columns, values) = (&group.lines.columns[w[0]..w[1]], &group.lines.values[w[0]..w[1]]);
        let [_, b, c, end] = group.cuts[at].map(|v| v as usize);
        let inside = |from: usize, to: usize| {
            // SAFETY: between these cuts columns lie within the group
            unsafe { Shifted::between(group.start, group.start + count, &columns[from..to]) }
        };
        let to = &mut sum[..k];
        to.copy_from_slice(if NEXT { &given[at * k..][..k] } else { &own[at * k..][..k] });
        // SAFETY: the rows of these columns are within `own`
        unsafe { gather_rows::<L, false, _, _>(&values[b..c], inside(b, c), k, own, to) };
        if NEXT {
            let c = c + usize::from(columns.get(c).is_some_and(|&j| j as usize == group.start + at));
            // SAFETY: as above
            unsafe { gather_rows::<L, false, _, _>(&values[c..end], inside(c, end), k, own, to) };
        }
        let inverse = group.inverse[at];
        own[at * k..][..k].iter_mut().zip(&*to).for_each(|(d, v)| *d = v * inverse);
    }
}

levels! { fn rows_any / rows_avx2 / rows_avx512 = rows<NEXT>(group: Group, k: usize, given: &[f64], own: &mut [f64]) }

/// The first of some sweeps: `own` comes with what the group is solved for.
pub(crate) fn first_sweep(group: Group, k: usize, own: &mut [f64]) {
    assert!(k <= MAX_WIDTH && own.len() == group.cuts.len() * k, "one row of the panel for each row of the group");
    rows_any::<false>(group, k, &[], own);
}

/// A further sweep; `given` is what the group is solved for.
pub(crate) fn next_sweep(group: Group, k: usize, given: &[f64], own: &mut [f64]) {
    let length = group.cuts.len() * k;
    assert!(k <= MAX_WIDTH && own.len() == length && given.len() == length, "one row of the panels for each row of the group");
    rows_any::<true>(group, k, given, own);
}
