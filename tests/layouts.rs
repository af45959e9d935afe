//! The described layouts: each reads a miniature of our own making and the samples beside the repository, and a file that was
//! changed gives the same table or an error with its place.

mod described;
pub mod mini;
mod mutations;
mod samples;
pub mod written;

use isard::Table;
use isard::formats::{Reading, read};

/// Relative difference of two lists of numbers, the largest.
fn apart<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) = (a.into_iter().copied().collect(), b.into_iter().copied().collect());
    assert_eq!(a.len(), b.len());
    a.iter().zip(&b).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) }).fold(0.0, f64::max)
}

fn table(path: &std::path::Path) -> Table {
    read(path, &Reading::default()).unwrap_or_else(|e| panic!("{path:?}: {e} {:?}", e.help()))
}
