//! Seeded tables with known properties: the embedded default of 31 provinces, and random ones of any size.
//!
//! Both are balanced by construction, carry the stamp `SYNTHETIC` and have the same bits on every machine.

mod facts;
mod general;
mod provinces;
mod random;

pub use general::{Settings, table};
pub use provinces::{costs, provinces};
