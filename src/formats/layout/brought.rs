//! The descriptions that isard brings: one file each, and one row here.

use std::sync::LazyLock;

use super::{Layout, value};
use crate::formats::Format;

macro_rules! described {
    ($($name:literal),* $(,)?) => {
        /// The texts of the descriptions.
        pub(crate) const TEXTS: &[&str] = &[$(include_str!(concat!("../layouts/", $name, ".toml"))),*];

        /// Their rows in the table of formats.
        pub(crate) const DESCRIBED: &[Format] = &[$({
            const TEXT: &str = include_str!(concat!("../layouts/", $name, ".toml"));
            Format {
                name: value(TEXT, "name"),
                long: value(TEXT, "long"),
                doc: value(TEXT, "doc"),
                takes: &["sheet", "factor", "encoding"],
                probe: |source| layout(value(TEXT, "name")).probe(source),
                read: |source, reading| layout(value(TEXT, "name")).read(source, reading),
            }
        }),*];
    };
}

described![
    "oecd-2016",
    "oecd-2018",
    "oecd-2021",
    "oecd-2023",
    "wiod-2013",
    "wiod-2016",
    "wiod-long-run",
    "eora26",
    "eora-full",
    "eora-country",
    "figaro",
    "figaro-flat",
    "figaro-sut",
    "figaro-sut-flat",
    "exiobase-2",
    "exiobase-sut",
    "mario-csv",
    "mario-data",
    "mario-xlsx",
    "mario-sut",
    "mario-table",
    "adb",
    "useeio",
    "gloria",
];

/// All descriptions, read.
pub(crate) static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let read = |text: &&'static str| Layout::parse(text, value(text, "name")).expect("the tests read each description");
    TEXTS.iter().map(read).collect()
});

fn layout(name: &str) -> &'static Layout {
    LAYOUTS.iter().find(|l| l.name == name).expect("a row has its description")
}

/// The text of the description of a format, where it has one.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    TEXTS.iter().copied().find(|text| value(text, "name") == name)
}

/// Two tables of formats as one.
pub(crate) const fn joined<const N: usize>(first: &[Format], second: &[Format]) -> [Format; N] {
    let mut all = [first[0]; N];
    let mut k = 1;
    while k < N {
        all[k] = if k < first.len() { first[k] } else { second[k - first.len()] };
        k += 1;
    }
    all
}
