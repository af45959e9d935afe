//! Seeded tables with known properties: the embedded default of 31 provinces, random ones of any size, and tables by
//! their trade shares for sizes that no matrix has.
//!
//! All are balanced by construction, carry the stamp `SYNTHETIC` and have the same bits on every machine, whatever
//! the number of threads: each row has a random stream of its own, and sums are taken in a fixed order.

mod assembly;
mod facts;
mod general;
mod gravity;
mod pattern;
mod provinces;
mod rows;
mod settings;

pub use general::table;
pub use gravity::{GravitySettings, gravity};
pub use provinces::{costs, provinces};
pub use settings::Settings;
