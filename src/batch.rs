//! Batches: thousands of scenarios of one table from one plan, each number with its bound, in shards and after kills alike.
//!
//! ```text
//! runs     demands (columns of a file), then scenarios (changes, every combination of lists), then draws of the table
//! blocks   neighbouring runs; a block is done or not, and lies in files of its own
//! shard    i of N does the blocks b with b mod N = i - 1
//! merge    the files of all blocks in order, behind one heading
//! ```
//! Which block a run belongs to is a matter of the plan alone, and the numbers of a run are a matter of the plan and of its own
//! number: shards, threads, order and kills change no byte of a result.

mod change;
mod demand;
mod draw;
mod normal;
mod plan;
mod runs;
mod store;

pub use demand::Footprints;
pub use draw::{Balance, Law};
pub use plan::Plan;
pub use runs::{Batch, Estimate};
pub use store::{Identity, Kind, Merged, Shard, Sheet, Store, merge};
