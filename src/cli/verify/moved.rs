//! Where the data of a result are now: the recorded places, or those that `--data` and the table's place give.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::claim::Claim;
use crate::error::{Error, Result};
use crate::inputs::Input;

/// Recorded paths, each with the one that takes its place.
pub(super) struct Moved {
    folder: Option<PathBuf>,
    /// Text as recorded, text as used now.
    places: Vec<(String, String)>,
}

impl Moved {
    /// Finds the inputs of a result.
    ///
    /// # Errors
    /// Naming what is not found.
    pub(super) fn new(claim: &Claim, data: Option<&Path>, table: Option<&Path>) -> Result<Self> {
        let full = |p: &Path| std::path::absolute(p).map_err(|e| Error::io(p, "find", e));
        let there = claim.folder.as_deref().filter(|f| f.is_dir());
        let mut moved = Moved { folder: there.map(full).transpose()?, places: Vec::new() };
        if let Some(table) = table {
            let own = claim.run.options.iter().find_map(|o| o.strip_prefix("--table=").or((!o.starts_with('-')).then_some(o)));
            if let Some(own) = own {
                moved.places.push((own.to_string(), full(table)?.display().to_string()));
            }
        }
        for input in claim.inputs.iter().flatten() {
            let recorded = input.path.display().to_string();
            if moved.places.iter().any(|(own, _)| within(&recorded, own).is_some()) {
                continue;
            }
            let place = match data {
                Some(folder) => found_in(&full(folder)?, &input.path),
                None => claim.folder.as_ref().map(|f| f.join(&input.path)).filter(|p| p.exists()),
            };
            let Some(place) = place else {
                let message = format!(
                    "{recorded}, from which it was made, is not {}",
                    data.map_or("there".into(), |d| format!("in {}", d.display()))
                );
                return Err(Error::format(&claim.place, message, "pass --data DIR, the folder that holds the data now"));
            };
            let now = full(&place)?.display().to_string();
            if data.is_some() && now != recorded {
                moved.places.push((recorded, now));
            }
        }
        Ok(moved)
    }

    /// The folder to run in.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The options, with the places of now.
    pub(super) fn options(&self, recorded: &[String]) -> Vec<String> {
        recorded.iter().map(|option| self.option(option)).collect()
    }

    fn option(&self, option: &str) -> String {
        let (flag, value) = match option.split_once('=').filter(|_| option.starts_with("--")) {
            Some((flag, value)) => (format!("{flag}="), value),
            None => (String::new(), option),
        };
        for (own, now) in &self.places {
            // the file, the file with a column of it, or a folder that it is in
            if value == own {
                return flag + now;
            }
            if let Some(column) = value.strip_prefix(own.as_str()).filter(|rest| rest.starts_with(':')) {
                return flag + now + column;
            }
            if let Some(folder) = within(own, value).and_then(|rest| now.strip_suffix(rest)).filter(|_| !value.is_empty()) {
                return flag + folder;
            }
        }
        flag + value
    }

    /// An object with the recorded places in place of those of now.
    pub(super) fn back(&self, object: &Value) -> Value {
        match object {
            Value::String(text) => Value::String(self.text_back(text)),
            Value::Array(list) => list.iter().map(|v| self.back(v)).collect(),
            Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), self.back(v))).collect()),
            other => other.clone(),
        }
    }

    /// As [`Moved::back`], of a text.
    pub(super) fn back_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.places.is_empty() {
            return bytes;
        }
        String::from_utf8(bytes).map_or_else(|e| e.into_bytes(), |text| self.text_back(&text).into_bytes())
    }

    fn text_back(&self, text: &str) -> String {
        self.places.iter().fold(text.to_string(), |text, (own, now)| {
            // a folder that the file is in goes back as well
            let same = own.chars().rev().zip(now.chars().rev()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum::<usize>();
            let cut = now[now.len() - same..].find('/').map(|at| now.len() - same + at);
            let text = text.replace(now.as_str(), own);
            match cut.filter(|at| *at > 1) {
                Some(at) => text.replace(&now[..at], &own[..own.len() + at - now.len()]),
                None => text,
            }
        })
    }

    /// Inputs that are not what they were: a line for each.
    pub(super) fn changed(&self, recorded: &[Input], now: &[Input]) -> Vec<String> {
        let back: Vec<Input> =
            now.iter().map(|i| Input { path: self.text_back(&i.path.display().to_string()).into(), sha256: i.sha256.clone() }).collect();
        let mut changed = Vec::new();
        for input in recorded.iter().filter(|i| !back.contains(i)) {
            let path = input.path.display();
            let first = |hash: &str| hash.chars().take(12).collect::<String>();
            changed.push(match back.iter().find(|i| i.path == input.path) {
                Some(other) => format!("{path}: changed since (SHA-256 {}... then, {}... now)", first(&input.sha256), first(&other.sha256)),
                None => format!("{path}: said to be an input, but the run does not read it"),
            });
        }
        let more = back.iter().filter(|i| recorded.iter().all(|r| r.path != i.path));
        changed.extend(more.map(|i| format!("{}: read by the run, but not said to be an input", i.path.display())));
        changed
    }
}

/// The rest of a path that lies in a folder, or is it.
fn within<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder.trim_end_matches('/')).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A recorded path in the folder that holds the data now: as much of its end as is there.
fn found_in(folder: &Path, recorded: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = recorded.components().filter(|c| matches!(c, std::path::Component::Normal(_))).collect();
    (0..parts.len()).map(|skip| parts[skip..].iter().fold(folder.to_path_buf(), |p, c| p.join(c))).find(|p| p.exists())
}
