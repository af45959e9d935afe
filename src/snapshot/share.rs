//! Rows of A for one of several processes, read from the file without the rows of others.

use std::ops::Range;

use super::read::{Rows, Snapshot};
use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::operator::Share;
use crate::operator::detect::{Batch, Flows};
use crate::table::{Sparse, SparseView, Table};

/// A run of rows may have so much more or less than its part, relative to it, if it then ends with a region.
const UNEVEN: f64 = 0.1;
/// Entries that count as much as a row.
const ROW: u64 = 8;

impl Snapshot {
    /// Runs of rows for `count` processes, of about equal numbers of entries, cut between regions where that is about as even.
    ///
    /// # Errors
    /// If the numbers of entries are damaged.
    pub fn deal(&self, count: usize) -> Result<Vec<Range<usize>>> {
        let (starts, n) = (self.z_indptr()?, self.dim());
        let weight = |row: usize| starts[row] + ROW * row as u64;
        let offsets: Vec<usize> = self.regions().map(|(_, rows)| rows.end).collect();
        let part = weight(n) as f64 / count.max(1) as f64;
        let mut cuts = vec![0];
        for p in 1..count {
            let wanted = part * p as f64;
            let (mut row, mut end) = (0, n);
            while row < end {
                let middle = row.midpoint(end);
                if (weight(middle) as f64) < wanted { row = middle + 1 } else { end = middle }
            }
            let at = offsets.partition_point(|&end| (weight(end) as f64) < wanted);
            let near = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|at| offsets.get(at).copied());
            let off = |row: usize| (weight(row) as f64 - wanted).abs();
            let region = near.min_by(|a, b| off(*a).total_cmp(&off(*b))).filter(|&end| off(end) <= UNEVEN * part);
            cuts.push(region.unwrap_or(row).max(cuts[p - 1]));
        }
        cuts.push(n);
        Ok(cuts.windows(2).map(|w| w[0]..w[1]).collect())
    }

    /// Rows of `A = Z diag(1/x)`.
    ///
    /// # Errors
    /// If the file is damaged, a number is not finite, or a sector without output buys.
    pub fn share(&self, rows: Range<usize>) -> Result<Share> {
        let x = self.section_f64("x")?;
        self.outputs(x)?;
        let found = self.z_rows(rows.clone())?;
        for (i, columns, values) in found.iter() {
            self.sound(i, columns, values, x)?;
        }
        let (starts, first) = (rebased(&found), found.indptr[0] as usize);
        let view = SparseView::new((rows.len(), self.dim()), &starts, found.indices, found.data);
        let share = Share::new(rows, self.entries(), view, |v, j| if x[j] == 0.0 { 0.0 } else { v / x[j] });
        self.release(first..first + found.data.len());
        Ok(share)
    }

    /// Rows of A': columns of A, for which the whole file is read twice.
    ///
    /// # Errors
    /// As [`Snapshot::share`].
    pub fn turned_share(&self, columns: Range<usize>) -> Result<Share> {
        let x = self.section_f64("x")?;
        let mut starts = vec![0usize; columns.len() + 1];
        let own = |found: &[u32]| {
            let below = |at: usize| found.partition_point(|&j| (j as usize) < at);
            below(columns.start)..below(columns.end)
        };
        self.batches(&mut |batch| {
            for (_, found, _) in rows_of(batch).iter() {
                found[own(found)].iter().for_each(|&j| starts[j as usize - columns.start + 1] += 1);
            }
            Ok(())
        })?;
        (0..columns.len()).for_each(|j| starts[j + 1] += starts[j]);
        let (mut places, mut values) = (vec![0u32; starts[columns.len()]], vec![0.0; starts[columns.len()]]);
        let mut at = starts.clone();
        self.batches(&mut |batch| {
            for (i, found, flows) in rows_of(batch).iter() {
                let part = own(found);
                for (&j, &v) in found[part.clone()].iter().zip(&flows[part]) {
                    let (j, place) = (j as usize, &mut at[j as usize - columns.start]);
                    (places[*place], values[*place]) = (i as u32, if x[j] == 0.0 { 0.0 } else { v / x[j] });
                    *place += 1;
                }
            }
            Ok(())
        })?;
        let turned = Sparse::new((columns.len(), self.dim()), starts, places, values);
        Ok(Share::new(columns, self.entries(), turned.view(), |v, _| v))
    }

    /// How many entries some rows have in each column (n).
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn counts(&self, rows: Range<usize>) -> Result<Vec<u32>> {
        let mut counts = vec![0; self.dim()];
        self.z_rows(rows)?.indices.iter().for_each(|&j| counts[j as usize] += 1);
        Ok(counts)
    }

    /// What [`Table::row_sums`] gives, for some rows; `table` is this one, its flows elsewhere.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn row_sums(&self, table: &Table, rows: Range<usize>) -> Result<Vec<(Bounded, f64)>> {
        Ok(self.z_rows(rows)?.iter().map(|(i, _, flows)| table.row_sum(i, flows.iter().copied())).collect())
    }

    fn outputs(&self, x: &[f64]) -> Result<()> {
        match x.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(i) => {
                Err(Error::format(self.place("x"), format!("output {i} is {}, expected a finite number", x[i]), "correct the table"))
            }
        }
    }

    /// Whether the flows of a row are finite, and none is bought by a sector without output.
    fn sound(&self, i: usize, columns: &[u32], flows: &[f64], x: &[f64]) -> Result<()> {
        for (&j, &v) in columns.iter().zip(flows) {
            let j = j as usize;
            if !v.is_finite() {
                let text = format!("the flow from row {i} to column {j} is {v}, expected a finite number");
                return Err(Error::format(self.place("z.data"), text, "correct the table"));
            }
            if x[j] == 0.0 && v != 0.0 {
                let text = format!("column {j} has output 0 and buys {v} of row {i}");
                return Err(Error::format(self.place("z.data"), text, "import the table with `zero-output` set, or correct it"));
            }
        }
        Ok(())
    }
}

fn rows_of(batch: Batch) -> Rows {
    Rows { first: batch.first, indptr: batch.limits, indices: batch.columns, data: batch.values }
}

/// Where each row starts, counted from the first one.
fn rebased(rows: &Rows) -> Vec<usize> {
    rows.indptr.iter().map(|start| (start - rows.indptr[0]) as usize).collect()
}
