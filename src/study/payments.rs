//! Payments of a study: costs, the settlement, and what was asked for beside it.

use std::path::PathBuf;

use super::Study;
use super::file::members;
use super::load::SEED;
use crate::bounded::Bounded;
use crate::compensation::{
    Abatement, Abatements, Case, Choices, Compensation, CostOf, CostSource, Division, Duty, Main, Market, PriceRule, Pricing, Sensitivity,
    Settlement, Size, compare, divisions, linear_at_mean_rate, market, sensitivity, settle, unbalanced,
};
use crate::cost::{Costs, UnitCosts, tonnes};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::beside::costs::{read_cost_columns, read_costs};
use crate::formats::beside::{GivenCurves, curves, population};
use crate::report::Report;
use crate::responsibility::Principle;
use crate::table::Table;
use crate::units::Gas;
use crate::watch::Watch;

/// Everything the options ask for about payments; needs the accounts.
pub(super) fn settlement(study: &Study, report: &mut Report, watch: &Watch) -> Result<()> {
    watch.units("payments", 0, 4)?;
    let leontief = report.leontief.clone();
    let (source, given, mut settled) = pay(study, report)?;
    let costs = &source[0].costs;
    report.warnings.extend(said(&source, given.as_ref()));
    report.checks.push(settled.payments.balanced());
    let labels = leontief.system.labels();
    report.warnings.extend(settled.size.too_large(&settled.payments.net, labels));
    let flows = report.main_flows();
    let (tonnes, _) = priced(study, report, &source)?;
    let pricing = Pricing { whole: source[0].whole.as_ref(), ..study.pricing() };
    let duty = study.paying.duty.unwrap_or_default();
    let case = Case { duty, division: &division(study, report, duty), flows, pricing, tonnes };
    settled.claims = case.claims(&source, &settled.payments)?;
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
    let rising = given.as_ref().is_some_and(|g| g.curves.iter().all(|c| c.rising().is_some()));
    if study.paying.market.unwrap_or(rising) {
        settled.market = Some(optimum(study, report, &settled.payments, costs, given.as_ref(), tonnes)?);
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
pub(super) fn pay(study: &Study, report: &Report) -> Result<(Vec<CostSource>, Option<GivenCurves>, Settlement)> {
    let (table, flows) = (&report.leontief.system.table, report.main_flows());
    let given = curves_of(study, report)?;
    let mut sources = costs(study, table, given.as_ref())?;
    whole(study, &report.regions(), given.as_ref(), &mut sources)?;
    let costs = &sources[0].costs;
    let duty = study.paying.duty.unwrap_or_default();
    let division = division(study, report, duty);
    let (tonnes, notes) = priced(study, report, &sources)?;
    let pricing = Pricing { whole: sources[0].whole.as_ref(), ..study.pricing() };
    let mut payments = settle(duty, &division, flows, costs, &pricing, tonnes)?;
    payments.notes.extend(notes);
    if sources.len() > 1 {
        payments.notes.push(format!("unit costs of the first of {} sources: {}", sources.len(), sources[0].name));
    }
    let encoding = study.reading.encoding.unwrap_or_default();
    let people = study.counting.population.as_deref().map(|file| population(file, encoding, &table.labels)).transpose()?;
    let size = Size::new(table, &costs.money, people);
    let settled = Settlement { payments, size, comparison: Vec::new(), unbalanced: None, market: None, sensitivity: None, claims: None };
    Ok((sources, given, settled))
}

/// What every output repeats of costs whose data broke a rule.
fn said(sources: &[CostSource], given: Option<&GivenCurves>) -> Vec<Finding> {
    let of_costs = sources.iter().flat_map(|s| s.costs.accepted.iter().map(|rule| (s.name.as_str(), *rule)));
    let of_curves = given.into_iter().flat_map(|g| g.accepted.iter().map(|rule| ("cost curves", *rule)));
    let broken = of_costs.chain(of_curves).map(|(name, rule)| Finding::new(Level::Warn, rule.name(), format!("{name}: {}", rule.words())));
    let beyond =
        given.into_iter().flat_map(|g| g.beyond.iter().map(|text| Finding::new(Level::Warn, "abatement-beyond-emissions", text.as_str())));
    broken.chain(beyond).collect()
}

/// The curves of abatement that are given, over direct emissions in tonnes.
fn curves_of(study: &Study, report: &Report) -> Result<Option<GivenCurves>> {
    let Some(file) = &study.paying.curves else { return Ok(None) };
    let stressor = &report.leontief.system.table.stressors[report.stressor];
    let (flows, labels) = (report.main_flows(), report.leontief.system.labels());
    let (tonnes, _) = tonnes(&stressor.name, &flows.unit, None, study.paying.gwp)?;
    let direct: Vec<Bounded> = flows.direct.iter().map(|d| *d * Bounded::exact(tonnes)).collect();
    curves(file, study.reading.encoding.unwrap_or_default(), labels, &direct).map(Some)
}

/// Lets whole duties cost what all their tonnes cost: by the curves that are given, else, where that is asked for, along a
/// constant share of CO2 in the product. The first source takes the curves; others stay at the margin.
fn whole(study: &Study, regions: &[String], given: Option<&GivenCurves>, sources: &mut [CostSource]) -> Result<()> {
    let asked = study.paying.cost_of;
    if asked == Some(CostOf::Marginal) {
        return Ok(());
    }
    if let (Some(given), Some(first)) = (given, sources.first_mut()) {
        if given.money != first.costs.money {
            let text = format!("cost curves are in {}, unit costs in {}", given.money, first.costs.money);
            if asked.is_some() {
                return Err(Error::unit(text, "give both in one currency"));
            }
            first.costs.notes.push(format!("{text}: payments are made at unit costs, whole duties are not integrated along the curves"));
            return Ok(());
        }
        let pricing = study.pricing();
        let one = matches!(pricing.rule, PriceRule::National | PriceRule::Ets) && study.paying.duty != Some(Duty::GapFund);
        if first.name != "curves" && !one {
            let text = "whole duties cost what `curves` say; the unit costs of";
            first.costs.notes.push(format!("{text} {} and their ranges bear on no payment but those of `cost-of` marginal", first.name));
        }
        first.whole = Some(Abatements { regions: regions.to_vec(), curves: given.curves.clone() });
        return Ok(());
    }
    if asked == Some(CostOf::Integral) {
        for source in sources {
            if source.costs.carbon.is_none() && source.costs.is_uniform() {
                source.costs.notes.push("one price for every tonne: a whole duty costs its tonnes times the price".into());
            } else {
                source.whole = Some(shares(regions, source)?);
            }
        }
    }
    Ok(())
}

/// Curves `y [1 - (1 - a/b)^eps]` of a source that has emissions and intensities beside its costs.
fn shares(regions: &[String], source: &CostSource) -> Result<Abatements> {
    let costs = &source.costs;
    let curve = |(r, cost): (usize, &Bounded)| match costs.carbon.as_ref().and_then(|all| all[r]) {
        Some([emissions, product]) => Ok(Abatement::Share { product, emissions, elasticity: *cost * emissions / product }),
        None => {
            let text = format!("{}: no emissions and carbon intensity for {}, so no curve of its costs exists", source.name, regions[r]);
            Err(Error::missing(text, "give `curves`, columns emissions_t and t_per_10k as isard cost writes them, or `cost-of` marginal"))
        }
    };
    Ok(Abatements { regions: regions.to_vec(), curves: costs.value.iter().enumerate().map(curve).collect::<Result<_>>()? })
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
    let (accounts, theta) = report.accounts.as_ref().expect("accounts come before payments");
    let account = accounts.iter().find(|a| a.principle == principle).expect("every principle has an account");
    Division::of(&report.leontief, report.stressor, report.main_flows(), &study.sharing(), theta, account)
}

fn optimum(
    study: &Study,
    report: &Report,
    payments: &Compensation,
    costs: &UnitCosts,
    given: Option<&GivenCurves>,
    tonnes: f64,
) -> Result<Market> {
    let flows = report.main_flows();
    let (curves, money, note) = match (given, &study.paying.curves) {
        (Some(given), Some(file)) => {
            let rising: Option<Vec<_>> = given.curves.iter().map(Abatement::rising).collect();
            let Some(read) = rising else {
                let text = format!("{}: measures and flat prices do not rise strictly, so no market price is unique", file.display());
                return Err(Error::invalid(text, "leave `market` out, or give curves that rise"));
            };
            (read, given.money, format!("cost curves of {}", file.display()))
        }
        _ => {
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
        duties: study.paying.vary_duties.as_deref().unwrap_or(&Duty::ALL),
        rules: study.paying.vary_rules.as_deref().unwrap_or(&PriceRule::ALL),
        pricing: study.pricing(),
        tonnes,
        watch: report.leontief.watch(),
    };
    sensitivity(flows, &choices, &main, &follow)
}

/// Unit abatement costs: from files, one price, or those of the embedded table; at least one source.
fn costs(study: &Study, table: &Table, given: Option<&GivenCurves>) -> Result<Vec<CostSource>> {
    let labels = &table.labels;
    let files = study.cost_files();
    match (&files[..], study.paying.price) {
        ([_, ..], Some(_)) => Err(Error::invalid("both `cost` and `price` are given", "keep one of them")),
        ([_, _, ..], None) if !study.paying.sensitivity.unwrap_or(false) => Err(Error::invalid(
            format!("{} cost files are given, but payments need one", files.len()),
            "pass `sensitivity` to compare them, or name one",
        )),
        ([_, ..], None) => named_costs(study, &files, table),
        ([], Some(price)) if price >= 0.0 && price.is_finite() => {
            let name = if price < 1e12 { format!("one price of {price}") } else { format!("one price of {price:e}") };
            Ok(vec![CostSource { name, costs: UnitCosts::uniform(price, "yuan", labels.region_count()), whole: None }])
        }
        ([], Some(price)) => Err(Error::range(format!("`price` must be a number of at least 0, not {price}"), "give money per tonne")),
        ([], None) if given.is_some() => {
            let given = given.expect("it is given");
            let value: Vec<Bounded> = given.curves.iter().map(|c| c.marginal(0.0)).collect();
            if let Some(r) = (0..value.len()).find(|&r| !value[r].value.is_finite()) {
                let text = format!("{} has no measure, so no cost of abatement", labels.regions[r]);
                return Err(Error::missing(text, "add one, or give unit costs of all regions with `cost`"));
            }
            let note =
                "unit costs are those of the first tonne of each curve where one number is needed: the price rule national, the market";
            let costs = UnitCosts { value, money: given.money.into(), notes: vec![note.into()], ..UnitCosts::default() };
            Ok(vec![CostSource { name: "curves".into(), costs, whole: None }])
        }
        ([], None) if study.is_embedded() => {
            let rows = crate::synth::costs(study.reading.seed.unwrap_or(SEED));
            let mut costs = UnitCosts::join(&Costs { rows, unit: "yuan/t".into(), ..Costs::default() }, labels)?;
            costs.notes.push("SYNTHETIC unit abatement costs, made up".into());
            Ok(vec![CostSource { name: "synthetic".into(), costs, whole: None }])
        }
        ([], None) => Err(Error::missing(
            "compensation needs abatement costs",
            "pass `cost` FILE (columns region, cost_yuan_per_t) or `price` NUMBER for one price",
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
            all.push(CostSource { name, costs: UnitCosts::join(costs, &table.labels)?, whole: None });
        }
    }
    Ok(all)
}
