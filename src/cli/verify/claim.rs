//! What a written result claims: by which run, from which inputs, with which files.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::inputs::Input;
use crate::watch::Watch;
use crate::write::folder::MARK;
use crate::write::manifest::{self, Manifest, Run, Written};

/// A written result.
pub(super) struct Claim {
    /// Its path as given.
    pub place: String,
    /// The run that is said to have made it.
    pub run: Run,
    /// What one run must be told to write the same again.
    pub output: Output,
    /// The folder that the run was in; `None`: not known, the one we are in.
    pub folder: Option<PathBuf>,
    /// What it is said to have read; `None`: not said.
    pub inputs: Option<Vec<Input>>,
    /// Its files.
    pub files: Vec<(String, PathBuf)>,
    /// Version and platform that made it.
    pub made: (String, String),
    /// What is wrong before anything is computed.
    pub problems: Vec<String>,
}

/// How a result was written.
pub(super) enum Output {
    /// A folder of this name.
    Folder(String),
    /// A file of this name, by options that the run names, or as the table that was imported.
    File(String),
    /// An object on standard output.
    Object,
}

impl Claim {
    /// Reads what there is to read of a result.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let above = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path.is_dir() {
            return Self::of_folder(path, text(path));
        }
        if std::fs::symlink_metadata(path).is_err() {
            return Err(Error::io(path, "read", std::io::ErrorKind::NotFound.into()));
        }
        let beside = manifest::beside(path);
        if beside.is_file() {
            let manifest = Manifest::read(&beside)?;
            let mut claim = Self::of_manifest(path, above, &manifest, Output::File(text(path)));
            let own = manifest.files.iter().find(|f| f.name == text(path));
            claim.problems.extend(own.map_or_else(|| Some("its manifest does not name it".into()), |f| manifest::change(path, f)));
            claim.files = vec![(text(path), path.to_path_buf())];
            return Ok(claim);
        }
        let in_folder = |m: Manifest| m.files.iter().any(|f| f.name == text(path));
        if above.join(manifest::NAME).is_file() && Manifest::read(&above.join(manifest::NAME)).is_ok_and(in_folder) {
            let full = above.canonicalize().map_err(|e| Error::io(above, "read", e))?;
            return Self::of_folder(above, text(&full));
        }
        let object = object(path)?;
        let name = text(path);
        let (run, made) = said(&object, path)?;
        let (files, problems) = (vec![(name, path.to_path_buf())], Vec::new());
        Ok(Claim { place: path.display().to_string(), run, output: Output::Object, folder: None, inputs: None, files, made, problems })
    }

    /// The object found now, by the version and platform that made the result, which the written one must name.
    pub(super) fn told(&self, mut now: Value, findings: &mut super::Findings, written: &Value) -> Value {
        let own = |o: &Value| (o["isard"].as_str().map(str::to_string), o["made_by"]["platform"].as_str().unwrap_or_default().to_string());
        if own(written) != (Some(self.made.0.clone()), self.made.1.clone()) {
            findings.problems.push("isard, made_by.platform: not those of the manifest".into());
        }
        if now["isard"].is_string() {
            now["isard"] = self.made.0.clone().into();
        }
        if now["made_by"].is_object() {
            now["made_by"]["platform"] = self.made.1.clone().into();
        }
        now
    }

    fn of_folder(path: &Path, name: String) -> Result<Self> {
        let name = if name.is_empty() { "result".to_string() } else { name };
        let place = path.join(manifest::NAME);
        let listed = |files: &[Written]| files.iter().map(|f| (f.name.clone(), path.join(&f.name))).collect();
        if place.is_file() {
            let manifest = Manifest::read(&place)?;
            let mut claim = Self::of_manifest(path, path, &manifest, Output::Folder(name));
            claim.problems.extend(manifest.changes(path)?);
            claim.files = listed(&manifest.files);
            return Ok(claim);
        }
        let (run, made) = said(&object(&path.join(MARK))?, path)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| Error::io(path, "read", e))?.flatten() {
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        files.sort();
        let problems = vec![format!("{}: missing, so no file is known to be of this run", manifest::NAME)];
        let (place, output) = (path.display().to_string(), Output::Folder(name));
        Ok(Claim { place, run, output, folder: None, inputs: None, files, made, problems })
    }

    fn of_manifest(path: &Path, folder: &Path, manifest: &Manifest, output: Output) -> Self {
        let mut problems = Vec::new();
        if manifest.own_hash() != manifest.sha256 && !matches!(output, Output::Folder(_)) {
            problems.push(format!("{}: changed since it was written", manifest::NAME));
        }
        Claim {
            place: path.display().to_string(),
            run: Run { command: manifest.command.clone(), options: manifest.options.clone() },
            output,
            folder: Some(folder.join(&manifest.folder)),
            inputs: Some(manifest.inputs.clone()),
            files: Vec::new(),
            made: (manifest.isard.clone(), manifest.platform.clone()),
            problems,
        }
    }
}

fn object(path: &Path) -> Result<Value> {
    // it is read again to be compared
    crate::plain::open_plain(path)?;
    let (text, _) = crate::formats::text(path, crate::formats::Encoding::Utf8, &Watch::default())?;
    serde_json::from_str(&text).map_err(|e| {
        let help = "name a folder written with --output, a file with its manifest beside it, or the output of --json";
        Error::format(path.display(), format!("not a result of isard: {e}"), help)
    })
}

/// The run, version and platform that an object names; of 0.1.0, what its keys tell.
fn said(object: &Value, path: &Path) -> Result<(Run, (String, String))> {
    let version = object["isard"].as_str().unwrap_or_default().to_string();
    let made = &object["made_by"];
    if let (Some(command), Some(options)) = (made["command"].as_str(), made["options"].as_array()) {
        let options = options.iter().map(|o| o.as_str().unwrap_or_default().to_string()).collect();
        let platform = made["platform"].as_str().unwrap_or_default().to_string();
        return Ok((Run { command: command.into(), options }, (version, platform)));
    }
    let has = |key: &str| object.get(key).is_some();
    let options = &object["options"];
    let mut more = Vec::new();
    let command = match () {
        () if object["scheme"].is_string() => {
            more.push(format!("--scheme={}", object["scheme"].as_str().unwrap_or_default()));
            "decompose"
        }
        () if has("weighted_unit") => "linkages",
        () if has("payments") && !has("routes") => "compensate",
        () if has("responsibility") => {
            if has("routes") {
                "run"
            } else {
                "responsibility"
            }
        }
        () if has("flow") => "flows",
        () => "",
    };
    if command.is_empty() || !options.is_object() {
        let help = "name the folder that --output wrote, or the output of --json of any command but bench, synth and detect";
        return Err(Error::format(path.display(), "not a result of isard that says how it was made", help));
    }
    for (key, value) in options.as_object().into_iter().flatten() {
        if ["output", "force", "quiet", "json", "history", "threads"].contains(&key.as_str()) {
            continue;
        }
        let list = value.as_array().map_or_else(|| vec![value], |l| l.iter().collect());
        more.extend(list.into_iter().map(|v| format!("--{key}={}", v.as_str().map_or_else(|| v.to_string(), str::to_string))));
    }
    Ok((Run { command: command.into(), options: more }, (version, String::new())))
}
