//! Snapshots: open, read whole, read 1 % of the rows, write; 5,000 rows, 30 % of the flows not zero, 92 MB.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use isard::{snapshot, synth};

fn snapshots(c: &mut Criterion) {
    let table = synth::table(&synth::Settings { regions: 50, sectors: 100, density: 0.3, ..synth::Settings::default() });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, target) = (folder.path().join("t.isard"), folder.path().join("written.isard"));
    snapshot::write(&table, &path, false).expect("room for one snapshot");
    let bytes = std::fs::metadata(&path).expect("it was written").len();
    let n = table.dim();
    let some = n / 2..n / 2 + n / 100;
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(10);

    group.bench_function("open", |b| b.iter(|| snapshot::open(black_box(&path)).expect("a snapshot")));

    let part = snapshot::open(&path).and_then(|s| s.z_rows(some.clone()).map(|r| 12 * r.data.len() as u64)).expect("a snapshot");
    group.throughput(Throughput::Bytes(part));
    group.bench_function("open and z_rows of 1 %", |b| {
        b.iter(|| {
            let snapshot = snapshot::open(&path).expect("a snapshot");
            let rows = snapshot.z_rows(black_box(some.clone())).expect("sound rows");
            rows.data.iter().sum::<f64>()
        })
    });

    group.throughput(Throughput::Bytes(bytes));
    group.bench_function("verify", |b| b.iter(|| snapshot::open(&path).and_then(|s| s.verify()).expect("a sound snapshot")));
    group.bench_function("table", |b| b.iter(|| snapshot::open(&path).and_then(|s| s.table()).expect("a sound snapshot")));
    group.bench_function("write", |b| b.iter(|| snapshot::write(black_box(&table), &target, true).expect("room for another")));
    group.finish();
}

criterion_group!(benches, snapshots);
criterion_main!(benches);
