//! The size of the counties of the United States: 3,142 regions x 546 products, 1,715,532 rows, by their factors.
//!
//! `cargo bench --bench counties`: makes, writes and reads the table (0.6 GB in the temporary folder), then times
//! products and solves with one column. `-- 300 100 3 2` takes other numbers of regions, products, classes, kernels;
//! a fifth argument `single` keeps kernels in 32 bits.
#![allow(missing_docs)]

use std::time::Instant;

use isard::operator::{Direction, Operator};
use isard::snapshot::{read_shares, write_shares};
use isard::solve::{Given, Method, Prepared, RelativeResidual, Stopping};
use isard::synth::{GravitySettings, gravity};
use ndarray::Axis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn timed<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    println!("{what:<40} {:>9.3} s", start.elapsed().as_secs_f64());
    result
}

/// The most memory the process has had, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")).map_or("unknown".into(), |v| v.trim().to_string())
}

fn settings() -> GravitySettings {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let numbers: Vec<usize> = words.iter().filter_map(|w| w.parse().ok()).collect();
    let sized = match numbers[..] {
        [regions, products, classes, kernels] => GravitySettings { regions, products, classes, kernels, ..GravitySettings::default() },
        _ => GravitySettings::counties(),
    };
    GravitySettings { single: words.iter().any(|w| w == "single"), ..sized }
}

fn main() {
    let settings = settings();
    println!("{settings:?}, {} threads", rayon::current_num_threads());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("counties.isard");
    let made = timed("make", || gravity(&settings));
    timed("write", || write_shares(&made, &path, false).expect("room on the disk"));
    drop(made);
    let mut table = timed("read and check", || read_shares(&path).expect("it was just written"));
    let offsets = table.offsets();
    let demand = table.y.sum_axis(Axis(1)).insert_axis(Axis(1));
    let a = timed("operator", || table.take_operator().expect("sound factors"));
    println!("{} rows, {} numbers", a.dim(), a.entries());
    let x = table.x.to_vec();
    let mut y = vec![0.0; a.dim()];
    for direction in [Direction::Forward, Direction::Transposed] {
        a.apply(direction, 1, &x, &mut y);
        (0..3).for_each(|_| timed(&format!("product, {direction:?}"), || a.apply(direction, 1, &x, &mut y)));
    }
    let given = Given::new(a, &offsets, None);
    for method in [Method::Gmres, Method::PowerSeries] {
        let ready = Prepared::new(method, &given).expect("needs no rows");
        let judge = RelativeResidual::new(1e-10, demand.view());
        let found = timed(method.name(), || ready.solve(Direction::Forward, demand.view(), &judge, &Stopping::default(), &|_| true));
        let residual: f64 = found.residual.iter().map(|v| v.abs()).sum::<f64>() / demand.sum();
        println!("  {} passes, relative residual {residual:.1e}, peak memory {}", found.passes, peak());
    }
}
