//! A workbook in MARIO's layout: the sheet `flows` with Z, Y, value added and accounts in one grid, and the sheet `units`.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::mario::{numbers, units};
use super::{columns, flows, households, rows};
use crate::error::{Error, Result};
use crate::memory;
use crate::table::Table;

/// Rows and columns that a sheet of a workbook holds.
const MOST: (usize, usize) = (1_048_576, 16_384);

/// Bytes of a cell while the workbook is made.
const CELL: u64 = 64;

/// The workbook, as bytes.
///
/// # Errors
/// When the table has more rows or columns than a sheet, or there is no memory for it.
pub(super) fn bytes(table: &Table) -> Result<Vec<u8>> {
    let (n, d) = (table.dim(), table.labels.categories.len());
    let (down, across) = (3 + n + table.value_added.len().max(1) + table.stressors.len().max(1), 3 + n + d);
    if down > MOST.0 || across > MOST.1 {
        let text = format!("the table needs {down} rows and {across} columns, a sheet of a workbook holds {} and {}", MOST.0, MOST.1);
        return Err(Error::unsupported(text, "write one of the forms long, pymrio, mario, npz and matrices"));
    }
    memory::require("the workbook", down as u64 * across as u64 * CELL, "write another form, which needs no memory")?;
    made(table).map_err(|e| Error::invalid(format!("the workbook cannot be made: {e}"), "write another form"))
}

fn made(table: &Table) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // no date of today: the same table gives the same bytes
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title("isard").set_creation_datetime(&made));
    let (rows, columns) = (rows(&table.labels), columns(&table.labels));
    let (n, d) = (rows.len(), columns.len());
    let units = units(table);
    let sheet = book.add_worksheet();
    sheet.set_name("flows")?;
    let levels = [(&rows, "Sector", 3), (&columns, "Consumption category", 3 + n)];
    for (labels, level, first) in levels {
        for (k, [region, item]) in labels.iter().enumerate() {
            let column = (first + k) as u16;
            for (line, text) in [*region, level, *item].into_iter().enumerate() {
                sheet.write_string(line as u32, column, text)?;
            }
        }
    }
    let (mut line, mut numbers_of) = (3, Vec::new());
    let mut write = |texts: [&str; 3], numbers: &[f64]| -> std::result::Result<(), XlsxError> {
        for (k, text) in texts.into_iter().enumerate() {
            sheet.write_string(line, k as u16, text)?;
        }
        for (k, v) in numbers.iter().enumerate() {
            sheet.write_number(line, (3 + k) as u16, *v)?;
        }
        line += 1;
        Ok(())
    };
    for (i, [region, sector]) in rows.iter().enumerate() {
        flows(table, i, &mut numbers_of);
        numbers_of.extend(table.y.row(i));
        write([region, "Sector", sector], &numbers_of)?;
    }
    let mut demand = Vec::new();
    for (k, [level, name, _]) in units.iter().filter(|u| u[0] == "Factor of production").enumerate() {
        numbers(table.value_added.iter().map(|(_, v)| v), k, n + d, &mut numbers_of);
        write(["-", level, name], &numbers_of)?;
    }
    for (k, [level, name, _]) in units.iter().filter(|u| u[0] == "Satellite account").enumerate() {
        numbers(table.stressors.iter().map(|s| &s.direct), k, n, &mut numbers_of);
        demand.clear();
        if k < table.stressors.len() {
            households(table, k, &mut demand);
        }
        demand.resize(d, 0.0);
        numbers_of.extend(&demand);
        write(["-", level, name], &numbers_of)?;
    }
    let sheet = book.add_worksheet();
    sheet.set_name("units")?;
    sheet.write_string(0, 2, "unit")?;
    for (k, texts) in units.iter().enumerate() {
        for (c, text) in texts.iter().enumerate() {
            sheet.write_string(k as u32 + 1, c as u16, text)?;
        }
    }
    book.save_to_buffer()
}
