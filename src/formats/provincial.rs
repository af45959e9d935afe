//! The input-output table of one region in a workbook or a CSV file, as the statistical bureaus of China's provinces publish it.
//!
//! One row and one column of codes: `01 ... 42` sectors; columns `FU101 FU102 FU103 FU201 FU202` final demand, `EX` exports, `OF`
//! outflow to other provinces, `IM` imports, `IF` inflow, `ERR`, `GO`; rows `VA001 ...`. `TIU THC TC GCF TFU TII TVA TI` are totals and
//! are not read. A row `IM` in place of the column tells a table whose uses are without imports. Region and year stand in the
//! first cell with a year (`北京2017年投入产出表`), the unit behind `单位`.

use std::path::{Path, PathBuf};

use ndarray::Array1;

use super::Encoding;
use super::sheets::blocks::economic_name;
use super::sheets::unit::table_unit;
use super::tools::grid::Grid;
use super::tools::rows::is_workbook;
use super::tools::separated::Separated;
use super::tools::workbook::Book;
use crate::build::{Imported, Regional};
use crate::error::{Error, Result};
use crate::inventory::year_in;
use crate::labels::{Name, sector_names};
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Endings of files of separated values: those of a folder without workbooks.
const TEXTS: [&str; 3] = ["csv", "tsv", "gz"];

/// Endings of workbooks.
const ENDINGS: [&str; 3] = ["xls", "xlsx", "xlsb"];

/// Codes of totals.
const TOTALS: [&str; 8] = ["TIU", "THC", "TC", "GCF", "TFU", "TII", "TVA", "TI"];

/// The workbooks of these paths: files as they are, of a folder all workbooks in the order of their names, or where it
/// has none all files of separated values.
///
/// # Errors
/// When a folder cannot be read or holds neither.
pub fn workbooks(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|e| Error::io(path, "read", e))?;
        let shown = |p: &PathBuf| !p.file_name().unwrap_or_default().to_string_lossy().starts_with(['.', '~']);
        let all: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).filter(shown).collect();
        let ending = |endings: &[&str]| -> Vec<PathBuf> {
            all.iter().filter(|p| endings.contains(&super::extension(p).as_str())).cloned().collect()
        };
        let mut own = ending(&ENDINGS);
        if own.is_empty() {
            own = ending(&TEXTS);
        }
        if own.is_empty() {
            let text = "the folder holds no workbook and no CSV file";
            return Err(Error::format(path.display(), text, "name the folder of the regional tables"));
        }
        own.sort();
        found.extend(own);
    }
    Ok(found)
}

/// Reads the regional table of each workbook.
///
/// # Errors
/// Naming file, cell and remedy, when one is not such a table; when the watch is cancelled.
pub fn read_all(paths: &[PathBuf], sheet: Option<&str>, encoding: Encoding, watch: &Watch) -> Result<Vec<Regional>> {
    watch.clone().run(|| paths.par_iter().map(|path| read(path, sheet, encoding, watch)).collect::<Vec<_>>().into_iter().collect())
}

/// Reads the regional table of a workbook, where `sheet` names one of several sheets, or of a file of separated values.
///
/// # Errors
/// As [`read_all`].
pub fn read(path: &Path, sheet: Option<&str>, encoding: Encoding, watch: &Watch) -> Result<Regional> {
    if !is_workbook(path) {
        return of_text(path, sheet, encoding, watch);
    }
    let mut book = Book::open(path, watch)?;
    let names = book.names();
    let chosen: Vec<String> = match sheet {
        Some(name) if names.iter().any(|n| n == name) => vec![name.into()],
        Some(name) => return Err(Error::unknown("sheet", name, &names)),
        None => names,
    };
    let mut grids = Vec::new();
    for name in &chosen {
        let grid = book.grid(name)?;
        if let Some(codes) = Codes::find(&grid) {
            grids.push((grid, codes));
        }
    }
    match grids.len() {
        1 => {
            let (grid, codes) = grids.remove(0);
            codes.read(&grid, book.source)
        }
        0 => {
            let text = "no sheet has the codes 01 ..., EX, OF, IF and GO of a regional table";
            Err(Error::format(path.display(), text, "name the workbook of one region, as its statistical bureau publishes it"))
        }
        _ => {
            let found: Vec<&str> = grids.iter().map(|(g, _)| g.place.as_str()).collect();
            let text = format!("several sheets hold a regional table: {}", found.join(", "));
            Err(Error::format(path.display(), text, "name one with `sheet`"))
        }
    }
}

/// Reads the table of a file of separated values: the cells of a published sheet.
fn of_text(path: &Path, sheet: Option<&str>, encoding: Encoding, watch: &Watch) -> Result<Regional> {
    if sheet.is_some() {
        return Err(Error::no_effect(format!("`sheet` has no effect on {}: it has no sheets", path.display()), "leave it out"));
    }
    let (grid, source) = Separated::grid(path, encoding, watch)?;
    let codes = Codes::find(&grid).ok_or_else(|| {
        let text = "no line has the codes 01 ..., EX, OF, IF and GO of a regional table";
        Error::format(path.display(), text, "save the sheet of one region as CSV, with its codes, title and unit")
    })?;
    codes.read(&grid, source)
}

/// Where codes stand.
struct Codes {
    head: usize,
    side: usize,
    columns: Vec<(usize, String)>,
    rows: Vec<(usize, String)>,
}

impl Codes {
    fn find(grid: &Grid) -> Option<Self> {
        let texts = |r: usize| (0..grid.columns()).map(move |c| (c, grid.text(r, c))).filter(|t| !t.1.is_empty());
        let is_head = |r: &usize| ["GO", "OF", "IF", "EX"].iter().all(|code| texts(*r).any(|(_, t)| t == *code));
        let head = (0..grid.rows()).find(is_head)?;
        let side = (0..grid.columns()).find(|&c| (head + 1..grid.rows()).filter(|&r| is_sector(&grid.text(r, c))).count() > 1)?;
        let columns = texts(head).filter(|(c, _)| *c > side).collect();
        let rows = (head + 1..grid.rows()).map(|r| (r, grid.text(r, side))).filter(|r| !r.1.is_empty()).collect();
        Some(Codes { head, side, columns, rows })
    }

    fn read(&self, grid: &Grid, source: crate::table::Source) -> Result<Regional> {
        let (rows, columns) = (self.sectors(&self.rows), self.sectors(&self.columns));
        if rows.iter().map(|r| &r.1).ne(columns.iter().map(|c| &c.1)) {
            let text = format!("{} sector rows and {} sector columns have different codes", rows.len(), columns.len());
            return Err(Error::format(&grid.place, text, "restore the codes of the published sheet"));
        }
        let (rows, columns): (Vec<usize>, Vec<usize>) = (places(&rows), places(&columns));
        let demand: Vec<usize> = self.columns.iter().filter(|c| c.1.starts_with("FU")).map(|c| c.0).collect();
        if demand.is_empty() {
            return Err(Error::format(&grid.place, "no columns FU101 ... of final demand", "restore the codes of the published sheet"));
        }
        self.nothing_unknown(grid)?;
        let (title, region, year) = title(grid, self.head)?;
        let unit = table_unit(grid, self.head)?;
        let unit = unit.ok_or_else(|| Error::format(&title, "no money unit above the table", "write it there, as in 单位：万元"))?;
        let column = |code: &str| -> Result<Option<Array1<f64>>> {
            let found = self.columns.iter().find(|c| c.1 == code);
            found.map(|&(c, _)| rows.iter().map(|&r| grid.number(r, c)).collect()).transpose()
        };
        let needed = |code: &str| {
            column(code)?.ok_or_else(|| Error::format(&grid.place, format!("no column {code}"), "restore the codes of the published sheet"))
        };
        let line = |row: usize, across: &[usize]| grid.row(row, across);
        let imports_row = self.rows.iter().find(|r| r.1 == "IM").map(|r| r.0);
        let imported = match (column("IM")?, imports_row) {
            (Some(m), None) => Imported::Within(m),
            (None, Some(row)) => Imported::Apart(line(row, &columns)?, line(row, &demand)?),
            (Some(_), Some(_)) => {
                return Err(Error::format(
                    &grid.place,
                    "imports stand in a column IM and in a row IM",
                    "keep the one that the table adds up with",
                ));
            }
            (None, None) => {
                return Err(Error::format(&grid.place, "no imports: neither a column IM nor a row IM", "add it; zeros are fine"));
            }
        };
        let given = |r: usize| (0..self.side).rev().map(|c| grid.text(r, c)).find(|t| !t.is_empty()).unwrap_or_default();
        let labels: Vec<String> = rows.iter().map(|&r| given(r)).collect();
        let heading = |c: usize| (0..self.head).rev().map(|r| grid.text(r, c)).find(|t| !t.is_empty()).unwrap_or_default();
        let category = |c: usize| economic_name(&heading(c)).unwrap_or_else(|| Name::plain(heading(c)));
        let mut value_added = Vec::new();
        for (row, code) in self.rows.iter().filter(|r| r.1.starts_with("VA")) {
            let text = given(*row);
            let name = economic_name(&text).unwrap_or_else(|| Name::plain(if text.is_empty() { code.clone() } else { text }));
            value_added.push((name, line(*row, &columns)?));
        }
        Ok(Regional {
            place: grid.place.clone(),
            source,
            region: Name::region(&region),
            year,
            unit: unit.to_string(),
            products: sector_names(labels.iter().map(String::as_str)),
            categories: demand.iter().map(|&c| category(c)).collect(),
            z: grid.block(&rows, &columns)?.0,
            y: grid.block(&rows, &demand)?.0,
            exports: needed("EX")?,
            outflow: needed("OF")?,
            inflow: needed("IF")?,
            imported,
            error: column("ERR")?.unwrap_or_else(|| Array1::zeros(rows.len())),
            output: needed("GO")?,
            value_added,
        })
    }

    fn sectors<'c>(&self, codes: &'c [(usize, String)]) -> Vec<&'c (usize, String)> {
        codes.iter().filter(|c| is_sector(&c.1)).collect()
    }

    /// Refuses a code of no known meaning over numbers: nothing is left out in silence.
    fn nothing_unknown(&self, grid: &Grid) -> Result<()> {
        let known = |code: &str| {
            is_sector(code)
                || TOTALS.contains(&code)
                || ["EX", "OF", "IM", "IF", "ERR", "GO", "-"].contains(&code)
                || code.starts_with("FU")
        };
        match self.columns.iter().find(|c| !known(&c.1)) {
            None => Ok(()),
            Some((c, code)) => {
                let text = format!("the column code \"{code}\" has no known meaning");
                Err(Error::format(grid.address(self.head, *c), text, "clear the column, or add it to ERR"))
            }
        }
    }
}

fn places(codes: &[&(usize, String)]) -> Vec<usize> {
    codes.iter().map(|c| c.0).collect()
}

fn is_sector(code: &str) -> bool {
    !code.is_empty() && code.len() <= 4 && code.bytes().all(|b| b.is_ascii_digit())
}

/// The cell with region and year, and what it says: the text before the year is the region.
fn title(grid: &Grid, head: usize) -> Result<(String, String, Option<i32>)> {
    let cells = (0..head).flat_map(|r| (0..grid.columns()).map(move |c| (r, c)));
    for (r, c) in cells {
        let text = grid.text(r, c);
        if let Some(year) = year_in(&text) {
            let region = text.split(&year.to_string()).next().unwrap_or_default().trim().trim_end_matches('省').to_string();
            if region.is_empty() {
                let text = format!("\"{text}\" names a year and no region before it");
                return Err(Error::format(grid.address(r, c), text, "write the region before the year, as in 北京2017年投入产出表"));
            }
            return Ok((grid.address(r, c), region, Some(year)));
        }
    }
    let text = "no title with region and year above the table";
    Err(Error::format(&grid.place, text, "write it into the first cell, as in 北京2017年投入产出表"))
}
