//! The synthetic provincial table from its flows: rows and columns, value added, emissions, and what is fact in it.

use ndarray::{Array1, Array2, Array3};

use super::facts::Facts;
use super::provinces::Uses;
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name};
use crate::random::Random;
use crate::table::{Sparse, Stressor, Table};

/// Demand categories, English and Chinese.
const CATEGORIES: [(&str, &str); 5] = [
    ("Rural household consumption", "农村居民消费"),
    ("Urban household consumption", "城镇居民消费"),
    ("Government consumption", "政府消费"),
    ("Gross fixed capital formation", "固定资本形成总额"),
    ("Inventory changes", "存货变动"),
];

/// Value-added rows, English and Chinese.
const VALUE_ADDED: [(&str, &str); 4] = [
    ("Compensation of employees", "劳动者报酬"),
    ("Net taxes on production", "生产税净额"),
    ("Depreciation of fixed capital", "固定资产折旧"),
    ("Operating surplus", "营业盈余"),
];

/// Share of a province's CO2 that its households emit directly, on average.
const HOUSEHOLDS: f64 = 0.05;

fn name((en, zh): (&str, &str)) -> Name {
    Name { given: en.into(), en: en.into(), zh: zh.into() }
}

/// Flows, demand, output and imports; output is the sum of its row.
pub(super) fn assemble(facts: &Facts, trade: &Array3<f64>, uses: &Uses, exports: &Array2<f64>) -> Table {
    let (r, n) = exports.dim();
    let dim = r * n;
    // room for every entry, so that growing never holds two copies
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::<u32>::with_capacity(dim * dim), Vec::<f64>::with_capacity(dim * dim));
    let mut y = Array2::zeros((dim, 5 * r));
    let mut x = Array1::zeros(dim);
    for from in 0..r {
        for i in 0..n {
            let row = from * n + i;
            let start = data.len();
            for to in 0..r {
                let share = trade[[i, from, to]];
                for j in (0..n).filter(|_| share > 0.0) {
                    let flow = share * uses.inputs[[to, i, j]];
                    if flow != 0.0 {
                        indices.push(u32::try_from(to * n + j).expect("few columns"));
                        data.push(flow);
                    }
                }
                (0..5).for_each(|c| y[[row, 5 * to + c]] = share * uses.demand[[to, i, c]]);
            }
            indptr.push(data.len());
            x[row] = data[start..].iter().sum::<f64>() + y.row(row).sum() + exports[[from, i]];
        }
    }
    let labels = Labels::regular(
        facts.provinces.iter().map(|p| p.name.clone()).collect(),
        facts.sectors.iter().map(|s| s.name.clone()).collect(),
        CATEGORIES.into_iter().map(name).collect(),
    );
    let mut table = Table::new(labels, Sparse::new((dim, dim), indptr, indices, data), y, x);
    table.exports = Some(exports.iter().copied().collect());
    table.imports = Some(uses.imports.iter().copied().collect());
    table.imports_final = Some(uses.imports_final.iter().copied().collect());
    table.unit = "10^4 yuan".into();
    table
}

/// Four rows of value added; the operating surplus is what the column leaves.
pub(super) fn value_added(table: &mut Table, seed: u64) {
    let mut random = Random::new(seed, 4);
    // in plain sums, which fix the bits of the embedded table
    let left = &table.x - &table.purchases() - table.imports.as_ref().expect("imports are set");
    let shares = [0.5, 0.14, 0.13].map(|share| left.mapv(|v| v * share * random.between(0.8, 1.2)));
    let surplus = &left - &shares[0] - &shares[1] - &shares[2];
    table.value_added = VALUE_ADDED.into_iter().map(name).zip(shares.into_iter().chain([surplus])).collect();
}

/// CO2 of each province as published (rounded), less its households' part, by intensity and output of its sectors.
pub(super) fn emissions(table: &mut Table, facts: &Facts, seed: u64) {
    let mut random = Random::new(seed, 5);
    let mut direct = Array1::zeros(table.dim());
    let mut households = Array1::zeros(facts.provinces.len());
    let power = facts.kinds.iter().position(|k| k == "power");
    for (r, p) in facts.provinces.iter().enumerate() {
        let weights: Vec<f64> = table
            .labels
            .rows(r)
            .zip(&facts.sectors)
            .map(|(i, sector)| {
                let burning = if sector.kind == power { 1.0 - 0.8 * p.clean } else { 1.0 };
                sector.co2 * burning * random.between(0.8, 1.25) * table.x[i]
            })
            .collect();
        let share = HOUSEHOLDS * random.between(0.8, 1.2);
        let Some(total) = p.co2 else { continue };
        let sum: f64 = weights.iter().sum();
        households[r] = share * total;
        table.labels.rows(r).zip(weights).for_each(|(i, w)| direct[i] = (total - households[r]) * w / sum);
    }
    table.stressors.push(Stressor { name: "CO2".into(), unit: "Mt".into(), direct, households: Some(households) });
}

/// What is fact and what is made up, for every output.
pub(super) fn describe(table: &mut Table, seed: u64) {
    table.provenance.stamp = Some("SYNTHETIC".into());
    table.provenance.notes = vec![
        format!("synthetic table of 31 provinces and 42 sectors, seed {seed}: made up to try the program; no number of it may be quoted"),
        "fact, rounded: CO2 of each province 2017 (CEADs), and what the model starts from: gross domestic product, population, capitals (fixtures/facts)".into(),
        "made up: technology, location of sectors, demand, exports and imports (fixtures/synthetic)".into(),
        "modelled: flows between provinces, by gravity between capitals with supply and use of each product held; CO2 of sectors and households, by intensity and output".into(),
        "Tibet has no CO2 inventory: its emissions are zero here".into(),
    ];
    for (r, name) in table.labels.regions.iter().enumerate() {
        let rows = table.labels.rows(r);
        if table.stressors[0].direct.slice(ndarray::s![rows]).sum() == 0.0 {
            table.remarks.push(
                Finding::new(
                    Level::Warn,
                    "emissions-missing-region",
                    format!("{name} has no CO2 inventory: its emissions count as zero; name one with `emissions` to change that"),
                )
                .region(name.en.clone()),
            );
        }
    }
}
