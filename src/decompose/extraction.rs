//! Hypothetical extraction: what a region would lose without its exports, and what everybody would lose without a region
//! or a sector.
//!
//! Without exports s makes `Fd(home)_s`, so its exports carry `c_s'(x - Fd(home))_s`, which is `local'e`: a local solve.
//! Without some rows K (no sales, no final demand for them) outputs fall by `d = F~(E_K x)`, with the rows K of A empty:
//! `x = A x + y` and `x* = A~ x* + y~` differ by `A~ d` and, on K, by x itself. One masked right-hand side; the effect is
//! `c # d`. Los, Timmer, de Vries, *American Economic Review* 106 (2016) 1958-1966; Miller, Lahr, in Lahr, Miller (eds),
//! *Regional Science Perspectives in Economic Analysis*, 2001, 407-441.

use ndarray::{Array2, Axis};

use super::content::{Content, per_unit};
use super::scheme::unfinished;
use super::{Decomposition, Key, Scheme, Term};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::leontief::{Factor, Leontief, Mask};
use crate::operator::Direction;

/// The terms, and what a table with incomplete columns leaves unexplained.
pub const TERMS: [Term; 4] = [
    Term { name: "DVA", meaning: "what the exporter would lose without its exports" },
    Term { name: "DDC", meaning: "further content from the exporter: it has left the exporter before" },
    Term { name: "FC", meaning: "content from elsewhere" },
    Term { name: "UNEXPLAINED", meaning: "content that neither value added nor imports explain" },
];

/// The content of the exports of every region, by extraction of the exports.
///
/// # Errors
/// When a domestic block is singular.
pub fn extraction(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let content = Content::new(leontief, factor)?;
    let (labels, x) = (content.system.labels(), &content.system.table.x);
    let width = if content.unexplained.is_some() { 4 } else { 3 };
    let mut found = unfinished(leontief, Scheme::Extraction, factor, &TERMS[..width]);
    let shape = (labels.region_count(), width);
    (found.values, found.bounds) = (Array2::zeros(shape), Array2::zeros(shape));
    let (mut embodied, mut local) = (Vec::new(), Vec::new());
    let gap = content.own.minus(&content.local);
    for s in 0..labels.region_count() {
        leontief.watch().check()?;
        let rows = || labels.rows(s);
        let sum = |of: &dyn Fn(usize) -> Bounded| rows().map(of).sum::<Bounded>();
        let exports = |i: usize| content.export_sum.at(i);
        let lost = |i: usize| {
            let c = Bounded::new(content.intensity[i], content.intensity_bound[i]);
            c * (Bounded::exact(x[i]) - content.home_output.at(i))
        };
        let mut terms = vec![sum(&lost), sum(&|i| gap.at(i) * exports(i)), sum(&|i| content.foreign.at(i) * exports(i))];
        terms.extend(content.unexplained.as_ref().map(|u| sum(&|i| u.at(i) * exports(i))));
        for (k, v) in terms.into_iter().enumerate() {
            (found.values[[s, k]], found.bounds[[s, k]]) = (v.value, v.bound);
        }
        embodied.push(rows().map(|i| content.total[i] * content.export_sum.value[i]).sum());
        local.push(rows().map(|i| content.local.value[i] * content.export_sum.value[i]).sum::<f64>());
        found.keys.push(Key { exporter: s, sector: None, partner: None });
    }
    found.checks.push(Check::sums("terms of each exporter add up to the content of its exports", found.values.sum_axis(Axis(1)), embodied));
    let name = "what an exporter would lose is what its own chains put into its exports";
    found.checks.push(Check::sums(name, found.values.column(0).to_vec(), local));
    found.checks.push(content.local_outputs());
    found.bounds = content.mask_unproven(found.bounds);
    found.notes = content.notes();
    found.solves = content.solves;
    Ok(found)
}

/// What is taken out of the economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extracted {
    /// All sectors of a region.
    Region(usize),
    /// One row: a sector of a region.
    Row(usize),
}

/// What everybody loses without a region or a sector, in the unit of the factor.
pub struct Loss {
    /// By region that loses it (R).
    pub by_region: Vec<Bounded>,
    /// In all.
    pub total: Bounded,
    /// Loss of output by row (n), each within its bound.
    pub output: Vec<Bounded>,
}

/// Takes a region or a sector out: it sells and buys nothing, and there is no final demand for its products.
///
/// # Errors
/// When there is no such region or row, or the masked system cannot be prepared; when the watch of the model is cancelled.
pub fn extract(leontief: &Leontief, factor: Factor, what: Extracted) -> Result<Loss> {
    leontief.worked(|| extracted(leontief, factor, what))
}

fn extracted(leontief: &Leontief, factor: Factor, what: Extracted) -> Result<Loss> {
    let system = &leontief.system;
    let (labels, n) = (system.labels(), system.dim());
    let rows = match what {
        Extracted::Region(s) if s < labels.region_count() => labels.rows(s),
        Extracted::Row(i) if i < n => i..i + 1,
        Extracted::Region(k) | Extracted::Row(k) => {
            let (kind, count) = if matches!(what, Extracted::Region(_)) { ("region", labels.region_count()) } else { ("row", n) };
            return Err(Error::range(format!("there is no {kind} {k}: the table has {count}, counted from 0"), "name one that exists"));
        }
    };
    let mut b = Array2::zeros((n, 1));
    rows.clone().for_each(|i| b[[i, 0]] = system.table.x[i]);
    let found = leontief.masked(&Mask::Sales(rows), Direction::Forward, "loss of output by extraction", b.view())?;
    let bounds = leontief.entry_bounds(Direction::Forward, found.sizes.view());
    let output: Vec<Bounded> = (0..n).map(|i| Bounded::new(found.x[[i, 0]], bounds.bound(i, 0))).collect();
    let (c, unsure) = per_unit(system, factor);
    let lost = |i: usize| Bounded::new(c[i], unsure[i]) * output[i];
    let by_region: Vec<Bounded> = (0..labels.region_count()).map(|s| labels.rows(s).map(lost).sum()).collect();
    let total = by_region.iter().copied().sum();
    Ok(Loss { by_region, total, output })
}
