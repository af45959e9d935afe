//! The one integration test binary.

mod audit;
mod synth;
