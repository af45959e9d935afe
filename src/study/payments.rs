//! Payments of a study: costs, the settlement, and what was asked for beside it.

use std::path::PathBuf;

use super::Study;
use super::file::members;
use super::load::SEED;
use crate::bounded::Bounded;
use crate::compensation::{
    Choices, Compensation, CostSource, Division, Duty, Main, Market, PriceRule, Sensitivity, Settlement, Size, compare, divisions,
    linear_at_mean_rate, market, sensitivity, settle, unbalanced,
};
use crate::cost::{Costs, UnitCosts, tonnes};
use crate::error::{Error, Result};
use crate::formats::beside::costs::{read_cost_columns, read_costs};
use crate::formats::beside::{curves, population};
use crate::report::Report;
use crate::responsibility::Principle;
use crate::table::Table;
use crate::units::Gas;
use crate::watch::Watch;

/// Everything the options ask for about payments; needs the accounts.
pub fn settlement(study: &Study, report: &mut Report, watch: &Watch) -> Result<()> {
    watch.units("payments", 0, 4)?;
    let leontief = report.leontief.clone();
    let (source, mut settled) = pay(study, report)?;
    let costs = &source[0].costs;
    report.checks.push(settled.payments.balanced());
    let labels = leontief.system.labels();
    report.warnings.extend(settled.size.too_large(&settled.payments.net, labels));
    let flows = report.main_flows();
    let ((tonnes, _), pricing) = (priced(study, report, &source)?, study.pricing());
    watch.units("payments", 1, 4)?;
    if study.paying.compare.unwrap_or(false) {
        let (bilateral, gap) = (division(study, report, Duty::Shared), division(study, report, Duty::GapProrata));
        let (all, left_out) = compare(&bilateral, &gap, flows, costs, &pricing, tonnes)?;
        settled.payments.notes.extend(left_out.into_iter().map(|l| format!("left out of the comparison: {l}")));
        settled.comparison = all;
    }
    if study.paying.unbalanced.unwrap_or(false) {
        settled.unbalanced = Some(unbalanced(&division(study, report, Duty::GapProrata), flows, costs, tonnes));
    }
    watch.units("payments", 2, 4)?;
    if study.paying.market.unwrap_or(study.paying.curves.is_some()) {
        settled.market = Some(optimum(study, report, &settled.payments, costs, tonnes)?);
    }
    watch.units("payments", 3, 4)?;
    if study.paying.sensitivity.unwrap_or(false) {
        settled.sensitivity = Some(vary(study, report, &source, tonnes)?);
    }
    let mut checks = Vec::new();
    checks.extend((!settled.comparison.is_empty()).then(|| Compensation::all_balanced(&settled.comparison)));
    checks.extend(settled.market.iter().flat_map(Market::checks));
    checks.extend(settled.sensitivity.iter().map(|s| s.check.clone()));
    report.checks.extend(checks);
    report.compensation = Some(settled);
    Ok(())
}

/// The payments by the duty and price rule of the study, with all cost sources; the first one is used.
pub fn pay(study: &Study, report: &Report) -> Result<(Vec<CostSource>, Settlement)> {
    let (table, flows) = (&report.leontief.system.table, report.main_flows());
    let sources = costs(study, table)?;
    let costs = &sources[0].costs;
    let duty = study.paying.duty.unwrap_or_default();
    let division = division(study, report, duty);
    let (tonnes, notes) = priced(study, report, &sources)?;
    let mut payments = settle(duty, &division, flows, costs, &study.pricing(), tonnes)?;
    payments.notes.extend(notes);
    if sources.len() > 1 {
        payments.notes.push(format!("unit costs of the first of {} sources: {}", sources.len(), sources[0].name));
    }
    let encoding = study.reading.encoding.unwrap_or_default();
    let people = study.counting.population.as_deref().map(|file| population(file, encoding, &table.labels)).transpose()?;
    let size = Size::new(table, &costs.money, people);
    Ok((sources, Settlement { payments, size, comparison: Vec::new(), unbalanced: None, market: None, sensitivity: None }))
}

/// Tonnes that are paid for in one unit of the emissions, for costs that are all of one gas.
fn priced(study: &Study, report: &Report, sources: &[CostSource]) -> Result<(f64, Vec<String>)> {
    let gas = sources[0].costs.gas;
    if let Some(other) = sources.iter().find(|s| s.costs.gas != gas) {
        let name = |gas: Option<Gas>| gas.map_or("no named gas", Gas::name);
        let (first, text) = (&sources[0], "cost sources are for tonnes of different gases");
        let text = format!("{text}: {} of {}, {} of {}", first.name, name(gas), other.name, name(other.costs.gas));
        return Err(Error::invalid(text, "compare costs per tonne of one gas"));
    }
    let stressor = &report.leontief.system.table.stressors[report.stressor];
    tonnes(&stressor.name, &report.main_flows().unit, gas, study.paying.gwp)
}

/// The division behind a duty: the sharing rule, or the principle of the gaps.
fn division(study: &Study, report: &Report, duty: Duty) -> Division {
    let gap = matches!(duty, Duty::GapProrata | Duty::GapFund);
    let principle = study.paying.gap_principle.filter(|_| gap).unwrap_or(Principle::Shared);
    let (accounts, factor) = report.accounts.as_ref().expect("accounts come before payments");
    let account = accounts.iter().find(|a| a.principle == principle).expect("every principle has an account");
    Division::of(&report.leontief, report.stressor, report.main_flows(), &study.sharing(), factor, account)
}

fn optimum(study: &Study, report: &Report, payments: &Compensation, costs: &UnitCosts, tonnes: f64) -> Result<Market> {
    let (flows, labels) = (report.main_flows(), report.leontief.system.labels());
    let (curves, money, note) = match &study.paying.curves {
        Some(file) => {
            let known: Vec<Bounded> = flows.direct.iter().map(|d| *d * Bounded::exact(tonnes)).collect();
            let direct: Vec<f64> = known.iter().map(|d| d.value).collect();
            let (read, money) = curves(file, study.reading.encoding.unwrap_or_default(), labels, &direct)?;
            // curves over rates stand on direct emissions, which are sums
            let read =
                read.into_iter().zip(&known).map(|(c, d)| if c.base == d.value { c.within(d.bound, 0.0) } else { c }).collect::<Vec<_>>();
            (read, money, format!("cost curves of {}", file.display()))
        }
        None => {
            let lines = linear_at_mean_rate(&payments.duties, flows, costs, &report.regions(), tonnes)?;
            let note = "no curves given: rule linear-at-mean-rate, straight lines from 0 through the unit cost at the reduction rate total duty / \
                        total direct emissions, a made-up shape";
            (lines, costs.money.as_str(), note.to_string())
        }
    };
    let mut found = market(&payments.duties, &curves, money, tonnes)?;
    found.notes.push(note);
    Ok(found)
}

fn vary(study: &Study, report: &Report, costs: &[CostSource], tonnes: f64) -> Result<Sensitivity> {
    let flows = report.main_flows();
    let known = report.accounts.as_ref().expect("accounts come before payments");
    let principles = study.paying.vary_principles.clone().unwrap_or_else(|| Principle::ALL.to_vec());
    let divisions = divisions(&report.leontief, report.stressor, flows, &study.sharing(), known, &principles)?;
    let duty = study.paying.duty.unwrap_or_default();
    let main = Main { division: division(study, report, duty).name, duty, rule: study.paying.price_rule.unwrap_or_default() };
    let labels = report.leontief.system.labels();
    let follow = members(study.paying.follow.as_deref().unwrap_or_default(), |name| labels.find_region(name).is_some());
    let follow = follow.iter().map(|name| labels.region(name)).collect::<Result<Vec<usize>>>()?;
    let choices = Choices {
        divisions: &divisions,
        costs,
        duties: study.paying.vary_duties.as_deref().unwrap_or(Duty::ALL),
        rules: study.paying.vary_rules.as_deref().unwrap_or(PriceRule::ALL),
        pricing: study.pricing(),
        tonnes,
        watch: report.leontief.watch(),
    };
    sensitivity(flows, &choices, &main, &follow)
}

/// Unit abatement costs: from files, one price, or those of the embedded table; at least one source.
fn costs(study: &Study, table: &Table) -> Result<Vec<CostSource>> {
    let labels = &table.labels;
    let files = study.cost_files();
    match (&files[..], study.paying.price) {
        ([_, ..], Some(_)) => Err(Error::invalid("both --cost and --price are given", "keep one of them")),
        ([_, _, ..], None) if !study.paying.sensitivity.unwrap_or(false) => Err(Error::invalid(
            format!("{} cost files are given, but payments need one", files.len()),
            "pass --sensitivity to compare them, or name one",
        )),
        ([_, ..], None) => named_costs(study, &files, table),
        ([], Some(price)) if price >= 0.0 && price.is_finite() => {
            let name = format!("one price of {price}");
            Ok(vec![CostSource { name, costs: UnitCosts::uniform(price, "yuan", labels.region_count()) }])
        }
        ([], Some(price)) => Err(Error::invalid(format!("--price must be a number of at least 0, not {price}"), "give money per tonne")),
        ([], None) if study.placing.table.is_none() => {
            let rows = crate::synth::costs(study.reading.seed.unwrap_or(SEED));
            let mut costs =
                UnitCosts::join(&Costs { rows, bounds: Vec::new(), unit: "yuan/t".into(), source: None, places: Vec::new() }, labels)?;
            costs.notes.push("SYNTHETIC unit abatement costs, made up".into());
            Ok(vec![CostSource { name: "synthetic".into(), costs }])
        }
        ([], None) => Err(Error::invalid(
            "compensation needs abatement costs",
            "pass --cost FILE (columns region, cost_yuan_per_t) or --price NUMBER for one price",
        )),
    }
}

/// The columns of all cost files: one file and one column, or any number of both for the sensitivity.
fn named_costs(study: &Study, files: &[PathBuf], table: &Table) -> Result<Vec<CostSource>> {
    let encoding = study.reading.encoding.unwrap_or_default();
    let mut all: Vec<CostSource> = Vec::new();
    for file in files {
        let columns = if study.paying.sensitivity.unwrap_or(false) {
            read_cost_columns(file, encoding)?
        } else {
            vec![(String::new(), read_costs(file, encoding)?)]
        };
        let stem = file.file_name().map(|s| s.to_string_lossy().replacen(".csv", "", 1)).unwrap_or_default();
        let alone = files.len() == 1;
        for (column, costs) in &columns {
            let name = match columns.len() {
                1 => stem.clone(),
                _ if alone => column.clone(),
                _ => format!("{stem}:{column}"),
            };
            if all.iter().any(|c| c.name == name) {
                let text = format!("two cost sources are called \"{name}\"");
                return Err(Error::invalid(text, "rename one of the files or columns"));
            }
            all.push(CostSource { name, costs: UnitCosts::join(costs, &table.labels)? });
        }
    }
    Ok(all)
}
