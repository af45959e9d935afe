//! The records of a small file beside a table: separated values in any dialect, or the one sheet of a workbook.
//!
//! Every file but a table itself and its flows is read through [`Rows`]: inventories, costs, concordances, groups,
//! populations, curves, panels, shares by pair, demand columns. What no reader asks for is refused, never dropped.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::grid::{Grid, clean, letters};
use super::separated::{Decimal, MISSING, Separated, titles};
use super::workbook::Book;
use crate::error::{Error, Result, did_you_mean};
use crate::formats::Encoding;
use crate::labels::key;
use crate::table::Source;
use crate::watch::Watch;

/// Headings of a column of regions.
pub(crate) const REGION: [&str; 9] = ["region", "regions", "province", "prov", "area", "地区", "省份", "区域", "省"];

/// Headings of columns that say nothing of a number.
const REMARKS: [&str; 16] = [
    "note",
    "notes",
    "comment",
    "comments",
    "remark",
    "remarks",
    "source",
    "sources",
    "nameen",
    "namezh",
    "备注",
    "说明",
    "注",
    "来源",
    "数据来源",
    "abbr",
];

/// Headings of a column of years.
const YEAR: [&str; 4] = ["year", "years", "年份", "年"];

/// The records of a file; each is as long as the heading, blank ones are left out.
pub(crate) struct Rows {
    /// The path, or path and sheet, for messages.
    pub place: String,
    /// Path and SHA-256.
    pub source: Source,
    /// The headings.
    pub header: Vec<String>,
    /// Line and cells of each further record.
    pub records: Vec<(u64, Vec<String>)>,
    /// Titles above the heading.
    pub titles: Vec<String>,
    heading: u64,
    decimal: Decimal,
    sheet: bool,
}

impl Rows {
    /// Reads a file of separated values or a workbook (`FILE.xlsx`, or `FILE.xlsx[SHEET]` where several sheets hold cells).
    ///
    /// # Errors
    /// When the file cannot be read, a record has other cells than the heading, or a formula has no stored result.
    pub(crate) fn read(path: &Path, encoding: Encoding) -> Result<Self> {
        let (file, sheet) = sheet_of(path);
        if is_workbook(&file) {
            return Self::of_workbook(&file, sheet.as_deref());
        }
        let (text, source) = Separated::read(path, encoding, &Watch::default())?;
        let mut all: Vec<(u64, Vec<String>)> = Vec::new();
        text.each(|line, record| {
            all.push((line, record.iter().map(clean).collect()));
            Ok(())
        })?;
        Self::new(all, text.place, source, text.titles, Some(text.decimal))
    }

    fn of_workbook(path: &Path, sheet: Option<&str>) -> Result<Self> {
        let mut book = Book::open(path, &Watch::default())?;
        let names = book.names();
        let (mut all, mut grids) = (Vec::new(), Vec::new());
        for name in names.iter().filter(|n| sheet.is_none_or(|s| s == n.as_str())) {
            let grid = book.grid(name)?;
            if grid.rows() > 0 {
                grids.push((name.clone(), grid));
            }
        }
        let shown = |list: &[(String, Grid)]| list.iter().map(|g| g.0.clone()).collect::<Vec<_>>().join(", ");
        let grid = match (grids.len(), sheet) {
            (1, _) => grids.remove(0).1,
            (0, Some(name)) => return Err(Error::unknown("sheet", name, &names)),
            (0, None) => return Err(Error::format(path.display(), "no sheet holds a cell", "export the file again")),
            _ => {
                let text = format!("several sheets hold cells: {}", shown(&grids));
                return Err(Error::format(path.display(), text, format!("name one, as in {}[{}]", path.display(), grids[0].0)));
            }
        };
        grid.no_formula_without_result()?;
        for r in 0..grid.rows() {
            let cells: Vec<String> = (0..grid.columns()).map(|c| grid.text(r, c)).collect();
            if cells.iter().any(|c| !c.is_empty()) {
                all.push((r as u64 + 1, cells));
            }
        }
        let sample: Vec<&[String]> = all.iter().take(100).map(|r| r.1.as_slice()).collect();
        let skipped = titles(&sample);
        let above = all.drain(..skipped).flat_map(|r| r.1).filter(|c| !c.is_empty()).collect();
        let width = all.first().map_or(0, |r| r.1.iter().rposition(|c| !c.is_empty()).map_or(0, |k| k + 1));
        for (line, cells) in &mut all {
            if let Some(c) = (width..cells.len()).find(|&c| !cells[c].is_empty()) {
                let place = format!("{}!{}{line}", grid.place, letters(c));
                return Err(Error::format(
                    place,
                    format!("\"{}\" stands under no heading", cells[c]),
                    "name the column, or clear the cell",
                ));
            }
            cells.truncate(width);
        }
        Self::new(all, grid.place, book.source, above, None)
    }

    fn new(mut all: Vec<(u64, Vec<String>)>, place: String, source: Source, titles: Vec<String>, decimal: Option<Decimal>) -> Result<Self> {
        if all.is_empty() {
            return Err(Error::format(&place, "the file has no line of text", "export it again"));
        }
        let (heading, header) = all.remove(0);
        let sheet = decimal.is_none();
        Ok(Rows { place, source, header, records: all, titles, heading, decimal: decimal.unwrap_or(Decimal::Point), sheet })
    }

    /// The year that a column of years holds in every line.
    pub(crate) fn year(&self) -> Option<i32> {
        let c = (0..self.header.len()).find(|&c| YEAR.contains(&key(&self.header[c]).as_str()))?;
        self.records.first().and_then(|(_, cells)| crate::inventory::year_in(&cells[c]))
    }

    /// A note of the titles above the heading, where there are any.
    pub(crate) fn titles_note(&self) -> Vec<String> {
        let note = || format!("{}: above the heading stands \"{}\"", self.place, self.titles.join(" / "));
        (!self.titles.is_empty()).then(note).into_iter().collect()
    }

    /// `file:line` of record `i`.
    pub(crate) fn line(&self, i: usize) -> String {
        if self.sheet { format!("{}!{}", self.place, self.records[i].0) } else { format!("{}:{}", self.place, self.records[i].0) }
    }

    /// `file:line:column`, or `file[sheet]!C5`, of column `c` in record `i`.
    pub(crate) fn at(&self, i: usize, c: usize) -> String {
        self.cell(self.records[i].0, c)
    }

    /// The place of the heading of column `c`.
    pub(crate) fn heading(&self, c: usize) -> String {
        self.cell(self.heading, c)
    }

    fn cell(&self, line: u64, c: usize) -> String {
        if self.sheet { format!("{}!{}{line}", self.place, letters(c)) } else { format!("{}:{line}:{}", self.place, c + 1) }
    }

    /// The column whose heading is one of `names`, compared by letters and digits.
    ///
    /// # Errors
    /// When two columns are: nothing says which one holds.
    pub(crate) fn column(&self, names: &[&str]) -> Result<Option<usize>> {
        let mut found = (0..self.header.len()).filter(|&c| names.contains(&key(&self.header[c]).as_str()));
        let first = found.next();
        if let (Some(a), Some(b)) = (first, found.next()) {
            let text = format!("columns {} (\"{}\") and {} (\"{}\") mean the same", a + 1, self.header[a], b + 1, self.header[b]);
            return Err(Error::format(self.heading(b), text, "remove one, or name it by what it holds"));
        }
        Ok(first)
    }

    /// The column of regions: by its heading, else the first one.
    pub(crate) fn regions(&self) -> Result<usize> {
        Ok(self.column(&REGION)?.unwrap_or(0))
    }

    /// Refuses a column that is none of `used`, unless it is a remark, or a year that does not vary.
    ///
    /// # Errors
    /// With the place of the heading and the nearest of `known`.
    pub(crate) fn nothing_else(&self, used: &[usize], known: &[&str]) -> Result<()> {
        for c in (0..self.header.len()).filter(|c| !used.contains(c)) {
            let heading = key(&self.header[c]);
            if REMARKS.contains(&heading.as_str()) {
                continue;
            }
            if YEAR.contains(&heading.as_str()) {
                let years: HashSet<&str> = self.records.iter().map(|(_, cells)| cells[c].as_str()).collect();
                if years.len() > 1 {
                    let text = format!("the lines are of {} years", years.len());
                    return Err(Error::format(self.heading(c), text, "keep the lines of one year"));
                }
                continue;
            }
            let (shown, near) = (&self.header[c], did_you_mean(&self.header[c], known));
            let help = format!("{near}{}remove the column if it is not to be used", if near.is_empty() { "" } else { "; " });
            return Err(Error::format(self.heading(c), format!("unknown column \"{shown}\""), help));
        }
        Ok(())
    }

    /// The finite number of record `i` in column `c`.
    pub(crate) fn number(&self, i: usize, c: usize) -> Result<f64> {
        let cell = &self.records[i].1[c];
        let value = self.decimal.number(cell, || self.at(i, c))?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::format(self.at(i, c), format!("expected a number, found \"{cell}\""), MISSING))
    }

    /// The same where 0 would be no missing value but a claim: `remedy` says what to do about a number that is not known.
    pub(crate) fn known(&self, i: usize, c: usize, remedy: &str) -> Result<f64> {
        self.number(i, c).map_err(|e| match e {
            Error::Format { place, message, help } if help == MISSING => {
                Error::Format { place, message, help: format!("correct the cell; {remedy}") }
            }
            other => other,
        })
    }
}

/// Whether a path names a workbook.
pub(crate) fn is_workbook(path: &Path) -> bool {
    matches!(super::input::extension(path).as_str(), "xls" | "xlsx" | "xlsm" | "xlsb")
}

/// `FILE.xlsx[SHEET]`: the file and the sheet.
pub(crate) fn sheet_of(path: &Path) -> (PathBuf, Option<String>) {
    let text = path.to_string_lossy();
    match text.strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((file, sheet)) if !path.exists() && is_workbook(Path::new(file)) => (file.into(), Some(sheet.to_string())),
        _ => (path.to_path_buf(), None),
    }
}
