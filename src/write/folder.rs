//! The one door through which results are written: folders and files, whole or not at all, never over what is not isard's.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest, Run, Written};
use crate::error::{Error, Result};
use crate::inputs;
use crate::part::{Beside, Hashed, Part, may_create};

/// The object of a result, in its folder.
pub const MARK: &str = "result.json";

/// What makes the content of a file.
pub type Content<'a> = &'a dyn Fn(&mut dyn Write) -> std::io::Result<()>;

/// A folder in the making: files are added one by one, and it appears under its name when all are complete.
pub struct Folder {
    part: Part,
    target: PathBuf,
    force: bool,
    files: Vec<Written>,
}

impl Folder {
    /// Begins a folder.
    ///
    /// # Errors
    /// When something of this name is there (with `force`: that is no unchanged result of isard), or it cannot be written.
    pub fn create(target: &Path, force: bool) -> Result<Self> {
        replaceable(target, force)?;
        Ok(Folder { part: Part::folder(target)?, target: target.to_path_buf(), force, files: Vec::new() })
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, name: &str, content: Content) -> Result<()> {
        let (bytes, sha256) = fill(self.part.add(name)?, content).map_err(|e| Error::io(&self.target.join(name), "write", e))?;
        self.files.push(Written { name: name.into(), bytes, sha256 });
        Ok(())
    }

    /// Adds the manifest and gives the folder its name.
    ///
    /// # Errors
    /// When something has taken the name meanwhile, or the disk refuses.
    pub fn finish(mut self, run: &Run) -> Result<()> {
        let text = Manifest::new(run, &self.target, std::mem::take(&mut self.files), None).text();
        self.add(manifest::NAME, &|out| out.write_all(text.as_bytes()))?;
        let old = replaceable(&self.target, self.force)?;
        self.part.publish(old.as_deref())
    }
}

/// Writes `files` into a new folder, with a manifest of `run`.
///
/// # Errors
/// When something of this name is there (with `force`: that is no unchanged result of isard), or it cannot be written.
pub fn write(target: &Path, files: &[(String, String)], force: bool, run: &Run) -> Result<()> {
    let mut folder = Folder::create(target, force)?;
    for (name, content) in files {
        folder.add(name, &|out| out.write_all(content.as_bytes()))?;
    }
    folder.finish(run)
}

/// As [`write()`], with contents that are made while they are written.
///
/// # Errors
/// As [`write()`].
pub fn stream(target: &Path, files: &[(&str, Content)], force: bool, run: &Run) -> Result<()> {
    let mut folder = Folder::create(target, force)?;
    for (name, content) in files {
        folder.add(name, content)?;
    }
    folder.finish(run)
}

/// Writes one file, with its manifest beside it.
///
/// # Errors
/// When something of this name is there (with `force`: that is no file that isard wrote, unchanged), or it cannot be written.
pub fn write_file(target: &Path, content: impl AsRef<[u8]>, force: bool, run: &Run) -> Result<()> {
    stream_file(target, &|out| out.write_all(content.as_ref()), force, run)
}

/// As [`write_file`], with a content that is made while it is written.
///
/// # Errors
/// As [`write_file`].
pub fn stream_file(target: &Path, content: Content, force: bool, run: &Run) -> Result<()> {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let old = file_replaceable(target, force)?;
    let (part, file) = Part::file(target)?;
    let (bytes, sha256) = fill(file, content).map_err(|e| Error::io(target, "write", e))?;
    let written = Written { name, bytes, sha256 };
    let replaced = old.as_ref().map(|w| w.sha256.clone());
    let (beside, there) = manifest_beside(target, written, replaced, run)?;
    file_replaceable(target, old.is_some())?;
    Part::publish_all(vec![(beside, there.then_some(&[])), (part, old.is_some().then_some(&[]))])
}

/// The manifest of a single file, which gets its name right before the file, in place of one that isard wrote.
///
/// # Errors
/// When what is there is no manifest, or it cannot be written.
pub fn manifest_beside(target: &Path, written: Written, replaced: Option<String>, run: &Run) -> Result<Beside> {
    let place = manifest::beside(target);
    let there = std::fs::symlink_metadata(&place).is_ok();
    if there {
        let sound = Manifest::read(&place).is_ok_and(|m| m.own_hash() == m.sha256);
        if !sound {
            return Err(foreign(&place, "it is no manifest of isard"));
        }
    }
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = Manifest::new(run, folder, vec![written], replaced).text();
    let (part, file) = Part::file(&place)?;
    fill(file, &|out| out.write_all(text.as_bytes())).map_err(|e| Error::io(&place, "write", e))?;
    Ok((part, there))
}

/// Fills a new file and makes it last; its length and SHA-256.
fn fill(file: File, content: Content) -> std::io::Result<(u64, String)> {
    let mut out = BufWriter::with_capacity(1 << 18, Hashed::new(file));
    content(&mut out)?;
    let (file, sha256, bytes) = out.into_inner().map_err(|e| e.into_error())?.end();
    file.sync_all()?;
    Ok((bytes, sha256))
}

/// Whether a folder may be written: `None` where nothing is there, the names of the files in it where it may be replaced.
///
/// # Errors
/// Naming what is not isard's, or was changed since, or why nothing new can be made there.
pub fn replaceable(target: &Path, force: bool) -> Result<Option<Vec<String>>> {
    let Ok(meta) = std::fs::symlink_metadata(target) else { return may_create(target).map(|()| None) };
    if !force {
        return Err(Error::io(target, "create", std::io::ErrorKind::AlreadyExists.into()));
    }
    if !meta.is_dir() {
        return Err(foreign(target, "it is no folder"));
    }
    let place = target.join(manifest::NAME);
    if std::fs::symlink_metadata(&place).is_err() {
        let mut names: Vec<String> = std::fs::read_dir(target)
            .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        names.sort();
        return Err(foreign(target, &format!("it has no {} of isard, and holds {}", manifest::NAME, listed(&names))));
    }
    let manifest = Manifest::read(&place)?;
    let changes = manifest.changes(target)?;
    if !changes.is_empty() {
        return Err(foreign(target, &format!("not all in it is as isard wrote it: {}", listed(&changes))));
    }
    let names = || manifest.files.iter().map(|f| f.name.clone()).chain([manifest::NAME.to_string()]);
    names().try_for_each(|name| no_input(&target.join(name)))?;
    Ok(Some(names().collect()))
}

/// Whether a file may be written: `None` where nothing is there, what its manifest says of it where it may be replaced.
///
/// # Errors
/// Naming what is there and the remedy.
pub fn file_replaceable(target: &Path, force: bool) -> Result<Option<Written>> {
    let Ok(meta) = std::fs::symlink_metadata(target) else { return may_create(target).map(|()| None) };
    if !force {
        let message = format!("{}: cannot create: a file of this name exists", target.display());
        return Err(Error::in_the_way(message, "name a new file, or pass `force` to replace one that isard wrote"));
    }
    no_input(target)?;
    if !meta.is_file() {
        return Err(foreign(target, "it is no plain file"));
    }
    let place = manifest::beside(target);
    if std::fs::symlink_metadata(&place).is_err() {
        return Err(foreign(target, &format!("there is no {} beside it: isard did not write it", place.display())));
    }
    let manifest = Manifest::read(&place)?;
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(written) = manifest.files.iter().find(|f| f.name == name) else {
        return Err(foreign(target, "its manifest does not name it"));
    };
    // a run that was killed between manifest and file leaves the file before it
    let bytes = meta.len();
    let before = manifest.replaced.clone().map(|sha256| Written { sha256, bytes, ..written.clone() });
    let there = std::iter::once(written.clone()).chain(before).find(|w| manifest::change(target, w).is_none());
    match there.filter(|_| manifest.own_hash() == manifest.sha256) {
        Some(there) => Ok(Some(there)),
        None => Err(foreign(target, "it was changed since isard wrote it")),
    }
}

/// Refuses a file that this run has read.
///
/// # Errors
/// Naming it.
pub fn no_input(target: &Path) -> Result<()> {
    let Ok(place) = target.canonicalize() else { return Ok(()) };
    let same = |input: &Path| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let id = |p: &Path| std::fs::metadata(p).ok().map(|m| (m.dev(), m.ino()));
            if id(input).is_some_and(|a| id(&place) == Some(a)) {
                return true;
            }
        }
        input.canonicalize().is_ok_and(|p| p == place)
    };
    match inputs::all().iter().find(|i| same(&i.path)) {
        None => Ok(()),
        Some(_) => Err(Error::in_the_way(format!("{} is an input of this run and is not replaced", target.display()), "name another file")),
    }
}

fn foreign(target: &Path, why: &str) -> Error {
    Error::in_the_way(format!("{} exists, and `force` does not replace it: {why}", target.display()), "name another, or remove it yourself")
}

/// The first few of a list.
fn listed(items: &[String]) -> String {
    let more = items.len().saturating_sub(8);
    let shown = items.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
