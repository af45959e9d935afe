//! What finer sectors cost as an operator: `Lifted::solve` beside the certified solve of the table that is split.
//!
//! `cargo bench --bench split` prints both for 31 regions x 42 sectors in 10 parts each, 31 columns: the least time of nine
//! runs and the most memory beyond what there was, with the model made anew (cold) and kept (warm); then whether both answers
//! of the operator and of the table written out in 3 parts agree within their bounds. `-- 31 42 10 3` takes other numbers of
//! regions, sectors and parts of either; 0 parts leave the comparison out.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use isard::operator::Direction;
use isard::split::{Knowledge, Lifted, Parts, split};
use isard::table::Table;
use isard::{Leontief, Stopping, System, Watch, synth};
use ndarray::Array2;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the command, with the bytes that are in use.
struct Counting(mimalloc::MiMalloc);

// SAFETY: every call goes to mimalloc unchanged
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { self.0.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { self.0.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting(mimalloc::MiMalloc);

/// Runs of each measurement.
const RUNS: usize = 9;

/// Least seconds of several runs, and the most bytes that one takes beyond those in use before.
fn least<T>(mut f: impl FnMut() -> T) -> (f64, usize) {
    let mut found = (f64::INFINITY, 0);
    for _ in 0..RUNS {
        let before = NOW.load(Relaxed);
        MOST.store(before, Relaxed);
        let start = Instant::now();
        let made = f();
        found.0 = found.0.min(start.elapsed().as_secs_f64());
        found.1 = found.1.max(MOST.load(Relaxed) - before);
        drop(made);
    }
    found
}

fn model(table: &std::sync::Arc<Table>) -> Leontief {
    let system = System::new(table.clone()).stored(None, false).expect("a form of storage");
    Leontief::new(system, None, Stopping::default(), Watch::default()).expect("a table that can be solved")
}

/// Output shares of `count` parts of each row: 1, 2, ... of their sum.
fn parts(table: &Table, count: usize) -> Parts {
    let sum = (count * (count + 1) / 2) as f64;
    let part =
        |i: usize, k: usize| (i, isard::labels::Name::plain(format!("{} part {k}", table.labels.sectors[i].en)), (k + 1) as f64 / sum);
    let rows: Vec<_> = (0..table.dim()).flat_map(|i| (0..count).map(move |k| part(i, k))).collect();
    Parts::of_rows(table, &rows, "the benchmark").expect("parts of this table")
}

/// Final demand of each region for the parts: by output shares, every second part by half of it more.
fn demand(table: &Table, parts: &Parts) -> Array2<f64> {
    let (own, _) = table.demand_by_region();
    Array2::from_shape_fn((parts.dim(), own.ncols()), |(k, c)| {
        own[[parts.parent(k), c]] * parts.shares[k] * if k % 2 == 0 { 1.0 } else { 1.5 }
    })
}

fn agree(table: &std::sync::Arc<Table>, count: usize) {
    let parts = parts(table, count);
    let b = demand(table, &parts);
    let coarse = model(table);
    let lifted = Lifted::new(&coarse, &parts).solve("finer output", b.view());
    let made = split(table, &parts, &Knowledge::default(), &Watch::default()).expect("a split").table;
    let fine = model(&std::sync::Arc::new(made));
    let found = fine.forward("finer output", b.view());
    let bounds = fine.entry_bounds(Direction::Forward, found.sizes.view());
    let (mut beyond, mut apart, mut most) = (0, 0.0_f64, [0.0_f64; 2]);
    let size = found.x.iter().fold(0.0_f64, |a, v| a.max(*v));
    for ((k, c), x) in found.x.indexed_iter() {
        let (gap, own) = ((x - lifted.x[[k, c]]).abs(), lifted.bound[[k, c]]);
        beyond += usize::from(gap > own + bounds.bound(k, c));
        apart = apart.max(gap / size);
        most = [most[0].max(own / size), most[1].max(bounds.bound(k, c) / size)];
    }
    println!(
        "{} rows written out: {beyond} of {} numbers apart by more than both bounds; {apart:.1e} of the largest at most, bounds {:.1e} and {:.1e}",
        parts.dim(),
        found.x.len(),
        most[0],
        most[1]
    );
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let number = |k: usize, usual: usize| numbers.get(k).copied().unwrap_or(usual);
    let (regions, sectors) = (number(0, 31), number(1, 42));
    let table = std::sync::Arc::new(synth::table(&synth::Settings { regions, sectors, ..Default::default() }));
    let parts = parts(&table, number(2, 10));
    let b = demand(&table, &parts);
    let mut sums = Array2::zeros((table.dim(), b.ncols()));
    b.rows().into_iter().enumerate().for_each(|(k, row)| {
        let mut to = sums.row_mut(parts.parent(k));
        to += &row;
    });
    println!("{} rows in place of {}, {} columns, {} threads", parts.dim(), table.dim(), b.ncols(), Watch::default().thread_count());
    let coarse = |model: &Leontief| {
        let found = model.forward("output", sums.view());
        let bounds = model.entry_bounds(Direction::Forward, found.sizes.view()).matrix(model.system.dim());
        (found, bounds)
    };
    let finer = |model: &Leontief| Lifted::new(model, &parts).solve("finer output", b.view());
    let kept = model(&table);
    coarse(&kept);
    let show = |name: &str, own: (f64, usize), all: (f64, usize)| {
        let mega = |v: usize| v as f64 / 1e6;
        println!(
            "{name}: coarse {:.2} ms, {:.1} MB; operator {:.2} ms, {:.1} MB: {:.2} x the time, {:.2} x the memory",
            1e3 * own.0,
            mega(own.1),
            1e3 * all.0,
            mega(all.1),
            all.0 / own.0,
            all.1 as f64 / own.1 as f64
        );
    };
    show("warm", least(|| coarse(&kept)), least(|| finer(&kept)));
    show("cold", least(|| coarse(&model(&table))), least(|| finer(&model(&table))));
    if number(3, 3) > 0 {
        agree(&table, number(3, 3));
    }
}
