//! The cells of split rows and columns, each with the whole that it is a part of, and what rows and columns must add up to.
//!
//! Start `Z0_kl = R_k z_ij C_l`: R the sales structure towards the buyer, C the input structure, output shares where neither is
//! known. Rows of part k, final uses among them, add up to `w_k` times the row of its parent, columns to `w_k` times its column less what is known of imports
//! and value added, which output shares hand out unless they are named; each whole is a cell of the table.

use super::knowledge::{Buyer, Input, Knowledge};
use super::parts::Parts;
use crate::bounded::Sum;
use crate::table::Table;

/// Parts of cells, whole after whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    /// Finer row, or one below Z.
    pub row: Vec<u32>,
    /// Finer column, or one beside Z.
    pub column: Vec<u32>,
    /// Value.
    pub value: Vec<f64>,
    /// The parts of whole c are `ends[c]..ends[c + 1]`.
    pub ends: Vec<usize>,
    /// Cells of the table.
    pub totals: Vec<f64>,
    /// Row and column of each whole in the table.
    pub coarse: Vec<(usize, usize)>,
    /// Number of wholes whose parts may move; those behind are known.
    pub free: usize,
    /// What each finer row adds up to; NaN where it is no part.
    pub rows: Vec<f64>,
    /// What each finer column adds up to, without what is known.
    pub columns: Vec<f64>,
}

/// Columns beside Z and rows below it: numbers of the table by row or column, `None` where it has none.
pub(super) struct Borders<'a> {
    table: &'a Table,
    /// What columns leave, where no row of value added is given (n).
    left: Option<Vec<f64>>,
}

impl<'a> Borders<'a> {
    /// Of a table.
    pub(super) fn new(table: &'a Table) -> Self {
        let left = table.value_added.is_empty().then(|| table.total_value_added().to_vec());
        Borders { table, left }
    }

    /// Number of columns beside Z: demand, exports, stock, error.
    pub(super) fn columns(&self) -> usize {
        self.table.y.ncols() + 3
    }

    /// Row `i` of column `c` beside Z.
    pub(super) fn beside(&self, i: usize, c: usize) -> f64 {
        let demand = self.table.y.ncols();
        if c < demand {
            return self.table.y[[i, c]];
        }
        [&self.table.exports, &self.table.stock, &self.table.error][c - demand].as_ref().map_or(0.0, |v| v[i])
    }

    /// Number of rows below Z: imports, and value added or what stands in for it.
    pub(super) fn rows(&self) -> usize {
        1 + self.table.value_added.len().max(1)
    }

    /// Column `j` of row `e` below Z.
    pub(super) fn below(&self, e: usize, j: usize) -> f64 {
        match (e, &self.left) {
            (0, _) => self.table.imports.as_ref().map_or(0.0, |v| v[j]),
            (_, Some(left)) => left[j],
            (e, None) => self.table.value_added[e - 1].1[j],
        }
    }
}

impl Cells {
    /// The cells of a table at the start.
    pub(super) fn new(table: &Table, parts: &Parts, known: &Knowledge) -> Self {
        let (n, fine, borders) = (table.dim(), parts.dim(), Borders::new(table));
        let mut cells = Cells { ends: vec![0], rows: vec![f64::NAN; fine], columns: vec![f64::NAN; fine], ..Cells::default() };
        let mut bought = vec![Sum::default(); n];
        for i in 0..n {
            let mut sold = Sum::default();
            for (j, z) in table.z.row(i) {
                sold.add(z);
                bought[j].add(z);
                if z == 0.0 || !(parts.is_split(i) || parts.is_split(j)) {
                    continue;
                }
                for k in parts.of(i) {
                    for l in parts.of(j) {
                        let sales = known.sales(parts, i, Buyer::Row(l))[k - parts.starts[i]];
                        let inputs = if parts.is_split(j) { known.inputs(parts, j, Input::Row(k))[l - parts.starts[j]] } else { 1.0 };
                        cells.push(k, l, z * sales * inputs);
                    }
                }
                cells.close(z, (i, j));
            }
            for c in 0..borders.columns() {
                let v = borders.beside(i, c);
                sold.add(v);
                if v != 0.0 && parts.is_split(i) {
                    let sales = known.sales(parts, i, Buyer::Other(c));
                    parts.of(i).for_each(|k| cells.push(k, fine + c, v * sales[k - parts.starts[i]]));
                    cells.close(v, (i, n + c));
                }
            }
            if parts.is_split(i) {
                let total = sold.bounded().value;
                parts.of(i).for_each(|k| cells.rows[k] = parts.shares[k] * total);
            }
        }
        let split: Vec<usize> = (0..n).filter(|&j| parts.is_split(j)).collect();
        for &j in &split {
            (0..borders.rows()).for_each(|e| bought[j].add(borders.below(e, j)));
            let total = bought[j].bounded().value;
            parts.of(j).for_each(|l| cells.columns[l] = parts.shares[l] * total);
        }
        // value added and imports stay as they are known, by output shares where nothing else is
        cells.free = cells.totals.len();
        for &j in &split {
            for e in (0..borders.rows()).filter(|&e| borders.below(e, j) != 0.0) {
                let v = borders.below(e, j);
                let shares = known.inputs(parts, j, Input::Other(e));
                for l in parts.of(j) {
                    let part = v * shares[l - parts.starts[j]];
                    cells.push(fine + e, l, part);
                    cells.columns[l] -= part;
                }
                cells.close(v, (n + e, j));
            }
        }
        cells
    }

    /// What each finer column buys of the table: of a part its share of the column less its imports and value added.
    pub(super) fn purchases(table: &Table, parts: &Parts, known: &Knowledge) -> Vec<f64> {
        let (borders, bought) = (Borders::new(table), table.purchases());
        let mut all = vec![0.0; parts.dim()];
        for j in 0..table.dim() {
            let below: f64 = (0..borders.rows()).map(|e| borders.below(e, j)).sum();
            for l in parts.of(j) {
                let share = |e: usize| known.inputs(parts, j, Input::Other(e))[l - parts.starts[j]];
                let own: f64 = (0..borders.rows()).map(|e| share(e) * borders.below(e, j)).sum();
                all[l] = if parts.is_split(j) { parts.shares[l] * (bought[j] + below) - own } else { bought[j] };
            }
        }
        all
    }

    pub(super) fn push(&mut self, row: usize, column: usize, value: f64) {
        self.row.push(row as u32);
        self.column.push(column as u32);
        self.value.push(value);
    }

    pub(super) fn close(&mut self, total: f64, coarse: (usize, usize)) {
        self.ends.push(self.value.len());
        self.totals.push(total);
        self.coarse.push(coarse);
    }

    /// The parts of whole `c`.
    pub(super) fn of(&self, c: usize) -> std::ops::Range<usize> {
        self.ends[c]..self.ends[c + 1]
    }

    /// Number of parts that may move.
    pub(super) fn moving(&self) -> usize {
        self.ends[self.free]
    }
}
