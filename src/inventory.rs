//! An emission inventory with its own labels, and how it is joined to a table.
//!
//! Regions and sectors are joined by name in either language. What does not match is a finding, never a guess:
//! a region or sector unknown to the table, one of the table that the inventory lacks, emissions in a sector
//! without output. Each has a named policy; the default of each is to refuse.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::labels::Name;
use crate::table::{Source, Stressor, Table};

/// Emissions by region and sector as a file gives them.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Name of the stressor, such as `CO2`.
    pub stressor: String,
    /// Unit, such as `Mt`.
    pub unit: String,
    /// Region of each row of `values`.
    pub regions: Vec<Name>,
    /// Sector of each column of `values`.
    pub sectors: Vec<Name>,
    /// Direct emissions (regions x sectors).
    pub values: Array2<f64>,
    /// Direct household emissions by region, where the file has them.
    pub households: Option<Array1<f64>>,
    /// The file.
    pub source: Source,
    /// Choices made in reading it.
    pub notes: Vec<String>,
    /// What was noticed in reading it.
    pub remarks: Vec<Finding>,
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
    /// Source sector name, and the names of its targets.
    pub rows: Vec<(String, Vec<String>)>,
    /// Where it was read.
    pub source: Option<Source>,
}

/// Joins `inventory` to `table` as one more stressor and returns the findings of the join.
///
/// # Errors
/// When nothing joins at all; single mismatches are findings.
pub fn attach(table: &mut Table, inventory: &Inventory, concordance: Option<&Concordance>, missing: Missing) -> Result<Vec<Finding>> {
    let labels = &table.labels;
    let place = inventory.source.path.display().to_string();
    let mut findings = inventory.remarks.clone();
    let mut direct = Array1::<f64>::zeros(labels.dim());
    let mut households = inventory.households.as_ref().map(|_| Array1::<f64>::zeros(labels.region_count()));
    let mut seen_regions = vec![false; labels.region_count()];
    let mut seen_rows = vec![false; labels.dim()];
    let mut unknown_sectors: Vec<(String, f64)> = Vec::new();
    for (k, name) in inventory.regions.iter().enumerate() {
        let Some(r) = labels.find_region(&name.given) else {
            let total = inventory.values.row(k).sum();
            let near: Vec<&str> = labels.regions.iter().map(|n| n.en.as_str()).collect();
            let help = crate::error::did_you_mean(&name.en, &near);
            findings.push(
                Finding::new(Level::Fail, "emissions-unknown-region", format!("{place}: region \"{}\" is not in the table and emits {total} {}; {help}", name.given, inventory.unit))
                    .region(name.given.clone())
                    .numbers(total, 0.0),
            );
            continue;
        };
        if seen_regions[r] {
            findings.push(
                Finding::new(Level::Fail, "duplicate-label", format!("{place}: region \"{}\" comes twice", name.given))
                    .region(name.given.clone())
                    .numbers(2.0, 1.0),
            );
        }
        seen_regions[r] = true;
        if let (Some(to), Some(from)) = (households.as_mut(), inventory.households.as_ref()) {
            to[r] += from[k];
        }
        for (c, sector) in inventory.sectors.iter().enumerate() {
            let value = inventory.values[[k, c]];
            let targets = match concordance {
                Some(map) => targets(table, map, r, sector),
                None => labels.find_sector(r, &sector.given).into_iter().collect(),
            };
            if targets.is_empty() {
                match unknown_sectors.iter_mut().find(|(n, _)| *n == sector.given) {
                    Some((_, sum)) => *sum += value,
                    None => unknown_sectors.push((sector.given.clone(), value)),
                }
                continue;
            }
            let output: f64 = targets.iter().map(|&i| table.x[i]).sum();
            for &i in &targets {
                let share = if targets.len() == 1 {
                    1.0
                } else if output > 0.0 {
                    table.x[i] / output
                } else {
                    1.0 / targets.len() as f64
                };
                direct[i] += share * value;
                seen_rows[i] = true;
            }
        }
    }
    if !seen_regions.contains(&true) {
        let known: Vec<&str> = labels.regions.iter().map(|n| n.en.as_str()).collect();
        return Err(Error::format(
            &place,
            format!("none of its {} regions ({} ...) is a region of the table", inventory.regions.len(), inventory.regions.first().map_or("", |n| n.given.as_str())),
            format!("label the rows with the table's regions: {}", known.join(", ")),
        ));
    }
    if !seen_rows.contains(&true) {
        return Err(Error::format(
            &place,
            format!("none of its {} sectors ({} ...) is a sector of the table ({} ...)", inventory.sectors.len(), inventory.sectors.first().map_or("", |n| n.given.as_str()), labels.sectors.first().map_or("", |n| n.en.as_str())),
            "name a concordance with --concordance FILE (columns: source, target)",
        ));
    }
    for (name, sum) in unknown_sectors {
        findings.push(
            Finding::new(Level::Fail, "emissions-unknown-sector", format!("{place}: sector \"{name}\" has no place in the table and emits {sum} {}; name it in the concordance or rename it", inventory.unit))
                .sector(name)
                .numbers(sum, 0.0),
        );
    }
    let level = if missing == Missing::Zero { Level::Warn } else { Level::Fail };
    let treated = if missing == Missing::Zero { "; counted as zero by --missing-emissions zero" } else { "; pass --missing-emissions zero to count it as zero" };
    for r in (0..labels.region_count()).filter(|&r| !seen_regions[r]) {
        findings.push(
            Finding::new(level, "emissions-missing-region", format!("{place} has no emissions for region {}{treated}", labels.regions[r]))
                .region(labels.regions[r].en.clone()),
        );
    }
    for i in (0..labels.dim()).filter(|&i| !seen_rows[i] && seen_regions[labels.region_of(i)]) {
        findings.push(
            Finding::new(level, "emissions-missing-sector", format!("{place} has no emissions for {}{treated}", labels.row_name(i)))
                .region(labels.regions[labels.region_of(i)].en.clone())
                .sector(labels.sectors[i].en.clone())
                .row(i),
        );
    }
    table.provenance.files.push(inventory.source.clone());
    table.provenance.notes.extend(inventory.notes.iter().cloned());
    if let Some(map) = concordance {
        table.provenance.files.extend(map.source.clone());
        let split = map.rows.iter().filter(|(_, t)| t.len() > 1).count();
        table.provenance.notes.push(format!("emissions joined by a concordance; {split} source sector(s) with several targets are split by gross output"));
    }
    table.stressors.push(Stressor { name: inventory.stressor.clone(), unit: inventory.unit.clone(), direct, households });
    Ok(findings)
}

fn targets(table: &Table, map: &Concordance, r: usize, sector: &Name) -> Vec<usize> {
    map.rows
        .iter()
        .filter(|(source, _)| sector.matches(source))
        .flat_map(|(_, targets)| targets.iter().filter_map(|t| table.labels.find_sector(r, t)))
        .collect()
}
