//! A study as a command: it is made ready, done, written and printed, and its verdict is the outcome.

use super::{Outcome, load, proof, watch, write};
use crate::error::Result;
use crate::report::document::history;
use crate::study::{self, Analysis, Results, Study};
use crate::write::{csv, pymrio, tidy};

/// Does a study for an analysis, and writes and prints its results as asked.
pub fn run(study: Study, analysis: Analysis) -> Result<Outcome> {
    let study = Study { analysis, ..study };
    load::ready(&study)?;
    let results = study::run(&study, &watch(&study))?;
    if let (Some(folder), Results::Report(report)) = (&study.proving.proof, &results) {
        proof::write(&study, folder, report)?;
    }
    let mut document = results.document();
    document.next = next(&study);
    document.head.mark = study.forming.excel == Some(true);
    document.head.tongue = study.wording.lang;
    if let Some(file) = &study.tracing.history {
        write::file(&study, "history", file, csv::text(&document.head, &history(&document.solves)))?;
    }
    let files = match &results {
        _ if study.is_tidy() => tidy::files(&document),
        Results::Accounts(..) => pymrio::files(&document),
        _ => csv::files(&document),
    };
    write::document(&study, &document, &files)
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
