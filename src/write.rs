//! What isard writes. Formats of results, one file each, know documents and sheets, and no analysis; tables in the layouts of other
//! programs; and the door that all files go through, with their manifests.

use std::io::{self, Write};
use std::path::Path;

use crate::report::document::Document;

pub mod cost;
pub mod csv;
pub mod folder;
pub mod html;
pub mod json;
pub mod latex;
pub mod long;
pub mod manifest;
pub mod markdown;
mod methods;
pub mod pymrio;
pub mod table;
pub mod text;
pub mod tidy;
pub mod trust;
pub mod words;
pub mod xlsx;

/// A file: its name, and what writes it.
pub type File<'d> = (String, Written<'d>);
/// What writes a file.
pub type Written<'d> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'd>;

/// Files whose whole content is there.
pub fn made<'d>(files: Vec<(String, impl AsRef<[u8]> + 'd)>) -> Vec<File<'d>> {
    let file = |(name, content)| -> File<'d> { (name, written(content)) };
    files.into_iter().map(file).collect()
}

fn written<'d>(content: impl AsRef<[u8]> + 'd) -> Written<'d> {
    Box::new(move |out| out.write_all(content.as_ref()))
}

/// A form of text for manuscripts.
#[derive(Debug, Clone, Copy)]
pub struct Manuscript {
    /// The ending of its files.
    pub ending: &'static str,
    /// The text of a document and the command line that made it.
    pub text: fn(&Document, &str) -> String,
}

/// All forms of text for manuscripts.
pub const MANUSCRIPTS: &[Manuscript] = &[markdown::MANUSCRIPT, latex::MANUSCRIPT];

/// The form that the ending of a file names.
pub fn manuscript(file: &Path) -> Option<&'static Manuscript> {
    let ending = file.extension()?.to_str()?;
    MANUSCRIPTS.iter().find(|form| form.ending.eq_ignore_ascii_case(ending))
}
