//! Which factor a study follows: value added, the chosen stressor, or one by name.

use super::Study;
use super::load::stressor;
use crate::decompose::Scheme;
use crate::error::{Error, Result};
use crate::leontief::Factor;
use crate::table::Table;

/// The word for value added.
pub(super) const VALUE: &str = "value-added";
/// The word for the chosen stressor.
pub(super) const EMISSIONS: &str = "emissions";

/// The study as the reader takes it, EXTENSION/ROW only, and the word that says what is followed.
pub(super) fn followed(mut study: Study) -> Result<(Study, Option<String>)> {
    let (rows, mut words): (Vec<String>, Vec<String>) = study.factors().into_iter().partition(|f| f.contains('/'));
    if words.len() > 1 {
        return Err(Error::invalid(format!("`factor` names {} factors to follow: {}", words.len(), words.join(", ")), "name one"));
    }
    study.reading.factor = (!rows.is_empty()).then_some(rows);
    Ok((study, words.pop()))
}

/// What is followed: what the study names, else what the scheme is usually about.
pub(super) fn factor(study: &Study, table: &Table, scheme: Scheme, word: Option<&str>) -> Result<Factor> {
    match named(study, table, word)? {
        Some(factor) => Ok(factor),
        None if matches!(scheme, Scheme::Routes | Scheme::Eebt) && !table.stressors.is_empty() => {
            stressor(study, table).map(Factor::Stressor)
        }
        None => Ok(Factor::Value),
    }
}

/// The factor that a word, the chosen stressor or a row of a pymrio table names.
pub(super) fn named(study: &Study, table: &Table, word: Option<&str>) -> Result<Option<Factor>> {
    let emissions = || stressor(study, table).map(|k| Some(Factor::Stressor(k)));
    let known: Vec<&str> = table.stressors.iter().map(|s| s.name.as_str()).collect();
    let all: Vec<&str> = known.iter().copied().chain([VALUE, EMISSIONS]).collect();
    let at =
        |name: &str, place: Option<usize>| place.map(|k| Some(Factor::Stressor(k))).ok_or_else(|| Error::unknown("factor", name, &all));
    match (word, study.reading.factor.as_deref()) {
        (Some(VALUE), _) => Ok(Some(Factor::Value)),
        (Some(EMISSIONS), _) => emissions(),
        (Some(name), _) => at(name, known.iter().position(|k| *k == name)),
        (None, _) if study.choosing.stressor.is_some() => emissions(),
        (None, Some([row, ..])) => {
            let named = |k: &&str| *k == row || row.rsplit_once('/').is_some_and(|(_, name)| name == *k);
            at(row, known.iter().position(named))
        }
        (None, _) => Ok(None),
    }
}
