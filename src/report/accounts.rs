//! Accounts of every stressor as sheets in pymrio's shapes, and by region for people.

use serde_json::{Value, json};

use super::Report;
use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::bounded::Bounded;
use crate::decompose::accounts::Accounts;

type Account = (&'static str, fn(&Accounts) -> &Vec<Bounded>);
const BY_ROW: [Account; 2] = [("D_pba", |a| &a.pba), ("D_exp", |a| &a.exports)];
const BY_PRODUCT: [Account; 2] = [("D_cba", |a| &a.cba), ("D_imp", |a| &a.imports)];
const BY_REGION: [Account; 4] =
    [("D_pba_reg", |a| &a.pba_reg), ("D_cba_reg", |a| &a.cba_reg), ("D_imp_reg", |a| &a.imports_reg), ("D_exp_reg", |a| &a.exports_reg)];

/// All there is to say; the sheets are files of pymrio's layout.
pub fn document<'r>(report: &'r Report, all: &'r [Accounts]) -> Document<'r> {
    let (table, labels) = (&report.leontief.system.table, report.leontief.system.labels());
    let mut d = report.about();
    let region = |r: usize| labels.regions[r].label(report.language);
    let name = |n: &crate::labels::Name| n.label(report.language);
    let rows: Vec<Vec<String>> = (0..labels.dim()).map(|i| vec![region(labels.region_of(i)), name(&labels.sectors[i])]).collect();
    let products: Vec<Vec<String>> = all[0].products.iter().map(|(r, n)| vec![region(*r), name(n)]).collect();
    let stressors: Vec<String> = table.stressors.iter().map(|s| s.name.clone()).collect();
    d.put("stressors", stressors.clone());
    d.put("units", report.flows.iter().map(|f| f.unit.clone()).collect::<Vec<_>>());
    d.put("regions", report.regions());
    d.put("rows", json!(rows));
    d.put("products", json!(products));
    for (name, part) in [("households", (|b| b.value) as fn(&Bounded) -> f64), ("households_bound", |b| b.bound)] {
        let one = |f: &crate::decompose::Flows| json!(f.households.as_ref().map(|h| h.iter().map(part).collect::<Vec<_>>()));
        d.put(name, report.flows.iter().map(one).collect::<Value>());
    }
    let stressor = Axis::of("stressor", stressors);
    let parts = ["region", "sector"];
    let (rows, products, regions) = (Axis::parts(&parts, rows), Axis::parts(&parts, products), Axis::of("region", report.regions()));
    for (columns, list) in [(rows, &BY_ROW[..]), (products, &BY_PRODUCT), (regions, &BY_REGION)] {
        for (name, pick) in list {
            let cells = move |k: usize| pick(&all[k]).iter().map(|v| Cell::Bounded(*v)).collect();
            let sheet = Sheet::new(stressor.clone(), columns.clone(), Layout::Apart, cells);
            d.sheets.push(sheet.file(name, "", "").units(|k, _| report.flows[k].unit.clone()).lists(name, &format!("{name}_bound")));
        }
    }
    let unit = |k: usize| vec![report.flows[k].unit.as_str().into()];
    d.sheets.push(Sheet::new(stressor, Axis::of("", vec!["unit".into()]), Layout::Apart, unit).file("unit", "", ""));
    for ((a, stressor), flows) in all.iter().zip(&table.stressors).zip(&report.flows) {
        let included =
            if stressor.households.is_some() { "households included in D_pba_reg and D_cba_reg" } else { "no household emissions given" };
        let columns = Axis::of("", BY_REGION.iter().map(|(name, _)| (*name).to_string()).collect());
        let cells = |r: usize| BY_REGION.iter().map(|(_, pick)| Cell::Bounded(pick(a)[r])).collect();
        let title = format!("Accounts of {}, {} ({included})", stressor.name, flows.unit);
        d.sheets.push(Sheet::new(Axis::of("region", report.regions()), columns, Layout::Apart, cells).page(title));
    }
    d.note(["by sector and product: `json` or `output` DIR".to_string()]);
    d
}
