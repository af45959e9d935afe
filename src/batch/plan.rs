//! Plan files: the table of a batch as in a study file, and its runs: demands, scenarios, draws.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::change::Scenario;
use super::draw::Draws;
use crate::error::{Error, Result, did_you_mean};
use crate::formats::Encoding;
use crate::part::sha256;
use crate::study::Study;
use crate::table::Table;
use crate::watch::Watch;

/// What is told of each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Emissions of each region of origin for all final demand.
    Origin,
    /// Emissions for the final demand of each destination, wherever they come from.
    Destination,
    /// Emissions of each region of origin for each destination.
    Flows,
    /// One number.
    Total,
}

impl Outcome {
    /// The name of its file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Origin => "origin",
            Outcome::Destination => "destination",
            Outcome::Flows => "flows",
            Outcome::Total => "total",
        }
    }
}

/// What the whole batch asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Asked {
    /// A file of results for each.
    pub outcomes: Vec<Outcome>,
    /// Largest bound of a number of a scenario or draw, relative to it.
    pub tolerance: Option<f64>,
    /// Runs of a block of scenarios or draws.
    pub block: Option<usize>,
}

/// Demands: a file of columns, and columns of single cells.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Demands {
    /// `.npy` (n x k), or CSV of region, sector and columns.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Columns of the plan.
    #[serde(default)]
    pub column: Vec<Column>,
}

/// A column of final demand.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Column {
    /// What it is called.
    pub name: String,
    /// Region, sector and value.
    pub cells: Vec<(String, String, f64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(rename = "data")]
    _data: Option<toml::Table>,
    #[serde(rename = "solve")]
    _solve: Option<toml::Table>,
    #[serde(default)]
    batch: Asked,
    demand: Option<Demands>,
    #[serde(default)]
    scenario: Vec<Scenario>,
    draws: Option<Draws>,
}

/// A plan as it was read; nothing in it is compared with the table yet.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file.
    pub path: PathBuf,
    /// Which table, and how it is solved.
    pub study: Study,
    pub(super) asked: Asked,
    pub(super) demand: Option<Demands>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) draws: Option<Draws>,
    /// SHA-256 of its keys and values, whatever their order and the comments beside them.
    pub(super) sha256: String,
}

impl Plan {
    /// Reads a plan; paths in it are relative to its folder.
    ///
    /// # Errors
    /// With the line, when it is no plan.
    pub fn read(path: &Path) -> Result<Plan> {
        let (text, _) = crate::formats::text(path, Encoding::Utf8, &Watch::default())?;
        let failed = |e: toml::de::Error| {
            let at = e.span().map_or(0, |s| s.start);
            let line = text[..at.min(text.len())].matches('\n').count() + 1;
            // names in backticks would be told as flags
            Error::format(format!("{}:{line}", path.display()), e.message().trim().replace('`', "\""), remedy(e.message()))
        };
        let file: File = toml::from_str(&text).map_err(failed)?;
        let whole: toml::Table = toml::from_str(&text).map_err(failed)?;
        let study = Study::from_text(&of_study(&text), path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut plan = Plan {
            path: path.to_path_buf(),
            study,
            asked: file.batch,
            demand: file.demand,
            scenarios: file.scenario,
            draws: file.draws,
            sha256: sha256(&serde_json::to_vec(&whole).map_err(|e| plan_error(path, "the plan", e, "write plain values"))?),
        };
        if let Some(file) = plan.demand.as_mut().and_then(|d| d.file.as_mut()) {
            *file = folder.join(&*file);
        }
        plan.sound()?;
        Ok(plan)
    }

    /// Refuses what no table could make sense of.
    fn sound(&self) -> Result<()> {
        let wrong = |what: &str, why: String, help: &str| Err(plan_error(&self.path, what, why, help));
        if self.study.spanning.years.is_some() {
            return wrong("years", "a batch has one table".into(), "name it by `table`, and write a plan for each year");
        }
        if self.demand.is_none() && self.scenarios.is_empty() && self.draws.is_none() {
            return wrong("runs", "there is none".into(), "add a table [demand] or [draws], or a [[scenario]]");
        }
        if self.demand.as_ref().is_some_and(|d| d.file.is_none() && d.column.is_empty()) {
            return wrong("[demand]", "neither a file nor a column is named".into(), "add file = \"demands.npy\", or a [[demand.column]]");
        }
        if let Some(t) = self.asked.tolerance.filter(|t| !(*t > 0.0 && *t < 1.0)) {
            return wrong("tolerance", format!("must lie between 0 and 1, not {t}"), "leave it out for 1e-6");
        }
        if self.asked.block == Some(0) {
            return wrong("block", "a block of 0 runs is none".into(), "leave it out for 16");
        }
        if let Some(outcome) = self.outcomes().iter().find(|o| self.demand.is_some() && matches!(o, Outcome::Destination | Outcome::Flows))
        {
            let why = format!("{} has no meaning for a column of [demand], which belongs to no destination", outcome.name());
            return wrong("outcomes", why, "ask for origin or total, or write the demands into a plan of their own");
        }
        for (at, outcome) in self.outcomes().iter().enumerate() {
            if self.outcomes()[..at].contains(outcome) {
                return wrong("outcomes", format!("{} comes twice", outcome.name()), "name each once");
            }
        }
        self.scenarios
            .iter()
            .try_for_each(|s| s.sound().map_err(|(why, help)| plan_error(&self.path, &format!("scenario {}", s.name), why, help)))?;
        if let Some((at, name)) = self
            .scenarios
            .iter()
            .enumerate()
            .map(|(at, s)| (at, &s.name))
            .find(|(at, n)| self.scenarios[..*at].iter().any(|s| s.name == **n))
        {
            return wrong("scenario", format!("number {} has the name of another, {name}", at + 1), "give each a name of its own");
        }
        self.draws.as_ref().map_or(Ok(()), |d| d.sound().map_err(|(why, help)| plan_error(&self.path, "[draws]", why, help)))
    }

    /// What is told of each run.
    pub(super) fn outcomes(&self) -> &[Outcome] {
        if self.asked.outcomes.is_empty() { &[Outcome::Origin] } else { &self.asked.outcomes }
    }
}

/// What is wrong with a plan, where.
pub(super) fn plan_error(path: &Path, what: &str, why: impl ToString, help: impl ToString) -> Error {
    Error::format(format!("{}: {what}", path.display()), why, help)
}

/// The lines of a study file, every other left empty, so that lines keep their numbers.
fn of_study(text: &str) -> String {
    let mut own = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.trim_start().strip_prefix('[') {
            own = ["data]", "solve]"].iter().any(|t| name.starts_with(t));
        }
        kept += if own { line } else { "\n" };
    }
    kept
}

/// What to do about a key or value that cannot be read, from the words of the parser.
fn remedy(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((name, known)) if message.contains("unknown") => did_you_mean(name, known),
        _ => "docs/batch-and-memory.md has the keys of a plan".into(),
    }
}

/// Rows of a region, of a sector, of both, or all.
pub(super) fn rows(table: &Table, region: Option<&str>, sector: Option<&str>) -> Result<Vec<usize>> {
    let names = table.labels.row_names();
    match (region, sector) {
        (None, None) => Ok((0..names.dim()).collect()),
        (Some(region), None) => Ok(names.rows(names.region(region)?).collect()),
        (None, Some(sector)) => names.rows_of_sector(sector),
        (Some(region), Some(sector)) => Ok(vec![names.row(names.region(region)?, sector)?]),
    }
}
