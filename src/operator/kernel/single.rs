//! One row times one column by gathers of eight numbers: more loads in flight than one by one.
//!
//! 12 bytes per entry from memory, asked for well ahead: the hardware's own reading ahead stops
//! at pages, and reached 18 of 23 GB/s.

use std::arch::x86_64::{
    __m256i, _mm256_loadu_pd, _mm256_mask3_fmadd_pd, _mm256_storeu_pd, _mm512_abs_pd, _mm512_castpd512_pd256, _mm512_extractf64x4_pd,
    _mm512_mask_i32gather_pd, _mm512_maskz_loadu_pd, _mm512_setzero_pd,
};

use super::{Columns, Stored, fetch};

const EIGHT: usize = 8;
/// Entries that are asked for before they are needed.
const FAR: usize = 256;

/// `y += sum_p a_p x[j_p]`, in the order of `gather_tile`.
///
/// # Safety
/// The processor has AVX-512; column numbers of all entries are below `x.len()`, which 31 bits can tell.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
#[inline]
pub(super) unsafe fn gather_one<const ABS: bool, C: Columns, V: Stored>(a: &[V], columns: C, x: &[f64], y: &mut f64) {
    let mut sums = [*y, 0.0, 0.0, 0.0];
    // SAFETY: four numbers
    let mut sum = unsafe { _mm256_loadu_pd(sums.as_ptr()) };
    for p in (0..a.len()).step_by(EIGHT) {
        let rest = a.len() - p;
        let mask = if rest < EIGHT { (1u8 << rest) - 1 } else { u8::MAX };
        fetch::<1, _>(a, p + FAR);
        // SAFETY: what the mask leaves is within a, within the columns of its entries, and so
        // within x, and nothing else is looked at
        let (values, found) = unsafe {
            let values = V::eight(a.as_ptr().add(p), mask);
            let found = if C::CONSECUTIVE {
                _mm512_maskz_loadu_pd(mask, x.as_ptr().add(columns.at(p)))
            } else {
                columns.fetch(p + FAR);
                let places: [u32; EIGHT] = if p + EIGHT <= columns.known() {
                    std::array::from_fn(|l| columns.at(p + l) as u32)
                } else {
                    std::array::from_fn(|l| if l < rest { columns.at(p + l) as u32 } else { 0 })
                };
                let places = std::mem::transmute::<[u32; EIGHT], __m256i>(places);
                _mm512_mask_i32gather_pd::<8>(_mm512_setzero_pd(), mask, places, x.as_ptr())
            };
            (values, found)
        };
        let values = if ABS { _mm512_abs_pd(values) } else { values };
        sum = _mm256_mask3_fmadd_pd(_mm512_castpd512_pd256(values), _mm512_castpd512_pd256(found), sum, mask & 15);
        sum = _mm256_mask3_fmadd_pd(_mm512_extractf64x4_pd::<1>(values), _mm512_extractf64x4_pd::<1>(found), sum, mask >> 4);
    }
    // SAFETY: four numbers
    unsafe { _mm256_storeu_pd(sums.as_mut_ptr(), sum) };
    *y = (sums[0] + sums[1]) + (sums[2] + sums[3]);
}
