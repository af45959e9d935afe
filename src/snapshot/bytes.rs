//! The bytes of an open snapshot: a copy where the file is small, a map of it where it is large.
//!
//! A copy does not change when another program shortens or overwrites the file. A map does, and a shortened one ends the
//! process with SIGBUS when it is read behind its end; the command tells that in words.

use std::fs::File;
use std::io::Read;
use std::ops::{Deref, Range};
use std::path::Path;

use memmap2::Mmap;

use crate::error::{Error, Result};

/// Files up to this many bytes are copied: about five milliseconds.
const SMALL: u64 = 16 << 20;

/// What a snapshot is read from.
#[derive(Debug)]
pub(super) enum Bytes {
    /// A map of the file.
    Mapped(Mmap),
    /// A copy, in whole words so that arrays in it are aligned, and its length in bytes.
    Copied(Vec<u64>, usize),
}

impl Bytes {
    /// The bytes of `file`, which has `length` of them.
    ///
    /// # Errors
    /// When the file cannot be read or mapped.
    pub(super) fn new(mut file: File, length: u64, path: &Path) -> Result<Self> {
        if length > SMALL {
            // SAFETY: the map is private to this module, read-only, and outlives every slice of it. Files are replaced by
            // renaming, never changed in place, by isard; that no other program does is stated in the documentation of
            // `snapshot`. Every number taken from the map (offsets, lengths, columns) is checked before it is used as one.
            let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, "map", e))?;
            return Ok(Bytes::Mapped(map));
        }
        let length = length as usize;
        let mut words = vec![0u64; length.div_ceil(8)];
        let bytes = &mut bytemuck::cast_slice_mut(&mut words)[..length];
        file.read_exact(bytes).map_err(|e| Error::io(path, "read", e))?;
        Ok(Bytes::Copied(words, length))
    }

    /// Lets go of the memory of a range, where it can be read from the file again.
    pub(super) fn let_go(&self, bytes: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Bytes::Mapped(map) = self
            && !bytes.is_empty()
            && bytes.end <= map.len()
        {
            // SAFETY: the map is shared, backed by the file and never written to: pages that are dropped come back from
            // the file with the same bytes, so slices of them stay valid (see `Bytes::new`).
            let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, bytes.start, bytes.len()) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = bytes;
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Copied(words, length) => &bytemuck::cast_slice(words)[..*length],
        }
    }
}
