//! Seeded tables with known properties: the embedded default of 31 provinces, random ones of any size, and tables by
//! their factors for sizes that no matrix has.
//!
//! All are balanced by construction, carry the stamp `SYNTHETIC` and have the same bits on every machine.

mod facts;
mod general;
mod gravity;
mod provinces;
mod random;

pub use general::{Settings, table};
pub use gravity::{GravitySettings, gravity};
pub use provinces::{costs, provinces};
