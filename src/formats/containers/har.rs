//! GEMPACK's header arrays (`.har`), the form of the GTAP data base: texts (`1C`), real arrays with the names of their sets
//! (`RE`, full and sparse), matrices of reals and whole numbers (`2R`, `RL`, `2I`).
//!
//! A file is a list of Fortran records: length, bytes, length. A header is a record of four letters, a record with type, storage,
//! title and lengths, then its data. Source: GEMPACK manual, chapter 75, and what harpy writes.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::cursor::Cursor;
use super::{Container, Content, Named};
use crate::error::{Error, Result};
use crate::formats::tools::input::refuse_controls;
use crate::watch::Watch;

/// A sparse array has at most so many cells for a byte of the file.
const CELLS: usize = 1_024;

/// Reads all headers.
pub(super) fn read(raw: &[u8], place: &str, watch: &Watch) -> Result<Container> {
    let mut from = Cursor::new(raw, place, "HAR file");
    let mut records = Vec::new();
    while from.left() > 0 {
        let at = from.at();
        let length = from.length_le()?;
        let bytes = from.take(length)?;
        let again = from.length_le()?;
        if again != length {
            return Err(from.wrong(format!("a record of {length} bytes ends as one of {again}")));
        }
        records.push((at, bytes));
    }
    let mut found = Container::default();
    let mut rest = &records[..];
    while let Some(((_, name), after)) = rest.split_first() {
        watch.check()?;
        if name.len() != 4 {
            return Err(from.wrong(format!("a record of {} bytes where the name of a header is expected", name.len())));
        }
        let name = String::from_utf8_lossy(name).trim().to_string();
        let end = after.iter().position(|(_, b)| b.len() == 4).unwrap_or(after.len());
        let (own, next) = after.split_at(end);
        refuse_controls(&name, |_| format!("{place}, the name of a header"))?;
        header(&name, own, raw.len(), &mut found, place)?;
        rest = next;
    }
    Ok(found)
}

type Record<'a> = (usize, &'a [u8]);

fn header(name: &str, records: &[Record], bytes: usize, found: &mut Container, place: &str) -> Result<()> {
    let at = format!("{place}[{name}]");
    let wrong = |text: String| Error::format(&at, format!("no readable header: {text}"), "fetch or save the file again");
    let Some(((_, info), data)) = records.split_first() else { return Err(wrong("it has no record".into())) };
    let mut info = Cursor::new(info, &at, "header");
    info.take(4)?;
    let (kind, storage) = (info.array::<2>()?, info.array::<4>()?);
    info.take(70)?;
    let axes = info.length_le()?;
    if axes > 16 {
        return Err(wrong(format!("it has {axes} axes")));
    }
    let shape = (0..axes).map(|_| info.length_le()).collect::<Result<Vec<_>>>()?;
    let count = shape.iter().try_fold(1usize, |all, &d| all.checked_mul(d)).filter(|&all| all <= bytes.saturating_mul(CELLS));
    let count = count.ok_or_else(|| wrong(format!("{shape:?} elements are said, the file has {bytes} bytes")))?;
    let storage = storage == *b"SPSE";
    match &kind {
        b"1C" => {
            let [count, width] = shape[..] else { return Err(wrong(format!("texts of {axes} lengths"))) };
            let list = texts(data, count, width, &at)?.0;
            list.iter().try_for_each(|t| refuse_controls(t, |_| at.clone()))?;
            found.arrays.push(Named::new(name, Content::Texts(list)));
        }
        b"RE" => {
            let (names, data) = sets(data, &shape, &at)?;
            let flat = if storage { sparse(data, count, &at)? } else { full(data, count, &at)? };
            let kept: Vec<usize> = shape.iter().copied().take(names.len().max(1)).collect();
            let shape = if kept.iter().product::<usize>() == count { kept } else { shape };
            let all = ArrayD::from_shape_vec(IxDyn(&shape).f(), flat).map_err(|e| wrong(e.to_string()))?;
            found.arrays.push(Named { path: name.to_string(), axes: names, content: Content::Numbers(all) });
        }
        b"RL" => {
            let flat = if storage { sparse(data, count, &at)? } else { full(data, count, &at)? };
            let all = ArrayD::from_shape_vec(IxDyn(&shape).f(), flat).map_err(|e| wrong(e.to_string()))?;
            found.arrays.push(Named::new(name, Content::Numbers(all)));
        }
        b"2I" | b"2R" if axes >= 2 => {
            let all = matrix(data, (shape[0], shape[1]), &kind == b"2R", &at)?;
            found.arrays.push(Named::new(name, Content::Numbers(all)));
        }
        other => found.left_out.push(format!("{name} (type {})", String::from_utf8_lossy(other).escape_debug())),
    }
    Ok(())
}

/// A list of texts of `width` letters each, over one or more records, and the records after it.
fn texts<'r, 'a>(mut data: &'r [Record<'a>], count: usize, width: usize, at: &str) -> Result<(Vec<String>, &'r [Record<'a>])> {
    let mut list = Vec::new();
    while let Some(((_, record), after)) = data.split_first() {
        let mut from = Cursor::new(record, at, "list of texts");
        from.take(4)?;
        let (_, _, here) = (from.u32_le()?, from.u32_le()?, from.length_le()?);
        for _ in 0..here {
            list.push(from.take(width)?.iter().map(|b| char::from(*b)).collect::<String>().trim().to_string());
            if width == 0 {
                return Err(from.wrong("texts without letters"));
            }
        }
        data = after;
        if list.len() >= count {
            break;
        }
    }
    if list.len() != count {
        return Err(Error::format(at, format!("{count} texts are said, there are {}", list.len()), "fetch or save the file again"));
    }
    Ok((list, data))
}

/// The names of the elements of each axis, and the records after them.
fn sets<'r, 'a>(data: &'r [Record<'a>], shape: &[usize], at: &str) -> Result<(Vec<Vec<String>>, &'r [Record<'a>])> {
    let Some(((_, record), mut data)) = data.split_first() else {
        return Err(Error::format(at, "no record names the sets", "fetch or save the file again"));
    };
    let mut from = Cursor::new(record, at, "record of sets");
    from.take(12)?;
    let count = from.length_le()?;
    from.take(16)?;
    if count > shape.len() {
        return Err(from.wrong(format!("{count} sets of an array of {} axes", shape.len())));
    }
    let names = from.take(12 * count)?.chunks(12).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let marks = from.take(count)?;
    let (mut known, mut axes) = (Vec::<(Vec<u8>, Vec<String>)>::new(), Vec::new());
    for (k, (name, mark)) in names.into_iter().zip(marks).enumerate() {
        let elements = match mark {
            b'k' => match known.iter().find(|(n, _)| *n == name) {
                Some((_, elements)) => elements.clone(),
                None => {
                    let (elements, after) = texts(data, shape[k], 12, at)?;
                    data = after;
                    known.push((name, elements.clone()));
                    elements
                }
            },
            _ => Vec::new(),
        };
        elements.iter().try_for_each(|t| refuse_controls(t, |_| at.to_string()))?;
        axes.push(elements);
    }
    Ok((axes, data))
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b)))
}

/// The numbers of a full array: a record of lengths, then in turn a record of positions and one of numbers.
fn full(data: &[Record], count: usize, at: &str) -> Result<Vec<f64>> {
    let wrong = |text: String| Error::format(at, text, "fetch or save the file again");
    let mut flat = Vec::new();
    for pair in data.get(1..).unwrap_or_default().chunks(2) {
        let [_, (_, record)] = pair else { return Err(wrong("the last record of positions has no numbers".into())) };
        let numbers = record.get(8..).ok_or_else(|| wrong(format!("a record of numbers has {} bytes", record.len())))?;
        flat.extend(floats(numbers));
    }
    if flat.len() != count {
        return Err(wrong(format!("{count} numbers are said, there are {}", flat.len())));
    }
    Ok(flat)
}

/// The numbers of a sparse array, whose positions count from 1.
fn sparse(data: &[Record], count: usize, at: &str) -> Result<Vec<f64>> {
    let mut flat = vec![0.0; count];
    for (_, record) in data.get(1..).unwrap_or_default() {
        let mut from = Cursor::new(record, at, "record of a sparse array");
        from.take(12)?;
        let here = from.length_le()?;
        let positions = from.take(here.saturating_mul(4))?;
        let values = from.take(4 * here)?;
        for (position, v) in positions.as_chunks::<4>().0.iter().zip(floats(values)) {
            let position = u32::from_le_bytes(*position) as usize;
            match position.checked_sub(1).and_then(|k| flat.get_mut(k)) {
                Some(cell) => *cell = v,
                None => return Err(from.wrong(format!("the position {position} is not within 1 to {count}"))),
            }
        }
    }
    Ok(flat)
}

fn matrix(data: &[Record], (rows, columns): (usize, usize), real: bool, at: &str) -> Result<ArrayD<f64>> {
    let mut all = ArrayD::zeros(IxDyn(&[rows, columns]));
    let mut seen = 0;
    for (_, record) in data {
        let mut from = Cursor::new(record, at, "record of a matrix");
        from.take(16)?;
        let bounds = [from.length_le()?, from.length_le()?, from.length_le()?, from.length_le()?];
        let [top, bottom, left, right] = bounds;
        if top < 1 || left < 1 || top > bottom || left > right || bottom > rows || right > columns {
            return Err(from.wrong(format!("rows {top} to {bottom}, columns {left} to {right} of {rows} x {columns}")));
        }
        for j in left - 1..right {
            for i in top - 1..bottom {
                let four = from.array::<4>()?;
                all[[i, j]] = if real { f64::from(f32::from_le_bytes(four)) } else { f64::from(i32::from_le_bytes(four)) };
                seen += 1;
            }
        }
    }
    if seen != rows * columns {
        return Err(Error::format(at, format!("{} numbers are said, there are {seen}", rows * columns), "fetch or save the file again"));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn headers_equal_the_arrays_that_were_written() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/layouts/gen_gtap_har");
        let raw = std::fs::read(format!("{folder}/basedata.har")).unwrap();
        let found = read(&raw, "basedata.har", &Watch::default()).unwrap();
        let mut zip = zip::ZipArchive::new(std::fs::File::open(format!("{folder}/expected.npz")).unwrap()).unwrap();
        let mut compared = 0;
        for array in &found.arrays {
            let mut bytes = Vec::new();
            zip.by_name(&format!("{}.npy", array.path)).unwrap().read_to_end(&mut bytes).unwrap();
            let npy = crate::formats::tools::npy::Npy::new(bytes, &array.path).unwrap();
            match &array.content {
                Content::Numbers(all) => assert_eq!(*all, npy.numbers().unwrap(), "{}", array.path),
                Content::Texts(list) => assert_eq!(*list, npy.texts().unwrap(), "{}", array.path),
                Content::Sparse(_) => panic!("{} is full", array.path),
            }
            compared += 1;
        }
        assert_eq!(compared, 14);
        let axes = &found.arrays.iter().find(|a| a.path == "VDFB").unwrap().axes;
        assert_eq!(axes[2], ["aus", "chn"]);
        // a record whose two lengths differ
        let mut odd = raw;
        odd[8] = 5;
        assert!(read(&odd, "basedata.har", &Watch::default()).unwrap_err().to_string().contains("a record of 4 bytes ends as one of 5"));
    }
}
