//! The one integration test binary.
#![allow(clippy::unwrap_used)]

mod allocations;
mod audit;
mod ceads_generator;
mod cli;
mod cost;
mod detect;
mod emissions;
mod factored;
mod laws;
mod methods;
mod operators;
mod oracle;
mod readers;
#[allow(clippy::needless_range_loop)]
mod reference;
mod sic_generator;
mod snapshots;
mod structure;
mod synth;
mod workbooks;
