//! isard's own snapshots, `.isard`: whole tables, bit for bit; [`crate::snapshot`] describes the file.

use super::{Format, Parts, Probe, Reading, Source};
use crate::error::Result;
use crate::snapshot::{MAGIC, open};

/// The layout.
pub const FORMAT: Format = Format {
    name: "snapshot",
    long: "isard's snapshot, .isard: a whole table in one checksummed file",
    doc: "recognised by its first 8 bytes; written by isard import and isard synth; takes no option",
    takes: &[],
    probe,
    read,
};

fn probe(source: &Source) -> Probe {
    let (head, magic) = (source.head(), hex(&MAGIC));
    if source.is_folder() {
        Probe::no("not a snapshot: it is a folder")
    } else if head.starts_with(&MAGIC) {
        Probe::yes(format!("the file begins with {magic}"))
    } else if !head.is_empty() && MAGIC.starts_with(head) {
        Probe::maybe(format!("all of its {} bytes are those that a snapshot begins with", head.len()))
    } else {
        Probe::no(format!("not a snapshot, which begins with {magic}"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

fn read(source: &Source, _: &Reading) -> Result<Parts> {
    open(source.path())?.table().map(Parts::from)
}
