//! A polynomial `q(K)` that stands in for `(I - K)^-1`: that of GMRES on one vector, used for all others.
//!
//! Orthonormal vectors of the Krylov space of `b` give `y` with the least `||b - (I - K) V y||`; written in powers of K
//! it is `q(K) b = sum_j c_j K^j b`, evaluated as `u <- c_j b + K u` from the last coefficient on (Horner): what a plain
//! sweep costs, but the large eigenvalues of K are gone after few. One fixed polynomial keeps the method linear.
//! Loe, Morgan, *Toward efficient polynomial preconditioning for GMRES*, Numer. Linear Algebra Appl. 29(4), 2022; Nachtigal,
//! Reichel, Trefethen, *A hybrid GMRES algorithm for nonsymmetric linear systems*, SIAM J. Matrix Anal. Appl. 13(3), 1992.

use super::gmres::Column;

/// `q(K)`, and what it leaves of `b`.
pub(super) struct Polynomial {
    /// The coefficients `c_0, c_1, ...`.
    pub coefficients: Vec<f64>,
    /// `||b - (I - K) q(K) b|| / ||b||`.
    pub left: f64,
}

impl Polynomial {
    /// The polynomial of least degree, at most `most`, that leaves no more than `wanted` of `b`.
    ///
    /// `product(v, w)` makes `w = K v`.
    pub(super) fn new(b: &[f64], wanted: f64, most: usize, mut product: impl FnMut(&[f64], &mut [f64])) -> Self {
        let size = norm(b);
        if size == 0.0 {
            return Polynomial { coefficients: vec![1.0], left: 0.0 };
        }
        let mut basis = vec![b.iter().map(|v| v / size).collect::<Vec<f64>>()];
        // each basis vector as a polynomial in K times b
        let mut powers = vec![vec![1.0 / size]];
        let mut small = Column::new(size);
        let mut left = 1.0;
        for j in 0..=most {
            let mut w = vec![0.0; b.len()];
            product(&basis[j], &mut w);
            let mut h = Vec::with_capacity(j + 2);
            let mut power: Vec<f64> = std::iter::once(0.0).chain(powers[j].iter().copied()).collect();
            for (v, p) in basis.iter().zip(&powers) {
                let along: f64 = v.iter().zip(&w).map(|(v, w)| v * w).sum();
                w.iter_mut().zip(v).for_each(|(w, v)| *w -= along * v);
                power.iter_mut().zip(p).for_each(|(q, p)| *q -= along * p);
                h.push(-along);
            }
            h[j] += 1.0;
            let next = norm(&w);
            h.push(-next);
            left = small.take(h) / size;
            if left <= wanted || !left.is_finite() || next == 0.0 {
                break;
            }
            w.iter_mut().for_each(|w| *w /= next);
            power.iter_mut().for_each(|p| *p /= next);
            basis.push(w);
            powers.push(power);
        }
        let weights = small.weights();
        let mut coefficients = vec![0.0; weights.len()];
        for (y, power) in weights.iter().zip(&powers) {
            coefficients.iter_mut().zip(power).for_each(|(c, p)| *c += y * p);
        }
        Polynomial { coefficients, left }
    }

    /// `q(K) b`.
    pub(super) fn apply(&self, b: &[f64], mut product: impl FnMut(&[f64], &mut [f64])) -> Vec<f64> {
        let (last, rest) = self.coefficients.split_last().expect("one coefficient at least");
        let mut u: Vec<f64> = b.iter().map(|b| last * b).collect();
        let mut next = vec![0.0; b.len()];
        for c in rest.iter().rev() {
            product(&u, &mut next);
            u.iter_mut().zip(&next).zip(b).for_each(|((u, next), b)| *u = c * b + next);
        }
        u
    }
}

/// `||v||`.
pub(super) fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use proptest::prelude::*;

    /// `K v` for a small matrix.
    fn times(k: &[f64]) -> impl Fn(&[f64], &mut [f64]) {
        |v, w| w.iter_mut().zip(k.chunks_exact(v.len())).for_each(|(w, row)| *w = row.iter().zip(v).map(|(k, v)| k * v).sum())
    }

    /// `||b - (I - K) u|| / ||b||`.
    fn left(k: &[f64], b: &[f64], u: &[f64]) -> f64 {
        let mut image = vec![0.0; b.len()];
        times(k)(u, &mut image);
        norm(&b.iter().zip(u).zip(&image).map(|((b, u), i)| b - u + i).collect::<Vec<_>>()) / norm(b)
    }

    proptest! {
        #[test]
        fn what_it_leaves_is_what_it_says(n in 1usize..30, radius in 0.1f64..0.9, seed in any::<u64>()) {
            let mut next = draws(seed);
            // rows of sum `radius`, skewed
            let mut k: Vec<f64> = (0..n * n).map(|_| next().powi(3)).collect();
            k.chunks_exact_mut(n).for_each(|row| { let sum: f64 = row.iter().sum(); row.iter_mut().for_each(|v| *v *= radius / sum); });
            let b: Vec<f64> = (0..n).map(|_| 0.5 + next()).collect();
            let found = Polynomial::new(&b, 1e-6, 40, times(&k));
            prop_assert!(found.left <= 1e-6);
            let plain = (1e-6f64.ln() / radius.ln()).ceil() as usize + 1;
            prop_assert!(found.coefficients.len() <= plain, "{} sweeps, {plain} plain ones", found.coefficients.len());
            prop_assert!((left(&k, &b, &found.apply(&b, times(&k))) - found.left).abs() < 1e-9);
        }
    }

    #[test]
    fn without_inputs_one_term_is_all() {
        let found = Polynomial::new(&[1.0, 2.0], 1e-6, 40, times(&[0.0; 4]));
        assert_eq!((found.coefficients.as_slice(), found.left), ([1.0].as_slice(), 0.0));
    }
}
