//! The readers by the names of their formats, whatever the content of a file tells.

use std::path::Path;

use isard::formats::{self, Reading};
use isard::{Result, Table};

fn read(format: &str, path: &Path, reading: &Reading) -> Result<Table> {
    formats::read(path, &Reading { format: Some(format.into()), ..reading.clone() })
}

pub mod long {
    pub use isard::write::long::write;

    pub fn read(path: &super::Path, reading: &super::Reading) -> super::Result<super::Table> {
        super::read("long", path, reading)
    }
}

pub mod npz {
    pub fn read(path: &super::Path) -> super::Result<super::Table> {
        super::read("npz", path, &super::Reading::default())
    }
}

pub mod pymrio {
    pub use isard::formats::pymrio::factors;

    pub fn read(path: &super::Path, reading: &super::Reading) -> super::Result<super::Table> {
        super::read("pymrio", path, reading)
    }
}
