//! Tables of fewer regions and sectors: who goes where, the table added up, and what that does to every footprint.

mod bias;
mod map;
mod records;

pub use bias::{Bias, bias, grouped};
pub use map::Map;
pub use records::{Record, Records, WHOLE, adds_up};
