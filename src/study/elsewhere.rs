//! A study whose flows the processes of an engine keep: what is read here, and what cannot be done so.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Study;
use super::load::{Loaded, completed};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::operator::elsewhere::{self, Elsewhere};
use crate::snapshot;
use crate::system::System;
use crate::table::Table;
use crate::watch::Watch;

/// Which engine solves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// This process alone.
    Local,
    /// Processes that share the rows, under MPI.
    Mpi,
}

impl Engine {
    /// Its name in options.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Local => "local",
            Engine::Mpi => "mpi",
        }
    }
}

/// The engine that is to keep the flows of a study; `None`: this process keeps them.
///
/// # Errors
/// If this program does not have the engine, or the study asks for what needs the flows here.
pub fn engine(study: &Study) -> Result<Option<&'static dyn Elsewhere>> {
    let here = elsewhere::engine();
    let found = match study.engaging.engine {
        Some(Engine::Local) => return Ok(None),
        None => here,
        Some(named) => Some(here.filter(|e| e.name() == named.name()).ok_or_else(|| missing(named))?),
    };
    let Some(engine) = found else { return Ok(None) };
    let Study { spanning, reading, solving, proving, .. } = study;
    let unable = [
        ("years", spanning.years.is_some()),
        ("zero-output", reading.zero_output.is_some()),
        ("accept", reading.accept.is_some()),
        ("operator", solving.operator.is_some()),
        ("proof", proving.proof.is_some()),
    ];
    match unable.iter().find(|(_, asked)| *asked) {
        None => Ok(Some(engine)),
        Some((option, _)) => {
            let text = format!("`{option}` needs the flows in this process, and the processes of the engine {} keep them", engine.name());
            Err(Error::unsupported(text, "leave it out, or pass `engine` local"))
        }
    }
}

/// An engine that this program has not.
fn missing(engine: Engine) -> Error {
    let text = format!("this program has no engine {}", engine.name());
    Error::unsupported(text, format!("engines/{} makes a program that has it; `engine` local does without", engine.name()))
}

/// The table of a study but for its flows.
///
/// # Errors
/// If it is no snapshot of a table, or damaged.
pub fn table(study: &Study, engine: &dyn Elsewhere, watch: &Watch) -> Result<Loaded> {
    watch.units("read", 0, 1)?;
    let path = snapshot_of(study, engine)?;
    let file = snapshot::open(path)?;
    let mut table = file.with_flows_elsewhere()?;
    table.provenance.files.insert(0, file.source());
    completed(study, &mut table, watch)?;
    let text = format!(
        "the processes of the engine {} keep the flows: these are finite and nobody without output buys; isard audit looks at the rest",
        engine.name()
    );
    watch.note(&text);
    let mut findings = table.remarks.clone();
    findings.push(Finding::new(Level::Warn, "flows-not-audited", text));
    Ok(Loaded { table: Arc::new(table), findings })
}

/// The snapshot of a study.
///
/// # Errors
/// If its table is none.
pub fn snapshot_of<'s>(study: &'s Study, engine: &dyn Elsewhere) -> Result<&'s Path> {
    let path = study.placing.table.as_deref();
    path.filter(|p| snapshot::is_snapshot(p)).ok_or_else(|| {
        let text = format!("the processes of the engine {} read the rows of a snapshot, and {} is none", engine.name(), study.table_name());
        Error::unsupported(text, "isard import TABLE `output` FILE.isard makes one, isard synth another")
    })
}

/// The system of such a table.
///
/// # Errors
/// If a process cannot read its rows.
pub fn system(study: &Study, table: Arc<Table>) -> Result<System> {
    let engine = engine(study)?.ok_or_else(|| Error::invalid("the flows of this table are with an engine", "name the engine"))?;
    Ok(System::elsewhere(table, engine.open(snapshot_of(study, engine)?, true)?))
}
