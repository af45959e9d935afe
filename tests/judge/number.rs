//! Numbers of 1,280 bits: enough that a formula of a few hundred operations on cells of any size is right far beyond
//! the last digit of a double.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Words of 64 bits in a number.
const WORDS: usize = 20;

/// `sign * m / 2^(64 WORDS) * 2^exponent`, the first bit of m set; 0 has the sign 0.
#[derive(Clone, Copy)]
pub struct Number {
    sign: i8,
    exponent: i64,
    /// Least word first.
    words: [u64; WORDS],
}

pub const ZERO: Number = Number { sign: 0, exponent: 0, words: [0; WORDS] };

/// The number that a double is.
pub fn exact(v: f64) -> Number {
    assert!(v.is_finite(), "{v} is no number");
    if v == 0.0 {
        return ZERO;
    }
    let bits = v.abs().to_bits();
    let (field, fraction) = ((bits >> 52) as i64, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
    let mut words = [0; WORDS];
    words[WORDS - 1] = mantissa;
    normal(if v < 0.0 { -1 } else { 1 }, exponent + 64, words)
}

pub fn one() -> Number {
    exact(1.0)
}

/// Moves the first bit to the front.
fn normal(sign: i8, exponent: i64, mut words: [u64; WORDS]) -> Number {
    let Some(top) = words.iter().rposition(|w| *w != 0) else { return ZERO };
    let bits = (WORDS - 1 - top) as u32 * 64 + words[top].leading_zeros();
    shift_left(&mut words, bits as usize);
    Number { sign, exponent: exponent - i64::from(bits), words }
}

fn shift_left(words: &mut [u64; WORDS], bits: usize) {
    let (whole, part) = (bits / 64, bits % 64);
    for k in (0..WORDS).rev() {
        let at = |i: Option<usize>| i.map_or(0, |i| words[i]);
        let high = at(k.checked_sub(whole)) << part;
        let low = if part == 0 { 0 } else { at(k.checked_sub(whole + 1)) >> (64 - part) };
        words[k] = high | low;
    }
}

fn shift_right(words: &mut [u64; WORDS], bits: usize) {
    let (whole, part) = (bits / 64, bits % 64);
    for k in 0..WORDS {
        let at = |i: usize| if i < WORDS { words[i] } else { 0 };
        let low = at(k + whole) >> part;
        let high = if part == 0 { 0 } else { at(k + whole + 1) << (64 - part) };
        words[k] = low | high;
    }
}

impl Number {
    pub fn is_zero(self) -> bool {
        self.sign == 0
    }

    pub fn abs(self) -> Number {
        Number { sign: self.sign.abs(), ..self }
    }

    pub fn positive(self) -> Number {
        if self.sign > 0 { self } else { ZERO }
    }

    fn size(self, other: Number) -> Ordering {
        match (self.sign == 0, other.sign == 0) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => self.exponent.cmp(&other.exponent).then_with(|| self.words.iter().rev().cmp(other.words.iter().rev())),
        }
    }

    /// About what it is, for messages.
    pub fn near(self) -> f64 {
        if self.sign == 0 {
            return 0.0;
        }
        let top = self.words[WORDS - 1] as f64 / 2f64.powi(64);
        let e = self.exponent.clamp(-4000, 4000) as i32;
        f64::from(self.sign) * (top * 2f64.powi(e / 2)) * 2f64.powi(e - e / 2)
    }

    /// `2^-bits` of it.
    pub fn down(self, bits: i64) -> Number {
        if self.sign == 0 { self } else { Number { exponent: self.exponent - bits, ..self } }
    }
}

impl PartialEq for Number {
    fn eq(&self, o: &Number) -> bool {
        self.partial_cmp(o) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, o: &Number) -> Option<Ordering> {
        Some(self.sign.cmp(&o.sign).then_with(|| if self.sign < 0 { o.size(*self) } else { self.size(*o) }))
    }
}

impl Neg for Number {
    type Output = Number;
    fn neg(self) -> Number {
        Number { sign: -self.sign, ..self }
    }
}

impl Add for Number {
    type Output = Number;
    fn add(self, o: Number) -> Number {
        let (large, small) = if self.size(o) == Ordering::Less { (o, self) } else { (self, o) };
        if small.sign == 0 {
            return large;
        }
        let apart = large.exponent - small.exponent;
        if apart >= 64 * WORDS as i64 {
            return large;
        }
        let (mut words, mut other) = (large.words, small.words);
        shift_right(&mut other, apart as usize);
        let mut exponent = large.exponent;
        if large.sign == small.sign {
            let mut carry = false;
            for (w, v) in words.iter_mut().zip(other) {
                let (sum, over) = w.overflowing_add(v);
                let (sum, again) = sum.overflowing_add(u64::from(carry));
                (*w, carry) = (sum, over || again);
            }
            if carry {
                shift_right(&mut words, 1);
                words[WORDS - 1] |= 1 << 63;
                exponent += 1;
            }
        } else {
            let mut borrow = false;
            for (w, v) in words.iter_mut().zip(other) {
                let (rest, under) = w.overflowing_sub(v);
                let (rest, again) = rest.overflowing_sub(u64::from(borrow));
                (*w, borrow) = (rest, under || again);
            }
        }
        normal(large.sign, exponent, words)
    }
}

impl Sub for Number {
    type Output = Number;
    fn sub(self, o: Number) -> Number {
        self + -o
    }
}

impl Mul for Number {
    type Output = Number;
    fn mul(self, o: Number) -> Number {
        if self.sign == 0 || o.sign == 0 {
            return ZERO;
        }
        let mut product = [0_u64; 2 * WORDS];
        for (i, &a) in self.words.iter().enumerate().filter(|(_, a)| **a != 0) {
            let mut carry = 0_u128;
            for (j, &b) in o.words.iter().enumerate() {
                let sum = u128::from(a) * u128::from(b) + u128::from(product[i + j]) + carry;
                product[i + j] = sum as u64;
                carry = sum >> 64;
            }
            product[i + WORDS] = carry as u64;
        }
        let mut words = [0; WORDS];
        let mut exponent = self.exponent + o.exponent;
        if product[2 * WORDS - 1] >> 63 == 0 {
            for k in (1..2 * WORDS).rev() {
                product[k] = product[k] << 1 | product[k - 1] >> 63;
            }
            exponent -= 1;
        }
        words.copy_from_slice(&product[WORDS..]);
        normal(self.sign * o.sign, exponent, words)
    }
}

impl Div for Number {
    type Output = Number;
    /// By Newton's steps for the reciprocal, and one for the quotient.
    fn div(self, o: Number) -> Number {
        assert!(o.sign != 0, "division by zero");
        if self.sign == 0 {
            return ZERO;
        }
        let unit = Number { sign: 1, exponent: 0, words: o.words };
        let (mut y, two) = (exact(1.0 / unit.near()), exact(2.0));
        for _ in 0..5 {
            y = y * (two - unit * y);
        }
        let numerator = Number { sign: 1, exponent: 0, words: self.words };
        let mut q = numerator * y;
        q = q + (numerator - unit * q) * y;
        Number { sign: self.sign * o.sign, exponent: q.exponent + self.exponent - o.exponent, ..q }
    }
}

impl Sum for Number {
    fn sum<I: Iterator<Item = Number>>(numbers: I) -> Number {
        numbers.fold(ZERO, Add::add)
    }
}

#[test]
fn numbers_keep_the_laws_of_arithmetic() {
    let v = [1.0, -3.0, 1e300, -1e-300, 0.1, 7e-310, 123_456_789.125];
    let same = |a: Number, b: Number| {
        let gap = (a - b).abs();
        gap.is_zero() || gap < a.abs().down(1200)
    };
    for a in v.map(exact) {
        assert!(same(a / a, one()) && (a - a).is_zero() && same(a * one(), a));
        for b in v.map(exact) {
            assert!(same(a / b * b, a) && same(a + b, b + a) && same((a + b) * (a - b), a * a - b * b), "{} {}", a.near(), b.near());
            assert_eq!(a < b, a.near() < b.near());
        }
    }
    assert!(
        same(exact(0.1) + exact(0.2) - exact(0.3), exact(2f64.powi(-54) + 2f64.powi(-56)) - exact(2f64.powi(-55)))
            || exact(0.1) + exact(0.2) != exact(0.3)
    );
}
