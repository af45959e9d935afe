//! A numpy archive of the arrays that [`crate::formats::npz`] reads; Z is written row by row.

use std::io::{Error as IoError, Result as IoResult, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{columns, flows, has_households, rows};
use crate::error::{Error, Result};
use crate::table::Table;

/// Refuses columns of final demand that are not the same number in each region.
pub(super) fn writable(table: &Table) -> Result<()> {
    let counts: Vec<usize> = (0..table.labels.region_count()).map(|r| table.labels.demand(r).len()).collect();
    match counts.iter().position(|c| *c != counts[0]) {
        None => Ok(()),
        Some(r) => {
            let text = format!(
                "{} has {} columns of final demand and {} has {}, which the form npz has no place for",
                table.labels.regions[0].given, counts[0], table.labels.regions[r].given, counts[r]
            );
            Err(Error::unsupported(text, "write one of the forms long and matrices, or a snapshot"))
        }
    }
}

struct Archive<'w> {
    zip: ZipWriter<zip::write::StreamWriter<&'w mut dyn Write>>,
}

impl Archive<'_> {
    /// Begins an array: its name, type and lengths.
    fn begin(&mut self, name: &str, descr: &str, shape: &[usize]) -> IoResult<()> {
        // no date of today: the same table gives the same bytes; members of 4 GiB and more need long sizes
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            .last_modified_time(zip::DateTime::default())
            .large_file(true);
        self.zip.start_file(format!("{name}.npy"), options).map_err(IoError::other)?;
        let lengths: String = shape.iter().map(|l| format!("{l}, ")).collect();
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", lengths.trim_end());
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        self.zip.write_all(b"\x93NUMPY\x01\x00")?;
        self.zip.write_all(&(header.len() as u16).to_le_bytes())?;
        self.zip.write_all(header.as_bytes())
    }

    fn numbers<'v>(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = &'v f64>) -> IoResult<()> {
        self.begin(name, "<f8", shape)?;
        let mut bytes = Vec::with_capacity(1 << 16);
        for v in values {
            bytes.extend(v.to_le_bytes());
            if bytes.len() >= 1 << 16 {
                self.zip.write_all(&bytes)?;
                bytes.clear();
            }
        }
        self.zip.write_all(&bytes)
    }

    fn texts(&mut self, name: &str, list: &[&str]) -> IoResult<()> {
        let width = list.iter().map(|t| t.chars().count()).max().unwrap_or(0).max(1);
        self.begin(name, &format!("<U{width}"), &[list.len()])?;
        for text in list {
            let letters = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
            let bytes: Vec<u8> = letters.flat_map(u32::to_le_bytes).collect();
            self.zip.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// Writes the archive.
pub(super) fn write(table: &Table, out: &mut dyn Write) -> IoResult<()> {
    let mut archive = Archive { zip: ZipWriter::new_stream(out) };
    let (n, d, labels) = (table.dim(), table.labels.categories.len(), &table.labels);
    archive.begin("Z", "<f8", &[n, n])?;
    let (mut row, mut bytes) = (Vec::new(), Vec::with_capacity(8 * n));
    for i in 0..n {
        flows(table, i, &mut row);
        bytes.clear();
        row.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        archive.zip.write_all(&bytes)?;
    }
    archive.numbers("Y", &[n, d], table.y.iter())?;
    archive.numbers("x", &[n], table.x.iter())?;
    let further = [("exports", &table.exports), ("stock", &table.stock), ("error", &table.error), ("imports", &table.imports)];
    for (name, column) in further {
        if let Some(column) = column {
            archive.numbers(name, &[n], column.iter())?;
        }
    }
    if let Some(imports) = &table.imports_final {
        archive.numbers("imports_final", &[d], imports.iter())?;
    }
    let row_labels = rows(labels);
    let first = if labels.region_count() > 0 { labels.rows(0) } else { 0..0 };
    let regular = (0..labels.region_count()).all(|r| {
        let own = labels.rows(r);
        own.len() == first.len() && own.zip(first.clone()).all(|(a, b)| labels.sectors[a].given == labels.sectors[b].given)
    });
    if regular {
        archive.texts("regions", &labels.regions.iter().map(|r| r.given.as_str()).collect::<Vec<_>>())?;
        archive.texts("sectors", &labels.sectors[first].iter().map(|s| s.given.as_str()).collect::<Vec<_>>())?;
    } else {
        archive.texts("regions", &row_labels.iter().map(|l| l[0]).collect::<Vec<_>>())?;
        archive.texts("sectors", &row_labels.iter().map(|l| l[1]).collect::<Vec<_>>())?;
    }
    if d > 0 {
        archive.texts("categories", &columns(labels).iter().map(|l| l[1]).collect::<Vec<_>>())?;
    }
    if !table.unit.is_empty() {
        archive.texts("unit", &[&table.unit])?;
    }
    if !table.value_added.is_empty() {
        archive.numbers("value_added", &[table.value_added.len(), n], table.value_added.iter().flat_map(|(_, v)| v.iter()))?;
        archive.texts("value_added_items", &table.value_added.iter().map(|(name, _)| name.given.as_str()).collect::<Vec<_>>())?;
    }
    if !table.stressors.is_empty() {
        let stressors = &table.stressors;
        archive.numbers("emissions", &[stressors.len(), n], stressors.iter().flat_map(|s| s.direct.iter()))?;
        archive.texts("stressors", &stressors.iter().map(|s| s.name.as_str()).collect::<Vec<_>>())?;
        if stressors.iter().any(|s| !s.unit.is_empty()) {
            archive.texts("emissions_unit", &stressors.iter().map(|s| s.unit.as_str()).collect::<Vec<_>>())?;
        }
        if has_households(table) {
            let r = labels.region_count();
            let none = ndarray::Array1::zeros(r);
            let all = stressors.iter().flat_map(|s| s.households.as_ref().unwrap_or(&none).iter());
            archive.numbers("households", &[stressors.len(), r], all)?;
        }
    }
    archive.zip.finish().map(drop).map_err(IoError::other)
}
