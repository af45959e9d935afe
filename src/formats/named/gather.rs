//! Containers of several files: a folder of arrays with lists of labels beside them, and which year of several.

use std::path::{Path, PathBuf};

use ndarray::{Axis, Ix2};

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::containers::{Container, Content, Named, open};
use crate::formats::tools::input::text;
use crate::formats::tools::separated::Separated;
use crate::formats::{Encoding, Reading};

/// Endings of files that hold arrays.
const ARRAYS: [&str; 8] = ["mtx", "npy", "npz", "mat", "rds", "rdata", "rda", "bin"];

/// The plain files of a folder, by name.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io(folder, "read", e))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    found.sort();
    Ok(found)
}

/// The name of a file without its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn ending(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Whether a file has the ending of one that holds arrays.
pub(super) fn is_array(path: &Path) -> bool {
    ARRAYS.contains(&ending(path).as_str())
}

/// The arrays of a file; one that stands alone is called as the file, without what follows the first `_` or `.`.
pub(super) fn one(path: &Path, reading: &Reading) -> Result<Container> {
    open(path, &reading.watch)
}

/// The arrays of the files in a folder that `wanted` picks by their names without endings, and its lists of labels.
pub(super) fn folder(folder: &Path, reading: &Reading, wanted: impl Fn(&str) -> bool) -> Result<Container> {
    let mut all = Container::default();
    for path in files(folder)? {
        reading.watch.check()?;
        if is_array(&path) && wanted(&stem(&path)) {
            all.join(one(&path, reading)?, "");
        }
    }
    lists(folder, reading, &mut all)?;
    Ok(all)
}

/// Adds the lists of labels that lie in a folder: columns of CSV files as `file/column`, lists of `labels.yaml`.
pub(super) fn lists(folder: &Path, reading: &Reading, all: &mut Container) -> Result<()> {
    for path in files(folder)? {
        match ending(&path).as_str() {
            "csv" if is_list(&stem(&path)) => all.join(columns(&path, reading)?, ""),
            "yaml" | "yml" if stem(&path) == "labels" => all.join(yaml(&path, reading)?, ""),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a CSV file is a list of labels by its name.
fn is_list(stem: &str) -> bool {
    ["sectors", "categories", "stressors", "value_added_items", "unit"].contains(&stem)
        || stem.ends_with("labels")
        || stem.starts_with("labels")
}

/// The columns of a CSV file as texts.
pub(super) fn columns(path: &Path, reading: &Reading) -> Result<Container> {
    let (sheet, source) = Separated::read(path, reading.encoding, &reading.watch)?;
    let heading = sheet.heading()?;
    let mut lists = vec![Vec::new(); heading.len()];
    let mut first = true;
    sheet.each(|_, record| {
        if !std::mem::take(&mut first) {
            lists.iter_mut().zip(record).for_each(|(list, cell)| list.push(cell.trim().to_string()));
        }
        Ok(())
    })?;
    let stem = stem(path);
    let named = |(name, list): (String, Vec<String>)| Named::new(format!("{stem}/{name}"), Content::Texts(list));
    let arrays = heading.into_iter().zip(lists).map(named).collect();
    Ok(Container { arrays, left_out: Vec::new(), files: vec![source] })
}

/// The lists of texts of a YAML file: `name:` and below it `- text`, as PyYAML writes them.
fn yaml(path: &Path, reading: &Reading) -> Result<Container> {
    let (text, source) = text(path, Encoding::Utf8, &reading.watch)?;
    let mut arrays: Vec<Named> = Vec::new();
    let bare = |t: &str| {
        let t = t.trim();
        let within = |mark: char| t.strip_prefix(mark).and_then(|t| t.strip_suffix(mark));
        within('"').or_else(|| within('\'')).unwrap_or(t).replace("''", "'")
    };
    for (k, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), k + 1);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') || trimmed == "---" {
        } else if let Some(item) = trimmed.strip_prefix("- ") {
            match arrays.last_mut() {
                Some(Named { content: Content::Texts(list), .. }) => list.push(bare(item)),
                _ => return Err(Error::format(place(), "an item of no list", "write `name:` before its items")),
            }
        } else if let Some(name) = trimmed.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            arrays.push(Named::new(bare(name), Content::Texts(Vec::new())));
        } else {
            let text = format!("\"{}\" is neither `name:` nor `- text`", trimmed.escape_debug());
            return Err(Error::format(place(), text, "write each list as its name and one item a line"));
        }
    }
    Ok(Container { arrays, left_out: Vec::new(), files: vec![source] })
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit())
}

/// Keeps one year of what is held by years: parts of lists that are called as a year, and columns of a matrix that are. The year is
/// the one that is asked for as sheet, else the last that all have, with a remark.
pub(super) fn year(all: &mut Container, reading: &Reading, place: &str, remarks: &mut Vec<Finding>) -> Result<Option<String>> {
    let of = |array: &Named| array.path.split('/').find(|p| is_year(p)).map(str::to_string);
    let mut years: Vec<String> = all.arrays.iter().filter_map(of).collect();
    years.sort();
    years.dedup();
    let Some(last) = years.last().cloned() else { return Ok(None) };
    let year = match &reading.sheet {
        Some(wanted) if years.contains(wanted) => wanted.clone(),
        Some(wanted) => {
            let text = format!("there is no year {}, only {}", wanted.escape_debug(), years.join(", "));
            return Err(Error::format(place, text, "name one of these years with `sheet`"));
        }
        None => last,
    };
    if years.len() > 1 && reading.sheet.is_none() {
        let text = format!("{place} holds the years {}: {year} is read; name another with `sheet`", years.join(", "));
        remarks.push(Finding::new(Level::Warn, "year-chosen", text));
    }
    all.arrays.retain(|a| of(a).is_none_or(|y| y == year));
    for array in &mut all.arrays {
        array.path = array.path.split('/').filter(|p| !is_year(p)).collect::<Vec<_>>().join("/");
        let column = array.axes.get(1).and_then(|names| names.iter().position(|n| *n == year));
        if let (Content::Numbers(numbers), Some(k)) = (&array.content, column)
            && array.axes[1].iter().all(|n| is_year(n))
            && let Ok(matrix) = numbers.clone().into_dimensionality::<Ix2>()
        {
            array.content = Content::Numbers(matrix.index_axis(Axis(1), k).to_owned().into_dyn());
            array.axes = vec![array.axes[0].clone()];
        }
    }
    Ok(Some(year))
}
