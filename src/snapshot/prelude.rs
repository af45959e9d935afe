//! The first 64 bytes of a snapshot: what it is, how long it is, where its header is.
//!
//! ```text
//!  0  magic    89 "ISARD" 0d 0a: text-mode copies and seven-bit channels spoil it
//!  8  u32      format version        12  u32  what it holds: 0 a table, 1 trade shares, 2 a table with parts
//! 16  u64      length of the file    24  u64  start of the header    32  u64  length of the header
//! 40  u32      CRC-32 of the header  44  16 zero bytes               60  u32  CRC-32 of bytes 0 to 59
//! ```
//! Magic and version stand where they stand in all versions to come.

use std::path::Path;

use super::{ALIGNMENT, LARGEST_HEADER, VERSION};
use crate::error::{Error, Result};

/// What every snapshot begins with.
pub(crate) const MAGIC: [u8; 8] = *b"\x89ISARD\r\n";

/// Length of the prelude in bytes; the first section starts here.
pub(super) const LENGTH: usize = 64;

const CHECKED: usize = 60;

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A table with its Z: format version 1.
    Table,
    /// A table by its trade shares: format version 2.
    Shares,
    /// A table with its Z, and parts of its rows by shares: format version 3.
    Split,
}

impl Content {
    /// Format version and number.
    fn code(self) -> (u32, u32) {
        match self {
            Content::Table => (1, 0),
            Content::Shares => (2, 1),
            Content::Split => (3, 2),
        }
    }

    /// The error of a reader that wanted something else.
    pub fn instead_of(self, wanted: Content, path: &Path) -> Error {
        let (holds, not) = match (self, wanted) {
            (Content::Shares, _) => ("a table by its trade shares and technologies", "the flows of a table"),
            (Content::Table | Content::Split, _) => ("the flows of a table", "trade shares and technologies"),
        };
        let help = match self {
            Content::Shares => "use a command that takes trade shares; a table is written by isard import TABLE `output` FILE.isard",
            Content::Table | Content::Split => "use a command that takes tables; isard detect says what trade shares would save",
        };
        Error::format(path.display(), format!("this snapshot holds {holds}, not {not}"), help)
    }
}

/// The numbers of a prelude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prelude {
    /// What the file holds.
    pub content: Content,
    /// Length of the file in bytes.
    pub file: u64,
    /// Where the header starts.
    pub header_at: u64,
    /// Length of the header in bytes; it ends with the file.
    pub header_length: u64,
    /// CRC-32 of the header.
    pub header_checksum: u32,
}

impl Prelude {
    /// The 64 bytes.
    pub(super) fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&MAGIC);
        let (version, code) = self.content.code();
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        bytes[12..16].copy_from_slice(&code.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.file.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.header_at.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.header_length.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.header_checksum.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads and checks the prelude of a file of `length` bytes that begins with `bytes`.
    ///
    /// # Errors
    /// When this is no snapshot, one of a newer format, damaged, or not complete.
    pub(super) fn read(bytes: &[u8], length: u64, path: &Path) -> Result<Self> {
        let begun = &bytes[..bytes.len().min(MAGIC.len())];
        if begun.is_empty() || !MAGIC.starts_with(begun) {
            return Err(foreign(bytes, path));
        }
        let Some(bytes) = bytes.first_chunk::<LENGTH>() else { return Err(truncated(path, length, LENGTH as u64)) };
        let version = u32::from_le_bytes(four(bytes, 8));
        if version > VERSION {
            return Err(Error::format(
                path.display(),
                format!("snapshot of format version {version}; isard {} reads versions 1 to {VERSION}", env!("CARGO_PKG_VERSION")),
                "read it with a newer isard, or write the snapshot again with this one",
            ));
        }
        let (stored, found) = (u32::from_le_bytes(four(bytes, CHECKED)), crc32fast::hash(&bytes[..CHECKED]));
        if stored != found || version == 0 {
            return Err(damaged(path.display(), format!("the first {LENGTH} bytes have checksum {found:08x}, stored is {stored:08x}")));
        }
        let code = u32::from_le_bytes(four(bytes, 12));
        let content = [Content::Table, Content::Shares, Content::Split].into_iter().find(|c| c.code() == (version, code));
        let prelude = Prelude {
            content: content
                .ok_or_else(|| damaged(path.display(), format!("content number {code} is none that format version {version} has")))?,
            file: u64::from_le_bytes(eight(bytes, 16)),
            header_at: u64::from_le_bytes(eight(bytes, 24)),
            header_length: u64::from_le_bytes(eight(bytes, 32)),
            header_checksum: u32::from_le_bytes(four(bytes, 40)),
        };
        prelude.fits(length, path)?;
        Ok(prelude)
    }

    fn fits(&self, length: u64, path: &Path) -> Result<()> {
        if length < self.file {
            return Err(truncated(path, length, self.file));
        }
        if length > self.file {
            return Err(damaged(path.display(), format!("the file has {length} bytes, and the snapshot in it ends after {}", self.file)));
        }
        let end = self.header_at.checked_add(self.header_length);
        if self.header_at < LENGTH as u64 || !self.header_at.is_multiple_of(ALIGNMENT) || end != Some(length) {
            let Prelude { header_at, header_length, .. } = self;
            return Err(damaged(
                path.display(),
                format!("the header is said to be {header_length} bytes at {header_at} in a file of {length} bytes"),
            ));
        }
        if self.header_length > LARGEST_HEADER as u64 {
            return Err(damaged(
                path.display(),
                format!("the header is said to have {} bytes, at most {LARGEST_HEADER} are allowed", self.header_length),
            ));
        }
        Ok(())
    }
}

/// A snapshot that is not as it was written.
pub(super) fn damaged(place: impl std::fmt::Display, message: impl std::fmt::Display) -> Error {
    Error::format(place.to_string(), format!("damaged snapshot: {message}"), "copy the file again, or write it again with isard import")
}

fn truncated(path: &Path, length: u64, whole: u64) -> Error {
    Error::format(
        path.display(),
        format!("truncated snapshot: the file has {length} bytes of at least {whole}"),
        "copy the file again, or write it again with isard import",
    )
}

fn foreign(bytes: &[u8], path: &Path) -> Error {
    if bytes.is_empty() {
        return Error::format(path.display(), "the file is empty (0 bytes)", "copy it again, or write it again with isard import");
    }
    let hex = |bytes: &[u8]| bytes.iter().take(MAGIC.len()).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    let help = if bytes.starts_with(&[0x1f, 0x8b]) {
        "this is a gzip file: decompress it first"
    } else {
        "isard import TABLE `output` FILE.isard makes a snapshot of any known layout"
    };
    Error::format(path.display(), format!("not a snapshot: the file begins with {}, expected {}", hex(bytes), hex(&MAGIC)), help)
}

fn four(bytes: &[u8; LENGTH], at: usize) -> [u8; 4] {
    std::array::from_fn(|k| bytes[at + k])
}

fn eight(bytes: &[u8; LENGTH], at: usize) -> [u8; 8] {
    std::array::from_fn(|k| bytes[at + k])
}
