//! Emissions (or value added) embodied in direct bilateral trade: what the exporter's own chains put into a delivery,
//! whoever uses it in the end.
//!
//! `EEBT_sr = local # e_sr` with `local = Td(c)`: with what serves final use at home it adds up to the direct account,
//! `sum_r local'e_sr + local'home = c_s'x_s`. Peters, *Ecological Economics* 65 (2008) 13-23,
//! doi:10.1016/j.ecolecon.2007.10.014.

use ndarray::Array2;

use super::content::Content;
use super::scheme::unfinished;
use super::{Decomposition, Scheme, Term};
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief};

/// The one term.
pub(super) const TERMS: [Term; 1] = [Term { name: "EEBT", meaning: "embodied by the exporter's own chains in what it delivers directly" }];

/// What every sector's direct deliveries to every partner embody.
///
/// # Errors
/// When a domestic block is singular.
pub(super) fn eebt(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let content = Content::new(leontief, factor)?;
    let mut found = unfinished(leontief, Scheme::Eebt, factor, &TERMS);
    found.keys = content.pairs();
    let shape = (found.keys.len(), 1);
    (found.values, found.bounds) = (Array2::zeros(shape), Array2::zeros(shape));
    let mut k = 0;
    for i in 0..content.system.dim() {
        for (p, _) in content.partners_of(content.region[i]) {
            let v = content.local.at(i) * content.export(i, p);
            (found.values[[k, 0]], found.bounds[[k, 0]]) = (v.value, v.bound);
            k += 1;
        }
    }
    let labels = content.system.labels();
    let mut sums = vec![0.0; labels.region_count()];
    found.keys.iter().zip(&found.values).for_each(|(key, v)| sums[key.exporter] += v);
    let mut direct = vec![0.0; labels.region_count()];
    for i in 0..content.system.dim() {
        sums[content.region[i]] += content.local.value[i] * content.home.value[i];
        direct[content.region[i]] += content.intensity[i] * content.system.table.x[i];
    }
    let name = "direct trade and final use at home of each region add up to its direct account";
    found.checks.push(Check::sums(name, sums, direct));
    found.bounds = content.mask_unproven(found.bounds);
    found.notes = content.notes();
    found.notes.push("every delivery counts, also of what is sent on: bilateral sums differ from those by final use".into());
    found.solves = content.solves;
    Ok(found)
}
