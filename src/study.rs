//! A study: which table, which analysis, by which choices; and its results, ready to be written or read on.
//!
//! Nothing here prints or writes. What a reader should know before there is a result goes to
//! [`Watch::note`](crate::Watch::note); a cancelled watch ends every stage with [`Error::Cancelled`](crate::Error::Cancelled).
//!
//! ```no_run
//! use isard::{Study, Watch, study};
//!
//! let results = study::run(&Study::default(), &Watch::default())?; // the whole chain on the embedded table
//! assert!(results.certified());
//! let document = results.document();
//! isard::write::json::write(&document, &mut std::io::stdout()).expect("standard output");
//! # Ok::<(), isard::Error>(())
//! ```

mod analyses;
mod analysis;
mod choices;
pub mod elsewhere;
mod factor;
pub mod file;
mod finer;
mod groups;
pub mod load;
mod measured;
mod needs;
pub mod options;
mod payments;
mod recorded;
mod regions;
mod results;
pub mod room;
mod views;
#[cfg(feature = "cli")]
mod words;

pub use analyses::run;
pub use analysis::{Analysis, Finer, Side, When};
#[cfg(feature = "cli")]
pub(crate) use choices::{bears_on_results, group};
pub use options::Study;
pub use recorded::recorded;
pub use results::Results;
#[cfg(feature = "cli")]
pub(crate) use views::regions;
#[cfg(feature = "cli")]
pub(crate) use words::{parse, word};
