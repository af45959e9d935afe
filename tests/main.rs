//! The one integration test binary.
#![allow(clippy::unwrap_used)]

mod audit;
mod ceads_generator;
mod emissions;
mod laws;
mod readers;
mod reference;
mod sic_generator;
mod snapshots;
mod synth;
mod workbooks;
