//! `isard run`: the whole chain.

use std::path::PathBuf;

use clap::Args;

use super::load::{Loaded, leontief, load_for, stressor, system};
use super::pay::settlement;
use super::room::Goal;
use super::views::look;
use super::{Options, Outcome, note, write};
use crate::decompose::{flows, identities, routes};
use crate::error::Result;
use crate::leontief::Leontief;
use crate::report::Report;
use crate::report::document::history;
use crate::responsibility::{accounts_by, by_emitter, negative, totals_agree};
use crate::write::csv;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard run\n\
\x20 isard run study.toml --output results --labels both")]
pub struct Run {
    /// Study file (TOML); without one, the embedded synthetic table
    study: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

impl Run {
    pub fn run(self) -> Result<Outcome> {
        let options = match &self.study {
            Some(path) => self.options.or(Options::from_file(path)?),
            None => self.options,
        };
        if options.placing.table.is_none() {
            note(&options, "no table named: using the embedded SYNTHETIC one (31 provinces x 42 sectors)");
        }
        let Loaded { table, findings } = load_for(&options, Goal::Local)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        report.routes = Some(routes(&leontief, which, report.main_flows())?);
        share(&options, &mut report)?;
        look(&options, &mut report)?;
        if options.placing.table.is_none() || options.paying.cost.is_some() || options.paying.price.is_some() {
            settlement(&options, &mut report)?;
        } else {
            note(&options, "no abatement costs named (--cost or --price): compensation left out");
        }
        emit(&options, &report)
    }
}

/// Flows of every stressor, and the identities that must hold.
pub fn base<'a>(options: &Options, leontief: &'a Leontief, findings: &'a [crate::finding::Finding], stressor: usize) -> Result<Report<'a>> {
    let all: Vec<_> = (0..leontief.system.table.stressors.len()).map(|k| flows(leontief, k)).collect();
    let checks = identities(leontief, stressor, &all[stressor])?;
    Ok(Report {
        leontief,
        findings,
        warnings: Vec::new(),
        more: Vec::new(),
        options: options.echo(),
        language: options.language(),
        stressor,
        flows: all,
        checks,
        routes: None,
        views: None,
        relative: Vec::new(),
        accounts: None,
        by_emitter: Vec::new(),
        compensation: None,
    })
}

/// Adds the accounts of every principle, by region of emission where that is asked for.
pub fn share(options: &Options, report: &mut Report) -> Result<()> {
    let (leontief, which, flows) = (report.leontief, report.stressor, report.main_flows());
    let rules = options.rules(leontief.system.labels())?;
    let (accounts, factor) = accounts_by(leontief, which, flows, &rules)?;
    let mut checks = totals_agree(&accounts, flows);
    let split = if options.sharing.by_emitter.unwrap_or(false) { by_emitter(leontief, which, flows, &factor, &rules)? } else { Vec::new() };
    for members in &split {
        let account = accounts.iter().find(|a| a.principle == members.principle).expect("every principle has an account");
        checks.extend(members.checks(flows, account));
    }
    let warnings = negative(&accounts, &report.regions(), &flows.unit);
    report.warnings.extend(warnings);
    report.checks.extend(checks);
    report.accounts = Some((accounts, factor));
    report.by_emitter = split;
    Ok(())
}

/// Writes and prints a report as asked, and says whether it stands.
pub fn emit(options: &Options, report: &Report) -> Result<Outcome> {
    if let Some(folder) = &options.proving.proof {
        super::proof::write(options, folder, report)?;
    }
    let document = report.document();
    if let Some(file) = &options.tracing.history {
        write::file(options, "history", file, csv::text(&document.head, &history(&document.solves)))?;
    }
    write::document(options, &document, &csv::files(&document))
}
