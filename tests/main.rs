//! The one integration test binary.

mod emissions;
mod workbooks;
