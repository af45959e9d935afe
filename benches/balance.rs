//! Balancing a large sparse matrix: 10,000 x 10,000 with 30 million cells, margins moved by up to a fifth.
//!
//! `cargo bench --bench balance` prints the time of three runs, passes and the proven residual. `-- 2000 2000 1 0 20` takes
//! other numbers of rows and columns, share of cells, share of negative ones, and regions that trade with each other (cells
//! between two are 1 % of those within); `-- ... write FOLDER` also writes the matrix and its targets as plain little-endian
//! arrays, for `scripts/compare-balance`.
#![allow(missing_docs)]

use std::path::Path;
use std::time::Instant;

use isard::balance::{How, Target, Targets, balance};
use isard::table::Sparse;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// splitmix64.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Cells between two regions, in those within one.
const ABROAD: f64 = 0.01;

fn matrix([m, n, regions]: [usize; 3], density: f64, negative: f64) -> Sparse {
    let mut draw = Draw(2017);
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for i in 0..m {
        for j in 0..n {
            if draw.unit() < density {
                let near = i * regions / m == j * regions / n;
                let size = (0.1 + 10.0 * draw.unit()) * if near { 1.0 } else { ABROAD };
                indices.push(j as u32);
                data.push(if negative > 0.0 && draw.unit() < negative { -size } else { size });
            }
        }
        indptr.push(indices.len());
    }
    Sparse::new((m, n), indptr, indices, data)
}

/// The margins, each moved by up to a fifth; the columns are then brought to the total of the rows.
fn margins(z: &Sparse) -> [Vec<f64>; 2] {
    let mut draw = Draw(7);
    let (mut rows, mut columns) = (vec![0.0; z.rows()], vec![0.0; z.cols()]);
    z.iter().for_each(|(v, (i, j))| {
        rows[i as usize] += v;
        columns[j as usize] += v;
    });
    [&mut rows, &mut columns].into_iter().flatten().for_each(|v| *v *= 0.8 + 0.4 * draw.unit());
    let factor = rows.iter().sum::<f64>() / columns.iter().sum::<f64>();
    columns.iter_mut().for_each(|v| *v *= factor);
    [rows, columns]
}

fn write(folder: &Path, z: &Sparse, [rows, columns]: &[Vec<f64>; 2]) {
    let file = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).expect("room on the disk");
    let numbers = |list: &[f64]| list.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    file("indptr.u64", z.indptr().raw_storage().iter().flat_map(|v| (*v as u64).to_le_bytes()).collect());
    file("indices.u32", z.indices().iter().flat_map(|v| v.to_le_bytes()).collect());
    file("values.f64", numbers(z.data()));
    file("rows.f64", numbers(rows));
    file("columns.f64", numbers(columns));
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let numbers: Vec<f64> = words.iter().filter_map(|w| w.parse().ok()).collect();
    let number = |k: usize, usual: f64| numbers.get(k).copied().unwrap_or(usual);
    let [m, n, regions] = [number(0, 1e4), number(1, 1e4), number(4, 1.0)].map(|v| v as usize);
    let z = matrix([m, n, regions], number(2, 0.3), number(3, 0.0));
    let given = margins(&z);
    if let Some(at) = words.iter().position(|w| w == "write") {
        write(Path::new(&words[at + 1]), &z, &given);
    }
    let exact = |list: &[f64]| list.iter().map(|v| Target::Exact(*v)).collect();
    let targets = Targets { rows: exact(&given[0]), columns: exact(&given[1]), ..Targets::default() };
    let (negative, threads) = (z.data().iter().filter(|v| **v < 0.0).count(), isard::Watch::default().thread_count());
    println!("{m} x {n}, {} cells, {negative} negative, {regions} regions, {threads} threads", z.nnz());
    for _ in 0..3 {
        let mut own = z.clone();
        let last = std::sync::Arc::new(std::sync::Mutex::new((String::new(), Instant::now(), Vec::new())));
        let tell = last.clone();
        let watch = isard::Watch::default().on_progress(move |stage, _| {
            let mut last = tell.lock().expect("one thread");
            if last.0 != stage {
                let (name, seconds) = (last.0.clone(), last.1.elapsed().as_secs_f64());
                last.2.push(format!("{name} {seconds:.3}"));
                (last.0, last.1) = (stage.to_string(), Instant::now());
            }
        });
        let start = Instant::now();
        let outcome = balance(&mut own, &targets, &How { watch, ..How::default() }).expect("margins that can be met");
        let seconds = start.elapsed().as_secs_f64();
        let mut last = last.lock().expect("one thread");
        let proof = format!("{} {:.3}", last.0, last.1.elapsed().as_secs_f64());
        last.2.push(proof);
        let parts = last.2[1..].join(", ");
        println!("seconds {seconds:.4} passes {} residual {:.2e} ({parts})", outcome.passes, outcome.residual());
    }
}
