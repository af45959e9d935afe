//! The one integration test binary.

mod emissions;
mod laws;
mod reference;
mod synth;
mod workbooks;
