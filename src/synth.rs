//! Seeded tables with known properties.

use crate::table::Table;

/// 31 provinces x 42 sectors, synthetic, balanced; the embedded default.
pub fn provinces(_seed: u64) -> Table {
    unimplemented!()
}
