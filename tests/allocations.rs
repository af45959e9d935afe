//! A warm sweep allocates nothing: counted on the threads of a pool of their own, whatever other tests do meanwhile.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use isard::operator::{Csr, Dense, Direction, Fit, Operator, Split};
use isard::solve::{DenseLu, GaussSeidel, Order, Refinement, Splitting};
use isard::synth::{self, Settings};

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}
static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.try_with(Cell::get).unwrap_or(false) {
            COUNT.fetch_add(1, Relaxed);
        }
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of six calls in a row once buffers are there for as many tasks as run at once: the fewest of any six among
/// forty, after two. A sweep that allocates now and then has none without.
fn warm(mut f: impl FnMut() + Send) -> usize {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).start_handler(|_| COUNTED.set(true)).build().unwrap();
    pool.broadcast(|_| ());
    pool.install(|| {
        f();
        f();
        let mut count = || {
            let before = COUNT.load(Relaxed);
            f();
            COUNT.load(Relaxed) - before
        };
        let mut last = [usize::MAX; 6];
        let mut fewest = usize::MAX;
        for call in 0..40 {
            last[call % 6] = count();
            if call >= 5 {
                fewest = fewest.min(last.iter().sum());
            }
            if fewest == 0 {
                break;
            }
        }
        fewest
    })
}

#[test]
fn a_warm_sweep_allocates_nothing() {
    let table = synth::table(&Settings { regions: 8, sectors: 70, trade_shares: Some(0.1), seed: 3, ..Settings::default() });
    let system = isard::System::new(table.clone());
    let (rows, offsets) = (system.rows(), &table.labels.offsets);
    let n = rows.dim();
    let sparse = Csr::new(rows.matrix().map(|v| if v.to_bits() % 8 == 0 { *v } else { 0.0 }));
    let dense = Dense::from_csr(rows);
    let factors = Fit::new(rows, offsets, None).unwrap().operator(rows, 0.0).unwrap();
    let halves = vec![vec![0.5, 0.5]; n];
    let split = Split::new(rows, &halves).unwrap();
    let matrix = system.matrix();
    let points = GaussSeidel::by_rows(&matrix, Order::Waves).unwrap();
    let regions = GaussSeidel::by_region(&matrix, offsets, Order::Waves, &Default::default()).unwrap();
    let thin = GaussSeidel::by_region(&sparse.into(), offsets, Order::SideBySide, &Default::default()).unwrap();
    let fitted = Refinement::new(rows, offsets, None).unwrap();
    let lu = DenseLu::new(ndarray::Array2::eye(n) - rows.matrix().to_dense()).unwrap();
    // the plain CSR product on a panel too wide for the cache is reached by the sizes of benches only
    for k in [1, 8, 32] {
        for direction in [Direction::Forward, Direction::Transposed] {
            for operator in [rows as &dyn Operator, &dense, &factors, &split] {
                let x = vec![1.0; operator.dim() * k];
                let mut y = x.clone();
                let found = warm(|| operator.apply(direction, k, &x, &mut y));
                assert_eq!(found, 0, "{} {direction:?} {k}", operator.name());
            }
            let steps = [
                ("power series", Splitting::PowerSeries),
                ("gauss-seidel", Splitting::GaussSeidel(&points)),
                ("by region, factorised", Splitting::GaussSeidel(&regions)),
                ("by region, swept", Splitting::GaussSeidel(&thin)),
                ("refinement", Splitting::TradeShareRefinement(&fitted)),
                ("direct", Splitting::Direct(&lu)),
            ];
            for (name, splitting) in steps {
                let (mut r, mut d) = (vec![1.0; n * k], vec![0.0; n * k]);
                let found = warm(|| {
                    splitting.step(rows, direction, k, &mut r, &mut d);
                });
                assert_eq!(found, 0, "{name} {direction:?} {k}");
            }
        }
    }
}
