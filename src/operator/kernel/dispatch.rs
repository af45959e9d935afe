//! Which instructions the processor has, and kernels for each level of them.

/// Levels of instructions: what every processor of its kind has; AVX2 and FMA; AVX-512 (F, VL, DQ) as well.
pub(in crate::operator) const BASE: u8 = 0;
#[cfg(target_arch = "x86_64")]
pub(in crate::operator) const AVX2: u8 = 1;
#[cfg(target_arch = "x86_64")]
pub(in crate::operator) const AVX512: u8 = 2;

/// What may run here.
#[inline(always)]
pub(in crate::operator) fn level() -> u8 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") {
            return if has!("avx512f") && has!("avx512vl") && has!("avx512dq") { AVX512 } else { AVX2 };
        }
    }
    BASE
}

/// Multiplies and adds in one rounding without AVX.
pub(in crate::operator) const FUSED_BASE: bool = cfg!(target_arch = "aarch64");

/// Makes `$name`: the body with its level of instructions, chosen at run time.
macro_rules! levels {
    ($(#[$meta:meta])* $vis:vis fn $name:ident / $avx2:ident / $avx512:ident = $body:ident<$abs:ident $(, $g:ident: $bound:path)*>($($arg:ident: $type:ty),+)) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn $avx2<const $abs: bool $(, $g: $bound)*>($($arg: $type),+) {
            // SAFETY: what the body asks for was checked by the caller, in `$name`
            #[allow(unused_unsafe)]
            unsafe { $body::<{ $crate::operator::kernel::AVX2 }, $abs $(, $g)*>($($arg),+) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
        fn $avx512<const $abs: bool $(, $g: $bound)*>($($arg: $type),+) {
            // SAFETY: as above
            #[allow(unused_unsafe)]
            unsafe { $body::<{ $crate::operator::kernel::AVX512 }, $abs $(, $g)*>($($arg),+) }
        }
        $(#[$meta])*
        #[inline(always)]
        $vis fn $name<const $abs: bool $(, $g: $bound)*>($($arg: $type),+) {
            match $crate::operator::kernel::level() {
                // SAFETY: the processor has these instructions, as just asked
                #[cfg(target_arch = "x86_64")]
                $crate::operator::kernel::AVX512 => unsafe { $avx512::<$abs $(, $g)*>($($arg),+) },
                // SAFETY: the same
                #[cfg(target_arch = "x86_64")]
                $crate::operator::kernel::AVX2 => unsafe { $avx2::<$abs $(, $g)*>($($arg),+) },
                // SAFETY: as above
                #[allow(unused_unsafe)]
                _ => unsafe { $body::<{ $crate::operator::kernel::BASE }, $abs $(, $g)*>($($arg),+) },
            }
        }
    };
}
pub(in crate::operator) use levels;
