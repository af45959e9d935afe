//! Sixteen terms of the gross exports of a sector to a partner: origin, way and place of use of what is in them.
//!
//! With `Q_t = F(E_t Y_tt)`, `FX_t = F(E_t sum_u Y_tu)`, `S_u = F(sum_t E_t Y_tu)` (u other than t) and the blocks
//! `W_tu = B_tt Y_tu`, all that region r makes is `x_r = sum_t (Q_t + FX_t)_r`, split by who uses it; the terms of (s, r)
//! are local content times `A_sr` times the parts of `x_r`, and the content of others times `A_sr Fd(..)_r` (see `panel`
//! and `terms`). Terms are named as in decompr; they sum to the total content of gross exports.
//! Memory: Q, FX, S and W (n x R each), the right-hand sides of one block, and the answer (n x P x 16, with bounds).
//! Wang, Wei, Zhu, NBER w19677 (2013, rev. 2018).

use ndarray::{Array2, Axis};

use super::blocks::own_blocks;
use super::content::Content;
use super::enclosed::{Solved, solved};
use super::scheme::unfinished;
use super::{Decomposition, Partner, Scheme, Term, kww};
use crate::bounded::{Bounded, gamma, up};
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief};
use crate::threads::prelude::*;

/// The sixteen terms, and what a table with incomplete columns leaves unexplained.
pub(super) const TERMS: [Term; 17] = [
    Term { name: "DVA_FIN", meaning: "own content of final goods" },
    Term { name: "DVA_INT", meaning: "own content of intermediates, used in the direct importer" },
    Term { name: "DVA_INTrexI1", meaning: "own content of intermediates the importer sends on in intermediates, used in a third member" },
    Term { name: "DVA_INTrexF", meaning: "own content of intermediates the importer sends on in final goods to a third member" },
    Term {
        name: "DVA_INTrexI2",
        meaning: "own content of intermediates the importer sends on, for final goods of third members to others",
    },
    Term { name: "RDV_INT", meaning: "own content that returns in intermediates, used at home" },
    Term { name: "RDV_FIN", meaning: "own content that returns in final goods of the direct importer" },
    Term { name: "RDV_FIN2", meaning: "own content that returns in final goods of third members" },
    Term { name: "OVA_FIN", meaning: "third members' content of final goods" },
    Term { name: "MVA_FIN", meaning: "the importer's content of final goods" },
    Term { name: "OVA_INT", meaning: "third members' content of intermediates, used in the direct importer" },
    Term { name: "MVA_INT", meaning: "the importer's content of intermediates, used in the direct importer" },
    Term { name: "DDC_FIN", meaning: "own content counted twice, for final goods exports" },
    Term { name: "DDC_INT", meaning: "own content counted twice, in intermediates" },
    Term { name: "ODC", meaning: "third members' content counted twice" },
    Term { name: "MDC", meaning: "the importer's content counted twice" },
    Term { name: "UNEXPLAINED", meaning: "content that neither value added nor imports explain" },
];

/// The terms of each of the nine of Koopman, Wang and Wei.
pub(super) const NINE: [&[usize]; 10] = [&[0], &[1, 2], &[3, 4], &[6, 7], &[5], &[12, 13], &[8, 9], &[10, 11], &[14, 15], &[16]];

/// Columns of a panel: the parts of `x_r` that some term of an exporter takes.
const PANEL: usize = 11;

/// The outputs behind all pairs.
struct Parts {
    /// `Q`, `FX`, `S`: n x 3R.
    solved: Solved,
    /// `W` (n x P): column u of the rows of t is `B_tt Y_tu`; with the export column last.
    w: Array2<f64>,
    /// `|W - W*| <= weight * w_scale` by region of the row and column (R x P).
    w_scale: Array2<f64>,
    /// Sizes of every column of `solved` and `w` against the weight, by region of the row.
    sizes: Vec<Vec<f64>>,
    w_sizes: Vec<Vec<f64>>,
    /// `sum_t Q_t` and `sum_t FX_t` (n x 2).
    sums: Array2<f64>,
}

/// Decomposes the gross exports of every sector to every partner.
///
/// # Errors
/// When a domestic block is singular.
pub(super) fn wwz(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let mut content = Content::new(leontief, factor)?;
    let parts = Parts::new(leontief, &mut content);
    let (n, partners) = (content.system.dim(), content.partners.len());
    let width = if content.unexplained.is_some() { 17 } else { 16 };
    let mut found = unfinished(leontief, Scheme::Wwz, factor, &TERMS[..width]);
    let (mut values, mut bounds) = (vec![0.0; n * (partners - 1) * width], vec![0.0; n * (partners - 1) * width]);
    let (mut rest, mut rest_bounds) = (&mut values[..], &mut bounds[..]);
    let mut tasks = Vec::new();
    for s in 0..content.system.region_count() {
        let size = content.system.labels().rows(s).len() * (partners - 1) * width;
        let (here, after) = std::mem::take(&mut rest).split_at_mut(size);
        let (bounds_here, bounds_after) = std::mem::take(&mut rest_bounds).split_at_mut(size);
        (rest, rest_bounds) = (after, bounds_after);
        tasks.push((s, here, bounds_here));
    }
    tasks.into_par_iter().try_for_each(|(s, values, bounds)| {
        leontief.watch().check()?;
        exporter(&content, &parts, s, width, values, bounds);
        Ok(())
    })?;
    found.keys = content.pairs();
    let shape = (found.keys.len(), width);
    found.values = Array2::from_shape_vec(shape, values).expect("keys x terms");
    found.bounds = content.mask_unproven(Array2::from_shape_vec(shape, bounds).expect("keys x terms"));
    found.checks = checks(&content, &parts, &found)?;
    found.notes = content.notes();
    found.solves = content.solves;
    Ok(found)
}

impl Parts {
    fn new(leontief: &Leontief, content: &mut Content) -> Self {
        let system = content.system;
        let (n, r_count) = (system.dim(), system.region_count());
        let mut b = Array2::zeros((n, 3 * r_count));
        for i in 0..n {
            let s = content.region[i];
            b[[i, s]] = content.home.value[i];
            b[[i, r_count + s]] = content.final_sum.value[i];
            for r in 0..r_count {
                b[[i, 2 * r_count + r]] = content.finals[[i, r]];
            }
        }
        let mut found = leontief.forward("outputs by source and by destination of final goods", b.view());
        for i in 0..n {
            // these right-hand sides are sums
            let s = content.region[i];
            found.sizes[[i, s]] += content.home.error[i];
            found.sizes[[i, r_count + s]] += content.final_sum.error[i];
            (0..r_count).for_each(|r| found.sizes[[i, 2 * r_count + r]] += content.finals_bound[[i, r]]);
        }
        let solved = solved(leontief, found);
        let (w, w_scale, columns) = own_blocks(leontief, content, &content.finals, &content.finals_bound);
        content.solves.forward += 3 * r_count + columns;
        let sizes = |x: &Array2<f64>| x.columns().into_iter().map(|c| content.trade.sizes_by_region(c)).collect();
        let mut sums = Array2::zeros((n, 2));
        for k in 0..2 {
            let columns = solved.x.slice(ndarray::s![.., k * r_count..(k + 1) * r_count]);
            sums.column_mut(k).assign(&columns.sum_axis(Axis(1)));
        }
        Parts { sizes: sizes(&solved.x), w_sizes: sizes(&w), solved, w, w_scale, sums }
    }

    /// The columns that exporter s meets behind its partners (n x 11); rows of region r serve the pair (s, r).
    fn panel(&self, content: &Content, s: usize) -> Vec<f64> {
        let r_count = content.system.region_count();
        let mut panel = vec![0.0; self.w.nrows() * PANEL];
        for (j, to) in panel.chunks_exact_mut(PANEL).enumerate() {
            let row = self.solved.x.row(j);
            let r = content.region[j];
            let (q, fx, back) = (|t: usize| row[t], |t: usize| row[r_count + t], row[2 * r_count + s]);
            let direct = self.w[[j, s]];
            let others_back = back - direct;
            to.copy_from_slice(&[
                q(r),
                self.sums[[j, 0]] - q(r) - q(s),
                fx(r) - direct,
                self.sums[[j, 1]] - fx(r) - fx(s) - others_back,
                q(s),
                direct,
                others_back,
                fx(s),
                content.system.table.x[j],
                content.home_output.value[j],
                content.export_output.value[j],
            ]);
        }
        panel
    }

    /// Errors of the panel of exporter s against the weight, by region r (R x 11), with the rounding of one sum over a
    /// row of A on top.
    fn panel_errors(&self, content: &Content, s: usize, panel: &[f64]) -> Vec<[f64; PANEL]> {
        let r_count = content.system.region_count();
        let scale = |k: usize| self.solved.scale[k];
        let all = |k: usize| (0..r_count).map(|t| scale(k * r_count + t)).sum::<f64>();
        let (all_q, all_fx) = (all(0), all(1));
        let panel = ndarray::ArrayView2::from_shape((panel.len() / PANEL, PANEL), panel).expect("n x 11");
        let sizes: Vec<Vec<f64>> = (0..PANEL).map(|k| content.trade.sizes_by_region(panel.column(k))).collect();
        let local: Vec<Vec<f64>> =
            [&content.home_output, &content.export_output].map(|e| content.trade.sizes_by_region(e.error.view())).into();
        let g = gamma(r_count as f64 + 6.0);
        (0..r_count)
            .map(|r| {
                let size = |k: usize| self.sizes[k][r];
                let total = |k: usize| (0..r_count).map(|t| size(k * r_count + t)).sum::<f64>();
                let (direct, back) = (self.w_scale[[r, s]], scale(2 * r_count + s));
                let (direct_size, back_size) = (self.w_sizes[s][r], size(2 * r_count + s));
                let rounding = [
                    0.0,
                    total(0) + size(r) + size(s),
                    size(r_count + r) + direct_size,
                    total(1) + size(r_count + r) + size(r_count + s) + back_size + direct_size,
                    0.0,
                    0.0,
                    back_size + direct_size,
                    0.0,
                    0.0,
                    0.0,
                    0.0,
                ];
                let errors = [
                    scale(r),
                    all_q,
                    scale(r_count + r) + direct,
                    all_fx + back + direct,
                    scale(s),
                    direct,
                    back + direct,
                    scale(r_count + s),
                    0.0,
                    local[0][r],
                    local[1][r],
                ];
                std::array::from_fn(|k| up(up(errors[k]) + up(g * rounding[k]) + up(content.trade.rounding() * sizes[k][r])))
            })
            .collect()
    }
}

fn near(value: f64, bound: f64) -> Bounded {
    Bounded { value, bound }
}

/// All records of one exporter: rows x partners but itself x terms.
fn exporter(content: &Content, parts: &Parts, s: usize, width: usize, values: &mut [f64], bounds: &mut [f64]) {
    let r_count = content.system.region_count();
    let panel = parts.panel(content, s);
    let errors = parts.panel_errors(content, s, &panel);
    let through = content.trade.by_partner(s, PANEL, &panel);
    let mut records = values.chunks_exact_mut(width).zip(bounds.chunks_exact_mut(width));
    for (i, through) in content.system.labels().rows(s).zip(through.chunks_exact(r_count * PANEL)) {
        for (p, _) in content.partners.iter().enumerate().filter(|(p, _)| *p != s) {
            let part = |k: usize| match through.get(p * PANEL + k) {
                Some(&v) if p < r_count => near(v, up(content.trade.reach[[i, p]] * errors[p][k])),
                _ => Bounded::ZERO,
            };
            let (values, bounds) = records.next().expect("one record for each row and partner");
            for ((to, bound), term) in values.iter_mut().zip(bounds).zip(terms(content, i, p, part)) {
                (*to, *bound) = (term.value, term.bound);
            }
        }
    }
}

/// The terms of row i and partner p; `part(k)` is `A_sr` times column k of the panel.
fn terms(content: &Content, i: usize, p: usize, part: impl Fn(usize) -> Bounded) -> [Bounded; 17] {
    let of = |e: &super::enclosed::Enclosed| near(e.value[i], e.error[i]);
    let (own, local, foreign) = (of(&content.own), of(&content.local), of(&content.foreign));
    let partner = match content.partners[p] {
        Partner::Region(r) => near(content.origin.x[[i, r]], up(content.dual[i] * content.origin.scale[r])),
        _ => content.abroad.as_ref().map_or(Bounded::ZERO, of),
    };
    let third = foreign - partner;
    let goods = near(content.finals[[i, p]], content.finals_bound[[i, p]]);
    let exports = near(content.exports[[i, p]], content.exports_bound[[i, p]]);
    [
        own * goods,
        local * part(0),
        local * part(1),
        local * part(2),
        local * part(3),
        local * part(4),
        local * part(5),
        local * part(6),
        third * goods,
        partner * goods,
        third * part(9),
        partner * part(9),
        local * part(7),
        (own - local) * part(8),
        third * part(10),
        partner * part(10),
        content.unexplained.as_ref().map_or(Bounded::ZERO, of) * exports,
    ]
}

/// Identities that hold on every table.
fn checks(content: &Content, parts: &Parts, found: &Decomposition) -> Result<Vec<Check>> {
    let r_count = content.system.region_count();
    let place = |p: &Partner| content.partners.iter().position(|q| q == p).expect("a partner");
    let embodied = found.keys.iter().map(|k| {
        let i = k.sector.expect("by sector");
        content.total[i] * content.exports[[i, place(&k.partner.expect("by partner"))]]
    });
    let (nine, _) = kww::terms(content)?;
    let mut sums = Array2::<f64>::zeros(nine.dim());
    for (key, row) in found.keys.iter().zip(found.values.rows()) {
        for k in 0..nine.ncols() {
            sums[[key.exporter, k]] += NINE[k].iter().map(|&t| row[t]).sum::<f64>();
        }
    }
    let x = content.system.table.x.iter().copied();
    let own_goods = |i: usize| parts.solved.x[[i, r_count + content.region[i]]];
    Ok(vec![
        Check::sums("terms of each record add up to the content of its exports", found.values.sum_axis(Axis(1)), embodied),
        Check::sums("outputs for final goods of all sources add up to x", parts.sums.sum_axis(Axis(1)), x),
        Check::sums(
            "outputs for final goods by partner add up to those of their source",
            parts.w.sum_axis(Axis(1)),
            (0..content.region.len()).map(own_goods),
        ),
        Check::sums("sixteen terms add up to the nine of Koopman, Wang and Wei", sums, nine),
        content.local_outputs(),
    ])
}
