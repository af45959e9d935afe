//! What a format thinks of a file, and which format reads it.

use serde::Serialize;

use super::source::Source;
use super::{FORMATS, Format};
use crate::error::{Error, Result};

/// Whether a file is of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is, whole or damaged.
    Yes,
    /// Nothing speaks against it, and nothing but its reader can tell.
    Maybe,
    /// It is not.
    No,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Yes => "yes",
            Verdict::Maybe => "maybe",
            Verdict::No => "no",
        }
    }
}

/// A verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whether the file is of the format.
    pub verdict: Verdict,
    /// What was seen of the file.
    pub why: String,
}

impl Probe {
    /// The file is of the format.
    pub fn yes(why: impl Into<String>) -> Self {
        Probe { verdict: Verdict::Yes, why: why.into() }
    }

    /// The file may be of the format.
    pub fn maybe(why: impl Into<String>) -> Self {
        Probe { verdict: Verdict::Maybe, why: why.into() }
    }

    /// The file is not of the format.
    pub fn no(why: impl Into<String>) -> Self {
        Probe { verdict: Verdict::No, why: why.into() }
    }
}

/// What every format thinks of a file, in the order of the table.
pub fn probes(source: &Source) -> Vec<(&'static Format, Probe)> {
    FORMATS.iter().map(|format| (format, (format.probe)(source))).collect()
}

/// The format of this name.
///
/// # Errors
/// With the nearest name, when there is none.
pub fn named(name: &str) -> Result<&'static Format> {
    let names: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
    FORMATS.iter().find(|f| f.name == name).ok_or_else(|| Error::unknown("format", name, &names))
}

/// What is said of a file that was named to be of a format, where it is of another; `None`: it may be a damaged one.
pub(super) fn of_another(source: &Source, named: &Format) -> Option<Error> {
    let probe = (named.probe)(source);
    let found = recognised(source).ok().filter(|_| probe.verdict == Verdict::No)?;
    let text = format!("not of the format {}: {}", named.name, probe.why);
    Some(Error::format(source.path().display(), text, format!("it is {}, {}: name that, or no format", found.name, found.long)))
}

/// The one format that says yes, else the one that says maybe.
///
/// # Errors
/// When several say so, or none does: then with the reason of each.
pub fn recognised(source: &Source) -> Result<&'static Format> {
    let all = probes(source);
    let place = source.path().display();
    for verdict in [Verdict::Yes, Verdict::Maybe] {
        let found: Vec<&(&Format, Probe)> = all.iter().filter(|(_, p)| p.verdict == verdict).collect();
        match found[..] {
            [] => {}
            [(format, _)] => return Ok(format),
            _ => {
                let reasons: Vec<String> = found.iter().map(|(f, p)| format!("{} ({})", f.name, p.why)).collect();
                let names: Vec<String> = found.iter().map(|(f, _)| format!("`format` {}", f.name)).collect();
                let text = format!("{} formats fit: {}", found.len(), reasons.join(", "));
                return Err(Error::format(place, text, format!("name one: {}", names.join(" or "))));
            }
        }
    }
    let near = super::layout::probe::nearest(source);
    // of the described layouts the nearest one tells more than all of them
    let described = |name: &str| super::layout::brought::text(name).is_some();
    let mut reasons: Vec<String> = all.iter().filter(|(f, _)| !described(f.name)).map(|(f, p)| format!("{}: {}", f.name, p.why)).collect();
    if let Some((layout, why)) = &near {
        reasons.insert(0, format!("the nearest is {}: {why}", layout.name));
    }
    let packed = if source.is_packed() { "decompress it, " } else { "" };
    Err(Error::format(
        place,
        format!("no format of tables fits, by {}; {}", source.looked_at(), reasons.join("; ")),
        format!(
            "{packed}export it again, write a table with isard import, or name its format with `format` if it is damaged; known: {}",
            FORMATS.iter().map(|f| f.name).collect::<Vec<_>>().join(", ")
        ),
    ))
}
