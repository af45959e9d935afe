//! Files without a name, where system and file system have them (Linux, `O_TMPFILE`): whatever ends the program, nothing of
//! them is left.

use std::fs::File;
use std::path::Path;

/// A new file of the file system that `folder` is on; `None` where there are none without a name, or for any other reason:
/// whoever then creates one with a name gets the reason.
#[cfg(target_os = "linux")]
pub(super) fn create(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
    // without /proc no name can be given later
    std::fs::symlink_metadata(link_of(&file)).is_ok().then_some(file)
}

/// As on Linux, where there are none.
#[cfg(not(target_os = "linux"))]
pub(super) fn create(_: &Path) -> Option<File> {
    None
}

/// Gives a file a name that nothing has; a link of that name is not followed.
///
/// # Errors
/// When the name is taken, or the disk refuses.
#[cfg(target_os = "linux")]
pub(super) fn name(file: &File, path: &Path) -> std::io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    Ok(linkat(CWD, link_of(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// As on Linux, where there are none.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(super) fn name(_: &File, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn link_of(file: &File) -> String {
    use std::os::fd::AsRawFd;
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Holds what is at `path`, whatever it is, without opening it; `None` where nothing is there.
#[cfg(target_os = "linux")]
pub(super) fn held(path: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).ok().map(File::from)
}

/// As on Linux, where nothing is gained.
#[cfg(not(target_os = "linux"))]
pub(super) fn held(_: &Path) -> Option<File> {
    None
}

/// How many files may wait open for their names: a quarter of what the process may open, 200 at most.
pub(super) fn most() -> usize {
    const MOST: usize = 200;
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(MOST, |open| usize::try_from(open / 4).map_or(MOST, |n| n.min(MOST)))
    }
    #[cfg(not(target_os = "linux"))]
    MOST
}
