//! The arrays of an open file: mapped or copied, checked block by block before anything of them is handed out.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;

use super::bytes::Bytes;
use super::prelude::{self, Content, Prelude, damaged};
use super::section::Section;
use super::{BLOCK, aligned};
use crate::error::{Error, Result};
use crate::threads::prelude::*;

/// An open file whose prelude is sound.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    file: File,
    length: u64,
    prelude: Prelude,
}

/// The sections of an open file.
#[derive(Debug)]
pub(super) struct Arrays {
    path: PathBuf,
    map: Bytes,
    sections: Vec<Section>,
    /// For each section and block, whether its checksum was found right.
    verified: Vec<Vec<AtomicBool>>,
}

impl Opened {
    /// Opens a file and reads its prelude.
    ///
    /// # Errors
    /// When the file is no snapshot, of a newer version, truncated, or damaged in its prelude.
    pub(super) fn new(path: &Path) -> Result<Self> {
        let (mut file, length) = crate::plain::open_plain(path)?;
        if length == 0 {
            let help = "name a file written by isard import TABLE `output` FILE.isard";
            return Err(Error::format(path.display(), "the file is empty (0 bytes)", help));
        }
        let mut begun = Vec::with_capacity(prelude::LENGTH);
        file.by_ref().take(prelude::LENGTH as u64).read_to_end(&mut begun).map_err(|e| Error::io(path, "read", e))?;
        let prelude = Prelude::read(&begun, length, path)?;
        Ok(Opened { path: path.to_path_buf(), file, length, prelude })
    }

    /// What the file holds.
    pub(super) fn content(&self) -> Content {
        self.prelude.content
    }

    /// SHA-256 of the header, which holds the checksums of every block of every section.
    ///
    /// # Errors
    /// When the header is damaged.
    pub(super) fn identity(mut self) -> Result<String> {
        self.header(self.prelude.content).map(|bytes| crate::part::sha256(&bytes))
    }

    /// Where the header starts.
    pub(super) fn header_at(&self) -> u64 {
        self.prelude.header_at
    }

    /// The bytes of the header, of a file that holds what is `wanted`.
    ///
    /// # Errors
    /// When the file holds something else, or the header is damaged.
    pub(super) fn header(&mut self, wanted: Content) -> Result<Vec<u8>> {
        if self.prelude.content != wanted {
            return Err(self.prelude.content.instead_of(wanted, &self.path));
        }
        let mut bytes = vec![0; self.prelude.header_length as usize];
        let placed = self.file.seek(SeekFrom::Start(self.prelude.header_at));
        placed.and_then(|_| self.file.read_exact(&mut bytes)).map_err(|e| Error::io(&self.path, "read", e))?;
        let (found, stored) = (crc32fast::hash(&bytes), self.prelude.header_checksum);
        if found != stored {
            return Err(damaged(self.path.display(), format!("the header has checksum {found:08x}, stored is {stored:08x}")));
        }
        Ok(bytes)
    }

    /// The arrays, as a checked header lists them; maps the file.
    ///
    /// # Errors
    /// When the file cannot be mapped.
    pub(super) fn arrays(mut self, sections: Vec<Section>) -> Result<Arrays> {
        self.file.rewind().map_err(|e| Error::io(&self.path, "read", e))?;
        let map = Bytes::new(self.file, self.length, &self.path)?;
        let verified = sections.iter().map(|s| s.checksums.iter().map(|_| AtomicBool::new(false)).collect()).collect();
        Ok(Arrays { path: self.path, map, sections, verified })
    }
}

impl Arrays {
    /// The path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All sections, in the order of the file.
    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// A section as a place in messages.
    pub(super) fn place(&self, section: &str) -> String {
        format!("{}[{section}]", self.path.display())
    }

    /// A section and its number.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Section)> {
        self.sections.iter().enumerate().find(|(_, s)| s.name == name)
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
        let s = &self.sections[section];
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
    ///
    /// # Errors
    /// At the first that is not.
    pub(super) fn gaps(&self) -> Result<()> {
        let mut end = prelude::LENGTH;
        let limits = self.sections.iter().map(|s| (s.offset as usize, (s.offset + s.bytes) as usize));
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
        let end = self.sections.last().map_or(prelude::LENGTH as u64, |s| s.offset + s.bytes);
        self.map.len() - aligned(end).map_or(self.map.len(), |at| at as usize)
    }

    /// Elements of a section in the map, the blocks they are in checked; all of them without a range.
    ///
    /// # Errors
    /// When the section is missing, too short, or damaged.
    pub(super) fn slice<T: Pod>(&self, name: &str, range: Option<Range<usize>>) -> Result<&[T]> {
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

    /// A copy of a whole section, each block checked just before it is copied, on several threads.
    ///
    /// # Errors
    /// When it is missing or damaged, or there is no room for it.
    pub(super) fn owned<T: Pod + Send + Sync>(&self, name: &str) -> Result<Vec<T>> {
        let (k, section) = self.required(name)?;
        let length = section.bytes as usize / size_of::<T>();
        let mut copy = Vec::<T>::new();
        copy.try_reserve_exact(length).map_err(|_| {
            Error::memory(
                format!("{}: not enough memory for {} bytes", self.place(name), section.bytes),
                "read the table in ranges of rows",
            )
        })?;
        let blocks = copy.spare_capacity_mut()[..length].par_chunks_mut(BLOCK / size_of::<T>());
        blocks.enumerate().try_for_each(|(block, to)| {
            self.check_once(k, block)?;
            let from = self.block(section, block);
            let numbers: &[T] = self.cast(name, from)?;
            assert_eq!(numbers.len(), to.len(), "as many numbers in the block as there is room for");
            to.iter_mut().zip(numbers).for_each(|(to, v)| {
                to.write(*v);
            });
            let start = section.offset as usize + block * BLOCK;
            self.map.let_go(start..start + from.len());
            Ok(())
        })?;
        // SAFETY: each of the `length` places was written to in its block
        unsafe { copy.set_len(length) };
        Ok(copy)
    }

    /// Lets go of the memory that holds elements of a section; they are read again from the file when asked for.
    pub(super) fn release<T: Pod>(&self, name: &str, range: Range<usize>) {
        if let Some((_, section)) = self.find(name) {
            let (start, size) = (section.offset as usize, size_of::<T>());
            self.map.let_go(start + range.start * size..start + range.end * size);
        }
    }

    /// Compares every byte with its checksum.
    ///
    /// # Errors
    /// At the first block that is not as it was written.
    pub(super) fn verify(&self) -> Result<()> {
        self.gaps()?;
        for (k, section) in self.sections.iter().enumerate() {
            let wrong = (0..section.checksums.len()).into_par_iter().find_map_first(|block| self.check(k, block).err());
            wrong.map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}
