//! Numbers that lie beside a table: costs and their curves, groups, persons, products and shares of regions, panels, columns.

pub mod columns;
pub mod costs;
mod curves;
mod groups;
pub mod panel;
mod population;
pub mod regional;

pub use curves::curves;
pub use groups::groups;
pub use population::population;
