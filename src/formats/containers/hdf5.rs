//! HDF5 files: MATLAB 7.3, netCDF-4 and plain ones.
//!
//! MATLAB stores its arrays by columns, so the axes of the file are those of MATLAB in reverse; its texts are whole numbers, its
//! cells are references to texts. The arrays of other programs are taken as they stand.

use std::collections::HashMap;

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Datatype, H5Type, Hdf5File, OpenOptions, ReferenceType};
use ndarray::ArrayD;

use super::{Container, Content, DEEPEST, Named, RATIO};
use crate::error::{Error, Result};
use crate::formats::tools::input::refuse_controls;
use crate::guard;
use crate::memory;
use crate::watch::Watch;

/// The group of what MATLAB's cells refer to.
const REFERRED: &str = "#refs#";

/// Most arrays of a file.
const MOST: usize = 1 << 16;

/// Reads all arrays of a file.
pub(super) fn read(raw: Vec<u8>, place: &str, watch: &Watch) -> Result<Container> {
    // the reader of the file is not ours: whatever a damaged one does to it, it ends here
    let crashed = || Error::format(place, "the HDF5 file is damaged: its reader gave up", "fetch or save it again");
    guard::caught(move || arrays(raw, place, watch)).ok_or_else(crashed)?
}

struct Reader<'a> {
    place: &'a str,
    matlab: bool,
    /// Room of an array in memory.
    most: usize,
    referred: HashMap<u64, Dataset>,
    found: Container,
    watch: &'a Watch,
}

fn arrays(raw: Vec<u8>, place: &str, watch: &Watch) -> Result<Container> {
    let damaged = |e: hdf5_reader::error::Error| damaged(place, e);
    let most = raw.len().saturating_mul(RATIO as usize).max(1 << 20);
    let room = memory::largest_file().map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let most = most.min(room);
    let chunk = most.min(1 << 30);
    let options = OpenOptions { max_read_bytes: most, max_chunk_bytes: chunk, ..OpenOptions::default() };
    let matlab = raw.starts_with(b"MATLAB");
    let file = Hdf5File::from_vec_with_options(raw, options).map_err(damaged)?;
    let root = file.root_group().map_err(damaged)?;
    let mut reader = Reader { place, matlab, most, referred: HashMap::new(), found: Container::default(), watch };
    let (groups, _) = root.members().map_err(damaged)?;
    if let Some(group) = groups.iter().find(|g| g.name() == REFERRED) {
        for dataset in group.datasets().map_err(damaged)? {
            reader.referred.insert(dataset.address(), dataset);
        }
    }
    reader.group(&root, "", 0)?;
    Ok(reader.found)
}

fn damaged(place: &str, e: impl std::fmt::Display) -> Error {
    Error::format(place, format!("no readable HDF5 file: {e}"), "fetch or save it again")
}

impl Reader<'_> {
    fn group(&mut self, group: &Group, above: &str, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(damaged(self.place, format!("groups are nested more than {DEEPEST} times")));
        }
        let (groups, datasets) = group.members().map_err(|e| damaged(self.place, e))?;
        let path = |name: &str| if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
        for dataset in &datasets {
            self.watch.check()?;
            let name = path(dataset.name());
            refuse_controls(&name, |_| format!("{}, the name of an array", self.place))?;
            if self.found.arrays.len() >= MOST {
                return Err(damaged(self.place, format!("it holds more than {MOST} arrays")));
            }
            self.take(dataset, name)?;
        }
        for inner in groups.iter().filter(|g| g.name() != REFERRED) {
            self.group(inner, &path(inner.name()), depth + 1)?;
        }
        Ok(())
    }

    fn take(&mut self, dataset: &Dataset, name: String) -> Result<()> {
        let at = format!("{}[{name}]", self.place);
        let letters = self.matlab && class(dataset) == "char";
        let content = match dataset.dtype() {
            Datatype::Reference { ref_type: ReferenceType::Object, .. } => {
                let Some(list) = self.cells(dataset, &at)? else {
                    self.found.left_out.push(format!("{name} (cells that are no texts)"));
                    return Ok(());
                };
                Content::Texts(list)
            }
            Datatype::String { .. } | Datatype::VarLen { .. } => match dataset.read_strings() {
                Ok(list) => Content::Texts(list.into_iter().map(|t| t.trim_end_matches('\0').trim().to_string()).collect()),
                Err(e) => return Err(damaged(&at, e)),
            },
            Datatype::FixedPoint { .. } if letters => Content::Texts(vec![self.text(dataset, &at)?]),
            Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. } => {
                let all = self.numbers(dataset, &at)?;
                Content::Numbers(if self.matlab { all.reversed_axes() } else { all })
            }
            _ => {
                self.found.left_out.push(format!("{name} (neither numbers nor texts)"));
                return Ok(());
            }
        };
        if let Content::Texts(list) = &content {
            list.iter().try_for_each(|t| refuse_controls(t, |_| at.clone()))?;
        }
        self.found.arrays.push(Named::new(name, content));
        Ok(())
    }

    /// The texts that cells refer to; `None` where one is no text.
    fn cells(&self, dataset: &Dataset, at: &str) -> Result<Option<Vec<String>>> {
        let raw = dataset.read_raw_bytes().map_err(|e| damaged(at, e))?;
        let mut list = Vec::new();
        for reference in raw.as_chunks::<8>().0 {
            let address = u64::from_le_bytes(*reference);
            match self.referred.get(&address) {
                Some(text) if class(text) == "char" || matches!(text.dtype(), Datatype::FixedPoint { size: 2, .. }) => {
                    list.push(self.text(text, at)?);
                }
                Some(_) => return Ok(None),
                None => return Err(damaged(at, format!("a cell refers to byte {address}, where no array is"))),
            }
        }
        Ok(Some(list))
    }

    /// The letters of a text of MATLAB.
    fn text(&self, dataset: &Dataset, at: &str) -> Result<String> {
        let codes = self.numbers(dataset, at)?;
        // a text without letters is stored as the lengths of its axes
        if dataset.attribute("MATLAB_empty").is_ok() {
            return Ok(String::new());
        }
        let units = codes.iter().map(|c| *c as u16);
        Ok(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().trim().to_string())
    }

    fn numbers(&self, dataset: &Dataset, at: &str) -> Result<ArrayD<f64>> {
        let count = dataset.num_elements().map_err(|e| damaged(at, e))?;
        if count.checked_mul(8).is_none_or(|bytes| bytes > 8 * self.most as u64) {
            return Err(damaged(at, format!("{count} numbers are said, more than the file can hold")));
        }
        memory::require(&format!("{at}: {count} numbers"), 8 * count, "use a smaller table, or a machine with more memory")?;
        match *dataset.dtype() {
            Datatype::FloatingPoint { size: 8, .. } => dataset.read_array::<f64>().map_err(|e| damaged(at, e)),
            Datatype::FloatingPoint { size: 4, .. } => whole::<f32>(dataset, at, f64::from),
            Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
                (1, true) => whole::<i8>(dataset, at, f64::from),
                (1, false) => whole::<u8>(dataset, at, f64::from),
                (2, true) => whole::<i16>(dataset, at, f64::from),
                (2, false) => whole::<u16>(dataset, at, f64::from),
                (4, true) => whole::<i32>(dataset, at, f64::from),
                (4, false) => whole::<u32>(dataset, at, f64::from),
                (8, true) => whole::<i64>(dataset, at, |v| v as f64),
                _ => whole::<u64>(dataset, at, |v| v as f64),
            },
            _ => Err(damaged(at, "numbers of a size that is not read")),
        }
    }
}

fn whole<T: H5Type + 'static>(dataset: &Dataset, at: &str, to: impl Fn(T) -> f64) -> Result<ArrayD<f64>> {
    Ok(dataset.read_array::<T>().map_err(|e| damaged(at, e))?.map(|v| to(v.clone())))
}

/// What MATLAB calls the class of an array.
fn class(dataset: &Dataset) -> String {
    dataset.attribute("MATLAB_class").and_then(|a| a.read_string()).unwrap_or_default()
}

/// The names of the arrays of a file, down to the groups of its first level.
pub(crate) fn names(path: &std::path::Path) -> Option<Vec<String>> {
    let path = path.to_path_buf();
    guard::caught(move || {
        let root = Hdf5File::open(path).ok()?.root_group().ok()?;
        let (groups, mut all) = root.member_names().ok()?;
        for name in groups.iter().filter(|g| *g != REFERRED).take(8) {
            if let Ok((_, inner)) = root.group(name).and_then(|g| g.member_names()) {
                all.extend(inner.into_iter().map(|i| format!("{name}/{i}")));
            }
        }
        Some(all)
    })
    .flatten()
}
