//! `isard cost --simulate`: estimators on panels whose true prices are known.

use clap::Args;

use crate::cli::{Outcome, print, tongue, words, write};
use crate::cost::Settings;
use crate::cost::simulate::{DESIGNS, Design, Entrant, Gating, entrants, run};
use crate::error::{Error, Result};
use crate::watch::Watch;
use crate::write::cost::simulate::{document, text};

#[derive(Args, Default)]
pub(super) struct Simulation {
    /// Instead of a panel: how near estimators come to true prices on made-up panels; a design (A1, A2, A3, D1, D2, D3, D4, B1,
    /// B2, C1, C2, C3, N) or all
    #[arg(long, value_name = "DESIGN", num_args = 0..=1, default_missing_value = "all", help_heading = "Simulation",
        conflicts_with_all = ["panel", "region", "year", "gdp", "co2", "inputs", "gdp_unit", "co2_unit", "override_unit", "price_year",
            "missing", "prices", "deflator", "group_regions", "encoding", "max_size", "csv", "csv_safe", "output", "force", "labels",
            "spread", "curve", "draws", "rebase", "capital_prices", "accept", "fuel"])]
    pub simulate: Option<String>,
    /// Number of regions of simulated panels; default that of the design
    #[arg(long, value_name = "N", requires = "simulate", help_heading = "Simulation")]
    regions: Option<usize>,
    /// Seeds of simulated panels, such as 1-8 or 3; default 1-8
    #[arg(long, value_name = "SEEDS", requires = "simulate", value_parser = seeds, help_heading = "Simulation")]
    seeds: Option<(u64, u64)>,
}

/// How the table is printed.
pub(super) enum Form {
    Json,
    Text,
}

fn seeds(text: &str) -> std::result::Result<(u64, u64), String> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) if from <= to && to - from < 1000 => Ok((from, to)),
        _ => Err("write seeds as 1-8, at most 1000 of them".into()),
    }
}

impl Simulation {
    /// Measures one estimator, or all of them with their standard choices, and prints the table.
    ///
    /// # Errors
    /// Sizes out of range, an unknown design, an estimator without a result on any panel.
    pub(super) fn run(
        &self,
        design: &str,
        years: Option<(i32, i32)>,
        named: Option<Settings>,
        gating: Option<Gating>,
        form: Form,
        watch: &Watch,
    ) -> Result<Outcome> {
        let years = match years {
            None => None,
            Some((from, to)) if from == to && (1..=200).contains(&from) => Some(from as usize),
            Some((from, to)) => {
                let text = format!("--years of a simulation is a number of years up to 200, found {from}-{to}");
                return Err(Error::invalid(text, "write --years 18"));
            }
        };
        if let Some(count) = self.regions.filter(|n| !(8..=1000).contains(n)) {
            return Err(Error::range(format!("--regions of a simulation lies between 8 and 1000, found {count}"), "write --regions 30"));
        }
        let chosen = if design == "all" {
            DESIGNS.to_vec()
        } else {
            let names: Vec<&str> = DESIGNS.iter().map(|d| d.name).collect();
            vec![Design::named(design).ok_or_else(|| Error::unknown("design", design, &names))?]
        };
        let designs: Vec<Design> = chosen.into_iter().map(|d| d.sized(self.regions, years)).collect();
        let entrants = named.map_or_else(entrants, |s| vec![Entrant { name: s.estimator.name().into(), settings: Some(s) }]);
        let (from, to) = self.seeds.unwrap_or((1, 8));
        let seeds: Vec<u64> = (from..=to).collect();
        let one = entrants.len() == 1;
        let cells = run(&designs, &entrants, &seeds, gating, watch)?;
        if let (true, Some(why)) = (one && cells.iter().all(|c| c.seeds == 0), cells.iter().find_map(|c| c.failed.as_ref())) {
            let help = "change the options of the estimator, or the size of the panels with --regions and --years";
            return Err(Error::invalid(format!("{} has no result on any panel: {why}", entrants[0].name), help));
        }
        match form {
            Form::Json => write::object(&words::spoken(document(&designs, &cells, &seeds, gating))),
            Form::Text => print(&tongue::told(&text(&designs, &cells, &seeds, gating))),
        }?;
        Ok(cells.iter().all(|c| c.failed.is_none()).into())
    }
}
