//! The one integration test binary.
#![allow(clippy::unwrap_used)]

mod audit;
mod ceads_generator;
mod emissions;
mod laws;
mod operators;
mod readers;
mod reference;
mod sic_generator;
mod synth;
mod workbooks;
