//! Writes a small workbook in the layout of the State Information Centre: 2 regions, 8 sectors, 4 demand categories.

use std::path::Path;

use rust_xlsxwriter::{Workbook, Worksheet};

/// Rows and columns of the system.
pub const N: usize = 16;
const SECTORS: [&str; 8] =
    ["农业", "采选业", "轻工业", "重工业", "电力蒸气热水、煤气自来水生产供应业", "建筑业", "商业、运输业", "其他服务业"];
const DEMAND: [&str; 4] = ["农村居民消费", "城镇居民消费", "政府     消费", "固定资本形成总额"];
const ADDED: [&str; 4] = ["固定资产折旧", "劳动者报酬", "生产税净额", "企业盈余"];

/// The flow from row `i` to column `j`.
pub fn z(i: usize, j: usize) -> f64 {
    1.0 + i as f64 + 0.5 * j as f64
}

/// The demand of column `d` for row `i`.
pub fn y(i: usize, d: usize) -> f64 {
    10.0 + i as f64 * 0.25 + d as f64
}

/// Gross output of row `i`: flows, demand, stock 2, exports 3, error -1.
pub fn x(i: usize) -> f64 {
    (0..N).map(|j| z(i, j)).sum::<f64>() + (0..8).map(|d| y(i, d)).sum::<f64>() + 4.0
}

/// Writes a workbook with these sheets; `change` may spoil each.
pub fn write(path: &Path, sheets: &[&str], change: impl Fn(&mut Worksheet)) {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Readme").unwrap().write(4, 1, "产业分类对照").unwrap();
    for name in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        labels(sheet);
        numbers(sheet);
        change(sheet);
    }
    book.save(path).unwrap();
}

/// Sheet position of sector `i`: after each region comes a subtotal.
fn at(i: usize) -> u32 {
    4 + (i + i / 8) as u32
}

fn demand_at(d: usize) -> u16 {
    23 + (d + d / 4) as u16
}

fn labels(sheet: &mut Worksheet) {
    sheet.write(0, 3, "代码").unwrap();
    sheet.write(3, 0, "代            码").unwrap();
    for (r, (letter, region)) in [("A", "东北区域"), ("B", "京津区域")].into_iter().enumerate() {
        let start = at(8 * r);
        sheet.write(1, start as u16, region).unwrap();
        sheet.write(start, 1, region).unwrap();
        for k in 0..9u32 {
            let (name, code) = match SECTORS.get(k as usize) {
                Some(name) => ((*name).to_string(), format!("{letter}{:03}", k + 1)),
                None => (format!("{region}合计"), format!("{letter}900")),
            };
            sheet.write(start + k, 2, &name).unwrap();
            sheet.write(start + k, 3, &code).unwrap();
            sheet.write(2, (start + k) as u16, &name).unwrap();
            sheet.write(3, (start + k) as u16, &code).unwrap();
        }
        for k in 0..5u16 {
            let (name, code) = match DEMAND.get(k as usize) {
                Some(name) => ((*name).to_string(), format!("F{letter}{:03}", k + 1)),
                None => (format!("{region}合计"), format!("F{letter}900")),
            };
            sheet.write(2, demand_at(4 * r) + k, &name).unwrap();
            sheet.write(3, demand_at(4 * r) + k, &code).unwrap();
        }
    }
    for (c, code) in [(22, "ET"), (33, "STK"), (34, "EX"), (35, "FT"), (36, "ERR"), (37, "XX")] {
        sheet.write(3, c, code).unwrap();
    }
    for (r, code) in [(22, "IM"), (23, "ET"), (24, "VA001"), (25, "VA002"), (26, "VA003"), (27, "VA004"), (28, "VA"), (29, "XX")] {
        sheet.write(r, 3, code).unwrap();
    }
    sheet.write(24, 0, "增加值").unwrap();
    for (k, name) in ADDED.into_iter().enumerate() {
        sheet.write(24 + k as u32, 1, name).unwrap();
    }
}

fn numbers(sheet: &mut Worksheet) {
    for i in 0..N {
        for j in 0..N {
            sheet.write(at(i), at(j) as u16, z(i, j)).unwrap();
        }
        for r in 0..2 {
            sheet.write(at(i), at(8 * r) as u16 + 8, (8 * r..8 * r + 8).map(|j| z(i, j)).sum::<f64>()).unwrap();
            sheet.write(at(8 * r) + 8, at(i) as u16, (8 * r..8 * r + 8).map(|k| z(k, i)).sum::<f64>()).unwrap();
            sheet.write(at(i), demand_at(4 * r) + 4, (4 * r..4 * r + 4).map(|d| y(i, d)).sum::<f64>()).unwrap();
        }
        for d in 0..8 {
            sheet.write(at(i), demand_at(d), y(i, d)).unwrap();
        }
        for (c, v) in [(33, 2.0), (34, 3.0), (35, 99.0), (36, -1.0), (37, x(i))] {
            sheet.write(at(i), c, v).unwrap();
        }
        let bought: f64 = (0..N).map(|k| z(k, i)).sum();
        sheet.write(22, at(i) as u16, 5.0).unwrap();
        for k in 0..4 {
            sheet.write(24 + k, at(i) as u16, (x(i) - bought - 5.0) / 4.0).unwrap();
        }
        sheet.write(29, at(i) as u16, x(i)).unwrap();
    }
    for d in 0..8 {
        sheet.write(22, demand_at(d), 7.0 + d as f64).unwrap();
    }
}
