//! Reading by a description: each part by the engine of its shape, then units, then the parts of the table.

use std::collections::HashMap;

use super::lists::{Lists, units};
use super::store::Store;
use super::{Layout, PerOutput, Shape, grid, records};
use crate::error::Result;
use crate::finding::{Finding, Level};
use crate::formats::parts::Parts;
use crate::formats::parts::gather::{About, Block, Gather, Label};
use crate::formats::{Reading, Source};

/// Units met while reading.
#[derive(Default)]
pub(super) struct Units {
    money: Vec<String>,
    items: HashMap<String, String>,
}

impl Units {
    /// Takes down the unit of a row; of coefficients, that of their numerator.
    pub fn note(&mut self, label: &Label, unit: &str, per: PerOutput) {
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

/// Reads a file by a description.
pub(super) fn read(layout: &Layout, source: &Source, reading: &Reading) -> Result<Parts> {
    let mut store = Store::open(source, reading)?;
    let mut gather = Gather::new(layout.rules());
    let (mut found, mut lists) = (Units::default(), Lists::default());
    for (k, part) in layout.part.iter().enumerate() {
        for name in store.named(part, k == 0, &layout.tell.labels)? {
            reading.watch.check()?;
            let page = store.page(&name)?;
            match layout.shape {
                Shape::Grid => grid::read(layout, part, &page, &mut gather, &mut found)?,
                Shape::Numbers => grid::bare(layout, part, &page, (&mut store, &mut lists), &mut gather, &mut found)?,
                Shape::Records => records::read(layout, part, &page, reading, &mut gather)?,
            }
        }
    }
    if let Some((money, items)) = units(layout, &mut store)? {
        found.money.extend(money);
        found.items.extend(items);
    }
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
    let about = About {
        place: store.place(),
        holder: Some(store.holder()),
        unit,
        units: found.items,
        factors: reading.factors.clone(),
    };
    let mut parts = gather.parts(&about)?;
    parts.provenance.notes.insert(0, format!("read by the description {}", layout.name));
    parts.provenance.files = store.sources;
    parts.provenance.sheet = store.sheet;
    Ok(parts)
}
