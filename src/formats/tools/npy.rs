//! One numpy array (`.npy`) as numbers or texts: a header of our own reading, then plain values.
//!
//! `\x93NUMPY`, version, length, `{'descr': '<f8', 'fortran_order': False, 'shape': (31, 42), }`, values. Read are floats of
//! 4 and 8 bytes, integers of 1 to 8 bytes, unicode and byte strings, in C and Fortran order and either byte order. Pickled
//! objects are refused: they run code when read. A value that a double cannot hold is refused, not rounded.
//!
//! numpy.lib.format, versions 1.0 to 3.0.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::input::refuse_controls;
use crate::error::{Error, Result};
use crate::memory;

mod header;

use header::{Header, header_of};

/// What the elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Float,
    Int,
    Uint,
    Unicode,
    Bytes,
    Other,
}

/// An array whose header is sound and whose length is that of its shape.
#[derive(Debug)]
pub(crate) struct Npy {
    place: String,
    raw: Vec<u8>,
    /// Where the values start.
    start: usize,
    header: Header,
}

impl Npy {
    /// The array in these bytes, `place` named in errors.
    ///
    /// # Errors
    /// When the header is none, the values are pickled, or there are more or fewer bytes than the shape needs.
    pub(crate) fn new(raw: Vec<u8>, place: &str) -> Result<Self> {
        let damaged =
            |why: String| Error::format(place, format!("not a complete numpy array: {why}"), "save it again with np.save or np.savez");
        let (text, start) = header_of(&raw).map_err(damaged)?;
        let header = Header::parse(text).map_err(damaged)?;
        let npy = Npy { place: place.to_string(), start, header, raw };
        if npy.header.descr.contains('O') {
            return Err(Error::format(
                place,
                "the array holds pickled Python objects, which are not read",
                "save it as plain text or numbers: np.asarray(a, dtype=str) or np.asarray(a, dtype=float)",
            ));
        }
        let (_, size) = npy.kind();
        let expected = npy.header.shape.iter().fold(size as u128, |a, &b| a.saturating_mul(b as u128));
        let found = npy.raw.len() - start;
        if npy.kind().0 != Kind::Other && found as u128 != expected {
            return Err(damaged(format!("shape {} needs {expected} bytes, found {found}", shown(npy.shape()))));
        }
        Ok(npy)
    }

    /// The lengths of its dimensions.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// What an element is, as numpy writes it: `<f8`.
    pub(crate) fn descr(&self) -> &str {
        &self.header.descr
    }

    /// Whether its elements are texts.
    pub(crate) fn holds_texts(&self) -> bool {
        matches!(self.kind().0, Kind::Unicode | Kind::Bytes)
    }

    /// Whether its elements are whole numbers.
    pub(crate) fn holds_integers(&self) -> bool {
        matches!(self.kind().0, Kind::Int | Kind::Uint)
    }

    /// Whether its elements are numbers.
    pub(crate) fn holds_numbers(&self) -> bool {
        matches!(self.kind().0, Kind::Float | Kind::Int | Kind::Uint)
    }

    /// Kind and bytes of one element.
    fn kind(&self) -> (Kind, usize) {
        let text = self.header.descr.trim_start_matches(['<', '>', '|', '=']);
        let Some(letter) = text.chars().next() else { return (Kind::Other, 0) };
        let Ok(count) = text[letter.len_utf8()..].parse::<usize>() else { return (Kind::Other, 0) };
        match (letter, count) {
            ('f', 4 | 8) => (Kind::Float, count),
            ('i', 1 | 2 | 4 | 8) => (Kind::Int, count),
            ('u', 1 | 2 | 4 | 8) => (Kind::Uint, count),
            ('U', _) => (Kind::Unicode, count.saturating_mul(4)),
            ('S' | 'a', _) => (Kind::Bytes, count),
            _ => (Kind::Other, 0),
        }
    }

    /// Its numbers.
    ///
    /// # Errors
    /// When the elements are no numbers, one is a whole number that a double cannot hold, or they do not fit into memory.
    pub(crate) fn numbers(&self) -> Result<ArrayD<f64>> {
        let big = self.header.descr.starts_with('>');
        let (kind, size) = self.kind();
        let help = "save the array as float64, or under another name if it is not part of the table";
        if !matches!(kind, Kind::Float | Kind::Int | Kind::Uint) {
            let found = format!("expected numbers, found elements of type {}", self.descr().escape_debug());
            return Err(Error::format(&self.place, found, help));
        }
        let values = &self.raw[self.start..];
        let bytes = 8 * (values.len() / size) as u64;
        memory::require(
            &format!("{}: an array of {}", self.place, shown(self.shape())),
            bytes,
            "use a smaller table, or a machine with more memory",
        )?;
        let mut flat = Vec::with_capacity(values.len() / size);
        if kind == Kind::Float && size == 8 && !big {
            flat.extend(values.as_chunks::<8>().0.iter().map(|v| f64::from_le_bytes(*v)));
            return self.shaped(flat);
        }
        for (k, element) in values.chunks_exact(size).enumerate() {
            let mut bits = [0; 8];
            // little-endian, at the low end; signed numbers are filled up with their sign below
            for (to, from) in bits.iter_mut().zip(0..size) {
                *to = element[if big { size - 1 - from } else { from }];
            }
            let bits = u64::from_le_bytes(bits);
            let shift = 64 - 8 * size as u32;
            let (value, whole) = match kind {
                Kind::Float if size == 4 => (f64::from(f32::from_bits(bits as u32)), None),
                Kind::Float => (f64::from_bits(bits), None),
                Kind::Int => {
                    let v = ((bits << shift) as i64) >> shift;
                    (v as f64, Some(i128::from(v)))
                }
                _ => (bits as f64, Some(i128::from(bits))),
            };
            if let Some(whole) = whole.filter(|&w| value as i128 != w) {
                let text = format!("element {k} is {whole}: a double would round it to {value:.0}, whole numbers above 2^53 are not kept");
                return Err(Error::format(&self.place, text, "divide the numbers by a power of ten and say so in the unit"));
            }
            flat.push(value);
        }
        self.shaped(flat)
    }

    /// Its texts in one list, blanks around them left out; whole numbers serve as texts.
    ///
    /// # Errors
    /// When the elements are neither, one is no text or holds a control character.
    pub(crate) fn texts(&self) -> Result<Vec<String>> {
        if self.holds_integers() {
            return Ok(self.numbers()?.iter().map(|v| format!("{v}")).collect());
        }
        if !self.holds_texts() {
            return Err(Error::format(
                &self.place,
                format!("expected names, found elements of type {}", self.descr().escape_debug()),
                "save the array as text: np.asarray(names, dtype=str)",
            ));
        }
        let (kind, size) = self.kind();
        let count: usize = self.shape().iter().product();
        // texts of no length are there too, so the shape says how many there are; that many have to fit
        memory::require(
            &format!("{}: {count} names", self.place),
            48 * count as u64,
            "use a smaller table, or a machine with more memory",
        )?;
        let mut list = Vec::with_capacity(count);
        for k in 0..count {
            let element = &self.raw[self.start + k * size..self.start + (k + 1) * size];
            let place = || format!("{}, element {k}", self.place);
            let text = if kind == Kind::Unicode { self.unicode(element) } else { String::from_utf8(element.to_vec()).ok() };
            let text = text
                .ok_or_else(|| Error::format(place(), "its bytes are no text", "save the array as text: np.asarray(names, dtype=str)"))?;
            let text = text.trim_end_matches('\0').trim();
            refuse_controls(text, |_| place())?;
            list.push(text.to_string());
        }
        if self.header.fortran && self.shape().len() > 1 {
            let turned: ArrayD<String> = self.shaped(list)?;
            return Ok(turned.into_iter().collect());
        }
        Ok(list)
    }

    fn unicode(&self, element: &[u8]) -> Option<String> {
        let big = self.header.descr.starts_with('>');
        let letters = element.chunks_exact(4).map(|c| {
            let bytes = [c[0], c[1], c[2], c[3]];
            char::from_u32(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
        });
        letters.collect()
    }

    fn shaped<T>(&self, flat: Vec<T>) -> Result<ArrayD<T>> {
        let shape = IxDyn(self.shape()).set_f(self.header.fortran);
        ArrayD::from_shape_vec(shape, flat)
            .map_err(|e| Error::format(&self.place, format!("not a readable numpy array: {e}"), "save it again with np.save or np.savez"))
    }
}

/// A shape as people write it: `31 x 42`.
pub(crate) fn shown<T: ToString>(shape: &[T]) -> String {
    if shape.is_empty() {
        return "of a single number".to_string();
    }
    shape.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(header: &str, values: &[u8]) -> Result<Npy> {
        let mut raw = b"\x93NUMPY\x01\x00".to_vec();
        raw.extend((header.len() as u16).to_le_bytes());
        raw.extend(header.as_bytes());
        raw.extend(values);
        Npy::new(raw, "a.npy")
    }

    fn of(descr: &str, shape: &str, values: &[u8]) -> Result<Npy> {
        npy(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"), values)
    }

    #[test]
    fn numbers_of_every_type_and_byte_order_are_read() {
        let one = |descr: &str, bytes: &[u8]| of(descr, "(1,)", bytes).unwrap().numbers().unwrap()[0];
        assert_eq!(one("<f8", &2.5f64.to_le_bytes()), 2.5);
        assert_eq!(one(">f8", &2.5f64.to_be_bytes()), 2.5);
        assert_eq!(one("<f4", &(-0.1f32).to_le_bytes()), f64::from(-0.1f32));
        assert_eq!(one(">i4", &(-7i32).to_be_bytes()), -7.0);
        assert_eq!(one("<i2", &(-300i16).to_le_bytes()), -300.0);
        assert_eq!(one("|i1", &[0xff]), -1.0);
        assert_eq!(one("|u1", &[0xff]), 255.0);
        assert_eq!(one("<u8", &(1u64 << 63).to_le_bytes()), 9_223_372_036_854_775_808.0);
        let turned = npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2)}", &[1, 2, 3, 4]).unwrap().numbers().unwrap();
        assert_eq!(turned.iter().copied().collect::<Vec<_>>(), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn whole_numbers_that_a_double_rounds_are_refused_with_both_values() {
        let refusal =
            of("<i8", "(2,)", &[5i64.to_le_bytes(), 9_007_199_254_740_993i64.to_le_bytes()].concat()).unwrap().numbers().unwrap_err();
        let text = refusal.to_string();
        assert!(text.contains("element 1 is 9007199254740993") && text.contains("9007199254740992"), "{text}");
        assert!(of("<u8", "(1,)", &u64::MAX.to_le_bytes()).unwrap().numbers().is_err());
    }

    #[test]
    fn headers_that_are_nested_long_or_wrong_are_refused_at_once() {
        let nested = "[".repeat(40);
        let braces = "{'a':".repeat(40);
        for (header, expected) in [
            (format!("{{'descr': {nested}'<f8', 'fortran_order': False, 'shape': (1,)}}"), "where"),
            (format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {braces}(1,)}}"), "where"),
            (format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {}1", "(".repeat(60)), "length belongs"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, -1)}".into(), "length belongs"),
            ("{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}".into(), "True nor False"),
            ("{'descr': '<f8', 'shape': (1,)}".into(), "lacks"),
            ("{'descr': '<f8', 'descr': '<f8'}".into(), "twice"),
            ("{'x': 1}".into(), "unknown key"),
            ("{'descr".into(), "closing quote"),
            (" ".repeat(10_001), "at most 10000"),
            (format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({})}}", "1,".repeat(65)), "dimensions"),
        ] {
            let refusal = npy(&header, &[0; 8]).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{header}: {refusal}");
        }
        let shapes = of("<f8", "(99999999999, 99999999999, 99999999999)", &[]).unwrap_err().to_string();
        assert!(shapes.contains("bytes, found 0"), "{shapes}");
        assert!(of("|O", "(1,)", b"cos").unwrap_err().to_string().contains("pickled"));
        assert!(
            npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", &[0; 8]).is_err(),
            "structured arrays are no numbers"
        );
    }

    #[test]
    fn names_are_read_and_control_characters_refused_with_their_place() {
        let wide = |text: &str| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
        let list = |bytes: &[u8]| of("<U3", "(2,)", bytes).unwrap().texts();
        assert_eq!(list(&wide("ab\0煤 \0")).unwrap(), ["ab", "煤"]);
        assert_eq!(of("|S2", "(2,)", b"a\0bc").unwrap().texts().unwrap(), ["a", "bc"]);
        let refusal = list(&wide("ab\0\u{1b}[J")).unwrap_err().to_string();
        assert!(refusal.contains("a.npy, element 1") && refusal.contains("U+001B"), "{refusal}");
        assert!(of("<U1", "(1,)", &0xd800u32.to_le_bytes()).unwrap().texts().is_err(), "half a surrogate is no letter");
        // texts without letters take no bytes, so no length of the file limits their number
        assert!(of("<U0", "(99999999999,)", &[]).unwrap().texts().is_err());
    }
}
