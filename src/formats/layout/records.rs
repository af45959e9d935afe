//! Records: a line for each number, whose columns name where it stands.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::lines::{Given, line};
use super::pages::{Page, Row};
use super::read::Units;
use super::{Layout, Many, Part};
use crate::error::{Error, Result};
use crate::formats::Reading;
use crate::formats::parts::gather::{Block, Gather, Side};

/// A heading, or headings of which one is filled in each line, each with what its items are.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// One heading, or several that are joined.
    Plain(Many),
    /// Headings with the blocks of their items.
    ByBlock(BTreeMap<String, Block>),
}

/// The headings of records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The region of the row.
    pub row_region: Option<String>,
    /// The item of the row, or its whole label where no region is named.
    pub row_item: Field,
    /// The region of the column.
    pub column_region: Option<String>,
    /// The item of the column, or its whole label where no region is named.
    pub column_item: Field,
    /// The number.
    pub value: String,
    /// The heading that names the matrix of a number.
    pub matrix: Option<String>,
    /// Matrices whose numbers are for a unit of output.
    #[serde(default)]
    pub per_output: Vec<String>,
    /// Matrices of output: their numbers have no column.
    #[serde(default)]
    pub output: Vec<String>,
    /// The heading of which all lines have one value, such as a year; `sheet` names it.
    pub one_of: Option<String>,
    /// Headings that are of no use here.
    #[serde(default)]
    pub unused: Vec<String>,
}

/// Where the texts of one side of a record stand.
struct Ends {
    side: Side,
    levels: Vec<String>,
    cells: Vec<usize>,
    /// Cells of items with their blocks; the one that is filled counts.
    blocks: Vec<(usize, Block)>,
    known: HashMap<String, (Option<u32>, Block)>,
    entity: String,
    key: String,
}

impl Ends {
    fn new(side: Side, region: Option<&String>, item: &Field, find: &dyn Fn(&str) -> Result<usize>) -> Result<Self> {
        let (levels, cells, blocks, known, key) = Default::default();
        let mut ends = Ends { side, levels, cells, blocks, known, entity: String::new(), key };
        if let Some(region) = region {
            ends.levels.push("region".into());
            ends.cells.push(find(region)?);
        }
        match item {
            Field::Plain(headings) => {
                for heading in &headings.0 {
                    ends.levels.push(if region.is_some() { "item".into() } else { "label".into() });
                    ends.cells.push(find(heading)?);
                }
            }
            Field::ByBlock(blocks) => {
                ends.levels.push("item".into());
                for (heading, block) in blocks {
                    ends.blocks.push((find(heading)?, *block));
                }
            }
        }
        Ok(ends)
    }

    /// The number of the row or column of a record, and its block; `None` where no item is filled.
    fn of(&mut self, layout: &Layout, row: &Row, gather: &mut Gather, units: &mut Units) -> Result<Option<(Option<u32>, Block)>> {
        let filled = self.blocks.iter().find(|(c, _)| !row.is_empty(*c)).copied();
        if !self.blocks.is_empty() && filled.is_none() {
            return Ok(None);
        }
        self.key.clear();
        for c in self.cells.iter().copied().chain(filled.map(|f| f.0)) {
            self.key.push_str(&row.text(c));
            self.key.push('\u{1}');
        }
        if let Some((_, block)) = filled {
            self.key.push_str(block.name());
        }
        if let Some(found) = self.known.get(&self.key) {
            return Ok(Some(*found));
        }
        let texts: Vec<String> = self.cells.iter().copied().chain(filled.map(|f| f.0)).map(|c| row.text(c).into_owned()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        units.meet(layout, &texts);
        let at = filled.map(|f| f.0).or(self.cells.last().copied()).unwrap_or(0);
        let given = Given { side: self.side, block: filled.map(|f| f.1), entity: &self.entity };
        let label = line(layout, given, &self.levels, &texts, || row.place(at))?.label;
        let block = label.block;
        let found = (gather.any(self.side, label, || row.place(at)), block);
        self.known.insert(self.key.clone(), found);
        Ok(Some(found))
    }
}

/// Reads records.
///
/// # Errors
/// With the line, when a heading is missing or a cell is not as described.
pub(super) fn read(layout: &Layout, part: &Part, page: &Page, reading: &Reading, gather: &mut Gather, units: &mut Units) -> Result<()> {
    let Some(fields) = &part.fields else { return Ok(()) };
    gather.part(page.place(), part.partial);
    let mut state: Option<State> = None;
    page.each(&mut |row| match &mut state {
        None => {
            let new = state.insert(State::new(fields, row, reading)?);
            new.rows.entity.clone_from(&part.row_entity);
            new.columns.entity.clone_from(&part.column_entity);
            Ok(())
        }
        Some(state) => state.record(layout, fields, row, gather, units),
    })?;
    state.map_or(Ok(()), |state| state.end(page))
}

struct State {
    rows: Ends,
    columns: Ends,
    value: usize,
    matrix: Option<usize>,
    one_of: Option<(usize, Option<String>)>,
    others: Vec<String>,
    wanted: bool,
    width: usize,
}

impl State {
    fn new(fields: &Fields, row: &Row, reading: &Reading) -> Result<Self> {
        let width = (0..row.len()).rev().find(|&c| !row.is_empty(c)).map_or(0, |c| c + 1);
        let headings: Vec<String> = (0..width).map(|c| row.text(c).into_owned()).collect();
        let find = |name: &str| {
            headings.iter().position(|h| h.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let text = format!("no column is called \"{name}\"; there are {}", headings.join(", "));
                Error::format(row.place(0), text, "name the headings in `fields` of the description")
            })
        };
        let rows = Ends::new(Side::Row, fields.row_region.as_ref(), &fields.row_item, &find)?;
        let columns = Ends::new(Side::Column, fields.column_region.as_ref(), &fields.column_item, &find)?;
        let value = find(&fields.value)?;
        let matrix = fields.matrix.as_deref().map(find).transpose()?;
        let one_of = fields.one_of.as_deref().map(find).transpose()?;
        let mut used: Vec<usize> = rows.cells.iter().chain(&columns.cells).copied().collect();
        used.extend(rows.blocks.iter().chain(&columns.blocks).map(|b| b.0));
        used.extend([Some(value), matrix, one_of].into_iter().flatten());
        let strange = (0..width).find(|c| !used.contains(c) && !fields.unused.iter().any(|u| u.eq_ignore_ascii_case(&headings[*c])));
        if let Some(c) = strange {
            let text = format!("unknown column \"{}\"", headings[c]);
            return Err(Error::format(row.place(c), text, "name it in `fields` of the description, or in `unused`"));
        }
        let one_of = one_of.map(|c| (c, reading.sheet.clone()));
        let wanted = reading.sheet.is_some();
        Ok(State { rows, columns, value, matrix, one_of, others: Vec::new(), wanted, width })
    }

    fn record(&mut self, layout: &Layout, fields: &Fields, row: &Row, gather: &mut Gather, units: &mut Units) -> Result<()> {
        if row.is_text() && row.len() < self.width {
            let text = format!("expected {} cells as in the heading, found {}", self.width, row.len());
            return Err(Error::format(row.place(row.len() - 1), text, "the file is cut off or a separator is missing: fetch it again"));
        }
        if let Some((c, chosen)) = &mut self.one_of {
            let found = row.text(*c);
            match chosen {
                None => *chosen = Some(found.into_owned()),
                Some(one) if *one == found => {}
                Some(one) => {
                    if !self.wanted {
                        let text = format!("the lines are of \"{one}\" and of \"{found}\"");
                        return Err(Error::format(row.place(*c), text, "name one with `sheet`"));
                    }
                    if self.others.len() < 20 && !self.others.iter().any(|o| *o == found) {
                        self.others.push(found.into_owned());
                    }
                    return Ok(());
                }
            }
        }
        let matrix = self.matrix.map(|c| row.text(c).into_owned());
        let is_in = |list: &[String]| matrix.as_ref().is_some_and(|m| list.contains(m));
        let lacks = |what: &str| Error::format(row.place(0), format!("the line names no {what}"), "complete or remove it");
        let (id, block) = self.rows.of(layout, row, gather, units)?.ok_or_else(|| lacks("row"))?;
        let column = match self.columns.of(layout, row, gather, units)? {
            Some((column, _)) => column,
            None if is_in(&fields.output) => {
                let label = crate::formats::parts::gather::Label { block: Block::Output, region: String::new(), item: "output".into() };
                gather.any(Side::Column, label, || row.place(0))
            }
            None => return Err(lacks("column")),
        };
        if id.is_none() || column.is_none() {
            return Ok(());
        }
        let of_sectors = matches!(block, Block::Intermediate | Block::ValueAdded | Block::Taxes | Block::Satellite);
        if self.matrix.is_some() && of_sectors {
            let to_sector = column.is_some_and(|c| gather.is_sector(c));
            if to_sector {
                gather.per_output(block, is_in(&fields.per_output), || row.place(0))?;
            }
        }
        if row.is_empty(self.value) {
            return Err(Error::format(row.place(self.value), "the cell is empty", "write 0, or remove the line"));
        }
        gather.put(id, column, row.number(self.value)?, row.line());
        Ok(())
    }

    fn end(self, page: &Page) -> Result<()> {
        match &self.one_of {
            Some((_, Some(one))) if self.wanted && self.rows.known.is_empty() => {
                let text = format!("no line is of \"{one}\"");
                Err(Error::format(page.place(), text, format!("there are {}", self.others.join(", "))))
            }
            _ => Ok(()),
        }
    }
}
