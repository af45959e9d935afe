//! Regions in parts: what a study names, done to its table, and reported.

use std::sync::Arc;

use super::finer::{closed, footprints, read, stored};
use super::load::{Loaded, leontief, load_for, stressor, system};
use super::room::Goal;
use super::{Finer, Study};
use crate::check::Check;
use crate::decompose::flows;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::beside::{distances_of, trade_of};
use crate::formats::{self, beside::finer::PLACES};
use crate::leontief::footprints::Footprints;
use crate::leontief::source::{Data, Source};
use crate::leontief::{Engine, GivesWay};
use crate::report::regions::{Found, Report};
use crate::snapshot;
use crate::split::{Between, Mix, Nested, Regions, factored_regions, nest, split_regions};
use crate::table::{self, Table};
use crate::watch::Watch;

/// How trade of parts falls with distance where nothing is named: as in a build.
const BETA: f64 = 1.0;

/// The parts of regions and the trade between them; `None` where no region is split.
fn parts(study: &Study, table: &Table, watch: &Watch) -> Result<Option<(Regions, Mix)>> {
    let own = &study.splitting;
    let Some(records) = read(study, own.split_regions.as_deref(), &PLACES)? else { return Ok(None) };
    if own.split_shares.is_some() || stored(study, table)?.is_some() {
        let text = "sectors and regions cannot be split at once";
        return Err(Error::invalid(text, "write the table with finer sectors first (isard split, `as-table`), then split its regions"));
    }
    let emissions = read(study, own.split_emissions.as_deref(), &PLACES)?;
    let parts = Regions::new(table, &records, emissions.as_ref())?;
    let (encoding, names) = (study.reading.encoding.unwrap_or_default(), &parts.labels.regions);
    let between = match (&own.split_distances, &own.split_trade) {
        (Some(_), Some(_)) => {
            let text = "`split-distances` and `split-trade` are both named";
            return Err(Error::invalid(text, "keep one: trade starts from gravity or from given trade"));
        }
        (Some(path), None) => {
            let found = distances_of(path, encoding, names)?;
            Between::Gravity(found.numbers, own.split_beta.unwrap_or(BETA), found.source)
        }
        (None, Some(path)) => {
            let products = table.labels.products().1;
            let found = trade_of(path, encoding, names, &products)?;
            Between::Given(found.numbers, products, found.source)
        }
        (None, None) => Between::Shares,
    };
    let mix = Mix::new(table, &parts, &between, watch)?;
    Ok(Some((parts, mix)))
}

/// The table with another one nested in it; `None` where none is named.
fn nested(study: &Study, table: &Table, watch: &Watch) -> Result<Option<Nested>> {
    let own = &study.splitting;
    let (Some(path), Some(region)) = (&own.split_nest, &own.split_into) else { return Ok(None) };
    if own.split_shares.is_some() || own.split_regions.is_some() || stored(study, table)?.is_some() {
        let text = "a table cannot be nested where sectors or regions are split as well";
        return Err(Error::invalid(text, "write one of the two as a table first, then do the other"));
    }
    let r = table.labels.region(region)?;
    let inner = formats::read(path, &formats::Reading { watch: watch.clone(), ..formats::Reading::default() })?;
    let source = match inner.provenance.files.first() {
        Some(first) if !snapshot::is_snapshot(path) => first.clone(),
        _ => table::Source { path: path.clone(), sha256: snapshot::identity(path)? },
    };
    nest(table, r, &inner, source, watch).map(Some)
}

/// Splits the regions of a table as the study names.
pub(super) fn shape(study: &Study, table: &mut Table, watch: &Watch) -> Result<()> {
    if let Some(made) = nested(study, table, watch)? {
        *table = made.table;
        let text = "a table is nested in the larger one; its numbers count as shares, and the larger table stays as it is";
        table.remarks.push(Finding::new(Level::Warn, "nested", text));
    }
    if let Some((parts, mix)) = parts(study, table, watch)? {
        *table = split_regions(table, &parts, &mix, watch)?;
        let text = "regions of the table are split; where nothing is known of parts, their shares of output stand in";
        table.remarks.push(Finding::new(Level::Warn, "split", text));
    }
    Ok(())
}

/// The table with its regions split, written out or by its factors.
pub(super) fn divided(study: &Study, form: Finer, watch: &Watch) -> Result<Report> {
    let Loaded { table, findings } = load_for(study, Goal::Analysis, watch)?;
    let which = stressor(study, &table)?;
    let coarse = Arc::new(leontief(study, system(study, table.clone(), watch)?, watch)?);
    let own = flows(&coarse, which);
    let mut checks = vec![closed(&own)];
    watch.check()?;
    let solved = |made: &Arc<Table>, checks: &mut Vec<Check>| -> Result<Found> {
        let fine = Arc::new(leontief(study, system(study, made.clone(), watch)?, watch)?);
        let flows = flows(&fine, which);
        checks.push(closed(&flows));
        Ok(Found::Table(fine, footprints(&flows)))
    };
    let (mut finer, mut factors) = (None, None);
    let (found, parts, fit, residual, notes) = if let Some(made) = nested(study, &table, watch)? {
        let written = Arc::new(made.table);
        let found = solved(&written, &mut checks)?;
        finer = Some(written);
        let residual = made.fit.residual;
        (found, made.parts, Some(made.fit), residual, made.notes)
    } else {
        let missing = || Error::missing("no region is named to be split", "name `split-regions` FILE (CSV: parent, part, share)");
        let (parts, mix) = parts(study, &table, watch)?.ok_or_else(missing)?;
        let found = if form == Finer::Factors {
            let found = by_factors(study, (&table, &parts, &mix), which)?;
            let sum: f64 = found.values.iter().map(|v| v.value).sum();
            checks.push(Check::sums("footprints add up to all direct emissions", [sum], [found.direct.value]).within(1e-8));
            // the engine took the factors, and what is written needs them
            factors = Some(factored_regions(&table, &parts, &mix)?);
            Found::Factors(found)
        } else {
            let written = Arc::new(split_regions(&table, &parts, &mix, watch)?);
            let found = solved(&written, &mut checks)?;
            finer = Some(written);
            found
        };
        (found, parts, None, mix.residual, mix.notes)
    };
    let limit = if fit.is_some() { 1e-6 } else { 1e-8 };
    checks.push(Check::new("rows of parts against their output", residual, limit));
    watch.check()?;
    Ok(Report {
        stressor: table.stressors[which].name.clone(),
        unit: own.unit.clone(),
        direct: own.direct.iter().map(|v| v.value.abs()).sum(),
        before: footprints(&own),
        coarse,
        findings,
        options: study.echo(),
        language: study.language(),
        parts,
        fit,
        residual,
        notes,
        emissions: which,
        found,
        table: finer,
        factors,
        checks,
    })
}

/// Footprints from the factors of the finer table.
fn by_factors(study: &Study, (table, parts, mix): (&Table, &Regions, &Mix), which: usize) -> Result<Footprints> {
    let (data, equations) = Source::of_shares(factored_regions(table, parts, mix)?);
    let Data::Shares(made, _) = &data else { return Err(Error::invalid("factors are no table", "")) };
    let engine = Engine::new(equations.equations(&data, None, false)?.given, study.method()?, 1, GivesWay::Unasked)?;
    Ok(Footprints::of(&engine, made, which, &study.stopping()?))
}
