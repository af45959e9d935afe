//! Pairs of labels, outer and inner, in the order of a file: which comes twice, and whether two lists are the same.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// (outer, inner) labels in the order of a file.
pub(crate) type Pairs = Vec<(String, String)>;

/// The positions of the first pair that comes a second time: where it was before, and where it comes again.
pub(crate) fn repeated(pairs: &[(String, String)]) -> Option<(usize, usize)> {
    let mut seen = HashMap::with_capacity(pairs.len());
    pairs.iter().enumerate().find_map(|(k, pair)| seen.insert(pair, k).map(|first| (first, k)))
}

/// Refuses two sets of labels that are not the same in the same order, naming the first difference; each has a place and the
/// word for one of them.
///
/// # Errors
/// At the first label that differs, or with both numbers of labels.
pub(crate) fn same(one: &Pairs, other: &Pairs, (place, what): (&str, &str), (other_place, other_what): (&str, &str)) -> Result<()> {
    let help = "save the system again: rows and columns must carry the same labels in the same order";
    if let Some(k) = one.iter().zip(other).position(|(a, b)| a != b) {
        return Err(Error::format(
            other_place,
            format!(
                "{other_what} {} is \"{} / {}\", expected \"{} / {}\" as in {what} {} of {place}",
                k + 1,
                other[k].0,
                other[k].1,
                one[k].0,
                one[k].1,
                k + 1
            ),
            help,
        ));
    }
    if one.len() != other.len() {
        let message = format!("expected {} {other_what}s as there are {what}s in {place}, found {}", one.len(), other.len());
        return Err(Error::format(other_place, message, help));
    }
    Ok(())
}
