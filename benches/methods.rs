//! Every method, made ready and solved, on a full table of n = 1,302 and a sparse one of n = 9,800 (1 % of the entries);
//! faer's dense LU beside them. One column and 31, to a relative residual of 1e-10.
//!
//! `cargo bench --bench methods`; `ISARD_LARGE=1` adds the direct methods on n = 9,800 (minutes, 3 GB).
#![allow(missing_docs)]

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime};
use faer::linalg::solvers::Solve;
use faer::{Mat, MatMut};
use isard::operator::{Direction, Operator};
use isard::solve::{Prepared, RelativeResidual};
use isard::{Method, Stopping, System, synth};
use ndarray::{Array2, Axis, s};

// the one of the command: its pages are large
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows beyond which a dense LU is asked for by name only.
const DENSE: usize = 2_500;

fn ours(group: &mut BenchmarkGroup<WallTime>, system: &System, demands: &[Array2<f64>]) {
    let large = std::env::var_os("ISARD_LARGE").is_some();
    for method in Method::ALL.into_iter().filter(|m| large || *m != Method::Direct || system.dim() <= DENSE) {
        let ready = match Prepared::new(method, &system.given()) {
            Ok(ready) => ready,
            Err(why) => {
                println!("{}: {why}", method.name());
                continue;
            }
        };
        group.bench_function(BenchmarkId::new(method.name(), "prepare"), |t| t.iter(|| Prepared::new(method, &system.given()).is_ok()));
        for b in demands {
            let judge = RelativeResidual::new(1e-10, b.view());
            let run = || ready.solve(Direction::Forward, b.view(), &judge, &Stopping::default(), &|_| true);
            group.bench_function(BenchmarkId::new(method.name(), b.ncols()), |t| {
                t.iter(|| {
                    let found = run();
                    assert!(found.converged(), "{:?}", found.reasons);
                    found.passes
                })
            });
        }
    }
}

fn faer(group: &mut BenchmarkGroup<WallTime>, system: &System, demands: &[Array2<f64>]) {
    let n = system.dim();
    if n > DENSE && std::env::var_os("ISARD_LARGE").is_none() {
        return;
    }
    let block = system.rows().block(0..n);
    let matrix = Mat::from_fn(n, n, |i, j| f64::from(i == j) - block[[i, j]]);
    group.bench_function(BenchmarkId::new("faer lu", "prepare"), |t| t.iter(|| matrix.partial_piv_lu()));
    let lu = matrix.partial_piv_lu();
    for b in demands {
        let given: Vec<f64> = b.t().iter().copied().collect();
        group.bench_function(BenchmarkId::new("faer lu", b.ncols()), |t| {
            t.iter(|| {
                let mut x = given.clone();
                lu.solve_in_place(MatMut::from_column_major_slice_mut(&mut x, n, b.ncols()));
                x
            })
        });
    }
}

fn methods(c: &mut Criterion) {
    for (regions, sectors, density) in [(31, 42, 1.0), (49, 200, 0.01)] {
        let table = synth::table(&synth::Settings { regions, sectors, density, ..synth::Settings::default() });
        let system = System::new(table.clone());
        let total = system.demand.sum_axis(Axis(1)).insert_axis(Axis(1));
        let demands = [total, system.demand.slice(s![.., ..31]).to_owned()];
        let mut group = c.benchmark_group(format!("methods/{}", system.dim()));
        group.sample_size(10);
        ours(&mut group, &system, &demands);
        faer(&mut group, &system, &demands);
        group.finish();
    }
}

criterion_group!(benches, methods);
criterion_main!(benches);
