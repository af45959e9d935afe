//! `isard decompose`: exports, or emissions, by where they come from, how they travel and where they are used.

use clap::Args;

use super::load::{Loaded, leontief, load_for, stressor, system};
use super::options::ModelInput;
use super::room::Goal;
use super::{Options, Outcome, write};
use crate::decompose::{Scheme, decompose};
use crate::error::{Error, Result};
use crate::leontief::Factor;
use crate::report::decomposition::Report;
use crate::table::Table;
use crate::write::csv;

#[derive(Args)]
#[command(after_help = "The factor that is followed: --factor value-added, emissions (the chosen stressor), or the name of a stressor; \
EXTENSION/ROW reads a row of a pymrio table and follows it. Without it: emissions for routes and eebt where the table has any, value added otherwise.\n\n\
Examples:\n\
\x20 isard decompose wiot_2011.npz --scheme wwz --output wwz\n\
\x20 isard decompose SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --scheme routes --json\n\
\x20 isard decompose SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv --scheme kww --factor emissions\n\
\x20 isard decompose pymrio_folder --scheme kww --factor emissions/CO2")]
pub struct Decompose {
    #[command(flatten)]
    input: ModelInput,
    /// routes, kww, wwz, borin-mancini-source, borin-mancini-sink, eebt, extraction
    #[arg(long, value_name = "SCHEME", help_heading = "Accounting")]
    scheme: String,
}

pub(super) const VALUE: &str = "value-added";
pub(super) const EMISSIONS: &str = "emissions";

impl Decompose {
    pub fn run(self) -> Result<Outcome> {
        let scheme: Scheme = self.scheme.parse()?;
        let options = self.input.options();
        let echoed = options.echo();
        let (options, word) = followed(options)?;
        let Loaded { table, findings } = load_for(&options, Goal::Local)?;
        let factor = factor(&options, &table, scheme, word.as_deref())?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let found = decompose(&leontief, scheme, factor)?;
        let report = Report { leontief: &leontief, findings: &findings, options: echoed, language: options.language(), found: &found };
        let document = report.document();
        write::document(&options, &document, &csv::files(&document))
    }
}

/// The options as the reader takes them, EXTENSION/ROW only, and the word that says what is followed.
pub(super) fn followed(mut options: Options) -> Result<(Options, Option<String>)> {
    let (rows, mut words): (Vec<String>, Vec<String>) = options.factors().into_iter().partition(|f| f.contains('/'));
    if words.len() > 1 {
        return Err(Error::invalid(format!("--factor names {} factors to follow: {}", words.len(), words.join(", ")), "name one"));
    }
    options.reading.factor = (!rows.is_empty()).then_some(rows);
    Ok((options, words.pop()))
}

/// What is followed: what the options name, else what the scheme is usually about.
fn factor(options: &Options, table: &Table, scheme: Scheme, word: Option<&str>) -> Result<Factor> {
    match named(options, table, word)? {
        Some(factor) => Ok(factor),
        None if matches!(scheme, Scheme::Routes | Scheme::Eebt) && !table.stressors.is_empty() => {
            stressor(options, table).map(Factor::Stressor)
        }
        None => Ok(Factor::Value),
    }
}

/// The factor that a word, the chosen stressor or a row of a pymrio table names.
pub(super) fn named(options: &Options, table: &Table, word: Option<&str>) -> Result<Option<Factor>> {
    let emissions = || stressor(options, table).map(|k| Some(Factor::Stressor(k)));
    let known: Vec<&str> = table.stressors.iter().map(|s| s.name.as_str()).collect();
    let all: Vec<&str> = known.iter().copied().chain([VALUE, EMISSIONS]).collect();
    let at =
        |name: &str, place: Option<usize>| place.map(|k| Some(Factor::Stressor(k))).ok_or_else(|| Error::unknown("factor", name, &all));
    match (word, options.reading.factor.as_deref()) {
        (Some(VALUE), _) => Ok(Some(Factor::Value)),
        (Some(EMISSIONS), _) => emissions(),
        (Some(name), _) => at(name, known.iter().position(|k| *k == name)),
        (None, _) if options.choosing.stressor.is_some() => emissions(),
        (None, Some([row, ..])) => {
            let named = |k: &&str| *k == row || row.rsplit_once('/').is_some_and(|(_, name)| name == *k);
            at(row, known.iter().position(named))
        }
        (None, _) => Ok(None),
    }
}
