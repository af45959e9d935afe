//! Results as documents of sheets: one file for each analysis, and none knows a format.

use std::sync::Arc;

use crate::check::Check;
use crate::compensation::Settlement;
use crate::decompose::relative::Relative;
use crate::decompose::views::Views;
use crate::decompose::{Flows, Routes};
use crate::finding::Finding;
use crate::labels::{Language, Name};
use crate::leontief::Leontief;
use crate::responsibility::{Account, Members, Theta};
use crate::verdict::{Verdict, unproven};
use document::Document;

pub mod accounts;
pub mod aggregate;
pub mod balance;
pub mod build;
mod claims;
pub mod compensation;
pub mod decomposition;
pub mod detection;
pub(crate) mod digits;
pub mod document;
pub mod flows;
pub mod linkages;
pub mod regions;
pub mod responsibility;
mod sensitivity;
pub mod sheet;
pub mod sparsify;
pub mod split;
pub mod structural;
pub mod views;
pub mod years;

/// The results of one run; analyses that were not requested are `None`.
pub struct Report {
    /// The model, with its solves.
    pub leontief: Arc<Leontief>,
    /// What the audit said.
    pub findings: Vec<Finding>,
    /// What must be said of the results themselves.
    pub warnings: Vec<Finding>,
    /// Verdicts on numbers that are printed beside these.
    pub more: Vec<Verdict>,
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
    pub accounts: Option<(Vec<Account>, Theta)>,
    /// Responsibility by region of emission, where asked for.
    pub by_emitter: Vec<Members>,
    /// Emissions by part of a proportional split, where one is named.
    pub parted: Option<split::Parted>,
    /// Payments, and what was asked for beside them.
    pub compensation: Option<Settlement>,
}

impl Report {
    /// A document about the model, its checks and verdicts, without results yet.
    pub fn about(&self) -> Document<'_> {
        let table = &self.leontief.system.table;
        let mut document = Document::about(&self.leontief, &self.findings, &self.options, self.language);
        document.head.notes = table.provenance.notes.as_slice().into();
        (document.checks, document.warnings, document.verdicts) = (&self.checks, self.warnings.as_slice().into(), self.verdicts());
        document
    }

    /// All there is to say, as far as the run went.
    pub fn document(&self) -> Document<'_> {
        let mut document = self.about();
        flows::add(self, &mut document);
        views::add(self, &mut document);
        responsibility::add(self, &mut document);
        compensation::add(self, &mut document);
        if let Some(parted) = &self.parted {
            document.sheets.push(parted.page());
            document.sheets.push(parted.sheet());
        }
        document.sheets.push(document::audit(&self.findings));
        document
    }

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

    /// The verdict on each section, in the order of printing.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let (regions, destinations) = (self.regions(), self.destinations());
        let sums = self.leontief.stopping.floor_of_sums();
        let mut all: Vec<Verdict> = self.flows.iter().map(|f| f.verdict(&regions, &destinations, sums)).collect();
        if let Some(routes) = &self.routes {
            let mut verdict = Verdict::new("routes", self.leontief.stopping.rtol);
            let total = sums * self.main_flows().direct.iter().map(|d| d.value.abs()).sum::<f64>();
            let columns = routes.by_region.ncols();
            verdict.judge("route", total, routes.by_region.iter().copied(), |i| {
                format!("{} of {}", crate::decompose::ROUTES[i % columns].0, regions[i / columns])
            });
            all.push(verdict);
        }
        all.extend(views::verdict(self));
        if let Some((accounts, theta)) = &self.accounts {
            all.push(crate::responsibility::verdict(accounts, theta, &self.by_emitter, self.main_flows(), &regions));
        }
        all.extend(self.compensation.iter().flat_map(|s| crate::compensation::verdicts(s, self.main_flows(), &regions)));
        all.extend(self.more.iter().cloned());
        let mut totals = Verdict::new("identities", self.leontief.stopping.rtol);
        self.checks.iter().for_each(|c| totals.check(c));
        unproven(&mut totals, &self.leontief);
        all.push(totals);
        all
    }
}
