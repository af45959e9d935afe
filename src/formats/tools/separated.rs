//! Text of separated values in any of its dialects, read one record at a time.
//!
//! Found from the text itself: the separator (comma, tab, semicolon, or as a first line `sep=;` says), title lines above
//! the heading, empty cells behind the last heading, and whether numbers have a decimal comma. Quoted cells may hold line
//! breaks (RFC 4180); lines end in any of CR, LF, CR LF. Places count the lines of the file as an editor shows them.

use std::collections::HashSet;
use std::path::Path;

use calamine::{Data, Range};
use csv::{ReaderBuilder, StringRecord};

use super::grid::{Grid, letters};
use super::workbook::LARGEST;
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::table::Source;
use crate::watch::Watch;

/// Records by which the separator and the heading are found.
const SAMPLE: usize = 100;

/// What to do about a cell that is no number, where a missing value is none.
pub(crate) const MISSING: &str = "correct the cell; a missing value must be written as 0";

/// What a comma within a number means in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// No number has one.
    Point,
    /// It stands before the decimals: some number can be read in no other way.
    Comma,
    /// It may be either: each has three digits behind it.
    Unclear,
}

/// A file of separated values in memory.
pub(crate) struct Separated {
    /// The path, for messages.
    pub place: String,
    /// Titles above the heading.
    pub titles: Vec<String>,
    /// What a comma within a number means.
    pub decimal: Decimal,
    text: String,
    separator: u8,
    start: usize,
    first_line: u64,
}

impl Separated {
    /// Reads a file and finds its dialect.
    ///
    /// # Errors
    /// When it is no text of the encoding, or has no line.
    pub(crate) fn read(path: &Path, encoding: Encoding, watch: &Watch) -> Result<(Self, Source)> {
        let (text, source) = super::input::text(path, encoding, watch)?;
        Ok((Self::new(path.display().to_string(), text)?, source))
    }

    /// A file as the sheet of a workbook: every cell where it stands, lines counted as rows, decimal commas made points.
    ///
    /// # Errors
    /// As [`Self::read`]; at the first number that may mean two.
    pub(crate) fn grid(path: &Path, encoding: Encoding, watch: &Watch) -> Result<(Grid, Source)> {
        let (text, source) = super::input::text(path, encoding, watch)?;
        let file = Self::dialect(path.display().to_string(), text);
        let decimal = if file.separator != b',' || file.text.contains('"') { file.commas()? } else { Decimal::Point };
        let (mut cells, mut last) = (Vec::new(), (0_u32, 0_u32));
        file.raw(usize::MAX, &mut |line, _, record| {
            let row = u32::try_from(line - 1).unwrap_or(u32::MAX);
            for (column, cell) in record.iter().enumerate().filter(|(_, c)| !c.trim().is_empty()) {
                let at = (row, column as u32);
                last = (last.0.max(at.0), last.1.max(at.1));
                let place = || format!("{}!{}{line}", file.place, letters(column));
                let number = cell.contains(',') && Decimal::Point.and(cell) != Decimal::Point;
                let value = if number { Data::Float(decimal.number(cell, place)?) } else { Data::String(cell.to_string()) };
                cells.push((at, value));
            }
            Ok(())
        })?;
        if (u64::from(last.0) + 1) * (u64::from(last.1) + 1) > LARGEST {
            let text = format!("its cells reach down to line {} and right to column {}", last.0 + 1, letters(last.1 as usize));
            return Err(Error::format(&file.place, text, "save the lines and columns of the table alone"));
        }
        let mut range = Range::new((0, 0), last);
        cells.into_iter().for_each(|(at, value)| range.set_value(at, value));
        Ok((Grid::new(file.place, range, HashSet::new())?, source))
    }

    /// The text with its separator, not looked into.
    fn dialect(place: String, text: String) -> Self {
        let (named, start) = separator_line(&text);
        let separator = named.unwrap_or_else(|| likely(&text[start..]));
        let first_line = 1 + line_breaks(&text.as_bytes()[..start]);
        Separated { place, titles: Vec::new(), decimal: Decimal::Point, text, separator, start, first_line }
    }

    /// The text of the file called `place`.
    ///
    /// # Errors
    /// When it has no line, or a quotation mark is never closed.
    pub(crate) fn new(place: String, text: String) -> Result<Self> {
        let mut found = Self::dialect(place, text);
        found.skip_titles()?;
        if found.separator != b',' || found.text.contains('"') {
            found.decimal = found.commas()?;
        }
        Ok(found)
    }

    /// Moves the start behind the titles.
    fn skip_titles(&mut self) -> Result<()> {
        let mut sample: Vec<(usize, u64, Vec<String>)> = Vec::new();
        self.raw(SAMPLE, &mut |line, at, record| {
            sample.push((at, line, record.iter().map(str::to_string).collect()));
            Ok(())
        })?;
        let cells: Vec<&[String]> = sample.iter().map(|s| s.2.as_slice()).collect();
        let heading = titles(&cells);
        match sample.get(heading) {
            Some(&(at, line, _)) => (self.start, self.first_line) = (at, line),
            None => return Err(Error::format(&self.place, "the file has no line of text", "export it again")),
        }
        self.titles = sample[..heading].iter().flat_map(|s| s.2.iter()).filter(|c| !c.trim().is_empty()).cloned().collect();
        Ok(())
    }

    fn commas(&self) -> Result<Decimal> {
        let mut found = Decimal::Point;
        let mut heading = true;
        self.raw(usize::MAX, &mut |_, _, record| {
            if !std::mem::take(&mut heading) {
                record.iter().for_each(|cell| found = found.and(cell));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The headings.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub(crate) fn heading(&self) -> Result<Vec<String>> {
        let mut heading = Vec::new();
        self.raw(1, &mut |_, _, record| {
            heading = record.iter().take(filled(record.iter())).map(|c| c.trim().to_string()).collect();
            Ok(())
        })?;
        Ok(heading)
    }

    /// Calls `each` with line and cells of the heading and of every further record; records without text are left out.
    ///
    /// # Errors
    /// When a record has other cells than the heading, or a quotation mark is never closed; as `each`.
    pub(crate) fn each(&self, mut each: impl FnMut(u64, &StringRecord) -> Result<()>) -> Result<()> {
        let mut width = None;
        let mut short = StringRecord::new();
        self.raw(usize::MAX, &mut |line, _, record| {
            let filled = filled(record.iter());
            let width = *width.get_or_insert(filled);
            if record.len() == width {
                return each(line, record);
            }
            if record.len() < width || filled > width {
                let found = if record.len() < width { record.len() } else { filled };
                let text = format!("expected {width} cells as in the heading, found {found}");
                let help = "give each line as many cells as the heading; put names that contain the separator in quotation marks";
                return Err(Error::format(format!("{}:{line}", self.place), text, help));
            }
            short.clone_from(record);
            short.truncate(width);
            each(line, &short)
        })
    }

    /// Calls `each` with line and cells of every record that holds any text, whatever their number.
    ///
    /// # Errors
    /// When a quotation mark is never closed; as `each`.
    pub(crate) fn records(&self, each: &mut dyn FnMut(u64, &StringRecord) -> Result<()>) -> Result<()> {
        self.raw(usize::MAX, &mut |line, _, record| each(line, record))
    }

    /// Calls `each` with line, byte and cells of the first records that hold any text.
    fn raw(&self, most: usize, each: &mut dyn FnMut(u64, usize, &StringRecord) -> Result<()>) -> Result<()> {
        let text = &self.text.as_bytes()[self.start..];
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(self.separator).from_reader(text);
        let mut record = StringRecord::new();
        let (mut line, mut at, mut count) = (self.first_line, 0, 0);
        let broken = |e: csv::Error| Error::format(&self.place, format!("not readable as CSV: {e}"), "save the file as CSV again");
        while count < most && reader.read_record(&mut record).map_err(broken)? {
            let begin = record.position().map_or(0, |p| p.byte() as usize);
            let begin = begin + text[begin..].iter().take_while(|b| b"\r\n".contains(b)).count();
            let end = reader.position().byte() as usize;
            line += line_breaks(&text[at..begin]);
            at = begin;
            if record.iter().all(|c| c.trim().is_empty()) {
                continue;
            }
            self.closed(&text[begin..end], end == text.len(), line)?;
            each(line, self.start + begin, &record)?;
            count += 1;
        }
        Ok(())
    }

    /// Refuses a record whose quotation mark was never closed: it holds the lines that follow.
    fn closed(&self, record: &[u8], last: bool, line: u64) -> Result<()> {
        if record.iter().filter(|b| **b == b'"').count().is_multiple_of(2) {
            return Ok(());
        }
        let trimmed = record.trim_ascii_end();
        let opened = trimmed.first() == Some(&b'"') || trimmed.windows(2).any(|w| w[0] == self.separator && w[1] == b'"');
        if opened && (last || line_breaks(trimmed) > 0) {
            let help = "close it; within a quoted cell a quotation mark is written twice";
            return Err(Error::format(format!("{}:{line}", self.place), "a quotation mark is opened and not closed", help));
        }
        Ok(())
    }
}

/// The separator that a first line `sep=;` names, and where the text goes on.
fn separator_line(text: &str) -> (Option<u8>, usize) {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text[..end].trim().trim_matches('"').to_lowercase();
    let byte = match line.strip_prefix("sep=") {
        Some("\\t" | "tab" | "") => b'\t',
        Some(one) if one.len() == 1 => one.as_bytes()[0],
        _ => return (None, 0),
    };
    let rest = &text[end..];
    let broken = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    (Some(byte), end + broken)
}

/// The separator that gives the most records of one width.
fn likely(text: &str) -> u8 {
    let agree = |separator: u8| {
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
        let widths: Vec<usize> =
            reader.records().take(SAMPLE).map_while(std::result::Result::ok).map(|r| filled(r.iter())).filter(|w| *w > 0).collect();
        let (width, count) = usual(&widths);
        if width > 1 { count } else { 0 }
    };
    // of equals the last is taken: the comma
    [b';', b'\t', b','].into_iter().max_by_key(|&s| agree(s)).unwrap_or(b',')
}

/// The most frequent width, of equally frequent ones the largest, and how often it comes.
fn usual(widths: &[usize]) -> (usize, usize) {
    let count = |w: usize| widths.iter().filter(|v| **v == w).count();
    widths.iter().map(|&w| (count(w), w)).max().map_or((0, 0), |(count, width)| (width, count))
}

/// One more than the last cell that holds anything.
fn filled<'a>(cells: impl Iterator<Item = &'a str>) -> usize {
    cells.enumerate().filter(|(_, c)| !c.trim().is_empty()).map(|(k, _)| k + 1).last().unwrap_or(0)
}

/// How many of the first records are titles: one cell of text, in a file of more columns.
pub(crate) fn titles(sample: &[&[String]]) -> usize {
    let widths: Vec<usize> = sample.iter().map(|r| filled(r.iter().map(String::as_str))).collect();
    let (width, _) = usual(&widths);
    let alone = |r: &[String]| r.iter().filter(|c| !c.trim().is_empty()).count() == 1;
    let is_title = |k: usize| width > 1 && alone(sample[k]) && (widths[k] == 1 || widths[k] < width);
    (0..sample.len()).take_while(|&k| is_title(k)).count()
}

/// Line breaks of any kind.
fn line_breaks(text: &[u8]) -> u64 {
    let alone = |k: usize| text[k] == b'\n' || (text[k] == b'\r' && text.get(k + 1) != Some(&b'\n'));
    (0..text.len()).filter(|&k| alone(k)).count() as u64
}

impl Decimal {
    /// What one more cell tells.
    pub(crate) fn and(self, cell: &str) -> Decimal {
        let cell = cell.trim().trim_start_matches(['-', '+']);
        let Some((whole, rest)) = cell.split_once(',') else { return self };
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let decimals = rest.split(['e', 'E']).next().unwrap_or_default();
        if !digits(whole) || !digits(decimals) {
            return self;
        }
        let thousands = decimals.len() == 3 && rest.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
        match (self, thousands) {
            (Decimal::Comma, _) | (_, false) => Decimal::Comma,
            _ => Decimal::Unclear,
        }
    }

    /// The number in a cell, or an error that names its place. `NaN` and `inf` are read as such.
    pub(crate) fn number(self, cell: &str, place: impl FnOnce() -> String) -> Result<f64> {
        let text = cell.trim();
        let whole = |t: &str| t.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit() || b == b',') && t.contains(',');
        match self {
            Decimal::Comma if text.contains(',') && !text.contains('.') => {
                if let Ok(value) = text.replacen(',', ".", 1).parse() {
                    return Ok(value);
                }
            }
            Decimal::Comma if text.contains('.') && text.parse::<f64>().is_ok() => {
                let found = format!("\"{text}\" has a decimal point, and other numbers of the file a decimal comma");
                return Err(Error::format(place(), found, "write all numbers of the file in one way"));
            }
            Decimal::Unclear if whole(text) => {
                let found =
                    format!("\"{text}\" may be {} (decimal comma) or {} (thousands)", text.replacen(',', ".", 1), text.replace(',', ""));
                return Err(Error::format(place(), found, "write numbers with a decimal point and without separators of thousands"));
            }
            _ => {}
        }
        let help = if whole(text) { "write numbers without separators of thousands" } else { MISSING };
        text.parse().map_err(|_| Error::format(place(), format!("expected a number, found \"{text}\""), help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
        let mut out = Vec::new();
        Separated::new("f.csv".into(), text.into())?.each(|line, r| {
            out.push((line, r.iter().map(str::to_string).collect()));
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn every_dialect_gives_the_same_cells() {
        let expected = |lines: [u64; 3]| {
            let rows = [["region", "cost"], ["A, b", "1"], ["C", "2"]].map(|r| r.map(str::to_string).to_vec());
            lines.into_iter().zip(rows).collect::<Vec<_>>()
        };
        for (text, lines) in [
            ("region,cost\n\"A, b\",1\nC,2\n", [1, 2, 3]),
            ("region;cost\nA, b;1\nC;2\n", [1, 2, 3]),
            ("region\tcost\r\nA, b\t1\r\n\r\nC\t2", [1, 2, 4]),
            ("sep=;\r\nregion;cost\r\nA, b;1\r\nC;2\r\n", [2, 3, 4]),
            ("\n\nregion;cost\nA, b;1\n\n\nC;2\n", [3, 4, 7]),
            ("region;cost\rA, b;1\rC;2\r", [1, 2, 3]),
            ("Costs of 2017, by region\nin yuan\n\nregion;cost\nA, b;1\nC;2\n", [4, 5, 6]),
            ("region;cost;;\nA, b;1;;\n;;;\nC;2;;\n", [1, 2, 4]),
            ("Costs;;\nregion;cost;\nA, b;1;\nC;2;\n", [2, 3, 4]),
        ] {
            assert_eq!(cells(text).unwrap(), expected(lines), "{text:?}");
        }
        assert_eq!(cells("a,b\n\"x\ny\",1\nz,2\n").unwrap()[2].0, 4, "a line break within a cell is a line of the file");
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        for (text, place) in [
            ("a,b\nx,1,2\n", "f.csv:2: expected 2 cells"),
            ("a,b\nx\n", "f.csv:2: expected 2 cells"),
            ("a,b\n\"x,1\ny,2\n", "f.csv:2: a quotation mark"),
        ] {
            let error = cells(text).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }

    #[test]
    fn decimal_commas_are_read_where_they_can_mean_nothing_else() {
        let column = |numbers: &[&str]| {
            let found = numbers.iter().fold(Decimal::Point, |d, cell| d.and(cell));
            numbers.iter().map(|n| found.number(n, || "p".into()).map_err(|e| e.to_string())).collect::<std::result::Result<Vec<f64>, _>>()
        };
        assert_eq!(column(&["1,5", "-1,234", "2,5e3"]), Ok(vec![1.5, -1.234, 2500.0]));
        assert_eq!(column(&["0,123", "7"]), Ok(vec![0.123, 7.0]));
        assert!(column(&["1,234", "7"]).unwrap_err().contains("1.234 (decimal comma) or 1234 (thousands)"));
        assert!(column(&["1,5", "1.5"]).unwrap_err().contains("decimal point"));
        assert!(column(&["1,234,567"]).is_err());
        assert_eq!(column(&["1.5", "1e3"]), Ok(vec![1.5, 1000.0]));
    }
}
