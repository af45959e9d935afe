//! Row kernels: `y += sum_p a_p x[j_p]` (gather) and `y[j_p] += a_p x` (scatter) on panel rows of k columns.
//!
//! Bytes per entry and panel: 8 + 4 (value, column) read once, 8 k of x from cache. Panel widths are tiled by
//! 16, 8, 4 and 1 columns with the sums in registers; each column is summed in one order, the even and the odd
//! entries apart, with one fused multiply-add per entry where the processor has it, whatever the tile, so tiling
//! never changes a bit.

/// Where the x rows of a gather are found.
pub trait Columns: Copy {
    /// The row number of entry `p`.
    fn at(self, p: usize) -> usize;
}

/// Columns given one by one.
#[derive(Clone, Copy)]
pub struct Listed<'a>(pub &'a [u32]);

impl Columns for Listed<'_> {
    #[inline(always)]
    fn at(self, p: usize) -> usize {
        self.0[p] as usize
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

#[inline(always)]
fn gather_tile<const W: usize, const FUSED: bool, const ABS: bool, C: Columns>(
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
    let mut pairs = a.chunks_exact(2);
    let add = |sum: &mut [f64; W], v: f64, p: usize| {
        let at = columns.at(p) * k + c;
        let row: &[f64; W] = x[at..at + W].try_into().expect("a slice of W");
        let v = entry::<ABS>(v);
        for w in 0..W {
            sum[w] = multiply_add::<FUSED>(v, row[w], sum[w]);
        }
    };
    for (q, pair) in pairs.by_ref().enumerate() {
        add(&mut even, pair[0], 2 * q);
        add(&mut odd, pair[1], 2 * q + 1);
    }
    if let [last] = pairs.remainder() {
        add(&mut even, *last, a.len() - 1);
    }
    for w in 0..W {
        y[c + w] = even[w] + odd[w];
    }
}

#[inline(always)]
fn gather_rows<const FUSED: bool, const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    let mut c = 0;
    while k - c >= 16 {
        gather_tile::<16, FUSED, ABS, C>(a, columns, k, c, x, y);
        c += 16;
    }
    if k - c >= 8 {
        gather_tile::<8, FUSED, ABS, C>(a, columns, k, c, x, y);
        c += 8;
    }
    if k - c >= 4 {
        gather_tile::<4, FUSED, ABS, C>(a, columns, k, c, x, y);
        c += 4;
    }
    while c < k {
        gather_tile::<1, FUSED, ABS, C>(a, columns, k, c, x, y);
        c += 1;
    }
}

#[inline(always)]
fn scatter_rows<const FUSED: bool, const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    for (p, &v) in a.iter().enumerate() {
        let at = columns.at(p) * k;
        let v = entry::<ABS>(v);
        for (to, &from) in y[at..at + k].iter_mut().zip(&x[..k]) {
            *to = multiply_add::<FUSED>(v, from, *to);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn gather_avx2<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    gather_rows::<true, ABS, C>(a, columns, k, x, y);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn scatter_avx2<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    scatter_rows::<true, ABS, C>(a, columns, k, x, y);
}

/// Whether the fused kernels may run here.
#[cfg(target_arch = "x86_64")]
pub(super) fn fused() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

/// `y[..k] += sum_p a_p x[row columns(p)]`: one row of a product. `ABS` takes `|a_p|`.
pub fn gather<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if fused() {
        // SAFETY: the processor has AVX2 and FMA, as just asked.
        return unsafe { gather_avx2::<ABS, C>(a, columns, k, x, y) };
    }
    #[cfg(target_arch = "aarch64")]
    return gather_rows::<true, ABS, C>(a, columns, k, x, y);
    #[cfg(not(target_arch = "aarch64"))]
    gather_rows::<false, ABS, C>(a, columns, k, x, y);
}

/// `y[row columns(p)] += a_p x[..k]`: one row of a transposed product. `ABS` takes `|a_p|`.
pub fn scatter<const ABS: bool, C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if fused() {
        // SAFETY: the processor has AVX2 and FMA, as just asked.
        return unsafe { scatter_avx2::<ABS, C>(a, columns, k, x, y) };
    }
    #[cfg(target_arch = "aarch64")]
    return scatter_rows::<true, ABS, C>(a, columns, k, x, y);
    #[cfg(not(target_arch = "aarch64"))]
    scatter_rows::<false, ABS, C>(a, columns, k, x, y);
}

/// `y[..k] -= ` form used by triangular solves: gathers into `y` with the sign of `a` turned.
pub fn gather_minus<C: Columns>(a: &[f64], columns: C, k: usize, x: &[f64], y: &mut [f64]) {
    y[..k].iter_mut().for_each(|v| *v = -*v);
    gather::<false, C>(a, columns, k, x, y);
    y[..k].iter_mut().for_each(|v| *v = -*v);
}
