//! Bounds are not far above the errors they bound.

use isard::decompose::flows;
use isard::leontief::Leontief;
use isard::operator::Direction;
use isard::solve::{DenseLu, Stopping};
use isard::{System, Table, synth};
use ndarray::Array2;

use crate::reference::{Double, demand};

/// `(I - Z / x) X = B`, refined in double-double until nothing is left of it.
fn refined(table: &Table, a: &Array2<f64>, b: &[Vec<Double>]) -> Vec<Vec<Double>> {
    let (n, k) = (b.len(), b[0].len());
    let lu = DenseLu::new(Array2::eye(n) - a).unwrap();
    let mut x = vec![vec![Double::ZERO; k]; n];
    for _ in 0..4 {
        let per_output: Vec<Vec<Double>> =
            x.iter().zip(&table.x).map(|(row, x)| row.iter().map(|v| v.div(Double(*x, 0.0))).collect()).collect();
        let mut left = Vec::with_capacity(n * k);
        for (i, row) in table.z.outer_iterator().enumerate() {
            let mut r: Vec<Double> = b[i].iter().zip(&x[i]).map(|(b, x)| b.add(x.neg())).collect();
            for (j, z) in row.iter() {
                r.iter_mut().zip(&per_output[j]).for_each(|(r, x)| *r = r.add(x.mul(Double(*z, 0.0))));
            }
            left.extend(r.iter().map(|r| r.0));
        }
        lu.solve(Direction::Forward, k, &mut left);
        x.iter_mut().zip(left.chunks_exact(k)).for_each(|(x, d)| x.iter_mut().zip(d).for_each(|(x, d)| *x = x.add(Double(*d, 0.0))));
    }
    x
}

#[test]
fn bounds_of_the_flows_of_a_full_table_of_a_thousand_rows_are_within_a_thousand_errors() {
    let table = synth::table(&synth::Settings { regions: 4, sectors: 250, seed: 11, ..synth::Settings::default() });
    let system = System::new(table.clone());
    let x = refined(&table, &system.operator().block(0..table.dim()), &demand(&system));
    let found = flows(&Leontief::new(system, None, Stopping::default(), Default::default()).unwrap(), 0);
    let mut ratios = Vec::new();
    for (s, row) in found.flow.rows().into_iter().enumerate() {
        for (k, flow) in row.iter().enumerate() {
            let each = table.labels.rows(s).map(|i| Double(table.stressors[0].direct[i], 0.0).div(Double(table.x[i], 0.0)).mul(x[i][k]));
            let truth = each.fold(Double::ZERO, Double::add);
            let error = truth.distance(flow.value);
            assert!(error <= flow.bound, "[{s}, {k}]: {error:e} above {:e}", flow.bound);
            // an error below the last place counts as one unit there
            ratios.push(flow.bound / error.max(f64::EPSILON * flow.value.abs()));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    assert!(median <= 1_000.0, "the median of bound / error is {median}");
}
