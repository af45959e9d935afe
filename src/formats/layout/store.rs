//! Where the parts of a layout lie: one file, a folder, a zip file with its members, or a workbook with its sheets.

use std::path::{Path, PathBuf};

use super::pages::Page;
use super::{Part, fits};
use crate::error::{Error, Result};
use crate::formats::source::Source;
use crate::formats::tools::archive::{Archive, archive, member};
use crate::formats::tools::input::{bytes, decode};
use crate::formats::tools::separated::Separated;
use crate::formats::tools::workbook::Book;
use crate::formats::{Reading, parts::Holder};
use crate::table;

/// Rows of a sheet whose labels tell whether it is the one.
const ROWS: u32 = 24;

/// What was opened.
enum Kind {
    File,
    Folder,
    Zip(Box<Archive>),
    Book(Box<Book>),
}

/// An open file or folder.
pub(super) struct Store<'r> {
    path: PathBuf,
    kind: Kind,
    names: Vec<String>,
    reading: &'r Reading,
    /// Files read, for the provenance.
    pub(super) sources: Vec<table::Source>,
    /// The sheet that was read last.
    pub(super) sheet: Option<String>,
}

impl<'r> Store<'r> {
    /// Opens what a probe looked at.
    ///
    /// # Errors
    /// When a zip file or workbook is damaged.
    pub(super) fn open(source: &Source, reading: &'r Reading) -> Result<Self> {
        let path = source.path().to_path_buf();
        let mut sources = Vec::new();
        let (kind, names) = if source.is_folder() {
            (Kind::Folder, source.names().to_vec())
        } else if source.labels().is_some() {
            let book = Book::open(&path, &reading.watch)?;
            sources.push(book.source.clone());
            let names = book.names();
            (Kind::Book(Box::new(book)), names)
        } else if source.head().starts_with(b"PK") && !source.is_packed() {
            let (raw, of) = bytes(&path, &reading.watch)?;
            sources.push(of);
            let archive = archive(raw, &path)?;
            let names = crate::formats::tools::archive::members(&archive, &path)?;
            (Kind::Zip(Box::new(archive)), names)
        } else {
            (Kind::File, vec![name_of(&path)])
        };
        Ok(Store { path, kind, names, reading, sources, sheet: None })
    }

    /// What it is, for the words of notes.
    pub(super) fn holder(&self) -> Holder {
        if matches!(self.kind, Kind::Folder) { Holder::Folder } else { Holder::File }
    }

    /// Where it is.
    pub(super) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// The names of the files, members or sheets of a part; a single file is that of the first part.
    ///
    /// # Errors
    /// When none fits, or several do and only one may.
    pub(super) fn named(&mut self, part: &Part, first: bool, tell: &[String]) -> Result<Vec<String>> {
        let patterns = if self.is_book() { &part.sheet.0 } else { &part.file.0 };
        let any = patterns.is_empty();
        if matches!(self.kind, Kind::File) {
            return if first { Ok(self.names.clone()) } else { self.absent(part, patterns) };
        }
        if any && !part.file.0.is_empty() && self.is_book() {
            return self.absent(part, &part.file.0);
        }
        let mut found: Vec<String> = self.names.iter().filter(|n| any || patterns.iter().any(|p| is_named(p, n))).cloned().collect();
        if let Some(chosen) = self.reading.sheet.as_ref().filter(|_| found.len() > 1 && !part.several) {
            let is = |name: &String| name == chosen || stem(name) == *chosen || name_of(Path::new(name)) == *chosen;
            let exact: Vec<String> = found.iter().filter(|n| is(n)).cloned().collect();
            let near: Vec<String> = found.iter().filter(|n| n.contains(chosen.as_str())).cloned().collect();
            found = if exact.is_empty() { near } else { exact };
            if found.is_empty() {
                return Err(Error::unknown("sheet", chosen, &self.names));
            }
        }
        if found.len() > 1 && !part.several && self.is_book() {
            found = self.likely(found, tell)?;
        }
        match found.len() {
            0 => self.absent(part, patterns),
            1 => Ok(found),
            _ if part.several => Ok(found),
            count => {
                let what = if self.is_book() { "sheets" } else { "files" };
                let text = format!("{count} {what} fit {}: {}", shown(patterns), found.join(", "));
                Err(Error::format(self.path.display(), text, format!("name one with `sheet`, for example `sheet` \"{}\"", stem(&found[0]))))
            }
        }
    }

    /// The sheets whose first rows have most of the labels that tell the layout.
    fn likely(&mut self, names: Vec<String>, tell: &[String]) -> Result<Vec<String>> {
        let Kind::Book(book) = &mut self.kind else { return Ok(names) };
        let mut counted = Vec::with_capacity(names.len());
        for name in names {
            let grid = book.first(&name, ROWS)?;
            let cells: Vec<String> =
                (0..grid.rows()).flat_map(|r| (0..grid.columns()).map(move |c| (r, c))).map(|(r, c)| grid.text(r, c)).collect();
            let has = |pattern: &&String| pattern.split('|').any(|p| cells.iter().any(|cell| fits(p, cell)));
            counted.push((tell.iter().filter(has).count(), name));
        }
        let most = counted.iter().map(|c| c.0).max().unwrap_or(0);
        Ok(counted.into_iter().filter(|c| c.0 == most).map(|c| c.1).collect())
    }

    fn absent(&self, part: &Part, patterns: &[String]) -> Result<Vec<String>> {
        if part.optional {
            return Ok(Vec::new());
        }
        let what = if self.is_book() { "sheet" } else { "file" };
        let names: Vec<&str> = self.names.iter().take(12).map(String::as_str).collect();
        let text = format!("no {what} is called {}; there are {}", shown(patterns), names.join(", "));
        Err(Error::format(self.path.display(), text, "name the folder or zip file that holds all files of the table"))
    }

    /// The files that one of the patterns fits.
    pub(super) fn matching(&self, patterns: &[String]) -> Vec<String> {
        self.names.iter().filter(|n| patterns.iter().any(|p| is_named(p, n))).cloned().collect()
    }

    /// Whether it is a workbook.
    pub(super) fn is_book(&self) -> bool {
        matches!(self.kind, Kind::Book(_))
    }

    /// A file, member or sheet.
    ///
    /// # Errors
    /// When it cannot be read, or is no text.
    pub(super) fn page(&mut self, name: &str) -> Result<Page> {
        if let Kind::Book(book) = &mut self.kind {
            self.sheet = Some(name.to_string());
            return book.grid(name).map(Page::Sheet);
        }
        let (text, place) = self.text(name)?;
        Separated::new(place, text).map(Page::Text)
    }

    /// A sheet of a workbook of the folder, or of the workbook itself.
    ///
    /// # Errors
    /// When it cannot be read, or no sheet or several fit.
    pub(super) fn sheet_of(&mut self, file: Option<&str>, sheets: &[String]) -> Result<Page> {
        let mut other = match file {
            None => None,
            Some(file) => Some(Book::open(&self.path.join(file), &self.reading.watch)?),
        };
        let book = match (&mut other, &mut self.kind) {
            (Some(book), _) => book,
            (None, Kind::Book(book)) => book,
            (None, _) => return Err(Error::format(self.path.display(), "it is no workbook", "name the workbook of the table")),
        };
        let names = book.names();
        let found: Vec<&String> = names.iter().filter(|n| sheets.iter().any(|p| fits(p, n))).collect();
        let [sheet] = found[..] else {
            let text = format!("{} sheets are called {}; there are {}", found.len(), shown(sheets), names.join(", "));
            return Err(Error::format(book.path.display(), text, "name the workbook that holds it"));
        };
        let grid = book.grid(sheet)?;
        if let Some(book) = other {
            self.read(book.source);
        }
        Ok(Page::Sheet(grid))
    }

    /// Takes down a file that was read, once.
    fn read(&mut self, source: table::Source) {
        if !self.sources.iter().any(|s| s.path == source.path) {
            self.sources.push(source);
        }
    }

    /// The text of a file or member, and its place.
    ///
    /// # Errors
    /// When it cannot be read or is no text of the encoding.
    pub(super) fn text(&mut self, name: &str) -> Result<(String, String)> {
        let encoding = self.reading.encoding;
        let path = match &self.kind {
            Kind::File => self.path.clone(),
            _ => self.path.join(name),
        };
        let place = path.display().to_string();
        let raw = match &mut self.kind {
            Kind::Zip(zip) => {
                let index = self.names.iter().position(|n| n == name).unwrap_or(0);
                member(zip, index, &place, &self.reading.watch)?
            }
            _ => {
                let (raw, source) = bytes(&path, &self.reading.watch)?;
                self.read(source);
                raw
            }
        };
        Ok((decode(raw, &path, encoding)?, place))
    }
}

fn shown(patterns: &[String]) -> String {
    patterns.iter().map(|p| format!("\"{p}\"")).collect::<Vec<_>>().join(" or ")
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn stem(name: &str) -> String {
    let name = name_of(Path::new(name));
    name.split_once('.').map_or(name.clone(), |(stem, _)| stem.to_string())
}

/// Whether a file, member or sheet has a name of this pattern; folders count where the pattern has `/`.
pub(super) fn is_named(pattern: &str, name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    let last = name.rsplit('/').next().unwrap_or(name);
    let whole = format!("/{name}");
    let one = |pattern: &str| if pattern.contains('/') { fits(&format!("*/{pattern}"), &whole) } else { fits(pattern, last) };
    !hidden && !name.ends_with('/') && pattern.split('|').any(one)
}
