//! `isard accounts`: D_pba, D_cba, D_imp, D_exp and their `_reg` forms, in pymrio's shapes.

use clap::Args;
use serde_json::{Map, Value, json};

use super::load::{Loaded, leontief, load, stressor, system};
use super::options::ModelInput;
use super::run::base;
use super::{Outcome, print, write};
use crate::bounded::Bounded;
use crate::decompose::accounts::{Accounts as Table, accounts, stack};
use crate::error::Result;
use crate::report::{Report, csv, text};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard accounts pymrio_folder --factor emissions/CO2,emissions/CH4 --output accounts")]
pub struct Accounts {
    #[command(flatten)]
    input: ModelInput,
}

type Account = (&'static str, fn(&Table) -> &Vec<Bounded>);
const BY_ROW: [Account; 2] = [("D_pba", |a| &a.pba), ("D_exp", |a| &a.exports)];
const BY_PRODUCT: [Account; 2] = [("D_cba", |a| &a.cba), ("D_imp", |a| &a.imports)];
const BY_REGION: [Account; 4] =
    [("D_pba_reg", |a| &a.pba_reg), ("D_cba_reg", |a| &a.cba_reg), ("D_imp_reg", |a| &a.imports_reg), ("D_exp_reg", |a| &a.exports_reg)];

impl Accounts {
    pub fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, findings } = load(&options)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, table.clone())?;
        let leontief = leontief(&options, system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        let all: Vec<Table> = report.flows.iter().enumerate().map(|(k, f)| accounts(&leontief, k, f)).collect();
        report.more = all.iter().zip(&report.flows).map(|(a, f)| a.verdict(f)).collect();
        if let Some(folder) = &options.writing.output {
            let mut files = files(&report, &all);
            files.push((crate::io::folder::MARK.into(), object(&report, &all)));
            write::results(&options, folder, &files)?;
        }
        if options.json() {
            write::json(&object(&report, &all))?;
        } else {
            let mut out = text::head(&report);
            out += &text::accounts(&report, &all);
            out += &text::certificate(&report);
            print(&out)?;
        }
        Ok(report.certified().into())
    }
}

fn stressors(report: &Report) -> Vec<String> {
    report.leontief.system.table.stressors.iter().map(|s| s.name.clone()).collect()
}

/// Region and sector of every row, and of every product column.
fn headers(report: &Report, all: &[Table]) -> [Vec<(String, String)>; 2] {
    let (labels, language) = (report.leontief.system.labels(), report.language);
    let rows =
        (0..labels.dim()).map(|i| (labels.regions[labels.region_of(i)].label(language), labels.sectors[i].label(language))).collect();
    let products = all[0].products.iter().map(|(r, name)| (labels.regions[*r].label(language), name.label(language))).collect();
    [rows, products]
}

/// pymrio's text files, readable by `pymrio.load`.
fn files(report: &Report, all: &[Table]) -> Vec<(String, String)> {
    let names = stressors(report);
    let [rows, products] = headers(report, all);
    let mut files = Vec::new();
    let values = |pick: fn(&Table) -> &Vec<Bounded>| stack(&all.iter().map(|a| pick(a).clone()).collect::<Vec<_>>());
    for (list, header) in [(BY_ROW, &rows), (BY_PRODUCT, &products)] {
        for (name, pick) in list {
            let (regions, sectors) = header.iter().cloned().unzip();
            files
                .push((format!("{name}.txt"), csv::pymrio(&[("region", regions), ("sector", sectors)], "stressor", &names, &values(pick))));
        }
    }
    for (name, pick) in BY_REGION {
        files.push((format!("{name}.txt"), csv::pymrio(&[("region", report.regions())], "stressor", &names, &values(pick))));
    }
    let units = report.leontief.system.table.stressors.iter().map(|s| (s.name.as_str(), s.unit.as_str()));
    files.push(("unit.txt".into(), csv::pymrio_units(units)));
    let mut parameters = Map::new();
    for (name, header) in
        BY_ROW.iter().chain(&BY_PRODUCT).map(|a| (a.0, "2")).chain(BY_REGION.iter().map(|a| (a.0, "1"))).chain([("unit", "1")])
    {
        parameters.insert(name.into(), json!({"name": format!("{name}.txt"), "nr_index_col": "1", "nr_header": header}));
    }
    let parameters = json!({"files": parameters, "systemtype": "Extension", "name": "isard accounts"});
    files.push(("file_parameters.json".into(), parameters.to_string()));
    files
}

fn object(report: &Report, all: &[Table]) -> String {
    let [rows, products] = headers(report, all);
    let mut o = Map::new();
    let table = &report.leontief.system.table;
    o.insert("isard".into(), env!("CARGO_PKG_VERSION").into());
    o.insert("stamp".into(), json!(report.stamp()));
    o.insert("stressors".into(), json!(stressors(report)));
    o.insert("units".into(), table.stressors.iter().map(|s| s.unit.clone()).collect());
    o.insert("regions".into(), json!(report.regions()));
    o.insert("rows".into(), json!(rows));
    o.insert("products".into(), json!(products));
    for (name, pick) in BY_ROW.iter().chain(&BY_PRODUCT).chain(&BY_REGION) {
        let part = |f: fn(&Bounded) -> f64| all.iter().map(|a| pick(a).iter().map(|b| json!(f(b))).collect::<Value>()).collect::<Value>();
        o.insert((*name).into(), part(|b| b.value));
        o.insert(format!("{name}_bound"), part(|b| b.bound));
    }
    for (name, part) in [("households", (|b| b.value) as fn(&Bounded) -> f64), ("households_bound", |b| b.bound)] {
        let one = |f: &crate::decompose::Flows| json!(f.households.as_ref().map(|h| h.iter().map(part).collect::<Vec<_>>()));
        o.insert(name.into(), report.flows.iter().map(one).collect());
    }
    o.insert("certified".into(), report.certified().into());
    o.insert("certificate".into(), crate::verdict::SCOPE.into());
    o.insert("uncertified_because".into(), json!(report.reasons()));
    o.insert("verdicts".into(), json!(report.verdicts()));
    o.insert("solves".into(), json!(report.leontief.families()));
    o.insert("checks".into(), json!(report.checks));
    o.insert("audit".into(), json!(report.findings));
    o.insert("provenance".into(), json!(table.provenance));
    serde_json::to_string(&o).expect("plain values") + "\n"
}
