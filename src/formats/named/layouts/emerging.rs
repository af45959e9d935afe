//! EMERGING, versions 1 and 2, and EMERGING-E: MATLAB 7.3 with `z f va X`, at top or in one group, and lists of countries, sectors and
//! final demand. Emissions by fuel lie beside it, in `EMERGING_CO2_YEAR*.mat` (version 5).
//!
//! Source: Zenodo 10956622.

use std::path::{Path, PathBuf};

use super::{Format, GENERIC, Names, Parts, Probe, Reading, Result, Source, has_all, names_of, parts};
use crate::finding::{Finding, Level};
use crate::formats::containers::{Content, Named, open};
use crate::formats::named::gather::{files, stem};

/// The layout.
pub const FORMAT: Format = Format {
    name: "emerging",
    long: "EMERGING, MATLAB 7.3: global_mrio_YEAR.mat, EMERGING_V2_YEAR.mat",
    doc: "recognised by its arrays z, f, va, X and country_list; EMERGING_CO2_YEAR.mat beside it gives emissions by fuel",
    takes: &[],
    probe,
    read,
};

const NAMES: Names = Names {
    flows: &["z", "mrio_z_e"],
    coefficients: &[],
    demand: &["f", "mrio_f_e"],
    output: &["x", "mrio_x_e"],
    value_added: &["va", "mrio_va_e"],
    emissions: &["co2"],
    households: &[],
    regions: &["country_list"],
    sectors: &["sector_list"],
    categories: &["final_list"],
    accounts: &["fuels"],
    money: "million USD",
    emissions_unit: "Mt",
    ..GENERIC
};

/// The columns of the emissions.
const FUELS: [&str; 7] =
    ["Coal", "Natural gas", "Oil products", "Crude, NGL and refinery feedstocks", "Other", "Oil shale and oil sands", "Peat"];

/// Whether the arrays are those of the layout.
pub(super) fn is_it(names: &[String]) -> bool {
    has_all(names, &["z", "f", "va", "x", "country_list"]) || has_all(names, &["mrio_z_e", "mrio_f_e"])
}

fn probe(source: &Source) -> Probe {
    match names_of(source) {
        Some(names) if is_it(&names) => Probe::yes("the file holds the arrays z, f, va, X and country_list"),
        Some(_) => Probe::no("it lacks one of the arrays z, f, va, X and country_list"),
        None => Probe::no("it is neither a MATLAB nor an HDF5 file whose arrays can be listed"),
    }
}

/// The four digits of a year in a name.
fn year_of(name: &str) -> Option<String> {
    let found = name.as_bytes().windows(4).find(|w| w.iter().all(u8::is_ascii_digit) && (w.starts_with(b"19") || w.starts_with(b"20")));
    found.map(|w| String::from_utf8_lossy(w).into_owned())
}

/// The file of emissions of the same year beside it.
fn emissions(path: &Path) -> Option<PathBuf> {
    let year = year_of(&stem(path))?;
    let beside = files(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))).ok()?;
    beside.into_iter().find(|p| {
        let name = stem(p).to_lowercase();
        name.starts_with("emerging_co2") && name.contains(&year) && p.extension().is_some_and(|e| e.eq_ignore_ascii_case("mat"))
    })
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let mut container = open(source.path(), &reading.watch)?;
    let mut remarks = Vec::new();
    if let Some(beside) = emissions(source.path()) {
        let more = open(&beside, &reading.watch)?;
        let text = format!("emissions are read from {}, which lies beside it and has the same year", beside.display());
        remarks.push(Finding::new(Level::Warn, "file-beside", text));
        container.join(more, "");
        container.arrays.push(Named::new("fuels", Content::Texts(FUELS.map(str::to_string).to_vec())));
    }
    parts(container, &NAMES, &place, remarks)
}
