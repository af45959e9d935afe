//! mrio_toolbox: netCDF-4 with the variables `t y va q qy`, one dimension for each level of labels, or a folder of `.npy` files
//! with `labels.yaml`.

use super::{Format, GENERIC, Names, Parts, Probe, Reading, Result, Source, folder, has_all, names_of, parts};
use crate::formats::containers::open;

/// The layout.
pub const FORMAT: Format = Format {
    name: "mrio-toolbox",
    long: "mrio_toolbox: netCDF-4, or a folder of .npy files with labels.yaml",
    doc: "recognised by the variables t, y, countries and sectors, or by t.npy beside labels.yaml",
    takes: &[],
    probe,
    read,
};

const NAMES: Names = Names {
    flows: &["t", "z"],
    demand: &["y"],
    output: &["x"],
    value_added: &["va"],
    emissions: &["q"],
    households: &["qy"],
    regions: &["countries", "regions"],
    sectors: &["sectors"],
    categories: &["y_labs"],
    value_added_items: &["va_labs"],
    accounts: &["q_labs"],
    ..GENERIC
};

/// Whether the arrays are those of the layout.
pub(super) fn is_it(names: &[String]) -> bool {
    names.iter().all(|n| !n.contains('/')) && has_all(names, &["t", "y", "countries", "sectors"])
}

fn probe(source: &Source) -> Probe {
    if source.is_folder() {
        let both = source.has("t.npy") && source.has("labels.yaml");
        return if both {
            Probe::yes("the folder holds t.npy and labels.yaml")
        } else {
            Probe::no("the folder lacks t.npy or labels.yaml")
        };
    }
    match names_of(source) {
        Some(names) if is_it(&names) => Probe::yes("the file holds the variables t, y, countries and sectors"),
        Some(_) => Probe::no("it lacks one of the variables t, y, countries and sectors"),
        None => Probe::no("it is no HDF5 file whose variables can be listed"),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let container = if source.is_folder() { folder(source.path(), reading, |_| true)? } else { open(source.path(), &reading.watch)? };
    parts(container, &NAMES, &place, Vec::new())
}
