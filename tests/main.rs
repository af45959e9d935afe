//! The one integration test binary.
#![allow(clippy::unwrap_used)]

mod ceads_generator;
mod emissions;
mod laws;
mod reference;
mod synth;
mod workbooks;
