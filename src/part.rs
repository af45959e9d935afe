//! Files and folders in the making: under a fresh name that nobody can guess, under their own name only when whole.
//!
//! A part lies beside its target, is created exclusively (no link of that name is followed) and takes the target's place
//! in one step: renamed where nothing is there, exchanged where something may go (`renameat2` where the system has it).
//! Dropped before that, or at a signal that ends the program, it is removed.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Parts that are there now.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn parts() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that does not have its name yet.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    target: PathBuf,
    /// Whether it has its name now.
    done: bool,
}

impl Part {
    /// A new file beside `target`.
    ///
    /// # Errors
    /// When `target` names no file, or its folder cannot be written.
    pub fn file(target: &Path) -> Result<(Self, File)> {
        Self::new(target, |path| OpenOptions::new().write(true).create_new(true).open(path))
    }

    /// A new folder beside `target`; folders above it are made.
    ///
    /// # Errors
    /// When `target` names no folder, or the one above it cannot be written.
    pub fn folder(target: &Path) -> Result<Self> {
        std::fs::create_dir_all(above(target)).map_err(|e| Error::io(target, "create", e))?;
        Self::new(target, |path| std::fs::create_dir(path)).map(|(part, ())| part)
    }

    fn new<T>(target: &Path, create: impl Fn(&Path) -> std::io::Result<T>) -> Result<(Self, T)> {
        let none = || Error::invalid(format!("{} names no file or folder to create", target.display()), "end the path with a new name");
        let name = target.file_name().ok_or_else(none)?.to_string_lossy().into_owned();
        // names have at most 255 bytes
        let short: String = name.char_indices().take_while(|(at, _)| *at < 180).map(|(_, c)| c).collect();
        let mut tried = 0;
        // a signal waits until what is created is known
        let mut known = parts();
        loop {
            let path = above(target).join(format!(".{short}.part-{:016x}{:016x}", random(), random()));
            match create(&path) {
                Ok(made) => {
                    known.push(path.clone());
                    return Ok((Part { path, target: target.to_path_buf(), done: false }, made));
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists && tried < 100 => tried += 1,
                Err(e) => return Err(Error::io(target, "create", e)),
            }
        }
    }

    /// Where it is until it has its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name. What has that name now goes only with `replaced`: the names of the files in it that may go (none
    /// for a file); anything that came to it since stays, under the name of the part.
    ///
    /// # Errors
    /// When something has taken the name meanwhile, or the disk refuses.
    pub fn publish(mut self, replaced: Option<&[String]>) -> Result<()> {
        let failed = |e| Error::io(&self.target, "create", e);
        // a signal waits until the old or the new is there alone
        let mut known = parts();
        sync(&self.path).map_err(failed)?;
        match replaced {
            None => rename_new(&self.path, &self.target).map_err(failed)?,
            Some(files) => {
                exchange(&self.path, &self.target).map_err(failed)?;
                sync(above(&self.target)).map_err(failed)?;
                let gone = if self.path.is_dir() {
                    files.iter().for_each(|name| drop(std::fs::remove_file(self.path.join(name))));
                    std::fs::remove_dir(&self.path)
                } else {
                    std::fs::remove_file(&self.path)
                };
                gone.map_err(|e| Error::io(&self.path, "remove", e))?;
            }
        }
        self.done = true;
        known.retain(|p| *p != self.path);
        sync(above(&self.target)).map_err(failed)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            let mut known = parts();
            remove(&self.path);
            known.retain(|p| *p != self.path);
        }
    }
}

/// Removes a part; one that is not there is no error.
fn remove(part: &Path) {
    let folder = std::fs::symlink_metadata(part).is_ok_and(|m| m.is_dir());
    let _ = if folder { std::fs::remove_dir_all(part) } else { std::fs::remove_file(part) };
}

/// Removes all parts when the program is ended by SIGINT, SIGTERM or SIGHUP, and lets it end so. For programs, not libraries:
/// call it once. A signal that is ignored (as `nohup` does) stays so.
pub fn removed_on_signals() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| {
            let mask = text.lines().find_map(|l| l.strip_prefix("SigIgn:"))?.trim().to_string();
            u64::from_str_radix(&mask, 16).ok()
        });
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|s| ignored.unwrap_or(0) >> (s - 1) & 1 == 0);
        let Ok(mut signals) = signal_hook::iterator::Signals::new(heard) else { return };
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // held to the end: nothing new is created
                let known = parts();
                known.iter().for_each(|part| remove(part));
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    }
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
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 and length of a file, read in pieces.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of(path: &Path) -> std::io::Result<(String, u64)> {
    let mut to = Hashed::new(std::io::sink());
    std::io::copy(&mut File::open(path)?, &mut to)?;
    let (_, hash, bytes) = to.end();
    Ok((hash, bytes))
}

/// What is written through it, hashed on the way.
pub struct Hashed<W> {
    to: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    /// Writes to `to`.
    pub fn new(to: W) -> Self {
        Hashed { to, digest: Sha256::new(), bytes: 0 }
    }

    /// The writer, the SHA-256 of all that went through, in hexadecimal, and its length.
    pub fn end(self) -> (W, String, u64) {
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
