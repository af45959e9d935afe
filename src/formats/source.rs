//! A file or folder as the probes see it: its first bytes, the members of an archive, the first labels of a workbook.
//!
//! Read are [`HEAD`] bytes, the list of members, and of a workbook [`LABELS`] bytes of labels, unpacked; never the whole file,
//! and never its name.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::tools::compound::MARK;
use super::tools::input;
use crate::error::{Error, Result};
use crate::guard;

/// First bytes of a file that are looked at.
pub const HEAD: usize = 4_096;

/// Most bytes of labels of a workbook that are looked at, after they are unpacked.
pub const LABELS: usize = 1 << 16;

/// Sheets whose first bytes are looked at, and how many bytes of each: labels may stand in the cells themselves.
const SHEETS: usize = 4;
const SHEET: u64 = 1 << 13;

/// The same of a sheet whose texts stand in its cells: the header rows of a wide table.
const WIDE: u64 = 1 << 20;

/// Most bytes of a text, of a file or member, whose cells are looked at.
pub const TEXT: usize = 1 << 17;

/// Files below a folder that are listed, and how deep they may lie.
const LISTED: usize = 1 << 12;
const DEEP: usize = 3;

/// What a file shows of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zip<'a> {
    /// It is no zip file.
    Not,
    /// The names of its members.
    Members(&'a [String]),
    /// The list at its end is missing or damaged; the name of the first member, from the start of the file.
    Cut(&'a str),
}

/// A file or folder that may hold a table.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    folder: bool,
    /// The first bytes, unpacked where they are gzip.
    head: Vec<u8>,
    packed: bool,
    members: Option<Vec<String>>,
    first: Option<String>,
    labels: Vec<String>,
    /// The files below a folder.
    names: Vec<String>,
    /// The first bytes of a text.
    text: Vec<u8>,
    /// First cells that were asked for, by the name of their file.
    cells: Mutex<HashMap<String, Vec<String>>>,
}

impl Source {
    /// Looks at a file or folder.
    ///
    /// # Errors
    /// When it does not exist, cannot be read, is empty, or is a pipe, a device or a socket.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == crate::plain::STANDARD_INPUT {
            return Err(Error::unsupported(
                "a table cannot be read from standard input: no format of tables is read from start to end",
                "name a file or a folder",
            ));
        }
        if std::fs::metadata(path).map_err(|e| Error::io(path, "read", e))?.is_dir() {
            return Ok(Source {
                path: path.to_path_buf(),
                folder: true,
                head: Vec::new(),
                packed: false,
                members: None,
                first: None,
                labels: Vec::new(),
                names: files_below(path),
                text: Vec::new(),
                cells: Mutex::default(),
            });
        }
        let (file, length) = crate::plain::open_plain(path)?;
        if length == 0 {
            return Err(Error::format(path.display(), "the file is empty (0 bytes)", "fetch or export it again"));
        }
        Source::of(path, file).map_err(|e| Error::io(path, "read", e))
    }

    /// Looks at the bytes of the file that is at `path`.
    ///
    /// # Errors
    /// When its first bytes cannot be read.
    pub fn of(path: &Path, mut file: impl Read + Seek) -> std::io::Result<Self> {
        let mut head = first(&mut file, HEAD)?;
        let packed = head.starts_with(&input::GZIP);
        if packed {
            // what the first bytes unpack to; they end within the stream
            let mut unpacked = Vec::new();
            let _ = flate2::read::GzDecoder::new(head.as_slice()).take(HEAD as u64).read_to_end(&mut unpacked);
            head = unpacked;
        } else if head.starts_with(&MARK) {
            file.seek(SeekFrom::Start(0))?;
            head = first(&mut file, LABELS)?;
        }
        let is_zip = head.starts_with(b"PK");
        let mut source = Source {
            path: path.to_path_buf(),
            folder: false,
            packed,
            members: None,
            first: is_zip.then(|| first_member(&head)).flatten(),
            labels: Vec::new(),
            names: Vec::new(),
            text: Vec::new(),
            cells: Mutex::default(),
            head,
        };
        if !is_zip && !source.head.starts_with(&MARK) && !source.head.contains(&0) {
            file.seek(SeekFrom::Start(0))?;
            source.text = first(&mut file, TEXT)?;
            if packed {
                let mut unpacked = Vec::new();
                let _ = flate2::read::GzDecoder::new(source.text.as_slice()).take(TEXT as u64).read_to_end(&mut unpacked);
                source.text = unpacked;
            }
        }
        if is_zip && !packed {
            // a damaged archive is told by its reader
            let found = guard::caught(|| archive(file)).flatten();
            (source.members, source.labels) = found.map_or((None, Vec::new()), |(members, labels)| (Some(members), labels));
        } else if source.head.starts_with(&MARK) {
            source.labels = texts(&source.head);
        }
        Ok(source)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.folder
    }

    /// Whether the folder holds a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.folder && self.path.join(name).is_file()
    }

    /// The files below a folder, or the members of a zip file.
    pub fn names(&self) -> &[String] {
        self.members.as_deref().unwrap_or(&self.names)
    }

    /// The texts in the first cells of a file of separated values: of the file itself, or of a file or member of this name.
    pub fn first_cells(&self, name: Option<&str>) -> Vec<String> {
        let Ok(mut known) = self.cells.lock() else { return Vec::new() };
        let found = || name.map_or_else(|| cells(&self.text), |name| self.cells_of(name));
        known.entry(name.unwrap_or_default().to_string()).or_insert_with(found).clone()
    }

    fn cells_of(&self, name: &str) -> Vec<String> {
        let read = || -> Option<Vec<u8>> {
            let workbook = || Source::open(&self.path.join(name)).ok().filter(|s| s.labels().is_some());
            if let Some(book) = Some(()).filter(|()| self.folder).and_then(|()| workbook()) {
                return Some(book.labels.join("\n").into_bytes());
            }
            if self.folder {
                return first(&mut crate::plain::open_plain(&self.path.join(name)).ok()?.0, TEXT).ok();
            }
            let mut zip = zip::ZipArchive::new(std::fs::File::open(&self.path).ok()?).ok()?;
            let index = zip.file_names().position(|n| n.is_ok_and(|n| n.replace('\\', "/") == name))?;
            let mut bytes = Vec::new();
            // what is unpacked before a damaged place serves
            let _ = zip.by_index(index).ok()?.take(TEXT as u64).read_to_end(&mut bytes);
            Some(bytes)
        };
        guard::caught(read).flatten().map_or_else(Vec::new, |bytes| cells(&bytes))
    }

    /// The first bytes of the file, unpacked where it is gzip; none of a folder.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The members of a zip file.
    pub fn zip(&self) -> Zip<'_> {
        match (&self.members, &self.first) {
            (Some(members), _) => Zip::Members(members),
            (None, Some(first)) => Zip::Cut(first),
            (None, None) => Zip::Not,
        }
    }

    /// The first texts of a workbook, in the order in which it stores them; `None` where it is no workbook.
    pub fn labels(&self) -> Option<&[String]> {
        let is_part = |name: &str| ["xl/", "[content_types].xml", "_rels/", "docprops/"].iter().any(|p| name.to_lowercase().starts_with(p));
        let is_workbook = match self.zip() {
            Zip::Not => self.head.starts_with(&MARK),
            Zip::Members(names) => names.iter().any(|n| n.to_lowercase().starts_with("xl/")),
            Zip::Cut(first) => is_part(first),
        };
        is_workbook.then_some(&self.labels)
    }

    /// What was looked at, for messages.
    pub fn looked_at(&self) -> String {
        if self.folder {
            return "the names of the files in the folder".into();
        }
        let bytes = if self.head.is_empty() { "no byte".into() } else { format!("its first bytes, {}", hex(&self.head)) };
        let packed = if self.packed { " (unpacked)" } else { "" };
        match self.zip() {
            Zip::Not => format!("{bytes}{packed}"),
            Zip::Members(names) => {
                let shown: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
                let more = names.len() - shown.len();
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                format!("the names of its members ({}{more})", shown.join(", "))
            }
            Zip::Cut(first) => format!("{bytes}{packed}, and the name of its first member, {first}"),
        }
    }

    /// Whether the file is gzip.
    pub fn is_packed(&self) -> bool {
        self.packed
    }
}

/// The files below a folder by their paths, in order.
fn files_below(folder: &Path) -> Vec<String> {
    fn listed(folder: &Path, below: &str, depth: usize, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            match std::fs::metadata(entry.path()) {
                Ok(kind) if kind.is_dir() && depth < DEEP => listed(&entry.path(), &format!("{name}/"), depth + 1, found),
                Ok(kind) if kind.is_file() && found.len() < LISTED => found.push(name),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    listed(folder, "", 1, &mut found);
    found.sort();
    found
}

/// The different texts in the cells of the lines of a text, numbers left out; the last line may be cut off and is whole in no case.
fn cells(bytes: &[u8]) -> Vec<String> {
    if bytes.contains(&0) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().max_by_key(|s| line.matches(*s).count()).unwrap_or(',');
    let mut seen = std::collections::HashSet::new();
    let all = text.split(['\n', '\r', separator]).map(|cell| cell.trim().trim_matches('"').trim());
    all.filter(|c| !c.is_empty() && c.parse::<f64>().is_err() && seen.insert(*c)).map(str::to_string).collect()
}

/// The first bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

/// At most `most` bytes of what comes.
fn first(from: &mut impl Read, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name of the member that a zip file begins with: its length is at byte 26, and it follows at byte 30.
fn first_member(head: &[u8]) -> Option<String> {
    let length = usize::from(u16::from_le_bytes([*head.get(26)?, *head.get(27)?]));
    let name = std::str::from_utf8(head.get(30..30 + length)?).ok()?;
    (head.starts_with(b"PK\x03\x04") && !name.is_empty()).then(|| name.replace('\\', "/"))
}

/// The members of a zip file, and the first labels of a workbook.
fn archive(file: impl Read + Seek) -> Option<(Vec<String>, Vec<String>)> {
    let mut zip = zip::ZipArchive::new(file).ok()?;
    let names: Vec<String> = zip.file_names().filter_map(|n| n.ok().map(|n| n.replace('\\', "/"))).collect();
    let mut labels = Vec::new();
    let is = |name: &str, folder: &str| {
        let name = name.to_lowercase();
        name.strip_prefix(folder).is_some_and(|n| !n.contains('/')) && (name.ends_with(".xml") || name.ends_with(".bin"))
    };
    let shared = names.iter().position(|n| is(n, "xl/") && n.to_lowercase().contains("sharedstrings"));
    // where no list of strings is kept, the labels stand in the cells
    let (most, count) = if shared.is_some() { (SHEET, SHEETS) } else { (WIDE, 2 * SHEETS) };
    let sheets = names.iter().enumerate().filter(|(_, n)| is(n, "xl/worksheets/")).map(|(k, _)| (k, most)).take(count);
    for (index, most) in shared.map(|k| (k, LABELS as u64)).into_iter().chain(sheets) {
        let mut bytes = Vec::new();
        if let Ok(member) = zip.by_index(index) {
            // what is unpacked before a damaged place serves
            let _ = member.take(most).read_to_end(&mut bytes);
        }
        labels.extend(texts(&bytes));
    }
    Some((names, labels))
}

/// The texts in the first bytes of a part of a workbook: between the tags of XML, else runs of letters of two bytes or one.
fn texts(bytes: &[u8]) -> Vec<String> {
    if bytes.starts_with(b"<") || bytes.starts_with(b"\xef\xbb\xbf<") {
        let text = String::from_utf8_lossy(bytes);
        return text.split('>').filter_map(|part| part.split('<').next()).map(clean).filter(|t| !t.is_empty()).collect();
    }
    let wide = |from: usize| runs(bytes[from.min(bytes.len())..].as_chunks::<2>().0.iter().map(|b| u32::from(u16::from_le_bytes(*b))));
    let mut all = wide(0);
    all.extend(wide(1));
    all.extend(runs(bytes.iter().map(|b| u32::from(*b))));
    all
}

/// The longest pieces of printable ASCII and Chinese characters.
fn runs(units: impl Iterator<Item = u32>) -> Vec<String> {
    let is_text = |c: char| c == ' ' || c.is_ascii_graphic() || ('\u{4e00}'..='\u{9fff}').contains(&c);
    let all: String = units.map(|u| char::from_u32(u).filter(|c| is_text(*c)).unwrap_or('\n')).collect();
    all.split('\n').map(clean).filter(|t| t.len() > 1).collect()
}

fn clean(text: &str) -> String {
    super::tools::grid::clean(&text.replace("&amp;", "&"))
}
