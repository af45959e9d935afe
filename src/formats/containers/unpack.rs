//! What R packs its files with, beside gzip: bzip2 and xz, where the program was built with the feature `r-files`.

use std::path::Path;

use crate::error::{Error, Result};

/// The bytes of a file, unpacked where they are bzip2 or xz.
///
/// # Errors
/// When they are damaged, or the program was built without what unpacks them.
pub(crate) fn unpacked(raw: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
    let kind = match () {
        () if raw.starts_with(b"BZh") => "bzip2",
        () if raw.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) => "xz",
        () => return Ok(raw),
    };
    with(kind, &raw, path)
}

#[cfg(not(feature = "r-files"))]
fn with(kind: &str, _: &[u8], path: &Path) -> Result<Vec<u8>> {
    let text = format!("the file is packed with {kind}, which this build does not unpack");
    Err(Error::format(path.display(), text, format!("unpack it with {kind}, or build isard with the feature r-files")))
}

#[cfg(feature = "r-files")]
fn with(kind: &str, raw: &[u8], path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let place = path.display().to_string();
    let most = crate::memory::largest_file().unwrap_or(u64::MAX);
    let mut from: Box<dyn Read + '_> = match kind {
        "bzip2" => Box::new(bzip2::read::MultiBzDecoder::new(raw)),
        _ => Box::new(lzma_rust2::XzReader::new(raw, true)),
    };
    let (mut out, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let count = from
            .read(&mut chunk)
            .map_err(|e| Error::format(&place, format!("not a complete {kind} file: {e}"), "fetch or compress it again"))?;
        if count == 0 {
            return Ok(out);
        }
        crate::memory::require_file(&place, (out.len() + count) as u64, most)?;
        out.extend_from_slice(&chunk[..count]);
    }
}
