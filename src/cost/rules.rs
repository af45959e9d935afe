//! What a panel must keep before a price is estimated from it: comparable capital, one kind of prices, known bases.
//!
//! `capital-base`: max / min over regions of K / y in a year is at most 8; `mixed-prices`: over several years GDP and
//! capital are both in prices of one year, or both in those of each year; `price-base`: the base of capital is stated.
//! Capital made by perpetual inventory in each region's own prices of a year Y is comparable as
//! `K* = K P(T) / P(Y)`, P the region's own index. A rule is an error unless it is accepted by name, and then said; a base that is not
//! stated breaks nothing that can be seen, so it stops nothing: it is said at once and in everything made from the prices.

use serde::{Deserialize, Serialize};

use super::panel::{Panel, Prices};
use crate::error::{Error, Result};

/// The largest K / y of a region in units of the smallest that regions of one country are taken to have. A panel in own
/// prices of 1952 had 19 to 31, the same panel in prices of 2017 2.0 to 3.5.
pub const WIDEST: f64 = 8.0;

/// Tonnes of CO2 per tonne of coal equivalent between which fuels lie: gas 1.6, coal 2.8, less with power from water,
/// more with energy that is brought in or left out.
pub const CARBON: [f64; 2] = [0.5, 3.5];

/// A rule that may be accepted by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Capital is not comparable between regions.
    CapitalBase,
    /// GDP and capital are in different kinds of prices.
    MixedPrices,
    /// A money column does not say in which prices it is counted.
    PriceBase,
    /// The data do not identify a price.
    UnidentifiedPrices,
}

impl Rule {
    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        match self {
            Rule::CapitalBase => "capital-base",
            Rule::MixedPrices => "mixed-prices",
            Rule::PriceBase => "price-base",
            Rule::UnidentifiedPrices => "unidentified-prices",
        }
    }

    /// The rule of a name.
    pub fn of_name(name: &str) -> Option<Rule> {
        [Rule::CapitalBase, Rule::MixedPrices, Rule::PriceBase, Rule::UnidentifiedPrices].into_iter().find(|r| r.name() == name)
    }

    /// What is said of everything that is made from such prices.
    pub fn words(self) -> &'static str {
        match self {
            Rule::CapitalBase => "ACCEPTED capital-base: unit costs were estimated from capital that is not comparable between regions",
            Rule::MixedPrices => "ACCEPTED mixed-prices: unit costs were estimated from GDP and capital in different kinds of prices",
            Rule::PriceBase => "price-base: unit costs were estimated from money in prices that are not stated",
            Rule::UnidentifiedPrices => {
                "ACCEPTED unidentified-prices: the data behind these unit costs do not identify them; what follows from them is arithmetic on a choice"
            }
        }
    }
}

/// In which prices a money column is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Those of each year, or of one year; none: not stated.
    pub prices: Option<Prices>,
    /// The one year, where it is stated.
    pub year: Option<i32>,
    /// The index that moved it there.
    pub index: Option<String>,
}

impl Money {
    fn said(&self) -> String {
        match (self.prices, self.year) {
            (Some(Prices::Current), _) => "prices of each year".into(),
            (Some(Prices::Constant), Some(year)) => format!("constant prices of {year}"),
            (Some(Prices::Constant), None) => "constant prices of a year that is not stated".into(),
            (None, _) => "prices that are not stated".into(),
        }
    }
}

/// What the inputs of a panel are, by their headings, and in which prices its money is.
#[derive(Debug, Clone, Default)]
pub struct Headings {
    /// The stock of capital, as a position among the inputs.
    pub capital: Option<usize>,
    /// People at work.
    pub labour: Option<usize>,
    /// People.
    pub population: Option<usize>,
    /// Energy of all fuels.
    pub energy: Option<usize>,
    /// Tonnes of coal equivalent in one unit of energy, where the heading says it.
    pub coal_per_energy: Option<f64>,
    /// Prices of GDP.
    pub gdp: Money,
    /// Prices of capital.
    pub stock: Money,
}

impl Headings {
    /// What headings say of inputs.
    pub fn of(inputs: &[String]) -> Self {
        let find = |words: &[&str]| {
            inputs.iter().position(|h| {
                let plain = h.trim().to_lowercase();
                words.iter().any(|w| if w.is_ascii() { plain.starts_with(w) } else { plain.contains(w) })
            })
        };
        Headings {
            capital: find(&["capital", "资本"]),
            labour: find(&["labour", "labor", "employ", "劳动", "就业", "从业"]),
            population: find(&["pop", "人口"]),
            energy: find(&["energy", "能源"]),
            ..Headings::default()
        }
    }

    /// What stands for people: those at work, else all.
    pub fn people(&self) -> Option<usize> {
        self.labour.or(self.population)
    }
}

/// A rule that a panel breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// What was found, with both numbers.
    pub text: String,
    /// The remedy.
    pub help: &'static str,
}

/// The rules that a panel breaks.
pub fn broken(panel: &Panel) -> Vec<Broken> {
    let roles = &panel.roles;
    let Some(capital) = roles.capital else { return Vec::new() };
    let (mut all, several) = (Vec::new(), panel.years.len() > 1);
    let name = &panel.input_names[capital];
    let mixed = matches!((roles.gdp.prices, roles.stock.prices), (Some(a), Some(b)) if a != b);
    if several && roles.stock.prices.is_none() {
        all.push(Broken {
            rule: Rule::PriceBase,
            text: format!("column \"{name}\" does not say in which prices it is counted, and the panel has {} years", panel.years.len()),
            help: "say it with `capital-prices` current, constant or the YEAR, or move it to one year with `rebase`",
        });
    }
    if several && mixed {
        all.push(Broken {
            rule: Rule::MixedPrices,
            text: format!(
                "GDP is in {}, capital (\"{name}\") in {}, over {} years",
                roles.gdp.said(),
                roles.stock.said(),
                panel.years.len()
            ),
            help: "deflate GDP with `deflator`, which takes invest-price for the index of `rebase` as a proxy, or use one year",
        });
    }
    if let Some(wide) = widest(panel, capital).filter(|w| w.ratio > WIDEST) {
        all.push(Broken {
            rule: Rule::CapitalBase,
            text: format!(
                "capital (\"{name}\") is not comparable between regions: in {} it is {:.3} of GDP in {} and {:.3} in {}, {:.1} times as much; at most {WIDEST} is allowed",
                wide.year, wide.low, wide.least, wide.high, wide.most, wide.ratio
            ),
            help: "capital in each region's own prices of one year is moved to those of the price year with `rebase` capital=INDEX",
        });
    }
    all
}

/// Refuses a panel that breaks a rule; for those that are accepted, what every output must say.
///
/// # Errors
/// The first rule that is broken and not accepted, with both numbers and the remedy.
pub fn check(panel: &Panel, accepted: &[Rule]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for Broken { rule, text, help } in broken(panel) {
        if !accepted.contains(&rule) && rule == Rule::PriceBase {
            notes.push(format!("WARN: price-base: {text}; whether it is comparable between years and with GDP is not checked; {help}"));
            continue;
        }
        if !accepted.contains(&rule) {
            let place = panel.sources.first().map_or_else(|| "panel".into(), |s| s.path.display().to_string());
            return Err(Error::format(place, format!("{}: {text}", rule.name()), format!("{help}; `accept` {} goes on", rule.name())));
        }
        notes.push(format!("WARN: ACCEPTED {}: {text}", rule.name()));
    }
    if panel.roles.capital.is_none() {
        notes.push(format!(
            "no input is recognised as capital by its heading ({}): the rules on its prices are not checked",
            panel.input_names.join(", ")
        ));
    }
    notes.extend(carbon(panel));
    Ok(notes)
}

/// The year in which capital / GDP differs most between regions.
struct Width {
    year: i32,
    ratio: f64,
    low: f64,
    least: String,
    high: f64,
    most: String,
}

fn widest(panel: &Panel, capital: usize) -> Option<Width> {
    let of = |t: usize| {
        let share = |r: usize| panel.inputs[[r, t, capital]] / panel.gdp[[r, t]];
        let regions = || 0..panel.regions.len();
        let least = regions().min_by(|&a, &b| share(a).total_cmp(&share(b)))?;
        let most = regions().max_by(|&a, &b| share(a).total_cmp(&share(b)))?;
        let (low, high) = (share(least), share(most));
        let name = |r: usize| panel.regions[r].en.clone();
        Some(Width { year: panel.years[t], ratio: high / low, low, least: name(least), high, most: name(most) })
    };
    (0..panel.years.len()).filter_map(of).max_by(|a, b| a.ratio.total_cmp(&b.ratio))
}

/// What CO2 per energy lies outside of what fuels have; a flag, no error.
fn carbon(panel: &Panel) -> Vec<String> {
    let (Some(energy), Some(coal)) = (panel.roles.energy, panel.roles.coal_per_energy) else {
        return vec!["CO2 per energy is not checked: no column of energy in coal equivalent (such as energy_10kt_sce)".into()];
    };
    let content = |r: usize, t: usize| panel.co2[[r, t]] * panel.tonnes_per_co2 / (panel.inputs[[r, t, energy]] * coal);
    let mut outside: Vec<(f64, usize, usize)> = Vec::new();
    for (r, t) in (0..panel.regions.len()).flat_map(|r| (0..panel.years.len()).map(move |t| (r, t))) {
        let c = content(r, t);
        if !(CARBON[0]..=CARBON[1]).contains(&c) {
            outside.push((c, r, t));
        }
    }
    let Some(&(c, r, t)) =
        outside.iter().max_by(|a, b| (a.0 / CARBON[1]).max(CARBON[0] / a.0).total_cmp(&(b.0 / CARBON[1]).max(CARBON[0] / b.0)))
    else {
        return Vec::new();
    };
    vec![format!(
        "WARN: CO2 per energy lies outside {} to {} t per tonne of coal equivalent in {} of {} regions and years, furthest in {} {}: {c:.2}; \
         CO2 and energy do not agree there",
        CARBON[0],
        CARBON[1],
        outside.len(),
        panel.regions.len() * panel.years.len(),
        panel.regions[r].en,
        panel.years[t]
    )]
}

/// What a price fit for print needs and this panel lacks. Without fuels and their prices, switching, saving and end-of-pipe
/// abatement cannot be told apart.
pub fn lacking(panel: &Panel) -> Vec<String> {
    let roles = &panel.roles;
    let mut all = Vec::new();
    if roles.labour.is_none() {
        all.push(match roles.population {
            Some(c) => format!("employment ({} stands for it)", panel.input_names[c]),
            None => "employment".into(),
        });
    }
    match &roles.gdp {
        Money { index: Some(index), .. } => all.push(format!("a deflator of regional GDP ({index} stands for it, if it is none)")),
        Money { prices: Some(Prices::Constant), .. } => {}
        _ => all.push("deflators of regional GDP".into()),
    }
    all.push(if panel.fuels.is_empty() { "energy by fuel, with prices and CO2 factors" } else { "prices of fuels" }.into());
    all.push("outlays on abatement".into());
    all
}
