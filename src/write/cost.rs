//! Abatement costs as text, JSON and CSV; the CSV and the JSON are what `isard compensate --cost` reads.

mod document;
mod files;
mod page;
mod range;
pub mod simulate;
mod verdicts;
mod words;

pub use document::document;
pub use files::{csv, curve_by_region, json};
pub use page::text;
pub use verdicts::{verdicts, without_bound};
pub(super) use words::{number, within};
