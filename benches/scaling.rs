//! How the time of a product and of a solve grows: with the entries of A (100 in a row), the columns of a panel, the threads.
//!
//! `cargo bench --bench scaling`: 1 to 30 million entries; `ISARD_LARGE=1` adds 100 million (4 GB). A size is made only
//! if a benchmark of it is asked for: `-- scaling/columns`, `-- scaling/entries/.*/1000000$`.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::LazyLock;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use isard::operator::{Csr, Direction, Operator, Slices};
use isard::solve::{Given, Prepared, RelativeResidual};
use isard::{Method, Stopping, synth, system};
use ndarray::{Array2, Axis};

// the one of the command: its pages are large
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PER_ROW: usize = 100;
const REGIONS: usize = 20;
/// Entries of the table for columns and threads.
const MIDDLE: usize = 3_000_000;

struct Sample {
    /// A by rows, and in tiles: what the command keeps of so large a matrix.
    rows: Csr,
    tiles: Slices,
    offsets: Vec<usize>,
    b: Array2<f64>,
}

fn sample(entries: usize) -> Sample {
    let settings = synth::Settings {
        regions: REGIONS,
        sectors: entries / PER_ROW / REGIONS,
        per_column: Some(PER_ROW),
        categories: 1,
        ..synth::Settings::default()
    };
    let table = synth::table(&settings);
    let b = table.y.sum_axis(Axis(1)).insert_axis(Axis(1));
    let rows = Csr::new(system::coefficients(&table.z, &table.x));
    Sample { tiles: Slices::from_csr(&rows), rows, offsets: table.labels.offsets, b }
}

impl Sample {
    fn ready(&self, method: Method) -> Prepared {
        let given = Given::new(Slices::from_csr(&self.rows), &self.offsets, None);
        Prepared::new(method, &given).expect("a productive system")
    }

    fn solve(&self, ready: &Prepared) -> usize {
        let judge = RelativeResidual::new(1e-10, self.b.view());
        let found = ready.solve(Direction::Forward, self.b.view(), &judge, &Stopping::default(), &|_| true);
        assert!(found.converged(), "{:?}", found.reasons);
        found.passes
    }
}

fn entries(c: &mut Criterion) {
    let large = std::env::var_os("ISARD_LARGE").is_some();
    let mut group = c.benchmark_group("scaling/entries");
    group.sample_size(10);
    for entries in [1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000].into_iter().take(if large { 5 } else { 4 }) {
        let sample = LazyLock::new(|| sample(entries));
        group.throughput(Throughput::Elements(entries as u64));
        for (direction, name) in [(Direction::Forward, "product"), (Direction::Transposed, "transposed product")] {
            for tiles in [false, true] {
                let name = if tiles { format!("{name} in tiles") } else { name.to_string() };
                group.bench_function(BenchmarkId::new(name, entries), |t| {
                    let a: &dyn Operator = if tiles { &sample.tiles } else { &sample.rows };
                    let (x, mut y) = (vec![1.0; a.dim()], vec![0.0; a.dim()]);
                    t.iter(|| a.apply(direction, 1, black_box(&x), &mut y))
                });
            }
        }
        for method in [Method::PowerSeries, Method::GmresGaussSeidel] {
            group.bench_function(BenchmarkId::new(method.name(), entries), |t| {
                let ready = sample.ready(method);
                t.iter(|| sample.solve(&ready))
            });
        }
    }
    group.finish();
}

/// The rate is in columns: its inverse is the cost of one.
fn columns(c: &mut Criterion) {
    let sample = LazyLock::new(|| sample(MIDDLE));
    let mut group = c.benchmark_group("scaling/columns");
    group.sample_size(10);
    for k in [1, 2, 4, 8, 16, 32, 64] {
        group.throughput(Throughput::Elements(k as u64));
        group.bench_function(BenchmarkId::new("product", k), |t| {
            let (x, mut y) = (vec![1.0; sample.tiles.dim() * k], vec![0.0; sample.tiles.dim() * k]);
            t.iter(|| sample.tiles.apply(Direction::Forward, k, black_box(&x), &mut y))
        });
    }
    group.finish();
}

fn threads(c: &mut Criterion) {
    let sample = LazyLock::new(|| sample(MIDDLE));
    let mut group = c.benchmark_group("scaling/threads");
    group.sample_size(10).throughput(Throughput::Elements(MIDDLE as u64));
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let doubled = (0..).map(|p| 1usize << p).take_while(|t| *t < cores);
    for threads in doubled.chain([cores]) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(BenchmarkId::new("product", threads), |t| {
            let a = &sample.tiles;
            let (x, mut y) = (vec![1.0; a.dim()], vec![0.0; a.dim()]);
            t.iter(|| pool.install(|| a.apply(Direction::Forward, 1, black_box(&x), &mut y)))
        });
        group.bench_function(BenchmarkId::new("gmres-gauss-seidel", threads), |t| {
            let sample = &*sample;
            let ready = sample.ready(Method::GmresGaussSeidel);
            t.iter(|| pool.install(|| sample.solve(&ready)))
        });
    }
    group.finish();
}

criterion_group!(benches, entries, columns, threads);
criterion_main!(benches);
