//! Row kernels: `y += sum_p a_p x[j_p]` (gather) and `y[j_p] += a_p x` (scatter) on panel rows of k columns.
//!
//! Bytes per entry and panel: 8 + 4 (value, column) read once, 8 k of x from cache. Panel widths are tiled by
//! 32, 16, 8, 4, 2 and 1 columns with the sums in registers; each column is summed in one order, the even and the odd
//! entries apart, with one fused multiply-add per entry where the processor has it, whatever the tile and the width
//! of its registers, so tiling never changes a bit.

/// Where the x rows of a gather are found.
pub trait Columns: Copy {
    /// The row number of entry `p`.
    fn at(self, p: usize) -> usize;
    /// A number that every row number of the first `count` entries is below.
    fn bound(self, count: usize) -> usize;
}

/// Columns given one by one.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    columns: &'a [u32],
    bound: usize,
}

impl<'a> Listed<'a> {
    /// Columns that are all below `bound`.
    ///
    /// # Safety
    /// They must be: the kernels do not check each again.
    #[inline(always)]
    pub unsafe fn below(bound: usize, columns: &'a [u32]) -> Self {
        Listed { columns, bound }
    }
}

impl Columns for Listed<'_> {
    #[inline(always)]
    fn at(self, p: usize) -> usize {
        self.columns[p] as usize
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        assert!(self.columns.len() >= count, "a column for each entry");
        self.bound
    }
}

/// Columns given one by one, counted from a start.
#[derive(Clone, Copy)]
pub struct Shifted<'a> {
    columns: &'a [u32],
    start: usize,
    bound: usize,
}

impl<'a> Shifted<'a> {
    /// Columns from `start` on, all below `end`.
    ///
    /// # Safety
    /// They must be: the kernels do not check each again.
    #[inline(always)]
    pub unsafe fn between(start: usize, end: usize, columns: &'a [u32]) -> Self {
        Shifted { columns, start, bound: end - start }
    }
}

impl Columns for Shifted<'_> {
    #[inline(always)]
    fn at(self, p: usize) -> usize {
        self.columns[p] as usize - self.start
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        assert!(self.columns.len() >= count, "a column for each entry");
        self.bound
    }
}

/// Consecutive columns from a start.
#[derive(Clone, Copy)]
pub struct From(pub usize);

impl Columns for From {
    #[inline(always)]
    fn at(self, p: usize) -> usize {
        self.0 + p
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        self.0 + count
    }
}

/// Entry transform: as stored, or its absolute value.
#[inline(always)]
pub(super) fn entry<const ABS: bool>(a: f64) -> f64 {
    if ABS { a.abs() } else { a }
}

#[inline(always)]
pub(super) fn multiply_add<const FUSED: bool>(a: f64, x: f64, y: f64) -> f64 {
    if FUSED { a.mul_add(x, y) } else { a * x + y }
}

/// # Safety
/// `(columns.at(p) + 1) k <= x.len()` for every entry, and `c + W <= k`.
#[inline(always)]
unsafe fn gather_tile<const W: usize, const FUSED: bool, const ABS: bool, C: Columns>(
    a: &[f64],
    columns: C,
    k: usize,
    c: usize,
    x: &[f64],
    y: &mut [f64],
) {
    // two sums, of the even and of the odd entries: twice the additions in flight, the same order in every tile
    let (mut even, mut odd) = ([0.0; W], [0.0; W]);
    even.copy_from_slice(&y[c..c + W]);
    // SAFETY: handed on
    unsafe { sum_tile::<W, FUSED, ABS, C>(a, columns, k, c, x, &mut even, &mut odd) };
    for w in 0..W {
        y[c + w] = even[w] + odd[w];
    }
}

/// # Safety
/// As [`gather_tile`].
#[inline(always)]
unsafe fn sum_tile<const W: usize, const FUSED: bool, const ABS: bool, C: Columns>(
    a: &[f64],
    columns: C,
    k: usize,
    c: usize,
    x: &[f64],
    even: &mut [f64; W],
    odd: &mut [f64; W],
) {
    let add = |sum: &mut [f64; W], p: usize| {
        // SAFETY: p is below a.len(); the row is within x, as the caller says
        let (v, row) = unsafe { (entry::<ABS>(*a.get_unchecked(p)), &*x.as_ptr().add(columns.at(p) * k + c).cast::<[f64; W]>()) };
        for w in 0..W {
            sum[w] = multiply_add::<FUSED>(v, row[w], sum[w]);
        }
    };
    let mut p = 0;
    while p + 4 <= a.len() {
        add(even, p);
        add(odd, p + 1);
        add(even, p + 2);
        add(odd, p + 3);
        p += 4;
    }
    while p < a.len() {
        add(if p.is_multiple_of(2) { even } else { odd }, p);
        p += 1;
    }
}

/// # Safety
/// As [`gather_tile`].
#[inline(always)]
unsafe fn pair_rows<const FUSED: bool, const ABS: bool, C: Columns>(
    a: &[f64],
    columns: C,
    k: usize,
    x: &[f64],
    even: &mut [f64],
    odd: &mut [f64],
) {
    let mut c = 0;
    macro_rules! tiles {
        ($($width:literal),+) => {
            $(while k - c >= $width {
                let sum = |s: &[f64]| -> [f64; $width] { s[c..c + $width].try_into().expect("a slice of this width") };
                let (mut e, mut o) = (sum(even), sum(odd));
                // SAFETY: handed on
                unsafe { sum_tile::<$width, FUSED, ABS, C>(a, columns, k, c, x, &mut e, &mut o) };
                even[c..c + $width].copy_from_slice(&e);
                odd[c..c + $width].copy_from_slice(&o);
                c += $width;
            })+
        };
    }
    tiles!(32, 16, 8, 4, 2, 1);
}

/// # Safety
/// As [`gather_tile`].
#[inline(always)]
unsafe fn gather_rows<const FUSED: bool, const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    let mut c = 0;
    macro_rules! tiles {
        ($($width:literal),+) => {
            $(while k - c >= $width {
                // SAFETY: handed on
                unsafe { gather_tile::<$width, FUSED, ABS, C>(a, columns, k, c, x, y) };
                c += $width;
            })+
        };
    }
    tiles!(32, 16, 8, 4, 2, 1);
}

/// # Safety
/// `(columns.at(p) + 1) k <= y.len()` for every entry, and `k <= x.len()`.
#[inline(always)]
unsafe fn scatter_rows<const FUSED: bool, const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    for (p, &v) in a.iter().enumerate() {
        let v = entry::<ABS>(v);
        // SAFETY: the row is within y, as the caller says
        let to = unsafe { std::slice::from_raw_parts_mut(y.as_mut_ptr().add(columns.at(p) * k), k) };
        for (to, &from) in to.iter_mut().zip(&x[..k]) {
            *to = multiply_add::<FUSED>(v, from, *to);
        }
    }
}

/// Which instructions this processor has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Level {
    /// What every processor of its kind has.
    Base,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 as well.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// What may run here.
#[inline(always)]
pub(super) fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        let wide = std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vl");
        return if wide { Level::Avx512 } else { Level::Avx2 };
    }
    Level::Base
}

/// Multiplies and adds in one rounding without AVX.
pub(super) const FUSED_BASE: bool = cfg!(target_arch = "aarch64");

/// Makes `$name`: the body with `FUSED` for each level, chosen at run time.
macro_rules! levels {
    ($(#[$meta:meta])* $vis:vis fn $name:ident / $avx2:ident / $avx512:ident = $body:ident<$abs:ident $(, $g:ident: $bound:path)?>($($arg:ident: $type:ty),+)) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn $avx2<const $abs: bool $(, $g: $bound)?>($($arg: $type),+) {
            // SAFETY: what the body asks for was checked by the caller, in `$name`
            #[allow(unused_unsafe)]
            unsafe { $body::<true, $abs $(, $g)?>($($arg),+) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
        fn $avx512<const $abs: bool $(, $g: $bound)?>($($arg: $type),+) {
            // SAFETY: as above
            #[allow(unused_unsafe)]
            unsafe { $body::<true, $abs $(, $g)?>($($arg),+) }
        }
        $(#[$meta])*
        #[inline(always)]
        $vis fn $name<const $abs: bool $(, $g: $bound)?>($($arg: $type),+) {
            match $crate::operator::kernel::level() {
                // SAFETY: the processor has these instructions, as just asked
                #[cfg(target_arch = "x86_64")]
                $crate::operator::kernel::Level::Avx512 => unsafe { $avx512::<$abs $(, $g)?>($($arg),+) },
                // SAFETY: the same
                #[cfg(target_arch = "x86_64")]
                $crate::operator::kernel::Level::Avx2 => unsafe { $avx2::<$abs $(, $g)?>($($arg),+) },
                // SAFETY: as above
                #[allow(unused_unsafe)]
                $crate::operator::kernel::Level::Base => unsafe { $body::<{ $crate::operator::kernel::FUSED_BASE }, $abs $(, $g)?>($($arg),+) },
            }
        }
    };
}
pub(super) use levels;

levels! { fn gather_any / gather_avx2 / gather_avx512 = gather_rows<ABS, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) }
levels! { fn pair_any / pair_avx2 / pair_avx512 = pair_rows<ABS, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], even: &mut [f64], odd: &mut [f64]) }
levels! { fn scatter_any / scatter_avx2 / scatter_avx512 = scatter_rows<ABS, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) }

/// `y[..k] += sum_p a_p x[row columns(p)]`: one row of a product. `ABS` takes `|a_p|`.
#[inline(always)]
pub fn gather<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= x.len(), "x has every row that is asked for");
    gather_any::<ABS, C>(a, columns, k, x, y);
}

/// The two sums of [`gather`], of the entries at even and at odd places of `a`, taken further.
#[inline(always)]
pub fn gather_pair<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], even: &mut [f64], odd: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= x.len(), "x has every row that is asked for");
    pair_any::<ABS, C>(a, columns, k, x, even, odd);
}

/// `y[row columns(p)] += a_p x[..k]`: one row of a transposed product. `ABS` takes `|a_p|`.
#[inline(always)]
pub fn scatter<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    assert!(a.is_empty() || columns.bound(a.len()) * k <= y.len(), "y has every row that is asked for");
    scatter_any::<ABS, C>(a, columns, k, x, y);
}

/// `y[..k] -= ` form used by triangular solves: gathers into `y` with the sign of `a` turned.
pub fn gather_minus<C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    y[..k].iter_mut().for_each(|v| *v = -*v);
    gather::<false, C>(a, columns, k, x, y);
    y[..k].iter_mut().for_each(|v| *v = -*v);
}
