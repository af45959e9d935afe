//! Bytes of a file, taken one after the other, never beyond its end.

use crate::error::{Error, Result};

/// A place in the bytes of a file.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    raw: &'a [u8],
    at: usize,
    place: &'a str,
    kind: &'static str,
}

impl<'a> Cursor<'a> {
    /// At the first byte of a file of this kind.
    pub(crate) fn new(raw: &'a [u8], place: &'a str, kind: &'static str) -> Self {
        Cursor { raw, at: 0, place, kind }
    }

    /// How many bytes were taken.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.raw.len() - self.at
    }

    /// The next bytes, without taking them.
    pub(crate) fn ahead(&self) -> &'a [u8] {
        &self.raw[self.at..]
    }

    /// What is wrong at this byte.
    pub(crate) fn wrong(&self, text: impl std::fmt::Display) -> Error {
        Error::format(format!("{}, byte {}", self.place, self.at), format!("no readable {}: {text}", self.kind), "fetch or save it again")
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        if count > self.left() {
            return Err(self.wrong(format!("{count} bytes are expected here, {} are left", self.left())));
        }
        let found = &self.raw[self.at..self.at + count];
        self.at += count;
        Ok(found)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut found = [0; N];
        found.copy_from_slice(self.take(N)?);
        Ok(found)
    }

    /// A whole number of four bytes, the least first.
    pub(crate) fn u32_le(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// As [`u32_le`](Self::u32_le), as a length.
    pub(crate) fn length_le(&mut self) -> Result<usize> {
        self.u32_le().map(|v| v as usize)
    }

    /// A whole number of four bytes, the greatest first.
    pub(crate) fn i32_be(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// `count` numbers of eight bytes, the greatest first.
    pub(crate) fn doubles_be(&mut self, count: usize) -> Result<Vec<f64>> {
        let bytes = self.take(count.checked_mul(8).ok_or_else(|| self.wrong(format!("{count} numbers are expected here")))?)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_be_bytes(*b)).collect())
    }
}
