//! Which sectors of an inventory belong to which sectors of a table: from a file, or the built-in list for CEADs.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::{Rows, sheet_of};
use crate::inventory::Concordance;
use crate::labels::{key, records, written};

/// Reads a sector concordance: columns `source` and `target`; several targets are separated by `;` or stand in several lines.
///
/// A target is a sector name or a position in the region counted from 1 (`#24`; a column of bare whole numbers means
/// positions). Where a file has several target columns, one is named behind its path: `file.csv:io42_2017`.
///
/// # Errors
/// When a column is missing or unclear, a pair comes twice, or a source has no target.
pub fn read_concordance(path: &Path, encoding: Encoding) -> Result<Concordance> {
    let (file, wanted) = split(path);
    let rows = Rows::read(&file, encoding)?;
    let source = rows.column(&["source"])?.or_else(|| rows.header.iter().position(|h| key(h).contains("sector"))).unwrap_or(0);
    let target = target_column(&rows, source, wanted.as_deref())?;
    unweighted(&rows, wanted.is_some().then_some(target).into_iter().chain([source, target]).collect())?;
    let positions = rows.records.iter().all(|(_, c)| c[target].chars().all(|c| c.is_ascii_digit() || " ;#".contains(c)));
    let mut out = Concordance { rows: Vec::new(), source: Some(rows.source.clone()) };
    let mut lines: Vec<(String, String, u64)> = Vec::new();
    for (i, (line, cells)) in rows.records.iter().enumerate() {
        let targets = targets(&cells[target], positions);
        if targets.is_empty() || cells[source].is_empty() {
            let missing = if targets.is_empty() { target } else { source };
            let text = format!("\"{}\" leads nowhere: one of the two sectors is empty", cells[source]);
            return Err(Error::format(rows.at(i, missing), text, "name both sectors, or delete the line"));
        }
        for t in &targets {
            if let Some((.., before)) = lines.iter().find(|(s, u, _)| *s == written(&cells[source]) && u == t) {
                let text = format!("\"{}\" to \"{t}\" comes twice: line {before} and line {line}", cells[source]);
                return Err(Error::format(&rows.place, text, "delete one of the lines"));
            }
            lines.push((written(&cells[source]), t.clone(), *line));
        }
        match out.rows.iter_mut().find(|(s, _)| written(s) == written(&cells[source])) {
            Some((_, all)) => all.extend(targets),
            None => out.rows.push((cells[source].clone(), targets)),
        }
    }
    Ok(out)
}

/// `file.csv:column` where that is not a file itself.
pub(in crate::formats) fn split(path: &Path) -> (PathBuf, Option<String>) {
    let text = path.to_string_lossy();
    match text.rsplit_once(':') {
        Some((file, column)) if !path.exists() && sheet_of(Path::new(file)).0.is_file() => (file.into(), Some(column.trim().to_string())),
        _ => (path.to_path_buf(), None),
    }
}

fn target_column(rows: &Rows, source: usize, wanted: Option<&str>) -> Result<usize> {
    let others: Vec<usize> = (0..rows.header.len()).filter(|&c| c != source).collect();
    let names: Vec<&str> = others.iter().map(|&c| rows.header[c].as_str()).collect();
    if let Some(wanted) = wanted {
        let found = others.iter().copied().find(|&c| rows.header[c] == wanted);
        return found.ok_or_else(|| {
            let help = crate::error::did_you_mean(wanted, &names);
            Error::format(&rows.place, format!("no column \"{wanted}\" (columns: {})", names.join(", ")), help)
        });
    }
    match (rows.column(&["target"])?, &others[..]) {
        (Some(c), _) => Ok(c),
        (None, [only]) => Ok(*only),
        _ => Err(Error::format(
            &rows.place,
            format!("expected columns source and target, found {}", rows.header.join(", ")),
            format!("name the target column behind the path, for example {}:{}", rows.place, names.last().unwrap_or(&"target")),
        )),
    }
}

/// Refuses columns of weights, and where no target is named by the path every further column.
fn unweighted(rows: &Rows, used: Vec<usize>) -> Result<()> {
    const WEIGHTS: [&str; 11] =
        ["weight", "share", "factor", "ratio", "percent", "proportion", "allocation", "权重", "比例", "份额", "系数"];
    for c in (0..rows.header.len()).filter(|c| !used.contains(c)) {
        if WEIGHTS.iter().any(|w| rows.header[c].to_lowercase().contains(w)) {
            let text =
                format!("column \"{}\" looks like weights, and a source is split by the gross output of its targets", rows.header[c]);
            let help = "remove the column to split by output; to split by weights give the inventory in the sectors of the table";
            return Err(Error::format(rows.heading(c), text, help));
        }
    }
    // a file with a column of targets for each of several lists is read by naming one
    if used.len() > 2 { Ok(()) } else { rows.nothing_else(&used, &["source", "target"]) }
}

fn targets(cell: &str, positions: bool) -> Vec<String> {
    if positions {
        let numbers = cell.split(|c: char| !c.is_ascii_digit()).filter(|t| !t.is_empty());
        return numbers.map(|t| format!("#{}", t.parse::<usize>().unwrap_or(0))).collect();
    }
    cell.split(';').map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect()
}

/// The built-in concordance from the 45 production sectors of CEADs inventories to the 42 sectors of 2017, or to the
/// 17 sectors of the State Information Centre. Its targets are names of those lists, so a table with another list of
/// 42 sectors (2007, 2012) is never joined by position; `by_position` is for tables whose sectors have no names at all.
pub fn builtin_concordance(sectors_per_region: usize, by_position: bool) -> Option<Concordance> {
    let (column, list) = match sectors_per_region {
        42 => (1, include_str!("../../../fixtures/facts/sectors_42_2017.csv")),
        17 => (2, include_str!("../../../fixtures/facts/sectors_17_sic.csv")),
        _ => return None,
    };
    let names: Vec<String> = records(list).map(|row| row[1].clone()).collect();
    let rows = records(include_str!("../../../fixtures/concordance/ceads47.csv"))
        .filter(|row| row[column] != "households")
        .map(|row| {
            let numbers = row[column].split_whitespace().map(|t| t.parse::<usize>().expect("the built-in concordance holds numbers"));
            let target = |k: usize| if by_position { format!("#{k}") } else { names[k - 1].clone() };
            (row[0].clone(), numbers.map(target).collect())
        })
        .collect();
    Some(Concordance { rows, source: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_concordance_reaches_every_sector() {
        for (count, list) in [
            (42, include_str!("../../../fixtures/facts/sectors_42_2017.csv")),
            (17, include_str!("../../../fixtures/facts/sectors_17_sic.csv")),
        ] {
            let map = builtin_concordance(count, false).unwrap();
            assert_eq!(map.rows.len(), 45);
            for row in records(list) {
                assert!(map.rows.iter().any(|(_, targets)| targets.contains(&row[1])), "{}", row[1]);
            }
        }
        assert!(builtin_concordance(8, false).is_none());
    }
}
