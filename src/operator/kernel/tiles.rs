//! Tiles of a sparse matrix: some rows in some columns, rows of about equal lengths side by side.
//!
//! The rows of a tile come by falling numbers of entries, eight together: the first entry of each of the eight, the second
//! of each that has one, and so on, without padding. Eight sums are on their way at once and each row has one, in the
//! order of its entries, whatever the width of a panel and of registers: no bit depends on them. 10 bytes per entry and 4
//! per row, read in order and asked for far ahead, for the second cache: the hardware reads ahead within a page and for
//! the first cache alone, which reached 10 GB/s of 30. The x of a tile's columns stays in the cache.
//! Kreutzer, Hager, Wellein, Fehske, Bishop, *A unified sparse matrix data format for modern processors with wide SIMD
//! units*, SIAM J. Sci. Comput. 36 (2014): sorted rows in groups as wide as registers (the aim).

use super::{Number, entry, fetch_far, levels};

/// Rows that are summed side by side.
pub(crate) const LANES: usize = 8;

/// Numbers of x that stay in the first cache beside entries. Up to there one load after the other is twice as fast as the
/// instruction that gathers, which waits for more of them at once.
pub(crate) const NEAR: usize = 4_096;

/// Entries that are asked for before they are needed.
const FAR: usize = 1_024;
/// Rows of x are prefetched this many entries ahead.
const AHEAD: usize = 24;

/// What a tile has of one row.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Run {
    /// Number of the row within those of the tile.
    pub row: u16,
    /// How many entries.
    pub entries: u16,
}

/// Some rows in some columns.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'a> {
    /// The rows, by falling numbers of entries.
    pub runs: &'a [Run],
    /// Column numbers from the first entry on, all below `bound`; at least `LANES` more than there are entries.
    pub columns: &'a [u16],
    /// Entries from the first on; there may be more.
    pub values: &'a [f64],
    /// Number of columns.
    pub bound: usize,
}

impl<'a> Tile<'a> {
    /// Number of entries.
    pub(crate) fn entries(self) -> usize {
        self.runs.iter().map(|r| r.entries as usize).sum()
    }

    /// Calls `f` with row, column and value of every entry, those of a row in order.
    #[inline]
    pub(crate) fn each(self, mut f: impl FnMut(usize, usize, f64)) {
        let mut at = 0;
        in_order(self.runs, |row, _| {
            f(row, self.columns[at] as usize, self.values[at]);
            at += 1;
        });
    }
}

/// Calls `f` with the row of every entry and its number within the row, in the order in which a tile holds them.
#[inline]
pub(crate) fn in_order(runs: &[Run], mut f: impl FnMut(usize, usize)) {
    for group in groups(runs) {
        for step in 0..group.longest() {
            group.with_more_than(step).iter().for_each(|run| f(run.row as usize, step));
        }
    }
}

/// The groups of rows that have entries.
#[inline(always)]
fn groups(runs: &[Run]) -> impl Iterator<Item = Group<'_>> {
    runs.chunks(LANES).map(Group).take_while(|g| g.longest() > 0)
}

/// Up to eight rows.
#[derive(Clone, Copy)]
struct Group<'a>(&'a [Run]);

impl<'a> Group<'a> {
    #[inline(always)]
    fn longest(self) -> usize {
        self.0[0].entries as usize
    }
    /// Entries that all eight have.
    #[inline(always)]
    fn common(self) -> usize {
        if let Some(last) = self.0.get(LANES - 1) { last.entries as usize } else { 0 }
    }
    /// The rows that have more than `step` entries.
    #[inline(always)]
    fn with_more_than(self, step: usize) -> &'a [Run] {
        let count = if step < self.common() { LANES } else { self.0.iter().take_while(|r| r.entries as usize > step).count() };
        &self.0[..count]
    }
}

/// `y_i += sum_p a_ip x[j_p]` for the `W` columns of the panels from `c`.
///
/// # Safety
/// Column numbers are below `bound`, `x` has at least `bound` rows, `y` all that the runs name, and `c + W <= k`.
#[inline(always)]
unsafe fn forward<const W: usize, const L: u8, const ABS: bool>(tile: Tile, k: usize, c: usize, x: &[f64], y: &mut [f64]) {
    let (x, y) = (x.as_ptr().wrapping_add(c), y.as_mut_ptr().wrapping_add(c));
    // SAFETY: the row is within y, as the caller says
    let of = |run: &Run| unsafe { &mut *y.add(run.row as usize * k).cast::<[f64; W]>() };
    let add = |sum: &mut [f64; W], at: usize| {
        // SAFETY: there is an entry at this place, and its row is within x, as the caller says
        let (v, row) = unsafe {
            let column = *tile.columns.get_unchecked(at) as usize;
            (entry::<ABS>(*tile.values.get_unchecked(at)), &*x.add(column * k).cast::<[f64; W]>())
        };
        for w in 0..W {
            sum[w] = v.multiply_add::<L>(row[w], sum[w]);
        }
    };
    let mut at = 0;
    for (number, group) in groups(tile.runs).enumerate() {
        if W >= 8 {
            // rows of y come in no order that the hardware could read ahead
            let next = tile.runs.iter().skip((number + 1) * LANES).take(LANES);
            next.for_each(|run| (0..W / 8).for_each(|line| fetch_far(y.wrapping_add(run.row as usize * k + 8 * line))));
        }
        if group.common() > 0 {
            let mut sums: [[f64; W]; LANES] = std::array::from_fn(|lane| *of(&group.0[lane]));
            for _ in 0..group.common() {
                fetch_far(tile.values.as_ptr().wrapping_add(at + FAR));
                fetch_far(tile.columns.as_ptr().wrapping_add(at + FAR));
                for (lane, sum) in sums.iter_mut().enumerate() {
                    if W >= 8 && at + lane + AHEAD < tile.columns.len() {
                        // SAFETY: just asked
                        let ahead = x.wrapping_add(unsafe { *tile.columns.get_unchecked(at + lane + AHEAD) } as usize * k);
                        (0..W / 8).for_each(|line| fetch_far(ahead.wrapping_add(8 * line)));
                    }
                    add(sum, at + lane);
                }
                at += LANES;
            }
            sums.iter().zip(group.0).for_each(|(sum, run)| *of(run) = *sum);
        }
        for step in group.common()..group.longest() {
            // few: sums that come and go would have to leave their registers above, too
            for run in group.with_more_than(step) {
                add(of(run), at);
                at += 1;
            }
        }
    }
}

/// `y[j_p] += a_ip x_i` for the `W` columns of the panels from `c`.
///
/// # Safety
/// Column numbers are below `bound`, `y` has at least `bound` rows, `x` all that the runs name, and `c + W <= k`.
#[inline(always)]
unsafe fn turned<const W: usize, const L: u8, const ABS: bool>(tile: Tile, k: usize, c: usize, x: &[f64], y: &mut [f64]) {
    let (x, y) = (x.as_ptr().wrapping_add(c), y.as_mut_ptr().wrapping_add(c));
    let mut at = 0;
    for group in groups(tile.runs) {
        let mut from = [[0.0; W]; LANES];
        for (from, run) in from.iter_mut().zip(group.0) {
            // SAFETY: the row is within x, as the caller says
            *from = unsafe { *x.add(run.row as usize * k).cast::<[f64; W]>() };
        }
        for step in 0..group.longest() {
            fetch_far(tile.values.as_ptr().wrapping_add(at + FAR));
            fetch_far(tile.columns.as_ptr().wrapping_add(at + FAR));
            for from in &from[..group.with_more_than(step).len()] {
                // SAFETY: there is an entry at this place, and its row is within y, as the caller says
                let (v, to) = unsafe {
                    let column = *tile.columns.get_unchecked(at) as usize;
                    (entry::<ABS>(*tile.values.get_unchecked(at)), &mut *y.add(column * k).cast::<[f64; W]>())
                };
                for w in 0..W {
                    to[w] = v.multiply_add::<L>(from[w], to[w]);
                }
                at += 1;
            }
        }
    }
}

/// Goes through the `k` columns of a panel in tiles of these widths.
macro_rules! widths {
    ($step:ident($tile:ident, $k:ident, $c:ident, $x:ident, $y:ident), $($width:literal),+) => {
        $(while $k - $c >= $width {
            // SAFETY: handed on
            unsafe { $step::<$width, L, ABS>($tile, $k, $c, $x, $y) };
            $c += $width;
        })+
    };
}

/// # Safety
/// As [`forward`], for all columns.
#[inline(always)]
unsafe fn forward_all<const L: u8, const ABS: bool>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if k == 1 && L == super::AVX512 {
        // SAFETY: handed on; the dispatcher calls this level only after detecting AVX-512
        return unsafe { if tile.bound <= NEAR { one::forward::<ABS, true>(tile, x, y) } else { one::forward::<ABS, false>(tile, x, y) } };
    }
    let mut c = 0;
    // eight sums for each of 16 columns fill half of the registers of 512 bits, and those for 4 columns half of the others
    #[cfg(target_arch = "x86_64")]
    if L == super::AVX512 {
        widths!(forward(tile, k, c, x, y), 16, 8);
    }
    widths!(forward(tile, k, c, x, y), 4, 2, 1);
}

/// # Safety
/// As [`turned`], for all columns.
#[inline(always)]
unsafe fn turned_all<const L: u8, const ABS: bool>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) {
    let mut c = 0;
    widths!(turned(tile, k, c, x, y), 16, 8, 4, 2, 1);
}

levels! { fn forward_any / forward_avx2 / forward_avx512 = forward_all<ABS>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) }
levels! { fn turned_any / turned_avx2 / turned_avx512 = turned_all<ABS>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) }

/// `y += A x` for a tile. `ABS` takes `|A|`.
///
/// # Safety
/// Column numbers must be below `tile.bound`, and rows below `y.len() / k`.
pub(crate) unsafe fn multiply_tile<const ABS: bool>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) {
    check(tile, k, x, y);
    forward_any::<ABS>(tile, k, x, y);
}

/// `y += A' x` for a tile. `ABS` takes `|A|`.
///
/// # Safety
/// Column numbers must be below `tile.bound`, and rows below `x.len() / k`.
pub(crate) unsafe fn turn_tile<const ABS: bool>(tile: Tile, k: usize, x: &[f64], y: &mut [f64]) {
    check(tile, k, y, x);
    turned_any::<ABS>(tile, k, x, y);
}

fn check(tile: Tile, k: usize, by_columns: &[f64], by_rows: &[f64]) {
    assert!(tile.bound * k <= by_columns.len() && tile.runs.len() * k <= by_rows.len(), "the panels have every row that is asked for");
    debug_assert!(tile.entries() <= tile.values.len() && tile.entries() + LANES <= tile.columns.len());
}

/// One column, by AVX-512.
#[cfg(target_arch = "x86_64")]
mod one {
    use std::arch::x86_64::{
        __m512d, _mm_load_sd, _mm_loadh_pd, _mm_loadu_si128, _mm256_castpd128_pd256, _mm256_cmpgt_epu32_mask, _mm256_cvtepu16_epi32,
        _mm256_insertf128_pd, _mm256_maskz_loadu_epi32, _mm256_set1_epi32, _mm256_srli_epi32, _mm512_abs_pd, _mm512_castpd256_pd512,
        _mm512_fmadd_pd, _mm512_i32gather_pd, _mm512_insertf64x4, _mm512_loadu_pd, _mm512_mask_i32gather_pd, _mm512_mask3_fmadd_pd,
        _mm512_maskz_loadu_pd, _mm512_setzero_pd, _mm512_storeu_pd,
    };

    use super::{FAR, LANES, Tile, fetch_far, groups};

    /// The numbers of eight places, one by one.
    ///
    /// # Safety
    /// The processor has AVX-512; eight numbers are at `columns`, and x reaches beyond each.
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    #[inline]
    unsafe fn eight(x: *const f64, columns: *const u16) -> __m512d {
        // SAFETY: as the caller says
        unsafe {
            let pair = |p: usize| {
                let (low, high) = (*columns.add(p) as usize, *columns.add(p + 1) as usize);
                _mm_loadh_pd(_mm_load_sd(x.add(low)), x.add(high))
            };
            let four = |p: usize| _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(pair(p)), pair(p + 2));
            _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(four(0)), four(4))
        }
    }

    /// The mask of the first `count` of eight.
    fn up_to(count: usize) -> u8 {
        ((1u32 << count) - 1) as u8
    }

    /// As `forward`, in the same order.
    ///
    /// # Safety
    /// The same, and the processor has AVX-512.
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    #[inline]
    pub(super) unsafe fn forward<const ABS: bool, const SINGLY: bool>(tile: Tile, x: &[f64], y: &mut [f64]) {
        let (x, columns, values) = (x.as_ptr(), tile.columns.as_ptr(), tile.values.as_ptr());
        let size = |v: __m512d| if ABS { _mm512_abs_pd(v) } else { v };
        let mut at = 0;
        for group in groups(tile.runs) {
            // SAFETY: runs are pairs of 16-bit numbers; their count is stored above the row
            let lengths = unsafe { _mm256_srli_epi32::<16>(_mm256_maskz_loadu_epi32(up_to(group.0.len()), group.0.as_ptr().cast())) };
            let mut sums = [0.0; LANES];
            for (sum, run) in sums.iter_mut().zip(group.0) {
                // SAFETY: the row is within y, as the caller says
                *sum = unsafe { *y.get_unchecked(run.row as usize) };
            }
            // SAFETY: eight numbers
            let mut sum = unsafe { _mm512_loadu_pd(sums.as_ptr()) };
            let common = group.common();
            for _ in 0..common {
                fetch_far(values.wrapping_add(at + FAR));
                fetch_far(columns.wrapping_add(at + FAR));
                // SAFETY: there are eight entries from this place, each within x, as the caller says
                sum = unsafe {
                    let found = if SINGLY {
                        eight(x, columns.add(at))
                    } else {
                        _mm512_i32gather_pd::<8>(_mm256_cvtepu16_epi32(_mm_loadu_si128(columns.add(at).cast())), x)
                    };
                    _mm512_fmadd_pd(size(_mm512_loadu_pd(values.add(at))), found, sum)
                };
                at += LANES;
            }
            for step in common..group.longest() {
                let mask = _mm256_cmpgt_epu32_mask(lengths, _mm256_set1_epi32(step as i32));
                // SAFETY: the mask selects only entries that exist; a tile is padded so that eight column numbers can be read
                unsafe {
                    let places = _mm256_cvtepu16_epi32(_mm_loadu_si128(columns.add(at).cast()));
                    let found = _mm512_mask_i32gather_pd::<8>(_mm512_setzero_pd(), mask, places, x);
                    sum = _mm512_mask3_fmadd_pd(size(_mm512_maskz_loadu_pd(mask, values.add(at))), found, sum, mask);
                }
                at += mask.count_ones() as usize;
            }
            // SAFETY: eight numbers
            unsafe { _mm512_storeu_pd(sums.as_mut_ptr(), sum) };
            for (sum, run) in sums.iter().zip(group.0) {
                // SAFETY: as above
                unsafe { *y.get_unchecked_mut(run.row as usize) = *sum };
            }
        }
    }
}
