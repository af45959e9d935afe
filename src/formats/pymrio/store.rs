//! Where the files of a pymrio system lie: a folder, or a zip file with the folder at any depth.
//!
//! `file_parameters.json` names the files of a system or of an extension and how many index columns and header
//! lines each has. The root of a zip file is its only `file_parameters.json` whose systemtype is `IOSystem`.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::containers::parquet;
use crate::formats::tools::archive::{Archive, archive, member, members};
use crate::formats::tools::input::{bytes, decode};
use crate::table::Source;
use crate::watch::Watch;

/// The file that names the others.
pub(super) const PARAMETERS: &str = "file_parameters.json";

/// What a `file_parameters.json` says.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    files: HashMap<String, Entry>,
    #[serde(default)]
    systemtype: String,
    /// Display name of an extension.
    pub(super) name: Option<String>,
    #[serde(skip)]
    place: String,
}

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    nr_index_col: serde_json::Value,
    #[serde(default)]
    nr_header: serde_json::Value,
}

/// One text file of a system: its path below the root and its margins.
#[derive(Debug)]
pub(super) struct Member {
    /// File name, relative to the folder of its `file_parameters.json`.
    pub(super) name: String,
    /// Columns of labels at the left.
    pub(super) index: usize,
    /// Lines of labels at the top.
    pub(super) header: usize,
}

impl Parameters {
    fn parse(text: &str, place: &str) -> Result<Self> {
        let mut parameters: Parameters = serde_json::from_str(text).map_err(|e| {
            Error::format(
                format!("{place}:{}:{}", e.line(), e.column()),
                format!("not a file_parameters.json as pymrio writes it: {e}"),
                "save the system again with pymrio's save_all",
            )
        })?;
        parameters.place = place.to_string();
        Ok(parameters)
    }

    /// The file listed under the first of `keys` that is listed at all.
    pub(super) fn member(&self, keys: &[&str]) -> Result<Option<Member>> {
        let Some((key, entry)) = keys.iter().find_map(|k| self.files.get(*k).map(|e| (*k, e))) else {
            return Ok(None);
        };
        let extension = crate::formats::tools::input::extension(Path::new(&entry.name));
        let parquet = cfg!(feature = "parquet") && ["parquet", "par", "parq"].contains(&extension.as_str());
        if !parquet && !["txt", "tsv", "csv"].contains(&extension.as_str()) {
            return Err(Error::format(
                &self.place,
                format!("{key} is stored as \"{}\", expected a text file (.txt, .tsv, .csv)", entry.name),
                "save the system as text with pymrio: save_all(path, table_format=\"txt\"); Parquet needs a build with the feature parquet",
            ));
        }
        let count = |what: &str, value: &serde_json::Value| {
            let number = value.as_u64().or_else(|| value.as_str().and_then(|s| s.trim().parse().ok()));
            number.filter(|n| (1..=9).contains(n)).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| {
                Error::format(
                    &self.place,
                    format!("{key}: expected a small number as {what}, found {value}"),
                    "save the system again with pymrio's save_all",
                )
            })
        };
        let (index, header) = (count("nr_index_col", &entry.nr_index_col)?, count("nr_header", &entry.nr_header)?);
        Ok(Some(Member { name: entry.name.clone(), index, header }))
    }

    /// The keys of all files listed, in alphabetical order.
    pub(super) fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.files.keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// Where this was read.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}

/// The text of a file; of Parquet that of the table in it.
fn said(raw: Vec<u8>, path: &Path) -> Result<String> {
    if raw.starts_with(parquet::MARK) {
        return parquet::as_text(raw, &path.display().to_string());
    }
    decode(raw, path, Encoding::Utf8)
}

/// An extension: its folder below the root and what it says of its files.
#[derive(Debug)]
pub(super) struct Extension {
    /// Name of its folder.
    pub(super) folder: String,
    /// Its `file_parameters.json`.
    pub(super) parameters: Parameters,
}

/// A folder or a zip file that holds one saved system.
pub(super) struct Store {
    path: PathBuf,
    zip: Option<Zip>,
    /// The files read so far.
    pub(super) sources: Vec<Source>,
    /// Whether reading is to go on.
    pub(super) watch: Watch,
}

struct Zip {
    archive: Archive,
    names: Vec<String>,
    root: String,
}

impl Store {
    /// Opens a folder or zip and reads the parameters of the system itself.
    pub(super) fn open(path: &Path, watch: &Watch) -> Result<(Self, Parameters)> {
        let mut store = Store { path: path.to_path_buf(), zip: None, sources: Vec::new(), watch: watch.clone() };
        if !path.is_dir() {
            let (raw, source) = bytes(path, watch)?;
            let archive = archive(raw, path)?;
            store.sources.push(source);
            store.zip = Some(Zip { names: members(&archive, path)?, archive, root: String::new() });
            store.find_root()?;
        }
        let parameters = store.parameters("")?;
        if parameters.systemtype != "IOSystem" {
            return Err(Error::format(
                parameters.place(),
                format!("expected systemtype \"IOSystem\", found \"{}\"", parameters.systemtype),
                "name the folder of the whole system, not that of an extension",
            ));
        }
        Ok((store, parameters))
    }

    /// Where in a zip file the system was found, `None` for a folder.
    pub(super) fn root(&self) -> Option<&str> {
        self.zip.as_ref().map(|z| z.root.trim_end_matches('/'))
    }

    /// Text of the file `name` in `folder` ("" for the root), and its place for errors.
    pub(super) fn text(&mut self, folder: &str, name: &str) -> Result<(String, String)> {
        let inner = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        match &mut self.zip {
            None => {
                let path = self.inside(&inner)?;
                let (raw, source) = bytes(&path, &self.watch)?;
                self.sources.push(source);
                Ok((said(raw, &path)?, path.display().to_string()))
            }
            Some(zip) => {
                let full = format!("{}{inner}", zip.root);
                let place = self.path.join(&full);
                let Some(index) = zip.names.iter().position(|n| *n == full) else {
                    return Err(Error::format(
                        self.path.display(),
                        format!("the zip file has no member \"{full}\", which its file_parameters.json names"),
                        "compress the whole folder that save_all wrote",
                    ));
                };
                let raw = member(&mut zip.archive, index, &place.display().to_string(), &self.watch)?;
                Ok((said(raw, &place)?, place.display().to_string()))
            }
        }
    }

    /// The path of a file of the folder; none leads outside it, by its name or by a link.
    fn inside(&self, inner: &str) -> Result<PathBuf> {
        let path = self.path.join(inner);
        let plain = Path::new(inner).components().all(|part| matches!(part, Component::Normal(_)));
        let outside = || match (path.canonicalize(), self.path.canonicalize()) {
            (Ok(file), Ok(folder)) => !file.starts_with(folder),
            _ => false, // what is not there is told when it is read
        };
        if plain && !outside() {
            return Ok(path);
        }
        Err(Error::format(
            path.display(),
            format!("\"{inner}\" leads out of the folder {}", self.path.display()),
            "put the file into the folder and name it by its name alone",
        ))
    }

    /// All extensions, in alphabetical order of their folders.
    pub(super) fn extensions(&mut self) -> Result<Vec<Extension>> {
        let mut found = Vec::new();
        for folder in self.folders()? {
            let parameters = self.parameters(&folder)?;
            if parameters.systemtype == "Extension" {
                found.push(Extension { folder, parameters });
            }
        }
        Ok(found)
    }

    fn parameters(&mut self, folder: &str) -> Result<Parameters> {
        let (text, place) = self.text(folder, PARAMETERS)?;
        Parameters::parse(&text, &place)
    }

    /// Sub-folders of the root that hold a `file_parameters.json`.
    fn folders(&self) -> Result<Vec<String>> {
        let mut folders = Vec::new();
        if let Some(zip) = &self.zip {
            let below = zip.names.iter().filter_map(|n| n.strip_prefix(&zip.root)?.strip_suffix(PARAMETERS)?.strip_suffix('/'));
            folders.extend(below.filter(|f| !f.is_empty() && !f.contains('/')).map(str::to_string));
        } else {
            let failed = |e| Error::io(&self.path, "read", e);
            for entry in std::fs::read_dir(&self.path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                if entry.path().join(PARAMETERS).is_file() {
                    folders.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
        }
        folders.sort_unstable();
        Ok(folders)
    }

    fn find_root(&mut self) -> Result<()> {
        let Some(zip) = &mut self.zip else { return Ok(()) };
        let mut roots = Vec::new();
        for (index, name) in zip.names.clone().iter().enumerate() {
            let Some(root) = name.strip_suffix(PARAMETERS).filter(|r| r.is_empty() || r.ends_with('/')) else { continue };
            let path = self.path.join(name);
            let place = path.display().to_string();
            let text = decode(member(&mut zip.archive, index, &place, &self.watch)?, &path, Encoding::Utf8)?;
            if Parameters::parse(&text, &place)?.systemtype == "IOSystem" {
                roots.push(root.to_string());
            }
        }
        if roots.len() == 1 {
            zip.root = roots.swap_remove(0);
            return Ok(());
        }
        let shown = |r: &String| if r.is_empty() { "the top".to_string() } else { format!("\"{}\"", r.trim_end_matches('/')) };
        Err(if roots.is_empty() {
            Error::format(
                self.path.display(),
                "the zip file holds no file_parameters.json with systemtype \"IOSystem\"",
                "name a zip file of the whole folder that pymrio's save_all wrote; other layouts must be unpacked first",
            )
        } else {
            let names: Vec<String> = roots.iter().map(shown).collect();
            Error::format(
                self.path.display(),
                format!("the zip file holds {} systems, at {}", roots.len(), names.join(", ")),
                "unpack it and name the folder of one system",
            )
        })
    }
}
