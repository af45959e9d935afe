//! What a snapshot says in words: names, units, provenance, remarks, and its table of sections.
//!
//! These structs are the stored format of version 1. They mirror the ones of the table and stand apart from them on
//! purpose: a field added there must not change what is on disk.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::prelude::damaged;
use super::section::{self, Section};
use super::write::About;
use crate::error::Result;
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name};
use crate::table::{Provenance, Source};

/// A name as given, in English, in Chinese.
pub(super) type Words = [String; 3];

/// The header of version 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The program that wrote it.
    pub writer: String,
    /// The different names of sectors and demand categories, which the sections `labels.*` number.
    pub names: Vec<Words>,
    /// The regions.
    pub regions: Vec<Words>,
    /// Row ranges of the regions (R + 1).
    pub offsets: Vec<u64>,
    /// Demand column ranges of the regions (R + 1).
    pub demand_offsets: Vec<u64>,
    /// Money unit.
    pub unit: String,
    /// Names of the value-added rows.
    pub value_added: Vec<Words>,
    /// Name and unit of each stressor.
    pub stressors: Vec<(String, String)>,
    /// Where the table came from.
    pub provenance: Origin,
    /// What the reader noticed.
    pub remarks: Vec<Remark>,
    /// The arrays.
    pub sections: Vec<Section>,
}

/// The header of version 3: that of a table, and the parts of its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SplitHeader {
    /// The table, its sections among them.
    pub table: Header,
    /// The parts, row after row.
    pub parts: Vec<StoredPart>,
}

/// One part of a row as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredPart {
    /// The row.
    pub row: u64,
    /// Its name.
    pub name: Words,
    /// Share of the output of the row.
    pub share: f64,
    /// Share of its emissions.
    pub emissions: f64,
}

impl SplitHeader {
    /// Whether parts come row after row and add up to one.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        for own in self.parts.chunk_by(|a, b| a.row == b.row) {
            let (row, share): (u64, f64) = (own[0].row, own.iter().map(|p| p.share).sum());
            let emissions: f64 = own.iter().map(|p| p.emissions).sum();
            let whole = |v: f64| (v - 1.0).abs() <= 1e-9;
            if row >= self.table.rows() || own.iter().any(|p| p.share.is_nan() || p.share <= 0.0) || !whole(share) || !whole(emissions) {
                return Err(damaged(
                    path.display(),
                    format!("the parts of row {row} add up to {share} of output and {emissions} of emissions"),
                ));
            }
        }
        match self.parts.windows(2).find(|w| w[0].row > w[1].row) {
            Some(w) => Err(damaged(path.display(), format!("parts of row {} come after those of row {}", w[1].row, w[0].row))),
            None => Ok(()),
        }
    }
}

/// [`Provenance`] as stored; paths that are not Unicode lose the bytes that are not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    files: Vec<(String, String)>,
    sheet: Option<String>,
    notes: Vec<String>,
    stamp: Option<String>,
}

/// [`Finding`] as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    level: u8,
    code: String,
    region: Option<String>,
    sector: Option<String>,
    row: Option<u64>,
    column: Option<u64>,
    found: Option<f64>,
    expected: Option<f64>,
    message: String,
}

impl Header {
    /// The header of a table, without sections; and the numbers of the sector and category names.
    pub(super) fn new(about: &About) -> (Self, Vec<u32>, Vec<u32>) {
        let mut numbering = Numbering::default();
        let sectors = about.labels.sectors.iter().map(|n| numbering.number(n)).collect();
        let categories = about.labels.categories.iter().map(|n| numbering.number(n)).collect();
        let wide = |offsets: &[usize]| offsets.iter().map(|&o| o as u64).collect();
        let header = Header {
            writer: concat!("isard ", env!("CARGO_PKG_VERSION")).into(),
            names: numbering.names,
            regions: about.labels.regions.iter().map(words).collect(),
            offsets: wide(&about.labels.offsets),
            demand_offsets: wide(&about.labels.demand_offsets),
            unit: about.unit.into(),
            value_added: about.value_added.iter().map(words).collect(),
            stressors: about.stressors.to_vec(),
            provenance: about.provenance.into(),
            remarks: about.remarks.iter().map(Remark::from).collect(),
            sections: Vec::new(),
        };
        (header, sectors, categories)
    }

    /// Number of rows n.
    pub(super) fn rows(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Number of demand columns D.
    pub(super) fn columns(&self) -> u64 {
        self.demand_offsets.last().copied().unwrap_or(0)
    }

    /// Whether ranges and sections are ones that a table can have.
    pub(super) fn check(&self, header_at: u64, path: &Path) -> Result<()> {
        self.ranges().map_err(|e| damaged(path.display(), e))?;
        section::check(self, header_at, path)
    }

    /// Whether the regions' ranges are contiguous and short enough for 32-bit columns, or what is wrong with them.
    pub(super) fn ranges(&self) -> std::result::Result<(), String> {
        for (what, offsets) in [("row", &self.offsets), ("demand column", &self.demand_offsets)] {
            if offsets.len() != self.regions.len() + 1 || offsets[0] != 0 || !offsets.is_sorted() {
                let (has, regions) = (offsets.len(), self.regions.len());
                return Err(format!(
                    "the {what} ranges of {regions} regions must have {} limits that rise from 0, not {has}: {offsets:?}",
                    regions + 1
                ));
            }
        }
        let (found, most) = (self.rows().max(self.columns()), u32::MAX);
        if found > u64::from(most) { Err(format!("{found} rows or demand columns; at most {most} are possible")) } else { Ok(()) }
    }

    /// The labels, given the numbers of the sector and category names; `None` where a number has no name.
    pub(super) fn labels(&self, sectors: &[u32], categories: &[u32]) -> Option<Labels> {
        let named = |numbers: &[u32]| numbers.iter().map(|&k| self.names.get(k as usize).map(name)).collect::<Option<Vec<Name>>>();
        let narrow = |offsets: &[u64]| offsets.iter().map(|&o| usize::try_from(o).ok()).collect::<Option<Vec<usize>>>();
        Some(Labels {
            regions: self.regions.iter().map(name).collect(),
            sectors: named(sectors)?,
            offsets: narrow(&self.offsets)?,
            categories: named(categories)?,
            demand_offsets: narrow(&self.demand_offsets)?,
        })
    }
}

/// Each different name once: a table of 1.7 million rows has a few hundred.
#[derive(Default)]
struct Numbering {
    names: Vec<Words>,
    known: HashMap<Words, u32>,
}

impl Numbering {
    fn number(&mut self, name: &Name) -> u32 {
        let words = words(name);
        if let Some(&k) = self.known.get(&words) {
            return k;
        }
        let k = u32::try_from(self.names.len()).expect("fewer than 2^32 names");
        self.names.push(words.clone());
        self.known.insert(words, k);
        k
    }
}

/// A name as stored.
pub(super) fn words(name: &Name) -> Words {
    [name.given.clone(), name.en.clone(), name.zh.clone()]
}

/// A stored name.
pub(super) fn name([given, en, zh]: &Words) -> Name {
    Name { given: given.clone(), en: en.clone(), zh: zh.clone() }
}

impl From<&Provenance> for Origin {
    fn from(p: &Provenance) -> Self {
        Origin {
            files: p.files.iter().map(|f| (f.path.to_string_lossy().into_owned(), f.sha256.clone())).collect(),
            sheet: p.sheet.clone(),
            notes: p.notes.clone(),
            stamp: p.stamp.clone(),
        }
    }
}

impl From<&Origin> for Provenance {
    fn from(o: &Origin) -> Self {
        Provenance {
            files: o.files.iter().map(|(path, sha256)| Source { path: PathBuf::from(path), sha256: sha256.clone() }).collect(),
            sheet: o.sheet.clone(),
            notes: o.notes.clone(),
            stamp: o.stamp.clone(),
        }
    }
}

impl From<&Finding> for Remark {
    fn from(f: &Finding) -> Self {
        Remark {
            level: match f.level {
                Level::Pass => 0,
                Level::Warn => 1,
                Level::Fail => 2,
            },
            code: f.code.into(),
            region: f.region.clone(),
            sector: f.sector.clone(),
            row: f.row.map(|r| r as u64),
            column: f.column.map(|c| c as u64),
            found: f.found,
            expected: f.expected,
            message: f.message.clone(),
        }
    }
}

impl From<&Remark> for Finding {
    fn from(r: &Remark) -> Self {
        Finding {
            level: match r.level {
                0 => Level::Pass,
                1 => Level::Warn,
                _ => Level::Fail,
            },
            code: lasting(&r.code),
            region: r.region.clone(),
            sector: r.sector.clone(),
            row: r.row.and_then(|v| usize::try_from(v).ok()),
            column: r.column.and_then(|v| usize::try_from(v).ok()),
            found: r.found,
            expected: r.expected,
            message: r.message.clone(),
        }
    }
}

/// The code as a text that lives as long as the program: a finding needs that, and there are a few dozen of them.
fn lasting(code: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(code) {
        return found;
    }
    let lasting: &'static str = code.to_string().leak();
    known.insert(lasting);
    lasting
}
