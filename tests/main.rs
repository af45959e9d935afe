//! The one integration test binary.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod allocations;
mod analyses_cli;
mod audit;
mod balance;
mod balance_cli;
mod batch;
mod borin_mancini;
mod bounded;
mod build;
mod ceads_generator;
mod cli;
mod compensation;
mod cost;
mod cost_bounds;
mod cost_regression;
mod cost_trust;
mod decompose;
mod demands;
mod dense_tables;
mod detect;
mod emissions;
mod examples;
mod factored;
#[allow(clippy::needless_range_loop)]
mod finer;
mod finer_cli;
mod formats;
mod hostile;
mod laws;
mod linkages;
mod loading;
mod methods;
mod operators;
mod options;
mod oracle;
mod pages;
mod payments;
mod printed;
mod readers;
#[allow(clippy::needless_range_loop)]
mod reference;
mod reports;
#[allow(clippy::needless_range_loop)]
mod responsibility;
mod schema;
mod sheets;
mod sic_generator;
mod snapshots;
mod streams;
mod structural;
mod structure;
mod study;
mod support;
mod synth;
mod threads;
mod tight;
mod units;
mod units_cli;
mod verify;
#[allow(clippy::needless_range_loop)]
mod views;
mod words;
mod workbooks;
mod writing;
mod years;
