//! Where the rows of A are, if several processes keep them: what an engine of such processes gives to this one.
//!
//! One process leads: it reads names, demand and output, runs every method and every proof, and asks for products. A method sees an
//! [`Operator`](super::Operator) like any other.

use std::path::Path;
use std::sync::OnceLock;

use super::{Direction, Matrix};
use crate::bounded::Bounded;
use crate::error::Result;

/// An engine whose processes keep rows of A.
pub trait Elsewhere: Send + Sync {
    /// Its name in options and output.
    fn name(&self) -> &'static str;

    /// Number of processes.
    fn ranks(&self) -> usize;

    /// Has the rows of a snapshot read, each process its own; with the sums of the rows of Z if they are asked for.
    ///
    /// # Errors
    /// If a process cannot read its rows.
    fn open(&self, path: &Path, sums: bool) -> Result<Rows>;
}

/// A whose rows are in other processes.
pub struct Rows {
    /// A.
    pub matrix: Matrix,
    /// What [`Table::row_sums`](crate::Table::row_sums) gives, if it was asked for.
    pub sums: Option<(Vec<Bounded>, Vec<f64>)>,
}

/// Sweeps over the own blocks of regions, side by side, where their rows are.
pub trait Sweeps: Send + Sync {
    /// `d = M^-1 r` on a panel of `k` columns.
    fn solve(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]);
}

static ENGINE: OnceLock<Box<dyn Elsewhere>> = OnceLock::new();

/// Makes an engine that of this process; `false` where it has one.
pub fn register(engine: Box<dyn Elsewhere>) -> bool {
    ENGINE.set(engine).is_ok()
}

/// The engine of this process, if another program than `isard` itself has brought one.
pub fn engine() -> Option<&'static dyn Elsewhere> {
    ENGINE.get().map(AsRef::as_ref)
}
