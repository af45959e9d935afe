//! What a run reads: every file with its hash, for the manifest of what the run writes.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its path as given.
    pub path: PathBuf,
    /// SHA-256 of its bytes; of a snapshot that of its header, which holds the checksums of all its sections.
    pub sha256: String,
}

/// `None` until a run begins: a library that only reads keeps no list.
static READ: Mutex<Option<Vec<Input>>> = Mutex::new(None);

fn read() -> MutexGuard<'static, Option<Vec<Input>>> {
    READ.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins the list of a run.
pub(crate) fn begin() {
    *read() = Some(Vec::new());
}

/// Notes that a file was read.
pub(crate) fn add(path: &Path, sha256: &str) {
    if let Some(list) = read().as_mut() {
        let input = Input { path: path.to_path_buf(), sha256: sha256.to_string() };
        if !list.contains(&input) {
            list.push(input);
        }
    }
}

/// What was read since the run began.
pub(crate) fn all() -> Vec<Input> {
    read().clone().unwrap_or_default()
}
