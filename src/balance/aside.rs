//! Cells whose first value must be kept apart while scalings are sought: fixed cells, cells of lines that are to be 0, and
//! cells of groups, whose stored value takes the scalings of the groups.

use super::aim::Aims;
use super::{Sparse, Targets};

/// What becomes of a cell that was set aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// It becomes this number.
    Fixed(f64),
    /// It takes its scalings.
    Moves,
}

/// Cells by their place among the stored ones, each with its first value.
#[derive(Debug, Default)]
pub(super) struct Aside {
    cells: Vec<(usize, f64, Kind)>,
    /// Cells of lines whose target is 0.
    pub emptied: usize,
}

impl Aside {
    /// Sets fixed cells and cells of groups aside.
    pub(super) fn of(z: &Sparse, targets: &Targets) -> Self {
        let fixed = targets.fixed.iter().map(|&(e, v)| (e, z.data()[e], Kind::Fixed(v)));
        let grouped = targets.groups.iter().flat_map(|g| &g.entries).map(|&e| (e, z.data()[e], Kind::Moves));
        let mut cells: Vec<_> = fixed.chain(grouped).collect();
        // stable: of one cell the fixed number comes first
        cells.sort_by_key(|c| c.0);
        cells.dedup_by_key(|c| c.0);
        Aside { cells, emptied: 0 }
    }

    /// Takes fixed cells out of the matrix and their numbers off the aims.
    pub(super) fn take_off(&mut self, z: &mut Sparse, targets: &Targets, aims: &mut Aims) {
        let fixed: Vec<(usize, f64)> =
            self.cells.iter().filter_map(|&(e, _, kind)| if let Kind::Fixed(v) = kind { Some((e, v)) } else { None }).collect();
        for &(e, v) in &fixed {
            let (i, j) = place(z, e);
            aims.rows[i].less(v);
            aims.columns[j].less(v);
            z.data_mut()[e] = 0.0;
        }
        let number = |e: usize| fixed.binary_search_by_key(&e, |f| f.0).map_or(0.0, |k| fixed[k].1);
        for (aim, group) in aims.groups.iter_mut().zip(&targets.groups) {
            aim.less(group.entries.iter().map(|&e| number(e)).sum());
        }
    }

    /// Empties cells: they become 0.
    pub(super) fn empty(&mut self, z: &mut Sparse, entries: impl Iterator<Item = usize>) {
        let before = self.cells.len();
        for e in entries.filter(|&e| z.data()[e] != 0.0).collect::<Vec<_>>() {
            self.cells.push((e, z.data()[e], Kind::Fixed(0.0)));
            z.data_mut()[e] = 0.0;
        }
        self.emptied += self.cells.len() - before;
    }

    /// Puts all in order of place; a cell of a group that was emptied keeps its first value and becomes 0.
    pub(super) fn settle(&mut self) {
        self.cells.sort_by_key(|c| (c.0, matches!(c.2, Kind::Moves)));
        self.cells.dedup_by_key(|c| c.0);
    }

    /// Whether no cell is set aside.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Before and after of each cell that becomes a given number.
    pub(super) fn fixed(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.cells.iter().filter_map(|c| if let Kind::Fixed(v) = c.2 { Some((c.1, v)) } else { None })
    }

    /// The cells of a range of places.
    pub(super) fn within(&self, range: std::ops::Range<usize>) -> &[(usize, f64, Kind)] {
        let at = |e: usize| self.cells.partition_point(|c| c.0 < e);
        &self.cells[at(range.start)..at(range.end)]
    }
}

/// Row and column of a stored cell.
pub(super) fn place(z: &Sparse, entry: usize) -> (usize, usize) {
    let indptr = z.indptr();
    let starts = indptr.raw_storage();
    (starts.partition_point(|&s| s <= entry) - 1, z.indices()[entry] as usize)
}
