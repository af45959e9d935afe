//! CSV files of a long-form folder: lines with a place, cells joined by label, no cell twice.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Result, did_you_mean};
use crate::io::{Encoding, number, text};
use crate::labels::{Labels, Name, key};
use crate::table::Source;

/// A CSV file in memory.
pub(super) struct Csv {
    place: String,
    text: String,
}

/// One line of a CSV file, its cells in the order the reader asked for them.
pub(super) struct Line<'a> {
    place: &'a str,
    /// Line of the file, counted from 1.
    pub(super) number: usize,
    record: &'a csv::StringRecord,
    columns: &'a [Option<usize>],
}

impl Csv {
    /// Opens `stem.csv` or `stem.csv.gz` in `folder`, if there is one, and adds it to `sources`.
    pub(super) fn find(folder: &Path, stem: &str, encoding: Encoding, sources: &mut Vec<Source>) -> Result<Option<Self>> {
        let (plain, packed) = (folder.join(format!("{stem}.csv")), folder.join(format!("{stem}.csv.gz")));
        let path = match (plain.exists(), packed.exists()) {
            (true, true) => {
                let message = format!("there is also {stem}.csv.gz, and nothing says which one holds");
                return Err(Error::format(plain.display(), message, "remove one of the two files"));
            }
            (true, false) => plain,
            (false, true) => packed,
            (false, false) => return Ok(None),
        };
        let (text, source) = text(&path, encoding)?;
        sources.push(source);
        Ok(Some(Csv { place: path.display().to_string(), text }))
    }

    /// Where the file lies.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Whether the header names `column`.
    pub(super) fn has(&self, column: &str) -> bool {
        self.text.lines().next().is_some_and(|header| header.split(',').any(|c| c.trim().trim_matches('"').trim() == column))
    }

    /// Calls `each` for every line; `required` columns must be there, `optional` ones may, in any order.
    pub(super) fn lines(&self, required: &[&str], optional: &[&str], mut each: impl FnMut(&Line) -> Result<()>) -> Result<()> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut header: Option<(usize, Vec<Option<usize>>)> = None;
        while reader
            .read_record(&mut record)
            .map_err(|e| Error::format(&self.place, format!("not a CSV file: {e}"), "save it again as CSV"))?
        {
            let line = self.line_of(&record);
            let Some((width, columns)) = &header else {
                header = Some((record.len(), self.header(&record, required, optional)?));
                continue;
            };
            if record.len() != *width {
                return Err(Error::format(
                    format!("{}:{line}", self.place),
                    format!("expected {width} cells, found {}", record.len()),
                    "give each line as many cells as the header; put names with a comma in quotation marks",
                ));
            }
            each(&Line { place: &self.place, number: line, record: &record, columns })?;
        }
        if header.is_none() {
            return Err(Error::format(&self.place, "the file has no header line", format!("begin it with: {}", required.join(","))));
        }
        Ok(())
    }

    /// Line of a record. csv places a record before the empty lines that it skipped, so these are counted here.
    fn line_of(&self, record: &csv::StringRecord) -> usize {
        let Some(position) = record.position() else { return 0 };
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
        usize::try_from(position.line()).unwrap_or(usize::MAX).saturating_add(skipped)
    }

    /// Where each column asked for stands; a column nobody asked for is an error, it may be a slip of the pen.
    fn header(&self, record: &csv::StringRecord, required: &[&str], optional: &[&str]) -> Result<Vec<Option<usize>>> {
        let place = |k: usize| format!("{}:1:{}", self.place, k + 1);
        let known: Vec<&str> = required.iter().chain(optional).copied().collect();
        let mut columns = vec![None; known.len()];
        for (k, name) in record.iter().map(str::trim).enumerate() {
            let Some(at) = known.iter().position(|c| *c == name) else {
                return Err(Error::format(place(k), format!("unknown column \"{name}\""), did_you_mean(name, &known)));
            };
            if columns[at].replace(k).is_some() {
                return Err(Error::format(place(k), format!("the column \"{name}\" comes twice"), "remove or rename one"));
            }
        }
        match required.iter().zip(&columns).find(|(_, found)| found.is_none()) {
            Some((name, _)) => Err(Error::format(
                format!("{}:1", self.place),
                format!("no column \"{name}\" in the header"),
                format!("the columns are: {}", known.join(",")),
            )),
            None => Ok(columns),
        }
    }
}

impl Line<'_> {
    /// Text of the k-th column asked for; empty where the file lacks it.
    pub(super) fn text(&self, k: usize) -> &str {
        self.columns[k].and_then(|c| self.record.get(c)).unwrap_or_default().trim()
    }

    /// Number in the k-th column asked for, which must be in the file.
    pub(super) fn value(&self, k: usize) -> Result<f64> {
        number(self.text(k), || self.place(k))
    }

    /// `file:line:cell` of the k-th column asked for.
    pub(super) fn place(&self, k: usize) -> String {
        format!("{}:{}:{}", self.place, self.number, self.columns[k].map_or(0, |c| c + 1))
    }
}

/// Finds rows, regions and demand columns by any of their names.
pub(super) struct Finder<'a> {
    labels: &'a Labels,
    regions: Names,
    sectors: Vec<Names>,
    categories: Vec<Names>,
}

/// Positions by exact name, and by key where it is unambiguous.
#[derive(Default)]
struct Names {
    exact: HashMap<String, usize>,
    keys: HashMap<String, Option<usize>>,
}

impl Names {
    fn new<'n>(names: impl Iterator<Item = (usize, &'n Name)>) -> Self {
        let mut found = Names::default();
        for (k, name) in names {
            found.exact.insert(name.given.clone(), k);
            for form in [&name.given, &name.en, &name.zh] {
                let entry = found.keys.entry(key(form)).or_insert(Some(k));
                if *entry != Some(k) {
                    *entry = None;
                }
            }
        }
        found
    }

    fn find(&mut self, name: &str, canonical: impl FnOnce(&str) -> Option<String>) -> Option<usize> {
        if let Some(k) = self.exact.get(name) {
            return Some(*k);
        }
        let by_key = |k: &str| self.keys.get(k).copied().flatten();
        let found = by_key(&key(name)).or_else(|| by_key(&key(&canonical(name)?)))?;
        self.exact.insert(name.to_string(), found);
        Some(found)
    }
}

impl<'a> Finder<'a> {
    /// A finder for these labels.
    pub(super) fn new(labels: &'a Labels) -> Self {
        let within = |range: std::ops::Range<usize>, list: &'a [Name]| Names::new(range.map(|i| (i, &list[i])));
        Finder {
            labels,
            regions: Names::new(labels.regions.iter().enumerate()),
            sectors: (0..labels.region_count()).map(|r| within(labels.rows(r), &labels.sectors)).collect(),
            categories: (0..labels.region_count()).map(|r| within(labels.demand(r), &labels.categories)).collect(),
        }
    }

    /// The region named in column k.
    pub(super) fn region(&mut self, line: &Line, k: usize) -> Result<usize> {
        let name = line.text(k);
        self.regions.find(name, |n| Some(Name::region(n).en)).ok_or_else(|| unknown(line, k, "region", &self.labels.regions))
    }

    /// The row whose region is named in column k and whose sector in column k + 1.
    pub(super) fn row(&mut self, line: &Line, k: usize) -> Result<usize> {
        let r = self.region(line, k)?;
        let rows = self.labels.rows(r);
        self.sectors[r].find(line.text(k + 1), |_| None).ok_or_else(|| unknown(line, k + 1, "sector", &self.labels.sectors[rows]))
    }

    /// The demand column whose region is named in column k and whose category in column k + 1.
    pub(super) fn demand(&mut self, line: &Line, k: usize) -> Result<usize> {
        let r = self.region(line, k)?;
        let columns = self.labels.demand(r);
        self.categories[r]
            .find(line.text(k + 1), |_| None)
            .ok_or_else(|| unknown(line, k + 1, "category", &self.labels.categories[columns]))
    }
}

fn unknown(line: &Line, k: usize, kind: &str, known: &[Name]) -> Error {
    let mut names: Vec<&str> = Vec::new();
    for name in known {
        for form in [&name.given, &name.en, &name.zh] {
            if !names.contains(&form.as_str()) {
                names.push(form);
            }
        }
    }
    Error::format(line.place(k), format!("unknown {kind} \"{}\"", line.text(k)), did_you_mean(line.text(k), &names))
}

/// Cells (row, column, value) with the lines they came from.
#[derive(Default)]
pub(super) struct Cells {
    entries: Vec<(u32, u32, f64, usize)>,
}

impl Cells {
    /// Adds a cell.
    pub(super) fn push(&mut self, row: usize, column: usize, value: f64, line: usize) {
        let small = |k: usize| u32::try_from(k).expect("tables have fewer than 2^32 rows and columns");
        self.entries.push((small(row), small(column), value, line));
    }

    /// The cells in order of row and column; one given twice is an error that names both lines.
    pub(super) fn sorted(mut self, place: &str, name: impl Fn(usize, usize) -> String) -> Result<Vec<(usize, usize, f64)>> {
        self.entries.sort_by_key(|e| (e.0, e.1));
        let twice = self.entries.windows(2).filter(|w| (w[0].0, w[0].1) == (w[1].0, w[1].1)).min_by_key(|w| w[1].3);
        if let Some(pair) = twice {
            return Err(Error::format(
                format!("{place}:{}", pair[1].3),
                format!("{} is given twice: it is already in line {}", name(pair[0].0 as usize, pair[0].1 as usize), pair[0].3),
                "give each cell once, with the sum",
            ));
        }
        Ok(self.entries.into_iter().map(|(i, j, v, _)| (i as usize, j as usize, v)).collect())
    }
}
