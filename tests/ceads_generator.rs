//! Writes small or full-size workbooks in the layouts of the CEADs provincial tables, from random balanced numbers.

use std::path::Path;

use ndarray::{Array1, Array2, Axis};
use rust_xlsxwriter::{Format, Workbook, Worksheet};

/// What a workbook is to look like.
#[derive(Clone)]
pub struct Layout {
    pub regions: Vec<&'static str>,
    /// Sector names; codes follow from their order.
    pub sectors: Vec<String>,
    /// 5, or 6 as in the editions of 2018 and later.
    pub categories: usize,
    /// 4, or 5 as in the editions of 2018 and later.
    pub value_added: usize,
    /// Whether a column of total intermediate use stands between Z and final demand.
    pub intermediate_total: bool,
    /// Row of the first number, counted from 0: 4 (D5) or 7 (D8).
    pub first_row: u32,
    pub chinese: bool,
    /// Province labels once and merged, or in every cell.
    pub merged: bool,
    pub codes: Codes,
    /// Label columns province, sector, code; or sector, province, code.
    pub province_first: bool,
    pub exports: bool,
    /// Heading of the error column.
    pub error: Option<&'static str>,
    /// Label of a row of emissions.
    pub co2: Option<&'static str>,
    /// What the first cell says, in place of a title.
    pub title: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Codes {
    /// "01" as text.
    Text,
    /// 1 as a number.
    Number,
    /// Labels only.
    Absent,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            regions: vec!["Beijing", "Henan", "Shannxi"],
            sectors: ["Agriculture", "Coal mining", "Construction", "Public administration"].map(String::from).into(),
            categories: 5,
            value_added: 4,
            intermediate_total: true,
            first_row: 4,
            chinese: false,
            merged: true,
            codes: Codes::Text,
            province_first: true,
            exports: true,
            error: Some("ERR"),
            co2: None,
            title: None,
        }
    }
}

/// The numbers of a table; all identities hold to rounding.
pub struct Numbers {
    pub z: Array2<f64>,
    pub y: Array2<f64>,
    pub exports: Array1<f64>,
    pub error: Array1<f64>,
    pub x: Array1<f64>,
    pub imports: Array1<f64>,
    pub imports_final: Array1<f64>,
    pub value_added: Array2<f64>,
    pub co2: Array1<f64>,
}

impl Numbers {
    /// Random numbers for a layout; the same for the same sizes.
    pub fn new(layout: &Layout) -> Self {
        let (r, n) = (layout.regions.len(), layout.regions.len() * layout.sectors.len());
        let mut state = 7u64;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let z = Array2::from_shape_simple_fn((n, n), || 100.0 * next());
        let y = Array2::from_shape_simple_fn((n, r * layout.categories), || 100.0 * n as f64 / r as f64 * next());
        let exports = Array1::from_shape_simple_fn(n, || if layout.exports { 50.0 * next() } else { 0.0 });
        let error = Array1::from_shape_simple_fn(n, || if layout.error.is_some() { next() - 0.5 } else { 0.0 });
        let imports = Array1::from_shape_simple_fn(n, || 10.0 * next());
        let imports_final = Array1::from_shape_simple_fn(y.ncols(), || 10.0 * next());
        let x = z.sum_axis(Axis(1)) + y.sum_axis(Axis(1)) + &exports + &error;
        let rest = &x - &z.sum_axis(Axis(0)) - &imports;
        let value_added = Array2::from_shape_fn((layout.value_added, n), |(_, j)| rest[j] / layout.value_added as f64);
        let co2 = Array1::from_shape_simple_fn(n, &mut next);
        Numbers { z, y, exports, error, x, imports, imports_final, value_added, co2 }
    }
}

/// Writes one sheet.
pub fn write_sheet(sheet: &mut Worksheet, layout: &Layout, numbers: &Numbers) {
    let columns = columns(layout);
    headers(sheet, layout, &columns);
    let row_of = |i: usize| layout.first_row + i as u32;
    for i in 0..numbers.x.len() {
        row_labels(sheet, layout, i, row_of(i));
        for (k, column) in columns.iter().enumerate() {
            let value = match column.what {
                What::Sector(j) => numbers.z[[i, j]],
                What::Demand(d) => numbers.y[[i, d]],
                What::IntermediateTotal => numbers.z.row(i).sum(),
                What::FinalTotal => numbers.y.row(i).sum(),
                What::Exports => numbers.exports[i],
                What::Error => numbers.error[i],
                What::Output => numbers.x[i],
            };
            sheet.write(row_of(i), 3 + k as u16, value).unwrap();
        }
    }
    footers(sheet, layout, numbers, &columns);
}

/// Writes a workbook: `Province`, `Sector`, then a sheet for each name.
pub fn write(path: &Path, layout: &Layout, numbers: &Numbers, sheets: &[&str]) {
    let mut book = Workbook::new();
    let province = book.add_worksheet().set_name("Province").unwrap();
    for (i, name) in layout.regions.iter().enumerate() {
        province.write(i as u32, 0, i as u32 + 1).unwrap();
        province.write(i as u32, 1, *name).unwrap();
    }
    let sector = book.add_worksheet().set_name("Sector").unwrap();
    for (i, name) in layout.sectors.iter().enumerate() {
        sector.write(i as u32, 0, format!("{:02}", i + 1)).unwrap();
        sector.write(i as u32, 1, name).unwrap();
    }
    for name in sheets {
        write_sheet(book.add_worksheet().set_name(*name).unwrap(), layout, numbers);
    }
    book.save(path).unwrap();
}

#[derive(Clone, Copy)]
enum What {
    Sector(usize),
    Demand(usize),
    IntermediateTotal,
    FinalTotal,
    Exports,
    Error,
    Output,
}

struct Column {
    what: What,
    region: Option<usize>,
    name: String,
    code: String,
}

fn code(layout: &Layout, s: usize) -> String {
    if layout.codes == Codes::Absent { String::new() } else { format!("{:02}", s + 1) }
}

fn columns(layout: &Layout) -> Vec<Column> {
    let pick = |zh: &str, en: &str| if layout.chinese { zh.to_string() } else { en.to_string() };
    let coded = |code: &str| if layout.codes == Codes::Absent { String::new() } else { code.to_string() };
    let total = |what, zh: &str, en: &str, c: &str| Column { what, region: None, name: pick(zh, en), code: coded(c) };
    let demand = [
        ("农村居民消费", "Rural household consumption", "FU101"),
        ("城镇居民消费", "Urban household consumption", "FU102"),
        ("政府消费支出", "Government consumption", "FU103"),
        ("固定资本形成总额", "Gross fixed capital formation", "FU201"),
        ("存货增加", "Changes in inventories", "FU202"),
        ("贵重物品", "Valuables", "FU203"),
    ];
    let mut order: Vec<usize> = (0..layout.categories).collect();
    if layout.categories == 6 {
        order.swap(4, 5);
    }
    let (mut out, s) = (Vec::new(), layout.sectors.len());
    for r in 0..layout.regions.len() {
        for (k, name) in layout.sectors.iter().enumerate() {
            out.push(Column { what: What::Sector(r * s + k), region: Some(r), name: name.clone(), code: code(layout, k) });
        }
    }
    if layout.intermediate_total {
        out.push(total(What::IntermediateTotal, "中间使用合计", "Total intermediate use", "TIU"));
    }
    for r in 0..layout.regions.len() {
        for (k, &d) in order.iter().enumerate() {
            let (zh, en, c) = demand[d];
            out.push(Column { what: What::Demand(r * layout.categories + k), region: Some(r), name: pick(zh, en), code: coded(c) });
        }
    }
    if layout.exports {
        out.push(total(What::Exports, "出口", "Exports", "EX"));
    }
    out.push(total(What::FinalTotal, "最终使用合计", "Total final use", "TFU"));
    if let Some(heading) = layout.error {
        out.push(Column { what: What::Error, region: None, name: heading.into(), code: coded("ERR") });
    }
    out.push(total(What::Output, "总产出", "Total output", "GO"));
    out
}

fn headers(sheet: &mut Worksheet, layout: &Layout, columns: &[Column]) {
    let top = layout.first_row - 3;
    let title = if layout.chinese { "多区域投入产出表（单位：万元）" } else { "Multi-regional input-output table" };
    sheet.write(0, 0, layout.title.unwrap_or(title)).unwrap();
    let labels = if layout.province_first { ["Province", "Sector", "Code"] } else { ["Sector", "Province", "Code"] };
    for (c, label) in labels.into_iter().enumerate() {
        sheet.write(top + 2, c as u16, label).unwrap();
    }
    for (k, column) in columns.iter().enumerate() {
        let c = 3 + k as u16;
        sheet.write(top + 1, c, &column.name).unwrap();
        write_code(sheet, top + 2, c, &column.code, layout.codes);
        if let (false, Some(r)) = (layout.merged, column.region) {
            sheet.write(top, c, layout.regions[r]).unwrap();
        }
    }
    if layout.merged {
        let mut start = 0;
        for k in 1..=columns.len() {
            if k == columns.len() || columns[k].region != columns[start].region {
                if let Some(r) = columns[start].region {
                    sheet.merge_range(top, 3 + start as u16, top, 2 + k as u16, layout.regions[r], &Format::new()).unwrap();
                }
                start = k;
            }
        }
    }
}

fn write_code(sheet: &mut Worksheet, row: u32, column: u16, code: &str, codes: Codes) {
    match code.parse::<u32>() {
        Ok(number) if codes == Codes::Number => sheet.write(row, column, number).map(|_| ()).unwrap(),
        _ if code.is_empty() => {}
        _ => sheet.write(row, column, code).map(|_| ()).unwrap(),
    }
}

fn row_labels(sheet: &mut Worksheet, layout: &Layout, i: usize, row: u32) {
    let s = layout.sectors.len();
    let (province, sector) = if layout.province_first { (0, 1) } else { (1, 0) };
    if !layout.merged {
        sheet.write(row, province, layout.regions[i / s]).unwrap();
    } else if i.is_multiple_of(s) {
        sheet.merge_range(row, province, row + s as u32 - 1, province, layout.regions[i / s], &Format::new()).unwrap();
    }
    sheet.write(row, sector, &layout.sectors[i % s]).unwrap();
    write_code(sheet, row, 2, &code(layout, i % s), layout.codes);
}

fn footers(sheet: &mut Worksheet, layout: &Layout, numbers: &Numbers, columns: &[Column]) {
    let mut row = layout.first_row + numbers.x.len() as u32;
    let mut add = |zh: &str, en: &str, code: &str, value: &dyn Fn(What) -> Option<f64>| {
        sheet.write(row, 1, if layout.chinese { zh } else { en }).unwrap();
        if layout.codes != Codes::Absent {
            sheet.write(row, 2, code).unwrap();
        }
        for (k, column) in columns.iter().enumerate() {
            if let Some(v) = value(column.what) {
                sheet.write(row, 3 + k as u16, v).unwrap();
            }
        }
        row += 1;
    };
    let sector = |values: &dyn Fn(usize) -> f64, what: What| if let What::Sector(j) = what { Some(values(j)) } else { None };
    add("进口", "Imports", "IM", &|what| match what {
        What::Sector(j) => Some(numbers.imports[j]),
        What::Demand(d) => Some(numbers.imports_final[d]),
        _ => None,
    });
    add("中间投入合计", "Total intermediate inputs", "TII", &|w| sector(&|j| numbers.z.column(j).sum() + numbers.imports[j], w));
    let names = [
        ("劳动者报酬", "Compensation of employees"),
        ("生产税净额", "Net taxes on production"),
        ("固定资产折旧", "Depreciation of fixed capital"),
        ("营业盈余", "Operating surplus"),
        ("生产补贴", "Subsidies"),
    ];
    for (k, va) in numbers.value_added.rows().into_iter().enumerate() {
        add(names[k].0, names[k].1, &format!("VA{:03}", k + 1), &|w| sector(&|j| va[j], w));
    }
    add("增加值合计", "Total value added", "TVA", &|w| sector(&|j| numbers.value_added.column(j).sum(), w));
    add("总投入", "Total input", "TI", &|w| sector(&|j| numbers.x[j], w));
    if let Some(label) = layout.co2 {
        add(label, label, "", &|w| sector(&|j| numbers.co2[j], w));
    }
}
