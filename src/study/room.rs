//! What a table and its analyses take of memory, so that a command that cannot fit is refused before it reads or allocates.
//!
//! With n rows, R regions of s_r rows, K destinations, S stressors, and N flows, in bytes:
//! table `12 N + 8 n C` (C columns of final demand), system `12 N` (dense `8 n^2`, trade shares `8 (2 sum s_r^2 + s R^2)`) and `16 n K`,
//! analysis `8 n (R (4 S + 2) + 4 K)` and the panels of a solve, blocks of regions `8 sum s_r^2`, a direct solve `8 n^2`.

use std::path::Path;

use super::Study;
use crate::error::Result;
use crate::memory;
use crate::operator::Storage;
use crate::snapshot::{self, Snapshot};
use crate::solve::Method;
use crate::table::Table;

/// Right-hand sides that are taken to be solved together.
const TOGETHER: u64 = 32;

/// How far a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// The table is read and audited, or written in another form.
    Table,
    /// Right-hand sides are solved.
    System,
    /// Multipliers and outputs of all regions are kept.
    Analysis,
    /// And the blocks of all regions are factorised.
    Local,
}

/// The sizes of a table that decide what it takes.
struct Size {
    what: String,
    rows: u64,
    regions: Vec<u64>,
    demand: u64,
    stressors: u64,
    entries: u64,
}

impl Size {
    fn of_file(path: &Path, file: &Snapshot) -> Self {
        Size {
            what: format!("{}: the system of {} rows with {} flows", path.display(), file.dim(), file.entries()),
            rows: file.dim() as u64,
            regions: file.regions().map(|(_, rows)| rows.len() as u64).collect(),
            demand: file.demand_columns() as u64,
            stressors: file.stressors().len().max(1) as u64,
            entries: file.entries() as u64,
        }
    }

    fn of_table(study: &Study, table: &Table) -> Self {
        let name = study.table_name();
        Size {
            what: format!("{name}: the system of {} rows with {} flows", table.dim(), table.z.nnz()),
            rows: table.dim() as u64,
            regions: (0..table.labels.region_count()).map(|r| table.labels.rows(r).len() as u64).collect(),
            demand: table.y.ncols() as u64,
            stressors: table.stressors.len().max(1) as u64,
            entries: table.z.nnz() as u64,
        }
    }

    fn squares(&self) -> u64 {
        self.regions.iter().fold(0, |sum, &s| product(&[s, s]).saturating_add(sum))
    }

    /// Trade shares, where all regions have the same number of rows.
    fn shares(&self) -> Option<u64> {
        let (s, r) = (self.regions.first().copied().unwrap_or(0), self.regions.len() as u64);
        let same = self.regions.iter().all(|&size| size == s);
        same.then(|| product(&[8, 2 * self.squares() + product(&[s, r, r])]).saturating_add(product(&[8, self.rows, self.demand + 32])))
    }

    fn table(&self) -> u64 {
        product(&[12, self.entries]).saturating_add(product(&[8, self.rows, self.demand + self.stressors + 8]))
    }

    /// What comes on top of the table.
    fn beyond(&self, study: &Study, goal: Goal) -> Result<u64> {
        let (n, r) = (self.rows, self.regions.len() as u64);
        let k = r + 3;
        let panels = product(&[8, n, 8 + 6 * TOGETHER.min(k)]);
        let form = match study.storage()? {
            Some(Storage::Dense) => product(&[8, n, n]),
            Some(Storage::TradeShare) => self.shares().unwrap_or(0),
            _ => product(&[12, self.entries]),
        };
        let mut sum = form.saturating_add(product(&[16, n, k])).saturating_add(panels);
        if study.method()? == Some(Method::Direct) {
            sum = sum.saturating_add(product(&[8, n, n]));
        }
        if goal >= Goal::Analysis {
            sum = sum.saturating_add(product(&[8, n, r * (4 * self.stressors + 2) + 4 * k]));
        }
        if goal >= Goal::Local {
            sum = sum.saturating_add(product(&[8, self.squares()]));
        }
        Ok(if goal == Goal::Table { 0 } else { sum })
    }

    fn require(&self, bytes: u64) -> Result<()> {
        let remedy = match self.shares() {
            Some(shares) if shares < bytes && memory::available().is_none_or(|there| shares < there) => {
                format!("isard solve `operator` trade-share reads the flows from the file and keeps trade shares: {}", memory::size(shares))
            }
            _ => "aggregate the table, or use a machine with more memory".to_string(),
        };
        memory::require(&self.what, bytes, &remedy)
    }
}

fn product(numbers: &[u64]) -> u64 {
    numbers.iter().fold(1, |a, &b| a.saturating_mul(b))
}

/// Whether the file is a snapshot of a table.
fn is_table(path: &Path) -> Result<bool> {
    Ok(snapshot::is_snapshot(path) && snapshot::content(path)? != snapshot::Content::Shares)
}

/// Refuses a snapshot whose table and further steps do not fit, before anything of it is read; other files are judged when
/// their sizes are known, by [`beyond`].
pub fn before(study: &Study, path: &Path, goal: Goal) -> Result<()> {
    if !is_table(path)? {
        return Ok(());
    }
    let size = Size::of_file(path, &snapshot::open(path)?);
    size.require(size.table().saturating_add(size.beyond(study, goal)?))
}

/// Refuses two snapshots that are compared, where both tables and the further steps of the larger one do not fit, before
/// anything of either is read.
pub fn both(sides: [&Study; 2], goal: Goal) -> Result<()> {
    let (mut held, mut beyond) = (0u64, 0);
    for study in sides {
        let Some(path) = study.placing.table.as_deref().filter(|p| is_table(p).is_ok_and(|is| is)) else { return Ok(()) };
        let size = Size::of_file(path, &snapshot::open(path)?);
        held = held.saturating_add(size.table());
        beyond = size.beyond(study, goal)?.max(beyond);
        size.require(held.saturating_add(beyond))?;
    }
    Ok(())
}

/// Refuses a snapshot that is read by its trade shares.
pub fn shares(path: &Path, file: &Snapshot) -> Result<()> {
    let size = Size::of_file(path, file);
    size.require(size.shares().unwrap_or(0))
}

/// Refuses a snapshot whose flows are kept in `flows` bytes.
pub fn flows(path: &Path, file: &Snapshot, flows: u64) -> Result<()> {
    let size = Size::of_file(path, file);
    let columns = size.demand + size.regions.len() as u64 + 16 + 6 * TOGETHER;
    size.require(flows.saturating_add(product(&[8, size.rows, columns])))
}

/// Refuses what comes after a table that is read.
pub fn beyond(study: &Study, table: &Table, goal: Goal) -> Result<()> {
    let size = Size::of_table(study, table);
    size.require(size.beyond(study, goal)?)
}

#[cfg(test)]
mod tests {
    use super::super::options::Solving;
    use super::*;
    use crate::synth;

    #[test]
    fn each_step_needs_more_than_the_one_before_and_a_wide_region_needs_its_block() {
        let table = synth::table(&synth::Settings { regions: 1, sectors: 500, ..synth::Settings::default() });
        let size = Size::of_table(&Study::default(), &table);
        let needs = [Goal::Table, Goal::System, Goal::Analysis, Goal::Local].map(|goal| size.beyond(&Study::default(), goal).unwrap());
        assert!(needs.windows(2).all(|w| w[0] < w[1]), "{needs:?}");
        assert_eq!(needs[3] - needs[2], 8 * 500 * 500);
        let dense = Study::from(Solving { operator: Some("dense".into()), method: Some("direct".into()), ..Solving::default() });
        assert!(size.beyond(&dense, Goal::System).unwrap() >= 16 * 500 * 500);
    }
}
