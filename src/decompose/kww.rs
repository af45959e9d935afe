//! Nine terms of the gross exports of a region: where what is in them comes from, and where it is used in the end.
//!
//! With M, own, local and foreign content as in `content`, for exporter s:
//! `DVA_FIN = own'Y_m`, `DVA_INT = sum_r M_s[r]'Y_rr`, `DVA_INTrex = sum_r M_s[r]' sum_t Y_rt`, `RDV_FIN = sum_r M_s[r]'Y_rs`,
//! `RDV_INT = (own - local)'Y_ss`, `DDC = (own - local)'e_s`, `FVA_FIN = foreign'Y_m`, `FVA_INT = foreign'A_m Fd(Y_d)`,
//! `FDC = foreign'A_m Fd(e)`; r and t other than s, r other than t; they add up to all content of the exports.
//! Koopman, Wang, Wei, *American Economic Review* 104 (2014) 459-494, doi:10.1257/aer.104.2.459.

use ndarray::{Array2, Axis};

use super::content::Content;
use super::enclosed::Enclosed;
use super::scheme::unfinished;
use super::{Decomposition, Key, Scheme, Term};
use crate::bounded::{Bounded, gamma, up};
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief};

/// The nine terms, and what a table with incomplete columns leaves unexplained.
pub(super) const TERMS: [Term; 10] = [
    Term { name: "DVA_FIN", meaning: "own content of final goods" },
    Term { name: "DVA_INT", meaning: "own content of intermediates used by the importer for its own final use" },
    Term { name: "DVA_INTrex", meaning: "own content of intermediates used for exports to third members" },
    Term { name: "RDV_FIN", meaning: "own content that returns in final goods" },
    Term { name: "RDV_INT", meaning: "own content that returns in intermediates, for final use at home" },
    Term { name: "DDC", meaning: "own content counted twice" },
    Term { name: "FVA_FIN", meaning: "foreign content of final goods" },
    Term { name: "FVA_INT", meaning: "foreign content of intermediates used by the importer for its own final use" },
    Term { name: "FDC", meaning: "foreign content counted twice" },
    Term { name: "UNEXPLAINED", meaning: "content that neither value added nor imports explain" },
];

/// Decomposes the gross exports of every region.
///
/// # Errors
/// When a domestic block is singular.
pub(super) fn kww(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let content = Content::new(leontief, factor)?;
    let (values, bounds) = terms(&content)?;
    let mut found = unfinished(leontief, Scheme::Kww, factor, &TERMS[..values.ncols()]);
    found.keys = (0..values.nrows()).map(|s| Key { exporter: s, sector: None, partner: None }).collect();
    let embodied: Vec<f64> = (0..values.nrows())
        .map(|s| content.system.labels().rows(s).map(|i| content.total[i] * content.exports.row(i).sum()).sum())
        .collect();
    found.checks.push(Check::sums("terms of each exporter add up to the content of its exports", values.sum_axis(Axis(1)), embodied));
    found.checks.push(content.local_outputs());
    found.notes = content.notes();
    found.bounds = content.mask_unproven(bounds);
    (found.values, found.solves) = (values, content.solves);
    Ok(found)
}

/// Values and bounds (R x 9, or 10 where something is unexplained).
///
/// # Errors
/// When the watch of the model is cancelled.
pub(super) fn terms(content: &Content) -> Result<(Array2<f64>, Array2<f64>)> {
    let system = content.system;
    let (n, r_count) = (system.dim(), system.region_count());
    let width = if content.unexplained.is_some() { 10 } else { 9 };
    let (mut values, mut bounds) = (Array2::zeros((r_count, width)), Array2::zeros((r_count, width)));
    let (home, finals, exports) = (&content.home, &content.final_sum, &content.export_sum);
    let (simple, twice) = (content.traded(&content.home_output), content.traded(&content.export_output));
    let local_gap = content.own.minus(&content.local);
    for s in 0..r_count {
        content.watch.check()?;
        let rows = system.labels().rows(s);
        let mut put = |k: usize, v: Bounded| (values[[s, k]], bounds[[s, k]]) = (v.value, v.bound);
        let here = |a: &Enclosed, b: &Enclosed| dot(rows.clone(), a, b);
        put(0, here(&content.own, finals));
        let origin = content.origin_column(s);
        let elsewhere = |b: &Enclosed| dot((0..rows.start).chain(rows.end..n), &origin, b);
        let back = content.goods_for(s);
        put(1, elsewhere(home));
        put(2, elsewhere(&finals.minus(&back)));
        put(3, elsewhere(&back));
        put(4, here(&local_gap, home));
        put(5, here(&local_gap, exports));
        put(6, here(&content.foreign, finals));
        put(7, here(&content.foreign, &simple));
        put(8, here(&content.foreign, &twice));
        if let Some(unexplained) = &content.unexplained {
            put(9, here(unexplained, exports));
        }
    }
    Ok((values, bounds))
}

/// `sum a_i b_i` over some rows.
fn dot(rows: impl Iterator<Item = usize>, a: &Enclosed, b: &Enclosed) -> Bounded {
    let (mut value, mut size, mut error) = (0.0, 0.0, 0.0);
    let mut count = 3.0;
    let mut nothing = true;
    for i in rows {
        let (x, y) = (a.value[i], b.value[i]);
        nothing &= a.at(i) == Bounded::ZERO || b.at(i) == Bounded::ZERO;
        value += x * y;
        size += (x * y).abs();
        error += a.error[i] * (y.abs() + b.error[i]) + x.abs() * b.error[i];
        count += 1.0;
    }
    if nothing {
        return Bounded::ZERO;
    }
    Bounded::new(value, up(up(error * (1.0 + gamma(count + 4.0))) + up(gamma(count) * up(size))))
}
