//! The cells of a file with what their rows and columns are, gathered into [`Parts`]: one order, duplicates, sums, masses.
//!
//! A reader says of each row and column which [`Block`] it belongs to, its region and its item, and hands over the numbers in any
//! order and from any number of files. What a number means follows from both:
//!
//! | row, column | `Intermediate` | `FinalDemand` | `Output` | `Exports` `Stock` `Discrepancy` |
//! |---|---|---|---|---|
//! | `Intermediate` | Z or A | Y | x | one column each |
//! | `ValueAdded`, `Taxes` | a row of value added | its sum is told | | |
//! | `Imports` | imports | imports of final demand | | |
//! | `Satellite` | direct emissions | those of households | | |
//! | `Output` | compared with x, or x | | | |
//!
//! Rows of value added and of satellites that differ by region alone are one row. `Total` is read nowhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Holder, Parts};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};

mod axes;
mod whole;

/// What a row or a column of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A sector of a region: it stands in the rows and in the columns.
    Intermediate,
    /// A category of final demand of a region.
    FinalDemand,
    /// A component of value added, and adjustments that stand with it.
    ValueAdded,
    /// Taxes less subsidies on products.
    Taxes,
    /// Gross output, or total input.
    Output,
    /// Exports abroad.
    Exports,
    /// Imports from abroad.
    Imports,
    /// Stock changes of no region.
    Stock,
    /// The published error.
    Discrepancy,
    /// An emission account, or any other factor.
    Satellite,
    /// A sum of others, which is not read.
    Total,
}

impl Block {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Block::Intermediate => "intermediate",
            Block::FinalDemand => "final demand",
            Block::ValueAdded | Block::Taxes => "value added",
            Block::Output => "output",
            Block::Exports => "exports",
            Block::Imports => "imports",
            Block::Stock => "stock changes",
            Block::Discrepancy => "discrepancy",
            Block::Satellite => "satellite",
            Block::Total => "a total",
        }
    }

    /// Taxes are a row of value added.
    fn kept(self) -> Block {
        if self == Block::Taxes { Block::ValueAdded } else { self }
    }

    /// Whether its rows of several regions are one.
    fn is_stacked(self) -> bool {
        matches!(self, Block::ValueAdded | Block::Taxes | Block::Satellite)
    }

    /// Whether several columns or rows of it are added up, such as exports to each country.
    fn is_added(self) -> bool {
        matches!(self, Block::Exports | Block::Imports)
    }

    /// Whether a table has one of it.
    fn is_single(self) -> bool {
        !matches!(self, Block::Intermediate | Block::FinalDemand | Block::Total) && !self.is_stacked()
    }
}

/// What a row or a column is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// What it holds.
    pub block: Block,
    /// Its region; empty where it has none.
    pub region: String,
    /// Its sector, category, component or account.
    pub item: String,
}

impl Label {
    fn shown(&self) -> String {
        let Label { region, item, .. } = self;
        if region.is_empty() { item.clone() } else { format!("{region} / {item}") }
    }
}

/// What is to be done with labels and cells, by options of a description.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Regions that are added to another.
    pub merge: BTreeMap<String, String>,
    /// Regions that are parts of another: its rows and columns must be empty and are left out where any of its parts is there, and
    /// its final demand stays.
    pub split: BTreeMap<String, String>,
    /// Whether a cell that comes several times is a sum; otherwise it is an error.
    pub sum_cells: bool,
    /// Whether every cell of every block must come, zeros too.
    pub complete: bool,
}

/// One axis: what was registered, and where.
#[derive(Debug, Default)]
struct Axis {
    labels: Vec<Label>,
    places: Vec<String>,
    index: HashMap<Label, u32>,
    /// As given, before regions are merged: parts and places in which it came.
    seen: HashMap<Label, Vec<(usize, String)>>,
    /// Regions that were added up, by the label that they make.
    stacked: HashMap<u32, BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    column: u32,
    line: u32,
    value: f64,
}

/// One file or sheet: how many rows and columns of each block it has.
#[derive(Debug, Default)]
struct Seen {
    place: String,
    partial: bool,
    counts: HashMap<(Side, Block), usize>,
}

/// Rows or columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// A row.
    Row,
    /// A column.
    Column,
}

impl Side {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Side::Row => "row",
            Side::Column => "column",
        }
    }
}

/// What is known of a table beside its cells.
#[derive(Debug, Default)]
pub struct About {
    /// Where it is, for messages.
    pub place: String,
    /// What it was read from.
    pub holder: Option<Holder>,
    /// Money unit.
    pub unit: String,
    /// Units of satellites, by their names.
    pub units: HashMap<String, String>,
    /// Satellites that are wanted; all where it is empty.
    pub factors: Vec<String>,
}

/// The cells of one or several files.
#[derive(Debug, Default)]
pub struct Gather {
    rules: Rules,
    rows: Axis,
    columns: Axis,
    cells: Vec<Vec<Cell>>,
    parts: Vec<Seen>,
    counts: BTreeMap<(Block, Block), u64>,
    per_output: BTreeMap<Block, bool>,
    merged: BTreeMap<(String, String), usize>,
    /// Sectors of regions that are added to another, as written.
    merging: HashMap<Side, BTreeSet<Label>>,
    /// Regions whose parts are there.
    drop: BTreeSet<String>,
    remarks: Vec<Finding>,
    notes: Vec<String>,
}

impl Gather {
    /// Nothing yet.
    pub fn new(rules: Rules) -> Self {
        Gather { rules, ..Gather::default() }
    }

    /// What follows is from the file or sheet at `place`.
    ///
    /// A partial one has some of the sectors, and others have the rest.
    pub fn part(&mut self, place: &str, partial: bool) {
        self.parts.push(Seen { place: place.into(), partial, ..Seen::default() });
    }

    /// A remark for the audit.
    pub fn remark(&mut self, finding: Finding) {
        self.remarks.push(finding);
    }

    /// A note for the provenance.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Says that the rows of a block hold numbers for a unit of output of their columns, or that they do not.
    ///
    /// # Errors
    /// When some rows do and others do not.
    pub fn per_output(&mut self, block: Block, is: bool, place: impl FnOnce() -> String) -> Result<()> {
        let before = *self.per_output.entry(block.kept()).or_insert(is);
        if before == is {
            return Ok(());
        }
        let text = format!("some rows of {} are for a unit of output and others are not, by their units", block.name());
        Err(Error::format(place(), text, "give all of them in one way"))
    }

    /// The number of a row or column that comes once in its file; `None` for a total.
    ///
    /// # Errors
    /// When the file has it already.
    pub fn once(&mut self, side: Side, label: Label, place: String) -> Result<Option<u32>> {
        if label.block == Block::Total {
            return Ok(None);
        }
        let part = self.parts.len();
        let mut label = label;
        loop {
            let raw = if label.block.is_single() && !label.block.is_added() { single(&label) } else { label.clone() };
            let axis = self.axis(side);
            let all = axis.seen.entry(raw).or_default();
            let Some((_, at)) = all.last().filter(|(p, _)| *p == part).cloned() else {
                all.push((part, place.clone()));
                break;
            };
            if label.block != Block::Satellite {
                let text = format!("{} \"{}\" ({}) comes twice: it is already at {at}", side.name(), label.shown(), label.block.name());
                return Err(Error::format(place, text, "keep one of them, or give each its own label"));
            }
            label.item = next_name(&label.item);
            if !self.remarks.iter().any(|r| r.code == "names-repeated") {
                let text = format!("{place}: the name \"{}\" was there before, at {at}: such names get a number", label.shown());
                self.remark(Finding::new(Level::Warn, "names-repeated", text));
            }
        }
        if let Some(seen) = self.parts.last_mut() {
            *seen.counts.entry((side, label.block)).or_default() += 1;
        }
        Ok(Some(self.known(side, label, || place)))
    }

    /// The number of a row or column, whether it was there before or not; `None` for a total.
    pub fn any(&mut self, side: Side, label: Label, place: impl FnOnce() -> String) -> Option<u32> {
        (label.block != Block::Total).then(|| self.known(side, label, place))
    }

    fn axis(&mut self, side: Side) -> &mut Axis {
        if side == Side::Row { &mut self.rows } else { &mut self.columns }
    }

    fn known(&mut self, side: Side, mut label: Label, place: impl FnOnce() -> String) -> u32 {
        if let Some(to) = self.rules.merge.get(&label.region) {
            if label.block == Block::Intermediate {
                self.merging.entry(side).or_default().insert(label.clone());
            }
            if side == Side::Row && label.block == Block::Intermediate {
                *self.merged.entry((label.region.clone(), to.clone())).or_default() += 1;
            }
            label.region.clone_from(to);
        }
        if let Some(whole) = self.rules.split.get(&label.region) {
            self.drop.insert(whole.clone());
        }
        let joined = label.block.is_added().then(|| label.shown());
        let region = joined.or_else(|| label.block.is_stacked().then(|| std::mem::take(&mut label.region)));
        label.block = label.block.kept();
        let key = if label.block.is_single() { single(&label) } else { label.clone() };
        let axis = self.axis(side);
        let next = axis.labels.len() as u32;
        let id = *axis.index.entry(key).or_insert(next);
        if id == next {
            axis.labels.push(label);
            axis.places.push(place());
            if side == Side::Row {
                self.cells.push(Vec::new());
            }
        }
        if let Some(region) = region.filter(|r| !r.is_empty()) {
            self.axis(side).stacked.entry(id).or_default().insert(region);
        }
        id
    }

    /// Whether a registered column is one of sectors.
    pub fn is_sector(&self, column: u32) -> bool {
        self.columns.labels[column as usize].block == Block::Intermediate
    }

    /// The number where a row and a column meet; `line` is that of the file. A total has no number and is left out.
    pub fn put(&mut self, row: Option<u32>, column: Option<u32>, value: f64, line: u32) {
        let (Some(row), Some(column)) = (row, column) else { return };
        if self.rules.complete {
            let pair = (self.rows.labels[row as usize].block, self.columns.labels[column as usize].block);
            *self.counts.entry(pair).or_default() += 1;
        }
        if value != 0.0 || self.rules.complete {
            self.cells[row as usize].push(Cell { column, line, value });
        }
    }

    /// The parts of the table.
    ///
    /// # Errors
    /// When rows and columns have other labels, a cell comes twice, or a file lacks rows that others have.
    pub fn parts(mut self, about: &About) -> Result<Parts> {
        let shape = axes::Shape::new(&mut self, about)?;
        whole::parts(self, &shape, about)
    }
}

/// A block of which a table has one is the same under any name.
fn single(label: &Label) -> Label {
    Label { block: label.block, region: String::new(), item: String::new() }
}

/// `name`, `name (2)`, `name (3)`.
fn next_name(name: &str) -> String {
    let counted = name.strip_suffix(')').and_then(|n| n.rsplit_once(" (")).and_then(|(n, k)| Some((n, k.parse::<u32>().ok()?)));
    counted.map_or_else(|| format!("{name} (2)"), |(n, k)| format!("{n} ({})", k + 1))
}
