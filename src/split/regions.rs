//! The parts of split regions: shares of each part in the output of every sector, in final demand and in emissions.
//!
//! Row i of region r becomes a row of each part p with output `w_pi x_i`, demand column d one with `e_pd` of it; both add up to one
//! over the parts.

use crate::aggregate::{Map, Record, Records, adds_up};
use crate::error::{Error, Result, did_you_mean};
use crate::labels::{Labels, Name, find, key, written};
use crate::table::{Source, Table};

/// Which parts each region has, and their shares. A region that is not split is its own part.
#[derive(Debug, Clone)]
pub struct Regions {
    /// Names of the finer table.
    pub labels: Labels,
    /// Names of the table that is split.
    pub coarse: Labels,
    /// The parts of region r are the finer regions `starts[r]..starts[r + 1]` (R + 1).
    pub starts: Vec<usize>,
    /// Share of each finer row in the output of its parent.
    pub output: Vec<f64>,
    /// Share of each finer demand column in its parent.
    pub demand: Vec<f64>,
    /// Share of each finer row in the direct emissions of its parent.
    pub emissions: Vec<f64>,
    /// Share of each finer region in the emissions of households.
    pub households: Vec<f64>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// The files that say it.
    pub files: Vec<Source>,
}

/// What a share is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum About {
    /// All sectors.
    All,
    /// A row of the table.
    Row(usize),
    /// A demand column of the table.
    Column(usize),
    /// Direct emissions of households.
    Households,
}

/// Shares of the parts of a region by what they are about.
type Found = Vec<(About, Vec<f64>)>;

impl Regions {
    /// The parts that a file names (parent, part, share and, where a line is about one sector or category of demand, `region` of
    /// the record naming that), and shares of emissions by another one. Lines about no sector are about every sector that has no
    /// line of its own; final demand follows the output of the region where no line is about it, emissions follow output.
    ///
    /// # Errors
    /// When a parent, part or sector is unknown, a part comes twice, has no share, or shares do not add up to one.
    pub fn new(table: &Table, records: &Records, emissions: Option<&Records>) -> Result<Self> {
        let coarse = &table.labels;
        let files = records.source.iter().chain(emissions.iter().filter_map(|e| e.source.as_ref())).cloned().collect();
        let mut parts = Regions { files, ..Regions::empty(coarse) };
        let lines = by_region(coarse, records)?;
        let emitted = emissions.map(|e| by_region(coarse, e)).transpose()?;
        let weight = |r: usize| table.x.slice(ndarray::s![coarse.rows(r)]).sum();
        let bought: Vec<f64> = table.y.columns().into_iter().map(|c| c.sum()).collect();
        let mut untold = 0;
        for r in 0..coarse.region_count() {
            let own = emitted.as_ref().map_or(&[][..], |e| &e[r]);
            if lines[r].is_empty() {
                if let Some(line) = own.first() {
                    let text = format!("{} is not split, so it has no shares of emissions", coarse.regions[r]);
                    return Err(Error::format(&line.place, text, "delete the line, or name its parts among the shares of output"));
                }
                parts.whole(r);
                continue;
            }
            if weight(r) <= 0.0 {
                let text = format!("{} has an output of {}: there is nothing to split", coarse.regions[r], weight(r));
                return Err(Error::format(&lines[r][0].place, text, "delete its lines, or correct the table"));
            }
            let names = named(&lines[r]);
            let found = shares(coarse, r, &names, &lines[r], records.amounts)?;
            let direct = shares(coarse, r, &names, own, emissions.is_some_and(|e| e.amounts))?;
            untold += parts.push(table, r, &names, (&found, &direct), (&lines[r], &bought))?;
        }
        let mut seen = std::collections::HashMap::new();
        for (p, name) in parts.labels.regions.iter().enumerate() {
            if let Some(before) = seen.insert(written(&name.given), p) {
                let of = |p: usize| &coarse.regions[parts.parent(p)];
                let text = format!("\"{name}\" would be a region twice: of {} and of {}", of(before), of(p));
                return Err(Error::format(&records.place, text, "give each part a name of its own"));
            }
        }
        if let Some(place) = emissions.map(|e| &e.place) {
            let help = "give the shares of emissions of this sector lines of their own, or the part a share of its output";
            parts.emit(table).map_err(|text| Error::format(place, text, help))?;
        }
        let split = (0..coarse.region_count()).filter(|&r| parts.is_split(r)).count();
        parts.notes.insert(
            0,
            format!("{split} regions split by {}: {} regions in place of {}", records.place, parts.count(), coarse.region_count()),
        );
        if untold > 0 {
            parts.notes.push(format!("{untold} columns of final demand, which no line is about, are split by the output of the parts"));
        }
        parts.notes.push(emissions.map_or_else(
            || "emissions of parts follow their output".to_string(),
            |e| format!("emissions of parts by {}; where it says nothing they follow output", e.place),
        ));
        Ok(parts)
    }

    /// Region `r` of a table in parts of these names, with their shares of output and emissions (S of P each), of final demand and of the
    /// emissions of households.
    ///
    /// # Errors
    /// When a part has the name of another region.
    pub(super) fn of_shares(
        coarse: &Labels,
        r: usize,
        names: &[Name],
        [output, emissions]: [&[Vec<f64>]; 2],
        demand: &[f64],
        households: &[f64],
        notes: Vec<String>,
    ) -> std::result::Result<Self, String> {
        let other = coarse.regions.iter().enumerate().filter(|(s, _)| *s != r).map(|(_, n)| n);
        if let Some(name) = other.into_iter().find(|o| names.iter().any(|n| written(&n.given) == written(&o.given))) {
            return Err(format!("\"{name}\" is a region of both tables"));
        }
        let mut parts = Regions::empty(coarse);
        parts.notes = notes;
        for s in 0..coarse.region_count() {
            if s != r {
                parts.whole(s);
                continue;
            }
            for (p, name) in names.iter().enumerate() {
                parts.named(name.clone(), r);
                parts.output.extend(output.iter().map(|w| w[p]));
                parts.emissions.extend(emissions.iter().map(|w| w[p]));
                parts.demand.extend(coarse.demand(r).map(|_| demand[p]));
                parts.households.push(households[p]);
            }
            parts.starts.push(parts.labels.regions.len());
        }
        Ok(parts)
    }

    /// Without a region.
    fn empty(coarse: &Labels) -> Self {
        Regions {
            labels: Labels { regions: Vec::new(), sectors: Vec::new(), offsets: vec![0], categories: Vec::new(), demand_offsets: vec![0] },
            coarse: coarse.clone(),
            starts: vec![0],
            output: Vec::new(),
            demand: Vec::new(),
            emissions: Vec::new(),
            households: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// A region of the finer table, with the sectors and categories of region `r`.
    fn named(&mut self, name: Name, r: usize) {
        let coarse = &self.coarse;
        self.labels.regions.push(name);
        self.labels.sectors.extend_from_slice(&coarse.sectors[coarse.rows(r)]);
        self.labels.categories.extend_from_slice(&coarse.categories[coarse.demand(r)]);
        self.labels.offsets.push(self.labels.sectors.len());
        self.labels.demand_offsets.push(self.labels.categories.len());
    }

    /// A region that stays as it is.
    fn whole(&mut self, r: usize) {
        self.named(self.coarse.regions[r].clone(), r);
        self.output.resize(self.labels.sectors.len(), 1.0);
        self.emissions.resize(self.labels.sectors.len(), 1.0);
        self.demand.resize(self.labels.categories.len(), 1.0);
        self.households.push(1.0);
        self.starts.push(self.labels.regions.len());
    }

    /// The parts of a region; the number of its demand columns that no line is about.
    fn push(
        &mut self,
        table: &Table,
        r: usize,
        names: &[String],
        (found, direct): (&Found, &Found),
        (lines, bought): (&[&Record], &[f64]),
    ) -> Result<usize> {
        let (coarse, count) = (&table.labels, names.len());
        let of = |all: &Found, about: About| all.iter().find(|(a, _)| *a == about).map(|(_, v)| v.clone());
        let mut rows = Vec::new();
        for i in coarse.rows(r) {
            let own = of(found, About::Row(i)).or_else(|| of(found, About::All)).ok_or_else(|| {
                let text = format!("no shares of the parts of {} in {}", coarse.regions[r], coarse.sectors[i]);
                Error::format(&lines[0].place, text, "add lines for this sector, or lines without a sector for all that have none")
            })?;
            rows.push(own);
        }
        let mixed = |weights: &[f64], of: &[Vec<f64>]| -> Vec<f64> {
            let all: f64 = weights.iter().sum();
            (0..count).map(|p| weights.iter().zip(of).map(|(w, s)| w * s[p]).sum::<f64>() / all).collect()
        };
        let output: Vec<f64> = coarse.rows(r).map(|i| table.x[i].max(0.0)).collect();
        let usual = mixed(&output, &rows);
        let columns: Vec<Option<Vec<f64>>> = coarse.demand(r).map(|d| of(found, About::Column(d))).collect();
        let untold = columns.iter().filter(|c| c.is_none()).count();
        let columns: Vec<Vec<f64>> = columns.into_iter().map(|c| c.unwrap_or_else(|| usual.clone())).collect();
        let weights: Vec<f64> = coarse.demand(r).map(|d| bought[d].max(0.0)).collect();
        let homes = of(found, About::Households).or_else(|| of(direct, About::Households)).or_else(|| of(direct, About::All));
        let homes = homes.unwrap_or_else(|| if weights.iter().any(|w| *w > 0.0) { mixed(&weights, &columns) } else { usual.clone() });
        let emitted: Vec<Vec<f64>> = (coarse.rows(r).zip(&rows))
            .map(|(i, own)| of(direct, About::Row(i)).or_else(|| of(direct, About::All)).unwrap_or_else(|| own.clone()))
            .collect();
        for (p, name) in names.iter().enumerate() {
            self.named(Name::region(name), r);
            self.output.extend(rows.iter().map(|s| s[p]));
            self.emissions.extend(emitted.iter().map(|s| s[p]));
            self.demand.extend(columns.iter().map(|s| s[p]));
            self.households.push(homes[p]);
        }
        self.starts.push(self.labels.regions.len());
        Ok(untold)
    }

    /// Makes sure that what emits has output: emissions per unit of it are what is followed.
    ///
    /// # Errors
    /// Naming the part, its sector and its share of emissions.
    pub(super) fn emit(&self, table: &Table) -> std::result::Result<(), String> {
        for r in (0..self.coarse.region_count()).filter(|&r| self.is_split(r)) {
            for i in self.coarse.rows(r).filter(|&i| table.x[i] != 0.0 && table.stressors.iter().any(|s| s.direct[i] != 0.0)) {
                let lone = self.of(r).map(|p| self.row((r, i), p)).find(|&k| self.output[k] == 0.0 && self.emissions[k] != 0.0);
                if let Some(k) = lone {
                    let share = self.emissions[k];
                    return Err(format!("{} has a share of {share} in emissions and no output", self.labels.row_name(k)));
                }
            }
        }
        Ok(())
    }

    /// Number of finer regions.
    pub fn count(&self) -> usize {
        self.labels.region_count()
    }

    /// The finer regions of region `r`.
    pub fn of(&self, r: usize) -> std::ops::Range<usize> {
        self.starts[r]..self.starts[r + 1]
    }

    /// Whether region `r` has several parts.
    pub fn is_split(&self, r: usize) -> bool {
        self.of(r).len() > 1
    }

    /// The region that finer region `p` is a part of.
    pub fn parent(&self, p: usize) -> usize {
        self.starts.partition_point(|&s| s <= p) - 1
    }

    /// The finer row of row `i` of the table in part `p` of its region `r`.
    pub fn row(&self, (r, i): (usize, usize), p: usize) -> usize {
        self.labels.offsets[p] + i - self.coarse.offsets[r]
    }

    /// The finer demand column of column `d` of the table in part `p` of its region `r`.
    pub fn column(&self, (r, d): (usize, usize), p: usize) -> usize {
        self.labels.demand_offsets[p] + d - self.coarse.demand_offsets[r]
    }

    /// The way back.
    pub fn map(&self) -> Map {
        let (mut rows, mut columns, mut regions) = (Vec::new(), Vec::new(), Vec::new());
        for r in 0..self.coarse.region_count() {
            for _ in self.of(r) {
                regions.push(r);
                rows.extend(self.coarse.rows(r));
                columns.extend(self.coarse.demand(r));
            }
        }
        Map::of_places(&self.coarse, &rows, &columns, &regions)
    }
}

/// The parts that lines name, in the order they first come.
fn named(lines: &[&Record]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    lines.iter().filter(|l| seen.insert(written(&l.target))).map(|l| l.target.clone()).collect()
}

/// The lines of each region.
fn by_region<'a>(labels: &Labels, records: &'a Records) -> Result<Vec<Vec<&'a Record>>> {
    let mut lines = vec![Vec::new(); labels.region_count()];
    for record in &records.rows {
        if record.partner.is_some() {
            let text = "shares of the parts of regions have no region of a buyer or supplier";
            return Err(Error::format(&record.place, text, "remove the column"));
        }
        let r = find(&labels.regions, &record.source).ok_or_else(|| {
            let known: Vec<&str> = labels.regions.iter().map(|n| n.en.as_str()).collect();
            let text = format!("\"{}\" is no region of the table, so it has no parts", record.source);
            Error::format(&record.place, text, did_you_mean(&record.source, &known))
        })?;
        lines[r].push(record);
    }
    Ok(lines)
}

/// What a line of region `r` is about.
fn about(labels: &Labels, r: usize, record: &Record) -> Result<Vec<About>> {
    let Some(name) = &record.region else { return Ok(vec![About::All]) };
    if let Some(i) = labels.find_sector(r, name) {
        return Ok(vec![About::Row(i)]);
    }
    let all = ["finaldemand", "最终需求"].contains(&key(name).as_str());
    let columns: Vec<About> =
        labels.demand(r).filter(|&d| all || written(&labels.categories[d].given) == written(name)).map(About::Column).collect();
    if !columns.is_empty() {
        return Ok(columns);
    }
    if ["households", "居民"].contains(&key(name).as_str()) {
        return Ok(vec![About::Households]);
    }
    let known: Vec<&str> =
        labels.sectors[labels.rows(r)].iter().chain(&labels.categories[labels.demand(r)]).map(|n| n.en.as_str()).collect();
    let text = format!("\"{name}\" is no sector and no category of demand of {}, and not final demand or households", labels.regions[r]);
    Err(Error::format(&record.place, text, did_you_mean(name, &known)))
}

/// Shares of the parts of region `r` by what they are about.
fn shares(labels: &Labels, r: usize, names: &[String], lines: &[&Record], amounts: bool) -> Result<Found> {
    let mut found: Vec<(About, Vec<f64>, &str)> = Vec::new();
    for line in lines {
        let p = names.iter().position(|n| written(n) == written(&line.target)).ok_or_else(|| {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let text = format!("\"{}\" is no part of {}", line.target, labels.regions[r]);
            Error::format(&line.place, text, did_you_mean(&line.target, &known))
        })?;
        for about in about(labels, r, line)? {
            let at = found.iter().position(|f| f.0 == about).unwrap_or_else(|| {
                found.push((about, vec![f64::NAN; names.len()], &line.place));
                found.len() - 1
            });
            if !found[at].1[p].is_nan() {
                let what = line.region.as_ref().map_or(String::new(), |s| format!(" in {s}"));
                let text = format!("the share of {} in {}{what} comes twice", line.target, labels.regions[r]);
                return Err(Error::format(&line.place, text, "keep one line of each part and sector"));
            }
            found[at].1[p] = line.number;
        }
    }
    let mut settled = Vec::with_capacity(found.len());
    for (about, mut numbers, place) in found {
        let what = match about {
            About::Row(i) => format!("{} of {}", labels.sectors[i], labels.regions[r]),
            About::Column(d) => format!("{} of {}", labels.categories[d], labels.regions[r]),
            _ => labels.regions[r].to_string(),
        };
        if let Some(p) = numbers.iter().position(|v| v.is_nan()).filter(|_| !amounts) {
            let text = format!("shares of {what} are given without the part \"{}\"", names[p]);
            return Err(Error::format(place, text, "add a line for it; 0 if it has none"));
        }
        numbers.iter_mut().for_each(|v| *v = if v.is_nan() { 0.0 } else { *v });
        if amounts {
            let sum: f64 = numbers.iter().sum();
            if sum <= 0.0 {
                let text = format!("the amounts of {what} add up to {sum}: no share follows from them");
                return Err(Error::format(place, text, "delete these lines, so that lines without a sector are used, or correct them"));
            }
            numbers.iter_mut().for_each(|v| *v /= sum);
        }
        adds_up(&what, place, &numbers)?;
        settled.push((about, numbers));
    }
    Ok(settled)
}
