//! Blocks on the disk: each in files that appear whole under a name that holds their hash, so that a killed batch goes on where
//! it was, shards may share a folder, and a merge is a copy.
//!
//! `batch.json` says whose blocks they are; `OUTCOME.BLOCK.HASH.csv` holds the records of a block, `.open.csv` where a number in it
//! is not certified.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::part::{Part, sha256};
use crate::write::folder::{self, Content};
use crate::write::manifest::Run;

/// The file that says whose blocks a folder holds.
const NAME: &str = "batch.json";

/// Runs of one kind, cut into blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// demand, scenario or draw.
    pub kind: String,
    /// Number of runs.
    pub runs: usize,
    /// Runs of a block.
    pub block: usize,
}

/// A file of results and its first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Its name, without an ending.
    pub name: String,
    /// The heading.
    pub heading: String,
}

/// What decides every number of a batch: blocks of the same identity belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Version of isard.
    pub isard: String,
    /// SHA-256 of the plan.
    pub plan: String,
    /// SHA-256 of the numbers and labels of the table.
    pub table: String,
    /// SHA-256 of the demands; empty without any.
    pub demands: String,
    /// All runs.
    pub kinds: Vec<Kind>,
    /// All files.
    pub sheets: Vec<Sheet>,
}

impl Identity {
    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.kinds.iter().map(|k| k.runs.div_ceil(k.block)).sum()
    }

    /// The kind of a block and its runs, counted within the kind, and the number of its first run in all.
    pub fn block(&self, mut block: usize) -> Option<(usize, std::ops::Range<usize>, usize)> {
        let mut before = 0;
        for (at, kind) in self.kinds.iter().enumerate() {
            let own = kind.runs.div_ceil(kind.block);
            if block < own {
                let start = block * kind.block;
                return Some((at, start..(start + kind.block).min(kind.runs), before + start));
            }
            block -= own;
            before += kind.runs;
        }
        None
    }

    /// What differs, in words.
    fn difference(&self, other: &Identity) -> String {
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let parts = [("plan", &self.plan, &other.plan), ("table", &self.table, &other.table), ("demands", &self.demands, &other.demands)];
        let mut all: Vec<String> = parts
            .into_iter()
            .filter(|(_, a, b)| a != b)
            .map(|(what, a, b)| format!("the {what} was {} and is {} now (SHA-256)", short(a), short(b)))
            .collect();
        if self.isard != other.isard {
            all.push(format!("isard was {} and is {} now", self.isard, other.isard));
        }
        if all.is_empty() { "their runs or files differ".into() } else { all.join("; ") }
    }
}

/// One of N parts of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counted from 1.
    pub number: usize,
    /// N.
    pub of: usize,
}

impl Shard {
    /// Reads `i/N`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Shard> {
        let read = text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        match read {
            Some((number, of)) if number >= 1 && number <= of => Ok(Shard { number, of }),
            _ => Err(Error::range(format!("`shard` {text} is no part i/N with i from 1 to N"), "write 3/16 for the third of sixteen")),
        }
    }

    /// Whether a block is one of this part.
    pub fn has(self, block: usize) -> bool {
        block % self.of == self.number - 1
    }
}

/// A folder of blocks.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    identity: Identity,
    /// The files that are there: block and name of the outcome, path, whether every number is certified.
    found: Files,
}

impl Store {
    /// Opens a folder, or begins one. Without `resume` the folder may hold no block of `shard` yet.
    ///
    /// # Errors
    /// When it holds something else, or the blocks of another batch.
    pub fn open(folder: &Path, identity: &Identity, shard: Shard, resume: bool) -> Result<Store> {
        let place = folder.join(NAME);
        if !place.exists() {
            std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
            let text = serde_json::to_string_pretty(identity).expect("plain values") + "\n";
            let others = std::fs::read_dir(folder).map_err(|e| Error::io(folder, "read", e))?;
            let other = others.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).find(|n| n != NAME && !n.starts_with('.'));
            if let (Some(name), false) = (other, place.exists()) {
                let text = format!("{} is no folder of a batch: it has no {NAME}, and holds {name}", folder.display());
                return Err(Error::in_the_way(text, "name a folder that does not exist yet"));
            }
            // another shard may have begun it a moment ago
            if !publish(&place, text.as_bytes())? && !place.exists() {
                return Err(Error::io(&place, "create", std::io::ErrorKind::AlreadyExists.into()));
            }
        }
        let there = read(folder)?;
        if there != *identity {
            let text = format!("{}: its blocks belong to another batch: {}", folder.display(), there.difference(identity));
            return Err(Error::in_the_way(text, "restore what was changed, or name another `output` and begin anew"));
        }
        let found = files(folder)?;
        let own = found.keys().filter(|(block, _)| shard.has(*block)).count();
        if own > 0 && !resume {
            let text = format!("{} holds {own} files of this part already", folder.display());
            return Err(Error::in_the_way(text, "pass `resume` to go on with it, or name another `output`"));
        }
        Ok(Store { folder: folder.to_path_buf(), identity: identity.clone(), found })
    }

    /// Whether all files of a block are there.
    pub fn has(&self, block: usize) -> bool {
        self.identity.sheets.iter().all(|s| self.found.contains_key(&(block, s.name.clone())))
    }

    /// Whether every number of what is there is certified.
    pub fn certified(&self) -> bool {
        self.found.values().all(|(_, certified)| *certified)
    }

    /// Writes the records of a block.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn put(&mut self, block: usize, sheet: &str, records: &[u8], certified: bool) -> Result<()> {
        let open = if certified { "" } else { ".open" };
        let path = self.folder.join(format!("{sheet}.{block:07}.{}{open}.csv", &sha256(records)[..16]));
        publish(&path, records)?;
        self.found.insert((block, sheet.into()), (path, certified));
        Ok(())
    }
}

/// Writes a file that appears whole; false where it is there already.
fn publish(path: &Path, bytes: &[u8]) -> Result<bool> {
    let (part, mut file) = Part::file(path)?;
    file.write_all(bytes).and_then(|()| file.sync_data()).map_err(|e| Error::io(path, "write", e))?;
    match part.publish(None) {
        Ok(()) => Ok(true),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e),
    }
}

fn read(folder: &Path) -> Result<Identity> {
    let place = folder.join(NAME);
    let bytes = crate::formats::tools::input::read_plain(&place)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::format(place.display(), format!("not the file of a batch: {e}"), "name folders that `isard batch` has written"))
}

/// The files of blocks, by block and name of the outcome: path, and whether every number is certified.
type Files = BTreeMap<(usize, String), (PathBuf, bool)>;

/// Adds a file; the same block may be there twice, as long as it says the same.
fn add(to: &mut Files, key: (usize, String), file: (PathBuf, bool)) -> Result<()> {
    if let Some((other, _)) = to.get(&key).filter(|(other, _)| other.file_name() != file.0.file_name()) {
        let text = format!("{} and {} are the same block with different numbers", other.display(), file.0.display());
        return Err(Error::invalid(text, "make all parts with one build on one kind of processor; remove one of the two files"));
    }
    to.insert(key, file);
    Ok(())
}

/// The files of blocks in a folder.
fn files(folder: &Path) -> Result<Files> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io(folder, "read", e))? {
        let path = entry.map_err(|e| Error::io(folder, "read", e))?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let parts: Vec<&str> = name.split('.').collect();
        let (sheet, block, certified) = match parts[..] {
            [sheet, block, hash, "csv"] if hash.len() == 16 => (sheet, block, true),
            [sheet, block, hash, "open", "csv"] if hash.len() == 16 => (sheet, block, false),
            _ => continue,
        };
        if let Ok(block) = block.parse() {
            add(&mut found, (block, sheet.to_string()), (path, certified))?;
        }
    }
    Ok(found)
}

/// What a merge came to.
pub enum Merged {
    /// All files are written; whether every number is certified.
    Whole(bool),
    /// What is missing: blocks and their runs, in lines.
    Missing(Vec<String>),
}

/// Writes the results of a batch from the folders of its parts.
///
/// # Errors
/// When folders belong to different batches, a block is not as it was written, or the output is in the way.
pub fn merge(folders: &[PathBuf], output: &Path, force: bool, run: &Run) -> Result<Merged> {
    let Some(first) = folders.first() else {
        return Err(Error::missing("no folder to merge", "name those that `isard batch` `shard` has written"));
    };
    let identity = read(first)?;
    let mut found = BTreeMap::new();
    for folder in folders {
        let other = read(folder)?;
        if other != identity {
            let text =
                format!("{} and {} are parts of different batches: {}", first.display(), folder.display(), identity.difference(&other));
            return Err(Error::invalid(text, "merge parts of one plan and one table"));
        }
        files(folder)?.into_iter().try_for_each(|(key, file)| add(&mut found, key, file))?;
    }
    let mut missing = Vec::new();
    for block in 0..identity.blocks() {
        let lacks: Vec<&str> =
            identity.sheets.iter().map(|s| s.name.as_str()).filter(|s| !found.contains_key(&(block, (*s).to_string()))).collect();
        if let (false, Some((kind, runs, first))) = (lacks.is_empty(), identity.block(block)) {
            let kind = &identity.kinds[kind].kind;
            let runs = format!("runs {} to {} ({kind})", first + 1, first + runs.len());
            missing.push(format!("block {block}: {runs}, {}", lacks.join(", ")));
        }
    }
    if !missing.is_empty() {
        return Ok(Merged::Missing(missing));
    }
    let copy = |sheet: &Sheet, out: &mut dyn Write| {
        out.write_all(sheet.heading.as_bytes())?;
        for block in 0..identity.blocks() {
            let (path, _) = &found[&(block, sheet.name.clone())];
            let bytes = std::fs::read(path)?;
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name.split('.').nth(2) != Some(&sha256(&bytes)[..16]) {
                let text = format!("{}: changed since it was written; remove it and run the batch with resume", path.display());
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
            }
            out.write_all(&bytes)?;
        }
        Ok(())
    };
    let contents: Vec<_> =
        identity.sheets.iter().map(|sheet| (format!("{}.csv", sheet.name), move |out: &mut dyn Write| copy(sheet, out))).collect();
    let files: Vec<(&str, Content)> = contents.iter().map(|(name, content)| (name.as_str(), content as Content)).collect();
    folder::stream(output, &files, force, run)?;
    Ok(Merged::Whole(found.values().all(|(_, certified)| *certified)))
}
