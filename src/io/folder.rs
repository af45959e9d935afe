//! Writing a folder of results: all files or none.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

/// The file that tells a folder of results from any other.
pub const MARK: &str = "result.json";

/// What makes the content of a file.
pub type Content<'a> = &'a dyn Fn(&mut dyn Write) -> std::io::Result<()>;

/// Writes `files` into a new folder; it appears under its name only when every file is complete.
///
/// # Errors
/// When the folder exists (with `force`: exists and is none of isard's), or cannot be written.
pub fn write(folder: &Path, files: &[(String, String)], force: bool) -> Result<()> {
    let contents: Vec<_> = files.iter().map(|(_, content)| |out: &mut dyn Write| out.write_all(content.as_bytes())).collect();
    let streams: Vec<(&str, Content)> =
        files.iter().zip(&contents).map(|((name, _), content)| (name.as_str(), content as Content)).collect();
    stream(folder, &streams, force)
}

/// As [`write()`], with contents that are made while they are written.
///
/// # Errors
/// As [`write()`].
pub fn stream(folder: &Path, files: &[(&str, Content)], force: bool) -> Result<()> {
    if folder.exists() {
        if !force {
            return Err(Error::io(folder, "create", std::io::ErrorKind::AlreadyExists.into()));
        }
        if !folder.join(MARK).is_file() {
            return Err(Error::invalid(
                format!("{} exists and holds no {MARK}: it is not a result of isard, and --force does not replace it", folder.display()),
                "name another folder",
            ));
        }
    }
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let part = folder.with_file_name(format!(".{name}.part-{}", std::process::id()));
    let filled = fill(&part, files);
    let moved = filled.and_then(|()| {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|e| Error::io(folder, "replace", e))?;
        }
        std::fs::rename(&part, folder).map_err(|e| Error::io(folder, "create", e))
    });
    if moved.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    moved
}

/// Writes one file under a temporary name and renames it; an existing file of that name is replaced.
///
/// # Errors
/// When the file cannot be written.
pub fn write_file(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let part = path.with_file_name(format!(".{name}.part-{}", std::process::id()));
    std::fs::write(&part, content).map_err(|e| Error::io(path, "write", e))?;
    std::fs::rename(&part, path).map_err(|e| {
        let _ = std::fs::remove_file(&part);
        Error::io(path, "write", e)
    })
}

fn fill(part: &Path, files: &[(&str, Content)]) -> Result<()> {
    std::fs::create_dir_all(part).map_err(|e| Error::io(part, "create", e))?;
    for (name, content) in files {
        let path = part.join(name);
        let written = std::fs::File::create(&path).and_then(|file| {
            let mut out = std::io::BufWriter::new(file);
            content(&mut out)?;
            out.flush()
        });
        written.map_err(|e| Error::io(&path, "write", e))?;
    }
    Ok(())
}
