//! isard: certified embodied-carbon accounting on multi-regional input-output tables.

pub mod audit;
pub mod bounded;
pub mod certificate;
pub mod cli;
pub mod compensation;
pub mod cost;
pub mod decompose;
pub mod error;
pub mod finding;
pub mod inventory;
pub mod io;
pub mod labels;
pub mod leontief;
pub mod operator;
pub mod report;
pub mod responsibility;
pub mod snapshot;
pub mod solve;
pub mod synth;
pub mod system;
pub mod table;

pub use error::{Error, Result};
pub use table::Table;
