//! From the positions of the blocks in a sheet to a table; shared by the workbook layouts.

use ndarray::{Array1, Array2};

use super::grid::Grid;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name};
use crate::table::{Table, sparse};

/// Where the blocks of a table lie in a sheet: rows and columns counted from 0.
pub(crate) struct Blocks {
    pub labels: Labels,
    /// Sheet row of each row of the system.
    pub rows: Vec<usize>,
    /// Sheet column of each column of the system.
    pub columns: Vec<usize>,
    /// Sheet column of each demand column.
    pub demand: Vec<usize>,
    pub output_column: Option<usize>,
    pub output_row: Option<usize>,
    pub exports: Option<usize>,
    pub stock: Option<usize>,
    pub error: Option<usize>,
    pub imports: Option<usize>,
    pub value_added: Vec<(Name, usize)>,
    pub unit: String,
    /// Columns and rows with a label of no known meaning.
    pub unknown_columns: Vec<(String, usize)>,
    pub unknown_rows: Vec<(String, usize)>,
}

impl Blocks {
    /// Reads the numbers; what is odd becomes a remark.
    pub fn read(&self, grid: &Grid) -> Result<Table> {
        let (z, empty) = grid.block(&self.rows, &self.columns)?;
        let (y, _) = grid.block(&self.rows, &self.demand)?;
        let x = match (self.output_column, self.output_row) {
            (Some(c), _) => grid.column(&self.rows, c)?,
            (None, Some(r)) => grid.row(r, &self.columns)?,
            (None, None) => {
                return Err(Error::format(&grid.place, "the sheet has no gross output", "name a sheet that holds the whole table"));
            }
        };
        let column = |c: Option<usize>| c.map(|c| grid.column(&self.rows, c)).transpose();
        let mut table = Table::new(self.labels.clone(), sparse(z.view()), y, x);
        table.exports = column(self.exports)?;
        table.stock = column(self.stock)?;
        table.error = column(self.error)?;
        table.imports = self.imports.map(|r| grid.row(r, &self.columns)).transpose()?;
        table.imports_final = self.imports.map(|r| grid.row(r, &self.demand)).transpose()?;
        for (name, r) in &self.value_added {
            table.value_added.push((name.clone(), grid.row(*r, &self.columns)?));
        }
        table.unit = self.unit.clone();
        if self.output_column.is_none() {
            table.provenance.notes.push("gross output is taken from the row of total input: the sheet has no output column".into());
        }
        self.remark(grid, &mut table, &z, empty)?;
        Ok(table)
    }

    fn remark(&self, grid: &Grid, table: &mut Table, z: &Array2<f64>, empty: usize) -> Result<()> {
        if empty > 0 {
            let text = format!("{}: {empty} empty cell(s) among the {} intermediate flows are read as 0", grid.place, z.len());
            table.remarks.push(Finding::new(Level::Warn, "empty-cells", text).numbers(empty as f64, 0.0));
        }
        if let (Some(_), Some(r)) = (self.output_column, self.output_row) {
            self.compare_outputs(grid, table, &grid.row(r, &self.columns)?);
        }
        if let Some(r) = self.imports {
            for c in [self.exports, self.stock, self.error].into_iter().flatten() {
                let found = grid.number(r, c)?;
                if found != 0.0 {
                    let text = format!(
                        "{}: imports of {found} under a column that is neither a sector nor final demand are left out",
                        grid.address(r, c)
                    );
                    table.remarks.push(Finding::new(Level::Warn, "imports-outside", text).numbers(found, 0.0));
                }
            }
        }
        let columns = self.unknown_columns.iter().map(|(label, c)| (label, *c, self.rows.iter().any(|&r| filled(grid, r, *c)), "column"));
        let rows = self.unknown_rows.iter().map(|(label, r)| (label, *r, self.columns.iter().any(|&c| filled(grid, *r, c)), "row"));
        for (label, at, _, what) in columns.chain(rows).filter(|u| u.2) {
            let shown = if what == "row" { (at + 1).to_string() } else { super::grid::letters(at) };
            let text = format!("{}: {what} {shown} (\"{label}\") holds numbers but has no known meaning; it is not read", grid.place);
            table.remarks.push(Finding::new(Level::Warn, "not-read", text));
        }
        Ok(())
    }

    /// The row of total input should repeat the column of total output.
    fn compare_outputs(&self, grid: &Grid, table: &mut Table, inputs: &Array1<f64>) {
        let relative = |i: usize| (table.x[i] - inputs[i]).abs() / table.x[i].abs().max(inputs[i].abs()).max(f64::MIN_POSITIVE);
        let Some(worst) = (0..inputs.len()).max_by(|&i, &j| relative(i).total_cmp(&relative(j))) else { return };
        if relative(worst) > 1e-9 {
            let count = (0..inputs.len()).filter(|&i| relative(i) > 1e-9).count();
            let text = format!(
                "{}: total output and total input differ in {count} of {} sectors, most in {}: {} against {}; output is used",
                grid.place,
                inputs.len(),
                table.labels.row_name(worst),
                table.x[worst],
                inputs[worst]
            );
            let region = table.labels.regions[table.labels.region_of(worst)].en.clone();
            let sector = table.labels.sectors[worst].en.clone();
            let finding = Finding::new(Level::Warn, "output-not-input", text).region(region).sector(sector).row(worst);
            table.remarks.push(finding.numbers(table.x[worst], inputs[worst]));
        }
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
