//! Writing a table in the layouts of other programs: one place, streamed row by row, whole or not at all.
//!
//! | form | what is written | read by |
//! |---|---|---|
//! | `long` | a folder of long CSV files | isard |
//! | `pymrio` | a folder as pymrio's `save_all` writes it, text | pymrio, isard |
//! | `mario` | a folder of CSV files, a matrix each | MARIO, isard |
//! | `npz` | a numpy archive of named arrays | numpy, isard |
//! | `matrices` | a folder of Matrix Market files, with lists of labels | scipy, MATLAB, R, isard |
//! | `xlsx` | a workbook in the layout of MARIO | MARIO, isard, spreadsheets |
//!
//! A form that has no place for a part of the table refuses it by its name.

use std::io::Write;
use std::path::Path;

use serde::Deserialize;

use super::folder::{Folder, stream_file};
use super::manifest::Run;
use crate::choice::named;
use crate::error::{Error, Result};
use crate::labels::Labels;
use crate::table::Table;

mod frame;
mod mario;
mod matrices;
mod npz;
mod pymrio;
mod workbook;

use frame::{Frame, Header};

/// In which layout a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A folder of long CSV files.
    Long,
    /// pymrio's folder, text.
    Pymrio,
    /// MARIO's folder of CSV files.
    Mario,
    /// A numpy archive.
    Npz,
    /// A folder of Matrix Market files.
    Matrices,
    /// A workbook in MARIO's layout.
    #[serde(rename = "xlsx")]
    Workbook,
}

named!(Form, "form", Long => "long", Pymrio => "pymrio", Mario => "mario", Npz => "npz", Matrices => "matrices", Workbook => "xlsx");

impl Form {
    /// The form that the ending of a name says; a folder of long CSV files where it says none.
    pub fn of(target: &Path) -> Self {
        let ending = target.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "npz" => Form::Npz,
            "xlsx" => Form::Workbook,
            _ => Form::Long,
        }
    }

    /// Whether it is a file; else it is a folder.
    pub fn is_file(self) -> bool {
        matches!(self, Form::Npz | Form::Workbook)
    }
}

/// Writes `table` as the new file or folder `target`; with `force` in place of what isard wrote there.
///
/// # Errors
/// When the form has no place for a part of the table, or the target cannot be written; nothing is left behind then.
pub fn write(table: &Table, target: &Path, form: Form, force: bool, run: &Run) -> Result<()> {
    match form {
        Form::Long => super::long::write_by(table, target, force, run),
        Form::Npz => {
            npz::writable(table)?;
            stream_file(target, &|out| npz::write(table, out), force, run)
        }
        Form::Workbook => {
            mario::writable(table, form)?;
            let bytes = workbook::bytes(table)?;
            stream_file(target, &|out| out.write_all(&bytes), force, run)
        }
        Form::Pymrio | Form::Mario | Form::Matrices => {
            match form {
                Form::Pymrio => pymrio::writable(table)?,
                Form::Mario => mario::writable(table, form)?,
                _ => {}
            }
            let mut folder = Folder::create(target, force)?;
            match form {
                Form::Pymrio => pymrio::fill(table, &mut folder)?,
                Form::Mario => mario::fill(table, &mut folder)?,
                _ => matrices::fill(table, &mut folder)?,
            }
            folder.finish(run)
        }
    }
}

/// Refuses columns and rows that a layout of Z, Y, value added and emissions has no place for.
fn only_core(table: &Table, form: Form) -> Result<()> {
    let parts = [
        ("exports abroad", table.exports.is_some()),
        ("a common column of stock changes", table.stock.is_some()),
        ("a column of errors", table.error.is_some()),
        ("imports", table.imports.is_some()),
        ("imports of final demand", table.imports_final.is_some()),
    ];
    let held: Vec<&str> = parts.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect();
    if held.is_empty() {
        return Ok(());
    }
    let text = format!("the table has {}, for which the form {} has no place", held.join(", "), form.name());
    Err(Error::unsupported(text, "write one of the forms long, npz and matrices, or a snapshot"))
}

/// Refuses regions without a category of final demand, under which their households would stand.
fn demand_everywhere(labels: &Labels, form: Form) -> Result<()> {
    match (0..labels.region_count()).find(|&r| labels.demand(r).is_empty()) {
        None => Ok(()),
        Some(r) => {
            let text = format!("{} has no column of final demand, which the form {} needs", labels.regions[r].given, form.name());
            Err(Error::unsupported(text, "write one of the forms long and matrices, or a snapshot"))
        }
    }
}

/// (region, sector) of each row.
fn rows(labels: &Labels) -> Vec<[&str; 2]> {
    (0..labels.dim()).map(|i| [labels.regions[labels.region_of(i)].given.as_str(), labels.sectors[i].given.as_str()]).collect()
}

/// (region, category) of each column of final demand.
fn columns(labels: &Labels) -> Vec<[&str; 2]> {
    let of = |r: usize| labels.demand(r).map(move |c| [labels.regions[r].given.as_str(), labels.categories[c].given.as_str()]);
    (0..labels.region_count()).flat_map(of).collect()
}

/// Row `i` of Z in full.
fn flows(table: &Table, i: usize, row: &mut Vec<f64>) {
    row.clear();
    row.resize(table.dim(), 0.0);
    table.z.row(i).for_each(|(j, v)| row[j] = v);
}

/// Emissions of households by column of final demand: those of a region under its first category.
fn households(table: &Table, k: usize, row: &mut Vec<f64>) {
    row.clear();
    row.resize(table.labels.categories.len(), 0.0);
    for (r, v) in table.stressors[k].households.iter().flatten().enumerate() {
        row[table.labels.demand(r).start] = *v;
    }
}

/// Whether any account has emissions of households.
fn has_households(table: &Table) -> bool {
    table.stressors.iter().any(|s| s.households.is_some())
}

/// A line of texts.
fn line(out: &mut dyn Write, separator: u8, cells: &[&str]) -> std::io::Result<()> {
    let mut csv = csv::WriterBuilder::new().delimiter(separator).from_writer(out);
    csv.write_record(cells)?;
    csv.flush()
}
