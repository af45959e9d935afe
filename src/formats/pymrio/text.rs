//! A text table as pandas writes it: header lines, an optional line of index names, labelled lines of numbers.
//!
//! Places are `file:line:cell`, counted from 1. Lines are cut into labels at once and into numbers when asked for,
//! so that a few rows of a large satellite account cost little.

use super::store::Member;
use crate::error::{Error, Result};
use crate::formats::tools::input::number;
use crate::formats::tools::pairs::{Pairs, repeated};
use crate::table::Sparse;
use crate::threads::prelude::*;
use crate::watch::Watch;

/// A text table whose labels are known and whose numbers are not yet parsed.
pub(super) struct Sheet<'a> {
    place: String,
    index: usize,
    /// Labels of each column, outermost level first.
    pub(super) columns: Vec<Vec<String>>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    line: usize,
    labels: Vec<String>,
    cells: &'a str,
}

impl<'a> Sheet<'a> {
    /// Cuts `text` into labels and lines by the margins of `member`.
    pub(super) fn new(text: &'a str, place: &str, member: &Member) -> Result<Self> {
        let mut lines: Vec<(usize, &str)> = text.lines().enumerate().map(|(k, l)| (k + 1, l)).collect();
        while lines.last().is_some_and(|(_, l)| l.trim().is_empty()) {
            lines.pop();
        }
        if lines.len() < member.header {
            return Err(Error::format(
                place,
                format!("expected {} header line(s), found {} line(s) in all", member.header, lines.len()),
                "save the system again; the file may be cut off",
            ));
        }
        let body = lines.split_off(member.header);
        let columns = header(&lines, place, member.index)?;
        let mut rows = Vec::with_capacity(body.len());
        for (k, (line, content)) in body.into_iter().enumerate() {
            let (labels, cells) = split_labels(content, member.index)
                .ok_or_else(|| ragged(place, line, member.index + columns.len(), content.split('\t').count()))?;
            // pandas names the index levels on a line of their own when there are several header lines.
            if k == 0 && member.header > 1 && cells.bytes().all(|b| b == b'\t') {
                continue;
            }
            rows.push(Row { line, labels, cells });
        }
        Ok(Sheet { place: place.to_string(), index: member.index, columns, rows })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Labels of row `i`, outermost level first.
    pub(super) fn labels(&self, i: usize) -> &[String] {
        &self.rows[i].labels
    }

    /// Where the file lies.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// `file:line` of row `i`.
    pub(super) fn place_of(&self, i: usize) -> String {
        format!("{}:{}", self.place, self.rows[i].line)
    }

    /// The numbers of row `i`.
    pub(super) fn numbers(&self, i: usize) -> Result<Vec<f64>> {
        let row = &self.rows[i];
        let mut values = Vec::with_capacity(self.columns.len());
        for (k, cell) in row.cells.split('\t').enumerate() {
            values.push(number(cell, || format!("{}:{}:{}", self.place, row.line, self.index + k + 1))?);
        }
        if values.len() != self.columns.len() {
            return Err(ragged(&self.place, row.line, self.index + self.columns.len(), self.index + values.len()));
        }
        Ok(values)
    }

    /// All numbers as sparse rows; exact zeros are left out. The first wrong cell of the file is reported.
    pub(super) fn sparse(&self, watch: &Watch) -> Result<Sparse> {
        let rows: Vec<Result<(Vec<u32>, Vec<f64>)>> = (0..self.len())
            .into_par_iter()
            .map(|i| {
                watch.check()?;
                let values = self.numbers(i)?;
                let kept = || values.iter().enumerate().filter(|(_, v)| **v != 0.0);
                let columns = kept().map(|(j, _)| u32::try_from(j).expect("a line holds fewer than 2^32 cells")).collect();
                Ok((columns, kept().map(|(_, v)| *v).collect()))
            })
            .collect();
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            let (columns, values) = row?;
            indices.extend_from_slice(&columns);
            data.extend_from_slice(&values);
            indptr.push(indices.len());
        }
        Ok(Sparse::new((self.len(), self.columns.len()), indptr, indices, data))
    }

    /// (outer, inner) labels of the rows, or an error where there are fewer than two levels.
    pub(super) fn row_pairs(&self) -> Result<Pairs> {
        let pairs: Pairs = self.rows.iter().map(|r| self.pair(&r.labels, "index columns")).collect::<Result<_>>()?;
        if let Some((first, again)) = repeated(&pairs) {
            let pair = &pairs[again];
            return Err(Error::format(
                self.place_of(again),
                format!("\"{} / {}\" comes twice: it is already in line {}", pair.0, pair.1, self.rows[first].line),
                "give each row its own label",
            ));
        }
        Ok(pairs)
    }

    /// (outer, inner) labels of the columns, or an error where there are fewer than two levels.
    pub(super) fn column_pairs(&self) -> Result<Pairs> {
        self.columns.iter().map(|c| self.pair(c, "header lines")).collect()
    }

    fn pair(&self, labels: &[String], what: &str) -> Result<(String, String)> {
        match labels {
            [outer, inner, ..] => Ok((outer.clone(), inner.clone())),
            _ => Err(Error::format(
                &self.place,
                format!("expected two {what} (region, then sector or category), found {}", labels.len()),
                "save the table with both levels, and their number in file_parameters.json",
            )),
        }
    }
}

/// Labels and unit of each line of a `unit.txt`: all cells but the last, and the last.
/// The number of index columns is taken from the lines: published archives state it wrongly.
pub(super) fn units(text: &str, place: &str) -> Result<Vec<(Vec<String>, String)>> {
    let mut units = Vec::new();
    let mut width = 0;
    for (k, line) in text.lines().enumerate() {
        let mut cells: Vec<String> = line.split('\t').map(unquoted).collect();
        if k == 0 {
            width = cells.len().max(2);
        } else if !line.trim().is_empty() {
            if cells.len() != width {
                return Err(ragged(place, k + 1, width, cells.len()));
            }
            let unit = cells.pop().expect("a split line has at least one cell");
            units.push((cells, unit));
        }
    }
    Ok(units)
}

fn header(lines: &[(usize, &str)], place: &str, index: usize) -> Result<Vec<Vec<String>>> {
    let mut columns: Vec<Vec<String>> = Vec::new();
    for (k, (line, content)) in lines.iter().enumerate() {
        let cells: Vec<String> = content.split('\t').skip(index).map(unquoted).collect();
        if k == 0 {
            columns = vec![Vec::with_capacity(lines.len()); cells.len()];
        }
        if cells.len() != columns.len() || cells.is_empty() {
            return Err(ragged(place, *line, index + columns.len().max(1), content.split('\t').count()));
        }
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }
    Ok(columns)
}

fn split_labels(content: &str, index: usize) -> Option<(Vec<String>, &str)> {
    let (mut labels, mut rest) = (Vec::with_capacity(index), content);
    for _ in 0..index {
        let (label, after) = rest.split_once('\t')?;
        labels.push(unquoted(label));
        rest = after;
    }
    Some((labels, rest))
}

/// A label without the quotation marks pandas puts around one that itself holds such marks.
fn unquoted(cell: &str) -> String {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|c| c.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_string(),
    }
}

fn ragged(place: &str, line: usize, expected: usize, found: usize) -> Error {
    Error::format(
        format!("{place}:{line}"),
        format!("expected {expected} cells separated by tabs, found {found}"),
        "save the file again; the line may be cut off, or the separator may not be a tab",
    )
}
