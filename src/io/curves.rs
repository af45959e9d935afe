//! Marginal abatement cost curves by region from CSV: `region, kind, a, b, c, max, of`.
//!
//! `kind` is linear, quadratic, nordhaus or log-log; a, b, c are its parameters in order (alpha, beta for the last two),
//! in yuan per tonne; `max` is the largest reduction. `of` says what the reduction is measured in: `rate` (share of the
//! region's direct emissions) or t, kt, Mt; it has no default.

use std::path::Path;

use super::Encoding;
use super::rows::Rows;
use crate::compensation::{Curve, Shape};
use crate::cost::tonnes_per;
use crate::error::{Error, Result};
use crate::labels::Labels;

/// Reads one curve for each region (R); `direct` holds direct emissions in tonnes, the base of rates.
///
/// # Errors
/// With the place, when a column, a region or a parameter is missing, a region comes twice, or a curve does not rise.
pub fn curves(path: &Path, encoding: Encoding, labels: &Labels, direct: &[f64]) -> Result<Vec<Curve>> {
    let rows = Rows::read(path, encoding)?;
    let column = |name: &str| {
        rows.column(&[name])?.ok_or_else(|| {
            let text = format!("expected a column {name}, found {}", rows.header.join(", "));
            Error::format(&rows.place, text, "name the columns region, kind, a, b, c, max, of")
        })
    };
    let (region, kind, max, of) = (column("region")?, column("kind")?, column("max")?, column("of")?);
    let parameters = ["a", "b", "c"].map(|name| rows.column(&[name]));
    let mut used = vec![region, kind, max, of];
    for found in parameters {
        used.extend(found?);
    }
    rows.nothing_else(&used, &["region", "kind", "a", "b", "c", "max", "of"])?;
    let mut all: Vec<Option<Curve>> = vec![None; labels.region_count()];
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        let place = rows.line(i);
        let r = labels.region(&cells[region])?;
        if all[r].is_some() {
            let text = format!("region \"{}\" comes twice", cells[region]);
            return Err(Error::format(place, text, "keep one curve for each region"));
        }
        let parameter = |name: &str| rows.number(i, column(name)?);
        let shape = match cells[kind].to_lowercase().as_str() {
            "linear" => Shape::Linear { a: parameter("a")?, b: parameter("b")? },
            "quadratic" => Shape::Quadratic { a: parameter("a")?, b: parameter("b")?, c: parameter("c")? },
            "nordhaus" | "log" => Shape::Nordhaus { alpha: parameter("a")?, beta: parameter("b")? },
            "log-log" | "loglog" => Shape::LogLog { alpha: parameter("a")?, beta: parameter("b")? },
            other => return Err(Error::unknown("kind of cost curve", other, &["linear", "quadratic", "nordhaus", "log-log"])),
        };
        let largest = rows.number(i, max)?;
        let base = if cells[of] == "rate" { direct[r] } else { tonnes_per(&cells[of]).map_err(|_| unit(&place, &cells[of]))? };
        if cells[of] == "rate" && largest > 1.0 {
            let text = format!("the largest reduction of \"{}\" is {largest} of its emissions, expected at most 1", cells[region]);
            return Err(Error::format(place, text, "give a share, 0.4 for 40 %, or name t, kt or Mt in the column of"));
        }
        all[r] = Some(Curve::new(&cells[region], shape, base, largest)?);
    }
    let missing: Vec<&str> = (0..all.len()).filter(|&r| all[r].is_none()).map(|r| labels.regions[r].en.as_str()).collect();
    if !missing.is_empty() {
        let text = format!("{} of {} regions have no cost curve: {}", missing.len(), all.len(), missing.join(", "));
        return Err(Error::format(&rows.place, text, "add a line for each; a region that cannot abate has max 0"));
    }
    Ok(all.into_iter().flatten().collect())
}

fn unit(place: &str, found: &str) -> Error {
    Error::format(place, format!("expected rate, t, kt or Mt in the column of, found \"{found}\""), "say what the reduction is measured in")
}
