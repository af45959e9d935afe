//! What is known of parts beside their output: what each buyer takes of which part, what each part takes of which input, and
//! who emits. Where nothing is known, output shares stand in.

use std::collections::HashMap;

use super::parts::Parts;
use crate::aggregate::{Record, Records, adds_up};
use crate::error::{Error, Result, did_you_mean};
use crate::labels::{find, key, written};
use crate::table::{Source, Table};

/// Who buys parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Buyer {
    /// A finer row.
    Row(usize),
    /// A column beside Z: demand by category, then exports, stock, error.
    Other(usize),
}

/// What parts buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Input {
    /// Of a finer row.
    Row(usize),
    /// A row below Z: imports, then the rows of value added.
    Other(usize),
}

/// Shares of the parts of a row by who buys, by what is bought, and of emissions.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    sales: HashMap<(usize, Buyer), Vec<f64>>,
    inputs: HashMap<(usize, Input), Vec<f64>>,
    emissions: HashMap<usize, Vec<f64>>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// The files that say it.
    pub files: Vec<Source>,
}

/// Numbers of the parts of a row, with the place of the first; NaN where none is given.
type Found<K> = HashMap<(usize, K), (Vec<f64>, String)>;

impl Knowledge {
    /// Reads the names of sales (part, buyer), inputs (part, input) and emission shares (parent, part) against the table.
    ///
    /// # Errors
    /// When a name is unknown, a pair comes twice, or shares of a buyer, an input or emissions do not add up to one.
    pub fn new(
        table: &Table,
        parts: &Parts,
        sales: Option<&Records>,
        inputs: Option<&Records>,
        emissions: Option<&Records>,
    ) -> Result<Self> {
        let mut known = Knowledge::default();
        if let Some(records) = sales {
            let found = collected(parts, records, |record| buyers(table, parts, record))?;
            known.sales = settled(table, parts, records, found, "what a buyer takes of")?;
        }
        if let Some(records) = inputs {
            let found = collected(parts, records, |record| suppliers(table, parts, record))?;
            known.inputs = settled(table, parts, records, found, "what the parts buy for")?;
        }
        if let Some(records) = emissions {
            // the parent is named for people: parts alone tell where shares belong
            let swapped: Vec<Record> =
                records.rows.iter().map(|r| Record { source: r.target.clone(), target: r.source.clone(), ..r.clone() }).collect();
            let records = Records { rows: swapped, ..records.clone() };
            let found = collected(parts, &records, |_| Ok(vec![()]))?;
            known.emissions = settled(table, parts, &records, found, "emissions of")?.into_iter().map(|((i, ()), v)| (i, v)).collect();
        }
        for (records, what) in [(sales, "sales"), (inputs, "inputs"), (emissions, "emissions")] {
            if let Some(records) = records {
                known.notes.push(format!("{what} of parts by {}", records.place));
                known.files.extend(records.source.clone());
            }
        }
        Ok(known)
    }

    /// Emission shares by row, nothing else.
    pub fn of_emissions(shares: impl IntoIterator<Item = (usize, Vec<f64>)>) -> Self {
        Knowledge { emissions: shares.into_iter().collect(), ..Knowledge::default() }
    }

    /// Whether sales or inputs are known to differ from output shares.
    pub fn has_structures(&self) -> bool {
        !self.sales.is_empty() || !self.inputs.is_empty()
    }

    /// Shares of the parts of row `i` in what a buyer takes.
    pub(super) fn sales<'a>(&'a self, parts: &'a Parts, i: usize, buyer: Buyer) -> &'a [f64] {
        if !parts.is_split(i) {
            return &parts.shares[parts.of(i)];
        }
        self.sales.get(&(i, buyer)).map_or(&parts.shares[parts.of(i)], |v| v)
    }

    /// Shares of the parts of row `j` in what it takes of an input.
    pub(super) fn inputs<'a>(&'a self, parts: &'a Parts, j: usize, input: Input) -> &'a [f64] {
        self.inputs.get(&(j, input)).map_or(&parts.shares[parts.of(j)], |v| v)
    }

    /// Shares of the parts of row `i` in its emissions.
    pub fn emissions<'a>(&'a self, parts: &'a Parts, i: usize) -> &'a [f64] {
        self.emissions.get(&i).map_or(&parts.shares[parts.of(i)], |v| v)
    }
}

/// The numbers of each row and partner.
fn collected<K: std::hash::Hash + Eq + Copy>(
    parts: &Parts,
    records: &Records,
    partners: impl Fn(&Record) -> Result<Vec<K>>,
) -> Result<Found<K>> {
    let labels = &parts.labels;
    let mut found: Found<K> = HashMap::new();
    // the same partner comes on many lines
    let mut seen: HashMap<(Option<&str>, &str), Vec<K>> = HashMap::new();
    for record in &records.rows {
        let regions = match &record.region {
            Some(name) => vec![labels.region(name).map_err(|e| Error::format(&record.place, &e, e.help().unwrap_or_default()))?],
            None => (0..labels.region_count()).collect(),
        };
        let rows: Vec<usize> = regions
            .iter()
            .filter_map(|&r| find(&labels.sectors[labels.rows(r)], &record.source).map(|at| labels.offsets[r] + at))
            .collect();
        if rows.is_empty() {
            let all: Vec<&str> =
                (0..parts.dim()).filter(|&k| parts.is_split(parts.parent(k))).map(|k| labels.sectors[k].en.as_str()).collect();
            let text = format!("\"{}\" is no part and no sector of the finer table", record.source);
            return Err(Error::format(&record.place, text, did_you_mean(&record.source, &all)));
        }
        let place = (record.partner.as_deref(), record.target.as_str());
        if let std::collections::hash_map::Entry::Vacant(e) = seen.entry(place) {
            e.insert(partners(record)?);
        }
        let partners = &seen[&place];
        for &k in &rows {
            let i = parts.parent(k);
            let own = parts.of(i);
            for &partner in partners {
                let (numbers, _) = found.entry((i, partner)).or_insert_with(|| (vec![f64::NAN; own.len()], record.place.clone()));
                let cell = &mut numbers[k - own.start];
                // a line that names the region or the partner's region goes before one that does not
                let special = record.region.is_some() || record.partner.is_some();
                if !cell.is_nan() && !special {
                    let text = format!("\"{}\" and \"{}\" come twice", record.source, record.target);
                    return Err(Error::format(&record.place, text, "keep one line for each pair; lines with a region go last"));
                }
                *cell = record.number;
            }
        }
    }
    Ok(found)
}

/// Shares of numbers that are given for a row and a partner.
fn settled<K: std::hash::Hash + Eq + Copy>(
    table: &Table,
    parts: &Parts,
    records: &Records,
    found: Found<K>,
    what: &str,
) -> Result<HashMap<(usize, K), Vec<f64>>> {
    let mut all = HashMap::with_capacity(found.len());
    for ((i, partner), (mut numbers, place)) in found {
        if let Some(k) = numbers.iter().position(|v| v.is_nan()).filter(|_| !records.amounts) {
            let part = &parts.labels.sectors[parts.of(i).start + k];
            let text = format!("shares of {what} {} are given without the part \"{part}\"", table.labels.row_name(i));
            return Err(Error::format(place, text, "add a line for it; 0 if it has none"));
        }
        numbers.iter_mut().for_each(|v| *v = if v.is_nan() { 0.0 } else { *v });
        if records.amounts {
            let sum: f64 = numbers.iter().sum();
            if sum <= 0.0 {
                // nothing is known of what is nothing: output shares stand in
                continue;
            }
            numbers.iter_mut().for_each(|v| *v /= sum);
        } else {
            adds_up(&format!("{what} {}", table.labels.row_name(i)), &place, &numbers)?;
        }
        all.insert((i, partner), numbers);
    }
    Ok(all)
}

/// Finer rows of a sector, or of all parts of one that is split, in the regions that are named.
fn rows_of(table: &Table, parts: &Parts, record: &Record) -> Result<Vec<usize>> {
    let labels = &parts.labels;
    let regions = match &record.partner {
        Some(name) => vec![labels.region(name).map_err(|e| Error::format(&record.place, &e, e.help().unwrap_or_default()))?],
        None => (0..labels.region_count()).collect(),
    };
    let mut rows = Vec::new();
    for r in regions {
        if let Some(at) = find(&labels.sectors[labels.rows(r)], &record.target) {
            rows.push(labels.offsets[r] + at);
        } else if let Some(i) = table.labels.find_sector(r, &record.target) {
            rows.extend(parts.of(i));
        }
    }
    Ok(rows)
}

fn buyers(table: &Table, parts: &Parts, record: &Record) -> Result<Vec<Buyer>> {
    let rows = rows_of(table, parts, record)?;
    if !rows.is_empty() {
        return Ok(rows.into_iter().map(Buyer::Row).collect());
    }
    let labels = &table.labels;
    let region = record.partner.as_deref().and_then(|name| labels.find_region(name));
    let wanted = written(&record.target);
    let inside = |d: &usize| region.is_none_or(|r| labels.demand(r).contains(d));
    let columns: Vec<Buyer> = (0..labels.categories.len())
        .filter(|d| {
            inside(d) && (written(&labels.categories[*d].given) == wanted || ["finaldemand", "最终需求"].contains(&key(&wanted).as_str()))
        })
        .map(Buyer::Other)
        .collect();
    if !columns.is_empty() {
        return Ok(columns);
    }
    let first = labels.categories.len();
    match key(&record.target).as_str() {
        "export" | "exports" | "出口" => Ok(vec![Buyer::Other(first)]),
        "stock" | "stocks" => Ok(vec![Buyer::Other(first + 1)]),
        _ => {
            let products = labels.products().1;
            let known: Vec<&str> = products.iter().chain(&labels.categories).map(|n| n.en.as_str()).collect();
            let text = format!("\"{}\" is no sector, part or category of demand, and not export or stock", record.target);
            Err(Error::format(&record.place, text, did_you_mean(&record.target, &known)))
        }
    }
}

fn suppliers(table: &Table, parts: &Parts, record: &Record) -> Result<Vec<Input>> {
    let rows = rows_of(table, parts, record)?;
    if !rows.is_empty() {
        return Ok(rows.into_iter().map(Input::Row).collect());
    }
    let value = table.value_added.len().max(1);
    let named = table.value_added.iter().position(|(name, _)| written(&name.given) == written(&record.target));
    match (named, key(&record.target).as_str()) {
        (Some(v), _) => Ok(vec![Input::Other(1 + v)]),
        (None, "imports" | "import" | "进口") => Ok(vec![Input::Other(0)]),
        (None, "valueadded" | "增加值") => Ok((1..=value).map(Input::Other).collect()),
        _ => {
            let products = table.labels.products().1;
            let known: Vec<&str> = products.iter().map(|n| n.en.as_str()).collect();
            let text = format!("\"{}\" is no sector, part or row of value added, and not imports", record.target);
            Err(Error::format(&record.place, text, did_you_mean(&record.target, &known)))
        }
    }
}
