//! Writing a table as a long-form folder, in the layout that [`super::long`] documents.
//!
//! Everything goes into a hidden folder beside the target, which is renamed when it is complete.

use std::collections::HashSet;
use std::path::Path;

use super::long::{FORMAT, MANIFEST, Manifest};
use crate::error::{Error, Result};
use crate::labels::Name;
use crate::table::Table;

/// Writes `table` as the new folder `folder`. Reading it back gives the same numbers bit for bit.
///
/// # Errors
/// When the folder exists, when two labels are the same, or when it cannot be written; nothing is left behind then.
pub fn write(table: &Table, folder: &Path) -> Result<()> {
    if folder.exists() {
        return Err(Error::io(folder, "create", std::io::ErrorKind::AlreadyExists.into()));
    }
    let Some(name) = folder.file_name() else {
        return Err(Error::invalid(
            format!("{} names no folder to create", folder.display()),
            "end the path with the name of a new folder",
        ));
    };
    distinct_labels(table)?;
    let part = folder.with_file_name(format!(".{}.part-{}", name.to_string_lossy(), std::process::id()));
    let done = fill(table, &part).and_then(|()| std::fs::rename(&part, folder).map_err(|e| Error::io(folder, "create", e)));
    if done.is_err() {
        // The first error is the one to report; a leftover hidden folder harms nobody.
        let _ = std::fs::remove_dir_all(&part);
    }
    done
}

fn fill(table: &Table, part: &Path) -> Result<()> {
    std::fs::create_dir_all(part).map_err(|e| Error::io(part, "create", e))?;
    let manifest = part.join(MANIFEST);
    std::fs::write(&manifest, manifest_text(table)).map_err(|e| Error::io(&manifest, "write", e))?;
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
        format: FORMAT,
        name: None,
        unit: table.unit.clone(),
        stamp: provenance.stamp.clone(),
        notes: provenance.notes.iter().cloned().chain(origin).collect(),
        emissions_unit: None,
    };
    toml::to_string_pretty(&manifest).expect("texts and one number have a TOML form")
}

/// One CSV file under way.
struct Sheet {
    path: std::path::PathBuf,
    csv: csv::Writer<std::fs::File>,
}

impl Sheet {
    fn create(part: &Path, name: &str, header: &[&str]) -> Result<Self> {
        let path = part.join(name);
        let file = std::fs::File::create(&path).map_err(|e| Error::io(&path, "write", e))?;
        let mut sheet = Sheet { path, csv: csv::WriterBuilder::new().buffer_capacity(1 << 18).from_writer(file) };
        sheet.line(header)?;
        Ok(sheet)
    }

    fn line<S: AsRef<[u8]>>(&mut self, cells: &[S]) -> Result<()> {
        self.csv.write_record(cells).map_err(|e| Error::io(&self.path, "write", e.into()))
    }

    fn close(mut self) -> Result<()> {
        self.csv.flush().map_err(|e| Error::io(&self.path, "write", e))
    }
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

fn labels(table: &Table, part: &Path) -> Result<()> {
    for (file, what, pairs) in [("sectors.csv", "sector", row_labels(table)), ("categories.csv", "category", demand_labels(table))] {
        let mut sheet = Sheet::create(part, file, &["region", what])?;
        for (region, name) in pairs {
            sheet.line(&[region, name])?;
        }
        sheet.close()?;
    }
    Ok(())
}

fn flows(table: &Table, part: &Path) -> Result<()> {
    let rows = row_labels(table);
    let mut sheet = Sheet::create(part, "flows.csv", &["from_region", "from_sector", "to_region", "to_sector", "value"])?;
    for (i, row) in table.z.outer_iterator().enumerate() {
        for (j, &value) in row.iter().filter(|(_, v)| **v != 0.0) {
            sheet.line(&[rows[i].0, rows[i].1, rows[j].0, rows[j].1, &value.to_string()])?;
        }
    }
    sheet.close()
}

fn demand(table: &Table, part: &Path) -> Result<()> {
    let (rows, columns) = (row_labels(table), demand_labels(table));
    let mut sheet = Sheet::create(part, "demand.csv", &["region", "sector", "to_region", "category", "value"])?;
    for ((i, c), value) in table.y.indexed_iter() {
        // Negative zero is written too: it is not what an absent line means.
        if value.to_bits() != 0 {
            sheet.line(&[rows[i].0, rows[i].1, columns[c].0, columns[c].1, &value.to_string()])?;
        }
    }
    sheet.close()?;
    let Some(imports) = &table.imports_final else { return Ok(()) };
    let mut sheet = Sheet::create(part, "imports_final.csv", &["region", "category", "value"])?;
    for (c, value) in imports.iter().enumerate() {
        sheet.line(&[columns[c].0, columns[c].1, &value.to_string()])?;
    }
    sheet.close()
}

fn columns(table: &Table, part: &Path) -> Result<()> {
    let optional = [("exports", &table.exports), ("stock", &table.stock), ("error", &table.error), ("imports", &table.imports)];
    let mut header = vec!["region", "sector", "output"];
    let mut given = vec![&table.x];
    for (name, column) in optional {
        if let Some(column) = column {
            header.push(name);
            given.push(column);
        }
    }
    let mut sheet = Sheet::create(part, "columns.csv", &header)?;
    for (i, (region, sector)) in row_labels(table).into_iter().enumerate() {
        let mut line = vec![region.to_string(), sector.to_string()];
        line.extend(given.iter().map(|column| column[i].to_string()));
        sheet.line(&line)?;
    }
    sheet.close()
}

fn value_added(table: &Table, part: &Path) -> Result<()> {
    let rows = row_labels(table);
    let mut sheet = Sheet::create(part, "value_added.csv", &["region", "sector", "item", "value"])?;
    for (item, values) in &table.value_added {
        for (i, value) in values.iter().enumerate() {
            sheet.line(&[rows[i].0, rows[i].1, &item.given, &value.to_string()])?;
        }
    }
    sheet.close()
}

fn emissions(table: &Table, part: &Path) -> Result<()> {
    let rows = row_labels(table);
    let mut sheet = Sheet::create(part, "emissions.csv", &["region", "sector", "stressor", "unit", "value"])?;
    for stressor in &table.stressors {
        for (i, value) in stressor.direct.iter().enumerate() {
            sheet.line(&[rows[i].0, rows[i].1, &stressor.name, &stressor.unit, &value.to_string()])?;
        }
    }
    sheet.close()?;
    if table.stressors.iter().all(|s| s.households.is_none()) {
        return Ok(());
    }
    let mut sheet = Sheet::create(part, "households.csv", &["region", "stressor", "unit", "value"])?;
    for stressor in &table.stressors {
        for (r, value) in stressor.households.iter().flatten().enumerate() {
            sheet.line(&[&table.labels.regions[r].given, &stressor.name, &stressor.unit, &value.to_string()])?;
        }
    }
    sheet.close()
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
