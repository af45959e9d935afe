//! Writing: sections filled in any order, row by row where wanted, the header last, the name only when all is there.

use std::path::Path;

use super::header::{Header, SplitHeader, StoredPart, words};
use super::prelude::Content;
use super::read::Part;
use super::section;
use super::sink::Sink;
use super::{MakeBeside, encode};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::labels::{Labels, Name};
use crate::table::{Provenance, Table};

/// What is known of a table before its numbers are.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Names and row ranges.
    pub labels: &'a Labels,
    /// Money unit.
    pub unit: &'a str,
    /// Names of the value-added rows.
    pub value_added: &'a [Name],
    /// Name and unit of each stressor.
    pub stressors: &'a [(String, String)],
    /// Where the table comes from.
    pub provenance: &'a Provenance,
    /// What its reader noticed.
    pub remarks: &'a [Finding],
}

/// Writes a table to a new file, with `force` in place of another snapshot.
///
/// # Errors
/// When the target may not be written, the disk refuses, or a vector of the table has the wrong length; then there is no file.
pub fn write(table: &Table, path: &Path, force: bool) -> Result<()> {
    write_beside(table, path, force, &|_| Ok(None))
}

/// As [`write()`], with what gets its name right before the file.
pub(crate) fn write_beside(table: &Table, path: &Path, force: bool, beside: MakeBeside) -> Result<()> {
    write_split_beside(table, &[], path, force, beside)
}

/// As [`write_beside`], with the parts of rows that are split by shares.
pub(crate) fn write_split_beside(table: &Table, parts: &[Part], path: &Path, force: bool, beside: MakeBeside) -> Result<()> {
    let value_added: Vec<Name> = table.value_added.iter().map(|(name, _)| name.clone()).collect();
    let stressors: Vec<(String, String)> = table.stressors.iter().map(|s| (s.name.clone(), s.unit.clone())).collect();
    let about = About {
        labels: &table.labels,
        unit: &table.unit,
        value_added: &value_added,
        stressors: &stressors,
        provenance: &table.provenance,
        remarks: &table.remarks,
    };
    let mut writer = SnapshotWriter::create(path, &about, force)?;
    let stored = |p: &Part| StoredPart { row: p.row as u64, name: words(&p.name), share: p.share, emissions: p.emissions };
    writer.parts = parts.iter().map(stored).collect();
    writer.begin_z(table.z.nnz())?;
    let flows = table.z.view();
    let rows = if flows.is_csr() { None } else { Some(flows.to_csr()) };
    for row in rows.as_ref().map_or(flows, |rows| rows.view()).outer_iterator() {
        writer.z_row(row.indices(), row.data())?;
    }
    writer.begin("y", table.y.len())?;
    for row in table.y.rows() {
        match row.as_slice() {
            Some(row) => writer.append("y", row)?,
            None => writer.append("y", &row.to_vec())?,
        }
    }
    let mut put = |name: &str, values: &ndarray::Array1<f64>| match values.as_slice() {
        Some(values) => writer.put(name, values),
        None => writer.put(name, &values.to_vec()),
    };
    put("x", &table.x)?;
    let columns = [("exports", &table.exports), ("stock", &table.stock), ("error", &table.error), ("imports", &table.imports)];
    for (name, values) in columns.into_iter().chain([("imports_final", &table.imports_final)]) {
        values.as_ref().map_or(Ok(()), |v| put(name, v))?;
    }
    for (k, (_, values)) in table.value_added.iter().enumerate() {
        put(&format!("value_added.{k}"), values)?;
    }
    for (k, stressor) in table.stressors.iter().enumerate() {
        put(&format!("stressor.{k}.direct"), &stressor.direct)?;
        stressor.households.as_ref().map_or(Ok(()), |v| put(&format!("stressor.{k}.households"), v))?;
    }
    writer.finish_beside(beside)
}

/// A snapshot in the making: nothing larger than a block of each open section is held in memory.
///
/// Sections (names in [the module's documentation](super)) may be begun and filled in any order and at the same time;
/// `z.indptr`, `z.indices`, `z.data`, `y`, `x`, each `value_added.K` and each `stressor.K.direct` must be there at the
/// end. Dropped before [`finish`](Self::finish), it leaves no file.
///
/// ```
/// # use isard::{labels::{Labels, Name}, snapshot::{self, About, SnapshotWriter}, table::Provenance};
/// let labels = Labels::regular(vec![Name::plain("all")], vec![Name::plain("a"), Name::plain("b")], vec![Name::plain("use")]);
/// let about = About { labels: &labels, unit: "yuan", value_added: &[], stressors: &[], provenance: &Provenance::default(), remarks: &[] };
/// let path = std::env::temp_dir().join(format!("example-{}.isard", std::process::id()));
/// let mut writer = SnapshotWriter::create(&path, &about, false)?;
/// writer.begin_z(3)?;
/// writer.z_row(&[0, 1], &[1.0, 2.0])?;
/// writer.z_row(&[1], &[4.0])?;
/// writer.put("y", &[7.0, 6.0])?;
/// writer.put("x", &[10.0, 10.0])?;
/// writer.finish()?;
/// assert_eq!(snapshot::open(&path)?.z_rows(1..2)?.data, [4.0]);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), isard::Error>(())
/// ```
#[derive(Debug)]
pub struct SnapshotWriter {
    sink: Sink,
    header: Header,
    parts: Vec<StoredPart>,
    /// Number of the section `z.indptr`; `z.indices` and `z.data` follow it.
    z: Option<usize>,
    entries: u64,
}

impl SnapshotWriter {
    /// Starts a snapshot beside its target, under a temporary name.
    ///
    /// # Errors
    /// When the target exists (with `force`: and is no snapshot), or its folder cannot be written.
    pub fn create(path: &Path, about: &About, force: bool) -> Result<Self> {
        let sink = Sink::create(path, force)?;
        let (header, sectors, categories) = Header::new(about);
        let mut writer = SnapshotWriter { sink, header, parts: Vec::new(), z: None, entries: 0 };
        writer.header.ranges().map_err(|e| writer.wrong(e, "give labels whose ranges cover all rows"))?;
        for (name, numbers) in [("labels.sectors", sectors), ("labels.categories", categories)] {
            writer.begin(name, numbers.len())?;
            writer.sink.push(writer.sink.sections().len() - 1, bytemuck::cast_slice(&numbers))?;
        }
        Ok(writer)
    }

    /// Makes room for a section of `length` numbers.
    ///
    /// # Errors
    /// When there is no section of this name, it was begun before, or the table's sizes ask for another length.
    pub fn begin(&mut self, name: &str, length: usize) -> Result<()> {
        self.sink.begin(name, section::form(&self.header, name), length).map(|_| ())
    }

    /// Adds numbers at the end of a section that was begun.
    ///
    /// # Errors
    /// When it was not begun, is no section of floating-point numbers, or would run over; when the disk refuses.
    pub fn append(&mut self, name: &str, values: &[f64]) -> Result<()> {
        let number = self.sink.number(name).ok_or_else(|| self.wrong(format!("the section {name} was not begun"), ""))?;
        if self.sink.sections()[number].kind != section::Kind::F64 || name == "z.data" {
            return Err(self.wrong(format!("the section {name} is not filled by append"), "use z_row for the rows of Z"));
        }
        self.sink.push(number, bytemuck::cast_slice(values))
    }

    /// Begins a section and fills it.
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin) and [`append`](Self::append).
    pub fn put(&mut self, name: &str, values: &[f64]) -> Result<()> {
        self.begin(name, values.len())?;
        self.append(name, values)
    }

    /// Makes room for Z with this many entries.
    ///
    /// # Errors
    /// When it was begun before.
    pub fn begin_z(&mut self, entries: usize) -> Result<()> {
        let n = self.header.rows() as usize;
        self.begin("z.indptr", n + 1)?;
        let z = self.sink.sections().len() - 1;
        self.begin("z.indices", entries)?;
        self.begin("z.data", entries)?;
        self.z = Some(z);
        self.sink.push(z, &0u64.to_le_bytes())
    }

    /// Writes the next row of Z: its columns, rising, and its values.
    ///
    /// # Errors
    /// Before [`begin_z`](Self::begin_z), when the columns do not rise or leave the table, or when it is one row or entry too many.
    pub fn z_row(&mut self, columns: &[u32], values: &[f64]) -> Result<()> {
        let z = self.z.ok_or_else(|| self.wrong("a row of Z comes before begin_z", ""))?;
        let n = self.header.rows();
        let rising = columns.windows(2).all(|w| w[0] < w[1]) && columns.last().is_none_or(|&j| u64::from(j) < n);
        if !rising || columns.len() != values.len() {
            let message =
                format!("a row of Z has {} columns and {} values; columns must rise and stay below {n}", columns.len(), values.len());
            return Err(self.wrong(message, ""));
        }
        let (entries, all) = (self.entries + columns.len() as u64, self.sink.sections()[z + 1].shape[0]);
        if entries > all {
            return Err(self.wrong(format!("the rows of Z have more entries than the {all} of begin_z: {entries} so far"), ""));
        }
        self.sink.push(z, &entries.to_le_bytes())?;
        self.entries = entries;
        self.sink.push(z + 1, bytemuck::cast_slice(columns))?;
        self.sink.push(z + 2, bytemuck::cast_slice(values))
    }

    /// Writes the header, makes sure that all is on the disk, and gives the file its name.
    ///
    /// # Errors
    /// When a section is missing or not full, something has taken the name meanwhile, or the disk refuses.
    pub fn finish(self) -> Result<()> {
        self.finish_beside(&|_| Ok(None))
    }

    fn finish_beside(self, beside: MakeBeside) -> Result<()> {
        let SnapshotWriter { sink, mut header, parts, .. } = self;
        let required: Vec<String> = section::required(&header).collect();
        let content = if parts.is_empty() { Content::Table } else { Content::Split };
        let encode = |sections| {
            header.sections = sections;
            if parts.is_empty() { encode(&header) } else { encode(&SplitHeader { table: header, parts }) }
        };
        sink.finish(content, required.into_iter(), encode, beside)
    }

    fn wrong(&self, message: impl std::fmt::Display, help: &str) -> Error {
        self.sink.wrong(message, help)
    }
}
