//! What a row or column is, from the texts of its label.
//!
//! Levels called `region`, `item`, `unit` and `label` have a meaning: `label` is cut into region and item, several of `item`
//! are joined by `/`, `item+unit` ends in a unit in brackets and `item/unit` in one behind a `/`; `entity` goes before the item of a sector or satellite; `from` tells rows of value added apart
//! that are added up, and is the item where there is no other. All levels are looked up in the lists
//! of codes, the region last.

use super::{Layout, Split};
use crate::error::{Error, Result, did_you_mean};
use crate::formats::parts::gather::{Block, Label, Side};

/// A label and the unit that stands with it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// What it is.
    pub(super) label: Label,
    /// Its unit; empty where none is named.
    pub(super) unit: String,
}

/// What is known of a label before its texts: the side, and the block where no code names one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'e> {
    pub(super) side: Side,
    pub(super) block: Option<Block>,
    /// What goes before the item of a sector.
    pub(super) entity: &'e str,
}

/// The line with these texts, by the names of their levels.
///
/// # Errors
/// With the place, when no list names its code and it cannot be a sector.
pub(super) fn line(layout: &Layout, given: Given, levels: &[String], texts: &[&str], place: impl Fn() -> String) -> Result<Line> {
    let (mut region, mut items, mut unit) = (String::new(), Vec::new(), String::new());
    let mut codes: Vec<&str> = Vec::with_capacity(texts.len() + 2);
    let (mut name, mut from, mut entity) = ("", "", given.entity);
    for (level, text) in levels.iter().zip(texts) {
        match level.as_str() {
            "" => {}
            "region" => region = (*text).to_string(),
            "unit" => unit = (*text).to_string(),
            "from" => from = text,
            "entity" => {
                codes.push(text);
                entity = text;
            }
            "label" => {
                codes.push(text);
                let (first, second) = cut(layout, given.side, text);
                region = first.to_string();
                codes.extend((!second.is_empty()).then_some(second));
                items.push(second.to_string());
            }
            "item" | "item+unit" | "item/unit" => {
                codes.push(text);
                items.extend((!text.is_empty()).then(|| (*text).to_string()));
                if level == "item+unit" {
                    unit = in_brackets(text).unwrap_or_default().to_string();
                } else if level == "item/unit" {
                    unit = text.rsplit_once('/').map_or("", |(_, unit)| unit).to_string();
                }
            }
            _ => {
                codes.push(text);
                name = if name.is_empty() { text } else { name };
            }
        }
    }
    let listed = layout.listed(given.side, &codes);
    let mut item = items.join("/");
    if item.is_empty() && !from.is_empty() {
        codes.push(from);
        item = std::mem::take(&mut from).to_string();
    }
    if item.is_empty() {
        item = if name.is_empty() { std::mem::take(&mut region) } else { name.to_string() };
    }
    let listed = listed.or_else(|| layout.listed(given.side, &codes)).or_else(|| layout.listed(given.side, &[&region]));
    if !from.is_empty() {
        region = format!("{region}/{from}");
    }
    let block = listed.or(given.block).unwrap_or(Block::Intermediate);
    if !entity.is_empty() && matches!(block, Block::Intermediate | Block::Satellite) {
        item = format!("{entity}/{item}");
    }
    if unit.is_empty() && block == Block::Satellite {
        unit = in_brackets(entity).unwrap_or_default().to_string();
    }
    if region.is_empty() && matches!(block, Block::Intermediate | Block::FinalDemand) {
        region.clone_from(&layout.region);
    }
    let label = Label { block, region, item };
    if listed.is_none() && given.block.is_none() {
        known(layout, given.side, &label, &codes, &place)?;
    } else if label.region.is_empty() && matches!(block, Block::Intermediate | Block::FinalDemand) {
        let text = format!("\"{}\" ({}) has no region", label.item, block.name());
        return Err(Error::format(place(), text, "name its region, or give `region` in the description"));
    }
    Ok(Line { label, unit })
}

/// Refuses what is in no list and cannot be a sector: it has no region, or it is a code of the other axis.
fn known(layout: &Layout, side: Side, label: &Label, codes: &[&str], place: &impl Fn() -> String) -> Result<()> {
    let other = if side == Side::Row { Side::Column } else { Side::Row };
    let shown = codes.iter().find(|c| !c.is_empty()).copied().unwrap_or(&label.item);
    if let Some(block) = layout.listed(other, codes) {
        let text = format!("\"{shown}\" is a code of {} and of {}s, and stands in a {}", block.name(), other.name(), side.name());
        return Err(Error::format(place(), text, "if the whole table is transposed, set `orientation` in the description"));
    }
    if label.region.is_empty() || label.item.is_empty() {
        let lists = if side == Side::Row { &layout.codes.rows } else { &layout.codes.columns };
        let all: Vec<&String> = lists.values().flatten().collect();
        let text = format!("unknown code \"{shown}\": no list of the description names it, and it has no region and item");
        return Err(Error::format(place(), text, format!("correct it, or add it to a list; {}", did_you_mean(shown, &all))));
    }
    Ok(())
}

/// Region and item of a label; all of it is the item where nothing divides it.
fn cut<'t>(layout: &Layout, side: Side, label: &'t str) -> (&'t str, &'t str) {
    let Some(split) = &layout.split else { return ("", label) };
    let Some((first, second)) = halves(split, label) else { return ("", label) };
    let swapped = split.either_order && layout.listed(side, &[first]).is_some() && layout.listed(side, &[second]).is_none();
    if split.item_first != swapped { (second, first) } else { (first, second) }
}

fn halves<'t>(split: &Split, label: &'t str) -> Option<(&'t str, &'t str)> {
    if let Some(width) = split.width {
        let at = label.char_indices().nth(width)?.0;
        return Some((label[..at].trim_end(), label[at..].trim_start()));
    }
    if split.at.is_empty() {
        return None;
    }
    let (first, second) = if split.last { label.rsplit_once(&split.at)? } else { label.split_once(&split.at)? };
    Some((first.trim_end(), second.trim_start()))
}

/// The text in the last brackets.
fn in_brackets(text: &str) -> Option<&str> {
    text.trim_end().strip_suffix(')')?.rsplit_once('(').map(|(_, inside)| inside.trim())
}
