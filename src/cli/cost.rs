//! `isard cost`: what a tonne less costs in each region, estimated from a panel.

mod choices;
mod simulate;

use std::path::PathBuf;

use clap::Args;

use super::words::flags;
use super::{Outcome, print, tongue, watch, words, write};
use crate::bounded::Bounded;
use crate::cost::curve::{Fit, Form};
use crate::cost::gate::{Gate, examine};
use crate::cost::lp::Way;
use crate::cost::rules::{broken, check, lacking};
use crate::cost::simulate::Gating;
use crate::cost::{
    Direction, Disposal, Effects, Estimate, Estimator, Face, Inventory, Missing, Norm, Panel, Prices, Reference, Replicates, Returns, Rule,
    Settings, Trust, estimate,
};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::beside::panel::{PanelOptions, read};
use crate::labels::{Language, Name};
use crate::study::options::{Presenting, Reading, Wording, Writing};
use crate::study::{Study, parse, regions, word};
use crate::write::cost::{csv, curve_by_region, document, text};
use crate::write::made;
use crate::write::trust::warnings;

/// The seed where none is named.
const SEED: u64 = 2017;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard cost panel.csv --inputs capital,labour,energy --draws 200\n\
\x20 isard cost --simulate all --seeds 1-8\n\
\x20 isard cost panel.csv --region prov --gdp gdp_current_100M --co2 co2_sectoral_Mt --years 2000-2017 \\\n\
\x20     --inputs capital_1952p_100M,pop_10k,energy_10kt_sce --missing neighbour-mean --estimator quadratic --direction both --output cost \\\n\
\x20     --rebase capital=prices.csv:InvestPrice --deflator invest-price\n\
\x20 isard cost panel.csv --estimator slacks --spread bootstrap:200 --seed 7\n\
\x20 isard compensate table.xlsx --emissions inventory.xlsx --cost cost/cost.csv")]
pub(super) struct Cost {
    /// Panel: CSV with one line for each region and year
    #[arg(value_name = "PANEL", required_unless_present = "simulate")]
    panel: Option<PathBuf>,
    #[command(flatten)]
    simulation: simulate::Simulation,
    /// Estimator: local-share (shares of CO2 by convex regressions), convex (one such regression), log-linear, by-production,
    /// quadratic (distance function fitted by a linear programme), frontier (piecewise linear), slacks, meta (all of them)
    /// [default: local-share]
    #[arg(long, value_parser = word::<Estimator>(), help_heading = "Estimate")]
    estimator: Option<Estimator>,
    /// Direction of a distance function: both (1,-1), gdp (1,0), co2 (0,-1), own (y,-b)
    #[arg(long, value_parser = word::<Direction>(), help_heading = "Estimate")]
    direction: Option<Direction>,
    /// Year effects of the quadratic function: dummies, trend, none
    #[arg(long, value_parser = word::<Effects>(), default_value = "dummies", help_heading = "Estimate")]
    effects: Effects,
    /// Returns to scale of a frontier: constant, variable
    #[arg(long, value_parser = word::<Returns>(), default_value = "constant", help_heading = "Estimate")]
    returns: Returns,
    /// Disposal of CO2 on a frontier: weak (equality; prices may be negative), one-sided
    #[arg(long, value_parser = word::<Disposal>(), default_value = "weak", help_heading = "Estimate")]
    disposal: Disposal,
    /// Observations behind a frontier: year (the price year), sequential (up to it), pooled
    #[arg(long, value_parser = word::<Reference>(), default_value = "year", help_heading = "Estimate")]
    reference: Reference,
    /// Price taken where several support the technology: share-mid (middle of the shares p b / (y + p b)), log-mid, low, high
    #[arg(long, value_parser = word::<Face>(), default_value = "share-mid", help_heading = "Estimate")]
    face: Face,
    /// Years that count, ending with the price year: local-share 5, convex and by-production 3, quadratic and log-linear all
    #[arg(long, value_name = "YEARS", help_heading = "Estimate")]
    window: Option<usize>,
    /// Expectile or quantile of convex and by-production, between 0 and 1; near 1 the frontier; default 0.5
    #[arg(long, value_name = "TAU", help_heading = "Estimate")]
    tau: Option<f64>,
    /// What convex and by-production minimise: expectile (squares), quantile (absolute values); default expectile
    #[arg(long, value_parser = word::<Norm>(), help_heading = "Estimate")]
    norm: Option<Norm>,
    /// How far local-share smooths shares, in standard deviations of the ratios of inputs: 0 not, inf one share; default 1
    #[arg(long, value_name = "H", help_heading = "Estimate")]
    bandwidth: Option<f64>,
    /// Ranges of prices by local-share, from this number of draws of weights and choices; 200 without a number
    #[arg(long, value_name = "DRAWS", num_args = 0..=1, default_missing_value = "200", help_heading = "Estimate")]
    draws: Option<usize>,
    /// Highest price; higher and infinite ones become this, flagged
    #[arg(long = "price-cap", alias = "cap", value_name = "PRICE", help_heading = "Estimate")]
    cap: Option<f64>,
    /// Lowest price; lower ones become this, flagged
    #[arg(long = "price-floor", alias = "floor", value_name = "PRICE", allow_negative_numbers = true, help_heading = "Estimate")]
    floor: Option<f64>,
    /// Spread of each price: leave-one-out, bootstrap:DRAWS
    #[arg(long, value_parser = samples, help_heading = "Estimate")]
    spread: Option<Replicates>,
    /// Estimates with CO2 per energy permuted over regions, beside which the real price must stand out; 0 for none, and then
    /// no price counts as identified; default 20 for quadratic, frontier, slacks and log-linear, which are quick, else 0. With
    /// --simulate: on every panel, and the number of panels that identify the price
    #[arg(long, value_name = "N", value_parser = draws, help_heading = "Estimate")]
    placebo: Option<usize>,
    /// Seed of the bootstrap, of the draws and of the placebo; default 2017
    #[arg(long, help_heading = "Estimate")]
    seed: Option<u64>,
    /// Curves of marginal cost against carbon intensity: log-log, semi-log, quadratic, nordhaus, all; with --output, quadratic
    /// and nordhaus are also written by region for compensate --curves
    #[arg(long, value_parser = forms, help_heading = "Estimate")]
    curve: Option<Forms>,
    /// How linear programmes are solved: scaled, plain; bounds hold for both, and verify compares them
    #[arg(long, value_parser = word::<Way>(), default_value = "scaled", help_heading = "Estimate")]
    solver: Way,
    /// Column of regions
    #[arg(long, value_name = "COLUMN", help_heading = "Panel")]
    region: Option<String>,
    /// Column of years
    #[arg(long, value_name = "COLUMN", help_heading = "Panel")]
    year: Option<String>,
    /// Column of GDP
    #[arg(long, value_name = "COLUMN", help_heading = "Panel")]
    gdp: Option<String>,
    /// Column of CO2; repeated for two inventories: both are run, the first is used, the spread is printed
    #[arg(long, value_name = "COLUMN", help_heading = "Panel")]
    co2: Vec<String>,
    /// Columns of inputs, by repeating the option or separated by commas
    #[arg(long, value_name = "COLUMNS", help_heading = "Panel")]
    inputs: Vec<String>,
    /// Unit of GDP, such as "10^8 yuan"; else from the heading
    #[arg(long, value_name = "UNIT", help_heading = "Panel")]
    gdp_unit: Option<String>,
    /// Unit of CO2, such as Mt; else from the heading
    #[arg(long, value_name = "UNIT", help_heading = "Panel")]
    co2_unit: Option<String>,
    /// Let --gdp-unit and --co2-unit replace what the headings say
    #[arg(long, help_heading = "Panel")]
    override_unit: bool,
    /// Years to use, such as 2000-2017
    #[arg(long, value_parser = span, help_heading = "Panel")]
    years: Option<(i32, i32)>,
    /// Year of the prices; default the last
    #[arg(long, value_name = "YEAR", help_heading = "Panel")]
    price_year: Option<i32>,
    /// Regions with gaps: fail, exclude, neighbour-mean
    #[arg(long, value_parser = word::<Missing>(), default_value = "fail", help_heading = "Panel")]
    missing: Missing,
    /// Prices in which GDP is counted: current, constant; else from the heading
    #[arg(long, value_parser = word::<Prices>(), help_heading = "Panel")]
    prices: Option<Prices>,
    /// Price index that moves GDP to prices of the price year: a column of the panel, FILE (CSV: year, index, and region where it
    /// differs), FILE:COLUMN, or invest-price, the index of --rebase as a proxy
    #[arg(long, value_name = "INDEX", help_heading = "Panel")]
    deflator: Option<PathBuf>,
    /// Price index that moves capital from each region's own prices of one year to those of the price year: capital=INDEX
    #[arg(long, value_name = "COLUMN=INDEX", help_heading = "Panel")]
    rebase: Option<String>,
    /// A fuel among the inputs of by-production, by repeating the option: COLUMN=FACTOR, tonnes of CO2 per tonne (of coal equivalent
    /// where the heading says sce)
    #[arg(long, value_name = "COLUMN=FACTOR", help_heading = "Panel")]
    fuel: Vec<String>,
    /// Prices in which capital is counted: current, constant, or the YEAR; else from the heading
    #[arg(long, value_name = "PRICES", help_heading = "Panel")]
    capital_prices: Option<String>,
    /// Go on although a rule is broken, by repeating the option; every later output says so
    #[arg(long, value_name = "RULE", value_parser = word::<Rule>(), help_heading = "Panel")]
    accept: Vec<Rule>,
    /// Prices of groups of regions instead, weighed by direct emissions: eight-regions, north-south, or a CSV file (name, group)
    #[arg(long, value_name = "LIST", help_heading = "Panel")]
    group_regions: Option<PathBuf>,
    /// Encoding of text files: utf8, gbk
    #[arg(long, value_parser = word::<Encoding>(), default_value = "utf8", help_heading = "Panel")]
    encoding: Encoding,
    /// Largest file that is read, counted after it is unpacked, such as 20GB; default half of the memory
    #[arg(long, value_name = "SIZE", help_heading = "Panel")]
    max_size: Option<String>,
    #[command(flatten)]
    presenting: Presenting,
    #[command(flatten)]
    wording: Wording,
    /// Language of labels: en, zh, both
    #[arg(long, value_parser = word::<Language>(), default_value = "en", help_heading = "Output")]
    labels: Language,
    /// One JSON object on standard output
    #[arg(long, conflicts_with = "csv", help_heading = "Output")]
    json: bool,
    /// CSV on standard output, as compensate reads it
    #[arg(long, help_heading = "Output")]
    csv: bool,
    /// Folder for cost.csv, result.json and curves
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Put an apostrophe before labels in CSV files that a spreadsheet would take for a formula (= + - @)
    #[arg(long, help_heading = "Output")]
    csv_safe: bool,
    /// Replace an output that isard wrote before
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Threads; default all cores
    #[arg(long, help_heading = "Output")]
    threads: Option<usize>,
    /// Print nothing but errors; --json, --csv and --output write as ever
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
}

/// Forms of curve that were asked for.
#[derive(Debug, Clone)]
struct Forms(Vec<Form>);

fn forms(text: &str) -> std::result::Result<Forms, String> {
    if text == "all" {
        Ok(Forms(Form::ALL.to_vec()))
    } else {
        Ok(Forms(text.split(',').map(parse::<Form>).collect::<std::result::Result<_, _>>()?))
    }
}

fn samples(text: &str) -> std::result::Result<Replicates, String> {
    if text == "leave-one-out" {
        return Ok(Replicates::LeaveOneOut);
    }
    let draws = text.strip_prefix("bootstrap:").and_then(|n| n.parse().ok()).filter(|n| (1..=100_000).contains(n));
    draws.map(|draws| Replicates::Bootstrap { draws, seed: 0 }).ok_or_else(|| "write leave-one-out or bootstrap:200".to_string())
}

fn draws(text: &str) -> std::result::Result<usize, String> {
    text.parse().ok().filter(|n| *n <= 10_000).ok_or_else(|| "write a whole number up to 10000".to_string())
}

fn span(text: &str) -> std::result::Result<(i32, i32), String> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) => Ok((from, to)),
        _ => Err("write years as 2000-2017".into()),
    }
}

impl Cost {
    pub(super) fn run(self) -> Result<Outcome> {
        let (output, force) = (self.output.clone(), Some(self.force));
        let writing =
            Writing { threads: self.threads, quiet: Some(self.quiet), output, force, csv_safe: Some(self.csv_safe), ..Writing::default() };
        let reading = Reading { max_size: self.max_size.clone(), ..Reading::default() };
        let (presenting, wording) = (self.presenting.clone(), self.wording.clone());
        let options = Study { reading, writing, presenting, wording, ..Study::default() };
        write::may_write(&options)?;
        options.set_process()?;
        let settings = Settings { watch: watch(&options), ..self.settings()? };
        if let Some(design) = &self.simulation.simulate {
            let p = &self.presenting;
            if p.report.is_some() || p.workbook.is_some() || p.tables.is_some() {
                let text = "--report, --workbook and --tables have no effect beside --simulate, which estimates no price of data";
                return Err(Error::invalid(text, "leave them out"));
            }
            let named = [self.direction.is_some(), self.window.is_some(), self.tau.is_some(), self.bandwidth.is_some()];
            let changed = self.effects != Effects::default() || self.returns != Returns::default() || self.face != Face::default();
            let others = self.disposal != Disposal::default() || self.reference != Reference::default() || self.norm.is_some();
            let ends = self.cap.is_some() || self.floor.is_some();
            if self.estimator.is_none() && (named.contains(&true) || changed || others || ends || self.placebo.is_some()) {
                let text = "the table of all estimators takes the standard choices of each, and no placebo";
                return Err(Error::invalid(text, "name the estimator that the options are for with --estimator"));
            }
            let watch = settings.watch.clone();
            let gating = self.placebo.map(|draws| Gating { draws, seed: self.seed.unwrap_or(SEED) });
            if let (None, Some(seed)) = (gating, self.seed) {
                let text = format!("--seed {seed} is that of the placebo here, and none is made");
                return Err(Error::invalid(text, "pass --placebo 20, or name the seeds of the panels with --seeds"));
            }
            let form = if self.json { simulate::Form::Json } else { simulate::Form::Text };
            return self.simulation.run(design, self.years, self.estimator.map(|_| settings), gating, form, &watch);
        }
        let mut accepted = Vec::new();
        let mut all = Vec::new();
        for k in 0..self.co2.len().max(1) {
            all.push(self.estimated(self.co2.get(k), &settings, &mut accepted)?);
        }
        let inventories = if all.len() > 1 {
            let of = |(k, (_, estimate, gate)): (usize, &(Panel, Estimate, Gate))| Inventory {
                column: self.co2[k].clone(),
                estimate: estimate.clone(),
                is_identified: gate.identified,
            };
            all.iter().enumerate().map(of).collect()
        } else {
            Vec::new()
        };
        let (panel, estimate, gate) = all.swap_remove(0);
        if !gate.identified && self.accept.contains(&Rule::UnidentifiedPrices) {
            accepted.push(Rule::UnidentifiedPrices);
        }
        let trust = Trust { gate, accepted, lacking: lacking(&panel), inventories };
        let pairs: Vec<(Bounded, Bounded)> = estimate.prices.iter().filter_map(|p| p.intensity.map(|u| (u, p.price))).collect();
        let forms = self.curve.as_ref().map_or(&[][..], |f| &f.0);
        let fits = forms.iter().map(|&form| Fit::within(form, &pairs)).collect::<Result<Vec<_>>>()?;
        let mut files = vec![(if trust.is_priced() { "cost.csv" } else { "ranges.csv" }.to_string(), csv(&estimate, &trust))];
        if trust.is_priced() {
            files.extend(fits.iter().filter_map(|fit| curve_by_region(&estimate, fit, &trust)));
        }
        let mut document = words::spoken(document(&estimate, &panel, &fits, &trust, self.labels));
        document.head.tongue = self.wording.lang;
        write::filed(&options, &document, &made(files))?;
        match (self.json, self.csv) {
            (true, _) => write::object(&document),
            (_, true) => print(&csv(&estimate, &trust)),
            _ if self.quiet => Ok(()),
            _ => print(&tongue::told(&flags(&text(&estimate, &panel, &fits, &trust, self.labels)))),
        }?;
        if !self.quiet && !write::repeated() {
            for warning in warnings(&trust) {
                eprintln!("WARN: {}", crate::escape::line(&flags(&warning)));
            }
            let reasons = document.reasons();
            if (self.json || self.csv) && !reasons.is_empty() {
                eprintln!("UNCERTIFIED: {}", crate::escape::line(&flags(&reasons.join("; "))));
            }
        }
        Ok(document.certified().into())
    }

    /// The panel with one column of CO2, its estimate, and whether the data identify it.
    fn estimated(&self, co2: Option<&String>, settings: &Settings, accepted: &mut Vec<Rule>) -> Result<(Panel, Estimate, Gate)> {
        let path = self.panel.as_deref().unwrap_or_else(|| std::path::Path::new(""));
        let panel = read(path, &PanelOptions { co2: co2.cloned(), ..self.panel_options() })?;
        let notes = check(&panel, &self.accept)?;
        accepted.extend(broken(&panel).into_iter().map(|b| b.rule));
        accepted.sort();
        accepted.dedup();
        let mut estimate = estimate(&panel, settings)?;
        estimate.notes.extend(notes);
        let placebos = self.placebo.unwrap_or_else(|| settings.estimator.placebos());
        let gate = examine(&panel, settings, &estimate, placebos, self.seed.unwrap_or(SEED))?;
        if let Some(list) = &self.group_regions {
            let members: Vec<Name> = estimate.prices.iter().map(|p| p.region.clone()).collect();
            let grouping = regions(list, &members, self.encoding)?;
            let grouped = gate.by_group(&estimate, &grouping.groups, &grouping.of)?;
            return Ok((panel, estimate.by_group(&grouping.groups, &grouping.of)?, grouped));
        }
        Ok((panel, estimate, gate))
    }
}
