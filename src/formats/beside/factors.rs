//! What stressors count for: columns `stressor` (a name, or a pattern with `*`), `factor`, and, where they are given, `unit` of the
//! stressor that the factor is for, and `result`, the unit that the factor leads to, the same on every line.

use std::path::Path;

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;
use crate::inventory::characterised::{CharacterisationFactors, Line};

/// Reads a table of factors; the new stressor has the name of the file.
///
/// # Errors
/// When a column is missing, a cell is no number, or lines lead to several units.
pub fn factors(path: &Path, encoding: Encoding) -> Result<CharacterisationFactors> {
    let rows = Rows::read(path, encoding)?;
    let needed = |names: &[&str]| {
        rows.column(names)?.ok_or_else(|| {
            let text = format!("expected a column {}, found {}", names[0], rows.header.join(", "));
            Error::format(&rows.place, text, "name the columns stressor, factor and, where they are needed, unit and result")
        })
    };
    let (stressor, factor) =
        (needed(&["stressor", "flow", "substance"])?, needed(&["factor", "characterisationfactor", "characterizationfactor"])?);
    let (unit, result) = (rows.column(&["unit"])?, rows.column(&["result", "resultunit"])?);
    let used: Vec<usize> = [stressor, factor].into_iter().chain(unit).chain(result).collect();
    rows.nothing_else(&used, &["stressor", "factor", "unit", "result"])?;
    let mut lines = Vec::with_capacity(rows.records.len());
    let mut leads: Option<String> = None;
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let value = rows.number(i, factor)?;
        if let Some(c) = result.filter(|&c| !cells[c].is_empty()) {
            match &leads {
                Some(first) if *first != cells[c] => {
                    let text = format!("lines lead to \"{first}\" and \"{}\"", cells[c]);
                    return Err(Error::format(rows.at(i, c), text, "write a file for each unit of results"));
                }
                _ => leads = Some(cells[c].clone()),
            }
        }
        let per = unit.map(|c| cells[c].clone()).filter(|u| !u.is_empty());
        lines.push(Line { stressor: cells[stressor].clone(), factor: value, per, place: rows.at(i, stressor) });
    }
    let name = path.file_stem().map_or_else(|| "characterised".into(), |s| s.to_string_lossy().into_owned());
    Ok(CharacterisationFactors { name, unit: leads.unwrap_or_default(), lines, place: rows.place.clone() })
}
