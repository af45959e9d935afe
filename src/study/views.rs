//! Views: what a study shows of the flows beside the matrix.

use std::path::Path;

use super::Study;
use crate::bounded::Bounded;
use crate::decompose::grouping::{BUILT_IN, Grouping};
use crate::decompose::relative::{Relative, Size, product_of_table, relative};
use crate::decompose::views::{Request, views};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::beside::{groups, population, regional};
use crate::labels::{Labels, Name};
use crate::report::Report;
use crate::units::{Scale, Unit};
use crate::watch::Watch;

/// Adds the views that the options ask for.
pub(super) fn add_views(study: &Study, report: &mut Report, watch: &Watch) -> Result<()> {
    let leontief = report.leontief.clone();
    let labels = leontief.system.labels();
    let request = Request {
        views: study.viewing.views.clone().unwrap_or_default(),
        regions: study
            .viewing
            .group_regions
            .as_deref()
            .map(|path| regions(path, &labels.regions, study.reading.encoding.unwrap_or_default()))
            .transpose()?,
        sectors: study.viewing.group_sectors.as_deref().map(|path| sectors(study, path, labels)).transpose()?,
        top: study.viewing.top,
    };
    let sizes = study.counting.population.is_some() || study.viewing.gdp.is_some();
    if request.views.is_empty() && request.regions.is_none() && request.top.is_none() && !sizes {
        return Ok(());
    }
    let (found, checks) = views(&leontief, report.stressor, report.main_flows(), &request);
    report.relative = against(study, report, &found.regions, watch)?;
    report.checks.extend(checks);
    report.views = Some(found);
    Ok(())
}

/// Groups of regions by the name of a list or by a file.
pub(crate) fn regions(path: &Path, regions: &[Name], encoding: Encoding) -> Result<Grouping> {
    if let Some(grouping) = path.to_str().and_then(|list| Grouping::provinces(list, regions)) {
        return grouping;
    }
    let groups = groups(path, encoding).map_err(|error| match (&error, path.extension()) {
        // a word that is no file was meant as a list
        (Error::Io { .. }, None) => Error::unknown("grouping of regions", &path.to_string_lossy(), &BUILT_IN),
        _ => error,
    })?;
    Grouping::regions(&groups, regions)
}

fn sectors(study: &Study, path: &Path, labels: &Labels) -> Result<Grouping> {
    Grouping::sectors(&groups(path, study.reading.encoding.unwrap_or_default())?, labels)
}

/// Emissions per head and per unit of GDP, as far as they are asked for.
fn against(study: &Study, report: &Report, groups: &Grouping, watch: &Watch) -> Result<Vec<Relative>> {
    let (system, flows, encoding) = (&report.leontief.system, report.main_flows(), study.reading.encoding.unwrap_or_default());
    let tonnes = Unit::mass(&flows.unit).map(|unit| (Unit { scale: Scale::ONE, ..unit.clone() }.to_string(), unit.scale.value()));
    let (mass, scale) = tonnes.unwrap_or((flows.unit.clone(), 1.0));
    let exact = |v: Vec<f64>| v.into_iter().map(Bounded::exact).collect();
    let mut all = Vec::new();
    if let Some(file) = &study.counting.population {
        let value = exact(population(file, encoding, system.labels())?);
        all.push(Size { what: "head", value, unit: format!("{mass}/person"), scale });
    }
    if let Some(file) = &study.viewing.gdp {
        let unit = |given: Option<String>| given.unwrap_or_else(|| system.table.unit.clone());
        let (value, unit) = if file == Path::new("table") {
            (product_of_table(&report.leontief), unit(None))
        } else {
            let (value, given) = regional::product(file, encoding, system.labels())?;
            if given.is_none() {
                let text = if system.table.unit.is_empty() { "a unit that nobody names" } else { &system.table.unit };
                let file = file.display();
                watch.note(&format!("WARN: {file}: the column gdp names no unit; it is taken to be in {text}, as the table is"));
            }
            (exact(value), unit(given))
        };
        let unit = if unit.is_empty() { format!("{mass} per unit of GDP") } else { format!("{mass} per {unit}") };
        all.push(Size { what: "GDP", value, unit, scale });
    }
    Ok(all.into_iter().map(|size| relative(flows, groups, size)).collect())
}
