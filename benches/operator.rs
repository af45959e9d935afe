//! Products and solves on synthetic tables of exact trade shares: compressed rows, dense rows, factors.
//!
//! `cargo bench --bench operator`; `ISARD_LARGE=1` adds n = 9,800 (4 GB). One column and 49.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use isard::operator::trade_share::{Factors, Shares};
use isard::operator::{Csr, Dense, Direction, Fit, Operator, TradeShare};
use isard::solve::{Judge, Refinement, Splitting, Stopping, solve};
use isard::table;
use ndarray::Array2;

/// splitmix64.
fn draw(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Column sums of mean 0.55 below 0.95, domestic share about 0.8.
fn factors(regions: usize, products: usize) -> TradeShare {
    let mut next = draw(7);
    let mut shares = vec![0.0; products * regions * regions];
    for t in shares.chunks_exact_mut(regions * regions) {
        for s in 0..regions {
            let weights: Vec<f64> = (0..regions).map(|r| if r == s { 0.0 } else { (3.0 * next()).exp() }).collect();
            let (total, own) = (weights.iter().sum::<f64>(), 0.7 + 0.2 * next());
            (0..regions).for_each(|r| t[r * regions + s] = if r == s { own } else { (1.0 - own) * weights[r] / total });
        }
    }
    let mut technology = Vec::with_capacity(regions * products * products);
    for _ in 0..regions {
        let raw: Vec<f64> = (0..products * products).map(|_| (4.0 * next()).exp()).collect();
        let wish: Vec<f64> = (0..products).map(|_| 0.15 + 0.8 * next()).collect();
        let sums: Vec<f64> = (0..products).map(|j| raw.iter().skip(j).step_by(products).sum()).collect();
        technology.extend(raw.iter().enumerate().map(|(at, v)| v * wish[at % products] / sums[at % products]));
    }
    TradeShare::new(Factors {
        regions,
        products,
        class: (0..regions).collect(),
        technology,
        shares: Shares::Products(shares),
        ..Factors::default()
    })
    .expect("lengths fit")
}

struct Residual(f64);

impl Judge for Residual {
    fn measure(&self, columns: &[usize], _: &[f64], r: &[f64], out: &mut [f64]) {
        let k = columns.len();
        (0..k).for_each(|c| out[c] = r.iter().skip(c).step_by(k).map(|v| v.abs()).sum::<f64>() / (1e-10 * self.0));
    }
}

fn run(operator: &dyn Operator, splitting: &Splitting, b: &Array2<f64>) -> usize {
    let size = b.column(0).sum();
    let found = solve(operator, splitting, Direction::Forward, b.view(), &Residual(size), &Stopping::default(), &|_| true);
    assert!(found.converged(), "{:?}", found.reasons);
    found.passes
}

fn sizes(c: &mut Criterion) {
    let large = std::env::var_os("ISARD_LARGE").is_some();
    for (regions, products) in [(31, 42), (49, 200)].into_iter().take(if large { 2 } else { 1 }) {
        let factored = factors(regions, products);
        let n = factored.dim();
        let all = factored.block(0..n);
        let rows = Csr::new(table::sparse(all.view()));
        let dense = Dense::new(all);
        let offsets: Vec<usize> = (0..=regions).map(|r| r * products).collect();
        let fitted = Refinement::new(&rows, &offsets, None).expect("contracts");
        let mut group = c.benchmark_group(format!("operator/{n}"));
        group.sample_size(10);
        for k in [1usize, 8, 25, 49] {
            let x = vec![1.0; n * k];
            let mut y = vec![0.0; n * k];
            group.throughput(Throughput::Elements((rows.entries() * k) as u64));
            for operator in [&rows as &dyn Operator, &dense, &factored] {
                for (direction, name) in [(Direction::Forward, "forward"), (Direction::Transposed, "transposed")] {
                    group.bench_function(BenchmarkId::new(format!("{}/{name}", operator.name()), k), |b| {
                        b.iter(|| operator.apply(direction, k, black_box(&x), &mut y));
                    });
                }
            }
        }
        group.finish();
        let mut group = c.benchmark_group(format!("methods/{n}"));
        group.sample_size(10);
        group.bench_function("fit and prepare", |b| b.iter(|| Refinement::new(&rows, &offsets, None).expect("contracts").sweeps()));
        for k in [1usize, 49] {
            let b = Array2::ones((n, k));
            for operator in [&rows as &dyn Operator, &dense, &factored] {
                for splitting in [Splitting::PowerSeries, Splitting::TradeShareRefinement(&fitted)] {
                    let name = if matches!(splitting, Splitting::PowerSeries) { "power-series" } else { "trade-share-refinement" };
                    println!("{n} {k} {} {name}: {} passes", operator.name(), run(operator, &splitting, &b));
                    group.bench_function(BenchmarkId::new(format!("{}/{name}", operator.name()), k), |t| {
                        t.iter(|| run(operator, &splitting, &b));
                    });
                }
            }
        }
        let exact = Fit::new(&rows, &offsets, None).expect("offsets fit").misfit(&rows, isard::operator::detect::EQUAL);
        println!("{n}: {exact:?}, {} sweeps at {:.3}", fitted.sweeps(), fitted.contraction());
        group.finish();
    }
}

criterion_group!(benches, sizes);
criterion_main!(benches);
