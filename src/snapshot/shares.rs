//! Trade shares in a file: names, classes, technologies, trade shares, demand and output; no Z.
//!
//! Sections: `class` (R), `technology` (C x S x S), `shares` (S x R x R) or `kernels` (G x R x R, in 64 or 32 bits)
//! with `supply` and `demand` (R x S), `domestic` (R x S x S), `y` (n x D), `x` (n), `stressor.K.direct` (n) and
//! `stressor.K.households` (R). The structs here are the stored format of version 2.

use std::path::Path;

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::arrays::{Arrays, Opened};
use super::header::{Origin, Words, name, words};
use super::prelude::{Content, damaged};
use super::section::{Form, Kind, Section, check_all};
use super::sink::Sink;
use super::{MakeBeside, decode, encode};
use crate::error::{Error, Result};
use crate::labels::Name;
use crate::operator::trade_share::{Kernels, Numbers, ShareForm, Shares};
use crate::share_table::ShareTable;
use crate::table::Stressor;

/// The header of a file of trade shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    writer: String,
    regions: Vec<Words>,
    products: Vec<Words>,
    /// Number of technologies C.
    classes: u64,
    /// Groups of products that share a kernel (G + 1); none where each product has its own shares.
    groups: Option<Vec<u64>>,
    /// Whether kernels have 32 bits a number.
    single: bool,
    demand: Vec<Words>,
    unit: String,
    stressors: Vec<(String, String)>,
    provenance: Origin,
    sections: Vec<Section>,
}

impl Header {
    fn new(table: &ShareTable) -> Self {
        let f = &table.form;
        let kernels = match &f.shares {
            Shares::Products(_) => None,
            Shares::Kernels(k) => Some(k),
        };
        let all = |names: &[Name]| names.iter().map(words).collect();
        Header {
            writer: concat!("isard ", env!("CARGO_PKG_VERSION")).into(),
            regions: all(&table.regions),
            products: all(&table.products),
            classes: f.class.iter().max().map_or(0, |c| c + 1) as u64,
            groups: kernels.map(|k| k.groups.iter().map(|&g| g as u64).collect()),
            single: kernels.is_some_and(|k| matches!(k.kernels, Numbers::F32(_))),
            demand: all(&table.demand),
            unit: table.unit.clone(),
            stressors: table.stressors.iter().map(|s| (s.name.clone(), s.unit.clone())).collect(),
            provenance: (&table.provenance).into(),
            sections: Vec::new(),
        }
    }

    /// Kind and shape of the section of this name; `None` for names there are not.
    fn form(&self, section: &str) -> Option<Form> {
        let (r, s, c, d) = (self.regions.len() as u64, self.products.len() as u64, self.classes, self.demand.len() as u64);
        // past every file: no section fits then
        let n = r.saturating_mul(s);
        let groups = self.groups.as_ref().map(|g| (g.len() as u64).saturating_sub(1));
        let mut parts = section.splitn(3, '.');
        let numbered = (parts.next(), parts.next().and_then(|k| k.parse::<usize>().ok()), parts.next());
        let (kind, shape) = match (section, groups) {
            ("class", _) => (Kind::U32, vec![r]),
            ("technology", _) => (Kind::F64, vec![c, s, s]),
            ("domestic", _) => (Kind::F64, vec![r, s, s]),
            ("shares", None) => (Kind::F64, vec![s, r, r]),
            ("kernels", Some(g)) => (if self.single { Kind::F32 } else { Kind::F64 }, vec![g, r, r]),
            ("supply" | "demand", Some(_)) => (Kind::F64, vec![r, s]),
            ("y", _) => (Kind::F64, vec![n, d]),
            ("x", _) => (Kind::F64, vec![n]),
            _ => match numbered {
                (Some("stressor"), Some(k), Some("direct")) if k < self.stressors.len() => (Kind::F64, vec![n]),
                (Some("stressor"), Some(k), Some("households")) if k < self.stressors.len() => (Kind::F64, vec![r]),
                _ => return None,
            },
        };
        Some((kind, shape.into_iter().map(Some).collect()))
    }

    /// The sections that must be there.
    fn required(&self) -> Vec<String> {
        let shares: &[&str] = if self.groups.is_some() { &["kernels", "supply", "demand"] } else { &["shares"] };
        let stressors = (0..self.stressors.len()).map(|k| format!("stressor.{k}.direct"));
        ["class", "technology", "y", "x"].iter().chain(shares).map(|s| (*s).to_string()).chain(stressors).collect()
    }

    /// Whether sections are ones that trade shares can have.
    fn check(&self, header_at: u64, path: &Path) -> Result<()> {
        check_all(&self.sections, |name| self.form(name), self.required().into_iter(), header_at, path)
    }
}

/// Writes a table by its trade shares to a new file, with `force` in place of another snapshot.
///
/// # Errors
/// When the target may not be written, the disk refuses, lengths do not fit together, or the shares have a
/// correction, which belongs to an operator and not to the data; then there is no file.
pub fn write_shares(table: &ShareTable, path: &Path, force: bool) -> Result<()> {
    write_shares_beside(table, path, force, &|_| Ok(None))
}

/// As [`write_shares`], with what gets its name right before the file.
pub(crate) fn write_shares_beside(table: &ShareTable, path: &Path, force: bool, beside: MakeBeside) -> Result<()> {
    table.check()?;
    let f = &table.form;
    if f.correction.is_some() || f.tolerance != 0.0 {
        return Err(Error::unsupported(
            format!("{}: trade shares with a correction are not written", path.display()),
            "write the table itself: its flows are exact",
        ));
    }
    let mut header = Header::new(table);
    let mut sink = Sink::create(path, force)?;
    let mut put = |name: &str, length: usize, bytes: &[u8]| {
        let number = sink.begin(name, header.form(name), length)?;
        sink.push(number, bytes)
    };
    let class = f.class.iter().map(|&c| u32::try_from(c)).collect::<std::result::Result<Vec<u32>, _>>();
    let class = class.map_err(|_| Error::unsupported("more than 2^32 technology classes", ""))?;
    put("class", class.len(), bytemuck::cast_slice(&class))?;
    let mut doubles = |name: &str, values: &[f64]| put(name, values.len(), bytemuck::cast_slice(values));
    doubles("technology", &f.technology)?;
    f.domestic.as_ref().map_or(Ok(()), |d| doubles("domestic", d))?;
    match &f.shares {
        Shares::Products(shares) => doubles("shares", shares)?,
        Shares::Kernels(k) => {
            doubles("supply", &k.supply)?;
            doubles("demand", &k.demand)?;
        }
    }
    doubles("x", &table.x.to_vec())?;
    doubles("y", &table.y.iter().copied().collect::<Vec<f64>>())?;
    for (k, s) in table.stressors.iter().enumerate() {
        doubles(&format!("stressor.{k}.direct"), &s.direct.to_vec())?;
        s.households.as_ref().map_or(Ok(()), |h| doubles(&format!("stressor.{k}.households"), &h.to_vec()))?;
    }
    if let Shares::Kernels(k) = &f.shares {
        match &k.kernels {
            Numbers::F64(v) => put("kernels", v.len(), bytemuck::cast_slice(v))?,
            Numbers::F32(v) => put("kernels", v.len(), bytemuck::cast_slice(v))?,
        }
    }
    let required = header.required();
    let encode = |sections| {
        header.sections = sections;
        encode(&header)
    };
    sink.finish(Content::Shares, required.into_iter(), encode, beside)
}

/// The checked header of a file of trade shares, and its arrays.
fn opened(path: &Path) -> Result<(Header, Arrays)> {
    let mut opened = Opened::new(path)?;
    let bytes = opened.header(Content::Shares)?;
    let mut header: Header = decode(&bytes).map_err(|e| damaged(path.display(), format!("the header cannot be read: {e}")))?;
    header.check(opened.header_at(), path)?;
    let arrays = opened.arrays(std::mem::take(&mut header.sections))?;
    Ok((header, arrays))
}

/// Compares every byte of a file of trade shares with its checksum.
pub(super) fn verify(path: &Path) -> Result<()> {
    opened(path)?.1.verify()
}

/// Reads a table by its trade shares, every block checked on the way, on several threads.
///
/// # Errors
/// When the file is no snapshot, holds the flows of a table, is of a newer version, truncated, or damaged.
pub fn read_shares(path: &Path) -> Result<ShareTable> {
    let (header, arrays) = opened(path)?;
    crate::inputs::add(path, &super::identity(path)?);
    arrays.gaps()?;
    let doubles = |name: &str| arrays.owned::<f64>(name);
    let optional = |name: &str| arrays.find(name).map(|_| doubles(name)).transpose();
    let class: Vec<usize> = arrays.owned::<u32>("class")?.into_iter().map(|c| c as usize).collect();
    if class.iter().max().map_or(0, |c| *c as u64 + 1) != header.classes {
        return Err(damaged(arrays.place("class"), format!("the largest class is not the last of {}", header.classes)));
    }
    let shares = match &header.groups {
        None => Shares::Products(doubles("shares")?),
        Some(groups) => Shares::Kernels(Kernels {
            groups: groups.iter().map(|&g| usize::try_from(g).unwrap_or(usize::MAX)).collect(),
            kernels: if header.single { Numbers::F32(arrays.owned("kernels")?) } else { Numbers::F64(doubles("kernels")?) },
            supply: doubles("supply")?,
            demand: doubles("demand")?,
        }),
    };
    let all = |names: &[Words]| names.iter().map(name).collect::<Vec<Name>>();
    let form = ShareForm {
        regions: header.regions.len(),
        products: header.products.len(),
        class,
        technology: doubles("technology")?,
        shares,
        domestic: optional("domestic")?,
        ..ShareForm::default()
    };
    let shape = (form.regions * form.products, header.demand.len());
    let mut stressors = Vec::with_capacity(header.stressors.len());
    for (k, (name, unit)) in header.stressors.iter().enumerate() {
        let direct = doubles(&format!("stressor.{k}.direct"))?.into();
        let households = optional(&format!("stressor.{k}.households"))?.map(Array1::from);
        stressors.push(Stressor { name: name.clone(), unit: unit.clone(), direct, households });
    }
    let table = ShareTable {
        regions: all(&header.regions),
        products: all(&header.products),
        form,
        demand: all(&header.demand),
        y: Array2::from_shape_vec(shape, doubles("y")?).expect("the header's check compared the shape of y"),
        x: doubles("x")?.into(),
        stressors,
        unit: header.unit,
        provenance: (&header.provenance).into(),
    };
    table.form.check().map_err(|e| damaged(path.display(), e))?;
    Ok(table)
}
