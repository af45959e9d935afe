//! What kernels compute with: entries as stored, and numbers of a panel.

use super::dispatch::{BASE, FUSED_BASE};

/// A stored entry: double, or single precision for the inner passes of a refinement that ends in double.
pub trait Stored: Copy + Send + Sync {
    /// The number.
    fn double(self) -> f64;
    /// The number, rounded.
    fn single(self) -> f32;
    /// The numbers of a mask among eight from `at`, zero for the others, which are not looked at.
    ///
    /// # Safety
    /// The processor has AVX-512; the numbers of the mask are there.
    #[cfg(target_arch = "x86_64")]
    unsafe fn eight(at: *const Self, mask: u8) -> std::arch::x86_64::__m512d;
}

impl Stored for f64 {
    #[inline(always)]
    fn double(self) -> f64 {
        self
    }
    #[inline(always)]
    fn single(self) -> f32 {
        self as f32
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    #[inline]
    unsafe fn eight(at: *const Self, mask: u8) -> std::arch::x86_64::__m512d {
        // SAFETY: as the caller says
        unsafe { std::arch::x86_64::_mm512_maskz_loadu_pd(mask, at) }
    }
}

impl Stored for f32 {
    #[inline(always)]
    fn double(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn single(self) -> f32 {
        self
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    #[inline]
    unsafe fn eight(at: *const Self, mask: u8) -> std::arch::x86_64::__m512d {
        // SAFETY: as the caller says
        unsafe { std::arch::x86_64::_mm512_cvtps_pd(std::arch::x86_64::_mm256_maskz_loadu_ps(mask, at)) }
    }
}

/// What a panel of dense products holds, and their sums.
pub trait Number: Copy + Send + Sync + 'static {
    /// Nothing.
    const ZERO: Self;
    /// How many fill a register of 512 bits.
    const LANES: usize;
    /// An entry as stored, or its absolute value.
    fn entry<const ABS: bool>(a: impl Stored) -> Self;
    /// `self x + y`.
    fn multiply_add<const L: u8>(self, x: Self, y: Self) -> Self;
}

macro_rules! number {
    ($type:ty, $lanes:literal, $take:ident) => {
        impl Number for $type {
            const ZERO: Self = 0.0;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn entry<const ABS: bool>(a: impl Stored) -> Self {
                if ABS { a.$take().abs() } else { a.$take() }
            }
            #[inline(always)]
            fn multiply_add<const L: u8>(self, x: Self, y: Self) -> Self {
                if L > BASE || FUSED_BASE { self.mul_add(x, y) } else { self * x + y }
            }
        }
    };
}
number!(f64, 8, double);
number!(f32, 16, single);
