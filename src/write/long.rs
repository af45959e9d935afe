//! Writing a table as a long-form folder, in the layout that [`crate::formats::long`] documents.
//!
//! It appears under its name when it is complete.

use std::collections::HashSet;
use std::path::Path;

use super::folder::Folder;
use super::manifest::Run;
use crate::error::{Error, Result};
use crate::formats::long::{MANIFEST, Manifest, VERSION};
use crate::labels::Name;
use crate::table::Table;

/// Writes `table` as the new folder `folder`. Reading it back gives the same numbers bit for bit.
///
/// # Errors
/// When the folder exists, when two labels are the same, or when it cannot be written; nothing is left behind then.
pub fn write(table: &Table, folder: &Path) -> Result<()> {
    write_by(table, folder, false, &Run::default())
}

/// As [`write()`], for a run that its manifest tells; with `force` in place of a folder that isard wrote.
///
/// # Errors
/// Those of [`write()`].
pub fn write_by(table: &Table, folder: &Path, force: bool, run: &Run) -> Result<()> {
    distinct_labels(table)?;
    let mut part = Folder::create(folder, force)?;
    fill(table, &mut part)?;
    part.finish(run)
}

fn fill(table: &Table, part: &mut Folder) -> Result<()> {
    let manifest = manifest_text(table);
    part.add(MANIFEST, &|out| out.write_all(manifest.as_bytes()))?;
    labels(table, part)?;
    flows(table, part)?;
    demand(table, part)?;
    columns(table, part)?;
    if !table.value_added.is_empty() {
        value_added(table, part)?;
    }
    if !table.stressors.is_empty() {
        emissions(table, part)?;
    }
    Ok(())
}

fn manifest_text(table: &Table) -> String {
    let provenance = &table.provenance;
    let sheet = provenance.sheet.as_ref().map(|s| format!(", sheet \"{s}\"")).unwrap_or_default();
    let origin = provenance.files.iter().map(|f| format!("converted from {}{sheet} (SHA-256 {})", f.path.display(), f.sha256));
    let manifest = Manifest {
        format: VERSION,
        name: None,
        unit: table.unit.clone(),
        stamp: provenance.stamp.clone(),
        notes: provenance.notes.iter().cloned().chain(origin).collect(),
        emissions_unit: None,
    };
    toml::to_string_pretty(&manifest).expect("texts and one number have a TOML form")
}

/// One CSV file under way.
type Lines<'a> = csv::Writer<&'a mut dyn std::io::Write>;

fn sheet(part: &mut Folder, name: &str, header: &[&str], lines: impl Fn(&mut Lines) -> csv::Result<()>) -> Result<()> {
    part.add(name, &|out| {
        let mut csv = csv::WriterBuilder::new().buffer_capacity(1 << 18).from_writer(out);
        csv.write_record(header)?;
        lines(&mut csv)?;
        csv.flush()
    })
}

/// (region, sector) of each row.
fn row_labels(table: &Table) -> Vec<(&str, &str)> {
    let labels = &table.labels;
    (0..labels.dim()).map(|i| (labels.regions[labels.region_of(i)].given.as_str(), labels.sectors[i].given.as_str())).collect()
}

/// (region, category) of each demand column.
fn demand_labels(table: &Table) -> Vec<(&str, &str)> {
    let labels = &table.labels;
    (0..labels.region_count())
        .flat_map(|r| labels.demand(r).map(move |c| (labels.regions[r].given.as_str(), labels.categories[c].given.as_str())))
        .collect()
}

fn labels(table: &Table, part: &mut Folder) -> Result<()> {
    for (file, what, pairs) in [("sectors.csv", "sector", row_labels(table)), ("categories.csv", "category", demand_labels(table))] {
        sheet(part, file, &["region", what], |csv| pairs.iter().try_for_each(|(region, name)| csv.write_record([region, name])))?;
    }
    Ok(())
}

fn flows(table: &Table, part: &mut Folder) -> Result<()> {
    let rows = row_labels(table);
    sheet(part, "flows.csv", &["from_region", "from_sector", "to_region", "to_sector", "value"], |csv| {
        for (i, row) in table.z.view().outer_iterator().enumerate() {
            for (j, &value) in row.iter().filter(|(_, v)| **v != 0.0) {
                csv.write_record([rows[i].0, rows[i].1, rows[j].0, rows[j].1, &value.to_string()])?;
            }
        }
        Ok(())
    })
}

fn demand(table: &Table, part: &mut Folder) -> Result<()> {
    let (rows, columns) = (row_labels(table), demand_labels(table));
    sheet(part, "demand.csv", &["region", "sector", "to_region", "category", "value"], |csv| {
        for ((i, c), value) in table.y.indexed_iter() {
            // Negative zero is written too: it is not what an absent line means.
            if value.to_bits() != 0 {
                csv.write_record([rows[i].0, rows[i].1, columns[c].0, columns[c].1, &value.to_string()])?;
            }
        }
        Ok(())
    })?;
    let Some(imports) = &table.imports_final else { return Ok(()) };
    sheet(part, "imports_final.csv", &["region", "category", "value"], |csv| {
        imports.iter().zip(&columns).try_for_each(|(value, (region, name))| csv.write_record([*region, *name, &value.to_string()]))
    })
}

fn columns(table: &Table, part: &mut Folder) -> Result<()> {
    let optional = [("exports", &table.exports), ("stock", &table.stock), ("error", &table.error), ("imports", &table.imports)];
    let mut header = vec!["region", "sector", "output"];
    let mut given = vec![&table.x];
    for (name, column) in optional {
        if let Some(column) = column {
            header.push(name);
            given.push(column);
        }
    }
    sheet(part, "columns.csv", &header, |csv| {
        for (i, (region, sector)) in row_labels(table).into_iter().enumerate() {
            let mut line = vec![region.to_string(), sector.to_string()];
            line.extend(given.iter().map(|column| column[i].to_string()));
            csv.write_record(&line)?;
        }
        Ok(())
    })
}

fn value_added(table: &Table, part: &mut Folder) -> Result<()> {
    let rows = row_labels(table);
    sheet(part, "value_added.csv", &["region", "sector", "item", "value"], |csv| {
        for (item, values) in &table.value_added {
            for (i, value) in values.iter().enumerate() {
                csv.write_record([rows[i].0, rows[i].1, &item.given, &value.to_string()])?;
            }
        }
        Ok(())
    })
}

fn emissions(table: &Table, part: &mut Folder) -> Result<()> {
    let rows = row_labels(table);
    sheet(part, "emissions.csv", &["region", "sector", "stressor", "unit", "value"], |csv| {
        for stressor in &table.stressors {
            for (i, value) in stressor.direct.iter().enumerate() {
                csv.write_record([rows[i].0, rows[i].1, &stressor.name, &stressor.unit, &value.to_string()])?;
            }
        }
        Ok(())
    })?;
    if table.stressors.iter().all(|s| s.households.is_none()) {
        return Ok(());
    }
    sheet(part, "households.csv", &["region", "stressor", "unit", "value"], |csv| {
        for stressor in &table.stressors {
            for (r, value) in stressor.households.iter().flatten().enumerate() {
                csv.write_record([&table.labels.regions[r].given, &stressor.name, &stressor.unit, &value.to_string()])?;
            }
        }
        Ok(())
    })
}

/// Refuses what could not be told apart when read back.
fn distinct_labels(table: &Table) -> Result<()> {
    let labels = &table.labels;
    let given = |list: &[Name]| list.iter().map(|n| n.given.clone()).collect::<Vec<_>>();
    let mut groups = vec![
        ("region", String::new(), given(&labels.regions)),
        ("stressor", String::new(), table.stressors.iter().map(|s| s.name.clone()).collect()),
        ("value-added item", String::new(), table.value_added.iter().map(|(n, _)| n.given.clone()).collect()),
    ];
    for r in 0..labels.region_count() {
        let owner = format!(" of {}", labels.regions[r]);
        groups.push(("sector", owner.clone(), given(&labels.sectors[labels.rows(r)])));
        groups.push(("category", owner, given(&labels.categories[labels.demand(r)])));
    }
    for (kind, owner, names) in groups {
        let mut seen = HashSet::new();
        if let Some(odd) = names.iter().map(|n| n.trim()).find(|n| n.is_empty() || !seen.insert(*n)) {
            let message = format!("the {kind} \"{odd}\"{owner} is empty or comes twice and cannot be written in long form");
            return Err(Error::invalid(message, "give each label of the table its own name"));
        }
    }
    Ok(())
}
