//! The finer table of regions by its factors, where the table consists of trade shares: no finer flow is ever made.
//!
//! `Z_rs = diag(t^rs) M_s`, so parts p of r and q of s have `diag(tau^pq t^rs) M_s`: the technology of a region is that of all its
//! parts, and shares alone are new. S products and R finer regions take `8 S R^2` bytes in place of `8 S^2 R^2`.

use ndarray::Array2;

use super::mix::Mix;
use super::regional::{by_row, cell, provenance, stressors};
use super::regions::Regions;
use crate::error::{Error, Result};
use crate::labels::{Language, Name};
use crate::memory;
use crate::operator::Operator;
use crate::operator::detect::recognised;
use crate::operator::trade_share::{ShareForm, Shares};
use crate::share_table::ShareTable;
use crate::system::System;
use crate::table::Table;
use crate::threads::prelude::*;

/// How far an own input may be from its share of the inputs from other regions, relative to it: rounding alone.
const SAME: f64 = 1e-11;

/// What helps where there are no factors.
const REMEDY: &str = "write the table with `output` FILE.isard in place of `factors`";

/// Splits the regions of a table that consists of trade shares.
///
/// # Errors
/// When it does not: other products in some region, flows below 0, own inputs in another pattern than inputs from elsewhere; when
/// memory does not suffice.
pub fn factored_regions(table: &Table, parts: &Regions, mix: &Mix) -> Result<ShareTable> {
    let (coarse, count) = (&parts.coarse, parts.count());
    let (regions, s) = (coarse.region_count(), coarse.offsets[1]);
    let products = coarse.products().1.len();
    if products != s || coarse.offsets.windows(2).any(|w| w[1] - w[0] != s) {
        let text = format!("factors need the same products in every region: {} has {s}, all together have {products}", coarse.regions[0]);
        return Err(Error::invalid(text, REMEDY));
    }
    if let Some((i, j, z)) = (0..table.dim()).find_map(|i| table.z.row(i).find(|(_, z)| *z < 0.0).map(|(j, z)| (i, j, z))) {
        let text = format!("factors need flows that are not below 0: that of {} to {} is {z}", coarse.row_name(i), coarse.row_name(j));
        return Err(Error::invalid(text, REMEDY));
    }
    memory::require_array("trade shares of the parts", s * count, count)?;
    let (own, technology, shares) = coarse_factors(table, regions, s)?;
    let mut finer = vec![0.0; s * count * count];
    finer.par_chunks_mut(count * count).enumerate().for_each(|(i, to)| {
        for r in 0..regions {
            let at = (r, coarse.offsets[r] + i);
            for p in parts.of(r) {
                for t in 0..regions {
                    let share = if r == t { own[r * s + i] } else { shares[(i * regions + r) * regions + t] };
                    parts.of(t).for_each(|q| to[p * count + q] = mix.share(parts, at, p, q) * share);
                }
            }
        }
    });
    let (names, y) = demand(table, parts, mix);
    Ok(ShareTable {
        regions: parts.labels.regions.clone(),
        products: coarse.sectors[..s].to_vec(),
        form: ShareForm {
            regions: count,
            products: s,
            class: (0..count).map(|p| parts.parent(p)).collect(),
            technology,
            shares: Shares::Products(finer),
            ..ShareForm::default()
        },
        demand: names,
        y,
        x: by_row(&table.x, parts, &parts.output)?,
        stressors: stressors(table, parts)?,
        unit: table.unit.clone(),
        provenance: provenance(table, parts, mix),
    })
}

/// Own shares (R x S), technologies (R x S x S) and shares between regions (S x R x R) of the table.
fn coarse_factors(table: &Table, regions: usize, s: usize) -> Result<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    let labels = &table.labels;
    let none = || Error::invalid("the table does not consist of trade shares: its flows have no factors", REMEDY);
    let found = recognised(&table.z, &labels.offsets, &table.x).ok_or_else(none)?.into_form();
    if let Some(left) = found.correction.as_ref().filter(|c| c.entries() > 0) {
        let text = format!("{} flows of the table are not what trade shares make of them", left.entries());
        return Err(Error::invalid(text, REMEDY));
    }
    let (Some(domestic), Some(shares)) = (found.domestic, found.shares.products().map(<[f64]>::to_vec)) else { return Err(none()) };
    let mut technology = found.technology;
    let mut own = vec![0.0; regions * s];
    for (k, own) in own.iter_mut().enumerate() {
        let (r, row) = (k / s, k * s..(k + 1) * s);
        let at = found.class[r] * s * s + (k % s) * s;
        let (inside, imports) = (&domestic[row], &mut technology[at..at + s]);
        let (all, other): (f64, f64) = (inside.iter().sum(), imports.iter().sum());
        if other == 0.0 {
            // nothing comes from elsewhere: what is used is what is made
            imports.copy_from_slice(inside);
            *own = 1.0;
            continue;
        }
        *own = all / other;
        if let Some(j) = inside.iter().zip(imports.iter()).position(|(d, m)| (d - *own * m).abs() > SAME * d.max(*own * m)) {
            let text = format!(
                "the inputs of {} from {} are {:.6e} of its output, by the share of all inputs of this product from the own region {:.6e}",
                labels.row_name(labels.offsets[r] + j),
                labels.row_name(k),
                inside[j],
                *own * imports[j]
            );
            return Err(Error::invalid(text, format!("own inputs have a pattern of their own, so parts would have none: {REMEDY}")));
        }
    }
    Ok((own, technology, shares))
}

/// Final demand of each finer region, and what else leaves the table.
fn demand(table: &Table, parts: &Regions, mix: &Mix) -> (Vec<Name>, Array2<f64>) {
    let (coarse, count) = (&parts.coarse, parts.count());
    // exports, stocks and what rows leave over
    let (destinations, beside, _) = System::demand_of(table);
    let names: Vec<Name> = destinations[coarse.region_count()..].iter().map(|d| Name::plain(d.label(coarse, Language::En))).collect();
    let mut y = Array2::zeros((parts.labels.dim(), count + names.len()));
    let mut own = Vec::new();
    for r in 0..coarse.region_count() {
        for i in coarse.rows(r) {
            for s in 0..coarse.region_count() {
                for d in coarse.demand(s).filter(|&d| table.y[[i, d]] != 0.0) {
                    cell(mix, parts, (r, i), table.y[[i, d]], (s, &|q| parts.demand[parts.column((s, d), q)]), &mut own);
                    let pairs = parts.of(r).flat_map(|p| parts.of(s).map(move |q| (p, q)));
                    pairs.zip(&own).for_each(|((p, q), v)| y[[parts.row((r, i), p), q]] += v);
                }
            }
            for row in parts.of(r).map(|p| parts.row((r, i), p)) {
                let others = beside.row(i);
                let own = others.iter().skip(coarse.region_count()).map(|v| parts.output[row] * v);
                y.row_mut(row).iter_mut().skip(count).zip(own).for_each(|(to, v)| *to = v);
            }
        }
    }
    (parts.labels.regions.iter().cloned().chain(names).collect(), y)
}
