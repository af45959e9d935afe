//! Whether something new may get a name, asked before long work: by an unnamed or hidden file in the nearest folder that is there.

use std::path::{Component, Path};

use super::{Part, above, name_of};
use crate::error::{Error, Result};

/// The longest name, in bytes, that common file systems take (NAME_MAX of ext4, XFS, APFS; NTFS: characters).
const LONGEST: usize = 255;

/// Whether a file or folder may be made at `target`, and the folders above it that are missing.
///
/// # Errors
/// When a name is too long, or the folder that is there cannot be written.
pub(crate) fn may_create(target: &Path) -> Result<()> {
    name_of(target)?;
    for component in target.components() {
        let Component::Normal(name) = component else { continue };
        if name.len() > LONGEST {
            let name = name.to_string_lossy();
            let start: String = name.chars().take(24).collect();
            let text = format!("a name of {} bytes (\"{start}...\"), where file systems take at most {LONGEST}", name.len());
            return Err(Error::range(text, "name a shorter one"));
        }
    }
    let mut folder = above(target);
    while std::fs::symlink_metadata(folder).is_err() {
        let up = above(folder);
        if up == folder {
            break;
        }
        folder = up;
    }
    match Part::file(&folder.join("isard")) {
        Ok(_) => Ok(()),
        Err(Error::Io { source, .. }) => Err(Error::io(target, "create", source)),
        Err(other) => Err(other),
    }
}

/// Makes the folder in `path` that `inner/name` names, where it is not there.
pub(super) fn within(path: &Path, name: &str) -> std::io::Result<()> {
    match name.split_once('/') {
        Some((inner, _)) if !path.join(inner).is_dir() => std::fs::create_dir(path.join(inner)),
        _ => Ok(()),
    }
}
