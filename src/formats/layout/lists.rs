//! Labels that lie in files of their own: a line for each row or column of bare numbers, and the units of items.

use std::collections::HashMap;

use serde::Deserialize;

use super::lines::{Given, Line, line};
use super::pages::{Page, Row};
use super::store::Store;
use super::{Layout, Many};
use crate::error::{Error, Result};
use crate::formats::parts::gather::{Block, Side};
use crate::formats::tools::separated::Separated;

/// A list of labels.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What parts call it.
    pub name: String,
    /// Patterns of the name of its file.
    #[serde(default)]
    pub file: Many,
    /// Patterns of the name of its sheet, where the file is a workbook.
    #[serde(default)]
    pub(super) sheet: Many,
    /// Whether its first line is a heading.
    #[serde(default)]
    pub heading: bool,
    /// What each column holds.
    #[serde(default)]
    pub levels: Vec<String>,
    /// What its labels are.
    pub(super) block: Option<Block>,
    /// In place of a file: lists of which every combination is a label, the first one varying slowest.
    #[serde(default)]
    pub cross: Vec<String>,
    /// In place of a file: the labels themselves, one text for the only level.
    #[serde(default)]
    pub texts: Vec<String>,
}

/// Where the units of items are listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// Patterns of the name of the file.
    #[serde(default)]
    pub file: Many,
    /// Patterns of the name of the sheet.
    #[serde(default)]
    pub(super) sheet: Many,
    /// Whether it may be absent.
    #[serde(default)]
    pub optional: bool,
    /// Whether the items are codes of the blocks that their levels name.
    #[serde(default)]
    pub codes: bool,
    /// What each column holds: `item`, `unit`, and levels that are codes of rows.
    pub levels: Vec<String>,
}

/// Labels with the place of each.
pub(super) struct Labelled {
    /// Name and place of the list.
    pub(super) place: String,
    /// Names of the levels.
    levels: Vec<String>,
    /// Place and texts of each label.
    lines: Vec<(String, Vec<String>)>,
    block: Option<Block>,
}

/// Lists that were read.
#[derive(Default)]
pub(super) struct Lists(HashMap<String, Labelled>);

impl Lists {
    /// The list of this name.
    ///
    /// # Errors
    /// As [`Labelled::read`].
    pub(super) fn get(&mut self, layout: &Layout, name: &str, store: &mut Store) -> Result<&Labelled> {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_string(), Labelled::read(layout, name, store)?);
        }
        Ok(&self.0[name])
    }
}

impl Labelled {
    /// Reads the list of this name.
    ///
    /// # Errors
    /// When its file is absent, or a line has too many cells.
    pub(super) fn read(layout: &Layout, name: &str, store: &mut Store) -> Result<Self> {
        let list = layout
            .list
            .iter()
            .find(|l| l.name == name)
            .ok_or_else(|| Error::unknown("list", name, &layout.list.iter().map(|l| l.name.as_str()).collect::<Vec<_>>()))?;
        let mut found = Labelled { place: format!("the list {name}"), levels: list.levels.clone(), lines: Vec::new(), block: list.block };
        if !list.texts.is_empty() {
            found.lines = list.texts.iter().map(|t| (found.place.clone(), vec![t.clone()])).collect();
            return Ok(found);
        }
        if !list.cross.is_empty() {
            return found.crossed(layout, list, store);
        }
        let page = page(store, &list.file, &list.sheet)?;
        found.place = page.place().to_string();
        let mut heading = list.heading;
        page.each(&mut |row| {
            if std::mem::take(&mut heading) || (0..row.len()).all(|c| row.is_empty(c)) {
                return Ok(());
            }
            if let Some(c) = (list.levels.len()..row.len()).find(|&c| !row.is_empty(c)).filter(|_| row.is_text()) {
                let text = format!("expected {} cells, found \"{}\" behind them", list.levels.len(), row.text(c));
                return Err(Error::format(row.place(c), text, "name all columns in `levels` of the list"));
            }
            let texts: Vec<String> = (0..list.levels.len()).map(|c| row.text(c).into_owned()).collect();
            let named = list.levels.iter().zip(&texts).any(|(level, text)| !level.is_empty() && !text.is_empty());
            if named {
                found.lines.push((row.place(0), texts));
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn crossed(mut self, layout: &Layout, list: &List, store: &mut Store) -> Result<Self> {
        self.levels.clear();
        self.lines = vec![(self.place.clone(), Vec::new())];
        for name in &list.cross {
            let other = Labelled::read(layout, name, store)?;
            self.levels.extend(other.levels);
            let lines = self.lines.iter().flat_map(|(_, before)| {
                other.lines.iter().map(|(place, texts)| (place.clone(), before.iter().chain(texts).cloned().collect()))
            });
            self.lines = lines.collect();
        }
        Ok(self)
    }

    /// What its labels are, on one side.
    ///
    /// # Errors
    /// As [`line`].
    pub(super) fn lines(&self, layout: &Layout, side: Side) -> Result<Vec<(Line, String)>> {
        let given = Given { side, block: self.block, entity: "" };
        let mut all = Vec::with_capacity(self.lines.len());
        for (place, texts) in &self.lines {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            all.push((line(layout, given, &self.levels, &texts, || place.clone())?, place.clone()));
        }
        Ok(all)
    }
}

/// The file or sheet of these patterns.
fn page(store: &mut Store, file: &Many, sheet: &Many) -> Result<Page> {
    if store.is_book() {
        return store.sheet_of(None, &sheet.0);
    }
    let found = store.matching(&file.0);
    let [name] = &found[..] else {
        let patterns = file.0.iter().map(|p| format!("\"{p}\"")).collect::<Vec<_>>().join(" or ");
        let text = format!("{} files with labels are called {patterns}", found.len());
        return Err(Error::format(store.place(), text, "put the one that belongs to the table beside its numbers"));
    };
    if !sheet.0.is_empty() {
        return store.sheet_of(Some(name), &sheet.0);
    }
    let (text, place) = store.text(name)?;
    // a blank between separator and quotation mark is no part of the label
    Separated::new(place, text.replace(", \"", ",\"")).map(Page::Text)
}

/// The lines of the list of units: block, item and unit of each whose level is a code.
fn listed(layout: &Layout, store: &mut Store) -> Result<Vec<(Block, String, String)>> {
    let Some(units) = &layout.units else { return Ok(Vec::new()) };
    let absent = if store.is_book() { units.sheet.0.is_empty() } else { store.matching(&units.file.0).is_empty() };
    if absent && units.optional {
        return Ok(Vec::new());
    }
    let page = page(store, &units.file, &units.sheet)?;
    let mut found = Vec::new();
    let level = |row: &Row, name: &str| units.levels.iter().position(|l| l == name).map(|c| row.text(c).into_owned());
    page.each(&mut |row| {
        let (item, unit) = (level(row, "item").unwrap_or_default(), level(row, "unit").unwrap_or_default());
        let codes: Vec<String> = (0..units.levels.len()).map(|c| row.text(c).into_owned()).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        found.extend(layout.listed(Side::Row, &codes).map(|block| (block, item, unit)));
        Ok(())
    })?;
    Ok(found)
}

/// The items of the list of units with their blocks.
///
/// # Errors
/// When the list cannot be read.
pub(super) fn items(layout: &Layout, store: &mut Store) -> Result<Vec<(Block, String)>> {
    Ok(listed(layout, store)?.into_iter().map(|(block, item, _)| (block, item)).collect())
}

/// The money units that the list names for sectors, and the units of satellites.
///
/// # Errors
/// When the list cannot be read.
pub(super) fn units(layout: &Layout, store: &mut Store) -> Result<(Vec<String>, HashMap<String, String>)> {
    let (mut money, mut others) = (Vec::new(), HashMap::new());
    for (block, item, unit) in listed(layout, store)? {
        match block {
            Block::Satellite => {
                others.insert(item, unit);
            }
            Block::Intermediate if !money.contains(&unit) => money.push(unit),
            _ => {}
        }
    }
    Ok((money, others))
}
