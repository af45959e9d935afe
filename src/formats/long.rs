//! isard's own plain folder of long-form CSV files: one line per number, every cell named by its labels.
//!
//! `table.toml`, in UTF-8:
//! ```toml
//! format = 1
//! name = "Two provinces"            # optional
//! unit = "10^4 yuan"                # money unit; empty where unknown
//! emissions_unit = "Mt"             # or { CO2 = "Mt", CH4 = "kt" }; optional where emissions.csv has a column "unit"
//! stamp = "SYNTHETIC"               # optional; printed on every output
//! notes = ["read from ..."]         # optional
//! ```
//!
//! Each file is `NAME.csv` or `NAME.csv.gz`, with a header line, columns in any order, in UTF-8 or GBK:
//!
//! | file | columns | a line that is absent |
//! |---|---|---|
//! | `sectors` | `region,sector` | the order of the rows; regions one after the other, each with its own sectors |
//! | `flows` | `from_region,from_sector,to_region,to_sector,value` | zero |
//! | `demand` | `region,sector,to_region,category,value` | zero |
//! | `columns` | `region,sector,output` and any of `exports,stock,error,imports` | an error |
//! | `categories` (optional) | `region,category` | order of first appearance in `demand` where the file is absent |
//! | `value_added` (optional) | `region,sector,item,value` | zero |
//! | `imports_final` (optional) | `region,category,value` | zero |
//! | `emissions` (optional) | `region,sector,stressor,value` and optionally `unit` | zero, with a remark |
//! | `households` (optional) | `region,stressor,value` and optionally `unit` | zero, with a remark |
//!
//! Names are joined by [`crate::labels::key`], in Chinese or English, with the known aliases of the provinces. An
//! unknown name, an unknown column and a cell given twice are errors. Numbers are written in the shortest form that
//! reads back to the same bits.

use std::collections::HashSet;
use std::path::Path;

use ndarray::{Array1, Array2};

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::parts::{Holder, Intermediate, Values};
use crate::formats::{Encoding, Format, Parts, Probe, Reading, Source};
use crate::labels::{Labels, Name};
use crate::memory;
use crate::table::{self, Provenance, Sparse, Stressor};
use crate::watch::Watch;
use csv::{Cells, Csv, Finder};

mod csv;
mod manifest;

pub use manifest::MANIFEST;
pub(crate) use manifest::{Manifest, Units, VERSION};

/// The layout.
pub const FORMAT: Format = Format {
    name: "long",
    long: "isard's long-form CSV folder: one line for each number",
    doc: "recognised by table.toml; needs sectors, flows, demand and columns as .csv or .csv.gz; `encoding` gbk reads other text than UTF-8",
    takes: &["encoding"],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    match (source.is_folder(), source.has(MANIFEST)) {
        (true, true) => Probe::yes(format!("the folder holds {MANIFEST}")),
        (true, false) => Probe::no(format!("the folder holds no {MANIFEST}")),
        (false, _) => Probe::no("it is no folder"),
    }
}

/// Reads a long-form folder.
///
/// # Errors
/// With file, line and cell, when a file is missing or a cell, a label or the manifest is not what it must be.
fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let mut folder =
        Folder { path: source.path(), encoding: reading.encoding, sources: Vec::new(), remarks: Vec::new(), watch: reading.watch.clone() };
    let (manifest, source_of_manifest) = Manifest::read(source.path(), &reading.watch)?;
    folder.sources.push(source_of_manifest);
    let mut labels = folder.sectors()?;
    let demand = folder.must("demand")?;
    folder.categories(&mut labels, &demand)?;
    let mut finder = Finder::new(&labels);
    let z = folder.flows(&labels, &mut finder)?;
    let y = final_demand(&demand, &labels, &mut finder)?;
    let [output, exports, stock, error, imports] = folder.columns(&labels, &mut finder)?;
    let value_added = folder.value_added(&labels, &mut finder)?;
    let imports_final = folder.imports_final(&labels, &mut finder)?;
    let mut stressors = folder.emissions(&manifest, &labels, &mut finder)?;
    folder.households(&mut stressors, &labels, &mut finder)?;

    let place = source.path().display().to_string();
    let mut parts = Parts::new(labels.clone(), Intermediate::Flows(Values::Sparse(z)), Values::Dense(y), &place);
    (parts.x, parts.holder) = (output, Holder::Folder);
    (parts.exports, parts.stock, parts.error, parts.imports) = (exports, stock, error, imports);
    (parts.value_added, parts.imports_final, parts.stressors) = (value_added, imports_final, stressors);
    parts.unit = manifest.unit;
    let notes = manifest.name.into_iter().chain(manifest.notes).collect();
    parts.provenance = Provenance { files: folder.sources, sheet: None, notes, stamp: manifest.stamp };
    parts.remarks = folder.remarks;
    Ok(parts)
}

/// The folder being read.
struct Folder<'a> {
    path: &'a Path,
    encoding: Encoding,
    sources: Vec<table::Source>,
    remarks: Vec<Finding>,
    watch: Watch,
}

impl Folder<'_> {
    fn find(&mut self, stem: &str) -> Result<Option<Csv>> {
        Csv::find(self.path, stem, self.encoding, &mut self.sources, &self.watch)
    }

    fn must(&mut self, stem: &str) -> Result<Csv> {
        self.find(stem)?.ok_or_else(|| {
            Error::format(
                self.path.display(),
                format!("the folder holds no {stem}.csv or {stem}.csv.gz"),
                "a long-form table needs sectors.csv, flows.csv, demand.csv and columns.csv",
            )
        })
    }

    /// Labels of the rows; final demand is added by [`Folder::categories`].
    fn sectors(&mut self) -> Result<Labels> {
        let csv = self.must("sectors")?;
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        csv.lines(&["region", "sector"], &[], |line| {
            let pair = (line.text(0).to_string(), line.text(1).to_string());
            if pair.0.is_empty() || pair.1.is_empty() {
                return Err(Error::format(line.place(usize::from(!pair.0.is_empty())), "the name is empty", "name each region and sector"));
            }
            if !seen.insert(pair.clone()) {
                return Err(Error::format(line.place(1), format!("\"{} / {}\" comes twice", pair.0, pair.1), "name each row once"));
            }
            rows.push(pair);
            Ok(())
        })?;
        if rows.is_empty() {
            return Err(Error::format(csv.place(), "the file names no rows", "give one line per row of the table"));
        }
        Labels::from_pairs(&rows, &[], csv.place())
    }

    /// Adds the demand columns to `labels`, in the order of `categories.csv` or of first appearance.
    fn categories(&mut self, labels: &mut Labels, demand: &Csv) -> Result<()> {
        let rows = labels.clone();
        let mut finder = Finder::new(&rows);
        let mut by_region: Vec<Vec<Name>> = vec![Vec::new(); rows.region_count()];
        let mut seen = HashSet::new();
        if let Some(csv) = self.find("categories")? {
            csv.lines(&["region", "category"], &[], |line| {
                let r = finder.region(line, 0)?;
                if !seen.insert((r, line.text(1).to_string())) {
                    return Err(Error::format(
                        line.place(1),
                        format!("\"{} / {}\" comes twice", line.text(0), line.text(1)),
                        "name each category once",
                    ));
                }
                by_region[r].push(Name::plain(line.text(1)));
                Ok(())
            })?;
        } else {
            demand.lines(&DEMAND, &[], |line| {
                let r = finder.region(line, 2)?;
                if seen.insert((r, line.text(3).to_string())) {
                    by_region[r].push(Name::plain(line.text(3)));
                }
                Ok(())
            })?;
        }
        labels.demand_offsets = std::iter::once(0)
            .chain(by_region.iter().scan(0, |end, list| {
                *end += list.len();
                Some(*end)
            }))
            .collect();
        labels.categories = by_region.into_iter().flatten().collect();
        Ok(())
    }

    fn flows(&mut self, labels: &Labels, finder: &mut Finder) -> Result<Sparse> {
        let csv = self.must("flows")?;
        let mut cells = Cells::default();
        csv.lines(&["from_region", "from_sector", "to_region", "to_sector", "value"], &[], |line| {
            cells.push(finder.row(line, 0)?, finder.row(line, 2)?, line.value(4)?, line.number);
            Ok(())
        })?;
        let cells = cells.sorted(csv.place(), |i, j| format!("the flow {} -> {}", labels.row_name(i), labels.row_name(j)))?;
        let n = labels.dim();
        let (mut counts, mut indices, mut data) = (vec![0; n + 1], Vec::new(), Vec::new());
        for (i, j, value) in cells {
            if value != 0.0 {
                counts[i + 1] += 1;
                indices.push(u32::try_from(j).expect("columns were counted in 32 bits"));
                data.push(value);
            }
        }
        for i in 0..n {
            counts[i + 1] += counts[i];
        }
        Ok(Sparse::new((n, n), counts, indices, data))
    }

    /// Output, and exports, stock, error and imports where the file has these columns.
    fn columns(&mut self, labels: &Labels, finder: &mut Finder) -> Result<[Option<Array1<f64>>; 5]> {
        let csv = self.must("columns")?;
        let names = ["output", "exports", "stock", "error", "imports"];
        let given: Vec<usize> = (0..5).filter(|&k| k == 0 || csv.has(names[k])).collect();
        let mut found: [Option<Array1<f64>>; 5] = std::array::from_fn(|k| given.contains(&k).then(|| Array1::zeros(labels.dim())));
        let mut rows = Cells::default();
        csv.lines(&["region", "sector", "output"], &names[1..], |line| {
            let i = finder.row(line, 0)?;
            rows.push(i, 0, 0.0, line.number);
            for &k in &given {
                if let Some(column) = &mut found[k] {
                    column[i] = line.value(2 + k)?;
                }
            }
            Ok(())
        })?;
        let rows = rows.sorted(csv.place(), |i, _| format!("the row {}", labels.row_name(i)))?;
        match (0..labels.dim()).find(|&i| rows.get(i).is_none_or(|row| row.0 != i)) {
            Some(i) => Err(Error::format(
                csv.place(),
                format!("expected {} lines, found {}: {} is missing", labels.dim(), rows.len(), labels.row_name(i)),
                "give output for every row of sectors.csv; a sector without output has 0",
            )),
            None => Ok(found),
        }
    }

    fn value_added(&mut self, labels: &Labels, finder: &mut Finder) -> Result<Vec<(Name, Array1<f64>)>> {
        let Some(csv) = self.find("value_added")? else { return Ok(Vec::new()) };
        let mut items: Vec<String> = Vec::new();
        let mut cells = Cells::default();
        csv.lines(&["region", "sector", "item", "value"], &[], |line| {
            let item = position(&mut items, line.text(2));
            cells.push(item, finder.row(line, 0)?, line.value(3)?, line.number);
            Ok(())
        })?;
        memory::require_array(&format!("{}: value added by item", csv.place()), items.len(), labels.dim())?;
        let mut rows: Vec<Array1<f64>> = vec![Array1::zeros(labels.dim()); items.len()];
        for (item, i, value) in cells.sorted(csv.place(), |item, i| format!("{} of {}", items[item], labels.row_name(i)))? {
            rows[item][i] = value;
        }
        Ok(items.into_iter().map(Name::plain).zip(rows).collect())
    }

    fn imports_final(&mut self, labels: &Labels, finder: &mut Finder) -> Result<Option<Array1<f64>>> {
        let Some(csv) = self.find("imports_final")? else { return Ok(None) };
        let mut cells = Cells::default();
        csv.lines(&["region", "category", "value"], &[], |line| {
            cells.push(finder.demand(line, 0)?, 0, line.value(2)?, line.number);
            Ok(())
        })?;
        let mut imports = Array1::zeros(labels.categories.len());
        for (c, _, value) in cells.sorted(csv.place(), |c, _| format!("the category {}", labels.categories[c]))? {
            imports[c] = value;
        }
        Ok(Some(imports))
    }

    fn emissions(&mut self, manifest: &Manifest, labels: &Labels, finder: &mut Finder) -> Result<Vec<Stressor>> {
        let Some(csv) = self.find("emissions")? else { return Ok(Vec::new()) };
        let mut names: Vec<String> = Vec::new();
        let mut units: Vec<String> = Vec::new();
        let mut cells = Cells::default();
        csv.lines(&["region", "sector", "stressor", "value"], &["unit"], |line| {
            let s = position(&mut names, line.text(2));
            if units.len() < names.len() {
                units.push(manifest.unit_of(line.text(2)).map_or(line.text(4), String::as_str).to_string());
            }
            agree(line.text(4), &units[s], &names[s], || line.place(4))?;
            cells.push(s, finder.row(line, 0)?, line.value(3)?, line.number);
            Ok(())
        })?;
        if let Some(Units::Each(each)) = &manifest.emissions_unit
            && let Some(odd) = each.keys().find(|k| !names.contains(k))
        {
            return Err(Error::unknown("stressor", odd, &names));
        }
        let cells = cells.sorted(csv.place(), |s, i| format!("{} of {}", names[s], labels.row_name(i)))?;
        let mut given = vec![0; names.len()];
        memory::require_array(&format!("{}: emissions by stressor", csv.place()), names.len(), labels.dim())?;
        let mut direct: Vec<Array1<f64>> = vec![Array1::zeros(labels.dim()); names.len()];
        for (s, i, value) in cells {
            direct[s][i] = value;
            given[s] += 1;
        }
        for (s, name) in names.iter().enumerate() {
            if units[s].is_empty() {
                let message = format!("{}: the unit of {name} is unknown; pass `emissions-unit`, or name it in {MANIFEST}", csv.place());
                self.remarks.push(Finding::new(Level::Warn, "emissions-unit-unknown", message));
            }
            self.short(&csv, "emissions-missing-sector", name, "rows", given[s], labels.dim());
        }
        let account = |((name, unit), direct)| Stressor { name, unit, direct, households: None };
        Ok(names.into_iter().zip(units).zip(direct).map(account).collect())
    }

    fn households(&mut self, stressors: &mut [Stressor], labels: &Labels, finder: &mut Finder) -> Result<()> {
        let Some(csv) = self.find("households")? else { return Ok(()) };
        let names: Vec<String> = stressors.iter().map(|s| s.name.clone()).collect();
        let mut cells = Cells::default();
        csv.lines(&["region", "stressor", "value"], &["unit"], |line| {
            let Some(s) = names.iter().position(|n| n == line.text(1)) else {
                let help = crate::error::did_you_mean(line.text(1), &names);
                return Err(Error::format(line.place(1), format!("unknown stressor \"{}\" (not in emissions.csv)", line.text(1)), help));
            };
            agree(line.text(3), &stressors[s].unit, &names[s], || line.place(3))?;
            cells.push(s, finder.region(line, 0)?, line.value(2)?, line.number);
            Ok(())
        })?;
        let mut given = vec![0; names.len()];
        for (s, r, value) in cells.sorted(csv.place(), |s, r| format!("{} of {}", names[s], labels.regions[r]))? {
            stressors[s].households.get_or_insert_with(|| Array1::zeros(labels.region_count()))[r] = value;
            given[s] += 1;
        }
        for (s, name) in names.iter().enumerate().filter(|(s, _)| stressors[*s].households.is_some()) {
            self.short(&csv, "households-missing-region", name, "regions", given[s], labels.region_count());
        }
        Ok(())
    }

    /// Remarks that lines are absent and were counted as zero.
    fn short(&mut self, csv: &Csv, code: &'static str, name: &str, what: &str, found: usize, expected: usize) {
        if found < expected {
            let message = format!("{}: {name} is given for {found} of {expected} {what}; the others count as zero", csv.place());
            self.remarks.push(Finding::new(Level::Warn, code, message).numbers(found as f64, expected as f64));
        }
    }
}

const DEMAND: [&str; 5] = ["region", "sector", "to_region", "category", "value"];

fn final_demand(csv: &Csv, labels: &Labels, finder: &mut Finder) -> Result<Array2<f64>> {
    let mut cells = Cells::default();
    csv.lines(&DEMAND, &[], |line| {
        cells.push(finder.row(line, 0)?, finder.demand(line, 2)?, line.value(4)?, line.number);
        Ok(())
    })?;
    let owner = |c: usize| labels.demand_offsets.partition_point(|&o| o <= c) - 1;
    let name = |i: usize, c: usize| format!("the demand {} -> {} / {}", labels.row_name(i), labels.regions[owner(c)], labels.categories[c]);
    memory::require_array(&format!("{}: final demand", csv.place()), labels.dim(), labels.categories.len())?;
    let mut y = Array2::zeros((labels.dim(), labels.categories.len()));
    for (i, c, value) in cells.sorted(csv.place(), name)? {
        y[[i, c]] = value;
    }
    Ok(y)
}

/// Where `name` stands in `list`, added at the end if it is new.
fn position(list: &mut Vec<String>, name: &str) -> usize {
    list.iter().position(|n| n == name).unwrap_or_else(|| {
        list.push(name.to_string());
        list.len() - 1
    })
}

/// Refuses a second unit for one stressor.
fn agree(found: &str, unit: &str, stressor: &str, place: impl FnOnce() -> String) -> Result<()> {
    if found.is_empty() || found == unit {
        return Ok(());
    }
    Err(Error::format(
        place(),
        format!("the unit of {stressor} is \"{unit}\", here it is \"{found}\""),
        "give each stressor in one unit throughout, and in the same one as in table.toml",
    ))
}
