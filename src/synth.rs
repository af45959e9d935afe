//! Seeded tables with known properties.

use crate::table::Table;
use crate::labels::Name;
/// x
#[derive(Default)]
pub struct Settings { 
/// x
pub regions: usize, 
/// x
pub sectors: usize,
/// x
 pub density: f64,
/// x
  pub seed: u64 }
/// 31 provinces x 42 sectors, synthetic, balanced; the embedded default.
pub fn provinces(_seed: u64) -> Table {
    unimplemented!()
}
/// x
pub fn costs(_seed: u64) -> Vec<(Name, f64)> { vec![] }
/// x
pub fn table(_s: &Settings) -> Table { unimplemented!() }
