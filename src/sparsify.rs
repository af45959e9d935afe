//! Leaving small flows out of a table, and what that does to every footprint, proven before anything is left out.
//!
//! `J - J_t = z' (A - A_t) x_t` with `z = T(f)` of the whole table and `x_t = F_t(y)` of the smaller one. `|x_t|` is at most
//! `X >= (I - |A|)^-1 |y|`, and z at most `Z`, so `|J - J_t| <= Z' |A - A_t| X` for any signs, from the covers of the whole table
//! alone: one table of thresholds costs one model. Output stays, so what a row no longer sells goes to its error column; what a column no longer
//! buys is the remainder of that column.
//! Horn, Johnson, *Matrix Analysis*, 2nd ed., section 5.8 (perturbed inverses).

use ndarray::{Array1, Array2};

use crate::bounded::{Sum, gamma, up};
use crate::leontief::Leontief;
use crate::table::{FlowMatrix, Sparse, Table};

/// What one threshold leaves out.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Flows below this share of the buyer's output are left out.
    pub threshold: f64,
    /// Number of flows left out.
    pub entries: usize,
    /// Their sum of sizes, in the unit of the table.
    pub mass: f64,
    /// The same as a share of all flows.
    pub share: f64,
    /// Most that a footprint changes, by region and stressor (K x R); infinite where nothing is proven.
    pub effect: Vec<Vec<f64>>,
}

/// Whether a flow is left out: it is smaller than `threshold` of the output of its buyer.
fn is_small(z: f64, x: f64, threshold: f64) -> bool {
    z != 0.0 && z.abs() < threshold * x.abs()
}

/// What each threshold leaves out, and how far each footprint of each stressor moves at most.
pub fn dropped(leontief: &Leontief, thresholds: &[f64]) -> Vec<Dropped> {
    let (system, table) = (&leontief.system, &leontief.system.table);
    let (n, regions) = (system.dim(), system.region_count());
    let demand = system.demand.slice(ndarray::s![.., ..regions]).to_owned();
    // what demand itself may be off by counts as demand
    let sides =
        system.demand_bound.as_ref().map_or_else(|| demand.clone(), |b| demand.mapv(f64::abs) + b.slice(ndarray::s![.., ..regions]));
    let outputs = leontief.outputs();
    let approximate = outputs.x.slice(ndarray::s![.., ..regions]).to_owned();
    let sold: Option<Array2<f64>> = leontief.primal_cover(sides.view(), &approximate).map(|c| c.vectors());
    let embodied: Vec<Option<Array1<f64>>> = (0..system.intensities.len())
        .map(|k| {
            let sums = |c: Array2<f64>| c.rows().into_iter().map(|row| up(row.sum() * (1.0 + gamma(regions as f64)))).collect();
            leontief.cover_of(k).map(|c| sums(c.vectors()))
        })
        .collect();
    let all: f64 = (0..n).map(|i| table.z.row(i).map(|(_, z)| z.abs()).sum::<f64>()).sum();
    let one = |&threshold: &f64| {
        let (mut mass, mut entries) = (Sum::default(), 0);
        let mut effect = vec![vec![0.0; regions]; embodied.len()];
        let mut lost = vec![0.0; regions];
        for i in 0..n {
            lost.fill(0.0);
            let mut any = false;
            for (j, z) in table.z.row(i).filter(|(j, z)| is_small(*z, table.x[*j], threshold)) {
                mass.add(z.abs());
                entries += 1;
                any = true;
                let a = z.abs() / table.x[j].abs();
                if let Some(sold) = &sold {
                    lost.iter_mut().zip(sold.row(j)).for_each(|(to, x)| *to += a * x);
                }
            }
            if !any {
                continue;
            }
            for (effect, z) in effect.iter_mut().zip(&embodied) {
                match (z, &sold) {
                    (Some(z), Some(_)) => effect.iter_mut().zip(&lost).for_each(|(to, l)| *to += z[i] * l),
                    _ => effect.fill(f64::INFINITY),
                }
            }
        }
        let rounding = 1.0 + gamma(2.0 * n as f64 + 8.0);
        effect.iter_mut().flatten().for_each(|v| *v = if *v == 0.0 { 0.0 } else { up(*v * rounding) });
        let mass = mass.bounded().value;
        Dropped { threshold, entries, mass, share: if all > 0.0 { mass / all } else { 0.0 }, effect }
    };
    thresholds.iter().map(one).collect()
}

/// The table without flows below `threshold` of the output of their buyer, which go to the error column of their rows; all else
/// as it was.
pub fn without(table: &Table, threshold: f64) -> Table {
    let n = table.dim();
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    let mut error = table.error.clone().unwrap_or_else(|| Array1::zeros(n));
    for i in 0..n {
        let mut lost = Sum::default();
        lost.add(error[i]);
        for (j, z) in table.z.row(i).filter(|(_, z)| *z != 0.0) {
            if is_small(z, table.x[j], threshold) {
                lost.add(z);
            } else {
                indices.push(j as u32);
                data.push(z);
            }
        }
        error[i] = lost.bounded().value;
        indptr.push(indices.len());
    }
    let z: FlowMatrix = Sparse::new((n, n), indptr, indices, data).into();
    let mut smaller = Table { z, error: Some(error), ..table.clone() };
    let note =
        format!("flows below {threshold:e} of their buyer's output left out: {} of {}", table.z.nnz() - smaller.z.nnz(), table.z.nnz());
    smaller.provenance.notes.push(note);
    smaller
}
