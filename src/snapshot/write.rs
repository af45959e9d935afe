//! Writing: sections filled in any order, row by row where wanted, the header last, the name only when all is there.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::header::Header;
use super::prelude::{self, Prelude};
use super::section::{self, Section};
use super::{BLOCK, aligned, encode, may_write};
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
    writer.begin_z(table.z.nnz())?;
    let rows = if table.z.is_csr() { None } else { Some(table.z.to_csr()) };
    for row in rows.as_ref().unwrap_or(&table.z).outer_iterator() {
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
    writer.finish()
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
    target: PathBuf,
    part: PathBuf,
    force: bool,
    file: File,
    header: Header,
    pending: Vec<Pending>,
    /// Number of the section `z.indptr`; `z.indices` and `z.data` follow it.
    z: Option<usize>,
    entries: u64,
    finished: bool,
}

/// What a section still waits to write.
#[derive(Debug, Default)]
struct Pending {
    buffer: Vec<u8>,
    written: u64,
}

impl SnapshotWriter {
    /// Starts a snapshot beside its target, under a temporary name.
    ///
    /// # Errors
    /// When the target exists (with `force`: and is no snapshot), or its folder cannot be written.
    pub fn create(path: &Path, about: &About, force: bool) -> Result<Self> {
        may_write(path, force)?;
        let (part, file) = temporary(path)?;
        let (header, sectors, categories) = Header::new(about);
        let mut writer = SnapshotWriter {
            target: path.to_path_buf(),
            part,
            force,
            file,
            header,
            pending: Vec::new(),
            z: None,
            entries: 0,
            finished: false,
        };
        writer.header.ranges().map_err(|e| writer.wrong(e, "give labels whose ranges cover all rows"))?;
        for (name, numbers) in [("labels.sectors", sectors), ("labels.categories", categories)] {
            writer.begin(name, numbers.len())?;
            writer.push(writer.header.sections.len() - 1, bytemuck::cast_slice(&numbers))?;
        }
        Ok(writer)
    }

    /// Makes room for a section of `length` numbers.
    ///
    /// # Errors
    /// When there is no section of this name, it was begun before, or the table's sizes ask for another length.
    pub fn begin(&mut self, name: &str, length: usize) -> Result<()> {
        let unknown = || self.wrong(format!("there is no section {name}"), "the module's documentation lists the sections");
        let (kind, shape) = section::form(&self.header, name).ok_or_else(unknown)?;
        if self.number(name).is_some() {
            return Err(self.wrong(format!("the section {name} is begun twice"), ""));
        }
        let shape: Vec<u64> = shape.into_iter().map(|extent| extent.unwrap_or(length as u64)).collect();
        let mut section = Section { name: name.into(), kind, shape, offset: 0, bytes: 0, checksums: Vec::new() };
        if section.length() != Some(length as u64) {
            let message = format!("the section {name} would have {length} numbers; the table's sizes ask for {:?}", section.shape);
            return Err(self.wrong(message, "give every vector the length that the labels say"));
        }
        let too_long = || self.wrong(format!("the section {name} would be longer than any file"), "");
        section.bytes = (length as u64).checked_mul(kind.size()).ok_or_else(too_long)?;
        section.offset = aligned(self.end()).ok_or_else(too_long)?;
        section.offset.checked_add(section.bytes).ok_or_else(too_long)?;
        self.header.sections.push(section);
        self.pending.push(Pending::default());
        Ok(())
    }

    /// Adds numbers at the end of a section that was begun.
    ///
    /// # Errors
    /// When it was not begun, is no section of floating-point numbers, or would run over; when the disk refuses.
    pub fn append(&mut self, name: &str, values: &[f64]) -> Result<()> {
        let number = self.number(name).ok_or_else(|| self.wrong(format!("the section {name} was not begun"), ""))?;
        if self.header.sections[number].kind != section::Kind::F64 || name == "z.data" {
            return Err(self.wrong(format!("the section {name} is not filled by append"), "use z_row for the rows of Z"));
        }
        self.push(number, bytemuck::cast_slice(values))
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
        let z = self.header.sections.len() - 1;
        self.begin("z.indices", entries)?;
        self.begin("z.data", entries)?;
        self.z = Some(z);
        self.push(z, &0u64.to_le_bytes())
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
        let (entries, all) = (self.entries + columns.len() as u64, self.header.sections[z + 1].shape[0]);
        if entries > all {
            return Err(self.wrong(format!("the rows of Z have more entries than the {all} of begin_z: {entries} so far"), ""));
        }
        self.push(z, &entries.to_le_bytes())?;
        self.entries = entries;
        self.push(z + 1, bytemuck::cast_slice(columns))?;
        self.push(z + 2, bytemuck::cast_slice(values))
    }

    /// Writes the header, makes sure that all is on the disk, and gives the file its name.
    ///
    /// # Errors
    /// When a section is missing or not full, something has taken the name meanwhile, or the disk refuses.
    pub fn finish(mut self) -> Result<()> {
        self.complete()?;
        let header_at = aligned(self.end()).ok_or_else(|| self.wrong("the file would be longer than any", ""))?;
        let bytes = encode(&self.header).map_err(|e| self.wrong(e, "use shorter or fewer names"))?;
        let prelude = Prelude {
            file: header_at + bytes.len() as u64,
            header_at,
            header_length: bytes.len() as u64,
            header_checksum: crc32fast::hash(&bytes),
        };
        self.write_at(header_at, &bytes)?;
        self.write_at(0, &prelude.to_bytes())?;
        self.file.sync_all().map_err(|e| Error::io(&self.target, "write", e))?;
        may_write(&self.target, self.force)?;
        std::fs::rename(&self.part, &self.target).map_err(|e| Error::io(&self.target, "create", e))?;
        self.finished = true;
        sync_folder(&self.target)
    }

    /// Whether every section is there and full.
    fn complete(&self) -> Result<()> {
        for (section, pending) in self.header.sections.iter().zip(&self.pending) {
            if pending.written != section.bytes {
                let (has, all) = (pending.written + pending.buffer.len() as u64, section.bytes);
                return Err(self.wrong(format!("the section {} has {has} bytes of {all}", section.name), ""));
            }
        }
        match section::required(&self.header).find(|name| self.number(name).is_none()) {
            Some(missing) => Err(self.wrong(format!("the section {missing} is missing"), "")),
            None => Ok(()),
        }
    }

    /// Where the last section ends.
    fn end(&self) -> u64 {
        self.header.sections.last().map_or(prelude::LENGTH as u64, |s| s.offset + s.bytes)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.header.sections.iter().position(|s| s.name == name)
    }

    fn wrong(&self, message: impl std::fmt::Display, help: &str) -> Error {
        Error::invalid(format!("{}: {message}", self.target.display()), help)
    }

    /// Adds bytes to a section; whole blocks go to the file with their checksum.
    fn push(&mut self, number: usize, mut bytes: &[u8]) -> Result<()> {
        let all = self.header.sections[number].bytes;
        let has = self.pending[number].written + self.pending[number].buffer.len() as u64;
        if has + bytes.len() as u64 > all {
            let message =
                format!("the section {} has {has} of {all} bytes, {} more do not fit", self.header.sections[number].name, bytes.len());
            return Err(self.wrong(message, ""));
        }
        while !bytes.is_empty() {
            let mut buffer = std::mem::take(&mut self.pending[number].buffer);
            let (block, rest) = bytes.split_at(bytes.len().min(BLOCK - buffer.len()));
            let whole = if buffer.is_empty() && block.len() == BLOCK {
                block
            } else {
                buffer.extend_from_slice(block);
                &buffer
            };
            let written = self.pending[number].written;
            if whole.len() == BLOCK || written + whole.len() as u64 == all {
                let section = &mut self.header.sections[number];
                section.checksums.push(crc32fast::hash(whole));
                let at = section.offset + written;
                self.write_at(at, whole)?;
                self.pending[number].written += whole.len() as u64;
                buffer.clear();
            }
            self.pending[number].buffer = if self.pending[number].written == all { Vec::new() } else { buffer };
            bytes = rest;
        }
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let done = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(bytes));
        done.map_err(|e| Error::io(&self.target, "write", e))
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// A new file beside `path`, under a name that nothing has.
fn temporary(path: &Path) -> Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| Error::invalid(format!("{}: no name of a file", path.display()), "name a file"))?;
    for attempt in 0u32.. {
        let part = path.with_file_name(format!(".{}.part-{}-{attempt}", name.to_string_lossy(), std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => return Ok((part, file)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists && attempt < 1000 => {}
            Err(e) => return Err(Error::io(path, "create", e)),
        }
    }
    unreachable!("the last attempt returns")
}

/// Makes the new name itself last through a power cut, where the system knows how.
fn sync_folder(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(path, "sync", e))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
