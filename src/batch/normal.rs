//! Random numbers that are functions of a key: (seed, draw, cell) gives the same bits in any order, subset, thread and shard.
//!
//! `bits = mix(mix(mix(seed) + draw) + cell)` with the finalizer of splitmix64 and its increments (Steele, Lea, Flood 2014,
//! doi:10.1145/2660193.2660195). A normal is the inverse of its distribution at the middle of one of 2^52 parts of (0, 1), by
//! AS 241 (Wichura 1988, *Applied Statistics* 37, 477-484; 16 digits). Logarithm and exponential are polynomials here: only
//! `+ - * /`, roots and moves of bits follow, which every machine rounds alike.

use crate::random::{STEP, mix};

/// The numbers of one draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyed(u64);

impl Keyed {
    /// Of a seed and the number of a draw.
    pub(super) fn new(seed: u64, draw: u64) -> Self {
        let of_seed = mix(seed.wrapping_add(STEP));
        Keyed(mix(of_seed ^ mix(draw.wrapping_mul(STEP).wrapping_add(0x51ed_270b_0a1f_39c1))))
    }

    /// Another stream of the same draw: one for cells, one for each kind of error that cells share.
    pub(super) fn stream(self, number: u64) -> Self {
        Keyed(mix(self.0 ^ mix(number.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03))))
    }

    /// In (0, 1), the middle of one of 2^52 parts.
    #[inline(always)]
    pub(super) fn inside(self, cell: u64) -> f64 {
        let bits = mix(self.0.wrapping_add(cell.wrapping_add(1).wrapping_mul(STEP)));
        ((bits >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Standard normals of neighbouring cells.
    pub(super) fn normals(self, first: u64, to: &mut [f64]) {
        let mut q = [0.0; 64];
        for (part, to) in to.chunks_mut(64).enumerate() {
            let start = first.wrapping_add(64 * part as u64);
            q[..to.len()].iter_mut().enumerate().for_each(|(p, q)| *q = self.inside(start.wrapping_add(p as u64)) - 0.5);
            to.iter_mut().zip(&q).for_each(|(to, q)| *to = middle(*q));
            to.iter_mut().zip(&q).filter(|(_, q)| q.abs() > 0.425).for_each(|(to, q)| *to = tail(*q));
        }
    }

    /// Uniform numbers of neighbouring cells, with mean 0 and standard deviation 1.
    pub(super) fn uniforms(self, first: u64, to: &mut [f64]) {
        let wide = 12f64.sqrt();
        to.iter_mut().enumerate().for_each(|(p, to)| *to = (self.inside(first.wrapping_add(p as u64)) - 0.5) * wide);
    }
}

#[inline(always)]
fn polynomial<const N: usize>(by_power: [f64; N], x: f64) -> f64 {
    by_power.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// AS 241 for `|q| <= 0.425`.
#[inline(always)]
fn middle(q: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    let r = 0.180625 - q * q;
    q * polynomial(A, r) / polynomial(B, r)
}

/// AS 241 for the rest.
fn tail(q: f64) -> f64 {
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_7e-15,
    ];
    let r = (-ln(0.5 - q.abs())).sqrt();
    let size = if r <= 5.0 { polynomial(C, r - 1.6) / polynomial(D, r - 1.6) } else { polynomial(E, r - 5.0) / polynomial(F, r - 5.0) };
    if q < 0.0 { -size } else { size }
}

/// The natural logarithm of a normal number above 0: `ln m + e ln 2`, `ln m = 2 artanh((m - 1) / (m + 1))`.
fn ln(x: f64) -> f64 {
    const ODD: [f64; 10] = [1.0, 1.0 / 3.0, 0.2, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0, 1.0 / 17.0, 1.0 / 19.0];
    // the exponent such that m lies between 1 / sqrt 2 and sqrt 2
    let e = (x.to_bits().wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits()) as i64) >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub((e << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    2.0 * s * polynomial(ODD, s * s) + e as f64 * std::f64::consts::LN_2
}

/// The exponential of a number between -700 and 700, to the last digit or two: `2^k e^r`.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    const TAYLOR: [f64; 13] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
    ];
    // a sum of this size has whole numbers in its last digits
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    const HIGH: f64 = 0.693_147_180_369_123_8;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let k = x.clamp(-700.0, 700.0) * std::f64::consts::LOG2_E + WHOLE;
    let whole = k - WHOLE;
    let r = (x - whole * HIGH) - whole * LOW;
    polynomial(TAYLOR, r) * f64::from_bits((k.to_bits() << 52).wrapping_add(1023 << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        // scipy.stats.norm.ppf of 0.5 + q
        let known = [
            (0.25, 0.674_489_750_196_081_7),
            (0.4, 1.281_551_565_544_600_4),
            (0.475, 1.959_963_984_540_054),
            (-0.499, -3.090_232_306_167_813_5),
            (0.499_999, 4.753_424_308_822_899),
        ];
        for (q, z) in known {
            let found = if f64::abs(q) <= 0.425 { middle(q) } else { tail(q) };
            assert!((found - z).abs() < 1e-10, "{q}: {found} is not {z}");
        }
        // 2^-53, the least there is
        assert!((tail(2f64.powi(-53) - 0.5) + 8.209_536_151_601_387).abs() < 1e-9, "{}", tail(2f64.powi(-53) - 0.5));
    }

    #[test]
    fn logarithm_and_exponential_are_those_of_the_machine() {
        for k in 0..4000 {
            let x = 1e-16 * 1.01f64.powi(k % 3700);
            assert!((ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1.0), "{x}");
            let y = f64::from(k - 2000) * 0.013;
            assert!((exp(y) / y.exp() - 1.0).abs() < 4e-15, "{y}: {} {}", exp(y), y.exp());
        }
    }

    #[test]
    fn numbers_belong_to_their_keys_and_have_the_moments_of_their_law() {
        let keyed = Keyed::new(7, 3);
        let mut all = vec![0.0; 200_000];
        keyed.normals(0, &mut all);
        let mut part = vec![0.0; 777];
        keyed.normals(4_321, &mut part);
        assert_eq!(part, all[4_321..4_321 + 777]);
        assert!(all[..500].iter().zip(&part).all(|(a, b)| a != b));
        let mean = |power: i32| all.iter().map(|v| v.powi(power)).sum::<f64>() / all.len() as f64;
        let moments = [mean(1), mean(2) - 1.0, mean(3), mean(4) - 3.0];
        assert!(moments.iter().zip([0.009, 0.013, 0.04, 0.1]).all(|(m, most)| m.abs() < most), "{moments:?}");
        // other draws, seeds and streams have nothing to do with it
        for other in [Keyed::new(7, 4), Keyed::new(8, 3), keyed.stream(0), keyed.stream(1)] {
            let mut beside = vec![0.0; all.len()];
            other.normals(0, &mut beside);
            let together = all.iter().zip(&beside).map(|(a, b)| a * b).sum::<f64>() / all.len() as f64;
            assert!(together.abs() < 0.01, "{together}");
        }
    }
}
