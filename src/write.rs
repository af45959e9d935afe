//! What isard writes. Formats of results, one file each, know documents and sheets, and no analysis; tables as long-form folders; and
//! the door that all files go through, with their manifests.

use std::io::{self, Write};

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
pub mod text;
pub mod tidy;
pub mod trust;
pub mod words;
pub mod xlsx;

/// A file: its name, and what writes it.
pub type File<'d> = (String, Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'd>);
