//! USEEIO's API folder: `sectors.json`, `flows.json`, `matrix/A.bin` (or `A.json`), `B` likewise, `demands/ID.json`.
//!
//! A `.bin` is two whole numbers of four bytes (rows, columns) and doubles by columns, least byte first. B is per unit of output,
//! so `F = B diag(x)` with `x = A x + y`. Final demand is that of one vector of demand for each region.

use std::path::Path;

use ndarray::{Array2, ShapeBuilder};
use serde::Deserialize;

use super::{Error, Format, Parts, Probe, Reading, Result, Source};
use crate::finding::{Finding, Level};
use crate::formats::containers::cursor::Cursor;
use crate::formats::parts::{Holder, Intermediate, Values};
use crate::formats::tools::input::{bytes, text};
use crate::formats::{Encoding, tools};
use crate::labels::{Labels, Name};
use crate::table::{Provenance, Stressor};

/// The layout.
pub const FORMAT: Format = Format {
    name: "useeio-api",
    long: "USEEIO's API folder: matrix/A.bin or A.json, sectors.json, demands",
    doc: "recognised by sectors.json beside matrix/A.bin or matrix/A.json; `sheet` names the vector of demand where several fit",
    takes: &["sheet"],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    match ["matrix/A.bin", "matrix/A.json"].into_iter().find(|a| source.has(a)) {
        Some(a) if source.has("sectors.json") => Probe::yes(format!("the folder holds sectors.json and {a}")),
        _ => Probe::no("it is no folder with sectors.json and matrix/A.bin or A.json"),
    }
}

#[derive(Deserialize)]
struct Sector {
    id: String,
    #[serde(default)]
    location: String,
}

#[derive(Deserialize)]
struct Flow {
    id: String,
    #[serde(default)]
    unit: String,
}

#[derive(Deserialize)]
struct Demand {
    id: String,
    #[serde(default)]
    location: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    system: String,
}

#[derive(Deserialize)]
struct Amount {
    sector: String,
    amount: f64,
}

struct Folder<'a> {
    path: &'a Path,
    reading: &'a Reading,
    files: Vec<crate::table::Source>,
}

impl Folder<'_> {
    fn json<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let path = self.path.join(name);
        let (text, source) = text(&path, Encoding::Utf8, &self.reading.watch)?;
        self.files.push(source);
        serde_json::from_str(&text)
            .map_err(|e| Error::format(format!("{}:{}:{}", path.display(), e.line(), e.column()), e, "fetch or export it again"))
    }

    /// A matrix, from `.bin` where it is there.
    fn matrix(&mut self, name: &str) -> Result<Option<Array2<f64>>> {
        let path = self.path.join(format!("matrix/{name}.bin"));
        if path.is_file() {
            let (raw, source) = bytes(&path, &self.reading.watch)?;
            self.files.push(source);
            let place = path.display().to_string();
            let mut from = Cursor::new(&raw, &place, "matrix of USEEIO");
            let (rows, columns) = (from.length_le()?, from.length_le()?);
            let found = from.left();
            if rows.checked_mul(columns).and_then(|c| c.checked_mul(8)) != Some(found) {
                return Err(from.wrong(format!("{rows} x {columns} numbers are said, {found} bytes follow")));
            }
            let flat = from.take(found)?.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
            return Ok(Some(Array2::from_shape_vec((rows, columns).f(), flat).map_err(|e| from.wrong(e))?));
        }
        let file = format!("matrix/{name}.json");
        if !self.path.join(&file).is_file() {
            return Ok(None);
        }
        let rows: Vec<Vec<f64>> = self.json(&file)?;
        let columns = rows.first().map_or(0, Vec::len);
        if let Some(k) = rows.iter().position(|r| r.len() != columns) {
            let text = format!("row {} has {} numbers, the first {columns}", k + 1, rows[k].len());
            return Err(Error::format(self.path.join(&file).display(), text, "fetch or export it again"));
        }
        Ok(Array2::from_shape_vec((rows.len(), columns), rows.concat()).ok())
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let wrong = |text: String| Error::format(&place, text, "fetch or export the folder again");
    let mut folder = Folder { path: source.path(), reading, files: Vec::new() };
    let sectors: Vec<Sector> = folder.json("sectors.json")?;
    let a = folder.matrix("A")?.ok_or_else(|| wrong("there is no matrix A".into()))?;
    let n = sectors.len();
    if a.dim() != (n, n) {
        return Err(wrong(format!("{n} sectors, but A is {} x {}", a.nrows(), a.ncols())));
    }
    let mut pairs = Vec::new();
    for sector in &sectors {
        let (code, location) = sector.id.rsplit_once('/').unwrap_or((&sector.id, &sector.location));
        let location = if location.is_empty() { "US" } else { location };
        pairs.push((location.to_string(), code.to_string()));
    }
    let mut labels = Labels::from_pairs(&pairs, &[], &place)?;
    let mut remarks = Vec::new();
    let chosen = demands(&mut folder, reading, &labels, &place)?;
    let mut y = Array2::zeros((n, chosen.len()));
    for (c, (_, id)) in chosen.iter().enumerate() {
        let file = format!("demands/{id}.json");
        for entry in folder.json::<Vec<Amount>>(&file)? {
            let row = sectors.iter().position(|s| s.id == entry.sector);
            let row = row.ok_or_else(|| wrong(format!("{file} has the sector {}, which sectors.json lacks", entry.sector)))?;
            y[[row, c]] += entry.amount;
        }
    }
    labels.categories = chosen.iter().map(|(_, id)| Name::plain(id.as_str())).collect();
    labels.demand_offsets = (0..=labels.region_count()).map(|r| chosen.iter().filter(|(owner, _)| *owner < r).count()).collect();
    let mut parts = Parts::new(labels, Intermediate::Coefficients(Values::Dense(a)), Values::Dense(y), &place);
    (parts.holder, parts.unit) = (Holder::Folder, "USD".into());
    if let Some(b) = folder.matrix("B")? {
        let flows: Vec<Flow> = folder.json("flows.json")?;
        if b.dim() != (flows.len(), n) {
            return Err(wrong(format!("{} flows of {n} sectors, but B is {} x {}", flows.len(), b.nrows(), b.ncols())));
        }
        let x = parts.clone().table(&reading.watch)?.x;
        let account = |(flow, row): (Flow, ndarray::ArrayView1<f64>)| {
            let unit = if flow.unit.is_empty() { flow.id.rsplit('/').next().unwrap_or_default().to_string() } else { flow.unit };
            Stressor { name: flow.id, unit, direct: &row * &x, households: None }
        };
        parts.stressors = flows.into_iter().zip(b.rows()).map(account).collect();
        parts.left_out.push("F = B diag(x): the folder holds emissions per unit of output".into());
    }
    let others = Finding::new(Level::Warn, "value-added-absent", format!("{place} holds no value added: columns cannot be checked"));
    remarks.push(others);
    parts.remarks = remarks;
    parts.provenance = Provenance { files: folder.files, ..Provenance::default() };
    Ok(parts)
}

/// One vector of demand for each region that has one: region and name, by region.
fn demands(folder: &mut Folder, reading: &Reading, labels: &Labels, place: &str) -> Result<Vec<(usize, String)>> {
    let all: Vec<Demand> = folder.json("demands.json")?;
    let wanted: Vec<&Demand> = match &reading.sheet {
        Some(id) => all.iter().filter(|d| d.id == *id).collect(),
        None => all.iter().filter(|d| d.kind.eq_ignore_ascii_case("consumption") && d.system.eq_ignore_ascii_case("complete")).collect(),
    };
    let region = |d: &Demand| match labels.region_count() {
        1 => Some(0),
        _ => labels.regions.iter().position(|r| r.given == d.location || r.given.rsplit(['-', '/']).next() == Some(d.location.as_str())),
    };
    let mut chosen: Vec<(usize, String)> = wanted.iter().filter_map(|d| region(d).map(|r| (r, d.id.clone()))).collect();
    chosen.sort();
    let list = || all.iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ");
    if chosen.is_empty() || chosen.windows(2).any(|w| w[0].0 == w[1].0) {
        let text = format!("{} vectors of complete consumption fit; there are: {}", chosen.len(), list());
        return Err(Error::format(place, text, "name one with `sheet`"));
    }
    tools::input::refuse_controls(&chosen.iter().map(|c| c.1.as_str()).collect::<String>(), |_| format!("{place}/demands.json"))?;
    if let Some((_, odd)) = chosen.iter().find(|(_, id)| id.contains(['/', '\\'])) {
        return Err(Error::format(place, format!("the vector of demand {odd} names another folder"), "fetch the folder again"));
    }
    Ok(chosen)
}
