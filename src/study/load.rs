//! From a study to a checked table: read, join emissions, audit, refuse; and to a model of it.

use std::path::Path;
use std::sync::Arc;

use super::room::{self, Goal};
use super::{Analysis, Study, elsewhere};
use crate::audit;
use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::{self, beside, inventories};
use crate::inventory::{self, Concordance, Inventory, characterised};
use crate::leontief::Leontief;
use crate::operator::{Dense, Storage};
use crate::plan::is_by_region;
use crate::solve::SETUP;
use crate::system::System;
use crate::table::{Source, Stressor, Table};
use crate::units::{Gwp, MONEY, Stated, Unit};
use crate::watch::Watch;
use crate::{memory, snapshot};

/// The seed of the embedded table.
pub const SEED: u64 = 2017;

/// A table that may be solved, and what the audit said of it.
pub struct Loaded {
    /// The table.
    pub table: Arc<Table>,
    /// All findings, accepted ones at level WARN.
    pub findings: Vec<Finding>,
}

/// Reads the table and its emissions, and audits them; level FAIL is in the findings, not an error.
pub fn examine(study: &Study, watch: &Watch) -> Result<Loaded> {
    examine_for(study, Goal::Table, watch)
}

/// As [`examine`], for what goes as far as `goal`.
pub fn examine_for(study: &Study, goal: Goal, watch: &Watch) -> Result<Loaded> {
    study.needed()?;
    memory::set_largest_file(study.reading.max_size.as_deref().map(|size| memory::parse("`max-size`", size)).transpose()?);
    match elsewhere::engine(study)? {
        Some(engine) if study.analysis == Analysis::Flows => return elsewhere::table(study, engine, watch),
        Some(engine) if study.engaging.engine.is_some() => {
            let text = format!("the engine {} does isard solve and isard flows", engine.name());
            return Err(Error::unsupported(text, "leave `engine` out, or pass `engine` local"));
        }
        _ => {}
    }
    watch.units("read", 0, 1)?;
    let mut table = match (&study.given, &study.placing.table) {
        (Some(_), Some(path)) => {
            let text = format!("a table in memory is given, and {} is named as well", path.display());
            return Err(Error::invalid(text, "leave `table` out"));
        }
        (Some(table), None) => Table::clone(table),
        (None, None) => crate::synth::provinces(study.reading.seed.unwrap_or(SEED)),
        (None, Some(path)) => {
            let read = formats::Reading {
                format: study.reading.format.clone(),
                layout: study.reading.layout.clone(),
                sheet: study.reading.sheet.clone(),
                factors: study.factors(),
                encoding: study.reading.encoding.unwrap_or_default(),
                watch: watch.clone(),
            };
            usable(study, path, goal)?;
            room::before(study, path, goal)?;
            formats::read(path, &read)?
        }
    };
    watch.check()?;
    completed(study, &mut table, watch)?;
    room::beyond(study, &table, goal)?;
    let mut findings = audit::treat_zero_output(&mut table, study.reading.zero_output.unwrap_or_default());
    findings.extend(audited(&table, watch)?);
    Ok(Loaded { table: Arc::new(table), findings })
}

/// The audit; of flows that are kept entry by entry without a copy of them, where no flow has to be looked at by itself.
pub fn audited(table: &Table, watch: &Watch) -> Result<Vec<Finding>> {
    match table.z.entries().filter(|_| !table.z.has_sparse()).and_then(|flows| audit::audit_full(table, flows)) {
        Some(findings) => watch.check().map(|()| findings),
        None => audit::watched(table, watch),
    }
}

/// Refuses options of reading that the format of a table has no use for.
fn usable(study: &Study, path: &Path, goal: Goal) -> Result<()> {
    let Study { reading, sharing, viewing, counting, paying, .. } = study;
    // a name of a stressor is one that some analyses follow
    let follows = matches!(study.analysis, Analysis::Decompose(_) | Analysis::Linkages | Analysis::Structural(_));
    let files =
        [&reading.emissions, &reading.concordance, &reading.characterise, &sharing.alpha_pairs, &paying.curves, &counting.population];
    let views = [&viewing.gdp, &viewing.group_regions, &viewing.group_sectors];
    let texts = goal == Goal::System || paying.cost.is_some() || files.into_iter().chain(views).any(Option::is_some);
    let asked = [
        ("sheet", reading.sheet.is_some()),
        ("factor", reading.factor.is_some() && !follows),
        ("encoding", reading.encoding.is_some() && !texts),
    ];
    if reading.layout.is_some() && reading.format.is_some() {
        return Err(Error::no_effect("`format` has no effect: the layout is that of `layout`", "leave one of them out"));
    }
    // what a description has a use for, its reader knows
    if reading.layout.is_some() || asked.iter().all(|(_, given)| !given) {
        return Ok(());
    }
    let format = formats::format_of(path, reading.format.as_deref())?;
    match asked.iter().find(|(option, given)| *given && !format.takes.contains(option)) {
        None => Ok(()),
        Some((option, _)) => {
            let with: Vec<&str> = formats::FORMATS.iter().filter(|f| f.takes.contains(option)).map(|f| f.name).collect();
            let text = format!("`{option}` has no effect: {} is of the format {}, which has none to choose", path.display(), format.name);
            Err(Error::no_effect(text, format!("leave it out; it is for the formats {}", with.join(", "))))
        }
    }
}

/// Joins to the table what the options name.
///
/// # Errors
/// When a file cannot be read, or units do not agree.
pub fn completed(study: &Study, table: &mut Table, watch: &Watch) -> Result<()> {
    if let Some(path) = &study.reading.emissions {
        attach(study, table, path)?;
    }
    units(study, table)?;
    if let Some(how) = &study.reading.characterise {
        characterise(study, table, how)?;
    }
    if let Some(stamp) = &study.reading.stamp {
        table.provenance.stamp = Some(stamp.clone());
    }
    super::finer::shape(study, table, watch)
}

/// Names of warming potentials, in the order of the reports.
pub const POTENTIALS: [&str; 3] = ["gwp100-ar4", "gwp100-ar5", "gwp100-ar6"];

/// Puts one stressor in place of those that warming potentials or a table of factors make it of.
fn characterise(study: &Study, table: &mut Table, how: &Path) -> Result<()> {
    if table.stressors.is_empty() {
        let text = "`characterise` has no effect: the table has no emissions";
        return Err(Error::no_effect(text, "leave it out, or name `emissions` FILE or rows with `factor`"));
    }
    let notes = &mut table.provenance.notes;
    if let Some(at) = POTENTIALS.iter().position(|name| how.as_os_str() == *name) {
        return characterised::by_potential(&mut table.stressors, [Gwp::Ar4, Gwp::Ar5, Gwp::Ar6][at], notes);
    }
    match how.to_str() {
        Some(name) if name.starts_with("gwp") && !how.exists() => Err(Error::unknown("characterisation", name, &POTENTIALS)),
        _ => {
            let factors = beside::factors(how, study.reading.encoding.unwrap_or_default())?;
            characterised::by_factors(&mut table.stressors, &factors, notes)
        }
    }
}

/// Agrees the units that the table names with those of the options, and says which are not understood.
fn units(study: &Study, table: &mut Table) -> Result<()> {
    let replace = study.reading.override_unit.unwrap_or(false);
    let mut notes = Vec::new();
    let assumed = |table: &Table, code: &str| table.remarks.iter().any(|r| r.code == code);
    if let Some(unit) = study.reading.emissions_unit.as_deref().filter(|_| study.reading.emissions.is_none()) {
        if table.stressors.is_empty() {
            let file = study.table_name();
            return Err(Error::no_effect(
                format!("`emissions-unit` has no effect: the table {file} has no emissions"),
                "leave it out, or name `emissions` FILE",
            ));
        }
        let open = assumed(table, "emissions-unit-assumed");
        for stressor in &mut table.stressors {
            let file = (!open).then_some(stressor.unit.as_str());
            let stated = Stated { what: &stressor.name, file, option: Some(unit), flag: "`emissions-unit`", replace };
            let (unit, note) = stated.agreed()?;
            stressor.unit = unit;
            notes.extend(note);
        }
        table.remarks.retain(|r| r.code != "emissions-unit-unknown" && r.code != "emissions-unit-assumed");
    }
    let file = (!assumed(table, "table-unit-assumed")).then_some(table.unit.as_str());
    let stated = Stated { what: "the table", file, option: study.reading.table_unit.as_deref(), flag: "`table-unit`", replace };
    if study.reading.table_unit.is_some() {
        let (unit, note) = stated.agreed()?;
        table.unit = unit;
        notes.extend(note);
        table.remarks.retain(|r| r.code != "table-unit-assumed");
    }
    for note in notes {
        table.remarks.push(Finding::new(Level::Warn, "unit-overridden", note));
    }
    let overridden: Vec<String> = table.remarks.iter().filter(|r| r.code == "unit-overridden").map(|r| r.message.clone()).collect();
    if replace && overridden.is_empty() {
        return Err(Error::no_effect("`override-unit` has no effect: no option contradicts a file", "leave it out"));
    }
    table.provenance.notes.extend(overridden);
    if !table.unit.is_empty() {
        let help = format!("correct the file, or pass `table-unit` UNIT `override-unit`; known units: {MONEY}");
        Unit::read(&table.unit).map_err(|e| Error::invalid(format!("the table: {e}"), help))?;
    }
    for stressor in table.stressors.iter().filter(|s| !s.unit.is_empty()) {
        if let Err(e) = Unit::read(&stressor.unit) {
            let text = format!(
                "{}: {e}; numbers are printed in it and converted to no other, `emissions-unit` UNIT `override-unit` names another",
                stressor.name
            );
            table.remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", text));
        }
    }
    Ok(())
}

/// As [`examine`], but findings at level FAIL that are not accepted are an error.
pub fn load(study: &Study, watch: &Watch) -> Result<Loaded> {
    load_for(study, Goal::Analysis, watch)
}

/// As [`load`], for what goes as far as `goal`.
pub fn load_for(study: &Study, goal: Goal, watch: &Watch) -> Result<Loaded> {
    let Loaded { table, findings } = examine_for(study, goal, watch)?;
    Ok(Loaded { findings: accepted(study, &findings, watch)?, table })
}

/// Puts the snapshot that a table was read from before the files that the snapshot was made from.
pub fn of_snapshot(study: &Study, table: &mut Table) -> Result<()> {
    if let Some(path) = study.placing.table.as_deref().filter(|p| snapshot::is_snapshot(p)) {
        let source = Source { path: path.to_path_buf(), sha256: snapshot::identity(path)? };
        table.provenance.files.insert(0, source);
    }
    Ok(())
}

/// A full table of a snapshot without its flows, and these, audited as by [`load`]; `None` where the table is not full, or
/// the audit has to look at single flows.
pub fn load_full(study: &Study, path: &Path, watch: &Watch) -> Result<Option<(Table, Dense)>> {
    let file = snapshot::open(path)?;
    let (n, regions) = (file.dim(), file.regions().count());
    // where regions are factorised in place of the whole, every entry is kept in smaller tables too
    let kept = Storage::auto(n, file.entries(), false) == Storage::Dense
        || (study.method()?.is_none() && is_by_region(n, regions) && file.entries() == n * n);
    if !kept || study.reading.zero_output.is_some() {
        return Ok(None);
    }
    room::flows(path, &file, 8 * file.entries() as u64)?;
    let Some(flows) = file.full_flows()? else { return Ok(None) };
    let flows = Dense::from_entries(n, flows);
    let mut table = file.without_flows()?;
    table.provenance.files.insert(0, file.source());
    completed(study, &mut table, watch)?;
    let Some(findings) = audit::audit_full(&table, flows.as_slice()) else { return Ok(None) };
    accepted(study, &findings, watch)?;
    Ok(Some((table, flows)))
}

/// The findings, when none at level FAIL is left; warnings are counted in a note.
fn accepted(study: &Study, findings: &[Finding], watch: &Watch) -> Result<Vec<Finding>> {
    let findings = audit::refuse(findings, study.reading.accept.as_deref().unwrap_or_default())?;
    let worst = findings.iter().filter(|f| f.level == Level::Warn).count();
    if worst > 0 {
        watch.note(&format!("audit: {worst} warning(s); `isard audit` lists them"));
    }
    Ok(findings)
}

fn attach(study: &Study, table: &mut Table, path: &Path) -> Result<()> {
    let encoding = study.reading.encoding.unwrap_or_default();
    let named = study.reading.concordance.as_ref().map(|file| inventories::read_concordance(file, encoding)).transpose()?;
    let labels = table.labels.regions.iter().chain(&table.labels.sectors).map(|n| n.given.clone());
    let sources = named.iter().flat_map(|c| c.rows.iter().map(|r| r.0.clone()));
    let read = inventories::InventoryOptions {
        unit: study.reading.emissions_unit.clone(),
        override_unit: study.reading.override_unit.unwrap_or(false),
        encoding,
        names: labels.chain(sources).collect(),
    };
    let inventory = inventories::read(path, &read)?;
    let mut findings = Vec::new();
    let concordance = match named {
        Some(map) => Some(map),
        None => builtin(table, &inventory, &mut findings),
    };
    // an inventory named on the command line takes the place of what the table brought
    table.stressors.clear();
    table.remarks.retain(|r| r.code != "emissions-unit-unknown" && r.code != "emissions-unit-assumed" && r.code != "households-length");
    findings.extend(inventory::attach(table, &inventory, concordance.as_ref(), study.reading.missing_emissions.unwrap_or_default())?);
    // they belong to the table from now on: the audit reports them, and a snapshot keeps them
    table.remarks.append(&mut findings);
    Ok(())
}

/// The built-in concordance, for an inventory in the sectors of CEADs and a table of 42 or 17 sectors.
fn builtin(table: &mut Table, inventory: &Inventory, findings: &mut Vec<Finding>) -> Option<Concordance> {
    let count = table.labels.rows(0).len();
    let numbered = table.remarks.iter().any(|r| r.code == "labels-numbered" && r.message.contains("names no sectors"));
    let map = inventories::builtin_concordance(count, numbered)?;
    let ceads = inventory.sectors.iter().all(|s| map.rows.iter().any(|(source, _)| s.matches(source)));
    if !ceads {
        return None;
    }
    let list = if count == 42 { "the 42 sectors of 2017" } else { "the 17 sectors of the State Information Centre" };
    table.provenance.notes.push(format!("the sectors of CEADs are joined to {list} by the built-in concordance"));
    if numbered {
        let message = format!("the table names no sectors: they are taken to be {list}, in that order; name a concordance if they are not");
        findings.push(Finding::new(Level::Warn, "concordance-by-position", message));
    }
    Some(map)
}

/// The stressor to account for.
pub fn stressor(study: &Study, table: &Table) -> Result<usize> {
    if table.stressors.is_empty() {
        let rows = study.placing.table.as_deref().and_then(|file| formats::pymrio::factors(file).ok()).unwrap_or_default();
        let help =
            if rows.is_empty() { "pass `emissions` FILE".to_string() } else { format!("pass `factor` with one of: {}", rows.join(", ")) };
        return Err(Error::format(study.table_name(), "the table has no emissions", help));
    }
    chosen(study, &table.stressors)
}

/// The stressor that is named, or the first.
pub fn chosen(study: &Study, stressors: &[Stressor]) -> Result<usize> {
    let known: Vec<&str> = stressors.iter().map(|s| s.name.as_str()).collect();
    match &study.choosing.stressor {
        None if known.is_empty() => Err(Error::missing("the file has no emissions", "name a file with `multipliers`")),
        None => Ok(0),
        Some(name) => known.iter().position(|k| k == name).ok_or_else(|| Error::unknown("stressor", name, &known)),
    }
}

/// What is said where a table is kept by trade shares that nobody asked for.
pub const RECOGNISED: &str =
    "every entry compared: the table consists of trade shares, so A is kept by these (`operator` dense: by its entries)";

/// The system of a table, A stored as the options ask for it.
pub fn system(study: &Study, table: impl Into<Arc<Table>>, watch: &Watch) -> Result<System> {
    watch.units("system", 0, 2)?;
    let table = table.into();
    if table.z.is_elsewhere() {
        return elsewhere::system(study, table);
    }
    let system = System::new(table);
    watch.units("system", 1, 2)?;
    stored(study, system, watch)
}

/// The same system with A stored as the options ask for it; by rows in place of slices for what goes over whole rows, as
/// some methods do.
pub fn stored(study: &Study, system: System, watch: &Watch) -> Result<System> {
    let asked = study.storage()?;
    let whole = study.method()?.is_some_and(|m| !m.works_on(Storage::Slices));
    let system = system.stored(asked, whole)?;
    if asked.is_none() && system.operator().name() == Storage::TradeShare.name() {
        watch.note(RECOGNISED);
    }
    Ok(system)
}

/// The model of a system as the options ask for it.
pub fn leontief(study: &Study, system: impl Into<Arc<System>>, watch: &Watch) -> Result<Leontief> {
    let system = system.into();
    let (method, stopping) = (study.method()?, study.stopping()?);
    watch.units(SETUP, 0, 1)?;
    Leontief::new(system.clone(), method, stopping, watch.clone()).map_err(|e| explained(e, &system.table))
}

/// A singular system with the block that the audit finds in it.
pub fn explained(error: Error, table: &Table) -> Error {
    if !matches!(error, Error::Singular { .. }) || table.z.is_elsewhere() {
        return error;
    }
    match audit::radius(table).into_iter().find(|f| f.level != Level::Pass) {
        Some(found) => Error::invalid(format!("{error}; {}", found.message), "mend these rows, or leave them out"),
        None => error,
    }
}
