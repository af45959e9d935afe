//! Inverses of small blocks in single precision, made of products.
//!
//! Halves: with `P1 = P^-1` and the Schur complement `U = S - R P1 Q`, the inverse of `[P Q; R S]` consists of
//! `U^-1`, `-P1 Q U^-1`, `-U^-1 R P1` and `P1 + P1 Q U^-1 R P1`. Nothing is exchanged, so the leading blocks must have
//! inverses: those of a productive `I - D` have, and its elimination is stable without exchanges (an M-matrix).
//! 2 n^3 multiply-adds, nearly all in products of blocks.
//! Berman, Plemmons, ch. 6; Higham, *Accuracy and Stability*, 2nd ed., 9.3 and 14.

use crate::operator::{Block, Rows, multiply};

/// Rows that are inverted one by one.
const SMALL: usize = 24;

/// The inverse of a square block, row by row; what it is worth has to be looked at.
pub(crate) fn inverse(a: Block<f32>) -> Vec<f32> {
    let n = a.rows;
    if n <= SMALL {
        return by_rows(a);
    }
    let h = (n / 2).next_multiple_of(8);
    let part = |i: usize, j: usize, rows: usize, columns: usize| Block { data: &a.data[i * a.stride + j..], rows, columns, ..a };
    let (m, p1) = (n - h, inverse(part(0, 0, h, h)));
    // P1 Q, R P1 and the Schur complement
    let right = product(&p1, h, h, part(0, h, h, m));
    let mut below = vec![0.0; m * h];
    multiply::<false, _, _>(part(h, 0, m, h), h, Rows { data: &p1, stride: h }, &mut below);
    let mut rest = vec![0.0; m * m];
    multiply::<false, _, _>(part(h, 0, m, h), m, Rows { data: &right, stride: m }, &mut rest);
    for (i, rest) in rest.chunks_exact_mut(m).enumerate() {
        rest.iter_mut().zip(&a.data[(h + i) * a.stride + h..]).for_each(|(y, s)| *y = s - *y);
    }
    let u1 = inverse(Block::square(&rest, m));
    let corner = product(&u1, m, m, Block { data: &below, rows: m, columns: h, stride: h });
    let mut upper = p1;
    multiply::<false, _, _>(Block { data: &right, rows: h, columns: m, stride: m }, h, Rows { data: &corner, stride: h }, &mut upper);
    let side = product(&right, h, m, Block::square(&u1, m));
    let mut all = Vec::with_capacity(n * n);
    for (upper, side) in upper.chunks_exact(h).zip(side.chunks_exact(m)) {
        all.extend_from_slice(upper);
        all.extend(side.iter().map(|v| -v));
    }
    for (corner, u1) in corner.chunks_exact(h).zip(u1.chunks_exact(m)) {
        all.extend(corner.iter().map(|v| -v));
        all.extend_from_slice(u1);
    }
    all
}

/// `A B`: `rows` x `inner` times `inner` x any.
fn product(a: &[f32], rows: usize, inner: usize, b: Block<f32>) -> Vec<f32> {
    let mut y = vec![0.0; rows * b.columns];
    let a = Block { data: a, rows, columns: inner, stride: inner };
    multiply::<false, _, _>(a, b.columns, Rows { data: b.data, stride: b.stride }, &mut y);
    y
}

/// Gauss-Jordan, a row at a time.
fn by_rows(a: Block<f32>) -> Vec<f32> {
    let n = a.rows;
    let mut all: Vec<f32> = (0..n).flat_map(|i| a.data[i * a.stride..][..n].iter().copied()).collect();
    let mut pivot = [0.0; SMALL];
    for p in 0..n {
        let by = 1.0 / all[p * n + p];
        all[p * n + p] = 1.0;
        pivot[..n].iter_mut().zip(&all[p * n..]).for_each(|(v, a)| *v = a * by);
        for (i, row) in all.chunks_exact_mut(n).enumerate() {
            if i == p {
                row.copy_from_slice(&pivot[..n]);
            } else {
                let times = std::mem::take(&mut row[p]);
                row.iter_mut().zip(&pivot).for_each(|(v, p)| *v -= times * p);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_the_block_it_is_one(n in 1usize..130, gap in 0usize..5, seed in any::<u64>()) {
            let mut next = draws(seed);
            // columns of inputs that sum to 0.8
            let mut a: Vec<f32> = (0..n * (n + gap)).map(|_| (next() as f32).powi(3)).collect();
            for j in 0..n {
                let sum: f32 = (0..n).map(|i| a[i * (n + gap) + j]).sum();
                (0..n).for_each(|i| a[i * (n + gap) + j] = f32::from(u8::from(i == j)) - 0.8 * a[i * (n + gap) + j] / sum);
            }
            let found = inverse(Block { data: &a, rows: n, columns: n, stride: n + gap });
            for i in 0..n { for j in 0..n {
                let sum: f64 = (0..n).map(|p| f64::from(a[i * (n + gap) + p]) * f64::from(found[p * n + j])).sum();
                prop_assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-5, "{} at {}, {}", sum, i, j);
            }}
        }
    }

    #[test]
    fn a_singular_block_gives_no_number() {
        assert!(inverse(Block::square(&[0.0f32; 9], 3)).iter().any(|v| !v.is_finite()));
    }
}
