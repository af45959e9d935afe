//! Results as text, JSON and CSV. One function per format; nothing is computed here.

use crate::compensation::Settlement;
use crate::decompose::relative::Relative;
use crate::decompose::views::Views;
use crate::decompose::{Check, Flows, Routes};
use crate::finding::Finding;
use crate::labels::{Language, Name};
use crate::leontief::Leontief;
use crate::responsibility::{Account, Members, SharingFactor};

pub mod compensation;
pub mod cost;
pub mod csv;
pub mod decomposition;
pub mod detect;
pub mod json;
pub mod linkages;
mod sensitivity;
pub mod structural;
pub mod text;
pub mod views;

/// Everything one run found, as far as it went.
pub struct Report<'a> {
    /// The model, with its solves.
    pub leontief: &'a Leontief<'a>,
    /// What the audit said.
    pub findings: &'a [Finding],
    /// What must be said of the results themselves.
    pub warnings: Vec<Finding>,
    /// The choices of the study, echoed into the result.
    pub options: serde_json::Value,
    /// Language of labels.
    pub language: Language,
    /// The stressor the accounts are about.
    pub stressor: usize,
    /// Flow matrix of every stressor.
    pub flows: Vec<Flows>,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// Trade routes of the stressor.
    pub routes: Option<Routes>,
    /// The flows in more detail or less, where asked for.
    pub views: Option<Views>,
    /// Emissions per head and per unit of GDP, where asked for.
    pub relative: Vec<Relative>,
    /// Responsibility by every principle.
    pub accounts: Option<(Vec<Account>, SharingFactor)>,
    /// Responsibility by region of emission, where asked for.
    pub by_emitter: Vec<Members>,
    /// Payments, and what was asked for beside them.
    pub compensation: Option<Settlement>,
}

impl Report<'_> {
    /// The flows the accounts are about.
    pub fn main_flows(&self) -> &Flows {
        &self.flows[self.stressor]
    }

    /// Labels of the regions.
    pub fn regions(&self) -> Vec<String> {
        self.names(&self.leontief.system.labels().regions)
    }

    /// Labels in the language of the report.
    pub fn names(&self, names: &[Name]) -> Vec<String> {
        names.iter().map(|n| n.label(self.language)).collect()
    }

    /// Labels of the destinations.
    pub fn destinations(&self) -> Vec<String> {
        let labels = self.leontief.system.labels();
        self.main_flows().destinations.iter().map(|d| d.label(labels, self.language)).collect()
    }

    /// `SYNTHETIC` or `MODELLED`, where the table is.
    pub fn stamp(&self) -> Option<&str> {
        self.leontief.system.table.provenance.stamp.as_deref()
    }

    /// Whether every flow is certified, every solve converged and every check held.
    pub fn certified(&self) -> bool {
        self.flows.iter().all(Flows::certified)
            && self.checks.iter().all(|c| c.holds)
            && self.leontief.families().iter().all(|f| f.converged || f.superseded)
    }

    /// Why the result is not certified; empty when it is.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        for f in self.leontief.families().iter().filter(|f| !f.converged && !f.superseded) {
            reasons.push(format!("{} stopped after {} passes: {:?}", f.name, f.passes, f.reason));
        }
        for c in self.checks.iter().filter(|c| !c.holds) {
            reasons.push(format!("{}: relative difference {:.1e}, allowed {:.1e}", c.name, c.found, c.limit));
        }
        if self.flows.iter().any(|f| f.flow.iter().any(|e| !e.bound.is_finite())) {
            reasons.push("the system is not proven productive, so no bound exists; `isard audit` names the sectors".into());
        } else if !self.flows.iter().all(Flows::certified) {
            reasons.push("some bounds exceed the tolerance".into());
        }
        reasons
    }
}
