//! Zip archives, checked whole before anything of them is used: names, sizes, checksums, and how large they unpack.
//!
//! Readers of workbooks stop at the last cell and would not see that the checksum behind it is wrong.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use crate::error::{Error, Result};
use crate::memory;
use crate::watch::Watch;

use super::input::refuse_controls;

/// A zip archive in memory.
pub(crate) type Archive = zip::ZipArchive<Cursor<Vec<u8>>>;

/// The most members of an archive.
const MOST_MEMBERS: usize = 1 << 16;

/// Opens the bytes of a zip file; what is cut off, or names a member twice, is refused.
pub(crate) fn archive(raw: Vec<u8>, path: &Path) -> Result<Archive> {
    open(Cursor::new(raw), path)
}

fn open<R: Read + Seek>(raw: R, path: &Path) -> Result<zip::ZipArchive<R>> {
    let zip = zip::ZipArchive::new(raw)
        .map_err(|e| Error::format(path.display(), format!("not a complete zip file: {e}"), "fetch or compress the file again"))?;
    if zip.has_duplicate_names() {
        return Err(Error::format(path.display(), "the zip file holds two members of one name", "compress it again with each file once"));
    }
    if zip.len() > MOST_MEMBERS {
        let text = format!("the zip file holds {} members, at most {MOST_MEMBERS} are read", zip.len());
        return Err(Error::format(path.display(), text, "compress the files of one table only"));
    }
    Ok(zip)
}

/// Reads every member of the zip file in `raw` to its end and compares size and checksum; returns the bytes of all.
///
/// # Errors
/// Naming the member that is damaged, or the limit that all together exceed.
pub(crate) fn check(raw: &[u8], path: &Path, watch: &Watch) -> Result<u64> {
    let mut zip = open(Cursor::new(raw), path)?;
    let mut sum = 0;
    for index in 0..zip.len() {
        let name = zip
            .name_for_index(index)
            .and_then(|n| n.ok().map(|n| n.escape_debug().to_string()))
            .unwrap_or_else(|| format!("member {index}"));
        sum += read(&mut zip, index, &format!("{}[{name}]", path.display()), sum, watch, |_| ())?;
    }
    Ok(sum)
}

/// Whether the zip file in `raw` has a member of this name, in letters of either case.
///
/// # Errors
/// When it is no complete zip file.
pub(crate) fn has(raw: &[u8], path: &Path, name: &str) -> Result<bool> {
    let zip = open(Cursor::new(raw), path)?;
    Ok(zip.file_names().flatten().any(|n| n.replace('\\', "/").eq_ignore_ascii_case(name)))
}

/// The names of all files in a zip archive, in its order, with `/` between folders.
pub(crate) fn members(zip: &Archive, path: &Path) -> Result<Vec<String>> {
    zip.file_names()
        .map(|name| match name {
            Ok(name) => {
                refuse_controls(&name, |_| format!("{}, a member's name", path.display()))?;
                Ok(name.replace('\\', "/"))
            }
            Err(e) => Err(Error::format(path.display(), format!("unreadable member name: {e}"), "compress the files again")),
        })
        .collect()
}

/// All bytes of the member at `index`, size and checksum verified; `place` names it in errors.
pub(crate) fn member(zip: &mut Archive, index: usize, place: &str, watch: &Watch) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    read(zip, index, place, 0, watch, |bytes| out.extend_from_slice(bytes))?;
    Ok(out)
}

/// Hands all bytes of a member on and compares their number and checksum with those of the archive; `before` others of the
/// same file count with them.
fn read<R: Read + Seek>(
    zip: &mut zip::ZipArchive<R>,
    index: usize,
    place: &str,
    before: u64,
    watch: &Watch,
    mut each: impl FnMut(&[u8]),
) -> Result<u64> {
    let damaged = |e: &dyn std::fmt::Display| {
        Error::format(
            place,
            format!("damaged, it cannot be read from the zip file: {e}"),
            "fetch the file again, or compress it with the usual deflate method",
        )
    };
    let mut file = zip.by_index(index).map_err(|e| damaged(&e))?;
    let (said, checksum) = (file.size(), file.crc32());
    memory::require_file(place, before.saturating_add(said), memory::largest_file().unwrap_or(u64::MAX))?;
    let (mut count, mut hash, mut chunk) = (0, crc32fast::Hasher::new(), vec![0; 1 << 16]);
    loop {
        watch.check()?;
        let length = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(damaged(&e)),
        };
        count += length as u64;
        if count > said {
            return Err(damaged(&format!("it has more than the {said} bytes that the archive says")));
        }
        hash.update(&chunk[..length]);
        each(&chunk[..length]);
    }
    if count != said {
        return Err(damaged(&format!("it has {count} bytes, the archive says {said}")));
    }
    let found = hash.finalize();
    if found != checksum {
        return Err(damaged(&format!("its checksum is {found:08x}, the archive says {checksum:08x}")));
    }
    Ok(count)
}
