//! Matrix Market files: coordinate and array, general, symmetric and skew-symmetric; real, integer and pattern.
//!
//! Source: Boisvert, Pozo and Remington (1996), NISTIR 5935.

use ndarray::{Array2, ArrayD};

use super::{Compressed, Container, Content, Named};
use crate::error::{Error, Result};
use crate::formats::tools::input::{number, refuse_controls};
use crate::watch::Watch;

/// Lines between two looks at the watch.
const PIECE: usize = 1 << 16;

/// Reads the matrix of a file under the name `stem`.
pub(super) fn read(raw: &[u8], stem: &str, place: &str, watch: &Watch) -> Result<Container> {
    let at = |line: usize| format!("{place}:{}", line + 1);
    let wrong = |line: usize, text: String| Error::format(at(line), text, "write the matrix again, as scipy.io.mmwrite does");
    let text = std::str::from_utf8(raw).map_err(|e| wrong(0, format!("byte {} is no text", e.valid_up_to())))?;
    refuse_controls(text, |k| at(text[..k].matches('\n').count()))?;
    let mut lines = text.lines().enumerate();
    let head: Vec<String> = lines.next().map_or("", |(_, l)| l).split_whitespace().map(str::to_lowercase).collect();
    let words: Vec<&str> = head.iter().skip(1).map(String::as_str).collect();
    let (sparse, field, form) = match words[..] {
        ["matrix", "coordinate", field @ ("real" | "integer" | "pattern"), form] => (true, field, form),
        ["matrix", "array", field @ ("real" | "integer"), form] => (false, field, form),
        _ => return Err(wrong(0, format!("\"{}\" is no kind of matrix that is read", words.join(" ")))),
    };
    let mirrored = match form {
        "general" => 0.0,
        "symmetric" => 1.0,
        "skew-symmetric" => -1.0,
        other => return Err(wrong(0, format!("a matrix that is {other} is not read"))),
    };
    let mut content = lines.filter(|(_, l)| !l.starts_with('%') && !l.trim().is_empty());
    let (line, sizes) = content.next().ok_or_else(|| wrong(0, "no line gives the size".into()))?;
    let whole = |word: &str, line: usize| word.parse::<usize>().map_err(|_| wrong(line, format!("\"{word}\" is no whole number")));
    let sizes = sizes.split_whitespace().map(|w| whole(w, line)).collect::<Result<Vec<_>>>()?;
    let end = text.lines().count();
    let content = match (sparse, &sizes[..]) {
        (true, &[rows, columns, count]) => {
            // each has a line
            if count > raw.len() {
                return Err(wrong(line, format!("{count} entries are said, the file has {} bytes", raw.len())));
            }
            let mut entries = Vec::with_capacity(count);
            let mut seen = 0;
            for (line, text) in content {
                if seen % PIECE == 0 {
                    watch.check()?;
                }
                seen += 1;
                let mut words = text.split_whitespace();
                let mut next = |what: &str| words.next().ok_or_else(|| wrong(line, format!("the line has no {what}")));
                let place_of = |word: &str, most: usize| match whole(word, line)? {
                    k if (1..=most).contains(&k) => u32::try_from(k - 1).map_err(|_| wrong(line, format!("the position {k} is too large"))),
                    k => Err(wrong(line, format!("the position {k} is not within 1 to {most}"))),
                };
                let (i, j) = (place_of(next("row")?, rows)?, place_of(next("column")?, columns)?);
                let v = if field == "pattern" { 1.0 } else { number(next("value")?, || at(line))? };
                if words.next().is_some() {
                    return Err(wrong(line, "the line has more than row, column and value".into()));
                }
                entries.push((i, j, v));
                if mirrored != 0.0 && i != j {
                    entries.push((j, i, mirrored * v));
                }
            }
            if seen != count {
                return Err(wrong(end, format!("{count} entries are said, the file has {seen}")));
            }
            Content::Sparse(Compressed::from_entries((rows, columns), &entries, false, raw.len(), place)?)
        }
        (false, &[rows, columns]) => Content::Numbers(array(content, (rows, columns), mirrored, (raw.len(), end), &at, watch)?),
        (_, other) => return Err(wrong(line, format!("{} sizes where a matrix has {}", other.len(), if sparse { 3 } else { 2 }))),
    };
    Ok(Container { arrays: vec![Named::new(stem, content)], ..Container::default() })
}

/// Numbers by columns; of a symmetric matrix from the diagonal down, of a skew-symmetric one from below it.
fn array<'t>(
    content: impl Iterator<Item = (usize, &'t str)>,
    (rows, columns): (usize, usize),
    mirrored: f64,
    (bytes, end): (usize, usize),
    at: &impl Fn(usize) -> String,
    watch: &Watch,
) -> Result<ArrayD<f64>> {
    let wrong = |line: usize, text: String| Error::format(at(line), text, "write the matrix again, as scipy.io.mmwrite does");
    // a mirrored half takes two bytes a number
    if rows.checked_mul(columns).is_none_or(|all| all > bytes) || (mirrored != 0.0 && rows != columns) {
        return Err(wrong(1, format!("{rows} x {columns} numbers are said, the file has {bytes} bytes")));
    }
    let first = |j: usize| match mirrored {
        0.0 => 0,
        m if m > 0.0 => j,
        _ => j + 1,
    };
    let mut cells = (0..columns).flat_map(|j| (first(j)..rows).map(move |i| (i, j)));
    let mut all = Array2::zeros((rows, columns));
    for (k, (line, text)) in content.enumerate() {
        if k % PIECE == 0 {
            watch.check()?;
        }
        for word in text.split_whitespace() {
            let (i, j) = cells.next().ok_or_else(|| wrong(line, format!("more numbers than {rows} x {columns}")))?;
            let v = number(word, || at(line))?;
            all[[i, j]] = v;
            if mirrored != 0.0 && i != j {
                all[[j, i]] = mirrored * v;
            }
        }
    }
    match cells.next() {
        None => Ok(all.into_dyn()),
        Some((i, j)) => Err(wrong(end, format!("the file ends before row {}, column {} of {rows} x {columns}", i + 1, j + 1))),
    }
}
