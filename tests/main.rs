//! The one integration test binary.
mod readers;
