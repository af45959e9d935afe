//! The table of a build, with its flows or by its trade shares.

use ndarray::{Array1, Array2, Axis};

use super::Built;
use super::fit::Fit;
use super::margins::Margins;
use super::regional::{Imported, Regional};
use crate::bounded::Sum;
use crate::labels::{Labels, Name};
use crate::operator::trade_share::{ShareForm, Shares};
use crate::share_table::ShareTable;
use crate::table::{Provenance, Sparse, Table};
use crate::threads::prelude::*;

/// What is printed on every output: trade between regions was not observed.
const STAMP: &str = "MODELLED";

pub(super) fn table(regional: &[Regional], margins: &Margins, (shares, imported): (&[f64], &Array2<f64>), fit: &Fit, flows: bool) -> Table {
    let first = &regional[0];
    let (r, s) = (regional.len(), first.products.len());
    let names: Vec<Name> = regional.iter().map(|t| t.region.clone()).collect();
    let categories = if flows { first.categories.clone() } else { vec![Name::plain("final demand")] };
    let labels = Labels::regular(names, first.products.clone(), categories);
    let flat = |block: &Array2<f64>| Array1::from_iter(block.iter().copied());
    let (x, exports) = (flat(&margins.output), flat(&margins.exports));
    let (z, y, error) =
        if flows { written_out(regional, shares, fit, [&x, &exports]) } else { summed_up(regional, shares, fit, [&x, &exports]) };
    let d = labels.categories.len() / r;
    let mut imports_final = Array1::zeros(r * d);
    for (q, table) in regional.iter().enumerate() {
        for c in 0..first.categories.len() {
            // one column has the imports of all
            imports_final[q * d + c.min(d - 1)] += match &table.imported {
                Imported::Within(_) => table.y.column(c).iter().zip(imported.row(q)).map(|(v, m)| v * m).sum(),
                Imported::Apart(_, demand) => demand[c],
            };
        }
    }
    let mut built = Table::new(labels, z, y, x);
    built.value_added = first
        .value_added
        .iter()
        .enumerate()
        .map(|(k, (name, _))| {
            let rows = regional.iter().flat_map(|t| t.value_added.get(k).map_or_else(|| vec![0.0; s], |v| v.1.to_vec()));
            (name.clone(), rows.collect())
        })
        .collect();
    (built.exports, built.error) = (Some(exports), Some(error));
    (built.imports, built.imports_final) = (Some(fit.imports.clone()), Some(imports_final));
    built.unit = first.unit.clone();
    built.provenance =
        Provenance { files: regional.iter().map(|t| t.source.clone()).collect(), stamp: Some(STAMP.into()), ..Provenance::default() };
    built
}

/// Flows, final demand by category, and what rows leave over.
fn written_out(regional: &[Regional], shares: &[f64], fit: &Fit, [x, exports]: [&Array1<f64>; 2]) -> (Sparse, Array2<f64>, Array1<f64>) {
    let (r, s, d) = (regional.len(), regional[0].products.len(), regional[0].categories.len());
    let mut z = Array2::zeros((r * s, r * s));
    let mut y = Array2::zeros((r * s, r * d));
    for (q, table) in regional.iter().enumerate() {
        for o in 0..r {
            for i in 0..s {
                let (k, t) = (o * s + i, shares[(i * r + o) * r + q]);
                let scaling = fit.rows[k] * t;
                if t == 0.0 {
                    continue;
                }
                for j in 0..s {
                    z[[k, q * s + j]] = scaling * (table.z[[i, j]] * fit.columns[q * s + j]);
                }
                for c in 0..d {
                    let v = table.y[[i, c]];
                    y[[k, q * d + c]] = if v < 0.0 && fit.rows[k] > 0.0 { t * v / fit.rows[k] } else { scaling * v };
                }
            }
        }
    }
    let mut error = Array1::zeros(r * s);
    for (k, error) in error.iter_mut().enumerate() {
        let mut left = Sum::default();
        left.extend([x[k], -exports[k]].iter());
        z.row(k).iter().chain(y.row(k)).for_each(|v| left.add(-v));
        *error = left.bounded().value;
    }
    (crate::table::sparse(z.view()), y, error)
}

/// No flows, final demand by region, and what rows leave over: sums by product and region, each handed out by the trade shares.
fn summed_up(regional: &[Regional], shares: &[f64], fit: &Fit, [x, exports]: [&Array1<f64>; 2]) -> (Sparse, Array2<f64>, Array1<f64>) {
    let (r, s) = (regional.len(), regional[0].products.len());
    // intermediate use, positive and negative final demand of each region by product
    let parts: Vec<[Vec<f64>; 3]> = (0..r)
        .into_par_iter()
        .map(|q| {
            let own = &fit.columns[q * s..][..s];
            let demand = |sign: f64| regional[q].y.rows().into_iter().map(|row| row.iter().map(|v| (sign * v).max(0.0)).sum()).collect();
            let used = regional[q].z.rows().into_iter().map(|row| row.iter().zip(own).map(|(z, c)| z * c).sum()).collect();
            [used, demand(1.0), demand(-1.0)]
        })
        .collect();
    let mut y = Array2::zeros((r * s, r));
    let mut error = Array1::zeros(r * s);
    let rows = y.axis_iter_mut(Axis(0)).into_par_iter().zip(error.axis_iter_mut(Axis(0))).enumerate();
    rows.for_each(|(k, (mut y, mut error))| {
        let (o, i) = (k / s, k % s);
        let mut left = Sum::default();
        left.extend([x[k], -exports[k]].iter());
        for (q, [used, positive, negative]) in parts.iter().enumerate() {
            let t = shares[(i * r + o) * r + q];
            let scaling = fit.rows[k] * t;
            let less = if fit.rows[k] > 0.0 { t / fit.rows[k] } else { scaling };
            y[q] = if negative[i] == 0.0 { scaling * positive[i] } else { scaling * positive[i] - less * negative[i] };
            left.add(-scaling * used[i]);
            left.add(-y[q]);
        }
        error[()] = left.bounded().value;
    });
    (Sparse::zero((r * s, r * s)), y, error)
}

pub(super) fn share_table(built: &Built) -> ShareTable {
    let table = &built.table;
    let r = table.labels.region_count();
    let s = table.dim() / r;
    let mut shares = built.shares.clone();
    for (k, share) in shares.iter_mut().enumerate() {
        let (i, o) = (k / (r * r), k / r % r);
        *share *= built.fit.rows[o * s + i];
    }
    let mut technology = vec![0.0; r * s * s];
    for (k, row) in built.technologies().enumerate() {
        technology[k * s..][..s].copy_from_slice(&row);
    }
    let names = table.labels.regions.iter().cloned().chain([Name::plain("export"), Name::plain("error")]);
    let (demand, _) = table.demand_by_region();
    let mut y = Array2::zeros((table.dim(), r + 2));
    y.slice_mut(ndarray::s![.., ..r]).assign(&demand);
    for (k, column) in [&table.exports, &table.error].into_iter().enumerate() {
        column.iter().for_each(|c| y.index_axis_mut(Axis(1), r + k).assign(c));
    }
    ShareTable {
        regions: table.labels.regions.clone(),
        products: table.labels.sectors[..s].to_vec(),
        form: ShareForm {
            regions: r,
            products: s,
            class: (0..r).collect(),
            technology,
            shares: Shares::Products(shares),
            ..ShareForm::default()
        },
        demand: names.collect(),
        y,
        x: table.x.clone(),
        stressors: table.stressors.clone(),
        unit: table.unit.clone(),
        provenance: table.provenance.clone(),
    }
}
