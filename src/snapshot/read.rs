//! Reading: map the file, check what is asked for, hand out slices of it.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;
use memmap2::Mmap;
use ndarray::{Array1, Array2};

use super::header::{Header, name};
use super::prelude::{self, Prelude, damaged};
use super::section::Section;
use super::{BLOCK, decode};
use crate::error::{Error, Result};
use crate::labels::{Labels, Name};
use crate::table::{Provenance, Sparse, Stressor, Table};

/// An open snapshot: its header in memory, its numbers in the mapped file.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    map: Mmap,
    header: Header,
    /// For each section and block, whether its checksum was found right.
    verified: Vec<Vec<AtomicBool>>,
}

/// Opens a snapshot: reads prelude and header, no number of the table.
///
/// # Errors
/// When the file is no snapshot, of a newer version, truncated, or damaged in prelude or header.
pub fn open(path: &Path) -> Result<Snapshot> {
    let file = File::open(path).map_err(|e| Error::io(path, "read", e))?;
    let meta = file.metadata().map_err(|e| Error::io(path, "read", e))?;
    if !meta.is_file() || meta.len() == 0 {
        let what = if meta.is_file() { "the file is empty (0 bytes)" } else { "not a plain file" };
        return Err(Error::format(path.display(), what, "name a file written by isard import TABLE --output FILE.isard"));
    }
    // SAFETY: the map is private to `Snapshot`, read-only, and outlives every slice of it. Files are replaced by
    // renaming, never changed in place, by isard; that no other program does is stated in the module's documentation.
    // Every number taken from the map (offsets, lengths, columns) is checked before it is used as one.
    let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, "map", e))?;
    let prelude = Prelude::read(&map[..map.len().min(prelude::LENGTH)], map.len() as u64, path)?;
    let header = read_header(&map, &prelude, path)?;
    let verified = header.sections.iter().map(|s| s.checksums.iter().map(|_| AtomicBool::new(false)).collect()).collect();
    Ok(Snapshot { path: path.to_path_buf(), map, header, verified })
}

fn read_header(map: &[u8], prelude: &Prelude, path: &Path) -> Result<Header> {
    let start = usize::try_from(prelude.header_at).ok();
    let bytes = start.and_then(|at| map.get(at..)).ok_or_else(|| damaged(path.display(), "the header is not in the file"))?;
    let found = crc32fast::hash(bytes);
    if found != prelude.header_checksum {
        let stored = prelude.header_checksum;
        return Err(damaged(path.display(), format!("the header has checksum {found:08x}, stored is {stored:08x}")));
    }
    let header = decode(bytes).map_err(|e| damaged(path.display(), format!("the header cannot be read: {e}")))?;
    header.check(prelude.header_at, path)?;
    Ok(header)
}

impl Snapshot {
    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.header.rows() as usize
    }

    /// Number of stored entries of Z.
    pub fn entries(&self) -> usize {
        self.find("z.data").map_or(0, |(_, s)| s.shape[0] as usize)
    }

    /// The regions, each with its rows.
    pub fn regions(&self) -> impl Iterator<Item = (Name, Range<usize>)> {
        let ranges = self.header.offsets.windows(2).map(|w| w[0] as usize..w[1] as usize);
        self.header.regions.iter().map(name).zip(ranges)
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

    /// The names of the sections that are there, in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.header.sections.iter().map(|s| s.name.as_str())
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// At the first block that is not as it was written.
    pub fn verify(&self) -> Result<()> {
        self.gaps()?;
        for (k, section) in self.header.sections.iter().enumerate() {
            for block in 0..section.checksums.len() {
                self.check(k, block)?;
            }
        }
        Ok(())
    }

    /// The whole table in memory of its own, every block checked on the way.
    ///
    /// # Errors
    /// When the file is damaged, or what it holds is no table.
    pub fn table(&self) -> Result<Table> {
        self.gaps()?;
        let labels = self.labels()?;
        let y = Array2::from_shape_vec((labels.dim(), labels.categories.len()), self.owned("y")?).expect("open checked the shape of y");
        let mut table = Table::new(labels, self.z()?, y, self.owned("x")?.into());
        table.exports = self.optional("exports")?;
        table.stock = self.optional("stock")?;
        table.error = self.optional("error")?;
        table.imports = self.optional("imports")?;
        table.imports_final = self.optional("imports_final")?;
        for (k, words) in self.header.value_added.iter().enumerate() {
            table.value_added.push((name(words), self.owned(&format!("value_added.{k}"))?.into()));
        }
        for (k, (name, unit)) in self.header.stressors.iter().enumerate() {
            let direct = self.owned(&format!("stressor.{k}.direct"))?.into();
            let households = self.optional(&format!("stressor.{k}.households"))?;
            table.stressors.push(Stressor { name: name.clone(), unit: unit.clone(), direct, households });
        }
        table.unit.clone_from(&self.header.unit);
        table.provenance = self.provenance();
        table.remarks = self.header.remarks.iter().map(Into::into).collect();
        Ok(table)
    }

    /// Names and row ranges.
    ///
    /// # Errors
    /// When their sections are damaged.
    pub fn labels(&self) -> Result<Labels> {
        let (sectors, categories) = (self.slice("labels.sectors", None)?, self.slice("labels.categories", None)?);
        let missing = || damaged(self.place("labels"), format!("a number is not below that of the names, {}", self.header.names.len()));
        self.header.labels(sectors, categories).ok_or_else(missing)
    }

    /// Where the entries of each row start in Z, and where the last row ends (n + 1): what rows are dealt out by.
    ///
    /// # Errors
    /// When the section is damaged or does not grow from 0 to the number of entries.
    pub fn z_indptr(&self) -> Result<&[u64]> {
        let indptr: &[u64] = self.slice("z.indptr", None)?;
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
            return Err(Error::invalid(
                format!("{}: there are no rows {}..{}, the table has {n}", self.path.display(), rows.start, rows.end),
                "ask for a range within the table",
            ));
        }
        let indptr: &[u64] = self.slice("z.indptr", Some(rows.start..rows.end + 1))?;
        self.grows(indptr, rows.clone())?;
        let entries = indptr[0] as usize..indptr[indptr.len() - 1] as usize;
        let indices: &[u32] = self.slice("z.indices", Some(entries.clone()))?;
        let found = Rows { first: rows.start, indptr, indices, data: self.slice("z.data", Some(entries))? };
        for (i, columns, _) in found.iter() {
            let sorted = columns.windows(2).all(|w| w[0] < w[1]);
            if !sorted || columns.last().is_some_and(|&j| j as usize >= n) {
                return Err(damaged(self.place("z.indices"), format!("the columns of row {i} do not rise from 0 to below {n}")));
            }
        }
        Ok(found)
    }

    /// A section of floating-point numbers (`x`, `y` row by row, `stressor.0.direct` ...), checked the first time.
    ///
    /// # Errors
    /// When there is no such section, or it is damaged.
    pub fn section_f64(&self, name: &str) -> Result<&[f64]> {
        let known: Vec<&str> =
            self.header.sections.iter().filter(|s| s.kind == super::section::Kind::F64).map(|s| s.name.as_str()).collect();
        if !known.contains(&name) {
            return Err(Error::unknown("section", name, &known));
        }
        self.slice(name, None)
    }

    fn place(&self, section: &str) -> String {
        format!("{}[{section}]", self.path.display())
    }

    fn find(&self, name: &str) -> Option<(usize, &Section)> {
        self.header.sections.iter().enumerate().find(|(_, s)| s.name == name)
    }

    fn required(&self, name: &str) -> Result<(usize, &Section)> {
        self.find(name).ok_or_else(|| damaged(self.path.display(), format!("the section {name} is missing")))
    }

    /// The bytes of one block of a section.
    fn block(&self, section: &Section, block: usize) -> &[u8] {
        let start = section.offset as usize + block * BLOCK;
        let end = (section.offset + section.bytes) as usize;
        &self.map[start..end.min(start + BLOCK)]
    }

    /// Compares one block with its checksum.
    fn check(&self, section: usize, block: usize) -> Result<()> {
        let s = &self.header.sections[section];
        let (found, stored) = (crc32fast::hash(self.block(s, block)), s.checksums[block]);
        if found != stored {
            let start = s.offset + (block * BLOCK) as u64;
            let end = (s.offset + s.bytes).min(start + BLOCK as u64);
            let message = format!("bytes {start} to {end} have checksum {found:08x}, stored is {stored:08x}");
            return Err(damaged(self.place(&s.name), message));
        }
        self.verified[section][block].store(true, Ordering::Relaxed);
        Ok(())
    }

    fn check_once(&self, section: usize, block: usize) -> Result<()> {
        if self.verified[section][block].load(Ordering::Relaxed) { Ok(()) } else { self.check(section, block) }
    }

    /// Whether the bytes that belong to no section are zero.
    fn gaps(&self) -> Result<()> {
        let mut end = prelude::LENGTH;
        let limits = self.header.sections.iter().map(|s| (s.offset as usize, (s.offset + s.bytes) as usize));
        let header = self.map.len() - self.header_length();
        for (start, next) in limits.chain([(header, header)]) {
            if let Some(at) = self.map[end..start].iter().position(|&b| b != 0) {
                return Err(damaged(
                    self.path.display(),
                    format!("byte {} between two sections is {}, not 0", end + at, self.map[end + at]),
                ));
            }
            end = next;
        }
        Ok(())
    }

    fn header_length(&self) -> usize {
        let end = self.header.sections.last().map_or(prelude::LENGTH as u64, |s| s.offset + s.bytes);
        self.map.len() - super::aligned(end).map_or(self.map.len(), |at| at as usize)
    }

    /// Elements of a section in the map, the blocks they are in checked; all of them without a range.
    fn slice<T: Pod>(&self, name: &str, range: Option<Range<usize>>) -> Result<&[T]> {
        let (k, section) = self.required(name)?;
        let size = size_of::<T>();
        let length = section.bytes as usize / size;
        let range = range.unwrap_or(0..length);
        if range.start > range.end || range.end > length {
            return Err(damaged(self.place(name), format!("elements {}..{} are asked for, {length} are there", range.start, range.end)));
        }
        if !range.is_empty() {
            for block in range.start * size / BLOCK..=(range.end * size - 1) / BLOCK {
                self.check_once(k, block)?;
            }
        }
        let start = section.offset as usize;
        self.cast(name, &self.map[start + range.start * size..start + range.end * size])
    }

    fn cast<'b, T: Pod>(&self, name: &str, bytes: &'b [u8]) -> Result<&'b [T]> {
        bytemuck::try_cast_slice(bytes).map_err(|e| damaged(self.place(name), format!("its bytes are no array: {e}")))
    }

    /// A copy of a whole section, each block checked just before it is copied.
    fn owned<T: Pod>(&self, name: &str) -> Result<Vec<T>> {
        let (k, section) = self.required(name)?;
        let mut copy = Vec::new();
        copy.try_reserve_exact(section.bytes as usize / size_of::<T>()).map_err(|_| {
            Error::invalid(
                format!("{}: not enough memory for {} bytes", self.place(name), section.bytes),
                "read the table in ranges of rows",
            )
        })?;
        for block in 0..section.checksums.len() {
            self.check_once(k, block)?;
            copy.extend_from_slice(self.cast(name, self.block(section, block))?);
        }
        Ok(copy)
    }

    fn optional(&self, name: &str) -> Result<Option<Array1<f64>>> {
        match self.find(name) {
            None => Ok(None),
            Some(_) => Ok(Some(self.owned(name)?.into())),
        }
    }

    /// All of Z.
    fn z(&self) -> Result<Sparse> {
        let indptr = self.z_indptr()?.iter().map(|&p| p as usize).collect();
        let (n, indices, data) = (self.dim(), self.owned("z.indices")?, self.owned("z.data")?);
        Sparse::try_new((n, n), indptr, indices, data).map_err(|(_, _, _, e)| damaged(self.place("z"), e))
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
            self.place("z.indptr"),
            format!("rows {}..{} do not rise to {entries} entries ({first} to {last})", rows.start, rows.end),
        ))
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
