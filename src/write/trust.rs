//! Whether prices are identified, in text, JSON and CSV: the regressions, the placebo, what the data lack, two inventories.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::cost::{number, within};
use super::text::{grid, names};
use crate::bounded::{Bounded, greater};
use crate::cost::gate::{Line, T};
use crate::cost::{Estimate, Rule, Trust};
use crate::labels::Language;

/// What is said of the statistics.
const STATISTICS: &str = "statistics of the data, which carry no bound";

/// What replaces a price that the data do not identify.
pub const REMEDY: &str = "use costs from elsewhere (docs/costs.md): a table with low and high, curves by measure, a market price; or \
                          `accept` unidentified-prices, which every later output repeats";

/// How to have a price tested that lacks nothing but its placebo, and that it may be in vain where the regression refuses it.
fn next(trust: &Trust) -> Option<&'static str> {
    let gate = &trust.gate;
    (!gate.identified && gate.placebo.is_none()).then_some(if gate.only_placebo {
        "to have this price identified or refused: the same command with `placebo` 20, which makes 20 more estimates"
    } else {
        "a placebo (`placebo` 20) widens the range and cannot identify the price: the regression refuses it already"
    })
}

/// What goes to standard error beside a result that is not to be relied on.
pub fn warnings(trust: &Trust) -> Vec<String> {
    let mut all: Vec<String> = trust.accepted.iter().map(|rule| rule.words().to_string()).collect();
    if !trust.gate.identified && !trust.accepted.contains(&Rule::UnidentifiedPrices) {
        all.push(format!(
            "not identified: {}; ranges are printed in place of prices; {}{REMEDY}",
            trust.gate.reasons.join("; "),
            next(trust).map_or(String::new(), |n| format!("{n}; "))
        ));
    }
    all
}

fn cells(line: &Line) -> Vec<String> {
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_string();
    let years = format!("{}-{}", line.years[0], line.years[1]);
    let numbers = [line.elasticity, line.error, line.t, line.reverse, line.partial].map(|v| format!("{:.3}", v + 0.0));
    [years, word(line.region_effects), word(line.energy), line.observations.to_string()].into_iter().chain(numbers).collect()
}

/// The section of the report for people.
pub fn text(out: &mut String, trust: &Trust, language: Language) {
    let gate = &trust.gate;
    let _ = writeln!(out, "Do the data identify a price? identified: {}", gate.word());
    for reason in &gate.reasons {
        let _ = writeln!(out, "  {}", crate::escape::line(reason));
    }
    if let Some(next) = next(trust) {
        let _ = writeln!(out, "  {next}");
    }
    for note in &gate.notes {
        let _ = writeln!(out, "  note: {}", crate::escape::line(note));
    }
    let header = names(&["years", "region effects", "energy fixed", "n", "elasticity", "s.e.", "t", "reverse", "partial r2"]);
    grid(out, &header, &gate.lines.iter().map(cells).collect::<Vec<_>>());
    let _ = writeln!(out, "  clusters: regions; t above {T} is needed in all years and in the last five; {STATISTICS}");
    if let Some(p) = &gate.placebo {
        let ends = |v: &[f64]| match (v.first(), v.last()) {
            (Some(least), Some(most)) => format!("{} to {}", number(*least), number(*most)),
            _ => "none".into(),
        };
        let failed = if p.failed > 0 { format!(", {} of them without an estimate", p.failed) } else { String::new() };
        let _ = writeln!(
            out,
            "  placebo: {} draws{failed}, seed {}, CO2 per {} permuted over regions; median price {} here, {} there; {STATISTICS}",
            p.draws,
            p.seed,
            crate::escape::line(&p.per),
            number(p.price),
            ends(&p.prices)
        );
    }
    if !gate.identified {
        let range = if gate.placebo.is_some() { "supporting lines united with the prices under the placebo" } else { "supporting lines" };
        let _ = writeln!(out, "  low and high: {range}, in no verdict; if forced: the price this estimator gives all the same");
        let _ = writeln!(out, "  {REMEDY}");
    }
    let _ = writeln!(out, "Wanted for a publishable price and not in this panel: {}", trust.lacking.join("; "));
    inventories(out, trust, language);
}

/// Prices by each inventory of CO2.
fn inventories(out: &mut String, trust: &Trust, language: Language) {
    let Some(first) = trust.inventories.first() else { return };
    let names: Vec<&str> = trust.inventories.iter().map(|i| i.column.as_str()).collect();
    let _ = writeln!(out, "Inventories side by side: {}", names.join(", "));
    let mut header = vec!["region".to_string()];
    header.extend(names.iter().map(|n| format!("Mt {n}")));
    let forced = if trust.is_priced() { "price" } else { "if forced" };
    header.extend(names.iter().flat_map(|n| [format!("{forced} {n}"), "+-".into()]));
    header.extend(["largest / smallest".into(), "+-".into()]);
    let row = |(r, price): (usize, &crate::cost::Price)| {
        let mut row = vec![price.region.label(language)];
        let own = || trust.inventories.iter().filter_map(move |i| i.estimate.prices.get(r));
        row.extend(own().map(|p| p.emissions.map_or("-".into(), |e| format!("{:.1}", e.value / 1e6))));
        row.extend(own().flat_map(|p| [number(p.price.value), within(p.price)]));
        row.extend(trust.spread(r).map_or(["-".to_string(), "-".to_string()], |s| [format!("{:.2}", s.value), within(s)]));
        row
    };
    grid(out, &header, &first.estimate.prices.iter().enumerate().map(row).collect::<Vec<_>>());
    for i in &trust.inventories {
        let _ = writeln!(out, "  {}: identified {}", i.column, if i.is_identified { "yes" } else { "no" });
    }
}

/// Adds what is known beside the prices to an object.
pub fn json(o: &mut Map<String, Value>, trust: &Trust) {
    let gate = &trust.gate;
    o.insert("identified".into(), gate.word().into());
    o.insert("accepted".into(), trust.accepted.iter().map(|r| r.name()).collect::<Vec<_>>().into());
    let placebo = gate.placebo.as_ref().map(|p| {
        json!({"draws": p.draws, "without_estimate": p.failed, "seed": p.seed, "permuted_per": p.per, "level": p.level, "levels": p.levels,
            "median_price": p.price, "median_prices": p.prices, "rank_correlation": p.ranks})
    });
    o.insert(
        "gate".into(),
        json!({"identified": gate.word(), "reasons": gate.reasons, "regressions": gate.lines, "placebo": placebo, "notes": gate.notes,
            "needed_t": T, "no_bound": STATISTICS, "next": next(trust)}),
    );
    o.insert("lacking".into(), json!(trust.lacking));
    let inventories: Vec<Value> = trust
        .inventories
        .iter()
        .map(|i| {
            let key = if trust.is_priced() { "cost" } else { "if_forced" };
            let costs: Vec<Value> = i
                .estimate
                .prices
                .iter()
                .map(|p| {
                    let mut entry = Map::new();
                    entry.insert("region".into(), p.region.en.clone().into());
                    bounded(&mut entry, key, Some(p.price));
                    p.emissions.into_iter().for_each(|e| bounded(&mut entry, "emissions_t", Some(e)));
                    Value::Object(entry)
                })
                .collect();
            json!({"co2": i.column, "identified": if i.is_identified { "yes" } else { "no" }, "costs": costs})
        })
        .collect();
    o.insert("inventories".into(), inventories.into());
}

/// A number and its bound under a key; null where there is no number, no bound where it has none.
pub fn bounded(entry: &mut Map<String, Value>, key: &str, number: Option<Bounded>) {
    entry.insert(key.into(), json!(number.map(|b| b.value)));
    if let Some(bound) = number.map(|b| b.bound).filter(|b| b.is_finite()) {
        entry.insert(format!("{key}_bound"), bound.into());
    }
}

/// The cells of a price that is not identified, for people: its range, and the point that the estimator gives all the same.
pub fn unidentified(estimate: &Estimate, trust: &Trust, r: usize) -> Vec<String> {
    let [low, high] = trust.gate.ranges[r];
    let price = estimate.prices[r].price;
    let off = Bounded::new(0.0, greater(low.bound, high.bound));
    vec![number(low.value), number(high.value), within(off), number(price.value), within(price)]
}
