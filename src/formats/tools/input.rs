//! The bytes and the text of a file: what kind of file it is, how large it may be, and that its text holds no control characters.
//!
//! Text may come from a pipe (a FIFO, `/dev/stdin`, `<(command)`) or from standard input (`-`), since it is read once from
//! start to end. Workbooks, archives, arrays and snapshots are read from plain files only. Devices and sockets never end and
//! are no files. A file, and what it unpacks to, may be as large as [`memory::largest_file`] says.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::memory;
use crate::part::Hashed;
use crate::plain::{STANDARD_INPUT, is_stream, open_plain, place};
use crate::table::Source;
use crate::watch::Watch;

/// What a gzip file begins with.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Bytes hashed between two looks at the watch: about 20 ms.
const PIECE: usize = 1 << 24;

/// All bytes of a plain file, as they are; it is no input of the run.
///
/// # Errors
/// As [`open_plain`], and when it cannot be read.
pub(crate) fn read_plain(path: &Path) -> Result<Vec<u8>> {
    let (file, length) = open_plain(path)?;
    all(&mut Limited::new(path, file, &Watch::default()), Some(length))
}

/// All bytes of a plain file (decompressed where it is gzip, or its name says so) and its provenance.
pub(crate) fn bytes(path: &Path, watch: &Watch) -> Result<(Vec<u8>, Source)> {
    let (file, length) = open_plain(path)?;
    unpacked(path, all(&mut Limited::new(path, file, watch), Some(length))?, watch)
}

/// As [`bytes`], from a pipe or standard input as well.
fn bytes_or_stream(path: &Path, watch: &Watch) -> Result<(Vec<u8>, Source)> {
    if path.as_os_str() == STANDARD_INPUT {
        return unpacked(path, all(&mut Limited::new(path, std::io::stdin().lock(), watch), None)?, watch);
    }
    if is_stream(path) {
        let file = File::open(path).map_err(|e| Error::io(path, "read", e))?;
        return unpacked(path, all(&mut Limited::new(path, file, watch), None)?, watch);
    }
    bytes(path, watch)
}

fn unpacked(path: &Path, raw: Vec<u8>, watch: &Watch) -> Result<(Vec<u8>, Source)> {
    if raw.is_empty() {
        return Err(Error::format(place(path), "the file is empty (0 bytes)", "fetch or export it again"));
    }
    let source = source(path, &raw, watch)?;
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) && !raw.starts_with(&GZIP) {
        return Ok((raw, source));
    }
    Ok((unpack(path, "gzip", flate2::read::MultiGzDecoder::new(raw.as_slice()), watch)?, source))
}

/// What `packed` yields: the unpacked bytes of a file that is packed as `kind`.
pub(crate) fn unpack(path: &Path, kind: &'static str, packed: impl Read, watch: &Watch) -> Result<Vec<u8>> {
    all(&mut Limited { packed: Some(kind), ..Limited::new(path, packed, watch) }, None)
}

/// A reader that says when it yields more than a file may have.
pub(crate) struct Limited<'p, R> {
    path: &'p Path,
    inner: R,
    most: u64,
    /// How the bytes are packed, where `inner` unpacks them.
    packed: Option<&'static str>,
    watch: Watch,
}

impl<'p, R: Read> Limited<'p, R> {
    /// A reader of the file at `path`.
    fn new(path: &'p Path, inner: R, watch: &Watch) -> Self {
        Limited { path, inner, most: memory::largest_file().unwrap_or(u64::MAX), packed: None, watch: watch.clone() }
    }

    fn failed(&self, e: std::io::Error) -> Error {
        if let Some(kind) = self.packed {
            return Error::format(place(self.path), format!("not a complete {kind} file: {e}"), "fetch or compress it again");
        }
        Error::io(self.path, "read", e)
    }
}

/// Everything a reader yields; `length`, where it is known, is checked first.
fn all<R: Read>(from: &mut Limited<R>, length: Option<u64>) -> Result<Vec<u8>> {
    let place = place(from.path);
    if let Some(length) = length {
        memory::require_file(&place, length, from.most)?;
    }
    let mut out = Vec::with_capacity(length.map_or(0, |l| l as usize + 1));
    let mut chunk = vec![0; 1 << 16];
    loop {
        from.watch.check()?;
        let count = match from.inner.read(&mut chunk) {
            Ok(0) => return Ok(out),
            Ok(count) => count,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(from.failed(e)),
        };
        memory::require_file(&place, (out.len() + count) as u64, from.most)?;
        out.extend_from_slice(&chunk[..count]);
    }
}

/// The provenance record of a file's bytes; the run that reads them notes it.
fn source(path: &Path, raw: &[u8], watch: &Watch) -> Result<Source> {
    let mut digest = Hashed::new(std::io::sink());
    for piece in raw.chunks(PIECE) {
        watch.check()?;
        digest.write_all(piece).map_err(|e| Error::io(path, "read", e))?;
    }
    let (_, sha256, _) = digest.end();
    crate::inputs::add(path, &sha256);
    Ok(Source { path: path.to_path_buf(), sha256 })
}

/// The text of a file, a pipe or standard input in the given encoding.
pub(crate) fn text(path: &Path, encoding: Encoding, watch: &Watch) -> Result<(String, Source)> {
    let (raw, source) = bytes_or_stream(path, watch)?;
    Ok((decode(raw, path, encoding)?, source))
}

/// Decodes strictly: a byte that does not belong, or a control character, is an error with its line. A byte order mark (of
/// UTF-8 or UTF-16) goes before the encoding that is named.
pub(crate) fn decode(raw: Vec<u8>, path: &Path, encoding: Encoding) -> Result<String> {
    let mark = encoding_rs::Encoding::for_bom(&raw);
    let text = match (mark, encoding) {
        (Some((utf16, length)), _) if utf16 != encoding_rs::UTF_8 => {
            let (s, bad) = utf16.decode_without_bom_handling(&raw[length..]);
            if bad {
                let text = format!("the file begins with the mark of {} and is no such text", utf16.name());
                return Err(Error::format(place(path), text, "save it as UTF-8"));
            }
            s.into_owned()
        }
        (Some(_), _) | (None, Encoding::Utf8) => match String::from_utf8(raw) {
            Ok(s) => s.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(s),
            Err(e) => {
                let (line, column) = line_and_column(e.as_bytes(), e.utf8_error().valid_up_to());
                return Err(Error::format(
                    format!("{}:{line}:{column}", place(path)),
                    format!("byte 0x{:02x} is not UTF-8", e.as_bytes()[e.utf8_error().valid_up_to()]),
                    "pass `encoding` gbk if the file comes from a Chinese Windows program, or save it as UTF-8",
                ));
            }
        },
        (None, Encoding::Gbk) => {
            let (s, _, bad) = encoding_rs::GB18030.decode(&raw);
            if bad {
                return Err(Error::format(place(path), "the file is not GBK (GB 18030) text", "leave `encoding` out if the file is UTF-8"));
            }
            s.into_owned()
        }
    };
    refuse_controls(&text, |at| {
        let (line, column) = line_and_column(text.as_bytes(), at);
        format!("{}:{line}:{column}", place(path))
    })?;
    Ok(text)
}

/// Line and byte of the line, both counted from 1.
fn line_and_column(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at];
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    (line, at - before.iter().rposition(|&b| b == b'\n').map_or(0, |p| p + 1) + 1)
}

/// Refuses control characters other than tab and line break; `place` makes a place of the byte where one is.
///
/// # Errors
/// At the first.
pub(crate) fn refuse_controls(text: &str, place: impl FnOnce(usize) -> String) -> Result<()> {
    let is_wrong = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    match text.char_indices().find(|(_, c)| is_wrong(*c)) {
        None => Ok(()),
        Some((at, c)) => Err(Error::format(
            place(at),
            format!("the control character U+{:04X} is no part of a name or a number", u32::from(c)),
            "remove it; only tabs and line breaks are read",
        )),
    }
}

/// The lower-case extension of a path, a trailing `.gz` left out.
pub(crate) fn extension(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map(|(_, e)| e.to_string()).unwrap_or_default()
}

/// A number, or an error naming its place. `NaN` and `inf` are read as such: the audit refuses them with the cell.
pub(crate) fn number(cell: &str, place: impl FnOnce() -> String) -> Result<f64> {
    cell.trim().parse().map_err(|_| {
        Error::format(
            place(),
            format!("expected a number, found \"{}\"", cell.trim()),
            "correct the cell; a missing value must be written as 0",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_with_line_and_column() {
        let read = |text: &str| decode(text.as_bytes().to_vec(), Path::new("a.csv"), Encoding::Utf8);
        assert!(read("a,\t\"b\r\nc\"\n煤\u{202e}").is_ok(), "tabs and line breaks are read; direction marks are escaped when shown");
        for (text, expected) in [("a\nb\u{1b}[2J", "a.csv:2:2"), ("\0", "a.csv:1:1"), ("x\u{9b}", "U+009B"), ("煤\u{7f}", "a.csv:1:4")] {
            let refusal = read(text).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_file_is_refused_and_what_is_too_large_says_both_numbers() {
        for device in ["/dev/zero", "/dev/null"] {
            let refusal = text(Path::new(device), Encoding::Utf8, &Watch::default()).unwrap_err().to_string();
            assert!(refusal.contains("device"), "{refusal}");
        }
        assert!(bytes(Path::new("/"), &Watch::default()).unwrap_err().to_string().contains("folder"));
        assert!(bytes(Path::new(STANDARD_INPUT), &Watch::default()).unwrap_err().to_string().starts_with("standard input: this format"));
        let refusal = memory::require_file("a.gz", 12, 11).unwrap_err();
        assert!(refusal.to_string().contains("12 bytes or more") && refusal.to_string().contains("11 bytes"), "{refusal}");
        assert!(refusal.help().unwrap().contains("`max-size`"));
    }
}
