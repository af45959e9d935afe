//! Groups of regions or sectors: a CSV file with a column of names and a column `group`.

use std::path::Path;

use crate::decompose::grouping::Groups;
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::Rows;

/// Reads groups: columns `name` (or `region`, `sector`) and `group`, or the first two columns.
///
/// # Errors
/// When there is no second column, or a name or a group is empty.
pub fn groups(path: &Path, encoding: Encoding) -> Result<Groups> {
    let rows = Rows::read(path, encoding)?;
    let group = rows.column(&["group", "groups", "分组", "组"])?.unwrap_or(1);
    let name = (0..rows.header.len()).find(|&c| c != group).unwrap_or(0);
    if group >= rows.header.len() || name == group {
        let text = format!("expected two columns, name and group, found {}", rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "write one line for each member: name,group"));
    }
    rows.nothing_else(&[name, group], &["name", "group"])?;
    let mut out = Vec::new();
    for (i, (line, cells)) in rows.records.iter().enumerate() {
        if cells[name].is_empty() || cells[group].is_empty() {
            let text = format!("the member \"{}\" has the group \"{}\": one of the two is empty", cells[name], cells[group]);
            return Err(Error::format(rows.line(i), text, "name both, or delete the line"));
        }
        out.push((cells[name].clone(), cells[group].clone(), *line));
    }
    Ok(Groups { place: rows.place, rows: out })
}
