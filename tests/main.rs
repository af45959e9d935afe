//! The one integration test binary.

mod ceads_generator;
mod emissions;
mod workbooks;
