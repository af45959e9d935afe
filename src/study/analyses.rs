//! The analyses of a study, each a straight list of calls.

use std::path::PathBuf;
use std::sync::Arc;

use super::factor::{self, EMISSIONS, VALUE, followed, named};
use super::finer;
use super::load::{Loaded, leontief, load, load_for, stressor, system};
use super::measured::measured;
use super::options::{Placing, Reading, Sharing, Spanning};
use super::payments::settlement;
use super::regions;
use super::results::Results;
use super::room::{self, Goal};
use super::views::add_views;
use super::{Analysis, Side, Study};
use crate::decompose::accounts::accounts;
use crate::decompose::{Scheme, decompose, flows, identities, routes};
use crate::error::{Error, Result};
use crate::leontief::{Factor, Leontief};
use crate::linkages::linkages;
use crate::report::years::Years;
use crate::report::{self, Report};
use crate::responsibility::{accounts_by, by_emitter, negative, totals_agree};
use crate::structural::{Followed, How, structural};
use crate::threads::Threads;
use crate::watch::Watch;

/// Does the analysis of a study, on as many threads as it names.
///
/// # Errors
/// What is wrong with a file, a name or a choice; a table that the audit refuses; [`Error::Cancelled`] once `watch` is
/// cancelled.
pub fn run(study: &Study, watch: &Watch) -> Result<Results> {
    let found = match study.writing.threads.filter(|t| *t != watch.thread_count()) {
        None => watch.run(|| analysed(study, watch)),
        Some(0) => Err(Error::range("`threads` must be at least 1", "leave it out to use all cores")),
        Some(count) => Threads::new(count)?.run(|| analysed(study, watch)),
    };
    // whatever came after an early end is no result, and no error of the data
    watch.check()?;
    found
}

fn analysed(study: &Study, watch: &Watch) -> Result<Results> {
    watch.check()?;
    if let Some(tables) = &study.spanning.years {
        return years(study, tables, watch);
    }
    let found = match &study.analysis {
        Analysis::Run => Results::Report(Box::new(chain(study, watch)?)),
        Analysis::Flows => Results::Report(Box::new(with_routes(study, watch)?)),
        Analysis::Responsibility => Results::Report(Box::new(responsibility(study, watch)?)),
        Analysis::Compensate => Results::Report(Box::new(compensation(study, watch)?)),
        Analysis::Accounts => {
            let mut report = base(study, Goal::Analysis, watch)?;
            let all: Vec<_> = report.flows.iter().enumerate().map(|(k, f)| accounts(&report.leontief, k, f)).collect();
            report.more = all.iter().zip(&report.flows).map(|(a, f)| a.verdict(f)).collect();
            Results::Accounts(Box::new(report), all)
        }
        Analysis::Decompose(scheme) => Results::Decomposition(Box::new(decomposed(study, *scheme, watch)?)),
        Analysis::Linkages => Results::Linkages(Box::new(linked(study, watch)?)),
        Analysis::Structural(sides) => Results::Structural(Box::new(compared(study, sides, watch)?)),
        Analysis::Aggregate(when) => Results::Aggregation(Box::new(finer::aggregated(study, *when, watch)?)),
        Analysis::Split(form) if study.splitting.split_regions.is_some() || study.splitting.split_nest.is_some() => {
            Results::Regions(Box::new(regions::divided(study, *form, watch)?))
        }
        Analysis::Split(form) => Results::Split(Box::new(finer::divided(study, *form, watch)?)),
        Analysis::Sparsify => Results::Sparse(Box::new(finer::sparsified(study, watch)?)),
    };
    measured(study, found)
}

/// The analysis of each of several tables, side by side.
fn years(study: &Study, tables: &[PathBuf], watch: &Watch) -> Result<Results> {
    if tables.len() < 2 || !study.is_embedded() {
        let list = tables.iter().map(|t| t.display().to_string()).collect::<Vec<_>>().join(", ");
        let text = match study.is_embedded() {
            false => format!("the table {} is named apart from the tables of years ({list})", study.table_name()),
            true => format!("years compare two or more tables, and {} is named: {list}", tables.len()),
        };
        return Err(Error::invalid(text, "name all tables as years, or one table and no years"));
    }
    let mut reports: Vec<(String, Report)> = Vec::new();
    for (k, table) in tables.iter().enumerate() {
        watch.units("tables", k, tables.len())?;
        let own = Study { placing: Placing { table: Some(table.clone()) }, spanning: Spanning::default(), ..study.clone() };
        watch.note(&format!("table {} of {}: {}", k + 1, tables.len(), table.display()));
        let mut report = match analysed(&own, watch)? {
            Results::Report(report) => *report,
            _ => return Err(Error::invalid("this analysis takes one table", "run it for each table")),
        };
        report.options = study.echo();
        let stem = table.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if reports.iter().any(|(n, _)| *n == stem) { table.display().to_string() } else { stem };
        reports.push((name, report));
    }
    Ok(Results::Years(Box::new(Years::new(reports)?)))
}

fn chain(study: &Study, watch: &Watch) -> Result<Report> {
    if study.is_embedded() {
        watch.note("no table named: using the embedded SYNTHETIC one (31 provinces x 42 sectors)");
    }
    let mut report = with_routes_only(study, watch)?;
    add_accounts(study, &mut report, watch)?;
    add_views(study, &mut report, watch)?;
    let paying = &study.paying;
    if study.is_embedded() || paying.cost.is_some() || paying.price.is_some() || paying.curves.is_some() {
        settlement(study, &mut report, watch)?;
    } else {
        watch.note("no abatement costs named (`cost` or `price`): compensation left out");
    }
    Ok(report)
}

fn with_routes(study: &Study, watch: &Watch) -> Result<Report> {
    let mut report = with_routes_only(study, watch)?;
    add_views(study, &mut report, watch)?;
    Ok(report)
}

fn with_routes_only(study: &Study, watch: &Watch) -> Result<Report> {
    let mut report = base(study, Goal::Local, watch)?;
    report.routes = Some(routes(&report.leontief, report.stressor, report.main_flows())?);
    watch.check()?;
    Ok(report)
}

fn responsibility(study: &Study, watch: &Watch) -> Result<Report> {
    let all_principles = study.sharing.all_principles.or(Some(true));
    let study = &Study { sharing: Sharing { all_principles, ..study.sharing.clone() }, ..study.clone() };
    let mut report = base(study, Goal::Analysis, watch)?;
    add_accounts(study, &mut report, watch)?;
    add_views(study, &mut report, watch)?;
    Ok(report)
}

fn compensation(study: &Study, watch: &Watch) -> Result<Report> {
    let mut report = base(study, Goal::Local, watch)?;
    add_accounts(study, &mut report, watch)?;
    settlement(study, &mut report, watch)?;
    Ok(report)
}

/// Flows of every stressor, and the identities that must hold.
fn base(study: &Study, goal: Goal, watch: &Watch) -> Result<Report> {
    let Loaded { table, findings } = load_for(study, goal, watch)?;
    let which = stressor(study, &table)?;
    let system = system(study, table, watch)?;
    let leontief = Arc::new(leontief(study, system, watch)?);
    let all = flows_of_all(&leontief, watch)?;
    let checks = identities(&leontief, which, &all[which])?;
    let parted = finer::parted(study, &leontief, which, &all[which])?;
    watch.check()?;
    Ok(Report {
        leontief,
        findings,
        warnings: Vec::new(),
        more: Vec::new(),
        options: study.echo(),
        language: study.language(),
        stressor: which,
        flows: all,
        checks,
        routes: None,
        views: None,
        relative: Vec::new(),
        accounts: None,
        by_emitter: Vec::new(),
        parted,
        compensation: None,
    })
}

fn flows_of_all(leontief: &Leontief, watch: &Watch) -> Result<Vec<crate::decompose::Flows>> {
    let stressors = leontief.system.table.stressors.len();
    let one = |k: usize| {
        watch.units("flows", k, stressors)?;
        Ok(flows(leontief, k))
    };
    (0..stressors).map(one).collect()
}

/// Adds the accounts of every principle, by region of emission where that is asked for.
fn add_accounts(study: &Study, report: &mut Report, watch: &Watch) -> Result<()> {
    let (leontief, which, flows) = (&report.leontief, report.stressor, report.main_flows());
    let rules = study.rules(leontief.system.labels())?;
    let (accounts, theta) = accounts_by(leontief, which, flows, &rules)?;
    watch.check()?;
    let mut checks = totals_agree(&accounts, flows);
    let split = if study.sharing.by_emitter.unwrap_or(false) { by_emitter(leontief, which, flows, &theta, &rules)? } else { Vec::new() };
    watch.check()?;
    for members in &split {
        let account = accounts.iter().find(|a| a.principle == members.principle).expect("every principle has an account");
        checks.extend(members.checks(flows, account));
    }
    let warnings = negative(&accounts, &report.regions(), &flows.unit);
    report.warnings.extend(warnings);
    report.checks.extend(checks);
    report.accounts = Some((accounts, theta));
    report.by_emitter = split;
    Ok(())
}

fn decomposed(study: &Study, scheme: Scheme, watch: &Watch) -> Result<report::decomposition::Report> {
    let options = study.echo();
    let (study, word) = followed(study.clone())?;
    let Loaded { table, findings } = load_for(&study, Goal::Local, watch)?;
    let factor = factor::factor(&study, &table, scheme, word.as_deref())?;
    let system = system(&study, table, watch)?;
    let leontief = Arc::new(leontief(&study, system, watch)?);
    let found = decompose(&leontief, scheme, factor)?;
    Ok(report::decomposition::Report { leontief, findings, options, language: study.language(), found })
}

fn linked(study: &Study, watch: &Watch) -> Result<report::linkages::Report> {
    let options = study.echo();
    let (study, word) = followed(study.clone())?;
    let Loaded { table, findings } = load(&study, watch)?;
    let which = match named(&study, &table, word.as_deref())? {
        None if table.stressors.is_empty() => None,
        None => Some(Factor::Stressor(stressor(&study, &table)?)),
        named => named,
    };
    let system = system(&study, table, watch)?;
    let leontief = Arc::new(leontief(&study, system, watch)?);
    let linkages = linkages(&leontief, which);
    let unit = &leontief.system.table.unit;
    let factor = which.map(|factor| crate::decompose::named(&leontief, factor)).map(|(name, own)| (name, format!("{own} per {unit}")));
    Ok(report::linkages::Report { findings, options, language: study.language(), factor, linkages, leontief })
}

fn compared(study: &Study, sides: &[Side; 2], watch: &Watch) -> Result<report::structural::Report> {
    let (study, word) = followed(study.clone())?;
    let side = |side: &Side| {
        let (sheet, emissions) = (side.sheet.clone(), side.emissions.clone());
        let mut own = Study::from(Reading { sheet, emissions, ..Reading::default() }).or(study.clone());
        (own.given, own.placing.table) = (side.given.clone(), side.given.is_none().then(|| side.table.clone()));
        own
    };
    let [first, second] = [side(&sides[0]), side(&sides[1])];
    room::both([&first, &second], Goal::Analysis)?;
    let Loaded { table: before, findings: of_before } = load(&first, watch)?;
    let Loaded { table: after, findings: of_after } = load(&second, watch)?;
    let followed = match word.as_deref() {
        Some(VALUE) => Followed::Value,
        Some(EMISSIONS) | None => Followed::Stressor(study.choosing.stressor.clone()),
        Some(name) => Followed::Stressor(Some(name.into())),
    };
    let how = How { method: study.method()?, storage: study.storage()?, stopping: study.stopping()?, watch: watch.clone() };
    let found = structural(&before, &after, &followed, &how)?;
    Ok(report::structural::Report {
        tables: [before, after],
        findings: [of_before, of_after],
        options: serde_json::json!([first.echo(), second.echo()]),
        language: study.language(),
        rtol: how.stopping.rtol,
        found,
    })
}
