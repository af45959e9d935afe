//! What a study is to find out.

use std::path::PathBuf;

use crate::decompose::Scheme;

/// One of the analyses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Analysis {
    /// The whole chain: flows, routes, responsibility, and payments where costs are known.
    #[default]
    Run,
    /// Emissions by region of origin and final destination, with trade routes.
    Flows,
    /// Production, consumption, import and export accounts of every stressor.
    Accounts,
    /// Exports, or emissions, by a scheme.
    Decompose(Scheme),
    /// Backward and forward linkages.
    Linkages,
    /// Why emissions changed from the first table to the second; the study itself names no table.
    Structural(Box<[Side; 2]>),
    /// Responsibility by every principle.
    Responsibility,
    /// Payments between regions.
    Compensate,
}

/// A table of two that are compared; what it leaves out is that of the study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The table.
    pub table: PathBuf,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Emission inventory.
    pub emissions: Option<PathBuf>,
}
