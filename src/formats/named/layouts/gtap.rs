//! GTAP's base data as header arrays: recognised, listed and refused, since it has no flows by origin.

use super::{Error, Format, Parts, Probe, Reading, Result, Source};
use crate::formats::containers::{Kind, kind, open};

/// The layout.
pub const FORMAT: Format = Format {
    name: "gtap-har",
    long: "GTAP base data, GEMPACK header arrays, .har",
    doc: "recognised by its first record; refused with the list of its headers: it has no flows by origin",
    takes: &[],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    match kind(source.head()) {
        Some(Kind::Har) => Probe::yes("it begins with the name of a header of four letters"),
        _ => Probe::no("it does not begin with a header of four letters"),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let container = open(source.path(), &reading.watch)?;
    let list: Vec<String> = container
        .arrays
        .iter()
        .map(|a| format!("{} ({})", a.path, a.shape().iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")))
        .collect();
    let text = format!(
        "the base data of GTAP give purchases of domestic and of imported goods, not by origin: no table without an assumption on \
         shares of imports; it holds {}",
        list.join(", ")
    );
    Err(Error::format(&place, text, "read a table that was built of them, such as the GTAP MRIO bundle"))
}
