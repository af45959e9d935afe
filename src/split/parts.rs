//! The parts of split sectors, and numbers handed out among them so that they add up to the whole to the last bit.

use std::collections::HashSet;

use crate::aggregate::{Map, Record, Records, adds_up};
use crate::bounded::Sum;
use crate::error::{Error, Result, did_you_mean};
use crate::labels::{Labels, Name, find, sector_names, written};
use crate::table::{Source, Table};

/// Which parts each row has, and their shares of its output. A row that is not split is its own part.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Names of the finer table.
    pub labels: Labels,
    /// The parts of row i are the finer rows `starts[i]..starts[i + 1]` (n + 1).
    pub starts: Vec<usize>,
    /// Share of each finer row in the output of its parent.
    pub shares: Vec<f64>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// The files that say it.
    pub files: Vec<Source>,
}

impl Parts {
    /// The parts that a file names: lines without a region are about every region that has no line of its own.
    ///
    /// # Errors
    /// When a parent is unknown or has no output, a part comes twice, or shares are not positive or do not add up to one.
    pub fn new(table: &Table, records: &Records) -> Result<Self> {
        let labels = &table.labels;
        let (product, products) = labels.products();
        let (mut common, mut own) = (vec![Vec::new(); products.len()], vec![Vec::new(); labels.dim()]);
        for record in &records.rows {
            match &record.region {
                None => common[find(&products, &record.source).ok_or_else(|| unknown(record, &products))?].push(record),
                Some(region) => {
                    let r = labels.region(region).map_err(|e| Error::format(&record.place, &e, e.help().unwrap_or_default()))?;
                    let rows = labels.rows(r);
                    let at = find(&labels.sectors[rows.clone()], &record.source);
                    let i = rows.start + at.ok_or_else(|| unknown(record, &labels.sectors[rows]))?;
                    if table.x[i] == 0.0 {
                        return Err(empty(record, &labels.row_name(i)));
                    }
                    own[i].push(record);
                }
            }
        }
        for (p, lines) in common.iter().enumerate().filter(|(_, lines)| !lines.is_empty()) {
            if (0..labels.dim()).all(|i| product[i] != p || table.x[i] == 0.0) {
                return Err(empty(lines[0], &products[p].en));
            }
        }
        let mut parts = Parts {
            labels: Labels { sectors: Vec::new(), offsets: vec![0], ..labels.clone() },
            starts: vec![0],
            shares: Vec::new(),
            notes: Vec::new(),
            files: records.source.iter().cloned().collect(),
        };
        let mut idle = 0;
        for r in 0..labels.region_count() {
            let mut given: Vec<String> = Vec::new();
            for i in labels.rows(r) {
                let lines: &[&Record] = if own[i].is_empty() { &common[product[i]] } else { &own[i] };
                if lines.is_empty() {
                    given.push(labels.sectors[i].given.clone());
                    parts.shares.push(1.0);
                } else {
                    parts.shares.extend(shares(&labels.row_name(i), lines, records.amounts)?);
                    given.extend(lines.iter().map(|l| l.target.clone()));
                    idle += usize::from(table.x[i] == 0.0);
                }
                parts.starts.push(parts.shares.len());
            }
            let mut seen = HashSet::new();
            if let Some(name) = given.iter().find(|name| !seen.insert(written(name))) {
                let text = format!("{} would have two sectors \"{name}\"", labels.regions[r]);
                return Err(Error::format(&records.place, text, "give each part a name of its own"));
            }
            let named = sector_names(given.iter().map(String::as_str));
            let known = &labels.sectors[labels.rows(r)];
            parts.labels.sectors.extend(named.into_iter().map(|n| known.iter().find(|k| k.given == n.given).cloned().unwrap_or(n)));
            parts.labels.offsets.push(parts.shares.len());
        }
        let split = (0..labels.dim()).filter(|&i| parts.is_split(i)).count();
        parts.notes.push(format!("{split} rows split by {}: {} rows in place of {}", records.place, parts.dim(), labels.dim()));
        if idle > 0 {
            parts.notes.push(format!("{idle} of the split rows have no output, and so have their parts"));
        }
        Ok(parts)
    }

    /// Parts that are known by row, name and share, row after row; `None` where they are of another table.
    pub fn of_rows(table: &Table, rows: &[(usize, Name, f64)], place: &str) -> Option<Self> {
        let labels = &table.labels;
        let mut parts = Parts {
            labels: Labels { sectors: Vec::new(), offsets: vec![0], ..labels.clone() },
            starts: vec![0],
            shares: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
        };
        let mut left = rows;
        for r in 0..labels.region_count() {
            for i in labels.rows(r) {
                let count = left.iter().take_while(|p| p.0 == i).count();
                let (own, rest) = left.split_at(count);
                left = rest;
                parts.labels.sectors.extend(own.iter().map(|p| p.1.clone()));
                parts.shares.extend(own.iter().map(|p| p.2));
                if own.is_empty() {
                    parts.labels.sectors.push(labels.sectors[i].clone());
                    parts.shares.push(1.0);
                }
                parts.starts.push(parts.shares.len());
            }
            parts.labels.offsets.push(parts.shares.len());
        }
        parts.notes.push(format!("{} parts of {place}: {} rows in place of {}", rows.len(), parts.dim(), labels.dim()));
        left.is_empty().then_some(parts)
    }

    /// Number of finer rows.
    pub fn dim(&self) -> usize {
        self.shares.len()
    }

    /// The finer rows of row `i`.
    pub fn of(&self, i: usize) -> std::ops::Range<usize> {
        self.starts[i]..self.starts[i + 1]
    }

    /// Whether row `i` has several parts.
    pub fn is_split(&self, i: usize) -> bool {
        self.of(i).len() > 1
    }

    /// The row that finer row `k` is a part of.
    pub fn parent(&self, k: usize) -> usize {
        self.starts.partition_point(|&s| s <= k) - 1
    }

    /// The shares of the parts of each row, as [`crate::operator::Split`] takes them.
    pub fn by_row(&self) -> Vec<Vec<f64>> {
        self.starts.windows(2).map(|w| self.shares[w[0]..w[1]].to_vec()).collect()
    }

    /// The way back.
    pub fn map(&self, coarse: &Labels) -> Map {
        Map::of_parents(&self.labels, coarse, &(0..self.dim()).map(|k| self.parent(k)).collect::<Vec<_>>())
    }
}

fn unknown(record: &Record, known: &[Name]) -> Error {
    let names: Vec<&str> = known.iter().map(|n| n.en.as_str()).collect();
    Error::format(
        &record.place,
        format!("\"{}\" is no sector of the table, so it has no parts", record.source),
        did_you_mean(&record.source, &names),
    )
}

fn empty(record: &Record, name: &str) -> Error {
    Error::format(&record.place, format!("{name} has an output of 0: there is nothing to split"), "delete its lines, or correct the table")
}

fn shares(name: &str, lines: &[&Record], amounts: bool) -> Result<Vec<f64>> {
    let mut shares: Vec<f64> = lines.iter().map(|l| l.number).collect();
    if let Some(k) = shares.iter().position(|w| *w <= 0.0) {
        let text = format!("the share of \"{}\" in {name} is {}, expected more than 0", lines[k].target, shares[k]);
        return Err(Error::format(&lines[k].place, text, "delete the line: a part without output is no part"));
    }
    if amounts {
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|w| *w /= sum);
    }
    adds_up(name, &lines[0].place, &shares)?;
    Ok(shares)
}

/// Moves parts by their last bits so that their sum, rounded once, is `total`; parts of 0 stay 0. Returns whether it is so.
///
/// The sum of the others is known to twice the precision, so a part that is not the largest takes up what rounding left: its
/// own rounding is less than half of the last place of the total.
pub fn exactly(total: f64, parts: &mut [f64]) -> bool {
    let gap = |parts: &[f64]| {
        let mut sum = Sum::default();
        sum.extend(parts.iter());
        (sum.bounded().value != total).then(|| {
            sum.add(-total);
            sum.bounded().value
        })
    };
    if total == 0.0 && parts.iter().all(|p| *p >= 0.0) {
        parts.fill(0.0);
        return true;
    }
    // what is far off is no matter of rounding
    let Some(first) = gap(parts) else { return true };
    if first.is_nan() || total.is_nan() || first.abs() > 1e-6 * total.abs() {
        return false;
    }
    let mut order: Vec<usize> = (0..parts.len()).filter(|&k| parts[k] != 0.0).collect();
    order.sort_by(|&a, &b| parts[b].abs().total_cmp(&parts[a].abs()));
    for _ in 0..4 {
        for &k in &order {
            let Some(left) = gap(parts) else { return true };
            let before = parts[k];
            parts[k] = before - left;
            if parts[k].signum() != before.signum() || parts[k] == 0.0 {
                parts[k] = before;
            }
        }
    }
    gap(parts).is_none()
}
