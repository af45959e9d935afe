//! The objects of a stream of R, as they stand in it.

use crate::error::Result;
use crate::formats::containers::cursor::Cursor;
use crate::watch::Watch;

/// Most levels of objects within objects, attributes among them.
const DEEPEST: usize = 96;

/// R's code of a whole number that is missing.
const MISSING: i32 = i32::MIN;

/// What an object is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Numbers(Vec<f64>),
    Texts(Vec<Option<String>>),
    List(Vec<Node>),
    Pairs(Vec<(String, Node)>),
    S4,
    /// Something that holds no data, with the word for it.
    Other(&'static str),
}

/// An object with its attributes.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub value: Value,
    pub attributes: Vec<(String, Node)>,
}

impl Node {
    fn bare(value: Value) -> Self {
        Node { value, attributes: Vec::new() }
    }

    /// Its texts, empty where missing; of numbers their digits.
    pub(super) fn strings(&self) -> Vec<String> {
        match &self.value {
            Value::Texts(list) => list.iter().map(|t| t.clone().unwrap_or_default()).collect(),
            Value::Numbers(list) => list.iter().map(f64::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// The texts of an attribute; none where it is absent.
    pub(super) fn texts(&self, attribute: &str) -> Vec<String> {
        self.attributes.iter().find(|(n, _)| n == attribute).map(|(_, a)| a.strings()).unwrap_or_default()
    }

    /// The names of its axes.
    pub(super) fn axes(&self) -> Vec<Vec<String>> {
        match self.attributes.iter().find(|(n, _)| n == "dimnames").map(|(_, a)| &a.value) {
            Some(Value::List(axes)) => axes.iter().map(Node::strings).collect(),
            _ => Vec::new(),
        }
    }
}

/// A stream under way.
pub(super) struct Tree<'a> {
    from: Cursor<'a>,
    /// Symbols and environments that are named again by their number.
    known: Vec<Node>,
    watch: Watch,
}

impl<'a> Tree<'a> {
    /// The one object of a stream.
    pub(super) fn read(raw: &'a [u8], place: &'a str, watch: &Watch) -> Result<Node> {
        let mut from = Cursor::new(raw, place, "object of R");
        if from.take(2)? != b"X\n" {
            return Err(from.wrong("it is not written in the form XDR"));
        }
        let version = from.i32_be()?;
        from.take(8)?;
        match version {
            2 => {}
            3 => {
                let length = from.i32_be()?;
                from.take(usize::try_from(length).map_err(|_| from.wrong(format!("an encoding of {length} letters")))?)?;
            }
            other => return Err(from.wrong(format!("version {other}, known are 2 and 3"))),
        }
        Tree { from, known: Vec::new(), watch: watch.clone() }.node(0)
    }

    fn length(&mut self, least: usize) -> Result<usize> {
        let length = match self.from.i32_be()? {
            -1 => (i64::from(self.from.i32_be()?) << 32) | i64::from(self.from.i32_be()? as u32),
            length => i64::from(length),
        };
        match usize::try_from(length) {
            Ok(count) if count.checked_mul(least).is_some_and(|bytes| bytes <= self.from.left()) => Ok(count),
            _ => Err(self.from.wrong(format!("{length} elements are said, {} bytes are left", self.from.left()))),
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node> {
        if depth > DEEPEST {
            return Err(self.from.wrong(format!("objects are nested more than {DEEPEST} times")));
        }
        self.watch.check()?;
        let flags = self.from.i32_be()? as u32;
        let (kind, has_attributes, has_tag) = (flags & 0xff, flags & 0x200 != 0, flags & 0x400 != 0);
        let value = match kind {
            254 | 0 => return Ok(Node::bare(Value::Null)),
            255 => {
                let number = match flags >> 8 {
                    0 => self.from.i32_be()? as u32,
                    number => number,
                };
                let found = self.known.get((number as usize).wrapping_sub(1)).cloned();
                return found.ok_or_else(|| self.from.wrong(format!("object {number} is named before it comes")));
            }
            1 => {
                let name = self.node(depth + 1)?;
                self.known.push(name.clone());
                return Ok(name);
            }
            2 | 5 | 6 | 17 | 3 | 239 | 240 => return self.pairs(kind, has_attributes || kind >= 239, has_tag, depth),
            4 => {
                self.from.i32_be()?;
                self.known.push(Node::bare(Value::Other("an environment")));
                for _ in 0..4 {
                    self.node(depth + 1)?;
                }
                return Ok(Node::bare(Value::Other("an environment")));
            }
            7 | 8 => {
                let length = self.length(1)?;
                self.from.take(length)?;
                return Ok(Node::bare(Value::Other("a function")));
            }
            9 => return Ok(Node::bare(Value::Texts(vec![self.letters(flags >> 12)?]))),
            10 | 13 => {
                let count = self.length(4)?;
                let bytes = self.from.take(4 * count)?;
                let number = |b: &[u8; 4]| match i32::from_be_bytes(*b) {
                    MISSING => f64::NAN,
                    v => f64::from(v),
                };
                Value::Numbers(bytes.as_chunks::<4>().0.iter().map(number).collect())
            }
            14 => {
                let count = self.length(8)?;
                Value::Numbers(self.from.doubles_be(count)?)
            }
            15 => {
                let count = self.length(16)?;
                self.from.take(16 * count)?;
                Value::Other("complex numbers")
            }
            16 => {
                let count = self.length(8)?;
                let mut list = Vec::with_capacity(count);
                for _ in 0..count {
                    match self.node(depth + 1)?.value {
                        Value::Texts(mut one) if one.len() == 1 => list.push(one.remove(0)),
                        _ => return Err(self.from.wrong("a text that is none")),
                    }
                }
                Value::Texts(list)
            }
            19 | 20 => {
                let count = self.length(4)?;
                let mut list = Vec::new();
                for _ in 0..count {
                    list.push(self.node(depth + 1)?);
                }
                Value::List(list)
            }
            22 => {
                self.known.push(Node::bare(Value::Other("a pointer")));
                self.node(depth + 1)?;
                self.node(depth + 1)?;
                Value::Other("a pointer")
            }
            23 => {
                self.known.push(Node::bare(Value::Other("a reference")));
                Value::Other("a reference")
            }
            24 => {
                let count = self.length(1)?;
                self.from.take(count)?;
                Value::Other("bytes")
            }
            25 => Value::S4,
            238 => return self.short(depth),
            241 | 242 | 250..=253 => return Ok(Node::bare(Value::Other("an environment"))),
            247..=249 => {
                self.from.i32_be()?;
                let count = self.length(8)?;
                for _ in 0..count {
                    self.node(depth + 1)?;
                }
                self.known.push(Node::bare(Value::Other("an environment")));
                return Ok(Node::bare(Value::Other("an environment")));
            }
            other => return Err(self.from.wrong(format!("an object of the kind {other}, which is not read"))),
        };
        let attributes = if has_attributes { self.attributes(depth)? } else { Vec::new() };
        Ok(Node { value, attributes })
    }

    fn attributes(&mut self, depth: usize) -> Result<Vec<(String, Node)>> {
        match self.node(depth + 1)?.value {
            Value::Pairs(all) => Ok(all),
            Value::Null => Ok(Vec::new()),
            _ => Err(self.from.wrong("attributes that are no list")),
        }
    }

    /// A list of pairs, one after the other; calls and functions hold no data.
    fn pairs(&mut self, kind: u32, mut has_attributes: bool, mut has_tag: bool, depth: usize) -> Result<Node> {
        let mut all = Vec::new();
        loop {
            if has_attributes {
                self.attributes(depth)?;
            }
            let name = if has_tag { self.node(depth + 1)?.strings().concat() } else { String::new() };
            all.push((name, self.node(depth + 1)?));
            // what follows is the rest of the list, or its end
            let ahead = self.from.ahead();
            let flags = ahead.get(..4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
            if flags & 0xff != 2 {
                self.node(depth + 1)?;
                break;
            }
            self.from.take(4)?;
            (has_attributes, has_tag) = (flags & 0x200 != 0, flags & 0x400 != 0);
        }
        Ok(Node::bare(if matches!(kind, 2 | 239) { Value::Pairs(all) } else { Value::Other("a call or function") }))
    }

    /// A vector in a short form: what it is, its state, its attributes.
    fn short(&mut self, depth: usize) -> Result<Node> {
        let (info, state) = (self.node(depth + 1)?, self.node(depth + 1)?);
        let attributes = self.attributes(depth)?;
        let class = match &info.value {
            Value::Pairs(all) => all.first().map(|(_, n)| n.strings().concat()).unwrap_or_default(),
            _ => String::new(),
        };
        let value = match (class.as_str(), state.value) {
            ("compact_intseq" | "compact_realseq", Value::Numbers(state)) if state.len() == 3 => {
                let [count, first, step] = [state[0], state[1], state[2]];
                // a table of the file's bytes has no longer list of numbers
                if !(0.0..=1e7).contains(&count) {
                    return Err(self.from.wrong(format!("a sequence of {count} numbers")));
                }
                Value::Numbers((0..count as usize).map(|k| first + step * k as f64).collect())
            }
            (name, Value::List(mut parts)) if name.starts_with("wrap_") && !parts.is_empty() => parts.remove(0).value,
            ("deferred_string", Value::Pairs(mut parts)) if !parts.is_empty() => {
                Value::Texts(parts.remove(0).1.strings().into_iter().map(Some).collect())
            }
            ("mmap_integer" | "mmap_real", _) => Value::Other("numbers in another file"),
            (other, _) => return Err(self.from.wrong(format!("a vector of the form {}, which is not read", other.escape_debug()))),
        };
        Ok(Node { value, attributes })
    }

    fn letters(&mut self, marks: u32) -> Result<Option<String>> {
        let count = self.from.i32_be()?;
        let Ok(count) = usize::try_from(count) else { return Ok(None) };
        let bytes = self.from.take(count)?;
        let latin = || bytes.iter().map(|b| char::from(*b)).collect();
        Ok(Some(if marks & 4 != 0 { latin() } else { String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| latin()) }))
    }
}
