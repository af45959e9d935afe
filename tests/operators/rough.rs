//! What a refinement takes from its fit, and its first residual in single precision.

use isard::operator::{Csr, Dense, Direction, Fit, Operator, positive};
use isard::solve::{Reason, Refinement, RelativeResidual, Splitting, Stopping, solve};
use isard::{synth, system};
use ndarray::{Array2, s};
use proptest::prelude::*;

use super::{Draw, sparse};

/// Tables far from trade shares, every entry filled.
fn table(regions: usize, sectors: usize, negative: f64, seed: u64) -> isard::table::Table {
    let settings = synth::Settings { regions, sectors, density: 1.0, negative_share: negative, seed, ..synth::Settings::default() };
    synth::table(&settings)
}

proptest! {
    #[test]
    fn inputs_that_come_with_a_fit_are_those_of_the_double_loop(regions in 1usize..6, sectors in 1usize..12, negative in 0.0..0.2f64, unequal: bool, full: bool, seed: u64) {
        let table = table(regions, sectors, negative, seed);
        let mut a = system::coefficients(&table.z, &table.x).to_dense();
        if !full {
            a.slice_mut(s![.., 0]).fill(0.0);
        }
        let mut offsets = table.labels.offsets.clone();
        if unequal && offsets.len() > 2 {
            offsets[1] -= usize::from(offsets[1] > 1);
        }
        let x = positive(table.x.as_slice().unwrap());
        for fit in [
            Fit::new(&Dense::new(a.clone()), &offsets, table.x.as_slice()).unwrap(),
            Fit::new(&sparse(&a), &offsets, table.x.as_slice()).unwrap(),
        ] {
            prop_assert_eq!(&fit.weighted.0, &x);
            for (row, found) in a.rows().into_iter().zip(&fit.weighted.1) {
                let sum: f64 = row.iter().zip(&x).map(|(a, x)| a.abs() * x).sum();
                prop_assert!((sum - found).abs() <= 1e-13 * sum, "{} for {}", found, sum);
            }
        }
    }

    #[test]
    fn a_product_in_single_precision_is_near_and_the_same_alone(n in 1usize..200, k in 1usize..60, seed: u64) {
        let mut draw = Draw::new(seed);
        let a = Array2::from_shape_vec((n, n), draw.many(n * n, -0.2, 1.0)).unwrap();
        let x: Vec<f32> = draw.many(n * k, -0.2, 1.0).into_iter().map(|v| v as f32).collect();
        let dense = Dense::new(a.clone());
        let (mut y, mut alone) = (vec![1.0; n * k], vec![1.0; n]);
        prop_assert!(dense.apply_single(Direction::Forward, k, &x, &mut y));
        let c = k / 2;
        let own: Vec<f32> = x.iter().skip(c).step_by(k).copied().collect();
        prop_assert!(dense.apply_single(Direction::Forward, 1, &own, &mut alone));
        for (i, row) in a.rows().into_iter().enumerate() {
            prop_assert_eq!(y[i * k + c].to_bits(), alone[i].to_bits());
            let (mut sum, mut size) = (0.0, 0.0);
            row.iter().zip(&own).for_each(|(a, x)| (sum, size) = (sum + a * f64::from(*x), size + (a * f64::from(*x)).abs()));
            prop_assert!((alone[i] - sum).abs() <= 1e-5 * size, "{} for {}", alone[i], sum);
        }
        prop_assert!(!dense.apply_single(Direction::Transposed, k, &x, &mut y));
    }

    #[test]
    fn refinement_of_a_full_table_is_the_same_alone_and_right(regions in 2usize..5, sectors in 2usize..12, k in 2usize..12, seed: u64) {
        let table = table(regions, sectors, 0.0, seed);
        let a = system::coefficients(&table.z, &table.x);
        let (dense, rows) = (Dense::from_csr(&Csr::new(a.clone())), Csr::new(a));
        let Ok(ready) = Refinement::new(&dense, &table.labels.offsets, table.x.as_slice()) else {
            return Err(TestCaseError::fail("these systems contract"));
        };
        let b = Array2::from_shape_vec((dense.dim(), k), Draw::new(seed).many(dense.dim() * k, 0.0, 1e-3)).unwrap();
        let run = |a: &dyn Operator, b: &Array2<f64>| {
            let judge = RelativeResidual::new(1e-12, b.view());
            solve(a, &Splitting::TradeShareRefinement(&ready), Direction::Forward, b.view(), &judge, &Stopping::default(), &|_| true)
        };
        let (all, one, double) = (run(&dense, &b), run(&dense, &b.slice(s![.., 1..2]).to_owned()), run(&rows, &b));
        // rows have no product in single precision: the first residual is the same but for that
        let (rough, exact) = (1e-12 * all.history[0].measure, 1e-12 * double.history[0].measure);
        prop_assert!((rough - exact).abs() <= 1e-6 + 1e-2 * exact, "{} for {}", rough, exact);
        prop_assert!(all.reasons.iter().all(|r| *r == Reason::Converged));
        prop_assert!(all.x.column(1).iter().zip(one.x.column(0)).all(|(a, b)| a.to_bits() == b.to_bits()));
        let judge = RelativeResidual::new(1e-14, b.view());
        let slow = solve(&rows, &Splitting::PowerSeries, Direction::Forward, b.view(), &judge, &Stopping::default(), &|_| true);
        prop_assert!(all.x.iter().zip(&slow.x).all(|(a, b)| (a - b).abs() <= 1e-10 * b.abs().max(1e-3)));
    }
}

#[test]
fn imports_that_feed_themselves_are_refused() {
    // each region buys from the other what takes 1.2 of the first's to make: no domestic inputs at all
    let a = ndarray::array![[0.0, 1.2], [1.2, 0.0]];
    let why = Refinement::new(&Dense::new(a.clone()), &[0, 1, 2], None).err().expect("radius 1.2").to_string();
    assert!(why.contains("imports feed themselves"), "{why}");
    assert!(Refinement::new(&Dense::new(0.5 * a), &[0, 1, 2], None).is_ok());
}
