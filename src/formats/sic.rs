//! The State Information Centre workbook: 8 regions, 8 or 17 sectors, 2002 and 2007.
//!
//! One row and one column of codes: `A001 ... H017` sectors by region letter (`A900` is a subtotal), `FA001 ...`
//! final demand, `STK EX ERR XX` further columns, `IM VA001 ... XX` further rows. Row identity
//! `Z 1 + Y 1 + STK + EX + ERR = XX`; column identity `1'Z + IM + VA = XX'`.
//! Zhang Yaxiong, Qi Shuchang (eds), *Interregional input-output tables of China 2002 and 2007*, 2012.

use crate::error::{Error, Result};
use crate::formats::sheets::blocks::{Blocks, economic_name};
use crate::formats::sheets::{self, Layout};
use crate::formats::tools::grid::Grid;
use crate::formats::{Format, Parts};
use crate::labels::{Labels, Name, records, sector_names};

/// The layout.
pub const FORMAT: Format = Format {
    name: "sic",
    long: "State Information Centre workbook, 8 regions, 2002 and 2007: .xls, .xlsx or .xlsb",
    doc: "recognised by its codes A001 ... XX; needs all blocks; `sheet` names one of several sheets",
    takes: &["sheet"],
    probe: |source| sheets::probe(source, &LAYOUT),
    read: sheets::read,
};

/// Its sheets.
pub(super) const LAYOUT: Layout = Layout {
    name: FORMAT.name,
    looked_for: "a row of codes A001 ... XX (State Information Centre)",
    is_told: |labels| are_codes(labels.iter().map(String::as_str)),
    is_head: |grid, mut rows| rows.any(|r| is_code_row(grid, r)),
    read,
    chosen: None,
};

/// What a code of this workbook means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Code {
    /// Region letter and sector number.
    Sector(char, usize),
    /// Region letter and demand category.
    Demand(char, usize),
    ValueAdded(usize),
    Imports,
    Exports,
    Stock,
    Error,
    Output,
    /// Subtotals, which are never read.
    Total,
    Unknown,
}

fn code(text: &str) -> Code {
    let (letters, digits) = text.split_at(text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len()));
    let number = (digits.len() == 3).then(|| digits.parse::<usize>().ok()).flatten();
    let mut regions = letters.chars();
    match (text, letters.len(), number) {
        ("IM", ..) => Code::Imports,
        ("EX", ..) => Code::Exports,
        ("STK", ..) => Code::Stock,
        ("ERR", ..) => Code::Error,
        ("XX", ..) => Code::Output,
        ("ET" | "TF" | "FT" | "VA", ..) => Code::Total,
        (_, 1 | 2, Some(900)) => Code::Total,
        (_, 2, Some(k)) if letters == "VA" => Code::ValueAdded(k),
        (_, 1, Some(k)) if letters.chars().all(|c| c.is_ascii_uppercase()) => Code::Sector(regions.next().expect("one letter"), k),
        (_, 2, Some(k)) if letters.starts_with('F') => Code::Demand(regions.nth(1).expect("two letters"), k),
        _ => Code::Unknown,
    }
}

/// Whether a row of the sheet holds the column codes.
fn is_code_row(grid: &Grid, row: usize) -> bool {
    let texts: Vec<String> = (0..grid.columns()).map(|c| grid.text(row, c)).collect();
    are_codes(texts.iter().map(String::as_str))
}

/// Whether output and at least two sectors are among these codes.
fn are_codes<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let codes: Vec<Code> = texts.map(code).collect();
    codes.contains(&Code::Output) && codes.iter().filter(|c| matches!(c, Code::Sector(..))).count() >= 2
}

/// Reads one sheet.
fn read(grid: &Grid) -> Result<Parts> {
    let head = (0..grid.rows()).find(|&r| is_code_row(grid, r));
    let side = (0..grid.columns().min(24))
        .max_by_key(|&c| (0..grid.rows()).filter(|&r| matches!(code(&grid.text(r, c)), Code::Sector(..))).count());
    let (Some(head), Some(side)) = (head, side) else {
        return Err(Error::format(&grid.place, "no row of codes A001 ... XX", "name another sheet with `sheet`"));
    };
    let columns: Vec<(usize, Code)> = (side + 1..grid.columns()).map(|c| (c, code(&grid.text(head, c)))).collect();
    let rows: Vec<(usize, Code)> = (head + 1..grid.rows()).map(|r| (r, code(&grid.text(r, side)))).collect();
    let (row_at, row_keys) = sectors(&rows);
    let (column_at, column_keys) = sectors(&columns);
    same_sectors(grid, &row_keys, &column_keys)?;
    let (demand_at, demand_keys) = demand(&columns);
    require(grid, &rows, &columns, demand_keys.len())?;
    let labels = labels(grid, head, side, &row_at, &row_keys, &demand_at, &demand_keys)?;
    let all = |codes: &[(usize, Code)], wanted: Code| codes.iter().filter(|(_, k)| *k == wanted).map(|(at, _)| *at).collect::<Vec<_>>();
    let column = |wanted: Code| all(&columns, wanted);
    let row = |wanted: Code| all(&rows, wanted);
    let unknown = |all: &[(usize, Code)], text: &dyn Fn(usize) -> String| {
        all.iter().filter(|(_, k)| *k == Code::Unknown).map(|(at, _)| (text(*at), *at)).filter(|(t, _)| !t.is_empty()).collect()
    };
    Blocks {
        labels,
        rows: row_at,
        columns: column_at,
        demand: demand_at,
        output_column: column(Code::Output),
        output_row: row(Code::Output),
        exports: column(Code::Exports),
        stock: column(Code::Stock),
        error: column(Code::Error),
        imports: row(Code::Imports),
        value_added: value_added(grid, side, &rows),
        unit: crate::formats::sheets::unit::table_unit(grid, head)?,
        unknown_columns: unknown(&columns, &|c| grid.text(head, c)),
        unknown_rows: unknown(&rows, &|r| grid.text(r, side)),
    }
    .read(grid)
}

fn sectors(codes: &[(usize, Code)]) -> (Vec<usize>, Vec<(char, usize)>) {
    codes.iter().filter_map(|(at, c)| if let Code::Sector(letter, k) = c { Some((*at, (*letter, *k))) } else { None }).unzip()
}

fn demand(codes: &[(usize, Code)]) -> (Vec<usize>, Vec<(char, usize)>) {
    codes.iter().filter_map(|(at, c)| if let Code::Demand(letter, k) = c { Some((*at, (*letter, *k))) } else { None }).unzip()
}

fn same_sectors(grid: &Grid, rows: &[(char, usize)], columns: &[(char, usize)]) -> Result<()> {
    if rows == columns {
        return Ok(());
    }
    let show = |k: Option<&(char, usize)>| k.map_or("nothing".into(), |(letter, k)| format!("{letter}{k:03}"));
    let at = rows.iter().zip(columns).take_while(|(r, c)| r == c).count();
    let text = format!(
        "{} sector rows and {} sector columns differ: position {} is {} in the rows and {} in the columns",
        rows.len(),
        columns.len(),
        at + 1,
        show(rows.get(at)),
        show(columns.get(at))
    );
    Err(Error::format(&grid.place, text, "restore the codes of the published sheet"))
}

fn require(grid: &Grid, rows: &[(usize, Code)], columns: &[(usize, Code)], demand: usize) -> Result<()> {
    let mut missing = Vec::new();
    if demand == 0 {
        missing.push("final demand columns FA001 ...");
    }
    for (wanted, name) in [(Code::Exports, "column EX"), (Code::Output, "column XX")] {
        if !columns.iter().any(|(_, c)| *c == wanted) {
            missing.push(name);
        }
    }
    for (wanted, name) in [(Code::Imports, "row IM"), (Code::ValueAdded(1), "rows VA001 ...")] {
        if !rows.iter().any(|(_, c)| *c == wanted) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let found = format!("found {} sector rows and {demand} demand columns; missed {}", sectors(rows).0.len(), missing.join(", "));
    Err(Error::format(&grid.place, found, "restore the codes of the published sheet"))
}

fn labels(
    grid: &Grid,
    head: usize,
    side: usize,
    rows: &[usize],
    row_keys: &[(char, usize)],
    demand: &[usize],
    keys: &[(char, usize)],
) -> Result<Labels> {
    let pairs = |keys: &[(char, usize)]| keys.iter().map(|(letter, k)| (letter.to_string(), k.to_string())).collect::<Vec<_>>();
    let mut labels = Labels::from_pairs(&pairs(row_keys), &pairs(keys), &grid.place)?;
    for r in 0..labels.region_count() {
        // the region stands once, two columns left of the codes, in the first of its rows
        let given = rows[labels.rows(r)].iter().map(|&at| grid.text(at, side.saturating_sub(2))).find(|t| !t.is_empty());
        labels.regions[r] = Name::region(&given.unwrap_or_else(|| labels.regions[r].given.clone()));
    }
    let given: Vec<String> = rows.iter().map(|&at| grid.text(at, side.saturating_sub(1))).collect();
    labels.sectors = names(&given, row_keys);
    labels.categories = demand
        .iter()
        .zip(keys)
        .map(|(&c, (_, k))| {
            let given = (0..head).rev().map(|r| grid.text(r, c)).find(|t| !t.is_empty()).unwrap_or_default();
            economic_name(&given).unwrap_or_else(|| Name::plain(if given.is_empty() { format!("F{k:03}") } else { given }))
        })
        .collect();
    Ok(labels)
}

/// The 8 sectors; the electricity sector is spelled in two ways in the file.
const EIGHT: [(&str, &str); 8] = [
    ("Agriculture", "农业"),
    ("Mining", "采选业"),
    ("Light industry", "轻工业"),
    ("Heavy industry", "重工业"),
    ("Electricity, gas, water", "电力蒸气热水、煤气自来水生产供应业"),
    ("Construction", "建筑业"),
    ("Trade and transport", "商业、运输业"),
    ("Other services", "其他服务业"),
];

/// Names by sector number, as the spelling of a sector differs between rows, columns and sheets.
fn names(given: &[String], keys: &[(char, usize)]) -> Vec<Name> {
    let seventeen: Vec<(String, String)> =
        records(include_str!("../../fixtures/facts/sectors_17_sic.csv")).map(|row| (row[1].clone(), row[2].clone())).collect();
    let eight: Vec<(String, String)> = EIGHT.iter().map(|(en, zh)| ((*en).into(), (*zh).into())).collect();
    let list = match keys.iter().map(|(_, k)| *k).max() {
        Some(17) => seventeen,
        Some(8) => eight,
        _ => return sector_names(given.iter().map(String::as_str)),
    };
    given
        .iter()
        .zip(keys)
        .map(|(given, (_, k))| match list.get(k.wrapping_sub(1)) {
            Some((en, zh)) => Name { given: if given.is_empty() { zh.clone() } else { given.clone() }, en: en.clone(), zh: zh.clone() },
            None => Name::plain(given.as_str()),
        })
        .collect()
}

fn value_added(grid: &Grid, side: usize, rows: &[(usize, Code)]) -> Vec<(Name, usize)> {
    rows.iter()
        .filter(|(_, c)| matches!(c, Code::ValueAdded(_)))
        .map(|(r, _)| {
            let given =
                (0..side).rev().map(|c| grid.text(*r, c)).find(|t| !t.is_empty() && t != "增加值").unwrap_or_else(|| grid.text(*r, side));
            (economic_name(&given).unwrap_or_else(|| Name::plain(given)), *r)
        })
        .collect()
}
