//! What the fuzz targets share: bytes become a file of a fresh folder, and a reader looks at it.
//!
//! Seeds are made by the project's own writers: `isard synth -o FILE.isard`, `isard synth -o FOLDER`, and the files that
//! `MUTANTS_KEEP=DIR scripts/check-fuzz` keeps.

use std::path::Path;

/// Gives `look` a file of this name with these bytes.
pub fn file(name: &str, bytes: &[u8], look: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().expect("a folder for one file");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file of the folder");
    look(&path);
}
