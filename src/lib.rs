//! isard: certified embodied-carbon accounting on multi-regional input-output (MRIO) tables.
//!
//! Regions emit CO2 while making things that other regions use. A table is treated as a linear operator,
//! `x = A x + y`; the Leontief inverse is never formed, and every answer carries a rigorous bound on its error.
//!
//! ```
//! use isard::{Leontief, Stopping, System, Watch, audit, decompose, responsibility, synth};
//!
//! let table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
//! let findings = audit::refuse(&audit::audit(&table), &[])?; // stops at level FAIL
//! assert!(!findings.is_empty());
//!
//! let system = System::new(table);
//! let leontief = Leontief::new(system, None, Stopping::default(), Watch::default())?;
//!
//! let flows = decompose::flows(&leontief, 0); // emitted in row for final demand of column
//! assert!(flows.certified());
//! let entry = flows.flow[[0, 1]];
//! assert!(entry.bound <= 1e-9 * entry.value);
//!
//! let rule = responsibility::SharingRule::default();
//! let (accounts, theta) = responsibility::accounts(&leontief, 0, &flows, &rule, 0.5)?;
//! assert_eq!(accounts.len(), responsibility::Principle::ALL.len());
//! assert!(theta.region.iter().all(|t| (0.0..=1.0).contains(&t.value)));
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! | step | module | gives |
//! |---|---|---|
//! | read | [`formats`], [`inventory`], [`labels`] | a [`Table`] with its emissions |
//! | check | [`audit`], [`finding`] | findings: PASS, WARN, FAIL |
//! | model | [`system`], [`operator`], [`share_table`] | A as an operator, intensities, demand by destination |
//! | solve | [`leontief`], [`solve`], [`plan`], [`certificate`] | every solve once, certified |
//! | account | [`decompose`], [`responsibility`], [`cost`], [`compensation`] | flows, routes, accounts, payments as [`Bounded`] |
//! | compare | [`linkages`], [`structural`] | key sectors; why emissions changed between two tables |
//! | tell | [`report`], [`mod@write`] | results as sheets; text, JSON, CSV |
//! | all of it | [`study`], [`mod@watch`] | a study as plain data and its results; progress and an early end |
//!
//! The names below and the modules of this table are what a program builds on; [`operator`], [`certificate`], [`mod@check`] and
//! [`memory`] are open to tests and benchmarks and may change with any version.
//!
//! [`synth`] makes seeded tables of any size, the embedded default among them.
//! [`guide`] shows each step in a short example.

pub mod aggregate;
pub mod audit;
pub mod balance;
pub mod batch;
pub mod bounded;
pub mod build;
pub mod certificate;
pub mod check;
mod choice;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod compensation;
pub mod cost;
pub mod decompose;
#[cfg(test)]
mod draws;
pub mod error;
// the command uses more of it than the library
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod escape;
pub mod finding;
pub mod formats;
pub mod share_table;
// the command uses more of it than the library
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod guard;
pub mod guide;
// the command uses more of it than the library
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod inputs;
pub mod inventory;

pub mod labels;
pub mod leontief;
pub mod linkages;
pub mod memory;
pub mod operator;
// the command uses more of it than the library
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod part;
pub(crate) mod plain;
pub mod plan;
mod random;
pub mod report;
pub mod responsibility;
pub mod snapshot;
pub mod solve;
pub mod sparsify;
pub mod split;
pub mod structural;
pub mod study;
pub mod synth;
pub mod system;
pub mod table;
pub mod terms;
pub mod threads;
pub mod units;
pub mod verdict;
pub mod watch;
pub mod write;

pub use bounded::Bounded;
pub use error::{Error, Result};
pub use leontief::Leontief;
pub use solve::{Method, Stopping};
pub use study::Study;
pub use system::System;
pub use table::Table;
pub use threads::Threads;
pub use watch::Watch;
