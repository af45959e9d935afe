//! Reading: map the file, check what is asked for, hand out slices of it.

use std::ops::Range;
use std::path::Path;

use ndarray::{Array1, Array2};

use super::arrays::{Arrays, Opened};
use super::decode;
use super::header::{Header, SplitHeader, StoredPart, name};
use super::prelude::{Content, damaged};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name};
use crate::operator::detect::{Batch, Flows};
use crate::table::{FlowMatrix, Provenance, Source, Sparse, Stressor, Table};
use crate::threads::prelude::*;

/// An open snapshot: its header in memory, its numbers in the mapped file.
#[derive(Debug)]
pub struct Snapshot {
    /// SHA-256 of the header.
    identity: String,
    header: Header,
    parts: Vec<StoredPart>,
    arrays: Arrays,
}

/// One part of a row that is split by shares, no flow of its own stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The row.
    pub row: usize,
    /// Its name.
    pub name: Name,
    /// Share of the output of the row.
    pub share: f64,
    /// Share of its emissions.
    pub emissions: f64,
}

/// Opens a snapshot of a table: reads prelude and header, no number of the table.
///
/// # Errors
/// When the file is no snapshot, holds trade shares, is of a newer version, truncated, or damaged in prelude or header.
pub fn open(path: &Path) -> Result<Snapshot> {
    let snapshot = unnoted(path)?;
    crate::inputs::add(path, &snapshot.identity);
    Ok(snapshot)
}

/// As [`open`], for what is not an input of a run.
pub(super) fn unnoted(path: &Path) -> Result<Snapshot> {
    let mut opened = Opened::new(path)?;
    let is_split = opened.content() == Content::Split;
    let bytes = opened.header(if is_split { Content::Split } else { Content::Table })?;
    let identity = crate::part::sha256(&bytes);
    let unread = |e| damaged(path.display(), format!("the header cannot be read: {e}"));
    let (mut header, parts) = if is_split {
        let header: SplitHeader = decode(&bytes).map_err(unread)?;
        header.check(path)?;
        (header.table, header.parts)
    } else {
        (decode::<Header>(&bytes).map_err(unread)?, Vec::new())
    };
    header.check(opened.header_at(), path)?;
    let arrays = opened.arrays(std::mem::take(&mut header.sections))?;
    Ok(Snapshot { identity, header, parts, arrays })
}

impl Snapshot {
    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.header.rows() as usize
    }

    /// Number of stored entries of Z.
    pub fn entries(&self) -> usize {
        self.arrays.find("z.data").map_or(0, |(_, s)| s.shape[0] as usize)
    }

    /// The regions, each with its rows.
    pub fn regions(&self) -> impl Iterator<Item = (Name, Range<usize>)> {
        let ranges = self.header.offsets.windows(2).map(|w| w[0] as usize..w[1] as usize);
        self.header.regions.iter().map(name).zip(ranges)
    }

    /// The parts of rows that are split by shares; none in most snapshots.
    pub fn parts(&self) -> Vec<Part> {
        let part = |p: &StoredPart| Part { row: p.row as usize, name: name(&p.name), share: p.share, emissions: p.emissions };
        self.parts.iter().map(part).collect()
    }

    /// Money unit.
    pub fn unit(&self) -> &str {
        &self.header.unit
    }

    /// Name and unit of each stressor.
    pub fn stressors(&self) -> &[(String, String)] {
        &self.header.stressors
    }

    /// Where the table came from.
    pub fn provenance(&self) -> Provenance {
        (&self.header.provenance).into()
    }

    /// The file itself, with the SHA-256 of its header.
    pub fn source(&self) -> Source {
        Source { path: self.arrays.path().to_path_buf(), sha256: self.identity.clone() }
    }

    /// The names of the sections that are there, in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.arrays.sections().iter().map(|s| s.name.as_str())
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// At the first block that is not as it was written.
    pub fn verify(&self) -> Result<()> {
        self.arrays.verify()
    }

    /// The whole table in memory of its own, every block checked on the way.
    ///
    /// # Errors
    /// When the file is damaged, or what it holds is no table.
    pub fn table(&self) -> Result<Table> {
        let z = self.z()?;
        self.with(z)
    }

    /// All flows, row by row (n x n), of a table whose every row has an entry for every column; `None` for any other. Column
    /// numbers are checked, not kept: 8 bytes per entry in place of 12.
    ///
    /// # Errors
    /// When the file is damaged, or memory does not hold the flows.
    pub fn full_flows(&self) -> Result<Option<Vec<f64>>> {
        let n = self.dim();
        let starts = self.z_indptr()?;
        if self.entries() != n * n || starts.iter().enumerate().any(|(i, &start)| start != (i * n) as u64) {
            return Ok(None);
        }
        // n columns that rise from 0 to below n are all there are
        (0..n.div_ceil(FULL_ROWS)).into_par_iter().try_for_each(|batch| {
            let entries = batch * FULL_ROWS * n..((batch + 1) * FULL_ROWS).min(n) * n;
            let columns: &[u32] = self.arrays.slice("z.indices", Some(entries.clone()))?;
            columns.chunks(n).enumerate().try_for_each(|(k, row)| self.rises(batch * FULL_ROWS + k, row))?;
            self.arrays.release::<u32>("z.indices", entries);
            Ok(())
        })?;
        self.arrays.owned("z.data").map(Some)
    }

    /// The table with its flows left in the file: Z without an entry. Rows of Z come from [`Snapshot::z_rows`].
    ///
    /// # Errors
    /// Those of [`Snapshot::table`].
    pub fn without_flows(&self) -> Result<Table> {
        let n = self.dim();
        self.with(Sparse::new((n, n), vec![0; n + 1], Vec::new(), Vec::new()))
    }

    /// The table with its flows left to other processes, which read them by [`Snapshot::share`].
    ///
    /// # Errors
    /// Those of [`Snapshot::table`].
    pub fn with_flows_elsewhere(&self) -> Result<Table> {
        self.with(FlowMatrix::elsewhere(self.dim()))
    }

    fn with(&self, z: impl Into<FlowMatrix>) -> Result<Table> {
        self.arrays.gaps()?;
        let labels = self.labels()?;
        let y =
            Array2::from_shape_vec((labels.dim(), labels.categories.len()), self.arrays.owned("y")?).expect("open checked the shape of y");
        let mut table = Table::new(labels, z, y, self.arrays.owned("x")?.into());
        table.exports = self.optional("exports")?;
        table.stock = self.optional("stock")?;
        table.error = self.optional("error")?;
        table.imports = self.optional("imports")?;
        table.imports_final = self.optional("imports_final")?;
        for (k, words) in self.header.value_added.iter().enumerate() {
            table.value_added.push((name(words), self.arrays.owned(&format!("value_added.{k}"))?.into()));
        }
        for (k, (name, unit)) in self.header.stressors.iter().enumerate() {
            let direct = self.arrays.owned(&format!("stressor.{k}.direct"))?.into();
            let households = self.optional(&format!("stressor.{k}.households"))?;
            table.stressors.push(Stressor { name: name.clone(), unit: unit.clone(), direct, households });
        }
        table.unit.clone_from(&self.header.unit);
        table.provenance = self.provenance();
        table.remarks = self.header.remarks.iter().map(Into::into).collect();
        if !self.parts.is_empty() {
            let text = format!(
                "the snapshot holds {} parts of rows by their shares of output: results by region are those of the rows, exactly, and \
                 emissions of parts are printed beside them; a copy of the table has no parts",
                self.parts.len()
            );
            table.remarks.push(Finding::new(Level::Warn, "parts", text));
        }
        Ok(table)
    }

    /// Number of demand columns D.
    pub fn demand_columns(&self) -> usize {
        self.header.columns() as usize
    }

    /// Names and row ranges.
    ///
    /// # Errors
    /// When their sections are damaged.
    pub fn labels(&self) -> Result<Labels> {
        let (sectors, categories) = (self.arrays.slice("labels.sectors", None)?, self.arrays.slice("labels.categories", None)?);
        let missing =
            || damaged(self.arrays.place("labels"), format!("a number is not below that of the names, {}", self.header.names.len()));
        self.header.labels(sectors, categories).ok_or_else(missing)
    }

    /// Where the entries of each row start in Z, and where the last row ends (n + 1): what rows are dealt out by.
    ///
    /// # Errors
    /// When the section is damaged or does not grow from 0 to the number of entries.
    pub fn z_indptr(&self) -> Result<&[u64]> {
        let indptr: &[u64] = self.arrays.slice("z.indptr", None)?;
        self.grows(indptr, 0..self.dim())?;
        Ok(indptr)
    }

    /// Some rows of Z, without reading the others: the blocks they are in are read and checked, once.
    ///
    /// # Errors
    /// When the range is not within 0..n, or the blocks are damaged or hold no sparse rows.
    pub fn z_rows(&self, rows: Range<usize>) -> Result<Rows<'_>> {
        let n = self.dim();
        if rows.start > rows.end || rows.end > n {
            return Err(Error::range(
                format!("{}: there are no rows {}..{}, the table has {n}", self.arrays.path().display(), rows.start, rows.end),
                "ask for a range within the table",
            ));
        }
        let indptr: &[u64] = self.arrays.slice("z.indptr", Some(rows.start..rows.end + 1))?;
        self.grows(indptr, rows.clone())?;
        let entries = indptr[0] as usize..indptr[indptr.len() - 1] as usize;
        let indices: &[u32] = self.arrays.slice("z.indices", Some(entries.clone()))?;
        let found = Rows { first: rows.start, indptr, indices, data: self.arrays.slice("z.data", Some(entries))? };
        found.iter().try_for_each(|(i, columns, _)| self.rises(i, columns))?;
        Ok(found)
    }

    /// A section of floating-point numbers (`x`, `y` row by row, `stressor.0.direct` ...), checked the first time.
    ///
    /// # Errors
    /// When there is no such section, or it is damaged.
    pub fn section_f64(&self, name: &str) -> Result<&[f64]> {
        let known: Vec<&str> =
            self.arrays.sections().iter().filter(|s| s.kind == super::section::Kind::F64).map(|s| s.name.as_str()).collect();
        if !known.contains(&name) {
            return Err(Error::unknown("section", name, &known));
        }
        self.arrays.slice(name, None)
    }

    /// Lets go of the memory that holds entries of Z; they are read again when they are asked for.
    pub(super) fn release(&self, entries: Range<usize>) {
        self.arrays.release::<u32>("z.indices", entries.clone());
        self.arrays.release::<f64>("z.data", entries);
    }

    /// A place in the file in words.
    pub(super) fn place(&self, section: &str) -> String {
        self.arrays.place(section)
    }

    fn optional(&self, name: &str) -> Result<Option<Array1<f64>>> {
        match self.arrays.find(name) {
            None => Ok(None),
            Some(_) => Ok(Some(self.arrays.owned(name)?.into())),
        }
    }

    /// All of Z.
    fn z(&self) -> Result<Sparse> {
        let indptr = self.z_indptr()?.iter().map(|&p| p as usize).collect();
        let (n, indices, data) = (self.dim(), self.arrays.owned("z.indices")?, self.arrays.owned("z.data")?);
        Sparse::try_new((n, n), indptr, indices, data).map_err(|(_, _, _, e)| damaged(self.arrays.place("z"), e))
    }

    /// Whether the columns of a row rise and are below n.
    fn rises(&self, i: usize, columns: &[u32]) -> Result<()> {
        let (sorted, n) = (columns.windows(2).all(|w| w[0] < w[1]), self.dim());
        if sorted && columns.last().is_none_or(|&j| (j as usize) < n) {
            return Ok(());
        }
        Err(damaged(self.arrays.place("z.indices"), format!("the columns of row {i} do not rise from 0 to below {n}")))
    }

    /// Whether the limits of these rows rise, start at 0 with the first row and end with the last at the number of entries.
    fn grows(&self, indptr: &[u64], rows: Range<usize>) -> Result<()> {
        let (first, last, entries) = (indptr[0], indptr[indptr.len() - 1], self.entries() as u64);
        let starts = rows.start > 0 || first == 0;
        let ends = if rows.end == self.dim() { last == entries } else { last <= entries };
        if starts && ends && indptr.is_sorted() {
            return Ok(());
        }
        Err(damaged(
            self.arrays.place("z.indptr"),
            format!("rows {}..{} do not rise to {entries} entries ({first} to {last})", rows.start, rows.end),
        ))
    }
}

/// Entries of a batch of rows, so far as rows are shorter.
const BATCH: u64 = 1 << 20;
/// Rows of a batch.
const ROWS: usize = 4_096;
/// Rows of a full table that are looked at together.
const FULL_ROWS: usize = 64;

impl Flows for Snapshot {
    fn dim(&self) -> usize {
        Snapshot::dim(self)
    }
    fn entries(&self) -> usize {
        Snapshot::entries(self)
    }
    /// Checks each block the first time, and lets go of its memory when it is done with.
    fn batches(&self, f: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()> {
        let (indptr, n) = (self.z_indptr()?, self.dim());
        let mut first = 0;
        while first < n {
            let most = (first + ROWS).min(n);
            let within = indptr[first + 1..=most].partition_point(|&end| end - indptr[first] <= BATCH);
            let end = (first + within.max(1)).min(n);
            let rows = self.z_rows(first..end)?;
            f(Batch { first, limits: rows.indptr, columns: rows.indices, values: rows.data })?;
            self.release(indptr[first] as usize..indptr[end] as usize);
            first = end;
        }
        Ok(())
    }
}

/// Some rows of Z in the mapped file.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'s> {
    /// The first of them.
    pub first: usize,
    /// Where each starts among all entries of Z, and where the last ends.
    pub indptr: &'s [u64],
    /// Columns of the entries of these rows, rising in each row.
    pub indices: &'s [u32],
    /// Values of the entries of these rows.
    pub data: &'s [f64],
}

impl<'s> Rows<'s> {
    /// Row number, columns and values, row by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'s [u32], &'s [f64])> {
        let Rows { first, indptr, indices, data } = *self;
        let start = indptr.first().copied().unwrap_or(0);
        indptr.windows(2).enumerate().map(move |(k, w)| {
            let range = (w[0] - start) as usize..(w[1] - start) as usize;
            (first + k, &indices[range.clone()], &data[range])
        })
    }
}
