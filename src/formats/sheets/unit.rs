//! The money unit that the head of a sheet names: behind 单位 or Unit, in brackets in the title, or alone in a cell.

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::tools::grid::Grid;
use crate::units::{MONEY, Unit};

/// The unit of a published sheet that names none.
const PUBLISHED: &str = "10^4 yuan";

/// The money unit named in the first `head` rows; none where they name none.
///
/// # Errors
/// With the cell, when a unit is named that is not understood, or two are named that differ.
pub(in crate::formats) fn table_unit(grid: &Grid, head: usize) -> Result<Option<Unit>> {
    let mut found: Option<(Unit, String)> = None;
    for row in 0..head {
        for column in (0..grid.columns()).filter(|&c| grid.find_number(row, c).is_none() && !grid.is_empty(row, c)) {
            let next = || (column + 1..grid.columns()).map(|c| grid.text(row, c)).find(|t| !t.is_empty());
            let place = grid.address(row, column);
            let Some(unit) = named(&grid.text(row, column), next, &place)? else { continue };
            match &found {
                None => found = Some((unit, place)),
                Some((other, at)) if !other.same(&unit) => {
                    let text = format!("the unit is {unit} here and {other} at {at}");
                    return Err(Error::format(place, text, "keep one of them, or pass `table-unit` with `override-unit`"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(found.map(|(unit, _)| unit))
}

/// The unit in the words of the tables that are published without one, and the finding that it is assumed.
pub(super) fn or_published(unit: Option<Unit>, place: &str) -> (String, Option<Finding>) {
    if let Some(unit) = unit {
        return (unit.to_string(), None);
    }
    let text =
        format!("{place}: the sheet names no money unit; {PUBLISHED} is assumed, as in the published editions: say it with `table-unit`");
    (PUBLISHED.into(), Some(Finding::new(Level::Warn, "table-unit-assumed", text)))
}

/// The unit that a cell names; `next` is the text of the cell behind it.
fn named(cell: &str, next: impl Fn() -> Option<String>, place: &str) -> Result<Option<Unit>> {
    let refused = |e: crate::units::Unread| e.at(place, format!("correct the cell; known units: {MONEY}"));
    if let Ok(unit) = Unit::money(cell) {
        return Ok(Some(unit));
    }
    if let Some(text) = behind_the_word(cell) {
        let text = if text.is_empty() { next().unwrap_or_default() } else { text };
        return Unit::money_or(&text, "yuan").map(Some).map_err(refused);
    }
    let plain = cell.replace(['（', '［', '[', '【'], "(").replace(['）', '］', ']', '】'], ")");
    for inside in plain.split('(').skip(1).filter_map(|part| part.split_once(')').map(|(inside, _)| inside)) {
        match Unit::money(inside) {
            Ok(unit) => return Ok(Some(unit)),
            Err(e) if speaks_of_money(inside) => return Err(refused(e)),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// What stands behind 单位 or Unit, up to the end of a bracket that was open before it.
fn behind_the_word(cell: &str) -> Option<String> {
    let low = cell.to_lowercase();
    let cell = if low.len() == cell.len() { cell } else { low.as_str() };
    let (before, rest) = ["单位", "units", "unit"].iter().find_map(|w| low.find(w).map(|at| (&cell[..at], &cell[at + w.len()..])))?;
    let chinese = low.contains("单位");
    let trimmed = rest.trim_start();
    let stripped = trimmed.trim_start_matches([':', '：', '=', '为']);
    // united, unit price: only what is set apart is a unit
    let apart = chinese || stripped.len() < trimmed.len() || trimmed.starts_with(['(', '（', '[']) || low[before.len()..].contains(" in ");
    if !apart || (before.chars().next_back().is_some_and(char::is_alphabetic) && !chinese) {
        return None;
    }
    let text = stripped.trim().strip_prefix("in ").unwrap_or(stripped.trim());
    let open = before.contains(['(', '（', '[', '【']);
    let text = if open { text.trim_end_matches([')', '）', ']', '】']) } else { text };
    // in brackets of its own
    let own = text.strip_prefix(['(', '（', '[']).and_then(|t| t.strip_suffix([')', '）', ']']));
    Some(own.unwrap_or(text).trim().to_string())
}

/// Whether a text that is no unit was meant as one.
fn speaks_of_money(text: &str) -> bool {
    let low = text.to_lowercase();
    let words = || low.split(|c: char| !c.is_alphanumeric());
    text.contains('元') || words().any(|w| ["yuan", "rmb", "cny", "usd", "eur", "euro", "euros", "dollars"].contains(&w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_from_headers() {
        for (cell, expected) in [
            ("多区域投入产出表（单位：万元）", Some("10^4 yuan")),
            ("单位:百万元", Some("10^6 yuan")),
            ("单位：亿元", Some("10^8 yuan")),
            ("单位：十亿元", Some("10^9 yuan")),
            ("金额单位（亿元）", Some("10^8 yuan")),
            ("单位", Some("10^3 yuan")),
            ("中国多区域投入产出表（亿元）", Some("10^8 yuan")),
            ("按当年生产者价格计算（单位：万元）", Some("10^4 yuan")),
            ("万元", Some("10^4 yuan")),
            ("Unit: 10,000 yuan", Some("10^4 yuan")),
            ("Unit: Billion Yuan", Some("10^9 yuan")),
            ("(Unit: 100 million Yuan)", Some("10^8 yuan")),
            ("Unit: 10 thousand yuan", Some("10^4 yuan")),
            ("Unit (10^4 yuan)", Some("10^4 yuan")),
            ("Units: million yuan", Some("10^6 yuan")),
            ("Units in million yuan", Some("10^6 yuan")),
            ("unit: yuan", Some("yuan")),
            ("Table 2017 (42 sectors, M EUR)", None),
            ("United tables of China", None),
            ("Beijing", None),
        ] {
            let found = named(cell, || Some("千元".into()), "here").map(|u| u.map(|u| u.to_string()));
            assert_eq!(found.ok().flatten().as_deref(), expected, "{cell}");
        }
        for (cell, rest) in
            [("Unit: bushels", "bushels"), ("单位：万元/人", "/人"), ("投入产出表（亿元左右）", "左右"), ("(104 yuan)", "104")]
        {
            let error = named(cell, || None, "here").expect_err(cell).to_string();
            assert!(error.starts_with("here: ") && error.contains(rest), "{error}");
        }
    }
}
