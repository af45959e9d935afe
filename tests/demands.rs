//! Many demands through one approximate inverse: every bound holds against elimination in double-double arithmetic.

use isard::{Leontief, Stopping, System, Table, Watch, synth};
use ndarray::Array2;

use crate::reference::{Double, solve};

fn model(table: Table) -> Leontief {
    Leontief::new(System::new(table), None, Stopping::default(), Watch::default()).unwrap()
}

/// Demands over many sizes, some signed, one of nothing.
fn demands(n: usize, signed: bool) -> Array2<f64> {
    Array2::from_shape_fn((n, 9), |(i, k)| {
        let size = 10f64.powi((i % 7) as i32 - 3 + 2 * (k as i32 % 3)) * (1.0 + ((i * 31 + k * 17) % 101) as f64 / 7.0);
        match k {
            0 => 0.0,
            1 if i != 3 => 0.0,
            _ if signed && (i + k) % 3 == 0 => -size,
            _ => size,
        }
    })
}

fn exact(table: &Table, b: &Array2<f64>) -> Vec<Vec<Double>> {
    let rows: Vec<Vec<f64>> = b.rows().into_iter().map(|row| row.to_vec()).collect();
    solve(table, &rows).unwrap()
}

fn held(table: &Table, signed: bool) -> f64 {
    let model = model(table.clone());
    let b = demands(table.dim(), signed);
    let found = model.inverse().unwrap().unwrap().outputs(b.view());
    let truth = exact(table, &b);
    let mut widest: f64 = 0.0;
    for k in 0..b.ncols() {
        let largest = truth.iter().map(|row| row[k].0.abs()).fold(0.0, f64::max);
        for (i, row) in truth.iter().enumerate() {
            let entry = found.entry(i, k);
            let error = row[k].distance(entry.value);
            assert!(error <= entry.bound, "[{i}, {k}]: {error:e} above {:e}", entry.bound);
            widest = widest.max(if largest == 0.0 { entry.bound } else { entry.bound / largest });
        }
    }
    widest
}

#[test]
fn every_entry_of_many_demands_is_within_its_bound() {
    for seed in 0..6 {
        let table = synth::table(&synth::Settings { regions: 4, sectors: 9, seed, ..synth::Settings::default() });
        for signed in [false, true] {
            let widest = held(&table, signed);
            assert!(widest < 1e-11, "the widest bound is {widest:e} of the largest entry");
        }
    }
}

#[test]
fn negative_flows_keep_the_bounds_of_many_demands_true() {
    for seed in 0..4 {
        let mut table = synth::table(&synth::Settings { regions: 3, sectors: 7, seed, ..synth::Settings::default() });
        let flows = table.z.data_mut();
        (0..flows.len()).step_by(11).for_each(|p| flows[p] *= -0.5);
        held(&table, true);
    }
}

#[test]
fn a_total_of_many_demands_is_within_its_bound() {
    let table = synth::table(&synth::Settings { regions: 4, sectors: 9, seed: 5, ..synth::Settings::default() });
    let model = model(table.clone());
    let b = demands(table.dim(), true);
    let found = model.inverse().unwrap().unwrap().outputs(b.view());
    let intensities = &model.system.intensities[0];
    let truth = exact(&table, &b);
    for (k, total) in found.total(intensities).into_iter().enumerate() {
        let sum = truth.iter().zip(intensities).map(|(x, c)| x[k].mul(Double(*c, 0.0))).fold(Double::ZERO, Double::add);
        assert!(sum.distance(total.value) <= total.bound, "demand {k}: {total:?}");
        assert_eq!(k == 0, total.value == 0.0 && total.bound == 0.0);
    }
}

#[test]
fn a_system_that_is_not_productive_has_no_inverse_with_bounds() {
    let mut table = synth::table(&synth::Settings { regions: 2, sectors: 3, seed: 1, ..synth::Settings::default() });
    table.z.data_mut().iter_mut().for_each(|z| *z *= 4.0);
    assert!(model(table).inverse().unwrap().is_none());
}

#[test]
fn threads_share_one_inverse() {
    let table = synth::table(&synth::Settings { regions: 3, sectors: 8, seed: 3, ..synth::Settings::default() });
    let n = table.dim();
    let model = model(table);
    let inverse = model.inverse().unwrap().unwrap();
    let b = demands(n, false);
    let whole = inverse.outputs(b.view());
    std::thread::scope(|scope| {
        for k in 0..b.ncols() {
            let (inverse, b, whole) = (inverse.clone(), &b, &whole);
            scope.spawn(move || {
                let one = inverse.outputs(b.slice(ndarray::s![.., k..k + 1]));
                (0..n).for_each(|i| assert_eq!(one.entry(i, 0), whole.entry(i, k)));
            });
        }
    });
}
