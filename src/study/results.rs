//! What a study found, owned: to be written as a document, or read on.

use crate::decompose::accounts::Accounts;
use crate::report::document::Document;
use crate::report::{Report, accounts, decomposition, linkages, structural, years};

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
        }
    }

    /// Whether every printed number is certified.
    pub fn certified(&self) -> bool {
        self.document().certified()
    }

    /// Flows, accounts and payments, where the analysis has them.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Results::Report(report) | Results::Accounts(report, _) => Some(report),
            _ => None,
        }
    }
}
