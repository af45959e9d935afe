//! Aggregation, splits and flows left out: what a study names, done to its table, and reported.

use std::sync::Arc;

use super::load::{Loaded, leontief, load_for, stressor, system};
use super::room::Goal;
use super::{Analysis, Finer, Study, When};
use crate::aggregate::{self, Map};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::decompose::{Flows, flows};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::beside::finer::{CONCORDANCE, INPUTS, Kind, SALES, SHARES, records};
use crate::labels::{Labels, Name};
use crate::leontief::Leontief;
use crate::report::{self, split::Parted};
use crate::snapshot;
use crate::sparsify;
use crate::split::{self, Knowledge, Lifted, Parts};
use crate::table::Table;
use crate::watch::Watch;

/// The records that an option names.
pub(super) fn read(study: &Study, path: Option<&std::path::Path>, kind: &Kind) -> Result<Option<aggregate::Records>> {
    path.map(|path| records(path, kind, study.reading.encoding.unwrap_or_default())).transpose()
}

/// Where everything of a table goes; `None` where nothing is aggregated.
fn map(study: &Study, labels: &Labels) -> Result<Option<Map>> {
    let own = &study.aggregating;
    let regions = read(study, own.aggregate_regions.as_deref(), &CONCORDANCE)?;
    let sectors = read(study, own.aggregate_sectors.as_deref(), &CONCORDANCE)?;
    if regions.is_none() && sectors.is_none() {
        return Ok(None);
    }
    Map::new(labels, regions.as_ref(), sectors.as_ref()).map(Some)
}

/// The parts of a table and what is known of them; `None` where nothing is split.
fn parts(study: &Study, table: &Table) -> Result<Option<(Parts, Knowledge)>> {
    let own = &study.splitting;
    let stored = stored(study, table)?;
    let Some(shares) = read(study, own.split_shares.as_deref(), &SHARES)? else { return Ok(stored) };
    if stored.is_some() {
        return Err(Error::invalid(
            "the snapshot holds parts already, and `split-shares` names others",
            "leave the option out, or name the table without parts",
        ));
    }
    let parts = Parts::new(table, &shares)?;
    let sales = read(study, own.split_sales.as_deref(), &SALES)?;
    let inputs = read(study, own.split_inputs.as_deref(), &INPUTS)?;
    let emissions = read(study, own.split_emissions.as_deref(), &SHARES)?;
    let known = Knowledge::new(table, &parts, sales.as_ref(), inputs.as_ref(), emissions.as_ref())?;
    Ok(Some((parts, known)))
}

/// The parts that a snapshot holds.
pub(super) fn stored(study: &Study, table: &Table) -> Result<Option<(Parts, Knowledge)>> {
    let aggregated = study.aggregating.aggregate_regions.is_some() || study.aggregating.aggregate_sectors.is_some();
    let Some(path) = study.placing.table.as_deref().filter(|p| snapshot::is_snapshot(p) && !aggregated) else { return Ok(None) };
    if snapshot::content(path)? != snapshot::Content::Split {
        return Ok(None);
    }
    let found = snapshot::open(path)?.parts();
    let rows: Vec<(usize, Name, f64)> = found.iter().map(|p| (p.row, p.name.clone(), p.share)).collect();
    let emissions = found.chunk_by(|a, b| a.row == b.row).map(|own| (own[0].row, own.iter().map(|p| p.emissions).collect()));
    let parts = Parts::of_rows(table, &rows, &path.display().to_string());
    let parts =
        parts.ok_or_else(|| Error::format(path.display(), "its parts are not of its rows", "write the snapshot again with isard split"))?;
    Ok(Some((parts, Knowledge::of_emissions(emissions))))
}

/// Aggregates a table, then splits it with structures, as the study names; a proportional split changes no result and is
/// reported beside them.
pub(super) fn shape(study: &Study, table: &mut Table, watch: &Watch) -> Result<()> {
    if !matches!(study.analysis, Analysis::Aggregate(_))
        && let Some(map) = map(study, &table.labels)?
    {
        *table = map.table(table);
        table.remarks.push(Finding::new(
            Level::Warn,
            "aggregated",
            "the table is aggregated before solving; isard aggregate prints what that does to each footprint",
        ));
    }
    if !matches!(study.analysis, Analysis::Split(_)) {
        super::regions::shape(study, table, watch)?;
    }
    if !matches!(study.analysis, Analysis::Split(_))
        && let Some((parts, known)) = parts(study, table)?
        && known.has_structures()
    {
        *table = split::split(table, &parts, &known, watch)?.table;
        table.remarks.push(Finding::new(
            Level::Warn,
            "split",
            "the table is split; isard split prints the range of all splits that agree with what is known",
        ));
    }
    Ok(())
}

/// Emissions by part of a proportional split.
pub(super) fn parted(study: &Study, leontief: &Leontief, which: usize, found: &Flows) -> Result<Option<Parted>> {
    let table = &leontief.system.table;
    // names of parts are in the table already where structures split it
    if study.splitting.split_sales.is_some() || study.splitting.split_inputs.is_some() {
        return Ok(None);
    }
    let Some((parts, known)) = parts(study, table)? else { return Ok(None) };
    let emissions = Lifted::new(leontief, &parts).emissions(&known, which, found);
    Ok(Some(of_parts(study, leontief, (parts, &known), emissions, found)))
}

fn of_parts(
    study: &Study,
    leontief: &Leontief,
    (parts, known): (Parts, &Knowledge),
    emissions: ndarray::Array2<Bounded>,
    found: &Flows,
) -> Parted {
    let shares = (0..leontief.system.dim()).flat_map(|i| known.emissions(&parts, i).to_vec()).collect();
    let labels = leontief.system.labels();
    let destinations = found.destinations.iter().map(|d| d.label(labels, study.language())).collect();
    Parted { parts, shares, coarse: labels.clone(), destinations, emissions, unit: found.unit.clone(), language: study.language() }
}

/// Flows of each origin against its direct emissions.
pub(super) fn closed(found: &Flows) -> Check {
    let sums = found.flow.rows().into_iter().map(|row| row.iter().map(|v| v.value).sum::<f64>());
    Check::sums("flows of each origin add up to its direct emissions", sums, found.direct.iter().map(|d| d.value)).within(1e-8)
}

/// Footprints by region, without households.
pub(super) fn footprints(found: &Flows) -> Vec<Bounded> {
    (0..found.region_count()).map(|r| found.flow.column(r).iter().copied().sum()).collect()
}

/// The table aggregated before or after solving.
pub(super) fn aggregated(study: &Study, when: When, watch: &Watch) -> Result<report::aggregate::Report> {
    let Loaded { table, findings } = load_for(study, Goal::Analysis, watch)?;
    let map = map(study, &table.labels)?.ok_or_else(|| {
        Error::invalid(
            "nothing says how to aggregate",
            "name `aggregate-regions` FILE or `aggregate-sectors` FILE (CSV: source, target, weight)",
        )
    })?;
    let which = stressor(study, &table)?;
    let name = table.stressors[which].name.clone();
    let small = map.table(&table);
    let fine = Arc::new(leontief(study, system(study, table, watch)?, watch)?);
    let coarse = Arc::new(leontief(study, system(study, small, watch)?, watch)?);
    let mut checks = Vec::new();
    let found = match when {
        When::Before => {
            let own = flows(&coarse, which);
            let bias = aggregate::bias(&fine, &coarse, &own, &map, which);
            checks.push(closed(&own));
            // small errors are differences of large footprints
            let parts = bias.parts.columns().into_iter().zip(&bias.error).map(|(p, e)| p.iter().map(|v| v.value).sum::<f64>() - e.value);
            let size: f64 = bias.coarse.iter().map(|v| v.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
            checks.push(Check::new("parts of rows add up to the error", parts.map(f64::abs).sum::<f64>() / size, 1e-8));
            report::aggregate::Found::Before(own, bias)
        }
        When::After => {
            let own = flows(&fine, which);
            checks.push(closed(&own));
            let sums = aggregate::grouped(&own, &map);
            report::aggregate::Found::After(own, sums)
        }
    };
    watch.check()?;
    Ok(report::aggregate::Report {
        fine,
        coarse,
        findings,
        options: study.echo(),
        language: study.language(),
        map,
        stressor: name,
        checks,
        found,
    })
}

/// The table split, as an operator or fitted.
pub(super) fn divided(study: &Study, form: Finer, watch: &Watch) -> Result<report::split::Report> {
    let Loaded { table, findings } = load_for(study, Goal::Analysis, watch)?;
    let which = stressor(study, &table)?;
    let (parts, known) = parts(study, &table)?
        .ok_or_else(|| Error::invalid("nothing says how to split", "name `split-shares` FILE (CSV: parent, part, share)"))?;
    let made = if known.has_structures() || form == Finer::Table { Some(split::split(&table, &parts, &known, watch)?) } else { None };
    let coarse = Arc::new(leontief(study, system(study, table.clone(), watch)?, watch)?);
    let own = flows(&coarse, which);
    let before = footprints(&own);
    let mut checks = vec![closed(&own)];
    watch.check()?;
    let (finer, fit) = made.map_or((None, None), |made| (Some(Arc::new(made.table)), Some(made.fit)));
    let fine = match &finer {
        Some(finer) if known.has_structures() => Some(Arc::new(leontief(study, system(study, finer.clone(), watch)?, watch)?)),
        _ => None,
    };
    let (after, emissions) = match &fine {
        Some(fine) => {
            let found = flows(fine, which);
            checks.push(closed(&found));
            // every row is its own part here
            let whole = Parts { starts: (0..=parts.dim()).collect(), shares: vec![1.0; parts.dim()], ..parts.clone() };
            (footprints(&found), Lifted::new(fine, &whole).emissions(&Knowledge::default(), which, &found))
        }
        None => (before.clone(), Lifted::new(&coarse, &parts).emissions(&known, which, &own)),
    };
    let sums = emissions.rows().into_iter().map(|row| row.iter().map(|v| v.value).sum::<f64>());
    let direct = &table.stressors[which].direct;
    let expected = (0..table.dim()).flat_map(|i| known.emissions(&parts, i).iter().map(move |e| e * direct[i]));
    checks.push(Check::sums("emissions of each part for all destinations are its share of the direct ones", sums, expected).within(1e-8));
    let ranges = split::ranges(&table, &parts, &known, which, study.splitting.split_range.unwrap_or_default(), watch);
    watch.check()?;
    Ok(report::split::Report {
        stressor: table.stressors[which].name.clone(),
        direct: own.direct.iter().map(|v| v.value.abs()).sum(),
        parted: of_parts(study, &coarse, (parts, &known), emissions, &own),
        coarse,
        fine,
        table: finer,
        findings,
        options: study.echo(),
        language: study.language(),
        before,
        after,
        fit,
        ranges,
        checks,
    })
}

/// Small flows left out of the table.
pub(super) fn sparsified(study: &Study, watch: &Watch) -> Result<report::sparsify::Report> {
    let thresholds = study.dropping.drop_below.clone().unwrap_or_default();
    if thresholds.is_empty() || thresholds.iter().any(|t| !(*t > 0.0 && *t < 1.0)) {
        let wrong =
            thresholds.iter().find(|t| !(**t > 0.0 && **t < 1.0)).map_or("no threshold is named".into(), |t| format!("a threshold is {t}"));
        let help = "name shares of the buyer's output above 0 and below 1, such as `drop-below` 1e-7,1e-6,1e-5";
        return Err(Error::invalid(format!("`drop-below`: {wrong}"), help));
    }
    let Loaded { table, findings } = load_for(study, Goal::Analysis, watch)?;
    let which = stressor(study, &table)?;
    let leontief = Arc::new(leontief(study, system(study, table.clone(), watch)?, watch)?);
    let own = flows(&leontief, which);
    let dropped = sparsify::dropped(&leontief, &thresholds);
    watch.check()?;
    let smaller = if let [one] = thresholds[..] { Some(Arc::new(sparsify::without(&table, one))) } else { None };
    let footprints = footprints(&own);
    Ok(report::sparsify::Report {
        leontief,
        findings,
        options: study.echo(),
        language: study.language(),
        stressor: which,
        footprints,
        checks: vec![closed(&own)],
        dropped,
        table: smaller,
    })
}
