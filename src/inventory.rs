//! An emission inventory with its own labels, and how it is joined to a table.
//!
//! Regions and sectors are joined by name in either language. What does not match is a finding, never a guess:
//! a region or sector unknown to the table, one of the table that the inventory lacks, emissions in a sector
//! without output. Each has a named policy; the default of each is to refuse.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, did_you_mean};
use crate::finding::{Finding, Level};
use crate::labels::{Index, Name, written};
use crate::table::{Source, Stressor, Table};

pub mod characterised;

/// Emissions by region and sector as a file gives them.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Name of the stressor, such as `CO2`.
    pub stressor: String,
    /// Unit, such as `Mt`.
    pub unit: String,
    /// The year it says that it is of.
    pub year: Option<i32>,
    /// Region of each row of `values`.
    pub regions: Vec<Name>,
    /// Sector of each column of `values`.
    pub sectors: Vec<Name>,
    /// Direct emissions (regions x sectors); NaN where the file does not list the pair, which the join reports.
    pub values: Array2<f64>,
    /// Direct household emissions by region, where the file has them; NaN where it lacks a region.
    pub households: Option<Array1<f64>>,
    /// The file.
    pub source: Source,
    /// Choices made in reading it.
    pub notes: Vec<String>,
    /// What was noticed in reading it.
    pub remarks: Vec<Finding>,
}

impl Inventory {
    /// Direct emissions of all regions and sectors, households left out.
    pub fn total(&self) -> f64 {
        self.values.iter().filter(|v| !v.is_nan()).sum()
    }
}

/// What to do with regions or sectors of the table that the inventory lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// A finding at level FAIL.
    #[default]
    Fail,
    /// Zero emissions, with a WARN for each.
    Zero,
}

/// How the sectors of an inventory map to those of a table: one source sector to one or several of the table's.
/// A source sector with several targets is split by gross output of the targets in each region.
#[derive(Debug, Clone, Default)]
pub struct Concordance {
    /// Source sector name, and its targets: names, or positions in the region counted from 1 (`#24`).
    pub rows: Vec<(String, Vec<String>)>,
    /// Where it was read.
    pub source: Option<Source>,
}

/// Joins `inventory` to `table` as one more stressor and returns the findings of the join.
///
/// # Errors
/// When nothing joins at all; single mismatches are findings.
pub fn attach(table: &mut Table, inventory: &Inventory, concordance: Option<&Concordance>, missing: Missing) -> Result<Vec<Finding>> {
    let years = other_year(table, inventory);
    let mut join = Join::new(table, inventory);
    let plans: Vec<Plan> = inventory.sectors.iter().map(|s| Plan::new(s, concordance)).collect();
    for k in 0..inventory.regions.len() {
        join.region(k, &plans);
    }
    join.anything()?;
    join.unknown_sectors(concordance.is_some());
    join.unknown_targets(&plans);
    join.missing(missing);
    let Join { mut findings, direct, households, .. } = join;
    findings.extend(years);
    table.provenance.files.push(inventory.source.clone());
    table.provenance.notes.extend(inventory.notes.iter().cloned());
    if concordance.is_some() {
        let split = plans.iter().filter(|p| p.0.len() > 1).count();
        let note = format!("emissions joined by a concordance; {split} source sector(s) with several targets are split by gross output");
        table.provenance.notes.push(note);
    }
    table.provenance.files.extend(concordance.and_then(|map| map.source.clone()));
    table.stressors.push(Stressor { name: inventory.stressor.clone(), unit: inventory.unit.clone(), direct, households });
    Ok(findings)
}

/// A WARN where the inventory and the table name different years.
fn other_year(table: &Table, inventory: &Inventory) -> Option<Finding> {
    let named = table.provenance.sheet.as_deref().and_then(year_in);
    let of_files = || table.provenance.files.iter().find_map(|f| year_in(&f.path.file_stem()?.to_string_lossy()));
    let (of_table, year) = (named.or_else(of_files)?, inventory.year?);
    let text =
        format!("{}: the inventory is of {year}, the table of {of_table}; intensities mix two years", inventory.source.path.display());
    (of_table != year).then(|| Finding::new(Level::Warn, "years-differ", text).numbers(year.into(), of_table.into()))
}

/// The year that a text names: its only number of four digits from 1900 to 2099.
pub fn year_in(text: &str) -> Option<i32> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|t| t.len() == 4).filter_map(|t| t.parse().ok());
    let mut years: Vec<i32> = numbers.filter(|y| (1900..2100).contains(y)).collect();
    years.dedup();
    if let [year] = years[..] { Some(year) } else { None }
}

/// One way to find a row: by a name, or by position in the region.
enum Target {
    Name(String),
    Position(usize),
}

/// The targets of one inventory sector. Without a concordance its spellings are tried in turn.
struct Plan(Vec<Target>, bool);

impl Plan {
    fn new(sector: &Name, concordance: Option<&Concordance>) -> Self {
        let by_name = |given: &str| Target::Name(given.to_string());
        let Some(map) = concordance else {
            return Plan([&sector.given, &sector.en, &sector.zh].map(|n| by_name(n)).into(), true);
        };
        // as written where the concordance has it so, else loosely
        let same = |source: &str| written(source) == written(&sector.given);
        let exact = map.rows.iter().any(|(source, _)| same(source));
        let fits = |source: &str| if exact { same(source) } else { sector.matches(source) };
        let named = map.rows.iter().filter(|(source, _)| fits(source)).flat_map(|(_, targets)| targets);
        let target = |t: &String| match t.strip_prefix('#').and_then(|k| k.parse().ok()) {
            Some(position) => Target::Position(position),
            None => by_name(t),
        };
        Plan(named.map(target).collect(), false)
    }
}

/// The state of a join.
struct Join<'a> {
    table: &'a Table,
    inventory: &'a Inventory,
    place: String,
    /// The sectors of each region.
    index: Vec<Index>,
    direct: Array1<f64>,
    households: Option<Array1<f64>>,
    seen_regions: Vec<bool>,
    seen_rows: Vec<bool>,
    seen_households: Vec<bool>,
    /// Name, sum and absolute sum of each sector that found no row.
    unknown: Vec<(String, f64, f64)>,
    findings: Vec<Finding>,
}

impl<'a> Join<'a> {
    fn new(table: &'a Table, inventory: &'a Inventory) -> Self {
        let labels = &table.labels;
        let index = (0..labels.region_count()).map(|r| Index::new(labels.rows(r).map(|i| (i, &labels.sectors[i])))).collect();
        Join {
            table,
            inventory,
            place: inventory.source.path.display().to_string(),
            index,
            direct: Array1::zeros(labels.dim()),
            households: inventory.households.as_ref().map(|_| Array1::zeros(labels.region_count())),
            seen_regions: vec![false; labels.region_count()],
            seen_rows: vec![false; labels.dim()],
            seen_households: vec![false; labels.region_count()],
            unknown: Vec::new(),
            findings: inventory.remarks.clone(),
        }
    }

    /// The row of a target in region `r`.
    fn find(&self, r: usize, target: &Target) -> Option<usize> {
        match target {
            Target::Name(name) => self.index[r].get(name),
            Target::Position(k) => self.table.labels.rows(r).nth(k.checked_sub(1)?),
        }
    }

    fn rows(&self, r: usize, Plan(targets, first_only): &Plan) -> Vec<usize> {
        let mut rows: Vec<usize> = targets.iter().filter_map(|t| self.find(r, t)).collect();
        if *first_only {
            rows.truncate(1);
        }
        // two spellings of one sector are one target
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    fn region(&mut self, k: usize, plans: &[Plan]) {
        let name = &self.inventory.regions[k];
        let Some(r) = self.table.labels.find_region(&name.given) else { return self.unknown_region(k) };
        if self.seen_regions[r] {
            let text = format!("{}: region \"{}\" comes twice", self.place, name.given);
            self.findings.push(Finding::new(Level::Fail, "duplicate-label", text).region(name.given.clone()).numbers(2.0, 1.0));
        }
        self.seen_regions[r] = true;
        let own = self.inventory.households.as_ref().map(|h| h[k]).filter(|v| !v.is_nan());
        if let (Some(to), Some(value)) = (self.households.as_mut(), own) {
            to[r] += value;
            self.seen_households[r] = true;
        }
        for (c, plan) in plans.iter().enumerate() {
            let value = self.inventory.values[[k, c]];
            if !value.is_nan() {
                self.sector(r, c, value, plan);
            }
        }
    }

    /// Gives `value` to the targets in proportion to gross output, in equal parts where none has output.
    fn sector(&mut self, r: usize, c: usize, value: f64, plan: &Plan) {
        let rows = self.rows(r, plan);
        if rows.is_empty() {
            let given = &self.inventory.sectors[c].given;
            match self.unknown.iter_mut().find(|(name, ..)| name == given) {
                Some((_, sum, size)) => (*sum, *size) = (*sum + value, *size + value.abs()),
                None => self.unknown.push((given.clone(), value, value.abs())),
            }
            return;
        }
        let output: f64 = rows.iter().map(|&i| self.table.x[i].max(0.0)).sum();
        for &i in &rows {
            let share = if rows.len() == 1 {
                1.0
            } else if output > 0.0 {
                self.table.x[i].max(0.0) / output
            } else {
                1.0 / rows.len() as f64
            };
            self.direct[i] += share * value;
            self.seen_rows[i] = true;
        }
    }

    fn unknown_region(&mut self, k: usize) {
        let (name, unit) = (&self.inventory.regions[k], &self.inventory.unit);
        let given = self.inventory.values.row(k).into_iter().chain(self.inventory.households.iter().map(|h| &h[k]));
        let total: f64 = given.filter(|v| !v.is_nan()).sum();
        let known: Vec<&str> = self.table.labels.regions.iter().map(|n| n.en.as_str()).collect();
        let help = did_you_mean(&name.en, &known);
        let text = format!("{}: region \"{}\" is not in the table and emits {total} {unit}; {help}", self.place, name.given);
        let level = if total == 0.0 { Level::Warn } else { Level::Fail };
        self.findings.push(Finding::new(level, "emissions-unknown-region", text).region(name.given.clone()).numbers(total, 0.0));
    }

    /// An error when no region or no sector of the inventory is one of the table.
    fn anything(&self) -> Result<()> {
        let (labels, inventory) = (&self.table.labels, self.inventory);
        let first = |names: &[Name]| names.first().map_or(String::new(), |n| n.given.clone());
        if !self.seen_regions.contains(&true) {
            let known: Vec<&str> = labels.regions.iter().map(|n| n.en.as_str()).collect();
            return Err(Error::format(
                &self.place,
                format!("none of its {} regions ({} ...) is a region of the table", inventory.regions.len(), first(&inventory.regions)),
                format!("label the rows with the table's regions: {}", known.join(", ")),
            ));
        }
        if !self.seen_rows.contains(&true) {
            let (own, other) = (first(&inventory.sectors), first(&labels.sectors));
            return Err(Error::format(
                &self.place,
                format!("none of its {} sectors ({own} ...) is a sector of the table ({other} ...)", inventory.sectors.len()),
                "name a concordance with `concordance` FILE (columns: source, target)",
            ));
        }
        Ok(())
    }

    fn unknown_sectors(&mut self, by_concordance: bool) {
        let remedy =
            if by_concordance { "give it a target in the concordance" } else { "rename it, or name a concordance with `concordance` FILE" };
        for (name, sum, size) in std::mem::take(&mut self.unknown) {
            let text =
                format!("{}: sector \"{name}\" has no place in the table and emits {sum} {}; {remedy}", self.place, self.inventory.unit);
            let level = if size == 0.0 { Level::Warn } else { Level::Fail };
            self.findings.push(Finding::new(level, "emissions-unknown-sector", text).sector(name).numbers(sum, 0.0));
        }
    }

    /// Targets of the concordance that no region of the table has: their share would go to the other targets.
    fn unknown_targets(&mut self, plans: &[Plan]) {
        let known: Vec<&str> = self.table.labels.rows(0).map(|i| self.table.labels.sectors[i].en.as_str()).collect();
        for (c, Plan(targets, first_only)) in plans.iter().enumerate() {
            for target in targets.iter().filter(|_| !first_only) {
                if (0..self.table.labels.region_count()).any(|r| self.find(r, target).is_some()) {
                    continue;
                }
                let (shown, help) = match target {
                    Target::Name(given) => (given.clone(), did_you_mean(given, &known)),
                    Target::Position(k) => (format!("#{k}"), format!("positions go from 1 to {}", known.len())),
                };
                let source = self.inventory.sectors[c].given.clone();
                let text = format!("the concordance leads \"{source}\" to \"{shown}\", which is no sector of the table; {help}");
                self.findings.push(Finding::new(Level::Fail, "concordance-unknown-target", text).sector(source));
            }
        }
    }

    /// Regions and sectors of the table without emissions.
    fn missing(&mut self, missing: Missing) {
        let labels = &self.table.labels;
        let (level, treated) = match missing {
            Missing::Zero => (Level::Warn, "; counted as zero by `missing-emissions` zero"),
            Missing::Fail => (Level::Fail, "; pass `missing-emissions` zero to count it as zero"),
        };
        for (r, name) in labels.regions.iter().enumerate() {
            let what = if !self.seen_regions[r] {
                "emissions-missing-region"
            } else if self.households.is_some() && !self.seen_households[r] {
                "emissions-missing-households"
            } else {
                continue;
            };
            let of = if self.seen_regions[r] { "household emissions" } else { "emissions" };
            let text = format!("{} has no {of} for region {name}{treated}", self.place);
            self.findings.push(Finding::new(level, what, text).region(name.en.clone()));
        }
        for i in (0..labels.dim()).filter(|&i| !self.seen_rows[i] && self.seen_regions[labels.region_of(i)]) {
            let text = format!("{} has no emissions for {}{treated}", self.place, labels.row_name(i));
            let region = labels.regions[labels.region_of(i)].en.clone();
            let finding = Finding::new(level, "emissions-missing-sector", text).region(region).sector(labels.sectors[i].en.clone());
            self.findings.push(finding.row(i));
        }
    }
}
