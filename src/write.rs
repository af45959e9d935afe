//! Formats, one file each: every writer knows documents and sheets, and no analysis.

use std::io::{self, Write};

pub mod csv;
pub mod json;
pub mod pymrio;
pub mod text;

/// A file: its name, and what writes it.
pub type File<'d> = (String, Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'd>);
