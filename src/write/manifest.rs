//! Manifests: which files a run wrote, each with its hash, from which inputs, by which command.
//!
//! A folder of results holds `manifest.json`; a single file FILE has `FILE.manifest.json` beside it. The last key is the
//! SHA-256 of all others. Nothing is replaced that no manifest tells to be isard's and unchanged.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inputs::{self, Input};
use crate::part::{sha256, sha256_of};

/// The manifest of a folder.
pub const NAME: &str = "manifest.json";

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its name, without a folder.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes; of a snapshot that of its header.
    pub sha256: String,
}

/// The run that writes: a command and its options, as they can be given again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// The subcommand; empty where a library writes.
    pub command: String,
    /// Its options and arguments, without those that only say where the output goes.
    pub options: Vec<String>,
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of isard.
    pub isard: String,
    /// Processor, system and instructions: with the same version, the same bits come out.
    pub platform: String,
    /// When it was written, UTC.
    pub date: String,
    /// The subcommand; empty where a library wrote.
    pub command: String,
    /// Its options and arguments, without those that only say where the output goes.
    pub options: Vec<String>,
    /// The folder it ran in, seen from the manifest's; relative paths start there.
    pub folder: PathBuf,
    /// What it read.
    pub inputs: Vec<Input>,
    /// What it wrote.
    pub files: Vec<Written>,
    /// Hash of the file that was there before, where one was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// SHA-256 of all of the above, as JSON without spaces.
    pub sha256: String,
}

impl Manifest {
    /// The manifest, to lie in `folder`, of files that are written now.
    pub fn new(run: &Run, folder: &Path, files: Vec<Written>, replaced: Option<String>) -> Self {
        let mut manifest = Manifest {
            isard: env!("CARGO_PKG_VERSION").into(),
            platform: crate::operator::platform(),
            date: date(),
            command: run.command.clone(),
            options: run.options.clone(),
            folder: from_folder(folder),
            inputs: inputs::all(),
            files,
            replaced,
            sha256: String::new(),
        };
        manifest.sha256 = manifest.own_hash();
        manifest
    }

    /// SHA-256 of everything but the hash itself.
    pub fn own_hash(&self) -> String {
        sha256(&serde_json::to_vec(&Manifest { sha256: String::new(), ..self.clone() }).expect("plain values"))
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain values") + "\n"
    }

    /// Reads a manifest; its own hash is not compared.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = crate::formats::tools::input::read_plain(path)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| {
            Error::format(path.display(), format!("not a manifest of isard: {e}"), "it was not written by isard, or changed since")
        })?;
        // a name that leads elsewhere is no file of this folder
        if let Some(odd) = manifest.files.iter().find(|f| !is_within(&f.name)) {
            return Err(Error::format(
                path.display(),
                format!("\"{}\" is no name of a file", odd.name),
                "it was changed since it was written",
            ));
        }
        Ok(manifest)
    }

    /// What in `folder` is not as this manifest says: a line for each file that changed, is missing, or came to it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn changes(&self, folder: &Path) -> Result<Vec<String>> {
        let mut changes = Vec::new();
        if self.own_hash() != self.sha256 {
            changes.push(format!("{NAME}: changed since it was written"));
        }
        for file in &self.files {
            changes.extend(change(&folder.join(&file.name), file));
        }
        let mut others = Vec::new();
        for name in names_in(folder).map_err(|e| Error::io(folder, "read", e))? {
            let below = format!("{name}/");
            if self.files.iter().any(|f| f.name.starts_with(&below)) && folder.join(&name).is_dir() {
                let inner = names_in(&folder.join(&name)).map_err(|e| Error::io(&folder.join(&name), "read", e))?;
                others.extend(inner.into_iter().map(|inner| below.clone() + &inner));
            } else {
                others.push(name);
            }
        }
        others.retain(|name| name != NAME && self.files.iter().all(|f| f.name != *name));
        let mut others: Vec<String> = others.into_iter().map(|name| format!("{name}: not written by this run")).collect();
        others.sort();
        changes.extend(others);
        Ok(changes)
    }
}

/// Whether a name is that of a file in the folder, or in a folder of it.
fn is_within(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() <= 2 && parts.iter().all(|part| Path::new(part).file_name() == Some(part.as_ref()))
}

/// The names of what is in a folder.
fn names_in(folder: &Path) -> std::io::Result<Vec<String>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// How a file differs from what was written; `None`: not at all.
pub fn change(path: &Path, file: &Written) -> Option<String> {
    let name = &file.name;
    match std::fs::symlink_metadata(path) {
        Err(_) => return Some(format!("{name}: missing")),
        Ok(meta) if !meta.is_file() => return Some(format!("{name}: no longer a plain file")),
        Ok(meta) if meta.len() != file.bytes => return Some(format!("{name}: changed since it was written ({} bytes)", meta.len())),
        Ok(_) => {}
    }
    let found = if crate::snapshot::is_named(path) { crate::snapshot::identity(path).ok() } else { sha256_of(path).ok().map(|h| h.0) };
    (found.as_ref() != Some(&file.sha256)).then(|| format!("{name}: changed since it was written (SHA-256)"))
}

/// Where the manifest of a single file is.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{NAME}"));
    file.with_file_name(name)
}

/// The working folder as seen from `folder`; itself where there is no way between them.
fn from_folder(folder: &Path) -> PathBuf {
    let absolute = |p: &Path| {
        let up = p.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let up = up.canonicalize().or_else(|_| std::path::absolute(up)).unwrap_or_else(|_| up.to_path_buf());
        p.file_name().map_or(up.clone(), |name| up.join(name))
    };
    let here = Path::new(".").canonicalize().unwrap_or_default();
    let there = absolute(folder);
    let same = here.components().zip(there.components()).take_while(|(a, b)| a == b).count();
    if same == 0 {
        return here;
    }
    let up = std::iter::repeat_n(Path::new(".."), there.components().count() - same);
    up.chain(here.components().skip(same).map(|c| Path::new(c.as_os_str()))).collect()
}

/// Now, as 2026-11-27T11:20:00Z.
pub fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // days since 1 March 0000, of the proleptic Gregorian calendar, in eras of 400 years
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (date, month) = (of_year - (153 * from_march + 2) / 5 + 1, if from_march < 10 { from_march + 3 } else { from_march - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}
