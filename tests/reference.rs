//! The slow, obvious answer: Gaussian elimination in double-double arithmetic (about 32 digits), on the table itself.

use isard::Table;
use isard::system::{Destination, System};

/// A number as an unevaluated sum of two f64.
#[derive(Clone, Copy, Debug)]
pub struct Double(pub f64, pub f64);

impl Double {
    pub const ZERO: Double = Double(0.0, 0.0);

    fn sum(a: f64, b: f64) -> Double {
        let s = a + b;
        let t = s - a;
        Double(s, (a - (s - t)) + (b - t))
    }

    fn quick(a: f64, b: f64) -> Double {
        let s = a + b;
        Double(s, b - (s - a))
    }

    pub fn add(self, o: Double) -> Double {
        let s = Double::sum(self.0, o.0);
        let t = Double::sum(self.1, o.1);
        let u = Double::quick(s.0, s.1 + t.0);
        Double::quick(u.0, u.1 + t.1)
    }

    pub fn neg(self) -> Double {
        Double(-self.0, -self.1)
    }

    pub fn mul(self, o: Double) -> Double {
        let p = self.0 * o.0;
        let e = self.0.mul_add(o.0, -p);
        Double::quick(p, e + self.0 * o.1 + self.1 * o.0)
    }

    pub fn div(self, o: Double) -> Double {
        let q1 = self.0 / o.0;
        let r = self.add(o.mul(Double(q1, 0.0)).neg());
        let q2 = r.0 / o.0;
        let r = r.add(o.mul(Double(q2, 0.0)).neg());
        Double::quick(q1, q2).add(Double(r.0 / o.0, 0.0))
    }

    /// `value - self`, in f64.
    pub fn distance(self, value: f64) -> f64 {
        (Double(value, 0.0).add(self.neg())).0.abs()
    }
}

fn exact(v: f64) -> Double {
    Double(v, 0.0)
}

/// Value added of each column, from the cells: the sum of the rows, or output less purchases and imports.
pub fn value_added(table: &Table) -> Vec<Double> {
    let mut sums: Vec<Double> = vec![Double::ZERO; table.dim()];
    let mut take = |column: &ndarray::Array1<f64>, sign: f64| {
        sums.iter_mut().zip(column).for_each(|(sum, v)| *sum = sum.add(exact(sign * v)));
    };
    if !table.value_added.is_empty() {
        table.value_added.iter().for_each(|(_, row)| take(row, 1.0));
        return sums;
    }
    take(&table.x, 1.0);
    table.imports.iter().for_each(|m| take(m, -1.0));
    for row in table.z.outer_iterator() {
        row.iter().for_each(|(j, v)| sums[j] = sums[j].add(exact(-v)));
    }
    sums
}

/// Demand by destination (n x K) of a system, from the cells; what rows leave over is part of the error destination.
pub fn demand(system: &System) -> Vec<Vec<Double>> {
    let table = &system.table;
    let sum = |i: usize, columns: std::ops::Range<usize>| columns.fold(Double::ZERO, |sum, c| sum.add(exact(table.y[[i, c]])));
    let one = |column: &Option<ndarray::Array1<f64>>, i: usize| column.as_ref().map_or(Double::ZERO, |c| exact(c[i]));
    let left = |i: usize| {
        let flows = table.z.outer_view(i).expect("a row").data().iter().fold(exact(table.x[i]), |sum, v| sum.add(exact(-v)));
        [sum(i, 0..table.y.ncols()), one(&table.exports, i), one(&table.stock, i)].into_iter().fold(flows, |sum, v| sum.add(v.neg()))
    };
    let entry = |i: usize, d: &Destination| match d {
        Destination::Region(r) => sum(i, table.labels.demand(*r)),
        Destination::Export => one(&table.exports, i),
        Destination::Stock => one(&table.stock, i),
        Destination::Error => left(i),
    };
    (0..table.dim()).map(|i| system.destinations.iter().map(|d| entry(i, d)).collect()).collect()
}

/// The same table with rows of value added that cancel, and categories of demand that do, both far above what is left.
pub fn with_cancelling_cells(mut table: Table, seed: u64) -> Table {
    let n = table.dim();
    let wild = |i: usize, salt: u64| {
        ((seed ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add((i as u64).wrapping_mul(0x2545_f491_4f6c_dd1d)) >> 40) as f64 / 3e7
            + 0.1
    };
    if !table.value_added.is_empty() {
        let far = ndarray::Array1::from_shape_fn(n, |i| 1e9 * table.x[i] * wild(i, 1));
        let near = ndarray::Array1::from_shape_fn(n, |i| -far[i] * (1.0 + 1e-11 * wild(i, 2)));
        table.value_added.insert(0, (isard::labels::Name::plain("tax"), far));
        table.value_added.push((isard::labels::Name::plain("subsidy"), near));
    }
    for r in 0..table.labels.region_count() {
        let columns = table.labels.demand(r);
        if columns.len() >= 2 {
            for i in 0..n {
                let far = 1e5 * table.x[i] * wild(i, 3 + r as u64);
                table.y[[i, columns.start]] += far;
                table.y[[i, columns.start + 1]] -= far;
            }
        }
    }
    table
}

/// `(I - A) X = B` with `A = Z diag(1/x)` formed in double-double; `None` when singular.
pub fn solve(table: &Table, b: &[Vec<f64>]) -> Option<Vec<Vec<Double>>> {
    let n = table.dim();
    let mut m = vec![vec![Double::ZERO; n]; n];
    for (i, row) in m.iter_mut().enumerate() {
        row[i] = Double(1.0, 0.0);
    }
    for (i, row) in table.z.outer_iterator().enumerate() {
        for (j, &z) in row.iter() {
            if table.x[j] != 0.0 {
                m[i][j] = m[i][j].add(Double(z, 0.0).div(Double(table.x[j], 0.0)).neg());
            }
        }
    }
    eliminate(m, b)
}

/// `M X = B`; `None` when singular.
pub fn eliminate(mut m: Vec<Vec<Double>>, b: &[Vec<f64>]) -> Option<Vec<Vec<Double>>> {
    let (n, k) = (m.len(), b[0].len());
    let mut x: Vec<Vec<Double>> = b.iter().map(|r| r.iter().map(|&v| Double(v, 0.0)).collect()).collect();
    for p in 0..n {
        let pivot = (p..n).max_by(|&a, &c| m[a][p].0.abs().total_cmp(&m[c][p].0.abs()))?;
        if m[pivot][p].0 == 0.0 {
            return None;
        }
        m.swap(p, pivot);
        x.swap(p, pivot);
        for i in p + 1..n {
            if m[i][p].0 == 0.0 {
                continue;
            }
            let factor = m[i][p].div(m[p][p]).neg();
            for j in p..n {
                let add = factor.mul(m[p][j]);
                m[i][j] = m[i][j].add(add);
            }
            for c in 0..k {
                let add = factor.mul(x[p][c]);
                x[i][c] = x[i][c].add(add);
            }
        }
    }
    for p in (0..n).rev() {
        for c in 0..k {
            let mut v = x[p][c];
            for j in p + 1..n {
                v = v.add(m[p][j].mul(x[j][c]).neg());
            }
            x[p][c] = v.div(m[p][p]);
        }
    }
    Some(x)
}

/// The flow matrix (origin region x destination) of a stressor.
pub fn flows(table: &Table, stressor: usize) -> Option<Vec<Vec<Double>>> {
    let system = System::new(table.clone());
    let b: Vec<Vec<f64>> = system.demand.rows().into_iter().map(|r| r.to_vec()).collect();
    let x = solve(table, &b)?;
    let labels = &table.labels;
    let q = &table.stressors[stressor].direct;
    Some(
        (0..labels.region_count())
            .map(|s| {
                (0..system.destinations.len())
                    .map(|k| {
                        labels
                            .rows(s)
                            .filter(|&i| table.x[i] != 0.0)
                            .fold(Double::ZERO, |sum, i| sum.add(Double(q[i], 0.0).div(Double(table.x[i], 0.0)).mul(x[i][k])))
                    })
                    .collect()
            })
            .collect(),
    )
}
