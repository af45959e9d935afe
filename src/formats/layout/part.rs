//! The parts of a description: one file, member or sheet each, and what its margins hold.

use serde::Deserialize;

use super::records;
use crate::formats::parts::gather::Block;

/// One text or several.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Many(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Many {
    fn from(from: OneOrMany) -> Self {
        match from {
            OneOrMany::One(text) => Many(vec![text]),
            OneOrMany::Many(all) => Many(all),
        }
    }
}

/// Which way a grid runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// A row says to whom it sells.
    #[default]
    RowsSell,
    /// A row says from whom it buys.
    ColumnsSell,
}

/// Whether numbers are for a unit of output of their columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerOutput {
    /// They are flows.
    #[default]
    No,
    /// They are coefficients.
    Yes,
    /// They are where their unit has a `/`.
    ByUnit,
}

/// One file, member or sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Patterns of its name; a pattern with `/` is of the whole path.
    #[serde(default)]
    pub file: Many,
    /// Patterns of the name of the sheet, of workbooks.
    #[serde(default)]
    pub sheet: Many,
    /// Whether it may be absent.
    #[serde(default)]
    pub optional: bool,
    /// Whether it has some of the sectors only: other parts have the rest.
    #[serde(default)]
    pub partial: bool,
    /// Which way it runs, where not as the layout says.
    pub orientation: Option<Orientation>,
    /// What goes before the items of sectors in its rows, such as `products`.
    #[serde(default)]
    pub row_entity: String,
    /// The same of its columns.
    #[serde(default)]
    pub column_entity: String,
    /// Whether several files may fit, all of which are read.
    #[serde(default)]
    pub several: bool,
    /// What each header row holds.
    #[serde(default)]
    pub header: Vec<String>,
    /// What each label column holds; a list of lists where their number varies.
    #[serde(default)]
    pub labels: Levels,
    /// Whether an empty label repeats the one before.
    #[serde(default)]
    pub fill: bool,
    /// The only columns that are read, where it is not all.
    #[serde(default)]
    pub only: Vec<Block>,
    /// The only rows that are read, where it is not all.
    #[serde(default)]
    pub only_rows: Vec<Block>,
    /// What rows are that no code names.
    pub rows: Option<Block>,
    /// What columns are that no code names.
    pub columns: Option<Block>,
    /// Lists of the labels of the rows, of bare numbers.
    #[serde(default)]
    pub rows_from: Many,
    /// Lists of the labels of the columns, of bare numbers.
    #[serde(default)]
    pub columns_from: Many,
    /// Headings, of records.
    pub fields: Option<records::Fields>,
    /// Whether the numbers are coefficients.
    #[serde(default)]
    pub per_output: PerOutput,
}

/// Levels of labels, in one form or in several of different length.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Levels {
    /// One form.
    One(Vec<String>),
    /// The form is the one with as many levels as the file has label columns.
    Several(Vec<Vec<String>>),
}

impl Default for Levels {
    fn default() -> Self {
        Levels::One(Vec::new())
    }
}

impl Levels {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Levels::One(levels) => levels.is_empty(),
            Levels::Several(forms) => forms.is_empty(),
        }
    }
}
