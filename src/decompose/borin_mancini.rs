//! Gross exports of a sector to a partner by Borin and Mancini, source-based: an item is domestic or foreign value when it
//! leaves the exporter for the first time, and counted twice when it leaves again.
//!
//! With own, local and foreign content as in `content`: `DVA = local # e`, `DDC = (own - local) # e`, `FVA = first # e`,
//! `FDC = (foreign - first) # e`, where `first` is the block in s of `T_s(c outside s)`, s selling no intermediates: what
//! came in without having left s before. Of the domestic value `DAVAX = local # (Y_sr + A_sr Fd(home)_r)` is used by the
//! direct importer with one border crossed, `GVCF` is the rest. The terms add up to all content of the exports.
//! One masked right-hand side for each exporter. The sink-based scheme is in `sink`.
//! Borin, Mancini, *Economic Systems Research* (2023), doi:10.1080/09535314.2022.2153221.

use ndarray::{Array1, Array2, Axis};

use super::content::{Content, quotient_bound};
use super::enclosed::{Enclosed, scales};
use super::scheme::{Indicators, unfinished};
use super::{Decomposition, Key, Partner, Scheme, Term, kww};
use crate::bounded::{Bounded, up};
use crate::check::Check;
use crate::error::Result;
use crate::leontief::{Factor, Leontief, Mask};
use crate::operator::Direction;
use crate::system::per_output;

mod sink;

pub(super) use sink::sink;

/// The terms of the source-based scheme, and what a table with incomplete columns leaves unexplained.
pub(super) const SOURCE: [Term; 6] = [
    Term { name: "DAVAX", meaning: "domestic value used by the direct importer, one border crossed" },
    Term { name: "GVCF", meaning: "domestic value that crosses more borders: forward participation in global value chains" },
    Term { name: "DDC", meaning: "domestic content counted twice: it has left the exporter before" },
    Term { name: "FVA", meaning: "foreign value that leaves the exporter for the first time" },
    Term { name: "FDC", meaning: "foreign content counted twice: it has left the exporter before" },
    Term { name: "UNEXPLAINED", meaning: "content that neither value added nor imports explain" },
];

/// Sums of terms of the source-based scheme, by exporter.
pub(super) const INDICATORS: [Term; 9] = [
    Term { name: "DC", meaning: "domestic content: DVA + DDC" },
    Term { name: "DVA", meaning: "domestic value: DAVAX + GVCF" },
    Term { name: "VAX", meaning: "domestic value used abroad in the end" },
    Term { name: "REF", meaning: "domestic value used at home in the end: DVA - VAX" },
    Term { name: "FC", meaning: "foreign content: FVA + FDC" },
    Term { name: "GVC", meaning: "trade in global value chains: GVCF + GVCB" },
    Term { name: "GVCF", meaning: "forward participation: DVA - DAVAX" },
    Term { name: "GVCB", meaning: "backward participation: FC + DDC" },
    Term { name: "DAVAX", meaning: "domestic value used by direct importers" },
];

/// Decomposes the gross exports of every sector to every partner, source-based.
///
/// # Errors
/// When a domestic block is singular.
pub(super) fn source(leontief: &Leontief, factor: Factor) -> Result<Decomposition> {
    let mut content = Content::new(leontief, factor)?;
    let first = first_crossing(leontief, &mut content, factor)?;
    let (ddc, fdc) = (content.own.minus(&content.local), content.foreign.minus(&first));
    let mut rows = Rows::new(&content, 5);
    for s in 0..content.system.region_count() {
        let simple = Behind::new(&content, s, std::slice::from_ref(&content.home_output));
        for i in content.system.labels().rows(s) {
            for (p, partner) in content.partners_of(s) {
                let (e, l) = (content.export(i, p), content.local.at(i));
                let mut used = content.goods(i, p);
                if let Partner::Region(r) = partner {
                    used = used + simple.at(i, r, 0);
                }
                let foreign = [first.at(i) * e, fdc.at(i) * e];
                rows.push(&content, i, p, &[l * used, l * (e - used), ddc.at(i) * e, foreign[0], foreign[1]]);
            }
        }
    }
    let mut found = unfinished(leontief, Scheme::BorinManciniSource, factor, &SOURCE[..rows.width]);
    rows.finish(&content, &mut found);
    let (nine, nine_bounds) = kww::terms(&content)?;
    let indicators = indicators(&content, &found, &nine, &nine_bounds);
    found.checks.push(Check::sums(
        "domestic value of each exporter equals the first five terms of Koopman, Wang and Wei",
        indicators.values.column(1).to_vec(),
        nine.slice(ndarray::s![.., ..5]).sum_axis(Axis(1)),
    ));
    found.indicators = vec![indicators, by_record(&content, &found)];
    Ok(found)
}

/// What comes from elsewhere into a unit of each product without having left the product's region before (n).
fn first_crossing(leontief: &Leontief, content: &mut Content, factor: Factor) -> Result<Enclosed> {
    let system = content.system;
    let n = system.dim();
    let abroad = system.table.imports.as_ref().filter(|_| factor == Factor::Value).map(|m| per_output(m, &system.table.x));
    let mut first = Enclosed::zero(n);
    for s in 0..system.region_count() {
        let rows = system.labels().rows(s);
        let mut c = content.intensity.clone();
        c.slice_mut(ndarray::s![rows.clone()]).fill(0.0);
        if let Some(abroad) = &abroad {
            c += abroad;
        }
        let name = "content that leaves the exporter for the first time";
        let mut found = leontief.masked(&Mask::Exports(s), Direction::Transposed, name, c.view().insert_axis(Axis(1)))?;
        for i in (0..n).filter(|i| !rows.contains(i) || abroad.is_some()) {
            let own = if rows.contains(&i) { 0.0 } else { content.intensity_bound[i] };
            // the quotient of imports, and the sum of both
            let made = abroad.as_ref().map_or(0.0, |m| quotient_bound(m[i]) + quotient_bound(c[i]));
            found.sizes[[i, 0]] = up(found.sizes[[i, 0]] + own + made);
        }
        let scale = scales(leontief, Direction::Transposed, found.sizes.view())[0];
        for i in rows {
            (first.value[i], first.error[i]) = (found.x[[i, 0]], up(content.dual[i] * scale));
        }
        content.solves.masked += 1;
    }
    Ok(first)
}

/// By exporter: sums of terms, and the domestic value that is used at home or abroad in the end.
fn indicators(content: &Content, found: &Decomposition, nine: &Array2<f64>, nine_bounds: &Array2<f64>) -> Indicators {
    let r_count = content.system.region_count();
    let (mut values, mut bounds) = (Array2::zeros((r_count, INDICATORS.len())), Array2::zeros((r_count, INDICATORS.len())));
    let mut sums = vec![[Bounded::ZERO; 5]; r_count];
    for ((key, v), b) in found.keys.iter().zip(found.values.rows()).zip(found.bounds.rows()) {
        for (k, sum) in sums[key.exporter].iter_mut().enumerate() {
            *sum = *sum + Bounded::new(v[k], b[k]);
        }
    }
    for (s, [davax, gvcf, ddc, fva, fdc]) in sums.into_iter().enumerate() {
        let nine = |k: usize| Bounded::new(nine[[s, k]], if content.proven { nine_bounds[[s, k]] } else { f64::INFINITY });
        let (dva, fc) = (davax + gvcf, fva + fdc);
        let (vax, reflected, back) = (nine(0) + nine(1) + nine(2), nine(3) + nine(4), fc + ddc);
        for (k, v) in [dva + ddc, dva, vax, reflected, fc, gvcf + back, gvcf, back, davax].into_iter().enumerate() {
            (values[[s, k]], bounds[[s, k]]) = (v.value, v.bound);
        }
    }
    let keys = (0..r_count).map(|s| Key { exporter: s, sector: None, partner: None }).collect();
    Indicators { names: &INDICATORS, keys, values, bounds: content.mask_unproven(bounds) }
}

/// Sums of terms by exporter's sector and partner.
const BY_RECORD: [Term; 5] = [INDICATORS[0], INDICATORS[1], INDICATORS[4], INDICATORS[5], INDICATORS[7]];

/// For every record of the source-based scheme: DC, DVA, FC, GVC and GVCB.
fn by_record(content: &Content, found: &Decomposition) -> Indicators {
    let shape = (found.keys.len(), BY_RECORD.len());
    let (mut values, mut bounds) = (Array2::zeros(shape), Array2::zeros(shape));
    for (k, (v, b)) in found.values.rows().into_iter().zip(found.bounds.rows()).enumerate() {
        let [davax, gvcf, ddc, fva, fdc] = std::array::from_fn(|t| Bounded::new(v[t], b[t]));
        let (dva, fc) = (davax + gvcf, fva + fdc);
        for (t, sum) in [dva + ddc, dva, fc, gvcf + fc + ddc, fc + ddc].into_iter().enumerate() {
            (values[[k, t]], bounds[[k, t]]) = (sum.value, sum.bound);
        }
    }
    Indicators { names: &BY_RECORD, keys: found.keys.clone(), values, bounds: content.mask_unproven(bounds) }
}

/// `A_sr x_r` of some columns for the rows of one exporter, with bounds.
struct Behind {
    start: usize,
    columns: usize,
    regions: usize,
    values: Vec<f64>,
    /// `max |error_j| / w_j` and rounding by region and column, times the reach of the row.
    scale: Vec<f64>,
    reach: Array2<f64>,
}

impl Behind {
    fn new(content: &Content, s: usize, columns: &[Enclosed]) -> Self {
        let (k, regions) = (columns.len(), content.system.region_count());
        let rows = content.system.labels().rows(s);
        let mut panel = vec![0.0; content.system.dim() * k];
        for (c, column) in columns.iter().enumerate() {
            panel.iter_mut().skip(c).step_by(k).zip(&column.value).for_each(|(to, v)| *to = *v);
        }
        let mut scale = vec![0.0; regions * k];
        for (c, column) in columns.iter().enumerate() {
            let (errors, sizes) = (content.trade.sizes_by_region(column.error.view()), content.trade.sizes_by_region(column.value.view()));
            for r in 0..regions {
                scale[r * k + c] = up(errors[r] + up(content.trade.rounding() * sizes[r]));
            }
        }
        let reach = content.trade.reach.slice(ndarray::s![rows.clone(), ..]).to_owned();
        Behind { start: rows.start, columns: k, regions, values: content.trade.by_partner(s, k, &panel), scale, reach }
    }

    /// Row i of `A_sr x_r`, column k.
    fn at(&self, i: usize, r: usize, k: usize) -> Bounded {
        let row = i - self.start;
        let bound = up(self.reach[[row, r]] * self.scale[r * self.columns + k]);
        Bounded::new(self.values[(row * self.regions + r) * self.columns + k], bound)
    }
}

/// Terms by exporter's sector and partner, in the making.
struct Rows {
    width: usize,
    values: Vec<f64>,
    bounds: Vec<f64>,
}

impl Rows {
    /// Rows of `terms` terms, and one more if some content is unexplained.
    fn new(content: &Content, terms: usize) -> Self {
        Rows { width: terms + usize::from(content.unexplained.is_some()), values: Vec::new(), bounds: Vec::new() }
    }

    fn push(&mut self, content: &Content, i: usize, p: usize, terms: &[Bounded]) {
        let left = content.unexplained.as_ref().map(|u| u.at(i) * content.export(i, p));
        for v in terms.iter().copied().chain(left) {
            self.values.push(v.value);
            self.bounds.push(v.bound);
        }
    }

    /// Sets keys, values, bounds, the identity with the content of exports, solves and notes.
    fn finish(self, content: &Content, found: &mut Decomposition) {
        found.keys = content.pairs();
        let shape = (found.keys.len(), self.width);
        found.values = Array2::from_shape_vec(shape, self.values).expect("keys x terms");
        found.bounds = content.mask_unproven(Array2::from_shape_vec(shape, self.bounds).expect("keys x terms"));
        let of = |i: usize, s: usize| content.partners_of(s).map(move |(p, _)| (i, p));
        let embodied: Vec<f64> = (0..content.system.dim())
            .flat_map(|i| of(i, content.region[i]))
            .map(|(i, p)| content.total[i] * content.exports[[i, p]])
            .collect();
        let name = "terms of each sector and partner add up to the content of its exports";
        found.checks.push(Check::sums(name, found.values.sum_axis(Axis(1)), embodied));
        found.checks.push(content.local_outputs());
        found.notes = content.notes();
        found.solves = content.solves;
    }
}

/// By exporter, the sums of some columns of a decomposition.
fn by_exporter(found: &Decomposition, regions: usize, columns: std::ops::Range<usize>) -> Array1<f64> {
    let mut sums = Array1::zeros(regions);
    for (key, row) in found.keys.iter().zip(found.values.rows()) {
        sums[key.exporter] += columns.clone().map(|k| row[k]).sum::<f64>();
    }
    sums
}
