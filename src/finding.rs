//! One thing noticed about the data: how grave, where, and both numbers.

use serde::Serialize;

/// How grave a finding is. `Fail` stops a run unless a named option says how to treat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A check that was made and held.
    Pass,
    /// Usual in real tables; the result stands, the reader should know.
    Warn,
    /// A result would be wrong.
    Fail,
}

/// A record of the audit. Empty fields do not apply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// A fixed word for scripts, such as `row-balance`.
    pub code: &'static str,
    /// Region, where it concerns one.
    pub region: Option<String>,
    /// Sector, where it concerns one.
    pub sector: Option<String>,
    /// Row of the system, counted from 0.
    pub row: Option<usize>,
    /// Column of the system, counted from 0.
    pub column: Option<usize>,
    /// The number that was found.
    pub found: Option<f64>,
    /// The number, or the limit, that was expected.
    pub expected: Option<f64>,
    /// The sentence for a person, remedy included.
    pub message: String,
}

impl Finding {
    /// A finding with a sentence only; add the place and the numbers with the methods below.
    pub fn new(level: Level, code: &'static str, message: impl Into<String>) -> Self {
        Finding { level, code, region: None, sector: None, row: None, column: None, found: None, expected: None, message: message.into() }
    }

    /// Names the region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Names the sector.
    pub fn sector(mut self, sector: impl Into<String>) -> Self {
        self.sector = Some(sector.into());
        self
    }

    /// Names the row of the system.
    pub fn row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// Names the column of the system.
    pub fn column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// Both numbers: what was found and what was expected.
    pub fn numbers(mut self, found: f64, expected: f64) -> Self {
        self.found = Some(found);
        self.expected = Some(expected);
        self
    }
}
