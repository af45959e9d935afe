//! Tables in the sheets of a workbook: which layout its labels tell, and which sheet holds the table.

use std::ops::Range;

use super::tools::grid::Grid;
use super::tools::workbook::{Book, HEAD};
use super::{Parts, Probe, Reading, Source, ceads, layout, sic};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};

pub(super) mod blocks;
pub(super) mod unit;

/// A layout of sheets.
pub(super) struct Layout {
    /// The name of its format.
    pub name: &'static str,
    /// What its reader looks for, for the messages of sheets that have nothing of it.
    pub looked_for: &'static str,
    /// Whether the first texts of a workbook tell that it holds such a sheet.
    pub is_told: fn(&[String]) -> bool,
    /// Whether these rows of a sheet hold its headers.
    pub is_head: fn(&Grid, Range<usize>) -> bool,
    /// Reads one sheet.
    pub read: fn(&Grid) -> Result<Parts>,
    /// The ending of the name of a sheet that is chosen among several.
    pub chosen: Option<&'static str>,
}

/// All layouts; codes come before words, which sheets with codes have too.
const LAYOUTS: [&Layout; 2] = [&sic::LAYOUT, &ceads::LAYOUT];

/// Whether a file is a workbook of this layout. The last layout also takes the workbooks whose first texts tell nothing.
pub(super) fn probe(source: &Source, layout: &Layout) -> Probe {
    if source.is_folder() {
        return Probe::no("a folder, not a workbook");
    }
    let Some(labels) = source.labels() else {
        return Probe::no("not a workbook: it starts with neither the mark of .xls nor that of .xlsx");
    };
    match LAYOUTS.iter().find(|l| (l.is_told)(labels)) {
        Some(told) if told.name == layout.name => Probe::yes(format!("a workbook that has {}", layout.looked_for)),
        Some(told) => Probe::no(format!("a workbook with the labels of {}", told.name)),
        None if let Some(name) = layout::probe::told(source) => Probe::no(format!("a workbook with the labels of {name}")),
        None if LAYOUTS.last().is_some_and(|l| l.name == layout.name) => {
            Probe::maybe("a workbook whose first labels tell nothing: its sheets have to be read")
        }
        None => Probe::no("a workbook whose first labels tell nothing"),
    }
}

/// Reads a table from a workbook: of the layout that is named, else of any.
///
/// # Errors
/// When it is not a workbook, when the sheet is unknown or holds no table, when several sheets hold one and none is named, and
/// for each cell that should be a number and is not.
pub(super) fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let layouts: Vec<&'static Layout> =
        LAYOUTS.into_iter().filter(|l| reading.format.as_deref().is_none_or(|name| name == l.name)).collect();
    let mut sheets = Sheets { book: Book::open(source.path(), &reading.watch)?, layouts };
    let choice = match &reading.sheet {
        Some(name) => sheets.named(name)?,
        None => sheets.found()?,
    };
    let grid = sheets.book.grid(&choice.sheet)?;
    let mut parts = (choice.layout.read)(&grid)?;
    parts.provenance.files.push(sheets.book.source);
    parts.provenance.sheet = Some(choice.sheet);
    if let Some(note) = choice.note {
        parts.provenance.notes.push(note.clone());
        parts.remarks.push(Finding::new(Level::Warn, "sheet-chosen", note));
    }
    Ok(parts)
}

struct Choice {
    sheet: String,
    layout: &'static Layout,
    note: Option<String>,
}

/// A workbook, and the layouts that are looked for in it.
struct Sheets {
    book: Book,
    layouts: Vec<&'static Layout>,
}

impl Sheets {
    fn layout(&mut self, sheet: &str) -> Result<Option<&'static Layout>> {
        let head = self.book.first(sheet, HEAD)?;
        Ok(self.layouts.iter().copied().find(|l| (l.is_head)(&head, 0..head.rows().min(HEAD as usize))))
    }

    fn candidates(&mut self) -> Result<Vec<(String, &'static Layout)>> {
        let mut found = Vec::new();
        for name in self.book.names() {
            if let Some(layout) = self.layout(&name)? {
                found.push((name, layout));
            }
        }
        Ok(found)
    }

    /// What was looked for.
    fn looked_for(&self) -> String {
        self.layouts.iter().map(|l| l.looked_for).collect::<Vec<_>>().join(", or ")
    }

    fn named(&mut self, name: &str) -> Result<Choice> {
        let names = self.book.names();
        if !names.iter().any(|n| n == name) {
            let Error::Unknown { kind, name, help } = Error::unknown("sheet", name, &names) else {
                unreachable!("unknown() makes Unknown")
            };
            let list = format!("the sheets are: {}", names.join(", "));
            return Err(Error::Unknown { kind, name, help: if help.starts_with("did you") { format!("{help} {list}") } else { list } });
        }
        if let Some(layout) = self.layout(name)? {
            return Ok(Choice { sheet: name.to_string(), layout, note: None });
        }
        let others: Vec<String> = self.candidates()?.into_iter().map(|c| c.0).collect();
        let help = if others.is_empty() {
            "no other sheet of this file holds one either".into()
        } else {
            format!("sheets that look right: {}", others.join(", "))
        };
        let text = format!("the sheet holds no table that isard knows; looked for {}", self.looked_for());
        Err(Error::format(self.book.place(name), text, help))
    }

    fn found(&mut self) -> Result<Choice> {
        let mut all = self.candidates()?;
        if all.len() == 1 {
            let (sheet, layout) = all.remove(0);
            return Ok(Choice { sheet, layout, note: None });
        }
        let path = self.book.path.display().to_string();
        if all.is_empty() {
            let (names, looked_for) = (self.book.names().join(", "), self.looked_for());
            let text = format!("none of its sheets ({names}) holds a table that isard knows; looked for {looked_for}");
            return Err(Error::format(path, text, "if the file is an emission inventory, pass it with `emissions`"));
        }
        let list = all.iter().map(|c| c.0.as_str()).collect::<Vec<_>>().join(", ");
        let ends = |(name, layout): &&(String, &Layout)| layout.chosen.is_some_and(|end| name.ends_with(end));
        let consistent: Vec<&(String, &'static Layout)> = all.iter().filter(ends).collect();
        if let [(sheet, layout)] = consistent[..] {
            let note = format!(
                "{path}: sheets {list} hold a table; \"{sheet}\" was chosen because its name says that it is the consistent one (`sheet` names another)"
            );
            return Ok(Choice { sheet: sheet.clone(), layout, note: Some(note) });
        }
        Err(Error::format(
            path,
            format!("{} sheets hold a table: {list}", all.len()),
            format!("name one with `sheet`, for example `sheet` \"{}\"", all[0].0),
        ))
    }
}
