//! What readers share: bytes, text and numbers of a file, archives, workbooks, arrays, records of separated values.

pub(crate) mod archive;
pub(crate) mod compound;
pub(crate) mod grid;
pub(crate) mod input;
pub(crate) mod npy;
pub(crate) mod pairs;
pub(crate) mod rows;
pub(crate) mod separated;
pub(crate) mod workbook;
