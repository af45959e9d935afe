//! Which paths are plain files, and their opening: pipes, devices and sockets are told apart before anything waits for them.

use std::fs::{File, Metadata};
use std::path::Path;

use crate::error::{Error, Result};

/// The path that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// The name of a path in messages.
pub(crate) fn place(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT { "standard input".to_string() } else { path.display().to_string() }
}

/// Whether the path is standard input or a pipe.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT || std::fs::metadata(path).is_ok_and(|meta| is_pipe(&meta))
}

#[cfg(unix)]
fn is_pipe(meta: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Opens a plain file, with its length; nothing else is opened, so that nothing waits for a writer.
///
/// # Errors
/// When it does not exist, or is a folder, a pipe, a device or a socket.
pub(crate) fn open_plain(path: &Path) -> Result<(File, u64)> {
    if is_stream(path) {
        return Err(Error::format(
            place(path),
            "this format is read from a plain file only: its parts are not in order, so it cannot come from a pipe",
            "write it to a file first and name that file",
        ));
    }
    let meta = std::fs::metadata(path).map_err(|e| Error::io(path, "read", e))?;
    if meta.is_dir() {
        return Err(Error::format(path.display(), "is a folder, expected a file", "name a file in it"));
    }
    if !meta.is_file() {
        return Err(not_a_file(path));
    }
    let file = File::open(path).map_err(|e| Error::io(path, "read", e))?;
    Ok((file, meta.len()))
}

pub(crate) fn not_a_file(path: &Path) -> Error {
    Error::format(path.display(), "is a device or a socket, expected a file", "name a file; standard input is called -")
}
