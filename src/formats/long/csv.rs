//! CSV files of a long-form folder: lines with a place, cells joined by label, no cell twice.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Result, did_you_mean};
use crate::formats::Encoding;
use crate::formats::tools::separated::Separated;
use crate::labels::{Index, Labels, Name};
use crate::table::Source;
use crate::watch::Watch;

/// A CSV file in memory.
pub(super) struct Csv {
    text: Separated,
    heading: Vec<String>,
    watch: Watch,
}

/// One line of a CSV file, its cells in the order the reader asked for them.
pub(super) struct Line<'a> {
    file: &'a Separated,
    /// Line of the file, counted from 1.
    pub(super) number: usize,
    record: &'a csv::StringRecord,
    columns: &'a [Option<usize>],
}

impl Csv {
    /// Opens `stem.csv` or `stem.csv.gz` in `folder`, if there is one, and adds it to `sources`.
    pub(super) fn find(folder: &Path, stem: &str, encoding: Encoding, sources: &mut Vec<Source>, watch: &Watch) -> Result<Option<Self>> {
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
        let (text, source) = Separated::read(&path, encoding, watch)?;
        sources.push(source);
        let heading = text.heading()?;
        Ok(Some(Csv { text, heading, watch: watch.clone() }))
    }

    /// Where the file lies.
    pub(super) fn place(&self) -> &str {
        &self.text.place
    }

    /// Whether the heading names `column`.
    pub(super) fn has(&self, column: &str) -> bool {
        self.heading.iter().any(|c| c == column)
    }

    /// Calls `each` for every line; `required` columns must be there, `optional` ones may, in any order.
    pub(super) fn lines(&self, required: &[&str], optional: &[&str], mut each: impl FnMut(&Line) -> Result<()>) -> Result<()> {
        let mut columns: Option<Vec<Option<usize>>> = None;
        self.text.each(|line, record| {
            self.watch.check()?;
            match &columns {
                None => columns = Some(self.header(line, record, required, optional)?),
                Some(columns) => each(&Line { file: &self.text, number: line as usize, record, columns })?,
            }
            Ok(())
        })
    }

    /// The position of each column that is read; any other column is an error, for its name may be mistyped.
    fn header(&self, line: u64, record: &csv::StringRecord, required: &[&str], optional: &[&str]) -> Result<Vec<Option<usize>>> {
        let place = |k: usize| format!("{}:{line}:{}", self.place(), k + 1);
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
                format!("{}:{line}", self.place()),
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
        self.file.decimal.number(self.text(k), || self.place(k))
    }

    /// `file:line:cell` of the k-th column asked for.
    pub(super) fn place(&self, k: usize) -> String {
        format!("{}:{}:{}", self.file.place, self.number, self.columns[k].map_or(0, |c| c + 1))
    }
}

/// Finds rows, regions and demand columns by any of their names.
pub(super) struct Finder<'a> {
    labels: &'a Labels,
    regions: Names,
    sectors: Vec<Names>,
    categories: Vec<Names>,
}

/// Positions of names, and of those already looked for.
#[derive(Default)]
struct Names {
    index: Index,
    found: HashMap<String, usize>,
}

impl Names {
    fn new<'n>(names: impl Iterator<Item = (usize, &'n Name)>) -> Self {
        Names { index: Index::new(names), found: HashMap::new() }
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        if let Some(k) = self.found.get(name) {
            return Some(*k);
        }
        let found = self.index.get(name)?;
        self.found.insert(name.to_string(), found);
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
        self.regions.find(name).ok_or_else(|| unknown(line, k, "region", &self.labels.regions))
    }

    /// The row whose region is named in column k and whose sector in column k + 1.
    pub(super) fn row(&mut self, line: &Line, k: usize) -> Result<usize> {
        let r = self.region(line, k)?;
        let rows = self.labels.rows(r);
        self.sectors[r].find(line.text(k + 1)).ok_or_else(|| unknown(line, k + 1, "sector", &self.labels.sectors[rows]))
    }

    /// The demand column whose region is named in column k and whose category in column k + 1.
    pub(super) fn demand(&mut self, line: &Line, k: usize) -> Result<usize> {
        let r = self.region(line, k)?;
        let columns = self.labels.demand(r);
        self.categories[r].find(line.text(k + 1)).ok_or_else(|| unknown(line, k + 1, "category", &self.labels.categories[columns]))
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
