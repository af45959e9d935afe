//! What R packs its files with, beside gzip: bzip2 and xz, where the program was built with the feature `r-files`.

use std::path::Path;

#[cfg(not(feature = "r-files"))]
use crate::error::Error;
use crate::error::Result;
use crate::watch::Watch;

/// The bytes of a file, unpacked where they are bzip2 or xz.
///
/// # Errors
/// When they are damaged, or the program was built without what unpacks them.
pub(crate) fn unpacked(raw: Vec<u8>, path: &Path, watch: &Watch) -> Result<Vec<u8>> {
    let kind = match () {
        () if raw.starts_with(b"BZh") => "bzip2",
        () if raw.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) => "xz",
        () => return Ok(raw),
    };
    with(kind, &raw, path, watch)
}

#[cfg(not(feature = "r-files"))]
fn with(kind: &str, _: &[u8], path: &Path, _: &Watch) -> Result<Vec<u8>> {
    let text = format!("the file is packed with {kind}, which this build does not unpack");
    Err(Error::format(path.display(), text, format!("unpack it with {kind}, or build isard with the feature r-files")))
}

#[cfg(feature = "r-files")]
fn with(kind: &'static str, raw: &[u8], path: &Path, watch: &Watch) -> Result<Vec<u8>> {
    use crate::formats::tools::input::unpack;
    match kind {
        "bzip2" => unpack(path, kind, bzip2::read::MultiBzDecoder::new(raw), watch),
        _ => unpack(path, kind, lzma_rust2::XzReader::new(raw, true), watch),
    }
}
