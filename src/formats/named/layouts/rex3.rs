//! REX3: a folder `REX3_YEAR` of MATLAB 7.3 files (T, Y, Q, Q_Y) and beside it `REX3_Labels`.
//!
//! Final demand is one column a region; value added is one of the indicators Q. Source: Zenodo 10354283.

use std::path::{Path, PathBuf};

use super::{Error, Format, GENERIC, Names, Parts, Probe, Reading, Result, Source, folder, parts};
use crate::formats::named::gather::stem;

/// The layout.
pub const FORMAT: Format = Format {
    name: "rex3",
    long: "REX3: the folder of a year, or the one above it",
    doc: "recognised by T_REX3.mat in the folder, or in one folder of it; REX3_Labels beside it names countries, sectors and indicators",
    takes: &["sheet"],
    probe,
    read,
};

const NAMES: Names = Names {
    flows: &["t_rex3"],
    coefficients: &[],
    demand: &["y_rex3"],
    output: &["x_rex3"],
    value_added: &["v_rex3"],
    emissions: &["q_rex3"],
    households: &["q_y_rex3"],
    regions: &["labels_countries", "labels_countries_rex3"],
    sectors: &["labels_sectors", "labels_sectors_rex3"],
    categories: &[],
    accounts: &["labels_q", "labels_q_rex3"],
    money: "million EUR",
    added: &["value added"],
    ..GENERIC
};

const FLOWS: &str = "T_REX3.mat";

/// The folders of years: this one, or those in it.
fn years(at: &Path) -> Vec<PathBuf> {
    if at.join(FLOWS).is_file() {
        return vec![at.to_path_buf()];
    }
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(at).into_iter().flatten().flatten().map(|e| e.path()).filter(|p| p.join(FLOWS).is_file()).collect();
    found.sort();
    found
}

fn probe(source: &Source) -> Probe {
    if !source.is_folder() {
        return Probe::no("it is no folder");
    }
    match years(source.path()).len() {
        0 => Probe::no(format!("neither the folder nor one in it holds {FLOWS}")),
        count => Probe::yes(format!("the folder holds {FLOWS}, for {count} years")),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let years = years(source.path());
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let wanted = |p: &&PathBuf| reading.sheet.as_ref().is_none_or(|year| name(p).contains(year.as_str()));
    let fit: Vec<&PathBuf> = years.iter().filter(wanted).collect();
    let [year] = fit[..] else {
        let all: Vec<String> = years.iter().map(|p| name(p)).collect();
        let text = format!("{} years fit, of {}", fit.len(), all.join(", "));
        return Err(Error::format(&place, text, "name the folder of one year, or its year with `sheet`"));
    };
    let mut container = folder(year, reading, |stem| stem.ends_with("_REX3"))?;
    let above = year.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(labels) = [year.join("REX3_Labels"), above.join("REX3_Labels")].into_iter().find(|p| p.is_dir()) {
        container.join(folder(&labels, reading, |stem| stem.starts_with("Labels_"))?, "");
    }
    let mut parts = parts(container, &NAMES, &place, Vec::new())?;
    parts.provenance.notes.push(format!("the year is that of {}", stem(year)));
    Ok(parts)
}
