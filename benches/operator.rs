//! Products with A and A' on 31 regions x 42 sectors of exact trade shares, in every form; sprs and faer beside them.
//!
//! `cargo bench --bench operator`; `ISARD_LARGE=1` adds n = 9,800 (2 GB). Throughput counts entries of A x columns,
//! whatever a form stores of them; `split` has two parts for each sector.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use isard::operator::{Csr, Dense, Direction, Operator, Split, Storage};
use isard::{System, synth};
use ndarray::{ArrayView2, ArrayViewMut2};

// the one of the command: its pages are large
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DIRECTIONS: [(Direction, &str); 2] = [(Direction::Forward, "forward"), (Direction::Transposed, "transposed")];

fn ours(group: &mut BenchmarkGroup<WallTime>, name: &str, operator: &dyn Operator, k: usize) {
    let (x, mut y) = (vec![1.0; operator.dim() * k], vec![0.0; operator.dim() * k]);
    for (direction, way) in DIRECTIONS {
        group.bench_function(BenchmarkId::new(format!("{name}/{way}"), k), |b| {
            b.iter(|| operator.apply(direction, k, black_box(&x), &mut y));
        });
    }
}

/// One thread, as its products are.
fn sprs(group: &mut BenchmarkGroup<WallTime>, a: &Csr, k: usize) {
    let n = a.dim();
    let (x, mut y) = (vec![1.0; n * k], vec![0.0; n * k]);
    let a = a.matrix().view();
    group.bench_function(BenchmarkId::new("sprs/forward", k), |b| {
        b.iter(|| {
            y.fill(0.0);
            if k == 1 {
                sprs::prod::mul_acc_mat_vec_csr(a, &black_box(&x)[..], &mut y[..]);
            } else {
                let (x, y) = panels(n, k, black_box(&x), &mut y);
                sprs::prod::csr_mulacc_dense_rowmaj(a, x, y);
            }
        })
    });
    let turned = a.transpose_view();
    group.bench_function(BenchmarkId::new("sprs/transposed", k), |b| {
        b.iter(|| {
            y.fill(0.0);
            if k == 1 {
                sprs::prod::mul_acc_mat_vec_csc(turned, &black_box(&x)[..], &mut y[..]);
            } else {
                let (x, y) = panels(n, k, black_box(&x), &mut y);
                sprs::prod::csc_mulacc_dense_rowmaj(turned, x, y);
            }
        })
    });
}

fn panels<'a>(n: usize, k: usize, x: &'a [f64], y: &'a mut [f64]) -> (ArrayView2<'a, f64>, ArrayViewMut2<'a, f64>) {
    (ArrayView2::from_shape((n, k), x).expect("n x k"), ArrayViewMut2::from_shape((n, k), y).expect("n x k"))
}

/// All threads.
fn faer(group: &mut BenchmarkGroup<WallTime>, a: &[f64], n: usize, k: usize) {
    let (x, mut y) = (vec![1.0; n * k], vec![0.0; n * k]);
    let a = MatRef::from_row_major_slice(a, n, n);
    for (a, way) in [(a, "forward"), (a.transpose(), "transposed")] {
        group.bench_function(BenchmarkId::new(format!("faer/{way}"), k), |b| {
            b.iter(|| {
                let x = MatRef::from_row_major_slice(black_box(&x), n, k);
                let y = MatMut::from_row_major_slice_mut(&mut y, n, k);
                matmul(y, Accum::Replace, a, x, 1.0, Par::rayon(0));
            })
        });
    }
}

fn operators(c: &mut Criterion) {
    let large = std::env::var_os("ISARD_LARGE").is_some();
    for (regions, sectors) in [(31, 42), (49, 200)].into_iter().take(if large { 2 } else { 1 }) {
        let table = synth::table(&synth::Settings { regions, sectors, trade_shares: Some(0.0), ..synth::Settings::default() });
        let system = System::new(table.clone()).stored(Some(Storage::TradeShare), false).expect("exact trade shares");
        let rows = system.rows();
        let n = rows.dim();
        let all = rows.block(0..n).into_raw_vec_and_offset().0;
        let dense = Dense::from_csr(rows);
        let split = Split::new(rows, &vec![vec![0.25, 0.75]; n]).expect("shares add up to 1");
        let mut group = c.benchmark_group(format!("operator/{n}"));
        group.sample_size(10);
        for k in [1, 8, 32] {
            group.throughput(Throughput::Elements((rows.entries() * k) as u64));
            ours(&mut group, "csr", rows, k);
            ours(&mut group, "dense", &dense, k);
            ours(&mut group, "trade-share", system.operator(), k);
            ours(&mut group, "split", &split, k);
            sprs(&mut group, rows, k);
            faer(&mut group, &all, n, k);
        }
        group.finish();
    }
}

criterion_group!(benches, operators);
criterion_main!(benches);
