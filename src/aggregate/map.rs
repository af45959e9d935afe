//! Which coarse regions and sectors each row, demand column and region of a table goes to: `Z_c = C Z C'`, `x_c = C x`.
//!
//! C has one column for each row of the table, whose weights add up to one: nothing is lost and nothing counted twice.
//! Each coarse number is a compensated sum, rounded once. Miller, Blair, *Input-Output Analysis*, 2nd ed., section 4.9.

use ndarray::{Array1, Array2};

use super::records::{Record, Records, adds_up};
use crate::bounded::Sum;
use crate::error::{Error, Result, did_you_mean};
use crate::finding::Finding;
use crate::labels::{Labels, Name, find, sector_names, written};
use crate::table::{Source, Sparse, Stressor, Table};
use crate::threads::prelude::*;

/// Targets of one source, and their weights.
type Targets = Vec<(usize, f64)>;

/// Where everything of a table goes.
#[derive(Debug, Clone)]
pub struct Map {
    /// Names of the coarse table.
    pub labels: Labels,
    /// Coarse rows of each row (n).
    pub rows: Vec<Targets>,
    /// Coarse demand columns of each demand column (D).
    pub columns: Vec<Targets>,
    /// Coarse regions of each region (R).
    pub regions: Vec<Targets>,
    notes: Vec<String>,
    files: Vec<Source>,
}

impl Map {
    /// The map that concordances of regions and of sectors say; what has none stays as it is.
    ///
    /// # Errors
    /// When a name is not of the table, comes twice with one target, has no target, or its weights do not add up to one.
    pub fn new(labels: &Labels, regions: Option<&Records>, sectors: Option<&Records>) -> Result<Self> {
        let of_regions: Vec<Vec<(String, f64)>> = match regions {
            None => labels.regions.iter().map(|n| vec![(n.given.clone(), 1.0)]).collect(),
            Some(records) => region_targets(labels, records)?,
        };
        let of_rows: Vec<Vec<(String, f64)>> = match sectors {
            None => labels.sectors.iter().map(|n| vec![(n.given.clone(), 1.0)]).collect(),
            Some(records) => row_targets(labels, records)?,
        };
        let mut places = Places::default();
        let region_targets: Vec<Targets> = of_regions.iter().map(|t| t.iter().map(|(g, w)| (places.region(g), *w)).collect()).collect();
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        for (r, targets) in region_targets.iter().enumerate() {
            for i in labels.rows(r) {
                rows.push(places.members(targets, &of_rows[i], 0));
            }
            for d in labels.demand(r) {
                columns.push(places.members(targets, &[(labels.categories[d].given.clone(), 1.0)], 1));
            }
        }
        let (of_groups, own) = places.offsets();
        let named = |given: &[String], known: &[Name]| -> Vec<Name> {
            let all = sector_names(given.iter().map(String::as_str));
            given.iter().zip(all).map(|(g, n)| known.iter().find(|k| k.given == *g).cloned().unwrap_or(n)).collect()
        };
        let group = |given: &String| labels.regions.iter().find(|k| k.given == *given).cloned().unwrap_or_else(|| Name::region(given));
        let coarse = Labels {
            regions: places.regions.iter().map(group).collect(),
            sectors: named(&own[0], &labels.products().1),
            offsets: of_groups[0].clone(),
            categories: named(&own[1], &labels.categories),
            demand_offsets: of_groups[1].clone(),
        };
        let placed = |all: Vec<Vec<(usize, usize, f64)>>, offsets: &[usize]| -> Vec<Targets> {
            all.into_iter().map(|t| t.into_iter().map(|(g, at, w)| (offsets[g] + at, w)).collect()).collect()
        };
        let (mut notes, mut files) = (Vec::new(), Vec::new());
        for (records, what) in [(regions, "regions"), (sectors, "sectors")] {
            if let Some(records) = records {
                notes.push(format!("{what} aggregated by {}", records.place));
                files.extend(records.source.clone());
            }
        }
        Ok(Map {
            rows: placed(rows, &of_groups[0]),
            columns: placed(columns, &of_groups[1]),
            regions: region_targets,
            labels: coarse,
            notes,
            files,
        })
    }

    /// The map from the rows of a finer table to those that they are parts of, regions and demand as they are.
    ///
    /// # Panics
    /// If there is not one parent for each row.
    pub fn of_parents(fine: &Labels, coarse: &Labels, parents: &[usize]) -> Self {
        assert_eq!(parents.len(), fine.dim(), "one parent for each row");
        let alone = |count: usize| (0..count).collect::<Vec<_>>();
        Map::of_places(coarse, parents, &alone(fine.categories.len()), &alone(fine.region_count()))
    }

    /// The map to the one row, demand column and region of a coarser table that each of a finer one is a part of.
    pub fn of_places(coarse: &Labels, rows: &[usize], columns: &[usize], regions: &[usize]) -> Self {
        let whole = |to: &[usize]| to.iter().map(|p| vec![(*p, 1.0)]).collect();
        Map {
            labels: coarse.clone(),
            rows: whole(rows),
            columns: whole(columns),
            regions: whole(regions),
            notes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Number of coarse rows.
    pub fn dim(&self) -> usize {
        self.labels.dim()
    }

    /// The coarse table.
    ///
    /// # Panics
    /// If the map is of another table.
    pub fn table(&self, fine: &Table) -> Table {
        assert_eq!((fine.dim(), fine.y.ncols()), (self.rows.len(), self.columns.len()), "the map of this table");
        let n = self.dim();
        let sources = inverse(&self.rows, n);
        let rows: Vec<(Vec<u32>, Vec<f64>)> = (0..n)
            .into_par_iter()
            .map(|i| {
                let mut sums = vec![Sum::default(); n];
                for &(from, w) in &sources[i] {
                    for (j, z) in fine.z.row(from) {
                        self.rows[j].iter().for_each(|&(to, v)| sums[to].add(w * v * z));
                    }
                }
                let values = sums.into_iter().map(|s| s.bounded().value).enumerate().filter(|(_, v)| *v != 0.0);
                values.map(|(j, v)| (j as u32, v)).unzip()
            })
            .collect();
        let mut z = (vec![0], Vec::new(), Vec::new());
        for (columns, values) in rows {
            z.1.extend(columns);
            z.2.extend(values);
            z.0.push(z.1.len());
        }
        let mut y = Array2::zeros((n, self.labels.categories.len()));
        for (i, sources) in sources.iter().enumerate() {
            let mut sums = vec![Sum::default(); y.ncols()];
            for &(from, w) in sources {
                for (d, v) in fine.y.row(from).iter().enumerate().filter(|(_, v)| **v != 0.0) {
                    self.columns[d].iter().for_each(|&(to, c)| sums[to].add(w * c * v));
                }
            }
            y.row_mut(i).iter_mut().zip(sums).for_each(|(to, s)| *to = s.bounded().value);
        }
        let (by_row, by_column) = (|v: &Array1<f64>| added(v, &sources), inverse(&self.columns, self.labels.categories.len()));
        let by_region = inverse(&self.regions, self.labels.region_count());
        let some = |v: &Option<Array1<f64>>| v.as_ref().map(by_row);
        let stressor = |s: &Stressor| Stressor {
            name: s.name.clone(),
            unit: s.unit.clone(),
            direct: by_row(&s.direct),
            households: s.households.as_ref().map(|h| added(h, &by_region)),
        };
        let mut provenance = fine.provenance.clone();
        provenance.notes.extend(self.notes.iter().cloned());
        provenance.files.extend(self.files.iter().cloned());
        Table {
            exports: some(&fine.exports),
            stock: some(&fine.stock),
            error: some(&fine.error),
            imports: some(&fine.imports),
            imports_final: fine.imports_final.as_ref().map(|m| added(m, &by_column)),
            value_added: fine.value_added.iter().map(|(name, v)| (name.clone(), by_row(v))).collect(),
            stressors: fine.stressors.iter().map(stressor).collect(),
            unit: fine.unit.clone(),
            provenance,
            // what was noticed of a single row is of a row that is no longer there
            remarks: fine.remarks.iter().filter(|r: &&Finding| r.row.is_none()).cloned().collect(),
            ..Table::new(self.labels.clone(), Sparse::new((n, n), z.0, z.1, z.2), y, by_row(&fine.x))
        }
    }
}

/// Sources of each target.
pub(super) fn inverse(targets: &[Targets], count: usize) -> Vec<Targets> {
    let mut sources = vec![Vec::new(); count];
    for (from, own) in targets.iter().enumerate() {
        own.iter().for_each(|&(to, w)| sources[to].push((from, w)));
    }
    sources
}

fn added(values: &Array1<f64>, sources: &[Targets]) -> Array1<f64> {
    let sum = |own: &Targets| {
        let mut sum = Sum::default();
        own.iter().for_each(|&(from, w)| sum.add(w * values[from]));
        sum.bounded().value
    };
    sources.iter().map(sum).collect()
}

/// Coarse regions, and the rows and demand columns of each, in the order they first come.
#[derive(Default)]
struct Places {
    regions: Vec<String>,
    /// Names of the rows and of the demand columns of each coarse region.
    own: [Vec<Vec<String>>; 2],
}

impl Places {
    fn region(&mut self, name: &str) -> usize {
        if let Some(at) = self.regions.iter().position(|n| written(n) == written(name)) {
            return at;
        }
        self.regions.push(name.to_string());
        self.own.iter_mut().for_each(|all| all.push(Vec::new()));
        self.regions.len() - 1
    }

    /// Region, place within it and weight of each target.
    fn members(&mut self, regions: &Targets, targets: &[(String, f64)], kind: usize) -> Vec<(usize, usize, f64)> {
        let mut all = Vec::new();
        for &(g, w) in regions {
            for (name, v) in targets {
                let own = &mut self.own[kind][g];
                let at = own.iter().position(|n| written(n) == written(name)).unwrap_or_else(|| {
                    own.push(name.clone());
                    own.len() - 1
                });
                all.push((g, at, w * v));
            }
        }
        all
    }

    /// Ranges and names of rows and of demand columns.
    fn offsets(&self) -> ([Vec<usize>; 2], [Vec<String>; 2]) {
        let ranges = |all: &[Vec<String>]| {
            let mut offsets = vec![0];
            all.iter().for_each(|own| offsets.push(offsets[offsets.len() - 1] + own.len()));
            offsets
        };
        ([ranges(&self.own[0]), ranges(&self.own[1])], [self.own[0].concat(), self.own[1].concat()])
    }
}

fn region_targets(labels: &Labels, records: &Records) -> Result<Vec<Vec<(String, f64)>>> {
    let mut found: Vec<Vec<&Record>> = vec![Vec::new(); labels.region_count()];
    for record in &records.rows {
        if record.region.is_some() {
            return Err(Error::format(
                &record.place,
                "a concordance of regions has no column of regions beside source",
                "remove the column",
            ));
        }
        let at = find(&labels.regions, &record.source).ok_or_else(|| unknown("region", record, &labels.regions))?;
        found[at].push(record);
    }
    targets(records, "region", &labels.regions.iter().map(|n| n.en.clone()).collect::<Vec<_>>(), &found)
}

fn row_targets(labels: &Labels, records: &Records) -> Result<Vec<Vec<(String, f64)>>> {
    let (product, products) = labels.products();
    let (mut common, mut own) = (vec![Vec::new(); products.len()], vec![Vec::new(); labels.dim()]);
    for record in &records.rows {
        match &record.region {
            None => common[find(&products, &record.source).ok_or_else(|| unknown("sector", record, &products))?].push(record),
            Some(region) => {
                let r = labels.region(region).map_err(|e| Error::format(&record.place, &e, e.help().unwrap_or_default()))?;
                let rows = labels.rows(r);
                let at = find(&labels.sectors[rows.clone()], &record.source);
                own[rows.start + at.ok_or_else(|| unknown("sector", record, &labels.sectors[rows]))?].push(record);
            }
        }
    }
    // what is missing everywhere is named once
    let missing: Vec<String> = (0..products.len())
        .filter(|&p| common[p].is_empty() && (0..labels.dim()).all(|i| product[i] != p || own[i].is_empty()))
        .map(|p| products[p].en.clone())
        .collect();
    if !missing.is_empty() {
        return Err(partial(records, "sector", products.len(), &missing));
    }
    let found: Vec<Vec<&Record>> =
        own.into_iter().zip(&product).map(|(own, &p)| if own.is_empty() { common[p].clone() } else { own }).collect();
    targets(records, "sector", &(0..labels.dim()).map(|i| labels.row_name(i)).collect::<Vec<_>>(), &found)
}

fn partial(records: &Records, kind: &str, count: usize, missing: &[String]) -> Error {
    let text = format!("{} of {count} {kind}s of the table have no target: {}", missing.len(), missing.join(", "));
    Error::format(&records.place, text, "add a line for each: source, target")
}

fn unknown(kind: &str, record: &Record, known: &[Name]) -> Error {
    let names: Vec<&str> = known.iter().map(|n| n.en.as_str()).collect();
    Error::format(&record.place, format!("\"{}\" is no {kind} of the table", record.source), did_you_mean(&record.source, &names))
}

/// Targets and weights of each member.
fn targets(records: &Records, kind: &str, names: &[String], found: &[Vec<&Record>]) -> Result<Vec<Vec<(String, f64)>>> {
    let missing: Vec<String> = names.iter().zip(found).filter(|(_, own)| own.is_empty()).map(|(name, _)| name.clone()).collect();
    if !missing.is_empty() {
        return Err(partial(records, kind, names.len(), &missing));
    }
    let mut all = Vec::with_capacity(found.len());
    for (name, own) in names.iter().zip(found) {
        for (k, record) in own.iter().enumerate() {
            if let Some(before) = own[..k].iter().find(|b| written(&b.target) == written(&record.target)) {
                let text = format!("\"{}\" leads to \"{}\" twice: before at {}", record.source, record.target, before.place);
                return Err(Error::format(&record.place, text, "delete one of the lines"));
            }
        }
        let weights: Vec<f64> = own.iter().map(|r| r.number).collect();
        adds_up(name, &own[0].place, &weights)?;
        all.push(own.iter().map(|r| (r.target.clone(), r.number)).collect());
    }
    Ok(all)
}
