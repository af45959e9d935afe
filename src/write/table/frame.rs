//! A matrix as text with its labels: header lines, a line of index names, then a line for each row.

use std::fmt::Write as _;
use std::io::{Result, Write};

/// A matrix and what stands around it.
pub(super) struct Frame {
    /// Between two cells.
    pub separator: u8,
    /// Names of the columns of labels.
    pub index: &'static [&'static str],
    /// Lines above: their name and a label for each column.
    pub header: Header,
    /// Labels of each row.
    pub rows: Vec<Vec<String>>,
}

/// Lines above a matrix: their name and a label for each column.
pub(super) type Header = Vec<(&'static str, Vec<String>)>;

impl Frame {
    /// Writes it; `fill` gives the numbers of a row.
    pub(super) fn write(&self, out: &mut dyn Write, mut fill: impl FnMut(usize, &mut Vec<f64>)) -> Result<()> {
        let mut csv = csv::WriterBuilder::new().delimiter(self.separator).flexible(true).buffer_capacity(1 << 18).from_writer(out);
        let columns = self.header.first().map_or(0, |(_, labels)| labels.len());
        for (name, labels) in &self.header {
            csv.write_field(name)?;
            (1..self.index.len()).try_for_each(|_| csv.write_field(""))?;
            labels.iter().try_for_each(|l| csv.write_field(l))?;
            csv.write_record(None::<&[u8]>)?;
        }
        self.index.iter().try_for_each(|name| csv.write_field(name))?;
        (0..columns).try_for_each(|_| csv.write_field(""))?;
        csv.write_record(None::<&[u8]>)?;
        let (mut numbers, mut text) = (Vec::with_capacity(columns), String::new());
        for (i, labels) in self.rows.iter().enumerate() {
            labels.iter().try_for_each(|l| csv.write_field(l))?;
            fill(i, &mut numbers);
            for v in &numbers {
                text.clear();
                // the shortest form that reads back to the same bits
                let _ = write!(text, "{v}");
                csv.write_field(&text)?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.flush()
    }
}
