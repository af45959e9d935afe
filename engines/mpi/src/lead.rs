//! A as the leading rank sees it: an operator that asks all ranks.

use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use isard::error::{Error, Result};
use isard::operator::elsewhere::{Elsewhere, Rows, Sweeps};
use isard::operator::{Direction, Matrix, Operator};
use isard::watch::Watch;
use ndarray::Array2;

use crate::ask::{Ask, Facts, Panel, PanelMut, Product};

/// The engine of this job.
pub(crate) struct Engine {
    asks: Sender<Ask>,
    ranks: usize,
}

impl Engine {
    pub(crate) fn new(asks: Sender<Ask>, ranks: usize) -> Self {
        Engine { asks, ranks }
    }
}

/// Waits for the answer to what is asked; without one the job is being aborted, and this thread waits for its end.
fn asked<T>(asks: &Sender<Ask>, ask: impl FnOnce(Sender<T>) -> Ask) -> T {
    let (answer, answered) = channel();
    let sent = asks.send(ask(answer));
    match answered.recv() {
        Ok(found) if sent.is_ok() => found,
        _ => loop {
            std::thread::park();
        },
    }
}

impl Elsewhere for Engine {
    fn name(&self) -> &'static str {
        "mpi"
    }

    fn ranks(&self) -> usize {
        self.ranks
    }

    fn open(&self, path: &Path, sums: bool) -> Result<Rows> {
        let threads = Watch::default().thread_count();
        let mut facts: Facts = asked(&self.asks, |answer| Ask::Open { path: path.to_path_buf(), sums, threads, answer })?;
        if facts.n >= 1 << 26 {
            let text = format!("{} rows; the engine mpi counts the numbers of a panel of 32 columns in 31 bits", facts.n);
            return Err(Error::unsupported(text, "aggregate the table to fewer than 67,108,864 rows"));
        }
        let sums = facts.sums.take();
        Ok(Rows { matrix: Matrix::Products(std::sync::Arc::new(Far { asks: self.asks.clone(), facts })), sums })
    }
}

/// A.
struct Far {
    asks: Sender<Ask>,
    facts: Facts,
}

impl Far {
    fn product(&self, what: Product, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.facts.n * k, self.facts.n * k), "panels of n x k");
        if x.is_empty() {
            return;
        }
        asked(&self.asks, |answer| Ask::Product { what, direction, k, x: Panel::new(x), y: PanelMut::new(y), answer });
    }
}

impl Operator for Far {
    fn dim(&self) -> usize {
        self.facts.n
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product(Product::Plain, direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product(Product::Absolute, direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        self.facts.steps[usize::from(direction == Direction::Transposed)]
    }
    fn entries(&self) -> usize {
        self.facts.entries
    }
    fn bytes(&self) -> usize {
        self.facts.bytes
    }
    fn has_negative(&self) -> bool {
        self.facts.negative
    }
    fn name(&self) -> &'static str {
        "mpi"
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let size = range.len();
        let numbers = asked(&self.asks, |answer| Ask::Block { range, answer });
        Array2::from_shape_vec((size, size), numbers).expect("each rank sends its rows of the block")
    }
    fn traded(&self, absolute: bool, offsets: &[usize], x: &Array2<f64>) -> Option<Array2<f64>> {
        let (n, columns) = x.dim();
        let mut all = Array2::zeros((n, columns));
        for first in (0..columns).step_by(32) {
            let k = 32.min(columns - first);
            let part = ndarray::s![.., first..first + k];
            let panel: Vec<f64> = x.slice(part).iter().copied().collect();
            let mut y = vec![0.0; n * k];
            let offsets = offsets.to_vec();
            asked(&self.asks, |answer| Ask::Traded { absolute, offsets, k, x: Panel::new(&panel), y: PanelMut::new(&mut y), answer });
            all.slice_mut(part).iter_mut().zip(y).for_each(|(to, v)| *to = v);
        }
        Some(all)
    }
    fn has_sweeps(&self) -> bool {
        self.facts.sweeps
    }
    fn sweeps(&self, offsets: &[usize]) -> Option<Result<Box<dyn Sweeps>>> {
        let made = asked(&self.asks, |answer| Ask::Sweeps { offsets: offsets.to_vec(), answer });
        Some(made.map(|()| Box::new(FarSweeps { asks: self.asks.clone() }) as Box<dyn Sweeps>))
    }
}

/// Sweeps that all ranks have made ready.
struct FarSweeps {
    asks: Sender<Ask>,
}

impl Sweeps for FarSweeps {
    fn solve(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]) {
        asked(&self.asks, |answer| Ask::Product { what: Product::Sweeps, direction, k, x: Panel::new(r), y: PanelMut::new(d), answer });
    }
}
