//! The sink-based scheme: an item is value when it leaves the exporter for the last time, told by where it is used.
//!
//! For exporter s, let s sell no intermediates, and its exports be final: `H_l = F_s(Y_l without s's final exports)` for
//! every member l, `H_e = F_s(E_s e)`, and `G = A_m H`. What importer r makes is `x_r = L_rr (Y_rr + sum_j Y_rj + G_r)`,
//! so that `e_sr = Y_sr + sum of A_sr L_rr c_r` over the parts c: own content of the parts that end in r, in third members
//! or at home is VAX or REF, that of `G_e`, which passes s again, is DDC; foreign content likewise FVA and FDC.
//! R + 1 (with exports abroad R + 2) masked right-hand sides and 5 local ones for each exporter.
//! Borin, Mancini, *Economic Systems Research* (2023), doi:10.1080/09535314.2022.2153221.

use ndarray::{Array2, Axis};

use super::{Behind, Rows, by_exporter};
use crate::bounded::{Bounded, gamma, largest, up};
use crate::check::Check;
use crate::decompose::content::Content;
use crate::decompose::enclosed::{Enclosed, scales};
use crate::decompose::scheme::unfinished;
use crate::decompose::{Decomposition, Partner, Scheme, Term, kww};
use crate::error::Result;
use crate::leontief::{Factor, Leontief, Mask};
use crate::operator::{Direction, Part};

/// The terms of the sink-based scheme, and what a table with incomplete columns leaves unexplained.
pub(super) const SINK: [Term; 13] = [
    Term { name: "VAX1", meaning: "domestic value in final goods for the direct importer" },
    Term { name: "VAX2", meaning: "domestic value in intermediates, used in the direct importer" },
    Term { name: "VAX3", meaning: "domestic value in intermediates, in the importer's final goods for third members" },
    Term { name: "VAX4", meaning: "domestic value in intermediates the importer sends on in intermediates, used outside the exporter" },
    Term { name: "REF1", meaning: "domestic value that returns in the importer's final goods" },
    Term { name: "REF2", meaning: "domestic value that the importer sends on in intermediates and that is used at home" },
    Term { name: "DDC", meaning: "domestic content counted twice: it will leave the exporter again" },
    Term { name: "FVA1", meaning: "foreign value in final goods for the direct importer" },
    Term { name: "FVA2", meaning: "foreign value in intermediates, used in the direct importer" },
    Term { name: "FVA3", meaning: "foreign value in intermediates, in the importer's final goods for others" },
    Term { name: "FVA4", meaning: "foreign value in intermediates the importer sends on in intermediates" },
    Term { name: "FDC", meaning: "foreign content counted twice: it will leave the exporter again" },
    Term { name: "UNEXPLAINED", meaning: "content that neither value added nor imports explain" },
];

/// Decomposes the gross exports of every sector to every partner, sink-based.
///
/// # Errors
/// When a domestic block is singular.
pub(crate) fn sink(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let mut content = Content::new(leontief, factor)?;
    let mut rows = Rows::new(&content, 12);
    let r_count = content.system.region_count();
    for s in 0..r_count {
        let parts = parts(leontief, &mut content, s)?;
        let behind = Behind::new(&content, s, &parts);
        for i in content.system.labels().rows(s) {
            let (own, foreign) = (content.own.at(i), content.foreign.at(i));
            for (p, partner) in content.partners_of(s) {
                let goods = content.goods(i, p);
                let [here, third, on, back, on_back, again] = match partner {
                    Partner::Region(r) => [0, 1, 2, 3, 4, 5].map(|k| behind.at(i, r, k)),
                    _ => [Bounded::ZERO; 6],
                };
                let domestic = [goods, here, third, on, back, on_back, again].map(|v| own * v);
                let others = [goods, here, third + back, on + on_back, again].map(|v| foreign * v);
                rows.push(&content, i, p, &[&domestic[..], &others].concat());
            }
        }
    }
    let mut found = unfinished(leontief, Scheme::BorinManciniSink, factor, &SINK[..rows.width]);
    rows.finish(&content, &mut found);
    let (nine, _) = kww::terms(&content)?;
    let sums = |columns: std::ops::Range<usize>| nine.slice(ndarray::s![.., columns]).sum_axis(Axis(1));
    for (name, ours, theirs) in [
        ("VAX of each exporter equals the first three terms of Koopman, Wang and Wei", 0..4, 0..3),
        ("REF of each exporter equals the fourth and fifth term of Koopman, Wang and Wei", 4..6, 3..5),
    ] {
        found.checks.push(against(name, by_exporter(&found, r_count, ours), sums(theirs), by_exporter(&found, r_count, 0..6).sum()));
    }
    Ok(found)
}

/// Sums that must agree, against a size of their own: a small part may be zero.
fn against(name: &str, found: ndarray::Array1<f64>, expected: ndarray::Array1<f64>, size: f64) -> Check {
    let gap: f64 = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum();
    Check::new(name, if gap == 0.0 { 0.0 } else { gap / size.abs().max(f64::MIN_POSITIVE) }, crate::check::IDENTITY)
}

/// `Fd` of the six parts of what importers use of exporter s's intermediates: own final use, final goods for third members,
/// what they send on that is used outside s, final goods for s, what they send on that is used in s or passes s again.
fn parts(leontief: &Leontief, content: &mut Content, s: usize) -> Result<[Enclosed; 6]> {
    let system = content.system;
    let (n, members) = (system.dim(), content.partners.len());
    let mut b = Array2::zeros((n, members + 1));
    let mut unsure = Array2::<f64>::zeros((n, members + 1));
    for i in 0..n {
        let t = content.region[i];
        (b[[i, t]], unsure[[i, t]]) = (content.home.value[i], content.home.error[i]);
        if t == s {
            (b[[i, members]], unsure[[i, members]]) = (content.export_sum.value[i], content.export_sum.error[i]);
        } else {
            (0..members)
                .filter(|&l| l != t)
                .for_each(|l| (b[[i, l]], unsure[[i, l]]) = (content.finals[[i, l]], content.finals_bound[[i, l]]));
        }
    }
    let mut found = leontief.masked(&Mask::Exports(s), Direction::Forward, "outputs with the exporter's exports final", b.view())?;
    found.sizes += &unsure;
    let scale = scales(leontief, Direction::Forward, found.sizes.view());
    let size = |k: usize| up(largest(found.x.column(k).iter().zip(&content.trade.weight).map(|(x, w)| x.abs() / w)));
    // outputs for use outside s, in s, and for what passes s again, and their errors against the weight
    let groups: [Vec<usize>; 3] = [(0..members).filter(|&l| l != s).collect(), vec![s], vec![members]];
    let mut outputs = Array2::zeros((n, 3));
    let mut errors = [0.0; 3];
    for (g, group) in groups.iter().enumerate() {
        let sizes: f64 = group.iter().map(|&k| size(k)).sum();
        let rounding = gamma(group.len() as f64) + content.trade.rounding();
        errors[g] = up(up(group.iter().map(|&k| scale[k]).sum::<f64>()) * (1.0 + gamma(group.len() as f64 + 4.0)) + up(rounding * sizes));
        group.iter().for_each(|&k| outputs.column_mut(g).scaled_add(1.0, &found.x.column(k)));
    }
    let passed = system.rows().part(Part::Traded, false, &system.labels().offsets, &outputs);
    content.solves.masked += members + 1;
    content.solves.local += 5;
    // L |A_m| w <= w: an error of the outputs against the weight is none the larger behind the importers
    let sent_on = |g: usize| -> Result<Enclosed> {
        let mut made = content.local_solve(leontief, Direction::Forward, &Enclosed::exact(passed.column(g).to_owned()))?;
        made.error.zip_mut_with(&ndarray::ArrayView1::from(&content.trade.weight), |e, w| *e = up(*e + up(w * errors[g])));
        Ok(made)
    };
    let back = content.goods_for(s);
    let third = content.local_solve(leontief, Direction::Forward, &content.final_sum.minus(&back))?;
    let back = content.local_solve(leontief, Direction::Forward, &back)?;
    Ok([content.home_output.clone(), third, sent_on(0)?, back, sent_on(1)?, sent_on(2)?])
}
