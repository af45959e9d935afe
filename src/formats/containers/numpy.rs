//! numpy arrays: one by itself, a folder's worth in an archive, and scipy's sparse matrices (csr, csc, coo).

use std::path::Path;

use super::{Compressed, Container, Content, Named, RATIO};
use crate::error::{Error, Result};
use crate::formats::tools::archive::{archive, member, members};
use crate::formats::tools::npy::Npy;
use crate::watch::Watch;

/// The array of a `.npy` file, under the name `stem`.
pub(super) fn single(raw: Vec<u8>, stem: &str, place: &str) -> Result<Container> {
    let mut found = Container::default();
    take(&Npy::new(raw, place)?, stem, &mut found)?;
    Ok(found)
}

fn take(npy: &Npy, name: &str, found: &mut Container) -> Result<()> {
    if npy.holds_texts() {
        found.arrays.push(Named::new(name, Content::Texts(npy.texts()?)));
    } else if npy.holds_numbers() {
        found.arrays.push(Named::new(name, Content::Numbers(npy.numbers()?)));
    } else {
        found.left_out.push(format!("{name} (elements of type {})", npy.descr().escape_debug()));
    }
    Ok(())
}

/// The arrays of a `.npz` file; the members of a sparse matrix are one array, under the name `stem`.
pub(super) fn archived(raw: Vec<u8>, path: &Path, stem: &str, watch: &Watch) -> Result<Container> {
    let length = raw.len();
    let mut zip = archive(raw, path)?;
    let names = members(&zip, path)?;
    let bare = |name: &str| name.strip_suffix(".npy").unwrap_or(name).to_string();
    let mut arrays = Vec::new();
    for (k, name) in names.iter().enumerate() {
        if !name.ends_with(".npy") {
            continue;
        }
        let place = format!("{}[{}]", path.display(), bare(name));
        arrays.push((bare(name), Npy::new(member(&mut zip, k, &place, watch)?, &place)?));
    }
    let mut found = Container::default();
    let scipy = arrays.iter().find(|(n, a)| n == "format" && a.holds_texts() && a.shape().is_empty());
    if let Some((_, form)) = scipy {
        let form = form.texts()?.concat();
        let one = |name: &str| {
            let npy = arrays.iter().find(|(n, _)| n == name).map(|(_, a)| a);
            npy.ok_or_else(|| Error::format(path.display(), format!("a sparse matrix of form {form} without {name}"), "save it again"))
        };
        let whole = |name: &str| -> Result<Vec<usize>> {
            let numbers = one(name)?.numbers()?;
            let odd = |v: f64| Error::format(format!("{}[{name}]", path.display()), format!("{v} is no position"), "save it again");
            numbers.iter().map(|&v| if v >= 0.0 && v.fract() == 0.0 && v < 4e9 { Ok(v as usize) } else { Err(odd(v)) }).collect()
        };
        let positions = |name: &str| -> Result<Vec<u32>> { Ok(whole(name)?.into_iter().map(|v| v as u32).collect()) };
        let place = path.display().to_string();
        let [rows, columns] = whole("shape")?[..] else {
            return Err(Error::format(&place, "the shape of the sparse matrix has not two lengths", "save a matrix of two axes"));
        };
        let values: Vec<f64> = one("data")?.numbers()?.into_iter().collect();
        let bytes = length.saturating_mul(RATIO as usize);
        let matrix = match form.as_str() {
            "csr" | "csc" => Compressed::new((rows, columns), form == "csr", whole("indptr")?, positions("indices")?, values, &place)?,
            "coo" => {
                let (i, j) = (positions("row")?, positions("col")?);
                if i.len() != values.len() || j.len() != values.len() {
                    let text = format!("{} rows, {} columns and {} values", i.len(), j.len(), values.len());
                    return Err(Error::format(&place, text, "save the sparse matrix again"));
                }
                let entries: Vec<_> = i.into_iter().zip(j).zip(values).map(|((i, j), v)| (i, j, v)).collect();
                Compressed::from_entries((rows, columns), &entries, true, bytes, &place)?
            }
            other => {
                let text = format!("a sparse matrix of the form {}", other.escape_debug());
                return Err(Error::format(&place, text, "save it as csr, csc or coo"));
            }
        };
        found.arrays.push(Named::new(stem, Content::Sparse(matrix)));
        return Ok(found);
    }
    for (name, npy) in &arrays {
        take(npy, name, &mut found)?;
    }
    Ok(found)
}
