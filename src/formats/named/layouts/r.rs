//! R files with a list of matrices or matrices of their own: `inter final output countries industries` (R package wiod), or Z, Y, x.

use super::{Format, GENERIC, Parts, Probe, Reading, Result, Source, parts, year};
use crate::formats::containers::{Kind, kind, open};

/// The layout.
pub const FORMAT: Format = Format {
    name: "r",
    long: "matrices of R, .rds or .RData: a list of inter, final, output, countries, industries; or Z, Y, x",
    doc: "recognised by its first bytes, unpacked from gzip; bzip2 and xz need the feature r-files; `sheet` names a year of several",
    takes: &["sheet"],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    let head = source.head();
    if super::wiod_r::is_it(head) {
        return Probe::no("it holds a data frame wiot, which is another layout");
    }
    match kind(head) {
        Some(Kind::R) => Probe::yes("it begins as objects that R has saved"),
        _ if head.starts_with(b"BZh") || head.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) => {
            Probe::maybe("it is packed with bzip2 or xz, as R packs its files")
        }
        _ => Probe::no("it does not begin as objects that R has saved"),
    }
}

fn read(source: &Source, reading: &Reading) -> Result<Parts> {
    let place = source.path().display().to_string();
    let mut remarks = Vec::new();
    let mut all = open(source.path(), &reading.watch)?;
    year(&mut all, reading, &place, &mut remarks)?;
    if super::wiod_r::is_frame(&all) {
        return super::wiod_r::from_frame(all, &place, remarks);
    }
    parts(all, &GENERIC, &place, remarks)
}
