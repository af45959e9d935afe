//! Reading by a description: each part by the engine of its shape, then units, then the parts of the table.

use std::collections::HashMap;

use super::lists::{Lists, items, units};
use super::store::Store;
use super::{Layout, PerOutput, Shape, fits, grid, records};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::Parts;
use crate::formats::parts::gather::{About, Block, Gather, Label};
use crate::formats::{Reading, Source};

/// Units met while reading.
#[derive(Default)]
pub(super) struct Units {
    money: Vec<String>,
    items: HashMap<String, String>,
    /// Which of the codes that must be there were met.
    met: Vec<bool>,
}

impl Units {
    /// Takes down the texts of a label.
    pub(super) fn meet(&mut self, layout: &Layout, texts: &[&str]) {
        self.met.resize(layout.must.len(), false);
        for (code, met) in layout.must.iter().zip(&mut self.met).filter(|(_, met)| !**met) {
            *met = texts.iter().any(|text| fits(code, text));
        }
    }

    /// Refuses a file that lacks a code that must be there.
    fn whole(&self, layout: &Layout, place: &str) -> Result<()> {
        let lacks = layout.must.iter().enumerate().find(|(k, _)| !self.met.get(*k).copied().unwrap_or(false));
        lacks.map_or(Ok(()), |(_, code)| {
            let text = format!("no row or column is called {code}, which the layout {} always has", layout.name);
            Err(Error::format(place, text, "the file is cut off or lines were removed: fetch it again"))
        })
    }

    /// Takes down the unit of a row; of coefficients, that of their numerator.
    pub(super) fn note(&mut self, label: &Label, unit: &str, per: PerOutput) {
        let unit = if per == PerOutput::ByUnit { unit.rsplit_once('/').map_or(unit, |(of, _)| of) } else { unit };
        match label.block {
            _ if unit.is_empty() => {}
            Block::Intermediate if !self.money.iter().any(|m| m == unit) => self.money.push(unit.to_string()),
            Block::Satellite if !self.items.contains_key(&label.item) => {
                self.items.insert(label.item.clone(), unit.to_string());
            }
            _ => {}
        }
    }
}

/// The description with the items of the list of units as codes, where it says so.
fn with_codes(layout: &Layout, store: &mut Store) -> Result<Option<Layout>> {
    if !layout.units.as_ref().is_some_and(|u| u.codes) {
        return Ok(None);
    }
    let mut with = layout.clone();
    for (block, item) in items(layout, store)? {
        with.codes.rows.entry(block).or_default().push(item.clone());
        if block == Block::Intermediate {
            with.codes.columns.entry(block).or_default().push(item);
        }
    }
    Ok(Some(with))
}

/// Reads a file by a description.
pub(super) fn read(layout: &Layout, source: &Source, reading: &Reading) -> Result<Parts> {
    let mut store = Store::open(source, reading)?;
    let with_codes = with_codes(layout, &mut store)?;
    let layout = with_codes.as_ref().unwrap_or(layout);
    let mut gather = Gather::new(layout.rules());
    let (mut found, mut lists) = (Units::default(), Lists::default());
    for (k, part) in layout.part.iter().enumerate() {
        for name in store.named(part, k == 0, &layout.tell.labels)? {
            reading.watch.check()?;
            let page = store.page(&name)?;
            match layout.shape {
                Shape::Grid => grid::read(layout, part, &page, &mut gather, &mut found)?,
                Shape::Numbers => grid::bare(layout, part, &page, (&mut store, &mut lists), &mut gather, &mut found)?,
                Shape::Records => records::read(layout, part, &page, reading, &mut gather, &mut found)?,
            }
        }
    }
    found.whole(layout, &store.place())?;
    let (money, items) = units(layout, &mut store)?;
    found.money.extend(money);
    found.items.extend(items);
    let mut unit = layout.unit.clone();
    if unit.is_empty() {
        match &found.money[..] {
            [] => {}
            [one] => unit.clone_from(one),
            [one, other, ..] => {
                let text = format!("{}: the rows have several units (\"{one}\", \"{other}\"): the table has none", store.place());
                gather.remark(Finding::new(Level::Warn, "units-mixed", text));
            }
        }
    }
    let about = About { place: store.place(), holder: Some(store.holder()), unit, units: found.items, factors: reading.factors.clone() };
    if layout.shape == Shape::Numbers {
        let text = "rows and columns are known by their place alone: numbers in another order than their labels cannot be told";
        gather.note(text.into());
    }
    let mut parts = gather.parts(&about)?;
    parts.provenance.notes.insert(0, format!("read by the description {}", layout.name));
    parts.provenance.files = store.sources;
    parts.provenance.sheet = store.sheet;
    Ok(parts)
}
