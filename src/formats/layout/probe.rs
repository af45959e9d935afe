//! Whether a file is of a described layout: by its container, the names of its files, and for certain by its labels.

use super::brought::LAYOUTS;
use super::store::is_named;
use super::{Layout, fits};
use crate::formats::probe::{Probe, Verdict};
use crate::formats::source::{Source, Zip};

/// Files of a folder or zip file of whose labels the first are looked at.
const LOOKED_AT: usize = 3;

/// A verdict, and how much of what tells the layout was found, between 0 and 1.
pub(crate) struct Near {
    /// The verdict and its reason.
    pub probe: Probe,
    /// The part that was found.
    pub part: f64,
}

impl Layout {
    /// Whether a file is of this layout.
    pub fn probe(&self, source: &Source) -> Probe {
        self.near(source).probe
    }

    /// As [`Layout::probe`], and how near it is.
    pub(crate) fn near(&self, source: &Source) -> Near {
        let no = |part: f64, why: String| Near { probe: Probe::no(why), part };
        let wants_book = self.part.iter().all(|p| !p.sheet.0.is_empty());
        let wants_files = self.part.iter().all(|p| !p.file.0.is_empty());
        let book = source.labels();
        let names = source.names();
        let what = match (book.is_some(), source.is_folder(), source.zip()) {
            (true, ..) if !wants_book => return no(0.0, "a workbook, and the layout is one of text".into()),
            (true, ..) => "workbook",
            (_, true, _) => "folder",
            (_, _, Zip::Members(_)) => "zip file",
            (_, _, Zip::Cut(_)) => return no(0.0, "a zip file without a list of its members".into()),
            _ if source.first_cells(None).is_empty() => return no(0.0, "neither text, nor a folder, zip file or workbook".into()),
            _ => "text",
        };
        if book.is_none() && !wants_files {
            return no(0.0, "not a workbook".into());
        }
        let several = what == "folder" || what == "zip file";
        if several {
            let lacks = self.tell.files.iter().find(|p| !names.iter().any(|n| is_named(p, n)));
            if let Some(pattern) = lacks {
                let there = self.tell.files.iter().filter(|p| names.iter().any(|n| is_named(p, n))).count();
                let part = 0.5 * there as f64 / self.tell.files.len() as f64;
                return no(part, format!("the {what} holds no file called {pattern}"));
            }
            if let Some(name) = names.iter().find(|n| self.tell.not_files.iter().any(|p| is_named(p, n))) {
                return no(0.5, format!("the {what} holds {name}"));
            }
        } else if book.is_none() && self.part.iter().filter(|p| !p.optional).count() > 1 {
            return no(0.1, "one file, and the layout has several in a folder or zip file".into());
        }
        let cells = match book {
            Some(labels) => labels.to_vec(),
            None if several => {
                let patterns: Vec<&String> =
                    if self.tell.files.is_empty() { self.part[0].file.0.iter().collect() } else { self.tell.files.iter().collect() };
                let looked = patterns.iter().filter_map(|p| names.iter().find(|n| is_named(p, n))).take(LOOKED_AT);
                looked.flat_map(|name| source.first_cells(Some(name))).collect()
            }
            None => source.first_cells(None),
        };
        if self.tell.labels.is_empty() {
            return Near { probe: Probe::maybe(format!("the {what} holds files of its names")), part: 1.0 };
        }
        let has = |pattern: &str| pattern.split('|').any(|p| cells.iter().any(|c| fits(p, c)));
        let found = self.tell.labels.iter().filter(|p| has(p)).count();
        let part = (found as f64 + 0.5) / (self.tell.labels.len() as f64 + 1.0);
        if let Some(lacks) = self.tell.labels.iter().find(|p| !has(p)) {
            return no(if found == 0 { 0.1 } else { part }, format!("no label like {lacks} is among the first of the {what}"));
        }
        if let Some(pattern) = self.tell.not.iter().find(|p| has(p)) {
            return no(part, format!("a label like {pattern} is among the first of the {what}"));
        }
        Near { probe: Probe::yes(format!("the {what} has the labels {}", self.tell.labels.join(", "))), part: 1.0 }
    }
}

/// The name of the described layout that a workbook is of.
pub(crate) fn told(source: &Source) -> Option<&'static str> {
    LAYOUTS.iter().find(|l| l.probe(source).verdict == Verdict::Yes).map(|l| l.name.as_str())
}

/// The described layout that is nearest to a file that none fits, and the first difference.
pub(crate) fn nearest(source: &Source) -> Option<(&'static Layout, String)> {
    let all = LAYOUTS.iter().map(|l| (l, l.near(source)));
    let best = all.filter(|(_, near)| near.part >= 0.4).max_by(|a, b| a.1.part.total_cmp(&b.1.part))?;
    Some((best.0, best.1.probe.why))
}
