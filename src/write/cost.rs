//! Abatement costs as text, CSV and a document; its JSON and the CSV are what a study of compensation reads as costs.

mod document;
mod facts;
mod files;
mod page;
mod range;
pub mod simulate;
mod verdicts;
mod words;

use super::trust;
pub use document::document;
pub use files::{csv, curve_by_region};
pub use page::text;
pub use verdicts::{verdicts, without_bound};
pub(super) use words::{number, within};
