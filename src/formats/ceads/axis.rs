//! What each row or column of a CEADs workbook is, from its header cells: by code where there is one, else by words.

use crate::formats::sheets::blocks::economic_name;
use crate::labels::{Name, key, region_key};

/// The header cells of one row or column of the sheet.
pub(crate) struct Line {
    /// Its row or column.
    pub at: usize,
    /// Its header cells, outermost first.
    pub cells: Vec<String>,
}

/// Rows or columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Rows,
    Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sector(usize),
    Demand,
    ValueAdded,
    Imports,
    Exports,
    Error,
    Output,
    Emissions,
    /// Sums of others, which are never read.
    Total,
    Unknown,
}

/// A sector or a demand category of a region.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its row or column.
    pub at: usize,
    /// The region's label as it stands in the sheet.
    pub region: String,
    /// What rows and columns are compared by: the code, else the key of the name.
    pub key: String,
    /// The label, or the code where there is none.
    pub name: String,
}

/// All rows or columns of the sheet, sorted by meaning.
#[derive(Debug, Default)]
pub(crate) struct Axis {
    pub sectors: Vec<Entry>,
    pub demand: Vec<Entry>,
    pub value_added: Vec<(Name, usize)>,
    pub imports: Vec<usize>,
    pub exports: Vec<usize>,
    pub error: Vec<usize>,
    pub output: Vec<usize>,
    pub emissions: Vec<(String, usize)>,
    pub unknown: Vec<(String, usize)>,
    /// Whether sectors have codes.
    pub coded: bool,
}

impl Axis {
    /// Sorts `lines`; their cell number `region` holds the region, forward-filled where merged.
    pub(super) fn new(lines: &[Line], region: usize, direction: Direction) -> Self {
        let code = code_cell(lines, region);
        let name = name_cell(lines, region, code);
        let mut kinds: Vec<Kind> = lines.iter().map(|l| kind(l, region, code, name, direction)).collect();
        if code.is_none() {
            label_only(&mut kinds, lines, name, direction);
        }
        let mut axis = Axis { coded: code.is_some(), ..Axis::default() };
        let mut current = String::new();
        for (line, kind) in lines.iter().zip(kinds) {
            let text = |cell: Option<usize>| cell.map(|c| line.cells[c].as_str()).unwrap_or_default();
            let of_region = matches!(kind, Kind::Sector(_) | Kind::Demand);
            // a row such as value added may have its name under the regions
            let order = if of_region { [name, code, Some(region)] } else { [name, Some(region), code] };
            let own = order.into_iter().map(text).find(|t| !t.is_empty());
            let label = own.or(line.cells.iter().map(String::as_str).find(|t| !t.is_empty())).unwrap_or_default().to_string();
            if of_region && !text(Some(region)).is_empty() {
                current = text(Some(region)).to_string();
            }
            let entry = |key: String| Entry { at: line.at, region: current.clone(), key, name: label.clone() };
            match kind {
                Kind::Sector(k) if k > 0 => axis.sectors.push(entry(k.to_string())),
                Kind::Sector(_) => axis.sectors.push(entry(key(&label))),
                Kind::Demand => axis.demand.push(entry(if text(code).is_empty() { key(&label) } else { text(code).to_string() })),
                Kind::ValueAdded => axis.value_added.push((value_added_name(&label), line.at)),
                Kind::Imports => axis.imports.push(line.at),
                Kind::Exports => axis.exports.push(line.at),
                Kind::Error => axis.error.push(line.at),
                Kind::Output => axis.output.push(line.at),
                Kind::Emissions => axis.emissions.push((label, line.at)),
                Kind::Unknown if !label.is_empty() => axis.unknown.push((label, line.at)),
                Kind::Unknown | Kind::Total => {}
            }
        }
        axis
    }

    /// The distinct region labels of its sectors, in order.
    pub(super) fn region_count(&self) -> usize {
        let names: std::collections::HashSet<String> = self.sectors.iter().map(|e| region_key(&e.region)).collect();
        names.len()
    }
}

/// Whether a text names a province or a region of the built-in lists.
pub(crate) fn is_region(text: &str) -> bool {
    let name = Name::region(text);
    name.en != name.zh
}

/// Whether a header cell means final demand: a code `FU101`, or words.
pub(crate) fn is_demand(cell: &str) -> bool {
    if coded(cell, "FU").is_some() {
        return true;
    }
    let low = cell.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| low.contains(w));
    let of_people = has(&["rural", "urban", "农村", "城镇"]) && has(&["household", "consumption", "resident", "居民", "消费"]);
    let of_state = has(&["government", "政府"]) && has(&["consumption", "expenditure", "消费", "支出"]);
    let stocks =
        ["inventory changes", "changes in inventor", "change in inventor", "inventory change", "changes in stock", "change in stock"];
    let invested = has(&["fixed capital formation", "固定资本形成", "存货", "库存"]) || has(&stocks);
    of_people || of_state || invested || ["rural", "urban", "government", "inventory", "inventories"].contains(&low.as_str())
}

/// The number behind a prefix: `coded("FU101", "FU")` is 101.
fn coded(cell: &str, prefix: &str) -> Option<usize> {
    cell.strip_prefix(prefix).filter(|d| d.len() == 3).and_then(|d| d.parse().ok())
}

fn number(cell: &str) -> Option<usize> {
    cell.parse().ok()
}

/// The header cell that holds codes: the one whose codes change most often. Province numbers change less often, and
/// a running number of the rows leaves the range of sector codes.
fn code_cell(lines: &[Line], region: usize) -> Option<usize> {
    let is_code = |t: &str| number(t).is_some_and(|k| (1..=99).contains(&k)) || coded(t, "FU").is_some() || coded(t, "VA").is_some();
    let changes = |c: usize| {
        let cells: Vec<&str> = lines.iter().map(|l| l.cells[c].as_str()).collect();
        let fits = !cells.iter().any(|t| number(t).is_some_and(|k| k > 99));
        let sectors = cells.iter().filter(|t| number(t).is_some()).count();
        let count = (0..cells.len()).filter(|&i| is_code(cells[i]) && (i == 0 || cells[i] != cells[i - 1])).count();
        if fits && sectors > 0 { count } else { 0 }
    };
    let width = lines.first().map_or(0, |l| l.cells.len());
    (0..width).rev().filter(|&c| c != region).max_by_key(|&c| changes(c)).filter(|&c| changes(c) > 1)
}

/// The header cell that holds sector names: the one whose words change most often.
fn name_cell(lines: &[Line], region: usize, code: Option<usize>) -> Option<usize> {
    let changes = |c: usize| {
        let cells: Vec<&str> = lines.iter().map(|l| l.cells[c].as_str()).collect();
        (0..cells.len()).filter(|&i| !cells[i].is_empty() && number(cells[i]).is_none() && (i == 0 || cells[i] != cells[i - 1])).count()
    };
    let width = lines.first().map_or(0, |l| l.cells.len());
    (0..width).rev().filter(|&c| c != region && Some(c) != code).max_by_key(|&c| changes(c)).filter(|&c| changes(c) > 1)
}

fn kind(line: &Line, region: usize, code: Option<usize>, name: Option<usize>, direction: Direction) -> Kind {
    let inner = [name, Some(region), code];
    let outer = (0..line.cells.len()).filter(|c| !inner.contains(&Some(*c)));
    let order: Vec<&str> = inner.into_iter().flatten().chain(outer).map(|c| line.cells[c].as_str()).filter(|t| !t.is_empty()).collect();
    let subtotal = order.iter().take(3).any(|t| ["小计", "subtotal", "sub-total"].iter().any(|w| t.to_lowercase().contains(w)));
    let summed = name.is_some_and(|c| line.cells[c].contains("合计"));
    if subtotal || summed {
        return Kind::Total;
    }
    let code = code.map(|c| line.cells[c].as_str()).unwrap_or_default();
    if let Some(k @ 1..=99) = number(code) {
        return Kind::Sector(k);
    }
    let found = std::iter::once(code).chain(order).map(|t| word(t, direction)).find(|k| *k != Kind::Unknown);
    found.unwrap_or(Kind::Unknown)
}

/// The meaning of one header cell.
fn word(cell: &str, direction: Direction) -> Kind {
    const EXPORTS: [&str; 9] = ["ex", "export", "exports", "totalexports", "exporttotal", "出口", "出口合计", "国外出口", "国际出口"];
    const IMPORTS: [&str; 8] = ["im", "import", "imports", "totalimports", "importsfromabroad", "进口", "进口合计", "国外进口"];
    const ERROR: [&str; 11] = ["err", "error", "errors", "other", "others", "balance", "其他", "其它", "误差", "误差项", "其他误差"];
    const OUTPUT: [&str; 8] = ["go", "to", "xx", "totaloutput", "totaloutputs", "grossoutput", "总产出", "产出合计"];
    const INPUT: [&str; 6] = ["ti", "xx", "totalinput", "totalinputs", "总投入", "投入合计"];
    const TOTAL: [&str; 12] =
        ["tiu", "tii", "tfu", "tfd", "tva", "thc", "tc", "gcf", "tcf", "tfc", "intermediateusetotal", "finaldemandtotal"];
    let k = key(cell);
    let is = |words: &[&str]| words.contains(&k.as_str());
    let rows = direction == Direction::Rows;
    if k.is_empty() {
        Kind::Unknown
    } else if is(&EXPORTS) && !rows {
        Kind::Exports
    } else if is(&IMPORTS) && rows {
        Kind::Imports
    } else if is(if rows { &INPUT } else { &OUTPUT }) {
        Kind::Output
    } else if is(&TOTAL) || k.starts_with("total") || k.contains("合计") || k.contains("总计") {
        Kind::Total
    } else if is(&ERROR) && !rows {
        Kind::Error
    } else if !rows && is_demand(cell) {
        Kind::Demand
    } else if rows && ["co2", "二氧化碳", "碳排放"].iter().any(|w| k.starts_with(w)) {
        Kind::Emissions
    } else if rows && (coded(cell, "VA").is_some() || is_value_added(cell)) {
        Kind::ValueAdded
    } else {
        Kind::Unknown
    }
}

fn is_value_added(cell: &str) -> bool {
    let low = cell.to_lowercase();
    let words = ["compensation of", "劳动者报酬", "net tax", "taxes on production", "生产税", "depreciation", "折旧", "surplus", "盈余"];
    words.iter().any(|w| low.contains(w))
}

fn value_added_name(label: &str) -> Name {
    economic_name(label).unwrap_or_else(|| Name::plain(label))
}

/// Without codes, sectors are the labelled lines before the first line of another meaning, and an unknown line among
/// demand columns is a category of its own.
fn label_only(kinds: &mut [Kind], lines: &[Line], name: Option<usize>, direction: Direction) {
    let labelled = |i: usize| name.is_some_and(|c| !lines[i].cells[c].is_empty());
    let end = kinds.iter().position(|k| !matches!(k, Kind::Unknown | Kind::Error)).unwrap_or(kinds.len());
    for (i, kind) in kinds.iter_mut().enumerate().take(end) {
        if labelled(i) {
            *kind = Kind::Sector(0);
        }
    }
    let (first, last) = (kinds.iter().position(|k| *k == Kind::Demand), kinds.iter().rposition(|k| *k == Kind::Demand));
    if let (Some(first), Some(last), Direction::Columns) = (first, last, direction) {
        for (i, kind) in kinds.iter_mut().enumerate().take(last).skip(first) {
            if *kind == Kind::Unknown && labelled(i) {
                *kind = Kind::Demand;
            }
        }
    }
}
