//! Excel workbooks: finds the sheet and the layout by content and hands it to the reader of that layout.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calamine::{Data, Range, Reader, SheetType, Sheets, Xls, Xlsb, Xlsx};

use super::Options;
use super::grid::Grid;
use super::{archive, ceads, compound, sic};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::memory;
use crate::table::{Source, Table};
use crate::watch::Watch;

/// Rows in which the headers of a table are looked for.
const HEAD: u32 = 24;

/// More cells than any table in a sheet has.
const LARGEST: u64 = 1 << 25;

/// An open workbook.
pub(crate) struct Book {
    path: PathBuf,
    /// Path and SHA-256.
    pub source: Source,
    sheets: Sheets<Cursor<Arc<[u8]>>>,
    watch: Watch,
}

impl Book {
    /// Opens a workbook; .xls or .xlsx follows from its first bytes, not from its name.
    pub fn open(path: &Path, watch: &Watch) -> Result<Self> {
        let (raw, source) = super::bytes(path, watch)?;
        let broken = |e: &dyn std::fmt::Display| {
            Error::format(
                path.display(),
                format!("not a complete Excel workbook: {e}"),
                "fetch it again; if it has a password, save it without one",
            )
        };
        let bytes: Arc<[u8]> = raw.into();
        let cursor = || Cursor::new(Arc::clone(&bytes));
        let place = path.display();
        let sheets = if bytes.starts_with(&compound::MARK) {
            compound::check(&bytes).map_err(|why| broken(&format!("it is damaged: {why}")))?;
            room(&place, bytes.len() as u64, XLS)?;
            Sheets::Xls(guarded(|| Xls::new(cursor())).map_err(|e| broken(&e))?)
        } else if !bytes.starts_with(b"PK") {
            return Err(broken(&"it starts with neither the mark of .xls nor that of .xlsx"));
        } else {
            room(&place, archive::check(&bytes, path, watch)?, XML)?;
            if super::extension(path) == "xlsb" {
                Sheets::Xlsb(guarded(|| Xlsb::new(cursor())).map_err(|e| broken(&e))?)
            } else {
                Sheets::Xlsx(guarded(|| Xlsx::new(cursor())).map_err(|e| broken(&e))?)
            }
        };
        Ok(Book { path: path.to_path_buf(), source, sheets, watch: watch.clone() })
    }

    /// The names of its sheets of cells, in order; charts are no sheets here.
    pub fn names(&self) -> Vec<String> {
        self.sheets.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).map(|s| s.name.clone()).collect()
    }

    /// One whole sheet.
    pub fn grid(&mut self, sheet: &str) -> Result<Grid> {
        self.first(sheet, u32::MAX)
    }

    /// The rows of a sheet before row `end`, without reading the rest where the format allows it.
    fn first(&mut self, sheet: &str, end: u32) -> Result<Grid> {
        let place = self.place(sheet);
        let watch = self.watch.clone();
        watch.check()?;
        let cells = guarded(|| match &mut self.sheets {
            Sheets::Xlsx(book) => book.worksheet_cells_reader(sheet).map_err(calamine::Error::from).and_then(|mut r| {
                collect(end, &watch, || {
                    let found = r.next_cell_with_formula().map_err(calamine::Error::from)?;
                    Ok(found.map(|c| (c.pos, Data::from(c.value), c.formula.is_some())))
                })
            }),
            Sheets::Xlsb(book) => book.worksheet_cells_reader(sheet).map_err(calamine::Error::from).and_then(|mut r| {
                collect(end, &watch, || {
                    let found = r.next_cell().map_err(calamine::Error::from)?;
                    Ok(found.map(|c| (c.get_position(), Data::from(c.get_value().clone()), false)))
                })
            }),
            // here a formula always has its result
            other => other.worksheet_range(sheet).map(|cells| (cells, HashSet::new())),
        });
        watch.check()?;
        let (cells, formulas) = cells.map_err(|e| {
            let help = "open the workbook in Excel or LibreOffice, clear what lies far from the table, and save it again";
            Error::format(&place, format!("the sheet cannot be read: {e}"), help)
        })?;
        Grid::new(place, cells, formulas)
    }

    fn place(&self, sheet: &str) -> String {
        format!("{}[{sheet}]", self.path.display())
    }
}

/// The cells of a sheet, and the places of formulas without a result.
type Cells = (Range<Data>, HashSet<(u32, u32)>);

/// The cells that `next` yields before row `end`, with the places of formulas without a result. Blank cells with a format are no cells: one at the far corner of a
/// sheet would make 17 thousand million of them.
fn collect(
    end: u32,
    watch: &Watch,
    mut next: impl FnMut() -> std::result::Result<Option<((u32, u32), Data, bool)>, calamine::Error>,
) -> std::result::Result<Cells, calamine::Error> {
    let mut formulas = HashSet::new();
    let mut cells: Vec<((u32, u32), Data)> = Vec::new();
    let mut last = (0, 0);
    while let Some((at, value, formula)) = next()? {
        if watch.is_cancelled() {
            return Err(calamine::Error::Msg("cancelled"));
        }
        if at.0 >= end {
            break;
        }
        match value {
            Data::Empty if formula => {
                formulas.insert(at);
            }
            Data::Empty => continue,
            Data::String(s) if s.trim().is_empty() => continue,
            value => cells.push((at, value)),
        }
        last = (last.0.max(at.0), last.1.max(at.1));
    }
    let area = (u64::from(last.0) + 1) * (u64::from(last.1) + 1);
    if area > LARGEST || memory::available().is_some_and(|there| area * size_of::<Data>() as u64 > there) {
        return Err(calamine::Error::Msg("its cells reach too far down and right for a table, or for memory"));
    }
    let mut range = Range::new((0, 0), last);
    for (at, value) in cells {
        range.set_value(at, value);
    }
    Ok((range, formulas))
}

/// A reader of workbooks may panic on damaged bytes; that is the file's fault and becomes an error.
fn guarded<T, E: std::fmt::Display>(read: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, String> {
    crate::guard::caught(read).map_or_else(|| Err("its bytes are damaged".into()), |result| result.map_err(|e| e.to_string()))
}

/// Bytes of memory for each byte of a workbook that is unpacked: cells of at least 12 letters of XML, or 10 bytes of .xls,
/// take 32 bytes as they come and 24 in their place.
const XML: u64 = 4;
const XLS: u64 = 5;

/// Refuses a workbook whose cells cannot fit into memory.
fn room(place: &impl std::fmt::Display, bytes: u64, each: u64) -> Result<()> {
    let what = format!("{place}: a workbook of {} unpacked", memory::size(bytes));
    memory::require(&what, bytes.saturating_mul(each), "save the sheet of the table alone, or use a machine with more memory")
}

/// A layout that isard reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Sic,
    Ceads,
}

fn layout(grid: &Grid) -> Option<Layout> {
    let rows = 0..grid.rows().min(HEAD as usize);
    if rows.clone().any(|r| sic::is_code_row(grid, r)) { Some(Layout::Sic) } else { ceads::is_head(grid, rows).then_some(Layout::Ceads) }
}

/// What both readers look for, for the messages of sheets that are neither.
const LOOKED_FOR: &str = "a row of codes A001 ... XX (State Information Centre), or province names with the demand columns \
                          FU101 ... or rural / urban household consumption (CEADs)";

/// Reads a table from a workbook of any known layout.
///
/// # Errors
/// When it is not a workbook, when the sheet is unknown or holds no table, when several sheets hold one and none
/// is named, and for each cell that should be a number and is not.
pub fn read_table(path: &Path, options: &Options) -> Result<Table> {
    let mut book = Book::open(path, &options.watch)?;
    let choice = match &options.sheet {
        Some(name) => named(&mut book, name)?,
        None => found(&mut book)?,
    };
    let grid = book.grid(&choice.sheet)?;
    let mut table = match choice.layout {
        Layout::Sic => sic::read(&grid)?,
        Layout::Ceads => ceads::read(&grid)?,
    };
    table.provenance.files.push(book.source);
    table.provenance.sheet = Some(choice.sheet);
    if let Some(note) = choice.note {
        table.provenance.notes.push(note.clone());
        table.remarks.push(Finding::new(Level::Warn, "sheet-chosen", note));
    }
    Ok(table)
}

struct Choice {
    sheet: String,
    layout: Layout,
    note: Option<String>,
}

fn candidates(book: &mut Book) -> Result<Vec<(String, Layout)>> {
    let mut found = Vec::new();
    for name in book.names() {
        if let Some(layout) = layout(&book.first(&name, HEAD)?) {
            found.push((name, layout));
        }
    }
    Ok(found)
}

fn named(book: &mut Book, name: &str) -> Result<Choice> {
    let names = book.names();
    if !names.iter().any(|n| n == name) {
        let Error::Unknown { kind, name, help } = Error::unknown("sheet", name, &names) else { unreachable!("unknown() makes Unknown") };
        let list = format!("the sheets are: {}", names.join(", "));
        return Err(Error::Unknown { kind, name, help: if help.starts_with("did you") { format!("{help} {list}") } else { list } });
    }
    if let Some(layout) = layout(&book.first(name, HEAD)?) {
        return Ok(Choice { sheet: name.to_string(), layout, note: None });
    }
    let others: Vec<String> = candidates(book)?.into_iter().map(|c| c.0).collect();
    let help = if others.is_empty() {
        "no other sheet of this file holds one either".into()
    } else {
        format!("sheets that look right: {}", others.join(", "))
    };
    Err(Error::format(book.place(name), format!("the sheet holds no table that isard knows; looked for {LOOKED_FOR}"), help))
}

fn found(book: &mut Book) -> Result<Choice> {
    let mut all = candidates(book)?;
    if all.len() == 1 {
        let (sheet, layout) = all.remove(0);
        return Ok(Choice { sheet, layout, note: None });
    }
    let path = book.path.display().to_string();
    if all.is_empty() {
        let text = format!("none of its sheets ({}) holds a table that isard knows; looked for {LOOKED_FOR}", book.names().join(", "));
        return Err(Error::format(path, text, "if the file is an emission inventory, pass it with --emissions"));
    }
    let list = all.iter().map(|c| c.0.as_str()).collect::<Vec<_>>().join(", ");
    let consistent: Vec<&(String, Layout)> = all.iter().filter(|(name, l)| *l == Layout::Ceads && name.ends_with("_consistent")).collect();
    if let [(sheet, layout)] = consistent[..] {
        let note = format!(
            "{path}: sheets {list} hold a table; \"{sheet}\" was chosen because its name says that it is the consistent one (--sheet names another)"
        );
        return Ok(Choice { sheet: sheet.clone(), layout: *layout, note: Some(note) });
    }
    Err(Error::format(
        path,
        format!("{} sheets hold a table: {list}", all.len()),
        format!("name one with --sheet, for example --sheet \"{}\"", all[0].0),
    ))
}
