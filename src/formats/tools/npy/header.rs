//! The header of a numpy array: a dictionary of three keys, read word by word (numpy.lib.format).

/// The longest header that is read, in bytes; numpy itself refuses longer ones.
const LONGEST_HEADER: usize = 10_000;

/// The most dimensions of an array, as in numpy.
const MOST_DIMENSIONS: usize = 64;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) descr: String,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

impl Header {
    /// The dictionary of a header; nothing in it is nested but the lengths of the shape.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut words = Words { rest: text };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        words.expect('{')?;
        while !words.skip('}') {
            let key = words.quoted()?;
            words.expect(':')?;
            let twice = match key {
                "descr" => descr.replace(words.quoted()?.to_string()).is_some(),
                "fortran_order" => fortran.replace(words.truth()?).is_some(),
                "shape" => shape.replace(words.lengths()?).is_some(),
                other => return Err(format!("its header has an unknown key \"{}\"", other.escape_debug())),
            };
            if twice {
                return Err(format!("its header names {key} twice"));
            }
            if !words.skip(',') {
                words.expect('}')?;
                break;
            }
        }
        if !words.rest.trim().is_empty() {
            return Err("its header goes on after the closing brace".into());
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok(Header { descr, fortran, shape }),
            _ => Err("its header lacks descr, fortran_order or shape".into()),
        }
    }
}

/// The text of a header, word by word.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn skip(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.strip_prefix(mark);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn expect(&mut self, mark: char) -> std::result::Result<(), String> {
        if self.skip(mark) {
            return Ok(());
        }
        let found = self.rest.chars().next().map_or("its end".to_string(), |c| format!("\"{}\"", c.escape_debug()));
        Err(format!("its header has {found} where \"{mark}\" belongs"))
    }

    fn quoted(&mut self) -> std::result::Result<&'a str, String> {
        let quote = if self.skip('\'') { '\'' } else { self.expect('"').map(|()| '"')? };
        let (word, rest) = self.rest.split_once(quote).ok_or("its header has a word without a closing quote")?;
        self.rest = rest;
        Ok(word)
    }

    fn truth(&mut self) -> std::result::Result<bool, String> {
        self.rest = self.rest.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err("the fortran_order of its header is neither True nor False".into())
    }

    fn lengths(&mut self) -> std::result::Result<Vec<usize>, String> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.skip(')') {
            let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = self.rest.split_at(digits);
            let length = number.parse().map_err(|_| format!("the shape of its header has \"{number}\" where a length belongs"))?;
            shape.push(length);
            if shape.len() > MOST_DIMENSIONS {
                return Err(format!("the shape of its header has more than {MOST_DIMENSIONS} dimensions"));
            }
            self.rest = rest.strip_prefix('L').unwrap_or(rest); // Python 2 wrote 3L
            if !self.skip(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}

/// The text of the header and where the values start.
pub(super) fn header_of(raw: &[u8]) -> std::result::Result<(&str, usize), String> {
    let cut = || "its header is cut off".to_string();
    if !raw.starts_with(b"\x93NUMPY") {
        return Err("it does not begin as one (\\x93NUMPY)".into());
    }
    let byte = |at: usize| raw.get(at).copied().map(usize::from).ok_or_else(cut);
    let (length, at) = match byte(6)? {
        1 => (byte(8)? | byte(9)? << 8, 10),
        2 | 3 => (byte(8)? | byte(9)? << 8 | byte(10)? << 16 | byte(11)? << 24, 12),
        other => return Err(format!("it is of version {other}, known are 1 to 3")),
    };
    if length > LONGEST_HEADER {
        return Err(format!("its header has {length} bytes, at most {LONGEST_HEADER} are read"));
    }
    let bytes = raw.get(at..at + length).ok_or_else(cut)?;
    let text = std::str::from_utf8(bytes).map_err(|_| "its header is no text".to_string())?;
    Ok((text, at + length))
}
