//! Grids: header rows and label columns around numbers, found by the first row that has both; and bare numbers.

use super::lines::{Given, Line, line};
use super::lists::Lists;
use super::pages::{Page, Row};
use super::read::Units;
use super::store::Store;
use super::{Empty, Layout, Levels, Orientation, Part, PerOutput};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::gather::{Block, Gather, Side};

/// Rows in which the first row of numbers is looked for.
const HEAD: usize = 64;

/// The head of a grid.
struct Head {
    /// Names of the levels of the label columns.
    levels: Vec<String>,
    /// For each column behind the labels the texts of the header, top to bottom, and the place of the last.
    columns: Vec<(Vec<String>, String)>,
}

/// Reads one grid.
///
/// # Errors
/// With the place of the label or number that is not as described.
pub(super) fn read(layout: &Layout, part: &Part, page: &Page, gather: &mut Gather, units: &mut Units) -> Result<()> {
    gather.part(page.place(), part.partial);
    let mut before: Vec<Vec<(String, String)>> = Vec::new();
    let mut block: Option<Numbers> = None;
    page.each(&mut |row| {
        if let Some(block) = &mut block {
            return block.row(row, gather, units);
        }
        if let Some(head) = head(part, &before, row) {
            let mut numbers = Numbers::new(layout, part, head, gather, units)?;
            numbers.row(row, gather, units)?;
            block = Some(numbers);
        } else if before.len() < HEAD {
            before.push((0..row.len()).map(|c| (row.text(c).into_owned(), row.place(c))).collect());
        }
        Ok(())
    })?;
    let Some(block) = block else {
        let forms = part.labels.forms();
        let counts: Vec<String> = forms.iter().map(|f| f.len().to_string()).collect();
        let text = format!(
            "no row of numbers behind {} label column(s) and below {} header row(s) was found",
            counts.join(" or "),
            part.header.len()
        );
        return Err(Error::format(page.place(), text, "name the layout that the file has, or describe it"));
    };
    block.end(page, gather)
}

impl Levels {
    /// The forms that the label columns may have.
    fn forms(&self) -> Vec<&[String]> {
        match self {
            Levels::One(levels) => vec![levels],
            Levels::Several(forms) => forms.iter().map(Vec::as_slice).collect(),
        }
    }
}

/// The head, where this row is the first of numbers: its labels stand, most of what is behind them is numbers, and the rows above
/// have labels of columns.
fn head(part: &Part, before: &[Vec<(String, String)>], row: &Row) -> Option<Head> {
    let forms = part.labels.forms();
    let blank = |cells: &[(String, String)], from: usize| cells.iter().skip(from).all(|c| c.0.is_empty());
    // pandas writes the names of the levels into a row that is otherwise empty
    let names = |count: usize| before.last().filter(|cells| part.header.len() < before.len() && blank(cells, count)).is_some();
    let header = |count: usize| {
        let end = before.len() - usize::from(names(count));
        end.checked_sub(part.header.len()).map(|start| &before[start..end])
    };
    let levels = forms.into_iter().find(|levels| {
        let Some(header) = header(levels.len()) else { return false };
        let is_key = |level: &str| !level.is_empty();
        let key = ["region", "label", "item", "item+unit"].into_iter().find(|k| levels.iter().any(|l| l == k));
        let stands = levels.iter().zip(0..).any(|(l, c)| key.map_or(is_key(l), |k| l == k) && !row.is_empty(c));
        let filled: Vec<usize> = (levels.len()..row.len()).filter(|&c| !row.is_empty(c)).collect();
        let numbers = filled.iter().take(64).filter(|&&c| row.is_number(c)).count();
        // a column of labels more or less is another form: the head is empty above its labels
        let above = header.first().is_none_or(|h| {
            let first = h.iter().position(|c| !c.0.is_empty());
            part.labels.forms().len() == 1 || first == Some(levels.len())
        });
        let labelled = header.iter().all(|h| !blank(h, levels.len()));
        stands && above && labelled && numbers > 0 && 2 * numbers >= filled.len().min(64)
    })?;
    let header = header(levels.len())?;
    let width = header.iter().map(|h| h.iter().rposition(|c| !c.0.is_empty()).map_or(0, |k| k + 1)).max();
    let width = width.unwrap_or_else(|| row.len());
    let mut columns: Vec<(Vec<String>, String)> = Vec::with_capacity(width);
    for c in levels.len()..width {
        let mut texts: Vec<String> = header.iter().map(|h| h.get(c).map_or_else(String::new, |x| x.0.clone())).collect();
        if let Some((before, _)) = columns.last().filter(|_| part.fill) {
            let region = part.header.iter().position(|l| l == "region");
            if let Some(k) = region.filter(|&k| texts[k].is_empty()) {
                texts[k].clone_from(&before[k]);
            }
        }
        let place = header.iter().rev().find_map(|h| h.get(c).filter(|x| !x.0.is_empty()).map(|x| x.1.clone()));
        columns.push((texts, place.unwrap_or_else(|| row.place(c))));
    }
    Some(Head { levels: levels.to_vec(), columns })
}

/// The block of numbers while it is read.
struct Numbers<'l> {
    layout: &'l Layout,
    part: &'l Part,
    levels: Vec<String>,
    /// For each column behind the labels its number; `None` where it is not read.
    columns: Vec<Option<u32>>,
    /// Which columns have a label at all.
    labelled: Vec<bool>,
    /// The region of the row before, for labels that repeat it.
    region: String,
    empty: usize,
}

/// Rows are rows, or columns where the grid is transposed.
fn sides(layout: &Layout, part: &Part) -> (Side, Side) {
    match part.orientation.unwrap_or(layout.orientation) {
        Orientation::RowsSell => (Side::Row, Side::Column),
        Orientation::ColumnsSell => (Side::Column, Side::Row),
    }
}

fn put(side: Side, gather: &mut Gather, row: Option<u32>, column: Option<u32>, value: f64, line: u32) {
    match side {
        Side::Row => gather.put(row, column, value, line),
        Side::Column => gather.put(column, row, value, line),
    }
}

impl<'l> Numbers<'l> {
    fn new(layout: &'l Layout, part: &'l Part, head: Head, gather: &mut Gather, units: &mut Units) -> Result<Self> {
        let (_, side) = sides(layout, part);
        let mut columns = Vec::with_capacity(head.columns.len());
        let mut labelled = Vec::with_capacity(head.columns.len());
        for (texts, place) in &head.columns {
            let blank = !part.header.is_empty() && texts.iter().all(String::is_empty);
            labelled.push(!blank);
            if blank {
                columns.push(None);
                continue;
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            units.meet(layout, &texts);
            let given = Given { side, block: part.columns, entity: &part.column_entity };
            let found = line(layout, given, &part.header, &texts, || place.clone())?;
            let read = part.only.is_empty() || part.only.contains(&found.label.block);
            columns.push(if read { gather.once(side, found.label, place.clone())? } else { None });
        }
        Ok(Numbers { layout, part, levels: head.levels, columns, labelled, region: String::new(), empty: 0 })
    }

    fn row(&mut self, row: &Row, gather: &mut Gather, units: &mut Units) -> Result<()> {
        let count = self.levels.len();
        let mut texts: Vec<String> = (0..count).map(|c| row.text(c).into_owned()).collect();
        if texts.iter().all(String::is_empty) {
            return match (count..row.len()).find(|&c| !row.is_empty(c)) {
                None => Ok(()),
                Some(c) => {
                    Err(Error::format(row.place(c), format!("\"{}\" stands in a row without a label", row.text(c)), "label the row"))
                }
            };
        }
        if self.part.fill
            && let Some(k) = self.levels.iter().position(|l| l == "region")
        {
            if texts[k].is_empty() { texts[k].clone_from(&self.region) } else { self.region.clone_from(&texts[k]) }
        }
        let width = count + self.columns.len();
        let filled = (0..row.len()).rev().find(|&c| !row.is_empty(c)).map_or(0, |c| c + 1);
        if row.is_text() && (row.len() < width || filled > width) {
            let text = format!("expected {width} cells as in the header, found {}", if row.len() < width { row.len() } else { filled });
            return Err(Error::format(
                row.place(row.len().min(filled.max(1)) - 1),
                text,
                "the file is cut off or a separator is missing: fetch it again",
            ));
        }
        let (side, _) = sides(self.layout, self.part);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        units.meet(self.layout, &texts);
        let key = (0..count).rev().find(|&c| !texts[c].is_empty()).unwrap_or(0);
        let given = Given { side, block: self.part.rows, entity: &self.part.row_entity };
        let Line { label, unit } = line(self.layout, given, &self.levels, &texts, || row.place(key))?;
        // what final demand emits is no coefficient
        if let Some(per) = self.part.per_output.of(&unit).filter(|_| self.part.columns != Some(Block::FinalDemand)) {
            gather.per_output(label.block, per, || row.place(key))?;
        }
        units.note(&label, &unit, self.part.per_output);
        let read = self.part.only_rows.is_empty() || self.part.only_rows.contains(&label.block);
        let id = if read { gather.once(side, label, row.place(key))? } else { None };
        if id.is_none() {
            return Ok(());
        }
        for (k, column) in self.columns.iter().enumerate() {
            let c = count + k;
            if row.is_empty(c) {
                if column.is_some() {
                    self.empty += 1;
                    if self.layout.empty == Empty::Refuse {
                        return Err(Error::format(row.place(c), "the cell is empty", "write 0, or set `empty` to zero in the description"));
                    }
                    put(side, gather, id, *column, 0.0, row.line());
                }
                continue;
            }
            if column.is_some() {
                put(side, gather, id, *column, row.number(c)?, row.line());
            } else if !self.labelled[k] {
                return Err(Error::format(
                    row.place(c),
                    format!("\"{}\" stands in a column without a label", row.text(c)),
                    "label the column",
                ));
            }
        }
        Ok(())
    }

    fn end(self, page: &Page, gather: &mut Gather) -> Result<()> {
        if self.empty > 0 {
            let text = format!("{}: {} empty cell(s) are read as 0", page.place(), self.empty);
            gather.remark(Finding::new(Level::Warn, "empty-cells", text).numbers(self.empty as f64, 0.0));
        }
        Ok(())
    }
}

impl PerOutput {
    /// Whether numbers of this unit are for a unit of output; `None` where the unit says nothing.
    fn of(self, unit: &str) -> Option<bool> {
        match self {
            PerOutput::No => None,
            PerOutput::Yes => Some(true),
            PerOutput::ByUnit => Some(unit.contains('/')),
        }
    }
}

/// Reads bare numbers, whose labels are in lists.
///
/// # Errors
/// When there are more or fewer rows or columns than labels.
pub(super) fn bare(
    layout: &Layout,
    part: &Part,
    page: &Page,
    (store, lists): (&mut Store, &mut Lists),
    gather: &mut Gather,
    units: &mut Units,
) -> Result<()> {
    gather.part(page.place(), part.partial);
    let (side, other) = sides(layout, part);
    let mut labels = |names: &[String], side: Side| -> Result<(Vec<(Line, String)>, String)> {
        let (mut all, mut places) = (Vec::new(), Vec::new());
        for name in names {
            let list = lists.get(layout, name, store)?;
            all.extend(list.lines(layout, side)?);
            places.push(list.place.clone());
        }
        Ok((all, places.join(" and ")))
    };
    let (rows, of_rows) = labels(&part.rows_from.0, side)?;
    let (columns, of_columns) = labels(&part.columns_from.0, other)?;
    let width = columns.len();
    let mut ids = Vec::with_capacity(width);
    for (line, place) in columns {
        ids.push(gather.once(other, line.label, place)?);
    }
    let mut count = 0;
    page.each(&mut |row| {
        let filled = (0..row.len()).rev().find(|&c| !row.is_empty(c)).map_or(0, |c| c + 1);
        if filled == 0 {
            return Ok(());
        }
        let Some((line, place)) = rows.get(count) else {
            let text = format!("there are more rows of numbers than the {} labels of {of_rows}", rows.len());
            return Err(Error::format(row.place(0), text, "use the labels that belong to the numbers"));
        };
        if row.len() < width || filled > width {
            let text = format!(
                "expected {width} numbers as {of_columns} has labels, found {}",
                if row.len() < width { row.len() } else { filled }
            );
            return Err(Error::format(row.place(0), text, "use the labels that belong to the numbers, or fetch the file again"));
        }
        count += 1;
        if let Some(per) = part.per_output.of(&line.unit) {
            gather.per_output(line.label.block, per, || place.clone())?;
        }
        units.note(&line.label, &line.unit, part.per_output);
        let id = gather.once(side, line.label.clone(), place.clone())?;
        for (c, column) in ids.iter().enumerate() {
            if id.is_some() && column.is_some() {
                put(side, gather, id, *column, row.number(c)?, row.line());
            }
        }
        Ok(())
    })?;
    if count < rows.len() {
        let text = format!("expected {} rows of numbers as {of_rows} has labels, found {count}", rows.len());
        return Err(Error::format(page.place(), text, "use the labels that belong to the numbers, or fetch the file again"));
    }
    Ok(())
}
