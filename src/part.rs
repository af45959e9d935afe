//! Files and folders in the making: without a name, or under a fresh one that nobody can guess; under their own name only when whole.
//!
//! Where the system has files without names (Linux, on most file systems), a part is made of them and gets its names in
//! publishing: a new file in one step, all else with a hidden name beside its target for well under a millisecond, so that
//! even a program that is killed leaves nothing but the old or the new. Elsewhere a part has the hidden name from the
//! beginning. It is created exclusively (no link of that name is followed) and takes the target's place in one step: renamed
//! where nothing is there or a file may go, exchanged where a folder may go (`renameat2` where the system has it).
//! Dropped before that, or at a signal that ends the program, it is removed.
//!
//! All files last on the disk before they get names. That the names last in the order in which they were given, through a
//! power cut, is left to the file system where it has files without names (those have journals); elsewhere each step waits
//! for the one before.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

mod ahead;
#[cfg(feature = "cli")]
mod signals;
#[cfg(test)]
mod tests;
mod unnamed;

pub(crate) use ahead::may_create;
use ahead::within;
#[cfg(feature = "cli")]
pub(crate) use signals::{answered, removed_on_signals};

/// Hidden names that are there now.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn parts() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder under a hidden name; it is removed when this is dropped, or at a signal that ends the program.
#[derive(Debug)]
pub(crate) struct Hidden {
    path: PathBuf,
    /// Files in it that had no names: they are closed when no one waits for it.
    kept: Vec<(String, File)>,
    /// Whether it belongs to someone else now.
    released: bool,
}

impl Hidden {
    /// A new folder, with a hidden name like that of `target`, beside it.
    ///
    /// # Errors
    /// When `target` names no folder, or the one above it cannot be written.
    pub(crate) fn folder(target: &Path) -> Result<Self> {
        // a signal waits until what is created is known
        Self::new(&mut parts(), target, |path| std::fs::create_dir(path)).map(|(hidden, ())| hidden)
    }

    fn new<T>(known: &mut Vec<PathBuf>, target: &Path, create: impl Fn(&Path) -> std::io::Result<T>) -> Result<(Self, T)> {
        let name = name_of(target)?;
        // names have at most 255 bytes
        let short: String = name.char_indices().take_while(|(at, _)| *at < 180).map(|(_, c)| c).collect();
        let mut tried = 0;
        loop {
            let path = above(target).join(format!(".{short}.part-{:016x}{:016x}", random(), random()));
            match create(&path) {
                Ok(made) => {
                    known.push(path.clone());
                    return Ok((Hidden { path, kept: Vec::new(), released: false }, made));
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists && tried < 100 => tried += 1,
                Err(e) => return Err(Error::io(target, "create", e)),
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves what has the name to itself.
    fn release(&mut self, known: &mut Vec<PathBuf>) {
        self.released = true;
        known.retain(|p| *p != self.path);
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if !self.released {
            let mut known = parts();
            remove(&self.path);
            self.release(&mut known);
        }
    }
}

/// A file or folder that does not have its name yet.
#[derive(Debug)]
pub struct Part {
    target: PathBuf,
    folder: bool,
    body: Body,
}

/// A part that belongs to another and gets its name right before it, and whether it replaces a file.
pub(crate) type Beside = (Part, bool);

#[derive(Debug)]
enum Body {
    /// Files without names: the one, or those of a folder and what they are to be called in it.
    Unnamed(Vec<(String, File)>),
    Named(Hidden),
}

impl Part {
    /// A new file, to be `target`.
    ///
    /// # Errors
    /// When `target` names no file, or its folder cannot be written.
    pub fn file(target: &Path) -> Result<(Self, File)> {
        name_of(target)?;
        let part = |body| Part { target: target.to_path_buf(), folder: false, body };
        if let Some(file) = unnamed::create(above(target)) {
            let kept = file.try_clone().map_err(|e| Error::io(target, "create", e))?;
            return Ok((part(Body::Unnamed(vec![(String::new(), kept)])), file));
        }
        let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        let (hidden, file) = Hidden::new(&mut parts(), target, create)?;
        Ok((part(Body::Named(hidden)), file))
    }

    /// A new folder, to be `target`; folders above it are made.
    ///
    /// # Errors
    /// When `target` names no folder, or the one above it cannot be written.
    pub fn folder(target: &Path) -> Result<Self> {
        name_of(target)?;
        std::fs::create_dir_all(above(target)).map_err(|e| Error::io(target, "create", e))?;
        let body = match unnamed::create(above(target)) {
            Some(_) => Body::Unnamed(Vec::new()),
            None => Body::Named(Hidden::folder(target)?),
        };
        Ok(Part { target: target.to_path_buf(), folder: true, body })
    }

    /// A new file of this name in a folder, or of `inner/name` in a folder of it.
    ///
    /// # Errors
    /// When the name is taken, or the disk refuses.
    pub fn add(&mut self, name: &str) -> Result<File> {
        let failed = |e| Error::io(&self.target.join(name), "create", e);
        if let Body::Unnamed(files) = &mut self.body {
            if files.iter().any(|(other, _)| other == name) {
                return Err(failed(ErrorKind::AlreadyExists.into()));
            }
            let made = if files.len() < unnamed::most() { unnamed::create(above(&self.target)) } else { None };
            if let Some(file) = made {
                files.push((name.into(), file.try_clone().map_err(failed)?));
                return Ok(file);
            }
        }
        // too many to keep all open
        let hidden = self.body.named(&mut parts(), &self.target, self.folder)?;
        hidden.kept.clear();
        within(&hidden.path, name).map_err(failed)?;
        OpenOptions::new().write(true).create_new(true).open(hidden.path.join(name)).map_err(failed)
    }

    /// Gives it its name; its files are on the disk. What has that name now goes only with `replaced`: the names of the files
    /// in it that may go (none for a file); anything that came to it since stays, under a hidden name.
    ///
    /// # Errors
    /// When something has taken the name meanwhile, or the disk refuses.
    pub fn publish(self, replaced: Option<&[String]>) -> Result<()> {
        Self::publish_all(vec![(self, replaced)])
    }

    /// As [`publish`](Self::publish), with others of the same folder, one right after the other.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); those before stay.
    pub fn publish_all(mut all: Vec<(Self, Option<&[String]>)>) -> Result<()> {
        // a signal waits until the old or the new is there alone
        let mut known = parts();
        all.iter_mut().try_for_each(|(part, replaced)| part.take_name(*replaced, &mut known))?;
        let last = |(part, _): &(Self, _)| sync(&part.target).and_then(|()| sync(above(&part.target))).map_err(|e| part.failed(e));
        all.iter().try_for_each(last)
    }

    fn failed(&self, e: std::io::Error) -> Error {
        Error::io(&self.target, "create", e)
    }

    fn take_name(&mut self, replaced: Option<&[String]>, known: &mut Vec<PathBuf>) -> Result<()> {
        let by_steps = matches!(self.body, Body::Named(_));
        if let (Body::Unnamed(files), false, None) = (&self.body, self.folder, replaced) {
            return files.iter().try_for_each(|(_, file)| unnamed::name(file, &self.target)).map_err(|e| self.failed(e));
        }
        let failed = |e| Error::io(&self.target, "create", e);
        // what is held loses its name at once, and its blocks when all is done
        let old = replaced.unwrap_or_default().iter().take(unnamed::most());
        let _held: Vec<File> = old.filter_map(|name| unnamed::held(&self.target.join(name))).collect();
        let hidden = self.body.named(known, &self.target, self.folder)?;
        if by_steps {
            sync(&hidden.path).map_err(failed)?;
        }
        match replaced {
            None => rename_new(&hidden.path, &self.target).map_err(failed)?,
            Some(_) if !self.folder => std::fs::rename(&hidden.path, &self.target).map_err(failed)?,
            Some(_) => exchange(&hidden.path, &self.target).map_err(failed)?,
        }
        // what has the hidden name from now on is not this part
        hidden.release(known);
        if let (Some(files), true) = (replaced, self.folder) {
            if by_steps {
                sync(above(&self.target)).map_err(failed)?;
            }
            files.iter().for_each(|name| drop(std::fs::remove_file(hidden.path.join(name))));
            // one that is not empty stays, and with it the folder around it
            let inner = files.iter().filter_map(|name| name.split_once('/'));
            inner.for_each(|(folder, _)| drop(std::fs::remove_dir(hidden.path.join(folder))));
            std::fs::remove_dir(&hidden.path).map_err(|e| Error::io(&hidden.path, "remove", e))?;
        }
        Ok(())
    }
}

impl Body {
    /// Gives what has no name a hidden one.
    fn named(&mut self, known: &mut Vec<PathBuf>, target: &Path, folder: bool) -> Result<&mut Hidden> {
        if let Body::Unnamed(files) = self {
            let (mut hidden, ()) = if folder {
                Hidden::new(known, target, |path| {
                    std::fs::create_dir(path)?;
                    let one = |(name, file): &(String, File)| within(path, name).and_then(|()| unnamed::name(file, &path.join(name)));
                    let named = files.iter().try_for_each(one);
                    // it is not known yet
                    named.inspect_err(|_| remove(path))
                })?
            } else {
                Hidden::new(known, target, |path| files.iter().try_for_each(|(_, file)| unnamed::name(file, path)))?
            };
            hidden.kept = std::mem::take(files);
            *self = Body::Named(hidden);
        }
        match self {
            Body::Named(hidden) => Ok(hidden),
            Body::Unnamed(_) => Err(Error::io(target, "create", ErrorKind::NotFound.into())),
        }
    }
}

/// The last name of a path.
fn name_of(target: &Path) -> Result<String> {
    let none = || Error::invalid(format!("{} names no file or folder to create", target.display()), "end the path with a new name");
    Ok(target.file_name().ok_or_else(none)?.to_string_lossy().into_owned())
}

/// Removes a part; one that is not there is no error.
fn remove(part: &Path) {
    let folder = std::fs::symlink_metadata(part).is_ok_and(|m| m.is_dir());
    let _ = if folder { std::fs::remove_dir_all(part) } else { std::fs::remove_file(part) };
}

/// A number that other programs cannot foresee: the standard library's keys come from the system's source of randomness.
fn random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

/// The folder that `path` is in.
fn above(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes what is at `path` last through a power cut, where the system knows how.
fn sync(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Renames to a name that nothing has.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            done => return done.map_err(Into::into),
        }
    }
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(from, to)
}

/// Each takes the name of the other.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            done => return done.map_err(Into::into),
        }
    }
    // old aside, new in; what is aside then takes the name of the part
    let aside = new.with_extension(format!("aside-{:016x}", random()));
    std::fs::rename(old, &aside)?;
    if let Err(e) = std::fs::rename(new, old) {
        let _ = std::fs::rename(&aside, old);
        return Err(e);
    }
    std::fs::rename(&aside, new)
}

/// SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 and length of a file, read in pieces.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn sha256_of(path: &Path) -> std::io::Result<(String, u64)> {
    let mut to = Hashed::new(std::io::sink());
    std::io::copy(&mut File::open(path)?, &mut to)?;
    let (_, hash, bytes) = to.end();
    Ok((hash, bytes))
}

/// What is written through it, hashed on the way.
pub(crate) struct Hashed<W> {
    to: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    /// Writes to `to`.
    pub(crate) fn new(to: W) -> Self {
        Hashed { to, digest: Sha256::new(), bytes: 0 }
    }

    /// The writer, the SHA-256 of all that went through, in hexadecimal, and its length.
    pub(crate) fn end(self) -> (W, String, u64) {
        (self.to, hex(self.digest), self.bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(buffer)?;
        self.digest.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}
