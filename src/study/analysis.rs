//! What a study is to find out.

use std::path::PathBuf;
use std::sync::Arc;

use crate::decompose::Scheme;
use crate::error::{Error, Result};
use crate::table::Table;

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
    /// Footprints of an aggregated table, and what aggregation does to them.
    Aggregate(When),
    /// Footprints and emissions of parts of sectors.
    Split(Finer),
    /// What flows that are left out do to footprints.
    Sparsify,
}

impl Analysis {
    /// The analysis of a command of one table, such as `flows`, or of `decompose` with the name of a scheme; `after`: an
    /// aggregation after solving.
    ///
    /// # Errors
    /// When there is no such command, or no such scheme.
    pub fn of_command(command: &str, scheme: &str, after: bool) -> Result<Self> {
        Ok(match command {
            "run" => Analysis::Run,
            "flows" => Analysis::Flows,
            "accounts" => Analysis::Accounts,
            "decompose" => Analysis::Decompose(scheme.parse()?),
            "linkages" => Analysis::Linkages,
            "responsibility" => Analysis::Responsibility,
            "compensate" => Analysis::Compensate,
            "aggregate" => Analysis::Aggregate(if after { When::After } else { When::Before }),
            "split" => Analysis::Split(Finer::Operator),
            "sparsify" => Analysis::Sparsify,
            _ => return Err(Error::unknown("analysis", command, &OF_ONE_TABLE)),
        })
    }
}

/// The commands of one table that are analyses.
const OF_ONE_TABLE: [&str; 10] =
    ["run", "flows", "accounts", "decompose", "linkages", "responsibility", "compensate", "aggregate", "split", "sparsify"];

/// When a table is aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before it is solved: the coarse table is the model.
    Before,
    /// After it is solved: results are added up.
    After,
}

/// In which form a split is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finer {
    /// As an operator where it is proportional, as a table where more is known.
    Operator,
    /// As a table.
    Table,
    /// By factors, which parts of regions have where the table consists of trade shares.
    Factors,
}

/// A table of two that are compared; what it leaves out is that of the study.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The table.
    pub table: PathBuf,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Emission inventory.
    pub emissions: Option<PathBuf>,
    /// A table in memory, in place of one that is named.
    pub given: Option<Arc<Table>>,
}

/// Tables in memory are equal if they are one.
impl PartialEq for Side {
    fn eq(&self, other: &Self) -> bool {
        let given = [&self.given, &other.given].map(|given| given.as_ref().map(Arc::as_ptr));
        given[0] == given[1] && (&self.table, &self.sheet, &self.emissions) == (&other.table, &other.sheet, &other.emissions)
    }
}

impl Eq for Side {}
