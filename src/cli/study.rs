//! A study as a command: it is made ready, done, written and printed, and its verdict is the outcome.

use super::{Outcome, load, note, proof, watch, write};
use crate::error::{Error, Result};
use crate::report::document::history;
use crate::snapshot;
use crate::study::{self, Analysis, Results, Study, elsewhere};
use crate::write::{csv, pymrio, tidy};

/// Does a study for an analysis, and writes and prints its results as asked.
pub(super) fn run(study: Study, analysis: Analysis) -> Result<Outcome> {
    let study = Study { analysis, ..study };
    load::ready(&study)?;
    let results = study::run(&study, &watch(&study))?;
    finish(&study, &results)
}

/// As [`run`], where `--output FILE.isard` is a snapshot of the table that the analysis makes; `made` is its analysis then.
pub(super) fn with_table(mut study: Study, analysis: Analysis, made: Analysis) -> Result<Outcome> {
    let Some(target) = study.writing.output.take_if(|target| snapshot::is_named(target)) else { return run(study, analysis) };
    let force = study.writing.force.unwrap_or(false);
    if !write::repeated() {
        // before long work, not after it
        snapshot::may_write(&target, force)?;
    }
    let study = Study { analysis: made, ..study };
    load::ready(&study)?;
    let results = study::run(&study, &watch(&study))?;
    let Some((table, parts)) = results.snapshot() else {
        let help = "name one threshold, or a folder for the results";
        return Err(Error::invalid(format!("{}: no single table is made that a snapshot could hold", target.display()), help));
    };
    write::snapshot_with(table, &parts, &target, force)?;
    let more = if parts.is_empty() { String::new() } else { format!(", {} parts", parts.len()) };
    note(&study, &format!("wrote {} ({} regions, {} rows{more})", target.display(), table.labels.region_count(), table.dim()));
    finish(&study, &results)
}

/// Writes and prints results as asked.
pub(super) fn finish(study: &Study, results: &Results) -> Result<Outcome> {
    if let (Some(folder), Results::Report(report)) = (&study.proving.proof, results) {
        proof::write(study, folder, report)?;
    }
    let mut document = results.document();
    document.next = next(study);
    if let Some(engine) = elsewhere::engine(study)? {
        document.put("engine", serde_json::json!({ "name": engine.name(), "ranks": engine.ranks() }));
    }
    document.head.mark = study.forming.excel == Some(true);
    document.head.tongue = study.wording.lang;
    if let Some(file) = &study.tracing.history {
        write::file(study, "history", file, csv::text(&document.head, &history(&document.solves)))?;
    }
    write::document(study, document, |document| match results {
        _ if study.is_tidy() => tidy::files(document),
        Results::Accounts(..) => pymrio::files(document),
        _ => csv::files(document),
    })
}

/// What a user may do next, in commands.
fn next(study: &Study) -> Vec<String> {
    let command = if study.analysis == Analysis::Compensate { "compensate" } else { "run" };
    let mut next = vec![format!("isard {command} --full: every table, with solves, checks and verdicts")];
    match &study.writing.output {
        Some(folder) => next.push(format!("isard verify {}: checks what was written", folder.display())),
        None => next.push("--output DIR: tables with all bounds as CSV and JSON".into()),
    }
    let table = study.placing.table.as_ref().map(|t| format!(" {}", t.display())).unwrap_or_default();
    next.push(format!("isard audit{table}: what the warnings are"));
    next
}
