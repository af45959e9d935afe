//! MATLAB version 5 files, as `save -v6`, `save -v7` and scipy's `savemat` write them, of little-endian machines.
//!
//! Elements are a tag (type, length) and bytes, packed with zlib or not; a matrix is an element of elements: class, lengths,
//! name, then numbers by columns, cells, fields, or (rows, starts of columns, values) where it is sparse. Source: MathWorks,
//! MAT-File Format, chapter 1.

use std::io::Read;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::cursor::Cursor;
use super::{Compressed, Container, Content, DEEPEST, Named, RATIO};
use crate::error::{Error, Result};
use crate::formats::tools::input::refuse_controls;
use crate::memory;
use crate::watch::Watch;

/// The type of an element that holds a matrix, and of one that is packed.
const MATRIX: u32 = 14;
const PACKED: u32 = 15;

/// Reads all arrays of a file.
pub(super) fn read(raw: &[u8], place: &str, watch: &Watch) -> Result<Container> {
    let mut from = Cursor::new(raw, place, "MATLAB file");
    let header = from.take(128)?;
    if &header[126..128] != b"IM" {
        let text = "the file is of a machine that stores the greatest byte first, or its header is damaged";
        return Err(Error::format(place, text, "save it on another machine, or as numpy archive"));
    }
    let mut found = Container::default();
    while from.left() > 0 {
        watch.check()?;
        let (kind, bytes) = element(&mut from)?;
        match kind {
            PACKED => {
                let inner = unpacked(bytes, place)?;
                let mut inner = Cursor::new(&inner, place, "packed MATLAB array");
                let (kind, bytes) = element(&mut inner)?;
                array(kind, bytes, "", 0, &mut found, place)?;
            }
            kind => array(kind, bytes, "", 0, &mut found, place)?,
        }
    }
    Ok(found)
}

fn unpacked(bytes: &[u8], place: &str) -> Result<Vec<u8>> {
    let most = memory::largest_file().unwrap_or(u64::MAX).min((bytes.len() as u64).saturating_mul(RATIO) + 64);
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(bytes).take(most).read_to_end(&mut out).map_err(|e| {
        Error::format(place, format!("a packed array of {} bytes cannot be unpacked: {e}", bytes.len()), "fetch or save it again")
    })?;
    memory::require_file(place, out.len() as u64, most)?;
    Ok(out)
}

/// The next element: its type and bytes. What is not packed fills up to eight bytes.
fn element<'a>(from: &mut Cursor<'a>) -> Result<(u32, &'a [u8])> {
    let word = from.u32_le()?;
    if word >> 16 != 0 {
        let (kind, length) = (word & 0xffff, (word >> 16) as usize);
        let four = from.take(4)?;
        return four.get(..length).map(|bytes| (kind, bytes)).ok_or_else(|| from.wrong(format!("a small element of {length} bytes")));
    }
    let length = from.length_le()?;
    let bytes = from.take(length)?;
    let fill = (8 - length % 8) % 8;
    if word != PACKED {
        from.take(fill.min(from.left()))?;
    }
    Ok((word, bytes))
}

/// The numbers of an element.
fn numbers(kind: u32, bytes: &[u8], from: &Cursor) -> Result<Vec<f64>> {
    macro_rules! all {
        ($kind:ty) => {{
            let (whole, rest) = bytes.as_chunks::<{ size_of::<$kind>() }>();
            if !rest.is_empty() {
                return Err(from.wrong(format!("{} bytes are no whole count of numbers", bytes.len())));
            }
            whole.iter().map(|b| <$kind>::from_le_bytes(*b) as f64).collect()
        }};
    }
    Ok(match kind {
        1 => all!(i8),
        2 => all!(u8),
        3 => all!(i16),
        4 => all!(u16),
        5 => all!(i32),
        6 => all!(u32),
        7 => all!(f32),
        9 => all!(f64),
        12 => all!(i64),
        13 => all!(u64),
        other => return Err(from.wrong(format!("numbers of the unknown type {other}"))),
    })
}

/// Takes a matrix under `above/name`.
fn array(kind: u32, bytes: &[u8], above: &str, depth: usize, found: &mut Container, place: &str) -> Result<()> {
    let from = Cursor::new(bytes, place, "MATLAB array");
    if kind != MATRIX {
        return Err(from.wrong(format!("an element of type {kind} where an array is expected")));
    }
    if bytes.is_empty() {
        return Ok(());
    }
    matrix(from, above, None, depth, found, place)
}

/// Takes a matrix, under the name of the field that it is, else its own.
fn matrix(mut from: Cursor, above: &str, field: Option<&str>, depth: usize, found: &mut Container, place: &str) -> Result<()> {
    if depth > DEEPEST {
        return Err(from.wrong(format!("structures are nested more than {DEEPEST} times")));
    }
    let (_, flags) = element(&mut from)?;
    let [class, mark, ..] = *flags else { return Err(from.wrong("an array without its class")) };
    let (kind, lengths) = element(&mut from)?;
    let shape = shape(&numbers(kind, lengths, &from)?, &from)?;
    let (_, name) = element(&mut from)?;
    let own = String::from_utf8_lossy(name).into_owned();
    let name = field.map_or(own, str::to_string);
    refuse_controls(&name, |_| format!("{place}, the name of an array"))?;
    let path = if above.is_empty() { name } else { format!("{above}/{name}") };
    let count = shape.iter().try_fold(1usize, |all, &d| all.checked_mul(d)).ok_or_else(|| from.wrong("an array of too many elements"))?;
    match class {
        1 => cells(from, path, count, depth, found, place),
        2 => fields(from, &path, count, depth, found, place),
        4 => {
            let (kind, bytes) = element(&mut from)?;
            let list = texts(kind, bytes, &shape, &from)?;
            list.iter().try_for_each(|t| refuse_controls(t, |_| format!("{place}[{path}]")))?;
            found.arrays.push(Named::new(path, Content::Texts(list)));
            Ok(())
        }
        5 => {
            let content = sparse(&mut from, &shape, &format!("{place}[{path}]"))?;
            found.arrays.push(Named::new(path, Content::Sparse(content)));
            Ok(())
        }
        6..=15 if mark & 8 != 0 => {
            found.left_out.push(format!("{path} (complex numbers)"));
            Ok(())
        }
        6..=15 => {
            let (kind, bytes) = element(&mut from)?;
            let flat = numbers(kind, bytes, &from)?;
            if flat.len() != count {
                return Err(from.wrong(format!("{path} is said to have {count} numbers, it has {}", flat.len())));
            }
            let all = ArrayD::from_shape_vec(IxDyn(&shape).f(), flat).map_err(|e| from.wrong(e))?;
            found.arrays.push(Named::new(path, Content::Numbers(all)));
            Ok(())
        }
        other => {
            let kind = match other {
                3 => "an object".to_string(),
                16 => "a function".to_string(),
                17 => "an opaque object".to_string(),
                other => format!("class {other}"),
            };
            found.left_out.push(format!("{path} ({kind})"));
            Ok(())
        }
    }
}

fn shape(lengths: &[f64], from: &Cursor) -> Result<Vec<usize>> {
    let odd = lengths.len() > 16 || lengths.iter().any(|d| *d < 0.0);
    if odd {
        return Err(from.wrong(format!("{} lengths of an array, or one below zero", lengths.len())));
    }
    Ok(lengths.iter().map(|d| *d as usize).collect())
}

/// Cells of texts are a list of texts; others are left out, or taken one by one where each is an array.
fn cells(mut from: Cursor, path: String, count: usize, depth: usize, found: &mut Container, place: &str) -> Result<()> {
    if count > from.left() / 8 {
        return Err(from.wrong(format!("{path} is said to have {count} cells, {} bytes are left", from.left())));
    }
    let mut list = Vec::with_capacity(count);
    let mut others = Container::default();
    for k in 0..count {
        let (kind, bytes) = element(&mut from)?;
        if kind != MATRIX {
            return Err(from.wrong(format!("cell {} of {path} is no array", k + 1)));
        }
        if bytes.is_empty() {
            list.push(String::new());
            continue;
        }
        let mut one = Container::default();
        matrix(Cursor::new(bytes, place, "MATLAB cell"), &path, Some(&(k + 1).to_string()), depth + 1, &mut one, place)?;
        match one.arrays.as_slice() {
            [Named { content: Content::Texts(text), .. }] if text.len() <= 1 => list.push(text.first().cloned().unwrap_or_default()),
            _ => others.join(one, ""),
        }
    }
    if others.arrays.is_empty() && others.left_out.is_empty() {
        found.arrays.push(Named::new(path, Content::Texts(list)));
    } else {
        found.join(others, "");
    }
    Ok(())
}

/// The fields of a structure; of a list of structures, those of each by its number.
fn fields(mut from: Cursor, path: &str, count: usize, depth: usize, found: &mut Container, place: &str) -> Result<()> {
    let (kind, length) = element(&mut from)?;
    let length = numbers(kind, length, &from)?.first().map_or(0, |l| *l as usize);
    let (_, names) = element(&mut from)?;
    if length == 0 || !names.len().is_multiple_of(length) {
        return Err(from.wrong(format!("the field names of {path} have {} bytes, {length} each", names.len())));
    }
    let text = |name: &[u8]| String::from_utf8_lossy(name.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
    let names: Vec<String> = names.chunks(length).map(text).collect();
    if count.checked_mul(names.len()).is_none_or(|all| all > from.left() / 8) {
        return Err(from.wrong(format!("{path} is said to be {count} structures, {} bytes are left", from.left())));
    }
    for k in 0..count {
        let above = if count == 1 { path.to_string() } else { format!("{path}/{}", k + 1) };
        for name in &names {
            let (kind, bytes) = element(&mut from)?;
            if kind != MATRIX {
                return Err(from.wrong(format!("the field {name} of {path} is no array")));
            }
            if !bytes.is_empty() {
                matrix(Cursor::new(bytes, place, "MATLAB field"), &above, Some(name), depth + 1, found, place)?;
            }
        }
    }
    Ok(())
}

/// The rows of a matrix of letters, each a text.
fn texts(kind: u32, bytes: &[u8], shape: &[usize], from: &Cursor) -> Result<Vec<String>> {
    let wide = |bytes: &[u8]| -> Vec<u16> { bytes.as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b)).collect() };
    let letters: Vec<char> = match kind {
        4 | 17 => char::decode_utf16(wide(bytes)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
        1 | 2 => bytes.iter().map(|b| char::from(*b)).collect(),
        16 => std::str::from_utf8(bytes).map_err(|_| from.wrong("letters that are no UTF-8"))?.chars().collect(),
        other => return Err(from.wrong(format!("letters of the unknown type {other}"))),
    };
    let rows = shape.first().copied().unwrap_or(0);
    if rows <= 1 {
        return Ok(vec![letters.into_iter().collect::<String>().trim().to_string()]);
    }
    if rows > letters.len() || !letters.len().is_multiple_of(rows) {
        return Err(from.wrong(format!("{} letters in {rows} rows", letters.len())));
    }
    Ok((0..rows).map(|i| letters.iter().skip(i).step_by(rows).collect::<String>().trim().to_string()).collect())
}

fn sparse(from: &mut Cursor, shape: &[usize], place: &str) -> Result<Compressed> {
    let &[rows, columns] = shape else { return Err(from.wrong(format!("a sparse array of {} axes", shape.len()))) };
    let mut list = || element(from).and_then(|(kind, bytes)| numbers(kind, bytes, from));
    let (positions, starts, mut values) = (list()?, list()?, list()?);
    let used = starts.get(columns).map_or(0, |n| *n as usize);
    if positions.len() < used || values.len() < used {
        return Err(from.wrong(format!("{used} entries are said, there are {} positions and {} values", positions.len(), values.len())));
    }
    // what is behind the last start is room that was not used
    values.truncate(used);
    let whole = |v: &f64| u32::try_from(*v as i64).ok();
    let positions: Option<Vec<u32>> = positions[..used].iter().map(whole).collect();
    let positions = positions.ok_or_else(|| from.wrong("a position below zero"))?;
    Compressed::new((rows, columns), false, starts.iter().map(|s| *s as usize).collect(), positions, values, place)
}

/// Most elements whose names are looked at, and bytes of each.
const LOOKED: usize = 64;
const FIRST: u64 = 4_096;

/// The names of the arrays of a file, those of structures with their fields, from the first bytes of each.
pub(crate) fn names(file: &mut (impl Read + std::io::Seek)) -> Option<Vec<String>> {
    use std::io::SeekFrom;
    let mut at = 128;
    let mut all = Vec::new();
    for _ in 0..LOOKED {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut tag = [0; 8];
        if file.read_exact(&mut tag).is_err() {
            break;
        }
        let (kind, length) = (u32::from_le_bytes(tag[..4].try_into().ok()?), u32::from_le_bytes(tag[4..].try_into().ok()?));
        let mut first = Vec::new();
        file.take(FIRST.min(u64::from(length))).read_to_end(&mut first).ok()?;
        if kind == PACKED {
            let mut unpacked = Vec::new();
            // it ends within the stream
            let _ = flate2::read::ZlibDecoder::new(first.as_slice()).take(FIRST).read_to_end(&mut unpacked);
            first = unpacked.get(8..)?.to_vec();
        }
        named(&first, &mut all);
        at += 8 + u64::from(length) + if kind == PACKED { 0 } else { u64::from((8 - length % 8) % 8) };
    }
    Some(all)
}

/// The name of an array that begins so.
fn named(first: &[u8], all: &mut Vec<String>) -> Option<()> {
    let mut from = Cursor::new(first, "", "MATLAB array");
    let (_, flags) = element(&mut from).ok()?;
    element(&mut from).ok()?;
    let (_, name) = element(&mut from).ok()?;
    let name = String::from_utf8_lossy(name).into_owned();
    if flags.first() == Some(&2) {
        let (kind, length) = element(&mut from).ok()?;
        let length = *numbers(kind, length, &from).ok()?.first()? as usize;
        let (_, fields) = element(&mut from).ok()?;
        let text = |f: &[u8]| String::from_utf8_lossy(f.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
        all.extend(fields.chunks(length.max(1)).map(|f| format!("{name}/{}", text(f))));
    } else {
        all.push(name);
    }
    Some(())
}
