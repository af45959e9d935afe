//! What the leading rank asks of all ranks: the request in its own process, and the few numbers that tell the others.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use isard::bounded::Bounded;
use isard::error::Result;
use isard::operator::Direction;

/// A request, and where its answer goes. Panels stay where they are: who asks waits for the answer.
pub(crate) enum Ask {
    /// Read the rows of a snapshot.
    Open { path: PathBuf, sums: bool, threads: usize, answer: Sender<Result<Facts>> },
    /// A product on a panel.
    Product { what: Product, direction: Direction, k: usize, x: Panel, y: PanelMut, answer: Sender<()> },
    /// What regions sell to others, given where regions begin.
    Traded { absolute: bool, offsets: Vec<usize>, k: usize, x: Panel, y: PanelMut, answer: Sender<()> },
    /// A diagonal block, row by row.
    Block { range: Range<usize>, answer: Sender<Vec<f64>> },
    /// Make sweeps over regions ready.
    Sweeps { offsets: Vec<usize>, answer: Sender<Result<()>> },
    /// The command has ended.
    Stop,
}

/// What is done with a panel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// `A x`.
    Plain,
    /// `|A| x`.
    Absolute,
    /// Sweeps over the own blocks of regions.
    Sweeps,
}

/// What is known of A when all rows are read.
pub(crate) struct Facts {
    pub n: usize,
    pub entries: usize,
    pub bytes: usize,
    pub negative: bool,
    /// Longest chain of roundings, forward and transposed.
    pub steps: [f64; 2],
    /// Whether there are entries to sweep over.
    pub sweeps: bool,
    pub sums: Option<(Vec<Bounded>, Vec<f64>)>,
}

/// Numbers of the thread that asks.
#[derive(Clone, Copy)]
pub(crate) struct Panel(*const f64, usize);

/// Numbers of the thread that asks, to be written.
pub(crate) struct PanelMut(*mut f64, usize);

// SAFETY: the thread that asks keeps the numbers and does nothing with them until the answer is there
unsafe impl Send for Panel {}
// SAFETY: as above
unsafe impl Send for PanelMut {}

impl Panel {
    pub(crate) fn new(numbers: &[f64]) -> Self {
        Panel(numbers.as_ptr(), numbers.len())
    }

    /// # Safety
    /// The thread that asked must still wait.
    pub(crate) unsafe fn numbers<'a>(self) -> &'a [f64] {
        // SAFETY: made of a slice that still stands, as the caller says
        unsafe { std::slice::from_raw_parts(self.0, self.1) }
    }
}

impl PanelMut {
    pub(crate) fn new(numbers: &mut [f64]) -> Self {
        PanelMut(numbers.as_mut_ptr(), numbers.len())
    }

    /// # Safety
    /// The thread that asked must still wait.
    pub(crate) unsafe fn numbers<'a>(self) -> &'a mut [f64] {
        // SAFETY: made of a slice that still stands and that nobody else reads, as the caller says
        unsafe { std::slice::from_raw_parts_mut(self.0, self.1) }
    }
}

/// The numbers that tell all ranks what is asked.
pub(crate) type Head = [u64; 4];

pub(crate) const OPEN: u64 = 1;
pub(crate) const PRODUCT: u64 = 2;
pub(crate) const TRADED: u64 = 3;
pub(crate) const BLOCK: u64 = 4;
pub(crate) const SWEEPS: u64 = 5;
pub(crate) const STOP: u64 = 6;

/// A direction as a number, and back.
pub(crate) fn number(direction: Direction) -> u64 {
    u64::from(direction == Direction::Transposed)
}

pub(crate) fn direction(number: u64) -> Direction {
    if number == 1 { Direction::Transposed } else { Direction::Forward }
}
