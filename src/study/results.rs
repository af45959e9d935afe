//! What a study found, owned: to be written as a document, or read on.

use crate::decompose::accounts::Accounts;
use crate::report::document::Document;
use crate::report::{Report, accounts, aggregate, decomposition, linkages, regions, sparsify, split, structural, years};
use crate::share_table::ShareTable;
use crate::snapshot::Part;
use crate::table::Table;

/// What a study found, by the kind of its analysis.
pub enum Results {
    /// Of the whole chain, flows, responsibility and payments.
    Report(Box<Report>),
    /// Accounts of every stressor, with the flows that they are made of.
    Accounts(Box<Report>, Vec<Accounts>),
    /// A decomposition.
    Decomposition(Box<decomposition::Report>),
    /// Linkages.
    Linkages(Box<linkages::Report>),
    /// The same analysis of several tables.
    Years(Box<years::Years>),
    /// A structural decomposition.
    Structural(Box<structural::Report>),
    /// An aggregated table.
    Aggregation(Box<aggregate::Report>),
    /// A split table.
    Split(Box<split::Report>),
    /// A table whose regions are split.
    Regions(Box<regions::Report>),
    /// A table without its small flows.
    Sparse(Box<sparsify::Report>),
}

impl serde::Serialize for Results {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl Results {
    /// All there is to say, for every format.
    pub fn document(&self) -> Document<'_> {
        match self {
            Results::Report(report) => report.document(),
            Results::Accounts(report, all) => accounts::document(report, all),
            Results::Decomposition(report) => report.document(),
            Results::Linkages(report) => report.document(),
            Results::Years(years) => years.document(),
            Results::Structural(report) => report.document(),
            Results::Aggregation(report) => report.document(),
            Results::Split(report) => report.document(),
            Results::Regions(report) => report.document(),
            Results::Sparse(report) => report.document(),
        }
    }

    /// Whether every printed number is certified.
    pub fn certified(&self) -> bool {
        self.document().certified()
    }

    /// What a snapshot can hold of the analysis: the table that it made of the one it read, or that one and the parts of its rows.
    pub fn snapshot(&self) -> Option<(&Table, Vec<Part>)> {
        if let Results::Split(report) = self
            && report.table.is_none()
        {
            let parted = &report.parted;
            let part = |k: usize| {
                let (row, name) = (parted.parts.parent(k), parted.parts.labels.sectors[k].clone());
                Part { row, name, share: parted.parts.shares[k], emissions: parted.shares[k] }
            };
            let split = (0..parted.parts.dim()).filter(|&k| parted.parts.is_split(parted.parts.parent(k)));
            return Some((&report.coarse.system.table, split.map(part).collect()));
        }
        self.table().map(|table| (table, Vec::new()))
    }

    fn table(&self) -> Option<&Table> {
        match self {
            Results::Aggregation(report) => Some(&report.coarse.system.table),
            Results::Split(report) => report.table.as_deref(),
            Results::Regions(report) => report.table.as_deref(),
            Results::Sparse(report) => report.table.as_deref(),
            _ => None,
        }
    }

    /// The table that the analysis made, by its factors.
    pub fn factors(&self) -> Option<&ShareTable> {
        if let Results::Regions(report) = self { report.factors.as_ref() } else { None }
    }

    /// Flows, accounts and payments, where the analysis has them.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Results::Report(report) | Results::Accounts(report, _) => Some(report),
            _ => None,
        }
    }
}
