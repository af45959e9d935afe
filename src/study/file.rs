//! Study files: the options of a run as TOML, in tables or not; and lists of names in one value.

use std::path::{Path, PathBuf};

use super::Study;
use super::load::POTENTIALS;
use super::options::KEYS;
use crate::decompose::grouping::BUILT_IN;
use crate::error::{Error, Result};
use crate::formats::probe::recognised;
use crate::formats::{Encoding, Source};
use crate::watch::Watch;

/// Bytes of the text of a study file.
type Span = std::ops::Range<usize>;

/// The members of a list: each value of a repeated option whole where it is `known`, else cut at commas into the longest
/// pieces that are, else at every comma.
pub(super) fn members(values: &[String], known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for value in values {
        let pieces: Vec<&str> = value.split(',').collect();
        let mut at = 0;
        while at < pieces.len() {
            let longest = (at + 1..=pieces.len()).rev().map(|end| (end, pieces[at..end].join(",").trim().to_string()));
            let (end, name) = longest.into_iter().find(|(_, name)| known(name)).unwrap_or((at + 1, pieces[at].trim().to_string()));
            all.push(name);
            at = end;
        }
    }
    all
}

/// Whether a file or folder holds what a study names by `table`.
fn is_table(path: &Path) -> bool {
    path.is_dir() || Source::open(path).is_ok_and(|source| recognised(&source).is_ok())
}

impl Study {
    /// The rows of emissions that are named.
    pub fn factors(&self) -> Vec<String> {
        let values = self.reading.factor.as_deref().unwrap_or_default();
        let known = match &self.placing.table {
            Some(table) if values.iter().any(|v| v.contains(',')) => crate::formats::pymrio::factors(table).unwrap_or_default(),
            _ => Vec::new(),
        };
        members(values, |name| known.iter().any(|k| k == name))
    }

    /// The files of unit costs that are named.
    pub fn cost_files(&self) -> Vec<PathBuf> {
        let values: Vec<String> = self.paying.cost.iter().flatten().map(|p| p.to_string_lossy().into_owned()).collect();
        let known = |name: &str| crate::formats::inventories::is_source(Path::new(name));
        let all = members(&values, known);
        let found = if all.iter().all(|name| known(name)) { all } else { values };
        found.into_iter().map(PathBuf::from).collect()
    }

    /// Reads a study file; paths in it are relative to its folder.
    pub fn from_file(path: &Path) -> Result<Study> {
        if is_table(path)
            || ["npz", "npy", "zip", "xls", "xlsx", "xlsm", "xlsb", "isard"].contains(&crate::formats::extension(path).as_str())
        {
            let place = path.display();
            return Err(Error::format(
                place.to_string(),
                "is a table, and run takes a study file (TOML)",
                format!("name the table by an option: isard run `table` {place}"),
            ));
        }
        let (text, _) = crate::formats::text(path, Encoding::Utf8, &Watch::default())?;
        Self::from_text(&text, path)
    }

    /// The study of options by the names that a study file has; paths are relative to the working folder.
    ///
    /// ```
    /// # use isard::Study;
    /// let study = Study::from_values(&serde_json::json!({"price": 100.0, "solve": {"tolerance": 1e-8}}))?;
    /// assert_eq!((study.paying.price, study.solving.tolerance), (Some(100.0), Some(1e-8)));
    /// let wrong = Study::from_values(&serde_json::json!({"tolerence": 1e-8})).unwrap_err();
    /// assert_eq!(wrong.help().as_deref(), Some("did you mean \"tolerance\"?"));
    /// # Ok::<(), isard::Error>(())
    /// ```
    ///
    /// # Errors
    /// Naming the option that is unknown, or whose value is not what it takes.
    pub fn from_values(values: &serde_json::Value) -> Result<Study> {
        let wrong = |message: &str| {
            let unknown = message.contains("unknown").then(|| message.split(", expected").next()).flatten();
            Error::format("study", unknown.unwrap_or(message), remedy(message))
        };
        let whole = toml::Table::try_from(values).map_err(|e| wrong(&e.to_string()))?;
        Self::from_table(whole, |_| None).map_err(|(_, message)| wrong(&message))
    }

    /// As [`Study::from_file`], from the text of the file.
    pub(crate) fn from_text(text: &str, path: &Path) -> Result<Study> {
        let mut study = Self::from_study(text).map_err(|(span, message)| {
            let at = span.map_or(0, |s| s.start);
            let line = text[..at.min(text.len())].matches('\n').count() + 1;
            let help = remedy(&message);
            let unknown = message.contains("unknown").then(|| message.split(", expected").next()).flatten();
            Error::format(format!("{}:{line}", path.display()), unknown.unwrap_or(&message), help)
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        // the names of built-in lists, and the table itself, are no files
        let groups = study.viewing.group_regions.as_mut().filter(|p| !BUILT_IN.iter().any(|list| p.as_os_str() == *list));
        let factors = study.reading.characterise.as_mut().filter(|p| !POTENTIALS.iter().any(|name| p.as_os_str() == *name));
        let gdp = study.viewing.gdp.as_mut().filter(|p| p.as_os_str() != "table");
        for file in [
            &mut study.placing.table,
            &mut study.reading.layout,
            &mut study.reading.emissions,
            &mut study.reading.concordance,
            &mut study.aggregating.aggregate_regions,
            &mut study.aggregating.aggregate_sectors,
            &mut study.splitting.split_shares,
            &mut study.splitting.split_sales,
            &mut study.splitting.split_inputs,
            &mut study.splitting.split_emissions,
            &mut study.splitting.split_regions,
            &mut study.splitting.split_distances,
            &mut study.splitting.split_trade,
            &mut study.splitting.split_nest,
            &mut study.paying.curves,
            &mut study.counting.population,
            &mut study.sharing.alpha_pairs,
            &mut study.viewing.group_sectors,
            &mut study.writing.output,
            &mut study.tracing.history,
            &mut study.proving.proof,
        ]
        .into_iter()
        .flatten()
        .chain(study.paying.cost.iter_mut().flatten())
        .chain(study.spanning.years.iter_mut().flatten())
        .chain(groups)
        .chain(gdp)
        .chain(factors)
        {
            *file = folder.join(&*file);
        }
        Ok(study)
    }

    /// Reads the text of a study: keys in the tables `[data]`, `[solve]`, `[share]`, `[view]`, `[pay]`, `[write]`, or in none.
    fn from_study(text: &str) -> std::result::Result<Self, (Option<Span>, String)> {
        let whole: toml::Table = toml::from_str(text).map_err(|e| (e.span(), e.message().to_string()))?;
        Self::from_table(whole, |name| key_at(text, name).map(|at| at..at + name.len()))
    }

    /// Reads the keys of a study; `place` tells where one stands.
    fn from_table(whole: toml::Table, place: impl Fn(&str) -> Option<Span>) -> std::result::Result<Self, (Option<Span>, String)> {
        let mut groups = std::collections::BTreeMap::<&str, toml::Table>::new();
        let mut put = |table: Option<&str>, key: String, value: toml::Value| {
            let Some((_, own, group)) = KEYS.iter().find(|k| k.0.replace('_', "-") == key) else {
                return Err((place(&key), format!("unknown field `{key}`")));
            };
            if let Some(table) = table.filter(|t| t != own) {
                return Err((place(&key), format!("{key} belongs to the table [{own}], not [{table}]")));
            }
            match groups.entry(group).or_default().insert(key.clone(), value) {
                None => Ok(()),
                Some(_) => Err((place(&key), format!("{key} is given twice, in the table [{own}] and outside of it"))),
            }
        };
        for (key, value) in whole {
            match value {
                toml::Value::Table(inner) if KEYS.iter().any(|k| k.1 == key) => {
                    inner.into_iter().try_for_each(|(name, value)| put(Some(&key), name, value))?;
                }
                value => put(None, key, value)?,
            }
        }
        let alone = |group: &'static str, key: &String, value: &toml::Value| {
            let one = toml::Table::from_iter([(key.clone(), value.clone())]);
            let wrong = Self::from_groups(std::collections::BTreeMap::from([(group, one)])).err()?;
            Some((place(key), format!("{key}: {}", wrong.message().trim())))
        };
        let wrong = groups.iter().flat_map(|(group, keys)| keys.iter().filter_map(|(key, value)| alone(group, key, value))).next();
        wrong.map_or(Ok(()), Err)?;
        Self::from_groups(groups).map_err(|e| (e.span(), e.message().to_string()))
    }
}

/// Where a key stands at the beginning of a line, else anywhere.
fn key_at(text: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let own = line.trim_start();
        let rest = own.strip_prefix(key).map(str::trim_start);
        if rest.is_some_and(|r| r.starts_with('=')) {
            return Some(at + line.len() - own.len());
        }
        at += line.len();
    }
    text.find(key)
}

/// What to do about a key or value that cannot be read, from the words of the parser.
fn remedy(message: &str) -> String {
    let names: Vec<String> = message.split('`').skip(1).step_by(2).map(str::to_string).collect();
    if message.contains("unknown variant") {
        return names.split_first().map_or_else(String::new, |(name, known)| crate::error::did_you_mean(name, known));
    }
    if message.contains("unknown field") {
        let known: Vec<String> = KEYS.iter().map(|k| k.0.replace('_', "-")).collect();
        return names.first().map_or_else(String::new, |name| crate::error::did_you_mean(name, &known));
    }
    let kinds = [
        ("duplicate key", "keep one of the two"),
        ("expected a boolean", "write true or false, without quotes"),
        ("expected u64", "write a whole number of at least 0, without quotes"),
        ("expected usize", "write a whole number of at least 0, without quotes"),
        ("expected f64", "write a number, without quotes"),
        ("expected a sequence", "write a list, such as [\"a\", \"b\"]"),
        ("expected a string", "write it in quotes"),
        ("expected path string", "write it in quotes"),
    ];
    kinds.iter().find(|(said, _)| message.contains(said)).map_or_else(String::new, |(_, help)| (*help).to_string())
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn a_name_with_commas_is_one_member_where_it_is_known() {
        let known = ["a, 2001", "b", "Korea, Rep."];
        let of = |values: &[&str]| members(&values.iter().map(|v| v.to_string()).collect::<Vec<_>>(), |n| known.contains(&n));
        assert_eq!(of(&["a, 2001"]), ["a, 2001"]);
        assert_eq!(of(&["b,a, 2001", "Korea, Rep."]), ["b", "a, 2001", "Korea, Rep."]);
        assert_eq!(of(&["x, y"]), ["x", "y"], "unknown names are cut, so that each is told of");
    }
}
