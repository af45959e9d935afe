//! Numbers that lie beside a table: costs and their curves, groups, persons, products and shares of regions, panels, columns.

mod between;
pub mod columns;
pub mod costs;
mod curves;
mod factors;
pub mod finer;
mod groups;
mod measures;
pub mod panel;
mod population;
mod prices;
pub mod regional;
mod targets;

pub use between::{Pairs, distances, distances_of, trade, trade_of};
pub use curves::{Given as GivenCurves, curves};
pub use factors::factors;
pub use groups::groups;
pub use population::population;
pub use targets::targets;
