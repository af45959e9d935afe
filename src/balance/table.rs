//! The balance of a multi-regional table: flows, final demand, exports and stock changes, against outputs and value added.
//!
//! ```text
//! rows      Z 1 + Y 1 + exports + stock = x
//! columns   1'Z = x' - value added' - imports'         of final demand, exports and stock: free
//! ```
//! A target that is given for a line replaces these. Identities: Miller and Blair 2009, chapter 2.

use ndarray::Array1;

use super::{Group, How, Outcome, Target, Targets, balance};
use crate::error::{Error, Result as Checked};
use crate::table::{Sparse, Table};

/// A target, or a fixed cell, that replaces what the table itself gives; rows and columns as [`Plan::columns`] numbers them.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// The sum of a row: its output.
    Row(usize, Target),
    /// The sum of a column.
    Column(usize, Target),
    /// A cell that keeps its number, or takes this one.
    Cell(usize, usize, Option<f64>),
    /// Cells of rows and columns that belong to the sum of this name; what that sum is to be, in one of its parts.
    Total(String, Vec<usize>, Vec<usize>, Option<Target>),
}

/// What is to be balanced, and to what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Flows, final demand, exports and stock changes side by side.
    pub cells: Sparse,
    /// What the sums are to be.
    pub targets: Targets,
    /// Choices that were made.
    pub notes: Vec<String>,
    /// Where exports and stock changes are, behind n + D columns.
    exports: Option<usize>,
    stock: Option<usize>,
    /// Columns whose target was given.
    given: Vec<bool>,
    /// Whether the published error column stays.
    keeps_error: bool,
}

/// A balanced table.
#[derive(Debug)]
pub struct Result {
    /// The table, with its choices among the notes of its provenance.
    pub table: Table,
    /// What was reached.
    pub outcome: Outcome,
}

impl Plan {
    /// The plan of a table with what is given.
    ///
    /// # Errors
    /// When a line has two targets, a group none, or a fixed cell is where no flow is.
    pub fn new(table: &Table, given: &[Given], keeps_error: bool) -> Checked<Self> {
        let mut plan = Plan::of_table(table, keeps_error);
        plan.give(table, given)?;
        Ok(plan)
    }

    fn of_table(table: &Table, keeps_error: bool) -> Self {
        let (n, d) = (table.dim(), table.y.ncols());
        let exports = table.exports.as_ref().map(|_| n + d);
        let stock = table.stock.as_ref().map(|_| n + d + usize::from(exports.is_some()));
        let columns = n + d + usize::from(exports.is_some()) + usize::from(stock.is_some());
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for i in 0..n {
            let mut add = |j: usize, v: f64| {
                indices.push(u32::try_from(j).expect("column numbers of a table fit 32 bits"));
                data.push(v);
            };
            table.z.row(i).for_each(|(j, v)| add(j, v));
            table.y.row(i).iter().enumerate().filter(|(_, v)| **v != 0.0).for_each(|(k, v)| add(n + k, *v));
            for (at, column) in [(exports, &table.exports), (stock, &table.stock)] {
                if let (Some(at), Some(column)) = (at, column)
                    && column[i] != 0.0
                {
                    add(at, column[i]);
                }
            }
            indptr.push(indices.len());
        }
        let mut notes = Vec::new();
        let error = |i: usize| table.error.as_ref().filter(|_| keeps_error).map_or(0.0, |e| e[i]);
        let rows = (0..n).map(|i| Target::Exact(table.x[i] - error(i))).collect();
        if let Some(error) = &table.error {
            let size: f64 = error.iter().map(|v| v.abs()).sum();
            let what = if keeps_error { "stays as it is" } else { "is dropped: the flows take it up" };
            notes.push(format!("the error column, {size:e} in sizes, {what}"));
        }
        let mut targets = vec![Target::Free; columns];
        if table.value_added.is_empty() {
            notes.push("the table has no value added: purchases of a column are free where no target is given".into());
        } else {
            let added = table.total_value_added();
            let imports = |j: usize| table.imports.as_ref().map_or(0.0, |m| m[j]);
            (0..n).for_each(|j| targets[j] = Target::Exact(table.x[j] - added[j] - imports(j)));
        }
        let cells = Sparse::new((n, columns), indptr, indices, data);
        let targets = Targets { rows, columns: targets, ..Targets::default() };
        Plan { cells, targets, notes, exports, stock, given: vec![false; columns], keeps_error }
    }

    fn give(&mut self, table: &Table, given: &[Given]) -> Checked<()> {
        let twice = |name: String| Error::invalid(format!("{name} has two targets"), "keep one line of each");
        let mut rows = vec![false; self.cells.rows()];
        for one in given {
            match one {
                Given::Row(i, target) => {
                    if std::mem::replace(&mut rows[*i], true) {
                        return Err(twice(format!("row {}", table.labels.row_name(*i))));
                    }
                    let off = table.error.as_ref().filter(|_| self.keeps_error).map_or(0.0, |e| e[*i]);
                    self.targets.rows[*i] = less(*target, off);
                    // the purchases follow the new output, unless they have a target of their own
                    if let (Target::Exact(x) | Target::Estimate(x, _), false, Target::Exact(v)) =
                        (*target, self.given[*i], self.targets.columns[*i])
                    {
                        self.targets.columns[*i] = Target::Exact(v + (x - table.x[*i]));
                    }
                }
                Given::Column(j, target) => {
                    if std::mem::replace(&mut self.given[*j], true) {
                        return Err(twice(format!("column {}", self.column_name(table, *j))));
                    }
                    self.targets.columns[*j] = *target;
                }
                Given::Cell(i, j, value) => {
                    let Some(e) = self.cells.nnz_index(*i, *j).map(|e| e.0) else {
                        if *value == Some(0.0) || value.is_none() {
                            continue;
                        }
                        let (row, column) = (table.labels.row_name(*i), self.column_name(table, *j));
                        let text = format!("no flow of {row} to {column} to fix: the table has a zero there, which is kept");
                        return Err(Error::invalid(text, "leave the line out, or put the flow into the table"));
                    };
                    self.targets.fixed.push((e, value.unwrap_or(self.cells.data()[e])));
                }
                Given::Total(name, rows, columns, target) => self.total(name, rows, columns, *target)?,
            }
        }
        self.targets.fixed.sort_by_key(|f| f.0);
        if self.targets.fixed.windows(2).any(|w| w[0].0 == w[1].0) {
            return Err(Error::invalid("a cell is fixed twice", "keep one line of each"));
        }
        for group in &mut self.targets.groups {
            group.entries.sort_unstable();
            group.entries.dedup();
            if group.target == Target::Free {
                return Err(Error::invalid(format!("the total \"{}\" has no value and no range", group.name), "give one in a line of it"));
            }
        }
        Ok(())
    }

    fn total(&mut self, name: &str, rows: &[usize], columns: &[usize], target: Option<Target>) -> Checked<()> {
        let groups = &mut self.targets.groups;
        let at = groups.iter().position(|g| g.name == name).unwrap_or_else(|| {
            groups.push(Group { name: name.into(), entries: Vec::new(), target: Target::Free });
            groups.len() - 1
        });
        let mut wanted = vec![false; self.cells.cols()];
        columns.iter().for_each(|&j| wanted[j] = true);
        for &i in rows {
            let cells = self.cells.indptr().outer_inds_sz(i);
            groups[at].entries.extend(cells.filter(|&e| wanted[self.cells.indices()[e] as usize]));
        }
        match (target, groups[at].target) {
            (Some(target), Target::Free) => groups[at].target = target,
            (Some(_), _) => return Err(Error::invalid(format!("the total \"{name}\" has two targets"), "give one of its lines a value")),
            (None, _) => {}
        }
        Ok(())
    }

    /// Number of columns: n sectors, D categories of final demand, exports and stock changes where the table has them.
    pub fn columns(table: &Table) -> usize {
        table.dim() + table.y.ncols() + usize::from(table.exports.is_some()) + usize::from(table.stock.is_some())
    }

    /// The column of exports and that of stock changes.
    pub fn special(table: &Table) -> [Option<usize>; 2] {
        let at = table.dim() + table.y.ncols();
        [table.exports.as_ref().map(|_| at), table.stock.as_ref().map(|_| at + usize::from(table.exports.is_some()))]
    }

    /// "Region / sector", "Region / category", "exports" or "stock changes".
    pub fn column_name(&self, table: &Table, j: usize) -> String {
        column_name(table, self.exports, j)
    }

    /// Balances the table; `how` without names takes those of the table.
    ///
    /// # Errors
    /// As [`balance`].
    pub fn balance(mut self, table: &Table, how: How) -> Checked<Result> {
        let (row, column) = (|i: usize| table.labels.row_name(i), |j: usize| column_name(table, self.exports, j));
        let how = How { row: &row, column: &column, ..how };
        let mut outcome = balance(&mut self.cells, &self.targets, &how)?;
        outcome.notes.splice(0..0, self.notes.iter().cloned());
        let mut table = table.clone();
        self.write_back(&mut table, &mut outcome);
        let method = how.method.name();
        let proven = format!("{:.1e} of the targets at most", outcome.residual());
        table.provenance.notes.push(format!("balanced by {method} in {} passes: sums are off by {proven}", outcome.passes));
        table.provenance.notes.extend(outcome.notes.iter().map(|n| format!("balance: {n}")));
        Ok(Result { table, outcome })
    }

    /// Puts the cells and the outputs into the table; without convergence the difference of the rows goes to the error column.
    fn write_back(&self, table: &mut Table, outcome: &mut Outcome) {
        let (n, d) = (table.dim(), table.y.ncols());
        let kept = table.error.take().filter(|_| self.keeps_error);
        let mut at = 0;
        let data = table.z.data_mut();
        for (i, row) in self.cells.outer_iterator().enumerate() {
            for (j, &v) in row.iter() {
                if j < n {
                    data[at] = v;
                    at += 1;
                } else if j < n + d {
                    table.y[[i, j - n]] = v;
                } else if Some(j) == self.exports {
                    table.exports.iter_mut().for_each(|c| c[i] = v);
                } else if Some(j) == self.stock {
                    table.stock.iter_mut().for_each(|c| c[i] = v);
                }
            }
        }
        let off = |i: usize| kept.as_ref().map_or(0.0, |e| e[i]);
        let mut moved = 0;
        for i in 0..n {
            let (low, high) = outcome.rows.aims[i];
            let x = if low == high { low } else { outcome.rows.sums[i].value } + off(i);
            moved += usize::from(x != table.x[i]);
            table.x[i] = x;
        }
        if moved > 0 {
            outcome.notes.push(format!("the outputs of {moved} rows are those of their targets"));
        }
        self.columns_closed(table, outcome);
        if !outcome.converged {
            let left = |i: usize| table.x[i] - off(i) - outcome.rows.sums[i].value;
            let left: Array1<f64> = (0..n).map(left).collect();
            let size: f64 = left.iter().map(|v| v.abs()).sum();
            outcome.notes.push(format!("the rows do not balance; their differences, {size:e} in sizes, are in the error column"));
            table.error = Some((0..n).map(|i| off(i) + left[i]).collect());
        } else {
            table.error = kept;
        }
    }

    /// Says by how much value added no longer closes a column.
    fn columns_closed(&self, table: &Table, outcome: &mut Outcome) {
        if table.value_added.is_empty() {
            return;
        }
        let added = table.total_value_added();
        let imports = |j: usize| table.imports.as_ref().map_or(0.0, |m| m[j]);
        let gap = |j: usize| (table.x[j] - added[j] - imports(j) - outcome.columns.sums[j].value).abs();
        let open = |j: &usize| gap(*j) > 1e-6 * table.x[*j].abs();
        let all: Vec<usize> = (0..table.dim()).filter(open).collect();
        if let Some(&worst) = all.iter().max_by(|a, b| gap(**a).total_cmp(&gap(**b))) {
            let (name, size) = (table.labels.row_name(worst), gap(worst));
            let text = format!("value added does not close {} columns: they have other targets, {name} by {size:e}", all.len());
            outcome.notes.push(text);
        }
    }
}

fn less(target: Target, off: f64) -> Target {
    match target {
        Target::Free => Target::Free,
        Target::Exact(v) => Target::Exact(v - off),
        Target::Between(low, high) => Target::Between(low - off, high - off),
        Target::Estimate(v, error) => Target::Estimate(v - off, error),
    }
}

fn column_name(table: &Table, exports: Option<usize>, j: usize) -> String {
    let (n, d) = (table.dim(), table.y.ncols());
    if j < n {
        table.labels.row_name(j)
    } else if j < n + d {
        let k = j - n;
        let r = table.labels.demand_offsets.partition_point(|&o| o <= k) - 1;
        format!("{} / {}", table.labels.regions[r], table.labels.categories[k])
    } else if Some(j) == exports {
        "exports".into()
    } else {
        "stock changes".into()
    }
}
