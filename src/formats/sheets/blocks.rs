//! From the positions of the blocks in a sheet to the parts of a table; shared by the workbook layouts.

use ndarray::{Array1, Array2, Axis};

use super::unit::or_published;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::Parts;
use crate::formats::parts::{Intermediate, Values};
use crate::formats::tools::grid::{Grid, letters};
use crate::labels::{Labels, Name};
use crate::units::Unit;

/// Where the blocks of a table lie in a sheet: rows and columns counted from 0.
pub(crate) struct Blocks {
    pub labels: Labels,
    /// Sheet row of each row of the system.
    pub rows: Vec<usize>,
    /// Sheet column of each column of the system.
    pub columns: Vec<usize>,
    /// Sheet column of each demand column.
    pub demand: Vec<usize>,
    /// Columns and rows of one meaning; several are added up, and noted, but for output.
    pub output_column: Vec<usize>,
    pub output_row: Vec<usize>,
    pub exports: Vec<usize>,
    pub stock: Vec<usize>,
    pub error: Vec<usize>,
    pub imports: Vec<usize>,
    pub value_added: Vec<(Name, usize)>,
    /// The money unit, where the sheet names one.
    pub unit: Option<Unit>,
    /// Columns and rows with a label of no known meaning.
    pub unknown_columns: Vec<(String, usize)>,
    pub unknown_rows: Vec<(String, usize)>,
}

impl Blocks {
    /// Reads the numbers; what is odd becomes a remark.
    pub(crate) fn read(&self, grid: &Grid) -> Result<Parts> {
        let output_column = one(grid, &self.output_column, "output", Side::Column)?;
        let output_row = one(grid, &self.output_row, "output", Side::Row)?;
        let mut empty = Empty { place: grid.place.clone(), counts: Vec::new() };
        let (z, none) = grid.block(&self.rows, &self.columns)?;
        empty.add("intermediate flows", none, z.len());
        let (y, none) = grid.block(&self.rows, &self.demand)?;
        empty.add("numbers of final demand", none, y.len());
        let mut notes = Vec::new();
        let mut line = |at: &[usize], across: &[usize], what: &str, side: Side| -> Result<Option<Array1<f64>>> {
            if at.is_empty() {
                return Ok(None);
            }
            let (mut block, none) = match side {
                Side::Column => grid.block(across, at)?,
                Side::Row => grid.block(at, across)?,
            };
            if side == Side::Row {
                block = block.reversed_axes();
            }
            empty.add(what, none, block.len());
            Ok(Some(added(grid, &block, at, what, side, &mut notes)))
        };
        let x = match (output_column, output_row) {
            (Some(c), _) => line(&[c], &self.rows, "numbers of output", Side::Column)?,
            (None, Some(r)) => line(&[r], &self.columns, "numbers of output", Side::Row)?,
            (None, None) => None,
        };
        let Some(x) = x else {
            return Err(Error::format(&grid.place, "the sheet has no gross output", "name a sheet that holds the whole table"));
        };
        let exports = line(&self.exports, &self.rows, "exports", Side::Column)?;
        let stock = line(&self.stock, &self.rows, "stock changes", Side::Column)?;
        let error = line(&self.error, &self.rows, "errors", Side::Column)?;
        let imports = line(&self.imports, &self.columns, "imports of sectors", Side::Row)?;
        let imports_final = line(&self.imports, &self.demand, "imports of final demand", Side::Row)?;
        let mut value_added = Vec::new();
        for (name, r) in &self.value_added {
            value_added.extend(line(&[*r], &self.columns, "numbers of value added", Side::Row)?.map(|v| (name.clone(), v)));
        }
        let mut parts = Parts::new(self.labels.clone(), Intermediate::Flows(Values::Dense(z)), Values::Dense(y), &grid.place);
        parts.x = Some(x);
        (parts.exports, parts.stock, parts.error, parts.imports) = (exports, stock, error, imports);
        (parts.imports_final, parts.value_added) = (imports_final, value_added);
        parts.provenance.notes.extend(notes);
        let (unit, assumed) = or_published(self.unit.clone(), &grid.place);
        parts.unit = unit;
        parts.remarks.extend(assumed);
        if output_column.is_none() {
            parts.provenance.notes.push("gross output is taken from the row of total input: the sheet has no output column".into());
        }
        parts.remarks.extend(empty.remark());
        self.remark(grid, &mut parts, (output_column, output_row))?;
        Ok(parts)
    }

    fn remark(&self, grid: &Grid, parts: &mut Parts, output: (Option<usize>, Option<usize>)) -> Result<()> {
        if let (Some(_), Some(r)) = output {
            compare_outputs(grid, parts, &grid.row(r, &self.columns)?);
        }
        for &r in &self.imports {
            for &c in self.exports.iter().chain(&self.stock).chain(&self.error) {
                let found = grid.number(r, c)?;
                if found != 0.0 {
                    let text = format!(
                        "{}: imports of {found} under a column that is neither a sector nor final demand are left out",
                        grid.address(r, c)
                    );
                    parts.remarks.push(Finding::new(Level::Warn, "imports-outside", text).numbers(found, 0.0));
                }
            }
        }
        let columns = self.unknown_columns.iter().map(|(label, c)| (label, *c, self.rows.iter().any(|&r| filled(grid, r, *c)), "column"));
        let rows = self.unknown_rows.iter().map(|(label, r)| (label, *r, self.columns.iter().any(|&c| filled(grid, *r, c)), "row"));
        for (label, at, _, what) in columns.chain(rows).filter(|u| u.2) {
            let shown = if what == "row" { (at + 1).to_string() } else { letters(at) };
            let text = format!("{}: {what} {shown} (\"{label}\") holds numbers but has no known meaning; it is not read", grid.place);
            parts.remarks.push(Finding::new(Level::Warn, "not-read", text));
        }
        Ok(())
    }
}

/// The row of total input should repeat the column of total output.
fn compare_outputs(grid: &Grid, parts: &mut Parts, inputs: &Array1<f64>) {
    let Some(x) = &parts.x else { return };
    let relative = |i: usize| (x[i] - inputs[i]).abs() / x[i].abs().max(inputs[i].abs()).max(f64::MIN_POSITIVE);
    let Some(worst) = (0..inputs.len()).max_by(|&i, &j| relative(i).total_cmp(&relative(j))) else { return };
    if relative(worst) > 1e-9 {
        let count = (0..inputs.len()).filter(|&i| relative(i) > 1e-9).count();
        let text = format!(
            "{}: total output and total input differ in {count} of {} sectors, most in {}: {} against {}; output is used",
            grid.place,
            inputs.len(),
            parts.labels.row_name(worst),
            x[worst],
            inputs[worst]
        );
        let region = parts.labels.regions[parts.labels.region_of(worst)].en.clone();
        let sector = parts.labels.sectors[worst].en.clone();
        let finding = Finding::new(Level::Warn, "output-not-input", text).region(region).sector(sector).row(worst);
        parts.remarks.push(finding.numbers(x[worst], inputs[worst]));
    }
}

/// Columns of the sheet, or rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Column,
    Row,
}

impl Side {
    fn name(self, at: usize) -> String {
        match self {
            Side::Column => format!("column {}", letters(at)),
            Side::Row => format!("row {}", at + 1),
        }
    }
}

/// The only column or row of a meaning; two are refused, since they cannot be added up.
fn one(grid: &Grid, at: &[usize], what: &str, side: Side) -> Result<Option<usize>> {
    match at {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        [a, b, ..] => {
            let text = format!("both {} and {} are called {what}", side.name(*a), side.name(*b));
            Err(Error::format(&grid.place, text, "keep one, or rename the other"))
        }
    }
}

/// The sum of several columns of one meaning (n x k), or the one among them that is the sum of the others; noted.
fn added(grid: &Grid, block: &Array2<f64>, at: &[usize], what: &str, side: Side, notes: &mut Vec<String>) -> Array1<f64> {
    let sum: Array1<f64> = block.sum_axis(Axis(1));
    if at.len() == 1 {
        return block.column(0).to_owned();
    }
    let list = |skip: Option<usize>| {
        let shown: Vec<String> = at.iter().enumerate().filter(|(k, _)| Some(*k) != skip).map(|(_, &a)| side.name(a)).collect();
        shown.join(", ")
    };
    let is_total = |k: usize| {
        let close = |(own, all): (&f64, &f64)| (2.0 * own - all).abs() <= 1e-9 * all.abs();
        block.column(k).iter().any(|v| *v != 0.0) && block.column(k).iter().zip(&sum).all(close)
    };
    match (0..at.len()).find(|&k| is_total(k)) {
        Some(k) => {
            let note = format!("{}: {what} are those of {}, the sum of {}", grid.place, side.name(at[k]), list(Some(k)));
            notes.push(note);
            block.column(k).to_owned()
        }
        None => {
            notes.push(format!("{}: {what} are the sum of {}", grid.place, list(None)));
            sum
        }
    }
}

/// Empty cells of each block, which are read as 0.
struct Empty {
    place: String,
    counts: Vec<(String, usize, usize)>,
}

impl Empty {
    fn add(&mut self, what: &str, empty: usize, cells: usize) {
        match self.counts.iter_mut().find(|c| c.0 == what) {
            Some((_, found, all)) => (*found, *all) = (*found + empty, *all + cells),
            None => self.counts.push((what.to_string(), empty, cells)),
        }
    }

    fn remark(&self) -> Option<Finding> {
        let total: usize = self.counts.iter().map(|c| c.1).sum();
        let parts: Vec<String> =
            self.counts.iter().filter(|c| c.1 > 0).map(|(what, found, all)| format!("{found} among the {all} {what}")).collect();
        let text = format!("{}: {total} empty cell(s) are read as 0: {}", self.place, parts.join(", "));
        (total > 0).then(|| Finding::new(Level::Warn, "empty-cells", text).numbers(total as f64, 0.0))
    }
}

fn filled(grid: &Grid, row: usize, column: usize) -> bool {
    grid.find_number(row, column).is_some_and(|v| v != 0.0)
}

/// A Chinese and an English name for the label of a demand category or a value-added row, by what it contains.
pub(crate) fn economic_name(given: &str) -> Option<Name> {
    const KNOWN: [(&[&str], &str, &str); 10] = [
        (&["农村居民", "rural"], "Rural household consumption", "农村居民消费"),
        (&["城镇居民", "城市居民", "urban"], "Urban household consumption", "城镇居民消费"),
        (&["政府消费", "government"], "Government consumption", "政府消费"),
        (&["固定资本形成", "fixed capital formation", "fixed asset"], "Gross fixed capital formation", "固定资本形成总额"),
        (&["存货", "库存", "inventor", "changes in stock", "stock change"], "Changes in inventories", "存货变动"),
        (&["劳动者报酬", "compensation", "labour", "labor"], "Compensation of employees", "劳动者报酬"),
        (&["生产税", "net tax", "taxes on production", "production tax"], "Net taxes on production", "生产税净额"),
        (&["折旧", "depreciation", "consumption of fixed capital"], "Depreciation of fixed capital", "固定资产折旧"),
        (&["营业盈余", "企业盈余", "surplus"], "Operating surplus", "营业盈余"),
        (&["居民消费", "household"], "Household consumption", "居民消费"),
    ];
    let low = given.to_lowercase();
    let (_, en, zh) = KNOWN.iter().find(|(words, ..)| words.iter().any(|w| low.contains(w)))?;
    let zh = if given.chars().any(|c| c > '\u{4dff}') { given } else { zh };
    Some(Name { given: given.into(), en: (*en).into(), zh: zh.into() })
}
