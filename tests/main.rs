//! The one integration test binary.
#![allow(clippy::unwrap_used)]

mod allocations;
mod audit;
mod ceads_generator;
mod cli;
mod compensation;
mod decompose;
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
#[allow(clippy::needless_range_loop)]
mod responsibility;
mod sic_generator;
mod snapshots;
mod structure;
mod synth;
#[allow(clippy::needless_range_loop)]
mod views;
mod workbooks;
