//! MATLAB files, versions 5 and 7.3, and HDF5 files, with arrays named Z or A, Y, x and lists of labels, at top or in a structure.
//!
//! EXIOBASE 3rx, whose A holds domestic blocks and whose TC holds trade, is refused by its name: how they combine is not
//! documented.

use super::{Error, Format, GENERIC, Parts, Probe, Reading, Result, Source, has_all, names_of, parts};
use crate::formats::containers::{Kind, kind, open};

/// The layout.
pub const FORMAT: Format = Format {
    name: "matlab",
    long: "arrays of MATLAB 5 and 7.3, .mat, or HDF5, .h5",
    doc: "recognised by its first bytes and arrays named Z (or T) or A, and Y; further X, V, F, F_Y, countries, sectors, categories",
    takes: &[],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    let what = match kind(source.head()) {
        Some(Kind::Mat5) => "a MATLAB 5 file",
        Some(Kind::Hdf5) => "a MATLAB 7.3 or HDF5 file",
        _ => return Probe::no("it is neither a MATLAB nor an HDF5 file"),
    };
    let Some(names) = names_of(source) else { return Probe::maybe(format!("it is {what}, whose arrays cannot be listed")) };
    if super::toolbox::is_it(&names) || super::emerging::is_it(&names) {
        return Probe::no(format!("it is {what} with the arrays of another layout"));
    }
    let matrix = ["z", "t", "a"].into_iter().find(|m| has_all(&names, &[m]));
    match matrix {
        Some(matrix) if ["y", "fd"].iter().any(|y| has_all(&names, &[y])) => {
            Probe::yes(format!("it is {what} with the arrays {} and Y", matrix.to_uppercase()))
        }
        _ => Probe::maybe(format!("it is {what}, but not with both of Z (or A) and Y")),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let container = open(source.path(), &reading.watch)?;
    let has = |name: &str| container.arrays.iter().any(|a| a.name().eq_ignore_ascii_case(name));
    if has("TC") && has("A") && has("F_hh") {
        let text = "this is EXIOBASE 3rx: A holds domestic blocks and TC a trade cube, and how they make one matrix is not documented";
        return Err(Error::format(&place, text, "expand A with the trade shares by the authors' own code, and save Z, Y and x"));
    }
    parts(container, &GENERIC, &place, Vec::new())
}
