//! Residuals summed in two doubles: rigorous and close, and the same bits whatever the panel and the number of threads.

use isard::bounded::UNIT_ROUNDOFF;
use isard::certificate::{product, residual_sizes, twofold_sizes};
use isard::operator::{Dense, Direction, Operator};
use ndarray::{Array2, s};
use proptest::prelude::*;

use super::{DIRECTIONS, Draw, sparse};
use crate::bounded::number::{Number, exact};

/// `b - x + A x` or with A', in its plain sum.
fn computed(a: &dyn Operator, direction: Direction, b: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    b - &(x - &product(a, direction, false, x.view()))
}

/// Right-hand sides for which x is nearly the answer, of very different sizes.
fn nearly(a: &dyn Operator, direction: Direction, x: &Array2<f64>) -> Array2<f64> {
    x - &product(a, direction, false, x.view())
}

/// Numbers between 0 and 1 times powers of ten, some negative if asked.
fn wide(draw: &mut Draw, (n, k): (usize, usize), signed: bool) -> Array2<f64> {
    Array2::from_shape_fn((n, k), |_| {
        let v = draw.unit() * 10f64.powi((draw.unit() * 12.0) as i32 - 6);
        if signed && draw.unit() < 0.4 { -v } else { v }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sizes_bound_the_exact_residual_with_one_rounding_of_each_quotient_to_spare(n in 1usize..40, k in 1usize..6, signed: bool, solved: bool, density in 0.05..1.0f64, seed: u64) {
        let mut draw = Draw::new(seed);
        let mut dense = wide(&mut draw, (n, n), signed);
        dense.iter_mut().for_each(|v| if draw.unit() > density { *v = 0.0 });
        let x = wide(&mut draw, (n, k), signed);
        let rows = sparse(&dense);
        for direction in DIRECTIONS {
            let b = if solved { nearly(&rows, direction, &x) } else { wide(&mut draw, (n, k), true) };
            for a in [&rows as &dyn Operator, &Dense::new(dense.clone())] {
                let r = computed(a, direction, &b, &x);
                let found = residual_sizes(a, direction, b.view(), x.view(), r.view());
                for ((i, c), size) in found.indexed_iter() {
                    let entry = |j: usize| if direction == Direction::Forward { dense[[i, j]] } else { dense[[j, i]] };
                    let terms: Vec<Number> = (0..n).map(|j| exact(entry(j)) * exact(x[[j, c]])).collect();
                    let truth = terms.iter().fold(exact(b[[i, c]]) - exact(x[[i, c]]), |sum, t| sum + *t);
                    let inputs = terms.iter().fold(exact(0.0), |sum, t| sum + t.abs());
                    let sizes = inputs + exact(b[[i, c]]).abs();
                    let unit = exact(UNIT_ROUNDOFF);
                    prop_assert!(exact(*size) >= truth.abs() + unit * sizes, "{} {direction:?} [{i}, {c}]: {size:e} is too small", a.name());
                    if twofold_sizes(a, direction, b.view(), x.view(), r.view()).is_some() {
                        let all = exact(x[[i, c]]).abs() + sizes;
                        let most = truth.abs() * exact(1.0 + 1e-14) + exact(1.001) * unit * sizes + exact(1e-26) * all + exact(f64::MIN_POSITIVE * 4.0);
                        prop_assert!(exact(*size) <= most, "{} {direction:?} [{i}, {c}]: {size:e} is too large", a.name());
                    }
                }
            }
        }
    }

    #[test]
    fn a_column_has_the_same_size_alone_in_a_block_and_on_any_number_of_threads(n in 1usize..150, k in 2usize..80, signed: bool, seed: u64) {
        let mut draw = Draw::new(seed);
        let dense = wide(&mut draw, (n, n), signed);
        let x = wide(&mut draw, (n, k), signed);
        let rows = sparse(&dense);
        for direction in DIRECTIONS {
            let b = nearly(&rows, direction, &x);
            for a in [&rows as &dyn Operator, &Dense::new(dense.clone())] {
                let r = computed(a, direction, &b, &x);
                let run = |threads: usize, columns: std::ops::Range<usize>| {
                    let part = |m: &Array2<f64>| m.slice(s![.., columns.clone()]).to_owned();
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    pool.install(|| residual_sizes(a, direction, part(&b).view(), part(&x).view(), part(&r).view()))
                };
                let whole = run(1, 0..k);
                prop_assert_eq!(&whole, &run(3, 0..k));
                let c = seed as usize % k;
                let alone = run(2, c..c + 1);
                prop_assert_eq!(whole.column(c), alone.column(0));
            }
        }
    }
}

#[test]
fn what_is_not_finite_has_no_size_and_what_overflows_keeps_the_plain_one() {
    let a = sparse(&ndarray::array![[0.5, 0.25], [0.25, 0.5]]);
    let size = |x: f64| {
        let x = ndarray::array![[x], [1.0]];
        let b = nearly(&a, Direction::Forward, &x);
        let r = computed(&a, Direction::Forward, &b, &x);
        residual_sizes(&a, Direction::Forward, b.view(), x.view(), r.view())[[0, 0]]
    };
    assert!(size(f64::NAN).is_nan());
    let large = size(3e307);
    assert!(large > 0.0 && large <= 3e307 * 1e-14, "{large:e}");
    assert!(size(f64::INFINITY).is_nan() || size(f64::INFINITY) == f64::INFINITY);
}
