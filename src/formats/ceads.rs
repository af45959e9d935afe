//! The CEADs provincial workbook: editions 2012 to 2020, Chinese or English, found by codes and labels.
//!
//! Header rows above and label columns beside `Z` hold province (often merged), sector name and sector code; then come
//! final demand (`FU101 FU102 FU103 FU201 FU202` by province), `EX`, `ERR`, `GO` and rows `IM`, `VA001` ..., `TI`.
//! Totals may stand anywhere between and are skipped. Row identity `Z 1 + Y 1 + EX + ERR = GO`; column identity
//! `1'Z + IM + VA = TI`. Zheng et al. 2021, doi:10.1038/s41597-021-01023-5; Mi et al. 2018, doi:10.1038/sdata.2018.155.

use std::collections::HashSet;
use std::ops::Range;

use crate::error::{Error, Result, did_you_mean};
use crate::finding::{Finding, Level};
use crate::formats::sheets::blocks::{Blocks, economic_name};
use crate::formats::sheets::unit::table_unit;
use crate::formats::sheets::{self, Layout};
use crate::formats::tools::grid::Grid;
use crate::formats::tools::pairs::repeated;
use crate::formats::{Format, Parts};
use crate::labels::{Labels, Name, records, region_key, sector_names};
use crate::table::Stressor;
use crate::units::{Gas, MASS, Of, Unit, in_heading};
use axis::{Axis, Direction, Entry, Line, is_demand, is_region};

mod axis;

/// Rows and columns in which headers are looked for.
const HEAD: usize = 24;

/// The layout.
pub const FORMAT: Format = Format {
    name: "ceads",
    long: "CEADs provincial workbook, editions 2012 to 2020: .xlsx, .xls or .xlsb",
    doc: "recognised by province names and demand columns; needs Z, final demand, and gross output; `sheet` names one of several sheets",
    takes: &["sheet"],
    probe: |source| sheets::probe(source, &LAYOUT),
    read: sheets::read,
};

/// Its sheets.
pub(super) const LAYOUT: Layout = Layout {
    name: FORMAT.name,
    looked_for: "province names with the demand columns FU101 ... or rural / urban household consumption (CEADs)",
    is_told: |labels| labels.iter().any(|t| is_region(t)) && labels.iter().filter(|t| is_demand(t)).take(2).count() == 2,
    is_head,
    read,
    chosen: Some("_consistent"),
};

/// Whether the first rows of a sheet look like this layout: a province and at least two demand columns.
fn is_head(grid: &Grid, rows: Range<usize>) -> bool {
    let cells = || rows.clone().flat_map(|r| words(grid, r, 0..grid.columns()));
    cells().any(|t| is_region(&t)) && cells().filter(|t| is_demand(t)).take(2).count() == 2
}

/// The texts of a row that are not numbers.
fn words(grid: &Grid, row: usize, columns: Range<usize>) -> impl Iterator<Item = String> {
    columns.filter(move |&c| grid.find_number(row, c).is_none()).map(move |c| grid.text(row, c)).filter(|t| !t.is_empty())
}

/// Where the headers end and the numbers begin.
struct Origin {
    region_row: usize,
    region_column: usize,
    row: usize,
    column: usize,
}

fn origin(grid: &Grid) -> Result<Origin> {
    let known = |r: usize, c: usize| grid.find_number(r, c).is_none() && is_region(&grid.text(r, c));
    let in_row = |r: usize| (0..grid.columns()).filter(|&c| known(r, c)).count();
    let region_row = (0..grid.rows().min(HEAD)).rev().max_by_key(|&r| in_row(r)).filter(|&r| in_row(r) > 0);
    let missing = |what: &str| {
        Error::format(&grid.place, format!("no {what} of province names"), "restore the province labels of the published sheet")
    };
    let region_row = region_row.ok_or_else(|| missing("row"))?;
    let in_column = |c: usize| (region_row + 1..grid.rows()).filter(|&r| known(r, c)).count();
    let region_column = (0..grid.columns().min(HEAD)).rev().max_by_key(|&c| in_column(c)).filter(|&c| in_column(c) > 0);
    let region_column = region_column.ok_or_else(|| missing("column"))?;
    let column = (region_column + 1..grid.columns()).find(|&c| known(region_row, c)).ok_or_else(|| missing("row"))?;
    let row = (region_row + 1..grid.rows()).find(|&r| known(r, region_column)).ok_or_else(|| missing("column"))?;
    Ok(Origin { region_row, region_column, row, column })
}

/// Reads one sheet.
fn read(grid: &Grid) -> Result<Parts> {
    let at = origin(grid)?;
    let columns: Vec<Line> =
        (at.column..grid.columns()).map(|c| Line { at: c, cells: (0..at.row).map(|r| grid.text(r, c)).collect() }).collect();
    let rows: Vec<Line> = (at.row..grid.rows()).map(|r| Line { at: r, cells: (0..at.column).map(|c| grid.text(r, c)).collect() }).collect();
    let columns = Axis::new(&columns, at.region_row, Direction::Columns);
    let rows = Axis::new(&rows, at.region_column, Direction::Rows);
    require(grid, &rows, &columns)?;
    same_regions(grid, &at, &rows, &columns)?;
    same_sectors(grid, &rows, &columns)?;
    let labels = labels(grid, &rows, &columns)?;
    let blocks = Blocks {
        labels,
        rows: rows.sectors.iter().map(|e| e.at).collect(),
        columns: columns.sectors.iter().map(|e| e.at).collect(),
        demand: columns.demand.iter().map(|e| e.at).collect(),
        output_column: columns.output,
        output_row: rows.output,
        exports: columns.exports,
        stock: Vec::new(),
        error: columns.error,
        imports: rows.imports,
        value_added: rows.value_added,
        unit: table_unit(grid, at.row)?,
        unknown_columns: columns.unknown,
        unknown_rows: rows.unknown,
    };
    let mut parts = blocks.read(grid)?;
    for (label, row) in rows.emissions {
        emissions(grid, &mut parts, &blocks, &label, row)?;
    }
    Ok(parts)
}

fn require(grid: &Grid, rows: &Axis, columns: &Axis) -> Result<()> {
    let mut missing = Vec::new();
    if columns.sectors.is_empty() {
        missing.push("sector columns");
    }
    if rows.sectors.is_empty() {
        missing.push("sector rows");
    }
    if columns.demand.is_empty() {
        missing.push("final demand (columns FU101 ..., or rural / urban household consumption ...)");
    }
    if columns.output.is_empty() && rows.output.is_empty() {
        missing.push("gross output (column GO or row TI)");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let regions = rows.region_count();
    let sectors = rows.sectors.len().checked_div(regions).unwrap_or(0);
    let count = |n: usize| if n == 0 { "none".to_string() } else { format!("{n} columns") };
    let has = |found: bool| if found { "found" } else { "none" };
    let found = format!(
        "found {regions} regions, {sectors} sectors, final demand: {}, gross output: {}, exports: {}, imports: {}, value added: {} rows",
        count(columns.demand.len()),
        has(!columns.output.is_empty() || !rows.output.is_empty()),
        has(!columns.exports.is_empty()),
        has(!rows.imports.is_empty()),
        rows.value_added.len()
    );
    Err(Error::format(&grid.place, format!("{found}; missed {}", missing.join(", ")), "restore the codes or labels of the published sheet"))
}

/// Refuses a label of a region that stands in the rows or in the columns only, with its cell.
fn same_regions(grid: &Grid, at: &Origin, rows: &Axis, columns: &Axis) -> Result<()> {
    let of = |axis: &Axis| axis.sectors.iter().map(|e| region_key(&e.region)).collect::<HashSet<_>>();
    let (of_rows, of_columns) = (of(rows), of(columns));
    if of_rows == of_columns {
        return Ok(());
    }
    let last = |axis: &Axis| axis.sectors.iter().map(|e| e.at).max().unwrap_or(0);
    let side = (at.region_row + 1..=last(rows)).map(|r| (r, at.region_column));
    let head = (at.region_column + 1..=last(columns)).map(|c| (at.region_row, c));
    let strange = |cells: &mut dyn Iterator<Item = (usize, usize)>, other: &HashSet<String>, own: &HashSet<String>| {
        let missing: Vec<String> = other.difference(own).cloned().collect();
        let unknown = |&(r, c): &(usize, usize)| {
            let text = grid.text(r, c);
            !text.is_empty() && grid.find_number(r, c).is_none() && !other.contains(&region_key(&text))
        };
        let found: Vec<(usize, usize)> = cells.filter(unknown).collect();
        let near = |&(r, c): &(usize, usize)| did_you_mean(&grid.text(r, c), &missing);
        let best = found.iter().find(|cell| near(cell).starts_with("did you mean")).or_else(|| found.last());
        best.map(|&(r, c)| (grid.address(r, c), grid.text(r, c), near(&(r, c))))
    };
    let in_rows = strange(&mut { side }, &of_columns, &of_rows).map(|f| (f, "columns"));
    let (found, other) = match in_rows.or_else(|| strange(&mut { head }, &of_rows, &of_columns).map(|f| (f, "rows"))) {
        Some(found) => found,
        None => return Ok(()),
    };
    let (cell, label, help) = found;
    Err(Error::format(cell, format!("unknown region \"{label}\": the {other} have none of this name"), help))
}

fn same_sectors(grid: &Grid, rows: &Axis, columns: &Axis) -> Result<()> {
    // codes are compared with codes; where one side has none, names are
    let by_code = rows.coded && columns.coded;
    let of = |e: &Entry| (region_key(&e.region), if by_code { e.key.clone() } else { crate::labels::key(&e.name) });
    let agree = |(r, c): &(&Entry, &Entry)| of(r) == of(c);
    let at = rows.sectors.iter().zip(&columns.sectors).take_while(agree).count();
    if at == rows.sectors.len() && at == columns.sectors.len() {
        return Ok(());
    }
    let show = |e: Option<&Entry>| e.map_or("nothing".to_string(), |e| format!("\"{} / {}\"", e.region, e.name));
    let text = format!(
        "{} sector rows and {} sector columns differ: number {} is {} in the rows and {} in the columns",
        rows.sectors.len(),
        columns.sectors.len(),
        at + 1,
        show(rows.sectors.get(at)),
        show(columns.sectors.get(at))
    );
    Err(Error::format(
        &grid.place,
        text,
        "restore the labels of the published sheet: rows and columns need the same sectors in the same order",
    ))
}

fn labels(grid: &Grid, rows: &Axis, columns: &Axis) -> Result<Labels> {
    let pairs = |entries: &[Entry]| entries.iter().map(|e| (region_key(&e.region), e.key.clone())).collect::<Vec<_>>();
    let sectors = pairs(&rows.sectors);
    if let Some((_, again)) = repeated(&sectors) {
        let (region, sector) = &sectors[again];
        return Err(Error::format(&grid.place, format!("sector {sector} of region \"{region}\" comes twice"), "correct its code or name"));
    }
    let mut labels = Labels::from_pairs(&sectors, &pairs(&columns.demand), &grid.place)?;
    for r in 0..labels.region_count() {
        labels.regions[r] = Name::region(&rows.sectors[labels.offsets[r]].region);
    }
    let given: Vec<&str> = rows.sectors.iter().map(|e| e.name.as_str()).collect();
    labels.sectors = sector_names(given.iter().copied());
    for r in 0..labels.region_count() {
        let range = labels.rows(r);
        if is_list_of_2017(&given[range.clone()]) {
            for (row, record) in range.zip(records(include_str!("../../fixtures/facts/sectors_42_2017.csv"))) {
                labels.sectors[row] = Name { given: given[row].into(), en: record[1].clone(), zh: record[2].clone() };
            }
        }
    }
    labels.categories = columns.demand.iter().map(category).collect();
    Ok(labels)
}

/// Whether these are the 42 sectors of 2017. Spellings differ between sheets and the lists of other years shift the
/// sectors behind the 16th, so words that tell the years apart must stand at their places.
fn is_list_of_2017(given: &[&str]) -> bool {
    const TELLING: [(usize, &[&str]); 14] = [
        (17, &["special", "专用"]),
        (22, &["waste", "scrap", "废"]),
        (23, &["repair", "修理"]),
        (24, &["electric", "电力"]),
        (25, &["gas", "燃气"]),
        (26, &["water", "水"]),
        (27, &["construction", "建筑"]),
        (28, &["wholesale", "批发"]),
        (29, &["transport", "运输"]),
        (31, &["information", "信息"]),
        (35, &["research", "研究"]),
        (36, &["techni", "technolog", "技术"]),
        (38, &["resident", "居民"]),
        (42, &["public", "公共"]),
    ];
    given.len() == 42 && TELLING.iter().all(|(k, words)| words.iter().any(|w| given[k - 1].to_lowercase().contains(w)))
}

/// The name of a demand column, by its label, else by the code of the published sheets.
fn category(entry: &Entry) -> Name {
    let by_code = match entry.key.as_str() {
        "FU101" => "rural",
        "FU102" => "urban",
        "FU103" => "government",
        "FU201" => "fixed capital formation",
        "FU202" => "inventor",
        _ => "",
    };
    match (economic_name(&entry.name), economic_name(by_code)) {
        (Some(name), _) => name,
        (None, Some(known)) => Name { given: entry.name.clone(), ..known },
        (None, None) => Name::plain(entry.name.as_str()),
    }
}

/// The row of direct emissions that the editions of 2018 and later carry.
fn emissions(grid: &Grid, parts: &mut Parts, blocks: &Blocks, label: &str, row: usize) -> Result<()> {
    let direct = grid.row(row, &blocks.columns)?;
    let by_column = grid.row(row, &blocks.demand)?;
    let households = by_column.iter().any(|v| *v != 0.0).then(|| {
        let labels = &parts.labels;
        (0..labels.region_count()).map(|r| labels.demand(r).map(|c| by_column[c]).sum()).collect()
    });
    let place = || grid.address(row, 0);
    let unit = match in_heading(label, Unit::mass) {
        Some((_, unit)) => {
            let unit = unit.map_err(|e| e.at(place(), format!("name the unit in brackets, as in CO2 emissions (Mt); known: {MASS}")))?;
            let of = if unit.of == Of::Mass(Some(Gas::Co2)) { Of::Mass(None) } else { unit.of };
            Unit { of, ..unit }.to_string()
        }
        None => {
            let text = format!(
                "{}: row \"{label}\" names no unit; it is taken as Mt, as in the published editions: say it with `emissions-unit`",
                place()
            );
            parts.remarks.push(Finding::new(Level::Warn, "emissions-unit-assumed", text));
            "Mt".into()
        }
    };
    // a second row of emissions is an account of its own
    let name = if parts.stressors.is_empty() { "CO2".to_string() } else { label.to_string() };
    parts.stressors.push(Stressor { name, unit, direct, households });
    Ok(())
}
