//! Excel workbooks, old and new: their sheets as grids of cells, whole or only the first rows.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calamine::{Data, Range, Reader, SheetType, Sheets, Xls, Xlsb, Xlsx};

use super::grid::Grid;
use super::{archive, compound};
use crate::error::{Error, Result};
use crate::memory;
use crate::table::Source;
use crate::watch::Watch;

/// Rows in which the headers of a table are looked for.
pub(crate) const HEAD: u32 = 24;

/// More cells than any table in a sheet has.
pub(super) const LARGEST: u64 = 1 << 25;

/// An open workbook.
pub(crate) struct Book {
    /// Where it is.
    pub path: PathBuf,
    /// Path and SHA-256.
    pub source: Source,
    sheets: Sheets<Cursor<Arc<[u8]>>>,
    watch: Watch,
}

impl Book {
    /// Opens a workbook; .xls, .xlsx or .xlsb follows from its bytes, not from its name.
    pub(crate) fn open(path: &Path, watch: &Watch) -> Result<Self> {
        let (raw, source) = super::input::bytes(path, watch)?;
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
            if archive::has(&bytes, path, "xl/workbook.bin")? {
                Sheets::Xlsb(guarded(|| Xlsb::new(cursor())).map_err(|e| broken(&e))?)
            } else {
                Sheets::Xlsx(guarded(|| Xlsx::new(cursor())).map_err(|e| broken(&e))?)
            }
        };
        Ok(Book { path: path.to_path_buf(), source, sheets, watch: watch.clone() })
    }

    /// The names of its sheets of cells, in order; charts are no sheets here.
    pub(crate) fn names(&self) -> Vec<String> {
        self.sheets.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).map(|s| s.name.clone()).collect()
    }

    /// One whole sheet.
    pub(crate) fn grid(&mut self, sheet: &str) -> Result<Grid> {
        self.first(sheet, u32::MAX)
    }

    /// The rows of a sheet before row `end`, without reading the rest where the format allows it.
    pub(crate) fn first(&mut self, sheet: &str, end: u32) -> Result<Grid> {
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

    /// `file[sheet]`.
    pub(crate) fn place(&self, sheet: &str) -> String {
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
