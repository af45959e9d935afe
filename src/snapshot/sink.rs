//! A file of sections in the making: filled in any order, the header last, the name only when all is there.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::prelude::{self, Content, Prelude};
use super::section::{Form, Section};
use super::{BLOCK, Made, aligned, may_write};
use crate::error::{Error, Result};
use crate::part::Part;

/// Nothing larger than a block of each open section is held in memory. Dropped before the end, it leaves no file.
#[derive(Debug)]
pub(super) struct Sink {
    target: PathBuf,
    part: Part,
    /// The snapshot that is to be replaced.
    old: Option<String>,
    file: File,
    sections: Vec<Section>,
    pending: Vec<Pending>,
}

/// What a section still waits to write.
#[derive(Debug, Default)]
struct Pending {
    buffer: Vec<u8>,
    written: u64,
}

impl Sink {
    /// Starts a file beside its target, under a temporary name.
    ///
    /// # Errors
    /// When the target exists (with `force`: and is no snapshot), or its folder cannot be written.
    pub(super) fn create(path: &Path, force: bool) -> Result<Self> {
        let old = may_write(path, force)?;
        let (part, file) = Part::file(path)?;
        Ok(Sink { target: path.to_path_buf(), part, old, file, sections: Vec::new(), pending: Vec::new() })
    }

    /// The sections begun so far.
    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Makes room for a section of `length` elements; its number.
    ///
    /// # Errors
    /// When there is no section of this name, it was begun before, or the sizes ask for another length.
    pub(super) fn begin(&mut self, name: &str, form: Option<Form>, length: usize) -> Result<usize> {
        let unknown = || self.wrong(format!("there is no section {name}"), "the module's documentation lists the sections");
        let (kind, shape) = form.ok_or_else(unknown)?;
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
        self.sections.push(section);
        self.pending.push(Pending::default());
        Ok(self.sections.len() - 1)
    }

    /// The number of a section that was begun.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.sections.iter().position(|s| s.name == name)
    }

    /// An error about this file.
    pub(super) fn wrong(&self, message: impl std::fmt::Display, help: &str) -> Error {
        Error::invalid(format!("{}: {message}", self.target.display()), help)
    }

    /// Adds bytes to a section; whole blocks go to the file with their checksum.
    ///
    /// # Errors
    /// When they do not fit, or the disk refuses.
    pub(super) fn push(&mut self, number: usize, mut bytes: &[u8]) -> Result<()> {
        let all = self.sections[number].bytes;
        let has = self.pending[number].written + self.pending[number].buffer.len() as u64;
        if has + bytes.len() as u64 > all {
            let message = format!("the section {} has {has} of {all} bytes, {} more do not fit", self.sections[number].name, bytes.len());
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
                let section = &mut self.sections[number];
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

    /// Writes the header that `encode` makes of the sections, makes sure that all is on the disk, and gives the file its
    /// name.
    ///
    /// # Errors
    /// When a section is missing or not full, something has taken the name meanwhile, or the disk refuses.
    pub(super) fn finish(
        mut self,
        content: Content,
        required: impl Iterator<Item = String>,
        encode: impl FnOnce(Vec<Section>) -> std::result::Result<Vec<u8>, String>,
        beside: super::MakeBeside,
    ) -> Result<()> {
        self.complete(required)?;
        let header_at = aligned(self.end()).ok_or_else(|| self.wrong("the file would be longer than any", ""))?;
        let bytes = encode(std::mem::take(&mut self.sections)).map_err(|e| self.wrong(e, "use shorter or fewer names"))?;
        let prelude = Prelude {
            content,
            file: header_at + bytes.len() as u64,
            header_at,
            header_length: bytes.len() as u64,
            header_checksum: crc32fast::hash(&bytes),
        };
        self.write_at(header_at, &bytes)?;
        self.write_at(0, &prelude.to_bytes())?;
        self.file.sync_all().map_err(|e| Error::io(&self.target, "write", e))?;
        if self.old.is_some() && super::identity(&self.target).ok() != self.old {
            return Err(self.wrong("it was changed while the new one was made, and is not replaced", "name another file"));
        }
        let made = Made { identity: crate::part::sha256(&bytes), bytes: prelude.file, replaced: self.old.clone() };
        let beside = beside(made)?;
        let mut all: Vec<(Part, Option<&[String]>)> = beside.into_iter().map(|(part, there)| (part, there.then_some(&[][..]))).collect();
        all.push((self.part, self.old.is_some().then_some(&[])));
        Part::publish_all(all)
    }

    /// Whether every section is there and full.
    fn complete(&self, mut required: impl Iterator<Item = String>) -> Result<()> {
        for (section, pending) in self.sections.iter().zip(&self.pending) {
            if pending.written != section.bytes {
                let (has, all) = (pending.written + pending.buffer.len() as u64, section.bytes);
                return Err(self.wrong(format!("the section {} has {has} bytes of {all}", section.name), ""));
            }
        }
        match required.find(|name| self.number(name).is_none()) {
            Some(missing) => Err(self.wrong(format!("the section {missing} is missing"), "")),
            None => Ok(()),
        }
    }

    /// Where the last section ends.
    fn end(&self) -> u64 {
        self.sections.last().map_or(prelude::LENGTH as u64, |s| s.offset + s.bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let done = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(bytes));
        done.map_err(|e| Error::io(&self.target, "write", e))
    }
}
