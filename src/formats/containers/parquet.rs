//! Columns of a Parquet file, and the table that pandas stores in it as the text that pandas writes of the same table.
//!
//! pandas calls a column of several levels as Python writes a tuple, `('reg1', 'food')`, and stores the index as columns of texts
//! behind the others.

use std::fmt::Write as _;

use crate::error::{Error, Result};

/// The first bytes of a file.
pub(crate) const MARK: &[u8] = b"PAR1";

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code))]
pub(crate) enum Column {
    /// Numbers; missing ones are NaN.
    Numbers(Vec<f64>),
    /// Texts; missing ones are empty.
    Texts(Vec<String>),
}

/// The table of a file as text with tabs: a header line for each level, then labels and numbers.
///
/// # Errors
/// When the file is damaged or of columns that are no table of pandas, or the program was built without Parquet.
pub(crate) fn as_text(raw: Vec<u8>, place: &str) -> Result<String> {
    let mut columns = columns(raw, place)?;
    let wrong = |text: String| Error::format(place, text, "save the system again with pymrio");
    let index = columns.iter().rev().take_while(|(name, c)| levels(name).len() == 1 && matches!(c, Column::Texts(_))).count();
    // a table of texts only is that of units, whose first column is no index
    let index = if index == columns.len() { index.saturating_sub(1) } else { index };
    let labels = columns.split_off(columns.len() - index);
    let heads: Vec<Vec<String>> = columns.iter().map(|(name, _)| levels(name)).collect();
    let depth = heads.first().map_or(0, Vec::len);
    if depth == 0 || heads.iter().any(|h| h.len() != depth) {
        return Err(wrong(format!("{} columns whose names have not the same levels", heads.len())));
    }
    let plain = |text: &str| {
        if text.contains(['\t', '\n', '\r']) {
            return Err(wrong(format!("the label \"{}\" holds a tab or a line break", text.escape_debug())));
        }
        Ok(text.to_string())
    };
    let count = |c: &Column| match c {
        Column::Numbers(v) => v.len(),
        Column::Texts(v) => v.len(),
    };
    let rows = columns.first().map_or(0, |(_, c)| count(c));
    if columns.iter().chain(&labels).any(|(_, c)| count(c) != rows) {
        return Err(wrong("columns of different lengths".into()));
    }
    let mut text = String::new();
    for level in 0..depth {
        for (name, _) in &labels {
            text += &if depth == 1 { plain(name)? } else { String::new() };
            text.push('\t');
        }
        let line = heads.iter().map(|h| plain(&h[level])).collect::<Result<Vec<_>>>()?;
        text += &line.join("\t");
        text.push('\n');
    }
    for i in 0..rows {
        let mut first = true;
        for (_, column) in labels.iter().chain(&columns) {
            if !std::mem::take(&mut first) {
                text.push('\t');
            }
            match column {
                Column::Texts(list) => text += &plain(&list[i])?,
                // the shortest form that reads back to the same bits
                Column::Numbers(list) => {
                    let _ = write!(text, "{}", list[i]);
                }
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// The parts of a tuple of texts as Python writes it; another name is one part.
fn levels(name: &str) -> Vec<String> {
    let Some(inner) = name.strip_prefix('(').and_then(|n| n.strip_suffix(')')) else { return vec![name.to_string()] };
    let (mut parts, mut letters) = (Vec::new(), inner.chars().peekable());
    while let Some(&c) = letters.peek() {
        if c != '\'' && c != '"' {
            letters.next();
            if c == ',' || c == ' ' {
                continue;
            }
            return vec![name.to_string()];
        }
        letters.next();
        let mut part = String::new();
        loop {
            match letters.next() {
                Some(end) if end == c => break,
                Some('\\') => part.extend(letters.next()),
                Some(other) => part.push(other),
                None => return vec![name.to_string()],
            }
        }
        parts.push(part);
    }
    parts
}

/// The columns of a file, by name.
#[cfg(not(feature = "parquet"))]
fn columns(_: Vec<u8>, place: &str) -> Result<Vec<(String, Column)>> {
    let help = "save it as text (pymrio: save_all(path, table_format=\"txt\")), or build isard with the feature parquet";
    Err(Error::format(place, "it is stored as Parquet, which this build does not read: it has not the feature parquet", help))
}

#[cfg(feature = "parquet")]
fn columns(raw: Vec<u8>, place: &str) -> Result<Vec<(String, Column)>> {
    // the reader of the file is not ours: whatever a damaged one does to it, it ends here
    let crashed = || Error::format(place, "the Parquet file is damaged: its reader gave up", "fetch or save it again");
    crate::guard::caught(move || read::columns(raw, place)).ok_or_else(crashed)?
}

#[cfg(feature = "parquet")]
mod read {
    use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
    use parquet::data_type::{ByteArray, DataType};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::Column;
    use crate::error::{Error, Result};
    use crate::memory;

    /// Rows that are read at once.
    const PIECE: usize = 1 << 14;

    pub(super) fn columns(raw: Vec<u8>, place: &str) -> Result<Vec<(String, Column)>> {
        let damaged =
            |e: parquet::errors::ParquetError| Error::format(place, format!("no readable Parquet file: {e}"), "fetch or save it again");
        let reader = SerializedFileReader::new(bytes::Bytes::from(raw)).map_err(damaged)?;
        let metadata = reader.metadata();
        let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(u64::MAX);
        let schema = metadata.file_metadata().schema_descr();
        let count = schema.num_columns();
        let bytes = rows.saturating_mul(count as u64).saturating_mul(8);
        memory::require(&format!("{place}: {rows} rows of {count} columns"), bytes, "use a machine with more memory")?;
        let mut all = Vec::new();
        for c in 0..count {
            let described = schema.column(c);
            if described.max_rep_level() > 0 {
                let text = format!("the column {} holds lists", described.name());
                return Err(Error::format(place, text, "save columns of numbers and texts only"));
            }
            let (mut numbers, mut texts, mut is_text) = (Vec::new(), Vec::new(), false);
            for group in 0..reader.num_row_groups() {
                let group = reader.get_row_group(group).map_err(damaged)?;
                let most = described.max_def_level();
                let nan = f64::NAN;
                match group.get_column_reader(c).map_err(damaged)? {
                    ColumnReader::DoubleColumnReader(r) => each(r, most, |v| numbers.push(v.copied().unwrap_or(nan))),
                    ColumnReader::FloatColumnReader(r) => each(r, most, |v| numbers.push(v.map_or(nan, |v| f64::from(*v)))),
                    ColumnReader::Int32ColumnReader(r) => each(r, most, |v| numbers.push(v.map_or(nan, |v| f64::from(*v)))),
                    ColumnReader::Int64ColumnReader(r) => each(r, most, |v| numbers.push(v.map_or(nan, |v| *v as f64))),
                    ColumnReader::ByteArrayColumnReader(r) => {
                        is_text = true;
                        each(r, most, |v: Option<&ByteArray>| {
                            texts.push(v.map_or_else(String::new, |v| String::from_utf8_lossy(v.data()).into_owned()));
                        })
                    }
                    _ => {
                        let text = format!("the column {} holds neither numbers nor texts", described.name());
                        return Err(Error::format(place, text, "save columns of numbers and texts only"));
                    }
                }
                .map_err(damaged)?;
            }
            all.push((described.name().to_string(), if is_text { Column::Texts(texts) } else { Column::Numbers(numbers) }));
        }
        Ok(all)
    }

    /// Hands on each value of a column, `None` where it is missing.
    fn each<T: DataType>(
        mut reader: ColumnReaderImpl<T>,
        most: i16,
        mut take: impl FnMut(Option<&T::T>),
    ) -> std::result::Result<(), parquet::errors::ParquetError> {
        loop {
            let (mut values, mut levels) = (Vec::new(), Vec::new());
            let (records, ..) = reader.read_records(PIECE, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                return Ok(());
            }
            let mut there = values.iter();
            for k in 0..records {
                let missing = most > 0 && levels.get(k).is_some_and(|l| *l < most);
                take(if missing { None } else { there.next() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_tuples_as_python_writes_them() {
        assert_eq!(levels("('reg1', 'food')"), ["reg1", "food"]);
        assert_eq!(levels(r#"("Côte d'Ivoire", 'a\'b')"#), ["Côte d'Ivoire", "a'b"]);
        assert_eq!(levels("indout"), ["indout"]);
        assert_eq!(levels("(cif) value"), ["(cif) value"]);
    }
}
