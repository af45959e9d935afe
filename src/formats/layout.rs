//! Layouts as descriptions: what a file of a kind holds and where, read from TOML; the engines that read by them.
//!
//! A description names the shape of the numbers, where files, members or sheets are, what header rows and label columns
//! hold, and which codes belong to which [`Block`]. What no list names and what does not stand in rows and columns alike is an
//! error with its place. `docs/layouts.md` explains every key; `layouts/NAME.toml` are the descriptions that isard brings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::parts::gather::{Block, Rules, Side};
use super::{Parts, Reading, Source};
use crate::error::{Error, Result};

pub(crate) mod brought;
mod grid;
mod head;
mod lines;
mod lists;
mod pages;
mod part;
pub(crate) mod probe;
mod read;
mod records;
mod store;

pub(crate) use head::value;
pub use part::{Levels, Many, Orientation, Part, PerOutput};

/// How the numbers stand in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Label columns and header rows around a block of numbers.
    Grid,
    /// Numbers alone; their labels are in other files.
    Numbers,
    /// A line for each number.
    Records,
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// It is an error.
    #[default]
    Refuse,
    /// It is zero, which is told.
    Zero,
}

/// What is done with regions that are parts of another of the same table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Divided {
    /// They stay beside it, as written.
    #[default]
    Kept,
    /// They are added to it.
    Melted,
    /// They stay; its rows and columns must be empty and are left out, its final demand stays.
    Split,
}

/// What tells a layout: names of files that must be there, and labels among the first of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tell {
    /// Patterns of names, each of a file of the folder or a member of the zip file.
    pub files: Vec<String>,
    /// Patterns of labels, each of which one of the first labels fits; alternatives are separated by `|`.
    pub labels: Vec<String>,
    /// Patterns of labels that none of them fits.
    pub not: Vec<String>,
    /// Patterns of names of files that must not be there.
    pub not_files: Vec<String>,
}

/// Codes of the blocks, for rows and for columns; `*` at an end stands for anything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Of rows.
    pub rows: BTreeMap<Block, Vec<String>>,
    /// Of columns.
    pub columns: BTreeMap<Block, Vec<String>>,
}

/// How one label is cut into region and item.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Split {
    /// What stands between them.
    pub at: String,
    /// Cut where it comes last, not first.
    pub last: bool,
    /// Number of characters of the first part, in place of a separator.
    pub width: Option<usize>,
    /// The item comes first.
    pub item_first: bool,
    /// Where the first part is a listed code and the second is not, the item comes first.
    pub either_order: bool,
}

/// What is changed on the way, each told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repairs {
    /// What is done with the parts of regions.
    pub divided: Divided,
    /// Regions that are parts of another.
    pub parts_of: BTreeMap<String, String>,
    /// Cells that come several times are added up.
    pub sum_cells: bool,
    /// Every cell is written, zeros too: a missing one is an error.
    pub complete: bool,
}

/// A description of a layout.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name.
    pub name: String,
    /// What it is.
    pub long: String,
    /// How it is recognised and what it needs.
    pub doc: String,
    /// How the numbers stand.
    pub shape: Shape,
    /// Money unit; where the files name it, this is not needed.
    #[serde(default)]
    pub unit: String,
    /// The region of labels that have none.
    #[serde(default)]
    pub region: String,
    /// Which way it runs.
    #[serde(default)]
    pub orientation: Orientation,
    /// What an empty cell means.
    #[serde(default)]
    pub empty: Empty,
    /// What tells it.
    #[serde(default)]
    pub tell: Tell,
    /// How labels are cut into region and item.
    pub split: Option<Split>,
    /// Which codes belong to which block.
    #[serde(default)]
    pub codes: Codes,
    /// Codes that must be there: a file without them is cut off.
    #[serde(default)]
    pub must: Vec<String>,
    /// What is changed on the way.
    #[serde(default)]
    pub repairs: Repairs,
    /// The files, members or sheets.
    #[serde(default)]
    pub part: Vec<Part>,
    /// Lists of labels that parts refer to.
    #[serde(default)]
    pub list: Vec<lists::List>,
    /// Where units of items are listed.
    pub units: Option<lists::Units>,
}

impl Layout {
    /// A description from its text; `place` is named in errors.
    ///
    /// # Errors
    /// With the line, when it is no TOML, has an unknown key, or lacks what its shape needs.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let help = "isard import FILE with `describe` prints a description that is whole; docs/layouts.md explains the keys";
        let layout: Layout = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            Error::format(format!("{place}:{line}"), format!("not a description of a layout: {}", e.message().trim()), help)
        })?;
        let wrong = |what: String| Err(Error::format(place, what, help));
        if layout.part.is_empty() {
            return wrong("the description has no [[part]]".into());
        }
        for (k, part) in layout.part.iter().enumerate() {
            let lacks = match layout.shape {
                Shape::Grid if part.labels.is_empty() => "labels",
                Shape::Grid if part.header.is_empty() && part.columns.is_none() => "header",
                Shape::Numbers if part.rows_from.0.is_empty() => "rows_from",
                Shape::Numbers if part.columns_from.0.is_empty() => "columns_from",
                Shape::Records if part.fields.is_none() => "fields",
                _ => continue,
            };
            return wrong(format!("[[part]] number {} lacks `{lacks}`", k + 1));
        }
        let lists: Vec<&str> = layout.list.iter().map(|l| l.name.as_str()).collect();
        for name in layout.part.iter().flat_map(|p| p.rows_from.0.iter().chain(&p.columns_from.0)) {
            if !lists.contains(&name.as_str()) {
                return Err(Error::unknown("list", name, &lists));
            }
        }
        Ok(layout)
    }

    /// The description in a file.
    ///
    /// # Errors
    /// As [`Layout::parse`], and when it cannot be read.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self> {
        let (text, _) = super::text(path, super::Encoding::Utf8, &reading.watch)?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a file by the description.
    ///
    /// # Errors
    /// With the place of what is not as described.
    pub fn read(&self, source: &Source, reading: &Reading) -> Result<Parts> {
        read::read(self, source, reading)
    }

    /// The block that a list names for one of the texts of a label.
    fn listed(&self, side: Side, texts: &[&str]) -> Option<Block> {
        let lists = if side == Side::Row { &self.codes.rows } else { &self.codes.columns };
        let named = |codes: &Vec<String>| texts.iter().any(|t| !t.is_empty() && codes.iter().any(|code| fits(code, t)));
        lists.iter().find(|(_, codes)| named(codes)).map(|(block, _)| *block)
    }

    fn rules(&self) -> Rules {
        let Repairs { divided, parts_of, sum_cells, complete } = self.repairs.clone();
        let mut rules = Rules { sum_cells, complete, ..Rules::default() };
        match divided {
            Divided::Kept => {}
            Divided::Melted => rules.merge = parts_of,
            Divided::Split => rules.split = parts_of,
        }
        rules
    }
}

/// The text of the description for a file: that of the format that is named or recognised, else of the nearest one.
pub(super) fn described(source: &Source, named: Option<&str>) -> Result<String> {
    let format = match named {
        Some(name) => Some(super::probe::named(name)?),
        // a format that only its reader can tell is left for a description that is near
        None => super::probe::recognised(source).ok().filter(|f| (f.probe)(source).verdict == super::Verdict::Yes),
    };
    let names: Vec<&str> = brought::LAYOUTS.iter().map(|l| l.name.as_str()).collect();
    let Some(format) = format else {
        let Some((near, why)) = probe::nearest(source) else {
            let text = "no described layout is near the file";
            return Err(Error::format(source.path().display(), text, format!("name one to begin with by `format`: {}", names.join(", "))));
        };
        let text = brought::text(&near.name).unwrap_or_default();
        return Ok(format!("# No layout fits {}; the nearest is {}: {why}.\n{text}", source.path().display(), near.name));
    };
    brought::text(format.name).map(str::to_string).ok_or_else(|| {
        let text = format!("the format {} has a reader of its own and no description", format.name);
        Error::format(source.path().display(), text, format!("name a format to begin with: {}", names.join(", ")))
    })
}

/// Whether a text is as a pattern says: `*` stands for any number of characters; letters of either case are the same.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    fn from(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.iter().position(|b| *b == b'*') {
            None => text.eq_ignore_ascii_case(pattern),
            Some(at) => {
                let (first, rest) = (&pattern[..at], &pattern[at + 1..]);
                let begins = text.len() >= at && text[..at].eq_ignore_ascii_case(first);
                begins && (rest.is_empty() || (at..=text.len()).any(|k| from(rest, &text[k..])))
            }
        }
    }
    from(pattern.as_bytes(), text.as_bytes())
}
