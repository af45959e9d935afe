//! Tiles of 8 rows in registers of 512 bits, as the compiler's own code does not keep them there. Last columns that fill
//! no more than half of one go into registers of 256 bits, of which two are computed at a time.

use std::arch::x86_64::{
    __m256, __m256d, __m512, __m512d, __mmask8, __mmask16, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_mask_storeu_pd, _mm256_mask_storeu_ps,
    _mm256_maskz_loadu_pd, _mm256_maskz_loadu_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm512_fmadd_pd,
    _mm512_fmadd_ps, _mm512_mask_storeu_pd, _mm512_mask_storeu_ps, _mm512_maskz_loadu_pd, _mm512_maskz_loadu_ps, _mm512_set1_pd,
    _mm512_set1_ps, _mm512_setzero_pd, _mm512_setzero_ps,
};

use super::super::kernel::{Number, Stored};
use super::Rows;

/// Rows of a tile.
pub(super) const HEIGHT: usize = 8;

/// 8 rows of a matrix or of its transpose: entry `p` of row `h` is `data[h across + p along]`.
#[derive(Clone, Copy)]
pub(crate) struct Eight<'a, V> {
    pub data: &'a [V],
    pub across: usize,
    pub along: usize,
    pub length: usize,
}

/// Numbers that fill registers.
pub(crate) trait Wide: Number + Stored {
    /// `y += A x` for 8 rows.
    ///
    /// # Safety
    /// The processor must have AVX-512.
    unsafe fn band<const ABS: bool, V: Stored>(a: Eight<V>, k: usize, x: Rows<Self>, y: &mut [Self]);
}

macro_rules! tile {
    ($tile:ident, $type:ty, $lanes:expr, $vector:ty, $mask:ty, $zero:ident, $load:ident, $store:ident, $splat:ident, $fma:ident) => {
        /// `N` registers from column `c`; of the last one the columns before `k`.
        #[target_feature(enable = "avx512f,avx512vl,fma")]
        #[inline]
        fn $tile<const N: usize, const ABS: bool, V: Stored>(a: Eight<V>, c: usize, k: usize, x: Rows<$type>, y: &mut [$type]) {
            const LANES: usize = $lanes;
            if a.length == 0 {
                return;
            }
            let (last, end) = (a.length - 1, k.min(c + N * LANES));
            assert!((HEIGHT - 1) * a.across + last * a.along < a.data.len(), "a has every entry that is asked for");
            assert!(last * x.stride + end <= x.data.len(), "x has every row that is asked for");
            assert!(c + (N - 1) * LANES < end && HEIGHT * k <= y.len(), "a column for each register");
            let all = <$mask>::MAX >> (<$mask>::BITS as usize - LANES);
            let masks: [$mask; N] = std::array::from_fn(|n| if n + 1 == N { all >> (c + N * LANES - end) } else { all });
            let mut sum: [[$vector; N]; HEIGHT] = [[$zero(); N]; HEIGHT];
            for h in 0..HEIGHT {
                for n in 0..N {
                    // SAFETY: the masks leave what is before `end`, and y holds 8 k
                    sum[h][n] = unsafe { $load(masks[n], y.as_ptr().add(h * k + c + n * LANES)) };
                }
            }
            let mut from = x.data[c..].as_ptr();
            let mut entries = a.data.as_ptr();
            for _ in 0..a.length {
                // SAFETY: row p of x reaches to p stride + end at least, as asserted; the masks leave no more
                let v: [$vector; N] = std::array::from_fn(|n| unsafe { $load(masks[n], from.add(n * LANES)) });
                for h in 0..HEIGHT {
                    // SAFETY: within a, as asserted
                    let entry = $splat(<$type>::entry::<ABS>(unsafe { *entries.add(h * a.across) }));
                    for n in 0..N {
                        sum[h][n] = $fma(entry, v[n], sum[h][n]);
                    }
                }
                from = from.wrapping_add(x.stride);
                entries = entries.wrapping_add(a.along);
            }
            for h in 0..HEIGHT {
                for n in 0..N {
                    // SAFETY: as above
                    unsafe { $store(y.as_mut_ptr().add(h * k + c + n * LANES), masks[n], sum[h][n]) };
                }
            }
        }
    };
}

macro_rules! wide {
    ($type:ty, $band:ident, $tile:ident, $half:ident) => {
        #[target_feature(enable = "avx512f,avx512vl,fma")]
        fn $band<const ABS: bool, V: Stored>(a: Eight<V>, k: usize, x: Rows<$type>, y: &mut [$type]) {
            const LANES: usize = <$type>::LANES;
            let halved = (1..=LANES / 2).contains(&(k % LANES));
            let end = if halved { k / LANES * LANES } else { k };
            for c in (0..end).step_by(3 * LANES) {
                match (end - c).div_ceil(LANES) {
                    1 => $tile::<1, ABS, V>(a, c, k, x, y),
                    2 => $tile::<2, ABS, V>(a, c, k, x, y),
                    _ => $tile::<3, ABS, V>(a, c, k, x, y),
                }
            }
            if halved {
                $half::<1, ABS, V>(a, end, k, x, y);
            }
        }

        impl Wide for $type {
            #[inline(always)]
            unsafe fn band<const ABS: bool, V: Stored>(a: Eight<V>, k: usize, x: Rows<Self>, y: &mut [Self]) {
                // SAFETY: as the caller says
                unsafe { $band::<ABS, V>(a, k, x, y) }
            }
        }
    };
}

tile!(
    tile_double,
    f64,
    8,
    __m512d,
    __mmask8,
    _mm512_setzero_pd,
    _mm512_maskz_loadu_pd,
    _mm512_mask_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd
);
tile!(
    half_double,
    f64,
    4,
    __m256d,
    __mmask8,
    _mm256_setzero_pd,
    _mm256_maskz_loadu_pd,
    _mm256_mask_storeu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd
);
tile!(
    tile_single,
    f32,
    16,
    __m512,
    __mmask16,
    _mm512_setzero_ps,
    _mm512_maskz_loadu_ps,
    _mm512_mask_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps
);
tile!(
    half_single,
    f32,
    8,
    __m256,
    __mmask8,
    _mm256_setzero_ps,
    _mm256_maskz_loadu_ps,
    _mm256_mask_storeu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps
);
wide!(f64, band_double, tile_double, half_double);
wide!(f32, band_single, tile_single, half_single);
