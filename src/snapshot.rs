//! Snapshots: a whole table in one `.isard` file that opens in milliseconds, whatever its size.
//!
//! ```text
//! byte 0    prelude, 64 bytes: magic, format version, file length, where the header is, checksums
//! byte 64   sections: plain little-endian arrays, each at a multiple of 64 bytes, gaps filled with zeros
//! end       header: names, units, provenance, and the table of sections with the checksums of their blocks
//! ```
//! [`open`] maps the file and reads prelude and header only; a block of a section (1 MiB) is checked against its
//! CRC-32 the first time something of it is asked for, so that no unchecked number ever leaves this module. Each
//! byte of the file is covered by a checksum or must be zero. The header stands last because a generator
//! ([`SnapshotWriter`]) knows the checksums only when it has written the numbers, which it does once, row by row.
//!
//! A file is written as a part beside its target: it is there complete or not at all.
//! A change of anything stored is a new [`VERSION`]; older ones stay readable (`fixtures/snapshots`). Tables are
//! version 1; version 2 holds [trade shares](read_shares) in place of Z, version 3 a table with [parts](Part) of its rows, in the
//! same frame.
//!
//! Files up to 16 MiB are copied when they are opened, larger ones are mapped. A mapped file must not be changed in place or
//! shortened by another program while it is open; replacing it (as isard does) is safe. What was changed before a block is
//! first asked for is found by its checksum; a file that is shortened stops the process (SIGBUS, which the command tells).

use std::path::Path;

use crate::error::{Error, Result};
use crate::part::Beside;

#[cfg(target_endian = "big")]
compile_error!("snapshots are little-endian and read in place: this machine's byte order is not supported");

mod arrays;
mod bytes;
mod header;
mod prelude;
mod read;
mod section;
mod share;
mod shares;
mod sink;
#[cfg(test)]
mod tests;
mod write;

pub use prelude::Content;
pub(crate) use prelude::MAGIC;
pub use read::{Part, Rows, Snapshot, open};
#[cfg(feature = "cli")]
pub(crate) use shares::write_shares_beside;
pub use shares::{read_shares, write_shares};
pub use write::{About, SnapshotWriter, write};
#[cfg(feature = "cli")]
pub(crate) use write::{write_beside, write_split_beside};

/// A snapshot that has no name yet: its [`identity`], its length, and the identity of the one that it replaces.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) struct Made {
    pub identity: String,
    pub bytes: u64,
    pub replaced: Option<String>,
}

/// Makes what gets its name right before a snapshot.
pub(crate) type MakeBeside<'m> = &'m dyn Fn(Made) -> Result<Option<Beside>>;

/// Newest version of the format; this one and all older ones are read.
pub const VERSION: u32 = 3;

/// The ending of a snapshot's name, without the dot.
pub const EXTENSION: &str = "isard";

/// Sections and the header start at multiples of this many bytes: a cache line.
const ALIGNMENT: u64 = 64;

/// Bytes under one checksum, a multiple of every element's size.
const BLOCK: usize = 1 << 20;

/// Largest header that is written or read, in bytes.
const LARGEST_HEADER: usize = 1 << 30;

/// Whether a file of this name is, or is to be, a snapshot.
pub fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(EXTENSION))
}

/// Whether there is a file that begins as a snapshot does, whatever its name.
pub fn is_snapshot(path: &Path) -> bool {
    let begins = |mut file: std::fs::File| {
        let mut begun = [0; MAGIC.len()];
        std::io::Read::read_exact(&mut file, &mut begun).is_ok_and(|()| begun == MAGIC)
    };
    path.is_file() && std::fs::File::open(path).is_ok_and(begins)
}

/// What a snapshot holds; reads the first 64 bytes only.
///
/// # Errors
/// When the file is no snapshot, of a newer version, or truncated.
pub fn content(path: &Path) -> Result<Content> {
    arrays::Opened::new(path).map(|opened| opened.content())
}

/// What tells a snapshot from any other, without reading its numbers: the SHA-256 of its header, which was written with the
/// checksums of every block.
///
/// # Errors
/// When the file is no snapshot, of a newer version, truncated, or damaged in prelude or header.
pub fn identity(path: &Path) -> Result<String> {
    arrays::Opened::new(path)?.identity()
}

/// Makes sure that a snapshot may be written to `path`: nothing is there, or with `force` another snapshot, every byte as it
/// was written; its [`identity`] then.
///
/// # Errors
/// Naming what is there and the remedy.
pub fn may_write(path: &Path, force: bool) -> Result<Option<String>> {
    let place = path.display();
    let Ok(meta) = std::fs::symlink_metadata(path) else { return crate::part::may_create(path).map(|()| None) };
    if !force {
        return Err(Error::in_the_way(
            format!("{place}: cannot create: there is something of this name"),
            "name a file that does not exist yet, or pass `force` to replace a snapshot",
        ));
    }
    let foreign = |why: &str| Error::invalid(format!("{place} {why}, and `force` does not replace it"), "name another file");
    if !meta.is_file() {
        return Err(foreign("is not a snapshot of isard"));
    }
    let content = content(path).map_err(|_| foreign("is not a snapshot of isard"))?;
    let sound = match content {
        Content::Table | Content::Split => read::unnoted(path).and_then(|s| s.verify()),
        Content::Shares => shares::verify(path),
    };
    sound.map_err(|e| foreign(&format!("is not as isard wrote it ({e})")))?;
    identity(path).map(Some)
}

/// The next multiple of [`ALIGNMENT`]; `None` past the largest number.
fn aligned(at: u64) -> Option<u64> {
    at.checked_next_multiple_of(ALIGNMENT)
}

/// The one configuration of bincode for headers: fixed width, little-endian, refusing lengths no header can have.
fn coding() -> impl bincode::config::Config {
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<LARGEST_HEADER>()
}

fn encode<H: serde::Serialize>(header: &H) -> std::result::Result<Vec<u8>, String> {
    let bytes = bincode::serde::encode_to_vec(header, coding()).map_err(|e| e.to_string())?;
    if bytes.len() > LARGEST_HEADER {
        return Err(format!("the header would have {} bytes, at most {LARGEST_HEADER} are allowed", bytes.len()));
    }
    Ok(bytes)
}

fn decode<H: serde::de::DeserializeOwned>(bytes: &[u8]) -> std::result::Result<H, String> {
    match bincode::serde::decode_from_slice(bytes, coding()) {
        Ok((header, used)) if used == bytes.len() => Ok(header),
        Ok((_, used)) => Err(format!("it has {} bytes, and its content ends after {used}", bytes.len())),
        Err(e) => Err(e.to_string()),
    }
}
